"""An analyst's day in a real browser: next task, check by keyboard only, correct, reload, decide, and what the trail says of it."""

import subprocess
import sys

import pytest
from playwright.sync_api import Browser, expect

from app.audit import history
from app.domain import Role, User
from app.store import review_tasks
from tests.browser.conftest import Served
from tests.browser.window import SLOW, open_review, settle, signed_in
from tests.desk import waiting_task
from tests.test_rationales import change, rated

pytestmark = pytest.mark.browser
AUDITOR = User("otto", "first", frozenset((Role.AUDITOR,)))


def test_an_application_is_reviewed_and_decided_by_keyboard_only(chromium: Browser, served: Served) -> None:
    task = waiting_task(served.database, served.blobs, "DAY", 9_000_000)
    outside: list[str] = []
    page = signed_in(chromium, served.address, "ann", outside)
    page.get_by_role("button", name="Next task").wait_for(timeout=SLOW)
    settle(page)
    page.keyboard.press("Alt+n")
    page.locator("#desk .fig.chosen").first.wait_for(timeout=SLOW)
    assert f"task={task}" in page.url
    page.locator("#right").focus()
    page.keyboard.type("1,234")
    page.keyboard.press("Enter")
    expect(page.locator("#desk .fig.corrected")).to_have_count(1, timeout=SLOW)
    page.reload()  # in the middle of it: what was saved is there, and the desk still knows who and which
    expect(page.locator("#desk .fig.corrected")).to_have_count(1, timeout=SLOW)
    page.locator("#right").focus()
    page.keyboard.press("d")
    page.get_by_role("button", name="Withdrawn").wait_for(timeout=SLOW)
    settle(page)
    page.keyboard.press("Alt+6")
    page.get_by_role("button", name="Decide: withdrawn").wait_for(timeout=SLOW)
    settle(page)
    page.keyboard.press("Alt+d")
    page.get_by_role("button", name="Next task").wait_for(timeout=SLOW)
    with served.database.begin() as connection:
        found = review_tasks.task(connection, "first", task)
        assert found is not None
        done = [entry.action for entry in history(connection, AUDITOR, "first", f"application {found.application_id}")]
    assert {"claim_task", "correct_figure", "decide_application"} <= set(done)
    assert outside == []


def test_two_people_at_one_task_lose_nothing_and_overwrite_nothing(chromium: Browser, served: Served) -> None:
    task = waiting_task(served.database, served.blobs, "TWO")
    first, second = signed_in(chromium, served.address, "ann"), signed_in(chromium, served.address, "bob")
    open_review(first, served.address, task)
    open_review(second, served.address, task)
    expect(second.get_by_text("ann has this task")).to_be_visible(timeout=SLOW)
    second.locator("#right").focus()
    second.keyboard.press("x")
    first.locator("#right").focus()
    first.keyboard.type("4,321")
    first.keyboard.press("Enter")
    expect(first.locator("#desk .fig.corrected")).to_have_count(1, timeout=SLOW)
    second.reload()
    expect(second.locator("#desk .fig.corrected")).to_have_text("✎ 4,321", timeout=SLOW)


def test_no_script_of_a_page_can_read_the_session(chromium: Browser, served: Served) -> None:
    page = signed_in(chromium, served.address, "amy")
    page.wait_for_function("fetch('/').then(() => true)")
    kept = {cookie["name"]: cookie for cookie in page.context.cookies()}
    expect(page.get_by_text("amy ·")).to_be_visible()
    assert kept["loanlens_session"]["httpOnly"] is True
    assert kept["loanlens_session"]["sameSite"] == "Strict"
    assert "loanlens_session" not in page.evaluate("document.cookie")
    page.goto(f"{served.address}sign-out")
    page.get_by_label("Login").first.wait_for(timeout=SLOW)
    page.reload()
    page.get_by_label("Login").first.wait_for(timeout=SLOW)


def test_the_rationale_follows_a_correction_and_says_so_until_it_has(chromium: Browser, served: Served) -> None:
    task = waiting_task(served.database, served.blobs, "WHY", made=rated())
    page = signed_in(chromium, served.address)
    change(served.database, served.blobs, task, "total_current_liabilities", "900,000")
    page.goto(f"{served.address}application?task={task}")
    expect(page.get_by_text("Written before your last change")).to_be_visible(timeout=SLOW)
    worker = [sys.executable, "-c", "from app.cli import main; main()", "worker", "--rules", "--until-idle"]
    subprocess.run(worker, env=served.variables, check=True)
    expect(page.get_by_text("Written anew on the figures")).to_be_visible(timeout=SLOW)
