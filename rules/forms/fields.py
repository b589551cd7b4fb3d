"""Labels -> values: finds what a form says beside, below or behind a label, or in a sentence. Shared by every form's reader.

A value has to be of the label's kind, and no label itself; a field that is not printed is not made up.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from functools import lru_cache

from app.domain import Box, Document, Field, ReadMethod
from rules.forms.cells import Cell, Rows, below, part_of

Value = Decimal | date | str
Parse = Callable[[str], Value | None]

_LIKENESS = 0.86
_REACH = 0.022  # how far below its label a value may stand, as a share of the page's height
_WRAPPED = 0.02
_EXACT, _INLINE, _NEARLY = 1.0, 0.97, 0.85


@dataclass(frozen=True, slots=True)
class Wanted:
    """A field to look for: the wordings of its label, what its value looks like, and sentences that state it (group 1)."""

    id: str
    labels: tuple[str, ...]
    parse: Parse
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A value with the cell (or words) it was read from and how sure the wording makes it."""

    value: Value
    text: str
    label: str
    cell: Cell
    score: float


def find(document: Document, pages: Sequence[Rows], wanted: Sequence[Wanted], others: Sequence[str] = ()) -> list[Field]:
    """Return the fields of `wanted` that `document` prints, at most one each. `others` are labels of fields nobody asks for."""
    labels = frozenset(plain(label) for each in wanted for label in each.labels) | {plain(label) for label in others}
    fields = []
    for each in wanted:
        found = sorted(_readings(each, pages, labels), key=lambda reading: -round(reading.score, 1)) or list(_sentences(each, pages))
        if found:
            best = found[0]
            further = tuple(dict.fromkeys(str(f.value) for f in found[1:] if f.value != best.value and f.score >= best.score))
            fields.append(field_of(document, each.id, best, further))
    return fields


def field_of(document: Document, id: str, found: Found, alternatives: tuple[str, ...] = ()) -> Field:
    """Return what was found as a field of `document`."""
    page = found.cell.page
    sure = found.score * (0.9 if alternatives else 1.0) * (found.cell.confidence if page.method is ReadMethod.OCR else 1.0)
    return Field(
        id,
        found.value,
        found.value if isinstance(found.value, str) else found.text,
        found.label,
        document.file,
        page.number,
        found.cell.box,
        confidence=round(min(0.99, sure), 4),
        method=page.method,
        alternatives=alternatives,
    )


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    """Return a label without case, punctuation and what stands in brackets behind it."""
    bare = re.sub(r"\([^()]*\)\s*:?\s*$", "", text.lower())
    return " ".join(re.sub(r"[^a-z0-9%/&']+", " ", bare.replace("’", "'")).split())


def likeness(text: str, labels: Sequence[str]) -> float:
    """Return how much `text` is one of `labels`: 1 for the same words, less where a scan lost letters, 0 for another label."""
    mine = plain(text)
    if not mine:
        return 0.0
    if any(mine == plain(label) for label in labels):
        return _EXACT
    near = max((SequenceMatcher(None, mine, plain(label)).ratio() for label in labels if abs(len(label) - len(mine)) <= 4), default=0.0)
    return _NEARLY if near >= _LIKENESS and len(mine) > 4 else 0.0


def is_label(text: str, labels: frozenset[str]) -> bool:
    """Return whether `text` is one of the form's own labels (already plain)."""
    mine = plain(text)
    return mine in labels or (len(mine) > 6 and any(_near(mine, label) for label in labels))


@lru_cache(maxsize=100_000)
def _near(mine: str, label: str) -> bool:
    return abs(len(mine) - len(label)) <= 2 and SequenceMatcher(None, mine, label).ratio() >= 0.92


# -- beside, below, behind ---------------------------------------------------------------------------------------------


def _readings(wanted: Wanted, pages: Sequence[Rows], labels: frozenset[str]) -> Iterator[Found]:
    for rows in pages:
        for row in rows:
            for position, cell in enumerate(row):
                yield from _reading(wanted, (rows, row, position), cell, labels)


def _reading(wanted: Wanted, place: tuple[Rows, tuple[Cell, ...], int], cell: Cell, labels: frozenset[str]) -> Iterator[Found]:
    rows, row, position = place
    if inline := _behind(wanted, cell):
        yield inline
        return
    score = likeness(cell.text, wanted.labels)
    if not score:
        return
    for right in row[position + 1 :]:
        if is_label(right.text, labels):
            break
        taken = _with_more(right, rows, wanted, labels)
        if (value := wanted.parse(taken)) is not None:
            yield Found(value, taken, cell.text, right, score)
            return
    for under in below(cell, rows, _REACH):
        if is_label(under.text, labels):
            return
        if (value := wanted.parse(under.text)) is not None and under.box.x0 < cell.box.x0 + 0.05:
            yield Found(value, under.text, cell.text, under, score * 0.99)
            return


def _behind(wanted: Wanted, cell: Cell) -> Found | None:
    """Return the value that stands behind the label within one cell: "Annual salary: $135,000", "EIN 00-1234567"."""
    head, colon, tail = cell.text.partition(":")
    if colon and tail.strip() and likeness(head, wanted.labels):
        start = len(head) + 1
    else:
        start = next((n for label in wanted.labels if (n := _prefix(cell.text, label))), 0)
        tail = cell.text[start:]
    if not start or not tail.strip():
        return None
    value, part = wanted.parse(tail.strip()), part_of(cell, start)
    if value is None or part is None or (isinstance(value, str) and not colon):
        return None
    return Found(value, tail.strip(), head if colon else cell.text[:start], part, _INLINE)


def _prefix(text: str, label: str) -> int:
    """Return where in `text` the value begins behind `label`, or 0 where the text does not begin with the label."""
    match = re.match(rf"{re.escape(label)}(?:\s*\([^()]*\))?\s*[:.\s]\s*(?=[$£€\d(–—-])", text, re.IGNORECASE)
    return match.end() if match else 0


def _with_more(cell: Cell, rows: Rows, wanted: Wanted, labels: frozenset[str]) -> str:
    """Return the text of `cell` with the lines that go on below it, where the value is text."""
    text = cell.text
    if not isinstance(wanted.parse(text), str):
        return text
    for row in rows[cell.row + 1 : cell.row + 3]:
        alone = len(row) == 1 and abs(row[0].box.x0 - cell.box.x0) < 0.006 and row[0].box.top - cell.box.bottom < _WRAPPED
        if not alone or is_label(row[0].text, labels):
            break
        text, cell = f"{text} {row[0].text}", row[0]
    return text


# -- in sentences ------------------------------------------------------------------------------------------------------


def _sentences(wanted: Wanted, pages: Sequence[Rows]) -> Iterator[Found]:
    for rows in pages:
        cells = [cell for row in rows for cell in row]
        for pattern in wanted.sentences:
            if found := stated(cells, pattern):
                text, cell = found
                if (value := wanted.parse(text)) is not None:
                    yield Found(value, text, "in a sentence", cell, 0.9)


def stated(cells: Sequence[Cell], pattern: str) -> tuple[str, Cell] | None:
    """Return what the sentence `pattern` states in its group 1 within `cells`, with the words it is made of; None where it is not said."""
    words = [(cell, offset, word) for cell in cells for offset, word in enumerate(cell.words)]
    starts, text = [], ""
    for _, _, word in words:
        starts.append(len(text))
        text += word.text + " "
    match = re.search(pattern, text, re.IGNORECASE)
    if match is None:
        return None
    inside = [n for n, start in enumerate(starts) if start < match.end(1) and start + len(words[n][2].text) > match.start(1)]
    if not inside:
        return None
    cell, offset, _ = words[inside[0]]
    taken = tuple(words[n][2] for n in inside if words[n][0].row == cell.row)
    box = Box.around(word.box for word in taken)
    return match[1].strip(), Cell(match[1], box, cell.page, cell.row, cell.start + offset, taken)
