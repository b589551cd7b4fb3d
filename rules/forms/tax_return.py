"""A business tax return -> Form: page 1 of Form 1120, 1120-S, 1065 or Schedule C, and Schedules K, L, M-1 and M-2.

Lines are told by their descriptions; numbers move from year to year. A proprietor's social security number is masked.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Document, Field, Form, Origin, ReadMethod
from rules.forms import values
from rules.forms.cells import Cell, Rows, pages_of
from rules.forms.fields import Found, Wanted, field_of, find
from rules.forms.tax_lines import BY_NUMBER, TaxLine, described
from rules.forms.unread import unread

_FORMS = (
    ("1120-S", re.compile(r"1120[\s-]*-?\s*S\b|income tax return for an S corporation", re.IGNORECASE)),
    ("1065", re.compile(r"\b1065\b|return of partnership income", re.IGNORECASE)),
    ("1120", re.compile(r"\b1120\b|corporation income tax return", re.IGNORECASE)),
    ("Schedule C", re.compile(r"schedule c\b|profit or loss from business", re.IGNORECASE)),
)
_SECTIONS = (
    ("schedule_l", re.compile(r"schedule l\b|balance sheets? per books|beginning of tax year", re.IGNORECASE)),
    ("schedule_m1", re.compile(r"schedule m-?\s?1\b|reconciliation of income", re.IGNORECASE)),
    ("schedule_m2", re.compile(r"schedule m-?\s?2\b|analysis of (?:unappropriated|accumulated|partners)", re.IGNORECASE)),
    ("schedule_k", re.compile(r"schedule k\b(?!-)|(?:distributive|pro rata) share items", re.IGNORECASE)),
    ("schedule_b", re.compile(r"schedule b\b|other information", re.IGNORECASE)),
    ("form_1125_a", re.compile(r"form 1125-?\s?a\b|cost of goods sold \(see", re.IGNORECASE)),
)
_NUMBER = re.compile(r"^\(?-?\$?\d{1,3}(?:,\d{3})*(?:\.\d*)?\)?$|^\(?-?\$?\d+(?:\.\d*)?\)?$|^[-–—]$|^none$", re.IGNORECASE)
_LINE_NUMBER = re.compile(r"^\d{1,2}[a-z]?$")
_WANTED = (
    Wanted(
        "taxpayer_name",
        ("name", "name of corporation", "name of partnership", "business name", "name of proprietor", "name of business", "taxpayer", "name of taxpayer"),
        lambda text: values.words(text) if re.search(r"[A-Za-z]{2}", text) else None,
    ),
    Wanted(
        "ein",
        (
            *("employer identification number", "d employer identification number", "b employer identification number", "a employer identification number"),
            *("employer id number", "ein", "d employer id number", "social security number", "employer identification no", "employer id number (ein)"),
        ),
        values.tax_id,
        (r"\b(\d{2}-\d{7})\b",),
    ),
)  # fmt: skip
_OTHERS = ("number street city state zip", "date incorporated", "date business started", "total assets", "type or", "print", "d employer identification number")
_YEARS = (
    re.compile(r"beginning\D{0,12}(\d{1,2}[/-]\d{1,2}[/-]((?:19|20)\d\d)|[A-Za-z]{3,9}\.? \d{1,2},? ((?:19|20)\d\d))", re.IGNORECASE),
    re.compile(r"calendar year\s*((?:19|20)\d\d)", re.IGNORECASE),
    re.compile(r"(?:form|schedule)\s+[\w -]{1,12}\(((?:19|20)\d\d)\)", re.IGNORECASE),
    re.compile(r"tax year\s*:?\s*((?:19|20)\d\d)", re.IGNORECASE),
    re.compile(r"^((?:19|20)\d\d)$", re.MULTILINE),
)
_BASIS = re.compile(r"(?:\[\s*[xX]\s*\]|[☒☑✓✔]|\bX)\s*(cash|accrual)\b", re.IGNORECASE)


def read(document: Document) -> Form:
    """Read a business tax return."""
    pages = pages_of(document)
    text = "\n".join(page.text for page in document.pages)
    form = next((name for name, pattern in _FORMS if pattern.search(text)), None)
    fields = [*_head(document, pages, form), *_tax_year(document, pages, text)]
    for line, found, period in _figures(pages, form):
        if not any(field.id == line and field.period == period for field in fields):
            fields.append(replace(field_of(document, line, found), period=period))
    fields += _derived(document, fields)
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), unread=unread(document, fields))


#: What follows from other lines where a scan lost its own: field = first + second (or - second).
_FOLLOWS = (
    ("gross_receipts", "cost_of_goods_sold", 1, "gross_profit"),
    ("cost_of_goods_sold", "gross_receipts", -1, "gross_profit"),
    ("taxable_income", "taxable_income_before_losses", 1, None),
    ("total_income", "total_deductions", 1, "ordinary_business_income"),
    ("total_income", "total_deductions", 1, "taxable_income_before_losses"),
    ("total_deductions", "total_income", -1, "ordinary_business_income"),
)


def _derived(document: Document, fields: Sequence[Field]) -> Iterator[Field]:
    """Yield the lines that were not read but follow from others."""
    known = {f.id: f.value for f in fields if isinstance(f.value, Decimal)}
    for id, first, sign, second in _FOLLOWS:
        if id not in known and first in known and (second is None or second in known):
            known[id] = known[first] + sign * (known[second] if second else Decimal(0))
            formula = first if second is None else f"{first} {'+' if sign > 0 else '-'} {second}"
            yield Field(id, known[id], "", "derived", document.file, document.first, None, origin=Origin.DERIVED, confidence=0.8, formula=formula)


def _head(document: Document, pages: Sequence[Rows], form: str | None) -> Iterator[Field]:
    yield from find(document, pages[:1], _WANTED, _OTHERS)
    first = next((cell for rows in pages for row in rows for cell in row), None)
    if form and first is not None:
        yield field_of(document, "form", Found(form, form, "form", first, 0.95))
    for cell in (cell for rows in pages for row in rows for cell in row):
        if match := _BASIS.search(cell.text):
            yield field_of(document, "accounting_basis", Found(match[1].lower(), match[1], "accounting method", cell, 0.9))
            return


def _tax_year(document: Document, pages: Sequence[Rows], text: str) -> Iterator[Field]:
    """Yield the tax year: that in which the year begins, as forms are numbered."""
    for pattern in _YEARS:
        if match := pattern.search(text):
            year = next(group for group in reversed(match.groups()) if group)[-4:]
            cell = next((c for rows in pages for row in rows for c in row if year in c.text), None)
            if cell is not None:
                yield field_of(document, "tax_year", Found(year, year, "tax year", cell, 0.95))
                return


# -- lines -------------------------------------------------------------------------------------------------------------


def _figures(pages: Sequence[Rows], form: str | None) -> Iterator[tuple[str, Found, str]]:
    """Yield (field id, what was found, period) for every line of the return that is known."""
    for rows in pages:
        section = "page_1"
        for row in rows:
            section = _section(row) or section
            label, amounts = _split(row)
            line = (described(label, section, form) or _numbered(row, section, form)) if amounts else None
            if line is None:
                continue
            dated = _beginning_and_end(amounts) if section == "schedule_l" else [("current", amounts[-1])]
            for period, cell in dated:
                yield line.id, _found(line, label, cell), period


def _numbered(row: Sequence[Cell], section: str, form: str | None) -> TaxLine | None:
    """Return the line by its number beside the amount, where a scan lost its description."""
    if section != "page_1" or form is None or row[0].page.method is not ReadMethod.OCR or len(row) < 2:
        return None
    id = BY_NUMBER.get((form, row[-2].text.split()[-1]))
    return TaxLine(id, section, f"line {row[-2].text}") if id else None


def _section(row: Sequence[Cell]) -> str | None:
    text = " ".join(cell.text for cell in row)
    if re.match(r"\W*(?:page\b|form \d)", text, re.IGNORECASE) and "schedule" not in text.lower():
        return None
    return next((name for name, pattern in _SECTIONS if pattern.search(text) and not re.match(r"\d", text)), None)


def _split(row: Sequence[Cell]) -> tuple[str, list[Cell]]:
    """Return the description of a line and its amounts: what stands at the right and is no line number."""
    row = [_once(cell) for cell in row]
    amounts = [cell for cell in row if _NUMBER.match(cell.text) and cell.box.x1 > 0.5 and not _is_line_number(cell, row)]
    left = [cell for cell in row if cell not in amounts and not _LINE_NUMBER.fullmatch(cell.text)]
    return " ".join(cell.text for cell in left), amounts


def _once(cell: Cell) -> Cell:
    """Return a cell without the second reading of the same words: leader dots make OCR read an amount twice."""
    words = cell.text.split()
    return replace(cell, text=words[0]) if len(words) == 2 and words[0] == words[1] else cell


def _is_line_number(cell: Cell, row: Sequence[Cell]) -> bool:
    """Return whether a small number is the line's own, printed again beside the amount."""
    if not _LINE_NUMBER.fullmatch(cell.text):
        return False
    begins = re.match(r"(\d{1,2}[a-z]?)\b", row[0].text)
    return cell is not row[-1] or (begins is not None and begins[1] == cell.text) or len(row) > 1


def _found(line: TaxLine, label: str, cell: Cell) -> Found:
    value = values.amount(cell.text)
    return Found(value if value is not None else Decimal(0), cell.text, line.wording if not label else label[:80], cell, 0.96)


def _beginning_and_end(amounts: Sequence[Cell]) -> list[tuple[str, Cell]]:
    """Return the amounts by period: of four columns the second and the last are net; one alone goes by where it stands."""
    if len(amounts) >= 4:
        return [("prior", amounts[1]), ("current", amounts[3])]
    if len(amounts) in (2, 3):
        return [("prior", amounts[0]), ("current", amounts[-1])]
    return [("current" if amounts[0].box.x1 > 0.8 else "prior", amounts[0])]
