"""Instruction records for the reasoner: facts in, relations and grade out, from planted causes and from real outcomes.

Of a real firm only what became of it is known: its record asks for the grade alone. The same record is written in three
formats (instruction, chat, completion); docs/reasoner-records.md shows them. No name and no text of a document is in any.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.domain import FactLine, Finding, Relation, Severity
from models.prompt import ANSWERS, line, summary
from rules import policy
from rules.account_facts import ratios_of
from rules.facts import fact_lines
from training.causes import Planted, plant

INSTRUCTION = "Say of each fact whether it drives the borrower's risk up or down, is mixed or does nothing, then the grade from 1 to 7."
#: Upper ends of the planted risk (log-odds) for the grades 1 to 6.
_GRADE_ENDS = (-1.0, -0.5, 0.0, 0.55, 1.2, 2.1)
#: Facts that only some packages give, dropped together.
_GROUPS = (
    ("dscr", "dscr_at_80_percent_revenue", "ltv", "request"),
    ("days_inventory", "days_payable"),
    ("fccr",),
    ("uca_coverage",),
    ("years_in_business",),
    ("nsf_items",),
    ("dscr_historical",),
)
#: Findings that say something of the papers, nothing of the risk: the reasoner must learn to leave them.
_IDLE = (
    ("required_documents_are_present", "complete", Severity.MEDIUM),
    ("statements_are_recent", "complete", Severity.LOW),
    ("rows_of_a_section_add_up", "foots", Severity.MEDIUM),
    ("ratios_lie_within_practice", "plausible", Severity.LOW),
    ("retained_earnings_follow_from_the_result", "rolls", Severity.LOW),
    ("every_page_can_be_read", "reading", Severity.MEDIUM),
    ("aging_agrees_with_receivables", "ties", Severity.LOW),
)


@dataclass(frozen=True, slots=True)
class Record:
    """One application: its facts, what each does to the risk (by fact id), and the grade.

    `failed` says what became of a real firm; its relations are not known and its grade is none.
    """

    facts: tuple[FactLine, ...]
    relations: Mapping[str, Relation]
    grade: int | None
    failed: bool | None = None


def planted_records(seed: int, count: int) -> Iterator[Record]:
    """Yield `count` invented applications with known drivers; the same for the same seed."""
    limits = policy.load().limits
    for number in range(count):
        rng = random.Random(f"{seed}-{number}")
        made = plant(rng)
        findings, drivers = _findings(made, rng)
        values = _thinned(made.values, rng)
        request = values["current"].pop("request", None)
        measures = {"statement_quality": _quality(rng)} | ({} if request is None else {"request": _decimal(request)})
        facts = fact_lines(ratios_of(values), findings, measures, limits)
        known = {**made.relations, **drivers}
        yield Record(facts, {f.id: _allowed(f, known.get(f.id, Relation.NEUTRAL)) for f in facts}, _grade(made.risk))


def _findings(made: Planted, rng: random.Random) -> tuple[list[Finding], dict[str, Relation]]:
    """Return the findings of an application, in no order, and those that a cause left there."""
    traces = [cause.finding for cause, _ in made.causes if cause.finding]
    idle = rng.sample(_IDLE, rng.choices((0, 1, 2), (4, 4, 2))[0])
    each = [*traces, *idle]
    rng.shuffle(each)
    return [Finding(id, theme, severity, "") for id, theme, severity in each], {id: Relation.UP for id, _, _ in traces}


def _thinned(values: Mapping[str, Mapping[str, float | None]], rng: random.Random) -> dict[str, dict[str, float | None]]:
    """Return the ratios without some that this package does not give; sometimes there is no prior period."""
    lost = {id for group in _GROUPS if rng.random() < 0.12 for id in group}
    lost |= {id for id in values["current"] if rng.random() < 0.03}
    kept = {period: {id: value for id, value in row.items() if id not in lost} for period, row in values.items()}
    if rng.random() < 0.07:
        kept["prior"] = {}
        for id in ("revenue_growth", "ebitda_growth", "uca_coverage"):
            kept["current"].pop(id, None)
    return kept


def _quality(rng: random.Random) -> Decimal:
    return _decimal(min(1.0, max(0.2, rng.gauss(0.93, 0.12))))


def _decimal(value: float) -> Decimal:
    return Decimal(f"{value:.4f}")


def _allowed(fact: FactLine, relation: Relation) -> Relation:
    """A driver that does not show in its figure cannot be told from it."""
    return relation if fact.allows(relation) else Relation.NEUTRAL


def _grade(risk: float) -> int:
    return 1 + sum(risk > end for end in _GRADE_ENDS)


# -- the three formats -------------------------------------------------------------------------------------------------


def written(record: Record) -> tuple[str, str]:
    """Return a record as (input, answer) in words; the reasoner reads the input and is read off between the facts."""
    answers = "".join(f" {fact.name}:{ANSWERS[record.relations[fact.id]]}" for fact in record.facts if fact.id in record.relations)
    return f"{summary(record.facts)}{''.join(line(fact) + ':' for fact in record.facts)}", f"{answers}\n grade:{record.grade or '?'}"


def instruction(record: Record) -> dict[str, str]:
    """Return a record in the instruction format (Alpaca)."""
    given, answer = written(record)
    return {"instruction": INSTRUCTION, "input": given, "output": answer}


def chat(record: Record) -> dict[str, list[dict[str, str]]]:
    """Return a record in the chat format (messages with roles)."""
    given, answer = written(record)
    roles = (("system", INSTRUCTION), ("user", given), ("assistant", answer))
    return {"messages": [{"role": role, "content": text} for role, text in roles]}


def completion(record: Record) -> dict[str, str]:
    """Return a record in the completion format (prompt and completion)."""
    given, answer = written(record)
    return {"prompt": given + "\n", "completion": answer}


FORMATS = {"instruction": instruction, "chat": chat, "completion": completion}


def lines(records: Sequence[Record], form: str) -> Iterator[str]:
    """Yield `records` as JSON lines in one of FORMATS."""
    for record in records:
        made: dict[str, Any] = FORMATS[form](record)  # type: ignore[assignment]
        yield json.dumps(made)
