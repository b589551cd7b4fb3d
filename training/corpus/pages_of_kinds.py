"""Labelled pages for the page classifier: invented documents of every kind, as reading returns them, without a picture.

Words stand where the drawn page has them; some pages get the noise of a scan: misread letters, lost words, a little skew.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.domain import STATEMENT_KINDS, Box, DocumentKind, Page, PageStatus, ReadMethod, Word
from app.reading.layout import lines_of
from training.corpus import designs, draw, statements
from training.corpus.account import Conduct, account
from training.corpus.forms.application import loan_application
from training.corpus.forms.bank import bank_statement, bank_style
from training.corpus.forms.debts import debt_schedule, receivables_aging
from training.corpus.forms.desk import look
from training.corpus.forms.others import blank_page, cover_page, other_document
from training.corpus.forms.personal import personal_financial_statement
from training.corpus.forms.tax_return import business_tax_return
from training.corpus.ledger import CLASSES, Ledger, ledger
from training.corpus.paper import PlacedPage, words_of
from training.corpus.printed_books import house_style, statement_of

#: Letters that scans confuse.
_CONFUSED = {"l": "1", "1": "l", "O": "0", "0": "O", "o": "c", "i": "l", "e": "c", "S": "5", "5": "S", "a": "o", "t": "f", ",": ".", "I": "l", "8": "B", "n": "r", "h": "b", "g": "q"}
#: How often a document of each kind is drawn: long ones less, as all of their pages are yielded.
_WEIGHTS = {
    DocumentKind.LOAN_APPLICATION: 9, DocumentKind.BALANCE_SHEET: 10, DocumentKind.INCOME_STATEMENT: 10, DocumentKind.CASH_FLOW_STATEMENT: 9, DocumentKind.BUSINESS_TAX_RETURN: 5, DocumentKind.BANK_STATEMENT: 6, DocumentKind.DEBT_SCHEDULE: 9,
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: 9, DocumentKind.RECEIVABLES_AGING: 9, DocumentKind.OTHER: 14, DocumentKind.COVER: 6, DocumentKind.BLANK: 2,
}  # fmt: skip


def labelled_pages(seed: int, count: int) -> Iterator[tuple[DocumentKind, Page]]:
    """Yield `count` pages with their kinds; the pages of one document follow each other, its first has number 1."""
    made = 0
    for number in range(count):
        rng = random.Random(f"{seed}/{number}")
        (kind,) = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
        for page in as_read(rng, pages_of(rng, kind), f"{kind}-{number}.pdf"):
            if made == count:
                return
            made += 1
            yield kind, page


# -- documents --------------------------------------------------------------------------------------------------------


def pages_of(rng: random.Random, kind: DocumentKind) -> Sequence[PlacedPage]:
    """Return the pages of one invented document of `kind`."""
    if kind in STATEMENT_KINDS or (kind is DocumentKind.OTHER and rng.random() < 0.3):
        return _statement(rng, kind)
    entity = rng.choice(("Corporation", "S Corporation", "LLC", "Sole proprietorship", "Partnership")) if kind is DocumentKind.BUSINESS_TAX_RETURN else None
    return _DRAWN[kind](rng, ledger(rng, rng.choice(CLASSES), entity))


def _statement(rng: random.Random, kind: DocumentKind) -> Sequence[PlacedPage]:
    """Return a statement (or a page of notes) of a family of companies, or of a borrower's ledger."""
    family = rng.choice(statements.FAMILIES)
    if kind is DocumentKind.OTHER or rng.random() < 0.6:
        return draw.place([statements.statement(rng, kind, family)], designs.design(rng, family))
    books = ledger(rng, rng.choice(CLASSES))
    return draw.place([statement_of(rng, books, house_style(rng), kind)], designs.design(rng, "uk" if books.borrower.uk else "us_small"))


def _bank(rng: random.Random, books: Ledger) -> Sequence[PlacedPage]:
    month = rng.choice(account(rng, books, Conduct(rng.choice((0, 0, 2, 6)))))
    return bank_statement(rng, books, bank_style(rng, look(rng, books.borrower.uk), books.borrower.account), month).pages


_DRAWN: dict[DocumentKind, Callable[[random.Random, Ledger], Sequence[PlacedPage]]] = {
    DocumentKind.LOAN_APPLICATION: lambda rng, books: loan_application(rng, books, look(rng, books.borrower.uk)).pages,
    DocumentKind.BUSINESS_TAX_RETURN: lambda rng, books: business_tax_return(rng, books, look(rng)).pages,
    DocumentKind.BANK_STATEMENT: _bank,
    DocumentKind.DEBT_SCHEDULE: lambda rng, books: debt_schedule(rng, books, look(rng, books.borrower.uk)).pages,
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: lambda rng, books: personal_financial_statement(rng, books, look(rng, books.borrower.uk), rng.choice(books.borrower.owners)).pages,
    DocumentKind.RECEIVABLES_AGING: lambda rng, books: receivables_aging(rng, books, look(rng, books.borrower.uk)).pages,
    DocumentKind.OTHER: lambda rng, books: other_document(rng, books, look(rng, books.borrower.uk)).pages,
    DocumentKind.COVER: lambda rng, books: (cover_page(rng, books, look(rng, books.borrower.uk)),),
    DocumentKind.BLANK: lambda rng, books: (blank_page(rng, look(rng, books.borrower.uk)),),
}


# -- as reading returns them ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Noise:
    """What a scan does to words: the chance that a letter is misread or a word lost, and how far lines slope."""

    misread: float = 0.0
    lost: float = 0.0
    slope: float = 0.0


def _noise(rng: random.Random) -> Noise:
    if rng.random() < 0.5:
        return Noise()
    return Noise(rng.choice((0.003, 0.01, 0.03, 0.06)), rng.choice((0.0, 0.01, 0.04)), rng.gauss(0, 0.003))


def as_read(rng: random.Random, placed: Sequence[PlacedPage], file: str) -> Iterator[Page]:
    """Yield the pages of one document as reading returns them, all with the same noise."""
    noise = _noise(rng)
    method = ReadMethod.TEXT if noise == Noise() else ReadMethod.OCR
    for number, page in enumerate(placed, 1):
        words, lines = lines_of(number, _heard(rng, words_of(page), noise))
        status = PageStatus.READ if words else PageStatus.BLANK
        yield Page(file, number, status, method, page.width, page.height, words, lines)


def _heard(rng: random.Random, words: Sequence[Word], noise: Noise) -> list[Word]:
    if noise == Noise():
        return list(words)
    out = []
    for word in words:
        text = "".join(_CONFUSED.get(c, c) if rng.random() < noise.misread else c for c in word.text)
        if rng.random() >= noise.lost:
            down = (word.box.x0 - 0.5) * noise.slope
            box = Box(word.box.x0, word.box.top + down, word.box.x1, word.box.bottom + down)
            out.append(replace(word, text=text, box=box, confidence=rng.uniform(0.6, 1.0)))
    return out
