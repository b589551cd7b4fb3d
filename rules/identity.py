"""Whether two documents speak of the same person or company: names and tax ids compared as an analyst would, tolerantly."""

import re
import unicodedata
from difflib import SequenceMatcher

#: Legal forms and courtesies: they differ from document to document and tell nobody apart.
_FORMS = frozenset(
    {"inc", "incorporated", "corp", "corporation", "co", "company", "llc", "llp", "lp", "ltd", "limited", "plc", "pllc", "pc"}
    | {"the", "and", "of", "mr", "mrs", "ms", "dr", "jr", "sr", "ii", "iii"}
)
_ALIKE = 0.9  # likeness of two names, one of which was misread by a letter or two
_SHORT = 8  # letters below which a misread letter makes another name


def same_name(one: str, other: str) -> bool:
    """Say whether two names may be the same: legal forms, case, accents, hyphens, initials, order and a misread letter aside."""
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return False
    if any(_words_agree(mine, each) for each in (theirs, theirs[1:] + theirs[:1], theirs[-1:] + theirs[:-1])):
        return True
    first, second = "".join(mine), "".join(theirs)
    return first == second or (min(len(first), len(second)) > _SHORT and SequenceMatcher(None, first, second).ratio() >= _ALIKE)


def same_tax_id(one: str, other: str) -> bool:
    """Say whether two tax ids or company numbers are the same; masked digits agree with any."""
    mine, theirs = (re.sub(r"[^0-9A-Z*]", "", text.upper().replace("X", "*")) for text in (one, other))
    if "*" in mine or "*" in theirs:
        visible = min(len(mine.replace("*", "")), len(theirs.replace("*", "")))
        return visible > 0 and mine[-visible:] == theirs[-visible:]
    return mine.lstrip("0") == theirs.lstrip("0") if mine and theirs else False


def _words(name: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    plain = re.split(r"\bd/?b/?a\b|\btrading as\b|\bt/a\b", plain)[0]
    plain = re.sub(r"(?<=\b[a-z])\.(?=[a-z]\b)", "", plain).replace("&", " ").replace("'", "").replace("’", "")
    words = re.findall(r"[a-z0-9]+", plain.replace("-", " "))
    return [word for word in words if word not in _FORMS] or words


def _words_agree(mine: list[str], theirs: list[str]) -> bool:
    """Say whether words agree one by one, an initial agreeing with the name it begins; middle initials may be left out."""
    if len(mine) != len(theirs):
        mine, theirs = _without_middle_initials(mine), _without_middle_initials(theirs)
    if len(mine) != len(theirs) or len(mine[-1]) == 1 or len(theirs[-1]) == 1:
        return False
    return all(a == b or (1 in (len(a), len(b)) and a[0] == b[0]) for a, b in zip(mine, theirs, strict=True))


def _without_middle_initials(words: list[str]) -> list[str]:
    return [word for n, word in enumerate(words) if len(word) > 1 or n in (0, len(words) - 1)]
