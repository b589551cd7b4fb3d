"""Requests that may be repeated: with an idempotency key the act happens once, and every repetition gets the same answer."""

import hashlib
import json
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import Connection

from app.api.callers import Call
from app.idempotency import Answer, earlier_answer, keep_answer

RepeatKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=100,
        pattern=r"^[A-Za-z0-9._-]+$",
        description="A key of your own for this request, kept for a day: the same request under it is carried out once.",
        examples=["0b5e2f6a-8f0e-4f0c-9a57-2f8d1a3c4b5d"],
    ),
]


def once(call: Call, key: str | None, request: tuple[str, object], status: int, act: Callable[[Connection], BaseModel]) -> JSONResponse:
    """Carry out `act` in one transaction and answer with what it returns; with a key, once. `request` tells it from others."""
    with call.acting() as connection:
        if key is not None:
            digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).digest()
            if (earlier := earlier_answer(connection, call.user, key, digest)) is not None:
                return JSONResponse(dict(earlier.body), earlier.status, {"Idempotent-Replayed": "true"})
        made: dict[str, Any] = act(connection).model_dump(mode="json")
        if key is not None:
            keep_answer(connection, call.user, key, Answer(status, made))
    return JSONResponse(made, status)
