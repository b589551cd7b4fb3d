"""The step of the walk that reasons: facts in, a rationale out that holds up; the rules stand in where the reasoner's does not.

The reasoner is asked, and once more where guardrails refuse its answer or it took too long. What was refused is counted and told.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Protocol

from app.domain import FactLine, Finding, LoanApplication, ModelVersion, Origin, Ratio, Rationale, Spread
from app.errors import ReasonerFailed
from models.risk_ratios import PRIOR, Column, completed
from rules import guardrails, policy
from rules.account_facts import account_facts
from rules.facts import fact_lines
from rules.questions import questions
from rules.rationale import rationale

#: Below this many ratios there is nothing to reason about.
LEAST_FACTS = 3
_TRIES = 2
_SURE = 0.8  # a figure read with less confidence, or in two ways, is in doubt
_CURRENT = "current"

#: Facts -> their rationale, the reasoner's or the rules'.
Ask = Callable[[Sequence[FactLine]], Rationale]


class Reasons(Protocol):
    """What the walk asks of a reasoner. `fault` is what was wrong with its answer before."""

    version: ModelVersion

    def explain(self, facts: Sequence[FactLine], fault: str = "") -> Rationale:
        """Return the rationale of `facts`, without questions. Raises ReasonerFailed where there is no answer."""


def too_long(seconds: float) -> str:
    """Return the fault of an answer that took more than `seconds`."""
    return f"took longer than {seconds:g} seconds"


class Counts:
    """How often the reasoner answered, was asked again, and gave way to the rules, by what was wrong. For this run."""

    def __init__(self) -> None:
        self.asked = self.again = self.gave_way = 0
        self.faults: Counter[str] = Counter()

    def line(self) -> str:
        """Return the counts in a sentence."""
        return f"reasoner: {self.asked} asked, {self.again} asked again, {self.gave_way} left to the rules"


COUNTS = Counts()


def facts_of(
    ratios: Sequence[Ratio], findings: Sequence[Finding], spread: Spread, application: LoanApplication | None
) -> tuple[FactLine, ...]:
    """Return the facts of an application that an opinion may rest on."""
    measures: dict[str, Decimal] = {}
    read = [item for statement in spread.statements for item in statement.items if item.origin is Origin.READ]
    if read:
        doubted = sum(bool(i.repaired or i.alternatives) or i.confidence < _SURE for i in read)
        measures["statement_quality"] = 1 - Decimal(doubted) / len(read)
    revenue = next((i.value for s in spread.statements if (i := s.item("revenue", _CURRENT))), None)
    if application and application.facility.amount and revenue and revenue > 0:
        measures["request"] = application.facility.amount / revenue
    return fact_lines(ratios, findings, measures, policy.load().limits)


def facts_of_rows(accounts: Mapping[str, Column], rows: int) -> list[tuple[FactLine, ...]]:
    """Return the facts of every row of a table of accounts (columns by id, the prior period's begin with `prior_`)."""
    limits = policy.load().limits
    now, before = (_years(completed(accounts, prefix, rows)) for prefix in ("", PRIOR))
    return [account_facts(year, earlier, limits) for year, earlier in zip(now, before, strict=True)]


def _years(columns: Mapping[str, Column]) -> list[dict[str, float | None]]:
    """Return the accounts of a period row by row; nothing where none is known."""
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [{name: value for name, value in zip(columns, row, strict=True) if math.isfinite(value)} for row in rows]


def explain(
    facts: Sequence[FactLine], reasoner: Reasons | None, seconds: float, unreasoned: str = "", counts: Counts = COUNTS
) -> Rationale:
    """Return the rationale of `facts`: the reasoner's, or the rules' with a note that says why. A try may take `seconds`.

    `unreasoned` says why there is no reasoner.
    """
    if reasoner is None:
        return rationale(facts, f"By the rules: {unreasoned or 'there is no reasoner in service.'}")
    if len(facts) < LEAST_FACTS:
        return rationale(facts, f"By the rules: only {len(facts)} facts could be read.")
    counts.asked += 1
    fault = refused = ""
    for number in range(_TRIES):
        counts.again += number
        started = time.monotonic()
        try:
            made = reasoner.explain(facts, refused)
        except ReasonerFailed as error:
            fault = refused = str(error)
        else:
            refused = guardrails.fault(made)
            if not refused and time.monotonic() - started <= seconds:
                return replace(made, questions=questions(made.reasons, {fact.id: fact.name for fact in facts}))
            fault = refused or too_long(seconds)  # a slow answer is asked for again as it was: the clock has no say in what it is
        counts.faults[fault] += 1
    counts.gave_way += 1
    return rationale(facts, f"By the rules, since the reasoner's answer was refused: it {fault}.")
