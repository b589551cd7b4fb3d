"""Queries on what people made of an application: corrections, adjustments, decisions. Only ever added. Each is one lender's."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select, union
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.store import tables
from app.store.rows import Adjustment, Correction, StoredDecision, columns, make_all

R = TypeVar("R", Correction, Adjustment, StoredDecision)


def add_correction(connection: Connection, lender_id: str, correction: Correction) -> Correction:
    """Add a correction and return it as kept, with its id and time."""
    return _add(connection, lender_id, tables.corrections, correction)


def corrections(connection: Connection, lender_id: str, application_id: int) -> tuple[Correction, ...]:
    """Return the corrections of an application in their order, those taken back and their undoing included."""
    return _all(connection, lender_id, Correction, application_id)


def add_adjustment(connection: Connection, lender_id: str, adjustment: Adjustment) -> Adjustment:
    """Add an adjustment and return it as kept, with its id and time."""
    return _add(connection, lender_id, tables.adjustments, adjustment)


def adjustments(connection: Connection, lender_id: str, application_id: int) -> tuple[Adjustment, ...]:
    """Return the adjustments of an application in their order, those taken back and their undoing included."""
    return _all(connection, lender_id, Adjustment, application_id)


def add_decision(connection: Connection, lender_id: str, decision: StoredDecision) -> StoredDecision:
    """Add a decision and return it as kept, with its id and time."""
    return _add(connection, lender_id, tables.decisions, decision)


def decisions(connection: Connection, lender_id: str, application_id: int) -> tuple[StoredDecision, ...]:
    """Return the decisions on an application in their order; the last one counts."""
    return _all(connection, lender_id, StoredDecision, application_id)


_TABLES: dict[type[Any], Table] = {
    Correction: tables.corrections,
    Adjustment: tables.adjustments,
    StoredDecision: tables.decisions,
}


def last_decisions(connection: Connection, lender_id: str, application_ids: Collection[int]) -> Mapping[int, StoredDecision]:
    """Return the last decision on each application that has one."""
    made = tables.decisions
    newest = select(*columns(StoredDecision, made)).ext(distinct_on(made.c.application_id))
    chosen = newest.where(made.c.lender_id == lender_id, made.c.application_id.in_(application_ids))
    found = make_all(StoredDecision, connection.execute(chosen.order_by(made.c.application_id, made.c.id.desc())))
    return {each.application_id: each for each in found}


def reviewed_applications(connection: Connection, lender_id: str, until: datetime) -> tuple[int, ...]:
    """Return the applications that were corrected or decided until then."""
    both = (tables.corrections, tables.decisions)
    made = [select(t.c.application_id).where(t.c.lender_id == lender_id, t.c.created_at <= until) for t in both]
    return tuple(sorted(connection.execute(union(*made)).scalars()))


def _add(connection: Connection, lender_id: str, table: Table, new: R) -> R:
    given = {c.name: getattr(new, c.name) for c in columns(type(new), table) if c.name not in ("id", "created_at")}
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in given.items()}
    added = insert(table).values(lender_id=lender_id, **values).returning(table.c.id, table.c.created_at)
    row = connection.execute(added).one()
    return replace(new, id=row.id, created_at=row.created_at)


def _all(connection: Connection, lender_id: str, kind: type[R], application_id: int) -> tuple[R, ...]:
    table = _TABLES[kind]
    chosen = select(*columns(kind, table)).where(table.c.lender_id == lender_id, table.c.application_id == application_id)
    return make_all(kind, connection.execute(chosen.order_by(table.c.id)))
