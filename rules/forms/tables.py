"""Tables by their heads: finds the row (or rows) of column heads and deals the words below out to the columns.

Ruled or not, right- or left-aligned, heads over several lines, cells of several lines. What a column means is told by the caller.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from app.domain import Box, Page, Word
from rules.forms.rows import Row, is_figure, rows_of, words_in
from rules.forms.values import MONEY

#: Column id -> the wordings of its head, lower case; the first id whose wording is found in a head takes it.
Heads = Mapping[str, re.Pattern[str]]
#: From where to where something reaches across the page.
Span = tuple[float, float]
_TOTAL = re.compile(r"\W*(?:grand |report |column )?totals?\b|\W*sum\b")
_FILLED_IN = re.compile(r"[a-z)]:\s")
_STRONG = re.compile(r"(?<![\w-])[$£(]?\d{1,3}(?:,\d{3})+|[$£]\s?\d|\d\.\d\d(?!\d)|\d\s?%")
_NUMBER = re.compile(r"[($£-]*\d[\d,.]*\)?|[-–—]")
#: A gap wider than this many characters in every row parts two columns; a space in type of one width is 1.
_APART = 1.15
#: Heads may stand closer than cells.
_NARROW = 1.02
#: Heads over at most this many rows.
_HEAD_ROWS = 4


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table: the words of each column that has any. `total`: it adds up the rows above."""

    page: Page
    cells: Mapping[str, tuple[Word, ...]]
    total: bool

    def text(self, column: str) -> str:
        """Return the text in `column`, empty where there is none."""
        return " ".join(w.text for w in self.cells.get(column, ()))

    @property
    def words(self) -> tuple[Word, ...]:
        """Return all words of the row."""
        return tuple(w for words in self.cells.values() for w in words)


@dataclass(frozen=True, slots=True)
class Table:
    """A table as read. `heads` are the columns from left to right with their heads as printed; unknown ones have ids "column_N"."""

    page: Page
    heads: Mapping[str, str]
    rows: tuple[TableRow, ...]

    @property
    def known(self) -> int:
        """Return how many columns have heads that were looked for."""
        return sum(not id.startswith("column_") for id in self.heads)


@dataclass(frozen=True, slots=True)
class _Head:
    id: str
    words: tuple[Word, ...]

    @property
    def box(self) -> Box:
        return Box.around(w.box for w in self.words)


def find_tables(page: Page, heads: Heads, at_least: int = 2) -> tuple[Table, ...]:
    """Return the tables of `page` of which at least `at_least` columns have a head of `heads`, from top to bottom."""
    rows = rows_of(page, words_in(heads.values()) | {"total", "totals"})
    found: list[Table] = []
    at = 0
    while at < len(rows):
        best = _heads_at(rows, at, heads)
        if best is None or sum(not h.id.startswith("column_") for h in best[1]) < at_least:
            at += 1
            continue
        stop = best[0]
        body = _body(rows, stop, heads, at_least)
        found.append(_table(page, _best_named(rows[at:stop], heads, _columns(body)), body))
        at = stop + max(1, len(body)) if body else stop
    return tuple(found)


# -- heads ------------------------------------------------------------------------------------------------------------


def _heads_at(rows: Sequence[Row], at: int, heads: Heads) -> tuple[int, list[_Head]] | None:
    """Return the row after the heads that begin with row `at`, and the heads: as many rows of it as know the most columns."""
    best: tuple[int, list[_Head]] | None = None
    if _is_data(rows[at]) or _is_sentence(rows[at]) or _FILLED_IN.search(rows[at].plain):
        return None
    for stop in range(at + 1, min(at + _HEAD_ROWS, len(rows)) + 1):
        band = rows[at:stop]
        if stop > at + 1 and (
            band[-1].box.top - band[-2].box.bottom > 1.2 * band[-1].height or _is_data(band[-1]) or _is_sentence(band[-1])
        ):
            break
        known = _named(band, heads, _clusters(band))
        tight = stop > at + 1 and band[-1].box.top - band[-2].box.bottom < 0.6 * band[-1].height
        if best is None or _worth(known) > _worth(best[1]) or (tight and best[0] == stop - 1):
            best = stop, max(known, best[1], key=_worth) if best else known
    return best


def _best_named(band: Sequence[Row], heads: Heads, columns: Sequence[Span]) -> list[_Head]:
    """Return the heads of `band`, parted as its rows or as the body's columns tell more, without rows above them that are a title."""
    best: list[_Head] = []
    for first in range(len(band) - 1, -1, -1):
        above = band[first]
        groupings = [_clusters(band[first:]), _clusters(band[first:], narrow=True), *_over(band[first:], columns)]
        named = max((_named(band[first:], heads, groups) for groups in groupings), key=_worth)
        tight = first + 1 < len(band) and band[first + 1].box.top - above.box.bottom < 0.5 * above.height
        short = max(len(above.text[c.start : c.stop].split()) for c in above.cells()) <= 4
        if not best or _worth(named)[0] > _worth(best)[0] or (_worth(named)[0] == _worth(best)[0] and tight and short):
            best = named
    return best


def _worth(heads: Sequence[_Head]) -> tuple[int, int]:
    return sum(not h.id.startswith("column_") for h in heads), -len(heads)


def _is_data(row: Row) -> bool:
    """Return whether the row prints figures: an amount with a separator or sign, or several numbers by themselves."""
    numbers = [w.text for w in row.words if _NUMBER.fullmatch(w.text)]
    return _STRONG.search(row.text) is not None or (len(numbers) > 2 and not {"30", "60", "90"} & {*numbers})


def _named(band: Sequence[Row], heads: Heads, groups: Sequence[Sequence[Word]]) -> list[_Head]:
    """Return the `groups` of the band's words as heads from left to right, each with the first id whose wording it prints."""
    out: list[_Head] = []
    for words in groups:
        left = {id: head for id, head in heads.items() if id not in {h.id for h in out}}
        texts = [_text_of(words, [(row, row.plain) for row in band]), _text_of(words, [(row, row.mended) for row in band])]
        id = next((id for text in texts for id, head in left.items() if head.search(text)), f"column_{len(out)}")
        out.append(_Head(id, tuple(words)))
    return sorted(out, key=lambda h: h.box.x0)


def _clusters(band: Sequence[Row], *, narrow: bool = False) -> list[list[Word]]:
    """Return the words of the band in columns: cells of its rows that stand above one another, parted by `narrow` gaps too."""
    cells = [part for row in band for c in row.cells() for part in _parts(row, row.words_in(c.start, c.stop), narrow=narrow)]
    groups: list[list[Word]] = []
    for cell in sorted(cells, key=lambda words: words[0].box.x0):
        above = next((group for group in groups if _overlap(cell, group) > 0.3), None)
        if above is None:
            groups.append(cell)
        else:
            above.extend(cell)
    return groups


def _columns(body: Sequence[Row]) -> list[Span]:
    """Return from where to where the words of the body reach, column by column: what wide gaps part in every row."""
    rows = [row for row in body if _is_data(row) and not _TOTAL.match(row.mended)] or [row for row in body if _TOTAL.match(row.mended)]
    out: list[Span] = []
    for x0, x1 in sorted(span for row in rows for span in _runs(row)):
        if out and x0 < out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], x1))
        else:
            out.append((x0, x1))
    return out


def _runs(row: Row) -> list[Span]:
    """Return from where to where words of the row stand that belong to one column: no amount or end of a date is followed by more."""
    out: list[Span] = []
    closed = False
    for word in row.words:
        apart = 0.0 if _is_amount(word.text) or closed else _APART * row.unit
        if out and word.box.x0 < out[-1][1] + apart:
            out[-1] = (out[-1][0], max(out[-1][1], word.box.x1))
        else:
            out.append((word.box.x0, word.box.x1))
        closed = _is_amount(word.text) or is_figure(word.text)
    return out


def _is_amount(text: str) -> bool:
    return _STRONG.search(text) is not None or (_NUMBER.fullmatch(text) is not None and not re.fullmatch(r"(?:19|20)\d\d", text))


def _over(band: Sequence[Row], columns: Sequence[Span]) -> Iterator[list[list[Word]]]:
    """Yield the words of the band by the columns of the body: those they are nearest to, then as heads flush right and flush left."""
    for column_of in (_nearest, _flush_right, _flush_left) if columns else ():
        groups: dict[int, list[Word]] = {}
        for word in (w for row in band for w in row.words):
            groups.setdefault(column_of(columns, word.box), []).append(word)
        yield [groups[n] for n in sorted(groups)]


def _nearest(columns: Sequence[Span], box: Box) -> int:
    return max(range(len(columns)), key=lambda n: min(columns[n][1], box.x1) - max(columns[n][0], box.x0))


def _flush_right(columns: Sequence[Span], box: Box) -> int:
    return next((n for n, (_, x1) in enumerate(columns) if x1 >= (box.x0 + box.x1) / 2), len(columns) - 1)


def _flush_left(columns: Sequence[Span], box: Box) -> int:
    return max((n for n, (x0, _) in enumerate(columns) if x0 <= (box.x0 + box.x1) / 2), default=0)


def _parts(row: Row, cell: Sequence[Word], *, narrow: bool) -> list[list[Word]]:
    parts = [[cell[0]]]
    for left, right in pairwise(cell):
        if narrow and right.box.x0 - left.box.x1 > _NARROW * row.unit:
            parts.append([])
        parts[-1].append(right)
    return parts


def _overlap(some: Sequence[Word], others: Sequence[Word]) -> float:
    """Return the share of the narrower one's width that both have in common."""
    a, b = Box.around(w.box for w in some), Box.around(w.box for w in others)
    return (min(a.x1, b.x1) - max(a.x0, b.x0)) / min(a.x1 - a.x0, b.x1 - b.x0)


def _text_of(words: Sequence[Word], band: Sequence[tuple[Row, str]]) -> str:
    """Return the words of a head in the order of the band's rows, as the text given with each row has them."""
    text = ""
    for row, its in band:
        text += "".join(f"{its[at : at + len(w.text)]} " for w, at in zip(row.words, row.starts, strict=True) if w in words)
    return text


# -- rows -------------------------------------------------------------------------------------------------------------


def _body(rows: Sequence[Row], start: int, heads: Heads, at_least: int) -> list[Row]:
    """Return the rows of the table whose heads end before row `start`: up to a sentence, a wide gap after a total, or new heads."""
    body: list[Row] = []
    pitch = 0.0
    for number in range(start, len(rows)):
        row = rows[number]
        gap = row.box.top - rows[number - 1].box.bottom
        if _is_sentence(row) or (pitch and gap > max(4 * pitch, 5 * row.height)):
            break
        again = _heads_at(rows[: number + 1], number, heads)
        if body and again and _worth(again[1])[0] >= max(2, at_least) and not _is_data(row):
            break
        if body and _TOTAL.match(body[-1].mended) and not _is_data(row):
            break
        body.append(row)
        pitch = max(pitch, gap) if len(body) > 1 else 0.0
    return body


def _is_sentence(row: Row) -> bool:
    """Return whether the row is running text: many words without a wide gap or a figure."""
    longest = max((row.text[c.start : c.stop].split() for c in row.cells()), key=len)
    return len(longest) > 8 and sum(map(is_figure, longest)) < 3 and not _is_data(row)


def _table(page: Page, heads: Sequence[_Head], body: Sequence[Row]) -> Table:
    edges = _edges(heads, body)
    dealt = [_deal(row, heads, edges) for row in body]
    rows: list[TableRow] = []
    for row, cells in zip(body, dealt, strict=True):
        if rows and not rows[-1].total and not _has_figure(cells) and _continues(rows[-1], row, only_first=[*cells] == [heads[0].id]):
            above = rows[-1].cells
            rows[-1] = replace(rows[-1], cells={id: (*above.get(id, ()), *cells.get(id, ())) for id in {**above, **cells}})
        else:
            rows.append(TableRow(page, cells, _TOTAL.match(row.mended) is not None))
    marked = [row if row.total else replace(row, total=_adds_up(row, rows[:number])) for number, row in enumerate(rows)]
    return Table(page, {h.id: " ".join(w.text for w in h.words) for h in heads}, tuple(marked))


def _adds_up(row: TableRow, above: Sequence[TableRow]) -> bool:
    """Return whether every amount of the row, two at least, is the sum of two or more amounts above it in its column."""
    sums = []
    for id, amount in _amounts(row).items():
        parts = [amounts[id] for each in above if id in (amounts := _amounts(each))]
        sums.append(len(parts) > 1 and sum(parts) == amount)
    return len(sums) > 1 and all(sums)


def _amounts(row: TableRow) -> dict[str, Decimal]:
    readings = {id: MONEY.read(row.text(id)) for id in row.cells}
    return {id: r.value for id, r in readings.items() if r and isinstance(r.value, Decimal) and r.value}


def _edges(heads: Sequence[_Head], body: Sequence[Row]) -> list[float]:
    """Return where columns part: between two heads, the middle of the widest stretch that the fewest words cross."""
    spans = [span for row in body for span in _runs(row)] + [(w.box.x0, w.box.x1) for h in heads for w in h.words]
    edges = []
    for left, right in pairwise(heads):
        low, high = (left.box.x0 + left.box.x1) / 2, (right.box.x0 + right.box.x1) / 2
        edges.append(_valley([(x0, x1) for x0, x1 in spans if x1 > low and x0 < high], low, high))
    return edges


def _valley(spans: Sequence[Span], low: float, high: float) -> float:
    marks = sorted({low, high, *(x for span in spans for x in span if low < x < high)})
    stretches: list[tuple[int, float, float]] = []
    for x0, x1 in pairwise(marks):
        crossing = sum(begins < x1 and ends > x0 for begins, ends in spans)
        if stretches and stretches[-1][0] == crossing:
            stretches[-1] = (crossing, stretches[-1][1], x1)
        else:
            stretches.append((crossing, x0, x1))
    if not stretches:
        return (low + high) / 2
    best = min(stretches, key=lambda s: (s[0], s[1] - s[2]))
    return (best[1] + best[2]) / 2


def _deal(row: Row, heads: Sequence[_Head], edges: Sequence[float]) -> dict[str, tuple[Word, ...]]:
    """Return the row's words by the column in which their middles stand."""
    cells: dict[str, tuple[Word, ...]] = {}
    for word in row.words:
        middle = (word.box.x0 + word.box.x1) / 2
        id = heads[sum(middle > edge for edge in edges)].id
        cells[id] = (*cells.get(id, ()), word)
    return cells


def _has_figure(cells: Mapping[str, tuple[Word, ...]]) -> bool:
    return any(is_figure(w.text) or w.text in "-–—" for words in cells.values() for w in words)


def _continues(above: TableRow, row: Row, *, only_first: bool) -> bool:
    """Return whether `row` stands closely enough to continue the row above; in the first column alone it may be a heading."""
    gap = row.box.top - max(w.box.bottom for w in above.words)
    return gap < (0.9 if only_first else 1.5) * row.height
