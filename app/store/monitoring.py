"""Queries for watching the models in service: what they were given, what they said, what people made of it. Each is one lender's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, and_, exists, func, select

from app.domain import Ratio
from app.store import tables
from app.store.plain import from_plain

_A = tables.assessments
_C = tables.corrections
_D = tables.decisions
_F = tables.facts
_RATIOS = tuple[Ratio, ...]
_NO_FAULT = ("confirmed", "undo")


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts since a day: figures read, accepted unseen, corrected; decisions, against the machine; assessments, cleared by policy."""

    figures: int
    accepted: int
    corrected: int
    decisions: int
    overrides: int
    assessments: int
    cleared: int


def counts(connection: Connection, lender_id: str, since: date, until: date) -> Counts:
    """Return what was counted from one day until before another."""
    made = (_A.c.lender_id == lender_id, _A.c.shadow.is_(False), _A.c.created_at >= since, _A.c.created_at < until)
    of = _F.join(_A, and_(_A.c.lender_id == _F.c.lender_id, _A.c.id == _F.c.assessment_id))
    read = select(func.count(), func.count().filter(_F.c.auto_accept)).select_from(of).where(*made, _F.c.origin == "read")
    undone = _C.alias("undone")
    stands = ~exists().where(undone.c.lender_id == _C.c.lender_id, undone.c.undoes == _C.c.id)
    found = (_C.c.lender_id == lender_id, _C.c.created_at >= since, _C.c.created_at < until, _C.c.kind.not_in(_NO_FAULT), stands)
    wrong = select(_C.c.assessment_id, _C.c.fact_number).distinct().where(*found, _C.c.fact_number.is_not(None)).subquery()
    corrected = select(func.count()).select_from(wrong)
    decided = select(func.count(), func.count(_D.c.override_reason)).where(
        _D.c.lender_id == lender_id, _D.c.created_at >= since, _D.c.created_at < until
    )
    assessed = select(func.count(), func.count().filter(_A.c.route == "auto_clear")).where(*made)
    rows = [connection.execute(each).one() for each in (read, decided, assessed)]
    (figures, accepted), (decisions, overrides), (assessments, cleared) = ((row[0], row[1]) for row in rows)
    return Counts(figures, accepted, connection.execute(corrected).scalar_one(), decisions, overrides, assessments, cleared)


def samples(connection: Connection, lender_id: str, since: date, until: date) -> Mapping[str, list[float]]:
    """Return the ratios that assessments had (inputs), and the probabilities and confidences that models gave (predictions), by name."""
    made = (_A.c.lender_id == lender_id, _A.c.shadow.is_(False), _A.c.created_at >= since, _A.c.created_at < until)
    found: dict[str, list[float]] = {}
    for row in connection.execute(select(_A.c.ratios, _A.c.probability_of_default).where(*made)):
        for ratio in from_plain(_RATIOS, row.ratios):
            if ratio.value is not None:
                found.setdefault(f"ratio {ratio.id}", []).append(float(ratio.value))
        if row.probability_of_default is not None:
            found.setdefault("probability of default", []).append(float(row.probability_of_default))
    of = _F.join(_A, and_(_A.c.lender_id == _F.c.lender_id, _A.c.id == _F.c.assessment_id))
    said = select(_F.c.confidence).select_from(of).where(*made, _F.c.origin == "read")
    found["confidence"] = [float(value) for value in connection.execute(said).scalars()]
    return found
