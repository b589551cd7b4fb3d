"""When a model is retrained, and what came of it: on a schedule, after enough corrections, on drift, or because somebody asks.

One at a time for each lender and model. The training itself is a program of its own, which a worker starts, watches and may kill.
"""

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from croniter import croniter
from sqlalchemy import Connection

from app import audit, canary, monitoring
from app.access.roles import Act, allow, machine
from app.domain import Role, User
from app.errors import AlreadyKnown, LoanLensError
from app.jobs import Attempt, Duty, Effect, Job, JobName, Urgency, enqueue
from app.model_versions import Verdict, verdict_of
from app.settings import Settings
from app.store import job_records, learning
from app.store.rows import Retraining

#: What is retrained without anybody asking: what people's corrections are labels for.
BY_ITSELF = "extractor"
_QUIET = timedelta(days=7)  # after a retraining drift asks for none: what drifts stays in the watch's window for a month
_KEPT_WATCHES = 2
_NICE = 10
_LOOK_SECONDS = 0.5
_END_SECONDS = 10.0


def request(connection: Connection, user: User, name: str, cause: str) -> Retraining:
    """Have a model retrained by a worker. Raises AlreadyKnown where that is under way."""
    allow(user, Act.TRAIN_MODEL, user.lender_id)
    opened = learning.open_retraining(connection, user.lender_id, name, cause, user.id)
    if opened is None:
        raise AlreadyKnown(f"The {name} is being retrained already: one at a time.")
    _enqueue(connection, user.lender_id, opened)
    audit.record(connection, user, Act.TRAIN_MODEL, f"retraining {opened.id}", {"model": name, "cause": cause})
    return opened


def begin(connection: Connection, user: User, name: str) -> Retraining:
    """Return the retraining of a model that is under way, or open one, to be done by whoever calls."""
    allow(user, Act.TRAIN_MODEL, user.lender_id)
    opened = learning.open_retraining(connection, user.lender_id, name, "asked for", user.id)
    if opened is None:
        return next(each for each in learning.retrainings(connection, user.lender_id, name) if each.outcome is None)
    audit.record(connection, user, Act.TRAIN_MODEL, f"retraining {opened.id}", {"model": name, "cause": opened.cause})
    return opened


def finish(connection: Connection, user: User, retraining: Retraining, outcome: str, told: Mapping[str, Any]) -> None:
    """Record what came of a retraining: trained, promoted, refused or failed; `told` has what it said, its version and its report."""
    allow(user, Act.TRAIN_MODEL, user.lender_id)
    if learning.end_retraining(connection, user.lender_id, retraining.id, outcome, told):
        kept = {key: told[key] for key in ("said", "version", "dataset") if told.get(key)}
        gates = {"gates_failed": [each["name"] for each in told.get("report", {}).get("gates", ()) if not each["passed"]]}
        audit.record(connection, user, "end_retraining", f"retraining {retraining.id}", {"outcome": outcome, **kept, **gates})


def list_retrainings(connection: Connection, user: User, name: str | None = None) -> tuple[Retraining, ...]:
    """Return the newest retrainings, newest first."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    return learning.retrainings(connection, user.lender_id, name)


def verdict(retraining: Retraining) -> Verdict:
    """Return what the gates said of the challenger that came of a retraining."""
    told = verdict_of(json.dumps(retraining.report).encode(), f"Retraining {retraining.id}")
    return replace(told, report_sha256=str(retraining.report["report_sha256"]))


def next_run(settings: Settings, after: datetime) -> datetime | None:
    """Return when the schedule asks for the next retraining; None without a schedule."""
    return croniter(settings.retrain_cron, after).get_next(datetime) if settings.retrain_cron else None


def why_due(connection: Connection, lender_id: str, settings: Settings, now: datetime) -> str:
    """Return why the extractor is to be retrained now, in words; empty where it is not."""
    last = next(iter(learning.retrainings(connection, lender_id, BY_ITSELF, limit=1)), None)
    since = last.created_at if last else learning.known_since(connection, lender_id)
    if since is None or (last and last.outcome is None):
        return ""
    if settings.retrain_cron and croniter(settings.retrain_cron, now).get_prev(datetime) > since:
        return "schedule"
    judged = learning.corrections_since(connection, lender_id, last.created_at if last else None)
    if 0 < settings.retrain_corrections <= judged:
        return f"{judged} figures judged"
    if settings.retrain_on_drift and judged and now - since >= _QUIET:
        first, end = monitoring.month(now.date())
        alerts = monitoring.watched(connection, lender_id, settings, first, end).alerts
        return f"drift: {', '.join(alerts)}" if alerts else ""
    return ""


# -- what a worker does ------------------------------------------------------------------------------------------------


def duties(settings: Settings, command: Sequence[str]) -> dict[JobName, Duty]:
    """Return what a worker does for the learning loop; `command` retrains the model and lender that are added to it."""
    return {
        JobName.RETRAIN: Duty(partial(_retrain, settings, tuple(command)), _give_up),
        JobName.WATCH: Duty(partial(_watch, settings), lambda _connection, _attempt, _reason: None),
    }


def _retrain(settings: Settings, command: tuple[str, ...], attempt: Attempt) -> Effect:
    """Have a model retrained by a program of its own. Whatever ends it early, the next try goes on from its last checkpoint."""
    name, lender_id = str(attempt.arguments["name"]), attempt.lender_id
    status = _watched_to_its_end((*command, "--model", name, "--lender", lender_id), attempt, settings.retrain_minutes)
    with attempt.database.connect() as connection:
        left = learning.under_way(connection, lender_id, name)
    if left is not None and left.job_id == attempt.job_id:
        raise LoanLensError(left.said or f"The retraining ended with status {status} and said nothing.")
    return lambda _: None


def _watched_to_its_end(command: Sequence[str], attempt: Attempt, minutes: float) -> int:
    """Run a program, which gives way to what people wait for, until it ends, the worker stops, or its time is up; return its status."""
    give_up = time.monotonic() + 60 * minutes
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as child:
        try:
            os.setpriority(os.PRIO_PROCESS, child.pid, _NICE)
            while child.poll() is None:
                attempt.stop_if_asked()
                if time.monotonic() > give_up:
                    raise LoanLensError(f"It took longer than {minutes:g} minutes (LOANLENS_RETRAIN_MINUTES): the next try goes on.")
                time.sleep(_LOOK_SECONDS)
        finally:
            if child.poll() is None:
                child.terminate()
                try:
                    child.wait(_END_SECONDS)
                except subprocess.TimeoutExpired:
                    child.kill()
        return child.returncode


def _give_up(connection: Connection, attempt: Attempt, reason: str) -> None:
    left = learning.under_way(connection, attempt.lender_id, str(attempt.arguments["name"]))
    if left is not None and left.job_id == attempt.job_id:
        finish(connection, machine(Role.WORKER, attempt.lender_id), left, "failed", {"said": reason})


def _watch(settings: Settings, attempt: Attempt) -> Effect:
    """Stop canaries that are worse, have the extractor retrained where that is due, and take up what nobody goes on with."""

    def record(connection: Connection) -> None:
        lender_id = attempt.lender_id
        canary.look(connection, lender_id, settings)
        left = learning.under_way(connection, lender_id, BY_ITSELF)
        if left is not None and left.job_id is None and learning.nobody_retrains(connection, lender_id, BY_ITSELF):
            _enqueue(connection, lender_id, left)
        elif why := why_due(connection, lender_id, settings, datetime.now(UTC)):
            request(connection, machine(Role.WORKER, lender_id), BY_ITSELF, why)
        job_records.forget_records(connection, lender_id, JobName.WATCH, _KEPT_WATCHES)

    return record


def _enqueue(connection: Connection, lender_id: str, retraining: Retraining) -> None:
    job = Job(JobName.RETRAIN, lender_id, {"name": retraining.name}, Urgency.BACKGROUND)
    learning.note_retraining(connection, lender_id, retraining.id, {"job_id": enqueue(connection, job)})
