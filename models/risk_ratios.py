"""Accounts -> what the scorecard weighs: ratios of the current and the prior period, and how they moved. Never a size.

Accounts come as columns, one number a borrower, by the ids of the spreading template; the prior period's under `prior_`.
What is missing stays missing (NaN): the scorecard has points for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]

PRIOR = "prior_"
#: The accounts that are weighed. Any may be missing.
ACCOUNTS = (
    *("total_current_assets", "inventory", "accounts_receivable", "total_assets", "total_current_liabilities", "long_term_debt"),
    *("total_liabilities", "total_equity", "retained_earnings", "revenue", "cost_of_sales", "gross_profit", "ebitda"),
    *("depreciation_amortization", "operating_income", "net_income"),
)
#: How an account follows from others that are there; the first way that can be gone counts.
_DERIVED = {
    "total_liabilities": ("total_assets - total_equity",),
    "total_equity": ("total_assets - total_liabilities",),
    "gross_profit": ("revenue - cost_of_sales",),
    "cost_of_sales": ("revenue - gross_profit",),
    "ebitda": ("operating_income + depreciation_amortization",),
    "operating_income": ("ebitda - depreciation_amortization",),
    "depreciation_amortization": ("ebitda - operating_income",),
}
#: Who owes nothing is at the end of the scale: these may be zero.
_MAY_BE_NIL = ("total_liabilities", "total_current_liabilities", "inventory", "cost_of_sales")


@dataclass(frozen=True, slots=True)
class Measure:
    """A ratio that is weighed. `risk` is +1 where more of it is riskier, -1 where less is, 0 where the data decide.

    `theme` is what it speaks of: one principal reason is given for a theme. `moves`: its change on the prior period counts too.
    """

    id: str
    name: str
    numerator: str
    denominator: str
    theme: str
    risk: int
    moves: bool = False


#: Every ratio that is weighed, by theme.
MEASURES = (
    Measure("return_on_assets", "net income to total assets", "net_income", "total_assets", "profitability", -1, moves=True),
    Measure("ebitda_to_assets", "EBITDA to total assets", "ebitda", "total_assets", "profitability", -1, moves=True),
    Measure("operating_return_on_assets", "operating income to total assets", "operating_income", "total_assets", "profitability", -1),
    Measure("net_margin", "net income to revenue", "net_income", "revenue", "profitability", -1, moves=True),
    Measure("operating_margin", "operating income to revenue", "operating_income", "revenue", "profitability", -1),
    Measure("gross_margin", "gross profit to revenue", "gross_profit", "revenue", "profitability", 0, moves=True),
    Measure("ebitda_to_liabilities", "EBITDA to total liabilities", "ebitda", "total_liabilities", "repayment", -1),
    Measure("net_income_to_liabilities", "net income to total liabilities", "net_income", "total_liabilities", "repayment", -1),
    Measure(
        "cost_below_operations",
        "interest, tax and other cost below operating income to total assets",
        "operating_income - net_income",
        "total_assets",
        "repayment",
        0,
    ),
    Measure(
        "cost_below_operations_to_liabilities",
        "interest, tax and other cost below operating income to total liabilities",
        "operating_income - net_income",
        "total_liabilities",
        "repayment",
        0,
    ),
    Measure("liabilities_to_assets", "total liabilities to total assets", "total_liabilities", "total_assets", "leverage", 1, moves=True),
    Measure("long_term_debt_to_assets", "long-term debt to total assets", "long_term_debt", "total_assets", "leverage", 1, moves=True),
    Measure(
        "other_long_term_liabilities",
        "other long-term liabilities to total assets",
        "total_liabilities - total_current_liabilities - long_term_debt",
        "total_assets",
        "leverage",
        0,
    ),
    Measure(
        "retained_earnings_to_assets",
        "retained earnings to total assets",
        "retained_earnings",
        "total_assets",
        "accumulated earnings",
        0,
        moves=True,
    ),
    Measure(
        "working_capital_to_assets",
        "working capital to total assets",
        "total_current_assets - total_current_liabilities",
        "total_assets",
        "liquidity",
        -1,
        moves=True,
    ),
    Measure("current_ratio", "current ratio", "total_current_assets", "total_current_liabilities", "liquidity", -1),
    Measure(
        "current_ratio_without_stock",
        "current assets without stock to current liabilities",
        "total_current_assets - inventory",
        "total_current_liabilities",
        "liquidity",
        -1,
    ),
    Measure(
        "cash_like_to_assets",
        "cash and other current assets to total assets",
        "total_current_assets - inventory - accounts_receivable",
        "total_assets",
        "liquidity",
        -1,
        moves=True,
    ),
    Measure(
        "cash_like_to_current_liabilities",
        "cash and other current assets to current liabilities",
        "total_current_assets - inventory - accounts_receivable",
        "total_current_liabilities",
        "liquidity",
        -1,
    ),
    Measure(
        "current_liabilities_to_assets",
        "current liabilities to total assets",
        "total_current_liabilities",
        "total_assets",
        "liquidity",
        0,
    ),
    Measure("asset_turnover", "revenue to total assets", "revenue", "total_assets", "activity", 0, moves=True),
    Measure("receivables_to_revenue", "receivables to revenue", "accounts_receivable", "revenue", "activity", 0, moves=True),
    Measure("inventory_to_cost_of_sales", "stock to cost of sales", "inventory", "cost_of_sales", "activity", 0, moves=True),
    Measure("inventory_to_current_assets", "stock to current assets", "inventory", "total_current_assets", "activity", 0),
    Measure("current_assets_to_assets", "current assets to total assets", "total_current_assets", "total_assets", "activity", 0),
    Measure(
        "depreciation_to_assets",
        "depreciation and amortization to total assets",
        "depreciation_amortization",
        "total_assets",
        "activity",
        0,
        moves=True,
    ),
)
#: Accounts whose growth on the prior period is weighed: those that no firm is without, or growth would say which firms have them.
GROWING = ("revenue", "total_assets", "total_current_assets", "total_liabilities", "total_current_liabilities")


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of what is weighed: a measure now, in the prior period, its change, or an account's growth (as a logarithm)."""

    id: str
    name: str
    theme: str
    risk: int


def _features() -> tuple[Feature, ...]:
    now = [Feature(m.id, m.name, m.theme, m.risk) for m in MEASURES]
    prior = [Feature(PRIOR + m.id, f"{m.name} in the prior period", m.theme, 0) for m in MEASURES]
    change = [Feature(f"change_{m.id}", f"change of {m.name}", m.theme, 0) for m in MEASURES if m.moves]
    growth = [Feature(f"growth_{a}", f"growth of {a.replace('_', ' ')}", "growth", 0) for a in GROWING]
    return (*now, *prior, *change, *growth)


#: The columns of the matrix that `ratios` makes, in order.
FEATURES = _features()


def ratios(accounts: Mapping[str, Column]) -> Column:
    """Return a row a borrower and a column a feature; NaN where an account is missing or a denominator says nothing.

    `accounts` holds columns of one length, by id; those of the prior period begin with `prior_`. Others are passed over.
    """
    rows = len(next(iter(accounts.values())))
    now, prior = (completed(accounts, prefix, rows) for prefix in ("", PRIOR))
    with np.errstate(all="ignore"):
        levels, earlier = ([_quotient(m, period) for m in MEASURES] for period in (now, prior))
        changes = [a - b for m, a, b in zip(MEASURES, levels, earlier, strict=True) if m.moves]
        growth = [np.log(_positive(now[a]) / _positive(prior[a])) for a in GROWING]
    matrix = np.column_stack([*levels, *earlier, *changes, *growth])
    matrix[:, len(MEASURES) * 2 :][~np.isfinite(matrix[:, len(MEASURES) * 2 :])] = np.nan
    return matrix


def completed(accounts: Mapping[str, Column], prefix: str, rows: int) -> dict[str, Column]:
    """Return every account of a period (`prefix` "" or PRIOR), those that follow from others filled in."""
    found = {a: np.asarray(accounts.get(prefix + a, np.full(rows, np.nan)), dtype=np.float64) for a in ACCOUNTS}
    for account, ways in _DERIVED.items():
        for way in ways:
            found[account] = np.where(np.isnan(found[account]), _add_up(way, found), found[account])
    return found


def _add_up(way: str, figures: Mapping[str, Column]) -> Column:
    """Add up `a - b - c` or `a + b`, unknown where a part is."""
    total, sign = np.zeros_like(next(iter(figures.values()))), 1
    for word in way.split():
        if word in ("+", "-"):
            sign = 1 if word == "+" else -1
        else:
            total = total + sign * figures[word]
    return total


def _quotient(measure: Measure, figures: Mapping[str, Column]) -> Column:
    """Divide, unless the denominator is zero or negative; where nothing is owed or held the ratio is at the end of its scale."""
    above, below = _add_up(measure.numerator, figures), figures[measure.denominator]
    out = np.where(below > 0, above / below, np.nan)
    if measure.denominator in _MAY_BE_NIL:
        out = np.where((below == 0) & (above != 0), np.sign(above) * np.inf, out)
    return out


def _positive(figure: Column) -> Column:
    return np.where(figure > 0, figure, np.nan)
