"""What every check works on: the case, its statements a period at a time, and the words in which a flaw is told."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain import (
    UNMAPPED,
    Document,
    DocumentKind,
    Field,
    Figure,
    FinancialStatement,
    Form,
    LineItem,
    LoanApplication,
    Origin,
    Page,
    Period,
    Ratio,
    ReadMethod,
    Severity,
    Spread,
)
from rules.accounts import ACCOUNT

_SIGNS = {"USD": "$", "GBP": "£", "EUR": "€"}


@dataclass(frozen=True, slots=True)
class Case:
    """What is checked: the statements as spread, the other documents as read, the pages of the files, and the ratios.

    `as_of` is the application's date, from which age is measured. None: files are shown without an application, and nothing
    is asked about completeness or age. `application` is None where no loan application was read.
    """

    spread: Spread
    documents: tuple[Document, ...] = ()
    pages: tuple[Page, ...] = ()
    as_of: date | None = None
    forms: tuple[Form, ...] = ()
    application: LoanApplication | None = None
    ratios: tuple[Ratio, ...] = ()

    def of_kind(self, kind: DocumentKind) -> tuple[Form, ...]:
        """Return the forms of `kind`, in the order they were sent."""
        return tuple(form for form in self.forms if form.kind is kind)

    @property
    def is_uk(self) -> bool:
        """Say whether the borrower's statements are in sterling: UK companies file other returns, and write dates day first."""
        return {statement.currency for statement in self.spread.statements} == {"GBP"}

    def said(self, value: Decimal) -> str:
        """Return an amount in words, in the currency of the borrower's statements."""
        return money(value, next((s.currency for s in self.spread.statements if s.currency), None))

    def where(self, form: Form | Document) -> str:
        """Return where a document stands: its file, and its pages where the file holds other documents too."""
        first = min((page.number for page in self.pages if page.file == form.file), default=form.first)
        last = max((page.number for page in self.pages if page.file == form.file), default=form.last)
        if (form.first, form.last) == (first, last):
            return form.file
        return f"{form.file}, page {form.first}" if form.first == form.last else f"{form.file}, pages {form.first}–{form.last}"

    def was_seen(self, form: Form) -> bool:
        """Say whether a document was read from pictures: what does not add up there may have been misread."""
        pages = [page for page in self.pages if page.file == form.file and form.first <= page.number <= form.last]
        return any(page.method is ReadMethod.OCR for page in pages)


@dataclass(frozen=True, slots=True)
class Flaw:
    """What a check found: told in plain words, with the figures it speaks of and the files they stand in."""

    severity: Severity
    message: str
    facts: tuple[Figure, ...] = ()
    documents: tuple[str, ...] = ()


Check = Callable[[Case], Iterator[Flaw]]


@dataclass(frozen=True, slots=True)
class Column:
    """One period of one statement: its printed figures from top to bottom."""

    statement: FinancialStatement
    period: Period
    items: tuple[LineItem, ...]

    def get(self, account: str) -> LineItem | None:
        """Return the figure of `account`, or None."""
        return next((item for item in self.items if item.account == account), None)

    def all_of(self, accounts: Sequence[str]) -> list[LineItem] | None:
        """Return the figures of `accounts`, or None where one is not printed."""
        found = [item for account in accounts if (item := self.get(account)) is not None]
        return found if len(found) == len(accounts) else None

    def tolerance(self, lines: int) -> Decimal:
        """Return what rounding may cost: half a unit of the page's scale for each line added, plus half for the total."""
        return Decimal(self.statement.scale) * (lines + 1) / 2

    def others_among(self, figures: Sequence[LineItem]) -> list[LineItem]:
        """Return the other rows printed between the first and the last of `figures`; rows made of several lines count where they begin."""
        places = [place(figure) for figure in figures]
        return [item for item in self.items if min(places) < place(item) < max(places) and item not in figures]

    def when(self) -> str:
        """Return the period in words: `at` a date for a balance sheet, `for the period to` it otherwise."""
        if self.period.end is None:
            return f"in the {self.period.name} column"
        return (
            f"at {day(self.period.end)}"
            if self.statement.kind is DocumentKind.BALANCE_SHEET
            else f"for the period to {day(self.period.end)}"
        )

    def said(self, item: LineItem) -> str:
        """Return an amount of this column in words."""
        return money(item.value, self.statement.currency)


def columns(spread: Spread, *kinds: DocumentKind) -> Iterator[Column]:
    """Yield every period of the statements of `kinds` (default: all)."""
    for statement in spread.statements:
        if not kinds or statement.kind in kinds:
            for period in statement.periods:
                items = [item for item in statement.items if item.period.name == period.name]
                yield Column(statement, period, tuple(sorted(items, key=place)))


def place(item: LineItem) -> tuple[int, float]:
    """Return where a figure stands, to sort by; a figure without a place stands after the printed ones of its page."""
    return item.page, item.box.top if item.box else 1.0


def is_implied(item: LineItem) -> bool:
    """Say whether a figure only repeats another account's: it is printed once, under that account."""
    return item.origin is Origin.DERIVED and item.formula in ACCOUNT


def fields(form: Form, *ids: str) -> tuple[Field, ...]:
    """Return the fields `ids` of a form that were read, to show what a finding speaks of."""
    return tuple(field for id in ids if (field := form.field(id)) is not None)


def files(*forms: Form | Document) -> tuple[str, ...]:
    """Return the files of `forms`, each once."""
    return tuple(dict.fromkeys(form.file for form in forms))


def money(value: Decimal, currency: str | None) -> str:
    """Return an amount as an analyst reads it: -$1,234,567, £12.50, CHF 900."""
    number = f"{abs(value):,.2f}".removesuffix(".00")
    sign = _SIGNS.get(currency or "", f"{currency} " if currency else "")
    return f"{'-' if value < 0 else ''}{sign}{number}"


def day(value: date) -> str:
    """Return a date in words."""
    return f"{value.day} {value:%B %Y}"


def name(item: LineItem) -> str:
    """Return the name of a figure within a sentence: its account's, or its label where it has none."""
    if item.account == UNMAPPED or item.account not in ACCOUNT:
        return f"“{item.label}”"
    full = ACCOUNT[item.account].name
    return full if full[:2].isupper() else full[0].lower() + full[1:]


def listed(parts: Iterable[str]) -> str:
    """Join `parts` as in a sentence."""
    *most, last = list(parts)
    return f"{', '.join(most)} and {last}" if most else last
