"""Queries on assessments and their facts: only ever added, each new one a version of its own. Each is one lender's."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.domain import Assessment, Field, Finding, LineItem, ModelVersion, Ratio
from app.store import tables
from app.store.applications import lock
from app.store.columns import storable
from app.store.plain import from_plain, to_plain
from app.store.rows import StoredAssessment, StoredFact, columns, make_all

_A = tables.assessments
_F = tables.facts
_RATIOS = tuple[Ratio, ...]
_FINDINGS = tuple[Finding, ...]
_VERSIONS = tuple[ModelVersion, ...]


@dataclass(frozen=True, slots=True)
class NewAssessment:
    """An assessment to be added. `inputs_sha256` is over all that it was made from: the same inputs are assessed once.

    `documents` gives the id of each file by name; `content_sha256` names the blob with the whole assessment; `seconds` is what it
    took once everything was read.
    """

    application_id: int
    assessment: Assessment
    inputs_sha256: bytes
    documents: Mapping[str, int]
    content_sha256: bytes | None = None
    shadow: bool = False
    seconds: float | None = None


def add_assessment(connection: Connection, lender_id: str, new: NewAssessment) -> int | None:
    """Add an assessment as the application's next version and return its id; None where the same inputs were assessed before."""
    lock(connection, lender_id, new.application_id)
    latest = select(func.coalesce(func.max(_A.c.version), 0)).where(_A.c.lender_id == lender_id, _A.c.application_id == new.application_id)
    version = int(connection.execute(latest).scalar_one()) + 1
    made = new.assessment
    values: dict[str, Any] = {
        "lender_id": lender_id, "application_id": new.application_id, "version": version, "inputs_sha256": new.inputs_sha256,
        "as_of": made.as_of, "grade": made.grade, "recommendation": made.recommendation, "route": made.route,
        "ratios": to_plain(_RATIOS, made.ratios),
        "findings": to_plain(_FINDINGS, made.findings),
        "versions": to_plain(_VERSIONS, made.versions),
        "content_sha256": new.content_sha256, "shadow": new.shadow, "seconds": new.seconds,
    }
    once = insert(_A).values(values).on_conflict_do_nothing(index_elements=["lender_id", "application_id", "inputs_sha256"])
    id: int | None = connection.execute(once.returning(_A.c.id)).scalar_one_or_none()
    if id is not None:
        rows = [{"lender_id": lender_id, "assessment_id": id, "number": n, **fact} for n, fact in enumerate(_facts(new), 1)]
        if rows:
            connection.execute(insert(_F), rows)
    return id


def latest_assessment(connection: Connection, lender_id: str, application_id: int) -> StoredAssessment | None:
    """Return the assessment in effect: the newest that is no challenger's."""
    chosen = _assessments(lender_id).where(_A.c.application_id == application_id, _A.c.shadow.is_(False))
    found = _read(connection, chosen.order_by(_A.c.version.desc()).limit(1))
    return found[0] if found else None


def latest_assessments(connection: Connection, lender_id: str, application_ids: Collection[int]) -> Mapping[int, StoredAssessment]:
    """Return the assessment in effect of each application that has one."""
    newest = _assessments(lender_id).ext(distinct_on(_A.c.application_id))
    chosen = newest.where(_A.c.application_id.in_(application_ids), _A.c.shadow.is_(False))
    found = _read(connection, chosen.order_by(_A.c.application_id, _A.c.version.desc()))
    return {each.application_id: each for each in found}


def assessment(connection: Connection, lender_id: str, id: int) -> StoredAssessment | None:
    """Return one assessment by its id, or None where this lender has none of that id."""
    found = _read(connection, _assessments(lender_id).where(_A.c.id == id))
    return found[0] if found else None


def content_of(connection: Connection, lender_id: str, id: int) -> bytes | None:
    """Return the SHA-256 of the file that holds a whole assessment, or None where there is none."""
    return connection.execute(select(_A.c.content_sha256).where(_A.c.lender_id == lender_id, _A.c.id == id)).scalar_one_or_none()


def assessment_before(connection: Connection, lender_id: str, application_id: int, id: int) -> int | None:
    """Return the id of the version in effect before the assessment `id` of an application, None where it is the first."""
    of = (_A.c.lender_id == lender_id, _A.c.application_id == application_id, _A.c.id < id, _A.c.shadow.is_(False))
    return connection.execute(select(_A.c.id).where(*of).order_by(_A.c.version.desc()).limit(1)).scalar_one_or_none()


def assessment_history(connection: Connection, lender_id: str, application_id: int) -> tuple[StoredAssessment, ...]:
    """Return every version of an application's assessment, oldest first."""
    return _read(connection, _assessments(lender_id).where(_A.c.application_id == application_id).order_by(_A.c.version))


def facts(connection: Connection, lender_id: str, assessment_id: int, after: int = 0, limit: int | None = None) -> tuple[StoredFact, ...]:
    """Return the facts of an assessment in its order, those after number `after`."""
    chosen = select(*columns(StoredFact, _F)).where(_F.c.lender_id == lender_id, _F.c.assessment_id == assessment_id, _F.c.number > after)
    return make_all(StoredFact, connection.execute(chosen.order_by(_F.c.number).limit(limit)))


def facts_of_account(connection: Connection, lender_id: str, account: str, since: date, limit: int = 1000) -> tuple[StoredFact, ...]:
    """Return the newest facts of one account read since a day, for monitoring."""
    chosen = select(*columns(StoredFact, _F)).where(_F.c.lender_id == lender_id, _F.c.account == account, _F.c.created_on >= since)
    return make_all(StoredFact, connection.execute(chosen.order_by(_F.c.created_on.desc()).limit(limit)))


def _assessments(lender_id: str) -> Select[Any]:
    return select(*columns(StoredAssessment, _A)).where(_A.c.lender_id == lender_id)


def _read(connection: Connection, chosen: Select[Any]) -> tuple[StoredAssessment, ...]:
    return tuple(
        StoredAssessment(
            **{
                **row,
                "ratios": from_plain(_RATIOS, row["ratios"]),
                "findings": from_plain(_FINDINGS, row["findings"]),
                "versions": from_plain(_VERSIONS, row["versions"]),
            }
        )
        for row in connection.execute(chosen).mappings()
    )


def _facts(new: NewAssessment) -> Iterator[dict[str, Any]]:
    for statement in new.assessment.spread.statements:
        for item in statement.items:
            yield _evidence(new, item) | {
                "kind": statement.kind, "account": item.account, "period": item.period.name, "period_end": item.period.end,
                "value": item.value, "words": None, "alternatives": [str(each) for each in item.alternatives],
            }
    for form in new.assessment.forms:
        for field in form.fields:
            number = field.value if isinstance(field.value, Decimal) else None
            yield _evidence(new, field) | {
                "kind": form.kind, "account": field.id, "period": field.period, "period_end": None,
                "value": number, "words": None if number is not None else str(field.value),
                "alternatives": [str(storable(each)) for each in field.alternatives],
            }


def _evidence(new: NewAssessment, read: LineItem | Field) -> dict[str, Any]:
    box = read.box
    return {
        "document_id": new.documents.get(read.file), "origin": read.origin, "label": read.label, "printed": read.text, "page": read.page,
        "box": None if box is None else [box.x0, box.top, box.x1, box.bottom], "method": read.method, "confidence": read.confidence,
        "auto_accept": read.auto_accept, "formula": read.formula, "repaired": read.repaired,
    }
