"""The numbers of a scanned page read a second time, each by itself, and the likelier of both readings kept.

Tesseract reads a page well but single digits worse than RapidOCR's recogniser does; that one confuses commas and points.
Where both agree the number is nearly certain, which the word's confidence then says; where not, the other reading is kept
as the word's alternative, for `rules/reconcile.py` to weigh by the page's arithmetic.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from app.domain import Box, Line, Word
from app.reading.layout import lines_of, parse_amount
from app.reading.rapid import read_crops
from app.reading.straighten import Grey

#: A page of more cells than this is no statement; reading them all would take too long.
_MOST_CELLS = 180
#: Numbers must share a right edge (within this share of the page's width) with two others to say where columns are.
_SAME_EDGE = 0.012
_BRACKETS = str.maketrans("{}[]（），一", "()()(),-")


@dataclass(frozen=True, slots=True)
class _Cell:
    """A place where a number may stand: a stretch of a line, and the words found there, if any."""

    line: int
    box: Box
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        return "".join(w.text for w in self.words)

    @property
    def confidence(self) -> float:
        return min((w.confidence for w in self.words), default=0.0)


def tidied(text: str) -> str:
    """Return a number as read by OCR with its brackets and separators as they must have been printed.

    "12.719" is 12,719: statements print no three decimals. Text that is no number is returned as it is.
    """
    plain = text.strip().translate(_BRACKETS).replace(" ", "")
    core = plain.strip("()-$£€")
    if not re.fullmatch(r"[1-9]\d{0,2}(?:[.,]{1,2}\d{3})*(?:[.,]{1,2}\d{1,3})?", core):
        return plain if parse_amount(plain) is not None else text
    *groups, last = re.split(r"[.,]+", core)
    if not groups:
        return plain
    mended = ",".join([*groups, last]) if len(last) == 3 else ",".join(groups) + "." + last
    return plain.replace(core, mended)


def reread_amounts(page: Grey, words: Sequence[Word]) -> tuple[Word, ...]:
    """Return `words` of the upright, straightened `page` with its numbers read a second time, and those added that were missed."""
    ordered, lines = lines_of(1, [replace(w, text=tidied(w.text)) for w in words])
    left = _left_of_columns(lines)
    if left is None:
        return ordered
    unit = _text_height(ordered) * page.shape[0]
    ink, clean = _without_rules(page, unit)
    cells = [c for i, line in enumerate(lines) for c in _cells(i, ordered[line.span.start : line.span.stop], ink, (left, unit))]
    cells = [c for c in cells if _may_be_number(c) and not _belongs_elsewhere(c, ordered)][:_MOST_CELLS]
    readings = read_crops([_crop(clean, c.box, unit) for c in cells])
    gone: set[int] = set()
    added: list[Word] = []
    for cell, (text, sure) in zip(cells, readings, strict=True):
        better = _better(cell, tidied(text), sure)
        if better is not None:
            gone.update(id(w) for w in cell.words)
            added.append(better)
    return tuple([w for w in ordered if id(w) not in gone] + added)


# -- where numbers may stand -----------------------------------------------------------------------------------------


def _left_of_columns(lines: Sequence[Line]) -> float | None:
    """Return the left edge of the columns of numbers, or None for a page without."""
    amounts = [a for line in lines for a in line.amounts]
    aligned = [a for a in amounts if sum(abs(a.box.x1 - b.box.x1) < _SAME_EDGE for b in amounts) > 2]
    return min(a.box.x0 for a in aligned) - _SAME_EDGE if aligned else None


def _text_height(words: Sequence[Word]) -> float:
    heights = sorted(w.box.bottom - w.box.top for w in words if len(w.text) > 2) or [0.01]
    return heights[len(heights) // 2]


def _without_rules(page: Grey, unit: float) -> tuple[Grey, Grey]:
    """Return where there is ink (1) without rules and specks, and the page with its rules painted over."""
    dark = (page < 140).astype(np.uint8)
    rules = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, max(int(3.5 * unit), 3)), np.uint8))
    rules = cv2.dilate(rules, np.ones((3, 5), np.uint8))
    ink = np.where(rules > 0, 0, dark).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    ink[(stats[:, cv2.CC_STAT_AREA] <= 4)[labels]] = 0
    clean = page.copy()
    clean[rules > 0] = 255
    return ink, clean


def _cells(line: int, words: Sequence[Word], ink: Grey, place: tuple[float, float]) -> list[_Cell]:
    """Return the stretches of ink and words of one line, right of `place[0]`; `place[1]` is the height of text in pixels."""
    left, unit = place
    height, width = ink.shape
    tall = [w for w in words if (w.box.bottom - w.box.top) * height > 0.6 * unit] or list(words)
    middles = sorted((w.box.top + w.box.bottom) / 2 for w in tall)
    half = 0.62 * unit / height
    top, bottom = max(middles[len(middles) // 2] - half, 0), min(middles[len(middles) // 2] + half, 1)
    columns = np.nonzero(ink[int(top * height) : int(bottom * height) + 1, int(left * width) :].any(axis=0))[0] + int(left * width)
    spans = [(x / width, (x + 1) / width) for x in columns.tolist()] + [(w.box.x0, w.box.x1) for w in words if w.box.x0 >= left]
    cells: list[_Cell] = []
    for x0, x1 in _merged(sorted(spans), 0.55 * unit / width):
        within = tuple(w for w in words if w.box.x0 >= x0 - 1e-6 and w.box.x1 <= x1 + 1e-6)
        if 0.25 * unit < (x1 - x0) * width < 14 * unit:
            cells.append(_Cell(line, Box(x0, top, x1, bottom), within))
    return cells


def _merged(spans: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    merged: list[tuple[float, float]] = []
    for x0, x1 in spans:
        if merged and x0 - merged[-1][1] <= gap:
            merged[-1] = (merged[-1][0], max(merged[-1][1], x1))
        else:
            merged.append((x0, x1))
    return merged


def _may_be_number(cell: _Cell) -> bool:
    return not cell.words or cell.confidence < 0.6 or any(c.isdigit() for c in cell.text)


def _belongs_elsewhere(cell: _Cell, words: Sequence[Word]) -> bool:
    """Say whether the ink of a cell without words is that of words in the line above or below."""
    middle = (cell.box.top + cell.box.bottom) / 2
    shared = (min(w.box.x1, cell.box.x1) - max(w.box.x0, cell.box.x0) for w in words if w.box.top < middle < w.box.bottom)
    return not cell.words and any(width > 0.3 * (cell.box.x1 - cell.box.x0) for width in shared)


def _crop(page: Grey, box: Box, unit: float) -> Grey:
    height, width = page.shape
    x0, x1 = int(max(0, box.x0 * width - 0.35 * unit)), int(box.x1 * width + 0.35 * unit) + 1
    top, bottom = int(max(0, box.top * height - 0.25 * unit)), int(box.bottom * height + 0.25 * unit) + 1
    return page[top:bottom, x0:x1]


# -- which reading is the likelier -----------------------------------------------------------------------------------


def _better(cell: _Cell, text: str, sure: float) -> Word | None:
    """Return the word to stand in the cell instead of those found there, or None to leave them."""
    value, before = parse_amount(text), parse_amount(tidied(cell.text))
    if value is None or not any(c.isdigit() for c in text) or text.startswith("."):
        return None
    inner = Box(cell.box.x0, cell.box.top * 0.9 + cell.box.bottom * 0.1, cell.box.x1, cell.box.top * 0.1 + cell.box.bottom * 0.9)
    if value == before:
        box = Box.around(w.box for w in cell.words)
        return Word(tidied(cell.text), box, max(sure, cell.confidence))
    digits, had = _digits(text), _digits(cell.text)
    if not cell.words:
        return Word(text, inner, 0.5 * sure) if sure > 0.9 and len(digits) > 1 else None
    if before is None:
        return Word(text, inner, 0.5 * sure) if sure > 0.6 and len(digits) >= len(had) else None
    clipped = len(digits) < len(had) and (had.startswith(digits) or had.endswith(digits))
    if sure < 0.8 or clipped or (cell.confidence > 0.93 and sure < 0.95):
        return Word(tidied(cell.text), Box.around(w.box for w in cell.words), cell.confidence, (text,))
    return Word(text, inner, 0.5 * sure, (tidied(cell.text),))


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())
