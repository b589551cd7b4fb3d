"""A client of the API for other programs: send applications and batches, wait for them, read results; check messages of webhooks.

It needs httpx and nothing else of LoanLens. What it returns are the JSON objects that /openapi.json describes.
"""

import base64
import binascii
import hashlib
import hmac
import json
import ssl
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict

import httpx

_TRIES = 5
_AGAIN = (429, 503)
_TOLERANCE_SECONDS = 300


class StoredFile(TypedDict):
    """A file that was sent ahead."""

    name: str
    sha256: str
    bytes: int
    reason: str | None


class Manifest(TypedDict):
    """An application of a batch: its reference and the files that were sent ahead, each with name and sha256."""

    reference: str
    files: list[dict[str, str]]


class ApplicationState(TypedDict):
    """How far an application is."""

    id: int
    reference: str
    state: str
    reason: str | None
    batch_id: int | None
    received_at: str
    progress: dict[str, int]
    documents: list[dict[str, Any]]


class BatchState(TypedDict):
    """How far a batch is."""

    id: int
    reference: str
    total: int
    states: dict[str, int]
    finished: bool
    cancelled_at: str | None


class Result(TypedDict):
    """What came of one application of a batch."""

    application_id: int
    reference: str
    state: str
    reason: str | None
    assessment_id: int | None
    as_of: str | None
    grade: int | None
    probability_of_default: float | None
    recommendation: str | None
    route: str | None
    findings: int | None
    decision: str | None


class ApiProblem(Exception):
    """The server refused a request; the message says what to do."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        self.status, self.title, self.detail = status, str(body.get("title", "")), str(body.get("detail", ""))
        self.request_id, self.faults = str(body.get("request_id", "")), body.get("faults") or []
        super().__init__(f"{status} {self.title}: {self.detail}")


class BadSignature(Exception):
    """A message is not from the server, was changed, or is too old."""


class Client:
    """A connection to the API with an API key or token. Requests that act carry an idempotency key, so that they can be tried again."""

    def __init__(self, address: str, key: str, trusted: Path | None = None, transport: httpx.BaseTransport | None = None) -> None:
        verify = ssl.create_default_context(cafile=str(trusted) if trusted else None)
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=address, headers=headers, verify=verify, timeout=60.0, transport=transport)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close the connection."""
        self._http.close()

    # -- applications

    def send_files(self, paths: Sequence[Path]) -> list[StoredFile]:
        """Send files ahead; an archive's files each by itself."""
        found: list[StoredFile] = self._send("/v1/files", {}, paths)["files"]
        return found

    def send_application(self, reference: str, paths: Sequence[Path], **said: str) -> ApplicationState:
        """Send an application with its files; `said` are borrower and total_exposure, where they are known."""
        found: ApplicationState = self._send("/v1/applications/upload", {"reference": reference, **said}, paths)
        return found

    def application(self, id: int) -> ApplicationState:
        """Follow an application."""
        found: ApplicationState = self._ask("GET", f"/v1/applications/{id}")
        return found

    def wait_for_application(self, id: int, seconds: float = 600.0) -> ApplicationState:
        """Return an application once it is assessed or set aside. Raise TimeoutError where that takes longer."""
        give_up = time.monotonic() + seconds
        while (found := self.application(id))["state"] == "received":
            _pause_until(give_up, f"application {id}")
        return found

    def assessment(self, id: int) -> dict[str, Any] | None:
        """Read the assessment in effect of an application; None while there is none."""
        found: dict[str, Any] | None = self._ask("GET", f"/v1/applications/{id}/assessment")["assessment"]
        return found

    # -- batches

    def submit_batch(self, reference: str, applications: Sequence[Manifest]) -> BatchState:
        """Send a batch of applications whose files were sent ahead."""
        found: BatchState = self._ask("POST", "/v1/batches", json={"reference": reference, "applications": list(applications)})
        return found

    def send_batch(self, reference: str, archive: Path) -> BatchState:
        """Send a batch as a ZIP archive with a folder for each application."""
        found: BatchState = self._send("/v1/batches/upload", {"reference": reference}, [archive])
        return found

    def batch(self, id: int) -> BatchState:
        """Follow a batch."""
        found: BatchState = self._ask("GET", f"/v1/batches/{id}")
        return found

    def cancel_batch(self, id: int) -> int:
        """Cancel what of a batch is not assessed yet, and return how many applications that were."""
        cancelled: int = self._ask("POST", f"/v1/batches/{id}/cancel")["cancelled"]
        return cancelled

    def wait_for_batch(self, id: int, seconds: float = 86_400.0) -> BatchState:
        """Return a batch once nothing of it waits. Raise TimeoutError where that takes longer."""
        give_up = time.monotonic() + seconds
        while not (found := self.batch(id))["finished"]:
            _pause_until(give_up, f"batch {id}")
        return found

    def results(self, id: int, limit: int = 200) -> Iterator[Result]:
        """Yield the results of a batch in the order sent, page by page."""
        cursor: str | None = "0"
        while cursor is not None:
            page = self._ask("GET", f"/v1/batches/{id}/results", params={"cursor": cursor, "limit": str(limit)})
            yield from page["items"]
            cursor = page["next"]

    # -- how a request goes

    def _send(self, path: str, fields: Mapping[str, str], paths: Sequence[Path]) -> Any:
        with ExitStack() as opened:
            files = [("files", (each.name, opened.enter_context(each.open("rb")), "application/octet-stream")) for each in paths]
            return self._ask("POST", path, data=dict(fields), files=files)

    def _ask(self, method: str, path: str, **sent: Any) -> Any:
        """Ask, again where the server is busy or away: under the same idempotency key, so that nothing happens twice."""
        headers = {"Idempotency-Key": str(uuid.uuid4())} if method == "POST" else {}
        for tried in range(1, _TRIES + 1):
            try:
                answer = self._http.request(method, path, headers=headers, **sent)
            except httpx.TransportError:
                if tried == _TRIES:
                    raise
                pause = 2.0**tried
            else:
                if answer.status_code not in _AGAIN or tried == _TRIES:
                    return _read(answer)
                pause = float(answer.headers.get("Retry-After", "1"))
            time.sleep(pause)
            _rewind(sent)
        raise AssertionError


def verify_message(
    secret: str, headers: Mapping[str, str], body: bytes, now: float | None = None, tolerance: float = _TOLERANCE_SECONDS
) -> dict[str, Any]:
    """Return what a message to a webhook says. Raise BadSignature unless the server signed it, just now.

    A message may come more than once: its `webhook-id` stays the same; keep those of the last five minutes, and pass over one seen before.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        id, sent, signatures = given["webhook-id"], given["webhook-timestamp"], given["webhook-signature"]
        age = abs((time.time() if now is None else now) - int(sent))
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (KeyError, ValueError, binascii.Error) as error:
        raise BadSignature("The message is not signed, or its signature cannot be read.") from error
    if age > tolerance:
        raise BadSignature("The message is too old, or this machine's clock is off.")
    expected = base64.b64encode(hmac.new(key, f"{id}.{sent}.".encode() + body, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(f"v1,{expected}".encode(), each.encode()) for each in signatures.split()):
        raise BadSignature("The message was changed, or is signed with another secret.")
    said: dict[str, Any] = json.loads(body)
    return said


def _read(answer: httpx.Response) -> Any:
    if answer.is_success:
        return answer.json() if answer.content else None
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    raise ApiProblem(answer.status_code, answer.json() if is_problem else {"title": answer.reason_phrase})


def _rewind(sent: Mapping[str, Any]) -> None:
    """Have files sent from their beginning again."""
    for _, (_, stream, _) in sent.get("files", ()):
        stream.seek(0)


def _pause_until(give_up: float, what: str) -> None:
    if time.monotonic() > give_up:
        raise TimeoutError(f"{what} is not assessed yet.")
    time.sleep(0.5)
