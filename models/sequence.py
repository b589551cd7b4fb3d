"""Turns the lines of a page into token windows for the extractor, the same way in training and in service.

A line is: an indent token, the word pieces of its label (every number one shape token), and one token that says how many
amounts stand on it and with which signs. Amounts themselves are never shown: what a figure is follows from words and place.
Nor is a company's name in a line of text: all are called alike, so that no figure is read otherwise for a borrower's name.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from app.domain import Line

WINDOW = 256
_HEAD, _TAIL = 14, 6  # word pieces kept of a long label: its first and its last
LABEL_PIECES = _HEAD + _TAIL
_CONTEXT = 20  # tokens of the page's first lines repeated at the start of every later window
_OVERLAP = 80  # tokens that consecutive windows share
_NUMBER = re.compile(r"^[^\w]*[\d][\d,.]*[^\w]*$")
_TITLE = (
    "abbreviated|accounts?|assets|audit(?:ed|ors)?|balance|cash|changes|company|condensed|consolidated|directors?|earnings|ended|equity|filleted|"
    "financial|flows?|for|income|interim|liabilities|loss|notes?|number|operations|position|profit|registered|registration|reports?|"
    "retained|schedules?|sheets?|statements?|unaudited|year"
)
_COMPANY = re.compile(
    rf"(?:\b(?!(?i:{_TITLE})\b)[A-Z0-9][\w'’.&()-]{{0,40}},?\s+|(?:&|and)\s+){{1,9}}"
    r"(?P<form>(?:Inc|Incorporated|Corp|Corporation|Ltd|Limited|INC|INCORPORATED|CORP|CORPORATION|LTD|LIMITED|L\.?L\.?C|LLP|PLC|plc)\b\.?)"
)
_ANY_COMPANY = r"Northern Trading \g<form>"  # a name such as the training pages have
_UNUSED = "[unused{}]"
_INDENT, _AMOUNTS, _DIGITS = 1, 10, 30


@dataclass(frozen=True, slots=True)
class Window:
    """A run of tokens. `lines` holds for every token the index of its line, -1 for context and special tokens."""

    ids: tuple[int, ...]
    lines: tuple[int, ...]


class Sequencer:
    """Builds windows with one tokenizer; keeps the ids of labels it has met, since statements repeat themselves."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._seen: dict[str, tuple[int, ...]] = {}
        self._cls, self._sep = self._id("[CLS]"), self._id("[SEP]")

    def _id(self, token: str) -> int:
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise ValueError(f"the tokenizer has no token {token}")
        return int(found)

    def windows(self, lines: Sequence[Line]) -> list[Window]:
        """Return the windows of one page, at most `WINDOW` tokens each; every line is whole in at least one of them."""
        if not lines:
            return [Window((self._cls, self._sep), (-1, -1))]
        left = sorted(line.box.x0 for line in lines)[len(lines) // 10]
        rows = [self._line(line, left) for line in lines]
        context = [t for row in rows[:3] for t in row][:_CONTEXT]
        return list(self._packed(rows, context))

    def pieces(self, label: str) -> int:
        """Return how many word pieces a label has: those beyond `LABEL_PIECES` are not seen."""
        return len(self._ids(label))

    def _line(self, line: Line, left: float) -> tuple[int, ...]:
        indent = min(3, max(0, round((line.box.x0 - left) / 0.018))) if line.label else 0
        label = line.label if line.amounts else _COMPANY.sub(_ANY_COMPANY, line.label)
        tokens = [self._id(_UNUSED.format(_INDENT + indent)), *self._label(label)]
        if line.amounts:
            signs = {(a.value > 0) - (a.value < 0) for a in line.amounts} - {0}
            sign = 0 if not signs else 1 if signs == {1} else 2 if signs == {-1} else 3
            tokens.append(self._id(_UNUSED.format(_AMOUNTS + 4 * (min(4, len(line.amounts)) - 1) + sign)))
        return tuple(tokens)

    def _label(self, label: str) -> tuple[int, ...]:
        if label not in self._seen:
            ids = self._ids(label)
            self._seen[label] = tuple(ids if len(ids) <= LABEL_PIECES else ids[:_HEAD] + ids[-_TAIL:])
            if len(self._seen) > 50_000:
                self._seen.clear()
                return self._label(label)
        return self._seen[label]

    def _ids(self, label: str) -> list[int]:
        words = [_UNUSED.format(_DIGITS) if _NUMBER.match(w) else w for w in label.split()]
        ids: list[int] = []
        for word in words:
            ids += [self._id(word)] if word.startswith("[unused") else self._tokenizer.encode(word, add_special_tokens=False).ids
        return ids

    def _packed(self, rows: Sequence[tuple[int, ...]], context: Sequence[int]) -> Iterator[Window]:
        start = 0
        while True:
            prefix = list(context) if start else []
            ids, owner = [self._cls, *prefix], [-1] * (1 + len(prefix))
            stop = start
            while stop < len(rows) and len(ids) + len(rows[stop]) < WINDOW:
                ids += rows[stop]
                owner += [stop] * len(rows[stop])
                stop += 1
            yield Window((*ids, self._sep), (*owner, -1))
            if stop >= len(rows):
                return
            start = self._next_start(rows, start, stop)

    @staticmethod
    def _next_start(rows: Sequence[tuple[int, ...]], start: int, stop: int) -> int:
        shared, begin = 0, stop
        while begin > start + 1 and shared + len(rows[begin - 1]) <= _OVERLAP:
            begin -= 1
            shared += len(rows[begin])
        return begin
