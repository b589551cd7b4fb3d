"""What docs/api.md and the client promise, against a real server: the curl examples run, and the client gets every application back."""

import re
import shutil
import ssl
import subprocess
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
from sqlalchemy import Engine

from app.api.certificate import self_signed_certificate
from app.api.main import tls_context
from app.client import ApiProblem, Client
from app.errors import SetupError
from app.review_queue.corrections import GESTURES
from app.settings import PROJECT, Settings
from tests.service import Service, key_of, served, service
from tests.test_intake import work

GUIDE = (PROJECT / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.fixture
def world(database: Engine, tmp_path: Path) -> Service:
    return service(database, tmp_path)


def papers(folder: Path) -> None:
    """Write the files that the examples send."""
    (folder / "statement.pdf").write_bytes(b"%PDF a page")
    for name, entries in {"package.zip": ["b.pdf", "c.pdf"], "batch.zip": ["A-4/b.pdf", "A-5/b.pdf", "A-5/c.pdf"]}.items():
        with ZipFile(folder / name, "w") as archive:
            for entry in entries:
                archive.writestr(entry, b"%PDF " + entry.encode())


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_examples_of_the_guide_run(world: Service, tmp_path: Path) -> None:
    papers(tmp_path)
    script = "set -eu\n" + "\n".join(re.findall(r"^```bash\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))
    assert script.count("curl ") >= 12
    with served(world) as address:
        environment = {"API": address, "KEY": key_of(world.database), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"cancelled":2' in done.stdout


def test_the_guide_lists_every_gesture_with_its_reasons() -> None:
    for gesture, reasons in GESTURES.items():
        assert f"| `{gesture}` | {', '.join(f'`{each}`' for each in reasons)} |" in GUIDE


def test_the_client_sends_a_batch_and_gets_every_application_back_in_order(world: Service, tmp_path: Path) -> None:
    papers(tmp_path)
    with served(world) as address, Client(address, key_of(world.database)) as client:
        (stored,) = client.send_files([tmp_path / "statement.pdf"])
        named = [{"name": stored["name"], "sha256": stored["sha256"]}]
        batch = client.submit_batch("B-1", [{"reference": f"A-{n}", "files": named} for n in (3, 1, 2)])
        archived = client.send_batch("B-2", tmp_path / "batch.zip")
        alone = client.send_application("A-9", [tmp_path / "statement.pdf"], borrower="Mill & Sons")
        assert client.cancel_batch(archived["id"]) == 2
        work(world.database, world.blobs, tmp_path)
        assert client.wait_for_batch(batch["id"])["states"] == {"assessed": 3}
        assert [each["reference"] for each in client.results(batch["id"], limit=2)] == ["A-3", "A-1", "A-2"]
        assert client.wait_for_application(alone["id"])["state"] == "assessed"
        made = client.assessment(alone["id"])
        with pytest.raises(ApiProblem, match="404 Not found: There is no batch 99"):
            client.batch(99)
    assert made is not None
    assert made["package_id"] == "A-9"


def test_the_client_tries_again_under_the_same_key_and_from_the_beginning_of_its_files(tmp_path: Path) -> None:
    papers(tmp_path)
    seen = list[tuple[str, bytes]]()

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append((request.headers["idempotency-key"], request.read()))
        return httpx.Response(503, headers={"Retry-After": "0"}) if len(seen) == 1 else httpx.Response(201, json={"files": []})

    with Client("http://test", "ll_key", transport=httpx.MockTransport(answer)) as client:
        assert client.send_files([tmp_path / "statement.pdf"]) == []
    (first, one), (second, two) = seen
    assert first == second
    assert b"%PDF a page" in one
    assert b"%PDF a page" in two


def test_connections_are_tls_1_3_and_nothing_older(database: Engine, tmp_path: Path) -> None:
    cert, key = self_signed_certificate(tmp_path, "127.0.0.1")
    assert (cert, key) == self_signed_certificate(tmp_path, "127.0.0.1")
    assert key.stat().st_mode & 0o077 == 0
    world = service(database, tmp_path, tls_cert=str(cert), tls_key=str(key))
    trusted = ssl.create_default_context(cafile=str(cert))
    with served(world) as address:
        found = httpx.get(f"{address}/health", verify=trusted)
        assert (found.status_code, "max-age" in found.headers["strict-transport-security"]) == (200, True)
        trusted.maximum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{address}/health", verify=trusted)


def test_a_certificate_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="cannot be used"):
        tls_context(Settings(tls_cert=str(tmp_path / "none.pem"), tls_key=str(tmp_path / "none.key")))
