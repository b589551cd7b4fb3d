"""Perplexity, ROUGE and BLEU of a text beside a reference, by their papers' definitions, on words in small letters.

The reasoner writes no word: its prose is made of the facts it cites. So these tell how near its rationale is to the one that the
planted drivers give; precision and recall of the drivers stay what decides.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence

Words = Sequence[str]


def words(text: str) -> list[str]:
    """Return the words of a text in small letters."""
    return re.findall(r"\w+", text.lower())


def perplexity(probabilities: Sequence[float]) -> float:
    """Return the perplexity of true answers that were given these probabilities: 1 where each was certain."""
    if not probabilities:
        return math.nan
    return math.exp(-sum(math.log(max(each, 1e-12)) for each in probabilities) / len(probabilities))


def rouge_n(given: Words, reference: Words, size: int) -> float:
    """Return the share of the reference's runs of `size` words that the given text has. Source: Lin, ROUGE, 2004."""
    true = _runs(reference, size)
    return sum((_runs(given, size) & true).values()) / max(1, sum(true.values()))


def rouge_l(given: Words, reference: Words) -> float:
    """Return the F-measure of the longest common subsequence. Source: Lin, ROUGE, 2004."""
    if not given or not reference:
        return 0.0
    row = [0] * (len(reference) + 1)
    for word in given:
        last = row
        row = [0]
        for place, true in enumerate(reference, 1):
            row.append(last[place - 1] + 1 if word == true else max(last[place], row[-1]))
    return 2 * row[-1] / (len(given) + len(reference))


def bleu(pairs: Sequence[tuple[Words, Sequence[Words]]], most: int = 4) -> float:
    """Return the BLEU of texts, each with its references: clipped n-gram precision and brevity. Source: Papineni et al., BLEU, 2002."""
    hit, told = Counter[int](), Counter[int]()
    length = nearest = 0
    for given, references in pairs:
        length += len(given)
        nearest += min((len(each) for each in references), key=lambda size: (abs(size - len(given)), size))
        for size in range(1, most + 1):
            allowed = Counter[tuple[str, ...]]()
            for reference in references:
                allowed |= _runs(reference, size)
            hit[size] += sum((_runs(given, size) & allowed).values())
            told[size] += max(0, len(given) - size + 1)
    if not all(hit[size] for size in range(1, most + 1)):
        return 0.0
    precision = sum(math.log(hit[size] / told[size]) for size in range(1, most + 1)) / most
    return math.exp(precision + min(0.0, 1 - nearest / length))


def _runs(text: Words, size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(text[at : at + size]) for at in range(len(text) - size + 1))
