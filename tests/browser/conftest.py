"""A desk of its own with applications that wait, and a browser to drive it."""

import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine

from app.access import accounts, sign_in
from app.access.accounts import NewAccount
from app.blobs.storage import Blobs, open_blobs
from app.database import open_database
from app.domain import Role, User
from app.settings import Settings
from app.store.applications import add_lender
from tests.browser.window import PASSWORD

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
PEOPLE = {
    "ann": (Role.ANALYST, Role.CREDIT_OFFICER), "bob": (Role.ANALYST, Role.CREDIT_OFFICER), "ada": (Role.ADMINISTRATOR,),
    "otto": (Role.AUDITOR,), "mia": (Role.MODEL_OWNER,), "amy": (Role.ANALYST,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Served:
    """A desk that answers, with what lies behind it; `variables` are those of its programs."""

    address: str
    database: Engine
    blobs: Blobs
    variables: Mapping[str, str]


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """Return a desk on an installation of its own, with people of every role."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o711)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chosen = Settings(data_dir=folder, lender_id="first")
    database = open_database(chosen)
    root = User("root", "first", frozenset((Role.ADMINISTRATOR,)))
    with database.begin() as connection:
        add_lender(connection, "first", "First Bank")
        for name, roles in PEOPLE.items():
            new = NewAccount(name, name.capitalize(), frozenset(roles), "a first pass phrase 1")
            accounts.add_account(connection, root, "first", new)
    for name in PEOPLE:
        sign_in.change_password(database, chosen, name, "a first pass phrase 1", PASSWORD)
    variables = {"LOANLENS_DATA_DIR": str(folder), "LOANLENS_UI_PORT": str(port), "LOANLENS_LENDER_ID": "first", "PATH": "/usr/bin:/bin"}
    program = [sys.executable, "-c", "from app.cli import main; main()"]
    running = subprocess.Popen([*program, "ui"], env=variables)
    yield Served(f"http://127.0.0.1:{port}/", database, open_blobs(chosen), variables)
    running.terminate()
    running.wait()
    database.dispose()
    subprocess.run([*program, "down"], env=variables, check=False)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a browser, or skip where this machine has none."""
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
