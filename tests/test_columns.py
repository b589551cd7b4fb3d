from datetime import date

from app.domain import DocumentKind, Page
from rules.columns import Layout, layout_of
from tests import paper

BALANCE, INCOME = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT


def layout(page: Page, kind: DocumentKind = BALANCE) -> Layout:
    return layout_of(page, kind, [i for i, line in enumerate(page.lines) if line.amounts])


def periods_of_first_row(page: Page, found: Layout) -> list[str | None]:
    row = next(line for line in page.lines if line.amounts)
    return [p.name if (p := found.period_of(a)) else None for a in row.amounts]


ROWS = [("Cash", "1,204", "1,180"), ("Receivables", "3,310", "2,990"), ("Total assets", "4,514", "4,170")]


def test_columns_take_their_periods_from_the_dates_above_them() -> None:
    found = layout(paper.page([("Balance Sheets",), ("", "2023", "2022"), *ROWS]))
    assert [(p.name, p.end) for p in found.periods] == [("current", date(2023, 12, 31)), ("prior", date(2022, 12, 31))]


def test_the_newest_column_is_current_even_when_it_is_printed_last() -> None:
    page = paper.page([("Balance Sheets",), ("", "2022", "2023"), *ROWS])
    found = layout(page)
    assert periods_of_first_row(page, found) == ["prior", "current"]


def test_month_and_day_may_stand_a_line_above_the_years() -> None:
    found = layout(paper.page([("Statements of Operations",), ("Fiscal year ended January 31,",), ("", "2025", "2024"), *ROWS]), INCOME)
    assert [p.end for p in found.periods] == [date(2025, 1, 31), date(2024, 1, 31)]
    assert found.periods[0].start == date(2024, 2, 1)


def test_a_column_may_have_its_whole_date_in_two_lines() -> None:
    found = layout(paper.page([("", "June 30,", "December 31,"), ("", "2023", "2022"), *ROWS]))
    assert [p.end for p in found.periods] == [date(2023, 6, 30), date(2022, 12, 31)]


def test_note_references_are_no_column_of_amounts() -> None:
    rows = [
        ("", "Notes", "2020", "2019"),
        ("Tangible assets", "4", "63,261", "68,160"), ("Stocks", "6", "32,365", "30,670"), ("Debtors", "7", "16,419", "12,196"),
    ]  # fmt: skip
    page = paper.page(rows)
    found = layout(page)
    assert len(found.columns) == 2
    assert periods_of_first_row(page, found) == [None, "current", "prior"]


def test_an_inner_and_an_outer_column_share_a_period() -> None:
    rows = [
        ("", "", "2017", "", "2016"),
        ("Tangible assets", "63,261", "", "68,160", ""), ("Stocks", "32,365", "", "30,670", ""), ("Debtors", "16,419", "", "12,196", ""),
        ("Net assets", "", "254,171", "", "173,325"), ("Equity", "", "254,171", "", "173,325"), ("Reserves", "", "1,171", "", "1,325"),
    ]  # fmt: skip
    page = paper.page(rows, edges=(0.5, 0.62, 0.76, 0.9))
    found = layout(page)
    last = [line for line in page.lines if line.amounts][-1]
    assert periods_of_first_row(page, found) == ["current", "prior"]
    assert [found.period_of(a).name for a in last.amounts] == ["current", "prior"]  # type: ignore[union-attr]


def test_one_column_takes_the_one_date_of_the_head() -> None:
    found = layout(paper.page([("Balance sheet as at 31 March 2021",), *[row[:2] for row in ROWS]]))
    assert [(p.name, p.end) for p in found.periods] == [("current", date(2021, 3, 31))]


def test_without_dates_the_first_column_is_current() -> None:
    found = layout(paper.page([("Balance Sheet",), *ROWS]))
    assert [(p.name, p.end) for p in found.periods] == [("current", None), ("prior", None)]


def test_a_page_without_amounts_has_no_columns() -> None:
    page = paper.page([("Balance Sheet",), ("See notes",)])
    assert layout(page) == Layout((), ())


def test_heads_printed_over_inner_and_outer_columns_alike_are_one_period() -> None:
    rows = [
        ("", "2025", "2025", "2024", "2024"),
        ("Tangible assets", "18,975", "", "18,354", ""), ("Stocks", "4,705", "", "5,509", ""), ("Debtors", "2,139", "", "5,635", ""),
        ("Net assets", "", "80,016", "", "72,133"), ("Equity", "", "80,016", "", "72,133"), ("Reserves", "", "79,991", "", "72,108"),
    ]  # fmt: skip
    found = layout(paper.page(rows, edges=(0.5, 0.62, 0.76, 0.9)))
    assert [(p.name, p.end) for p in found.periods] == [("current", date(2025, 12, 31)), ("prior", date(2024, 12, 31))]
    assert [c.period for c in found.columns] == [0, 0, 1, 1]


def test_heads_far_apart_are_one_row_of_heads() -> None:
    rows = [(label, one, "", other) for label, one, other in ROWS]
    page = paper.page([("As of December 31, 2025",), ("", "Dec 31, 25", "", "Dec 31, 24"), *rows], edges=(0.62, 0.7, 0.95))
    figures = [i for i, line in enumerate(page.lines) if line.label in {row[0] for row in ROWS}]
    assert [p.end for p in layout_of(page, BALANCE, figures).periods] == [date(2025, 12, 31), date(2024, 12, 31)]


def test_a_date_that_a_scan_doubled_does_not_move_the_columns() -> None:
    page = paper.page([("2024",), ("Cash flows 2024", "2024", "2023"), *ROWS])
    found = layout_of(page, INCOME, [i for i, line in enumerate(page.lines) if line.label in {row[0] for row in ROWS}])
    assert [(p.name, p.end) for p in found.periods] == [("current", date(2024, 12, 31)), ("prior", date(2023, 12, 31))]


def test_a_year_split_in_two_has_more_columns_than_years() -> None:
    page = paper.placed(
        [
            (0.10, [(0.55, "2023"), (0.82, "2022")]),
            (0.12, [(0.46, "January 1 to"), (0.62, "June 10 to"), (0.78, "January 1 to")]),
            (0.14, [(0.46, "June 9"), (0.62, "September 30"), (0.78, "September 30")]),
            (0.16, [(0.05, "Cash flow"), (0.50, "(745)"), (0.66, "6,615"), (0.82, "3,073")]),
            (0.18, [(0.05, "Net income"), (0.50, "3,310"), (0.66, "2,990"), (0.82, "1,100")]),
            (0.20, [(0.05, "Cash at end"), (0.50, "2,001"), (0.66, "1,617"), (0.82, "2,201")]),
        ]
    )
    found = layout(page, DocumentKind.CASH_FLOW_STATEMENT)
    assert periods_of_first_row(page, found) == ["prior", "current", "prior2"]
