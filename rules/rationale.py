"""Fact lines -> the rationale that a banker could write as rules: what serves without a reasoner, and the yardstick for one.

Weak standings and failed limits drive the risk up, strong ones down; a few pairs of facts that bankers read together conflict.
"""

from collections.abc import Mapping, Sequence

from app.domain import FactLine, ModelVersion, Rationale, Reason, Relation, Standing, Trend
from rules.questions import questions

VERSION = ModelVersion("rationale", "1", "")
_LOW = (Standing.POOR, Standing.WEAK)
_HIGH = (Standing.GOOD, Standing.STRONG)
#: Facts that speak for themselves; how fast stock or customers turn, and how thick a margin is, differs by trade.
_KEY = frozenset(("coverage", "history", "stress", "interest", "fixed", "global", "cash", "debt", "leverage", "assets", "current", "operating"))
_FINDINGS = frozenset(("sums", "balance", "roll", "ties", "documents", "plausible", "forged", "reading"))
_WEIGHTS = {Standing.POOR: 0.9, Standing.WEAK: 0.6, Standing.FAIR: 0.4, Standing.GOOD: 0.5, Standing.STRONG: 0.8}


def rationale(facts: Sequence[FactLine], note: str = "") -> Rationale:
    """Return the rule-based rationale of `facts`; `note` says why it stands in for the reasoner's."""
    seen = {fact.name: fact for fact in facts}
    related = [(fact, relation(fact, seen)) for fact in facts]
    reasons = tuple(Reason(fact.id, found, _weight(fact)) for fact, found in related if found is not Relation.NEUTRAL)
    asked = questions(reasons, {fact.id: fact.name for fact in facts})
    return Rationale(tuple(facts), tuple(sorted(reasons, key=lambda r: -r.weight)), asked, (), VERSION, note)


def relation(fact: FactLine, seen: Mapping[str, FactLine]) -> Relation:
    """Return what `fact` does to the risk, beside the others `seen` (by name)."""
    if fact.name in _FINDINGS:
        return Relation.UP if fact.standing in _LOW else Relation.NEUTRAL
    if _looks_otherwise(fact, seen):
        return Relation.CONFLICTS
    key = fact.name in _KEY
    if fact.verdict == "fails" or fact.standing is Standing.POOR:
        return Relation.UP if fact.allows(Relation.UP) else Relation.NEUTRAL
    if fact.trend is Trend.WORSE and (fact.standing is Standing.WEAK or (key and fact.standing is Standing.FAIR)):
        return Relation.UP
    if fact.standing is Standing.WEAK:
        return Relation.UP if key and fact.trend is not Trend.BETTER else Relation.NEUTRAL
    if fact.standing is Standing.STRONG or (fact.standing is Standing.GOOD and (key or fact.trend is Trend.BETTER)):
        return Relation.DOWN if fact.trend is not Trend.WORSE else Relation.NEUTRAL
    return Relation.NEUTRAL


def _looks_otherwise(fact: FactLine, seen: Mapping[str, FactLine]) -> bool:
    """Say whether bankers read `fact` against its look, because of another one."""

    def stands(name: str, *standings: Standing) -> bool:
        return name in seen and seen[name].standing in standings

    def turned(name: str, trend: Trend) -> bool:
        return name in seen and seen[name].trend is trend

    low, high = fact.standing in _LOW, fact.standing in _HIGH
    match fact.name:
        case "fixed":  # one year's investment weighs in fixed charges, not in the cash that comes again
            return low and stands("coverage", *_HIGH) and stands("history", *_HIGH)
        case "growth" | "earnings":  # growth that customers have not paid for
            return high and stands("cash", *_LOW) and (turned("sales", Trend.WORSE) or turned("inventory", Trend.WORSE))
        case "leverage" | "assets":
            return low and fact.trend is Trend.BETTER and stands("coverage", Standing.STRONG)
        case "current" | "quick":  # who sells for cash and turns stock fast lives on its suppliers' credit
            return low and stands("inventory", Standing.STRONG) and stands("sales", Standing.STRONG) and stands("cash", *_HIGH)
    return False


def _weight(fact: FactLine) -> float:
    """Return how much a fact weighs: its standing, more where policy's limit is missed or the figure is moving."""
    moved = 0.1 if fact.trend in (Trend.WORSE, Trend.BETTER) else 0.0
    return round(min(1.0, _WEIGHTS[fact.standing] + moved + (0.2 if fact.verdict == "fails" else 0.0)), 2)
