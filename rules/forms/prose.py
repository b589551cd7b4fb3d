"""Sentence -> value: what a letter says in running text, its lines joined so that a value may break over two of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.domain import Page, Word
from rules.forms.fields import Candidate
from rules.forms.rows import Row, Seen, rows_of
from rules.forms.values import Kind

#: A reading out of a sentence is worth less than one beside its label.
_WORTH = 0.8
#: Lines with at least this many words without a wide gap are running text.
_SENTENCE = 5
#: A line that reaches this share of the way to the right edge is full.
_FULL = 0.9


@dataclass(frozen=True, slots=True)
class Said:
    """A wording (case does not matter) whose group `value` states the field `id`."""

    id: str
    kind: Kind
    wording: re.Pattern[str]


def said(id: str, kind: Kind, wording: str) -> Said:
    """Return the wording for the field `id`."""
    return Said(id, kind, re.compile(wording, re.IGNORECASE))


def said_in(page: Page, sayings: Sequence[Said]) -> Iterator[Candidate]:
    """Yield what the running text of `page` says, the earliest place of each field first."""
    for words in _passages(page):
        starts, text = _joined(words)
        for each in sayings:
            for found in each.wording.finditer(text):
                reading = each.kind.read(found["value"])
                if reading:
                    first, last = found.start("value") + reading.start, found.start("value") + reading.stop
                    its = tuple(w for w, at in zip(words, starts, strict=True) if at < last and at + len(w.text) > first)
                    label = text[found.start() : found.start("value")].strip()
                    yield Candidate(each.id, reading.value, Seen(page, label, its), _WORTH)


def _passages(page: Page) -> list[list[Word]]:
    """Return the words of the page's running text, a list for each run of its lines."""
    rows = rows_of(page)
    gaps = sorted(b.box.top - a.box.bottom for a, b in pairwise(rows) if _is_text(a) and _is_text(b))
    usual = gaps[len(gaps) // 4] if gaps else 0.0
    edge = max((row.box.x1 for row in rows), default=1.0)
    out: list[list[Word]] = []
    last: Row | None = None
    for row in rows:
        runs_on = last is not None and row.box.top - last.box.bottom < 1.5 * max(usual, 0.0) + 0.25 * row.height
        runs_on |= last is not None and _open(last, edge) and row.box.top - last.box.bottom < 2.0 * row.height
        if not _is_text(row) and not (runs_on and "\t" not in row.text):
            last = None
            continue
        if not runs_on:
            out.append([])
        out[-1] += row.words
        last = row
    return out


def _open(row: Row, edge: float) -> bool:
    """Return whether something must follow the row: it ends with a mark that says so, or at the right `edge` within a sentence."""
    return row.text.endswith((":", ",")) or (_is_text(row) and row.box.x1 > _FULL * edge and not row.text.endswith("."))


def _is_text(row: Row) -> bool:
    """Return whether the row is a line of running text: several words without a wide gap, or many with one."""
    return len(row.words) >= _SENTENCE * (1.2 if "\t" in row.text else 1) and row.text.count("\t") < 2


def _joined(words: Sequence[Word]) -> tuple[list[int], str]:
    starts, text = [], ""
    for word in words:
        starts.append(len(text))
        text += f"{word.text} "
    return starts, text
