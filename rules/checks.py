"""Spread -> findings: every check of a case, listed at the bottom. A check that fails is a finding; nothing is changed.

A check is a function that is named after what should hold and says so in its docstring; its name is the finding's id,
its module in `rules/themes` the finding's theme.
"""

import inspect
import re
from collections.abc import Sequence
from datetime import date

from app.domain import Document, Finding, Page, Spread
from rules.themes import balances, complete, foots, plausible, reading, rolls
from rules.themes.case import Case, Check


def run(spread: Spread, documents: Sequence[Document], pages: Sequence[Page], as_of: date | None) -> tuple[Finding, ...]:
    """Return what does not hold of an application's statements, documents and pages.

    `as_of` is the application's date. None: single files are shown, and nothing is asked about completeness or age.
    """
    case = Case(spread, tuple(documents), tuple(pages), as_of)
    return tuple(
        Finding(check.__name__, theme_of(check), flaw.severity, flaw.message, flaw.documents, facts=flaw.facts, source=source_of(check))
        for check in CHECKS
        if as_of is not None or theme_of(check) != "complete"
        for flaw in check(case)
    )


def theme_of(check: Check) -> str:
    """Return the theme of a check: the name of its module."""
    return check.__module__.rpartition(".")[2]


def source_of(check: Check) -> str:
    """Return the source that a check's docstring names."""
    found = re.search(r"^Source: (.+?)\.?$", inspect.getdoc(check) or "", re.MULTILINE)
    return found[1] if found else ""


CHECKS: tuple[Check, ...] = (
    reading.every_page_can_be_read,
    complete.required_documents_are_present,
    complete.statements_are_recent,
    balances.assets_equal_liabilities_and_equity,
    foots.liabilities_and_equity_add_up,
    foots.net_assets_equal_equity,
    foots.net_assets_are_what_creditors_leave,
    foots.fixed_and_net_current_assets_add_up,
    foots.net_current_assets_are_current_assets_less_creditors,
    foots.gross_profit_is_revenue_less_cost_of_sales,
    foots.operating_income_is_gross_profit_less_operating_expenses,
    foots.net_income_is_income_before_tax_less_tax,
    foots.cash_flow_adds_up_to_the_change_in_cash,
    foots.rows_of_a_section_add_up,
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
