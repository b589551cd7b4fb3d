"""What teaches the other models: marks on reasons teach the reasoner, what became of loans teaches the ensemble.

An adjustment, a grade or a decision is no label of either: it says what somebody thought of the borrower, not what was true. Facts are
typed words and outcomes are ratios: neither holds a name, a text or an amount.
"""

import csv
import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.blobs.storage import Blobs
from app.domain import Assessment, FactLine, Relation, Standing, Trend, User
from app.errors import UsageError
from app.review_queue.recompute import recompute
from app.store import applications, assessments, reviews
from app.store.content import read_assessment
from app.store.rows import Application, Correction
from app.what_if import Situation, accounts_of
from models.risk_ratios import FEATURES, ratios
from rules import units
from training import splits
from training.splits import Whose

#: A failure counts within so many days of the day from which the assessment looks; a survival counts after them.
HORIZON = 365
L = TypeVar("L", "MarkedFacts", "KnownOutcome")
_COLUMNS = ("application", "failed", "on")
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Mark:
    """What people said last of a reason: that the fact does do this to the risk (`useful`), or that it does not."""

    fact: str
    relation: Relation
    useful: bool


@dataclass(frozen=True, slots=True)
class MarkedFacts:
    """The facts of one assessment as the reasoner saw them, with the marks on its reasons. `name` is the assessment's id."""

    name: str
    application: int
    borrower: str
    at: str
    facts: tuple[FactLine, ...]
    marks: tuple[Mark, ...]
    part: str = ""


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """What became of a borrower within a year of its assessment, and its ratios as they stood corrected (None: not known)."""

    name: str
    application: int
    borrower: str
    at: str
    failed: bool
    ratios: tuple[float | None, ...]
    part: str = ""


def borrower_of(application: Application) -> str:
    """Return what tells a borrower from others; a version holds a number in its place."""
    known = application.borrower_key or (application.borrower or "").casefold().strip()
    return known or f"application {application.id}"


def marks_of(said: Iterable[Correction]) -> tuple[Mark, ...]:
    """Return the last mark of each reason. A reason called wrong or unsupported is one that the fact does not bear."""
    last = {(str(each.predicted["fact"]), Relation(each.predicted["relation"])): each.corrected["mark"] == "useful" for each in said}
    return tuple(Mark(fact, relation, useful) for (fact, relation), useful in last.items())


def marked_facts(application: Application, assessment_id: int, made: Assessment, marks: Sequence[Mark]) -> MarkedFacts | None:
    """Return the marks with what they speak of; None where the assessment gives no such reason."""
    known = {fact.id for fact in made.rationale.facts} if made.rationale else set[str]()
    kept = tuple(mark for mark in marks if mark.fact in known)
    if not kept or made.rationale is None:
        return None
    at = application.received_at.astimezone(UTC).isoformat()
    return MarkedFacts(str(assessment_id), application.id, borrower_of(application), at, made.rationale.facts, kept)


# -- what became of loans ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fate:
    """A row of a lender's table: whether the borrower had failed by a day, or was still paying on it."""

    failed: bool
    on: date


def read_fates(path: Path) -> Mapping[int, Fate]:
    """Read a CSV of application (its number), failed (0 or 1) and on (the day). Raises UsageError where it is none."""
    found: dict[int, Fate] = {}
    try:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if missing := [name for name in _COLUMNS if name not in (reader.fieldnames or ())]:
                raise UsageError(f"{path} lacks the columns {', '.join(missing)}.")
            for row in reader:
                number, flag = int(row["application"]), row["failed"].strip()
                if number in found or flag not in ("0", "1"):
                    raise UsageError(f"{path}, line {reader.line_num}: an application stands there once, with failed 0 or 1.")
                found[number] = Fate(flag == "1", date.fromisoformat(row["on"].strip()))
    except (OSError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} cannot be read as a table of outcomes: {error}.") from error
    return found


def known_outcomes(connection: Connection, user: User, blobs: Blobs, fates: Mapping[int, Fate], until: datetime) -> Iterator[KnownOutcome]:
    """Yield what became of assessed applications of the lender; what was not known until then, or too short after, is passed over."""
    allow(user, Act.READ_CORRECTIONS, user.lender_id)
    for id, fate in sorted(fates.items()):
        application = applications.application(connection, user.lender_id, id)
        newest = assessments.latest_assessment(connection, user.lender_id, id)
        sha256 = assessments.content_of(connection, user.lender_id, newest.id) if newest else None
        if application is None or newest is None or sha256 is None or fate.on > until.date():
            continue
        made = read_assessment(blobs.read_bytes(user.lender_id, sha256.hex()))
        failed = within_horizon(fate, made.as_of)
        if failed is None:
            continue
        said = [each for each in reviews.corrections(connection, user.lender_id, id) if each.assessment_id == newest.id]
        known = recompute(made, [each for each in said if each.created_at and each.created_at <= until], own=newest.id).assessment
        at = application.received_at.astimezone(UTC).isoformat()
        yield KnownOutcome(str(newest.id), id, borrower_of(application), at, failed, ratios_of(known))


def within_horizon(fate: Fate, as_of: date) -> bool | None:
    """Say whether the borrower failed within a year of the day; None where that is not known yet, or was known before."""
    if fate.on <= as_of:
        return None
    if fate.failed:
        return fate.on <= as_of + timedelta(days=HORIZON)
    return False if fate.on >= as_of + timedelta(days=HORIZON) else None


def ratios_of(made: Assessment) -> tuple[float | None, ...]:
    """Return what the scorecard weighs, in the order of its features."""
    accounts = accounts_of(Situation(units.in_one_unit(made.spread, made.forms), made.forms, made.application))
    row = ratios({name: np.array([float(value)]) for name, value in accounts.items()} or {"revenue": np.array([math.nan])})[0]
    return tuple(None if math.isnan(value) else float(f"{value:.{_DIGITS}g}") for value in row.tolist())


# -- as a version keeps them -------------------------------------------------------------------------------------------


def fates_sha256(path: Path) -> str:
    """Return the SHA-256 of a table of outcomes, for the lineage."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def shared_out(found: Sequence[L]) -> tuple[L, ...]:
    """Return lessons with their parts: by borrower and time, as pages are."""
    part = splits.split([Whose(each.name, each.borrower, datetime.fromisoformat(each.at), _strata(each), "") for each in found])
    return tuple(replace(each, part=part[each.name]) for each in found)


def _strata(of: MarkedFacts | KnownOutcome) -> tuple[tuple[str, str], ...]:
    if isinstance(of, KnownOutcome):
        return (("failed", str(of.failed)),)
    return tuple((mark.relation.value, str(mark.useful)) for mark in of.marks)


def read_marked(told: dict[str, Any]) -> MarkedFacts:
    """Return marked facts as a version's file holds them."""
    facts = tuple(
        FactLine(each["id"], each["name"], Standing(each["standing"]), Trend(each["trend"]) if each["trend"] else None, each["verdict"])
        for each in told["facts"]
    )
    marks = tuple(Mark(each["fact"], Relation(each["relation"]), bool(each["useful"])) for each in told["marks"])
    return MarkedFacts(**{**told, "facts": facts, "marks": marks})


def read_outcome(told: dict[str, Any]) -> KnownOutcome:
    """Return a known outcome as a version's file holds it. Raises ValueError where the scorecard weighs something else by now."""
    if len(told["ratios"]) != len(FEATURES):
        raise ValueError("its ratios are not those of this version's scorecard")
    return KnownOutcome(**{**told, "ratios": tuple(told["ratios"])})
