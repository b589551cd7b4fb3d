"""Applications of the unseen family as they arrive: drawn pages, as reading returns them, and what each line of them truly is."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import Document, DocumentKind, Line, Page, PageStatus, ReadMethod
from app.reading.layout import lines_of
from training.corpus import designs
from training.corpus.draw import place
from training.corpus.lines import TEXT
from training.corpus.paper import NO_ROW, PlacedPage, words_of
from training.corpus.printed import PrintedStatement
from training.experiment.unseen import company


@dataclass(frozen=True, slots=True)
class Arrival:
    """One application: its name, its file as read, and by page and line the account that stands there (`TEXT` for none)."""

    name: str
    borrower: str
    document: Document
    truth: tuple[tuple[str, ...], ...]

    @property
    def rows(self) -> int:
        """Return how many lines bear amounts."""
        return sum(bool(line.amounts) for page in self.document.pages for line in page.lines)


def arrivals(trade: str, seed: str, count: int) -> tuple[Arrival, ...]:
    """Return so many applications of a trade; the same seed gives the same ones."""
    return tuple(_arrival(random.Random(f"{trade}-{seed}-{n}"), trade, f"{seed}-{n:04d}") for n in range(count))


def _arrival(rng: random.Random, trade: str, name: str) -> Arrival:
    statements = company(rng, trade)
    placed = place(statements, designs.compiled(rng))
    read = [_page(f"{name}.pdf", number, page, statements) for number, page in enumerate(placed, 1)]
    document = Document(f"{name}.pdf", DocumentKind.OTHER, tuple(page for page, _ in read))
    return Arrival(name, f"{statements[0].company} {name}", document, tuple(truth for _, truth in read))


def _page(file: str, number: int, placed: PlacedPage, statements: Sequence[PrintedStatement]) -> tuple[Page, tuple[str, ...]]:
    """Return a page as reading returns it (its words taken as they are placed), and the truth of its lines."""
    given = words_of(placed)
    whose = {(w.box.x0, w.box.top): (p.statement, p.row) for w, p in zip(given, placed.words, strict=True)}
    words, lines = lines_of(number, given)
    page = Page(file, number, PageStatus.READ, ReadMethod.TEXT, placed.width, placed.height, words, lines)

    def account(line: Line) -> str:
        of = Counter(whose.get((w.box.x0, w.box.top), (0, NO_ROW)) for w in words[line.span.start : line.span.stop])
        statement, row = of.most_common(1)[0][0]
        return TEXT if row == NO_ROW else statements[statement].rows[row].account or TEXT

    return page, tuple(account(line) for line in lines)
