"""The rule-based extractor: a phrase matcher over the template's synonyms. The yardstick that a trained extractor must beat.

It knows wordings only, no context: a line whose label is mostly one synonym is that account.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from app.domain import STATEMENT_KINDS, UNMAPPED, DocumentKind, Entity, Page, Span
from rules.accounts import ACCOUNT, ACCOUNTS

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import PhraseMatcher

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
_IN_DOUBT = 0.5


@lru_cache(maxsize=1)
def _load_matcher() -> "tuple[Language, PhraseMatcher]":
    import spacy  # it takes torch along: the API and the desk read nothing, and need neither
    from spacy.matcher import PhraseMatcher

    nlp = spacy.blank("en")
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    for account in ACCOUNTS:
        matcher.add(account.id, [nlp.make_doc(_plain(wording)) for wording in account.synonyms])
    return nlp, matcher


def _plain(label: str) -> str:
    return _words(_TAIL.sub(" ", _BRACKETS.sub(" ", label.lower())))


def _words(label: str) -> str:
    text = _BRACKETS.sub(" ", label.lower()).replace("’", "'").replace("'", "").replace("-", " ").replace("&", " and ")
    return " ".join(_PUNCTUATION.sub(" ", text).split())


def extract(page: Page) -> tuple[Entity, ...]:
    """Return an entity for every line of `page` that holds amounts; lines no synonym covers are `unmapped`."""
    kind = page_kind(page)
    return tuple(_entity(line.span, line.label, kind) for line in page.lines if line.amounts)


def _entity(span: Span, label: str, kind: DocumentKind) -> Entity:
    nlp, matcher = _load_matcher()
    doc = nlp.make_doc(_plain(label))
    found = sorted(((stop - start) / len(doc), nlp.vocab.strings[name]) for name, start, stop in matcher(doc)) if len(doc) else []
    fitting = [(score, name) for score, name in found if kind in ACCOUNT[name].statements and score >= _LEAST]
    if not fitting:
        return Entity(span, UNMAPPED, 1.0)
    score, name = fitting[-1]
    return Entity(span, name, score)


def name_unmapped(page: Page, entities: Sequence[Entity], kind: DocumentKind) -> tuple[Entity, ...]:
    """Return `entities` of a statement's page with names for lines that the model knows no account for but the template does.

    Only a label that is a synonym word for word is named, only where one line of the page alone has its account, and with a
    score that leaves it in doubt.
    """
    if kind not in STATEMENT_KINDS:
        return tuple(entities)
    labels = {line.span: line.label for line in page.lines}
    exact = {e.span: _exactly(labels.get(e.span, ""), kind) for e in entities if e.label == UNMAPPED}
    times = Counter([*(e.label for e in entities), *exact.values()])
    return tuple(
        replace(e, label=name, score=_IN_DOUBT) if (name := exact.get(e.span)) is not None and times[name] == 1 else e for e in entities
    )


def _exactly(label: str, kind: DocumentKind) -> str | None:
    """Return the one account of `kind` that has `label` among its synonyms, brackets and punctuation aside."""
    found = [account.id for account in ACCOUNTS if kind in account.statements and _words(label) in account.synonyms]
    return found[0] if len(found) == 1 else None


def page_kind(page: Page) -> DocumentKind:
    """Return the statement kind that the page's first lines name, else `other`."""
    head = "\n".join(line.label for line in page.lines[:12])
    places = {kind: match.start() for kind, pattern in _TITLES.items() if (match := pattern.search(head))}
    return min(places, key=lambda kind: places[kind]) if places else DocumentKind.OTHER
