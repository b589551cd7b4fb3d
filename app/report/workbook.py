"""The spreadsheet: the spread by period with live totals, live ratios on it, findings and page ledger, each cell with its source.

Text from documents is stored as text, whatever it begins with: no cell of a borrower's making is ever a formula.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.domain import Assessment, LineItem, Origin, Ratio
from app.report import wording
from app.report.arithmetic import live_formula, terms_of
from app.report.parts import Row, Subject, Table, by_severity, is_doubtful, name_of, remaining_work, tables

_MONEY = "#,##0;(#,##0);0"
_CENTS = "#,##0.00;(#,##0.00);0"
_RATIO_FORMATS = {"money": _MONEY, "%": "0.0%", "days": "0", "x": '0.00"×"', "score": "0.00", "years": "0.0", "items": "0"}
_QUIET = Font(color="5B6673", size=9)
_BOLD = Font(bold=True)
_TITLE = Font(bold=True, size=14)
_HEAD = PatternFill("solid", fgColor="E3EFF4")
_DOUBT = PatternFill("solid", fgColor="FFF1CF")
_ABOVE = Border(top=Side(style="thin", color="7A8691"))
_FIRST_ROW = 4
_MOST_TEXT = 32_000  # Excel's own limit on a cell is 32,767


def write_workbook(subjects: Sequence[Subject], path: Path) -> None:
    """Write one workbook on one or several applications or files to `path`."""
    book = Workbook()
    book.remove(book.active)
    for number, subject in enumerate(subjects, 1):
        prefix = f"{number} " if len(subjects) > 1 else ""
        _summary_sheet(book.create_sheet(f"{prefix}Summary"), subject)
        cells: dict[LineItem, str] = {}
        for table in tables(subject.spread):
            _statement_sheet(book.create_sheet(prefix + wording.KIND[table.kind]), table, cells)
        if isinstance(subject, Assessment) and subject.ratios:
            _ratio_sheet(book.create_sheet(f"{prefix}Ratios"), subject, cells)
        _findings_sheet(book.create_sheet(f"{prefix}Findings"), subject)
        _pages_sheet(book.create_sheet(f"{prefix}Pages"), subject)
    book.calculation.fullCalcOnLoad = True
    book.save(path)


# -- sheets ----------------------------------------------------------------------------------------------------------


def _summary_sheet(sheet: Worksheet, subject: Subject) -> None:
    _title(sheet, name_of(subject), "LoanLens: figures as read, for an analyst to review")
    lines: list[tuple[str, str]] = []
    if isinstance(subject, Assessment):
        recommendation, route = wording.RECOMMENDATION[subject.recommendation], wording.ROUTE[subject.route]
        lines = [
            ("Application of", wording.day(subject.as_of)),
            ("Recommendation", ". ".join(recommendation)),
            ("Goes to", ". ".join(route)),
            ("Risk grade", wording.grade(subject.grade)),
            ("Probability", wording.probability(subject.risk)),
            *(("Reason", f"{reason.text} ({reason.source.value})") for reason in subject.principal_reasons),
            *(("What would better it", wording.counterfactual(change)) for change in subject.counterfactuals),
        ]
    lines += [("To do", task) for _, task in remaining_work(subject)]
    lines += [("Sheets", "Totals and ratios are live formulas where the printed arithmetic holds; other cells are figures as read.")]
    lines += [("Shading", "Amber: read with little confidence, compare with the page. Italic: derived by a formula.")]
    for row, (name, text) in enumerate(lines, _FIRST_ROW):
        _text(sheet.cell(row, 1), name).font = _BOLD
        _text(sheet.cell(row, 2), text).alignment = Alignment(wrap_text=True, vertical="top")
    _lay_out(sheet, [18, 110], freeze="A4")


def _statement_sheet(sheet: Worksheet, table: Table, cells: dict[LineItem, str]) -> None:
    """Write one kind of statement: account, then value and source for each period. Where each figure stands goes into `cells`."""
    _title(
        sheet, wording.KIND[table.kind], "in " + wording.unit(1, ", ".join(sorted({c.statement.currency or "?" for c in table.columns})))
    )
    _heads(sheet, ["Account", *(text for c in table.columns for text in (wording.period(c.period), "Source"))])
    row = _FIRST_ROW + 1
    for heading, rows in [*((g.heading, g.rows) for g in table.groups), ("Lines outside the template, as printed", table.unmapped)]:
        if heading and rows:
            _text(sheet.cell(row, 1), heading).font = Font(bold=True, color="5B6673")
            row += 1
        for each in rows:
            _place(sheet, row, each, cells)
            row += 1
    for index in range(len(table.columns)):
        _fill_column(sheet, index, table, cells)
    _lay_out(sheet, [44, *[17, 34] * len(table.columns)], freeze=f"B{_FIRST_ROW + 1}")


def _place(sheet: Worksheet, row: int, each: Row, cells: dict[LineItem, str]) -> None:
    _text(sheet.cell(row, 1), each.label).font = Font(bold=each.is_total)
    for index, cell in enumerate(each.cells):
        if cell:
            cells[cell[0]] = f"{_quoted(sheet.title)}!{get_column_letter(2 + 2 * index)}{row}"
        if each.is_total:
            sheet.cell(row, 2 + 2 * index).border = _ABOVE


def _fill_column(sheet: Worksheet, index: int, table: Table, cells: dict[LineItem, str]) -> None:
    """Write the figures of one period: a total as a formula over its parts, if these add up to it, else as read."""
    rows = [row for group in table.groups for row in group.rows] + list(table.unmapped)
    column = [row.cells[index][0] for row in rows if row.cells[index]]
    for item in column:
        target = sheet[cells[item].split("!")[1]]
        terms = terms_of(item, column)
        target.value = _sum_formula([(sign, cells[part]) for sign, part in terms]) if terms else item.value
        target.number_format = _MONEY if item.value == item.value.to_integral_value() else _CENTS
        is_total = sheet.cell(target.row, 1).font.bold
        target.font = Font(bold=is_total, italic=item.origin is Origin.DERIVED)
        if is_doubtful(item):
            target.fill = _DOUBT
        _text(sheet.cell(target.row, target.column + 1), _source(item)).font = _QUIET


def _sum_formula(terms: Iterable[tuple[int, str]]) -> str:
    """Return `=B5+B6-B7`: the parts stand on the same sheet, so that their sheet's name is left out."""
    signed = "".join(f"{'-' if sign < 0 else '+'}{cell.split('!')[1]}" for sign, cell in terms)
    return "=" + signed.removeprefix("+")


def _source(item: LineItem) -> str:
    if item.origin is Origin.DERIVED and item.box is None:
        return f"derived: {wording.formula(item.formula or '')}"
    said = f"{item.file}, page {item.page}: “{item.label}” {item.text}"
    return f"{said}. {item.repaired}" if item.repaired else said


def _ratio_sheet(sheet: Worksheet, assessment: Assessment, cells: dict[LineItem, str]) -> None:
    """Write each ratio over its inputs; an input that was read is a reference to its cell in the spread."""
    _title(sheet, "Ratios", "each ratio is a live formula over the inputs below it, where its formula can be written as one")
    periods = sorted({ratio.period for ratio in assessment.ratios}, key=lambda name: (name != "current", name))
    _heads(sheet, ["Ratio", *map(str.capitalize, periods), "Formula, or why there is no value"])
    row = _FIRST_ROW + 1
    for id in dict.fromkeys(ratio.id for ratio in assessment.ratios):
        by_period = {ratio.period: ratio for ratio in assessment.ratios if ratio.id == id}
        names = list(dict.fromkeys(name for ratio in by_period.values() for name, _ in ratio.inputs))
        rows = {name: row + 1 + offset for offset, name in enumerate(names)}
        _text(sheet.cell(row, 1), wording.ratio_name(id)).font = _BOLD
        newest = by_period[min(by_period, key=periods.index)]
        said = wording.formula(newest.formula) + (f" ({newest.reason})" if newest.reason else "")
        _text(sheet.cell(row, 2 + len(periods)), said).font = _QUIET
        for name, below in rows.items():
            _text(sheet.cell(below, 1), "    " + wording.account(name)).font = _QUIET
            sheet.row_dimensions[below].outlineLevel = 1
        for column, period in enumerate(periods, 2):
            if period in by_period:
                _ratio_column(sheet, (row, column), by_period[period], rows, cells)
        row += 1 + len(names)
    sheet.sheet_properties.outlinePr.summaryBelow = False
    _lay_out(sheet, [40, *[16] * len(periods), 90], freeze=f"B{_FIRST_ROW + 1}")


def _ratio_column(sheet: Worksheet, at: tuple[int, int], ratio: Ratio, rows: dict[str, int], cells: dict[LineItem, str]) -> None:
    target, inputs = sheet.cell(*at), dict(ratio.inputs)
    for name, value in inputs.items():
        below = sheet.cell(rows[name], at[1])
        below.value = _reference(name, ratio.period, value, cells) or value
        below.number_format, below.font = _MONEY, _QUIET
    if ratio.value is None:
        _text(target, ratio.status.value).alignment = Alignment(horizontal="right")
        return
    letter = get_column_letter(at[1])
    target.value = live_formula(ratio.formula, inputs, ratio.value, lambda name: f"{letter}{rows[name]}") or ratio.value
    target.number_format = _RATIO_FORMATS[wording.ratio_unit(ratio.id)]
    target.font = _BOLD


def _reference(name: str, period: str, value: Decimal, cells: dict[LineItem, str]) -> str | None:
    """Return a formula that points at the figure which an input was taken from."""
    for item, cell in cells.items():
        if (item.account, item.period.name) == (name, period) and abs(item.value) == abs(value) and value:
            return f"={'-' if item.value != value else ''}{cell}"
    return None


def _findings_sheet(sheet: Worksheet, subject: Subject) -> None:
    _title(sheet, "Findings", wording.count(len(subject.findings), "finding"))
    _heads(sheet, ["Weight", "Topic", "Finding", "Documents", "Figures", "Source of the rule"])
    for row, finding in enumerate(by_severity(subject.findings), _FIRST_ROW + 1):
        figures = "; ".join(f"{wording.figure(i)}: {wording.value(i.value)} ({i.file}, page {i.page})" for i in finding.facts)
        theme = wording.THEME.get(finding.theme, finding.theme)
        texts = [wording.SEVERITY[finding.severity], theme, finding.message, ", ".join(finding.documents), figures, finding.source]
        for column, text in enumerate(texts, 1):
            _text(sheet.cell(row, column), text).alignment = Alignment(wrap_text=True, vertical="top")
    _lay_out(sheet, [14, 22, 70, 34, 50, 34], freeze=f"A{_FIRST_ROW + 1}")


def _pages_sheet(sheet: Worksheet, subject: Subject) -> None:
    _title(sheet, "Page ledger", f"{wording.count(len(subject.pages), 'page')}, each accounted for")
    _heads(sheet, ["File", "Page", "Kind", "Status", "Read from, or why not"])
    for row, (page, kind) in enumerate(zip(subject.pages, subject.page_kinds, strict=True), _FIRST_ROW + 1):
        for column, text in enumerate([page.file, "", wording.KIND[kind], wording.STATUS[page.status]], 1):
            _text(sheet.cell(row, column), text)
        sheet.cell(row, 2).value = page.number
        _text(sheet.cell(row, 5), page.reason or wording.METHOD[page.method])
    _lay_out(sheet, [48, 8, 30, 14, 80], freeze=f"A{_FIRST_ROW + 1}")


# -- cells -----------------------------------------------------------------------------------------------------------


def _text(cell: Cell, text: str) -> Cell:
    """Store `text` as text: neither a formula nor a link, whatever it begins with, and shown as typed when edited."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub(" ", text)[:_MOST_TEXT]
    cell.data_type = "s"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@", "\t", "\r")
    return cell


def _quoted(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"


def _title(sheet: Worksheet, title: str, under: str) -> None:
    _text(sheet.cell(1, 1), title).font = _TITLE
    _text(sheet.cell(2, 1), under).font = _QUIET


def _heads(sheet: Worksheet, texts: Iterable[str]) -> None:
    for column, text in enumerate(texts, 1):
        cell = _text(sheet.cell(_FIRST_ROW, column), text)
        cell.font, cell.fill, cell.alignment = _BOLD, _HEAD, Alignment(wrap_text=True, vertical="bottom")


def _lay_out(sheet: Worksheet, widths: Iterable[int], freeze: str) -> None:
    """Set widths, the frozen pane, and a landscape print as wide as the paper that repeats its heads."""
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = freeze
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{_FIRST_ROW}:{_FIRST_ROW}"
    sheet.oddFooter.left.text, sheet.oddFooter.right.text = "&A", "Page &P of &N"
