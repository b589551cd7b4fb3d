"""Load on the API as it is served: requests at a fixed rate, whether or not earlier ones are answered: `make load RATE=50 SECONDS=30`.

Times count from when a request was due, so that a server that falls behind is not spared. No worker runs: what is sent waits.
The caller shares the machine, so it does little: bodies are made beforehand, sockets are written and read by hand. What it and
the others take of the processor stands beside.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import psutil

from app.settings import PROJECT
from tests.bench_service import cpu, memory
from tests.own_server import own_folder, own_server
from tests.service import key_of
from training.bench import calibration

_PORT = 8449
_FILE = b"%PDF" + os.urandom(999_980)  # and a number of 16 digits: every file is another
_EDGE = b"--------load"
_HEAD = b'--%b\r\nContent-Disposition: form-data; name="reference"\r\n\r\nL-%016d\r\n--%b\r\nContent-Disposition: form-data; name="files";'
_HEAD += b' filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
_TAIL = b"%016d\r\n--%b--\r\n"
Ask = Callable[[int], Awaitable[int]]
Parts = Mapping[str, Sequence[psutil.Process]]


@dataclass(slots=True)
class Caller:
    """A caller with a key and as many connections as it needs at a time; of an answer it looks at the status only."""

    key: str
    _idle: list[socket.socket] = field(default_factory=list)

    async def send(self, number: int) -> int:
        """Send an application with a file of 1 MB."""
        parts = (_HEAD % (_EDGE, number, _EDGE), _FILE, _TAIL % (number, _EDGE))
        said = f"Content-Type: multipart/form-data; boundary={_EDGE.decode()}\r\nContent-Length: {sum(map(len, parts))}\r\n"
        return await self._ask("POST /v1/applications/upload", said, *parts)

    async def follow(self, number: int) -> int:
        """Ask how far one of the first fifty applications is."""
        return await self._ask(f"GET /v1/applications/{1 + number % 50}", "")

    async def _ask(self, what: str, said: str, *parts: bytes) -> int:
        line = self._idle.pop() if self._idle else await _connected()
        whole = False
        try:
            head = f"{what} HTTP/1.1\r\nHost: load\r\nAuthorization: Bearer {self.key}\r\n{said}\r\n".encode()
            for part in (head + b"".join(parts[:1]), *parts[1:]):
                await asyncio.get_running_loop().sock_sendall(line, part)
            answer = await _answer(line)
            whole = b"connection: close" not in answer.lower()
            return int(answer[9:12])
        finally:
            if whole:
                self._idle.append(line)
            else:
                line.close()


async def _connected() -> socket.socket:
    line = socket.socket()
    line.setblocking(False)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", _PORT))
    return line


async def _answer(line: socket.socket) -> bytes:
    """Return an answer, once it is there to its end."""
    answer, most = b"", -1
    while most < 0 or len(answer) < most:
        piece = await asyncio.get_running_loop().sock_recv(line, 65_536)
        if not piece:
            raise ConnectionError
        answer += piece
        head, found, _ = answer.partition(b"\r\n\r\n")
        if found and most < 0:
            most = len(head) + 4 + int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return answer


async def at_rate(rate: float, seconds: float, ask: Ask) -> tuple[list[float], int]:
    """Ask so often for so long; return the seconds that each answer took from when it was due, and how many were no success."""
    began, times, failed = time.perf_counter(), list[float](), 0

    async def one(number: int) -> None:
        nonlocal failed
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            failed += await ask(number) >= 300
        except (OSError, ValueError):
            failed += 1
        times.append(time.perf_counter() - due)

    await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    return times, failed


def told(what: str, times: list[float], failed: int) -> str:
    """Return the first part of a line of the report."""
    ordered = sorted(times)
    p50, p95, p99 = (1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99))
    return f"{what:<24}{len(times):>6} requests  P50 {p50:6.0f} ms  P95 {p95:6.0f} ms  P99 {p99:6.0f} ms  errors {failed}"


def taken(parts: Parts) -> dict[str, float]:
    """Return the processor seconds that each part, and this caller, took so far."""
    mine = time.process_time()
    return {name: cpu(part) for name, part in parts.items()} | {"caller": mine}


async def load(key: str, rate: float, seconds: float, parts: Parts) -> None:
    """Send and follow applications, alone and mixed, and print how long that took and what each part took of the processor."""
    caller, sent = Caller(key), iter(range(10**9))

    async def send(_: int) -> int:
        return await caller.send(next(sent))

    async def both(number: int) -> int:
        return await (send(number) if number % 10 == 0 else caller.follow(number))

    await at_rate(10, 6, send)  # warm, and something to follow
    for what, ask in (("status", caller.follow), ("submit (1 MB)", send), ("one submit, nine status", both)):
        before, began = taken(parts), time.perf_counter()
        times, failed = await at_rate(rate, seconds, ask)
        lasted = time.perf_counter() - began
        used = ", ".join(f"{name} {1000 * (now - before[name]) / len(times):.1f}" for name, now in taken(parts).items())
        sys.stdout.write(f"{told(what, times, failed)}  {len(times) / lasted:.0f} a second; processor ms each: {used}\n")
        sys.stdout.flush()


def main() -> None:
    """Load a server with a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    with own_folder() as folder, own_server(folder / "data" / "postgres") as (server, database):
        key = key_of(database, "load")
        chosen = {
            "LOANLENS_DATA_DIR": str(folder / "data"),
            "LOANLENS_API_PORT": str(_PORT),
            "LOANLENS_API_PROCESSES": str(given.processes),
            "LOANLENS_API_RATE": "10000",
            "LOANLENS_API_BURST": "10000",
        }
        command = [sys.executable, "-c", "from app.cli import main; main()", "api"]
        variables = {**os.environ, **chosen}
        servers = [psutil.Popen(command, cwd=PROJECT, env=variables, stderr=subprocess.DEVNULL) for _ in range(given.processes)]
        try:
            _wait_for(servers)
            sys.stdout.write(f"load of the machine {os.getloadavg()[0]:.1f}, fixed loop {calibration():.0f} ms\n")
            parts = {"API": servers, "database": [psutil.Process(server.pid())]}
            asyncio.run(load(key, given.rate, given.seconds, parts))
            sys.stdout.write(f"memory of the API {memory(parts['API']) / 1e6:.0f} MB\n")
        finally:
            for each in servers:
                each.terminate()
            for each in servers:
                each.wait(30)


def _wait_for(servers: Sequence[psutil.Process]) -> None:
    give_up = time.monotonic() + 120
    while not all(each.net_connections("tcp") for each in servers):
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(0.1)


if __name__ == "__main__":
    main()
