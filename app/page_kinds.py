"""Tells every page's kind and where documents begin, from what both models make of it. Stands between extracting and splitting.

Statements are told by the accounts found on them, every other kind by the page classifier. Nothing is read off a page here.
"""

from collections.abc import Sequence

from app.domain import STATEMENT_KINDS, DocumentKind, Entity, ModelVersion, Page, PageStatus
from models.extractor import PageReading
from models.page_kind import PageGuess
from rules import titles
from rules.accounts import ACCOUNT

_SURE = 0.5  # an entity below this does not count towards a page's kind
_SUPPORT = 3  # accounts of a statement that a page must show to be one
_TOTALS_NEEDED = 2
_NO_STATEMENT = 0.95  # so sure must the classifier be that a page is another paper, whatever accounts it shows
_OTHERWISE = 0.6  # a page that shows a statement's accounts is another kind all the same if the classifier is as sure as this
#: The totals by which a statement is known: notes and schedules repeat accounts, but not these.
_TOTALS: dict[DocumentKind, frozenset[str]] = {
    DocumentKind.BALANCE_SHEET: frozenset({
        "total_assets", "total_current_assets", "total_current_liabilities", "total_liabilities", "total_equity", "net_assets",
        "total_liabilities_and_equity", "net_current_assets", "total_assets_less_current_liabilities",
    }),
    DocumentKind.INCOME_STATEMENT: frozenset({
        "revenue", "gross_profit", "operating_income", "income_before_tax", "net_income", "operating_expenses",
        "total_costs_and_expenses",
    }),
    DocumentKind.CASH_FLOW_STATEMENT: frozenset({
        "operating_cash_flow", "investing_cash_flow", "financing_cash_flow", "cash_end_of_period",
    }),
}  # fmt: skip
_OVERLAP = 4  # accounts that a page repeats when a second statement begins on it
_NO_FORM = (*STATEMENT_KINDS, DocumentKind.OTHER, DocumentKind.COVER, DocumentKind.BLANK)


class TitleClassifier:
    """The rule-based page classifier in the shape of a model: the yardstick, and what serves where no weights are at hand."""

    version = ModelVersion("titles", "1", "")

    def classify(self, pages: Sequence[Page]) -> tuple[PageGuess, ...]:
        """Tell the kinds of `pages` by their titles; an untitled page belongs to the document before it."""
        guesses: list[PageGuess] = []
        for page in pages:
            kind, begins = titles.kind_by_title(page), titles.begins_by_number(page)
            before = guesses[-1].kinds[0][0] if guesses else DocumentKind.OTHER
            known = kind or (before if begins is False else None)
            guess = (known, 1.0) if known else (DocumentKind.OTHER, _SURE)  # no title tells nothing: the accounts decide
            guesses.append(PageGuess((guess,), float(kind is not None if begins is None else begins)))
        return tuple(guesses)


def page_kind(page: Page, reading: PageReading, guess: PageGuess) -> DocumentKind:
    """Return what `page` is: a statement by the accounts found on it, another kind by the page classifier's guess.

    A page that shows too few accounts of a statement, or none of its totals, is none, whatever its title says (a contents
    page, a note, a statement of changes in equity).
    """
    if page.status is PageStatus.BLANK or titles.says_it_is_blank(page):
        return DocumentKind.BLANK
    likeliest, score = guess.kinds[0]
    if likeliest not in _NO_FORM and score >= _OTHERWISE:
        return likeliest
    if likeliest is DocumentKind.OTHER and score >= _NO_STATEMENT:
        return DocumentKind.OTHER
    if borne := _borne(reading):
        return borne
    return likeliest if likeliest not in STATEMENT_KINDS and score >= _SURE else DocumentKind.OTHER


def _borne(reading: PageReading) -> DocumentKind | None:
    """Return the statement that the accounts of a page bear out; the extractor's own guess decides between several."""
    own = dict(reading.kinds)
    found = {kind: _accounts(reading.entities, kind) for kind in STATEMENT_KINDS}
    borne = [k for k in STATEMENT_KINDS if len(found[k]) >= _SUPPORT and len(found[k] & _TOTALS[k]) >= _TOTALS_NEEDED]
    return max(borne, key=lambda k: len(found[k]) + 2 * own.get(k, 0.0)) if borne else None


def _accounts(entities: Sequence[Entity], kind: DocumentKind) -> set[str]:
    return {e.label for e in entities if e.score >= _SURE and e.label in ACCOUNT and kind in ACCOUNT[e.label].statements}


def beginnings(readings: Sequence[PageReading], guesses: Sequence[PageGuess], kinds: Sequence[DocumentKind]) -> list[bool]:
    """Say for every page of a file whether a further document of its kind begins on it.

    A second statement repeats accounts of the first; of other kinds the classifier knows first pages.
    """
    begins, seen = [], set[str]()
    for number, kind in enumerate(kinds):
        mine = _accounts(readings[number].entities, kind)
        follows = number > 0 and kind == kinds[number - 1]
        again = len(mine & seen) >= _OVERLAP if kind in STATEMENT_KINDS else guesses[number].begins >= _SURE
        begin = follows and again
        seen = mine if begin or not follows else seen | mine
        begins.append(begin)
    return begins
