"""What is put before people: why, how urgent, until when; the alerts on the clock, and which tasks are listed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, update

from app.blobs.storage import Blobs, open_blobs
from app.domain import Assessment, Finding, Route, Severity
from app.review_queue import placing, tasks
from app.review_queue.placing import Assessed
from app.settings import Settings
from app.store import applications, review_tasks, tables
from app.store.assessments import NewAssessment, add_assessment
from app.store.review_tasks import Chosen
from app.store.rows import StoredDocument
from tests.desk import NOON, desk, person, sound_assessment, waiting_task

MISSING = Finding("required_documents_are_present", "complete", Severity.HIGH, "The tax return is missing.")


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def placed(c: Connection, made: Assessment, came: datetime, inputs: bytes) -> None:
    """Record a further version of application A1, as the worker does."""
    application = next(each for each in applications.inbox(c, "first") if each.reference == "A1")
    id = add_assessment(c, "first", NewAssessment(application.id, made, inputs, {}))
    assert id is not None
    document = StoredDocument(1, application.id, "x.pdf", b"", "read", None, 0, None, came)
    placing.put_before_people(c, "first", Assessed(application, id, made, inputs, [document]), "1")


def test_the_clock_runs_from_receipt_until_the_last_document_makes_it_complete(database: Engine, blobs: Blobs) -> None:
    waiting_task(database, blobs)
    day, reviewed = timedelta(days=1), replace(sound_assessment(), route=Route.REVIEW, findings=())
    with database.begin() as c:
        placed(c, replace(reviewed, findings=(MISSING,)), NOON, b"1")
        (task,) = tasks.list_tasks(c, person("ann"))
        assert (task.complete_at, task.due_on, task.reasons) == (None, (NOON + 30 * day).date(), [MISSING.message])
        placed(c, reviewed, NOON + 5 * day, b"2")
        (task,) = tasks.list_tasks(c, person("ann"))
        assert (task.complete_at, task.due_on) == (NOON + 5 * day, (NOON + 35 * day).date())
        placed(c, reviewed, NOON + 9 * day, b"3")
        (task,) = tasks.list_tasks(c, person("ann"))
        assert (task.complete_at, task.due_on) == (NOON + 5 * day, (NOON + 35 * day).date())


def test_who_has_a_task_has_the_one_on_the_next_version_even_where_no_person_were_needed(database: Engine, blobs: Blobs) -> None:
    before = waiting_task(database, blobs)
    with database.begin() as c:
        tasks.claim(c, desk(blobs), before)
        placed(c, replace(sound_assessment(), route=Route.AUTO_CLEAR), NOON, b"1")
        (task,) = tasks.list_tasks(c, person("ann"), mine=True)
        assert task.id != before


def test_what_may_change_the_decision_comes_before_what_will_not() -> None:
    made = replace(sound_assessment(), findings=(), stops=())
    stop = replace(made.spread.statements[0].items[0], confidence=0.6)
    assert placing.impact(made) < placing.impact(replace(made, stops=(stop,))) < placing.impact(replace(made, stops=(stop, stop)))
    assert placing.impact(replace(made, stops=(stop,))) < placing.impact(replace(made, stops=(stop,), findings=(MISSING,))) < 1
    older = review_tasks.urgency(0.1, Decimal(1000), NOON - timedelta(days=20))
    assert older > review_tasks.urgency(0.4, Decimal(1000), NOON) > review_tasks.urgency(0.1, Decimal(1000), NOON)


@pytest.mark.parametrize(("left", "day"), [(11, None), (10, 20), (4, 20), (3, 27), (0, 27), (-2, 27)])
def test_the_queue_warns_on_days_20_and_27(database: Engine, blobs: Blobs, left: int, day: int | None) -> None:
    today = datetime.now(UTC).date()
    waiting_task(database, blobs, due_on=today + timedelta(days=left))
    with database.begin() as c:
        assert [(each.day, each.days_left) for each in tasks.alerts(c, person("ann"), today)] == ([(day, left)] if day else [])


def test_tasks_are_found_by_what_they_are(database: Engine, blobs: Blobs) -> None:
    waiting_task(database, blobs, "small", 10_000, date(2026, 3, 5))
    escalated, mine = waiting_task(database, blobs, "large", 90_000), waiting_task(database, blobs, "line", 50_000)
    with database.begin() as c:
        c.execute(update(tables.applications).where(tables.applications.c.reference == "line").values(product="line"))
        tasks.escalate(c, person("ann"), escalated, "related party")
        tasks.claim(c, desk(blobs, "bob"), mine)
        for chosen, wanted in (
            (Chosen(), {"small", "large", "line"}),
            (Chosen(state="escalated"), {"large"}),
            (Chosen(product="line"), {"line"}),
            (Chosen(claimed_by="bob"), {"line"}),
            (Chosen(least=Decimal(50_000)), {"large", "line"}),
            (Chosen(least=Decimal(50_000), most=Decimal(60_000)), {"line"}),
            (Chosen(due_by=date(2026, 3, 5)), {"small"}),
            (Chosen(due_by=date(2026, 3, 4)), set()),
            (Chosen(words="SMALL bak"), {"small"}),
        ):
            assert {each.reference for each in tasks.find_tasks(c, person("ann"), chosen)} == wanted
