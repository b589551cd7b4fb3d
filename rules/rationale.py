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
_COVERAGE = frozenset(("coverage", "history", "stress", "interest", "fixed", "global", "cash"))
_KEY = _COVERAGE | {"debt", "leverage", "assets", "current", "operating", "profit", "earnings", "growth", "collateral", "request"}
#: Their decline tells before their standing does.
_TELLING = frozenset(("history", "interest", "debt", "operating", "profit", "sales", "margin"))
#: Strict measures, of which weak is still common.
_STRICT = frozenset(("stress", "fixed"))
#: Findings that cast doubt on what the books show; the others ask for papers, and say nothing of the risk.
_DOUBTS = frozenset(("ties", "forged"))
_PAPERS = frozenset(("sums", "balance", "roll", "documents", "plausible", "reading", "statements"))
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
    if fact.name in _DOUBTS | _PAPERS:
        return Relation.UP if fact.name in _DOUBTS and fact.standing in _LOW else Relation.NEUTRAL
    if _looks_otherwise(fact, seen):
        return Relation.CONFLICTS
    found = Relation.UP if _weighs(fact) else Relation.DOWN if _carries(fact) else Relation.NEUTRAL
    return found if fact.allows(found) else Relation.NEUTRAL


def _weighs(fact: FactLine) -> bool:
    """Say whether a fact, by itself, drives the risk up: it is poor or fails, or a telling one declines."""
    if fact.trend is Trend.WORSE and (fact.standing in (*_LOW, Standing.FAIR) or fact.name in _TELLING):
        return fact.standing is not Standing.STRONG
    if fact.name == "years":
        return fact.standing is Standing.POOR
    if fact.name == "overdraft":
        return fact.standing in (*_LOW, Standing.FAIR)
    low = fact.standing is Standing.POOR or (fact.standing is Standing.WEAK and fact.name in _KEY - _STRICT)
    return (low or fact.verdict == "fails") and fact.trend is not Trend.BETTER and fact.name in _KEY


def _carries(fact: FactLine) -> bool:
    """Say whether a fact, by itself, drives the risk down: a key one is strong, and not only since this year."""
    strong = fact.standing is Standing.STRONG or (fact.name == "growth" and fact.standing is Standing.GOOD)
    return strong and fact.name in _KEY | {"years"} and fact.trend in (None, Trend.STEADY)


def _looks_otherwise(fact: FactLine, seen: Mapping[str, FactLine]) -> bool:
    """Say whether bankers read `fact` against its look, because of another one."""

    def stands(name: str, *standings: Standing) -> bool:
        return name in seen and seen[name].standing in standings

    def worse(name: str) -> bool:
        return name in seen and seen[name].trend is Trend.WORSE

    low, strong = fact.standing in _LOW, fact.standing is Standing.STRONG
    if strong and fact.trend is not Trend.WORSE and stands("ties", Standing.POOR) and worse("sales"):
        return fact.name in _KEY - {"years", "collateral", "request"}  # sales that nobody paid for
    match fact.name:
        case "fixed":  # one year's investment weighs in fixed charges, not in the cash that comes again
            return low and stands("coverage", *_HIGH)
        case "growth" | "earnings":  # growth that customers have not paid for
            return strong and worse("sales")
        case "debt" | "assets" | "leverage" | "turnover":  # debt bought assets that are yet to earn
            return fact.trend is Trend.WORSE and worse("debt") and worse("turnover") and not worse("operating")
        case "inventory" | "payable":  # stock that the suppliers wait for
            return worse("inventory") and worse("payable")
        case "current" | "quick":  # who sells for cash lives on the suppliers' credit
            return low and fact.trend is not Trend.WORSE and stands("sales", Standing.STRONG)
    return False


def _weight(fact: FactLine) -> float:
    """Return how much a fact weighs: its standing, more where policy's limit is missed or the figure is moving."""
    moved = 0.1 if fact.trend in (Trend.WORSE, Trend.BETTER) else 0.0
    return round(min(1.0, _WEIGHTS[fact.standing] + moved + (0.2 if fact.verdict == "fails" else 0.0)), 2)
