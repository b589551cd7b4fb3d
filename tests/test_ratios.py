"""Ratios: situations of an analyst, formulas that say what is computed, periods brought together, annualizing."""

import inspect
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.domain import UNMAPPED, DocumentKind, FinancialStatement, Period, Ratio, RatioStatus, Spread
from app.report.arithmetic import live_formula
from app.report.wording import RATIOS as WORDED
from rules import ratios
from rules.accounts import ACCOUNT
from rules.figures import DERIVED, Given, figures_by_period, stated
from tests import build

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "ratios.yaml").read_text(encoding="utf-8"))
SHEET, RESULT, FLOW = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT
PRINTED = (("sheet", SHEET), ("result", RESULT), ("cash_flow", FLOW))
#: What other documents may state of the loan and its guarantors.
AMOUNTS = {
    "requested_amount": 180_000,
    "proposed_debt_service": 41_000,
    "existing_debt_service": 38_000,
    "collateral_value": 260_000,
    "collateral_lending_value": 208_000,
    "senior_liens": 12_000,
    "guarantors_cash_available": 33_000,
    "personal_debt_service": 14_000,
    "proposed_debt_service_at_higher_rate": 44_000,
    "schedule_m2_distributions": 9_000,
    "years_in_business": 9,
    "nsf_items": 1,
}
STATED: Given = {name: stated(name, Decimal(amount)) for name, amount in AMOUNTS.items()}


def rows_of(printed: dict[str, Any]) -> build.Rows:
    """Return rows as tests print them: `account`, `account: Label`, or the label of a row outside the template."""
    rows = []
    for key, amounts in printed.items():
        account, _, label = key.partition(": ")
        named = (account, label or ACCOUNT[account].name) if account in ACCOUNT else (UNMAPPED, key)
        rows.append((*named, amounts if isinstance(amounts, list) else [amounts]))
    return rows


def statement(
    kind: DocumentKind, printed: dict[str, Any], *ends: date, months: int = 12, file: str = "statements.pdf"
) -> FinancialStatement:
    """Return a statement with a column for each of `ends`, newest first, that covers `months`."""
    names = ("current", "prior", "prior2")
    periods = [Period(name, end, None if kind is SHEET else _start(end, months)) for name, end in zip(names, ends, strict=False)]
    return build.statement(kind, rows_of(printed), file=file, periods=periods)


def _start(end: date, months: int) -> date:
    first = end.year * 12 + end.month - months
    return date(first // 12, first % 12 + 1, 1)


def current(spread: Spread, given: Given | None = None, period: str = "current") -> dict[str, Ratio]:
    return {ratio.id: ratio for ratio in ratios.compute(spread, given) if ratio.period == period}


Y2024, Y2023, Y2022 = date(2024, 12, 31), date(2023, 12, 31), date(2022, 12, 31)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["situation"])
def test_a_situation_gives_the_ratios_that_the_analyst_expects(case: dict[str, Any]) -> None:
    spread = Spread(tuple(statement(kind, case[name], Y2024, Y2023) for name, kind in PRINTED if name in case))
    found = current(spread, {name: stated(name, Decimal(amount)) for name, amount in case.get("given", {}).items()})
    for id, expected in case["expect"].items():
        if expected in tuple(RatioStatus):
            assert (found[id].status, found[id].value) == (RatioStatus(expected), None), id
            assert found[id].reason, f"{id} gives no reason"
        else:
            value = found[id].value
            assert value is not None, f"{id}: {found[id].reason}"
            assert value.quantize(Decimal(expected)) == Decimal(expected), id


# -- formulas --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ratios.RATIOS, ids=lambda formula: formula.__name__)
def test_every_ratio_gives_its_formula_in_the_names_of_its_parameters(formula: ratios.Formula) -> None:
    given = {name: Decimal(7 + 3 * n) for n, name in enumerate(inspect.signature(formula).parameters)}
    result = formula(**given)
    assert isinstance(result, Decimal)
    assert live_formula(ratios.formula_of(formula), given, result, lambda name: name)
    assert formula.__name__ in WORDED, "app/report/wording.py has no name for it"


@pytest.mark.parametrize(
    "ratio", [r for r in ratios.compute(build.spread(), STATED) if r.value is not None], ids=lambda r: f"{r.id}-{r.period}"
)
def test_the_formula_shown_gives_the_value_from_the_inputs_shown(ratio: Ratio) -> None:
    assert ratio.value is not None
    assert live_formula(ratio.formula, dict(ratio.inputs), ratio.value, lambda name: name), ratio.formula


def test_what_a_form_does_not_print_is_shown_as_it_was_derived() -> None:
    spread = Spread(
        (statement(SHEET, {"total_fixed_assets": 80, "total_current_assets": 20}, Y2024), statement(RESULT, {"revenue": 250}, Y2024))
    )
    turnover = current(spread)["asset_turnover"]
    assert turnover.formula == "revenue / (total_fixed_assets + total_current_assets)"
    assert turnover.inputs == (("revenue", Decimal(250)), ("total_fixed_assets", Decimal(80)), ("total_current_assets", Decimal(20)))


def test_every_derivation_is_made_of_accounts_and_derived_figures() -> None:
    known = {*ACCOUNT, *DERIVED, *STATED}
    words = {w.removeprefix("prior_") for ways in DERIVED.values() for way in ways for w in way.split() if w not in "+-"}
    assert words <= known


def test_values_are_not_rounded() -> None:
    spread = Spread((statement(SHEET, {"total_current_assets": 2, "total_current_liabilities": 3}, Y2024),))
    assert current(spread)["current_ratio"].value == Decimal(2) / Decimal(3)


def test_a_ratio_says_all_that_it_lacks() -> None:
    found = current(Spread((statement(SHEET, {"total_assets": 10, "short_term_debt": 1}, Y2024),)))
    assert found["asset_turnover"].reason == "no income statement was read"
    assert found["current_ratio"].reason == "no figure for total current assets; no figure for total current liabilities"
    assert found["ltv"].reason == "no loan application was read"
    assert found["debt_to_ebitda"].reason == "no figure for long-term debt; no income statement was read"


def test_nothing_read_gives_every_ratio_with_its_reason() -> None:
    found = ratios.compute(Spread(()))
    assert [ratio.id for ratio in found] == [formula.__name__ for formula in ratios.RATIOS]
    assert all(ratio.status is RatioStatus.NOT_COMPUTABLE and ratio.reason for ratio in found)


# -- periods ---------------------------------------------------------------------------------------------------------


def test_every_period_has_its_ratios_and_only_the_newest_those_of_the_request() -> None:
    found = ratios.compute(build.spread(), STATED)
    assert {ratio.period for ratio in found} == {"current", "prior"}
    assert {r.period for r in found if r.id in ("dscr", "ltv", "debt_to_ebitda_with_proposed")} == {"current"}
    assert current(build.spread(), period="prior")["current_ratio"].value == Decimal(287_980) / Decimal(144_260)


def test_statements_of_two_documents_meet_by_date() -> None:
    new = statement(SHEET, {"total_current_assets": 90, "total_current_liabilities": 30}, Y2024, file="2024.pdf")
    old = statement(SHEET, {"total_current_assets": 60, "total_current_liabilities": 30}, Y2023, file="2023.pdf")
    older = statement(RESULT, {"revenue": [70, 50], "net_income": [7, 5]}, Y2023, Y2022, file="2023.pdf")
    newer = statement(RESULT, {"revenue": [100, 80], "net_income": [20, 8]}, Y2024, Y2023, file="2024.pdf")
    spread = Spread((old, older, new, newer))
    assert current(spread)["current_ratio"].value == 3
    assert current(spread, period="prior")["current_ratio"].value == 2
    assert current(spread, period="prior")["net_margin"].value == Decimal("0.1"), "the newer document's comparative counts"
    assert current(spread)["revenue_growth"].value == Decimal("0.25")
    assert current(spread, period="prior2")["net_margin"].value == Decimal("0.1")


def test_a_summary_of_key_figures_gives_way_to_the_statement() -> None:
    summary = statement(RESULT, {"revenue": 10, "operating_income": 990}, Y2024)
    whole = statement(RESULT, {"revenue": 1000, "cost_of_sales": 600, "gross_profit": 400, "operating_income": 100}, Y2024)
    assert current(Spread((summary, whole)))["operating_margin"].value == Decimal("0.1")


def test_statements_a_few_days_apart_are_of_the_same_date() -> None:
    sheet = statement(SHEET, {"total_assets": 50}, date(2024, 12, 28))
    result = statement(RESULT, {"revenue": 100}, Y2024)
    assert current(Spread((sheet, result)))["asset_turnover"].value == 2


def test_undated_columns_keep_the_order_in_which_they_are_printed() -> None:
    rows = rows_of({"revenue": [100, 80], "net_income": [5, 8]})
    undated = build.statement(RESULT, rows, periods=(Period("current", None), Period("prior", None)))
    found = current(Spread((undated,)))
    assert found["revenue_growth"].value == Decimal("0.25")
    assert current(Spread((undated,)), period="prior")["net_margin"].value == Decimal("0.1")


def test_the_days_of_a_leap_year_are_counted() -> None:
    printed = {"revenue": 366, "cost_of_sales": 183}
    spread = Spread((statement(SHEET, {"accounts_receivable": 10}, Y2024), statement(RESULT, printed, Y2024)))
    assert current(spread)["days_receivable"].value == 10


def test_of_a_quarter_and_the_months_since_new_year_the_longer_counts() -> None:
    end = date(2024, 6, 30)
    periods = (Period("current", end, date(2024, 1, 1)), Period("prior", end, date(2024, 4, 1)))
    both = build.statement(RESULT, rows_of({"revenue": [200, 90], "net_income": [20, 18]}), periods=periods)
    assert current(Spread((both,)))["net_margin"].value == Decimal("0.1")


# -- parts of a year -------------------------------------------------------------------------------------------------

HALF, HALF_2023 = date(2024, 6, 30), date(2023, 6, 30)
HALF_YEAR = {"revenue": [182, 91], "operating_income": [91, 45], "net_income": [91, 40], "depreciation_amortization": [0, 0]}


def test_flows_of_half_a_year_are_annualized_and_say_so() -> None:
    sheet = statement(SHEET, {"total_assets": 365, "accounts_receivable": 73}, HALF)
    found = current(Spread((sheet, statement(RESULT, HALF_YEAR, HALF, HALF_2023, months=6))))
    assert (found["asset_turnover"].value, found["asset_turnover"].reason) == (Decimal(1), "annualized from 182 days")
    assert found["days_receivable"].value == 73
    assert found["net_margin"].value == Decimal("0.5")
    assert found["ebitda"].value == Decimal("182.5")


def test_growth_of_half_a_year_is_on_the_same_half_a_year_earlier() -> None:
    found = current(Spread((statement(RESULT, HALF_YEAR, HALF, HALF_2023, months=6),)))
    assert (found["revenue_growth"].value, found["revenue_growth"].reason) == (Decimal(1), None)


def test_the_last_twelve_months_are_preferred_to_annualizing() -> None:
    year = statement(RESULT, {"revenue": 300, "net_income": 60}, Y2023, file="2023.pdf")
    spread = Spread((statement(RESULT, HALF_YEAR, HALF, HALF_2023, months=6), year, statement(SHEET, {"total_assets": 391}, HALF)))
    turnover = current(spread)["asset_turnover"]
    assert (turnover.value, turnover.reason) == (Decimal(1), "trailing twelve months")


def test_an_interim_sheet_opens_at_the_last_year_end() -> None:
    sheet = {"current_portion_long_term_debt": [5, 8], "accounts_receivable": [30, 20], "retained_earnings": [191, 100]}
    spread = Spread((statement(SHEET, sheet, HALF, Y2023), statement(RESULT, HALF_YEAR, HALF, HALF_2023, months=6)))
    assert dict(current(spread)["dscr_historical"].inputs)["prior_current_portion_long_term_debt"] == 8


def test_what_moved_over_half_a_year_is_annualized_as_a_whole() -> None:
    sheet = {"current_portion_long_term_debt": [5, 8], "retained_earnings": [100, 100], "accounts_receivable": [30, 20]}
    result = {"operating_income": 182, "depreciation_amortization": 0, "interest_expense": 0, "income_tax_expense": 0, "net_income": 91}
    spread = Spread((statement(SHEET, sheet, HALF, Y2023), statement(RESULT, result, HALF, months=6)))
    coverage = current(spread)["dscr_historical"]
    assert dict(coverage.inputs)["distributions"] == Decimal("182.5"), "100 + 91 - 100 in half a year"
    assert (coverage.value, coverage.reason) == (Decimal("182.5") / 8, "annualized from 182 days")
    assert live_formula(coverage.formula, dict(coverage.inputs), Decimal("182.5") / 8, lambda name: name)


def test_uca_coverage_of_half_a_year_sets_a_years_cash_against_a_years_repayments() -> None:
    sheet = {
        "accounts_receivable": [60, 30],
        "total_current_assets": [60, 30],
        "current_portion_long_term_debt": [5, 73],
        "total_current_liabilities": [5, 73],
        "retained_earnings": [191, 100],
    }
    result = {"operating_income": 91, "depreciation_amortization": 0, "interest_expense": 0, "income_tax_expense": 0, "net_income": 91}
    found = current(Spread((statement(SHEET, sheet, HALF, Y2023), statement(RESULT, result, HALF, months=6))))
    assert found["uca_net_cash_after_operations"].value == 61, "as printed: 91 earned, 30 of it still owed by customers"
    year, coverage = Decimal(61) * 365 / 182, found["uca_coverage"].value
    assert coverage is not None
    assert abs(coverage - year / 73) < Decimal("1e-20")


def test_half_a_years_result_kept_in_full_means_no_distributions() -> None:
    sheet = {"current_portion_long_term_debt": [5, 8], "retained_earnings": [191, 100]}
    result = {"operating_income": 91, "depreciation_amortization": 0, "interest_expense": 0, "income_tax_expense": 0, "net_income": 91}
    spread = Spread((statement(SHEET, sheet, HALF, Y2023), statement(RESULT, result, HALF, months=6)))
    assert current(spread)["dscr_historical"].value == Decimal("182.5") / 8


def test_a_sheet_of_two_years_ago_opens_nothing() -> None:
    sheet = {"current_portion_long_term_debt": [5, 8], "retained_earnings": [100, 90]}
    spread = Spread((statement(SHEET, sheet, Y2024, Y2022), statement(RESULT, {"net_income": 10, "interest_expense": 1}, Y2024)))
    reason = current(spread)["dscr_historical"].reason or ""
    assert "no balance sheet at the start of the period was read" in reason


def test_a_current_portion_within_short_term_debt_is_not_added_up_twice() -> None:
    printed = {
        "cash": 40,
        "short_term_debt": 20,
        "current_portion_long_term_debt": 15,
        "accounts_payable": 5,
        "total_current_liabilities": 40,
    }
    made = statement(SHEET, printed, Y2024)
    cash, borrowed, *others = made.items
    whole = replace(borrowed, value=Decimal(35), formula="Bank 20 + Current portion 15")
    (figures,) = figures_by_period(Spread((replace(made, items=(cash, whole, *others)),)), {})
    assert "accrued_liabilities" in figures.nil
