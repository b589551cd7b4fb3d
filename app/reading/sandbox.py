"""Keeps warm reading processes, asks them with a time limit, and replaces one that dies or takes too long."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass

from app.errors import ReaderCrashed
from app.reading.wire import LENGTH, Message, packed, unpacked
from app.settings import PROJECT, Settings

#: Longest that the reading process may take to start: it imports its libraries then.
_START_SECONDS = 120.0
#: What the reading process is told: it needs no address, no key, no password.
FOR_READING = {"max_page_pixels", "max_page_words", "max_archive_bytes", "ocr_dpi", "page_cpu_seconds", "reader_memory_bytes", "threads"}
#: No honest answer is larger: the words of a page, or one picture of it.
_LARGEST_ANSWER = 150_000_000


class Stopped(Exception):
    """The reading process died or was killed over a request; the message tells the analyst why and what to do."""


@dataclass(frozen=True, slots=True)
class _Child:
    """A running reading process and our end of the line to it."""

    running: subprocess.Popen[bytes]
    line: socket.socket

    def end(self) -> None:
        """Kill it, with the Tesseract that it may have started."""
        if self.running.poll() is None:
            os.killpg(self.running.pid, signal.SIGKILL)
        self.line.close()
        self.running.wait()


class Sandbox:
    """The reading process as seen from outside. One request is carried out at a time, whichever thread asks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: _Child | None = None
        self._lock = threading.Lock()
        self.path = ""  # of the file that it was last asked about, which it has open

    def warm_up(self) -> None:
        """Start the reading process. Raises ReaderCrashed."""
        with self._lock:
            self._alive()

    def ask(self, request: Message, seconds: float) -> Message:
        """Return the answer to `request`. Raises Stopped if none comes within `seconds`, ReaderCrashed if no process can be had."""
        with self._lock:
            self.path = str(request["path"])
            child = self._alive()
            try:
                return _answer(child, request, seconds)
            except TimeoutError:
                self._end()
                raise Stopped(
                    f"Reading took longer than {seconds:g} seconds and was stopped (LOANLENS_PAGE_SECONDS)."
                    " Ask the sender to print it to PDF again, or to scan it at 200 to 300 dots per inch."
                ) from None
            except (EOFError, ConnectionError):
                self._end()
                raise Stopped(self._why_it_died(child.running.returncode)) from None

    def close(self) -> None:
        """End the reading process."""
        with self._lock:
            self._end()

    def _why_it_died(self, status: int) -> str:
        if status == -signal.SIGXCPU:
            return (
                "Reading took too much of the processor and was stopped (LOANLENS_PAGE_CPU_SECONDS)."
                " Ask the sender to print it to PDF again, or to scan it at 200 to 300 dots per inch."
            )
        return (
            f"Reading it broke the reader: it needs more than {self._settings.reader_memory_bytes / 1e9:g} GB of memory"
            " (LOANLENS_READER_MEMORY_BYTES), or it is damaged or made to do harm. Ask the sender to print it to PDF again."
        )

    def _alive(self) -> _Child:
        """Return the reading process, a new one if there is none (any more)."""
        if self._child is not None and self._child.running.poll() is None:
            return self._child
        self._end()
        self._child = _start()
        try:
            _answer(self._child, self._settings.model_dump(mode="json", include=FOR_READING), _START_SECONDS)
        except (EOFError, ConnectionError, TimeoutError) as error:
            self._end()
            raise ReaderCrashed("The reading process does not start. Set LoanLens up again: make demo.") from error
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class Sandboxes:
    """Reading processes that share the work of many threads; one more is started, up to `most`, when a thread would have to wait."""

    def __init__(self, settings: Settings, most: int) -> None:
        first, *others = (Sandbox(settings) for _ in range(most))
        self._free, self._cold, self._all = [first], others, (first, *others)
        self._starting: list[threading.Thread] = []
        self._turn = threading.Condition()

    def ask(self, request: Message, seconds: float) -> Message:
        """Return the answer to `request` of whichever process is free. Raises as Sandbox.ask does; `seconds` begin when it is its turn."""
        sandbox = self._taken(str(request["path"]))
        try:
            return sandbox.ask(request, seconds)
        finally:
            self._give_back(sandbox)

    def close(self) -> None:
        """End the reading processes."""
        with self._turn:
            self._cold = []
        for thread in self._starting:
            thread.join()
        for sandbox in self._all:
            sandbox.close()

    def _taken(self, path: str) -> Sandbox:
        """Wait for a free process and take it: rather one that has the file at `path` open."""
        with self._turn:
            if not self._free and self._cold:
                self._starting.append(threading.Thread(target=self._warm_up, args=(self._cold.pop(),), daemon=True))
                self._starting[-1].start()
            self._turn.wait_for(lambda: self._free)
            sandbox = next((s for s in self._free if s.path == path), self._free[-1])
            self._free.remove(sandbox)
        return sandbox

    def _warm_up(self, sandbox: Sandbox) -> None:
        with suppress(ReaderCrashed):  # whoever asks it is told
            sandbox.warm_up()
        self._give_back(sandbox)

    def _give_back(self, sandbox: Sandbox) -> None:
        with self._turn:
            self._free.append(sandbox)
            self._turn.notify()


def _start() -> _Child:
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "app.reading.worker", str(theirs.fileno())]
    # No secret of this program's environment goes along. Tesseract with more than one thread is slower on shared cores.
    environment = {"PATH": os.pathsep.join(os.get_exec_path()), "LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
    with theirs:
        running = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=PROJECT,
            env=environment,
            start_new_session=True,
        )
    return _Child(running, ours)


def _answer(child: _Child, request: Message, seconds: float) -> Message:
    """Return the child's answer. Raises TimeoutError after `seconds`, EOFError or ConnectionError when the child is gone."""
    deadline = time.monotonic() + seconds
    child.line.settimeout(seconds)
    child.line.sendall(packed(request))
    (length,) = LENGTH.unpack(_received(child.line, LENGTH.size, deadline))
    if length > _LARGEST_ANSWER:
        raise EOFError
    return unpacked(_received(child.line, length, deadline))


def _received(line: socket.socket, count: int, deadline: float) -> bytes:
    parts = bytearray()
    while len(parts) < count:
        line.settimeout(max(0.001, deadline - time.monotonic()))
        part = line.recv(min(count - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
