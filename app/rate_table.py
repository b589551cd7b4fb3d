"""`loanlens rate --table`: a table of accounts -> the same table with probability of default, grade and reasons, row by row."""

import csv
from collections.abc import Sequence
from pathlib import Path

from app.account_table import read_table
from app.domain import RiskOpinion
from app.errors import UsageError
from app.report.table import safe_cell
from models.ensemble import Ensemble
from models.risk_ratios import ACCOUNTS, ratios
from rules import reasons
from rules.policy import Policy

_ADDED = ("probability_of_default", "grade", "reasons")


def rate_table(table: Path, out: Path, ensemble: Ensemble, policy: Policy) -> list[str]:
    """Rate the rows of `table`, write them to `out` in their order, and return what the reader should know of them, a line each.

    Raises UsageError where the table is none, already holds a column that is added, or `out` cannot be written.
    """
    read = read_table(table, ACCOUNTS)
    taken = [name for name in _ADDED if name in read.header]
    if taken:
        raise UsageError(f"{table} has a column {taken[0]} already. Rename it: this command adds {', '.join(_ADDED)}.")
    opinions = ensemble.opinions(ratios(read.accounts))
    rows = [(*row, *_rated(opinion, policy)) for row, opinion in zip(read.rows, opinions, strict=True)]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([map(safe_cell, row) for row in ((*read.header, *_ADDED), *rows)])
    except OSError as error:
        raise UsageError(f"{out} could not be written: {error.strerror}. Name another file, or make room.") from error
    return [*_notes(opinions), *([f"Passed through: {', '.join(other)}."] if (other := read.others) else [])]


def _rated(opinion: RiskOpinion, policy: Policy) -> tuple[str, str, str]:
    if not opinion.known:
        return "", "", "no account of this row could be used"
    told = "; ".join(reason.text for reason in reasons.of_the_score(opinion))
    return f"{opinion.probability_of_default:.6f}", str(policy.grade_of(opinion.probability_of_default)), told


def _notes(opinions: Sequence[RiskOpinion]) -> list[str]:
    rated = [opinion for opinion in opinions if opinion.known]
    beyond, lost = sum(bool(opinion.outside) for opinion in rated), len(opinions) - len(rated)
    notes = [f"Rated {len(rated)} of {len(opinions)} rows; {beyond} have a ratio beyond what the model was fitted on."]
    return [*notes, f"{lost} rows hold no usable account and stay without a probability."] if lost else notes
