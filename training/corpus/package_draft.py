"""A package before it is put into files: what is to be drawn, from which books, and the documents once drawn.

Every document is drawn from a random source of its own, so that whatever is planted changes that document and no other.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from app.domain import DocumentKind
from training.corpus import designs
from training.corpus.account import Conduct, account
from training.corpus.borrowers import Person
from training.corpus.designs import Furniture
from training.corpus.forms.application import loan_application
from training.corpus.forms.bank import bank_statement, bank_style
from training.corpus.forms.debts import debt_schedule, receivables_aging
from training.corpus.forms.desk import Look, PaperDocument, look
from training.corpus.forms.others import SUBKINDS, other_document
from training.corpus.forms.personal import personal_financial_statement
from training.corpus.forms.tax_return import business_tax_return
from training.corpus.ledger import Ledger, Loan
from training.corpus.package_facts import statement_document
from training.corpus.package_files import Forgery, Making
from training.corpus.printed_books import house_style

_BANK_PROGRAMS = (("OpenText Exstream Version 16.6", "Statement Composer"), ("Crystal Reports", "Crystal Reports"), ("Quadient Inspire Designer", "Inspire"))
_OFFICE_PROGRAMS = (("Acrobat Distiller 23.0 (Windows)", "PScript5.dll Version 5.2.2"), ("Microsoft® Word for Microsoft 365", "Microsoft® Word for Microsoft 365"), ("macOS Version 14.2 Quartz PDFContext", "Preview"), ("Microsoft: Print To PDF", ""))
_TAX_PROGRAMS = (("TaxSuite Print Service 2025.1", "TaxSuite Professional"), ("PDFlib+PDI 9.4", "ProReturn"))
_THOUSANDS_FROM = 1_500_000  # revenue from which statements may be in thousands
_FURNITURE = (Furniture(("", "", ""), ("", "", "")), Furniture(("", "", ""), ("", "Page {page}", "")), Furniture(("{company}", "", ""), ("", "", "Page {page} of {pages}")))


@dataclass(frozen=True, slots=True)
class Sent:
    """One document as sent: its key within the package, the paper, how its PDF was made, and what was forged on which page."""

    key: str
    document: PaperDocument
    made: Making
    forged: tuple[tuple[int, Forgery], ...] = ()
    duplicate_of: str = ""
    may_be_scanned: bool = True


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding that a careful reader makes. `documents` are keys; `measure` names the policy measure."""

    theme: str
    what: str
    documents: tuple[str, ...] = ()
    measure: str = ""
    figures: tuple[tuple[str, object], ...] = ()
    any_theme: bool = False
    planted: bool = True


@dataclass(slots=True)
class Draft:
    """What goes into a package; plantings change it before it is drawn, and the documents after.

    `others` are books that single documents are drawn from instead of the true ones, by key (or "bank", "pfs" for all of those).
    """

    seed: str
    books: Ledger
    with_cash_flow: bool
    with_aging: bool
    others: dict[str, Ledger] = field(default_factory=dict)
    loans: tuple[Loan, ...] | None = None
    conduct: Conduct = field(default_factory=Conduct)
    unsaid_thousands: bool = False
    personal_date: date | None = None
    left_out: set[str] = field(default_factory=set)
    sent: list[Sent] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)
    disturbed: set[str] = field(default_factory=set)
    planted: list[str] = field(default_factory=list)

    def rng(self, name: str) -> random.Random:
        """Return the random source of `name`, the same every time."""
        return random.Random(f"{self.seed}/{name}")

    def books_of(self, key: str) -> Ledger:
        """Return the books that the document `key` is drawn from."""
        return self.others.get(key) or self.others.get(key.partition("_")[0]) or self.books

    def find(self, key: str) -> Sent:
        """Return the document of `key`."""
        return next(s for s in self.sent if s.key == key)

    def put(self, changed: Sent) -> None:
        """Put a changed document in the place of the one with its key."""
        self.sent = [changed if s.key == changed.key else s for s in self.sent]

    def keys(self, prefix: str) -> tuple[str, ...]:
        """Return the keys that begin with `prefix`."""
        return tuple(s.key for s in self.sent if s.key.startswith(prefix))


def draw(draft: Draft) -> None:
    """Draw all documents of the draft but those left out."""
    made = [_application(draft), *_statements(draft), *_returns(draft), *_bank_statements(draft), *_schedules(draft), *_personal(draft), *_others(draft)]
    draft.sent = [s for s in made if s.key not in draft.left_out]


def _look(draft: Draft, name: str) -> Look:
    return look(draft.rng(f"look {name}"), draft.books.borrower.uk)


def _made(draft: Draft, name: str, programs: Sequence[tuple[str, str]], day: date) -> Making:
    rng = draft.rng(f"made {name}")
    producer, creator = rng.choice(programs)
    when = datetime(day.year, day.month, day.day, rng.randint(8, 17), rng.randint(0, 59), rng.randint(0, 59))  # noqa: DTZ001  a PDF's own clock
    return Making(producer, creator, when, when)


def _application(draft: Draft) -> Sent:
    books = draft.books_of("application")
    document = loan_application(draft.rng("application"), books, _look(draft, "application"))
    return Sent("application", document, _made(draft, "application", _OFFICE_PROGRAMS, books.as_of))


def _statements(draft: Draft) -> list[Sent]:
    """Draw the statements, all in one design and house style."""
    uk, rng = draft.books.borrower.uk, draft.rng("design")
    makers = (designs.accounts, designs.accounts, designs.spreadsheet) if uk else (designs.bookkeeping, designs.compiled, designs.typewriter, designs.spreadsheet, designs.compiled)
    made_by = rng.choice(makers)(rng)
    furniture = made_by.furniture if made_by.maker in {"accounts", "compiled"} else rng.choice(_FURNITURE)  # no dates of printing that the package would not bear out
    design = replace(made_by, furniture=furniture, fits_page=True, percent=False, paper=designs.A4 if uk else made_by.paper, first_page=1)
    style = house_style(draft.rng("house"))
    style = replace(style, thousands=style.thousands and draft.books.years[0]["revenue"] > _THOUSANDS_FROM)
    kinds = [("balance_sheet", DocumentKind.BALANCE_SHEET), ("income_statement", DocumentKind.INCOME_STATEMENT)]
    if draft.with_cash_flow:
        kinds.append(("cash_flow", DocumentKind.CASH_FLOW_STATEMENT))
    done = draft.books.ends[0] + timedelta(days=draft.rng("done").randint(10, 30))
    sent = []
    for key, kind in kinds:
        unsaid = draft.unsaid_thousands and key == "income_statement"
        its = replace(style, thousands=style.thousands or unsaid, says_so=not unsaid)
        document = statement_document(draft.rng(key), draft.books_of(key), its, kind, design)
        sent.append(Sent(key, document, _made(draft, "statements", _OFFICE_PROGRAMS, done)))
    return sent


def _returns(draft: Draft) -> list[Sent]:
    if draft.books.borrower.uk:
        return []
    document = business_tax_return(draft.rng("tax_return"), draft.books_of("tax_return"), _look(draft, "return"))
    return [Sent("tax_return", document, _made(draft, "return", _TAX_PROGRAMS, draft.books.as_of - timedelta(days=3)))]


def _bank_statements(draft: Draft) -> list[Sent]:
    books = draft.books_of("bank")
    style = bank_style(draft.rng("bank style"), _look(draft, "bank"), books.borrower.account)
    months = account(draft.rng("account"), books, draft.conduct)
    program = _BANK_PROGRAMS[draft.rng("bank program").randrange(3)]
    return [Sent(f"bank_{n}", bank_statement(draft.rng(f"bank_{n}"), books, style, month), _made(draft, f"bank_{n}", (program,), month.end + timedelta(days=1))) for n, month in enumerate(months, 1)]


def _schedules(draft: Draft) -> list[Sent]:
    made = []
    if draft.books.loans:
        document = debt_schedule(draft.rng("debts"), draft.books_of("debts"), _look(draft, "debts"), draft.loans)
        made.append(Sent("debts", document, _made(draft, "debts", _OFFICE_PROGRAMS, draft.books.as_of)))
    if draft.with_aging and draft.books.years[0]["receivables"]:
        document = receivables_aging(draft.rng("aging"), draft.books_of("aging"), _look(draft, "aging"))
        made.append(Sent("aging", document, _made(draft, "aging", _OFFICE_PROGRAMS, draft.books.as_of)))
    return made


def guarantors(books: Ledger) -> tuple[Person, ...]:
    """Return the owners of 20 % or more."""
    return tuple(owner for owner in books.borrower.owners if owner.share >= 20)


def _personal(draft: Draft) -> list[Sent]:
    made = []
    day = draft.personal_date or draft.books.as_of - timedelta(days=draft.rng("pfs date").choice((0, 0, 0, 5, 20)))
    for number, owner in enumerate(guarantors(draft.books), 1):
        document = personal_financial_statement(draft.rng(f"pfs_{number}"), draft.books_of("pfs"), _look(draft, "pfs"), owner, day)
        made.append(Sent(f"pfs_{number}", document, _made(draft, f"pfs_{number}", _OFFICE_PROGRAMS, day)))
    return made


def _others(draft: Draft) -> list[Sent]:
    rng = draft.rng("others")
    kinds = [kind for kind in sorted(SUBKINDS) if not draft.books.borrower.uk or kind not in {"K-1", "personal tax return"}]
    chosen = rng.sample(kinds, rng.choice((0, 1, 1, 2, 3)))
    return [Sent(f"other_{n}", other_document(draft.rng(f"other_{n}"), draft.books, _look(draft, f"other_{n}"), kind), _made(draft, f"other_{n}", _OFFICE_PROGRAMS, draft.books.as_of)) for n, kind in enumerate(chosen, 1)]
