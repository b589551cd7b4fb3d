"""Idempotency keys: the same key and request get the same answer, and the act happens once; another request under the key is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from app.domain import User
from app.errors import AlreadyKnown
from app.store import answers

#: How long an answer is kept at least.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered: an HTTP status and a JSON object."""

    status: int
    body: Mapping[str, Any]


def earlier_answer(connection: Connection, user: User, key: str, request_sha256: bytes) -> Answer | None:
    """Return what the same request was answered; None: it is the first, and `keep_answer` follows in this transaction.

    Whoever asks while the first is being answered waits for it. Raise AlreadyKnown where the key was another request's.
    """
    found = answers.begin_answer(connection, user.lender_id, user.id, key, request_sha256)
    if found is None:
        return None
    if found.request_sha256 != request_sha256 or found.status is None or found.body is None:
        raise AlreadyKnown("This idempotency key was another request's: take a new key for each request, the same one only to repeat it.")
    return Answer(found.status, found.body)


def keep_answer(connection: Connection, user: User, key: str, answer: Answer) -> None:
    """Keep what the first request of a key is answered, in the transaction of its act."""
    answers.keep_answer(connection, user.lender_id, user.id, key, (answer.status, answer.body))
