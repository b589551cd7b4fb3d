"""`loanlens rate --table`: a table of accounts -> the same table with probability of default, grade and reasons, row by row."""

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from app.account_table import AccountTable, read_table
from app.domain import Rationale, Relation, RiskOpinion
from app.errors import UsageError
from app.reasoning import Ask, facts_of_rows
from app.report.csv import safe_cell
from models.ensemble import Ensemble, expected_grade
from models.risk_ratios import ACCOUNTS, PRIOR, ratios
from rules import reasons
from rules.policy import Policy

_ADDED = ("probability_of_default", "grade", "reasons")
_REASONED = ("reasoner_grade", "weaknesses")


def rate_table(table: Path, out: Path, ensemble: Ensemble, policy: Policy, ask: Ask | None = None) -> list[str]:
    """Rate the rows of `table`, write them to `out` in their order, and return what the reader should know of them, a line each.

    With `ask`, the reasoner's expected grade and the facts it finds weak are added, and its grade is weighed where the ensemble was
    found to gain by it. Raises UsageError where the table is none, already holds a column that is added, or `out` cannot be written.
    """
    read = read_table(table, ACCOUNTS)
    added = (*_ADDED, *(_REASONED if ask else ()))
    if taken := [name for name in added if name in read.header]:
        raise UsageError(f"{table} has a column {taken[0]} already. Rename it: this command adds {', '.join(added)}.")
    rationales = [ask(facts) for facts in facts_of_rows(read.accounts, len(read.rows))] if ask else []
    grades = np.array([expected_grade(made.signal) if made.signal else np.nan for made in rationales]) if ask else None
    opinions = ensemble.opinions(ratios(read.accounts), grades)
    cells = [_rated(opinion, policy) for opinion in opinions]
    told = [_reasoned(made) for made in rationales] or [()] * len(cells)
    _write(out, [(*read.header, *added), *((*row, *cell, *said) for row, cell, said in zip(read.rows, cells, told, strict=True))])
    notes = [*_notes(opinions), *_of_prior(read)]
    return [*notes, *([f"Passed through: {', '.join(other)}."] if (other := read.others) else [])]


def _write(out: Path, rows: Sequence[Sequence[str]]) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(map(safe_cell, row) for row in rows)
    except OSError as error:
        raise UsageError(f"{out} could not be written: {error.strerror}. Name another file, or make room.") from error


def _rated(opinion: RiskOpinion, policy: Policy) -> tuple[str, ...]:
    if not opinion.known:
        return "", "", "no account of this row could be used"
    told = "; ".join(reason.text for reason in reasons.of_the_score(opinion))
    return f"{opinion.probability_of_default:.6f}", str(policy.grade_of(opinion.probability_of_default)), told


def _reasoned(made: Rationale) -> tuple[str, ...]:
    weak = "; ".join(reason.fact for reason in made.reasons if reason.relation is Relation.UP)
    return f"{expected_grade(made.signal):.2f}" if made.signal else "", weak


def _notes(opinions: Sequence[RiskOpinion]) -> list[str]:
    rated = [opinion for opinion in opinions if opinion.known]
    beyond, lost = [len(opinion.outside) / opinion.weighed for opinion in rated if opinion.outside], len(opinions) - len(rated)
    said = f"Rated {len(rated)} of {len(opinions)} rows; {len(beyond)} have a ratio beyond what the model was fitted on"
    notes = [f"{said}, of their ratios {np.mean(beyond):.1%}." if beyond else f"{said}."]
    return [*notes, f"{lost} rows hold no usable account and stay without a probability."] if lost else notes


def _of_prior(read: AccountTable) -> list[str]:
    """Return what to know of the rows that give nothing of the prior period."""
    prior = [column for name, column in read.accounts.items() if name.startswith(PRIOR)]
    without = int(np.isnan(prior).all(axis=0).sum()) if prior else len(read.rows)
    if not without:
        return []
    said = f"{without} of {len(read.rows)} rows give no figure of the prior period (columns that end in _prior)"
    return [f"{said}: they are rated on the current one alone, which tells borrowers apart less well and puts the level too low."]
