"""Queries on answers by idempotency key. Each is one lender's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.store import tables_of_api
from app.store.rows import columns, make

_A = tables_of_api.answers


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What a request was answered; `request_sha256` tells it from another with the same key."""

    request_sha256: bytes
    status: int | None
    body: Mapping[str, Any] | None


def begin_answer(connection: Connection, lender_id: str, author: str, key: str, request_sha256: bytes) -> StoredAnswer | None:
    """Return what was answered under a key; None where this is the first request, which others with the key wait for until it ends."""
    new = insert(_A).values(lender_id=lender_id, author=author, key=key, request_sha256=request_sha256).on_conflict_do_nothing()
    if connection.execute(new.returning(_A.c.key)).first() is not None:
        return None
    found = select(*columns(StoredAnswer, _A)).where(_A.c.lender_id == lender_id, _A.c.author == author, _A.c.key == key)
    return make(StoredAnswer, connection.execute(found))


def keep_answer(connection: Connection, lender_id: str, author: str, key: str, answer: tuple[int, Mapping[str, Any]]) -> None:
    """Note what the request was answered."""
    mine = (_A.c.lender_id == lender_id, _A.c.author == author, _A.c.key == key)
    connection.execute(update(_A).where(*mine).values(status=answer[0], body=dict(answer[1])))


def forget_answers(connection: Connection, lender_id: str, older_than: timedelta) -> int:
    """Remove the answers that are older."""
    old = (_A.c.lender_id == lender_id, _A.c.created_at < func.now() - older_than)
    return connection.execute(_A.delete().where(*old)).rowcount
