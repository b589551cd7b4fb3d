"""The store: what goes in comes out, each lender sees its own, assessments are versions, and size does not change the plans."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.domain import Assessment, DocumentKind, Field, Form, ModelVersion
from app.jobs import Job, JobName, enqueue
from app.store import applications, assessments, documents, job_records, model_versions, review_tasks, reviews
from app.store.assessments import NewAssessment
from app.store.plain import from_plain, to_plain
from app.store.rows import Adjustment, Correction, ExternalFact, Move, NewApplication, NewTask, StoredDecision
from app.store.snapshot import metadata
from tests.bench_store import fill, queries
from tests.build import assessment, finding, item, page, ratio

DAY = date(2026, 5, 1)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def new(reference: str = "A1", **values: Any) -> NewApplication:
    return NewApplication(reference, **{"received_at": NOON, "amount": Decimal("125000.50"), **values})


def stored(connection: Connection, made: Assessment | None = None, inputs: bytes = b"1") -> tuple[int, int]:
    """Store an application with an assessment; return their ids."""
    id = applications.add_application(connection, "first", new())
    assessed = assessments.add_assessment(connection, "first", NewAssessment(id, made or assessment(), inputs, {}))
    assert assessed is not None
    return id, assessed


@contextmanager
def watched(database: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Yield the statements that run meanwhile, with what is put into them."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        seen.append((statement, parameters))

    event.listen(database, "before_cursor_execute", note)
    yield seen
    event.remove(database, "before_cursor_execute", note)


def test_an_application_comes_out_as_it_went_in(database: Engine) -> None:
    sent = new(total_exposure=Decimal("1e12"), jurisdiction="US", made_on=DAY, borrower="Mill & Sons")
    with database.begin() as connection:
        id = applications.add_application(connection, "first", sent)
        found = applications.application(connection, "first", id)
    assert found is not None
    assert (found.amount, found.total_exposure, found.made_on, found.received_at) == (Decimal("125000.50"), Decimal("1e12"), DAY, NOON)
    assert found.received_at.tzinfo is not None
    assert found.state == "received"


def test_an_application_sent_twice_is_one(database: Engine) -> None:
    with database.begin() as connection:
        one, two = applications.add_applications(connection, "first", [new("A1"), new("A2")])
        assert applications.add_application(connection, "first", new("A1", amount=Decimal(1))) == one
        assert applications.add_application(connection, "other", new("A1")) not in (one, two)
        found = applications.application(connection, "first", one)
    assert found is not None
    assert found.amount == Decimal("125000.50")


def test_an_application_is_claimed_by_one_sender_at_a_time(database: Engine) -> None:
    with database.begin() as connection:
        id, is_new = applications.claim_application(connection, "first", new("A1", borrower="zero\0"))
    assert is_new
    with database.begin() as first, database.begin() as second:
        assert applications.claim_application(first, "first", new("A1")) == (id, False)
        second.execute(text("SET LOCAL lock_timeout = 50"))
        with pytest.raises(OperationalError):
            applications.claim_application(second, "first", new("A1"))


def test_an_application_is_followed_with_its_job_and_by_its_lender_only(database: Engine) -> None:
    with database.begin() as connection:
        id = applications.add_application(connection, "first", new())
        waiting = applications.followed(connection, "first", id)
        job = enqueue(connection, Job(JobName.ASSESS, "first", {}))
        applications.set_job(connection, "first", id, job or 0)
        job_records.report_progress(connection, "first", job or 0, 2, 3)
        job_records.note_fault(connection, "first", job or 0, "paper jam", counts=True)
        begun = applications.followed(connection, "first", id)
        assert applications.followed(connection, "other", id) is None
    assert waiting is not None
    assert (waiting.application.id, waiting.done, waiting.total, waiting.fault) == (id, 0, 0, None)
    assert begun is not None
    assert (begun.done, begun.total, begun.fault) == (2, 3, "paper jam")


def test_words_that_postgresql_refuses_are_stored_all_the_same(database: Engine) -> None:
    with database.begin() as connection:
        id = applications.add_application(connection, "first", new(borrower="zero\0 and \ud800"))
        found = applications.application(connection, "first", id)
        form = Form("a\0.pdf", 1, 1, DocumentKind.DEBT_SCHEDULE, (Field("creditor", "x\0y", "x\0y", "\ud800", "a.pdf", 1, None),))
        made = replace(assessment(findings=[finding(message="zero\0 and \ud800")]), forms=(form,))
        odd = assessments.add_assessment(connection, "first", NewAssessment(id, made, b"1", {}))
        assert odd is not None
        last = assessments.facts(connection, "first", odd)[-1]
    assert found is not None
    assert found.borrower == "zero\N{REPLACEMENT CHARACTER} and ?"
    assert (last.words, last.label) == ("x\N{REPLACEMENT CHARACTER}y", "?")


def test_the_inbox_gives_pages_newest_first_without_gaps(database: Engine) -> None:
    with database.begin() as connection:
        applications.add_applications(connection, "first", [new(f"A{n}", received_at=NOON + timedelta(minutes=n // 2)) for n in range(7)])
        applications.add_application(connection, "other", new("B"))
        seen, after = list[str](), None
        while got := applications.inbox(connection, "first", after=after, limit=3):
            seen += [each.reference for each in got]
            after = (got[-1].received_at, got[-1].id)
    assert seen == ["A6", "A5", "A4", "A3", "A2", "A1", "A0"]


def test_a_state_is_left_only_the_ways_there_are(database: Engine) -> None:
    with database.begin() as connection:
        id = applications.add_application(connection, "first", new())
        assert not applications.set_state(connection, "first", id, "decided")
        assert not applications.set_state(connection, "other", id, "assessed")
        assert applications.set_state(connection, "first", id, "assessed")
        assert applications.set_state(connection, "first", id, "decided")
        assert not applications.set_state(connection, "first", id, "received")
        assert applications.set_state(connection, "first", id, "purged")
        assert not applications.set_state(connection, "first", id, "assessed")


def test_what_documents_say_fills_only_what_nobody_said(database: Engine) -> None:
    with database.begin() as connection:
        id = applications.add_application(connection, "first", new())
        applications.describe(connection, "first", id, new(borrower="Mill & Sons", amount=Decimal(7)))
        found = applications.application(connection, "first", id)
    assert found is not None
    assert (found.borrower, found.amount) == ("Mill & Sons", Decimal("125000.50"))


def test_of_an_external_fact_the_newest_counts(database: Engine) -> None:
    with database.begin() as connection:
        id = applications.add_application(connection, "first", new())
        for value in ("70", "82"):
            applications.add_external_fact(connection, "first", id, ExternalFact("bureau score", value, "bureau", DAY), "system")
        assert applications.external_facts(connection, "first", id) == (ExternalFact("bureau score", "82", "bureau", DAY),)


def test_a_batch_is_followed_and_cancelled(database: Engine) -> None:
    with database.begin() as connection:
        batch = applications.add_batch(connection, "first", "b1", "system")
        assert applications.add_batch(connection, "first", "b1", "system") == batch
        ids = applications.add_applications(connection, "first", [new(f"A{n}", batch_id=batch) for n in range(3)])
        assert applications.applications_without_job(connection, "first", batch) == tuple(ids)
        applications.set_job(connection, "first", ids[0], 77)
        applications.set_state(connection, "first", ids[1], "assessed")
        assert applications.unfinished_of_batch(connection, "first", batch) == ((ids[0], 77), (ids[2], None))
        assert applications.cancel_batch(connection, "first", batch, (ids[0], ids[2])) == 2
        found = applications.batch(connection, "first", batch)
        assert [each.id for each in applications.batch_applications(connection, "first", batch, after=ids[0])] == ids[1:]
    assert found is not None
    assert (found.total, dict(found.states)) == (3, {"cancelled": 2, "assessed": 1})
    assert found.cancelled_at is not None


def test_a_document_is_read_superseded_or_set_aside_and_never_lost(database: Engine) -> None:
    with database.begin() as connection:
        id = applications.add_application(connection, "first", new())
        one, two = (documents.add_document(connection, "first", id, (name, b"1"), "ann") for name in ("a.pdf", "b.pdf"))
        assert [documents.begin_reading(connection, "first", one) for _ in range(3)] == [1, 2, 3]
        documents.end_reading(connection, "first", one)
        assert documents.begin_reading(connection, "first", one) == 1
        documents.keep_pages(connection, "first", one, [(page(1), DocumentKind.OTHER)])
        documents.supersede(connection, "first", one, two)
        documents.quarantine_document(connection, "first", two, "encrypted")
        found = documents.documents(connection, "first", id)
    assert [(each.file, each.state, each.reason, each.superseded_by) for each in found] == [
        ("a.pdf", "superseded", None, two),
        ("b.pdf", "quarantined", "encrypted", None),
    ]


def test_an_assessment_comes_out_as_it_went_in(database: Engine) -> None:
    field = Field("as_of_date", DAY, "May 1, 2026", "As of", "debts.pdf", 1, None)
    made = assessment(
        findings=[finding(facts=[item(value="1.10")]), replace(finding(), facts=(field,))],
        ratios=[ratio("dscr", "1.250", "a / b", {"a": 5, "b": 4}), ratio("fccr", None)],
    )
    with database.begin() as connection:
        id, assessed = stored(connection, made)
        found = assessments.latest_assessment(connection, "first", id)
        read = assessments.facts(connection, "first", assessed)
    assert found is not None
    assert (found.ratios, found.findings, found.versions) == (made.ratios, made.findings, made.versions)
    assert (found.grade, found.recommendation, found.route) == (made.grade, made.recommendation, made.route)
    items = [item for statement in made.spread.statements for item in statement.items]
    as_made = [(item.account, item.period.name, item.value, item.text) for item in items]
    assert [(each.account, each.period, each.value, each.printed) for each in read] == as_made
    assert [each.number for each in read] == list(range(1, len(items) + 1))


def test_a_whole_assessment_as_json_is_the_same_again() -> None:
    field = Field("amount", Decimal("1.10"), "1.10", "Amount", "a.pdf", 1, None, alternatives=("7",))
    form = Form("a.pdf", 1, 1, DocumentKind.DEBT_SCHEDULE, (field, replace(field, value="12"), replace(field, value=DAY)))
    made = replace(assessment(findings=[finding(facts=[item()])], ratios=[ratio("dscr", "1.250")]), forms=(form,))
    assert from_plain(Assessment, json.loads(json.dumps(to_plain(Assessment, made)))) == made


def test_assessments_are_versions_and_the_same_inputs_are_assessed_once(database: Engine) -> None:
    with database.begin() as connection:
        id, first = stored(connection)
        assert assessments.add_assessment(connection, "first", NewAssessment(id, assessment(), b"1", {})) is None
        second = assessments.add_assessment(connection, "first", NewAssessment(id, assessment(), b"2", {}))
        shadow = assessments.add_assessment(connection, "first", NewAssessment(id, assessment(), b"3", {}, shadow=True))
        versions = [(each.id, each.version) for each in assessments.assessment_history(connection, "first", id)]
        assert versions == [(first, 1), (second, 2), (shadow, 3)]
        latest = assessments.latest_assessment(connection, "first", id)
    assert latest is not None
    assert latest.id == second


def test_the_next_task_is_the_one_due_then_the_most_urgent(database: Engine) -> None:
    lease = timedelta(minutes=10)
    with database.begin() as connection:
        for number, (impact, due) in enumerate([(0.1, None), (0.9, None), (0.1, DAY + timedelta(days=1)), (0.5, DAY + timedelta(days=40))]):
            id = applications.add_application(connection, "first", new(f"A{number}"))
            made = assessments.add_assessment(connection, "first", NewAssessment(id, assessment(), b"1", {}))
            assert made is not None
            review_tasks.add_task(connection, "first", NewTask(id, made, ("why",), review_tasks.urgency(impact, Decimal(1000), NOON), due))
        assert review_tasks.claim_next(connection, "other", "eve", lease, DAY) is None
        got = [review_tasks.claim_next(connection, "first", "ann", lease, DAY + timedelta(days=7)) for _ in range(5)]
    assert [each and each.due_on for each in got] == [DAY + timedelta(days=1), None, DAY + timedelta(days=40), None, None]
    assert got[4] is None
    assert [each.claimed_by for each in got if each] == ["ann"] * 4


def test_a_task_that_waits_overtakes_a_weightier_new_one() -> None:
    old = review_tasks.urgency(0.5, Decimal(10_000), NOON)
    assert old < review_tasks.urgency(0.5, Decimal(50_000), NOON + timedelta(days=5))
    assert old > review_tasks.urgency(0.5, Decimal(50_000), NOON + timedelta(days=10))
    assert review_tasks.urgency(None, None, NOON) > old


def test_two_people_do_not_get_one_task(database: Engine) -> None:
    lease = timedelta(minutes=10)
    with database.begin() as connection:
        id, made = stored(connection)
        review_tasks.add_task(connection, "first", NewTask(id, made, (), 1.0))
    with database.begin() as one, database.begin() as two:
        mine = review_tasks.claim_next(one, "first", "ann", lease, DAY)
        assert mine is not None
        assert review_tasks.claim_next(two, "first", "bob", lease, DAY) is None
    with database.begin() as connection:
        assert review_tasks.claim(connection, "first", mine.id, "bob", lease) is None
        renewed = review_tasks.claim(connection, "first", mine.id, "ann", timedelta(seconds=-1))
        assert renewed is not None
        taken = review_tasks.claim_next(connection, "first", "bob", lease, DAY)
        assert taken is not None
        assert (taken.id, taken.claimed_by) == (mine.id, "bob")
        assert not review_tasks.set_task_state(connection, "first", mine.id, mine.revision, "closed")
        assert review_tasks.release(connection, "first", taken.id, "bob")
        now = review_tasks.task(connection, "first", mine.id)
        assert now is not None
        assert review_tasks.set_task_state(connection, "first", mine.id, now.revision, "closed")
        assert review_tasks.claim_next(connection, "first", "bob", lease, DAY) is None


def test_a_new_version_closes_the_task_on_the_old_one(database: Engine) -> None:
    with database.begin() as connection:
        id, one = stored(connection)
        review_tasks.add_task(connection, "first", NewTask(id, one, (), 1.0))
        two = assessments.add_assessment(connection, "first", NewAssessment(id, assessment(), b"2", {}))
        assert two is not None
        review_tasks.add_task(connection, "first", NewTask(id, two, (), 1.0))
        review_tasks.add_task(connection, "first", NewTask(id, two, (), 1.0))
        assert [each.assessment_id for each in review_tasks.tasks(connection, "first")] == [two]


def test_corrections_adjustments_and_decisions_are_added_in_order(database: Engine) -> None:
    with database.begin() as connection:
        id, made = stored(connection)
        review_tasks.add_task(connection, "first", NewTask(id, made, (), 1.0))
        (task,) = review_tasks.tasks(connection, "first")
        misread = Correction(task.id, id, made, 1, "amount", {"value": "1"}, {"value": "2"}, "ann")
        first = reviews.add_correction(connection, "first", misread)
        reviews.add_correction(connection, "first", Correction(task.id, id, made, 1, "undo", {}, {}, "ann", undoes=first.id))
        added = Adjustment(id, made, "add-back", "ebitda", "current", Decimal("10.50"), "one-off", "ann")
        reviews.add_adjustment(connection, "first", added)
        reviews.add_decision(connection, "first", StoredDecision(id, made, "approve", ("strong DSCR",), "ann", ("insurance",)))
        assert [(each.kind, each.undoes) for each in reviews.corrections(connection, "first", id)] == [("amount", None), ("undo", first.id)]
        assert reviews.adjustments(connection, "first", id)[0].amount == Decimal("10.50")
        (decision,) = reviews.decisions(connection, "first", id)
    assert (list(decision.reasons), list(decision.conditions), decision.created_at is not None) == (["strong DSCR"], ["insurance"], True)


def test_a_person_does_not_second_the_own_decision(database: Engine) -> None:
    with database.begin() as connection:
        id, made = stored(connection)
    with pytest.raises(IntegrityError, match="two_people"), database.begin() as connection:
        reviews.add_decision(connection, "first", StoredDecision(id, made, "approve", (), "ann", seconded_by="ann"))


def test_which_version_served_on_a_day_is_known(database: Engine) -> None:
    with database.begin() as connection:
        for number in ("1", "2"):
            model_versions.register_version(connection, "first", ModelVersion("extractor", number, "ab"), {"f1": 0.9}, "mo")
        model_versions.move_alias(connection, "first", Move("extractor", "champion", "1", "mo", "first"))
    between = datetime.now(UTC)
    with database.begin() as connection:
        model_versions.move_alias(connection, "first", Move("extractor", "champion", "2", "mo", "better"))
    with database.connect() as connection:
        then = model_versions.alias_at(connection, "first", "extractor", "champion", between)
        now = model_versions.alias_at(connection, "first", "extractor", "champion", datetime.now(UTC))
        assert [each.version for each in model_versions.registered_versions(connection, "first", "extractor")] == ["2", "1"]
    assert (then and then.version, now and now.version, now and now.why) == ("1", "2", "better")


def test_a_row_cannot_refer_to_another_lenders(database: Engine) -> None:
    with database.begin() as connection:
        id = applications.add_application(connection, "first", new())
    with pytest.raises(IntegrityError), database.begin() as connection:
        documents.add_document(connection, "other", id, ("a.pdf", b"1"), None)


# -- plans -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def large(database: Engine) -> Engine:
    """Return a database with rows enough for statistics."""
    with database.begin() as connection:
        fill(connection, 4_000, 50)
    return database


def test_the_desks_queries_read_no_table_whole_and_name_the_lender(large: Engine) -> None:
    ours = {table.name for table in metadata.sorted_tables} - {"lenders"}
    with large.connect() as connection:
        asked = queries(connection)
        with watched(large) as seen:
            for ask in asked.values():
                ask()
        statements = [(statement, parameters) for statement, parameters in seen if any(name in statement for name in ours)]
        assert len(statements) >= len(asked)
        assert [statement for statement, _ in statements if "lender_id" not in statement.partition("WHERE")[2]] == []
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # a small table would be read whole even where an index serves
        for statement, parameters in statements:
            plan = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
            whole = [node for node in nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan" and node["Relation Name"] in ours]
            assert whole == [], f"{statement}\n{json.dumps(plan, indent=1)}"
            rows = max(node["Plan Rows"] for node in nodes(plan[0]["Plan"]) if node["Node Type"] == "Sort") if "Sort" in str(plan) else 0
            assert rows <= 5_000, f"sorts {rows} rows: {statement}"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)
