"""Spread -> findings: every check of a case, listed at the bottom. A check that fails is a finding; nothing is changed.

A check is a function that is named after what should hold and says so in its docstring; its name is the finding's id,
its module in `rules/themes` the finding's theme.
"""

import inspect
import re

from app.domain import Finding
from rules.themes import balances, complete, plausible, reading, rolls
from rules.themes.case import Case, Check
from rules.themes.foots import sums


def run(case: Case) -> tuple[Finding, ...]:
    """Return what does not hold of a case: its statements, its other documents, its files and pages."""
    return tuple(
        Finding(check.__name__, theme_of(check), flaw.severity, flaw.message, flaw.documents, facts=flaw.facts, source=source_of(check))
        for check in CHECKS
        if case.as_of is not None or theme_of(check) != "complete"
        for flaw in check(case)
    )


def theme_of(check: Check) -> str:
    """Return the theme of a check: the name of its module in `rules/themes`, or of the folder that its module lies in."""
    return check.__module__.split(".")[2]


def source_of(check: Check) -> str:
    """Return the source that a check's docstring names."""
    found = re.search(r"^Source: (.+?)\.?$", inspect.getdoc(check) or "", re.MULTILINE)
    return found[1] if found else ""


CHECKS: tuple[Check, ...] = (
    reading.every_page_can_be_read,
    complete.required_documents_are_present,
    complete.statements_are_recent,
    balances.assets_equal_liabilities_and_equity,
    sums.liabilities_and_equity_add_up,
    sums.net_assets_equal_equity,
    sums.net_assets_are_what_creditors_leave,
    sums.fixed_and_net_current_assets_add_up,
    sums.net_current_assets_are_current_assets_less_creditors,
    sums.gross_profit_is_revenue_less_cost_of_sales,
    sums.operating_income_is_gross_profit_less_operating_expenses,
    sums.net_income_is_income_before_tax_less_tax,
    sums.cash_flow_adds_up_to_the_change_in_cash,
    sums.rows_of_a_section_add_up,
    rolls.same_figure_agrees_on_two_documents,
    rolls.cash_flow_ends_at_the_cash_of_the_balance_sheet,
    rolls.retained_earnings_follow_from_the_result,
    plausible.statements_are_in_one_currency,
    plausible.statements_are_in_the_same_unit,
    plausible.amount_is_not_a_year,
    plausible.revenue_is_not_negative,
    plausible.total_assets_are_not_negative,
    plausible.cash_is_within_total_assets,
    reading.every_row_finds_an_account,
)
