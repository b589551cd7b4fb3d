"""Queries on model versions and the aliases that they had in turn. Each is one lender's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.domain import ModelVersion
from app.store import tables
from app.store.rows import Move, columns, make, make_all

_V = tables.model_versions
_M = tables.model_moves
_LOCK = 9  # tells this lock's numbers from those of others


def register_version(connection: Connection, lender_id: str, version: ModelVersion, card: Mapping[str, Any], by: str) -> None:
    """Make a model version known, once; what is known of it already stays."""
    values = {"name": version.name, "version": version.version, "sha256": version.sha256, "card": dict(card), "registered_by": by}
    connection.execute(insert(_V).values(lender_id=lender_id, **values).on_conflict_do_nothing())


def registered_versions(connection: Connection, lender_id: str, name: str) -> tuple[ModelVersion, ...]:
    """Return the versions of a model, newest first."""
    chosen = select(*columns(ModelVersion, _V)).where(_V.c.lender_id == lender_id, _V.c.name == name).order_by(_V.c.id.desc())
    return make_all(ModelVersion, connection.execute(chosen))


def move_alias(connection: Connection, lender_id: str, move: Move) -> None:
    """Put a version in an alias's place; the moves before stay on record."""
    values = {"name": move.name, "alias": move.alias, "version": move.version, "moved_by": move.moved_by, "why": move.why}
    connection.execute(insert(_M).values(lender_id=lender_id, **values))


def alias_at(connection: Connection, lender_id: str, name: str, alias: str, at: datetime) -> Move | None:
    """Return which version had an alias at a time, who put it there and why; None: no version had."""
    chosen = select(*columns(Move, _M)).where(_M.c.lender_id == lender_id, _M.c.name == name, _M.c.alias == alias, _M.c.created_at <= at)
    return make(Move, connection.execute(chosen.order_by(_M.c.id.desc()).limit(1)))


def lock_model(connection: Connection, lender_id: str, name: str) -> None:
    """Let nobody else move an alias of this model until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{lender_id}/{name}", _LOCK))))


def moves(connection: Connection, lender_id: str, name: str, alias: str) -> tuple[Move, ...]:
    """Return every move of an alias, oldest first."""
    chosen = select(*columns(Move, _M)).where(_M.c.lender_id == lender_id, _M.c.name == name, _M.c.alias == alias)
    return make_all(Move, connection.execute(chosen.order_by(_M.c.id)))


def versions_at(connection: Connection, lender_id: str, alias: str) -> tuple[ModelVersion, ...]:
    """Return the version of each model that has an alias now, by the model's name."""
    newest = select(_M.c.name, _M.c.version).ext(distinct_on(_M.c.name)).where(_M.c.lender_id == lender_id, _M.c.alias == alias)
    held = newest.order_by(_M.c.name, _M.c.id.desc()).subquery()
    joined = _V.join(held, and_(held.c.name == _V.c.name, held.c.version == _V.c.version))
    chosen = select(*columns(ModelVersion, _V)).select_from(joined).where(_V.c.lender_id == lender_id)
    return make_all(ModelVersion, connection.execute(chosen.order_by(_V.c.name)))
