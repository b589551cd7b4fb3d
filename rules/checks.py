"""Spread -> findings: every check of a case, listed at the bottom. A check that fails is a finding; nothing is changed.

A check is a function that is named after what should hold and says so in its docstring; its name is the finding's id,
its module in `rules/themes` the finding's theme.
"""

import inspect
import re

from app.domain import Finding
from rules.themes import balances, complete, plausible, reading, rolls, untampered
from rules.themes.case import Case, Check
from rules.themes.foots import bank_lines, form_totals, sums
from rules.themes.ties import debts, identity, revenue, versions


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
    reading.every_document_tells_its_figures,
    complete.required_documents_are_present,
    complete.every_owner_gives_a_personal_statement,
    complete.bank_statements_follow_each_other,
    complete.document_is_sent_once,
    complete.application_is_dated,
    complete.statements_are_recent,
    complete.bank_statements_are_recent,
    complete.personal_statements_are_recent,
    complete.tax_return_is_the_latest,
    balances.assets_equal_liabilities_and_equity,
    balances.schedule_l_balances,
    sums.liabilities_and_equity_add_up,
    sums.net_assets_equal_equity,
    sums.net_assets_are_what_creditors_leave,
    sums.fixed_and_net_current_assets_add_up,
    sums.net_current_assets_are_current_assets_less_creditors,
    sums.gross_profit_is_revenue_less_cost_of_sales,
    sums.operating_income_is_gross_profit_less_operating_expenses,
    sums.operating_income_is_what_the_costs_leave,
    sums.net_income_is_income_before_tax_less_tax,
    sums.cash_flow_adds_up_to_the_change_in_cash,
    sums.rows_of_a_section_add_up,
    bank_lines.bank_statement_adds_up,
    bank_lines.running_balance_follows_every_line,
    bank_lines.bank_lines_add_up_to_the_totals,
    bank_lines.bank_lines_lead_to_the_closing_balance,
    form_totals.debt_schedule_adds_up,
    form_totals.aging_buckets_add_up,
    form_totals.personal_net_worth_is_assets_less_liabilities,
    form_totals.tax_return_lines_follow,
    form_totals.tax_return_income_is_receipts_less_cost,
    rolls.same_figure_agrees_on_two_documents,
    rolls.cash_flow_ends_at_the_cash_of_the_balance_sheet,
    rolls.retained_earnings_follow_from_the_result,
    rolls.uca_cash_flow_ties_to_the_change_in_cash,
    rolls.bank_statement_opens_at_the_last_closing_balance,
    identity.documents_name_one_borrower,
    identity.documents_bear_one_tax_id,
    versions.document_has_one_version,
    revenue.revenue_agrees_with_the_tax_return,
    revenue.schedule_l_agrees_with_the_balance_sheet,
    revenue.deposits_support_the_revenue,
    revenue.bank_balance_agrees_with_book_cash,
    debts.debt_agrees_with_the_debt_schedule,
    debts.payments_go_to_lenders_on_the_schedule,
    debts.aging_agrees_with_receivables,
    plausible.statements_are_in_one_currency,
    plausible.statements_are_in_the_same_unit,
    plausible.amount_is_not_a_year,
    plausible.revenue_is_not_negative,
    plausible.total_assets_are_not_negative,
    plausible.cash_is_within_total_assets,
    untampered.file_was_not_changed_after_it_was_made,
    untampered.issued_document_comes_from_its_issuer,
    untampered.figures_are_in_the_font_of_their_neighbours,
    untampered.no_figure_is_covered,
    untampered.no_figure_is_printed_over_another,
    untampered.no_figure_is_hidden,
    untampered.figures_are_what_the_page_shows,
    untampered.no_words_are_hidden,
    plausible.statements_are_in_the_unit_of_the_other_documents,
    plausible.ratios_lie_within_practice,
    plausible.cost_of_sales_is_not_negative,
    plausible.owners_hold_no_more_than_the_whole,
    plausible.bank_lines_lie_within_the_period,
    plausible.read_amount_is_not_a_year,
    reading.every_row_finds_an_account,
)
