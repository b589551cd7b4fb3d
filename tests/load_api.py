"""Load on the API as it is served: requests at a fixed rate, whether or not earlier ones are answered: `make load RATE=50 SECONDS=30`.

Times count from when a request was due, so that a server that falls behind is not spared. No worker runs: what is sent waits.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import httpx

from app.settings import PROJECT
from tests.own_server import own_folder, own_server
from tests.service import key_of

_FILE_BYTES = 1_000_000
Ask = Callable[[int], Awaitable[int]]


async def at_rate(rate: float, seconds: float, ask: Ask) -> tuple[list[float], int]:
    """Ask so often for so long; return the seconds that each answer took from when it was due, and how many were no success."""
    began, times, failed = time.perf_counter(), list[float](), 0

    async def one(number: int) -> None:
        nonlocal failed
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            failed += await ask(number) >= 300
        except httpx.TransportError:
            failed += 1
        times.append(time.perf_counter() - due)

    await asyncio.gather(*(one(number) for number in range(int(rate * seconds))))
    return times, failed


def told(what: str, times: list[float], failed: int) -> str:
    """Return a line of the report."""
    ordered = sorted(times)
    p50, p95, p99 = (1000 * ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.95, 0.99))
    return f"{what:<24}{len(times):>6} requests  P50 {p50:6.0f} ms  P95 {p95:6.0f} ms  P99 {p99:6.0f} ms  errors {failed}\n"


async def load(address: str, key: str, rate: float, seconds: float) -> None:
    """Send and follow applications, alone and mixed, and print how long that took."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60, limits=limits) as client:

        async def send(number: int) -> int:
            content = b"%PDF" + os.urandom(_FILE_BYTES)
            form = {"data": {"reference": f"L-{time.monotonic_ns()}-{number}"}, "files": {"files": ("a.pdf", content)}}
            return (await client.post("/v1/applications/upload", **form)).status_code  # type: ignore[arg-type]

        async def follow(number: int) -> int:
            return (await client.get(f"/v1/applications/{1 + number % 50}")).status_code

        async def both(number: int) -> int:
            return await (send(number) if number % 10 == 0 else follow(number))

        await at_rate(10, 5, send)  # warm, and something to follow
        for what, ask in (("status", follow), ("submit (1 MB)", send), ("one submit, nine status", both)):
            sys.stdout.write(told(what, *await at_rate(rate, seconds, ask)))
            sys.stdout.flush()


def main() -> None:
    """Load a server with a database of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    given = parser.parse_args()
    with own_folder() as folder, own_server(folder / "data" / "postgres") as (_, database):
        key = key_of(database, "load")
        chosen = {
            "LOANLENS_DATA_DIR": str(folder / "data"),
            "LOANLENS_API_PORT": "8449",
            "LOANLENS_API_RATE": "10000",
            "LOANLENS_API_BURST": "10000",
        }
        command = [sys.executable, "-c", "from app.cli import main; main()", "api"]
        variables = {"PATH": os.defpath, "HOME": str(folder), **chosen}
        with subprocess.Popen(command, cwd=PROJECT, env=variables, stderr=subprocess.DEVNULL) as api:
            try:
                _wait_for("http://127.0.0.1:8449")
                sys.stdout.write(f"load of the machine {os.getloadavg()[0]:.1f}\n")
                asyncio.run(load("http://127.0.0.1:8449", key, given.rate, given.seconds))
            finally:
                api.terminate()


def _wait_for(address: str) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            if httpx.get(f"{address}/ready").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise TimeoutError(address)


if __name__ == "__main__":
    main()
