"""The queries of retention: what is due, legal holds, removing what is known of an application, and stored files nobody refers to."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    ScalarSelect,
    Subquery,
    Text,
    bindparam,
    exists,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import insert

from app.store.tables import (
    adjustments,
    applications,
    assessments,
    audit_samples,
    blobs,
    corrections,
    decisions,
    documents,
    external_facts,
    facts,
    legal_holds,
    pages,
    review_tasks,
)
from app.store.tables_of_reviews import rationales

_CLOSED = ("decided", "quarantined", "cancelled")
_FILES_LOCK = 0x10A7  # with the lender's hash: shared by who stores or copies files, alone for who removes them
#: Asked for every file, so made once.
_KEEP = select(func.pg_advisory_xact_lock_shared(_FILES_LOCK, func.hashtext(bindparam("of", type_=Text))))
_KEEP_UNSAVED = _KEEP.add_columns(func.set_config("synchronous_commit", "off", true()))


@dataclass(frozen=True, slots=True)
class DueApplication:
    """An application past its retention: when it was closed, and whether a legal hold keeps it all the same."""

    id: int
    reference: str
    closed_at: datetime
    on_hold: bool


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A legal hold on an application."""

    id: int
    application_id: int
    why: str
    placed_by: str
    placed_at: datetime


def due(connection: Connection, lender_id: str, months: int) -> list[DueApplication]:
    """Return the closed applications whose last decision (where there is none: receipt) is longer ago, oldest first."""
    closed_at = func.coalesce(_last_decision(), applications.c.received_at, applications.c.created_at)
    query = (
        select(applications.c.id, applications.c.reference, closed_at.label("closed_at"), _is_held().label("on_hold"))
        .where(applications.c.lender_id == lender_id, applications.c.state.in_(_CLOSED), applications.c.purged_at.is_(None))
        .where(closed_at + func.make_interval(0, months) <= func.now())
        .order_by(closed_at, applications.c.id)
    )
    return [DueApplication(row.id, row.reference, row.closed_at, row.on_hold) for row in connection.execute(query)]


def lock_application(connection: Connection, lender_id: str, application_id: int) -> bool:
    """Keep an application as it is until the transaction ends; say whether there is one that was not purged."""
    query = select(applications.c.id).where(
        applications.c.lender_id == lender_id, applications.c.id == application_id, applications.c.purged_at.is_(None)
    )
    return connection.execute(query.with_for_update()).first() is not None


def is_held(connection: Connection, lender_id: str, application_id: int) -> bool:
    """Say whether a legal hold keeps an application."""
    query = select(_is_held()).where(applications.c.lender_id == lender_id, applications.c.id == application_id)
    return bool(connection.execute(query).scalar())


def add_hold(connection: Connection, lender_id: str, application_id: int, why: str, placed_by: str) -> int:
    """Add a legal hold and return its id."""
    values = {"lender_id": lender_id, "application_id": application_id, "why": why, "placed_by": placed_by}
    return int(connection.execute(legal_holds.insert().values(values).returning(legal_holds.c.id)).scalar_one())


def lift_hold(connection: Connection, lender_id: str, hold_id: int, lifted_by: str) -> int | None:
    """Lift a legal hold and return its application; None where there is no such hold."""
    here = (legal_holds.c.lender_id == lender_id, legal_holds.c.id == hold_id, legal_holds.c.lifted_at.is_(None))
    statement = legal_holds.update().where(*here).values(lifted_by=lifted_by, lifted_at=func.now())
    return connection.execute(statement.returning(legal_holds.c.application_id)).scalar()


def holds(connection: Connection, lender_id: str) -> list[LegalHold]:
    """Return the legal holds of a lender that were not lifted, oldest first."""
    query = select(legal_holds).where(legal_holds.c.lender_id == lender_id, legal_holds.c.lifted_at.is_(None)).order_by(legal_holds.c.id)
    return [LegalHold(row.id, row.application_id, row.why, row.placed_by, row.placed_at) for row in connection.execute(query)]


def erase_application(connection: Connection, lender_id: str, application_id: int) -> dict[str, int]:
    """Remove all that is known of an application but its number, and return how many rows went from each table.

    Its stored files that nothing else refers to are marked to be removed.
    """
    of_assessments = select(assessments.c.id).where(assessments.c.lender_id == lender_id, assessments.c.application_id == application_id)
    of_documents = select(documents.c.id).where(documents.c.lender_id == lender_id, documents.c.application_id == application_id)
    files = set(connection.execute(_files_of(lender_id, application_id)).scalars())
    gone = {}
    for table in (corrections, adjustments, decisions, review_tasks, audit_samples, external_facts):
        gone[table.name] = connection.execute(
            table.delete().where(table.c.lender_id == lender_id, table.c.application_id == application_id)
        ).rowcount
    for table, here in (
        (facts, (facts.c.lender_id == lender_id, facts.c.assessment_id.in_(of_assessments))),
        (rationales, (rationales.c.lender_id == lender_id, rationales.c.assessment_id.in_(of_assessments))),
        (pages, (pages.c.lender_id == lender_id, pages.c.document_id.in_(of_documents))),
    ):
        gone[table.name] = connection.execute(table.delete().where(*here)).rowcount
    for table in (assessments, documents):
        gone[table.name] = connection.execute(
            table.delete().where(table.c.lender_id == lender_id, table.c.application_id == application_id)
        ).rowcount
    kept = ("lender_id", "id", "reference", "state", "received_at", "purged_at", "created_at")
    cleared = {column.name: None for column in applications.c if column.name not in kept}
    this = (applications.c.lender_id == lender_id, applications.c.id == application_id)
    connection.execute(applications.update().where(*this).values(state="purged", purged_at=func.now(), **cleared))
    unreferred = blobs.c.sha256.in_(files) & ~_is_referred()
    marked = blobs.update().where(blobs.c.lender_id == lender_id, unreferred).values(purged_at=func.now())
    return {**gone, "files": connection.execute(marked).rowcount}


def keep_files(connection: Connection, lender_id: str) -> None:
    """Have no stored file removed until the transaction ends: who stores a file begins with this, then puts it, then `add_file`."""
    connection.execute(_KEEP, {"of": lender_id})


def keep_files_unsaved(connection: Connection, lender_id: str) -> None:
    """Do the same in a transaction that is not waited for until it is on the disk: whatever is saved after it takes it there."""
    connection.execute(_KEEP_UNSAVED, {"of": lender_id})


def add_file(connection: Connection, lender_id: str, sha256: str, size: int) -> None:
    """Note a stored file; one that was about to be removed stays."""
    statement = insert(blobs).values(lender_id=lender_id, sha256=bytes.fromhex(sha256), bytes=size)
    connection.execute(statement.on_conflict_do_update(index_elements=["lender_id", "sha256"], set_={"purged_at": None}))


def add_file_sent_ahead(connection: Connection, lender_id: str, sha256: str, size: int, keep: timedelta) -> None:
    """Note a stored file that nothing refers to yet: it is kept for so long, unless an application takes it meanwhile."""
    until = datetime.now(UTC) + keep
    statement = insert(blobs).values(lender_id=lender_id, sha256=bytes.fromhex(sha256), bytes=size, purged_at=until)
    longer = func.greatest(blobs.c.purged_at, until)  # a file that something refers to is not marked, and stays so
    marked = blobs.c.purged_at.is_not(None)
    again = statement.on_conflict_do_update(index_elements=["lender_id", "sha256"], set_={"purged_at": longer}, where=marked)
    connection.execute(again)


def take_files(connection: Connection, lender_id: str, sha256s: Collection[str]) -> frozenset[str]:
    """Keep stored files that were sent ahead; return those of them that there are."""
    named = blobs.c.sha256.in_([bytes.fromhex(each) for each in sha256s])
    there = or_(blobs.c.purged_at.is_(None), blobs.c.purged_at > func.now())
    kept = blobs.update().where(blobs.c.lender_id == lender_id, named, there).values(purged_at=None).returning(blobs.c.sha256)
    return frozenset(bytes(each).hex() for each in connection.execute(kept).scalars())


def may_remove_files(connection: Connection, lender_id: str) -> bool:
    """Say whether nobody stores or copies files of this lender; until the transaction ends nobody begins to."""
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(_FILES_LOCK, func.hashtext(lender_id)))).scalar())


def files_to_remove(connection: Connection, lender_id: str) -> list[str]:
    """Return the stored files that are marked to be removed and that nothing refers to."""
    query = select(blobs.c.sha256).where(blobs.c.lender_id == lender_id, blobs.c.purged_at <= func.now(), ~_is_referred())
    return [bytes(each).hex() for each in connection.execute(query.order_by(blobs.c.sha256)).scalars()]


def forget_file(connection: Connection, lender_id: str, sha256: str) -> None:
    """Remove the note of a stored file that was removed."""
    connection.execute(blobs.delete().where(blobs.c.lender_id == lender_id, blobs.c.sha256 == bytes.fromhex(sha256)))


def is_needed(connection: Connection, lender_id: str, sha256: str) -> bool:
    """Say whether a stored file is noted and not to be removed, or something refers to it."""
    needed = _needed_files()
    query = select(needed.c.sha256).where(needed.c.lender_id == lender_id, needed.c.sha256 == bytes.fromhex(sha256))
    return connection.execute(query).first() is not None


def needed_files(connection: Connection) -> list[tuple[str, str]]:
    """Return (lender, SHA-256) of every stored file that must be there, in order."""
    rows = connection.execute(select(_needed_files()).order_by("lender_id", "sha256"))
    return [(row.lender_id, bytes(row.sha256).hex()) for row in rows]


def _last_decision() -> ScalarSelect[datetime]:
    here = (decisions.c.lender_id == applications.c.lender_id, decisions.c.application_id == applications.c.id)
    return select(func.max(decisions.c.created_at)).where(*here).scalar_subquery()


def _is_held() -> ColumnElement[bool]:
    return exists().where(
        legal_holds.c.lender_id == applications.c.lender_id,
        legal_holds.c.application_id == applications.c.id,
        legal_holds.c.lifted_at.is_(None),
    )


def _is_referred() -> ColumnElement[bool]:
    return (
        exists().where(documents.c.lender_id == blobs.c.lender_id, documents.c.sha256 == blobs.c.sha256)
        | exists().where(assessments.c.lender_id == blobs.c.lender_id, assessments.c.content_sha256 == blobs.c.sha256)
    )


def _needed_files() -> Subquery:
    return union(
        select(blobs.c.lender_id, blobs.c.sha256).where(or_(blobs.c.purged_at.is_(None), blobs.c.purged_at > func.now())),
        select(documents.c.lender_id, documents.c.sha256),
        select(assessments.c.lender_id, assessments.c.content_sha256).where(assessments.c.content_sha256.is_not(None)),
    ).subquery("needed")


def _files_of(lender_id: str, application_id: int) -> CompoundSelect[tuple[bytes]]:
    return union(
        select(documents.c.sha256).where(documents.c.lender_id == lender_id, documents.c.application_id == application_id),
        select(assessments.c.content_sha256).where(
            assessments.c.lender_id == lender_id, assessments.c.application_id == application_id, assessments.c.content_sha256.is_not(None)
        ),
    )
