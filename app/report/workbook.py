"""The spreadsheet: the spread by period with live totals, live ratios on it, findings and page ledger, each cell with its source.

Text from documents is stored as text, whatever it begins with: no cell of a borrower's making is ever a formula.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.domain import Assessment, LineItem, Origin, Ratio
from app.report import wording
from app.report.arithmetic import live_formula, terms_of
from app.report.cells import ABOVE, BOLD, CENTS, DOUBT, FIRST_ROW, MONEY, QUIET, lay_out, put_heads, put_text, put_title, quoted
from app.report.parts import Row, Subject, Table, by_severity, is_doubtful, name_of, remaining_work, tables

_RATIO_FORMATS = {"money": MONEY, "%": "0.0%", "days": "0", "x": '0.00"×"', "score": "0.00", "years": "0.0", "items": "0"}


def write_workbook(subjects: Sequence[Subject], path: Path) -> None:
    """Write one workbook on one or several applications or files to `path`."""
    book = Workbook()
    book.remove(book.active)
    for number, subject in enumerate(subjects, 1):
        prefix = f"{number} " if len(subjects) > 1 else ""
        summary_sheet(book.create_sheet(f"{prefix}Summary"), subject)
        cells: dict[LineItem, str] = {}
        for table in tables(subject.spread):
            statement_sheet(book.create_sheet(prefix + wording.KIND[table.kind]), table, cells)
        if isinstance(subject, Assessment) and subject.ratios:
            ratio_sheet(book.create_sheet(f"{prefix}Ratios"), subject.ratios, cells)
        findings_sheet(book.create_sheet(f"{prefix}Findings"), subject)
        pages_sheet(book.create_sheet(f"{prefix}Pages"), subject)
    book.calculation.fullCalcOnLoad = True
    book.save(path)


# -- sheets ----------------------------------------------------------------------------------------------------------


def summary_sheet(sheet: Worksheet, subject: Subject) -> None:
    """Write what came out, and what is left to do."""
    put_title(sheet, name_of(subject), "LoanLens: figures as read, for an analyst to review")
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
    for row, (name, text) in enumerate(lines, FIRST_ROW):
        put_text(sheet.cell(row, 1), name).font = BOLD
        put_text(sheet.cell(row, 2), text).alignment = Alignment(wrap_text=True, vertical="top")
    lay_out(sheet, [18, 110], freeze="A4")


def statement_sheet(sheet: Worksheet, table: Table, cells: dict[LineItem, str]) -> None:
    """Write one kind of statement: account, then value and source for each period. Where each figure stands goes into `cells`."""
    put_title(
        sheet, wording.KIND[table.kind], "in " + wording.unit(1, ", ".join(sorted({c.statement.currency or "?" for c in table.columns})))
    )
    put_heads(sheet, ["Account", *(text for c in table.columns for text in (wording.period(c.period), "Source"))])
    row = FIRST_ROW + 1
    for heading, rows in [*((g.heading, g.rows) for g in table.groups), ("Lines outside the template, as printed", table.unmapped)]:
        if heading and rows:
            put_text(sheet.cell(row, 1), heading).font = Font(bold=True, color="5B6673")
            row += 1
        for each in rows:
            _place(sheet, row, each, cells)
            row += 1
    for index in range(len(table.columns)):
        _fill_column(sheet, index, table, cells)
    lay_out(sheet, [44, *[17, 34] * len(table.columns)], freeze=f"B{FIRST_ROW + 1}")


def _place(sheet: Worksheet, row: int, each: Row, cells: dict[LineItem, str]) -> None:
    put_text(sheet.cell(row, 1), each.label).font = Font(bold=each.is_total)
    for index, cell in enumerate(each.cells):
        if cell:
            cells[cell[0]] = f"{quoted(sheet.title)}!{get_column_letter(2 + 2 * index)}{row}"
        if each.is_total:
            sheet.cell(row, 2 + 2 * index).border = ABOVE


def _fill_column(sheet: Worksheet, index: int, table: Table, cells: dict[LineItem, str]) -> None:
    """Write the figures of one period: a total as a formula over its parts, if these add up to it, else as read."""
    rows = [row for group in table.groups for row in group.rows] + list(table.unmapped)
    column = [row.cells[index][0] for row in rows if row.cells[index]]
    for item in column:
        target = sheet[cells[item].split("!")[1]]
        terms = terms_of(item, column)
        target.value = _sum_formula([(sign, cells[part]) for sign, part in terms]) if terms else item.value
        target.number_format = MONEY if item.value == item.value.to_integral_value() else CENTS
        is_total = sheet.cell(target.row, 1).font.bold
        target.font = Font(bold=is_total, italic=item.origin is Origin.DERIVED)
        if is_doubtful(item):
            target.fill = DOUBT
        put_text(sheet.cell(target.row, target.column + 1), _source(item)).font = QUIET


def _sum_formula(terms: Iterable[tuple[int, str]]) -> str:
    """Return `=B5+B6-B7`: the parts stand on the same sheet, so that their sheet's name is left out."""
    signed = "".join(f"{'-' if sign < 0 else '+'}{cell.split('!')[1]}" for sign, cell in terms)
    return "=" + signed.removeprefix("+")


def _source(item: LineItem) -> str:
    if item.origin is Origin.DERIVED and item.box is None:
        return f"derived: {wording.formula(item.formula or '')}"
    said = f"{item.file}, page {item.page}: “{item.label}” {item.text}"
    return f"{said}. {item.repaired}" if item.repaired else said


def ratio_sheet(sheet: Worksheet, ratios: Sequence[Ratio], cells: dict[LineItem, str]) -> None:
    """Write each ratio over its inputs; an input that was read is a reference to its cell in the spread."""
    put_title(sheet, sheet.title, "each ratio is a live formula over the inputs below it, where its formula can be written as one")
    periods = sorted({ratio.period for ratio in ratios}, key=lambda name: (name != "current", name))
    put_heads(sheet, ["Ratio", *map(str.capitalize, periods), "Formula, or why there is no value"])
    row = FIRST_ROW + 1
    for id in dict.fromkeys(ratio.id for ratio in ratios):
        by_period = {ratio.period: ratio for ratio in ratios if ratio.id == id}
        names = list(dict.fromkeys(name for ratio in by_period.values() for name, _ in ratio.inputs))
        rows = {name: row + 1 + offset for offset, name in enumerate(names)}
        put_text(sheet.cell(row, 1), wording.ratio_name(id)).font = BOLD
        newest = by_period[min(by_period, key=periods.index)]
        said = wording.formula(newest.formula) + (f" ({newest.reason})" if newest.reason else "")
        put_text(sheet.cell(row, 2 + len(periods)), said).font = QUIET
        for name, below in rows.items():
            put_text(sheet.cell(below, 1), "    " + wording.account(name)).font = QUIET
            sheet.row_dimensions[below].outlineLevel = 1
        for column, period in enumerate(periods, 2):
            if period in by_period:
                _ratio_column(sheet, (row, column), by_period[period], rows, cells)
        row += 1 + len(names)
    sheet.sheet_properties.outlinePr.summaryBelow = False
    lay_out(sheet, [40, *[16] * len(periods), 90], freeze=f"B{FIRST_ROW + 1}")


def _ratio_column(sheet: Worksheet, at: tuple[int, int], ratio: Ratio, rows: dict[str, int], cells: dict[LineItem, str]) -> None:
    target, inputs = sheet.cell(*at), dict(ratio.inputs)
    for name, value in inputs.items():
        below = sheet.cell(rows[name], at[1])
        below.value = _reference(name, ratio.period, value, cells) or value
        below.number_format, below.font = MONEY, QUIET
    if ratio.value is None:
        put_text(target, ratio.status.value).alignment = Alignment(horizontal="right")
        return
    letter = get_column_letter(at[1])
    target.value = live_formula(ratio.formula, inputs, ratio.value, lambda name: f"{letter}{rows[name]}") or ratio.value
    target.number_format = _RATIO_FORMATS[wording.ratio_unit(ratio.id)]
    target.font = BOLD


def _reference(name: str, period: str, value: Decimal, cells: dict[LineItem, str]) -> str | None:
    """Return a formula that points at the figure which an input was taken from."""
    for item, cell in cells.items():
        if (item.account, item.period.name) == (name, period) and abs(item.value) == abs(value) and value:
            return f"={'-' if item.value != value else ''}{cell}"
    return None


def findings_sheet(sheet: Worksheet, subject: Subject) -> None:
    """Write the findings, the gravest first."""
    put_title(sheet, "Findings", wording.count(len(subject.findings), "finding"))
    put_heads(sheet, ["Weight", "Topic", "Finding", "Documents", "Figures", "Source of the rule"])
    for row, finding in enumerate(by_severity(subject.findings), FIRST_ROW + 1):
        figures = "; ".join(f"{wording.figure(i)}: {wording.value(i.value)} ({i.file}, page {i.page})" for i in finding.facts)
        theme = wording.THEME.get(finding.theme, finding.theme)
        texts = [wording.SEVERITY[finding.severity], theme, finding.message, ", ".join(finding.documents), figures, finding.source]
        for column, text in enumerate(texts, 1):
            put_text(sheet.cell(row, column), text).alignment = Alignment(wrap_text=True, vertical="top")
    lay_out(sheet, [14, 22, 70, 34, 50, 34], freeze=f"A{FIRST_ROW + 1}")


def pages_sheet(sheet: Worksheet, subject: Subject) -> None:
    """Write what became of each page."""
    put_title(sheet, "Page ledger", f"{wording.count(len(subject.pages), 'page')}, each accounted for")
    put_heads(sheet, ["File", "Page", "Kind", "Status", "Read from, or why not"])
    for row, (page, kind) in enumerate(zip(subject.pages, subject.page_kinds, strict=True), FIRST_ROW + 1):
        for column, text in enumerate([page.file, "", wording.KIND[kind], wording.STATUS[page.status]], 1):
            put_text(sheet.cell(row, column), text)
        sheet.cell(row, 2).value = page.number
        put_text(sheet.cell(row, 5), page.reason or wording.METHOD[page.method])
    lay_out(sheet, [48, 8, 30, 14, 80], freeze=f"A{FIRST_ROW + 1}")
