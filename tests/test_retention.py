"""Retention on a real PostgreSQL: what is past its time goes with its files, a hold keeps it, an audit entry stays."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select, text

from app import audit, retention
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role, User
from app.errors import SetupError, UsageError
from app.retention import Purged
from app.settings import Settings
from app.store import retention as kept
from app.store.tables import applications
from rules import policy
from tests.stored import CONTENT, stored_application, stored_file

ADMIN = User("root", "first", frozenset({Role.ADMINISTRATOR}))
NOW = datetime.now(UTC)
OLD, RECENT = NOW - timedelta(days=800), NOW - timedelta(days=700)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def due(database: Engine) -> list[tuple[int, bool]]:
    with database.connect() as connection:
        return [(each.id, each.on_hold) for each in retention.list_due(connection, ADMIN, "first", 25)]


def left(database: Engine) -> int:
    """Return how many rows of content there are."""
    with database.connect() as connection:
        return sum(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in CONTENT)


def purge(database: Engine, blobs: Blobs) -> Purged:
    return retention.purge(database, blobs, ADMIN, "first", 25)


def test_what_was_decided_longer_ago_than_the_policy_says_is_due(database: Engine, blobs: Blobs) -> None:
    old = stored_application(database, blobs, "A-1", OLD)
    stored_application(database, blobs, "A-2", RECENT)
    stored_application(database, blobs, "A-3", None)
    assert due(database) == [(old, False)]


def test_a_dry_run_changes_nothing(database: Engine, blobs: Blobs) -> None:
    stored_application(database, blobs, "A-1", OLD)
    before = left(database), list(blobs.names())
    due(database)
    assert (left(database), list(blobs.names())) == before


def test_a_purge_removes_rows_and_files_and_leaves_a_number_and_an_entry(database: Engine, blobs: Blobs) -> None:
    application = stored_application(database, blobs, "A-1", OLD)
    assert purge(database, blobs) == Purged(applications=1, files=2, waiting=0)
    assert left(database) == 0
    assert list(blobs.names()) == []
    with database.connect() as connection:
        row = connection.execute(select(applications)).one()
        assert (row.id, row.reference, row.state, row.borrower, row.amount) == (application, "A-1", "purged", None, None)
        auditor = User("ada", "first", frozenset({Role.AUDITOR}))
        (entry,) = audit.history(connection, auditor, "first", f"application {application}")
        assert (entry.action, entry.actor) == ("purge", "root")
        assert "Mill" not in str(entry.detail)
        assert audit.verify(connection, auditor, "first").faults == ()


def test_a_second_purge_finds_nothing_to_do(database: Engine, blobs: Blobs) -> None:
    stored_application(database, blobs, "A-1", OLD)
    purge(database, blobs)
    assert purge(database, blobs) == Purged(0, 0, 0)


def test_others_keep_their_rows_and_a_file_they_share(database: Engine, blobs: Blobs) -> None:
    stored_application(database, blobs, "A-1", OLD, b"the same return")
    stored_application(database, blobs, "A-2", RECENT, b"the same return")
    rows = left(database)
    assert purge(database, blobs) == Purged(applications=1, files=1, waiting=0)
    assert left(database) == rows // 2
    assert len(list(blobs.names())) == 2


def test_a_hold_keeps_an_application_until_it_is_lifted(database: Engine, blobs: Blobs) -> None:
    application = stored_application(database, blobs, "A-1", OLD)
    with database.begin() as connection:
        hold = retention.place_hold(connection, ADMIN, "first", application, "litigation")
        assert [each.id for each in retention.list_holds(connection, ADMIN, "first")] == [hold]
    assert due(database) == [(application, True)]
    assert purge(database, blobs) == Purged(0, 0, 0)
    with database.begin() as connection:
        retention.lift_hold(connection, ADMIN, "first", hold)
        with pytest.raises(UsageError, match="no legal hold"):
            retention.lift_hold(connection, ADMIN, "first", hold)
    assert purge(database, blobs).applications == 1
    with database.begin() as connection, pytest.raises(UsageError, match="purged"):
        retention.place_hold(connection, ADMIN, "first", application, "too late")


def test_a_hold_needs_a_reason_and_an_application_of_the_lender(database: Engine, blobs: Blobs) -> None:
    application = stored_application(database, blobs, "A-1", OLD)
    other = replace(ADMIN, lender_id="other")
    with database.begin() as connection:
        with pytest.raises(UsageError, match="reason"):
            retention.place_hold(connection, ADMIN, "first", application, " ")
        with pytest.raises(UsageError, match="no application"):
            retention.place_hold(connection, other, "other", application, "curious")


def test_files_stay_while_someone_stores_or_copies_and_go_afterwards(database: Engine, blobs: Blobs) -> None:
    stored_application(database, blobs, "A-1", OLD)
    with database.begin() as copying:
        kept.keep_files(copying, "first")
        assert purge(database, blobs) == Purged(applications=1, files=0, waiting=2)
        assert len(list(blobs.names())) == 2
    assert purge(database, blobs) == Purged(applications=0, files=2, waiting=0)


def test_a_file_that_comes_again_before_it_is_removed_stays(database: Engine, blobs: Blobs) -> None:
    stored_application(database, blobs, "A-1", OLD, b"the same return")
    with database.begin() as connection:
        kept.keep_files(connection, "first")
        assert purge(database, blobs) == Purged(applications=1, files=0, waiting=2)
        stored = stored_file(connection, blobs, "first", b"the same return")
    purge(database, blobs)
    assert list(blobs.names()) == [("first", stored.hex())]


def test_a_file_whose_upload_was_rolled_back_goes_after_a_day(database: Engine, blobs: Blobs) -> None:
    blob = blobs.put("first", BytesIO(b"never recorded"))
    elsewhere = blobs.put("other", BytesIO(b"never recorded"))
    assert purge(database, blobs).files == 0
    (path,) = (p for p in Path(blobs.root).rglob(blob.sha256) if p.parent.parent.name == "first")
    os.utime(path, (0, 0))
    assert purge(database, blobs).files == 1
    assert list(blobs.names()) == [("other", elsewhere.sha256)]


def test_a_purge_that_was_stopped_goes_on(database: Engine, blobs: Blobs) -> None:
    first, second = (stored_application(database, blobs, reference, OLD, reference.encode() * 2) for reference in ("A-1", "A-2"))
    with database.begin() as connection:
        kept.erase_application(connection, "first", first)
    assert due(database) == [(second, False)]
    assert purge(database, blobs) == Purged(applications=1, files=4, waiting=0)
    assert list(blobs.names()) == []


def test_a_purge_misses_no_table_that_refers_to_an_application(database: Engine) -> None:
    erased = {table.name for table in CONTENT} | {"legal_holds", "applications"}
    with database.connect() as connection:
        query = "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name IN ('application_id', 'assessment_id', 'document_id')"  # noqa: E501
        assert set(connection.execute(text(query)).scalars()) <= erased


def test_the_months_are_the_policys_and_no_fewer_than_the_law_asks_for() -> None:
    found = policy.load()
    assert retention.months(found) == 25
    for value in ("11", "24.5"):
        changed = replace(found, values={**found.values, "retention": replace(found.values["retention"], value=Decimal(value))})
        with pytest.raises(SetupError, match="retention"):
            retention.months(changed)
