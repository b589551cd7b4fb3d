"""Which documents of a package are the same document, sent twice: of one kind, about the same person, account and date."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from app.domain import Document, DocumentKind, Field, Form
from rules.identity import same_name
from rules.stated import account_of, day_of, tax_year
from rules.themes.case import Case
from rules.themes.dates import dated_on

_ENOUGH_WORDS = 30  # of a page that two documents share before they can be told to be the same
_LIKE_A_COPY = 0.8  # share of the figures that two scans of one page have in common


@dataclass(frozen=True, slots=True)
class Twins:
    """Two documents that are one, and the fields in which they differ (as they stand in each)."""

    one: Form | Document
    other: Form | Document
    differing: tuple[tuple[Field, Field], ...] = ()


def twins(case: Case) -> Iterator[Twins]:
    """Yield each pair of documents that are the same document, sent twice."""
    told: set[tuple[str, int]] = set()
    for one, other in combinations(case.forms, 2):
        if one.kind is other.kind and _are_of_the_same(case, one, other) and (other.file, other.first) not in told:
            told.add((other.file, other.first))
            yield Twins(one, other, _differing(case, one, other))
    written = [(document, _text(document)) for document in case.documents]
    for (first, words), (second, others) in combinations(written, 2):
        if (second.file, second.first) not in told and len(words) >= _ENOUGH_WORDS and words == others:
            told.add((second.file, second.first))
            yield Twins(first, second)


def _are_of_the_same(case: Case, one: Form, other: Form) -> bool:
    """Say whether two forms of a kind are about the same account, year, person or day."""
    match one.kind:
        case DocumentKind.BANK_STATEMENT:
            end = day_of(one, "period_end")
            return end is not None and end == day_of(other, "period_end") and account_of(one) == account_of(other)
        case DocumentKind.BUSINESS_TAX_RETURN:
            return tax_year(one) is not None and tax_year(one) == tax_year(other) and _same_words(one, other, "taxpayer_name")
        case DocumentKind.PERSONAL_FINANCIAL_STATEMENT:
            return dated_on(case, one) == dated_on(case, other) and _same_words(one, other, "guarantor_name")
        case DocumentKind.LOAN_APPLICATION:
            return _same_words(one, other, "borrower_name")
        case DocumentKind.DEBT_SCHEDULE | DocumentKind.RECEIVABLES_AGING:
            return dated_on(case, one) == dated_on(case, other)
    return False


def _same_words(one: Form, other: Form, id: str) -> bool:
    mine, theirs = one.words(id), other.words(id)
    return bool(mine and theirs and same_name(mine, theirs))


def _differing(case: Case, one: Form, other: Form) -> tuple[tuple[Field, Field], ...]:
    """Return the fields that differ; none where two scans have most figures in common, which are then misread."""
    pairs = [(field, twin) for field in one.fields if (twin := other.field(field.id, field.period)) is not None]
    unlike = [(mine, theirs) for mine, theirs in pairs if mine.value != theirs.value and not isinstance(mine.value, str)]
    seen = case.was_seen(one) or case.was_seen(other)
    return () if seen and len(pairs) - len(unlike) >= _LIKE_A_COPY * len(pairs) else tuple(unlike)


def _text(document: Document) -> tuple[str, ...]:
    return tuple(word.text for page in document.pages for word in page.words)
