"""The buttons for papers at the desk: the notice only where it is due, each paper drawn on a click and offered to be saved."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from app.blobs.storage import Blobs, open_blobs
from app.review_queue import decisions, letter
from app.review_queue.decisions import Outcome, Proposal
from app.review_queue.desk import Desk
from app.review_queue.opened import look_again
from app.settings import Settings
from tests.desk import desk, person, waiting_task
from ui import place


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def page() -> None:
    import streamlit as st  # noqa: PLC0415  the page is a script of its own

    from ui import papers  # noqa: PLC0415

    papers.draw(st.session_state["review"], st.session_state["desk"])


def at_the(seat: Desk, database: Engine, task: int, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(place, "database", lambda: database)
    at = AppTest.from_function(page, default_timeout=30)
    with database.begin() as c:
        at.session_state["review"] = look_again(c, seat, task)
    at.session_state["desk"] = seat
    return at.run()


def test_the_notice_is_offered_only_where_the_decision_needs_one(database: Engine, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    task = waiting_task(database, blobs)
    at = at_the(desk(blobs), database, task, monkeypatch)
    assert [button.disabled for button in at.button] == [False, False, True, True, False]
    with database.begin() as c:
        decline = Proposal(Outcome.DECLINE, (0, 0), ("Length of time in business",), override_reason="fraud")
        decisions.decide(c, desk(blobs), task, decline)
    at = at_the(desk(blobs), database, task, monkeypatch)
    assert not any(button.disabled for button in at.button)
    at.button(key="paper_notice_pdf").click().run()
    assert not at.exception
    assert "Name of creditor" in at.text[0].value
    assert at.get("download_button")[0].proto.label == "Save notice_A1.pdf"


def test_a_broken_template_is_told_on_the_page(database: Engine, blobs: Blobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    task = waiting_task(database, blobs)
    (tmp_path / "memo.md").write_text("{{ nothing }}", encoding="utf-8")
    seat = Desk(person("ann"), blobs, Settings(templates_dir=str(tmp_path)))
    at = at_the(seat, database, task, monkeypatch)
    at.button(key="paper_memo_docx").click().run()
    assert "memo.md, line 1, is broken" in at.error[0].value


def test_what_was_asked_for_is_shown_with_its_state(database: Engine, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        letter.note_sent(c, person("ann"), task, "Dear applicant", ("Missing from the application: <b> tax return.",))
    at = at_the(desk(blobs), database, task, monkeypatch)
    assert at.text[0].value.startswith("☑ Missing from the application: <b> tax return. (ann, ")
