"""Queries on jobs as their lenders may see them, and on the queue itself. A record makes a job's effects happen once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.store import tables
from app.store.rows import JobRecord, columns, make

_R = tables.job_records
_T = tables.job_turns
#: Asked for every job, so made once.
_ADD = insert(_R)
_NEW_TURN = insert(_T).values({each: bindparam(each) for each in ("lender_id", "urgency", "turn")})
_LATER = func.greatest(_T.c.turn, bindparam("before", type_=Integer)) + bindparam("number", type_=Integer)
_TAKE_TURNS = _NEW_TURN.on_conflict_do_update(index_elements=["lender_id", "urgency"], set_={"turn": _LATER}).returning(_T.c.turn)
_WAITING = "status = 'todo' AND priority BETWEEN :lowest AND :highest AND (scheduled_at IS NULL OR scheduled_at <= now())"
_FIRST = text(f"SELECT priority FROM procrastinate_jobs WHERE {_WAITING} ORDER BY priority DESC, id LIMIT 1")  # noqa: S608  constants


def add_records(connection: Connection, lender_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the records of jobs that were just put into the queue: job_id, name, arguments, urgency of each."""
    connection.execute(_ADD, [{"lender_id": lender_id, **row} for row in rows])


def job_record(connection: Connection, lender_id: str, job_id: int) -> JobRecord | None:
    """Return a job of this lender, or None where it has none of that id."""
    chosen = select(*columns(JobRecord, _R)).where(_R.c.lender_id == lender_id, _R.c.job_id == job_id)
    return make(JobRecord, connection.execute(chosen))


def was_enqueued(connection: Connection, lender_id: str, name: str, since: datetime) -> bool:
    """Say whether a job of this name was put into the queue since a time."""
    chosen = select(_R.c.job_id).where(_R.c.lender_id == lender_id, _R.c.name == name, _R.c.created_at >= since)
    return connection.execute(chosen.limit(1)).first() is not None


def begin_try(connection: Connection, lender_id: str, job_id: int) -> JobRecord | None:
    """Count a try that begins and return the record; None where the job has its outcome."""
    begun = update(_R).where(_R.c.lender_id == lender_id, _R.c.job_id == job_id, _R.c.outcome.is_(None))
    values = {"tries": _R.c.tries + 1, "started_at": func.coalesce(_R.c.started_at, func.now())}
    return make(JobRecord, connection.execute(begun.values(values).returning(*columns(JobRecord, _R))))


def note_fault(connection: Connection, lender_id: str, job_id: int, fault: str | None, counts: bool) -> None:
    """Note why a try ended early; one that is not the job's own fault does not count."""
    values: dict[str, Any] = {"fault": fault} if fault is not None else {}
    if not counts:
        values["tries"] = func.greatest(_R.c.tries - 1, 0)
    if values:
        connection.execute(update(_R).where(_R.c.lender_id == lender_id, _R.c.job_id == job_id).values(values))


def report_progress(connection: Connection, lender_id: str, job_id: int, done: int, total: int) -> None:
    """Note how far a job is."""
    connection.execute(update(_R).where(_R.c.lender_id == lender_id, _R.c.job_id == job_id).values(done=done, total=total))


def finish_job(connection: Connection, lender_id: str, job_id: int, outcome: str) -> bool:
    """Give a job its outcome: done, quarantined or cancelled. False where it has one: then its effects are not to happen again."""
    unfinished = (_R.c.lender_id == lender_id, _R.c.job_id == job_id, _R.c.outcome.is_(None))
    return connection.execute(update(_R).where(*unfinished).values(outcome=outcome, finished_at=func.now())).rowcount == 1


def forget_records(connection: Connection, lender_id: str, name: str, keep: int) -> None:
    """Forget all but the newest ended jobs of a name, of those that come round every few minutes."""
    own = (_R.c.lender_id == lender_id, _R.c.name == name, _R.c.outcome.is_not(None))
    newest = select(_R.c.job_id).where(*own).order_by(_R.c.job_id.desc()).limit(keep)
    connection.execute(delete(_R).where(*own, _R.c.job_id.not_in(newest)))


def take_turns(connection: Connection, lender_id: str, urgency: str, number: int, head: int | None) -> int:
    """Give a lender the next `number` turns and return the first; `head` is the turn now at the head of the queue.

    A lender's turns follow each other and never lie before the head, so that lenders who wait take turns, however much each sends.
    An empty queue goes on after the last turn that anybody was given.
    """
    if head is None:
        head = connection.execute(select(func.coalesce(func.max(_T.c.turn), 0) + 1).where(_T.c.urgency == urgency)).scalar_one()
    values = {"lender_id": lender_id, "urgency": urgency, "turn": head - 1 + number, "before": head - 1, "number": number}
    return int(connection.execute(_TAKE_TURNS, values).scalar_one()) - number + 1


# -- the queue itself, which knows no lenders --------------------------------------------------------------------------


def first_priority(connection: Connection, lowest: int, highest: int) -> int | None:
    """Return the priority of the job that is next among those between two priorities, or None."""
    found: int | None = connection.execute(_FIRST, {"lowest": lowest, "highest": highest}).scalar_one_or_none()
    return found


def take_over(connection: Connection, silence_seconds: float, longest_pause_seconds: float) -> int:
    """Put the jobs of workers that gave no sign of life for so long back into the queue, and forget those workers.

    A sign of life from the future, or a pause longer than there are, comes from a clock that was set back: neither counts.
    """
    dead = "w.last_heartbeat NOT BETWEEN now() - make_interval(secs => :silence) AND now() + make_interval(secs => :silence)"
    joined = "procrastinate_jobs j LEFT JOIN procrastinate_workers w ON w.id = j.worker_id"
    stalled = f"{joined} WHERE j.status = 'doing' AND (w.id IS NULL OR {dead})"
    again = text(f"SELECT count(procrastinate_retry_job_v2(j.id, now(), NULL, NULL, NULL)) FROM {stalled}")  # noqa: S608  constants
    number = connection.execute(again, {"silence": silence_seconds}).scalar_one()
    connection.execute(text(f"DELETE FROM procrastinate_workers w WHERE {dead}"), {"silence": silence_seconds})  # noqa: S608  constants
    too_late = "status = 'todo' AND scheduled_at > now() + make_interval(secs => :pause)"
    sooner = text(f"UPDATE procrastinate_jobs SET scheduled_at = now() WHERE {too_late}")  # noqa: S608  constants
    connection.execute(sooner, {"pause": longest_pause_seconds})
    return int(number)


def forget_ended_jobs(connection: Connection, keep_hours: float) -> int:
    """Remove jobs from the queue that ended so long ago; their records stay."""
    ended = "status IN ('succeeded', 'failed', 'cancelled', 'aborted')"
    recent = "SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > now() - make_interval(hours => :hours)"
    sql = text(f"DELETE FROM procrastinate_jobs j WHERE {ended} AND NOT EXISTS ({recent})")  # noqa: S608  constants
    return connection.execute(sql, {"hours": int(keep_hours)}).rowcount


def count_jobs(connection: Connection) -> Mapping[tuple[str, str], int]:
    """Return how many jobs of each queue are in each state."""
    sql = text("SELECT queue_name, status::text AS status, count(*) AS number FROM procrastinate_jobs GROUP BY 1, 2 ORDER BY 1, 2")
    return {(row.queue_name, row.status): row.number for row in connection.execute(sql)}


def worker_silences(connection: Connection) -> Sequence[tuple[int, float]]:
    """Return each worker's number and the seconds since its last sign of life."""
    sql = text("SELECT id, extract(epoch FROM now() - last_heartbeat)::float8 AS silence FROM procrastinate_workers ORDER BY id")
    return [(row.id, row.silence) for row in connection.execute(sql)]
