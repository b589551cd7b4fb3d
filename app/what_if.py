"""The walk from figures on, run again with changed figures: the least change that reaches the next better outcome.

Documents and the findings on them stay as they are; ratios, probability of default and policy are computed anew.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol

from app.domain import (
    UNMAPPED,
    Counterfactual,
    Debt,
    DecisionImpact,
    DocumentKind,
    Finding,
    Form,
    LineItem,
    LoanApplication,
    ModelVersion,
    Ratio,
    Recommendation,
    RiskOpinion,
    Spread,
)
from models.risk_ratios import ACCOUNTS
from rules import policy, ratios, stated
from rules.figures import Given
from rules.policy import Outcome

_ORDER = (Recommendation.APPROVE, Recommendation.REFER, Recommendation.DECLINE)
_STEPS = tuple(Decimal(n) / 20 for n in range(1, 20))  # 5 % at a time
_HALVINGS = 4
_THOUSAND = Decimal(1000)
_LONGEST_TERM = 300  # months
_OWED = ("total_liabilities",)
_OWNED = ("total_equity", "share_capital", "net_assets")
#: What is decided, and the probability of default.
_Verdict = tuple[tuple[object, ...], float | None]
_ASSETS = ("cash", "total_current_assets", "total_assets", "net_current_assets", "total_assets_less_current_liabilities")


class Rates(Protocol):
    """What the walk asks of the ensemble."""

    version: ModelVersion

    def rate(self, accounts: Mapping[str, Decimal], signal: Sequence[float] = ()) -> RiskOpinion:
        """Return the opinion on one borrower from its accounts (`prior_` for the prior period) and the reasoner's signal."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What an outcome follows from: the figures, what other documents state, and the findings that stay whatever the figures."""

    spread: Spread
    forms: tuple[Form, ...]
    application: LoanApplication | None
    findings: tuple[Finding, ...] = ()


def weigh(now: Situation, ensemble: Rates | None) -> tuple[tuple[Ratio, ...], RiskOpinion | None]:
    """Return the ratios, and the ensemble's opinion: none where there is no ensemble or no account to form one on."""
    given = stated.stated_figures(now.application, now.forms, now.spread, policy.load())
    return ratios.compute(now.spread, given), opinion(now.spread, given, ensemble)


def opinion(spread: Spread, given: Given, ensemble: Rates | None) -> RiskOpinion | None:
    """Return the ensemble's opinion on a spread and what the other documents state (`given`)."""
    accounts = ratios.accounts(spread, given, ACCOUNTS) if ensemble else {}
    return ensemble.rate(accounts) if ensemble and accounts else None


def accounts_of(now: Situation) -> dict[str, Decimal]:
    """Return the accounts that the ensemble rates a borrower by, those of the prior period too."""
    return ratios.accounts(now.spread, stated.stated_figures(now.application, now.forms, now.spread, policy.load()), ACCOUNTS)


def conclude(now: Situation, ensemble: Rates | None) -> tuple[Outcome, RiskOpinion | None]:
    """Return what policy makes of a situation, and the opinion that it heard."""
    computed, risk = weigh(now, ensemble)
    return policy.rate(computed, now.findings, policy.load(), now.application, risk), risk


def impacts(now: Situation, ensemble: Rates | None) -> tuple[DecisionImpact, ...]:
    """Return the doubtful figures that move anything, those that decide first, then by how far they move the probability.

    Doubtful is what was not accepted. Each of its other readings is tried, and that it is not there at all.
    """
    held = _verdict(now, ensemble)
    found = [
        _impact(item, held, [_verdict(replace(now, spread=spread), ensemble) for spread in _others(now.spread, number, place)])
        for number, statement in enumerate(now.spread.statements)
        for place, item in enumerate(statement.items)
        if not item.auto_accept and item.account != UNMAPPED
    ]
    return tuple(sorted((each for each in found if each.decides or each.moves), key=lambda each: (not each.decides, -each.moves)))


def stops(found: Sequence[DecisionImpact]) -> tuple[LineItem, ...]:
    """Return the figures at which a person must stop: those on which the decision hangs."""
    return tuple(each.item for each in found if each.decides)


def _others(spread: Spread, number: int, place: int) -> Iterator[Spread]:
    """Yield the spread without one figure, and with each of its other readings."""
    statement = spread.statements[number]
    item = statement.items[place]
    others = [(replace(item, value=value),) for value in dict.fromkeys(item.alternatives) if value != item.value]
    for other in ((), *others):
        changed = replace(statement, items=(*statement.items[:place], *other, *statement.items[place + 1 :]))
        yield Spread((*spread.statements[:number], changed, *spread.statements[number + 1 :]))


def _impact(item: LineItem, held: _Verdict, others: Sequence[_Verdict]) -> DecisionImpact:
    """Return what the verdicts of a figure's other readings say of it."""
    known = [probability for _, probability in (held, *others) if probability is not None]
    decides = any(decision != held[0] for decision, _ in others)
    return DecisionImpact(item, decides, min(known, default=None), max(known, default=None))


def _verdict(now: Situation, ensemble: Rates | None) -> _Verdict:
    """Return what is decided (grade, recommendation, limits missed), and the probability of default."""
    outcome, risk = conclude(now, ensemble)
    missed = frozenset((each.id, each.measure, each.severity) for each in outcome.findings)
    return (outcome.grade, outcome.recommendation, missed), risk.probability_of_default if risk else None


def counterfactuals(now: Situation, ensemble: Rates | None) -> tuple[Counterfactual, ...]:
    """Return, for each figure that the borrower can act on, the least change alone that reaches a better outcome.

    A better outcome is a better recommendation, or a better grade at the same. Where findings on the documents hold the
    application, figures cannot better the recommendation. A lever that reaches nothing is left out.
    """
    outcome, _ = conclude(now, ensemble)
    found = (_least(lever, now, outcome, ensemble) for lever in LEVERS)
    return tuple(each for each in found if each is not None)


@dataclass(frozen=True, slots=True)
class Lever:
    """A figure to act on: its amount now (None where there is none), and the situation when it is changed by a share of the whole."""

    name: str
    amount: Callable[[Situation], Decimal | None]
    changed: Callable[[Situation, Decimal], Decimal]
    applied: Callable[[Situation, Decimal], Situation]


def _least(lever: Lever, now: Situation, outcome: Outcome, ensemble: Rates | None) -> Counterfactual | None:
    """Return the least change by which `lever` betters the outcome: steps of 5 %, then halved between the last two."""
    before = lever.amount(now)
    if not before or before < 0:
        return None

    def tried(share: Decimal) -> Counterfactual | None:
        after = lever.changed(now, share)
        if after == before:
            return None
        reached, risk = conclude(lever.applied(now, after), ensemble)
        probability = risk.probability_of_default if risk else None
        made = Counterfactual(lever.name, before, after, reached.recommendation, reached.grade, probability)
        return made if _rank(reached) < _rank(outcome) else None

    low = Decimal(0)
    for share in _STEPS:
        if best := tried(share):
            break
        low = share
    else:
        return None
    high = share
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if better := tried(middle):
            best, high = better, middle
        else:
            low = middle
    return best


def _rank(outcome: Outcome) -> tuple[int, int]:
    return _ORDER.index(outcome.recommendation), outcome.grade if outcome.grade is not None else 8


# -- levers --------------------------------------------------------------------------------------------------------------


def _asked(now: Situation) -> Decimal | None:
    return now.application.facility.amount if now.application else None


def _term(now: Situation) -> Decimal | None:
    months = now.application.facility.term_months if now.application else None
    return Decimal(months) if months and months < _LONGEST_TERM else None


def _longer(now: Situation, share: Decimal) -> Decimal:
    months = _term(now) or Decimal(0)
    return min(Decimal(_LONGEST_TERM), Decimal(-(-(months * (1 + 2 * share)) // 1)))


def _with_facility(now: Situation, **changed: object) -> Situation:
    if now.application is None:
        return now
    facility = replace(now.application.facility, **changed)  # type: ignore[arg-type]
    return replace(now, application=replace(now.application, facility=facility))


def _debt(now: Situation) -> Decimal | None:
    item = _newest(now.spread, "long_term_debt")
    return item.value if item else None


def _with_debt(now: Situation, after: Decimal) -> Situation:
    """The owners repay debt from means of their own: it becomes equity, and payments fall in proportion."""
    before = _debt(now) or Decimal(1)
    moved = before - after
    deltas = {"long_term_debt": -moved, **dict.fromkeys(_OWED, -moved), **dict.fromkeys(_OWNED, moved)}
    spread = _shifted(now.spread, {**deltas, "creditors_due_after_one_year": -moved})
    if now.application is None:
        return replace(now, spread=spread)
    debts = tuple(_reduced(debt, after / before) if not debt.refinanced else debt for debt in now.application.debts)
    return replace(now, spread=spread, application=replace(now.application, debts=debts))


def _reduced(debt: Debt, share: Decimal) -> Debt:
    balance, payment = debt.balance, debt.monthly_payment
    return replace(debt, balance=balance * share if balance else balance, monthly_payment=payment * share if payment else payment)


def _equity(now: Situation) -> Decimal | None:
    item = _newest(now.spread, "total_assets")
    return item.value if item else None


def _with_equity(now: Situation, after: Decimal) -> Situation:
    """The owners pay in cash; the lever is measured by total assets, which grow by as much."""
    moved = after - (_equity(now) or Decimal(0))
    names = (*_ASSETS, *_OWNED, "total_liabilities_and_equity")
    return replace(now, spread=_shifted(now.spread, dict.fromkeys(names, moved)))


def _newest(spread: Spread, account: str) -> LineItem | None:
    """Return the newest figure of an account of the balance sheet."""
    sheets = spread.of_kind(DocumentKind.BALANCE_SHEET)
    return next((item for sheet in sheets if (item := sheet.item(account, "current")) is not None), None)


def _shifted(spread: Spread, deltas: Mapping[str, Decimal]) -> Spread:
    """Return the spread with the newest figures of balance sheets moved by `deltas`, by account."""

    def moved(items: Iterable[LineItem]) -> tuple[LineItem, ...]:
        return tuple(
            replace(i, value=i.value + deltas[i.account]) if i.account in deltas and i.period.name == "current" else i for i in items
        )

    sheet = DocumentKind.BALANCE_SHEET
    return Spread(tuple(replace(s, items=moved(s.items)) if s.kind is sheet else s for s in spread.statements))


def _down(amount: Callable[[Situation], Decimal | None]) -> Callable[[Situation, Decimal], Decimal]:
    """Return how an amount is brought down by a share: to whole thousands, where it is of many."""

    def changed(now: Situation, share: Decimal) -> Decimal:
        after = (amount(now) or Decimal(0)) * (1 - share)
        return after // _THOUSAND * _THOUSAND if after >= 20 * _THOUSAND else after.quantize(Decimal(1))

    return changed


#: What a borrower can act on.
LEVERS = (
    Lever("loan amount", _asked, _down(_asked), lambda now, after: _with_facility(now, amount=after)),
    Lever("term", _term, _longer, lambda now, after: _with_facility(now, term_months=int(after))),
    Lever("debt", _debt, _down(_debt), _with_debt),
    Lever("equity", _equity, lambda now, share: ((_equity(now) or Decimal(0)) * (1 + share)).quantize(Decimal(1)), _with_equity),
)
