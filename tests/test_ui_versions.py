"""Late documents at the desk: one is set aside with its reason, what is being read is said, and a newer reading is led to."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from app.blobs.storage import Blobs, open_blobs
from app.review_queue.opened import look_again
from app.settings import Settings
from tests.desk import assessed_again, desk, sound_assessment, waiting_task
from ui import place


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def page() -> None:
    import streamlit as st  # noqa: PLC0415  the page is a script of its own

    from app.review_queue.opened import look_again  # noqa: PLC0415
    from ui import place, versions  # noqa: PLC0415

    with place.acting() as connection:
        review = look_again(connection, st.session_state["desk"], st.session_state["number"])
    versions.tell_newer(review, st.session_state["desk"])
    versions.draw_change(review, st.session_state["desk"])
    versions.draw_difference(review, st.session_state["desk"])


def at_the_page(database: Engine, blobs: Blobs, task: int, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setattr(place, "database", lambda: database)
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["desk"], at.session_state["number"] = desk(blobs), task
    return at.run()


def test_a_document_is_set_aside_only_with_a_reason(database: Engine, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    task = waiting_task(database, blobs)
    at = at_the_page(database, blobs, task, monkeypatch)
    at.session_state["documents_act"] = "Set one aside"
    at.run()
    at.selectbox[0].select_index(1)
    next(each for each in at.button if each.label == "Set one aside").click().run()
    assert "reason" in at.error[0].value
    at.selectbox[0].select_index(1)
    at.text_input[0].set_value("another borrower's")
    next(each for each in at.button if each.label == "Set one aside").click().run()
    assert not at.exception
    assert "was set aside" in at.session_state["done"]
    with database.begin() as c:
        states = [each.state for each in look_again(c, desk(blobs), task).documents]
    assert states.count("superseded") == 1


def test_a_newer_reading_is_led_to_and_says_what_it_changed(database: Engine, blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    task, made = waiting_task(database, blobs), sound_assessment()
    march = replace(made.pages[0], file="march.pdf")
    made = replace(made, pages=(*made.pages, march), page_kinds=(*made.page_kinds, made.page_kinds[0]))
    new = assessed_again(database, blobs, task, made)
    at = at_the_page(database, blobs, task, monkeypatch)
    assert "A newer reading" in at.info[0].value
    assert [each.label for each in at.button] == ["Open the newer one"]
    at = at_the_page(database, blobs, new, monkeypatch)
    assert not at.info
    assert at.text[0].value == "Came: march.pdf"
