"""Faults at the desk: analysts' processes and the database are killed while they correct and decide; then nothing may be half written.

`make desk-faults` runs it with 200 kills. Every act is a transaction of its own, as the desk makes them: what it changed, and the
trail's entry of it, must be there together or not at all.
"""

import argparse
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from multiprocessing.context import ForkProcess

import psutil
from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from app import audit
from app.blobs.storage import Blobs, open_blobs
from app.database import Server, connect
from app.domain import Role, User
from app.errors import LoanLensError
from app.review_queue import corrections, decisions, opened, tasks
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.review_queue.desk import Desk
from app.settings import Settings
from tests.desk import person, waiting_task
from tests.own_server import own_folder, own_server

_ANALYSTS = 4
_TASKS = 8
#: A killed analyst's task is soon free again.
_SETTINGS = Settings(review_lease_minutes=0.01)
#: What must not be found, by name.
_HALF = {
    "corrections without an entry": """SELECT count(*) FROM corrections c WHERE NOT EXISTS (SELECT 1 FROM audit_entries e
        WHERE e.action = 'correct_figure' AND (e.detail->>'correction')::bigint = c.id)""",
    "entries without a correction": """SELECT count(*) FROM audit_entries e WHERE e.action = 'correct_figure'
        AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.id = (e.detail->>'correction')::bigint)""",
    "adjustments without an entry": """SELECT count(*) FROM adjustments a WHERE NOT EXISTS (SELECT 1 FROM audit_entries e
        WHERE e.action = 'adjust_figure' AND (e.detail->>'adjustment')::bigint = a.id)""",
    "decisions without an entry": """SELECT count(*) FROM decisions d WHERE NOT EXISTS (SELECT 1 FROM audit_entries e
        WHERE e.action = 'decide_application' AND (e.detail->>'decision')::bigint = d.id)""",
    "entries without a decision": """SELECT count(*) FROM audit_entries e WHERE e.action = 'decide_application'
        AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = (e.detail->>'decision')::bigint)""",
    "decided with an open task, or open with a closed one": """SELECT count(*) FROM applications a
        JOIN review_tasks t ON t.application_id = a.id WHERE (a.state = 'decided') <> (t.state = 'closed')""",
    "decisions and reopenings that do not alternate": """SELECT count(*) FROM applications a WHERE
        (SELECT count(*) FROM decisions d WHERE d.application_id = a.id)
        - (SELECT count(*) FROM audit_entries e WHERE e.action = 'reopen_application' AND e.subject = 'application ' || a.id)
        <> (a.state = 'decided')::int""",
    "closed tasks that somebody has": "SELECT count(*) FROM review_tasks WHERE state = 'closed' AND claimed_by IS NOT NULL",
}


def be_analyst(url: URL, blobs: Blobs, name: str) -> None:
    """Take tasks, correct, adjust, take back, decide and reopen, until killed."""
    database, chance = connect(url), random.Random(os.getpid())
    seat = Desk(person(name), blobs, _SETTINGS)
    while True:
        with suppress(LoanLensError, DBAPIError):
            review(database, seat, chance)


def review(database: Engine, seat: Desk, chance: random.Random) -> None:
    """Review one application and decide it; where none is free, reopen one."""
    with database.begin() as c:
        task = tasks.claim_next(c, seat)
        if task is None:
            decided = list(c.execute(text("SELECT id FROM applications WHERE state = 'decided'")).scalars())
            tasks.reopen(c, seat.user, chance.choice(decided or [0]), "again")
            return
    for _ in range(chance.randrange(1, 4)):
        with database.begin() as c:
            act(c, seat, task.id, chance)
    with database.begin() as c:
        seen = opened.look_again(c, seat, task.id).seen
    with database.begin() as c:
        outcome, reasons = chance.choice(((Outcome.WITHDRAWN, ()), (Outcome.DECLINE, ("debt service",))))
        decisions.decide(c, seat, task.id, Proposal(outcome, seen, reasons, override_reason="known for years"))


def act(connection: Connection, seat: Desk, task: int, chance: random.Random) -> None:
    """Correct or adjust a figure, or take a correction back."""
    found = opened.look_again(connection, seat, task)
    if chance.random() < 0.2:
        new = corrections.proposed("add-back", "operating_income", "current", Decimal(chance.randrange(1, 99_000)), "owner")
        corrections.adjust(connection, seat, task, new)
    elif chance.random() < 0.3 and found.corrections:
        corrections.undo(connection, seat, task, chance.choice(found.corrections).id)
    else:
        value = {"value": str(chance.randrange(1_000, 99_000))}
        corrections.correct(connection, seat, task, Edit("amount", "digit misread", chance.randrange(1, 9), found.seen[0], value))


def kill_at_random(database: Engine, blobs: Blobs, kills: int, server: Server | None = None) -> Counter[str]:
    """Kill so many processes at random moments, analysts mostly and one in 25 a backend of `server`; return how many of each."""
    start = multiprocessing.get_context("fork").Process  # a fresh interpreter would take longer than the analyst lives
    at_work: list[ForkProcess] = []
    count(database, blobs)  # what was read is then known to every process
    database.dispose()  # no connection is shared with them
    done, chance = Counter[str](), random.Random(kills)
    while done.total() < kills:
        while len(at_work) < _ANALYSTS:
            at_work.append(start(target=be_analyst, args=(database.url, blobs, f"analyst{len(at_work)}"), daemon=True))
            at_work[-1].start()
        time.sleep(chance.uniform(0.02, 1.5))
        if server is not None and done.total() % 25 == 24 and (pid := server.pid()):
            os.kill(chance.choice(psutil.Process(pid).children()).pid, signal.SIGKILL)
            done["database"] += 1
            continue
        killed = at_work.pop(chance.randrange(len(at_work)))
        killed.kill()
        killed.join()
        done["analyst"] += 1
    for each in at_work:
        each.kill()
        each.join()
    return done


def wait_for(server: Server, seconds: float = 120) -> None:
    """Wait until the database has started again after the last kill; it cannot be stopped before."""
    give_up = time.monotonic() + seconds
    while not server.is_running() and time.monotonic() < give_up:
        time.sleep(0.5)


def count(database: Engine, blobs: Blobs) -> dict[str, int]:
    """Return what is half written, by name, and how much was done at all."""
    auditor = User("x", "first", frozenset((Role.AUDITOR,)))
    with database.connect() as connection:
        found = {name: int(connection.scalar(text(sql)) or 0) for name, sql in _HALF.items()}
        found["faults of the trail"] = len(audit.verify(connection, auditor, "first").faults)
        seat = Desk(person("ann"), blobs, _SETTINGS)
        ids = list(connection.execute(text("SELECT id FROM review_tasks")).scalars())
        found["reviews that do not open"] = len(ids) - sum(opened.look_again(connection, seat, id).task.id == id for id in ids)
    return found


def done_so_far(database: Engine) -> dict[str, int]:
    """Return how many acts of each kind are on record."""
    with database.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(text("SELECT action, count(*) FROM audit_entries GROUP BY 1 ORDER BY 1"))}


def main() -> None:
    """Kill, count, and say so; the exit status says whether all that must hold holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    chosen = parser.parse_args()
    with own_folder() as folder, own_server(folder / "pg") as (server, database):
        blobs, began = open_blobs(Settings(data_dir=folder)), time.monotonic()
        for n in range(_TASKS):
            waiting_task(database, blobs, f"A{n}")
        killed = kill_at_random(database, blobs, chosen.kills, server)
        wait_for(server)
        found = count(database, blobs)
        print(f"{chosen.kills} kills in {time.monotonic() - began:.0f} s")
        for what, counted in (("killed", killed), ("done", done_so_far(database)), ("half written", found)):
            print(f"{what}:", ", ".join(f"{name} {number}" for name, number in counted.items()))
    raise SystemExit(any(found.values()))


if __name__ == "__main__":
    main()
