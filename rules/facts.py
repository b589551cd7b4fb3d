"""Ratios, findings and the request -> fact lines: what the opinion may rest on, each with its id, standing, trend and verdict.

Stands before the reasoner and the rule-based rationale, which see nothing else. Only ids and closed lists of words leave here:
no name, message or other text of a document.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from app.domain import FactLine, Finding, Ratio, RatioStatus, Severity, Standing, Trend
from rules.limits import Limit
from rules.policy_file import Section, read

DEFAULT = Path(__file__).with_name("standing.yaml")
#: The word under which the reasoner reads a finding, by its theme. Policy's findings are the verdicts of the ratios.
THEMES = {
    "foots": "sums",
    "balances": "balance",
    "rolls": "roll",
    "ties": "ties",
    "complete": "documents",
    "plausible": "plausible",
    "untampered": "forged",
    "reading": "reading",
}
_SEVERITIES = {Severity.HIGH: Standing.POOR, Severity.MEDIUM: Standing.WEAK, Severity.LOW: Standing.FAIR}
_MOST_FINDINGS = 4
_STEPS = tuple(Standing)


@dataclass(frozen=True, slots=True)
class Scale:
    """How good a measure is: four limits between the five standings, and the change since the prior period that is a trend."""

    measure: str
    name: str
    limits: tuple[Decimal, ...]
    at_least: bool
    steady: Decimal | None
    points: Decimal | None

    def standing(self, value: Decimal) -> Standing:
        """Return the standing of `value`, compared unrounded."""
        return _STEPS[sum(value >= limit if self.at_least else value <= limit for limit in self.limits)]

    def trend(self, now: Decimal, before: Decimal) -> Trend | None:
        """Return where the measure went, or None where it has no trend."""
        margin = self.points if self.points is not None else abs(before) * self.steady if self.steady is not None else None
        if margin is None:
            return None
        moved = now - before if self.at_least else before - now
        return Trend.STEADY if abs(moved) <= margin else Trend.BETTER if moved > 0 else Trend.WORSE


def fact_lines(
    ratios: Sequence[Ratio], findings: Sequence[Finding], measures: Mapping[str, Decimal], limits: Mapping[str, Limit]
) -> tuple[FactLine, ...]:
    """Return the facts of an application in a fixed order: ratios of the current period, then `measures`, then the worst findings.

    `measures` are statement_quality and request, as far as known. What cannot be computed is left out.
    """
    current = {ratio.id: ratio for ratio in ratios if ratio.period == "current"}
    prior = {ratio.id: ratio.value for ratio in ratios if ratio.period == "prior"}
    lines = []
    for id, scale in scales().items():
        if id in measures:
            lines.append(FactLine(id, scale.name, scale.standing(measures[id])))
        elif id in current and current[id].status is not RatioStatus.NOT_COMPUTABLE:
            lines.append(_line(current[id], prior.get(id), scale, limits.get(id)))
    return (*lines, *_finding_lines(findings))


def _line(ratio: Ratio, before: Decimal | None, scale: Scale, limit: Limit | None) -> FactLine:
    if ratio.value is None:
        poor = ratio.status is RatioStatus.NOT_MEANINGFUL
        verdict = "fails" if poor else "passes"
        return FactLine(ratio.id, scale.name, Standing.POOR if poor else Standing.STRONG, None, verdict if limit else None)
    trend = scale.trend(ratio.value, before) if before is not None else None
    return FactLine(ratio.id, scale.name, scale.standing(ratio.value), trend, limit.verdict(ratio.value) if limit else None)


def _finding_lines(findings: Sequence[Finding]) -> list[FactLine]:
    """Return a line for each check that failed, the worst first; a check that failed often counts once."""
    weights = list(_SEVERITIES)
    told = sorted((f for f in findings if f.theme in THEMES and f.severity in _SEVERITIES), key=lambda f: weights.index(f.severity))
    worst = list({f.id: f for f in reversed(told)}.values())[::-1]
    return [FactLine(f.id, THEMES[f.theme], _SEVERITIES[f.severity]) for f in worst[:_MOST_FINDINGS]]


@lru_cache
def scales(path: Path = DEFAULT) -> Mapping[str, Scale]:
    """Return the scale of every measure. Raise SetupError where the file is missing or contradicts itself."""
    return {id: _scale(id, section) for id, section in read(path).sections()}


def _scale(id: str, section: Section) -> Scale:
    section.only("name", "at_least", "at_most", "steady", "points")
    direction = section.direction("at_least", "at_most")
    limits = section.numbers(direction)
    if len(limits) != len(_STEPS) - 1 or list(limits) != sorted(set(limits), reverse=direction == "at_most"):
        raise section.wrong(f"{direction} must name {len(_STEPS) - 1} limits, the worst first")
    given = {key: section.number(key) for key in ("steady", "points") if key in section.entries()}
    return Scale(id, section.text("name"), limits, direction == "at_least", given.get("steady"), given.get("points"))
