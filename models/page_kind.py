"""The page classifier: what kind of document a page belongs to, and whether a new document begins on it.

A linear model over the page's words, read before the package is split. It sees words, their place (top or not) and never amounts.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from app.domain import DocumentKind, ModelVersion, Page
from app.errors import SetupError

#: Features are told apart by a hash of this many values: few enough for a small file, many enough that clashes do not matter.
FEATURES = 1 << 16
_TOP = 0.22  # share of the page's height in which titles stand
_NUMBER = re.compile(r"[\d.,()$£€%/:*x-]*\d[\d.,()$£€%/:*x-]*")
_FIRST_OF = re.compile(r"\bpage\s*:?\s*1\b(?!\d)|\b1\s+(?:of|/)\s+\d", re.IGNORECASE)
_LATER_OF = re.compile(r"\bpage\s*:?\s*(?:[2-9]|1\d)\b|\b(?:[2-9]|1\d)\s+(?:of|/)\s+\d|\bcontinued\b|\(cont", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageGuess:
    """What the classifier makes of a page: a probability per kind, the likeliest first, and that a document begins on it."""

    kinds: tuple[tuple[DocumentKind, float], ...]
    begins: float


class PageClassifier:
    """A loaded page classifier. Build it with `load`."""

    def __init__(self, weights: NDArray[np.float32], kinds: Sequence[DocumentKind], version: ModelVersion) -> None:
        """Take `weights` (FEATURES + 1 rows, the last is the intercept; a column per kind and one for beginnings)."""
        self._weights, self._kinds, self.version = weights, tuple(kinds), version

    def classify(self, pages: Sequence[Page]) -> tuple[PageGuess, ...]:
        """Return a guess for each of `pages`, in order."""
        return tuple(self._guess(page) for page in pages)

    def _guess(self, page: Page) -> PageGuess:
        columns, values = features(page)
        scores = self._weights[columns].T @ values + self._weights[-1]
        likely = np.exp(scores[:-1] - scores[:-1].max())
        named = zip(self._kinds, (likely / likely.sum()).tolist(), strict=True)
        return PageGuess(tuple(sorted(named, key=lambda pair: -pair[1])), float(1 / (1 + np.exp(-scores[-1]))))


def features(page: Page) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the page's features as (column numbers, values): damped counts of what is printed, of length one together."""
    counts = Counter(crc32(token.encode()) % FEATURES for token in _tokens(page))
    columns = np.fromiter(counts, np.int64, len(counts))
    values = 1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))
    return columns, (values / max(1e-9, float(np.sqrt((values * values).sum())))).astype(np.float32)


def _tokens(page: Page) -> Iterator[str]:
    """Yield what a page shows: words, pairs of words, parts of words (OCR loses letters), titles once more, the page's number."""
    yield f"lines:{min(6, len(page.lines).bit_length())}"
    for line in page.lines:
        words = [_shape(w.text) for w in page.words[line.span.start : min(line.span.stop, line.span.start + 60)]]
        top = line.box.top < _TOP
        for word, after in zip(words, [*words[1:], "$"], strict=True):
            yield word
            yield f"{word} {after}"
            if top:
                yield f"^{word} {after}"
            if len(word) > 3:
                yield from (f"~{word[i : i + 4]}" for i in range(len(word) - 3))
    text = page.text
    yield f"first:{bool(_FIRST_OF.search(text))}"
    yield f"later:{bool(_LATER_OF.search(text))}"


def _shape(text: str) -> str:
    return "#" if _NUMBER.fullmatch(text) else text.lower().strip(".,:;()[]|")


def load(folder: Path) -> PageClassifier:
    """Load the page classifier in `folder` (card.json, model.safetensors). Raises SetupError where a file is missing."""
    missing = [name for name in ("card.json", "model.safetensors") if not (folder / name).is_file()]
    if missing:
        raise SetupError(f"The page classifier in {folder} lacks {', '.join(missing)}. Train one with `loanlens train page-kind`.")
    from safetensors.numpy import load_file

    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    weights = load_file(folder / "model.safetensors")["weights"].astype(np.float32)
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    kinds = [DocumentKind(kind) for kind in card["kinds"]]
    return PageClassifier(weights, kinds, ModelVersion("page_kind", str(card["version"]), sha256))
