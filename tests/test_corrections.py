"""From the store to labelled lines: what each gesture says of a line, what the audit sample adds, and what never becomes a label."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from app.access.roles import machine
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role
from app.errors import Forbidden
from app.review_queue import corrections as desk_corrections
from app.review_queue import decisions, opened
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.settings import Settings
from app.store import audit_samples
from app.store.rows import Adjustment
from tests.desk import desk, person, waiting_task
from tests.judged import HEAD, ROWS, UNTIL, reviewed
from training import corrections, datasets
from training.corrections import LET_STAND, ROUTED, SAMPLED, VOLUNTEERED, Judgement
from training.datasets import Filters

WORKER = machine(Role.WORKER, "first")
LATER = datetime.now(UTC) + timedelta(days=1)
FIRST, SECOND, THIRD = 1, 2, 3  # figures by number, one to each printed row


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


@pytest.fixture
def task(database: Engine, blobs: Blobs) -> int:
    return waiting_task(database, blobs, made=reviewed(1).made)


def corrected(connection: Connection, blobs: Blobs, task: int, edits: Sequence[Edit]) -> None:
    """Save corrections, each as somebody who has seen those before."""
    seen = 0
    for edit in edits:
        seen = desk_corrections.correct(connection, desk(blobs), task, replace(edit, seen=seen)).id


def judged(connection: Connection, blobs: Blobs, until: datetime = LATER) -> list[Judgement]:
    return [each for found in corrections.reviewed(connection, WORKER, blobs, until) for each in found.judgements]


def row(number: int) -> tuple[str, int, int]:
    return "statements.pdf", 1, len(HEAD) + number - 1


@pytest.mark.parametrize(
    ("edit", "label"),
    [
        (Edit("confirmed", "as printed", FIRST, 0, {}), "cash"),
        (Edit("amount", "digit misread", FIRST, 0, {"value": "5"}), "cash"),
        (Edit("amount", "another line's amount", FIRST, 0, {"value": "5"}), None),
        (Edit("sign", "brackets not seen", FIRST, 0, {}), "cash"),
        (Edit("scale", "unit not seen", FIRST, 0, {"scale": 1000}), "cash"),
        (Edit("account", "wording not known", FIRST, 0, {"account": "inventory"}), "inventory"),
        (Edit("not on the page", "no figure", FIRST, 0, {}), "O"),
        (Edit("not on the page", "counted twice", FIRST, 0, {}), None),
    ],
)
def test_a_gesture_labels_the_line_it_speaks_of(database: Engine, blobs: Blobs, task: int, edit: Edit, label: str | None) -> None:
    with database.begin() as c:
        corrected(c, blobs, task, [edit])
        (found,) = judged(c, blobs)
    assert (found.place, found.label, found.predicted["account"]) == (row(FIRST), label, "cash")


def test_a_moved_box_and_a_missing_figure_label_the_line_where_they_stand(database: Engine, blobs: Blobs, task: int) -> None:
    top = 0.1 + 0.03 * (len(HEAD) + THIRD - 1)
    box = [0.6, top, 0.8, top + 0.02]
    said = {"account": "goodwill", "period": "current", "file": "statements.pdf", "page": 1, "box": box, "value": "7"}
    with database.begin() as c:
        corrected(c, blobs, task, [Edit("box", "place is off", FIRST, 0, {"box": box, "page": 1})])
        desk_corrections.correct(c, desk(blobs), task, Edit("missing", "passed over", None, 0, said))
        assert [(each.place, each.label) for each in judged(c, blobs)] == [(row(THIRD), "cash"), (row(THIRD), "goodwill")]


def test_what_was_said_before_of_a_figure_holds_for_what_is_said_after(database: Engine, blobs: Blobs, task: int) -> None:
    first = Edit("account", "wording not known", FIRST, 0, {"account": "inventory"})
    with database.begin() as c:
        corrected(c, blobs, task, [first, Edit("amount", "digit misread", FIRST, 0, {"value": "5"})])
        assert [each.label for each in judged(c, blobs)] == ["inventory", "inventory"]


def test_adjustments_and_what_was_taken_back_are_never_labels(database: Engine, blobs: Blobs, task: int) -> None:
    with database.begin() as c:
        adjustment = desk_corrections.proposed("add-back", "cash", "current", Decimal(5), "owner's pay")
        assert isinstance(adjustment, Adjustment)
        desk_corrections.adjust(c, desk(blobs), task, adjustment)
        made = desk_corrections.correct(c, desk(blobs), task, Edit("confirmed", "as printed", FIRST, 0, {}))
        desk_corrections.undo(c, desk(blobs), task, made.id)
        assert judged(c, blobs) == []


def test_only_what_was_judged_until_then_counts(database: Engine, blobs: Blobs, task: int) -> None:
    with database.begin() as c:
        corrected(c, blobs, task, [Edit("confirmed", "as printed", FIRST, 0, {})])
        assert judged(c, blobs, datetime(2026, 1, 1, tzinfo=UTC)) == []


def test_the_audit_sample_is_marked_and_weighs_one_by_its_share_corrected_or_let_stand(database: Engine, blobs: Blobs) -> None:
    made = reviewed(1).made
    sheet = made.spread.statements[0]
    sure = replace(sheet, items=tuple(replace(item, auto_accept=n != THIRD) for n, item in enumerate(sheet.items, 1)))
    task = waiting_task(database, blobs, made=replace(made, spread=replace(made.spread, statements=(sure,))))
    with database.begin() as c:
        found = opened.look_again(c, desk(blobs), task)
        drawn = audit_samples.Drawn([FIRST, SECOND], "1", Decimal("0.005"))
        audit_samples.add_sample(c, "first", found.application.id, found.task.assessment_id, drawn)
        corrected(c, blobs, task, [Edit("confirmed", "as printed", n, 0, {}) for n in (FIRST, THIRD, 4)])
        assert [(each.source, each.weight) for each in judged(c, blobs)] == [(SAMPLED, 200.0), (ROUTED, 1.0), (VOLUNTEERED, 1.0)]
        seen = opened.look_again(c, desk(blobs), task).seen
        decisions.decide(c, desk(blobs), task, Proposal(Outcome.WITHDRAWN, seen))
        last = judged(c, blobs)[-1]
        assert (last.gesture, last.label, last.source, last.weight, last.number) == (LET_STAND, ROWS[1][1], SAMPLED, 200.0, SECOND)


def test_only_who_may_read_corrections_makes_datasets_of_them(database: Engine, blobs: Blobs) -> None:
    with database.begin() as c:
        for user in (person("ann"), person("ada", Role.ADMINISTRATOR)):
            with pytest.raises(Forbidden):
                list(corrections.reviewed(c, user, blobs, LATER))
        assert list(corrections.reviewed(c, person("mia", Role.MODEL_OWNER), blobs, LATER)) == []


def test_the_store_gives_the_same_version_twice(database: Engine, blobs: Blobs, task: int, tmp_path: Path) -> None:
    with database.begin() as c:
        corrected(c, blobs, task, [Edit("confirmed", "as printed", n, 0, {}) for n in (FIRST, SECOND)])
        one, two = (
            datasets.build(corrections.reviewed(c, WORKER, blobs, LATER), Filters(UNTIL), "first", tmp_path / name) for name in ("a", "b")
        )
    assert one.hash == two.hash
    assert [line.label for _, line in one.pages[0].labelled] == ["cash", "accounts_receivable"]
