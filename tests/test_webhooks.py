"""Webhooks: signed, delivered once they can be, left alone while they fail, and only where the operator lets them go."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import webhooks
from app.api.certificate import self_signed_certificate
from app.blobs.storage import Blobs, open_blobs
from app.client import BadSignature, verify_message
from app.domain import Role, User
from app.errors import NotFound, UsageError
from app.jobs import Urgency, run_worker
from app.review_queue.desk import Desk
from app.settings import Settings
from app.webhooks import Event, MadeWebhook, Sender, announce, check_address, open_sender

ROOT = User("root", "first", frozenset((Role.ADMINISTRATOR,)))
Heard = tuple[dict[str, str], bytes]


class Receiver:
    """A system that is told of events, over TLS; it answers with `status`."""

    def __init__(self, folder: Path) -> None:
        self.heard, self.status = list[Heard](), 204
        self.ca, key = self_signed_certificate(folder, "127.0.0.1")
        receiver = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Location", "https://127.0.0.1/elsewhere")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server.server_port}/hook"


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path)
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def sender(tmp_path: Path, receiver: Receiver) -> Iterator[Sender]:
    settings = Settings(data_dir=tmp_path, webhook_hosts="127.0.0.1", webhook_ca=str(receiver.ca))
    made = open_sender(open_blobs(settings), settings)
    yield made
    made.client.close()


def add(database: Engine, sender: Sender, url: str, *events: Event) -> MadeWebhook:
    with database.begin() as connection:
        return webhooks.add_webhook(connection, Desk(ROOT, sender.blobs, sender.settings), url, events or (Event.BATCH_FINISHED,))


def tell(database: Engine, event: Event = Event.BATCH_FINISHED) -> None:
    with database.begin() as connection:
        announce(connection, "first", event, {"batch_id": 3})


def deliver(database: Engine, sender: Sender) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))
    run_worker(database, webhooks.duties(sender), tuple(Urgency), sender.settings, until_idle=True)


def rested(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE webhooks SET rest_until = now()"))


def test_a_message_arrives_signed_and_only_of_events_that_were_asked_for(database: Engine, sender: Sender, receiver: Receiver) -> None:
    made = add(database, sender, receiver.url)
    tell(database, Event.APPLICATION_ASSESSED)
    tell(database)
    deliver(database, sender)
    ((headers, body),) = receiver.heard
    assert verify_message(made.secret, headers, body) == json.loads(body)
    assert (json.loads(body)["type"], json.loads(body)["data"]) == ("batch.finished", {"batch_id": 3})
    with database.connect() as connection:
        (message,) = webhooks.list_messages(connection, ROOT, made.webhook.id)
    assert (message.state, message.tries) == ("delivered", 1)


def test_a_message_that_was_changed_replayed_late_or_signed_by_another_is_refused(
    database: Engine, sender: Sender, receiver: Receiver
) -> None:
    made = add(database, sender, receiver.url)
    tell(database)
    deliver(database, sender)
    ((headers, body),) = receiver.heard
    for secret, changed, content in (
        (made.secret, headers, body + b" "),
        (made.secret, {**headers, "webhook-id": "msg_999"}, body),
        (made.secret, {**headers, "webhook-timestamp": str(int(time.time()) - 301)}, body),
        ("whsec_" + "A" * 44, headers, body),
        (made.secret, {}, body),
    ):
        with pytest.raises(BadSignature):
            verify_message(secret, changed, content)
    with pytest.raises(BadSignature, match="old"):
        verify_message(made.secret, headers, body, now=time.time() + 301)


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_does_not_arrive_is_tried_again_under_the_same_id(database: Engine, sender: Sender, receiver: Receiver, status: int) -> None:
    made, receiver.status = add(database, sender, receiver.url), status
    tell(database)
    deliver(database, sender)
    tell(database)
    deliver(database, sender)  # it rests: neither message is tried
    assert len(receiver.heard) == 1
    receiver.status = 200
    rested(database)
    deliver(database, sender)
    ids = [headers["webhook-id"] for headers, _ in receiver.heard]
    assert (len(ids), len(set(ids)), ids[0] in ids[1:]) == (3, 2, True)
    with database.connect() as connection:
        found = webhooks.list_messages(connection, ROOT, made.webhook.id)
        (hook,) = webhooks.list_webhooks(connection, ROOT)
    assert [each.state for each in found] == ["delivered"] * 2
    assert (hook.failures, hook.rest_until) == (0, None)


def test_a_message_is_given_up_after_three_days_and_when_its_webhook_is_removed(
    database: Engine, sender: Sender, receiver: Receiver
) -> None:
    made, receiver.status = add(database, sender, receiver.url), 500
    tell(database)
    with database.begin() as connection:
        connection.execute(text("UPDATE messages SET created_at = now() - interval '73 hours'"))
    deliver(database, sender)
    tell(database)
    with database.begin() as connection:
        (old,) = webhooks.list_messages(connection, ROOT, made.webhook.id)[1:]
        webhooks.remove_webhook(connection, ROOT, made.webhook.id)
        with pytest.raises(NotFound):
            webhooks.list_messages(connection, ROOT, made.webhook.id)
    deliver(database, sender)
    with database.connect() as connection:
        states = connection.execute(text("SELECT state, last_answer FROM messages ORDER BY id")).all()
        waiting = connection.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'"))
    assert (old.state, old.last_answer) == ("given up", "status 500")
    assert [tuple(row) for row in states] == [("given up", "status 500"), ("given up", "the webhook was removed")]
    assert (waiting, len(receiver.heard)) == (0, 1)


def test_a_webhook_goes_nowhere_that_the_operator_has_taken_off_the_list(database: Engine, sender: Sender, receiver: Receiver) -> None:
    add(database, sender, receiver.url)
    tell(database)
    deliver(database, replace(sender, settings=sender.settings.model_copy(update={"webhook_hosts": ""})))
    assert receiver.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "http://los.example/hook",
        "https://los.example.evil.com/hook",
        "https://user@los.example/hook",
        "https://los.example@evil.com/hook",
        "https://evil.com/los.example",
        "https://127.0.0.1/hook",
        "https://[::1]/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://internal.example/hook",
        "https://los.example:99999/hook",
        "https:///hook",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_messages_may_not_go_to_are_refused(url: str) -> None:
    with pytest.raises(UsageError):
        check_address(url, Settings(webhook_hosts="los.example, *.internal.example"))


def test_addresses_on_the_list_are_taken() -> None:
    for url in ("https://los.example/hook", "https://LOS.example:8443/x?y=1", "https://a.b.internal.example/hook"):
        check_address(url, Settings(webhook_hosts="los.example *.internal.example"))


def test_a_failing_webhook_rests_longer_each_time_up_to_five_minutes(database: Engine, sender: Sender, receiver: Receiver) -> None:
    add(database, sender, receiver.url)
    receiver.status = 500
    tell(database)
    pauses = []
    for failures in (0, 3, 40):
        with database.begin() as connection:
            connection.execute(text("UPDATE webhooks SET rest_until = NULL, failures = :n"), {"n": failures})
        deliver(database, sender)
        with database.connect() as connection:
            (hook,) = webhooks.list_webhooks(connection, ROOT)
        assert hook.rest_until is not None
        pauses.append(hook.rest_until - datetime.now(UTC))
    for pause, seconds in zip(pauses, (2, 16, 300), strict=True):
        assert timedelta(seconds=seconds - 10) < pause <= timedelta(seconds=seconds)


def test_the_secret_lies_sealed_among_the_stored_files(database: Engine, sender: Sender, receiver: Receiver) -> None:
    made = add(database, sender, receiver.url)
    blobs: Blobs = sender.blobs
    assert blobs.read_bytes("first", made.webhook.secret_sha256.hex()).decode() == made.secret
    assert not any(made.secret.encode() in path.read_bytes() for path in Path(blobs.root).rglob("*") if path.is_file())
