"""The pages of the desk, drawn without a browser: who sees what, and that each page draws what the app says."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine, text
from streamlit.testing.v1 import AppTest

from app.access import accounts
from app.access.accounts import NewAccount
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role, User
from app.errors import UsageError
from app.review_queue import tasks
from app.settings import PROJECT, Settings
from app.store import accounts as kept
from tests.desk import desk, waiting_task
from tests.test_model_versions import champion_of, promoted, settings_of
from ui import place

ROOT = User("root", "first", frozenset((Role.ADMINISTRATOR, Role.AUDITOR)))
SECONDS = 30


class Broken:
    """A reader that can draw no page."""

    def render_page(self, path: Path, page: int, dpi: int, rotation: int = 0) -> bytes:  # noqa: ARG002  the reader's signature
        raise UsageError("The page is damaged.")


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


@pytest.fixture
def at(database: Engine, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """Return the desk on the test's own database and files."""
    chosen = Settings(lender_id="first")
    monkeypatch.setattr(place, "database", lambda: database)
    monkeypatch.setattr(place, "stored_files", lambda: blobs)
    for module in ("ui.place", "ui.sign_in"):
        monkeypatch.setattr(f"{module}.settings", lambda: chosen)
    monkeypatch.setattr(place, "reader", Broken)
    yield AppTest.from_file(str(PROJECT / "ui" / "main.py"), default_timeout=SECONDS)
    st.cache_resource.clear()


def sign_in_as(at: AppTest, database: Engine, *roles: Role) -> AppTest:
    """Give the roles an account with a session."""
    with database.begin() as connection:
        account = accounts.add_account(connection, ROOT, "first", NewAccount("ann", "Ann", frozenset(roles)))
        kept.add_session(connection, "first", account.id, hashlib.sha256(b"token").digest())
    at.session_state["token"] = "token"  # noqa: S105
    return at.run()


def press(at: AppTest, label: str) -> AppTest:
    """Press the first button of this name."""
    return next(each for each in at.button if each.label == label).click().run()


def titles(at: AppTest) -> set[str]:
    return set(at.session_state["pages"])


def test_who_is_not_signed_in_sees_the_sign_in_page_only(at: AppTest) -> None:
    at.run()
    assert [each.label for each in at.text_input][:2] == ["Login", "Password"]
    assert "pages" not in at.session_state


def test_a_wrong_password_is_told_and_nobody_is_signed_in(at: AppTest) -> None:
    at.run()
    at.text_input[0].set_value("ann")
    at.text_input[1].set_value("wrong")
    at.button[0].click().run()
    assert "Login or password is wrong" in at.error[0].value
    assert "token" not in at.session_state


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        (Role.ANALYST, {"inbox", "review", "application", "intake", "portfolio"}),
        (Role.CREDIT_OFFICER, {"inbox", "review", "application", "intake", "portfolio", "models", "administration"}),
        (Role.MODEL_OWNER, {"portfolio", "models"}),
        (Role.ADMINISTRATOR, {"administration"}),
        (Role.AUDITOR, {"inbox", "review", "application", "portfolio", "models", "administration", "trail"}),
    ],
)
def test_each_role_sees_its_own_pages(at: AppTest, database: Engine, role: Role, pages: set[str]) -> None:
    sign_in_as(at, database, role)
    assert not at.exception
    assert titles(at) == pages


def test_the_inbox_lists_tasks_with_document_text_made_harmless(at: AppTest, database: Engine, blobs: Blobs) -> None:
    waiting_task(database, blobs, "*A1* [x](http://evil)")
    sign_in_as(at, database, Role.ANALYST)
    said = " ".join(each.value for each in at.markdown)
    assert "\\[x\\]\\(http" in said
    assert "1 open task," in at.caption[0].value


def test_a_review_is_opened_from_the_inbox_taken_and_decided(at: AppTest, database: Engine, blobs: Blobs) -> None:
    waiting_task(database, blobs)
    sign_in_as(at, database, Role.ANALYST, Role.CREDIT_OFFICER)
    press(at, "Open")
    assert not at.exception
    assert [each.label for each in at.tabs] == ["Figures", "Findings", "Ratios", "Reasons", "Decision"]
    with database.connect() as connection:
        assert connection.execute(text("SELECT claimed_by FROM review_tasks")).scalar_one() == "ann"
    at.session_state["review_tab"] = "Decision"
    press(at.run(), "Approve")
    press(at, "Decide: approve")
    assert not at.exception
    with database.connect() as connection:
        said = connection.execute(text("SELECT outcome, decided_by FROM decisions")).one()
    assert tuple(said) == ("approve", "ann")


def test_a_page_that_cannot_be_drawn_says_why(at: AppTest, database: Engine, blobs: Blobs) -> None:
    waiting_task(database, blobs)
    sign_in_as(at, database, Role.ANALYST)
    press(at, "Open")
    assert not at.exception
    assert "The page is damaged." in at.session_state["troubles"].values()


def test_a_task_that_somebody_else_has_can_be_looked_at_only(at: AppTest, database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as connection:
        tasks.claim(connection, desk(blobs, "bob"), task)
    sign_in_as(at, database, Role.ANALYST)
    press(at, "Open")
    assert not at.exception
    assert "More" not in [each.label for each in at.button]
    with database.connect() as connection:
        assert connection.execute(text("SELECT claimed_by FROM review_tasks")).scalar_one() == "bob"



def test_the_inbox_names_the_notices_that_fall_due_and_lists_what_is_asked_for(at: AppTest, database: Engine, blobs: Blobs) -> None:
    today = datetime.now(UTC).date()
    for name, amount, days in (("late", 10_000, -1), ("soon", 20_000, 9), ("far", 30_000, 25)):
        waiting_task(database, blobs, name, amount, today + timedelta(days=days))
    sign_in_as(at, database, Role.ANALYST)
    assert "late by 1 day" in at.error[0].value
    assert "day 20 has passed, 9 days left" in at.error[0].value
    assert "far" not in at.error[0].value
    at.text_input(key="inbox_least").set_value("25k")
    at.run()
    assert not at.exception
    assert sum(each.label == "Open" for each in at.button) == 1


def test_a_model_owner_goes_back_to_the_version_before_and_must_confirm_it(
    at: AppTest, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = AppTest.from_string("from ui import models_page\nmodels_page.draw()", default_timeout=SECONDS)
    chosen = settings_of(tmp_path).model_copy(update={"lender_id": "first"})
    monkeypatch.setattr("ui.place.settings", lambda: chosen)
    promoted(database, tmp_path, "7")
    sign_in_as(at, database, Role.MODEL_OWNER)
    assert not at.exception
    at.selectbox[0].set_value("ensemble").run()
    next(each for each in at.text_input if each.label == "Why").set_value("too many corrections")
    press(at, "Roll back")
    assert champion_of(database, tmp_path) == "7"
    assert "Tick the box" in at.warning[0].value
    next(each for each in at.text_input if each.label == "Why").set_value("too many corrections")
    at.checkbox[0].check()
    press(at, "Roll back")
    assert not at.exception
    assert champion_of(database, tmp_path) != "7"
