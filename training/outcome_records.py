"""Real firms' years with what became of them -> records that ask for the grade alone. The table is read, never kept.

Columns: firm, year, fails_next_year (0 or 1) and accounts under the template's ids; accounts may be missing. The firm's previous
year is joined for trends. No size of anything enters.
"""

import csv
import gzip
import random
from collections.abc import Mapping
from pathlib import Path

from app.errors import UsageError
from rules import policy
from rules.account_facts import Year, account_facts
from training.reasoner_records import Record

_NEEDED = ("firm", "year", "fails_next_year", "revenue", "total_assets", "total_liabilities")
#: Survivors for each failure: rarer than in life, so that a short training sees failures at all.
_SURVIVORS = 3

#: What the reasoner may be trained on; the years after them are for measuring.
FITTED_YEARS = (1999, 2011)

_Key = tuple[str, int]


def outcome_records(table: Path, count: int, years: tuple[int, int], seed: int) -> list[Record]:
    """Return up to `count` records of firms' years within `years`, a quarter of them failures where there are enough.

    Raises UsageError where the table lacks a column or holds no failure.
    """
    rows = _read(table)
    limits, made = policy.load().limits, []
    rng = random.Random(seed)
    for firm, year in _chosen(rows, count, years, rng):
        now, before = rows[firm, year], rows.get((firm, year - 1))
        made.append(Record(account_facts(now, before, limits), {}, None, bool(now["fails_next_year"])))
    rng.shuffle(made)
    return made


def firms_seen(table: Path, count: int, years: tuple[int, int], seed: int) -> frozenset[str]:
    """Return the firms that `outcome_records` makes its records of: a reasoner trained on them is no test on them."""
    return frozenset(firm for firm, _ in _chosen(_read(table), count, years, random.Random(seed)))


def _chosen(rows: Mapping[_Key, Year], count: int, years: tuple[int, int], rng: random.Random) -> list[_Key]:
    """Return the firm-years within `years` that become records, failures first."""
    chosen = [key for key in rows if years[0] <= key[1] <= years[1]]
    rng.shuffle(chosen)
    failed = [key for key in chosen if rows[key]["fails_next_year"]][: count // (1 + _SURVIVORS)]
    if not failed:
        raise UsageError(f"The table holds no failure in {years[0]}-{years[1]}: there is nothing to learn from it.")
    return [*failed, *[key for key in chosen if not rows[key]["fails_next_year"]][: len(failed) * _SURVIVORS]]


def _read(table: Path) -> dict[_Key, Year]:
    with gzip.open(table, "rt", newline="") if table.suffix == ".gz" else table.open(newline="") as file:
        reader = csv.DictReader(file)
        if missing := [name for name in _NEEDED if name not in (reader.fieldnames or ())]:
            raise UsageError(f"{table} lacks the columns {', '.join(missing)}.")
        try:
            return {
                (row["firm"], int(row["year"])): {k: float(v) if v else None for k, v in row.items() if k not in ("firm", "year")}
                for row in reader
            }
        except (TypeError, ValueError) as error:
            raise UsageError(f"{table}, line {reader.line_num}: {error}. Years and amounts must be plain numbers.") from error
