"""Which accounts are nil and not missing: their statement was read completely, adds up, and does not print them.

A total that is printed as one line, such as UK creditors, says nothing of what stands in it: its accounts stay missing.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import cache

from app.domain import UNMAPPED, DocumentKind, FinancialStatement, LineItem, Origin, Period
from rules.accounts import ACCOUNT

_FIXED_ASSETS = ("ppe_net", "goodwill", "intangible_assets", "fixed_asset_investments")
_LONG_DEBTS = ("long_term_debt", "creditors_due_after_one_year", "provisions", "other_noncurrent_liabilities")
#: Total -> the accounts that are nil where its rows are printed and add up to it without them.
_WITHIN: dict[str, tuple[str, ...]] = {
    "total_current_assets": (
        *("cash", "short_term_investments", "accounts_receivable", "inventory", "prepayments_accrued_income", "other_current_assets"),
        "due_from_owners",
    ),
    "total_fixed_assets": _FIXED_ASSETS,
    "total_assets": (*_FIXED_ASSETS, "other_noncurrent_assets"),
    "total_current_liabilities": (
        *("accounts_payable", "short_term_debt", "current_portion_long_term_debt", "accrued_liabilities", "income_taxes_payable"),
        *("other_current_liabilities", "accruals_deferred_income"),
    ),
    "total_liabilities": (*_LONG_DEBTS, "due_to_owners"),
    "total_liabilities_and_equity": (*_LONG_DEBTS, "due_to_owners"),
    "total_assets_less_current_liabilities": ("total_fixed_assets", *_FIXED_ASSETS),
    "net_assets": _LONG_DEBTS,
    "total_equity": ("share_capital", "retained_earnings"),
    "investing_cash_flow": ("capital_expenditures",),
    "financing_cash_flow": ("dividends_paid",),
}
_TOTALS = frozenset((*_WITHIN, "net_current_assets", "operating_cash_flow"))
#: Totals that may be printed as one line, and the accounts that then hide in them.
_HIDING: dict[str, tuple[str, ...]] = {"total_fixed_assets": _FIXED_ASSETS, "creditors_due_after_one_year": ("long_term_debt",)}
_UK_DEDUCTIONS = ("total_current_liabilities", "creditors_due_after_one_year", "provisions", "accruals_deferred_income")
_UK_TOTALS = ("net_current_assets", "total_assets_less_current_liabilities", "net_assets")
#: "Property and equipment, net" closes cost and depreciation printed above it.
_SUBTOTAL = re.compile(r"^\W*(?:total|sub|net\b|$)|\bnet\W*$", re.IGNORECASE)
_LESS = re.compile(r"^\W*less\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"^[$£€ ]*(?:\(|[-−–]\s*[$£€]?\d)")


def nil_accounts(statement: FinancialStatement, period: Period) -> frozenset[str]:
    """Return the accounts that `statement` shows to be nil in `period`."""
    rows = _rows(statement, period)
    printed = {item.account for item in statement.items if item.period.name == period.name}
    if statement.kind is DocumentKind.INCOME_STATEMENT:
        found = _nil_below_operating_income(rows, Decimal(statement.scale))
    else:
        footed = _footed([(row, _signed(row, statement)) for row in rows], statement)
        footed |= _footed([(row, _printed(row)) for row in rows], statement)
        found = {account for total in footed for account in _WITHIN.get(total, ())}
        if "net_assets" in footed and "total_assets_less_current_liabilities" not in printed:
            found |= {"total_fixed_assets", *_FIXED_ASSETS}
        found -= {account for line, hidden in _HIDING.items() if line in printed - footed for account in hidden}
        if any(row.account == "long_term_debt" and row.value for row in rows):
            found.discard("current_portion_long_term_debt")  # there is one, it is only not told apart
    others = " | ".join(re.sub(r"[^a-z]+", " ", row.label.lower()) for row in rows if row.account == UNMAPPED)
    return frozenset(account for account in found - printed if not (others and _wordings(account).search(others)))


def _rows(statement: FinancialStatement, period: Period) -> list[LineItem]:
    """Return the printed rows of a period from top to bottom, each counted once."""
    items = [i for i in statement.items if i.period.name == period.name and not (i.origin is Origin.DERIVED and i.formula in ACCOUNT)]
    if any(i.account == "short_term_debt" for i in items):  # it holds the current portion already
        items = [i for i in items if i.account != "current_portion_long_term_debt"]
    return sorted(items, key=lambda i: (i.page, i.box.top if i.box else 1.0))


@cache
def _wordings(account: str) -> re.Pattern[str]:
    """Return what a row outside the template says where it speaks of `account`: it may be the figure, then nothing is known to be nil."""
    return re.compile("|".join(rf"\b{re.escape(wording)}\b" for wording in ACCOUNT[account].synonyms) or r"(?!)")


# -- sums ------------------------------------------------------------------------------------------------------------


def _footed(rows: Iterable[tuple[LineItem, Decimal]], statement: FinancialStatement) -> set[str]:
    """Return the totals that the rows printed above them add up to; a total stands for its rows in the totals below it."""
    rows = list(rows)
    staircase = any(row.account in _UK_TOTALS for row, _ in rows)
    open_rows: list[tuple[Decimal, bool]] = []  # amount, and whether it is a total
    footed: set[str] = set()
    for row, amount in rows:
        is_total = row.account in _TOTALS
        if is_total or _SUBTOTAL.search(row.label):
            length = _sum_length([value for value, _ in open_rows], amount, Decimal(statement.scale))
            if is_total and length:
                footed.add(row.account)
            if is_total and not length:
                length = next((n for n, (_, total) in enumerate(reversed(open_rows)) if total), len(open_rows))
            if is_total or length > 1:
                del open_rows[len(open_rows) - length :]
        deducted = staircase and row.account in _UK_DEDUCTIONS
        open_rows.append((-abs(amount) if deducted else amount, is_total))
    return footed


def _sum_length(amounts: list[Decimal], total: Decimal, unit: Decimal) -> int:
    """Return how many of the last `amounts` add up to `total` (0: none), within half a unit for each and for the total."""
    added = Decimal(0)
    for length, amount in enumerate(reversed(amounts), 1):
        added += amount
        if abs(abs(added) - abs(total)) <= unit * (length + 1) / 2:
            return length
    return 0


def _signed(row: LineItem, statement: FinancialStatement) -> Decimal:
    """Return an amount with the sign by which it enters its total: outflows of a cash flow statement count against it."""
    if statement.kind is DocumentKind.CASH_FLOW_STATEMENT and row.account in ACCOUNT:
        return row.value * ACCOUNT[row.account].sign
    return -abs(row.value) if row.account == UNMAPPED and _LESS.match(row.label) else row.value


def _printed(row: LineItem) -> Decimal:
    return -abs(row.value) if _NEGATIVE.match(row.text) or _LESS.match(row.label) else abs(row.value)


# -- the income statement ----------------------------------------------------------------------------------------------

_SIGNS = {"interest_expense": -1, "income_tax_expense": -1, "net_interest_income_expense": 1, "other_income_expense": 1, UNMAPPED: 1}


def _nil_below_operating_income(rows: list[LineItem], unit: Decimal) -> set[str]:
    """Return what does not stand between operating income and net income although the rows there lead from one to the other.

    Interest is nil only if no line is printed there in which it could be contained.
    """
    value = {row.account: row.value for row in rows}
    net = value.get("net_income")
    if net is None:
        return set()
    before_tax = value.get("income_before_tax")
    nil = (
        {"income_tax_expense"} if before_tax is not None and "income_tax_expense" not in value and abs(before_tax - net) <= unit else set()
    )
    start = _operating_income(value)
    if start is None:
        return nil
    above = max((n for n, row in enumerate(rows) if row.account in ("operating_income", "operating_expenses", "total_costs_and_expenses")))
    below = next(n for n, row in enumerate(rows) if row.account == "net_income")
    between = [row for row in rows[above + 1 : below] if row.account in _SIGNS and not _is_subtotal(row)]
    ends = start + sum((_SIGNS[row.account] * row.value for row in between), Decimal(0))
    if abs(ends - net) > unit * (len(between) + 2) / 2:
        return nil
    other = {row.account for row in between} - {"interest_expense", "income_tax_expense"}
    nil |= {"income_tax_expense"} if "income_tax_expense" not in value else set()
    nil |= {"other_income_expense"} if "other_income_expense" not in value and UNMAPPED not in other else set()
    return nil | ({"interest_expense"} if "interest_expense" not in value and not other else set())


def _is_subtotal(row: LineItem) -> bool:
    return row.account == UNMAPPED and _SUBTOTAL.search(row.label) is not None


def _operating_income(value: dict[str, Decimal]) -> Decimal | None:
    if "operating_income" in value:
        return value["operating_income"]
    if "total_costs_and_expenses" in value and "revenue" in value:
        return value["revenue"] - value["total_costs_and_expenses"]
    gross = value.get("gross_profit", value.get("revenue"))
    return gross - value["operating_expenses"] if gross is not None and "operating_expenses" in value else None
