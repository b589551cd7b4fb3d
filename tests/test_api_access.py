"""Who gets in: every route walked by nobody, by each role, by another lender, by a key without scopes; how often; what is said of it."""

import json
import logging
import os
import re
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import Engine
from starlette.routing import BaseRoute

from app import batches, webhooks
from app.access.api_keys import list_api_keys, revoke_api_key, rotate_api_key
from app.access.roles import PERSON_ROLES
from app.api.callers import called
from app.api.limits import Buckets
from app.api.main import listening, make_api
from app.api.telemetry import JsonLines, masked
from app.batches import BatchItem, NewBatch
from app.database import connect
from app.domain import Role, User
from app.errors import ReaderCrashed, SetupError
from app.review_queue.desk import Desk
from app.settings import Settings
from app.store.rows import NewApplication
from tests.desk import waiting_task
from tests.service import Service, bearer, key_of, service
from tests.test_intake import Reader, work

ADMIN, AUDITOR = Role.ADMINISTRATOR, Role.AUDITOR
SENDERS = (Role.ANALYST, Role.CREDIT_OFFICER)
READERS = (*SENDERS, AUDITOR)
FORM: dict[str, Any] = {"data": {"reference": "N-1"}, "files": [("files", ("a.pdf", b"%PDF", "application/pdf"))]}
ZERO = "0" * 64
ONE = {"reference": "N-2", "files": [{"name": "a.pdf", "sha256": ZERO}]}
DECISION = {"outcome": "withdrawn", "seen_correction": 0, "seen_adjustment": 0}

#: Routes that ask for nobody, and why that is right.
OPEN = {
    "GET /health": "says only that the server answers",
    "GET /ready": "says whether requests can be taken",
    "GET /metrics": "counts, of no lender",
}
#: Every other route: what is sent, and which roles get past the door (to an answer, or to what their request lacks).
CASES: dict[str, tuple[dict[str, Any], tuple[Role, ...]]] = {
    "POST /v1/files": ({"files": FORM["files"]}, SENDERS),
    "POST /v1/applications": ({"json": ONE}, SENDERS),
    "POST /v1/applications/upload": (FORM, SENDERS),
    "POST /v1/assess": (FORM, SENDERS),
    "GET /v1/applications": ({}, READERS),
    "GET /v1/applications/{application}": ({}, READERS),
    "GET /v1/applications/{application}/assessment": ({}, READERS),
    "GET /v1/applications/{application}/facts": ({}, READERS),
    "GET /v1/applications/{application}/facts.csv": ({}, READERS),
    "POST /v1/batches": ({"json": {"reference": "N", "applications": [ONE]}}, SENDERS),
    "POST /v1/batches/upload": (FORM, SENDERS),
    "GET /v1/batches": ({}, READERS),
    "GET /v1/batches/{batch}": ({}, READERS),
    "POST /v1/batches/{batch}/cancel": ({}, SENDERS),
    "GET /v1/batches/{batch}/results": ({}, READERS),
    "GET /v1/batches/{batch}/results.csv": ({}, READERS),
    "GET /v1/tasks": ({}, READERS),
    "POST /v1/tasks/next": ({}, SENDERS),
    "GET /v1/tasks/{task}": ({}, READERS),
    "POST /v1/tasks/{task}/claim": ({}, SENDERS),
    "POST /v1/tasks/{task}/release": ({}, SENDERS),
    "POST /v1/tasks/{task}/corrections": ({"json": {"gesture": "confirmed", "why": "as printed", "number": 1, "seen": 10**6}}, SENDERS),
    "POST /v1/tasks/{task}/corrections/{correction}/undo": ({}, SENDERS),
    "POST /v1/tasks/{task}/adjustments": (
        {"json": {"kind": "add-back", "account": "cash", "period": "current", "amount": "1", "why": "x"}},
        SENDERS,
    ),
    "POST /v1/tasks/{task}/decision": ({"json": DECISION}, SENDERS),
    "POST /v1/tasks/{task}/second": ({}, SENDERS),
    "GET /v1/api-keys": ({}, (ADMIN, AUDITOR)),
    "POST /v1/api-keys": ({"json": {"name": "mine", "scopes": ["use_api_keys"], "days": 1}}, PERSON_ROLES),
    "POST /v1/api-keys/{key}/rotate": ({"json": {"days": 1}}, (ADMIN,)),
    "DELETE /v1/api-keys/{key}": ({}, (ADMIN,)),
    "GET /v1/webhooks": ({}, (ADMIN,)),
    "POST /v1/webhooks": ({"json": {"url": "https://los.example/h", "events": ["batch.finished"]}}, (ADMIN,)),
    "DELETE /v1/webhooks/{webhook}": ({}, (ADMIN,)),
    "GET /v1/webhooks/{webhook}/messages": ({}, (ADMIN,)),
}


@pytest.fixture
def world(database: Engine, tmp_path: Path) -> Service:
    return service(database, tmp_path, api_wait_seconds=0.1)


def numbers(world: Service) -> dict[str, int]:
    """Return the numbers of what lender `first` has, by the names that CASES use."""
    root = User("root", "first", frozenset(PERSON_ROLES))
    task = waiting_task(world.database, world.blobs)
    key_of(world.database, "somebody")
    with world.database.begin() as connection:
        batch = batches.submit_batch(connection, root, NewBatch("B-1", (BatchItem(NewApplication("A-9"), ()),))).id
        hook = webhooks.add_webhook(connection, Desk(root, world.blobs, world.settings), "https://los.example/h", ("batch.finished",))
        key = list_api_keys(connection, root, "first")[0].id
    return {"application": 1, "batch": batch, "task": task, "correction": 1, "key": key, "webhook": hook.webhook.id}


def routes(world: Service) -> dict[str, dict[str, Any]]:
    """Return how the schema describes every route of the API, by method and path."""
    api = make_api(world.database, world.blobs, world.settings)
    schema = api.openapi()["paths"]
    return {f"{method.upper()} {path}": schema[path][method] for path in schema for method in schema[path]}


def served(found: Iterable[BaseRoute]) -> Iterator[str]:
    """Yield the path of every route, those of routers too."""
    for each in found:
        inner = getattr(getattr(each, "original_router", each), "routes", None)
        yield from served(inner) if inner else (str(getattr(each, "path", each)),)


def shape(name: str) -> str:
    return re.sub(r"\{\w+(:\w+)?\}", "{}", name)


def test_every_route_has_a_case_or_a_reason_why_it_is_open(world: Service) -> None:
    every = {shape(name) for name in routes(world)}
    assert every == {shape(name) for name in (*CASES, *OPEN)}
    hidden = set(map(shape, served(world.api.routes))) - {shape(name.split()[1]) for name in routes(world)}
    assert hidden == {"/openapi.json"}, "a route that the schema does not show"


def test_every_route_but_the_open_ones_is_described_as_guarded(world: Service) -> None:
    for name, route in routes(world).items():
        assert bool(route.get("security")) is (name not in OPEN), name


def test_exactly_the_allowed_get_past_the_door(world: Service) -> None:
    made = numbers(world)
    world.api.state.place = replace(world.api.state.place, refusals=Buckets(1e6, 1e6))
    keys = {role: key_of(world.database, f"a {role}", roles=(role,)) for role in PERSON_ROLES}
    strangers = {role: key_of(world.database, f"a {role}", "other", roles=(role,)) for role in PERSON_ROLES}
    wrong = list[str]()
    for name, (sent, roles) in CASES.items():
        method, path = name.format(**made).split()

        def ask(key: str, method: str = method, path: str = path, sent: dict[str, Any] = sent) -> int:
            return world.client.request(method, path, headers=bearer(key) if key else {}, **sent).status_code

        wrong += [f"{name}: {status} for nobody" for key in ("", "ll_wrong", "x.y.z") if (status := ask(key)) != 401]
        for role in PERSON_ROLES:
            if (status := ask(strangers[role])) < 400 and "{" in name:
                wrong.append(f"{name}: {status} for {role} of another lender")
            if role not in roles and (status := ask(keys[role])) != 403:
                wrong.append(f"{name}: {status} for {role}")
        for role in roles:
            if not past_the_door(name, ask(keys[role])):
                wrong.append(f"{name}: {role} is kept out")
    assert wrong == []


def past_the_door(name: str, status: int) -> bool:
    """Say whether an answer is one to somebody who may ask; what was removed a moment ago is not found, and only an officer seconds."""
    return status < 500 and (status not in (401, 403, 405, 415) or name.endswith("/second"))


def test_a_key_reaches_no_further_than_its_scopes(world: Service) -> None:
    made = numbers(world)
    nothing = bearer(key_of(world.database, "all", scopes=("use_api_keys",)))
    for name, (given, _) in CASES.items():
        if "/api-keys" not in name:
            method, path = name.format(**made).split()
            assert world.client.request(method, path, headers=nothing, **given).status_code == 403, name
    sender = bearer(key_of(world.database, "all", scopes=("submit_application",)))
    sent = world.client.post("/v1/applications/upload", headers=sender, **FORM)
    assert world.client.get(f"/v1/applications/{sent.json()['id']}", headers=sender).status_code == 200
    assert world.client.get(f"/v1/applications/{sent.json()['id']}/assessment", headers=sender).status_code == 403


def test_a_key_that_was_revoked_rotated_or_expired_holds_no_longer(world: Service) -> None:
    root = User("root", "first", frozenset((ADMIN,)))
    me = bearer(key_of(world.database))
    assert world.client.get("/v1/tasks", headers=me).status_code == 200
    with world.database.begin() as connection:
        (key,) = list_api_keys(connection, root, "first")
        assert key.last_used_at is not None
        new = rotate_api_key(connection, root, "first", key.id, 1)
    assert [world.client.get("/v1/tasks", headers=each).status_code for each in (me, bearer(new.text))] == [200, 200]
    with world.database.begin() as connection:
        revoke_api_key(connection, root, "first", new.key.id)
        connection.exec_driver_sql("UPDATE api_keys SET expires_at = now() WHERE revoked_at IS NULL")
    refused = world.client.get("/v1/tasks", headers=me)
    assert [refused.status_code, world.client.get("/v1/tasks", headers=bearer(new.text)).status_code] == [401, 401]
    assert refused.headers["www-authenticate"] == "Bearer"


# -- tokens of an identity provider ------------------------------------------------------------------------------------


def test_a_token_of_the_identity_provider_gets_in_with_the_roles_of_its_claims(database: Engine, tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    keys = {"keys": [{**json.loads(RSAAlgorithm.to_jwk(private.public_key())), "kid": "one", "use": "sig"}]}
    (tmp_path / "jwks.json").write_text(json.dumps(keys), encoding="utf-8")
    named = {"oidc_issuer": "https://id.example", "oidc_audience": "loanlens", "oidc_keys": str(tmp_path / "jwks.json")}
    world = service(database, tmp_path, **named, oidc_roles='{"credit": "analyst"}', lender_id="first")

    def status(**changed: object) -> int:
        now = int(time.time())
        claims = {
            "iss": "https://id.example",
            "aud": "loanlens",
            "sub": "ann",
            "iat": now,
            "exp": now + 60,
            "groups": ["credit"],
            **changed,
        }
        token = jwt.encode(claims, private, algorithm="RS256", headers={"kid": "one"})
        return world.client.get("/v1/tasks", headers=bearer(token)).status_code

    assert status() == 200
    assert [status(aud="other"), status(iss="https://evil.example"), status(exp=1), status(groups=[])] == [401] * 4
    forged = jwt.encode({"sub": "ann"}, keys["keys"][0]["n"], algorithm="HS256", headers={"kid": "one"})
    assert world.client.get("/v1/tasks", headers=bearer(forged)).status_code == 401


# -- how often, and how it is said -------------------------------------------------------------------------------------


def test_who_calls_too_often_is_told_when_to_come_again(database: Engine, tmp_path: Path) -> None:
    world = service(database, tmp_path, api_rate=0.5, api_burst=2)
    one, other = bearer(key_of(database, "one")), bearer(key_of(database, "other"))
    assert [world.client.get("/v1/tasks", headers=one).status_code for _ in range(3)] == [200, 200, 429]
    assert world.client.get("/v1/tasks", headers=other).status_code == 200
    refused = world.client.get("/v1/tasks", headers=one)
    assert (refused.headers["retry-after"], refused.json()["title"]) == ("2", "Too many requests")
    assert [world.client.get("/v1/tasks").status_code for _ in range(21)][-1] == 429


def test_a_bucket_fills_again_and_callers_do_not_share_it() -> None:
    now = [0.0]
    buckets = Buckets(2.0, 2.0, lambda: now[0])
    assert [buckets.wait("a") for _ in range(3)] == [0, 0, 0.5]
    assert buckets.wait("b") == 0
    now[0] = 0.5
    assert [buckets.wait("a"), buckets.wait("a")] == [0, 0.5]


def test_every_answer_has_the_security_headers_and_no_other_site_may_read_it(world: Service) -> None:
    for path in ("/health", "/v1/tasks", "/nothing"):
        found = world.client.get(path, headers={"Origin": "https://evil.example"})
        assert found.headers["x-content-type-options"] == "nosniff"
        assert found.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in found.headers["content-security-policy"]
        assert not [name for name in found.headers if name.startswith("access-control")]


def test_health_readiness_and_measures_are_told_without_lenders(world: Service) -> None:
    world.client.get("/v1/applications/17", headers=bearer(key_of(world.database)))
    assert world.client.get("/health").json() == {"status": "alive"}
    assert world.client.get("/ready").json() == {"status": "ready", "workers": 0}
    said = world.client.get("/metrics").text
    assert f'loanlens_requests_total{{method="GET",process="{os.getpid()}",route="/v1/applications/{{id}}",status="404"}} 1.0' in said
    assert "first" not in said


def test_a_server_without_its_database_is_not_ready_and_says_so(world: Service, tmp_path: Path) -> None:
    away = service(connect(world.database.url.set(database="gone")), tmp_path)
    found = away.client.get("/ready")
    assert (found.status_code, found.headers["retry-after"]) == (503, "5")
    assert "does not answer" in found.json()["detail"]


def test_log_lines_name_the_route_and_no_person_number_or_file(world: Service, caplog: pytest.LogCaptureFixture) -> None:
    me = bearer(key_of(world.database, "Ann Smith"))
    form = {
        "data": {"reference": "123-45-6789", "borrower": "Mill & Sons"},
        "files": [("files", ("12-3456789.pdf", b"%PDF", "application/pdf"))],
    }
    with caplog.at_level(logging.INFO):
        sent = world.client.post("/v1/applications/upload", headers=me, **form)  # type: ignore[arg-type]
        world.client.get("/v1/applications?cursor=987654321-1", headers={**me, "X-Request-ID": "123456789"})
        world.client.get("/v1/123456789", headers=me)
    assert sent.status_code == 202
    lines = [JsonLines().format(record) for record in caplog.records if record.name.startswith("loanlens")]
    assert [json.loads(line)["route"] for line in lines] == ["/v1/applications/upload", "/v1/applications", "none"]
    assert json.loads(lines[0])["lender"] == "first"
    for private in ("Ann", "Mill", "123-45-6789", "123456789", "987654321", "3456789", "ll_", ".pdf"):
        assert private not in "\n".join(lines), private


def test_a_workers_log_quotes_no_document(world: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fault(_: str) -> None:
        raise ReaderCrashed("EIN 12-3456789, account 4000 1234 5678")

    me = bearer(key_of(world.database))
    world.client.post("/v1/applications/upload", headers=me, **FORM)
    with caplog.at_level(logging.INFO):
        work(world.database, world.blobs, tmp_path, Reader(fault))
    lines = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert "ReaderCrashed" in lines
    assert not re.search(r"3456789|4000|5678", lines)


def test_what_looks_like_a_tax_or_account_number_is_masked() -> None:
    assert masked("tax id 12-3456789, ssn 123-45-6789, account 4000 1234 5678") == "tax id [number], ssn [number], account [number]"
    assert masked("application 17 at 12:00, 1500 ms") == "application 17 at 12:00, 1500 ms"


def test_the_words_of_an_error_that_nobody_foresaw_stay_out_of_log_and_answer(world: Service, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise ValueError("could not read 123-45-6789")

    world.api.dependency_overrides[called] = fail
    found = world.client.get("/v1/tasks")
    assert (found.status_code, found.json()["title"]) == (500, "A fault of the program")
    lines = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert "ValueError" in lines
    assert "6789" not in lines + found.text


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def test_several_processes_answer_at_one_port_and_one_alone_says_that_it_is_taken() -> None:
    chosen = Settings(api_port=free_port())
    both = chosen.model_copy(update={"api_processes": 2})
    with listening(both), listening(both), pytest.raises(SetupError, match="LOANLENS_API_PORT"):
        listening(chosen)


def test_an_answer_in_two_parts_leaves_at_once() -> None:
    chosen = Settings(api_port=free_port())
    with listening(chosen) as door, socket.create_connection(("127.0.0.1", chosen.api_port)):
        taken, _ = door.accept()
        with taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
