"""Webhooks: a lender's own systems are told what became of what they sent, by signed messages that are tried again until they arrive.

Messages name applications and batches and hold no figure; they go by https to hosts that the operator lists, and follow no redirect.
The signature is that of Standard Webhooks (standardwebhooks.com): HMAC-SHA256 over id, time and body.
"""

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from io import BytesIO
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.blobs.storage import Blobs
from app.domain import User
from app.errors import NotFound, SetupError, UsageError
from app.jobs import Attempt, Duty, Effect, Job, JobName, Urgency, enqueue
from app.review_queue.desk import Desk
from app.settings import Settings
from app.store import retention
from app.store import webhooks as kept
from app.store.webhooks import Message, Webhook

#: How long a message is tried; who was away longer reads the state of what was sent instead.
GIVE_UP_AFTER = timedelta(days=3)
_LONGEST_PAUSE_SECONDS = 300
_TIMEOUT_SECONDS = 10.0
_PREFIX = "whsec_"


class Event(StrEnum):
    """What a system can be told of."""

    APPLICATION_ASSESSED = "application.assessed"
    APPLICATION_QUARANTINED = "application.quarantined"
    APPLICATION_DECIDED = "application.decided"
    BATCH_FINISHED = "batch.finished"


@dataclass(frozen=True, slots=True)
class MadeWebhook:
    """A new webhook, and the secret that its messages are signed with: shown once."""

    webhook: Webhook
    secret: str


@dataclass(frozen=True, slots=True)
class Sender:
    """What a worker needs to deliver messages."""

    blobs: Blobs
    settings: Settings
    client: httpx.Client


def add_webhook(connection: Connection, desk: Desk, address: str, events: Sequence[str]) -> MadeWebhook:
    """Have a system told of events at an https address. Raise UsageError where the address is not one that the operator lists."""
    user = desk.user
    allow(user, Act.MANAGE_WEBHOOKS, user.lender_id)
    check_address(address, desk.settings)
    if not events or not set(events) <= set(Event):
        raise UsageError(f"Name one or more of the events {', '.join(Event)}.")
    secret = _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()
    retention.keep_files(connection, user.lender_id)
    blob = desk.blobs.put(user.lender_id, BytesIO(secret.encode()))
    retention.add_file(connection, user.lender_id, blob.sha256, blob.size)
    values = {"url": address, "events": sorted(set(events)), "secret_sha256": bytes.fromhex(blob.sha256), "author": user.id}
    made = kept.add_webhook(connection, user.lender_id, values)
    audit.record(connection, user, "add_webhook", f"webhook {made.id}", {"host": urlsplit(address).hostname, "events": sorted(set(events))})
    return MadeWebhook(made, secret)


def list_webhooks(connection: Connection, user: User) -> tuple[Webhook, ...]:
    """Return the webhooks of the user's lender."""
    allow(user, Act.MANAGE_WEBHOOKS, user.lender_id)
    return kept.webhooks(connection, user.lender_id)


def list_messages(connection: Connection, user: User, webhook_id: int, before: int | None = None, limit: int = 50) -> tuple[Message, ...]:
    """Return a page of what was sent to a webhook, newest first, with what came back."""
    allow(user, Act.MANAGE_WEBHOOKS, user.lender_id)
    _existing(connection, user, webhook_id)
    return kept.messages(connection, user.lender_id, webhook_id, before, limit)


def remove_webhook(connection: Connection, user: User, webhook_id: int) -> None:
    """Send nothing more to a webhook."""
    allow(user, Act.MANAGE_WEBHOOKS, user.lender_id)
    _existing(connection, user, webhook_id)
    kept.remove_webhook(connection, user.lender_id, webhook_id)
    audit.record(connection, user, "remove_webhook", f"webhook {webhook_id}")


def announce(connection: Connection, lender_id: str, event: Event, detail: Mapping[str, object]) -> None:
    """Have the lender's systems told of an event once this transaction commits."""
    for each in kept.webhooks(connection, lender_id, event):
        body = {"type": event.value, "at": datetime.now(UTC).isoformat(timespec="seconds"), "data": dict(detail)}
        id = kept.add_message(connection, lender_id, each.id, event, body)
        enqueue(connection, Job(JobName.DELIVER, lender_id, {"message_id": id}, Urgency.BACKGROUND))


def duties(sender: Sender) -> dict[JobName, Duty]:
    """Return what a worker does that delivers messages."""
    return {JobName.DELIVER: Duty(partial(_deliver, sender), lambda _connection, _attempt, _reason: None)}


def open_sender(blobs: Blobs, settings: Settings) -> Sender:
    """Return what is needed to deliver messages. Raise SetupError where the certificates that are to be trusted cannot be read."""
    try:
        trusted = ssl.create_default_context(cafile=settings.webhook_ca or None)
    except (OSError, ssl.SSLError) as error:
        raise SetupError(f"LOANLENS_WEBHOOK_CA {settings.webhook_ca} holds no certificates (PEM): {error}.") from error
    return Sender(blobs, settings, httpx.Client(verify=trusted, timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False))


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """Return the signature of a message, as Standard Webhooks has it."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return "v1," + base64.b64encode(hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()).decode()


def check_address(address: str, settings: Settings) -> None:
    """Raise UsageError unless messages may go there: https, and a host that LOANLENS_WEBHOOK_HOSTS lists."""
    try:
        parts = urlsplit(address)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise UsageError("The address of a webhook cannot be read: write https://host/path.") from None
    if parts.scheme != "https" or not host or parts.username is not None or parts.fragment:
        raise UsageError("A webhook has an address like https://host/path, without a user in it.")
    listed = settings.webhook_hosts.replace(",", " ").lower().split()
    if not any(host == each or (each.startswith("*.") and host.endswith(each[1:])) for each in listed):
        raise UsageError(f"Messages may not go to {host}: the operator lists the hosts they may go to in LOANLENS_WEBHOOK_HOSTS.")


def _existing(connection: Connection, user: User, id: int) -> Webhook:
    found = kept.webhook(connection, user.lender_id, id)
    if found is None:
        raise NotFound(f"There is no webhook {id}.")
    return found


def _deliver(sender: Sender, attempt: Attempt) -> Effect:
    """Try to deliver a message, unless its webhook is left alone for now; what fails is tried again later."""
    lender_id, id = attempt.lender_id, int(attempt.arguments["message_id"])
    with attempt.database.connect() as connection:
        message = kept.message(connection, lender_id, id)
        webhook = kept.webhook(connection, lender_id, message.webhook_id) if message else None
    if message is None or message.state != "waiting":
        return lambda _: None
    if webhook is None:
        return lambda connection: kept.note_try(connection, lender_id, id, "given up", "the webhook was removed")
    if webhook.rest_until and webhook.rest_until > datetime.now(UTC):
        return partial(_again, attempt=attempt, at=webhook.rest_until)
    fault = _post(sender, lender_id, webhook, message)
    if fault is None:
        return partial(_note_success, attempt=attempt, webhook=webhook)
    return partial(_note_failure, attempt=attempt, webhook=webhook, message=message, fault=fault)


def _post(sender: Sender, lender_id: str, webhook: Webhook, message: Message) -> str | None:
    """Send a message; return why it did not arrive, or None."""
    secret = sender.blobs.read_bytes(lender_id, webhook.secret_sha256.hex()).decode()
    id, timestamp, body = f"msg_{message.id}", int(time.time()), json.dumps(message.body, separators=(",", ":")).encode()
    signed = {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": sign(secret, id, timestamp, body)}
    try:
        check_address(webhook.url, sender.settings)  # the list may have been shortened meanwhile
        headers = {"content-type": "application/json", "user-agent": "LoanLens", **signed}
        with sender.client.stream("POST", webhook.url, content=body, headers=headers) as response:  # its body is of no interest
            return None if response.is_success else f"status {response.status_code}"
    except (httpx.HTTPError, httpx.InvalidURL, UsageError) as error:
        return f"{type(error).__name__}: {error}"[:200]


def _note_success(connection: Connection, attempt: Attempt, webhook: Webhook) -> None:
    kept.note_try(connection, attempt.lender_id, int(attempt.arguments["message_id"]), "delivered", "accepted")
    kept.note_outcome(connection, attempt.lender_id, webhook.id, 0, None)


def _note_failure(connection: Connection, attempt: Attempt, webhook: Webhook, message: Message, fault: str) -> None:
    now, failures = datetime.now(UTC), webhook.failures + 1
    over = now - message.created_at > GIVE_UP_AFTER
    kept.note_try(connection, attempt.lender_id, message.id, "given up" if over else "waiting", fault)
    until = now + timedelta(seconds=min(2 ** min(failures, 30), _LONGEST_PAUSE_SECONDS))
    kept.note_outcome(connection, attempt.lender_id, webhook.id, failures, until)
    if not over:
        _again(connection, attempt, until)


def _again(connection: Connection, attempt: Attempt, at: datetime) -> None:
    enqueue(connection, Job(JobName.DELIVER, attempt.lender_id, dict(attempt.arguments), Urgency.BACKGROUND, at=at))
