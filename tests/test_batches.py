"""Batches: stored whole or not at all, assessed application by application, read in order, cancelled."""

from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import audit
from app.batches import MOST_APPLICATIONS, BatchItem, NewBatch, cancel_batch, list_batches, read_batch, read_results, submit_batch
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role, User
from app.errors import AlreadyKnown, NotFound, UsageError
from app.intake import store_ahead
from app.store import documents, retention
from app.store.rows import NewApplication
from tests.test_intake import Reader, settings_of, work

ANN = User("ann", "first", frozenset((Role.ANALYST,)))
EVE = User("eve", "other", frozenset((Role.ANALYST, Role.AUDITOR)))


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(settings_of(tmp_path))


def batch_of(database: Engine, blobs: Blobs, *references: str, name: str = "b1", user: User = ANN) -> NewBatch:
    """Return a batch whose applications have a file each, sent ahead."""
    stored = store_ahead(database, blobs, user, [BytesIO(b"%PDF " + each.encode()) for each in references])
    items = [BatchItem(NewApplication(each), (("a.pdf", blob, None),)) for each, blob in zip(references, stored, strict=True)]
    return NewBatch(name, tuple(items))


def send(database: Engine, new: NewBatch, user: User = ANN) -> int:
    with database.begin() as connection:
        return submit_batch(connection, user, new).id


def test_a_batch_is_assessed_and_read_in_the_order_sent(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    references = ["A3", "A1", "A2"]
    id = send(database, batch_of(database, blobs, *references))
    with database.begin() as connection:
        assert [(r.application.reference, r.assessment) for r in read_results(connection, ANN, id)] == [(each, None) for each in references]
    work(database, blobs, tmp_path)
    with database.begin() as connection:
        found = read_batch(connection, ANN, id)
        first = read_results(connection, ANN, id, limit=2)
        rest = read_results(connection, ANN, id, after=first[-1].application.id)
        assert list_batches(connection, ANN) == (found,)
    assert (found.total, dict(found.states)) == (3, {"assessed": 3})
    assert [each.application.reference for each in (*first, *rest)] == references
    assert all(each.assessment for each in (*first, *rest))


def test_a_thousand_applications_are_a_batch_and_one_more_is_none(database: Engine, blobs: Blobs) -> None:
    (blob,) = store_ahead(database, blobs, ANN, [BytesIO(b"%PDF")])
    items = [BatchItem(NewApplication(f"A{n}"), (("a.pdf", blob, None),)) for n in range(MOST_APPLICATIONS)]
    id = send(database, NewBatch("b1", items))
    with database.begin() as connection:
        assert [each.application.reference for each in read_results(connection, ANN, id, limit=1000)] == [f"A{n}" for n in range(1000)]
        assert audit.verify(connection, User("eve", "first", frozenset((Role.AUDITOR,))), "first").faults == ()
    with pytest.raises(UsageError, match="1 to 1,000"):
        send(database, NewBatch("b2", [*items, BatchItem(NewApplication("one more"), ())]))
    with pytest.raises(UsageError, match="1 to 1,000"):
        send(database, NewBatch("b2", []))


@pytest.mark.parametrize(("names", "batch", "said"), [(("A9",), "b1", "batch b1: it is number"), (("A9", "A1"), "b2", "sent before: A1")])
def test_what_was_sent_before_is_refused_and_nothing_of_it_stored(
    database: Engine, blobs: Blobs, names: tuple[str, ...], batch: str, said: str
) -> None:
    send(database, batch_of(database, blobs, "A1"))
    with pytest.raises(AlreadyKnown, match=said):
        send(database, batch_of(database, blobs, *names, name=batch))
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM applications")) == 1
    send(database, batch_of(database, blobs, "A1", user=EVE), EVE)  # another lender's are its own


def test_an_application_named_twice_is_refused(database: Engine, blobs: Blobs) -> None:
    with pytest.raises(UsageError, match="twice are: A1"):
        send(database, batch_of(database, blobs, "A1", "A1"))


def test_a_file_that_was_not_sent_or_by_another_lender_is_not_found(database: Engine, blobs: Blobs) -> None:
    with pytest.raises(NotFound, match="no stored file"):
        send(database, batch_of(database, blobs, "A1", user=EVE), ANN)


def test_another_lender_sees_nothing_of_a_batch(database: Engine, blobs: Blobs) -> None:
    id = send(database, batch_of(database, blobs, "A1"))
    with database.begin() as connection:
        for call in (read_batch, read_results, cancel_batch):
            with pytest.raises(NotFound):
                call(connection, EVE, id)
        assert list_batches(connection, EVE) == ()


def test_what_is_cancelled_is_not_assessed_and_what_is_assessed_stays(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    id = send(database, batch_of(database, blobs, "A1", "A2", "A3"))

    def cancel_at_the_second(file: str) -> None:
        if len(reader.read) == 2 and file:
            with database.begin() as connection:
                cancel_batch(connection, ANN, id)

    reader = Reader(cancel_at_the_second)
    work(database, blobs, tmp_path, reader)
    with database.begin() as connection:
        found = read_batch(connection, ANN, id)
        assert cancel_batch(connection, ANN, id) == 0
    assert dict(found.states) == {"assessed": 1, "cancelled": 2}
    assert found.cancelled_at is not None
    assert len(reader.read) == 2


def test_a_file_in_a_batch_that_cannot_be_read_is_set_aside(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    (blob,) = store_ahead(database, blobs, ANN, [BytesIO(b"x")])
    id = send(database, NewBatch("b1", (BatchItem(NewApplication("A1"), (("a.exe", blob, "It is a program."),)),)))
    work(database, blobs, tmp_path)
    with database.begin() as connection:
        (result,) = read_results(connection, ANN, id)
        (document,) = documents.documents(connection, "first", result.application.id)
    assert (result.application.state, document.state, document.reason) == ("assessed", "quarantined", "It is a program.")


def test_a_file_sent_ahead_waits_a_day_and_one_that_is_taken_stays(database: Engine, blobs: Blobs) -> None:
    new = batch_of(database, blobs, "A1", "A2")
    with database.begin() as connection:
        assert retention.files_to_remove(connection, "first") == []
        assert len(retention.needed_files(connection)) == 2
    send(database, NewBatch("b1", new.items[:1]))
    with database.begin() as connection:
        connection.execute(text("UPDATE blobs SET purged_at = purged_at - interval '25 hours'"))
        assert retention.files_to_remove(connection, "first") == [new.items[1].files[0][1].sha256]
    with pytest.raises(NotFound):
        send(database, NewBatch("b2", new.items[1:]))
