"""Every page for every role: what is open is drawn without an error, what is not says so, and nothing is asked of other machines."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Served
from tests.browser.window import SLOW, settle, signed_in
from tests.desk import waiting_task

pytestmark = pytest.mark.browser
PAGES = ("inbox", "review", "application", "intake", "portfolio", "administration", "trail", "models")
OPEN = {
    "amy": {"inbox", "review", "application", "intake", "portfolio"},
    "ann": {"inbox", "review", "application", "intake", "portfolio", "administration", "models"},
    "mia": {"portfolio", "models"},
    "ada": {"administration"},
    "otto": {"inbox", "review", "application", "portfolio", "administration", "trail", "models"},
}


@pytest.mark.parametrize("login", OPEN)
def test_each_role_opens_its_pages_and_no_other_and_no_other_machine_is_asked(chromium: Browser, served: Served, login: str) -> None:
    waiting_task(served.database, served.blobs, f"PAGES-{login}")
    outside: list[str] = []
    page = signed_in(chromium, served.address, login, outside)
    for name in PAGES:
        page.goto(f"{served.address}{name}")
        page.get_by_text(f"{login} ·").wait_for(timeout=SLOW)
        settle(page)
        refused = page.get_by_text("None of your roles opens this page")
        expect(refused).to_have_count(0 if name in OPEN[login] else 1, timeout=SLOW)
        expect(page.get_by_test_id("stException")).to_have_count(0)
    assert outside == []
