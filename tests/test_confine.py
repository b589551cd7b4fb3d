"""What the reading process has given up: the kernel refuses it the network, other processes and too much of anything."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.domain import PageStatus
from app.reading.reader import Reader
from app.settings import PROJECT, Settings
from tests.hostile_files import many_pages, page
from tests.test_sandbox import endless, made, statuses

_CONFINED = (
    "import os, socket, subprocess, sys\nfrom app.reading.confine import confine\nfrom app.settings import Settings\nconfine(Settings())"
)
linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filters are Linux's")


def confined(statement: str) -> str:
    """Return the last line that a confined program prints, or dies with, when it does this."""
    program = f"{_CONFINED}\n{statement}"
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip().rpartition("\n")[2]


@linux
@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"])
def test_a_confined_program_opens_no_socket(family: str) -> None:
    assert "PermissionError" in confined(f"socket.socket(socket.{family})")


@linux
def test_what_a_confined_program_starts_opens_no_socket() -> None:
    assert "PermissionError" in confined("subprocess.run([sys.executable, '-c', 'import socket; socket.socket()'])")


@linux
def test_threads_that_ran_before_open_no_socket() -> None:
    program = (
        "import threading, socket\nfrom app.reading.confine import confine\nfrom app.settings import Settings\n"
        "go, said = threading.Event(), []\n"
        "def late():\n    go.wait()\n    try:\n        socket.socket()\n    except PermissionError:\n        said.append('refused')\n"
        "thread = threading.Thread(target=late); thread.start(); confine(Settings()); go.set(); thread.join(); print(said)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['refused']"


@linux
def test_the_line_to_its_asker_still_works() -> None:
    assert confined("one, other = socket.socketpair(); one.send(b'x'); print(other.recv(1))") == "b'x'"


@linux
def test_the_reading_process_knows_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOANLENS_REASONER_KEY", "secret-of-ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-theirs")
    with Reader(Settings(database_url="postgresql://user:secret-password@host/name")) as reader:
        reader.read_document("a.pdf", made(tmp_path / "a.pdf"))
        child = reader._sandboxes._all[0]._child
        assert child is not None
        assert b"secret" not in Path(f"/proc/{child.running.pid}/environ").read_bytes()


def test_a_page_that_takes_too_much_of_the_processor_is_given_up_and_the_others_are_read(tmp_path: Path) -> None:
    with Reader(Settings(page_cpu_seconds=4)) as reader:
        document = reader.read_document("a.pdf", endless(tmp_path / "a.pdf"))
        after = reader.read_document("b.pdf", made(tmp_path / "b.pdf"))
    assert statuses(document) == [PageStatus.READ, PageStatus.QUARANTINED, PageStatus.READ]
    assert "LOANLENS_PAGE_CPU_SECONDS" in str(document.pages[1].reason)
    assert statuses(after) == [PageStatus.READ]


def test_a_page_of_more_words_than_any_is_set_aside_with_the_limit(tmp_path: Path) -> None:
    with Reader(Settings(max_page_words=5)) as reader:
        (page,) = reader.read_document("a.pdf", made(tmp_path / "a.pdf")).pages
    assert page.status is PageStatus.QUARANTINED
    assert "LOANLENS_MAX_PAGE_WORDS" in str(page.reason)


def test_a_small_file_that_takes_long_in_all_is_given_up_and_every_page_is_in_the_ledger(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(many_pages(40))  # all but the first are read as pictures: small to send, costly to read
    with Reader(Settings(file_cpu_seconds=1)) as reader:
        pages = reader.read_document("a.pdf", tmp_path / "a.pdf").pages
    assert [page.number for page in pages] == list(range(1, 41))
    assert pages[0].status is PageStatus.READ
    assert "LOANLENS_FILE_CPU_SECONDS" in str(pages[-1].reason)


def test_a_file_that_cannot_be_closed_harms_no_file_after_it(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(page(box=b"[0 0 612]"))  # pdfplumber fails on its size, again when it closes the file
    with Reader(Settings()) as reader:
        reader.read_document("a.pdf", tmp_path / "a.pdf")
        assert statuses(reader.read_document("b.pdf", made(tmp_path / "b.pdf"))) == [PageStatus.READ]
