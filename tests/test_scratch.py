"""Folders for documents in plain: gone afterwards, whatever ended the program."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from app.scratch import scratch_folder
from app.settings import PROJECT

HOLD = """
from app.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "tax return.pdf").write_bytes(b"12-3456789")
    print(folder, flush=True)
    input()
"""


def held() -> "subprocess.Popen[str]":
    """Start a program that holds a folder until it is told to go on."""
    return subprocess.Popen([sys.executable, "-c", HOLD], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_is_ours_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch_folder() as folder:
        (folder / "in" / "it").mkdir(parents=True)
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(ValueError, match="why"), scratch_folder():
        raise ValueError("why")
    assert list(tmp_path.iterdir()) == []


def test_the_next_one_removes_what_a_killed_program_left_and_nothing_that_is_in_use() -> None:
    with held() as dying, held() as alive:
        killed, live = (Path(each.stdout.readline().strip()) for each in (dying, alive) if each.stdout)
        dying.kill()
        dying.wait()
        assert [each.name for each in killed.iterdir()] == ["tax return.pdf"]
        with scratch_folder() as folder:
            assert (killed.exists(), live.exists(), folder.exists()) == (False, True, True)
        alive.communicate("\n")
    assert not live.exists()
