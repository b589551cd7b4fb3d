"""What drives an invented borrower's risk, planted cause first: each cause moves the books, and the ratios follow.

Whether a fact is a driver is read off by taking its cause away again: no threshold, and nothing that the rules know.
"""

import math
import random
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from app.domain import Relation, Severity
from training.books_in_brief import TRADES, Borrower, Year, measures, sound_borrower

#: Moves the books of a borrower by a strength of about one.
Move = Callable[[Borrower, float], Borrower]
#: A fact is a cause's doing from this share of the spread between sound borrowers on.
_MATERIAL = 0.6
_SAMPLE = 250
_CLIP = 6.0
#: Measures of which less is better.
_LESS = frozenset((
    *("debt_to_ebitda", "liabilities_to_tangible_net_worth", "debt_to_assets", "days_receivable", "days_inventory", "days_payable"),
    *("ltv", "nsf_items", "request"),
))  # fmt: skip
#: Measures that have no end on the good or the bad side.
_OPEN_ENDED = frozenset((
    *("dscr", "dscr_historical", "dscr_at_80_percent_revenue", "fccr", "interest_coverage", "uca_coverage", "years_in_business"),
    *("debt_to_ebitda", "liabilities_to_tangible_net_worth", "ebitda_growth"),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause: what it moves, what it does to the log-odds of trouble at strength one, and the check that notices it, if any."""

    name: str
    effect: float
    move: Move
    finding: tuple[str, str, Severity] | None = None


def _now(of: Borrower, **amounts: float) -> Borrower:
    return replace(of, now=replace(of.now, **amounts))


def _both(of: Borrower, change: Callable[[Year], Year]) -> Borrower:
    return replace(of, prior=change(of.prior), now=change(of.now))


def demand_falls(of: Borrower, s: float) -> Borrower:
    """Customers stay away; costs follow only in part."""
    lost = 0.16 * s
    return _now(of, revenue=of.now.revenue * (1 - lost), operating_cost=of.now.operating_cost * (1 - 0.35 * lost))


def margin_is_squeezed(of: Borrower, s: float) -> Borrower:
    """Suppliers cost more and prices do not follow."""
    return _now(of, gross_margin=of.now.gross_margin - 0.045 * s)


def costs_creep(of: Borrower, s: float) -> Borrower:
    """Overheads grow without sales."""
    return _now(of, operating_cost=of.now.operating_cost + 0.045 * s * of.now.revenue)


def too_much_is_borrowed(of: Borrower, s: float) -> Borrower:
    """Old debts weigh on every year."""
    return _both(of, lambda y: replace(y, debt=y.debt + 0.22 * s, principal=y.principal * 0.85))


def owners_stake_is_thin(of: Borrower, s: float) -> Borrower:
    """Others than the owners have paid for the assets."""
    return _both(of, lambda y: replace(y, other_debts=y.other_debts + 0.14 * s))


def customers_pay_late(of: Borrower, s: float) -> Borrower:
    """Sales are not collected: cash goes, suppliers wait a little."""
    days = of.now.receivable_days * (1 + 0.55 * s) + 8 * s
    lent = of.now.revenue * (days - of.now.receivable_days) / 365
    return _now(of, receivable_days=days, cash=of.now.cash * 0.5, other_debts=of.now.other_debts + 0.5 * lent)


def stock_does_not_move(of: Borrower, s: float) -> Borrower:
    """Stock grows old in the store; it was paid for."""
    days = of.now.inventory_days * (1 + 0.5 * s) + 12 * s
    return _now(of, inventory_days=days, cash=of.now.cash * 0.5, gross_margin=of.now.gross_margin - 0.01 * s)


def cash_runs_out(of: Borrower, s: float) -> Borrower:
    """Bills are paid late and the bank returns items."""
    moved = _now(of, payable_days=of.now.payable_days * (1 + 0.5 * s), cash=of.now.cash * 0.25)
    return replace(moved, unpaid_items=of.unpaid_items + round(4 * s))


def owners_draw(of: Borrower, s: float) -> Borrower:
    """The owners take out more than the business can do without."""
    return _now(of, draws=of.now.draws + 0.035 * s * of.now.revenue, cash=of.now.cash * 0.6)


def too_much_is_asked(of: Borrower, s: float) -> Borrower:
    """The request is beyond the business and its collateral."""
    return replace(of, request=of.request * (1 + 1.1 * s), collateral=of.collateral * (1 + 0.4 * s))


def business_is_young(of: Borrower, s: float) -> Borrower:
    """There is hardly a record."""
    return replace(of, years=of.years * 0.22 / s)


def sales_are_invented(of: Borrower, s: float) -> Borrower:
    """Sales that nobody paid for stand in the books."""
    revenue, made = of.now.revenue * (1 + 0.13 * s), 0.13 * s * of.now.revenue
    days = (of.now.receivables + made) / revenue * 365
    return _now(of, revenue=revenue, receivable_days=days, gross_margin=(of.now.revenue * of.now.gross_margin + made) / revenue)


def documents_are_forged(of: Borrower, s: float) -> Borrower:
    """A document was changed after it was issued; its figures look fine."""
    return _now(of, cash=of.now.cash * (1 + 0.8 * s))


def growth_outruns_cash(of: Borrower, s: float) -> Borrower:
    """Sales leap on credit given to anyone."""
    moved = _now(of, revenue=of.now.revenue * (1 + 0.25 * s), operating_cost=of.now.operating_cost * (1 + 0.24 * s), cash=of.now.cash * 0.3)
    return _now(moved, receivable_days=moved.now.receivable_days * (1 + 0.35 * s) + 6, payable_days=moved.now.payable_days * (1 + 0.25 * s))


def one_investment_is_made(of: Borrower, s: float) -> Borrower:
    """A machine or a fit-out is paid from cash, once; what it earns is still to come."""
    paid = min(0.11 * s, of.now.cash * 0.7 + 0.06 * s)
    return _now(of, investment=of.now.investment + paid, fixed_assets=of.now.fixed_assets + paid, cash=of.now.cash * 0.45)


def expansion_is_financed(of: Borrower, s: float) -> Borrower:
    """Debt bought assets worth as much; interest is carried easily, repayment starts later."""
    lent = 0.16 * s
    moved = _now(of, debt=of.now.debt + lent, fixed_assets=of.now.fixed_assets + lent, rate=of.now.rate * 0.9)
    return _now(moved, principal=of.now.principal * of.now.debt / moved.now.debt)


def stock_is_laid_in(of: Borrower, s: float) -> Borrower:
    """Stock for the season stands in the store, and the suppliers wait for it as agreed."""
    more = 14 * s + 0.3 * s * of.now.inventory_days
    return _now(of, inventory_days=of.now.inventory_days + more, payable_days=of.now.payable_days + more)


def suppliers_carry_the_trade(of: Borrower, s: float) -> Borrower:
    """Customers pay at once and suppliers later, year after year: little is current, and little is needed."""
    quick = {"receivable_days": 4.0, "cash": 0.03}
    return _both(of, lambda y: replace(y, **quick, inventory_days=y.inventory_days * 0.6, payable_days=y.payable_days * (1 + 0.25 * s)))


def earnings_are_strong(of: Borrower, s: float) -> Borrower:
    """The business earns well, year after year."""
    return _both(of, lambda y: replace(y, operating_cost=y.operating_cost - 0.05 * s * y.revenue, cash=y.cash * (1 + 0.2 * s)))


def debts_are_low(of: Borrower, s: float) -> Borrower:
    """Hardly anything is borrowed."""
    return _both(of, lambda y: replace(y, debt=y.debt * 0.35 / s, other_debts=y.other_debts * 0.5))


def cash_is_ample(of: Borrower, s: float) -> Borrower:
    """The owners keep a cushion."""
    return _both(of, lambda y: replace(y, cash=y.cash + 0.11 * s))


def little_is_asked(of: Borrower, s: float) -> Borrower:
    """The request is small for the business."""
    return replace(of, request=of.request * 0.4 / s, collateral=of.collateral * 0.5 / s)


def collateral_is_ample(of: Borrower, s: float) -> Borrower:
    """What secures the loan is worth far more."""
    return replace(of, collateral=of.collateral * (1 + 0.9 * s))


def business_is_proven(of: Borrower, s: float) -> Borrower:
    """It has seen good and bad years."""
    return replace(of, years=of.years + 16 * s)


def growth_pays(of: Borrower, s: float) -> Borrower:
    """Sales grow, costs follow in part, and customers pay."""
    return _now(of, revenue=of.now.revenue * (1 + 0.13 * s), operating_cost=of.now.operating_cost * (1 + 0.07 * s))


def bad_year_is_past(of: Borrower, s: float) -> Borrower:
    """The year before was bad; the cause is gone."""
    return replace(of, prior=replace(of.prior, gross_margin=of.prior.gross_margin - 0.045 * s, revenue=of.prior.revenue * (1 - 0.05 * s)))


_TIES = ("revenue_agrees_with_the_tax_return", "ties", Severity.HIGH)
_FORGED = ("file_was_not_changed_after_it_was_made", "untampered", Severity.HIGH)
#: Every cause. An effect of none: it looks otherwise than it is.
CAUSES = (
    Cause("demand falls", 1.2, demand_falls),
    Cause("margin is squeezed", 1.0, margin_is_squeezed),
    Cause("costs creep", 0.9, costs_creep),
    Cause("too much is borrowed", 1.1, too_much_is_borrowed),
    Cause("the owners' stake is thin", 0.7, owners_stake_is_thin),
    Cause("customers pay late", 0.8, customers_pay_late),
    Cause("stock does not move", 0.8, stock_does_not_move),
    Cause("cash runs out", 1.2, cash_runs_out),
    Cause("owners draw", 0.8, owners_draw),
    Cause("too much is asked", 0.9, too_much_is_asked),
    Cause("the business is young", 0.7, business_is_young),
    Cause("sales are invented", 1.4, sales_are_invented, _TIES),
    Cause("documents are forged", 1.3, documents_are_forged, _FORGED),
    Cause("growth outruns cash", 0.9, growth_outruns_cash),
    Cause("one investment is made", 0.0, one_investment_is_made),
    Cause("an expansion is financed", 0.0, expansion_is_financed),
    Cause("stock is laid in", 0.0, stock_is_laid_in),
    Cause("suppliers carry the trade", 0.0, suppliers_carry_the_trade),
    Cause("earnings are strong", -1.0, earnings_are_strong),
    Cause("debts are low", -0.9, debts_are_low),
    Cause("cash is ample", -0.7, cash_is_ample),
    Cause("little is asked", -0.5, little_is_asked),
    Cause("collateral is ample", -0.5, collateral_is_ample),
    Cause("the business is proven", -0.5, business_is_proven),
    Cause("growth pays", -0.7, growth_pays),
    Cause("a bad year is past", -0.4, bad_year_is_past),
)
#: (cause, other cause, share of its effect that is left beside the other): who earns well carries debt, who has cash waits.
_EASED = (
    ("too much is borrowed", "earnings are strong", 0.2),
    ("owners draw", "cash is ample", 0.3),
    ("customers pay late", "cash is ample", 0.5),
    ("growth outruns cash", "cash is ample", 0.3),
)
#: Below this a harmful cause no longer drives the risk: its traces look worse than they are.
_HARMLESS = 0.35


@dataclass(frozen=True, slots=True)
class Planted:
    """A borrower with what was planted: (cause, strength), its ratios, and what each measure does to the risk."""

    causes: tuple[tuple[Cause, float], ...]
    values: dict[str, dict[str, float | None]]
    relations: Mapping[str, Relation]
    risk: float


def plant(rng: random.Random) -> Planted:
    """Return a borrower with one to four causes."""
    chosen = rng.sample(CAUSES, rng.choices((1, 2, 3, 4), (1, 3, 3, 2))[0])
    causes = tuple((cause, rng.uniform(0.65, 1.5)) for cause in chosen)
    sound = sound_borrower(rng, rng.choice(TRADES))
    values = measures(_moved(sound, causes))
    effects = {cause.name: _effect(cause, s, {c.name for c in chosen}) for cause, s in causes}
    without = {cause.name: measures(_moved(sound, [pair for pair in causes if pair[0] is not cause]))["current"] for cause in chosen}
    relations = {id: _relation(id, values["current"][id], without, effects) for id in values["current"]}
    return Planted(causes, values, relations, sum(effects.values()) + rng.gauss(0, 0.1))


def _moved(of: Borrower, causes: "tuple[tuple[Cause, float], ...] | list[tuple[Cause, float]]") -> Borrower:
    for cause, strength in causes:
        of = cause.move(of, strength)
    return of


def _effect(cause: Cause, strength: float, beside: set[str]) -> float:
    left = math.prod(share for one, other, share in _EASED if one == cause.name and other in beside)
    return cause.effect * strength * left


def _relation(
    id: str, value: float | None, without: Mapping[str, Mapping[str, float | None]], effects: Mapping[str, float]
) -> Relation:
    """Return what measure `id` does: the doing of the cause without which it would stand furthest off."""
    moves = {name: _goodness(id, value) - _goodness(id, other[id]) for name, other in without.items()}
    name = max(moves, key=lambda each: abs(moves[each]))
    if abs(moves[name]) < _MATERIAL:
        return Relation.NEUTRAL
    if effects[name] >= _HARMLESS:
        return Relation.UP if moves[name] < 0 else Relation.CONFLICTS
    if effects[name] < 0:
        return Relation.DOWN if moves[name] > 0 else Relation.CONFLICTS
    return Relation.CONFLICTS


def _goodness(id: str, value: float | None) -> float:
    """Return how good a value is, in spreads between sound borrowers; of what has no end, more is at some point no better."""
    if value is None:
        return -_CLIP
    middle, spread = _spreads()[id]
    good = (value - middle) / spread * (-1 if id in _LESS else 1)
    return max(-_CLIP, min(_CLIP, good)) if id in _OPEN_ENDED else good


@lru_cache
def _spreads() -> Mapping[str, tuple[float, float]]:
    """Return of each measure the middle and the spread (half the middle two thirds) between sound borrowers of one trade."""
    rng = random.Random(2)
    trades = [[measures(sound_borrower(rng, trade))["current"] for _ in range(_SAMPLE)] for trade in TRADES]
    out = {}
    for id in trades[0][0]:
        each = [sorted(value for row in rows if (value := row[id]) is not None) for rows in trades]
        middle = statistics.fmean(values[len(values) // 2] for values in each)
        spread = statistics.fmean((values[len(values) * 5 // 6] - values[len(values) // 6]) / 2 for values in each)
        out[id] = middle, max(spread, 0.5 if id == "nsf_items" else 1e-6)
    return out
