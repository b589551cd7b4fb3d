"""Where words stand on a page -> reading order, visual lines and the amounts printed on them.

Pure and fast: it knows nothing of files or pictures, so made-up words serve as well as those of a PDF. It follows the
words' boxes only; what a line means (heading, account, note column) is not decided here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum, auto

from app.domain import Amount, Box, Line, Span, Word

_CURRENCY = r"(?:US\$|C\$|A\$|\$|£|€|USD|GBP|EUR)"
_AMOUNT = re.compile(
    rf"(?P<open>[-(\[{{]*)\s*{_CURRENCY}?\s*(?P<open2>[-(\[{{]*)\s*"
    r"(?P<digits>\d{1,3}(?:,\d{3})+(?:\.\d{1,4})?|(?:0|[1-9]\d*)(?:\.\d{1,4})?|\.\d{1,4})"
    rf"\s*(?P<close>[-)\]}}]*)\s*(?:{_CURRENCY}|CR|DR|Cr|Dr)?[*†‡]?",
)
_NIL = re.compile(r"(?:\$|£|€)?\(?(?:-{1,3}|nil|Nil|NIL|-0-)\)?(?:\$|£|€)?")
_DASHES = str.maketrans("‐‑‒–—―−", "-------")
_OPENING = re.compile(rf"-?\(?{_CURRENCY}?\(?")
_CLOSING = re.compile(r"[)\]}]")
_PERCENT = re.compile(r"[)\]}]?%")
_PERCENTAGE = re.compile(r"[-(]*\d[\d,.]*[)]*%[)]*")
_BROKEN = re.compile(r"\d,$")
_REST = re.compile(r"\d{3}(?!\d)")
_SIDE = re.compile(r"CR|DR|Cr|Dr")
_NOISE = re.compile(r"[-.·…•●_|¦=~:;,'`‘’“”\"°<>«»]*[.·…•●_|¦=~:;,'`‘’“”\"°<>«»][-.·…•●_|¦=~:;,'`‘’“”\"°<>«»]*")
_LEADERS = re.compile(r"[.·…_]{3,}|…")
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_MONTH = re.compile(rf"{_MONTHS}[.,]?", re.IGNORECASE)
_HEADING_WORD = re.compile(
    r"\W*(?:notes?|years?|fiscal|periods?|ended|ending|as|at|of|to|the|and|for|from|in|restated|audited|unaudited|company|group|total|thousands"
    rf"|millions|weeks?|days?|\d{{1,2}}(?:st|nd|rd|th)?|{_MONTHS})?\W*|.*[£$€].*",
    re.IGNORECASE,
)

#: A gap wider than this many characters separates columns; a word space is about 0.6 characters wide.
_WIDE = 1.7
#: Two right edges closer than this many characters stand in one column; a closing bracket hangs over by about 0.7.
_ALIGNED = 1.2
#: Words of so many times the usual height are no part of a line of text.
_LARGE = 2.5
#: Rests of one number ("1," "234") stand closer than this many characters.
_JOINED = 1.2


class _Kind(Enum):
    TEXT = auto()
    NUMBER = auto()
    NIL = auto()
    PERCENT = auto()


@dataclass(frozen=True, slots=True)
class _Cell:
    """Words `start:stop` of a row that belong together: a number with its marks, or one word of text."""

    kind: _Kind
    start: int
    stop: int
    text: str
    box: Box
    value: Decimal = Decimal(0)
    marked: bool = False
    wide_before: bool = True
    wide_after: bool = True

    @property
    def unit(self) -> float:
        return (self.box.x1 - self.box.x0) / len(self.text)

    @property
    def is_amount_like(self) -> bool:
        return self.kind in (_Kind.NUMBER, _Kind.NIL)

    @property
    def is_year_like(self) -> bool:
        return self.kind is _Kind.NUMBER and self.text.isdigit() and len(self.text) == 4 and 1900 <= self.value <= 2100 and not self.marked

    @property
    def is_strong(self) -> bool:
        """Whether it cannot well be anything but an amount: it has a separator, cents, a currency mark or many digits."""
        if self.kind is not _Kind.NUMBER:
            return False
        return "," in self.text or "." in self.text or self.marked or sum(c.isdigit() for c in self.text) > 4


def parse_amount(text: str) -> Decimal | None:
    """Return the number that `text` prints, or None. Parentheses or a minus make it negative; a dash is nil, thus 0.

    "CR" and "DR" beside a number do not change its sign: what they mean depends on the document.
    """
    plain = text.strip().translate(_DASHES)
    if _NIL.fullmatch(plain):
        return Decimal(0)
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        return None
    value = Decimal(found["digits"].replace(",", ""))
    return -value if found["open"] or found["open2"] or found["close"] else value


def lines_of(page_number: int, words: Sequence[Word]) -> tuple[tuple[Word, ...], tuple[Line, ...]]:
    """Return `words` in reading order, without rules and leader dots, and the visual lines that they form.

    Every line is a run of the returned words.
    """
    rows = _rows([piece for word in words for piece in _clean(word)])
    celled = [_cells(row) for row in rows]
    plain = not any("," in cell.text for cells in celled for cell in cells if cell.kind is _Kind.NUMBER)
    edges = _column_edges(celled)
    ordered: list[Word] = []
    lines: list[Line] = []
    for row, cells in zip(rows, celled, strict=True):
        amounts = _amount_cells(cells, edges, years_may_be_amounts=plain)
        for run in _side_by_side(cells, amounts):
            mine = [cells[i] for i in run if i in amounts]
            lines.append(_line(page_number, row, cells[run.start : run.stop], mine, len(ordered)))
        ordered += row
    return tuple(ordered), tuple(lines)


# -- words -> rows ---------------------------------------------------------------------------------------------------


def _clean(word: Word) -> list[Word]:
    """Return the words left of `word` without leader dots and rules: none, itself, or those around its dots."""
    if word.text.isalnum():
        return [word]
    if _NOISE.fullmatch(word.text):
        return []
    if not _LEADERS.search(word.text):
        text = word.text.strip("|¦_~")
        return [word if text == word.text else replace(word, text=text)] if text else []
    width = (word.box.x1 - word.box.x0) / len(word.text)
    pieces, at = [], 0
    for found in [*_LEADERS.finditer(word.text), None]:
        until = found.start() if found else len(word.text)
        text = word.text[at:until].strip("|¦")
        if text and not _NOISE.fullmatch(text):
            box = Box(word.box.x0 + at * width, word.box.top, word.box.x0 + until * width, word.box.bottom)
            pieces.append(Word(text, box, word.confidence))
        at = found.end() if found else until
    return pieces


def _rows(words: list[Word]) -> list[list[Word]]:
    """Return the words grouped into visual rows, top to bottom, each from left to right.

    Each row is followed from left to right by the height of its last full-size word, so that it may climb or fall a
    little (skew) and hold superscripts and other font sizes.
    """
    heights = sorted(w.box.bottom - w.box.top for w in words)
    large = _LARGE * heights[len(heights) // 2] if heights else 0.0
    text = [w for w in words if w.box.bottom - w.box.top <= large]
    # Large letters (a "Draft" across the page) make rows of their own: they would join the rows of text that they cross.
    rows = _followed(text) + _followed([w for w in words if w.box.bottom - w.box.top > large])
    return _with_raised_numbers(sorted(rows, key=_middle))


def _followed(words: list[Word]) -> list[list[Word]]:
    rows: list[list[Word]] = []
    ends: list[tuple[float, float]] = []
    for word in sorted(words, key=lambda w: w.box.x0):
        top, bottom = word.box.top, word.box.bottom
        height = max(bottom - top, 1e-6)
        best, best_overlap = -1, 0.45
        for i, (row_top, row_bottom) in enumerate(ends):
            if row_bottom <= top or row_top >= bottom:
                continue
            overlap = (min(bottom, row_bottom) - max(top, row_top)) / min(height, max(row_bottom - row_top, 1e-6))
            overlap -= 0.1 * abs(top + bottom - row_top - row_bottom) / height
            if overlap > best_overlap:
                best, best_overlap = i, overlap
        if best < 0:
            rows.append([word])
            ends.append((top, bottom))
            continue
        rows[best].append(word)
        if height >= 0.7 * (ends[best][1] - ends[best][0]):
            ends[best] = (top, bottom)
    return rows


def _middle(row: list[Word]) -> float:
    middles = sorted(w.box.top + w.box.bottom for w in row)
    return middles[len(middles) // 2]


def _with_raised_numbers(rows: list[list[Word]]) -> list[list[Word]]:
    """Return the rows with numbers that stand a little above or below their label (typed into a form) moved into its row."""
    boxes = [Box.around(w.box for w in row) for row in rows]
    lettered = [any(c.isalpha() for w in row for c in w.text) for row in rows]
    joined = {i: list(row) for i, row in enumerate(rows)}
    for i, row in enumerate(rows):
        if lettered[i]:
            continue
        near = [j for j in (i - 1, i + 1) if 0 <= j < len(rows) and lettered[j]]
        best = max(near, key=lambda j: _overlap(boxes[i], boxes[j]), default=i)
        if best != i and _overlap(boxes[i], boxes[best]) > 0.25 and _fits_between(row, joined[best]):
            joined[best] = sorted(joined[best] + joined.pop(i), key=lambda w: w.box.x0)
    return list(joined.values())


def _overlap(a: Box, b: Box) -> float:
    """Return the share of the lower box's height that both have in common."""
    return (min(a.bottom, b.bottom) - max(a.top, b.top)) / max(min(a.bottom - a.top, b.bottom - b.top), 1e-6)


def _fits_between(row: list[Word], other: list[Word]) -> bool:
    return all(v.box.x1 <= w.box.x0 or v.box.x0 >= w.box.x1 for v in row for w in other)


# -- a row -> cells --------------------------------------------------------------------------------------------------


def _cells(row: list[Word]) -> list[_Cell]:
    """Return the row as cells with what stands before and after each: a wide gap or a neighbour."""
    unit = sum(w.box.x1 - w.box.x0 for w in row) / sum(len(w.text) for w in row)
    cells: list[_Cell] = []
    at = 0
    while at < len(row):
        cell = _cell_at(row, at, unit)
        cells.append(cell)
        at = cell.stop
    for i, cell in enumerate(cells[:-1]):
        following = cells[i + 1]
        wide = row[following.start].box.x0 - row[cell.stop - 1].box.x1 > _WIDE * unit
        cells[i] = replace(cells[i], wide_after=wide)
        cells[i + 1] = replace(following, wide_before=wide)
    return cells


def _cell_at(row: list[Word], at: int, unit: float) -> _Cell:
    """Return the cell that begins with word `at`: the words that together print one number, else that word alone."""
    first = at
    while first < min(len(row) - 1, at + 3) and _opens_number(row, first, unit):
        first += 1
    text, stop = row[first].text, first + 1
    while stop < len(row) and _BROKEN.search(text) and _REST.match(row[stop].text) and _adjoins(row, stop - 1, unit):
        text, stop = text + row[stop].text, stop + 1
    if parse_amount(text) is None:
        is_percent = _PERCENTAGE.fullmatch(text) is not None
        return _Cell(_Kind.PERCENT if is_percent else _Kind.TEXT, at, at + 1, row[at].text, row[at].box)
    bracket = next((i for i in range(at, first) if row[i].text.translate(_DASHES).strip("$£€")), first)
    text = "".join(w.text.strip("$£€") for w in row[bracket:first]) + text
    while stop < len(row) and _CLOSING.fullmatch(row[stop].text):
        text, stop = text + row[stop].text, stop + 1
    if stop < len(row) and _PERCENT.fullmatch(row[stop].text):
        return _Cell(_Kind.PERCENT, at, stop + 1, text, row[first].box)
    box = Box.around(w.box for w in row[bracket:stop])
    if stop < len(row) and _SIDE.fullmatch(row[stop].text):
        text, stop = f"{text} {row[stop].text}", stop + 1
    marked = any(c in "$£€" for w in row[at:stop] for c in w.text)
    if not any(c.isdigit() for c in text):
        return _Cell(_Kind.NIL, at, stop, text if "l" in text.lower() else "-", box, marked=marked)
    return _Cell(_Kind.NUMBER, at, stop, text, box, parse_amount(text) or Decimal(0), marked)


def _opens_number(row: list[Word], at: int, unit: float) -> bool:
    """Return whether word `at` is a currency mark, bracket or sign that belongs to a number after it."""
    text = row[at].text.translate(_DASHES)
    return _OPENING.fullmatch(text) is not None and (text != "-" or _adjoins(row, at, unit))


def _adjoins(row: list[Word], at: int, unit: float) -> bool:
    return row[at + 1].box.x0 - row[at].box.x1 < _JOINED * unit


# -- cells -> amounts ------------------------------------------------------------------------------------------------


def _column_edges(rows: list[list[_Cell]]) -> list[tuple[float, float]]:
    """Return the right edges at which numbers that stand by themselves line up, each with the tolerance for it."""
    alone = [c for cells in rows for c in cells if c.kind is _Kind.NUMBER and c.wide_before and c.wide_after and not c.is_year_like]
    edges: list[tuple[float, float]] = []
    group: list[_Cell] = []
    for cell in [*sorted(alone, key=lambda c: c.box.x1), None]:
        tolerance = _ALIGNED * group[-1].unit if group else 0.0
        if group and (cell is None or cell.box.x1 - group[-1].box.x1 > tolerance):
            # Two amounts make a column, or three numbers that may be anything.
            if sum(3 if c.is_strong else 2 for c in group) > 5:
                edges.append((group[len(group) // 2].box.x1, tolerance))
            group = []
        if cell is not None:
            group.append(cell)
    return edges


def _amount_cells(cells: list[_Cell], edges: list[tuple[float, float]], *, years_may_be_amounts: bool) -> set[int]:
    """Return which of the row's cells are amounts; every other number belongs to the label."""
    candidates = [i for i, c in enumerate(cells) if c.is_amount_like]
    if not candidates:
        return set()
    is_heading = all(cells[i].is_year_like for i in candidates) and all(
        _HEADING_WORD.fullmatch(c.text) for c in cells if c.kind is _Kind.TEXT
    )
    found: set[int] = set()
    for i in candidates:
        if cells[i].is_year_like and (is_heading or not years_may_be_amounts):
            continue
        if _stands_as_amount(cells, i, edges, follows_amount=i - 1 in found):
            found.add(i)
    return found


def _stands_as_amount(cells: list[_Cell], i: int, edges: list[tuple[float, float]], *, follows_amount: bool) -> bool:
    """Return whether the number `cells[i]` stands in a column by itself rather than inside the words of a label."""
    cell = cells[i]
    before = cells[i - 1] if i else None
    after = cells[i + 1] if i + 1 < len(cells) else None
    if (before and _MONTH.fullmatch(before.text)) or (after and not cell.wide_after and _MONTH.fullmatch(after.text)):
        return False
    aligned = any(abs(cell.box.x1 - edge) <= tolerance for edge, tolerance in edges)
    apart_before = follows_amount or cell.wide_before or (before is not None and _leads_to(before, cell))
    if before is None and after is not None and after.kind is _Kind.TEXT and not cell.is_strong:
        return False
    if after is not None and after.kind is _Kind.TEXT and not cell.wide_after:
        return apart_before and before is not None and aligned
    if apart_before:
        return True
    return aligned or (cell.is_strong and not any(c.is_amount_like for c in cells[i + 1 :]))


def _leads_to(before: _Cell, cell: _Cell) -> bool:
    """Return whether `before` says that what follows is a figure: a percentage of the column before, or "Salary: $135,000"."""
    return before.kind is _Kind.PERCENT or (before.text.endswith(":") and (cell.marked or (cell.is_strong and not cell.text.isdigit())))


# -- cells -> lines --------------------------------------------------------------------------------------------------


def _side_by_side(cells: list[_Cell], amounts: set[int]) -> list[range]:
    """Return the row's cells as one run, or as several where a label with amounts of its own begins beside another's."""
    starts = [0]
    for i in range(1, len(cells)):
        begins = i - 1 in amounts and cells[i].kind is _Kind.TEXT and cells[i].wide_before and sum(map(str.isalpha, cells[i].text)) > 1
        if begins and any(j > i for j in amounts):
            starts.append(i)
    return [range(start, stop) for start, stop in zip(starts, [*starts[1:], len(cells)], strict=True)]


def _line(page_number: int, row: list[Word], cells: Sequence[_Cell], amounts: Sequence[_Cell], offset: int) -> Line:
    """Return the line of `cells`, whose row begins at the page's word `offset`."""
    start, stop = cells[0].start, cells[-1].stop
    label = row[start : amounts[0].start] if amounts else row[start:stop]
    return Line(
        span=Span(page_number, offset + start, offset + stop),
        label=" ".join(w.text for w in label),
        amounts=tuple(_amount(page_number, row, a, offset) for a in amounts),
        box=Box.around(w.box for w in row[start:stop]),
    )


def _amount(page_number: int, row: list[Word], cell: _Cell, offset: int) -> Amount:
    """Return the amount of `cell`, with what a second reading made of its digits where that is another number."""
    texts = [text for word in row[cell.start : cell.stop] for text in word.alternatives]
    others = dict.fromkeys(value for text in texts if (value := parse_amount(text)) is not None and value != cell.value)
    return Amount(Span(page_number, offset + cell.start, offset + cell.stop), cell.text, cell.value, cell.box, tuple(others))
