"""What must hold of a rationale before anyone sees it: each rule says what is wrong, or nothing. Listed at the bottom."""

from collections.abc import Callable

from app.domain import Rationale, Relation

#: A rationale (with the facts that were given) -> what is wrong with it, in words; empty where nothing is.
Guard = Callable[[Rationale], str]
_WHOLE = 0.01


def cites_given_facts_only(made: Rationale) -> str:
    """Hold that every cited id is that of a given fact."""
    known = {fact.id for fact in made.facts}
    unknown = [reason.fact for reason in made.reasons if reason.fact not in known]
    return f"cites {unknown[0]!r}, which is no fact that was given" if unknown else ""


def agrees_with_the_figures(made: Rationale) -> str:
    """Hold that no sound figure is said to drive the risk up, and no failing one down: there is no weak DSCR of 1.8."""
    by_id = {fact.id: fact for fact in made.facts}
    against = [r for r in made.reasons if r.fact in by_id and not by_id[r.fact].allows(r.relation)]
    if not against:
        return ""
    fact = by_id[against[0].fact]
    return f"says that {fact.id} drives the risk {against[0].relation}, while it stands at {fact.standing}"


def cites_something(made: Rationale) -> str:
    """Hold that there is at least one reason, and none that does nothing."""
    if not made.reasons:
        return "gives no reason"
    return "cites a fact as doing nothing" if any(r.relation is Relation.NEUTRAL for r in made.reasons) else ""


def cites_each_fact_once(made: Rationale) -> str:
    """Hold that no fact is cited twice."""
    cited = [reason.fact for reason in made.reasons]
    twice = [fact for fact in cited if cited.count(fact) > 1]
    return f"cites {twice[0]!r} twice" if twice else ""


def signal_is_whole(made: Rationale) -> str:
    """Hold that the probabilities of the seven grades are there and make up one."""
    whole = len(made.signal) == 7 and all(0 <= p <= 1 for p in made.signal) and abs(sum(made.signal) - 1) <= _WHOLE
    return "" if whole else "gives no probability for each of the seven grades"


def fault(made: Rationale) -> str:
    """Return what is wrong with a rationale first, or nothing."""
    return next((said for guard in GUARDS if (said := guard(made))), "")


GUARDS: tuple[Guard, ...] = (
    cites_given_facts_only,
    cites_each_fact_once,
    cites_something,
    agrees_with_the_figures,
    signal_is_whole,
)
