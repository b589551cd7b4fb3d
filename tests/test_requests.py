"""What letters asked for is tracked: waiting until an assessment no longer finds it missing, with the files that came since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from app.blobs.storage import Blobs, open_blobs
from app.domain import Finding, Severity
from app.review_queue import letter
from app.review_queue.opened import Review, look_again
from app.settings import Settings
from tests.desk import desk, person, waiting_task

TWO, ONE = (f"Missing from the application: {n} of 3 bank statements." for n in (2, 1))
RETURN = "Missing from the application: business tax return."


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def missing(review: Review, *messages: str) -> Review:
    """Return the review with nothing missing but what `messages` say."""
    found = tuple(Finding("required_documents_are_present", "complete", Severity.MEDIUM, message) for message in messages)
    pages = tuple(page for page in review.now.assessment.pages if page.reason is None)
    return replace(review, now=replace(review.now, assessment=replace(review.now.assessment, findings=found, pages=pages)))


def states(connection: Connection, review: Review) -> list[tuple[str, str]]:
    return [(each.message, each.state) for each in letter.requests(connection, person("ann"), review)]


def test_what_was_asked_for_is_ticked_off_when_it_is_no_longer_missing(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        review = look_again(c, desk(blobs), task)
        assert letter.requests(c, person("ann"), review) == ()
        before = missing(review, TWO, RETURN)
        letter.note_sent(c, person("ann"), task, "Dear applicant", letter.asked_for(before))
    with database.begin() as c:
        assert states(c, before) == [(TWO, "waiting"), (RETURN, "waiting")]
        assert states(c, missing(review, TWO)) == [(TWO, "waiting"), (RETURN, "received")]
        (statements, taxes) = letter.requests(c, person("ann"), missing(review, ONE))
    assert (statements.state, statements.still, taxes.state) == ("partly received", ONE, "received")


def test_a_request_names_the_files_that_came_after_the_letter(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        letter.note_sent(c, person("ann"), task, "Dear applicant", (RETURN,))
        review = look_again(c, desk(blobs), task)
        came = replace(review.documents[0], file="return 2024.pdf", received_at=datetime.now(UTC) + timedelta(hours=1))
        (asked,) = letter.requests(c, person("ann"), replace(review, documents=(*review.documents, came)))
    assert asked.files_since == ("return 2024.pdf",)
    assert asked.asked_by == "ann"


def test_the_newest_letter_counts_and_one_noted_without_requests_asks_for_nothing(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        letter.note_sent(c, person("ann"), task, "Dear applicant")
        letter.note_sent(c, person("ann"), task, "Dear applicant", (TWO,))
        letter.note_sent(c, person("bob"), task, "Dear applicant, again", (ONE,))
        review = look_again(c, desk(blobs), task)
        (asked,) = letter.requests(c, person("ann"), missing(review, ONE))
    assert (asked.message, asked.asked_by, asked.state) == (ONE, "bob", "waiting")


def test_three_missing_statements_and_one_of_three_are_the_same_request(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        letter.note_sent(c, person("ann"), task, "Dear applicant", ("Missing from the application: 3 bank statements.",))
        review = look_again(c, desk(blobs), task)
        (asked,) = letter.requests(c, person("ann"), missing(review, ONE))
    assert asked.state == "partly received"
