"""A page's lines -> cells: words that stand close together. Labels, values and table entries are cells, whatever the layout.

Between words of one cell stands a space; between cells a gap, a rule or leader dots.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from app.domain import Box, Document, Page, Span, Word

_LEADERS = re.compile(r"[.·_…‥-]{3,}|[|¦]+|_+")
_TRAILING_LEADERS = re.compile(r"\s*[.·_…]{3,}\s*$")
_GAP_IN_LETTERS = 1.8
_LEAST_GAP = 0.0095
_SAME_LINE = 0.4  # share of a line's height by which what stands beside it may be off
_AMOUNT = re.compile(r"[(–-]?[$£€]?\d{1,3}(?:,\d{3})+(?:\.\d\d)?[)–-]?|[(–-]?[$£€]?\d+\.\d\d[)–-]?|[$£€]\d+|[–—-]")
_YEAR = re.compile(r"(?:19|20)\d\d|\d{1,2}/(?:19|20)?\d\d|\d+\.\d+%")
_BELONGS = re.compile(r"(?:(?:CR|DR|OD)\b|%|-|–|[a-z]|\d+\))")  # what may follow an amount within its cell


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that belong together: their text, where they stand, on which page and line (counted from the page's top)."""

    text: str
    box: Box
    page: Page
    row: int
    start: int
    words: tuple[Word, ...]

    @property
    def confidence(self) -> float:
        """Return the reader's own confidence in the worst of the words."""
        return min((w.confidence for w in self.words), default=1.0)

    @property
    def span(self) -> Span:
        """Return the words of the page that the cell is made of."""
        return Span(self.page.number, self.start, self.start + len(self.words))


Rows = tuple[tuple[Cell, ...], ...]


def rows_of(page: Page) -> Rows:
    """Return the cells of every visual line of `page`, from left to right, from top to bottom; what stands side by side is one line."""
    rows: list[list[int]] = []
    middle = -1.0
    for line in sorted(page.lines, key=lambda ln: ln.box.top + ln.box.bottom):
        centre = (line.box.top + line.box.bottom) / 2
        height = max(0.004, line.box.bottom - line.box.top)
        if rows and centre - middle < _SAME_LINE * height:
            rows[-1] += range(line.span.start, line.span.stop)
        else:
            rows.append(list(range(line.span.start, line.span.stop)))
            middle = centre
    return tuple(tuple(_cells(page, number, words)) for number, words in enumerate(rows))


def pages_of(document: Document) -> tuple[Rows, ...]:
    """Return the rows of every page of `document`."""
    return tuple(rows_of(page) for page in document.pages)


def _cells(page: Page, row: int, indices: Sequence[int]) -> Iterator[Cell]:
    words = sorted(((index, page.words[index]) for index in indices), key=lambda pair: pair[1].box.x0)
    letter = _letter([word for _, word in words])
    run: list[tuple[int, Word]] = []
    for index, word in words:
        if run and (_LEADERS.fullmatch(word.text) or _apart(run[-1][1], word, letter)):
            yield _cell(page, row, run)
            run = []
        if not _LEADERS.fullmatch(word.text):
            run.append((index, word))
    if run:
        yield _cell(page, row, run)


def _apart(before: Word, word: Word, letter: float) -> bool:
    """Return whether two words stand in different cells: behind an amount, a smaller gap is enough."""
    gap = word.box.x0 - before.box.x1
    letter = max(letter, (_letter([before]) + _letter([word])) / 2)  # a title beside small print has wider spaces
    if gap > max(_LEAST_GAP, _GAP_IN_LETTERS * letter):
        return True
    if gap > 0.75 * letter and _YEAR.fullmatch(before.text) and word.text[:1].isupper():
        return True
    return gap > 0.4 * letter and bool(_AMOUNT.fullmatch(before.text)) and not _BELONGS.match(word.text)


def _letter(words: Sequence[Word]) -> float:
    return median((w.box.x1 - w.box.x0) / max(1, len(w.text)) for w in words) if words else 0.0


def _cell(page: Page, row: int, run: Sequence[tuple[int, Word]]) -> Cell:
    words = tuple(word for _, word in run)
    text = _TRAILING_LEADERS.sub("", " ".join(word.text for word in words))
    return Cell(text, Box.around(word.box for word in words), page, row, run[0][0], words)


def part_of(cell: Cell, start: int) -> Cell | None:
    """Return what stands in `cell` from the letter `start` of its text on, as a cell of its own; None where nothing does."""
    seen, kept = 0, []
    for offset, word in enumerate(cell.words):
        if seen >= start:
            kept.append((cell.start + offset, word))
        seen += len(word.text) + 1
    return _cell(cell.page, cell.row, kept) if kept else None


def below(cell: Cell, rows: Rows, reach: float) -> Iterator[Cell]:
    """Yield the cells that stand under `cell` within `reach` (a share of the page's height), the nearest first."""
    for row in rows[cell.row + 1 : cell.row + 6]:
        for other in row:
            near = other.box.top - cell.box.top > 0 and other.box.top - cell.box.bottom <= reach
            if near and other.box.x0 < cell.box.x1 and other.box.x1 > cell.box.x0 - 0.01:
                yield other


def texts(rows: Iterable[Sequence[Cell]]) -> str:
    """Return the text of `rows` as one run of words."""
    return " ".join(cell.text for row in rows for cell in row)
