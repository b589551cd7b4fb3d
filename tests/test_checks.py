"""What must hold of statements, documents and pages: each check finds its flaw, and keeps silent within its tolerance."""

import inspect
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.domain import (
    STATEMENT_KINDS,
    UNMAPPED,
    Document,
    DocumentKind,
    FinancialStatement,
    Finding,
    Origin,
    PageStatus,
    Period,
    Severity,
    Spread,
)
from app.report.wording import THEME
from rules import checks
from rules.themes.case import Case
from tests import build

SHEET, RESULT, FLOW = STATEMENT_KINDS
AS_OF = date(2025, 3, 14)
UK: build.Rows = (
    ("total_fixed_assets", "Fixed assets", (80_000, 82_000)),
    ("total_current_assets", "Current assets", (75_000, 70_000)),
    ("total_current_liabilities", "Creditors: amounts falling due within one year", (45_000, 44_000)),
    ("net_current_assets", "Net current assets", (30_000, 26_000)),
    ("total_assets_less_current_liabilities", "Total assets less current liabilities", (110_000, 108_000)),
    ("creditors_due_after_one_year", "Creditors: amounts falling due after more than one year", (25_000, 27_000)),
    ("provisions", "Provisions for liabilities", (5_000, 4_000)),
    ("net_assets", "Net assets", (80_000, 77_000)),
    ("total_equity", "Capital and reserves", (80_000, 77_000)),
)


def found(*statements: FinancialStatement) -> list[Finding]:
    """Return what is found of `statements`, the rows kept outside the template aside."""
    return [f for f in checks.run(Case(Spread(statements))) if f.severity is not Severity.INFO]


def ids(*statements: FinancialStatement) -> list[str]:
    return [finding.id for finding in found(*statements)]


def with_amount(rows: build.Rows, account: str, amount: int, column: int = 0) -> build.Rows:
    """Return `rows` with another amount in one column of one account."""
    return [(a, label, [amount if a == account and n == column else v for n, v in enumerate(values)]) for a, label, values in rows]


def with_row(rows: build.Rows, after: str, row: tuple[str, str, Sequence[int | None]]) -> build.Rows:
    """Return `rows` with one more below the row of the account `after`."""
    return [each for given in rows for each in ([given, row] if given[0] == after else [given])]


def sheet(rows: build.Rows = build.BALANCE_SHEET, file: str = "statements.pdf") -> FinancialStatement:
    return build.statement(SHEET, rows, file=file)


def result(rows: build.Rows = build.INCOME_STATEMENT, file: str = "statements.pdf") -> FinancialStatement:
    return build.statement(RESULT, rows, 2, file, (build.CURRENT, build.PRIOR))


def flow(rows: build.Rows = build.CASH_FLOW, file: str = "statements.pdf") -> FinancialStatement:
    return build.statement(FLOW, rows, 3, file, (build.CURRENT, build.PRIOR))


def test_statements_that_articulate_have_no_finding() -> None:
    assert ids(*build.spread().statements) == []
    assert ids(sheet(UK)) == []


def test_every_check_says_why_from_where_and_with_an_example() -> None:
    for check in checks.CHECKS:
        said = inspect.getdoc(check) or ""
        assert all(part in said for part in ("\nWhy: ", "\nSource: ", "\nExample: ")), check.__name__
        assert checks.source_of(check)
        assert checks.theme_of(check) in {*THEME} - {"policy"}
    names = [check.__name__ for check in checks.CHECKS]
    assert len(names) == len(set(names))


def test_every_check_of_the_theme_modules_is_listed() -> None:
    modules = {inspect.getmodule(check) for check in checks.CHECKS}
    public = {
        function.__name__
        for module in modules
        if module
        for function in vars(module).values()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not function.__name__.startswith("_")
    }
    assert public == {check.__name__ for check in checks.CHECKS}


# -- foots and balances ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "account", "check"),
    [
        (RESULT, "gross_profit", "gross_profit_is_revenue_less_cost_of_sales"),
        (RESULT, "net_income", "net_income_is_income_before_tax_less_tax"),
        (SHEET, "total_equity", "liabilities_and_equity_add_up"),
        (SHEET, "total_assets", "assets_equal_liabilities_and_equity"),
    ],
)
def test_a_total_that_does_not_follow_is_found(kind: DocumentKind, account: str, check: str) -> None:
    rows = build.BALANCE_SHEET if kind is SHEET else build.INCOME_STATEMENT
    right = {a: values for a, _, values in rows}[account][0]
    assert right is not None
    made = sheet if kind is SHEET else result
    assert check not in ids(made(with_amount(rows, account, right + 1)))
    assert check in ids(made(with_amount(rows, account, right + 9_000)))


@pytest.mark.parametrize(
    ("account", "check"),
    [
        ("net_current_assets", "net_current_assets_are_current_assets_less_creditors"),
        ("total_fixed_assets", "fixed_and_net_current_assets_add_up"),
        ("provisions", "net_assets_are_what_creditors_leave"),
        ("total_equity", "net_assets_equal_equity"),
    ],
)
def test_a_broken_step_of_a_uk_sheet_is_found(account: str, check: str) -> None:
    assert check in ids(sheet(with_amount(UK, account, 61_000)))


def test_a_finding_says_what_was_compared_and_shows_its_figures() -> None:
    (one,) = found(result(with_amount(build.INCOME_STATEMENT, "gross_profit", 472_500)))
    assert one.message == (
        "statements.pdf for the period to 31 December 2024: revenue $1,204,600 less cost of sales $742,100 gives $462,500, "
        "but gross profit is printed as $472,500; the difference is $10,000."
    )
    assert [fact.concept for fact in one.facts] == ["revenue", "cost_of_sales", "gross_profit"]
    assert (one.theme, one.severity, one.documents) == ("foots", Severity.MEDIUM, ("statements.pdf",))
    assert "IAS 1.103" in one.source


@pytest.mark.parametrize(("off", "silent"), [(1_500, True), (1_501, False)])
def test_rounding_costs_half_a_unit_for_each_line_and_half_for_the_total(off: int, silent: bool) -> None:
    whole = replace(sheet(), scale=1_000)
    items = tuple(
        replace(i, value=i.value + off) if i.account in ("total_assets", "total_liabilities_and_equity") else i for i in whole.items
    )
    assert ("liabilities_and_equity_add_up" not in ids(replace(whole, items=items))) is silent


@pytest.mark.parametrize(("off", "silent"), [(1_000, True), (1_001, False)])
def test_a_sheet_balances_within_one_unit(off: int, silent: bool) -> None:
    whole = replace(sheet(), scale=1_000)
    items = tuple(replace(i, value=i.value + off) if i.account == "total_assets" else i for i in whole.items)
    assert ("assets_equal_liabilities_and_equity" not in ids(replace(whole, items=items))) is silent


def test_a_sheet_without_a_closing_total_balances_on_liabilities_and_equity() -> None:
    rows = [row for row in build.BALANCE_SHEET if row[0] != "total_liabilities_and_equity"]
    assert ids(sheet(rows)) == []
    assert "assets_equal_liabilities_and_equity" in ids(sheet(with_amount(rows, "total_assets", 556_110)))


def test_a_row_between_that_explains_the_gap_is_no_finding() -> None:
    rows = with_amount(build.BALANCE_SHEET, "total_equity", 270_640)
    assert "liabilities_and_equity_add_up" in ids(sheet(rows))
    assert "liabilities_and_equity_add_up" not in ids(sheet(with_row(rows, "total_equity", (UNMAPPED, "Minority interest", (7_000, 0)))))


def test_prepayments_printed_apart_belong_to_net_current_assets() -> None:
    rows = with_amount(with_amount(UK, "net_current_assets", 32_000), "total_fixed_assets", 78_000)
    assert ids(sheet(rows)) == ["net_current_assets_are_current_assets_less_creditors"]
    assert ids(sheet(with_row(rows, "total_current_assets", ("prepayments_accrued_income", "Prepayments", (2_000, 0))))) == []


def test_a_row_unknown_between_income_before_and_after_tax_keeps_the_check_silent() -> None:
    rows = with_amount(build.INCOME_STATEMENT, "net_income", 70_000)
    assert ids(result(rows)) == ["net_income_is_income_before_tax_less_tax"]
    assert ids(result(with_row(rows, "income_tax_expense", (UNMAPPED, "Discontinued operations", (-3_800, 0))))) == []


def test_rows_that_make_up_the_cost_of_sales_may_stand_above_it() -> None:
    parts: tuple[str, str, Sequence[int]] = (UNMAPPED, "Materials and labour", (742_100, 690_400))
    rows = with_row(with_amount(build.INCOME_STATEMENT, "gross_profit", 472_500), "revenue", parts)
    assert ids(result(rows)) == ["gross_profit_is_revenue_less_cost_of_sales"]


def test_a_misread_row_is_found_where_its_section_adds_up_in_the_other_period() -> None:
    rows = with_amount(build.BALANCE_SHEET, "inventory", 91_300)
    (one,) = found(sheet(rows))
    assert one.id == "rows_of_a_section_add_up"
    assert "the 4 rows above total current assets add up to $328,410, but $334,410 is printed" in one.message
    assert UNMAPPED in [fact.concept for fact in one.facts]


def test_a_section_that_adds_up_in_no_period_is_left_alone() -> None:
    rows = with_amount(with_amount(build.BALANCE_SHEET, "inventory", 91_300), "inventory", 90_000, column=1)
    assert ids(sheet(rows)) == []


def test_in_a_sheet_of_one_period_a_section_needs_rows_that_are_all_known() -> None:
    rows = [(a, label, values[:1]) for a, label, values in with_amount(build.BALANCE_SHEET, "inventory", 91_300)]
    known = [row for row in rows if row[0] != UNMAPPED]
    one = (build.AT_CURRENT,)
    assert ids(build.statement(SHEET, rows, periods=one)) == []
    assert ids(build.statement(SHEET, known, periods=one)) == ["rows_of_a_section_add_up"]


def test_the_current_portion_inside_short_term_debt_counts_once() -> None:
    rows = with_row(build.BALANCE_SHEET, "short_term_debt", ("current_portion_long_term_debt", "Current maturities", (10_000, 9_000)))
    rows = with_amount(with_amount(rows, "short_term_debt", 30_000), "short_term_debt", 36_000, 1)
    made = sheet(rows)
    items = tuple(
        replace(i, value=i.value + (10_000 if i.period.name == "current" else 9_000), origin=Origin.DERIVED, formula="notes + maturities")
        if i.account == "short_term_debt"
        else i
        for i in made.items
    )
    assert ids(replace(made, items=items)) == []


# -- rolls -----------------------------------------------------------------------------------------------------------


def last_year(revenue: int) -> FinancialStatement:
    rows = [(a, label, (revenue if a == "revenue" else v[1],)) for a, label, v in build.INCOME_STATEMENT if a in ("revenue", "net_income")]
    return build.statement(RESULT, rows, 1, "2023.pdf", (replace(build.PRIOR, name="current"),))


@pytest.mark.parametrize(("revenue", "expected"), [(1_098_300, 0), (1_098_301, 0), (1_098_302, 1), (1_089_300, 1)])
def test_last_years_figure_must_be_this_years_comparative(revenue: int, expected: int) -> None:
    rolled = [f for f in found(result(), last_year(revenue)) if f.theme == "rolls"]
    assert len(rolled) == expected
    for each in rolled:
        assert each.documents == ("statements.pdf", "2023.pdf")
        assert "31 December 2023" in each.message
        assert "revenue $1,098,300" in each.message
        assert [fact.file for fact in each.facts] == ["statements.pdf", "2023.pdf"]


def test_periods_of_another_length_are_not_compared() -> None:
    quarter = replace(last_year(300_000), periods=(Period("current", date(2023, 12, 31), date(2023, 10, 1)),))
    items = tuple(replace(i, period=quarter.periods[0]) for i in quarter.items)
    assert ids(result(), replace(quarter, items=items)) == []


def test_a_group_and_its_parent_in_one_file_are_not_compared() -> None:
    parent = build.statement(SHEET, with_amount(build.BALANCE_SHEET, "ppe_net", 1), 4)
    assert "same_figure_agrees_on_two_documents" not in ids(sheet(), parent)


@pytest.mark.parametrize(("cash", "expected"), [(84_211, []), (84_212, ["cash_flow_ends_at_the_cash_of_the_balance_sheet"])])
def test_the_cash_flow_ends_at_the_cash_of_the_sheet(cash: int, expected: list[str]) -> None:
    made = found(sheet(), flow(with_amount(build.CASH_FLOW, "cash_end_of_period", cash)))
    assert [f.id for f in made] == expected
    assert all(f.severity is Severity.LOW for f in made)


OPERATING: build.Rows = (
    ("revenue", "Net sales", (900, 800)),
    ("cost_of_sales", "Cost of goods sold", (500, 450)),
    ("gross_profit", "Gross profit", (400, 350)),
    ("operating_expenses", "Total operating expenses", (250, 240)),
    ("operating_income", "Operating income", (150, 110)),
)


@pytest.mark.parametrize(
    ("operating", "expected"),
    [(150, False), (151, False), (152, True), (650, False)],  # 650: sales less expenses that contain the cost of sales
)
def test_operating_income_follows_from_gross_profit_or_sales(operating: int, expected: bool) -> None:
    rows = with_amount(OPERATING, "operating_income", operating)
    assert ("operating_income_is_gross_profit_less_operating_expenses" in ids(result(rows))) is expected


def test_other_operating_income_explains_a_higher_operating_income() -> None:
    rows = with_row(OPERATING, "gross_profit", ("other_operating_income", "Other operating income", (30, 0)))
    assert ids(result(with_amount(rows, "operating_income", 180))) == []


@pytest.mark.parametrize(("end", "expected"), [(84_212, False), (84_213, True)])
def test_cash_flows_must_lead_from_the_cash_of_the_column_before_to_that_at_the_end(end: int, expected: bool) -> None:
    made = found(flow(with_amount(build.CASH_FLOW, "cash_end_of_period", end)))
    assert ("cash_flow_adds_up_to_the_change_in_cash" in [f.id for f in made]) is expected
    assert all("cash at the beginning $61,930" in f.message for f in made)


def test_cash_at_the_beginning_is_taken_from_its_own_row() -> None:
    row = (UNMAPPED, "Cash, beginning of year", (61_930, 53_630))
    rows = with_row(build.CASH_FLOW, "financing_cash_flow", row)
    assert ids(flow(rows)) == []
    assert len(found(flow(with_amount(rows, "operating_cash_flow", 90_100)))) == 1


def test_exchange_differences_explain_a_change_in_cash() -> None:
    rows = with_row(build.CASH_FLOW, "financing_cash_flow", (UNMAPPED, "Effect of exchange rates on cash", (-400, 0)))
    assert ids(flow(with_amount(rows, "cash_end_of_period", 83_810))) == []


def rolled(rows: build.Rows = build.CASH_FLOW, earned: int = 73_800) -> list[Finding]:
    """Return what is found of retained earnings when the result is `earned`."""
    result_rows = with_amount(build.INCOME_STATEMENT, "net_income", earned)
    made = checks.run(Case(Spread((sheet(), result(result_rows), flow(rows)))))
    return [f for f in made if f.id == "retained_earnings_follow_from_the_result"]


@pytest.mark.parametrize(("earned", "expected"), [(73_800, 0), (73_802, 0), (73_803, 1), (83_800, 1)])
def test_retained_earnings_must_follow_from_result_and_distributions(earned: int, expected: int) -> None:
    made = rolled(earned=earned)
    assert len(made) == expected
    assert all(f.severity is Severity.MEDIUM for f in made)


def test_an_unexplained_movement_of_retained_earnings_is_told_with_its_figures() -> None:
    (one,) = rolled(earned=83_800)
    assert one.message == (
        "Retained earnings of $178,070 and net income of $83,800 less distributions of $24,230 give $237,640, but $227,640 is printed "
        "at 31 December 2024; $10,000 is not explained."
    )
    assert [fact.concept for fact in one.facts] == ["retained_earnings", "net_income", "dividends_paid", "retained_earnings"]


def test_a_buy_back_makes_an_unexplained_movement_weigh_little() -> None:
    rows = with_row(build.CASH_FLOW, "dividends_paid", (UNMAPPED, "Repurchase of common stock", (10_000, 0)))
    assert [f.severity for f in rolled(rows, earned=83_800)] == [Severity.LOW]


def test_distributions_that_are_not_printed_are_implied_as_a_note() -> None:
    (one,) = rolled([row for row in build.CASH_FLOW if row[0] != "dividends_paid"])
    assert one.severity is Severity.INFO
    assert "implies distributions of $24,230" in one.message


@pytest.mark.parametrize(("earned", "expected"), [(73_800, 0), (83_800, 1)])
def test_cash_flow_out_of_two_sheets_ties_to_the_change_in_cash(earned: int, expected: int) -> None:
    rows = with_amount(build.INCOME_STATEMENT, "net_income", earned)
    made = checks.run(Case(Spread((sheet(), result(rows), flow()))))
    told = [f for f in made if f.id == "uca_cash_flow_ties_to_the_change_in_cash"]
    assert [f.severity for f in told] == [Severity.INFO] * expected
    assert all("make $32,280, but cash moved by $22,280 to $84,210 at 31 December 2024" in f.message for f in told)


BY_FUNCTION: build.Rows = (
    ("gross_profit", "Gross profit", (217_293, 202_875)),
    ("distribution_costs", "Distribution costs", (12_975, 12_230)),
    ("administrative_expenses", "Administrative expenses", (148_723, 132_637)),
    ("other_operating_income", "Other operating income", (1_000, 500)),
    ("operating_income", "Operating profit", (56_595, 58_508)),
)


def test_costs_by_function_lead_to_operating_profit_as_in_the_other_year() -> None:
    check = "operating_income_is_what_the_costs_leave"
    changed = with_amount(BY_FUNCTION, "administrative_expenses", 148_023)
    assert ids(result(BY_FUNCTION)) == []
    assert ids(result(changed)) == [check]
    assert ids(result(with_amount(changed, "administrative_expenses", 130_000, 1))) == [], "they add up in no year: other rows count"
    assert ids(result(with_row(changed, "distribution_costs", (UNMAPPED, "Other costs", (700, 0))))) == []


# -- plausible -------------------------------------------------------------------------------------------------------


def test_statements_in_two_currencies_are_found() -> None:
    (one,) = found(sheet(), replace(result(file="group.pdf"), currency="GBP"))
    assert (one.id, one.severity) == ("statements_are_in_one_currency", Severity.HIGH)
    assert one.message == "The statements are in different currencies: GBP in group.pdf and USD in statements.pdf."
    assert ids(sheet(), replace(result(), currency=None)) == []


@pytest.mark.parametrize(("text", "expected"), [("2024", True), ("2,024", False), ("2019", False)])
def test_a_year_read_as_an_amount_is_found(text: str, expected: bool) -> None:
    made = sheet()
    items = tuple(replace(i, text=text) if i.account == "goodwill" and i.period.name == "current" else i for i in made.items)
    assert ("amount_is_not_a_year" in ids(replace(made, items=items))) is expected


def test_statements_read_in_other_units_are_found_once() -> None:
    made = result()
    larger = replace(made, scale=1_000, items=tuple(replace(i, value=i.value * 1_000) for i in made.items))
    (one,) = found(sheet(), larger)
    assert one.id == "statements_are_in_the_same_unit"
    assert "units of 1,000" in one.message
    assert ids(sheet(), replace(larger, scale=1)) == []


@pytest.mark.parametrize(("value", "expected"), [(-1, True), (0, False)])
def test_negative_revenue_is_found(value: int, expected: bool) -> None:
    assert ("revenue_is_not_negative" in ids(result(with_amount(build.INCOME_STATEMENT, "revenue", value)))) is expected


@pytest.mark.parametrize(("value", "expected"), [(-1, True), (0, False)])
def test_negative_total_assets_are_found(value: int, expected: bool) -> None:
    assert ("total_assets_are_not_negative" in ids(sheet(with_amount(build.BALANCE_SHEET, "total_assets", value)))) is expected


@pytest.mark.parametrize(("value", "expected"), [(565_111, False), (565_112, True)])
def test_cash_beyond_total_assets_is_found(value: int, expected: bool) -> None:
    assert ("cash_is_within_total_assets" in ids(sheet(with_amount(build.BALANCE_SHEET, "cash", value)))) is expected


# -- reading and complete --------------------------------------------------------------------------------------------


def test_a_file_that_cannot_be_read_is_one_finding_of_high_weight() -> None:
    pages = [build.page(n, "locked.pdf", PageStatus.QUARANTINED, "It is encrypted.") for n in (1, 2)]
    (one,) = checks.run(Case(Spread(()), pages=tuple(pages)))
    assert (one.id, one.severity, one.documents) == ("every_page_can_be_read", Severity.HIGH, ("locked.pdf",))
    assert one.message == "locked.pdf: the file could not be read. It is encrypted."


def test_a_page_that_cannot_be_read_is_named() -> None:
    pages = [build.page(1), build.page(2, status=PageStatus.QUARANTINED, reason="The scan is too faint"), build.page(3)]
    (one,) = checks.run(Case(Spread(()), pages=tuple(pages)))
    assert one.severity is Severity.MEDIUM
    assert one.message == "statements.pdf: page 2 could not be read. The scan is too faint."


@pytest.mark.parametrize(("values", "found"), [({"form": "1120"}, True), ({"form": "1120", "gross_receipts": 120_000}, False)])
def test_a_document_without_its_figures_is_not_taken_for_one_that_agrees(values: dict[str, object], found: bool) -> None:
    form = build.form(DocumentKind.BUSINESS_TAX_RETURN, "return.jpg", values)
    told = [f for f in checks.run(Case(Spread(()), forms=(form,))) if f.id == "every_document_tells_its_figures"]
    assert [(f.severity, f.documents) for f in told] == ([(Severity.MEDIUM, ("return.jpg",))] if found else [])


def test_rows_outside_the_template_are_told_for_information() -> None:
    (one,) = checks.run(Case(Spread((sheet(),))))
    assert (one.id, one.severity) == ("every_row_finds_an_account", Severity.INFO)
    assert "“Deposits with suppliers”" in one.message


def test_files_alone_are_not_asked_for_what_an_application_needs() -> None:
    assert [f for f in checks.run(Case(build.spread())) if f.theme == "complete"] == []


def document(kind: DocumentKind, file: str = "statements.pdf") -> Document:
    return Document(file, kind, (build.page(file=file),))


def missing(*statements: FinancialStatement, documents: Sequence[Document] = ()) -> list[str]:
    """Return what is told to be missing."""
    made = checks.run(Case(Spread(statements), tuple(documents), as_of=AS_OF))
    return [f.message.removeprefix("Missing from the application: ") for f in made if f.id == "required_documents_are_present"]


def test_each_kind_that_is_missing_is_told() -> None:
    documents = [document(DocumentKind.BANK_STATEMENT, "march.pdf"), document(DocumentKind.DEBT_SCHEDULE, "debts.pdf")]
    rows = [(a, label, v[:1]) for a, label, v in build.INCOME_STATEMENT]
    assert missing(sheet(), build.statement(RESULT, rows, periods=(build.CURRENT,)), documents=documents) == [
        "loan application.",
        "income statement for 1 of 2 periods.",
        "business tax return.",
        "2 of 3 bank statements.",
        "personal financial statement.",
    ]


def test_a_uk_company_is_not_asked_for_a_us_tax_return() -> None:
    assert "business tax return." in missing(sheet())
    assert "business tax return." not in missing(replace(sheet(UK), currency="GBP"))
    assert "business tax return." not in missing(replace(sheet(UK), currency="GBP"), replace(result(), currency=None))


@pytest.mark.parametrize(("debt", "interest", "expected"), [(1, 0, True), (0, 1, True), (0, 0, False)])
def test_who_owes_no_bank_is_not_asked_for_a_debt_schedule(debt: int, interest: int, expected: bool) -> None:
    rows: build.Rows = (("short_term_debt", "Notes payable", (0, 9)), ("long_term_debt", "Long-term debt", (debt, 9)))
    paid: build.Rows = (("interest_expense", "Interest expense", (interest, 1)),)
    assert ("debt schedule." in missing(sheet(rows), result(paid))) is expected


def test_a_complete_application_misses_nothing() -> None:
    kinds = [DocumentKind.LOAN_APPLICATION, DocumentKind.BUSINESS_TAX_RETURN, DocumentKind.DEBT_SCHEDULE]
    kinds += [DocumentKind.PERSONAL_FINANCIAL_STATEMENT, *[DocumentKind.BANK_STATEMENT] * 3]
    made = checks.run(Case(build.spread(), tuple(document(kind) for kind in kinds), as_of=AS_OF))
    assert [f for f in made if f.severity is not Severity.INFO] == []


@pytest.mark.parametrize(("as_of", "expected"), [(date(2025, 4, 30), 0), (date(2025, 5, 1), 2)])
def test_a_statement_older_than_policy_allows_is_stale(as_of: date, expected: int) -> None:
    made = [f for f in checks.run(Case(build.spread(), as_of=as_of)) if f.id == "statements_are_recent"]
    assert len(made) == expected
    assert all("121 days" in f.message and "policy allows 120" in f.message for f in made)


def test_amounts_are_told_with_separators_currency_and_cents() -> None:
    rows = with_amount(build.INCOME_STATEMENT, "revenue", -1_204_600)
    made = result(rows)
    items = tuple(replace(i, value=Decimal("-1204600.5")) if i.account == "revenue" and i.value < 0 else i for i in made.items)
    said = [f.message for f in found(replace(made, currency="CHF", items=items)) if f.id == "revenue_is_not_negative"]
    assert said == ["statements.pdf for the period to 31 December 2024: revenue is negative, -CHF 1,204,600.50."]
