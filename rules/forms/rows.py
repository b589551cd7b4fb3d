"""A page's words as visual rows of cells: the text that labels, values and column heads are looked for in.

In a row's text one character stands between two words: a space, or a tab where a wide gap parts two cells.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.domain import Box, Field, Page, ReadMethod, Word
from rules.forms.values import Value, masked

#: A gap wider than this many characters parts two cells; a word space is about 0.6 characters wide.
_WIDE = 1.7
#: A gap wider than this parts a figure from the text beside it; a space in type of one width is 1.
_PARTED = 1.15
_GLUED = re.compile(r"(?<=[a-z)][:?])(?=[^\s/])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """The part `start:stop` of a row between two wide gaps."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Row:
    """One visual row of a page. `plain` is `text` in lower case, character by character; `mended` has misread label words put right."""

    page: Page
    words: tuple[Word, ...]
    text: str
    plain: str
    mended: str
    starts: tuple[int, ...]

    @property
    def box(self) -> Box:
        """Return the box around the row."""
        return Box.around(w.box for w in self.words)

    @property
    def unit(self) -> float:
        """Return the width of a character of this row."""
        return sum(w.box.x1 - w.box.x0 for w in self.words) / sum(len(w.text) for w in self.words)

    @property
    def height(self) -> float:
        """Return the height of a word of this row."""
        return max(w.box.bottom - w.box.top for w in self.words)

    def cells(self) -> Iterator[Cell]:
        """Yield the row's cells from left to right."""
        for found in re.finditer(r"[^\t]+", self.text):
            yield Cell(*found.span())

    def cell_at(self, at: int) -> Cell:
        """Return the cell in which the character `at` stands."""
        stop = self.text.find("\t", at)
        return Cell(self.text.rfind("\t", 0, at) + 1, len(self.text) if stop < 0 else stop)

    def words_in(self, start: int, stop: int) -> tuple[Word, ...]:
        """Return the words of which a part stands in `text[start:stop]`."""
        return tuple(w for w, at in zip(self.words, self.starts, strict=True) if at < stop and at + len(w.text) > start)

    def between(self, left: float, right: float) -> tuple[int, int]:
        """Return the part of the text whose words begin from `left` on and before `right`; an empty part where there is none."""
        inside = [(at, at + len(w.text)) for w, at in zip(self.words, self.starts, strict=True) if left <= w.box.x0 < right]
        return (inside[0][0], inside[-1][1]) if inside else (0, 0)


def rows_of(page: Page, vocabulary: frozenset[str] = frozenset()) -> tuple[Row, ...]:
    """Return the page's visual rows from top to bottom. Words of a picture that nearly are in `vocabulary` are mended in `plain`."""
    runs: list[list[Word]] = []
    for line in page.lines:
        words = page.words[line.span.start : line.span.stop]
        if runs and _beside(runs[-1][-1], words[0]):
            runs[-1] += words
        else:
            runs.append(list(words))
    mendable = vocabulary if page.method is ReadMethod.OCR else frozenset()
    return tuple(_row(page, [piece for word in run for piece in _unglued(word)], mendable) for run in runs)


def words_in(patterns: Iterable[re.Pattern[str]]) -> frozenset[str]:
    """Return the whole words of five letters or more that `patterns` spell out: what misread words are mended to."""
    plain = " | ".join(re.sub(r"\\[a-z]", " ", pattern.pattern) for pattern in patterns)
    return frozenset(re.findall(r"(?<![\])a-z])[a-z]{5,}(?![a-z(\[?*+.])", plain))


def _beside(left: Word, right: Word) -> bool:
    common = min(left.box.bottom, right.box.bottom) - max(left.box.top, right.box.top)
    low = min(left.box.bottom - left.box.top, right.box.bottom - right.box.top)
    return right.box.x0 >= left.box.x1 - 0.002 and common > 0.5 * low


def _unglued(word: Word) -> list[Word]:
    """Return `word`, or its parts where a label and its value are printed as one ("EIN:12-3456789")."""
    found = _GLUED.search(word.text)
    if found is None or "//" in word.text:
        return [word]
    at, box = found.start(), word.box
    cut = box.x0 + (box.x1 - box.x0) * at / len(word.text)
    return [
        Word(word.text[:at], Box(box.x0, box.top, cut, box.bottom), word.confidence),
        Word(word.text[at:], Box(cut, box.top, box.x1, box.bottom), word.confidence),
    ]


def _row(page: Page, words: Sequence[Word], vocabulary: frozenset[str]) -> Row:
    unit = sum(w.box.x1 - w.box.x0 for w in words) / sum(len(w.text) for w in words)
    text, plain, mended, starts = "", "", "", []
    for number, word in enumerate(words):
        if number:
            gap = "\t" if _parts(words[number - 1], word, unit) else " "
            text, plain, mended = text + gap, plain + gap, mended + gap
        starts.append(len(text))
        text += word.text
        plain += _plain(word.text)
        mended += _mended_label(_plain(word.text), vocabulary)
    return Row(page, tuple(words), text, plain, mended, tuple(starts))


def _parts(left: Word, right: Word, unit: float) -> bool:
    """Return whether the gap between two words parts two cells: it is wide, or wider than a space and parts a figure from text."""
    gap = right.box.x0 - left.box.x1
    return gap > _WIDE * unit or (gap > _PARTED * unit and is_figure(left.text) != is_figure(right.text))


def is_figure(text: str) -> bool:
    """Return whether a word is mostly digits."""
    return sum(c.isdigit() for c in text) * 2 > len(text.strip("$£%,.()"))


def _plain(text: str) -> str:
    """Return the word in lower case, character by character, with plain quotes and dashes."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text).translate(str.maketrans("’‘–—", "''--"))


def _mended_label(low: str, vocabulary: frozenset[str]) -> str:
    """Return the word of `vocabulary` that `low` is but for a letter or two misread, else `low`."""
    core = re.search(r"[a-z0-9|!']{5,}", low)
    if not vocabulary or core is None or core[0].isdigit() or core[0] in vocabulary:
        return low
    return low[: core.start()] + _mended(core[0], vocabulary) + low[core.end() :]


@lru_cache(maxsize=20_000)
def _mended(word: str, vocabulary: frozenset[str]) -> str:
    allowed = 1 if len(word) < 8 else 2
    near = [known for known in vocabulary if len(known) == len(word) and sum(a != b for a, b in zip(word, known, strict=True)) <= allowed]
    return near[0] if len(near) == 1 else word


def cut(words: Sequence[Word], start: int, stop: int) -> tuple[Word, ...]:
    """Return the words of which a part stands in `start:stop` of their text, a space between any two."""
    out, at = [], 0
    for word in words:
        if at < stop and at + len(word.text) > start:
            out.append(word)
        at += len(word.text) + 1
    return tuple(out)


# -- what was read, with its place ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """Where something was read: the page, the label beside it and the words themselves."""

    page: Page
    label: str
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """Return the words as printed, personal ids masked."""
        return masked(" ".join(w.text for w in self.words))

    @property
    def confidence(self) -> float:
        """Return how sure the reader of the page was of the least sure word."""
        return min(w.confidence for w in self.words)


def field_of(id: str, value: Value, seen: Seen, sure: float, text: str | None = None) -> Field:
    """Return the field `id` as read; `sure` (0..1) is what the rule is worth, the words' own confidence lowers it."""
    return Field(
        id,
        value,
        seen.text if text is None else text,
        masked(seen.label),
        seen.page.file,
        seen.page.number,
        Box.around(w.box for w in seen.words),
        confidence=round(sure * seen.confidence, 3),
        method=seen.page.method,
    )
