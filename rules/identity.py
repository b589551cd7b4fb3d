"""Whether two documents name the same person or company: names and tax ids compared as a careful clerk would.

Legal forms, initials, accents, hyphens, case and the order of words do not count, nor does a letter that a reader of pictures
takes for another. What is clearly different stays different: a further word in a company's name, another number.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_FORMS = frozenset(("inc", "incorporated", "corp", "corporation", "co", "company", "llc", "lc", "ltd", "limited", "plc", "lp", "llp"))
_FORMS |= {"lllp", "pllc", "pllp", "pc", "pa", "gmbh", "sarl", "cic", "the", "and", "of", "trading", "as"}
_GENERATIONS = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr", "ii": "ii", "iii": "iii", "iv": "iv"}
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "dr", "prof", "sir"))
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?\b\.?|\b[a-z](?: [a-z]\b)+")
_TRADING = re.compile(r"\b(?:d\.?/?b\.?/?a\.?|doing business as|trading as|t/a|formerly(?: known as)?|f/?k/?a)\b:?")
#: Letters that keep their stroke or ligature when their accents are taken off.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
#: Letters and digits that look alike on a poor scan.
_ALIKE = tuple(map(frozenset, ("oce0a", "l1itfj", "s5", "b8h6", "nrmuh", "gq9y", "vyu", "z2", "d0")))
_DIGITS_ALIKE = tuple(map(frozenset, ("17", "38", "56", "08", "68", "06", "49")))
#: Digits of a company number; its leading zero is often left out.
_COMPANY_NUMBER = 8
_TO_DIGITS = str.maketrans("OoQDIl|SsBZ", "00001115582")


@lru_cache(maxsize=16_384)
def same_name(a: str, b: str) -> bool:
    """Say whether `a` and `b` name the same person or company.

    Example: "Quiñones, Tomás R." and "TOMAS QUINONES" are the same; "Alder Street Optics LLC" and "Alder Optics LLC" are not.
    """
    return any(_same(one, other) for one in _names(a) for other in _names(b))


def same_tax_id(a: str, b: str, *, scanned: bool = False) -> bool:
    """Say whether two tax ids or company numbers are the same; masked digits fit any.

    Where one of them was read off a picture (`scanned`), one digit may be another that looks like it.
    """
    one, other = _id(a), _id(b)
    if not one or not other or not any(c.isdigit() for c in one) or not any(c.isdigit() for c in other):
        return False
    shorter = min(len(one), len(other))
    if len(one) != len(other) and "*" not in one + other:
        return False
    differing = [{x, y} for x, y in zip(one[-shorter:], other[-shorter:], strict=True) if x != y and "*" not in (x, y)]
    return not differing or (scanned and len(differing) == 1 and any(differing[0] <= alike for alike in _DIGITS_ALIKE))


def _id(text: str) -> str:
    """Return the id without separators, letters that stand for digits put right, masked places as stars."""
    plain = re.sub(r"[\s\-–—./]", "", text)
    prefix = re.match(r"(?:SC|NI|OC|SO|NC|LP)(?=\d{6}$)", plain.upper())
    kept = prefix[0] if prefix else ""
    digits = re.sub(r"[xX#•●]", "*", plain[len(kept) :].translate(_TO_DIGITS))
    return kept + (digits.zfill(_COMPANY_NUMBER) if digits.isdigit() and not kept else digits)


# -- names ------------------------------------------------------------------------------------------------------------


def _names(text: str) -> list[str]:
    """Return the name, or the names of a company that trades under another."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    plain = unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))
    return [part for part in _TRADING.split(plain) if part.strip(" ,.;()")]


def _words(name: str) -> list[str]:
    """Return the words that tell the name, without legal forms and titles ("l.l.c." is one word)."""
    joined = _DOTTED.sub(lambda found: re.sub(r"[. ]", "", found[0]) if _is_form(found[0]) else found[0], name)
    spelt = re.sub(r"(?<=[a-z])['’`](?=[a-z])", "", joined.replace("&", " and "))
    # letters of every script, and the vowel signs that some write as marks
    words = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in spelt).split()
    kept = [word for word in words if word not in _FORMS and word not in _TITLES]
    return kept or words


def _is_form(text: str) -> bool:
    return re.sub(r"[. ]", "", text) in _FORMS


def _same(a: str, b: str) -> bool:
    one, other = _words(a), _words(b)
    generations = [{_GENERATIONS[w] for w in words if w in _GENERATIONS} for words in (one, other)]
    if all(generations) and generations[0] != generations[1]:
        return False
    one, other = ([w for w in words if w not in _GENERATIONS] or words for words in (one, other))
    if not one or not other:
        return False
    company = any(_FORMS & set(re.findall(r"[a-z]+", name.replace(".", ""))) for name in (a, b)) or "&" in a + b
    return _same_words(*sorted((one, other), key=len), company=company) or _alike("".join(one), "".join(other), most=1)


def _same_words(fewer: Sequence[str], more: Sequence[str], *, company: bool) -> bool:
    """Say whether every word of the shorter name has its own in the longer; a person's middle name may be left out."""
    left = list(more)
    whole = slips = 0
    for word in sorted(fewer, key=len, reverse=True):
        found = min((w for w in left if _fits(word, w)), key=lambda w: (w != word, len(w) == 1), default=None)
        if found is None:
            return False
        left.remove(found)
        whole += len(word) > 1 and len(found) > 1
        slips += found != word and len(word) > 1 and len(found) > 1
    middle = not company and len(left) <= 1 and more[0] not in left and (more[-1] not in left or len(more[-1]) == 1)
    return slips <= 2 and whole >= min(1 if len(fewer) < 3 else 2, len(fewer)) and (not left or (middle and len(fewer) > 1))


def _fits(a: str, b: str) -> bool:
    """Say whether two words may be one: equal, an initial, or misread by a letter."""
    if a == b:
        return True
    if 1 in (len(a), len(b)):
        return a[0] == b[0] and not (a + b).isdigit()
    return _alike(a, b, most=1)


def _alike(a: str, b: str, most: int) -> bool:
    """Say whether `a` is `b` but for at most `most` letters that look alike, or one letter lost in a long word."""
    if min(len(a), len(b)) < 4 or a.isdigit() or b.isdigit():
        return a == b
    if len(a) == len(b):
        differing = [{x, y} for x, y in zip(a, b, strict=True) if x != y]
        return len(differing) <= most and all(any(pair <= alike for alike in _ALIKE) for pair in differing)
    shorter, longer = sorted((a, b), key=len)
    if shorter == longer.replace("rn", "m") or shorter == longer.replace("cl", "d") or shorter == longer.replace("vv", "w"):
        return True
    return len(longer) >= 6 and len(longer) - len(shorter) == 1 and any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
