"""A table of outcomes: a firm-year a row, its accounts, and whether the firm failed within the next year. Nothing is fitted here.

Columns: `firm`, `year`, `fails_next_year` (0 or 1) and accounts by id. The prior period is joined by firm and year where the
table has no `_prior` columns. `reasoner_signal` (a grade from 1 to 7) is optional, and may be given for rows drawn at random alone.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.account_table import AccountTable, read_table
from app.errors import UsageError
from models.risk_ratios import ACCOUNTS, PRIOR, Column, ratios

#: A firm's years count once each.
LABEL = "fails_next_year"
SIGNAL = "reasoner_signal"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Firm-years: who, when, whether it failed within the next year, the accounts, and what the scorecard weighs (a row each).

    `signal` is the reasoner's expected grade, NaN where it was not asked; `signal_by` says which reasoner gave it.
    """

    firm: NDArray[np.str_]
    year: NDArray[np.int64]
    fails: NDArray[np.bool_]
    accounts: dict[str, Column]
    ratios: Column
    signal: Column | None = None
    signal_by: str = ""

    @property
    def asked(self) -> NDArray[np.bool_]:
        """Say of which firm-years the reasoner gave a grade."""
        return np.isfinite(self.signal) if self.signal is not None else np.zeros(len(self), dtype=np.bool_)

    @property
    def weights(self) -> Column:
        """Return what each firm-year that the reasoner was asked of stands for, and none of the others.

        Failures and survivals are drawn apart: each kind weighs as much as all of it in the table.
        """
        asked = self.asked
        shares = [asked[self.fails == kind].mean() if (self.fails == kind).any() else 1.0 for kind in (False, True)]
        return np.where(asked, 1 / np.maximum(np.array(shares)[self.fails.astype(np.int64)], 1e-12), 0.0)

    def __len__(self) -> int:
        """Return the number of firm-years."""
        return len(self.firm)

    def take(self, rows: NDArray[np.bool_]) -> "Outcomes":
        """Return the firm-years marked in `rows`."""
        accounts = {name: column[rows] for name, column in self.accounts.items()}
        signal = self.signal[rows] if self.signal is not None else None
        return Outcomes(self.firm[rows], self.year[rows], self.fails[rows], accounts, self.ratios[rows], signal, self.signal_by)

    def between(self, first: int, last: int) -> "Outcomes":
        """Return the firm-years from `first` to `last`."""
        return self.take((self.year >= first) & (self.year <= last))


def read_outcomes(path: Path) -> Outcomes:
    """Read a table of outcomes. Raises UsageError where it is none, or says of a firm-year two things."""
    table = read_table(path, ACCOUNTS)
    firm, year, fails = np.array(table.texts("firm"), dtype=np.str_), _whole(table, "year"), _whole(table, LABEL)
    if not np.isin(fails, (0, 1)).all():
        raise UsageError(f"{path}: {LABEL} must be 0 or 1.")
    if len(set(zip(firm.tolist(), year.tolist(), strict=True))) < len(firm):
        raise UsageError(f"{path} has a firm twice in one year. Keep one row for each firm and year.")
    if fails.all() or not fails.any():
        raise UsageError(f"{path}: every firm-year has the same outcome. Both failures and survivals are needed.")
    accounts = dict(table.accounts)
    if not any(name.startswith(PRIOR) for name in accounts):
        accounts |= _prior(firm, year, accounts)
    signal = table.numbers(SIGNAL) if SIGNAL in table.header else None
    return Outcomes(firm, year, fails.astype(np.bool_), accounts, ratios(accounts), signal, SIGNAL if signal is not None else "")


def _whole(table: AccountTable, name: str) -> NDArray[np.int64]:
    numbers = table.numbers(name)
    if np.isnan(numbers).any() or (numbers != np.round(numbers)).any():
        raise UsageError(f"{table.path}: {name} must hold a whole number in every row.")
    return numbers.astype(np.int64)


def _prior(firm: NDArray[np.str_], year: NDArray[np.int64], accounts: dict[str, Column]) -> dict[str, Column]:
    """Return the accounts of each firm's year before, missing where the table does not hold it."""
    rows = {key: row for row, key in enumerate(zip(firm.tolist(), year.tolist(), strict=True))}
    before = np.array([rows.get((f, y - 1), -1) for f, y in zip(firm.tolist(), year.tolist(), strict=True)])
    return {PRIOR + name: np.where(before >= 0, column[before], np.nan) for name, column in accounts.items()}


def horizon(outcomes: Outcomes, years: int) -> NDArray[np.bool_]:
    """Say which firm-years came at most `years` before the firm's failure: more examples of firms on their way to it."""
    failed = {f: y for f, y, fails in zip(outcomes.firm.tolist(), outcomes.year.tolist(), outcomes.fails, strict=True) if fails}
    left = [failed.get(f, -1) - y for f, y in zip(outcomes.firm.tolist(), outcomes.year.tolist(), strict=True)]
    return np.array([0 <= each < years for each in left], dtype=np.bool_)
