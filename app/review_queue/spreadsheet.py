"""The spreadsheet of a review: figures as reported beside adjusted, ratios over both as live formulas, and the source of every figure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from io import BytesIO

from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.domain import LineItem
from app.errors import UsageError
from app.report import wording
from app.report.cells import CENTS, FIRST_ROW, MONEY, QUIET, lay_out, put_heads, put_text, put_title
from app.report.mapping import ColumnMapping, write_mapped
from app.report.parts import Table, tables
from app.report.workbook import findings_sheet, pages_sheet, ratio_sheet, statement_sheet, summary_sheet
from app.review_queue.opened import Review
from app.review_queue.recompute import active
from app.review_queue.sources import Sources
from app.store.rows import Adjustment

_ADJUSTMENTS, _AMOUNT = "Adjustments", "F"
_SOURCE_HEADS = ("No.", "Figure", "Value", "Cell", "Document", "Page", "Place in percent", "As printed", "Origin", "Changed by")


def draw_spreadsheet(review: Review, mapping: ColumnMapping | None = None) -> tuple[bytes, tuple[str, ...]]:
    """Return the spreadsheet as XLSX, and the figures that the lender's layout has no place for."""
    book, made, adjusting = Workbook(), review.now.assessment, _Adjusting(review)
    book.remove(book.active)
    summary_sheet(book.create_sheet("Summary"), made)
    cells: dict[LineItem, str] = {}
    for table in tables(made.spread):
        sheet = book.create_sheet(wording.KIND[table.kind])
        statement_sheet(sheet, table, cells)
        adjusting.write_columns(sheet, table, cells)
    ratio_sheet(book.create_sheet("Ratios"), review.now.reported, cells)
    if adjusting.standing:
        ratio_sheet(book.create_sheet("Ratios as adjusted"), made.ratios, adjusting.cells | cells)
        _adjustments_sheet(book.create_sheet(_ADJUSTMENTS), adjusting.standing)
    findings_sheet(book.create_sheet("Findings"), made)
    _sources_sheet(book.create_sheet("Sources"), review, cells)
    pages_sheet(book.create_sheet("Pages"), made)
    items = [item for statement in made.spread.statements for item in statement.items]
    if mapping and mapping.sheet in book.sheetnames:
        raise UsageError(f"The column mapping names its sheet {mapping.sheet}, as one of the spread's is: choose another name.")
    shown = map(adjusting.adjusted, items) if mapping and mapping.adjusted else items
    lost = write_mapped(book.create_sheet(mapping.sheet, 0), mapping, tuple(shown)) if mapping else ()
    book.calculation.fullCalcOnLoad = True
    content = BytesIO()
    book.save(content)
    return content.getvalue(), lost


class _Adjusting:
    """The adjustments that stand, each at the first figure of its account and period, and where figures stand as adjusted."""

    def __init__(self, review: Review) -> None:
        self.standing = active(review.adjustments)
        self.cells: dict[LineItem, str] = {}
        self._places: dict[int, list[int]] = {}
        for place, each in enumerate(self.standing):
            found = (statement.item(each.account, each.period) for statement in review.now.assessment.spread.statements)
            item = next((item for item in found if item is not None), None)
            if item is not None:
                self._places.setdefault(id(item), []).append(place)

    def adjusted(self, item: LineItem) -> LineItem:
        """Return a figure as adjusted."""
        moved = sum((self.standing[place].amount for place in self._places.get(id(item), ())), Decimal(0))
        return replace(item, value=item.value + moved) if moved else item

    def write_columns(self, sheet: Worksheet, table: Table, cells: Mapping[LineItem, str]) -> None:
        """Write, right of the sources, what is added to each figure and what it then is, for the periods with an adjustment."""
        first = 2 + 2 * len(table.columns)
        for n, column in enumerate(table.columns):
            items = [row.cells[n][0] for group in table.groups for row in group.rows if row.cells[n]]
            if any(id(item) in self._places for item in items):
                put_heads(sheet, (f"Adjustment, {wording.period(column.period)}", f"As adjusted, {wording.period(column.period)}"), first)
                for letter in (get_column_letter(first), get_column_letter(first + 1)):
                    sheet.column_dimensions[letter].width = 19
                for item in items:
                    self._write(sheet, first, item, cells[item])
                first += 2

    def _write(self, sheet: Worksheet, first: int, item: LineItem, address: str) -> None:
        title, cell = address.split("!")
        by, after = sheet.cell(sheet[cell].row, first), sheet.cell(sheet[cell].row, first + 1)
        after.value = f"={cell}"
        if places := self._places.get(id(item)):
            by.value = "=" + "+".join(f"{_ADJUSTMENTS}!{_AMOUNT}{FIRST_ROW + 1 + place}" for place in places)
            after.value = f"={cell}+{by.coordinate}"
        by.number_format = after.number_format = sheet[cell].number_format
        self.cells[self.adjusted(item)] = f"{title}!{after.coordinate}"


def _adjustments_sheet(sheet: Worksheet, standing: Sequence[Adjustment]) -> None:
    """Write the adjustments; the figures as adjusted are formulas over their amounts."""
    put_title(sheet, _ADJUSTMENTS, "what people see otherwise than the page has it: an adjustment changes the one figure that it names")
    put_heads(sheet, ("No.", "Kind", "Account", "Period", "Why", "Amount", "Who", "When"))
    for number, each in enumerate(standing, 1):
        row = FIRST_ROW + number
        on = wording.day(each.created_at.date()) if each.created_at else ""
        texts = {2: each.kind, 3: wording.account(each.account), 4: each.period, 5: each.why, 7: each.author, 8: on}
        for column, text in texts.items():
            put_text(sheet.cell(row, column), text).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(row, 1).value = number
        sheet[f"{_AMOUNT}{row}"].value = each.amount
        sheet[f"{_AMOUNT}{row}"].number_format = MONEY if each.amount == each.amount.to_integral_value() else CENTS
    lay_out(sheet, [6, 18, 36, 12, 50, 17, 20, 14], freeze=f"A{FIRST_ROW + 1}")


def _sources_sheet(sheet: Worksheet, review: Review, cells: Mapping[LineItem, str]) -> None:
    """Write where every figure comes from; the value is a reference to its cell where it has one."""
    sources = Sources(review)
    put_title(sheet, "Sources", "every figure: document, page, place on the page from its top left, as printed, who changed it")
    put_heads(sheet, _SOURCE_HEADS)
    addresses = {sources.number(item): address for item, address in cells.items()}
    for row, (number, figure) in enumerate(sorted(review.now.figures.items()), FIRST_ROW + 1):
        source, address = sources.source(number), addresses.get(number, "")
        page = str(source.page) if source.document else ""
        texts = (source.figure, "", address, source.document, page, source.box, source.printed, source.origin, source.changes)
        for column, text in enumerate(texts, 2):
            put_text(sheet.cell(row, column), text)
        sheet.cell(row, 1).value, value = number, sheet.cell(row, 3)
        if isinstance(figure.value, Decimal):
            value.value, value.number_format = f"={address}" if address else figure.value, CENTS
        else:
            put_text(value, source.value)
    for cell in (cell for row in sheet.iter_rows(min_row=FIRST_ROW + 1, min_col=4) for cell in row):
        cell.font = QUIET
    lay_out(sheet, [6, 44, 17, 26, 34, 7, 22, 44, 34, 60], freeze=f"C{FIRST_ROW + 1}")
