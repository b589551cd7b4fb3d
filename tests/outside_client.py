"""Those outside of the service under faults: a caller that does not give up, and a system that is told by webhook and answers badly."""

import hashlib
import io
import itertools
import json
import random
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.client import verify_message
from tests.test_webhooks import Receiver

_AGAIN = (429, 503)
#: What every document holds, and no log may: a tax id and an account number.
PLANTED = ("12-3456789", "9876543210")
_TRIES = 1_000  # minutes


class Unanswered(Exception):
    """The service did not answer for minutes."""


@dataclass(slots=True)
class Caller:
    """Asks until it is answered, under one idempotency key, as docs/api.md tells a caller to; counts what came back."""

    address: str
    key: str
    seed: int
    met: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def insist(self, method: str, path: str, content: Callable[[], dict[str, Any]] = dict) -> Any:
        """Return what is answered, whatever dies meanwhile; `content` makes what is sent, anew for each try."""
        headers = {"Authorization": f"Bearer {self.key}"}
        if method == "POST" and path != "/v1/files":
            headers["Idempotency-Key"] = f"caller-{self.seed}-{next(self._numbers)}"
        for _ in range(_TRIES):
            sent = content()
            try:
                answer = httpx.request(method, self.address + path, headers=headers | sent.pop("headers", {}), timeout=60, **sent)
            except httpx.TransportError as error:
                self.met[type(error).__name__] += 1
                time.sleep(0.2)
                continue
            self.met[str(answer.status_code)] += 1
            if answer.is_success:
                return answer.json()
            if answer.status_code not in _AGAIN:
                self.surprises.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
            time.sleep(0.2)
        raise Unanswered(f"{method} {path}")


@dataclass(slots=True)
class Sending:
    """Sends batch after batch, follows each to its end and reads its results; what is not as it must be goes into `wrong`."""

    caller: Caller
    size: int = 100
    sent: dict[int, list[str]] = field(default_factory=dict)
    files: list[tuple[str, str]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Send until `over` is set; the last batch is followed to its end."""
        self._thread = threading.Thread(target=self._send_on, daemon=True)
        self._thread.start()

    def end(self, seconds: float) -> bool:
        """Send no more; say whether the last batch came to its end in that time."""
        assert self._thread is not None
        self.over.set()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _send_on(self) -> None:
        for number in itertools.count(1):
            try:
                self.send(f"B{self.caller.seed}-{number}")
            except Unanswered as error:
                self.wrong.append(f"no answer: {error}")
            if self.over.is_set():
                return

    def send(self, name: str) -> None:
        """Send one batch and read what comes of it."""
        references = [f"{name}-{each}" for each in range(self.size)]
        text = f"%PDF EIN {PLANTED[0]}, account {PLANTED[1]} of "
        files = [("files", (f"{each}.pdf", f"{text}{each}".encode() + random.Random(each).randbytes(2_000))) for each in references]
        stored = self.caller.insist("POST", "/v1/files", lambda: {"files": files})["files"]
        named = [[{"name": f"return {PLANTED[0]}.pdf", "sha256": file["sha256"]}] for file in stored]
        borrower = f"Mill, account {PLANTED[1]}"
        manifest = [{"reference": each, "borrower": borrower, "files": files} for each, files in zip(references, named, strict=True)]
        body = {"reference": name, "applications": manifest}
        id = int(self.caller.insist("POST", "/v1/batches", lambda: {"json": body})["id"])
        self.sent[id] = references
        while not (state := self.caller.insist("GET", f"/v1/batches/{id}"))["finished"]:
            self._compare(id, references, whole=False)
            time.sleep(0.5)
        if state["total"] != self.size or state["states"].get("assessed") != self.size:
            self.wrong.append(f"batch {id} ended as {state}")
        self._compare(id, references, whole=True)

    def upload(self, number: int) -> None:
        """Send files in one request, slowly: every other time as a batch in an archive."""
        contents = {f"U{number}-{each}": random.Random(f"{number} {each}").randbytes(150_000) for each in range(20)}
        if number % 2:
            archive = io.BytesIO()
            with zipfile.ZipFile(archive, "w") as out:
                for each, data in contents.items():
                    out.writestr(f"{each}/a.pdf", data)
            files, path = [("files", ("b.zip", archive.getvalue()))], "/v1/batches/upload"
        else:
            files, path = [("files", (f"{each}.pdf", data)) for each, data in contents.items()], "/v1/applications/upload"
        form = httpx.Request("POST", "http://service", data={"reference": f"U{number}"}, files=files)
        body, kind = form.read(), {"content-type": form.headers["content-type"], "content-length": form.headers["content-length"]}
        try:
            self.caller.insist("POST", path, lambda: {"content": dribbled(body), "headers": kind})
        except Unanswered as error:
            self.wrong.append(f"no answer: {error}")
        named = (lambda each: each) if number % 2 else (lambda _: f"U{number}")
        self.files += [(named(each), hashlib.sha256(data).hexdigest()) for each, data in contents.items()]

    def _compare(self, id: int, references: list[str], whole: bool) -> None:
        """Note what is wrong with the results as they stand: all of them, in the order sent, each with its assessment at the end."""
        found: list[dict[str, Any]] = []
        cursor: str | None = "0"
        while cursor is not None:
            part = self.caller.insist("GET", f"/v1/batches/{id}/results?limit=40&cursor={cursor}")
            found, cursor = found + part["items"], part["next"]
        if [each["reference"] for each in found] != references:
            self.wrong.append(f"batch {id}: results out of order or missing")
        if whole and any(each["assessment_id"] is None for each in found):
            self.wrong.append(f"batch {id}: results without an assessment")


def dribbled(body: bytes, parts: int = 40) -> Iterator[bytes]:
    """Yield a body in parts, over half a second."""
    size = len(body) // parts + 1
    for start in range(0, len(body), size):
        yield body[start : start + size]
        time.sleep(0.5 / parts)


class Ear(Receiver):
    """A system that is told of events: it refuses some messages after it heard them, so that they come again, and later ones first."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        super().__init__(folder)
        self._over = threading.Event()
        threading.Thread(target=self._waver, daemon=True).start()

    def _waver(self) -> None:
        while not self._over.wait(random.uniform(0.1, 1.0)):
            self.status = random.choice((204, 204, 204, 500))

    def settle(self) -> None:
        """Refuse nothing from now on."""
        self._over.set()
        time.sleep(0.1)
        self.status = 204

    def close(self) -> None:
        """Stop."""
        self.settle()
        self.server.shutdown()
        self.server.server_close()

    def understood(self, secret: str) -> tuple[dict[str, dict[str, Any]], int, int]:
        """Return the messages by id, those seen before passed over; how many came again; how many came after a later one."""
        kept, numbers = dict[str, dict[str, Any]](), list[int]()
        for headers, body in list(self.heard):
            said = verify_message(secret, headers, body, now=float(headers["webhook-timestamp"]))
            if headers["webhook-id"] not in kept:
                kept[headers["webhook-id"]] = said
                numbers.append(int(headers["webhook-id"].removeprefix("msg_")))
            else:
                assert kept[headers["webhook-id"]] == said, json.dumps(said)
        late = sum(number < before for before, number in itertools.pairwise(numbers))
        return kept, len(self.heard) - len(kept), late
