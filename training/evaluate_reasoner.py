"""Measures the reasoner on invented applications with known drivers, beside the rule-based rationale: `loanlens evaluate reasoner`.

Answers are counted before guardrails (as the reasoner gives them) and after. A driver is a fact with what it does to the risk.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from app.domain import FactLine, Rationale, Relation
from app.reasoning import Counts, Reasons, explain
from models.prompt import ANSWERS, line
from models.reasoner import Reasoner
from rules import guardrails
from rules.rationale import rationale
from training.reasoner_records import Record
from training.text_measures import bleu, perplexity, rouge_l, rouge_n, words

#: What drives the risk; a fact that looks otherwise is measured apart.
DRIVERS = (Relation.UP, Relation.DOWN)
ALL = (*DRIVERS, Relation.CONFLICTS)


@dataclass(frozen=True, slots=True)
class Found:
    """How many drivers were named rightly, wrongly and not."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Return the share of the named drivers that are true."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Return the share of the true drivers that are named."""
        return self.right / max(1, self.right + self.missed)


class Listening:
    """A reasoner whose first answers are kept as it gave them, with the milliseconds that each took."""

    def __init__(self, reasoner: Reasons) -> None:
        self._reasoner, self.version = reasoner, reasoner.version
        self.first, self.times = list[Rationale](), list[float]()

    def explain(self, facts: Sequence[FactLine], fault: str = "") -> Rationale:
        """Return what the reasoner gives."""
        started = time.perf_counter()
        made = self._reasoner.explain(facts, fault)
        if not fault:
            self.first.append(made)
            self.times.append(1000 * (time.perf_counter() - started))
        return made


def found(pairs: Iterable[tuple[Record, Rationale]], relations: Sequence[Relation]) -> Found:
    """Return how the reasons of rationales compare with the planted `relations`."""
    counts: Counter[str] = Counter()
    for record, made in pairs:
        true = {(id, r) for id, r in record.relations.items() if r in relations}
        named = {(reason.fact, reason.relation) for reason in made.reasons if reason.relation in relations}
        counts.update(right=len(true & named), wrong=len(named - true), missed=len(true - named))
    return Found(counts["right"], counts["wrong"], counts["missed"])


def evaluate(reasoner: Reasons, records: Sequence[Record], seconds: float) -> dict[str, float]:
    """Return every figure by its name."""
    counts, listening = Counts(), Listening(reasoner)
    final = [explain(record.facts, listening, seconds, counts=counts) for record in records]
    raw, times = listening.first, listening.times
    rules = [rationale(record.facts) for record in records]
    out = {"applications": float(len(records)), **_guarded("before guardrails", raw), **_guarded("after guardrails", final)}
    out |= {"asked again": counts.again, "left to the rules": counts.gave_way}
    for name, relations in (("drivers", DRIVERS), ("drivers and conflicts", ALL), ("conflicts", (Relation.CONFLICTS,))):
        for author, given in (("reasoner", final), ("rules", rules)):
            measured = found(zip(records, given, strict=True), relations)
            out |= {f"{name}, {author}: precision": measured.precision, f"{name}, {author}: recall": measured.recall}
    grades = [(record.grade, _grade(made)) for record, made in zip(records, final, strict=True) if record.grade and made.signal]
    if grades:
        out["grade within one"] = fmean(abs(true - given) <= 1 for true, given in grades)
    out |= text_figures(records, final, reasoner)
    ordered = sorted(times)
    return out | {f"latency P{share}, ms": ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95, 99)}


def text_figures(records: Sequence[Record], made: Sequence[Rationale], reasoner: Reasons) -> dict[str, float]:
    """Return ROUGE and BLEU of the rationales in words beside those that the planted drivers give, and the reasoner's perplexity on these.

    The words are those of the prompt: a line for each cited fact with what it does. A reasoner behind a server tells no perplexity.
    """
    pairs = [
        (_in_words(record.facts, {reason.fact: reason.relation for reason in of.reasons}), _in_words(record.facts, record.relations))
        for record, of in zip(records, made, strict=True)
    ]
    out = {
        "words, ROUGE-1": fmean(rouge_n(given, true, 1) for given, true in pairs),
        "words, ROUGE-2": fmean(rouge_n(given, true, 2) for given, true in pairs),
        "words, ROUGE-L": fmean(rouge_l(given, true) for given, true in pairs),
        "words, BLEU": bleu([(given, [true]) for given, true in pairs]),
    }
    if isinstance(reasoner, Reasoner):
        out["perplexity of the true relations"] = perplexity([p for record in records for p in _of_the_true(reasoner, record)])
    return out


def _in_words(facts: Sequence[FactLine], relations: Mapping[str, Relation]) -> list[str]:
    cited = [fact for fact in facts if relations.get(fact.id, Relation.NEUTRAL) is not Relation.NEUTRAL]
    return words("".join(f"{line(fact)} {ANSWERS[relations[fact.id]]} " for fact in cited))


def _of_the_true(reasoner: Reasoner, record: Record) -> list[float]:
    kept, likely, _ = reasoner.weigh(record.facts)
    order = list(Relation)
    known = [(n, record.relations[fact.id]) for n, fact in enumerate(kept) if fact.id in record.relations]
    return [float(likely[n, order.index(relation)]) for n, relation in known]


def _grade(made: Rationale) -> int:
    """Return the likeliest grade of the risk signal."""
    return 1 + made.signal.index(max(made.signal))


def _guarded(when: str, made: Sequence[Rationale]) -> Mapping[str, float]:
    """Return the shares of rationales that keep each group of guardrails."""
    shape = (guardrails.cites_something, guardrails.cites_each_fact_once)
    valid = fmean(not any(guard(each) for guard in shape) for each in made)
    given = fmean(not guardrails.cites_given_facts_only(each) for each in made)
    agrees = fmean(not guardrails.agrees_with_the_figures(each) for each in made)
    return {f"{when}: valid": valid, f"{when}: cites only given facts": given, f"{when}: agrees with the figures": agrees}


def wins(figures: Mapping[str, float]) -> bool:
    """Say whether the reasoner finds the drivers better than the rules, in precision and in recall."""
    sides = ("precision", "recall")
    return all(figures[f"drivers, reasoner: {side}"] > figures[f"drivers, rules: {side}"] for side in sides)


