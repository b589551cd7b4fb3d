"""The random audit sample: of what nobody needs to look at, some is looked at all the same, by reviewers who are not told.

What is drawn follows from the seed and the assessment alone, is stored with it, and can be drawn again. An error that is found
lists what the same model versions accepted in the same field family.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.domain import UNMAPPED, Assessment, Figure, ModelVersion, Origin, Route, User
from app.errors import UsageError
from app.report.parts import LOW_CONFIDENCE
from app.review_queue.recompute import figures_by_number
from app.store import assessments, audit_samples
from app.store.audit_samples import AffectedDecision, Drawn, SampledFigure
from rules.policy import Policy

#: The models that say what a figure is; the others judge what the figures mean.
_READING = ("extractor", "page_kind", "confidence")
_OF_A_CLEARED = 5  # figures to compare of an application that policy had cleared


@dataclass(frozen=True, slots=True)
class Affected:
    """What an error may concern besides: the field family, the model versions, how many figures they accepted, and the newest."""

    kind: str
    account: str
    versions: tuple[ModelVersion, ...]
    number: int
    decisions: tuple[AffectedDecision, ...]


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What the sample showed so far: drawn, looked at, and found wrong."""

    applications: int
    figures: int
    checked: int
    errors: tuple[SampledFigure, ...]

    @property
    def error_rate(self) -> float | None:
        """Return the share of the figures looked at that were wrong; None where none was."""
        return len(self.errors) / self.checked if self.checked else None


def draw(made: Assessment, inputs: bytes, seed: str, policy: Policy) -> tuple[Drawn, ...]:
    """Return what is drawn of an assessment: nothing, single figures, or a cleared application with some of its figures."""
    luck = {number: _luck(seed, inputs, number) for number, figure in figures_by_number(made).items() if passed_unseen(figure)}
    if made.route is Route.AUTO_CLEAR:
        share = policy.values["audit_applications"].value
        if _luck(seed, inputs, 0) >= share:
            return ()
        return (Drawn((None, *sorted(luck, key=lambda number: luck[number])[:_OF_A_CLEARED]), seed, share),)
    share = policy.values["audit_figures"].value
    return (Drawn([number for number, each in luck.items() if each < share], seed, share),)


def as_doubtful(made: Assessment, numbers: frozenset[int]) -> Assessment:
    """Return an assessment in which the figures drawn look like any other that a person must compare."""
    if not numbers:
        return made
    drawn = {id(figure): _doubted(figure, number) for number, figure in figures_by_number(made).items() if number in numbers}
    statements = [replace(s, items=_with(s.items, drawn)) for s in made.spread.statements]
    forms = [replace(form, fields=_with(form.fields, drawn)) for form in made.forms]
    return replace(made, spread=replace(made.spread, statements=tuple(statements)), forms=tuple(forms))


def affected_decisions(connection: Connection, user: User, correction_id: int, limit: int = 200) -> Affected:
    """Return what the same model versions accepted in the field family of the figure that a correction found wrong."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    found = audit_samples.correction(connection, user.lender_id, correction_id)
    if found is None or found.fact_number is None:
        raise UsageError("There is no such correction of a figure that was read.")
    wrong = audit_samples.fact(connection, user.lender_id, found.assessment_id, found.fact_number)
    made = assessments.assessment(connection, user.lender_id, found.assessment_id)
    if wrong is None or made is None:
        raise UsageError("What was read of this application was removed at the end of its retention.")
    versions = tuple(version for version in made.versions if version.name in _READING)
    number, decisions = audit_samples.affected(connection, user.lender_id, wrong, versions, limit)
    return Affected(wrong.kind, wrong.account, versions, number, decisions)


def audit_result(connection: Connection, user: User) -> AuditResult:
    """Return what the sample showed so far. Reviewers are not told which figures are in it."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    applications, figures = audit_samples.sizes(connection, user.lender_id)
    checked = audit_samples.checked_figures(connection, user.lender_id)
    return AuditResult(applications, figures, len(checked), tuple(each for each in checked if each.correction_id is not None))


def passed_unseen(figure: Figure) -> bool:
    """Say whether a figure passes without a person, unless it is drawn."""
    return figure.auto_accept and figure.origin is Origin.READ and figure.concept != UNMAPPED


def _luck(seed: str, inputs: bytes, number: int) -> Decimal:
    """Return a number from 0 to 1 that the seed, the assessment's inputs and the figure determine."""
    drawn = hashlib.sha256(f"{seed} {inputs.hex()} {number}".encode()).digest()
    return Decimal(int.from_bytes(drawn[:8])) / 2**64


def _doubted(figure: Figure, number: int) -> Figure:
    """Return a figure as one that was read with doubt: no mark of its own tells it from others."""
    shown = LOW_CONFIDENCE * (0.8 + 0.19 * (number * 0.618 % 1))
    return replace(figure, auto_accept=False, confidence=min(figure.confidence, shown))


def _with(items: Iterable[Figure], drawn: Mapping[int, Figure]) -> tuple[Any, ...]:
    return tuple(drawn.get(id(item), item) for item in items)
