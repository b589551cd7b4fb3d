"""The spreadsheet of a review: adjusted beside reported as live formulas, the source of every figure, the lender's own layout."""

import re
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import Engine

from app.blobs.storage import open_blobs
from app.domain import Ratio, RatioStatus
from app.errors import UsageError
from app.report import wording
from app.report.mapping import load_mapping
from app.review_queue import papers
from app.review_queue.desk import Desk
from app.review_queue.opened import Review
from app.review_queue.spreadsheet import draw_spreadsheet
from app.settings import Settings
from tests.desk import person, reviewed, waiting_task

LAYOUT = """
sheet: Import
periods: {current: C, prior: D}
ends: 3
labels: A
accounts:
  revenue: {at: 5, label: "=Sales"}
  cost_of_sales: {at: 6, sign: -1}
  operating_income: 8
  selling_general_admin: 10
  rent_expense: 10
"""


@pytest.fixture(scope="module")
def review() -> Review:
    return reviewed()


@pytest.fixture(scope="module")
def book(review: Review) -> Any:
    return read(draw_spreadsheet(review)[0])


def read(content: bytes) -> Any:
    return openpyxl.load_workbook(BytesIO(content))


def value(book: Any, sheet: str, cell: str) -> Decimal:
    """Compute a cell as a spreadsheet would: sums, products and references are all that the workbook uses."""
    content = book[sheet][cell].value
    if not isinstance(content, str):
        return Decimal(str(content or 0))
    assert content.startswith("="), content
    names: dict[str, Decimal] = {}

    def name(match: re.Match[str]) -> str:
        key = f"v{len(names)}"
        names[key] = value(book, match[1] or match[2] or sheet, match[3])
        return key

    expression = re.sub(r"(?:'([^']+)'!|([A-Za-z]+)!)?([A-Z]+[0-9]+)", name, content.removeprefix("="))
    expression = re.sub(r"(?<![\w.])(\d+(?:\.\d+)?)", r"Decimal('\1')", expression)
    return Decimal(eval(expression, {"Decimal": Decimal}, names))  # noqa: S307  our own workbook's sums


def row_of(sheet: Any, name: str) -> int:
    return next(int(cell.row) for cell in sheet["A"] if cell.value == name)


def test_the_adjusted_figure_stands_beside_the_reported_one_and_follows_both(review: Review) -> None:
    book = read(draw_spreadsheet(review)[0])
    sheet = book["Income statement"]
    row = row_of(sheet, "Operating income (EBIT)")
    assert [sheet.cell(4, column).value.partition(",")[0] for column in (6, 7)] == ["Adjustment", "As adjusted"]
    assert value(book, "Income statement", f"B{row}") == 108_300
    assert value(book, "Income statement", f"G{row}") == 128_300
    book["Adjustments"]["F5"].value = 30_000
    sheet[f"B{row_of(sheet, 'Revenue')}"].value += 1_000
    assert value(book, "Income statement", f"G{row}") == 139_300


def test_figures_without_an_adjustment_are_adjusted_by_nothing(book: Any) -> None:
    sheet = book["Income statement"]
    row = row_of(sheet, "Revenue")
    assert sheet[f"F{row}"].value is None
    assert value(book, "Income statement", f"G{row}") == value(book, "Income statement", f"B{row}")
    assert book["Balance sheet"].max_column == 5


@pytest.mark.parametrize("title", ["Ratios", "Ratios as adjusted"])
def test_every_ratio_recalculates_to_what_the_desk_shows(review: Review, book: Any, title: str) -> None:
    ratios = review.now.reported if title == "Ratios" else review.now.assessment.ratios
    sheet, checked, live = book[title], 0, 0
    for ratio in ratios:
        if ratio.status is RatioStatus.VALUE and ratio.period == "current":
            cell = f"B{row_of(sheet, wording.ratio_name(ratio.id))}"
            assert abs(value(book, title, cell) - _value(ratio)) < Decimal("1e-6") * max(Decimal(1), abs(_value(ratio)))
            checked, live = checked + 1, live + str(sheet[cell].value).startswith("=")
    assert checked > 20
    assert live > 15


def _value(ratio: Ratio) -> Decimal:
    assert ratio.value is not None
    return ratio.value


def test_the_ratios_as_adjusted_stand_on_the_adjusted_cells(review: Review) -> None:
    book = read(draw_spreadsheet(review)[0])
    cell = f"B{row_of(book['Ratios as adjusted'], 'EBITDA')}"
    before = value(book, "Ratios as adjusted", cell)
    book["Adjustments"]["F5"].value = 0
    assert value(book, "Ratios as adjusted", cell) == before - 20_000 == value(book, "Ratios", cell)


def test_without_adjustments_nothing_is_shown_twice(review: Review) -> None:
    plain = replace(review, adjustments=(), now=replace(review.now, reported=review.now.assessment.ratios))
    titles = read(draw_spreadsheet(plain)[0]).sheetnames
    assert "Ratios as adjusted" not in titles
    assert "Adjustments" not in titles


def test_the_sources_hold_every_figure_with_its_place_and_live_value(review: Review, book: Any) -> None:
    sheet = book["Sources"]
    assert sheet.max_row - 4 == len(review.now.figures)
    cash = [cell.value for cell in sheet[5]]
    assert cash[:2] == [1, "Cash, 31 Dec 2024"]
    assert value(book, "Sources", "C5") == 84_211
    assert cash[4] == "statements.pdf"
    assert "corrected by ann" in cash[9]


def test_text_of_a_borrower_or_analyst_never_becomes_a_formula(review: Review) -> None:
    evil = replace(review.adjustments[0], why="=HYPERLINK(1)", author="@ann")
    book = read(draw_spreadsheet(replace(review, adjustments=(evil,)))[0])
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value in ("=HYPERLINK(1)", "@ann")]
    assert [cell.data_type for cell in cells] == ["s", "s"]
    assert all(cell.quotePrefix for cell in cells)


# -- the lender's own layout -------------------------------------------------------------------------------------------


def layout(tmp_path: Path, text: str = LAYOUT) -> Path:
    (tmp_path / "map.yaml").write_text(text, encoding="utf-8")
    return tmp_path / "map.yaml"


def test_a_column_mapping_puts_figures_where_the_lenders_system_wants_them(review: Review, tmp_path: Path) -> None:
    content, lost = draw_spreadsheet(review, load_mapping(layout(tmp_path)))
    sheet = read(content)["Import"]
    assert [sheet[cell].value for cell in ("C5", "D5", "C6", "C8", "D8")] == [1_204_600, 1_098_300, -742_100, 128_300, 70_850]
    assert sheet["C10"].value == 318_200 + 36_000
    assert (sheet["A5"].value, sheet["A5"].data_type) == ("=Sales", "s")
    assert str(sheet["C3"].value).startswith("2024-12-31")
    assert "Cash, current" in lost
    assert not any("Revenue" in each for each in lost)


def test_a_mapping_may_ask_for_reported_figures_with_periods_as_rows(review: Review, tmp_path: Path) -> None:
    text = "figures: reported\nperiods: {current: 2, prior: 3}\naccounts: {revenue: B, operating_income: AA}"
    sheet = read(draw_spreadsheet(review, load_mapping(layout(tmp_path, text)))[0])["Import"]
    assert [sheet[cell].value for cell in ("B2", "B3", "AA2")] == [1_204_600, 1_098_300, 108_300]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("accounts: {revenue: 5}", "`periods` and `accounts`"),
        ("periods: {current: C}\naccounts: {sales: 5}", "sales is no account"),
        ("periods: {current: C}\naccounts: {revenue: D}", "other way round"),
        ("periods: {current: C}\naccounts: {revenue: 0}", "other way round"),
        ("periods: {current: C}\naccounts: {revenue: {at: 5, sign: 2}}", "sign is 1 or -1"),
        ("periods: {current: C}\naccounts: {revenue: {at: 5, colour: 2}}", "colour is not known"),
        ("periods: {current: C}\naccounts: [revenue]", "name places"),
        ("periods: {current: C}\naccounts: {revenue: 5}\nfigures: all", "adjusted or reported"),
        ("periods: {current: C}\naccounts: {revenue: 5}\nsheet: a/b", "name of a sheet"),
        ("periods: {current: C}\naccounts: {revenue: 5}\ncolumn: 7", "column is not known"),
        ("periods: [", "cannot be read"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=f"map.yaml.*{said}"):
        load_mapping(layout(tmp_path, text))


def test_a_mapping_does_not_take_the_place_of_a_sheet_of_the_spread(review: Review, tmp_path: Path) -> None:
    text = LAYOUT.replace("Import", "Summary")
    with pytest.raises(UsageError, match="another name"):
        draw_spreadsheet(review, load_mapping(layout(tmp_path, text)))


def test_a_mapping_among_the_lenders_templates_is_used_by_itself(database: Engine, tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path / "data"))
    task = waiting_task(database, blobs)
    (tmp_path / papers.MAPPING).write_text(LAYOUT, encoding="utf-8")
    seat = Desk(person("ann"), blobs, Settings(templates_dir=str(tmp_path)))
    with database.begin() as c:
        drawn = papers.draw_workbook(c, seat, task)
    assert drawn.name == "spread_A1.xlsx"
    assert read(drawn.content)["Import"]["C5"].value == 1_204_600
    assert "Cash, current" in drawn.blanks
