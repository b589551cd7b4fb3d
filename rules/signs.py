"""The sign with which a printed amount counts: from the account's meaning, the page's habit, and arithmetic.

Costs, deductions and liabilities are positive in their accounts although many pages print them in brackets. Where a
bracket may mean either (a tax credit, a loss printed without its bracket), the identity that the figure must meet decides.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import LineItem
from rules.accounts import ACCOUNT

#: Costs and outflows that are hardly ever negative: brackets around them mark a deduction.
_MAGNITUDES = frozenset(
    {
        "cost_of_sales",
        "research_and_development",
        "selling_general_admin",
        "administrative_expenses",
        "distribution_costs",
        "staff_costs",
        "officers_compensation",
        "rent_expense",
        "operating_expenses",
        "total_costs_and_expenses",
        "interest_expense",
        "distributions",
        "capital_expenditures",
        "dividends_paid",
        "interest_paid",
        "depreciation_amortization",
        "total_current_liabilities",
        "creditors_due_after_one_year",
        "provisions",
        "accruals_deferred_income",
        "accounts_payable",
        "short_term_debt",
        "current_portion_long_term_debt",
        "long_term_debt",
        "accrued_liabilities",
        "total_liabilities",
    }
)
#: target = plus - minus: the identities by which a figure's sign is told.
_IDENTITIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("gross_profit", ("revenue",), ("cost_of_sales",)),
    ("net_current_assets", ("total_current_assets",), ("total_current_liabilities",)),
    ("total_assets_less_current_liabilities", ("total_fixed_assets", "net_current_assets"), ()),
    ("total_assets_less_current_liabilities", ("net_current_assets",), ()),
    ("net_assets", ("total_assets_less_current_liabilities",), ("creditors_due_after_one_year", "provisions", "accruals_deferred_income")),
    ("net_assets", ("total_assets_less_current_liabilities",), ("creditors_due_after_one_year", "provisions")),
    ("net_assets", ("total_assets_less_current_liabilities",), ("creditors_due_after_one_year",)),
    ("net_assets", ("total_assets_less_current_liabilities",), ()),
    ("total_equity", ("share_capital", "retained_earnings"), ()),
    ("total_equity", ("net_assets",), ()),
    ("net_income", ("income_before_tax",), ("income_tax_expense",)),
)
_REFUND = re.compile(r"received|refund", re.IGNORECASE)
_INTEREST_COST = re.compile(r"^\W*(?:net\s+)?(?:interest expense|interest payable|financing charges|finance costs)", re.IGNORECASE)


def settle(items: Sequence[LineItem]) -> list[LineItem]:
    """Return `items` with the signs as they count in their accounts."""
    bracketed = _prints_deductions_in_brackets(items)
    by_meaning = [_by_meaning(item, bracketed) for item in items]
    flipped = {
        (account, period)
        for period in {i.period.name for i in by_meaning}
        for account in _by_arithmetic({i.account: i for i in by_meaning if i.period.name == period and i.account in ACCOUNT})
    }
    return [replace(i, value=-i.value) if (i.account, i.period.name) in flipped else i for i in by_meaning]


def _prints_deductions_in_brackets(items: Sequence[LineItem]) -> bool:
    """Return whether the page brackets its costs: judged by the costs whose sign is beyond doubt."""
    costs = [
        i
        for i in items
        if i.account
        in (
            "cost_of_sales",
            "administrative_expenses",
            "distribution_costs",
            "operating_expenses",
            "selling_general_admin",
            "research_and_development",
            "total_costs_and_expenses",
            "staff_costs",
        )
        and i.value != 0
    ]
    return bool(costs) and sum(i.value < 0 for i in costs) > len(costs) / 2


def _by_meaning(item: LineItem, bracketed: bool) -> LineItem:
    if item.account in _MAGNITUDES:
        return replace(item, value=abs(item.value))
    if item.account == "income_tax_expense" and bracketed:
        return replace(item, value=-item.value)
    if item.account == "income_taxes_paid" and item.value < 0 and not _REFUND.search(item.label):
        return replace(item, value=-item.value)
    if item.account == "net_interest_income_expense" and _INTEREST_COST.search(item.label) and item.value > 0:
        return replace(item, value=-item.value)
    return item


def _by_arithmetic(figures: Mapping[str, LineItem]) -> set[str]:
    """Return the accounts whose sign must turn for an identity to hold that does not hold as printed."""
    value: dict[str, Decimal] = {account: item.value for account, item in figures.items()}
    flipped: set[str] = set()
    for target, plus, minus in _IDENTITIES:
        if target not in value or not all(a in value for a in (*plus, *minus)):
            continue
        if _holds(value, target, plus, minus):
            continue
        for account in _doubtful(target, minus):
            turned = {**value, account: -value[account]}
            if value[account] and _holds(turned, target, plus, minus):
                value = turned
                flipped ^= {account}
                break
    return flipped


def _doubtful(target: str, minus: Sequence[str]) -> list[str]:
    """Return the accounts of an identity whose printed sign may mislead: the tax before the result."""
    return [*(a for a in minus if a == "income_tax_expense"), target]


def _holds(value: Mapping[str, Decimal], target: str, plus: Sequence[str], minus: Sequence[str]) -> bool:
    whole = sum((value[a] for a in plus), Decimal(0)) - sum((value[a] for a in minus), Decimal(0))
    return abs(whole - value[target]) <= abs(value[target]) * Decimal("0.001") + 2
