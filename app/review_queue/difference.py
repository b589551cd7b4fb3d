"""What a correction changed, for whoever made it: outcome first, then ratios and findings."""

from dataclasses import dataclass

from app.domain import Assessment
from app.report import wording


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: `what` is outcome, ratio or finding; None stands for what one side does not have."""

    what: str
    name: str
    before: str | None
    after: str | None


def difference(before: Assessment, after: Assessment) -> tuple[Change, ...]:
    """Return what differs between two assessments of one application in what follows from the figures."""
    sides = (_told(before), _told(after))
    names = dict.fromkeys((*sides[0], *sides[1]))
    return tuple(Change(*name, sides[0].get(name), sides[1].get(name)) for name in names if sides[0].get(name) != sides[1].get(name))


def _told(made: Assessment) -> dict[tuple[str, str], str]:
    """Return what follows from the figures by name: ratios of the newest period only, as a person compares them."""
    outcome = {
        ("outcome", "recommendation"): wording.RECOMMENDATION[made.recommendation][0],
        ("outcome", "route"): wording.ROUTE[made.route][0],
        ("outcome", "grade"): wording.grade(made.grade),
    }
    ratios = {("ratio", ratio.id): wording.outcome(ratio) for ratio in made.ratios if ratio.period == "current"}
    return outcome | ratios | {("finding", f"{each.id}: {each.message}"): each.message for each in made.findings}
