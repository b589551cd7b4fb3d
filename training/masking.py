"""Takes out of a page's words what tells a person: numbers, names, addresses, phones. Nothing of a page reaches a dataset but through here.

Digits go wherever they stand: the extractor reads every number as one shape. A line that nobody labelled keeps only the words of
statements, so no name of any kind passes. A labelled line keeps its wording, which is what is to be learnt, without what looks like
a name, an address or a mail address, and without every name that the application itself gives.
"""

import random
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from app.domain import STATEMENT_KINDS
from rules.accounts import ACCOUNTS
from training.corpus.statements import FAMILIES, statement

GONE = "x"
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_MAIL = re.compile(r"\S*(?:@|https?:|www\.)\S*")
_STREET = re.compile(
    r"\d+\w*,? (?:[\w.'’-]+ ){1,4}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|way|row|terrace|"
    r"boulevard|blvd|place|square|close)\b"
    r"|\bp\.? ?o\.? box\b[ \d]*|\b[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}\b|(?:[A-Z][\w.'’-]+,? ){1,3}[A-Z]{2},? \d{5}(?:-\d{4})?",
    re.IGNORECASE,
)
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Dr|Sir|Dame|Prof)\b\.?(?: [A-Z][\w.'’-]*)+")
_INITIAL = re.compile(r"\b(?:[A-Z]\. ?)+[A-Z][\w'’-]+|\b[A-Z][\w'’-]+,? (?:[A-Z]\. ?)+(?:[A-Z][\w'’-]+)?")
#: After these a statement's line names somebody: "Loan from Ida Moss", "Notes payable - T. Abel".
_NAMING = re.compile(r"(?:\b(?:to|from|by|c/o|director|shareholder|officer|member|partner|owner)s?|[-–—:(,/])\s*$", re.IGNORECASE)
_COMMON = (
    "a an and at be by due for from in is it its less more new no non not note notes of on or other others per plus than that the this to"
    " total under was were with without year years month months ended ending as january february march april may june july august"
    " september october november december jan feb mar apr jun jul aug sep sept oct nov dec page unaudited audited draft prepared basis"
    " accrual cash usd gbp thousands millions current prior date company inc llc ltd limited corp plc"
)


@lru_cache(maxsize=1)
def public_words() -> frozenset[str]:
    """Return the words that statements are made of: the template's wordings and those of the generator."""
    rng = random.Random(1)
    texts = [text for account in ACCOUNTS for text in (account.name, *account.synonyms)]
    for family in FAMILIES:
        for kind in STATEMENT_KINDS:
            for _ in range(12):
                texts += [row.label for row in statement(rng, kind, family).rows]
    return frozenset(word for text in (_COMMON, *texts) for word in words_of(text))


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, numbers and signs left out."""
    return [found.casefold() for found in _WORD.findall(text)]


def without_digits(text: str) -> str:
    """Return a text with every digit of any script as 0."""
    return re.sub(r"\d", "0", text)


def mask(text: str, names: Iterable[str], *, labelled: bool, shared: frozenset[str] = frozenset()) -> str:
    """Return a line's words as a dataset may hold them.

    `names` are those that the application gives; `shared` are words that several borrowers' statements use, so that they name none.
    """
    for name in sorted(filter(None, names), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", GONE, text, flags=re.IGNORECASE)
    for pattern in (_MAIL, _STREET, _TITLED, _INITIAL):
        text = pattern.sub(GONE, text)
    own = {word for name in names for word in words_of(name)} - public_words()
    found = list(_WORD.finditer(text))
    known = [word in public_words() or word in shared or word == GONE for word in words_of(text)]
    gone = _names(text, found, known) if labelled else {n for n, word in enumerate(known) if not word}
    gone |= {n for n, each in enumerate(found) if each.group().casefold() in own}
    for n in sorted(gone, reverse=True):
        text = text[: found[n].start()] + GONE + text[found[n].end() :]
    return without_digits(text)


def _names(text: str, found: Sequence[re.Match[str]], known: Sequence[bool]) -> set[int]:
    """Return which words of a labelled line may be a name: unknown, capitalised, and beside another or where names stand."""
    may = [not k and each.group()[0].isupper() for each, k in zip(found, known, strict=True)]
    after = [bool(_NAMING.search(text[: each.start()])) for each in found]
    joined = [bool(may[n] and may[n + 1] and not text[found[n].end() : found[n + 1].start()].strip()) for n in range(len(may) - 1)]
    return {n for n, each in enumerate(may) if each and (after[n] or True in joined[max(0, n - 1) : n + 1])}
