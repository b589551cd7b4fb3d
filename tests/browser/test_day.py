"""An analyst's day in a real browser: sign in, next task, check by keyboard only, correct, decide; and reload in the middle of it."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from app.access import accounts, sign_in
from app.access.accounts import NewAccount
from app.blobs.storage import open_blobs
from app.database import open_database
from app.domain import Role, User
from app.settings import Settings
from app.store.applications import add_lender
from tests.desk import waiting_task

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
pytestmark = pytest.mark.browser
PASSWORD = "a long pass phrase 9"  # noqa: S105
SLOW = 60_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Return where the desk answers, on an installation of its own with one application that waits."""
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
        both = frozenset((Role.ANALYST, Role.CREDIT_OFFICER))
        accounts.add_account(connection, root, "first", NewAccount("ann", "Ann", both, "a first pass phrase 1"))
    sign_in.change_password(database, chosen, "ann", "a first pass phrase 1", PASSWORD)
    for number in range(2):
        waiting_task(database, open_blobs(chosen), f"A{number}")
    variables = {"LOANLENS_DATA_DIR": str(folder), "LOANLENS_UI_PORT": str(port), "LOANLENS_LENDER_ID": "first", "PATH": "/usr/bin:/bin"}
    served = subprocess.Popen([sys.executable, "-c", "from app.cli import main; main()", "ui"], env=variables)
    yield f"http://127.0.0.1:{port}/"
    served.terminate()
    served.wait()
    database.dispose()
    subprocess.run([sys.executable, "-c", "from app.cli import main; main()", "down"], env=variables, check=False)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return a browser, or skip where this machine has none."""
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def signed_in(chromium: Browser, address: str, outside: list[str]) -> Page:
    """Return a browser's page after signing in; addresses of other machines that it asks for are added to `outside`."""
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None)
    give_up = time.monotonic() + 60
    while True:
        try:
            page.goto(address)
            break
        except Error:  # the server is still starting
            assert time.monotonic() < give_up
            time.sleep(0.5)
    page.get_by_label("Login").first.fill("ann", timeout=SLOW)
    page.get_by_label("Password", exact=True).first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("open task").wait_for(timeout=SLOW)
    return page


def test_an_application_is_reviewed_and_decided_by_keyboard_only(chromium: Browser, address: str) -> None:
    outside: list[str] = []
    page = signed_in(chromium, address, outside)
    page.keyboard.press("Alt+n")
    page.locator("#desk .fig.chosen").first.wait_for(timeout=SLOW)
    before = page.get_by_role("tab").first.inner_text()
    page.locator("#right").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab").first).not_to_have_text(before, timeout=SLOW)
    page.locator("#right").focus()
    page.keyboard.type("1")
    page.keyboard.type(",234")
    page.keyboard.press("Enter")
    expect(page.locator("#desk .fig.corrected").first).to_be_visible(timeout=SLOW)
    page.reload()
    expect(page.locator("#desk .fig.corrected")).to_have_count(1, timeout=SLOW)
    page.get_by_role("tab", name="Decision").click()
    page.get_by_label("Decision").last.click()
    page.get_by_text("Withdrawn", exact=True).click()
    page.get_by_role("button", name="Decide: withdrawn").wait_for(timeout=SLOW)
    page.keyboard.press("Alt+d")
    expect(page.get_by_text("1 open task,")).to_be_visible(timeout=SLOW)
    assert outside == []
