"""Which pages train, choose and test: 7:2:1 by borrower and by time, and the check that no page stands on two sides.

The newest borrowers test; of the others some choose, so that each kind and label is shared out as the whole. Only what is printed on a
page tells whether two are alike: a signature of its words and figures, from which neither can be had back.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from app.domain import Page

TRAIN, CHOOSE, TEST, LEFT_OUT = "train", "choose", "test", "left out"
PARTS = (TRAIN, CHOOSE, TEST)
_TEST, _CHOOSE = 0.1, 2 / 9  # of all; of what is not tested on
_HASHES, _RUN = 64, 3
ALIKE = 0.8  # share of common word runs from which two pages count as one
_ODD = np.random.default_rng(20_260_101).integers(1, 2**62, _HASHES, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
_ADDED = np.random.default_rng(20_260_102).integers(0, 2**63, _HASHES, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Whose:
    """A page as it is split: its name, whose it is, when it came, what is to be learnt from it, and its signature."""

    name: str
    borrower: str
    at: datetime
    strata: tuple[tuple[str, str], ...]
    signature: str


def signature(page: Page) -> str:
    """Return the page's MinHash over runs of three words, figures included: masked pages of one form would all look alike."""
    words = [word.text.casefold() for word in page.words] or [part for line in page.lines for part in line.label.casefold().split()]
    runs = {" ".join(words[at : at + _RUN]) for at in range(max(1, len(words) - _RUN + 1))}
    hashed = np.array([int.from_bytes(hashlib.blake2b(run.encode(), digest_size=8).digest()) for run in sorted(runs)], np.uint64)
    with np.errstate(over="ignore"):
        least = ((hashed[:, None] * _ODD + _ADDED) >> np.uint64(32)).min(axis=0)
    return str(least.astype(">u4").tobytes().hex())


def split(pages: Sequence[Whose]) -> dict[str, str]:
    """Return the part of every page by its name. With fewer than three borrowers all train: the gates say so.

    A page that came after the first one tested on, of a borrower that is not, is left out: nothing is learnt from later than the test.
    """
    own: dict[str, list[Whose]] = defaultdict(list)
    for page in pages:
        own[page.borrower].append(page)
    if len(own) < len(PARTS):
        return {page.name: TRAIN for page in pages}
    tested = _newest(own)
    begins = min(page.at for borrower in tested for page in own[borrower])
    chosen = _stratified({borrower: its for borrower, its in own.items() if borrower not in tested})
    out = {}
    for page in pages:
        kept = CHOOSE if page.borrower in chosen else TRAIN
        out[page.name] = TEST if page.borrower in tested else kept if page.at <= begins else LEFT_OUT
    return out


def _newest(own: Mapping[str, Sequence[Whose]]) -> set[str]:
    """Return the borrowers first seen last that bear a tenth of what is to be learnt."""
    total, out, held = sum(_size(its) for its in own.values()), set[str](), 0
    for borrower in sorted(own, key=lambda b: (min(page.at for page in own[b]), b), reverse=True):
        if out and (held + _size(own[borrower]) > 1.5 * _TEST * total or held >= _TEST * total or len(out) + 2 >= len(own)):
            break
        out.add(borrower)
        held += _size(own[borrower])
    return out


def _stratified(own: Mapping[str, Sequence[Whose]]) -> set[str]:
    """Return the borrowers to choose by: each taken brings every kind and label nearest to its share; one at least."""
    strata = {borrower: Counter(stratum for page in its for stratum in page.strata) for borrower, its in own.items()}
    left = {stratum: _CHOOSE * number for stratum, number in sum(strata.values(), Counter[tuple[str, str]]()).items()}
    out: set[str] = set()

    def gain(borrower: str) -> float:
        return sum(abs(left[s]) - abs(left[s] - n) for s, n in strata[borrower].items())

    while len(out) + 1 < len(own):
        best = max(sorted(own.keys() - out), key=gain)
        if out and gain(best) <= 0:
            break
        out.add(best)
        left |= {stratum: left[stratum] - number for stratum, number in strata[best].items()}
    return out


def _size(pages: Iterable[Whose]) -> int:
    return sum(len(page.strata) for page in pages)


def alike(pages: Sequence[Whose]) -> list[tuple[Whose, Whose, float]]:
    """Return the pairs of pages that are nearly one, with the share that they have in common."""
    if not pages:
        return []
    table: NDArray[np.uint32] = np.array([np.frombuffer(bytes.fromhex(page.signature), ">u4") for page in pages])
    found = []
    for n, row in enumerate(table[:-1]):
        same = (table[n + 1 :] == row).mean(axis=1)
        found += [(pages[n], pages[n + 1 + int(other)], round(float(same[other]), 2)) for other in np.flatnonzero(same >= ALIKE)]
    return found


def leaks(pages: Sequence[Whose], part: Mapping[str, str]) -> list[str]:
    """Return, in words, every borrower and every page that stands on two sides."""
    sides: dict[str, set[str]] = defaultdict(set)
    for page in pages:
        sides[page.borrower].add(part[page.name])
    both = {borrower: sorted(found & set(PARTS)) for borrower, found in sorted(sides.items())}
    out = [f"borrower {borrower}: in {' and '.join(found)}" for borrower, found in both.items() if len(found) > 1]
    for one, other, share in alike([page for page in pages if part[page.name] in PARTS]):
        if part[one.name] != part[other.name]:
            out.append(f"page {one.name} ({part[one.name]}) and page {other.name} ({part[other.name]}) are alike by {share:.0%}")
    return out
