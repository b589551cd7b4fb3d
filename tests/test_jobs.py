"""Durable jobs: enqueued with their cause, done once, tried again, set aside with the reason, handed over, in fair order."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

from app.errors import ReaderCrashed
from app.jobs import Attempt, Duty, Effect, Job, JobName, Urgency, cancel, enqueue, enqueue_all, is_machine_fault, keep_going, run_worker
from app.settings import Settings
from app.store import job_records
from app.store.applications import add_batch, add_lender, batch

SETTINGS = Settings(job_tries=3, stop_seconds=1)
EVERY = tuple(Urgency)


def noting(done: list[Any], fault: Callable[[Attempt], None] = lambda _: None) -> Mapping[JobName, Duty]:
    """Return duties that note what was done, in the database too: each job adds a batch of its name."""

    def run(attempt: Attempt) -> Effect:
        fault(attempt)
        done.append((attempt.lender_id, attempt.arguments.get("n")))
        return lambda connection: void(add_batch(connection, attempt.lender_id, f"job {attempt.job_id}", None))

    def give_up(connection: Connection, attempt: Attempt, reason: str) -> None:
        add_batch(connection, attempt.lender_id, f"given up {attempt.job_id}: {reason}", None)

    return {JobName.ASSESS: Duty(run, give_up)}


def void(_: object) -> None: ...


def put(database: Engine, number: int, lender_id: str = "first", urgency: Urgency = Urgency.BATCH) -> list[int]:
    with database.begin() as connection:
        return enqueue_all(connection, [Job(JobName.ASSESS, lender_id, {"n": n}, urgency) for n in range(number)])


def references(database: Engine) -> list[str]:
    with database.connect() as connection:
        return list(connection.execute(text("SELECT reference FROM batches ORDER BY id")).scalars())


def make_due(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))


def status(database: Engine, job_id: int) -> str | None:
    with database.connect() as connection:
        found: str | None = connection.scalar(text("SELECT status::text FROM procrastinate_jobs WHERE id = :id"), {"id": job_id})
        return found


def test_a_job_is_done_and_its_effect_recorded(database: Engine) -> None:
    done: list[Any] = []
    (id,) = put(database, 1)
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    assert done == [("first", 0)]
    assert references(database) == [f"job {id}"]
    with database.connect() as connection:
        record = job_records.job_record(connection, "first", id)
        assert job_records.job_record(connection, "other", id) is None
    assert record is not None
    assert (record.outcome, record.tries) == ("done", 1)


def test_a_job_whose_cause_is_not_stored_is_not_in_the_queue(database: Engine) -> None:
    with database.connect() as connection:
        enqueue(connection, Job(JobName.ASSESS, "first", {}))
        connection.rollback()
        assert job_records.count_jobs(connection) == {}


def test_of_jobs_with_one_key_one_waits_and_the_transaction_goes_on(database: Engine) -> None:
    job = Job(JobName.ASSESS, "first", {}, key="application 7")
    with database.begin() as connection:
        assert enqueue(connection, job) is not None
        assert enqueue(connection, job) is None
        assert enqueue(connection, Job(JobName.ASSESS, "other", {}, key="application 7")) is not None
    with database.connect() as connection:
        assert job_records.count_jobs(connection) == {("batch/assess", "todo"): 2}


def test_an_effect_happens_once_though_the_job_runs_twice(database: Engine) -> None:
    done: list[Any] = []
    (id,) = put(database, 1)

    def again(attempt: Attempt) -> None:
        if not done:  # while the first runs, a second worker does it from beginning to end
            done.append("first try")
            with database.begin() as connection:
                connection.execute(text("UPDATE procrastinate_jobs SET status = 'todo' WHERE id = :id"), {"id": attempt.job_id})
            with database.begin() as connection:
                job_records.finish_job(connection, "first", attempt.job_id, "done")
                add_batch(connection, "first", "by the second", None)

    run_worker(database, noting(done, again), EVERY, SETTINGS, until_idle=True)
    assert references(database) == ["by the second"]
    assert id


def test_what_fails_is_tried_again_and_then_set_aside_with_the_reason(database: Engine) -> None:
    done: list[Any] = []
    bad, good = put(database, 2)

    def fail(attempt: Attempt) -> None:
        if attempt.job_id == bad:
            raise ReaderCrashed("page 3 cannot be read")

    for _ in range(4):
        run_worker(database, noting(done, fail), EVERY, SETTINGS, until_idle=True)
        make_due(database)
    assert references(database) == [f"job {good}", f"given up {bad}: tried 3 times; ReaderCrashed: page 3 cannot be read"]
    with database.connect() as connection:
        record = job_records.job_record(connection, "first", bad)
    assert record is not None
    assert record.outcome == "quarantined"


def test_a_pause_lies_between_tries(database: Engine) -> None:
    (id,) = put(database, 1)

    def fail(_: Attempt) -> None:
        raise ReaderCrashed("again")

    run_worker(database, noting([], fail), EVERY, SETTINGS, until_idle=True)
    with database.connect() as connection:
        later = connection.scalar(text("SELECT scheduled_at > now() FROM procrastinate_jobs WHERE id = :id"), {"id": id})
    assert later


def test_a_fault_of_the_machine_never_sets_a_job_aside(database: Engine) -> None:
    done: list[Any] = []
    (id,) = put(database, 1)
    faults = iter(range(6))

    def fail(_: Attempt) -> None:
        if next(faults, None) is not None:
            raise OSError(28, "No space left on device")

    for _ in range(7):
        run_worker(database, noting(done, fail), EVERY, SETTINGS, until_idle=True)
        make_due(database)
    assert references(database) == [f"job {id}"]


def test_faults_of_machine_and_job_are_told_apart() -> None:
    assert is_machine_fault(OSError(28, "full"))
    assert is_machine_fault(OperationalError("select", None, Exception()))
    assert is_machine_fault(ConnectionResetError())
    assert not is_machine_fault(FileNotFoundError(2, "gone"))
    assert not is_machine_fault(ReaderCrashed("again"))


def test_a_job_that_ends_the_program_each_time_is_set_aside(database: Engine) -> None:
    (id,) = put(database, 1)
    for _ in range(3):
        with database.begin() as connection:
            job_records.begin_try(connection, "first", id)
    run_worker(database, noting([]), EVERY, SETTINGS, until_idle=True)
    assert references(database) == [f"given up {id}: tried 3 times; the program ended each time while it worked on this"]


def test_jobs_of_a_silent_worker_are_taken_over(database: Engine) -> None:
    done: list[Any] = []
    ids = put(database, 2)
    with database.begin() as connection:
        worker = connection.scalar(text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '31 s') RETURNING id"))
        taken = text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE id = ANY(:ids)")
        connection.execute(taken, {"worker": worker, "ids": ids})
    with database.begin() as connection:
        assert job_records.take_over(connection, 40, 300) == 0
    keep_going(database, SETTINGS, {}, lambda _: True)
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    assert sorted(n for _, n in done) == [0, 1]
    with database.connect() as connection:
        assert job_records.worker_silences(connection) == []


def test_a_clock_that_was_set_back_holds_nothing_up(database: Engine) -> None:
    done: list[Any] = []
    one, two = put(database, 2)
    with database.begin() as connection:
        beat = text("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour') RETURNING id")
        worker = connection.scalar(beat)
        taken = text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = :worker WHERE id = :id")
        connection.execute(taken, {"worker": worker, "id": one})
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour' WHERE id = :id"), {"id": two})
    keep_going(database, SETTINGS, {}, lambda _: True)
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    assert sorted(n for _, n in done) == [0, 1]


def test_a_person_waiting_comes_before_ten_thousand_jobs_of_a_batch(database: Engine) -> None:
    done: list[Any] = []
    put(database, 10_000)
    put(database, 1, "other", Urgency.DESK)

    def stop(_: Attempt) -> None:
        with database.begin() as connection:
            connection.execute(text("UPDATE procrastinate_jobs SET status = 'cancelled' WHERE status = 'todo'"))

    run_worker(database, noting(done, stop), EVERY, SETTINGS, until_idle=True)
    assert done == [("other", 0)]


def test_lenders_take_turns(database: Engine) -> None:
    done: list[Any] = []
    put(database, 6, "first")
    put(database, 2, "other")
    put(database, 2, "other")
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    lenders = [lender for lender, _ in done]
    assert lenders[:8] == ["first", "other"] * 4
    assert [n for lender, n in done if lender == "first"] == list(range(6))


def test_a_lender_that_comes_later_does_not_wait_for_what_is_queued_nor_overtake_what_was_done(database: Engine) -> None:
    done: list[Any] = []
    put(database, 4, "first")
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    put(database, 4, "other")
    put(database, 2, "first")
    done.clear()
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    assert [lender for lender, _ in done] == ["other", "first", "other", "first", "other", "other"]


def test_a_cancelled_job_does_not_start(database: Engine) -> None:
    done: list[Any] = []
    one, two = put(database, 2)
    with database.begin() as connection:
        assert not cancel(connection, "other", one)
        assert cancel(connection, "first", one)
        assert not cancel(connection, "first", one)
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    assert references(database) == [f"job {two}"]
    assert status(database, one) == "cancelled"


def test_a_job_cancelled_while_it_runs_records_nothing(database: Engine) -> None:
    (id,) = put(database, 1)

    def cancelled(_: Attempt) -> None:
        with database.begin() as connection:
            cancel(connection, "first", id)

    run_worker(database, noting([], cancelled), EVERY, SETTINGS, until_idle=True)
    assert references(database) == []


def test_progress_is_seen_while_a_job_runs(database: Engine) -> None:
    seen: list[tuple[int, int]] = []
    (id,) = put(database, 1)

    def report(attempt: Attempt) -> None:
        attempt.report(2, 5)
        with database.connect() as connection:
            record = job_records.job_record(connection, "first", id)
        assert record is not None
        seen.append((record.done, record.total))

    run_worker(database, noting([], report), EVERY, SETTINGS, until_idle=True)
    assert seen == [(2, 5)]


def test_a_worker_leaves_jobs_that_it_does_not_know(database: Engine) -> None:
    with database.begin() as connection:
        id = enqueue(connection, Job(JobName.RETRAIN, "first", {}, Urgency.BACKGROUND))
    run_worker(database, noting([]), EVERY, SETTINGS, until_idle=True)
    assert id is not None
    assert status(database, id) == "todo"


def test_a_worker_for_people_leaves_batches(database: Engine) -> None:
    done: list[Any] = []
    put(database, 1)
    put(database, 1, "other", Urgency.DESK)
    run_worker(database, noting(done), (Urgency.DESK,), SETTINGS, until_idle=True)
    assert done == [("other", 0)]


def test_ended_jobs_are_forgotten_and_their_records_kept(database: Engine) -> None:
    (id,) = put(database, 1)
    with database.begin() as connection:
        cancel(connection, "first", id)
        connection.execute(text("UPDATE procrastinate_events SET at = now() - interval '2 days'"))
        assert job_records.forget_ended_jobs(connection, 24) == 1
        assert job_records.job_record(connection, "first", id) is not None


def test_a_daily_job_is_enqueued_once_a_day_for_each_lender(database: Engine) -> None:
    for _ in range(2):
        keep_going(database, SETTINGS, {JobName.ASSESS: timedelta(days=1)}, lambda _: True)
    done: list[Any] = []
    run_worker(database, noting(done), EVERY, SETTINGS, until_idle=True)
    keep_going(database, SETTINGS, {JobName.ASSESS: timedelta(days=1)}, lambda _: True)
    assert done == [("first", None), ("other", None)]
    with database.connect() as connection:
        assert job_records.count_jobs(connection) == {}


def test_a_batch_counts_its_applications(database: Engine) -> None:
    with database.begin() as connection:
        add_lender(connection, "third", "Third Bank")
        id = add_batch(connection, "third", "b1", "system")
        found = batch(connection, "third", id)
        assert batch(connection, "first", id) is None
    assert found is not None
    assert (found.total, dict(found.states)) == (0, {})


@pytest.mark.parametrize("urgency", EVERY)
def test_turns_keep_apart_who_waits(database: Engine, urgency: Urgency) -> None:
    put(database, 3, urgency=urgency)
    with database.connect() as connection:
        lowest, highest = connection.execute(text("SELECT min(priority), max(priority) FROM procrastinate_jobs")).one()
    assert (highest - lowest, highest // 1_000_000_000) == (2, {"desk": 1, "batch": 0, "background": -1}[urgency])
