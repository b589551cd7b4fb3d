"""Tables without rules -> records: a head row says what the columns are, whatever their order; rows below fill them.

Columns are told by where the entries of the rows stand, heads by the column they stand over, one to three lines of them.
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.domain import Box
from rules.forms.cells import Cell, Rows
from rules.forms.fields import plain

Heads = Mapping[str, re.Pattern[str]]

_HEAD_LEADING = 0.024  # heads of several lines stand this close, as a share of the page's height
_BREAK = 0.05  # a wider gap ends a table
_PROSE = 9  # words in one cell that make it a sentence
_FIGURES = re.compile(r"\d[\d,.]*\d{2}")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a table: the cells by column, those of the lines that a row goes on over included."""

    cells: Mapping[str, tuple[Cell, ...]]

    def text(self, column: str) -> str:
        """Return what stands in `column`, empty where nothing does."""
        return " ".join(cell.text for cell in self.cells.get(column, ()))

    def cell(self, column: str) -> Cell | None:
        """Return the first cell of `column`, or None."""
        return next(iter(self.cells.get(column, ())), None)


def records(rows: Rows, heads: Heads, at_least: int) -> tuple[Record, ...]:
    """Return the rows of the table whose heads name at least `at_least` of `heads`; empty where `rows` hold no such table."""
    head = _head(rows, heads, at_least)
    if head is None:
        return ()
    first, last = head
    body = _body(rows, last + 1)
    columns = _columns(body)
    if not columns:
        return ()
    named = _named(columns, [cell for row in rows[first : last + 1] for cell in row], heads)
    return tuple(_records(body, columns, named))


def _head(rows: Rows, heads: Heads, at_least: int) -> tuple[int, int] | None:
    """Return the numbers of the first and last head row: those that name the most columns."""
    best: tuple[int, int, int] | None = None
    for number in range(len(rows)):
        for depth in range(3):
            block = rows[max(0, number - depth) : number + 1]
            if not _close(block) or any(len(cell.words) > _PROSE for row in block for cell in row):
                continue
            text = plain(" ".join(cell.text for row in block for cell in row))
            names = sum(bool(pattern.search(text)) for pattern in heads.values())
            if names >= at_least and (best is None or names > best[0]):
                best = (names, number - len(block) + 1, number)
    return best[1:] if best else None


def _close(block: Rows) -> bool:
    return all(b[0].box.top - a[0].box.top <= _HEAD_LEADING for a, b in itertools.pairwise(block) if a and b)


def _body(rows: Rows, start: int) -> Rows:
    """Return the rows from `start` to where the table ends: at a wide gap or a sentence."""
    body: list[tuple[Cell, ...]] = []
    for row in rows[start:]:
        if body and row[0].box.top - body[-1][0].box.bottom > _BREAK:
            break
        if any(len(cell.words) >= _PROSE for cell in row):
            break
        body.append(row)
    return tuple(body)


def _columns(body: Rows) -> list[Box]:
    """Return where the columns stand: begun by the fullest row, widened by the entries of the others."""
    fullest = max(body, key=len, default=())
    if len(fullest) < 2:
        return []
    columns = [cell.box for cell in fullest]
    for row in body:
        if len(row) < 2:
            continue
        for cell in row:
            near = [n for n, column in enumerate(columns) if _overlap(cell.box, column) > 0]
            if len(near) == 1:
                columns[near[0]] = Box.around((columns[near[0]], cell.box))
    return columns


def _overlap(a: Box, b: Box) -> float:
    return min(a.x1, b.x1) - max(a.x0, b.x0)


def _nearest(box: Box, columns: Sequence[Box]) -> int:
    return max(range(len(columns)), key=lambda n: _overlap(box, columns[n]))


def _named(columns: Sequence[Box], cells: Sequence[Cell], heads: Heads) -> dict[int, str]:
    """Return what each column is, by the words that stand over it."""
    over: dict[int, list[str]] = {}
    for cell in cells:
        together = sum(_overlap(cell.box, column) > 0 for column in columns) <= 1
        for word in cell.words:
            over.setdefault(_nearest(cell.box if together else word.box, columns), []).append(word.text)
    named: dict[int, str] = {}
    for number, words in sorted(over.items()):
        text = plain(" ".join(words).replace("(", " ").replace(")", " "))
        name = next((name for name, pattern in heads.items() if name not in named.values() and pattern.search(text)), None)
        if name:
            named[number] = name
    return named


def _records(body: Rows, columns: Sequence[Box], named: Mapping[int, str]) -> Iterator[Record]:
    """Yield the rows by column; a row without figures goes on with the one before it."""
    cells: dict[str, tuple[Cell, ...]] = {}
    for row in body:
        mine: dict[str, tuple[Cell, ...]] = {}
        for cell in row:
            name = named.get(_nearest(cell.box, columns), "")
            mine[name] = (*mine.get(name, ()), cell)
        if cells and not any(_FIGURES.search(cell.text) or cell.text in ("-", "–", "—") for cell in row):
            cells = {name: (*cells.get(name, ()), *mine.get(name, ())) for name in {**cells, **mine}}
            continue
        if cells:
            yield Record(cells)
        cells = mine
    if cells:
        yield Record(cells)
