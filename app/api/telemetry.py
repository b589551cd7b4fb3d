"""What the server says of itself: a log line and measures for each request, by route and never by address, header or body.

Log lines are JSON objects with the request's id, the route's pattern and the lender: no borrower, no application's number, no file.
"""

import json
import logging
import os
import re
import secrets
import sys
import time
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_LONG_NUMBER = re.compile(r"\d[\d -]{6,}\d")
_SAID = ("request_id", "method", "route", "status", "ms", "lender", "place", "why")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_PROBES = ("/health", "/ready", "/metrics")  # asked every few seconds: a line only where they fail
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_log = logging.getLogger("loanlens.api")


class Measures:
    """The measures of one process, as Prometheus collects them. Several at one port answer in turn: each counts under its own number."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("process", "method", "route", "status")
        self.requests = Counter("loanlens_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "loanlens_request_seconds", "Time to answer", ("process", "method", "route"), registry=self.registry, buckets=_BUCKETS
        )
        self.jobs = Gauge("loanlens_jobs", "Jobs in the queue", ("queue", "state"), registry=self.registry)
        self.workers = Gauge("loanlens_workers", "Workers that gave a sign of life", registry=self.registry)


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object. Digits that might be a tax or account number are masked wherever they come from."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        said = {"at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"), "level": record.levelname.lower()}
        line: dict[str, object] = {**said, "from": record.name, "says": masked(record.getMessage())}
        line |= {name: masked(value) if name == "why" else value for name in _SAID if (value := getattr(record, name, None)) is not None}
        if record.exc_info and record.exc_info[0]:
            line |= {"error": record.exc_info[0].__name__, "place": place_of(record.exc_info[1])}  # its words may quote a document
        return json.dumps(line, ensure_ascii=True)


def masked(text: str) -> str:
    """Return `text` with every run of eight digits or more replaced."""
    return _LONG_NUMBER.sub(lambda found: "[number]" if sum(c.isdigit() for c in found.group()) >= 8 else found.group(), text)


def place_of(error: BaseException | None) -> str:
    """Return the file and line that an error was raised at."""
    trace, place = error.__traceback__ if error else None, "?"
    while trace is not None:
        place, trace = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}", trace.tb_next
    return place


def log_to_stderr() -> None:
    """Have log lines written to stderr as JSON."""
    lines = logging.StreamHandler(sys.stderr)
    lines.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[lines], force=True)
    _log.setLevel(logging.INFO)


class Watch:
    """Gives each request an id and each answer its security headers, and notes how it went."""

    def __init__(self, app: ASGIApp, measures: Measures, tls: bool) -> None:
        self._app, self._measures, self._tls = app, measures, tls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        id = given if _ID.fullmatch(given) and masked(given) == given else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = id
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = id
                headers.update(_HEADERS)
                if self._tls:
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path_format", "none")
        method = scope["method"] if scope["method"] in ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS") else "other"
        process = str(os.getpid())
        self._measures.requests.labels(process, method, route, str(status)).inc()
        self._measures.seconds.labels(process, method, route).observe(seconds)
        state = scope["state"]
        said = {"request_id": state["request_id"], "method": method, "route": route, "status": status, "lender": state.get("lender_id")}
        if not (route in _PROBES and status < 400):
            _log.info("answered", extra={**said, "ms": round(seconds * 1000, 1)})
