"""Routes of API keys and webhooks."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from app import webhooks
from app.access import api_keys
from app.access.api_keys import MadeApiKey, NewApiKey
from app.api.callers import Caller
from app.api.problems import answers
from app.api.shapes_of_work import (
    KeyDays,
    KeyGiven,
    KeyMade,
    KeyPage,
    KeyRow,
    MessagePage,
    MessageRow,
    WebhookGiven,
    WebhookMade,
    WebhookPage,
    WebhookRow,
)
from app.store.accounts import ApiKey
from app.store.webhooks import Webhook

router = APIRouter(prefix="/v1", tags=["access"])
KeyId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[2])]
WebhookId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]
_PAGE = 50


@router.get("/api-keys", response_model=KeyPage, responses=answers())
def list_api_keys(call: Caller) -> KeyPage:
    """List the lender's API keys with when each was used last."""
    with call.acting() as connection:
        return KeyPage(items=[_key(each) for each in api_keys.list_api_keys(connection, call.user, call.user.lender_id)])


@router.post("/api-keys", status_code=201, response_model=KeyMade, responses=answers(404))
def make_api_key(call: Caller, given: KeyGiven) -> KeyMade:
    """Make an API key of your own account, with scopes among your own. It is shown this once."""
    with call.acting() as connection:
        new = NewApiKey(call.user.id, given.name, frozenset(given.scopes), given.days)
        return _made_key(api_keys.make_api_key(connection, call.user, call.user.lender_id, new))


@router.post("/api-keys/{id:int}/rotate", status_code=201, response_model=KeyMade, responses=answers(404))
def rotate_api_key(call: Caller, id: KeyId, given: KeyDays) -> KeyMade:
    """Make a new key in place of an old one, which holds for one more day at most."""
    with call.acting() as connection:
        return _made_key(api_keys.rotate_api_key(connection, call.user, call.user.lender_id, id, given.days))


@router.delete("/api-keys/{id:int}", status_code=204, response_class=Response, responses=answers(404))
def revoke_api_key(call: Caller, id: KeyId) -> None:
    """End an API key at once."""
    with call.acting() as connection:
        api_keys.revoke_api_key(connection, call.user, call.user.lender_id, id)


@router.get("/webhooks", response_model=WebhookPage, responses=answers())
def list_webhooks(call: Caller) -> WebhookPage:
    """List where your systems are told of events."""
    with call.acting() as connection:
        return WebhookPage(items=[_webhook(each) for each in webhooks.list_webhooks(connection, call.user)])


@router.post("/webhooks", status_code=201, response_model=WebhookMade, responses=answers())
def add_webhook(call: Caller, given: WebhookGiven) -> WebhookMade:
    """Have your system told of events. `secret`, which messages are signed with, is shown this once."""
    with call.acting() as connection:
        made = webhooks.add_webhook(connection, call.desk, given.url, given.events)
    return WebhookMade(**_webhook(made.webhook).model_dump(), secret=made.secret)


@router.delete("/webhooks/{id:int}", status_code=204, response_class=Response, responses=answers(404))
def remove_webhook(call: Caller, id: WebhookId) -> None:
    """Send nothing more there."""
    with call.acting() as connection:
        webhooks.remove_webhook(connection, call.user, id)


@router.get("/webhooks/{id:int}/messages", response_model=MessagePage, responses=answers(404))
def list_messages(
    call: Caller, id: WebhookId, before: Annotated[int | None, Query(alias="cursor", ge=1, le=2**63 - 1)] = None
) -> MessagePage:
    """List what was sent there, newest first, and what came back."""
    with call.acting() as connection:
        found = webhooks.list_messages(connection, call.user, id, before, _PAGE)
    rows = [MessageRow(**{name: getattr(each, name) for name in MessageRow.model_fields}) for each in found]
    return MessagePage(items=rows, next=str(found[-1].id) if len(found) == _PAGE else None)


def _key(each: ApiKey) -> KeyRow:
    return KeyRow(**{name: getattr(each, name) for name in KeyRow.model_fields} | {"scopes": sorted(each.scopes)})


def _made_key(made: MadeApiKey) -> KeyMade:
    return KeyMade(**_key(made.key).model_dump(), key=made.text)


def _webhook(each: Webhook) -> WebhookRow:
    return WebhookRow(**{name: getattr(each, name) for name in WebhookRow.model_fields})
