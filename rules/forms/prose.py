"""Sentence -> value: what a letter says in running text, its lines joined so that a value may break over two of them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.domain import Page, Word
from rules.forms.fields import Candidate
from rules.forms.rows import Row, Seen, rows_of
from rules.forms.values import Kind

#: A reading out of a sentence is worth less than one beside its label.
_WORTH = 0.8
#: Lines with at least this many words without a wide gap are running text.
_SENTENCE = 5


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
    out: list[list[Word]] = []
    last: Row | None = None
    for row in rows_of(page):
        words = len(row.words)
        runs_on = last is not None and row.box.top - last.box.bottom < 1.5 * row.height
        if "\t" in row.text or (words < _SENTENCE and not runs_on):
            last = None
            continue
        if last is None or not runs_on:
            out.append([])
        out[-1] += row.words
        last = row
    return out


def _joined(words: Sequence[Word]) -> tuple[list[int], str]:
    starts, text = [], ""
    for word in words:
        starts.append(len(text))
        text += f"{word.text} "
    return starts, text
