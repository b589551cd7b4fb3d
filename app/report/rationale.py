"""The rationale in words: every sentence is rendered from a cited fact, so that every figure in it stands in the ratios or findings.

Nothing here was written by a model, and nothing by the borrower but the messages of the findings.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import Assessment, FactLine, Rationale, Relation, Trend
from app.report import wording
from rules.questions import QUESTIONS

HEADINGS = {Relation.UP: "Weaknesses", Relation.DOWN: "Strengths", Relation.CONFLICTS: "Looks otherwise than the risk is"}
_NAMES = {"statement_quality": "Quality of the figures read", "request": "The request against a year's revenue"}
_TREND = {Trend.BETTER: "better than a year before", Trend.WORSE: "worse than a year before", Trend.STEADY: "as a year before"}
_MOST = 6


@dataclass(frozen=True, slots=True)
class RationaleView:
    """A rationale to be shown: a heading with its sentences each, the questions for the borrower, and who says so."""

    groups: tuple[tuple[str, tuple[str, ...]], ...]
    questions: tuple[str, ...]
    author: str


def rationale_view(of: Assessment) -> RationaleView | None:
    """Return the rationale of an assessment in words, or None where it has none."""
    made = of.rationale
    if made is None:
        return None
    facts = {fact.id: fact for fact in made.facts}
    groups = []
    for relation, heading in HEADINGS.items():
        cited = [facts[reason.fact] for reason in made.reasons if reason.relation is relation and reason.fact in facts]
        if cited:
            groups.append((heading, _sentences(cited, of)))
    return RationaleView(tuple(groups), tuple(QUESTIONS[id] for id in made.questions), _author(made))


def _sentences(cited: Sequence[FactLine], of: Assessment) -> tuple[str, ...]:
    told = tuple(sentence(fact, of) for fact in cited[:_MOST])
    left = len(cited) - _MOST
    return (*told, f"and {left} more") if left > 0 else told


def sentence(fact: FactLine, of: Assessment) -> str:
    """Return a fact in words: a ratio with its value, trend and verdict; a finding with its message."""
    ratio = next((r for r in of.ratios if r.id == fact.id and r.period == "current"), None)
    finding = next((f for f in of.findings if f.id == fact.id), None)
    if finding is not None:
        return finding.message
    name = _NAMES.get(fact.id) or wording.ratio_name(fact.id)
    stands = f"{wording.outcome(ratio)}, {fact.standing}" if ratio else str(fact.standing)
    trend = f", {_TREND[fact.trend]}" if fact.trend else ""
    return f"{name}: {stands}{trend}{f', {fact.verdict} policy' if fact.verdict == 'fails' else ''}"


def _author(made: Rationale) -> str:
    if made.note:
        return made.note
    expected = sum(grade * share for grade, share in enumerate(made.signal, 1))
    return f"Given by the reasoner, version {made.author.version}; its own risk signal is {expected:.1f} of 1 (best) to 7."
