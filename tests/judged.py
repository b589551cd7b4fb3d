"""Builders for what the learning loop starts from: applications with printed pages, and what people judged of their figures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from app.domain import Amount, Box, DocumentKind, Line, LineItem, Page, PageStatus, ReadMethod, Span, Word
from app.store.rows import Application
from tests.desk import NOON, sound_assessment
from training.corrections import ROUTED, Judgement, Reviewed

#: What must never get into a dataset, by what it is; the pages of `printed` bear all of it.
PERSONAL = {
    "tax id": "12-3456789",
    "social security number": "123-45-6789",
    "account number": "40021987",
    "phone": "(555) 010-4477",
    "owner": "Ottoline Vexley",
    "borrower": "Quarrelbeck Foundry",
    "stranger": "Zebulon Crake",
    "address": "14 Tannery Row",
    "town": "Eddington",
    "mail": "ottoline@quarrelbeck.example",
}
HEAD = (
    f"{PERSONAL['borrower']} LLC", f"{PERSONAL['address']}, {PERSONAL['town']}, OR 97001", f"EIN {PERSONAL['tax id']}",
    f"Prepared for {PERSONAL['owner']}, {PERSONAL['phone']}", f"{PERSONAL['mail']}",
)  # fmt: skip
ROWS = (
    ("Petty cash and till floats", "cash", 210), ("Money owed by customers", "accounts_receivable", 4_200),
    (f"Loan from {PERSONAL['stranger']}", "long_term_debt", 9_000), (f"Account {PERSONAL['account number']} at bank", "cash", 77),
    (f"Due to {PERSONAL['owner']} SSN {PERSONAL['social security number']}", "long_term_debt", 31),
)  # fmt: skip


def printed(seed: int, rows: Sequence[tuple[str, str, int]] = ROWS) -> tuple[Page, tuple[LineItem, ...]]:
    """Return a balance sheet with its figures; pages of other seeds bear other amounts and so are no near-duplicates."""
    texts = [(text, None) for text in HEAD] + [(label, str(value * 13 + seed * 7_919)) for label, _, value in rows]
    words: list[Word] = []
    lines = []
    for n, (label, amount) in enumerate(texts):
        top, first = 0.1 + 0.03 * n, len(words)
        printed_words = (*label.split(), *((f"{amount}.{seed}", amount) if amount else ()))
        words += [Word(word, Box(0.1, top, 0.4, top + 0.02)) for word in printed_words]
        box, span = Box(0.1, top, 0.8, top + 0.02), Span(1, first, len(words))
        figures = (Amount(span, amount, Decimal(amount), Box(0.6, top, 0.8, top + 0.02)),) if amount else ()
        lines.append(Line(span, label, figures, box))
    page = Page("statements.pdf", 1, PageStatus.READ, ReadMethod.TEXT, 612.0, 792.0, tuple(words), tuple(lines))
    template = sound_assessment().spread.statements[0].items[0]
    items = [
        replace(template, account=account, value=line.amounts[0].value, label=line.label, box=line.amounts[0].box, page=1)
        for (_, account, _), line in zip(rows, lines[len(HEAD) :], strict=True)
    ]
    return page, tuple(items)


def judgement(number: int, label: str, id: int = 1, author: str = "ann", source: tuple[str, float] = (ROUTED, 1.0)) -> Judgement:
    """Return what somebody said of the figure `number` of a printed page."""
    place = ("statements.pdf", 1, len(HEAD) + number - 1)
    told = {"account": "unmapped", "period": "current", "value": "4212", "label": PERSONAL["owner"], "page": 1}
    return Judgement(id, number, author, "account", "wording not known", told, {"account": label}, *source, place, label)


def reviewed(seed: int, borrower: str | None = None, days: int | None = None, said: Sequence[Judgement] | None = None) -> Reviewed:
    """Return application `seed`, received so many days after the first, with every row of its balance sheet judged."""
    made = sound_assessment()
    page, items = printed(seed)
    sheet = replace(made.spread.statements[0], items=items)
    made = replace(made, pages=(page,), page_kinds=(DocumentKind.BALANCE_SHEET,), spread=replace(made.spread, statements=(sheet,)))
    at = NOON + timedelta(days=seed if days is None else days)
    named = (f"A{seed}", "decided", None, borrower or f"{PERSONAL['borrower']} {seed}", borrower, None, None, None, None)
    application = Application(seed, *named, None, None, at, at, None, None)
    every = [judgement(n, label, seed * 100 + n) for n, (_, label, _) in enumerate(ROWS, 1)]
    return Reviewed(application, seed, made, tuple(every if said is None else said))


def ten() -> list[Reviewed]:
    """Return ten applications of ten borrowers, a day apart."""
    return [reviewed(seed) for seed in range(1, 11)]


UNTIL = datetime(2026, 6, 1, tzinfo=UTC).isoformat()
