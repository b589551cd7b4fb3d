"""What the store gives out: plain frozen rows, each with what its readers need. Nothing of SQLAlchemy leaves the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, FromClause, Result

from app.domain import Finding, ModelVersion, Ratio

R = TypeVar("R")


def columns(kind: type[Any], table: FromClause) -> list[ColumnElement[Any]]:
    """Return the columns of `table` that a row of `kind` is made of."""
    return [table.c[field.name] for field in fields(kind) if field.name in table.c]


def make(kind: type[R], found: Result[Any]) -> R | None:
    """Return the one row that was found as `kind`, or None."""
    row = found.mappings().one_or_none()
    return None if row is None else kind(**row)


def make_all(kind: type[R], found: Result[Any]) -> tuple[R, ...]:
    """Return the rows that were found as `kind`, in their order."""
    return tuple(kind(**row) for row in found.mappings())


@dataclass(frozen=True, slots=True)
class NewApplication:
    """An application as it comes in. `reference` is the lender's own number of it: sent twice, it is one application."""

    reference: str
    borrower: str | None = None
    borrower_key: str | None = None
    product: str | None = None
    currency: str | None = None
    amount: Decimal | None = None
    total_exposure: Decimal | None = None
    jurisdiction: str | None = None
    made_on: date | None = None
    received_at: datetime | None = None
    batch_id: int | None = None


@dataclass(frozen=True, slots=True)
class Application:
    """An application as it stands. `state` is received, assessed, decided, quarantined (with the reason), cancelled or purged."""

    id: int
    reference: str
    state: str
    reason: str | None
    borrower: str | None
    borrower_key: str | None
    product: str | None
    currency: str | None
    amount: Decimal | None
    total_exposure: Decimal | None
    jurisdiction: str | None
    made_on: date | None
    received_at: datetime
    complete_at: datetime | None
    notice_due_on: date | None
    batch_id: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Applications that were sent together, and how many of them stand where."""

    id: int
    reference: str
    total: int
    states: Mapping[str, int]
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExternalFact:
    """What another source says of an application: a bureau score, a sanctions check, a lien search."""

    name: str
    value: str
    source: str
    as_of: date


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A file of an application. `state` is received, read, quarantined (with the reason), superseded or purged."""

    id: int
    application_id: int
    file: str
    sha256: bytes
    state: str
    reason: str | None
    tries: int
    superseded_by: int | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredAssessment:
    """One version of an application's assessment; its figures are facts of their own."""

    id: int
    application_id: int
    version: int
    inputs_sha256: bytes
    as_of: date
    grade: int | None
    probability_of_default: float | None
    recommendation: str
    route: str
    ratios: tuple[Ratio, ...]
    findings: tuple[Finding, ...]
    versions: tuple[ModelVersion, ...]
    content_sha256: bytes | None
    shadow: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredFact:
    """One figure or word of an assessment with its place. `number` is its place in the assessment, `account` may be a field's id."""

    assessment_id: int
    number: int
    document_id: int | None
    kind: str
    account: str
    period: str
    period_end: date | None
    value: Decimal | None
    words: str | None
    origin: str
    label: str
    printed: str
    page: int
    box: Sequence[float] | None
    method: str
    confidence: float
    auto_accept: bool
    formula: str | None
    repaired: str | None
    alternatives: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewTask:
    """What is put before a person: an assessment, why, how urgent it is, and the day by which the applicant must be told."""

    application_id: int
    assessment_id: int
    reasons: Sequence[str]
    urgency: float
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """An application that a person must look at. `revision` counts its changes: who saves on a stale one is told."""

    id: int
    application_id: int
    assessment_id: int
    state: str
    reasons: Sequence[str]
    urgency: float
    due_on: date | None
    claimed_by: str | None
    lease_until: datetime | None
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class QueuedTask:
    """A task as the queue lists it, with what of its application says which to take first. `state` is the task's."""

    id: int
    application_id: int
    state: str
    reasons: Sequence[str]
    urgency: float
    due_on: date | None
    claimed_by: str | None
    lease_until: datetime | None
    reference: str
    borrower: str | None
    product: str | None
    currency: str | None
    amount: Decimal | None
    total_exposure: Decimal | None
    received_at: datetime
    complete_at: datetime | None


@dataclass(frozen=True, slots=True)
class Correction:
    """A figure that the machine misread: what it read and what stands there. Never changed; `undoes` names one taken back."""

    task_id: int
    application_id: int
    assessment_id: int
    fact_number: int | None
    kind: str
    predicted: Mapping[str, Any]
    corrected: Mapping[str, Any]
    author: str
    why: str | None = None
    undoes: int | None = None
    id: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A figure that the page has right and the analyst sees otherwise: amount, reason and author. Never a training label."""

    application_id: int
    assessment_id: int
    kind: str
    account: str
    period: str
    amount: Decimal
    why: str
    author: str
    undoes: int | None = None
    id: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """The accountable outcome of an application, with its reasons and who answers for it."""

    application_id: int
    assessment_id: int
    outcome: str
    reasons: Sequence[str]
    decided_by: str
    conditions: Sequence[str] = ()
    override_reason: str | None = None
    seconded_by: str | None = None
    needs_second: bool = False
    id: int = 0
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """A model version put in an alias's place (champion, challenger): who did it, when and why."""

    name: str
    alias: str
    version: str
    moved_by: str
    why: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retraining:
    """A time that a model was to be retrained: why, by whom, from which dataset version, which version came of it, and what it says.

    `outcome` is trained, promoted, refused, failed, or None while it is under way. `report` is that of the comparison.
    """

    id: int
    name: str
    cause: str
    asked_by: str
    job_id: int | None
    dataset: str | None
    version: str | None
    outcome: str | None
    said: str | None
    report: Mapping[str, Any]
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Canary:
    """A challenger that serves a share of the applications; `stopped_why` has the figures where it was stopped for being worse."""

    id: int
    name: str
    version: str
    share: float
    started_by: str
    why: str
    created_at: datetime
    stopped_at: datetime | None
    stopped_by: str | None
    stopped_why: str | None


@dataclass(frozen=True, slots=True)
class FollowedApplication:
    """An application, how many steps of its job are done of how many, and what went wrong with it last, if anything did."""

    application: Application
    done: int
    total: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as its lender may see it. `outcome` is done, quarantined, cancelled, or None while it waits or runs."""

    job_id: int
    name: str
    arguments: Mapping[str, Any]
    urgency: str
    tries: int
    fault: str | None
    done: int
    total: int
    outcome: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
