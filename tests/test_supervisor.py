"""The supervisor: what exits is started again, what it started ends with it, one for each data folder."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.database import Server
from app.errors import UsageError
from app.settings import PROJECT, Settings
from app.supervisor import Part, Supervisor, down, running_pid, up


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def waits() -> tuple[str, ...]:
    return python("import sys; sys.stdin.read()")


def run_until(supervisor: Supervisor, is_enough: Callable[[], bool], seconds: float = 20) -> None:
    """Run a supervisor in this thread, which takes signals, until `is_enough` says so."""

    def watch() -> None:
        give_up = time.monotonic() + seconds
        while not is_enough() and time.monotonic() < give_up:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
    supervisor.run()


def test_what_exits_is_started_again_whatever_its_status() -> None:
    said: list[str] = []
    parts = (Part("brief", python("")), Part("lasting", waits()))
    run_until(Supervisor(None, parts, 1, said.append), lambda: sum("brief" in line and "running" in line for line in said) == 2)
    assert "brief         exited with status 0, starts again in 1 s" in said
    assert sum("lasting" in line and "running" in line for line in said) == 1
    assert said[-1] == "lasting       stopped"


def test_a_part_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.supervisor._KILL_SECONDS", 0.2)
    ready = tmp_path / "ready"
    code = f"import signal, time, pathlib; signal.signal(15, signal.SIG_IGN); pathlib.Path({str(ready)!r}).touch(); time.sleep(60)"
    stubborn = python(code)
    said: list[str] = []
    before = time.monotonic()
    run_until(Supervisor(None, (Part("stubborn", stubborn),), 0.2, said.append), ready.exists)
    assert time.monotonic() - before < 15
    assert said[-1] == "stubborn      stopped"


def test_a_killed_database_is_started_again_and_stopped_at_the_end(short_path: Path) -> None:
    server = Server(short_path / "pg", ("fsync=off",))
    said: list[str] = []

    def killed() -> bool:
        pids = [int(line.rsplit(" ", 1)[1]) for line in said if line.startswith("database") and "running" in line]
        if len(pids) == 1 and server.pid() == pids[0]:
            os.kill(pids[0], signal.SIGKILL)
        return len(pids) == 2

    run_until(Supervisor(server, (), 1, said.append), killed)
    assert said[-1] == "database      stopped"
    assert server.pid() is None


def test_one_supervisor_for_a_data_folder(short_path: Path) -> None:
    chosen = Settings(data_dir=short_path / "data", stop_seconds=1)
    code = (
        "from pathlib import Path; from app.settings import Settings; from app.supervisor import up;"
        f"up(Settings(data_dir=Path({str(chosen.data_dir)!r}), database_url='postgresql://x@/x'), (), print)"
    )
    first = subprocess.Popen([*python(code)], cwd=PROJECT)
    try:
        give_up = time.monotonic() + 20
        while running_pid(chosen.data_dir) is None and time.monotonic() < give_up:
            time.sleep(0.05)
        assert running_pid(chosen.data_dir) == first.pid
        with pytest.raises(UsageError, match=f"up already .process {first.pid}.: loanlens down"):
            up(chosen, (), print)
        assert down(Settings(data_dir=chosen.data_dir, database_url="postgresql://x@/x", stop_seconds=1)) == (True, False)
        assert first.wait(10) == 0
        assert running_pid(chosen.data_dir) is None
    finally:
        first.kill()
        first.wait()


def test_what_it_started_ends_when_it_is_killed(tmp_path: Path) -> None:
    part = "from app.supervisor import stop_with_parent; import pathlib, time, os; stop_with_parent();"
    part += f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(os.getpid())); time.sleep(60)"
    code = "import sys; from app.supervisor import Part, Supervisor; "
    code += f"Supervisor(None, (Part('x', (sys.executable, '-c', {part!r})),), 1, print).run()"
    above = subprocess.Popen([*python(code)], cwd=PROJECT, stdout=subprocess.DEVNULL)
    give_up = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < give_up
        time.sleep(0.05)
    pid = int((tmp_path / "pid").read_text())
    above.kill()
    above.wait()
    while Path(f"/proc/{pid}").exists() and (Path(f"/proc/{pid}") / "stat").read_text().split()[2] != "Z":
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_down_where_nothing_runs_says_so(short_path: Path) -> None:
    assert down(Settings(data_dir=short_path / "data")) == (False, False)
