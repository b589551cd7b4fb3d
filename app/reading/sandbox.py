"""Keeps one warm reading process, asks it with a time limit, and replaces it when it dies or takes too long."""

import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from app.errors import ReaderCrashed
from app.settings import PROJECT, Settings

Message = dict[str, Any]
_LENGTH = struct.Struct(">I")
#: Longest that the reading process may take to start: it imports its libraries then.
_START_SECONDS = 120.0
#: An answer is never larger: a page of words or one picture of it.
_LARGEST_ANSWER = 400_000_000


class Stopped(Exception):
    """The reading process died or was killed over a request; the message tells the analyst why and what to do."""


class Sandbox:
    """The reading process as seen from outside. One request is carried out at a time, whichever thread asks."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def ask(self, request: Message, seconds: float) -> Message:
        """Return the answer to `request`. Raises Stopped when there is none within `seconds`, ReaderCrashed when none can be had."""
        with self._lock:
            child = self._child if self._child is not None and self._child.poll() is None else self._started()
            try:
                _send(child, request)
                answer = _received(child, time.monotonic() + seconds)
            except TimeoutError:
                self._kill()
                raise Stopped(
                    f"Reading took longer than {seconds:g} seconds (LOANLENS_PAGE_SECONDS) and was stopped. Ask the sender to print it to PDF again."
                ) from None
            except (EOFError, BrokenPipeError):
                self._kill()
                raise Stopped(_why_it_died(child.returncode, self._settings)) from None
            return answer

    def close(self) -> None:
        """End the reading process."""
        with self._lock:
            self._kill()

    def _started(self) -> subprocess.Popen[bytes]:
        # `env` sets the one variable that Tesseract has its threads from: with more than one it is slower on shared cores.
        command = ["env", "OMP_THREAD_LIMIT=1", sys.executable, "-m", "app.reading.worker"]
        self._kill()
        self._child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=PROJECT, start_new_session=True
        )
        try:
            _send(self._child, json.loads(self._settings.model_dump_json()))
            _received(self._child, time.monotonic() + _START_SECONDS)
        except (EOFError, BrokenPipeError, TimeoutError) as error:
            self._kill()
            raise ReaderCrashed("The reading process does not start. Run `make demo` again, or see `python -m app.reading.worker`.") from error
        return self._child

    def _kill(self) -> None:
        if self._child is None:
            return
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGKILL)  # with the Tesseract that it may have started
        self._child.wait()
        for stream in (self._child.stdin, self._child.stdout):
            if stream is not None:
                _close_quietly(stream)
        self._child = None


def _close_quietly(stream: Any) -> None:
    try:
        stream.close()
    except BrokenPipeError:
        pass


def _send(child: subprocess.Popen[bytes], message: Message) -> None:
    assert child.stdin is not None
    packed = json.dumps(message).encode()
    child.stdin.write(_LENGTH.pack(len(packed)) + packed)
    child.stdin.flush()


def _received(child: subprocess.Popen[bytes], deadline: float) -> Message:
    (length,) = _LENGTH.unpack(_received_bytes(child, _LENGTH.size, deadline))
    if length > _LARGEST_ANSWER:
        raise EOFError
    answer: Message = json.loads(_received_bytes(child, length, deadline))
    return answer


def _received_bytes(child: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
    """Return the next `count` bytes of the child's answer. Raises TimeoutError after `deadline`, EOFError when the child is gone."""
    assert child.stdout is not None
    parts: list[bytes] = []
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while count:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            part = os.read(child.stdout.fileno(), min(count, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
    return b"".join(parts)


def _why_it_died(status: int | None, settings: Settings) -> str:
    gigabytes = settings.reader_memory_bytes / 1e9
    return (
        f"Reading failed: the file needs more than {gigabytes:g} GB of memory (LOANLENS_READER_MEMORY_BYTES) or is built to break readers"
        f" (status {status}). Ask the sender to print it to PDF again and send that."
    )
