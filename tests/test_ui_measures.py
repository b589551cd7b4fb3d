"""The portfolio's measures on the page: what work took, what the audit sample found, and exports that are made when asked for."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine
from streamlit.testing.v1 import AppTest

from app import audit
from app.blobs.storage import open_blobs
from app.domain import Role
from app.review_queue import corrections, decisions, opened, tasks
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.settings import Settings
from app.store import audit_samples
from app.store.audit_samples import Drawn
from tests.desk import desk, person, waiting_task
from ui import place

CASH = 1


def page() -> None:
    import streamlit as st  # noqa: PLC0415  the page is a script of its own

    from ui import measures  # noqa: PLC0415

    measures.draw(st.session_state["desk"])


def test_an_error_that_the_audit_found_leads_to_the_decisions_it_may_concern(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    wrong, _ = waiting_task(database, blobs, "A1"), waiting_task(database, blobs, "A2")
    with database.begin() as c:
        tasks.claim(c, desk(blobs), wrong)
        review = opened.open_review(c, desk(blobs), wrong)
        audit_samples.add_sample(c, "first", review.application.id, review.task.assessment_id, Drawn((CASH,), "seed", Decimal(1)))
        corrections.correct(c, desk(blobs), wrong, Edit("amount", "digit misread", CASH, 0, {"value": "1"}))
        seen = opened.look_again(c, desk(blobs), wrong).seen
        decisions.decide(c, desk(blobs), wrong, Proposal(Outcome.DECLINE, seen, ("debt service",), override_reason="known"))
    monkeypatch.setattr(place, "database", lambda: database)
    at = AppTest.from_function(page, default_timeout=30)
    at.session_state["desk"] = desk(blobs, "otto", Role.AUDITOR)
    at.run()
    assert not at.exception
    assert any("1 error (100.0%)" in each.value for each in at.caption)
    at.selectbox[0].select_index(0).run()
    assert not at.exception
    assert any("of this kind passed unseen" in each.value for each in at.caption)
    next(each for each in at.button if each.label == "Measures, CSV").click().run()
    assert at.get("download_button")[0].proto.label == "Save measures.csv"
    with database.begin() as c:
        done = [each.action for each in audit.history(c, person("otto", Role.AUDITOR), "first", "portfolio")]
    assert done == ["export_measures"]
