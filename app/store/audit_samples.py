"""Queries on the random audit sample: what was chosen, what people found of it, what a model decided alike. Each is one lender's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from app.domain import ModelVersion
from app.store import tables
from app.store.plain import to_plain
from app.store.rows import Correction, StoredFact, columns, make

_S = tables.audit_samples
_A = tables.applications
_M = tables.assessments
_F = tables.facts
_C = tables.corrections
_D = tables.decisions
_VERSIONS = tuple[ModelVersion, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn of an assessment: figures by number, None for the whole application; the seed, and the share it was drawn at."""

    numbers: Sequence[int | None]
    seed: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class AffectedDecision:
    """A figure that the same model version accepted without a person, in the same field family as one that was found wrong."""

    application_id: int
    reference: str
    borrower: str | None
    state: str
    route: str
    number: int
    label: str
    printed: str
    value: Decimal | None
    words: str | None
    page: int
    confidence: float
    made_at: datetime


@dataclass(frozen=True, slots=True)
class SampledFigure:
    """A figure of the sample whose application was looked at: was it right, and which correction says otherwise."""

    application_id: int
    reference: str
    assessment_id: int
    number: int
    kind: str
    account: str
    correction_id: int | None
    confidence: float = 1.0


def add_sample(connection: Connection, lender_id: str, application_id: int, assessment_id: int, drawn: Drawn) -> None:
    """Note what was drawn of an assessment."""
    of = {"lender_id": lender_id, "application_id": application_id, "assessment_id": assessment_id}
    rows = [{**of, "fact_number": number, "seed": drawn.seed, "share": drawn.share} for number in drawn.numbers]
    if rows:
        connection.execute(insert(_S), rows)


def sampled_figures(connection: Connection, lender_id: str, assessment_id: int) -> frozenset[int]:
    """Return the numbers of the figures that were drawn of an assessment."""
    drawn = (_S.c.lender_id == lender_id, _S.c.assessment_id == assessment_id, _S.c.fact_number.is_not(None))
    return frozenset(connection.execute(select(_S.c.fact_number).where(*drawn)).scalars())


def shares(connection: Connection, lender_id: str, assessment_id: int) -> Mapping[int | None, Decimal]:
    """Return the share at which each figure of an assessment was drawn, by number; None stands for the whole application."""
    drawn = select(_S.c.fact_number, _S.c.share).where(_S.c.lender_id == lender_id, _S.c.assessment_id == assessment_id)
    return {row.fact_number: row.share for row in connection.execute(drawn)}


def correction(connection: Connection, lender_id: str, id: int) -> Correction | None:
    """Return a correction by its id."""
    return make(Correction, connection.execute(select(*columns(Correction, _C)).where(_C.c.lender_id == lender_id, _C.c.id == id)))


def fact(connection: Connection, lender_id: str, assessment_id: int, number: int) -> StoredFact | None:
    """Return one fact of an assessment."""
    of = (_F.c.lender_id == lender_id, _F.c.assessment_id == assessment_id, _F.c.number == number)
    return make(StoredFact, connection.execute(select(*columns(StoredFact, _F)).where(*of)))


def affected(
    connection: Connection, lender_id: str, wrong: StoredFact, versions: Sequence[ModelVersion], limit: int
) -> tuple[int, tuple[AffectedDecision, ...]]:
    """Return how many figures of the family of `wrong` all of `versions` read and accepted, and the newest of them, `wrong` left out."""
    alike = (
        _F.c.lender_id == lender_id, _F.c.account == wrong.account, _F.c.kind == wrong.kind, _F.c.auto_accept,
        _M.c.shadow.is_(False), _M.c.versions.contains(to_plain(_VERSIONS, tuple(versions))),
        ~and_(_F.c.assessment_id == wrong.assessment_id, _F.c.number == wrong.number),
    )  # fmt: skip
    made = _F.join(_M, and_(_M.c.lender_id == _F.c.lender_id, _M.c.id == _F.c.assessment_id))
    found = made.join(_A, and_(_A.c.lender_id == _M.c.lender_id, _A.c.id == _M.c.application_id))
    names: list[ColumnElement[Any]] = [_A.c.id.label("application_id"), _A.c.reference, _A.c.borrower, _A.c.state, _M.c.route]
    names += [_F.c.number, _F.c.label, _F.c.printed, _F.c.value, _F.c.words, _F.c.page, _F.c.confidence, _M.c.created_at.label("made_at")]
    number = connection.execute(select(func.count()).select_from(found).where(*alike)).scalar_one()
    newest = select(*names).select_from(found).where(*alike).order_by(_M.c.id.desc(), _F.c.number).limit(limit)
    return int(number), tuple(AffectedDecision(**row) for row in connection.execute(newest).mappings())


def sizes(connection: Connection, lender_id: str) -> tuple[int, int]:
    """Return how many applications and how many figures were drawn so far."""
    counted = select(func.count().filter(_S.c.fact_number.is_(None)), func.count(_S.c.fact_number)).where(_S.c.lender_id == lender_id)
    row = connection.execute(counted).one()
    return int(row[0]), int(row[1])


def checked_figures(connection: Connection, lender_id: str) -> tuple[SampledFigure, ...]:
    """Return the figures drawn that a person looked at, each with the last correction that stands and changes something."""
    undone = _C.alias("undone")
    mine = and_(_C.c.lender_id == _S.c.lender_id, _C.c.assessment_id == _S.c.assessment_id, _C.c.fact_number == _S.c.fact_number)
    stands = and_(mine, _C.c.kind != "undo", ~exists().where(undone.c.lender_id == _C.c.lender_id, undone.c.undoes == _C.c.id))
    wrong = select(func.max(_C.c.id)).where(stands, _C.c.kind != "confirmed").scalar_subquery()
    decided = exists().where(_D.c.lender_id == _S.c.lender_id, _D.c.application_id == _S.c.application_id)
    looked_at = exists().where(stands) | decided.where(_D.c.assessment_id == _S.c.assessment_id)
    of_fact = and_(_F.c.lender_id == _S.c.lender_id, _F.c.assessment_id == _S.c.assessment_id, _F.c.number == _S.c.fact_number)
    found = _S.join(_F, of_fact).join(_A, and_(_A.c.lender_id == _S.c.lender_id, _A.c.id == _S.c.application_id))
    names = (_S.c.application_id, _A.c.reference, _S.c.assessment_id, _F.c.number, _F.c.kind, _F.c.account, _F.c.confidence)
    chosen = select(*names, wrong.label("correction_id")).select_from(found).where(_S.c.lender_id == lender_id, looked_at)
    return tuple(SampledFigure(**row) for row in connection.execute(chosen.order_by(_S.c.id)).mappings())
