"""The reasoner behind a server: a small one in a thread stands for vLLM; whatever it does, the outcome is clear."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.domain import FactLine, Reason, Relation, Standing, Trend
from app.errors import ReasonerFailed
from app.reasoning import Counts, explain
from models.reasoner_server import ServerReasoner

FACTS = (
    FactLine("dscr", "coverage", Standing.STRONG, Trend.STEADY, "passes"),
    FactLine("current_ratio", "current", Standing.POOR, Trend.WORSE, "fails"),
    FactLine("gross_margin", "margin", Standing.FAIR),
)
#: What the server does with a request: writes an answer to it.
Act = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def server(act: Act, seconds: float = 5.0) -> Iterator[tuple[ServerReasoner, list[dict[str, Any]]]]:
    """Yield a reasoner that asks a server which does `act`, and the requests that reached it."""
    asked: list[dict[str, Any]] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append(request | {"path": self.path, "key": self.headers.get("Authorization")})
            with suppress(OSError):  # the reasoner hung up
                act(self)

        def log_message(self, *args: object) -> None:
            """Print nothing."""

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    running.daemon_threads = True
    running.block_on_close = False
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield ServerReasoner(f"http://127.0.0.1:{running.server_port}/v1/", "loan-adapter", "secret", seconds), asked
    finally:
        running.shutdown()
        running.server_close()


def send(to: BaseHTTPRequestHandler, body: bytes, status: int = 200) -> None:
    to.send_response(status)
    to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body)


def says(content: object) -> Act:
    text = content if isinstance(content, str) else json.dumps(content)
    body = json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()
    return lambda to: send(to, body)


GOOD = {"reasons": [{"fact": "current_ratio", "relation": "up"}, {"fact": "dscr", "relation": "down"}], "grade": 4}


def test_a_server_gives_the_same_rationale_as_the_reasoner_in_process() -> None:
    with server(says(GOOD)) as (reasoner, asked):
        made = explain(FACTS, reasoner, 5.0, counts=Counts())
    assert [(reason.fact, reason.relation) for reason in made.reasons] == [("current_ratio", Relation.UP), ("dscr", Relation.DOWN)]
    assert made.signal.index(max(made.signal)) == 3
    assert sum(made.signal) == pytest.approx(1)
    assert made.note == ""
    (request,) = asked
    assert (request["path"], request["key"], request["model"]) == ("/v1/chat/completions", "Bearer secret", "loan-adapter")
    schema = request["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["reasons"]["items"]["properties"]["fact"]["enum"] == [fact.id for fact in FACTS]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (says("Sure! Here is my opinion"), "not the JSON asked for"),
        (says({"reasons": [], "grade": 9}), "not the JSON asked for"),
        (says({"reasons": [{"fact": "dscr", "relation": "sideways"}], "grade": 3}), "not the JSON asked for"),
        (lambda to: send(to, b"<html>"), "not the JSON asked for"),
        (lambda to: send(to, b'{"choices": []}'), "not the JSON asked for"),
        (lambda to: send(to, b"[1]"), "not the JSON asked for"),
        (lambda to: send(to, b"{}", 503), "status 503"),
        (lambda to: send(to, b" " * 300_000), "too long an answer"),
        (lambda to: to.connection.close(), "could not be reached"),
    ],
)
def test_garbage_is_no_answer(act: Act, said: str) -> None:
    with server(act) as (reasoner, _), pytest.raises(ReasonerFailed, match=said):
        reasoner.explain(FACTS)


def drip(to: BaseHTTPRequestHandler) -> None:
    to.send_response(200)
    to.end_headers()
    for _ in range(100):
        to.wfile.write(b" ")
        to.wfile.flush()
        time.sleep(0.05)


@pytest.mark.parametrize("act", [lambda _: time.sleep(3), drip], ids=["hangs", "drips"])
def test_a_server_that_hangs_is_left_in_time(act: Act) -> None:
    started = time.monotonic()
    with server(act, seconds=0.3) as (reasoner, _), pytest.raises(ReasonerFailed, match=r"no answer within 0\.3 seconds"):
        reasoner.explain(FACTS)
    assert time.monotonic() - started < 2


def test_no_server_is_a_clear_outcome() -> None:
    made = explain(FACTS, ServerReasoner("http://127.0.0.1:9/v1", "", "", 1.0), 5.0, counts=Counts())
    assert "could not be reached at its server" in made.note
    assert made.author.name == "rationale"


def test_guardrails_hold_for_a_server_and_it_is_told_what_was_wrong() -> None:
    wrong = {"reasons": [{"fact": "dscr", "relation": "up"}], "grade": 6}
    with server(says(wrong)) as (reasoner, asked):
        made = explain(FACTS, reasoner, 5.0, counts=Counts())
    assert "dscr drives the risk up" in made.note
    assert len(asked) == 2
    assert "dscr drives the risk up" in asked[1]["messages"][1]["content"]
    assert Reason("dscr", Relation.UP, 0.5) not in made.reasons
