"""Statements of a package on paper, with their facts: which printed figure is which account of which period."""

import random
from collections.abc import Sequence
from decimal import Decimal

from app.domain import UNMAPPED, DocumentKind
from training.corpus.designs import Design
from training.corpus.draw import place
from training.corpus.forms.desk import Box, Fact, PaperDocument
from training.corpus.ledger import Ledger
from training.corpus.paper import PlacedPage, PlacedWord
from training.corpus.printed import PrintedRow, PrintedStatement
from training.corpus.printed_books import HouseStyle, statement_of


def statement_document(rng: random.Random, books: Ledger, style: HouseStyle, kind: DocumentKind, design: Design) -> PaperDocument:
    """Return one statement of the borrower in the design of its maker."""
    statement = statement_of(rng, books, style, kind)
    pages = place([statement], design)
    return PaperDocument(kind, pages, tuple(_facts(statement, pages)), statement.periods, statement.currency, statement.scale)


def _facts(statement: PrintedStatement, pages: Sequence[PlacedPage]) -> list[Fact]:
    """Return a fact per account and period. Line of credit and current portion together are the short-term debt."""
    rows: dict[str, list[int]] = {}
    for number, row in enumerate(statement.rows):
        if row.account not in {"", UNMAPPED}:
            rows.setdefault(row.account, []).append(number)
        if row.account == "current_portion_long_term_debt":
            rows.setdefault("short_term_debt", []).append(number)
    facts = []
    for account, numbers in rows.items():
        for column, period in enumerate(statement.periods):
            its = [n for n in numbers if statement.rows[n].amounts[column]]
            if its:
                facts.append(_fact(statement, pages, (account, period.name, column), its))
    return facts


def _fact(statement: PrintedStatement, pages: Sequence[PlacedPage], where: tuple[str, str, int], numbers: Sequence[int]) -> Fact:
    account, period, column = where
    rows = [statement.rows[n] for n in numbers]
    value = sum((row.values[column] or Decimal(0) for row in rows), Decimal(0))
    page, box = _place(pages, numbers[-1], statement.rows[numbers[-1]], column)
    whole = int(value) if value == value.to_integral_value() else value
    if len(rows) > 1:
        return Fact(account, whole, None, period, page, None, " + ".join(row.label for row in rows), (("sum_of", [row.label for row in rows]),))
    return Fact(account, whole, rows[0].amounts[column].strip("()- "), period, page, box, rows[0].label)


def _place(pages: Sequence[PlacedPage], number: int, row: PrintedRow, column: int) -> tuple[int, Box | None]:
    """Return the page and box of an amount: its words are looked for among those of the row, column by column."""
    for page_number, page in enumerate(pages, 1):
        words = sorted((w for w in page.words if w.row == number), key=lambda w: (round(w.bottom), w.x0))
        if words:
            found = (0, 0)
            for amount in row.amounts[: column + 1]:
                run = _run(words, amount.replace(" ", ""), found[1])
                if run is None:
                    return page_number, None
                found = run
            its = words[found[0] : found[1]]
            return page_number, (min(w.x0 for w in its), min(w.top for w in its), max(w.x1 for w in its), max(w.bottom for w in its))
    return 1, None


def _run(words: Sequence[PlacedWord], text: str, start: int) -> tuple[int, int] | None:
    """Return where, from `start` on, words say `text` together (currency signs aside)."""
    for first in range(start, len(words)):
        said = ""
        for stop in range(first, len(words)):
            said += words[stop].text.replace("$", "").replace("£", "")
            if said == text:
                return first, stop + 1
            if not text.startswith(said):
                break
    return None
