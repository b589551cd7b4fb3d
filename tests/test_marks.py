"""Marks on reasons: kept, the last one counts, and no figure changes by them."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.blobs.storage import Blobs, open_blobs
from app.domain import Relation
from app.errors import UsageError
from app.review_queue import marks
from app.review_queue.marks import Cited, marks_of
from app.review_queue.opened import Review, look_again
from app.settings import Settings
from tests.desk import desk, waiting_task


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def reasons(review: Review) -> list[Cited]:
    assert review.machine.rationale is not None
    return [Cited(each.fact, each.relation) for each in review.machine.rationale.reasons]


def test_the_last_mark_on_a_reason_counts_and_no_figure_changes(database: Engine, blobs: Blobs) -> None:
    task, seat = waiting_task(database, blobs), desk(blobs)
    with database.begin() as connection:
        before = look_again(connection, seat, task)
        first = reasons(before)[0]
        marks.mark(connection, seat, task, first, "wrong")
        marks.mark(connection, seat, task, first, "useful")
        after = look_again(connection, seat, task)
    assert marks_of(after) == {first: "useful"}
    assert after.now.assessment == before.now.assessment
    assert after.now.lost == ()


def test_only_a_reason_that_was_given_can_be_marked_and_only_in_three_ways(database: Engine, blobs: Blobs) -> None:
    task, seat = waiting_task(database, blobs), desk(blobs)
    with database.begin() as connection:
        first = reasons(look_again(connection, seat, task))[0]
        with pytest.raises(UsageError, match="no such reason"):
            marks.mark(connection, seat, task, Cited("no_such_fact", Relation.UP), "useful")
        with pytest.raises(UsageError, match="useful, wrong, unsupported"):
            marks.mark(connection, seat, task, first, "nice")
