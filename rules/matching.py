"""The rule-based extractor: a phrase matcher over the template's synonyms. The yardstick that a trained extractor must beat.

It knows wordings only, no context: a line whose label is mostly one synonym is that account.
"""

import re
from functools import lru_cache

import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher

from app.domain import UNMAPPED, DocumentKind, Entity, Page, Span
from rules.accounts import ACCOUNT, ACCOUNTS

_BRACKETS = re.compile(r"\([^()]*\)")
_PUNCTUATION = re.compile(r"[^a-z ]+")
_TAIL = re.compile(r"\b(?:net of allowances?|less allowances?|at cost|as of|par value|authorized)\b.*")
_TITLES = {
    DocumentKind.CASH_FLOW_STATEMENT: re.compile(r"cash flow", re.IGNORECASE),
    DocumentKind.BALANCE_SHEET: re.compile(r"balance sheet|financial (?:position|condition)|assets,? liabilities", re.IGNORECASE),
    DocumentKind.INCOME_STATEMENT: re.compile(
        r"profit (?:and|&) loss|statements? of (?:consolidated )?(?:comprehensive )?(?:income|operations|earnings)|income statement",
        re.IGNORECASE,
    ),
}
_LEAST = 0.6


@lru_cache(maxsize=1)
def _matcher() -> tuple[Language, PhraseMatcher]:
    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    for account in ACCOUNTS:
        matcher.add(account.id, [nlp.make_doc(_plain(wording)) for wording in account.synonyms])
    return nlp, matcher


def _plain(label: str) -> str:
    text = label.lower().replace("’", "'").replace("'", "").replace("-", " ").replace("&", " and ")
    return " ".join(_PUNCTUATION.sub(" ", _TAIL.sub(" ", _BRACKETS.sub(" ", text))).split())


def extract(page: Page) -> tuple[Entity, ...]:
    """Return an entity for every line of `page` that holds amounts; lines no synonym covers are `unmapped`."""
    kind = page_kind(page)
    return tuple(_entity(line.span, line.label, kind) for line in page.lines if line.amounts)


def _entity(span: Span, label: str, kind: DocumentKind) -> Entity:
    nlp, matcher = _matcher()
    doc = nlp.make_doc(_plain(label))
    found = sorted(((stop - start) / len(doc), nlp.vocab.strings[name]) for name, start, stop in matcher(doc)) if len(doc) else []
    fitting = [(score, name) for score, name in found if kind in ACCOUNT[name].statements and score >= _LEAST]
    if not fitting:
        return Entity(span, UNMAPPED, 1.0)
    score, name = fitting[-1]
    return Entity(span, name, score)


def page_kind(page: Page) -> DocumentKind:
    """Return the statement kind that the page's first lines name, else `other`."""
    head = "\n".join(line.label for line in page.lines[:12])
    places = {kind: match.start() for kind, pattern in _TITLES.items() if (match := pattern.search(head))}
    return min(places, key=lambda kind: places[kind]) if places else DocumentKind.OTHER
