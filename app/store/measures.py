"""Queries for the portfolio's measures: volumes, times at work, by product and analyst. Each is one lender's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, Text, and_, case, cast, func, select

from app.store import tables

_A = tables.applications
_S = tables.assessments
_T = tables.review_tasks
_C = tables.corrections
_D = tables.decisions
_E = tables.audit_entries
_NO_PRODUCT = ""


@dataclass(frozen=True, slots=True)
class Volume:
    """Applications of a product: received, assessed, cleared by policy, decided; open ones by age in days (up to 7, 20, 27, more)."""

    product: str
    received: int
    assessed: int
    cleared: int
    decided: int
    up_to_7: int
    up_to_20: int
    up_to_27: int
    older: int


@dataclass(frozen=True, slots=True)
class TimeAtWork:
    """The minutes that an analyst worked on an application, from claiming it to the decision, idle time left out."""

    application_id: int
    product: str
    analyst: str
    minutes: float
    decided: bool


def volumes(connection: Connection, lender_id: str, since: date) -> tuple[Volume, ...]:
    """Return the applications received since a day, by product."""
    first = select(_S.c.application_id, _S.c.route).where(_S.c.lender_id == lender_id, _S.c.version == 1).subquery()
    age, is_open = func.extract("day", func.now() - _A.c.received_at), _A.c.state.in_(("received", "assessed", "quarantined"))
    product = func.coalesce(_A.c.product, _NO_PRODUCT).label("product")
    counted = select(
        product,
        func.count().label("received"),
        func.count(first.c.route).label("assessed"),
        func.count().filter(first.c.route == "auto_clear").label("cleared"),
        func.count().filter(_A.c.state == "decided").label("decided"),
        func.count().filter(is_open, age <= 7).label("up_to_7"),
        func.count().filter(is_open, age > 7, age <= 20).label("up_to_20"),
        func.count().filter(is_open, age > 20, age <= 27).label("up_to_27"),
        func.count().filter(is_open, age > 27).label("older"),
    ).select_from(_A.outerjoin(first, first.c.application_id == _A.c.id))
    chosen = counted.where(_A.c.lender_id == lender_id, _A.c.received_at >= since).group_by(product).order_by(product)
    return tuple(Volume(**row) for row in connection.execute(chosen).mappings())


def times_at_work(connection: Connection, lender_id: str, since: date, idle: timedelta, acts: Sequence[str]) -> tuple[TimeAtWork, ...]:
    """Return the time that each analyst spent on each application since a day.

    It is the sum of the times between two acts of one analyst on one application; where nothing was done for longer than `idle`,
    that time does not count.
    """
    before = func.lag(_E.c.at).over(partition_by=(_E.c.actor, _E.c.subject), order_by=_E.c.number)
    apart = (_E.c.at - before).label("apart")
    noted = (_E.c.lender_id == lender_id, _E.c.at >= since, _E.c.action.in_(acts), _E.c.subject.like("application %"))
    steps = select(_E.c.actor, _E.c.subject, _E.c.action, apart).where(*noted).subquery()
    counted = func.sum(case((steps.c.apart <= idle, steps.c.apart), else_=timedelta(0)))
    decided = func.bool_or(steps.c.action.in_(("decide_application", "second_decision")))
    spent = select(steps.c.actor, steps.c.subject, counted.label("spent"), decided.label("decided"))
    worked = spent.group_by(steps.c.actor, steps.c.subject).subquery()
    found = worked.join(_A, and_(_A.c.lender_id == lender_id, worked.c.subject == func.concat("application ", cast(_A.c.id, Text))))
    names = (_A.c.id, func.coalesce(_A.c.product, _NO_PRODUCT), worked.c.actor, worked.c.spent, worked.c.decided)
    rows = connection.execute(select(*names).select_from(found).order_by(_A.c.id, worked.c.actor))
    return tuple(TimeAtWork(row[0], row[1], row[2], row[3].total_seconds() / 60, row[4]) for row in rows)


def corrections_by(connection: Connection, lender_id: str, since: date) -> dict[str, int]:
    """Return how many corrections each analyst made since a day, confirmations and what was taken back left out."""
    made = (_C.c.lender_id == lender_id, _C.c.created_at >= since, _C.c.kind.not_in(("confirmed", "undo")))
    rows = connection.execute(select(_C.c.author, func.count()).where(*made).group_by(_C.c.author))
    return {row[0]: row[1] for row in rows}


def decisions_by(connection: Connection, lender_id: str, since: date) -> dict[str, int]:
    """Return how many decisions each person made since a day; a second one counts for who seconded."""
    who = func.coalesce(_D.c.seconded_by, _D.c.decided_by)
    rows = connection.execute(select(who, func.count()).where(_D.c.lender_id == lender_id, _D.c.created_at >= since).group_by(who))
    return {row[0]: row[1] for row in rows}
