"""Queries on how the work stands: counts of one lender's applications, tasks and decisions."""

from collections.abc import Mapping

from sqlalchemy import Connection, case, func, select

from app.store import tables

_A = tables.applications
_B = tables.batches
_T = tables.review_tasks
_D = tables.decisions
_S = tables.assessments
_AGES = ((7, "under 8 days"), (20, "8 to 20 days"), (27, "21 to 27 days"))


def states(connection: Connection, lender_id: str) -> Mapping[str, int]:
    """Return how many applications are in each state."""
    counted = select(_A.c.state, func.count()).where(_A.c.lender_id == lender_id).group_by(_A.c.state)
    return {row[0]: row[1] for row in connection.execute(counted)}


def ages(connection: Connection, lender_id: str) -> Mapping[str, int]:
    """Return how many open tasks are of each age, counted from the application's receipt."""
    days = func.extract("day", func.now() - _A.c.received_at)
    age = case(*((days <= most, words) for most, words in _AGES), else_="over 27 days").label("age")
    joined = _T.join(_A, (_A.c.lender_id == _T.c.lender_id) & (_A.c.id == _T.c.application_id))
    counted = select(age, func.count()).select_from(joined).where(_T.c.lender_id == lender_id, _T.c.state != "closed").group_by(age)
    found = {row[0]: row[1] for row in connection.execute(counted)}
    return {words: found.get(words, 0) for words in (*(words for _, words in _AGES), "over 27 days")}


def outcomes(connection: Connection, lender_id: str) -> Mapping[str, int]:
    """Return how many decisions had each outcome."""
    counted = select(_D.c.outcome, func.count()).where(_D.c.lender_id == lender_id).group_by(_D.c.outcome)
    return {row[0]: row[1] for row in connection.execute(counted)}


def routes(connection: Connection, lender_id: str) -> Mapping[str, int]:
    """Return how many first assessments took each route."""
    counted = select(_S.c.route, func.count()).where(_S.c.lender_id == lender_id, _S.c.version == 1).group_by(_S.c.route)
    return {row[0]: row[1] for row in connection.execute(counted)}


def newest_batches(connection: Connection, lender_id: str, limit: int = 20) -> tuple[int, ...]:
    """Return the ids of the newest batches."""
    return tuple(connection.execute(select(_B.c.id).where(_B.c.lender_id == lender_id).order_by(_B.c.id.desc()).limit(limit)).scalars())
