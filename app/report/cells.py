"""The cells of every workbook: how text, heads and sheets look, and that text from documents never becomes a formula or a link."""

from collections.abc import Iterable

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

MONEY = "#,##0;(#,##0);0"
CENTS = "#,##0.00;(#,##0.00);0"
QUIET = Font(color="5B6673", size=9)
BOLD = Font(bold=True)
DOUBT = PatternFill("solid", fgColor="FFF1CF")
ABOVE = Border(top=Side(style="thin", color="7A8691"))
FIRST_ROW = 4
_TITLE = Font(bold=True, size=14)
_HEAD = PatternFill("solid", fgColor="E3EFF4")
_MOST_TEXT = 32_000  # Excel's own limit on a cell is 32,767


def put_text(cell: Cell, text: str) -> Cell:
    """Store `text` as text: neither a formula nor a link, whatever it begins with, and shown as typed when edited."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)[:_MOST_TEXT]
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@", "\t", "\r")
    return cell


def quoted(title: str) -> str:
    """Return the title of a sheet as a formula names it."""
    return "'" + title.replace("'", "''") + "'"


def put_title(sheet: Worksheet, title: str, under: str) -> None:
    """Write what a sheet is, and a line below that."""
    put_text(sheet.cell(1, 1), title).font = _TITLE
    put_text(sheet.cell(2, 1), under).font = QUIET


def put_heads(sheet: Worksheet, texts: Iterable[str], first: int = 1) -> None:
    """Write the heads of columns, from the column `first` on."""
    for column, text in enumerate(texts, first):
        cell = put_text(sheet.cell(FIRST_ROW, column), text)
        cell.font, cell.fill, cell.alignment = BOLD, _HEAD, Alignment(wrap_text=True, vertical="bottom")


def lay_out(sheet: Worksheet, widths: Iterable[int], freeze: str) -> None:
    """Set widths, the frozen pane, and a landscape print as wide as the paper that repeats its heads."""
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = freeze
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{FIRST_ROW}:{FIRST_ROW}"
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "Page &P of &N"
