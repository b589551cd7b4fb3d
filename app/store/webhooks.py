"""Queries on webhooks and the messages to them. Each is one lender's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.store import tables_of_api
from app.store.rows import columns, make, make_all

_M = tables_of_api.messages
_W = tables_of_api.webhooks


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a lender's system wants to be told of events. `failures` counts those since the last success."""

    id: int
    url: str
    events: Sequence[str]
    secret_sha256: bytes
    author: str
    failures: int
    rest_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One event for one webhook. `state` is waiting, delivered or given up."""

    id: int
    webhook_id: int
    event: str
    body: Mapping[str, Any]
    state: str
    tries: int
    last_answer: str | None
    sent_at: datetime | None
    created_at: datetime


def add_webhook(connection: Connection, lender_id: str, values: Mapping[str, Any]) -> Webhook:
    """Add a webhook: url, events, secret_sha256 and author."""
    made = make(Webhook, connection.execute(insert(_W).values(lender_id=lender_id, **values).returning(*columns(Webhook, _W))))
    assert made is not None  # noqa: S101  what was added is returned
    return made


def webhooks(connection: Connection, lender_id: str, event: str | None = None) -> tuple[Webhook, ...]:
    """Return the webhooks of a lender that were not removed; with `event`, those that want it."""
    chosen = select(*columns(Webhook, _W)).where(_W.c.lender_id == lender_id, _W.c.removed_at.is_(None))
    if event is not None:
        chosen = chosen.where(_W.c.events.contains([event]))
    return make_all(Webhook, connection.execute(chosen.order_by(_W.c.id)))


def webhook(connection: Connection, lender_id: str, id: int) -> Webhook | None:
    """Return a webhook that was not removed, or None."""
    chosen = select(*columns(Webhook, _W)).where(_W.c.lender_id == lender_id, _W.c.id == id, _W.c.removed_at.is_(None))
    return make(Webhook, connection.execute(chosen))


def remove_webhook(connection: Connection, lender_id: str, id: int) -> bool:
    """Send nothing more to a webhook; say whether there was one."""
    here = (_W.c.lender_id == lender_id, _W.c.id == id, _W.c.removed_at.is_(None))
    return connection.execute(update(_W).where(*here).values(removed_at=func.now())).rowcount == 1


def note_outcome(connection: Connection, lender_id: str, id: int, failures: int, rest_until: datetime | None) -> None:
    """Note how a webhook answered: failures in a row, and until when it is left alone."""
    connection.execute(update(_W).where(_W.c.lender_id == lender_id, _W.c.id == id).values(failures=failures, rest_until=rest_until))


def add_message(connection: Connection, lender_id: str, webhook_id: int, event: str, body: Mapping[str, Any]) -> int:
    """Add a message for a webhook and return its id."""
    values = {"lender_id": lender_id, "webhook_id": webhook_id, "event": event, "body": dict(body)}
    return int(connection.execute(insert(_M).values(values).returning(_M.c.id)).scalar_one())


def message(connection: Connection, lender_id: str, id: int) -> Message | None:
    """Return a message, or None."""
    return make(Message, connection.execute(select(*columns(Message, _M)).where(_M.c.lender_id == lender_id, _M.c.id == id)))


def messages(connection: Connection, lender_id: str, webhook_id: int, before: int | None = None, limit: int = 50) -> tuple[Message, ...]:
    """Return a page of the messages to a webhook, newest first; `before` is the last id of the page before."""
    chosen = select(*columns(Message, _M)).where(_M.c.lender_id == lender_id, _M.c.webhook_id == webhook_id)
    if before is not None:
        chosen = chosen.where(_M.c.id < before)
    return make_all(Message, connection.execute(chosen.order_by(_M.c.id.desc()).limit(limit)))


def note_try(connection: Connection, lender_id: str, id: int, state: str, said: str) -> None:
    """Note a try to deliver a message: the state it is in now, and what came back."""
    values = {"state": state, "tries": _M.c.tries + 1, "last_answer": said, "sent_at": func.now()}
    connection.execute(update(_M).where(_M.c.lender_id == lender_id, _M.c.id == id).values(values))


def forget_messages(connection: Connection, lender_id: str, older_than: timedelta) -> int:
    """Remove messages that had their outcome so long ago."""
    old = (_M.c.lender_id == lender_id, _M.c.state != "waiting", _M.c.created_at < func.now() - older_than)
    return connection.execute(_M.delete().where(*old)).rowcount
