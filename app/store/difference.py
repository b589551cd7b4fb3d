"""What changed from one version of an application's assessment to the next, told figure by figure."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import Finding, Ratio
from app.store.rows import StoredAssessment, StoredFact


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: `what` is outcome, fact, ratio or finding; None stands for what one side does not have."""

    what: str
    name: str
    before: str | None
    after: str | None


def difference(
    before: tuple[StoredAssessment, Sequence[StoredFact]], after: tuple[StoredAssessment, Sequence[StoredFact]]
) -> tuple[Change, ...]:
    """Return what changed between two assessments, each with its facts: outcome first, then ratios, findings and facts."""
    sides = [
        (
            {("outcome", name): str(value) for name, value in _outcome(assessment).items()}
            | {("ratio", f"{ratio.id} {ratio.period}"): _ratio(ratio) for ratio in assessment.ratios}
            | {("finding", _finding(finding)): finding.message for finding in assessment.findings}
            | dict(_named(facts))
        )
        for assessment, facts in (before, after)
    ]
    old, new = sides
    names = list(dict.fromkeys((*old, *new)))
    return tuple(Change(*name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))


def _outcome(assessment: StoredAssessment) -> dict[str, object]:
    return {
        "grade": assessment.grade,
        "probability of default": assessment.probability_of_default,
        "recommendation": assessment.recommendation,
        "route": assessment.route,
    }


def _ratio(ratio: Ratio) -> str:
    return str(ratio.value) if ratio.value is not None else ratio.status.value


def _finding(finding: Finding) -> str:
    return " ".join((finding.id, *filter(None, (finding.measure,)), *finding.documents))


def _named(facts: Sequence[StoredFact]) -> list[tuple[tuple[str, str], str]]:
    """Return facts by name; a second one of the same account, period and kind is told apart by its count."""
    seen: dict[str, int] = {}
    named = []
    for fact in facts:
        name = f"{fact.kind} {fact.account} {fact.period}"
        seen[name] = seen.get(name, 0) + 1
        number = f" ({seen[name]})" if seen[name] > 1 else ""
        named.append((("fact", name + number), str(fact.value) if fact.value is not None else fact.words or ""))
    return named
