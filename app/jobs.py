"""Durable jobs on PostgreSQL (procrastinate): put into the queue in the transaction that stores their cause, their effects happen once.

Jobs are known here by name only; the composition root says what is done for each. A job runs at least once: what it computes
is recorded in one transaction with its outcome, so that whoever comes second records nothing.
"""

import errno
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Any

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued, JobAborted
from procrastinate.jobs import Job as QueuedJob
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import InterfaceError, OperationalError

from app.database import conninfo
from app.errors import SetupError
from app.settings import Settings
from app.store import job_records
from app.store.applications import lender_ids
from app.store.rows import JobRecord

Argument = str | int | bool | None
Effect = Callable[[Connection], None]

_MOST_BACKOFF_SECONDS = 300.0
_KEEP_ENDED_HOURS = 24.0
#: What the machine does to a job: it is tried again until the machine is well, and never set aside for it.
_MACHINE_FAULTS = (OperationalError, InterfaceError, SetupError, ConnectionError, TimeoutError)
_MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM)


class JobName(StrEnum):
    """The jobs there are."""

    ASSESS = "assess"
    SHADOW = "shadow"
    REASON = "reason"
    SCORE_BATCH = "score_batch"
    BUILD_MEMO = "build_memo"
    RETRAIN = "retrain"
    WATCH = "watch"
    PURGE = "purge"
    DELIVER = "deliver"


class Urgency(StrEnum):
    """Who waits for a job: a person at the desk, a system that sent a batch, or nobody."""

    DESK = "desk"
    BATCH = "batch"
    BACKGROUND = "background"


#: Turns count down from here: whatever a person waits for comes before all batches.
_FIRST = {Urgency.DESK: 2_000_000_000, Urgency.BATCH: 1_000_000_000, Urgency.BACKGROUND: 0}
_MOST_TURNS = 999_999_999


@dataclass(frozen=True, slots=True)
class Job:
    """A job to be done for a lender. Of jobs with the same `key` only one waits at a time; a running one does not count.

    It is not begun before `at`, which lies five minutes ahead at most.
    """

    name: JobName
    lender_id: str
    arguments: Mapping[str, Argument]
    urgency: Urgency = Urgency.BATCH
    key: str | None = None
    at: datetime | None = None


class Attempt:
    """One try of a job, as the function that does it sees it."""

    def __init__(self, database: Engine, record: JobRecord, lender_id: str, is_stopping: Callable[[], bool]) -> None:
        self.database, self.lender_id, self._record, self._is_stopping = database, lender_id, record, is_stopping

    @property
    def job_id(self) -> int:
        """Return the number of the job."""
        return self._record.job_id

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Return what the job was given."""
        return self._record.arguments

    @property
    def number(self) -> int:
        """Return which try this is, from 1."""
        return self._record.tries

    @property
    def urgency(self) -> Urgency:
        """Return who waits for the job."""
        return Urgency(self._record.urgency)

    def stop_if_asked(self) -> None:
        """End the try here where the job was cancelled, or is to be handed back because its worker stops."""
        if self._is_stopping():
            raise JobAborted

    def report(self, done: int, total: int) -> None:
        """Note how far the job is, for those who wait."""
        self.stop_if_asked()
        with self.database.begin() as connection:
            job_records.report_progress(connection, self.lender_id, self.job_id, done, total)


@dataclass(frozen=True, slots=True)
class Duty:
    """What a worker does for a job's name.

    `run` computes and returns what is to be recorded; that is called in the transaction that ends the job, or never.
    `give_up` records that the job is set aside, and why, in the transaction that ends it.
    """

    run: Callable[[Attempt], Effect]
    give_up: Callable[[Connection, Attempt, str], None]


# -- putting jobs into the queue ---------------------------------------------------------------------------------------


def enqueue(connection: Connection, job: Job) -> int | None:
    """Put a job into the queue when this transaction commits, and return its number; None where one with its key waits already."""
    try:
        with connection.begin_nested():  # the refusal of a second one would end the whole transaction otherwise
            return enqueue_all(connection, (job,))[0]
    except AlreadyEnqueued:
        return None


def enqueue_all(connection: Connection, jobs: Sequence[Job]) -> list[int]:
    """Put jobs of one lender and urgency into the queue when this transaction commits, and return their numbers.

    Raises AlreadyEnqueued where the key of any waits already.
    """
    if not jobs:
        return []
    lender_id, urgency = jobs[0].lender_id, jobs[0].urgency
    highest = _FIRST[urgency]
    head = job_records.first_priority(connection, highest - _MOST_TURNS, highest)
    turn = job_records.take_turns(connection, lender_id, urgency, len(jobs), None if head is None else highest - head)
    queued = [
        QueuedJob(
            id=None,
            queue=_queue(job.urgency, job.name),
            task_name=job.name.value,
            priority=highest - min(turn + place, _MOST_TURNS),
            lock=None,
            queueing_lock=None if job.key is None else f"{lender_id}/{job.name}/{job.key}",
            task_kwargs={"lender_id": lender_id},
            scheduled_at=job.at,
        )
        for place, job in enumerate(jobs)
    ]
    raw = connection.connection.driver_connection
    ids = [int(job.id or 0) for job in _QUEUE.job_manager.batch_defer_jobs(queued, connection=raw)]
    rows = [
        {"job_id": id, "name": job.name, "arguments": dict(job.arguments), "urgency": urgency} for id, job in zip(ids, jobs, strict=True)
    ]
    job_records.add_records(connection, lender_id, rows)
    return ids


def cancel(connection: Connection, lender_id: str, job_id: int) -> bool:
    """Cancel a job: it does not start, or stops at its next step; nothing of it is recorded. False where it had its outcome."""
    if not job_records.finish_job(connection, lender_id, job_id, "cancelled"):
        return False
    _QUEUE.job_manager.cancel_job_by_id(job_id, abort=True, connection=connection.connection.driver_connection)
    return True


# -- doing them --------------------------------------------------------------------------------------------------------


def run_worker(
    database: Engine, duties: Mapping[JobName, Duty], urgencies: Sequence[Urgency], settings: Settings, until_idle: bool = False
) -> None:
    """Do jobs one after the other until told to stop (SIGTERM, SIGINT) or the database goes away; a running job ends or is handed back.

    `until_idle`: end as soon as no job is due.
    Only jobs that `duties` name and that are of these `urgencies` are taken: those of a newer version wait for its workers.
    """
    queue = _queue_of(conninfo(database))
    for name, duty in duties.items():
        queue.task(name=name.value, pass_context=True, retry=_Backoff())(_bind(database, duty, settings))
    queue.run_worker(
        queues=[_queue(urgency, name) for urgency in urgencies for name in duties],
        name="loanlens",
        concurrency=1,
        wait=not until_idle,
        fetch_job_polling_interval=2.0,
        shutdown_graceful_timeout=settings.stop_seconds,
        update_heartbeat_interval=settings.heartbeat_seconds,
        stalled_worker_timeout=settings.stalled_seconds,
        delete_jobs="successful",
    )


def keep_going(
    database: Engine, settings: Settings, regular: Mapping[JobName, timedelta], is_stopping: Callable[[float], bool]
) -> None:
    """Put the jobs of dead workers back into the queue and what is due so often into it, until `is_stopping(seconds to wait)` says so."""
    while True:
        with database.begin() as connection:
            job_records.take_over(connection, settings.stalled_seconds, _MOST_BACKOFF_SECONDS)
            job_records.forget_ended_jobs(connection, _KEEP_ENDED_HOURS)
            for lender_id in lender_ids(connection):
                for name, every in regular.items():
                    _enqueue_regular(connection, Job(name, lender_id, {}, Urgency.BACKGROUND, key="regular"), every)
        if is_stopping(min(5.0, settings.stalled_seconds / 2)):
            return


def _enqueue_regular(connection: Connection, job: Job, every: timedelta) -> None:
    now = datetime.now(UTC)
    began = now - (now - datetime.fromtimestamp(0, UTC)) % every  # a day begins at midnight
    if not job_records.was_enqueued(connection, job.lender_id, job.name, began):
        enqueue(connection, job)


def _bind(database: Engine, duty: Duty, settings: Settings) -> Callable[..., None]:
    def attempt(context: procrastinate.JobContext, lender_id: str) -> None:
        _try(database, duty, (lender_id, int(context.job.id or 0), context.should_abort), settings.job_tries)

    return attempt


def _try(database: Engine, duty: Duty, job: tuple[str, int, Callable[[], bool]], most_tries: int) -> None:
    lender_id, job_id, is_stopping = job
    with database.begin() as connection:
        record = job_records.begin_try(connection, lender_id, job_id)
    if record is None:
        return
    attempt = Attempt(database, record, lender_id, is_stopping)
    if record.tries > most_tries:
        reason = f"tried {most_tries} times; {record.fault or 'the program ended each time while it worked on this'}"
        _end(attempt, "quarantined", lambda connection: duty.give_up(connection, attempt, reason))
        return
    with _Noting(attempt):
        effect = duty.run(attempt)
        _end(attempt, "done", effect)


def _end(attempt: Attempt, outcome: str, effect: Effect) -> None:
    """Record the outcome and what follows from it in one transaction, once."""
    with attempt.database.begin() as connection:
        if job_records.finish_job(connection, attempt.lender_id, attempt.job_id, outcome):
            effect(connection)


class _Noting:
    """Notes why a try ended early, and lets what happened pass: whoever comes next, or looks at the job, can read it."""

    def __init__(self, attempt: Attempt) -> None:
        self._attempt = attempt

    def __enter__(self) -> None:
        """Nothing to do before."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None:
            return
        handed_back = isinstance(error, JobAborted)
        fault = None if handed_back else f"{type(error).__name__}: {error}"[:1000]
        try:
            with self._attempt.database.begin() as connection:
                counts = not (handed_back or is_machine_fault(error))
                job_records.note_fault(connection, self._attempt.lender_id, self._attempt.job_id, fault, counts)
        except OperationalError:  # the database is what failed
            return


def is_machine_fault(error: BaseException) -> bool:
    """Say whether the machine is at fault, and not the job."""
    return isinstance(error, _MACHINE_FAULTS) or (isinstance(error, OSError) and error.errno in _MACHINE_ERRORS)


class _Backoff(BaseRetryStrategy):
    """Every try that ends early is tried again, the pause doubling; what fails too often is set aside when its next try begins."""

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision:
        """Return when to try again: at once where the job was handed back."""
        if isinstance(exception, JobAborted):
            return RetryDecision()
        return RetryDecision(retry_in={"seconds": math.ceil(min(2.0 ** min(job.attempts, 30), _MOST_BACKOFF_SECONDS))})


def _queue(urgency: Urgency, name: JobName) -> str:
    return f"{urgency}/{name}"


def _queue_of(address: str) -> procrastinate.App:
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address, min_size=1, max_size=4))


#: Jobs are put in on the connection of the transaction that causes them: this one needs no address.
_QUEUE = _queue_of("")
