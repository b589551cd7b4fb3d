"""The rows of a page as cells: numbers with their marks, and runs of words that stand together. What readers of ruled forms start from.

`Page.lines` knows statements: labels left, amounts right. Bank statements and tax returns print numbers between words, two tables
side by side and boxed line numbers, so their rows are taken apart word by word here. It decides nothing about meaning.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain import Box, Line, Page, Word

_DASHES = str.maketrans("‐‑‒–—―−", "-------")
_NUMBER = re.compile(
    r"(?P<open>[-+(\[{]*)(?:US\$|\$|£|€)?(?P<open2>[-+(\[{]*)"
    r"(?P<whole>\d{1,3}(?:[,.]\d{3})+|\d*)(?P<cents>[.,]\d\d)?\.?"
    r"(?P<close>[-+)\]}]*)(?P<mark>CR|DR|OD|Cr|Dr)?[*†‡]?"
)
_OPENS = re.compile(r"[-+(\[]*(?:US\$|\$|£|€)?[-+(\[]*")
_CLOSES = re.compile(r"[-)\]]|CR|DR|OD|O/D|Cr|Dr|cr|dr")
_NIL = re.compile(r"-{1,3}|nil|-0-", re.IGNORECASE)
_WORD_GAP = 1.5  # characters: a wider gap parts cells
_MARK_GAP = 2.2  # a mark may stand a little further off from its number
_SCANNED_LEVEL = 0.7
_LEVEL = 0.45  # of a word's height: words whose middles lie further apart stand on rows of their own


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as printed (`value` with its sign, `mark` CR, DR or OD), or words that stand together (`value` None)."""

    text: str
    box: Box
    value: Decimal | None = None
    cents: bool = False
    mark: str = ""
    sure: float = 1.0

    @property
    def middle(self) -> float:
        """Return the horizontal middle."""
        return (self.box.x0 + self.box.x1) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One visual row of a page, left to right, and the page's lines that it holds. A row is equal to itself only."""

    page: Page
    cells: tuple[Cell, ...]
    lines: tuple[Line, ...]
    box: Box

    @property
    def text(self) -> str:
        """Return what the row prints."""
        return " ".join(cell.text for cell in self.cells)

    @property
    def words(self) -> str:
        """Return the row without its numbers."""
        return " ".join(cell.text for cell in self.cells if cell.value is None)

    @property
    def money(self) -> tuple[Cell, ...]:
        """Return the numbers printed with cents."""
        return tuple(cell for cell in self.cells if cell.cents)

    @property
    def numbers(self) -> tuple[Cell, ...]:
        """Return all numbers."""
        return tuple(cell for cell in self.cells if cell.value is not None)


def rows_of(page: Page, *, level: bool = True) -> list[Row]:
    """Return the rows of `page`, top to bottom. `level` parts words that stand at different heights of one row; boxed forms need it not."""
    rows = []
    for lines in _side_by_side(page.lines):
        words = list(_once(w for line in lines for w in page.words[line.span.start : line.span.stop]))
        runs = _levels(words) if level else [words]
        rows += [Row(page, tuple(_cells(run)), tuple(lines), Box.around(w.box for w in run)) for run in runs]
    return sorted(rows, key=lambda row: (row.box.top + row.box.bottom, row.box.x0))


def number(text: str) -> tuple[Decimal, bool, str] | None:
    """Return the number that `text` prints, whether it has cents, and its mark; None where it is none. Points may be misread commas."""
    plain = text.translate(_DASHES).replace(" ", "")
    found = _NUMBER.fullmatch(plain)
    if found is None or not (found["whole"] or found["cents"]):
        return (Decimal(0), False, "") if _NIL.fullmatch(plain) else None
    whole = re.sub(r"[,.]", "", found["whole"]) or "0"
    value = Decimal(whole + (found["cents"] or "").replace(",", "."))
    around = found["open"] + found["open2"] + found["close"]
    negative = any(c in "-([{)]}" for c in around)
    return -value if negative else value, bool(found["cents"]), (found["mark"] or "").upper()


def _once(words: Iterable[Word]) -> Iterator[Word]:
    """Yield the words of a row without those that a scan's two readings give twice at one place."""
    last: Word | None = None
    for word in words:
        if last is None or word.text != last.text or last.box.x1 - word.box.x0 < 0.5 * (word.box.x1 - word.box.x0):
            yield word
        last = word


def _side_by_side(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Yield the lines that stand beside each other as one group: labels far apart are read as lines of their own."""
    group: list[Line] = []
    for line in lines:
        if group and not _continues(group[-1].box, line.box):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _continues(left: Box, right: Box) -> bool:
    shared = min(left.bottom, right.bottom) - max(left.top, right.top)
    return right.x0 >= left.x1 - 0.002 and shared > 0.5 * min(left.bottom - left.top, right.bottom - right.top)


def _levels(words: Sequence[Word]) -> list[list[Word]]:
    """Return the words of a row by the height at which they stand: a large name beside two small lines makes several."""
    levels: list[list[Word]] = []
    for word in words:
        near = min(levels, key=lambda level: _offset(level[-1], word), default=None)
        if near is not None and _offset(near[-1], word) <= _tolerance(near[-1], word):
            near.append(word)
        else:
            levels.append([word])
    return levels


def _offset(a: Word, b: Word) -> float:
    return abs(a.box.top + a.box.bottom - b.box.top - b.box.bottom) / 2


def _tolerance(a: Word, b: Word) -> float:
    """Return how far apart the middles of two words of one level may lie; scanned words and lone points and dashes lie less exactly."""
    low, high = sorted((a.box.bottom - a.box.top, b.box.bottom - b.box.top))
    share = _LEVEL if min(a.confidence, b.confidence) == 1 else _SCANNED_LEVEL
    return share * (high if low < 0.5 * high else low)


def _cells(words: Sequence[Word]) -> Iterator[Cell]:
    unit = sum(w.box.x1 - w.box.x0 for w in words) / max(sum(len(w.text) for w in words), 1)
    at, run = 0, list[Word]()
    while at < len(words):
        start, stop = _number_at(words, at, unit)
        if run and (stop > at or words[at].box.x0 - run[-1].box.x1 > _WORD_GAP * unit):
            yield _text(run)
            run = []
        if stop > at:
            yield _number(words[start:stop])
            at = stop
        else:
            run.append(words[at])
            at += 1
    if run:
        yield _text(run)


def _number_at(words: Sequence[Word], at: int, unit: float) -> tuple[int, int]:
    """Return the run of words from `at` that prints one number, empty where none begins there."""
    first = at
    while first < len(words) - 1 and first < at + 2 and _opens(words, first, unit):
        first += 1
    if number(words[first].text) is None or (first > at and not any(c.isdigit() for c in words[first].text)):
        return at, at
    stop = first + 1
    while stop < len(words) and _CLOSES.fullmatch(words[stop].text.translate(_DASHES)) and _near(words, stop - 1, _MARK_GAP * unit):
        stop += 1
    return at, stop


def _opens(words: Sequence[Word], at: int, unit: float) -> bool:
    text = words[at].text.translate(_DASHES)
    far = 12 if text.strip("-+([") else _MARK_GAP  # a currency sign may stand at the left of its column
    return _OPENS.fullmatch(text) is not None and _near(words, at, far * unit)


def _near(words: Sequence[Word], at: int, gap: float) -> bool:
    return words[at + 1].box.x0 - words[at].box.x1 < gap


def _number(words: Sequence[Word]) -> Cell:
    text = "".join(w.text for w in words).replace("O/D", "OD")
    value, cents, mark = number(text if number(text) else re.sub(r"(?i)(cr|dr)$", lambda m: m[0].upper(), text)) or (Decimal(0), False, "")
    return Cell(" ".join(w.text for w in words), Box.around(w.box for w in words), value, cents, mark, min(w.confidence for w in words))


def _text(words: Sequence[Word]) -> Cell:
    return Cell(" ".join(w.text for w in words), Box.around(w.box for w in words), sure=min(w.confidence for w in words))
