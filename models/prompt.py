"""Fact lines -> the tokens that the reasoner reads, and the places where its answer is read off. Words of closed lists only.

First a summary of what stands out; then a few words for each fact, at whose end its relation is read; the grade at the last token.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain import FactLine, Relation, Standing, Trend
from app.errors import SetupError

#: The word that stands for a relation, each one token.
ANSWERS = {Relation.UP: " up", Relation.DOWN: " down", Relation.CONFLICTS: " mixed", Relation.NEUTRAL: " none"}
_STANDINGS = (Standing.POOR, Standing.WEAK, Standing.GOOD, Standing.STRONG)
_TRENDS = (Trend.BETTER, Trend.WORSE)
GRADES = tuple("1234567")
#: Most tokens of a prompt, and most facts: what is left out stands last.
MOST_TOKENS, MOST_FACTS = 250, 32


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids and the places (indices of tokens) where the relation of each fact and, last, the grade are read."""

    ids: tuple[int, ...]
    places: tuple[int, ...]


def summary(facts: Sequence[FactLine]) -> str:
    """Return what stands out, by standing and trend: a line each of what is poor, weak, good, strong, better and worse."""
    groups: dict[str, list[str]] = {word: [] for word in (*_STANDINGS, *_TRENDS)}
    for fact in facts:
        for word in (fact.standing, fact.trend):
            if word in groups:
                groups[word].append(fact.name)
    return "".join(f" {word} {' '.join(names)}\n" for word, names in groups.items() if names)


def line(fact: FactLine) -> str:
    """Return a fact in a few words: what is steady and what passes goes without saying."""
    trend = [fact.trend] if fact.trend in _TRENDS else []
    verdict = [fact.verdict] if fact.verdict in ("marginal", "fails") else []
    return " " + " ".join([fact.name, fact.standing, *trend, *verdict])


class Prompter:
    """Writes prompts for one tokenizer; `answers` are the token ids of the relations, then of the grades."""

    def __init__(self, tokenizer: Any) -> None:
        """Take a transformers tokenizer. Raises SetupError where a word of the answer is not one token of it."""
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[int, ...]] = {}
        answers = [self._ids(word) for word in (*ANSWERS.values(), *GRADES)]
        if any(len(ids) != 1 for ids in answers) or len(set(answers)) != len(answers):
            raise SetupError("The Llama's tokenizer splits the words of the answer: the reasoner cannot be read off it. Use another Llama.")
        self.answers = tuple(ids[0] for ids in answers)

    def write(self, facts: Sequence[FactLine]) -> Prompt:
        """Return the prompt of `facts` (at most MOST_FACTS)."""
        ids = [token for piece in _pieces(summary(facts)) for token in self._ids(piece)]
        places = []
        for fact in facts:
            ids += [token for piece in (*_pieces(line(fact)), ":") for token in self._ids(piece)]
            places.append(len(ids) - 1)
        ids += (*self._ids("\n"), *self._ids(" grade"), *self._ids(":"))
        return Prompt(tuple(ids), (*places, len(ids) - 1))

    def write_what_fits(self, facts: Sequence[FactLine]) -> tuple[tuple[FactLine, ...], Prompt]:
        """Return the facts that fit into a prompt, and the prompt: what does not fit is left out from the end."""
        kept = tuple(facts[:MOST_FACTS])
        prompt = self.write(kept)
        while len(prompt.ids) > MOST_TOKENS and len(kept) > 1:
            kept = kept[:-1]
            prompt = self.write(kept)
        return kept, prompt

    def _ids(self, text: str) -> tuple[int, ...]:
        if text not in self._known:
            self._known[text] = tuple(self._tokenizer.encode(text, add_special_tokens=False))
        return self._known[text]


def _pieces(text: str) -> list[str]:
    """Split into words with the blank before them, and line ends: each is one token of most Llamas."""
    return re.findall(r" [^ \n]+|\n", text)
