"""The queries of the audit trail: entries are only ever added, each in the transaction of the act that it tells of."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from app.domain import AuditEntry, AuditHead
from app.store.tables import audit_entries, audit_heads

#: What stands before the first entry.
ORIGIN = bytes(32)
_ROWS = 2_000
#: Asked by every act, so made once.
_THIS = audit_heads.c.lender_id == bindparam("of")
_LOCKED_HEAD = select(audit_heads).where(_THIS).with_for_update()
_MOVE_HEAD = audit_heads.update().where(_THIS).values(number=bindparam("to"), hash=bindparam("sealed"))
_ADD = audit_entries.insert()


def lock_head(connection: Connection, lender_id: str) -> AuditHead:
    """Return the newest entry's number and hash; until the transaction ends nobody else adds to this lender's trail."""
    row = connection.execute(_LOCKED_HEAD, {"of": lender_id}).one_or_none()
    if row is None:
        first = insert(audit_heads).values(lender_id=lender_id, number=0, hash=ORIGIN).on_conflict_do_nothing()
        connection.execute(first)
        row = connection.execute(_LOCKED_HEAD, {"of": lender_id}).one()
    return AuditHead(row.lender_id, row.number, row.hash)


def add_entries(connection: Connection, entries: Sequence[AuditEntry]) -> None:
    """Add entries after the locked head, one after the other, and move the head to each."""
    if not entries:
        return
    connection.execute(_ADD, [asdict(entry) for entry in entries])
    connection.execute(_MOVE_HEAD, [{"of": each.lender_id, "to": each.number, "sealed": each.hash} for each in entries])


def head(connection: Connection, lender_id: str) -> AuditHead:
    """Return the newest entry's number and hash as they are noted; number 0 where there is none."""
    row = connection.execute(_head(lender_id)).one_or_none()
    return AuditHead(row.lender_id, row.number, row.hash) if row else AuditHead(lender_id, 0, ORIGIN)


def each_entry(connection: Connection, lender_id: str, last: int | None = None) -> Iterator[AuditEntry]:
    """Yield a lender's entries in order, a page at a time; those after number `last` where it is given."""
    while True:
        query = select(audit_entries).where(audit_entries.c.lender_id == lender_id).order_by(audit_entries.c.number).limit(_ROWS)
        rows = connection.execute(query if last is None else query.where(audit_entries.c.number > last)).all()
        for row in rows:
            yield _entry(row)
        if len(rows) < _ROWS:
            return
        last = rows[-1].number


def entries_about(connection: Connection, lender_id: str, subject: str, limit: int) -> list[AuditEntry]:
    """Return the newest entries about one subject, newest first."""
    query = select(audit_entries).where(audit_entries.c.lender_id == lender_id, audit_entries.c.subject == subject)
    return [_entry(row) for row in connection.execute(query.order_by(audit_entries.c.number.desc()).limit(limit))]


def entries_of(connection: Connection, lender_id: str, subject: str, action: str) -> list[AuditEntry]:
    """Return every entry of one act about one subject, oldest first."""
    query = select(audit_entries).where(audit_entries.c.lender_id == lender_id, audit_entries.c.subject == subject)
    return [_entry(row) for row in connection.execute(query.where(audit_entries.c.action == action).order_by(audit_entries.c.number))]


def _head(lender_id: str) -> Select[Any]:
    return select(audit_heads).where(audit_heads.c.lender_id == lender_id)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        row.lender_id, row.number, row.at, row.actor, row.action, row.subject, row.detail, bytes(row.previous), bytes(row.hash)
    )
