"""The arithmetic that a statement obeys: which printed rows add up to which, learned from the statement itself.

A sum is believed where it holds in one period at least and fails in no more periods than it holds in; what double entry
demands is believed always. `rules/reconcile.py` weighs readings by these; findings are the business of `rules/themes`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain import FinancialStatement, LineItem, Origin, Period
from rules.accounts import ACCOUNT

#: total = plus - minus, and the minuses that a sheet may do without; `always`: double entry demands it.
BY_ACCOUNT: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...], bool], ...] = (
    ("total_assets", ("total_liabilities_and_equity",), (), (), True),
    ("net_assets", ("total_equity",), (), (), True),
    ("total_liabilities_and_equity", ("total_liabilities", "total_equity"), (), (), False),
    ("net_current_assets", ("total_current_assets",), ("total_current_liabilities",), (), False),
    ("total_assets_less_current_liabilities", ("total_fixed_assets", "net_current_assets"), (), (), False),
    (
        "net_assets",
        ("total_assets_less_current_liabilities",),
        (),
        ("creditors_due_after_one_year", "provisions", "accruals_deferred_income"),
        False,
    ),
    ("gross_profit", ("revenue",), ("cost_of_sales",), (), False),
    ("operating_income", ("gross_profit",), ("operating_expenses",), (), False),
    ("operating_income", ("revenue",), ("total_costs_and_expenses",), (), False),
    ("net_income", ("income_before_tax",), ("income_tax_expense",), (), False),
)
#: Accounts that add up rows above them.
TOTALS = frozenset(
    {total for total, *_ in BY_ACCOUNT}
    | {"total_current_assets", "total_fixed_assets", "total_current_liabilities", "total_liabilities", "total_equity"}
    | {"operating_cash_flow", "investing_cash_flow", "financing_cash_flow", "cash_end_of_period", "operating_expenses"}
)
_TOTAL = re.compile(r"^\W*(?:total|sub|net\b|$)|\bnet\W*$", re.IGNORECASE)
_BRACKETED = re.compile(r"^[$£€ ]*(?:\(|[-−–]\s*[$£€]?\d)")
_LESS = re.compile(r"^\W*less\b", re.IGNORECASE)
_SAME_ROW = 0.008  # of the page's height: amounts of one row may lie this far apart
_SMALL = 20  # units: sums of less come about by chance


@dataclass(frozen=True, slots=True)
class Identity:
    """One sum in one period: `terms` are (+1 or -1, number of the item), together nil within `room`; the last is the total."""

    terms: tuple[tuple[int, int], ...]
    room: Decimal

    @property
    def figures(self) -> frozenset[int]:
        """Return the numbers of the items that it binds."""
        return frozenset(number for _, number in self.terms)

    def gap(self, values: Sequence[Decimal]) -> Decimal:
        """Return by how much the parts exceed the total."""
        return sum((sign * values[number] for sign, number in self.terms), Decimal(0))

    def holds(self, values: Sequence[Decimal]) -> bool:
        """Say whether the parts make the total, rounding apart."""
        return abs(self.gap(values)) <= self.room


@dataclass(frozen=True, slots=True)
class Sum:
    """Printed rows that add up to another, in whatever period: rows by number, each with its sign. The last is the total."""

    rows: tuple[tuple[int, int], ...]
    always: bool = False


@dataclass(frozen=True, slots=True)
class Lack:
    """A figure missing in a period, alone of its sum: the number of its row, its sign in the sum, and the `rest` of the terms."""

    row: int
    sign: int
    is_total: bool
    rest: Identity


@dataclass(frozen=True, slots=True)
class Row:
    """A printed row: the number of its item by period name."""

    first: LineItem
    items: dict[str, int]


class Arithmetic:
    """The rows of a statement and the sums among them. `unit` is what the last digit of its figures counts."""

    def __init__(self, statement: FinancialStatement) -> None:
        self.statement = statement
        self.items = statement.items
        self.rows = tuple(_rows(statement.items))
        self.unit = Decimal(statement.scale).scaleb(-_decimals(statement.items))
        self.sums = tuple(self._believed([*self._by_account(), *self._by_rows()]))

    def identities(self, period: Period) -> list[Identity]:
        """Return the sums of which every figure is there in `period`."""
        found = (self._identity(each, period.name) for each in self.sums)
        return list({each.figures: each for each in found if each is not None}.values())

    def lacking(self, period: Period) -> Iterator[Lack]:
        """Yield the sums of which one figure alone is missing in `period`."""
        for each in self.sums:
            terms = self._terms(each, period.name)
            known = tuple((sign, number) for sign, _, number in terms if number is not None)
            if len(known) == len(terms) - 1:
                sign, row = next((sign, row) for sign, row, number in terms if number is None)
                yield Lack(row, sign, row == each.rows[-1][1], Identity(known, self._room(len(known))))

    def printed(self, number: int) -> Decimal:
        """Return a figure with the sign by which its page adds it up."""
        item = self.items[number]
        negative = _BRACKETED.match(item.text) or (_LESS.match(item.label) and item.value)
        return -abs(item.value) if negative else abs(item.value)

    # -- finding sums ----------------------------------------------------------------------------------------------------

    def _by_account(self) -> Iterator[Sum]:
        at = {row.first.account: n for n, row in enumerate(self.rows) if row.first.account in ACCOUNT}
        for total, plus, minus, maybe, always in BY_ACCOUNT:
            if total in at and all(a in at for a in (*plus, *minus)):
                less = (*minus, *(a for a in maybe if a in at))
                yield Sum((*((1, at[a]) for a in plus), *((-1, at[a]) for a in less), (-1, at[total])), always)

    def _by_rows(self) -> Iterator[Sum]:
        """Yield for each total the run of rows above it that adds up to it in most periods."""
        runs: dict[int, list[tuple[int, ...]]] = {}
        for period in self.statement.periods:
            for total, parts in self._runs(period.name):
                runs.setdefault(total, []).append(parts)
        for total, found in runs.items():
            best = max(found, key=lambda run: (found.count(run), len(run)))
            if all({*each} <= {*best} or found.count(each) < found.count(best) for each in found):
                yield Sum((*((0, part) for part in best), (0, total)))  # 0: with the sign that the page prints

    def _runs(self, period: str) -> Iterator[tuple[int, tuple[int, ...]]]:
        above: list[int] = []
        for number, row in enumerate(self.rows):
            if period not in row.items:
                continue
            is_total = row.first.account in TOTALS
            if is_total or _TOTAL.search(row.first.label):
                length = self._length([self.rows[n].items[period] for n in above], row.items[period])
                if length > 1:
                    yield number, tuple(above[-length:])
                elif is_total and not length:
                    length = next((n for n, part in enumerate(reversed(above)) if self.rows[part].first.account in TOTALS), len(above))
                if is_total or length > 1:
                    del above[len(above) - length :]
            above.append(number)

    def _length(self, parts: Sequence[int], total: int) -> int:
        """Return how many of the last `parts` add up to `total`; 0 for none."""
        added, whole = Decimal(0), self.printed(total)
        for length, number in enumerate(reversed(parts), 1):
            added += self.printed(number)
            if abs(abs(added) - abs(whole)) <= self._room(length) and abs(whole) > _SMALL * self.unit:
                return length
        return 0

    def _room(self, lines: int) -> Decimal:
        """Return what rounding may cost: half a unit for each line added, plus half for the total."""
        return self.unit * (lines + 1) / 2

    def _believed(self, sums: Iterable[Sum]) -> Iterator[Sum]:
        for each in sums:
            made = [i for p in self.statement.periods if (i := self._identity(each, p.name)) is not None]
            held = sum(i.holds([item.value for item in self.items]) for i in made)
            if each.always or (held and held >= len(made) - held):
                yield each

    def _identity(self, each: Sum, period: str) -> Identity | None:
        terms = self._terms(each, period)
        known = tuple((sign, number) for sign, _, number in terms if number is not None)
        return Identity(known, self._room(len(known) - 1)) if len(known) == len(terms) else None

    def _terms(self, each: Sum, period: str) -> list[tuple[int, int, int | None]]:
        """Return sign, row and item of every figure of a sum; without a sign of its own a row counts as printed, the total against it."""
        terms = []
        for sign, row in each.rows:
            number = self.rows[row].items.get(period)
            shown = self._shown(next(iter(self.rows[row].items.values())) if number is None else number)
            terms.append((sign or (-shown if row == each.rows[-1][1] else shown), row, number))
        return terms

    def _shown(self, number: int) -> int:
        """Return -1 where the page prints a figure with another sign than the one it counts with."""
        return 1 if self.printed(number) * self.items[number].value >= 0 else -1


def _rows(items: Sequence[LineItem]) -> Iterator[Row]:
    """Yield the printed rows from top to bottom; what only repeats another account's figure is no row."""
    rows: list[Row] = []
    contained = any(i.account == "short_term_debt" and i.formula for i in items)
    for number, item in enumerate(items):
        repeats = item.origin is Origin.DERIVED and item.formula in ACCOUNT
        if repeats or item.box is None or (contained and item.account == "current_portion_long_term_debt"):
            continue
        last = rows[-1].first if rows else None
        same = last is not None and (last.account, last.label, last.page) == (item.account, item.label, item.page)
        if same and item.period.name not in rows[-1].items and abs(_top(last) - _top(item)) < _SAME_ROW:
            rows[-1].items[item.period.name] = number
        else:
            rows.append(Row(item, {item.period.name: number}))
    yield from sorted(rows, key=lambda row: (row.first.page, _top(row.first)))


def _decimals(items: Sequence[LineItem]) -> int:
    """Return how many decimals the page prints: what most figures show."""
    shown = [len(found[1]) for item in items if (found := re.search(r"\.(\d+)\D*$", item.text))]
    return max(set(shown), key=shown.count) if 2 * len(shown) > len(items) else 0


def _top(item: LineItem | None) -> float:
    return item.box.top if item and item.box else 1.0
