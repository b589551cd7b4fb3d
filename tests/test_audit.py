"""The audit trail on a real PostgreSQL: it only grows, and whatever a superuser does to it is found."""

import json
import random
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app import audit
from app.domain import AuditHead, Role, User
from app.errors import Forbidden, UsageError
from app.store import trail

ANN = User("ann", "first", frozenset({Role.ANALYST}))
AUDITOR = User("ada", "first", frozenset({Role.AUDITOR}))
OTHERS = User("olaf", "other", frozenset({Role.AUDITOR}))
LENGTH = 12


def grown(database: Engine, length: int = LENGTH) -> AuditHead:
    """Write so many entries for `first`, a few for `other`, and return the head of `first`."""
    with database.begin() as connection:
        for number in range(length):
            audit.record(connection, ANN, "read_application", f"application {number % 3}", {"pages": number, "words": "näive \0 “x”"})
        for _ in range(3):
            audit.record(connection, OTHERS, "sign_in", "account olaf")
        return trail.head(connection, "first")


def unguarded(connection: Connection) -> None:
    """Put the triggers out of action, as a superuser can."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))


def found(connection: Connection, kept: AuditHead | None) -> tuple[str, ...]:
    return audit.verify(connection, AUDITOR, "first", kept).faults


def test_an_untouched_trail_holds_with_and_without_an_exported_head(database: Engine) -> None:
    head = grown(database)
    with database.connect() as connection:
        verdict = audit.verify(connection, AUDITOR, "first", head)
        assert (verdict.entries, verdict.head, verdict.faults) == (LENGTH, head, ())
        assert found(connection, None) == ()
        assert audit.verify(connection, OTHERS, "other").entries == 3


def test_a_trail_that_grew_since_the_export_holds(database: Engine) -> None:
    head = grown(database)
    grown(database)
    with database.connect() as connection:
        assert found(connection, head) == ()


def test_an_empty_trail_holds(database: Engine) -> None:
    with database.connect() as connection:
        verdict = audit.verify(connection, AUDITOR, "first", trail.head(connection, "first"))
        assert (verdict.entries, verdict.faults) == (0, ())


def test_details_of_every_kind_come_back_as_they_were_sealed(database: Engine) -> None:
    detail = {
        "amount": Decimal("1.10"),
        "day": date(2026, 1, 31),
        "at": datetime.now(UTC),
        "share": 0.1,
        "big": 10**30,
        "none": None,
        "true": True,
        "list": ["é", {"b": 1, "a": "\ud800"}],
        "": "",
    }
    with database.begin() as connection:
        audit.record(connection, User("bob\0", "first", frozenset()), "x\0", "\ud800", detail)
    with database.connect() as connection:
        assert found(connection, None) == ()
        (entry,) = trail.each_entry(connection, "first")
        assert entry.detail["amount"] == "1.10"
        assert entry.detail["big"] == 10**30


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor = 'x' WHERE number = 3",
        "DELETE FROM audit_entries WHERE number = 3",
        "TRUNCATE audit_entries",
        "UPDATE audit_heads SET number = number - 1",
        "UPDATE audit_heads SET number = number + 2",
        "UPDATE audit_heads SET lender_id = 'other' WHERE lender_id = 'first'",
        "DELETE FROM audit_heads",
        "TRUNCATE audit_heads",
    ],
)
def test_the_database_refuses_to_change_the_trail(database: Engine, statement: str) -> None:
    grown(database)
    with database.connect() as connection, pytest.raises(DBAPIError, match="audit trail"):
        connection.execute(text(statement))


def test_an_act_that_is_rolled_back_leaves_no_entry_and_no_gap(database: Engine) -> None:
    head = grown(database)
    with database.connect() as connection:
        audit.record(connection, ANN, "decide", "application 1")
        connection.rollback()
        assert trail.head(connection, "first") == head
        audit.record(connection, ANN, "decide", "application 2")
        connection.commit()
        assert found(connection, head) == ()
        assert trail.head(connection, "first").number == head.number + 1


def test_many_writers_at_once_make_one_chain(database: Engine) -> None:
    def write() -> None:
        for _ in range(10):
            with database.begin() as connection:
                audit.record(connection, ANN, "read_application", "application 1")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.connect() as connection:
        verdict = audit.verify(connection, AUDITOR, "first")
        assert (verdict.entries, verdict.faults) == (40, ())


def test_a_trail_that_grows_while_it_is_verified_holds(database: Engine) -> None:
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            with database.begin() as connection:
                audit.record(connection, ANN, "read_application", "application 1")

    head = grown(database)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(30):
            with database.connect() as connection:
                assert found(connection, head) == ()
    finally:
        done.set()
        writer.join()
    with database.connect() as connection:
        assert trail.head(connection, "first").number > head.number


# -- what a superuser may try ------------------------------------------------------------------------------------------

Mutation = Callable[[Connection, random.Random], object]


def run(connection: Connection, statement: str, **values: object) -> int:
    return connection.execute(text(statement), values).rowcount


def edit_text(connection: Connection, dice: random.Random) -> int:
    column = dice.choice(("actor", "action", "subject"))
    return run(connection, f"UPDATE audit_entries SET {column} = {column} || :more WHERE lender_id = 'first' AND number = :n", more=dice.choice(" xé"), n=dice.randint(1, LENGTH))  # noqa: E501, S608


def edit_time(connection: Connection, dice: random.Random) -> int:
    moved = dice.choice((timedelta(microseconds=1), timedelta(days=-400), timedelta(hours=1)))
    return run(connection, "UPDATE audit_entries SET at = at + :moved WHERE lender_id = 'first' AND number = :n", moved=moved, n=dice.randint(1, LENGTH))  # noqa: E501


def edit_detail(connection: Connection, dice: random.Random) -> int:
    changed = dice.choice(({"pages": 99}, {"words": "x"}, {"new": None}, {"pages": 0.5}, {"pages": "1"}))
    return run(connection, "UPDATE audit_entries SET detail = detail || cast(:c AS jsonb) WHERE lender_id = 'first' AND number = :n", c=json.dumps(changed), n=dice.randint(1, LENGTH))  # noqa: E501


def edit_hash(connection: Connection, dice: random.Random) -> int:
    column = dice.choice(("hash", "previous"))
    return run(connection, f"UPDATE audit_entries SET {column} = set_byte({column}, :at, get_byte({column}, :at) # 1) WHERE lender_id = 'first' AND number = :n", at=dice.randrange(32), n=dice.randint(1, LENGTH))  # noqa: E501, S608


def edit_and_seal_anew(connection: Connection, dice: random.Random) -> int:
    """Change one entry and make every hash after it, and the noted head, anew."""
    target = dice.randint(1, LENGTH)
    run(connection, "UPDATE audit_entries SET actor = 'mallory' WHERE lender_id = 'first' AND number = :n", n=target)
    return seal_anew(connection)


def seal_anew(connection: Connection) -> int:
    last = trail.ORIGIN
    for entry in list(trail.each_entry(connection, "first")):
        run(connection, "UPDATE audit_entries SET previous = :p WHERE lender_id = 'first' AND number = :n", p=last, n=entry.number)
        (changed,) = [e for e in trail.each_entry(connection, "first") if e.number == entry.number]
        last = audit._digest(changed)
        run(connection, "UPDATE audit_entries SET hash = :h WHERE lender_id = 'first' AND number = :n", h=last, n=entry.number)
    numbers = [e.number for e in trail.each_entry(connection, "first")]
    return run(connection, "UPDATE audit_heads SET number = :n, hash = :h WHERE lender_id = 'first'", n=max(numbers, default=0), h=last)


def delete_some(connection: Connection, dice: random.Random) -> int:
    return run(connection, "DELETE FROM audit_entries WHERE lender_id = 'first' AND number = ANY(:n)", n=dice.sample(range(1, LENGTH + 1), dice.randint(1, 4)))  # noqa: E501


def delete_and_renumber(connection: Connection, dice: random.Random) -> int:
    gone = dice.randint(1, LENGTH)
    run(connection, "DELETE FROM audit_entries WHERE lender_id = 'first' AND number = :n", n=gone)
    for number in range(gone + 1, LENGTH + 1):
        run(connection, "UPDATE audit_entries SET number = number - 1 WHERE lender_id = 'first' AND number = :n", n=number)
    return seal_anew(connection) if dice.random() < 0.5 else 1


def cut_off(connection: Connection, dice: random.Random) -> int:
    last = dice.randint(0, LENGTH - 1)
    run(connection, "DELETE FROM audit_entries WHERE lender_id = 'first' AND number > :n", n=last)
    return seal_anew(connection) if dice.random() < 0.7 else 1


def cut_off_all(connection: Connection, dice: random.Random) -> int:
    del dice
    run(connection, "DELETE FROM audit_heads WHERE lender_id = 'first'")
    return run(connection, "DELETE FROM audit_entries WHERE lender_id = 'first'")


def swap(connection: Connection, dice: random.Random) -> int:
    one, two = dice.sample(range(1, LENGTH + 1), 2)
    for before, after in ((one, -1), (two, one), (-1, two)):
        run(connection, "UPDATE audit_entries SET number = :a WHERE lender_id = 'first' AND number = :b", b=before, a=after)
    return seal_anew(connection) if dice.random() < 0.3 else 1


def insert_copy(connection: Connection, dice: random.Random) -> int:
    number = dice.choice((0, LENGTH + 1, LENGTH + 7, -3))
    return run(connection, "INSERT INTO audit_entries SELECT lender_id, :new, at, actor, action, subject, detail, previous, hash FROM audit_entries WHERE lender_id = 'first' AND number = :n", new=number, n=dice.randint(1, LENGTH))  # noqa: E501


def move_to_another_lender(connection: Connection, dice: random.Random) -> int:
    return run(connection, "UPDATE audit_entries SET lender_id = 'other', number = 900 + number WHERE lender_id = 'first' AND number = :n", n=dice.randint(1, LENGTH))  # noqa: E501


def move_the_head(connection: Connection, dice: random.Random) -> int:
    return run(connection, "UPDATE audit_heads SET number = number + :d WHERE lender_id = 'first'", d=dice.choice((-5, -1, 1, 8)))


MUTATIONS: tuple[Mutation, ...] = (
    edit_text,
    edit_time,
    edit_detail,
    edit_hash,
    edit_and_seal_anew,
    delete_some,
    delete_and_renumber,
    cut_off,
    cut_off_all,
    swap,
    insert_copy,
    move_to_another_lender,
    move_the_head,
)


#: After these the trail may hold by itself: only a head that was exported before tells.
SEALING_ANEW = (edit_and_seal_anew, delete_and_renumber, cut_off, cut_off_all, swap)


def test_every_random_change_by_a_superuser_is_found(database: Engine) -> None:
    head, dice = grown(database), random.Random(4)
    missed = list[str]()
    with database.connect() as connection:
        before = connection.execute(text("SELECT count(*), max(encode(hash, 'hex')) FROM audit_entries")).one()
        for number in range(390):
            mutation = MUTATIONS[number % len(MUTATIONS)]
            unguarded(connection)
            assert mutation(connection, dice), mutation.__name__
            if not found(connection, head):
                missed.append(mutation.__name__)
            connection.rollback()
        assert connection.execute(text("SELECT count(*), max(encode(hash, 'hex')) FROM audit_entries")).one() == before
        assert found(connection, head) == ()
    assert missed == []


@pytest.mark.parametrize("mutation", [each for each in MUTATIONS if each not in SEALING_ANEW])
def test_without_an_exported_head_all_but_a_trail_made_anew_is_found(database: Engine, mutation: Mutation) -> None:
    grown(database)
    with database.connect() as connection:
        for number in range(5):
            unguarded(connection)
            mutation(connection, random.Random(number))
            assert found(connection, None) != ()
            connection.rollback()


# -- who may, and files ------------------------------------------------------------------------------------------------


def test_only_auditors_of_the_lender_read_and_verify(database: Engine) -> None:
    grown(database)
    with database.connect() as connection:
        for user in (ANN, OTHERS):
            with pytest.raises(Forbidden):
                audit.verify(connection, user, "first")
            with pytest.raises(Forbidden):
                audit.export_head(connection, user, "first")
            with pytest.raises(Forbidden):
                audit.history(connection, user, "first", "application 1")
        newest = audit.history(connection, AUDITOR, "first", "application 1", 2)
        assert [entry.number for entry in newest] == [11, 8]


def test_an_exported_head_comes_back_from_its_file(database: Engine, tmp_path: Path) -> None:
    head = grown(database)
    audit.write_head(head, tmp_path / "head.json")
    assert audit.read_head(tmp_path / "head.json") == head


def test_another_lenders_head_does_not_fit(database: Engine) -> None:
    grown(database)
    with database.connect() as connection:
        assert found(connection, trail.head(connection, "other")) != ()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"lender_id": "first", "number": "x", "hash": ""}', '{"lender_id": "a", "number": 1, "hash": "zz"}']
)
def test_a_file_that_is_no_head_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "head.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="exported head"):
        audit.read_head(tmp_path / "head.json")


def test_a_place_for_the_head_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="could not be written"):
        audit.write_head(AuditHead("first", 0, trail.ORIGIN), tmp_path / "nowhere" / "head.json")
