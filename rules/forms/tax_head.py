"""The head of a tax return: which form, which year, whose, its tax id and accounting method."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.domain import Box, Field, Page
from rules.forms.ruled import Cell, Row
from rules.headings import mentions

FORMS = (
    ("1120-S", r"form\s*1120-?\s?s\b|income tax return for an s corporation"),
    ("1065", r"form\s*1065\b|return of partnership income"),
    ("Schedule C", r"schedule c\b|profit or loss from business|sole proprietorship"),
    ("1120", r"form\s*1120\b|u\.?\s?s\.? corporation income tax return|corporation income tax"),
)
_EIN = re.compile(r"(?<![\d-])(\d{2})\s?[-–—]\s?(\d{7})(?!\d)")
_SSN = re.compile(r"(?<![\d-])(?:[\dXx*]{3})\s?[-–]\s?(?:[\dXx*]{2})\s?[-–]\s?(\d{4})(?!\d)")
_YEAR = re.compile(r"\b(20\d\d|19[89]\d)\b")
_ENTITY_NAME = re.compile(r"^(?:name(?: of (?:corporation|partnership|proprietor|business))?)\b", re.IGNORECASE)
_CHOSEN = re.compile(r"(?:\[\s*[xX✓✔]\s*\]|[☒☑✓✔]|(?<![A-Za-z])[xX])\s*(cash|accrual|other)\b", re.IGNORECASE)
_METHOD = re.compile(r"accounting method", re.IGNORECASE)


def form_of(pages: Sequence[Page]) -> str | None:
    """Return the form that the first page which names one names; the longest run of names on it decides."""
    for page in pages:
        text = page.text.lower()
        counts = Counter({name: len(re.findall(pattern, text)) for name, pattern in FORMS})
        named = [name for name, count in counts.most_common() if count]
        if named:
            return named[0]
    return None


def head_fields(rows: Sequence[Row], form: str | None) -> list[Field]:
    """Return the fields of a return's head; `rows` are those of its first page."""
    fields = [*_year(rows), *_name(rows), *_tax_id(rows)]
    if form:
        page = rows[0].page
        fields.append(Field("form", form, form, "form", page.file, page.number, None, confidence=0.95, method=page.method))
    return fields


def _year(rows: Sequence[Row]) -> Iterator[Field]:
    """Yield the tax year: the year in which a fiscal year begins, else the one printed alone and largest or named most."""
    page = rows[0].page
    heads = [row for row in rows if row.box.top < 0.3]
    lines = [(i, line) for i, line in enumerate(page.lines) if line.box.top < 0.3 and re.search("beginning", line.label, re.IGNORECASE)]
    begun = [m for m in mentions(page, lines, uk=False) if m.year and m.month and m.day]
    seen: Counter[int] = Counter()
    cells: dict[int, Cell] = {}
    tallest = max((c.box.bottom - c.box.top for row in heads for c in row.cells), default=1.0)
    for row in heads:
        for cell in row.cells:
            for found in _YEAR.finditer(cell.text):
                alone = cell.text.strip("()") == found[1]
                weight = 1 + (4 if alone and cell.box.x0 > 0.7 else 0) + round(3 * (cell.box.bottom - cell.box.top) / tallest) * alone
                calendar = bool(re.search(r"calendar year", row.text, re.IGNORECASE))
                seen[int(found[1])] += weight + 2 * calendar
                cells.setdefault(int(found[1]), cell)
                if alone:
                    cells[int(found[1])] = cell
    if not seen and not begun:
        return
    year = begun[0].year if begun and begun[0].year else seen.most_common(1)[0][0]
    where = cells.get(year or 0)
    box = where.box if where else None
    yield Field(
        "tax_year",
        _whole(year),
        str(year),
        "tax year",
        page.file,
        page.number,
        box,
        confidence=0.95 if begun or seen[year or 0] > 4 else 0.8,
        method=page.method,
    )


def _name(rows: Sequence[Row]) -> Iterator[Field]:
    """Yield the taxpayer's name: what is typed below (or beside) the box called Name."""
    heads = [row for row in rows if row.box.top < 0.35]
    for n, row in enumerate(heads):
        for i, cell in enumerate(row.cells):
            label = re.sub(r"^(?:type or|print|[A-Z])\s+", "", cell.text, flags=re.IGNORECASE)
            if not _ENTITY_NAME.match(label):
                continue
            right = row.cells[i + 1].box.x0 - 0.01 if i + 1 < len(row.cells) else 0.62
            left = cell.box.x1 - (cell.box.x1 - cell.box.x0) * len(label) / len(cell.text)
            typed = next((t for below in heads[n + 1 : n + 3] if (t := _typed(below, left, right))), None)
            if typed:
                text, box = typed
                page = row.page
                yield Field("taxpayer_name", text, text, cell.text, page.file, page.number, box, confidence=0.93, method=page.method)
                return


def _typed(row: Row, left: float, right: float) -> tuple[str, Box] | None:
    """Return the words of `row` that stand in the box between `left` and `right`, without marginal print and tax ids."""
    words = [w for line in row.lines for w in row.page.words[line.span.start : line.span.stop]]
    inside = [w for w in words if w.box.x0 >= left - 0.012 and w.box.x1 <= right + 0.02 and not _EIN.search(w.text)]
    text = " ".join(w.text for w in inside).strip(" |_")
    if sum(map(str.isalpha, text)) < 3 or re.search(r"number, street|see instructions|employer ident", text, re.IGNORECASE):
        return None
    return text, Box.around(w.box for w in inside)


def _tax_id(rows: Sequence[Row]) -> Iterator[Field]:
    """Yield the employer's number; where only a social security number is printed, that one, masked."""
    for pattern in (_EIN, _SSN):
        for row in rows:
            text = row.text
            if (found := pattern.search(text)) and (row.box.top < 0.4 or "employer" in text.lower()):
                value = f"{found[1]}-{found[2]}" if pattern is _EIN else f"***-**-{found[1]}"
                box = next((c.box for c in row.cells if found[0] in c.text), row.box)
                page = row.page
                yield Field("ein", value, value, "tax id", page.file, page.number, box, confidence=0.95, method=page.method)
                return


def basis_of(rows: Sequence[Row]) -> Iterator[Field]:
    """Yield the accounting method: the one that is ticked, or typed below its label."""
    for n, row in enumerate(rows):
        if not _METHOD.search(row.text):
            continue
        for near in rows[n : n + 2]:
            ticked = _CHOSEN.search(near.text)
            typed = re.search(r"^\W*(?:[A-Z]\W+)?(cash|accrual)\b", near.text, re.IGNORECASE)
            if found := ticked or typed:
                page, value = near.page, found[1].lower()
                yield Field(
                    "accounting_basis",
                    value,
                    found[1],
                    "accounting method",
                    page.file,
                    page.number,
                    near.box,
                    confidence=0.85,
                    method=page.method,
                )
                return


def _whole(year: int | None) -> Decimal:
    return Decimal(year or 0)
