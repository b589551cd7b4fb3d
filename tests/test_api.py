"""The API: applications sent and followed, batches, requests repeated, problems that say what to do."""

import csv
import hashlib
import json
import socket
import time
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from sqlalchemy import Engine, text

from app.domain import Role
from tests.desk import waiting_task
from tests.service import Service, bearer, key_of, served, service
from tests.test_intake import work

PDF = b"%PDF a page"


@pytest.fixture
def world(database: Engine, tmp_path: Path) -> Service:
    return service(database, tmp_path, api_wait_seconds=0.3)


def files(*named: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("files", (name, content, "application/pdf")) for name, content in named]


def zipped(**entries: bytes) -> bytes:
    out = BytesIO()
    with ZipFile(out, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def test_an_application_is_sent_with_its_files_assessed_and_read(world: Service, tmp_path: Path) -> None:
    me = bearer(key_of(world.database))
    form = {"reference": "A-1", "borrower": "Mill & Sons", "total_exposure": "125000.00"}
    sent = world.client.post(
        "/v1/applications/upload", headers=me, data=form, files=files(("a.pdf", PDF), ("b.zip", zipped(**{"x/c.pdf": PDF + b"2"})))
    )
    assert sent.status_code == 202, sent.text
    id = sent.json()["id"]
    assert [(d["file"], d["sha256"]) for d in sent.json()["documents"]] == [
        ("a.pdf", hashlib.sha256(PDF).hexdigest()),
        ("b.zip/x/c.pdf", hashlib.sha256(PDF + b"2").hexdigest()),
    ]
    assert world.client.get(f"/v1/applications/{id}/assessment", headers=me).json() == {
        "application_id": id,
        "state": "received",
        "assessment": None,
    }
    work(world.database, world.blobs, tmp_path)
    state = world.client.get(f"/v1/applications/{id}", headers=me).json()
    assert (state["state"], state["progress"]) == ("assessed", {"done": 2, "total": 2})
    made = world.client.get(f"/v1/applications/{id}/assessment", headers=me).json()["assessment"]
    assert made["package_id"] == "A-1"
    assert made["recommendation"] == "refer"


def test_files_sent_ahead_are_named_by_their_hash(world: Service) -> None:
    me = bearer(key_of(world.database))
    (stored,) = world.client.post("/v1/files", headers=me, files=files(("a.pdf", PDF))).json()["files"]
    assert (stored["name"], stored["sha256"], stored["bytes"]) == ("a.pdf", hashlib.sha256(PDF).hexdigest(), len(PDF))
    named = {"reference": "A-1", "files": [{"name": "a.pdf", "sha256": stored["sha256"]}]}
    assert world.client.post("/v1/applications", headers=me, json=named).status_code == 202
    other = bearer(key_of(world.database, "eve", "other"))
    refused = world.client.post("/v1/applications", headers=other, json=named)
    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")
    assert "Send it again first" in refused.json()["detail"]


def test_the_same_key_and_request_get_the_same_answer_and_another_request_is_refused(world: Service) -> None:
    me = bearer(key_of(world.database))
    (stored,) = world.client.post("/v1/files", headers=me, files=files(("a.pdf", PDF))).json()["files"]
    one = {"reference": "A-1", "files": [{"name": "a.pdf", "sha256": stored["sha256"]}]}
    again = {**me, "Idempotency-Key": "key-0001"}
    first, second = (world.client.post("/v1/applications", headers=again, json=one) for _ in range(2))
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    other = world.client.post("/v1/applications", headers=again, json={**one, "reference": "A-2"})
    assert other.status_code == 409
    assert "another request" in other.json()["detail"]
    upload = {"headers": {**me, "Idempotency-Key": "key-0002"}, "data": {"reference": "A-3"}}
    kept = [world.client.post("/v1/applications/upload", **upload, files=files(("a.pdf", body))) for body in (PDF, PDF, PDF + b"x")]  # type: ignore[arg-type]
    assert [each.status_code for each in kept] == [202, 202, 409]
    with world.database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM applications")) == 2


def test_a_batch_is_an_archive_with_a_folder_for_each_application(world: Service, tmp_path: Path) -> None:
    me = bearer(key_of(world.database))
    archive = zipped(**{"A-2/tax.pdf": PDF, "A-1/tax.pdf": PDF, "A-1/more/b.pdf": PDF + b"b", "=cmd/x.pdf": PDF})
    refused = world.client.post("/v1/batches/upload", headers=me, data={"reference": "B-1"}, files=files(("b.zip", archive)))
    assert (refused.status_code, "'=cmd' names no application" in refused.text) == (422, True)
    loose = world.client.post("/v1/batches/upload", headers=me, data={"reference": "B-1"}, files=files(("b.zip", zipped(**{"a.pdf": PDF}))))
    assert (loose.status_code, "lies in no folder" in loose.text) == (422, True)
    good = zipped(**{"A-2/tax.pdf": PDF, "A-1/tax.pdf": PDF, "A-1/more/b.pdf": PDF + b"b"})
    sent = world.client.post("/v1/batches/upload", headers=me, data={"reference": "B-1"}, files=files(("b.zip", good)))
    assert sent.status_code == 202, sent.text
    assert sent.json()["states"] == {"received": 2}
    id = sent.json()["id"]
    page = world.client.get(f"/v1/batches/{id}/results", headers=me, params={"limit": 1}).json()
    assert [(row["reference"], row["state"]) for row in page["items"]] == [("A-2", "received")]
    work(world.database, world.blobs, tmp_path)
    assert world.client.get(f"/v1/batches/{id}", headers=me).json()["finished"] is True
    rest = world.client.get(f"/v1/batches/{id}/results.csv", headers=me, params={"cursor": page["next"]})
    (row,) = csv.DictReader(StringIO(rest.text))
    assert (row["reference"], row["state"], row["recommendation"]) == ("A-1", "assessed", "refer")
    again = world.client.post("/v1/batches/upload", headers=me, data={"reference": "B-1"}, files=files(("b.zip", good)))
    assert (again.status_code, f"it is number {id}" in again.json()["detail"]) == (409, True)


def test_a_batch_by_manifest_is_cancelled(world: Service) -> None:
    me = bearer(key_of(world.database))
    (stored,) = world.client.post("/v1/files", headers=me, files=files(("a.pdf", PDF))).json()["files"]
    each = [{"reference": f"A-{n}", "files": [{"name": "a.pdf", "sha256": stored["sha256"]}]} for n in range(3)]
    id = world.client.post("/v1/batches", headers=me, json={"reference": "B-1", "applications": each}).json()["id"]
    assert world.client.post(f"/v1/batches/{id}/cancel", headers=me).json() == {"cancelled": 3}
    found = world.client.get("/v1/batches", headers=me).json()["items"]
    assert [(b["id"], b["states"], b["finished"]) for b in found] == [(id, {"cancelled": 3}, True)]


def test_who_waits_is_answered_when_it_takes_too_long(world: Service) -> None:
    me = bearer(key_of(world.database))
    made = world.client.post("/v1/assess", headers=me, data={"reference": "A-1"}, files=files(("a.pdf", PDF)))
    assert (made.status_code, made.json()["state"]) == (202, "received")
    many = world.client.post("/v1/assess", headers=me, data={"reference": "A-1"}, files=files(*((f"{n}.pdf", PDF) for n in range(11))))
    assert (many.status_code, "follow it" in many.json()["detail"]) == (422, True)


def test_lists_go_on_where_the_page_before_ended(world: Service) -> None:
    me = bearer(key_of(world.database))
    (stored,) = world.client.post("/v1/files", headers=me, files=files(("a.pdf", PDF))).json()["files"]
    each = [{"reference": f"A-{n}", "files": [{"name": "a.pdf", "sha256": stored["sha256"]}]} for n in range(60)]
    world.client.post("/v1/batches", headers=me, json={"reference": "B-1", "applications": each})
    first = world.client.get("/v1/applications", headers=me).json()
    second = world.client.get("/v1/applications", headers=me, params={"cursor": first["next"]}).json()
    references = [row["reference"] for page in (first, second) for row in page["items"]]
    assert (len(references), len(set(references)), second["next"]) == (60, 60, None)


def test_figures_are_corrected_and_applications_decided(world: Service) -> None:
    task = waiting_task(world.database, world.blobs)
    me = bearer(key_of(world.database, "ann", roles=(Role.ANALYST, Role.CREDIT_OFFICER)))
    (row,) = world.client.get("/v1/tasks", headers=me).json()["items"]
    assert row["id"] == task
    claimed = world.client.post("/v1/tasks/next", headers=me).json()
    assert claimed["claimed_by"] == "ann"
    number = world.client.get(f"/v1/tasks/{task}", headers=me).json()["figures"][0]["number"]
    said = {"gesture": "confirmed", "why": "as printed", "number": number, "seen": 0}
    made = world.client.post(f"/v1/tasks/{task}/corrections", headers=me, json=said)
    assert made.status_code == 201, made.text
    stale = {"outcome": "withdrawn", "seen_correction": 0, "seen_adjustment": 0}
    assert world.client.post(f"/v1/tasks/{task}/decision", headers=me, json=stale).status_code == 409
    seen = world.client.post(f"/v1/tasks/{task}/claim", headers=me).json()
    decided = world.client.post(f"/v1/tasks/{task}/decision", headers=me, json={**stale, "seen_correction": seen["seen_correction"]})
    assert (decided.status_code, decided.json()["waits_for_second"]) == (201, False)
    facts = world.client.get(f"/v1/applications/{row['application_id']}/facts", headers=me, params={"limit": 2}).json()
    assert ([f["number"] for f in facts["items"]], facts["next"]) == ([1, 2], "2")
    assert world.client.get(f"/v1/applications/{row['application_id']}/facts.csv", headers=me).text.startswith("number,document_id,")


@pytest.mark.parametrize(
    ("asked", "body", "status", "said"),
    [
        ("GET /v1/nothing", None, 404, "openapi.json"),
        ("PUT /v1/batches", None, 405, "Allow"),
        ("GET /v1/batches/0", None, 422, "do not fit"),
        ("GET /v1/applications/upload", None, 405, "Allow"),
        ("GET /v1/batches/b", None, 404, "openapi.json"),
        ("POST /v1/batches", "{", 400, "no JSON"),
        ("POST /v1/batches", {"reference": "B", "applications": []}, 422, "do not fit"),
        ("POST /v1/applications/upload", {"reference": "B"}, 415, "multipart/form-data"),
    ],
)
def test_a_problem_says_what_to_do(world: Service, asked: str, body: object, status: int, said: str) -> None:
    me = bearer(key_of(world.database), **{"Content-Type": "application/json", "X-Request-ID": "my-request"})
    content = body if isinstance(body, str) else json.dumps(body) if body is not None else None
    found = world.client.request(*asked.split(),  headers=me, content=content)
    assert (found.status_code, found.headers["content-type"]) == (status, "application/problem+json")
    assert said in found.json()["detail"]
    assert found.json()["request_id"] == found.headers["x-request-id"] == "my-request"


def test_an_address_says_all_methods_that_it_takes(world: Service) -> None:
    assert world.client.put("/v1/batches").headers["allow"] == "GET, POST"
    assert world.client.put("/v1/webhooks/1").headers["allow"] == "DELETE"
    assert world.client.get("/v1/batches/upload").headers["allow"] == "POST"


def test_a_body_that_is_too_large_is_refused_before_it_is_read(world: Service) -> None:
    me = bearer(key_of(world.database), **{"Content-Type": "application/json"})
    found = world.client.post("/v1/batches", headers=me, content=b" " * 8_000_001)
    assert (found.status_code, found.json()["title"]) == (413, "Too large")
    found = world.client.post("/v1/batches", headers=me, content=iter([b" " * 5_000_000] * 2))
    assert found.status_code == 413


def test_an_upload_that_breaks_off_is_no_fault_of_ours_and_stores_nothing(world: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "loanlens.api")
    form = httpx.Request("POST", "http://x", data={"reference": "A-1"}, files=[("files", ("a.pdf", PDF * 100_000))])
    head = f"POST /v1/applications/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key_of(world.database)}\r\n"
    told = "".join(f"{name}: {form.headers[name]}\r\n" for name in ("content-type", "content-length"))
    with served(world) as address, socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as line:
        line.sendall(f"{head}{told}\r\n".encode() + form.read()[:500_000])
        time.sleep(0.3)
        line.close()
        give_up = time.monotonic() + 5
        while not caplog.records and time.monotonic() < give_up:
            time.sleep(0.05)
    ours = [record for record in caplog.records if record.name == "loanlens.api"]
    assert [(record.levelname, getattr(record, "status", None)) for record in ours] == [("INFO", 400)]
    with world.database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM applications")) == 0
