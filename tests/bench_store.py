"""The store at size: made-up applications and facts, generated inside PostgreSQL, and how long the desk's queries take on them.

`make bench-store` runs it on a server of its own; `--applications 100000 --facts 100` is a year of a large lender.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import Connection, text

from app.store import applications, assessments, documents, measures, review_tasks
from app.store.review_tasks import Chosen
from tests.own_server import own_folder, own_server

#: Nine of ten applications are one lender's, the rest the other's: the plans must serve both.
_MADE = (
    """INSERT INTO applications (lender_id, reference, state, borrower, amount, received_at, product)
    SELECT CASE WHEN n % 10 = 0 THEN 'other' ELSE 'first' END, 'A' || n, CASE WHEN n % 3 = 0 THEN 'decided' ELSE 'assessed' END,
        'Borrower ' || n, 1000 * (n % 900), now() - n * interval '5 min',
        CASE WHEN n % 41 = 0 THEN 'line' ELSE 'term' END FROM generate_series(1, :applications) n""",
    """INSERT INTO documents (lender_id, application_id, file, sha256)
    SELECT lender_id, id, 'statement ' || n, decode(md5(id || '/' || n), 'hex') FROM applications, generate_series(1, 4) n""",
    """INSERT INTO assessments (lender_id, application_id, version, inputs_sha256, as_of, recommendation, route)
    SELECT lender_id, id, 1, decode(md5(id::text), 'hex'), CURRENT_DATE, 'refer', 'review' FROM applications""",
    """INSERT INTO facts
    (lender_id, assessment_id, number, kind, account, period, value, origin, label, printed, page, box, method, created_on)
    SELECT lender_id, id, n, 'balance_sheet', 'account_' || n % 60, 'current', n * 17, 'read', 'Label of line ' || n, n * 17, 1,
        '{0.1,0.2,0.3,0.4}', 'text', CURRENT_DATE - (id % 700)::int FROM assessments, generate_series(1, :facts) n""",
    """INSERT INTO review_tasks (lender_id, application_id, assessment_id, state, urgency, due_on)
    SELECT lender_id, application_id, id, CASE WHEN id % 50 = 0 THEN 'closed' ELSE 'open' END, random() * 10,
        CASE WHEN id % 7 = 0 THEN CURRENT_DATE + (id % 60)::int END FROM assessments""",
)
_TABLES = ("applications", "documents", "assessments", "facts", "review_tasks")
LENDER = "first"


def fill(connection: Connection, applications: int, facts: int) -> None:
    """Add so many applications with so many facts each, outside any foreign key's check, and tell the planner of them."""
    connection.execute(text("SET LOCAL session_replication_role = replica"))
    for statement in _MADE:
        named = {name: value for name, value in (("applications", applications), ("facts", facts)) if f":{name}" in statement}
        connection.execute(text(statement), named)
    for table in _TABLES:
        connection.execute(text(f"ANALYZE {table}"))


def queries(connection: Connection) -> dict[str, Callable[[], object]]:
    """Return what the desk asks, by name."""
    id = connection.execute(text("SELECT id FROM applications WHERE lender_id = 'first' ORDER BY id OFFSET 500 LIMIT 1")).scalar_one()
    made = assessments.latest_assessment(connection, LENDER, id)
    assert made is not None
    page = applications.inbox(connection, LENDER)
    last = (page[-1].received_at, page[-1].id)
    day = date.today()  # noqa: DTZ011  the table's own days
    soon = day + timedelta(days=10)

    def application() -> object:
        found = assessments.latest_assessment(connection, LENDER, id)
        assert found is not None
        return (
            applications.application(connection, LENDER, id),
            documents.documents(connection, LENDER, id),
            assessments.facts(connection, LENDER, found.id),
        )

    return {
        "inbox page": lambda: applications.inbox(connection, LENDER),
        "inbox page, next": lambda: applications.inbox(connection, LENDER, after=last),
        "inbox page, one state": lambda: applications.inbox(connection, LENDER, "assessed", after=last),
        "application": application,
        "next task": lambda: review_tasks.claim_next(connection, LENDER, "ann", timedelta(minutes=10), soon),
        "next task, none due": lambda: review_tasks.claim_next(connection, LENDER, "ann", timedelta(minutes=10), day - timedelta(days=1)),
        "tasks": lambda: review_tasks.tasks(connection, LENDER),
        "my tasks": lambda: review_tasks.tasks(connection, LENDER, "ann"),
        "queue page": lambda: review_tasks.queue(connection, LENDER, Chosen(), soon),
        "queue page, by words": lambda: review_tasks.queue(connection, LENDER, Chosen(words="rrower 77"), soon),
        "queue page, rare words": lambda: review_tasks.queue(connection, LENDER, Chosen(words="nobody"), soon),
        "queue page, by product": lambda: review_tasks.queue(connection, LENDER, Chosen(product="line", least=Decimal(500_000)), soon),
        "queue page, due": lambda: review_tasks.queue(connection, LENDER, Chosen(due_by=soon), soon),
        "queue page, mine": lambda: review_tasks.queue(connection, LENDER, Chosen("ann"), soon),
        "open tasks, counted": lambda: review_tasks.count_open(connection, LENDER),
        "volumes": lambda: measures.volumes(connection, LENDER, day - timedelta(days=365)),
        "facts of an account": lambda: assessments.facts_of_account(connection, LENDER, "account_7", day - timedelta(days=30)),
    }


def main() -> None:
    """Fill a server of its own and print what each query takes: median and slowest of 50."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=100_000)
    parser.add_argument("--facts", type=int, default=100, help="of each application")
    chosen = parser.parse_args()
    with own_folder() as folder, own_server(folder / "pg", "synchronous_commit=off", "max_wal_size=8GB") as (_, database):
        began = time.monotonic()
        with database.begin() as connection:
            fill(connection, chosen.applications, chosen.facts)
        print(f"{chosen.applications:_} applications, {chosen.applications * chosen.facts:_} facts in {time.monotonic() - began:.0f} s")
        with database.connect() as connection:
            for name, ask in queries(connection).items():
                taken = sorted(_seconds(ask) for _ in range(50))
                connection.rollback()
                print(f"{name:<24} median {1000 * taken[25]:7.1f} ms   slowest {1000 * taken[-1]:7.1f} ms")


def _seconds(ask: Callable[[], object]) -> float:
    began = time.perf_counter()
    ask()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
