"""The lines of a tax return: number, wording and the amounts in its boxes, by part of the form. Which field a line is, is not decided here.

Line numbers are printed before the wording and again beside the amount's box; they are told from amounts by the edges at which amounts
line up. Two columns of lines side by side are taken apart.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain import Page
from rules.forms.ruled import Cell, Row, rows_of

_PARTS = (
    ("K-1", r"schedules? k-1\b|schedules? k-?[23]\b"),
    ("L", r"schedule l\b|balance sheets? per books"),
    ("M-1", r"schedule m-?1\b|reconciliation of income"),
    ("M-2", r"schedule m-?2\b|analysis of (?:unappropriated|accumulated|partners|aaa)"),
    ("K", r"schedule k\b|pro rata share items|distributive share items"),
    ("A", r"form 1125-?a\b|schedule a\b.*cost of goods|part iii.{0,4}cost of goods"),
    (
        "other",
        r"schedule (?:[bd-j]|m-?3)\b|schedule c\b.*(?:dividends|inclusions)|form (?:1125-?e|4562|8825|8879|7004|4797|8990|851)\b|part (?:iv|v)\b",
    ),
)
_PART = tuple((name, re.compile(rf"^\W*(?:{pattern})", re.IGNORECASE)) for name, pattern in _PARTS)
_INCOME = re.compile(r"^\W*(?:part i\W*)?income\W*$|^\W*1a?\b\W*gross|^.{0,6}gross (?:receipts|sales)", re.IGNORECASE)
_DEDUCTIONS = re.compile(r"^\W*(?:part ii\W*)?(?:deductions|expenses\b)", re.IGNORECASE)
_TAX = re.compile(r"^\W*tax(?:es)?,? (?:refundable|and payments)", re.IGNORECASE)
_LEADING = re.compile(r"^\W{0,2}(\d{1,2}[a-i]?)\b\W{0,2}")
_NUMBERED = re.compile(r"(\d{1,2}[a-i]?)\s+[A-Za-z]{2}")
_ALIGNED = 0.017
_BIG = 4  # digits from which a number is no line number
_MIDDLE = 0.36  # of the page's width: a second column of lines begins to the right of it


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One line of a return: its part (head, income, deductions, tax, L, M-1, M-2, K, A or other), number ("" unread), wording, amounts left to right."""

    part: str
    number: str
    label: str
    values: tuple[Cell, ...]
    row: Row
    boxed: str = ""

    @property
    def page(self) -> Page:
        """Return the page it stands on."""
        return self.row.page


def lines_of_return(pages: Sequence[Page]) -> list[TaxLine]:
    """Return the lines of a return's pages in order, those without an amount included."""
    out: list[TaxLine] = []
    part = "head"
    for page in pages:
        rows = rows_of(page, level=False)
        edges = _edges(rows)
        part = "other" if part in ("income", "deductions", "tax") else part
        for row in rows:
            part = _part_at(row, part)
            out += [replace(line, part=part) for line in _lines(row, edges)]
    return out


def _part_at(row: Row, part: str) -> str:
    """Return the part of the form that `row` opens, else the one that goes on."""
    text = row.text
    if len(row.numbers) <= 2 and len(text) < 150:
        named = next((name for name, pattern in _PART if pattern.search(text)), None)
        if named:
            return named
    if part == "head" and _INCOME.match(text):
        return "income"
    if part in ("head", "income") and _DEDUCTIONS.match(text):
        return "deductions"
    return "tax" if part == "deductions" and _TAX.match(text) else part


def _edges(rows: Sequence[Row]) -> list[float]:
    """Return the right edges at which amounts of a page line up; line numbers are too short to count."""
    ends = sorted(c.box.x1 for row in rows for c in row.numbers if sum(map(str.isdigit, c.text)) >= _BIG and "," in c.text)
    groups: list[list[float]] = []
    for end in ends:
        if groups and end - groups[-1][-1] <= _ALIGNED / 2:
            groups[-1].append(end)
        else:
            groups.append([end])
    return [group[len(group) // 2] for group in groups]


def _lines(row: Row, edges: Sequence[float]) -> Iterator[TaxLine]:
    for cells in _side_by_side(row.cells):
        values = [c for c in cells if c.value is not None and _is_amount(c, cells, edges)]
        leading = _LEADING.match(cells[0].text) if cells else None
        values = [v for v in values if not (leading and v.text == leading[1])]
        first = min((cells.index(v) for v in values), default=len(cells))
        label = " ".join(c.text for c in cells[:first])
        number = leading[1] if leading else ""
        boxed = next((c.text for c in reversed(cells[:first]) if re.fullmatch(r"\d{1,2}[a-i]?", c.text) and c is not cells[0]), "")
        words = label[leading.end() :] if leading else label
        words = words.removesuffix(boxed).strip(" .:") if boxed else words
        yield TaxLine("", number, words.strip(), tuple(_with_cents(values, cells)), row, boxed)


def _side_by_side(cells: Sequence[Cell]) -> Iterator[tuple[Cell, ...]]:
    """Yield the cells of each line of a row: a second one begins at a higher line number that stands apart and has words after it."""
    found = _LEADING.match(cells[0].text) if cells else None
    start, leading = 0, _whole(found[1]) if found else 0
    for i in range(1, len(cells)):
        if cells[i].box.x0 > _MIDDLE and leading and _begins(cells, i) > leading and cells[i].box.x0 - cells[i - 1].box.x1 > 0.012:
            yield tuple(cells[start:i])
            start, leading = i, _begins(cells, i)
    yield tuple(cells[start:])


def _begins(cells: Sequence[Cell], i: int) -> int:
    """Return the line number with which a line begins at cell `i`, 0 where none does."""
    cell, after = cells[i], cells[i + 1] if i + 1 < len(cells) else None
    if found := _NUMBERED.match(cell.text):
        return _whole(found[1])
    follows = after is not None and after.value is None and after.text[:1].isalpha() and after.box.x0 - cell.box.x1 < 0.035
    return _whole(cell.text) if follows and re.fullmatch(r"\d{1,2}[a-i]?", cell.text) else 0


def _whole(number: str) -> int:
    return int(re.sub(r"\D", "", number))


def _is_amount(cell: Cell, cells: Sequence[Cell], edges: Sequence[float]) -> bool:
    """Return whether a number stands where amounts line up and is no line number."""
    if not any(abs(cell.box.x1 - edge) <= _ALIGNED for edge in edges):
        return False
    digits = sum(map(str.isdigit, cell.text))
    return digits > 2 or digits == 0 or cell is cells[-1] or cell.text.startswith("(") or cells[cells.index(cell) + 1].value is not None


def _with_cents(values: Sequence[Cell], cells: Sequence[Cell]) -> Iterator[Cell]:
    """Yield the amounts with the cents that stand in a narrow column of their own."""
    for value in values:
        after = next((c for c in cells if 0 <= c.box.x0 - value.box.x1 < 0.03), None)
        if after is not None and after not in values and re.fullmatch(r"\d\d", after.text) and value.value is not None and not value.cents:
            part = after.value / 100 if after.value is not None else 0
            yield replace(value, value=value.value + part if value.value >= 0 else value.value - part)
        else:
            yield value
