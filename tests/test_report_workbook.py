"""The spreadsheet: live where the arithmetic holds, as read where it does not, and never a formula of a borrower's making."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.domain import UNMAPPED, DocumentKind, Spread
from app.report.arithmetic import live_formula, terms_of
from app.report.workbook import write_workbook
from tests import build


def _book(tmp_path: Path, *subjects: Any) -> Any:
    path = tmp_path / "spread.xlsx"
    write_workbook(subjects, path)
    return openpyxl.load_workbook(path)


def _row(sheet: Any, name: str) -> int:
    return next(int(cell.row) for cell in sheet["A"] if cell.value == name)


def _value(book: Any, sheet: str, cell: str) -> Decimal:
    """Compute a cell as a spreadsheet would: sums, products and references are all that the workbook uses."""
    content = book[sheet][cell].value
    if not isinstance(content, str):
        return Decimal(str(content))
    names: dict[str, Decimal] = {}

    def name(match: re.Match[str]) -> str:
        key = f"v{len(names)}"
        names[key] = _value(book, match[1] or sheet, match[2])
        return key

    expression = re.sub(r"(?:'([^']+)'!)?([A-Z]+[0-9]+)", name, content.removeprefix("="))
    assert re.fullmatch(r"[v0-9+\-*/(). ]+", expression)
    return Decimal(eval(expression, {}, names))  # noqa: S307 - the expression was matched on the line above


def test_totals_are_live_formulas_and_give_the_printed_figure(tmp_path: Path) -> None:
    book = _book(tmp_path, build.assessment())
    sheet = book["Balance sheet"]
    total = _row(sheet, "Total current assets")
    cash, receivables, inventory = (_row(sheet, name) for name in ("Cash", "Accounts receivable", "Inventory"))
    deposits = _row(sheet, "Deposits with suppliers")
    assert sheet.cell(total, 2).value == f"=B{cash}+B{receivables}+B{inventory}+B{deposits}"
    assert sheet.cell(total, 4).value == f"=D{cash}+D{receivables}+D{inventory}+D{deposits}"
    assert _value(book, "Balance sheet", f"B{total}") == 334_410


def test_every_formula_of_the_spread_gives_exactly_what_was_read(tmp_path: Path) -> None:
    book = _book(tmp_path, build.assessment())
    computed = 0
    for statement, title in zip(build.spread().statements, ("Balance sheet", "Income statement", "Cash flow statement"), strict=True):
        read = sorted(item.value for item in statement.items)
        cells = [cell for row in book[title].iter_rows(min_row=5) for cell in row if cell.column in (2, 4) and cell.value is not None]
        assert sorted(_value(book, title, cell.coordinate) for cell in cells) == read
        computed += sum(cell.data_type == "f" for cell in cells)
    assert computed == 20


def test_a_total_that_its_parts_do_not_give_is_written_as_read(tmp_path: Path) -> None:
    rows = [("cash", "Cash", (5, 5)), ("inventory", "Stock", (3, 3)), ("total_current_assets", "Total", (8, 9))]
    book = _book(tmp_path, build.assessment(made=Spread((build.statement(DocumentKind.BALANCE_SHEET, rows),))))
    sheet = book["Balance sheet"]
    total = _row(sheet, "Total current assets")
    assert sheet.cell(total, 2).value == "=B6+B7"
    assert sheet.cell(total, 4).value == 9


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t"])
def test_text_that_looks_like_a_formula_is_stored_as_text(tmp_path: Path, lead: str) -> None:
    label = f'{lead}HYPERLINK("http://example.org","x")\x07'
    made = Spread((build.statement(DocumentKind.BALANCE_SHEET, [(UNMAPPED, label, (1, 2)), ("cash", label, (3, 4))], file=label),))
    finding = replace(build.finding(message=label), documents=(label,), source=label, theme=label)
    book = _book(tmp_path, build.assessment(label, [finding], [build.ratio("dscr", None, label)], made))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
                if isinstance(cell.value, str) and cell.value.startswith(lead):
                    assert cell.quotePrefix
    assert book["Balance sheet"]["A8"].value.startswith(lead)


def test_each_figure_has_its_source_beside_it(tmp_path: Path) -> None:
    sheet = _book(tmp_path, build.assessment())["Income statement"]
    assert sheet.cell(_row(sheet, "Revenue"), 3).value == "statements.pdf, page 2: “Net sales” 1,204,600"


def test_ratios_are_live_formulas_over_cells_of_the_spread(tmp_path: Path) -> None:
    current, liabilities = Decimal(334_410), Decimal(149_470)
    ratio = replace(
        build.ratio("current_ratio", "1", "total_current_assets / total_current_liabilities"),
        value=current / liabilities,
        inputs=(("total_current_assets", current), ("total_current_liabilities", liabilities)),
    )
    book = _book(tmp_path, build.assessment(ratios=[ratio, build.ratio("fccr", None)]))
    sheet = book["Ratios"]
    row = _row(sheet, "Current ratio")
    assert sheet.cell(row, 2).value == f"=(B{row + 1}/B{row + 2})"
    assert sheet.cell(row + 1, 2).value == f"='Balance sheet'!B{_row(book['Balance sheet'], 'Total current assets')}"
    assert abs(_value(book, "Ratios", f"B{row}") - current / liabilities) < Decimal("1e-12")
    assert sheet.cell(_row(sheet, "Fixed charge coverage (FCCR)"), 2).value == "not computable"


def test_heads_stay_in_sight_and_each_sheet_prints_as_wide_as_the_paper(tmp_path: Path) -> None:
    for sheet in _book(tmp_path, build.assessment(ratios=[build.ratio("dscr", "1.3")])):
        assert sheet.freeze_panes is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)


def test_cents_are_kept_and_shown(tmp_path: Path) -> None:
    statement = build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (5, 4))])
    items = (replace(statement.items[0], value=Decimal("5.25")), statement.items[1])
    sheet = _book(tmp_path, build.assessment(made=Spread((replace(statement, items=items),))))["Balance sheet"]
    assert (sheet["B6"].value, sheet["B6"].number_format) == (5.25, "#,##0.00;(#,##0.00);0")
    assert (sheet["D6"].value, sheet["D6"].number_format) == (4, "#,##0;(#,##0);0")


def test_several_applications_get_sheets_of_their_own(tmp_path: Path) -> None:
    book = _book(tmp_path, build.assessment("Alder"), build.assessment("Birch"))
    assert book.sheetnames[:2] == ["1 Summary", "1 Income statement"]
    assert book["2 Summary"]["A1"].value == "Birch"


def test_a_single_part_is_no_sum() -> None:
    cash, total = build.item("cash", 5), build.item("total_current_assets", 5, at=(1, 0))
    assert terms_of(total, [cash, total]) == ()


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("(a − b) / (12 × c)", "=((<a>-<b>)/(12*<c>))"),
        ("a / c", None),  # gives another value
        ("a / d", None),  # an input that is not there
        ("a / 0", None),
        ("a by hand", None),
        ("__import__('os')", None),
        ("", None),
    ],
)
def test_a_formula_goes_live_only_if_it_gives_the_ratio(formula: str, expected: str | None) -> None:
    inputs = {"a": Decimal(30), "b": Decimal(6), "c": Decimal(1)}
    assert live_formula(formula, inputs, Decimal(2), lambda name: f"<{name}>") == expected


def test_lines_outside_the_template_join_the_sum_they_are_printed_in() -> None:
    rows = [("cash", "Cash", (5,)), ("total_current_assets", "Current assets", (5,)), (UNMAPPED, "Paid in", (2,))]
    rows += [("share_capital", "Stock", (3,)), (UNMAPPED, "Reserve", (-5,)), ("retained_earnings", "Earnings", (4,))]
    items = build.statement(DocumentKind.BALANCE_SHEET, [*rows, ("total_equity", "Equity", (4,))]).items
    assert [item.label for _, item in terms_of(items[-1], items)] == ["Stock", "Earnings", "Paid in", "Reserve"]
