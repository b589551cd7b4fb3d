from dataclasses import replace
from decimal import Decimal

from app.domain import UNMAPPED, DocumentKind, Entity, Origin, ReadMethod
from rules.spreading import spread
from tests import paper

BALANCE, INCOME = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT
HEAD: list[paper.Printed] = [("Balance Sheets",), ("(In thousands)",), ("", "2023", "2022")]


def test_a_page_in_thousands_is_multiplied_out() -> None:
    page = paper.page([*HEAD, ("Cash", "$ 1,204", "$ 1,180"), ("Inventory", "310", "290"), ("Total assets", "4,514", "4,170")])
    [found] = spread(paper.document(BALANCE, page), paper.entities(page, ["cash", "inventory", "total_assets"]))
    assert found.scale == 1000
    assert found.currency == "USD"
    assert found.item("cash", "prior").value == Decimal(1_180_000)  # type: ignore[union-attr]


def test_cents_are_kept() -> None:
    page = paper.page([("Balance Sheet 2023",), ("Cash", "1,204.17"), ("Inventory", "99.05"), ("Total assets", "1,303.22")])
    [found] = spread(paper.document(BALANCE, page), paper.entities(page, ["cash", "inventory", "total_assets"]))
    assert [str(i.value) for i in found.items] == ["1204.17", "99.05", "1303.22"]


def test_every_figure_says_where_it_was_read() -> None:
    page = paper.page([*HEAD, ("Cash", "1,204", "1,180"), ("Inventory", "310", "290"), ("Total assets", "4,514", "4,170")])
    [found] = spread(paper.document(BALANCE, page), paper.entities(page, ["cash", "inventory", "total_assets"]))
    item = found.item("inventory", "prior")
    assert item is not None
    assert item.box is not None
    assert item.span is not None
    assert (item.label, item.text, item.page, item.origin) == ("Inventory", "290", 1, Origin.READ)
    assert page.words[item.span.start].text == "290"


def test_a_row_outside_the_template_is_kept_as_unmapped() -> None:
    page = paper.page([*HEAD, ("Cash", "1,204", "1,180"), ("Film library", "310", "290"), ("Total assets", "4,514", "4,170")])
    [found] = spread(paper.document(BALANCE, page), paper.entities(page, ["cash", UNMAPPED, "total_assets"]))
    assert [(i.label, int(i.value)) for i in found.items if i.account == UNMAPPED] == [("Film library", 310_000), ("Film library", 290_000)]


def test_of_two_rows_read_as_one_account_the_surer_counts_and_the_other_is_kept() -> None:
    page = paper.page(
        [*HEAD, ("Trade receivables", "1,204", "1,180"), ("Other receivables", "310", "290"), ("Total assets", "4,514", "4,170")]
    )
    first, second, third = paper.entities(page, ["accounts_receivable", "accounts_receivable", "total_assets"])
    weak = Entity(second.span, second.label, 0.6, ((UNMAPPED, 0.3),))
    [found] = spread(paper.document(BALANCE, page), (first, weak, third))
    assert found.item("accounts_receivable", "current").value == 1_204_000  # type: ignore[union-attr]
    assert [i.label for i in found.items if i.account == UNMAPPED] == ["Other receivables"] * 2


def test_rows_of_a_collecting_account_add_up_and_show_their_parts() -> None:
    page = paper.page([*HEAD, ("Accrued wages", "204", "180"), ("Accrued interest", "10", "20"), ("Total assets", "4,514", "4,170")])
    [found] = spread(paper.document(BALANCE, page), paper.entities(page, ["accrued_liabilities", "accrued_liabilities", "total_assets"]))
    item = found.item("accrued_liabilities", "current")
    assert item is not None
    assert item.value == 214_000
    assert item.origin is Origin.DERIVED
    assert item.formula == "Accrued wages 204,000 + Accrued interest 10,000"


def test_short_term_debt_includes_the_current_portion_of_long_term_debt() -> None:
    page = paper.page(
        [*HEAD, ("Line of credit", "204", "180"), ("Current portion of long-term debt", "10", "20"), ("Total assets", "4,514", "4,170")]
    )
    [found] = spread(
        paper.document(BALANCE, page), paper.entities(page, ["short_term_debt", "current_portion_long_term_debt", "total_assets"])
    )
    assert found.item("short_term_debt", "current").value == 214_000  # type: ignore[union-attr]
    assert found.item("current_portion_long_term_debt", "current").value == 10_000  # type: ignore[union-attr]


def test_uk_deductions_in_brackets_count_positive_and_losses_negative() -> None:
    page = paper.page(
        [
            ("Balance sheet as at 31 March 2021",),
            ("", "£"),
            ("Current assets", "132,594"),
            ("Creditors: amounts falling due within one year", "(249,517 )"),
            ("Net current liabilities", "(116,923 )"),
            ("Net assets", "254,171"),
        ]
    )
    accounts = ["total_current_assets", "total_current_liabilities", "net_current_assets", "net_assets"]
    [found] = spread(paper.document(BALANCE, page), paper.entities(page, accounts))
    assert [found.item(a, "current").value for a in accounts] == [132_594, 249_517, -116_923, 254_171]  # type: ignore[union-attr]
    assert found.currency == "GBP"
    assert found.item("total_equity", "current").formula == "net_assets"  # type: ignore[union-attr]


def test_two_statements_on_one_page_are_two_statements() -> None:
    page = paper.page(
        [
            ("Accounts 2023",),
            ("Turnover", "900"),
            ("Cost of sales", "500"),
            ("Gross profit", "400"),
            ("Profit before taxation", "90"),
            ("Fixed assets", "700"),
            ("Current assets", "300"),
            ("Net assets", "1,000"),
            ("Capital and reserves", "1,000"),
        ]
    )
    accounts = [
        "revenue",
        "cost_of_sales",
        "gross_profit",
        "income_before_tax",
        "total_fixed_assets",
        "total_current_assets",
        "net_assets",
        "total_equity",
    ]
    found = spread(paper.document(INCOME, page), paper.entities(page, accounts))
    assert [s.kind for s in found] == [INCOME, BALANCE]
    assert found[1].item("net_assets", "current").value == 1000  # type: ignore[union-attr]


def test_a_second_page_without_dates_carries_on_the_periods_of_the_first() -> None:
    first = paper.page([*HEAD, ("Cash", "1,204", "1,180"), ("Inventory", "310", "290"), ("Total assets", "4,514", "4,170")])
    second = paper.page(
        [("Accounts payable", "204", "180"), ("Retained earnings", "4,310", "3,990"), ("Total liabilities and equity", "4,514", "4,170")],
        number=2,
    )
    read = (
        *paper.entities(first, ["cash", "inventory", "total_assets"]),
        *paper.entities(second, ["accounts_payable", "retained_earnings", "total_liabilities_and_equity"]),
    )
    [found] = spread(paper.document(BALANCE, first, second), read)
    assert found.item("retained_earnings", "prior").period.end == found.item("cash", "prior").period.end  # type: ignore[union-attr]
    assert found.item("retained_earnings", "prior").page == 2  # type: ignore[union-attr]


def test_of_two_rows_read_alike_the_total_counts_and_else_the_first() -> None:
    page = paper.page(
        [*HEAD, ("Net product sales", "1,204", "1,180"), ("Total revenues", "1,310", "1,290"), ("Gross profit", "514", "170")]
    )
    first, second, third = paper.entities(page, ["revenue", "revenue", "gross_profit"])
    sure = (replace(first, score=0.999), replace(second, score=0.995), third)
    [found] = spread(paper.document(INCOME, page), sure)
    assert found.item("revenue", "current").label == "Total revenues"  # type: ignore[union-attr]
    again = paper.page(
        [
            *HEAD,
            ("Net cash from continuing operations", "1,204", "1,180"),
            ("Net cash from discontinued operations", "10", "90"),
            ("Capital expenditures", "514", "170"),
        ]
    )
    first, second, third = paper.entities(again, ["operating_cash_flow", "operating_cash_flow", "capital_expenditures"])
    [found] = spread(
        paper.document(DocumentKind.CASH_FLOW_STATEMENT, again), (replace(first, score=0.993), replace(second, score=0.999), third)
    )
    assert found.item("operating_cash_flow", "current").value == 1_204_000  # type: ignore[union-attr]


def test_of_a_gross_figure_and_what_is_left_of_it_after_a_deduction_the_net_one_counts() -> None:
    receivables = [("Receivables", "1,204", "1,180"), ("Less allowance", "(104)", "80"), ("Receivables, net", "1,100", "1,100")]
    page = paper.page([*HEAD, *receivables])
    gross, less, net = paper.entities(page, ["accounts_receivable", UNMAPPED, "accounts_receivable"])
    [found] = spread(paper.document(DocumentKind.BALANCE_SHEET, page), (replace(gross, score=0.999), less, replace(net, score=0.995)))
    assert found.item("accounts_receivable", "current").value == 1_100_000  # type: ignore[union-attr]


def test_cash_at_the_beginning_is_not_cash_at_the_end() -> None:
    rows: list[paper.Printed] = [("Operating activities", "240", "110"), ("Net decrease", "(90)", "20")]
    opening: list[paper.Printed] = [("Cash and restricted cash at beginning of the year (of which",), ("restricted 5 and 4)", "490", "470")]
    page = paper.page([*HEAD, *rows, *opening, ("Cash at end of the year", "400", "490")])
    accounts = ["operating_cash_flow", UNMAPPED, "cash_end_of_period", "cash_end_of_period"]
    [found] = spread(paper.document(DocumentKind.CASH_FLOW_STATEMENT, page), paper.entities(page, accounts))
    assert found.item("cash_end_of_period", "current").value == 400_000  # type: ignore[union-attr]


def test_flows_of_discontinued_operations_are_none_of_the_company() -> None:
    rows: list[paper.Printed] = [("Cash from continuing operating activities", "240", "110"), ("Investing", "9", "8")]
    gone: list[paper.Printed] = [("Discontinued operations",), ("Cash from operating activities", "33", "22")]
    page = paper.page([*HEAD, *rows, *gone, ("Cash at end", "400", "490")])
    accounts = ["operating_cash_flow", "investing_cash_flow", "operating_cash_flow", "cash_end_of_period"]
    first, second, third, last = paper.entities(page, accounts)
    [found] = spread(paper.document(DocumentKind.CASH_FLOW_STATEMENT, page), (replace(first, score=0.9), second, third, last))
    assert found.item("operating_cash_flow", "current").value == 240_000  # type: ignore[union-attr]


def test_an_accounts_own_name_settles_a_doubt_of_the_model() -> None:
    page = paper.page([*HEAD, ("Turnover", "1,204", "1,180"), ("Interest income, net", "12", "18"), ("Net income", "240", "110")])
    first, second, third = paper.entities(page, ["revenue", UNMAPPED, "net_income"])
    doubtful = replace(second, score=0.91, alternatives=(("net_interest_income_expense", 0.09),))
    [found] = spread(paper.document(INCOME, page), (first, doubtful, third))
    assert found.item("net_interest_income_expense", "current").value == 12_000  # type: ignore[union-attr]


def test_a_worn_scan_in_tenths_is_in_millions_and_gets_its_points_back() -> None:
    page = paper.page(
        [("Balance Sheets",), ("(Mamaiisa)",), ("", "2023", "2022"), ("Cash", "736.5", "597.6"), ("Goodwill", "76939", "5,216.9"),
         ("Inventory", "1.3367", "129.5"), ("Other", "44.0", "51.7"), ("Total assets", "8,810.8", "5,995.7")]
    )  # fmt: skip
    entities = paper.entities(page, ["cash", "goodwill", "inventory", UNMAPPED, "total_assets"])
    [found] = spread(paper.document(BALANCE, replace(page, method=ReadMethod.OCR)), entities)
    assert found.scale == 1_000_000
    assert [int(found.item(a, "current").value) for a in ("cash", "goodwill", "inventory")] == [  # type: ignore[union-attr]
        736_500_000,
        7_693_900_000,
        1_336_700_000,
    ]
