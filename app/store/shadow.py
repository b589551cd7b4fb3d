"""Queries on what challengers assessed in shadow, beside what was in effect. Each is one lender's."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, exists, func, select

from app.store import tables

_A = tables.assessments
_F = tables.facts


@dataclass(frozen=True, slots=True)
class Pair:
    """An application as a challenger assessed it and as it was in effect: grades, routes, and figures of which some differ."""

    application_id: int
    grade: int | None
    champion_grade: int | None
    route: str
    champion_route: str
    figures: int
    differing: int


def pairs(connection: Connection, lender_id: str, since: date, limit: int = 1000) -> tuple[Pair, ...]:
    """Return the newest assessments that challengers made since a day, each beside the one in effect before it."""
    other = _A.alias("champion")
    before = and_(other.c.lender_id == lender_id, other.c.application_id == _A.c.application_id, other.c.version < _A.c.version)
    newest = select(func.max(other.c.version)).where(before, other.c.shadow.is_(False)).scalar_subquery()
    effect = _A.alias("effect")
    same = and_(effect.c.lender_id == lender_id, effect.c.application_id == _A.c.application_id, effect.c.version == newest)
    alike = _F.alias("alike")
    read_alike = exists().where(
        alike.c.lender_id == lender_id, alike.c.assessment_id == effect.c.id, alike.c.kind == _F.c.kind,
        alike.c.account == _F.c.account, alike.c.period == _F.c.period, alike.c.value.is_not_distinct_from(_F.c.value),
        alike.c.words.is_not_distinct_from(_F.c.words),
    )  # fmt: skip
    own = select(func.count()).where(_F.c.lender_id == lender_id, _F.c.assessment_id == _A.c.id)
    columns = (
        _A.c.application_id, _A.c.grade, effect.c.grade.label("champion_grade"), _A.c.route, effect.c.route.label("champion_route"),
        own.correlate(_A).scalar_subquery().label("figures"),
        own.where(~read_alike).correlate(_A, effect).scalar_subquery().label("differing"),
    )  # fmt: skip
    chosen = select(*columns).select_from(_A.join(effect, same)).where(_A.c.lender_id == lender_id, _A.c.shadow, _A.c.created_at >= since)
    return tuple(Pair(**row) for row in connection.execute(chosen.order_by(_A.c.id.desc()).limit(limit)).mappings())
