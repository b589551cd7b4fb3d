"""A browser's window on the desk: signing in, and waiting until what was drawn is drawn."""

import time

from playwright.sync_api import Browser, Error, Page, expect

PASSWORD = "a long pass phrase 9"  # noqa: S105
SLOW = 90_000
#: What a page may ask for besides the desk itself.
_OWN = ("data:", "blob:")


def signed_in(chromium: Browser, address: str, login: str = "ann", outside: list[str] | None = None) -> Page:
    """Return a browser's page after signing in; addresses of other machines that it asks for are added to `outside`."""
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    if outside is not None:
        page.on("request", lambda each: None if each.url.startswith((address, *_OWN)) else outside.append(each.url))
    give_up = time.monotonic() + 90
    while True:
        try:
            page.goto(address)
            break
        except Error:  # the server is still starting
            assert time.monotonic() < give_up
            time.sleep(0.5)
    page.get_by_label("Login").first.fill(login, timeout=SLOW)
    page.get_by_label("Password", exact=True).first.fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text(f"{login} ·").wait_for(timeout=SLOW)
    settle(page)
    return page


def settle(page: Page) -> None:
    """Wait until the server has drawn what it had to."""
    expect(page.locator('[data-test-script-state="notRunning"]')).to_have_count(1, timeout=SLOW)


def open_review(page: Page, address: str, task: int) -> None:
    """Open the review of a task and wait for its desk."""
    page.goto(f"{address}review?task={task}")
    page.locator("#desk .fig.chosen").first.wait_for(timeout=SLOW)
    settle(page)


def left(page: Page) -> int:
    """Return how many figures are left to check."""
    return int(page.get_by_test_id("stMetricValue").filter(has_text="figure").inner_text().split()[0])
