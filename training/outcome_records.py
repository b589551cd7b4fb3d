"""Real firms' years with what became of them -> records that ask for the grade alone. The table is read, never kept.

Columns: firm, year, fails_next_year (0 or 1) and accounts under the template's ids; accounts may be missing. The firm's previous
year is joined for trends. No size of anything enters.
"""

import csv
import gzip
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.errors import UsageError
from rules import policy
from rules.facts import fact_lines
from training.books_in_brief import ratios_of
from training.reasoner_records import Record

_NEEDED = ("firm", "year", "fails_next_year", "revenue", "total_assets", "total_liabilities")
_DAYS = 365
#: Survivors for each failure: rarer than in life, so that a short training sees failures at all.
_SURVIVORS = 3

Row = Mapping[str, float | None]


def outcome_records(table: Path, count: int, years: tuple[int, int], seed: int) -> list[Record]:
    """Return up to `count` records of firms' years within `years`, a quarter of them failures where there are enough.

    Raises UsageError where the table lacks a column or holds no failure.
    """
    rows = _read(table)
    chosen = [key for key in rows if years[0] <= key[1] <= years[1]]
    rng = random.Random(seed)
    rng.shuffle(chosen)
    failed = [key for key in chosen if rows[key]["fails_next_year"]]
    if not failed:
        raise UsageError(f"{table} holds no failure in {years[0]}-{years[1]}: there is nothing to learn from it.")
    failed = failed[: count // (1 + _SURVIVORS)]
    survived = [key for key in chosen if not rows[key]["fails_next_year"]][: len(failed) * _SURVIVORS]
    limits = policy.load().limits
    made = []
    for firm, year in (*failed, *survived):
        now, before = rows[firm, year], rows.get((firm, year - 1))
        values = {"current": _known(_of_one_year(now) | (_growth(now, before) if before else {}))}
        values["prior"] = _known(_of_one_year(before)) if before else {}
        made.append(Record(fact_lines(ratios_of(values), (), {}, limits), {}, None, bool(now["fails_next_year"])))
    rng.shuffle(made)
    return made


def _read(table: Path) -> dict[tuple[str, int], Row]:
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


def _over(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below is not None and below > 0 else None


def _known(values: Mapping[str, float | None]) -> dict[str, float | None]:
    return {id: value for id, value in values.items() if value is not None}


def _of_one_year(of: Row) -> dict[str, float | None]:
    get = of.get
    assets, owed, ebitda, sales = get("total_assets"), get("total_liabilities"), get("ebitda"), get("revenue")
    worth = assets - owed if assets is not None and owed is not None else None
    stock, customers = _over(get("inventory"), get("cost_of_sales")), _over(get("accounts_receivable"), sales)
    return {
        "current_ratio": _over(get("total_current_assets"), get("total_current_liabilities")),
        "debt_to_ebitda": _over(get("long_term_debt"), ebitda),
        "liabilities_to_tangible_net_worth": _over(owed, worth),
        "debt_to_assets": _over(get("long_term_debt"), assets),
        "asset_turnover": _over(sales, assets),
        "gross_margin": _over(get("gross_profit"), sales),
        "operating_margin": _over(get("operating_income"), sales),
        "return_on_assets": _over(get("net_income"), assets),
        "days_receivable": None if customers is None else customers * _DAYS,
        "days_inventory": None if stock is None else stock * _DAYS,
    }


def _growth(now: Row, before: Row) -> dict[str, float | None]:
    pairs: Sequence[tuple[str, str]] = (("revenue_growth", "revenue"), ("ebitda_growth", "ebitda"))
    multiples = {id: _over(now.get(account), before.get(account)) for id, account in pairs}
    return {id: None if multiple is None else multiple - 1 for id, multiple in multiples.items()}
