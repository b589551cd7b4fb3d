"""Spread -> ratios: every ratio of every period, with its formula and inputs, listed at the bottom. Nothing is rounded.

A figure that is missing or a denominator of zero leaves a ratio *not computable*; a negative denominator *not meaningful*;
nothing to repay is *no debt*. A zero numerator is a value.
"""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import cache

from app.domain import Ratio, RatioStatus, Spread
from rules import formulas, stress
from rules.figures import Figures, Given, Known, Unknown, figures_by_period, substitute
from rules.quotients import NoValue, Result

Formula = Callable[..., Result]


def compute(spread: Spread, given: Given | None = None) -> tuple[Ratio, ...]:
    """Return every ratio of every period, the newest first.

    `given` are figures of the newest period that other documents state (`rules/stated.py` makes them): requested_amount,
    proposed_debt_service, existing_debt_service, collateral_value, cash_taxes and so on. They count before what the
    statements print.
    """
    periods = figures_by_period(spread, given or {})
    return tuple(_ratio(formula, now) for now in periods for formula in RATIOS if now.name == "current" or formula not in OF_THE_REQUEST)


def accounts(spread: Spread, given: Given, names: Iterable[str]) -> dict[str, Decimal]:
    """Return those of the figures `names` that are known of the newest period, and of the one before it under `prior_`."""
    newest = figures_by_period(spread, given)[0]
    found = {each: newest.find(each) for name in names for each in (name, f"prior_{name}")}
    return {name: figure.value for name, figure in found.items() if isinstance(figure, Known)}


def _ratio(formula: Formula, now: Figures) -> Ratio:
    if formula in AS_PRINTED:
        now = replace(now, as_printed=True)
    found = {name: now.find(name) for name in _inputs_of(formula)}
    known = {name: figure for name, figure in found.items() if isinstance(figure, Known)}
    written = substitute(formula_of(formula), {name: figure.expression for name, figure in known.items()})
    inputs = tuple(dict(pair for figure in known.values() for pair in figure.inputs).items())
    files = tuple(dict.fromkeys(file for figure in known.values() for file in figure.files))
    lacking = [figure.reason for figure in found.values() if isinstance(figure, Unknown)]
    made = Ratio(formula.__name__, now.name, RatioStatus.NOT_COMPUTABLE, None, written, inputs, documents=files)
    if lacking:
        return replace(made, reason="; ".join(dict.fromkeys(lacking)))
    result = formula(**{name: figure.value for name, figure in known.items()})
    if isinstance(result, NoValue):
        return replace(made, status=result.status, reason=result.reason)
    notes = "; ".join(dict.fromkeys(figure.note for figure in known.values() if figure.note))
    return replace(made, status=RatioStatus.VALUE, value=result, reason=notes or None)


@cache
def _inputs_of(formula: Formula) -> tuple[str, ...]:
    return tuple(inspect.signature(formula).parameters)


@cache
def formula_of(ratio: Formula) -> str:
    """Return the formula that a ratio's docstring gives."""
    found = re.search(r"^Formula: (.+(?:\n(?!\w+:).+)*)", inspect.getdoc(ratio) or "", re.MULTILINE)
    return " ".join(found[1].split()).rstrip(".") if found else ""


#: Every ratio, grouped as bankers do.
RATIOS: tuple[Formula, ...] = (
    formulas.current_ratio,
    formulas.quick_ratio,
    formulas.working_capital,
    formulas.days_receivable,
    formulas.days_inventory,
    formulas.days_payable,
    formulas.asset_turnover,
    formulas.ebitda,
    formulas.dscr,
    formulas.dscr_historical,
    formulas.interest_coverage,
    formulas.fccr,
    formulas.global_dscr,
    formulas.uca_net_cash_after_operations,
    formulas.uca_coverage,
    formulas.debt_to_ebitda,
    formulas.debt_to_ebitda_with_proposed,
    formulas.tangible_net_worth,
    formulas.tangible_net_worth_adjusted,
    formulas.liabilities_to_tangible_net_worth,
    formulas.debt_to_assets,
    formulas.liabilities_to_assets,
    formulas.gross_margin,
    formulas.operating_margin,
    formulas.net_margin,
    formulas.return_on_assets,
    formulas.return_on_equity,
    formulas.revenue_growth,
    formulas.ebitda_growth,
    formulas.ltv,
    formulas.collateral_coverage,
    formulas.altman_z2,
    stress.dscr_at_90_percent_revenue,
    stress.dscr_at_80_percent_revenue,
    stress.dscr_at_200_basis_points_more,
    stress.ebitda_fall_to_break_even,
    stress.years_in_business,
    stress.nsf_items,
)
#: Ratios of the loan that is asked for: they belong to the newest period alone.
OF_THE_REQUEST = frozenset((
    *(formulas.dscr, formulas.global_dscr, formulas.debt_to_ebitda_with_proposed, formulas.ltv, formulas.collateral_coverage),
    *(stress.dscr_at_90_percent_revenue, stress.dscr_at_80_percent_revenue, stress.dscr_at_200_basis_points_more),
    *(stress.ebitda_fall_to_break_even, stress.years_in_business, stress.nsf_items),
))  # fmt: skip
#: Ratios that compare one period with another, or tell what it brought: their flows are never annualized.
AS_PRINTED = frozenset((formulas.uca_net_cash_after_operations, formulas.revenue_growth, formulas.ebitda_growth))
