"""The walk: from files as read to an Assessment, one short function. Models are arguments; nothing here is stored or drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from app.domain import (
    STATEMENT_KINDS,
    Assessment,
    Document,
    DocumentKind,
    Entity,
    ModelVersion,
    Page,
    PageStatus,
    Spread,
)
from app.reading.split import split_package
from models.extractor import PageReading
from rules import checks, matching, policy, ratios, spreading
from rules.accounts import ACCOUNT
from rules.themes.case import Case

_SURE = 0.5  # an entity below this does not count towards a page's kind
_SUPPORT = 3  # accounts of a statement that a page must show to be one
_TOTALS_NEEDED = 2
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


class Reads(Protocol):
    """What the walk asks of an extractor."""

    version: ModelVersion

    def extract(self, pages: Sequence[Page]) -> tuple[PageReading, ...]:
        """Return a reading of every page, in order."""


class MatchingExtractor:
    """The rule-based extractor in the shape of a model: the yardstick, and what serves where no weights are at hand."""

    version = ModelVersion("matching", "1", "")

    def extract(self, pages: Sequence[Page]) -> tuple[PageReading, ...]:
        """Read `pages` by the template's synonyms."""
        return tuple(PageReading(matching.extract(page), ((matching.page_kind(page), 1.0),)) for page in pages)


@dataclass(frozen=True, slots=True)
class Models:
    """The models in service, as one value: champions in service, stubs in tests."""

    extractor: Reads


@dataclass(frozen=True, slots=True)
class Reading:
    """What was made of the files: every page with its kind, the documents among them, and their spread."""

    pages: tuple[Page, ...]
    page_kinds: tuple[DocumentKind, ...]
    documents: tuple[Document, ...]
    spread: Spread


def assess(package_id: str, files: Sequence[Document], models: Models, as_of: date) -> Assessment:
    """Assess one application from its files as read. `as_of` is the application's date; staleness counts from it."""
    reading = spread_documents(files, models)
    computed = ratios.compute(reading.spread)
    found = checks.run(Case(reading.spread, reading.documents, reading.pages, as_of, ratios=computed))
    outcome = policy.rate(computed, found, policy.load(), None)
    return Assessment(
        package_id,
        as_of,
        reading.pages,
        reading.page_kinds,
        reading.documents,
        reading.spread,
        computed,
        (*found, *outcome.findings),
        outcome.grade,
        outcome.recommendation,
        outcome.route,
        (models.extractor.version,),
    )


def spread_documents(files: Sequence[Document], models: Models) -> Reading:
    """Tell the kind of every page, split files into documents, and spread the statements among them."""
    pages = [page for file in files for page in file.pages]
    readings = dict(zip(map(id, pages), models.extractor.extract(pages), strict=True))
    kinds = {id(page): page_kind(page, readings[id(page)]) for page in pages}
    documents = [
        part
        for file in files
        for part in split_package(
            file,
            [kinds[id(p)] for p in file.pages],
            _begins(file.pages, [readings[id(p)] for p in file.pages], [kinds[id(p)] for p in file.pages]),
        )
    ]
    statements = [
        statement
        for document in documents
        if document.kind in STATEMENT_KINDS
        for statement in spreading.spread(document, [e for p in document.pages for e in readings[id(p)].entities])
    ]
    return Reading(tuple(pages), tuple(kinds[id(p)] for p in pages), tuple(documents), Spread(tuple(statements)))


def page_kind(page: Page, reading: PageReading) -> DocumentKind:
    """Return what `page` is, by the accounts found on it; the extractor's own guess decides between statements.

    A page that shows too few accounts of a statement, or none of its totals, is none, whatever its title says (a contents
    page, a note, a statement of changes in equity).
    """
    if page.status is PageStatus.BLANK:
        return DocumentKind.BLANK
    guess = dict(reading.kinds)
    found = {kind: _accounts(reading.entities, kind) for kind in STATEMENT_KINDS}
    borne = [k for k in STATEMENT_KINDS if len(found[k]) >= _SUPPORT and len(found[k] & _TOTALS[k]) >= _TOTALS_NEEDED]
    if borne:
        return max(borne, key=lambda k: len(found[k]) + 2 * guess.get(k, 0.0))
    return next((k for k, score in reading.kinds if k not in STATEMENT_KINDS and score >= _SURE), DocumentKind.OTHER)


def _accounts(entities: Sequence[Entity], kind: DocumentKind) -> set[str]:
    return {e.label for e in entities if e.score >= _SURE and e.label in ACCOUNT and kind in ACCOUNT[e.label].statements}


def _begins(pages: Sequence[Page], readings: Sequence[PageReading], kinds: Sequence[DocumentKind]) -> list[bool]:
    """Say for every page whether a second statement of the same kind begins on it: it repeats accounts of the first."""
    begins, seen = [], set[str]()
    for number in range(len(pages)):
        mine = _accounts(readings[number].entities, kinds[number])
        begin = number > 0 and kinds[number] == kinds[number - 1] and kinds[number] in STATEMENT_KINDS and len(mine & seen) >= _OVERLAP
        seen = mine if begin or number == 0 or kinds[number] != kinds[number - 1] else seen | mine
        begins.append(begin)
    return begins
