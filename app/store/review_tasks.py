"""Queries on review tasks: what comes next, who has it, until when. Each is one lender's."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.store import tables
from app.store.rows import NewTask, QueuedTask, Task, columns, make, make_all

_T = tables.review_tasks
_A = tables.applications
_AGEING = timedelta(days=5)  # a task waits this long to weigh e times as much


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which tasks to list: what is None or empty lets all through. `words` are looked for in borrower and number; `state` is the task's."""

    claimed_by: str | None = None
    words: str = ""
    state: str | None = None
    product: str | None = None
    least: Decimal | None = None
    most: Decimal | None = None
    due_by: date | None = None


def urgency(impact: float | None, exposure: Decimal | None, received_at: datetime) -> float:
    """Return the place of a task: impact x exposure, growing e-fold with each five days that it waits.

    ln(impact x exposure) + age / ageing, less what is the same for all tasks at any moment: the order never changes, so that an
    index holds it. A score that is missing counts as middling.
    """
    weight = max(impact if impact is not None else 0.5, 1e-6) * max(float(exposure) if exposure is not None else 100_000.0, 1.0)
    return math.log(weight) - received_at.timestamp() / _AGEING.total_seconds()


def add_task(connection: Connection, lender_id: str, task: NewTask) -> None:
    """Put an assessment before people, once; a task on an earlier version of the application is closed, and its holder has this one."""
    older = (_T.c.lender_id == lender_id, _T.c.application_id == task.application_id, _T.c.assessment_id != task.assessment_id)
    closed = update(_T).where(*older, _T.c.state != "closed").values(state="closed", closed_at=func.now())
    had = connection.execute(closed.returning(_T.c.claimed_by, _T.c.lease_until)).first()
    values = {"application_id": task.application_id, "assessment_id": task.assessment_id, "urgency": task.urgency}
    values |= {"claimed_by": had.claimed_by, "lease_until": had.lease_until} if had else {}
    new = insert(_T).values(lender_id=lender_id, **values, due_on=task.due_on, reasons=list(task.reasons))
    connection.execute(new.on_conflict_do_nothing(index_elements=["lender_id", "assessment_id"]))


def claim_next(connection: Connection, lender_id: str, login: str, lease: timedelta, soon: date) -> Task | None:
    """Give `login` the next task: first those due by `soon`, the earliest first, then the most urgent. None: nothing is open."""
    free = select(_T.c.id).where(_T.c.lender_id == lender_id, _T.c.state == "open", _is_free())
    due = free.where(_T.c.state != "closed", _T.c.due_on <= soon).order_by(_T.c.due_on, _T.c.id)
    urgent = free.where(_T.c.state != "closed").order_by(_T.c.urgency.desc(), _T.c.id)
    for order in (due, urgent):
        found = connection.execute(order.limit(1).with_for_update(skip_locked=True)).scalar_one_or_none()
        if found is not None:
            return claim(connection, lender_id, found, login, lease)
    return None


def claim(connection: Connection, lender_id: str, id: int, login: str, lease: timedelta) -> Task | None:
    """Give `login` this task, or renew the lease on it; None where somebody else has it or it is closed."""
    mine = and_(_T.c.lender_id == lender_id, _T.c.id == id, _T.c.state != "closed", or_(_is_free(), _T.c.claimed_by == login))
    values = {"claimed_by": login, "lease_until": func.now() + lease, "revision": _T.c.revision + 1}
    return make(Task, connection.execute(update(_T).where(mine).values(values).returning(*columns(Task, _T))))


def release(connection: Connection, lender_id: str, id: int, login: str) -> bool:
    """Give a task back to the queue; says whether `login` had it."""
    held = (_T.c.lender_id == lender_id, _T.c.id == id, _T.c.claimed_by == login, _T.c.state != "closed")
    values = {"claimed_by": None, "lease_until": None, "revision": _T.c.revision + 1}
    return connection.execute(update(_T).where(*held).values(values)).rowcount == 1


def set_task_state(connection: Connection, lender_id: str, id: int, revision: int, state: str) -> bool:
    """Move a task to open, escalated or closed; False where somebody changed it since `revision`."""
    current = (_T.c.lender_id == lender_id, _T.c.id == id, _T.c.revision == revision)
    values = {
        "state": state, "revision": _T.c.revision + 1, "claimed_by": None, "lease_until": None,
        "closed_at": func.now() if state == "closed" else None,
    }
    return connection.execute(update(_T).where(*current).values(values)).rowcount == 1


def task(connection: Connection, lender_id: str, id: int) -> Task | None:
    """Return a task, or None where this lender has none of that id."""
    return make(Task, connection.execute(select(*columns(Task, _T)).where(_T.c.lender_id == lender_id, _T.c.id == id)))


def tasks(connection: Connection, lender_id: str, claimed_by: str | None = None, limit: int = 50) -> Sequence[Task]:
    """Return tasks that are not closed, the most urgent first: everybody's, or those that `claimed_by` has."""
    chosen = select(*columns(Task, _T)).where(_T.c.lender_id == lender_id, _T.c.state != "closed")
    if claimed_by is not None:
        chosen = chosen.where(_T.c.claimed_by == claimed_by)
    return make_all(Task, connection.execute(chosen.order_by(_T.c.urgency.desc(), _T.c.id).limit(limit)))


def queue(connection: Connection, lender_id: str, chosen: Chosen, soon: date, limit: int = 50) -> tuple[QueuedTask, ...]:
    """Return the first of the tasks that are not closed: those due by `soon`, the earliest first, then the most urgent."""
    found = _queued(lender_id, chosen)
    if (of := _of_applications(lender_id, chosen)) is not None:
        # Few applications are looked for: found first, then put in order. Otherwise the indexes hold the order already.
        is_due = _T.c.due_on <= soon
        order = (is_due.is_(True).desc(), case((is_due, _T.c.due_on)), _T.c.urgency.desc(), _T.c.id)
        return make_all(QueuedTask, connection.execute(found.where(_T.c.application_id.in_(of)).order_by(*order).limit(limit)))
    due = select(_T).where(*_of_tasks(lender_id, chosen), _T.c.due_on <= soon).order_by(_T.c.due_on, _T.c.id).limit(limit).subquery()
    first = make_all(QueuedTask, connection.execute(_with_application(due).order_by(due.c.due_on, due.c.id)))
    seen = {each.id for each in first}
    rest = connection.execute(found.order_by(_T.c.urgency.desc(), _T.c.id).limit(limit))
    return (*first, *(each for each in make_all(QueuedTask, rest) if each.id not in seen))[:limit]


def _queued(lender_id: str, chosen: Chosen) -> Select[Any]:
    return _with_application(_T).where(*_of_tasks(lender_id, chosen))


def _with_application(tasks: FromClause) -> Select[Any]:
    names = [*columns(QueuedTask, tasks), *(c for c in columns(QueuedTask, _A) if c.name not in tasks.c)]
    return select(*names).join(_A, and_(_A.c.lender_id == tasks.c.lender_id, _A.c.id == tasks.c.application_id))


def _of_tasks(lender_id: str, chosen: Chosen) -> list[ColumnElement[bool]]:
    bounds = ((_T.c.claimed_by, "=", chosen.claimed_by), (_T.c.state, "=", chosen.state), (_T.c.due_on, "<=", chosen.due_by))
    wanted: list[ColumnElement[bool]] = [column.op(sign)(value) for column, sign, value in bounds if value is not None]
    return [_T.c.lender_id == lender_id, _T.c.state != "closed", *wanted]


def _of_applications(lender_id: str, chosen: Chosen) -> Select[Any] | None:
    """Return the ids of the applications that are chosen by what they are, None where any may be."""
    bounds = ((_A.c.product, "=", chosen.product), (_A.c.amount, ">=", chosen.least), (_A.c.amount, "<=", chosen.most))
    wanted: list[ColumnElement[bool]] = [column.op(sign)(value) for column, sign, value in bounds if value is not None]
    if chosen.words:
        words = f"%{chosen.words.replace(chr(92), chr(92) * 2).replace('%', chr(92) + '%').replace('_', chr(92) + '_')}%"
        wanted.append(or_(_A.c.borrower.ilike(words), _A.c.reference.ilike(words)))
    if not wanted:
        return None
    found = select(_A.c.id).where(_A.c.lender_id == lender_id, _A.c.state.not_in(("decided", "purged")), *wanted)
    return select(found.cte("found").prefix_with("MATERIALIZED").c.id)


def count_open(connection: Connection, lender_id: str) -> int:
    """Return how many tasks are not closed."""
    return int(connection.execute(select(func.count()).where(_T.c.lender_id == lender_id, _T.c.state != "closed")).scalar_one())


def lock_task(connection: Connection, lender_id: str, id: int) -> Task | None:
    """Return a task and keep others from changing it until this transaction ends."""
    return make(Task, connection.execute(select(*columns(Task, _T)).where(_T.c.lender_id == lender_id, _T.c.id == id).with_for_update()))


def last_task(connection: Connection, lender_id: str, application_id: int) -> Task | None:
    """Return the newest task on an application, closed or not."""
    of = select(*columns(Task, _T)).where(_T.c.lender_id == lender_id, _T.c.application_id == application_id)
    return make(Task, connection.execute(of.order_by(_T.c.id.desc()).limit(1)))


def give(connection: Connection, lender_id: str, id: int, login: str, lease: timedelta) -> None:
    """Give a task to `login`, whoever had it."""
    values = {"claimed_by": login, "lease_until": func.now() + lease, "revision": _T.c.revision + 1}
    connection.execute(update(_T).where(_T.c.lender_id == lender_id, _T.c.id == id).values(values))


def _is_free() -> ColumnElement[bool]:
    return or_(_T.c.lease_until.is_(None), _T.c.lease_until < func.now())
