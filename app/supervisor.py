"""Keeps the parts of one machine running: the embedded database and the program's own processes, each restarted when it exits.

On SIGTERM or SIGINT everything stops: first the processes, which end or hand back what they do, then the database.
"""

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from app.database import Server, embedded
from app.errors import SetupError, UsageError
from app.settings import Settings

_LOOK_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 60.0
_WELL_SECONDS = 60.0  # who ran so long starts again without a pause
_KILL_SECONDS = 10.0  # beyond the time that running jobs have to finish


@dataclass(frozen=True, slots=True)
class Part:
    """One part that is kept running: its name and its command line."""

    name: str
    command: tuple[str, ...]


@dataclass(slots=True)
class _Running:
    part: Part
    child: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    again_at: float = 0.0
    pause: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs `parts` until told to stop. `say` is given a line whenever a part starts, exits or stops."""

    server: Server | None
    parts: Sequence[Part]
    stop_seconds: float
    say: Callable[[str], None]
    longest_pause_seconds: float = _LONGEST_PAUSE_SECONDS
    _stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Run until SIGTERM or SIGINT."""
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGTERM, signal.SIGINT)}
        running = [_Running(part) for part in self.parts]
        try:
            while not self._stopping.is_set():
                self._keep_database()
                for each in running:
                    self._keep(each)
                self._stopping.wait(_LOOK_SECONDS)
        finally:
            self._end(running)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping.set()

    def _keep_database(self) -> None:
        if self.server is None or self.server.pid() is not None:
            return
        try:
            self.server.start()
        except SetupError as error:
            self.say(_line("database", f"does not start: {error}"))
            self._stopping.wait(5.0)
        else:
            self.say(_line("database", f"running, process {self.server.pid()}"))

    def _keep(self, each: _Running) -> None:
        now = time.monotonic()
        if each.child is not None:
            status = each.child.poll()
            if status is None:
                return
            _close(each.child)
            each.pause = 0.0 if now - each.started > _WELL_SECONDS else min(max(1.0, each.pause * 2), self.longest_pause_seconds)
            each.child, each.again_at = None, now + each.pause
            self.say(_line(each.part.name, f"exited with status {status}, starts again in {each.pause:.0f} s"))
        if now >= each.again_at:
            each.child, each.started = _start(each.part), now
            self.say(_line(each.part.name, f"running, process {each.child.pid}"))

    def _end(self, running: Sequence[_Running]) -> None:
        children = [each.child for each in running if each.child is not None]
        for child in children:
            child.terminate()
        give_up = time.monotonic() + self.stop_seconds + _KILL_SECONDS
        for each in running:
            if each.child is None:
                continue
            try:
                each.child.wait(max(0.1, give_up - time.monotonic()))
            except subprocess.TimeoutExpired:
                each.child.kill()
                each.child.wait()
            _close(each.child)
            self.say(_line(each.part.name, "stopped"))
        if self.server is not None and self.server.stop():
            self.say(_line("database", "stopped"))


def up(settings: Settings, parts: Sequence[Part], say: Callable[[str], None]) -> None:
    """Keep the embedded database and `parts` running until told to stop. Raises UsageError where that is being done already."""
    with _alone(settings.data_dir):
        Supervisor(embedded(settings), parts, settings.stop_seconds, say).run()


def down(settings: Settings) -> tuple[bool, bool]:
    """Stop what `up` keeps running, then the embedded database; says whether each of the two ran."""
    pid = running_pid(settings.data_dir)
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        give_up = time.monotonic() + settings.stop_seconds + 2 * _KILL_SECONDS
        while running_pid(settings.data_dir) is not None:
            if time.monotonic() > give_up:
                raise SetupError(f"Process {pid}, which keeps LoanLens running, does not stop: kill -9 {pid}, then run this again.")
            time.sleep(0.1)
    server = embedded(settings)
    return pid is not None, (server is not None and server.stop()) or (pid is not None and server is not None)


def running_pid(data_dir: Path) -> int | None:
    """Return the process that keeps the parts of this data folder running, or None."""
    try:
        with (data_dir / "up.lock").open("r", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or 0) or None
    except FileNotFoundError:
        return None
    return None


def stop_with_parent() -> None:
    """Have this process told to stop when the one that started it, and holds its standard input, is gone."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    with (data_dir / "up.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"LoanLens is up already (process {running_pid(data_dir)}): loanlens down stops it.") from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _start(part: Part) -> subprocess.Popen[bytes]:
    """Start a part in a session of its own, so that Ctrl-C reaches the supervisor alone."""
    return subprocess.Popen(part.command, stdin=subprocess.PIPE, start_new_session=True)


def _close(child: subprocess.Popen[bytes]) -> None:
    if child.stdin is not None:
        child.stdin.close()


def _line(name: str, said: str) -> str:
    return f"{name:<14}{said}"
