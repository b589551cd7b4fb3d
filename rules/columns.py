"""Which amounts of a page stand in which column, and which period each column is.

Columns are found from the amounts' right edges; their periods from the dates printed above them. Note references are set
apart. UK accounts print an inner and an outer column per period: several columns may share one period.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain import Amount, DocumentKind, Page, Period
from rules.headings import Mention, is_uk, mentions, month_end, months_covered

PERIOD_NAMES = ("current", "prior", *(f"prior{n}" for n in range(2, 12)))
_ALIGNED = 0.022  # of the page's width: right edges closer than this stand in one column
_NOTE_MAX = 60
_SHARED = 0.25  # share of rows that may stand in both an inner and an outer column


@dataclass(frozen=True, slots=True)
class Column:
    """One amount column: its horizontal extent and the index of its period in `Layout.periods`."""

    x0: float
    x1: float
    period: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a page's statement, left to right, and its periods, newest first."""

    columns: tuple[Column, ...]
    periods: tuple[Period, ...]

    def period_of(self, amount: Amount) -> Period | None:
        """Return the period of the column in which `amount` stands, or None where it stands in none."""
        column = self._column_of(amount)
        return None if column is None else self.periods[column.period]

    def _column_of(self, amount: Amount) -> Column | None:
        near = min(self.columns, key=lambda c: abs(c.x1 - amount.box.x1), default=None)
        return near if near is not None and abs(near.x1 - amount.box.x1) <= 2 * _ALIGNED else None


@dataclass(slots=True)
class _Group:
    amounts: list[Amount]

    @property
    def x0(self) -> float:
        return min(a.box.x0 for a in self.amounts)

    @property
    def x1(self) -> float:
        edges = sorted(a.box.x1 for a in self.amounts)
        return edges[len(edges) // 2]

    @property
    def centre(self) -> float:
        edges = sorted((a.box.x0 + a.box.x1) / 2 for a in self.amounts)
        return edges[len(edges) // 2]


def layout_of(page: Page, kind: DocumentKind, lines: Sequence[int]) -> Layout:
    """Return columns and periods of the statement on `page` whose figures stand on the lines with index in `lines`."""
    rows = [page.lines[i] for i in lines]
    groups = _without_notes(page, _grouped([a for row in rows for a in row.amounts]))
    if not groups:
        return Layout((), ())
    first = min(lines)
    heads = [(i, line) for i, line in enumerate(page.lines[: first + 1]) if i < first or not line.amounts]
    text = page.text
    dated = _dated(groups, mentions(page, heads, is_uk(text)))
    durations = months_covered(" ".join(page.lines[i].label for i, _ in heads)) if kind is not DocumentKind.BALANCE_SHEET else []
    if len(set(durations)) < 2:
        dated = _merged(dated)
    return _named(groups, dated, durations, kind)


def _grouped(amounts: Sequence[Amount]) -> list[_Group]:
    groups: list[_Group] = []
    for amount in sorted(amounts, key=lambda a: a.box.x1):
        if groups and amount.box.x1 - groups[-1].amounts[-1].box.x1 <= _ALIGNED:
            groups[-1].amounts.append(amount)
        else:
            groups.append(_Group([amount]))
    total = max((len(g.amounts) for g in groups), default=0)
    return [g for g in groups if len(g.amounts) > 1 or total < 6]


def _without_notes(page: Page, groups: Sequence[_Group]) -> list[_Group]:
    """Leave out columns of note references: small whole numbers left of the amounts, under the word "note" or beside larger figures."""
    heads = [w for w in page.words if w.text.strip(".:").lower() in ("note", "notes")]
    kept = []
    for i, group in enumerate(groups):
        small = [
            a
            for a in group.amounts
            if a.value == a.value.to_integral_value()
            and 0 <= a.value <= _NOTE_MAX
            and "," not in a.text
            and any(c.isdigit() for c in a.text)
        ]
        headed = any(w.box.x0 - 0.01 <= group.x1 and w.box.x1 + 0.01 >= group.x0 for w in heads)
        mostly = len(small) >= 0.75 * len(group.amounts)
        larger = len(groups) > i + 1 and _typical(groups[-1]) > 10 * _NOTE_MAX
        if i < len(groups) - 1 and mostly and (headed or larger):
            continue
        kept.append(group)
    return kept


def _typical(group: _Group) -> int:
    sizes = sorted(abs(int(a.value)) for a in group.amounts)
    return sizes[len(sizes) // 2]


# -- periods -----------------------------------------------------------------------------------------------------------


def _dated(groups: Sequence[_Group], found: Sequence[Mention]) -> list[tuple[int, date | None]]:
    """Return for every column group the number of its period (left to right) and the period's end."""
    rows = [[m for m in found if m.line == line] for line in sorted({m.line for m in found})]
    heads = _head_row(rows, groups)
    if heads is None:
        ends = _one_date(rows)
        pairs = _in_pairs(groups) if _are_pairs(groups) else list(range(len(groups)))
        return [(n, ends if n == 0 else None) for n in pairs]
    owner = _owners(groups, heads)
    return [(n, _end_of(heads[n], heads, rows)) for n in owner]


def _merged(dated: Sequence[tuple[int, date | None]]) -> list[tuple[int, date | None]]:
    """Let neighbouring columns with the same date share a period: heads may stand over the inner and the outer column alike."""
    out: list[tuple[int, date | None]] = []
    for i, (number, end) in enumerate(dated):
        goes_on = i > 0 and (number == dated[i - 1][0] or (end is not None and end == dated[i - 1][1]))
        out.append((out[-1][0] if goes_on else len({n for n, _ in out}), end))
    return out


def _head_row(rows: Sequence[Sequence[Mention]], groups: Sequence[_Group]) -> list[Mention] | None:
    """Return the lowest line of dates that heads the columns: years first, else any date; left to right."""
    left = min(g.x0 for g in groups) - 0.12
    each = [row for row in rows if len(row) == len(groups) > 2 and all(m.day and m.x1 > left for m in row)]
    if each and all(len(row) < len(groups) for row in rows if row[0].year is not None):
        return list(each[-1])  # a year split in two: fewer years than columns, and the days on which each column ends
    for need_year in (True, False):
        usable = [_above(groups, [m for m in row if m.x1 > left and (m.year is not None or not need_year)]) for row in rows]
        usable = [row for row in usable if 1 <= len(row) <= max(1, len(groups))]
        many = sorted((row for row in usable if len(row) > 1), key=lambda row: (len(row), row[0].line))
        if many:
            return many[-1]
    single = [row for row in rows if len(row) == 1 and row[0].year is not None and row[0].x1 > left and row[0].x0 > left - 0.05]
    return list(single[-1]) if single and (len(groups) == 1 or (len(groups) == 2 and _alternate(*groups))) else None


def _above(groups: Sequence[_Group], row: Sequence[Mention]) -> list[Mention]:
    """Return the dates of `row` that stand over columns; of more dates than columns those nearest to one (a scan may double a date)."""
    if len(row) <= len(groups):
        return list(row)
    nearest = [min(row, key=lambda m: abs(m.x1 - group.x1)) for group in groups]
    return list(dict.fromkeys(nearest))


def _one_date(rows: Sequence[Sequence[Mention]]) -> date | None:
    whole = [m for row in rows for m in row if m.year and m.month]
    years = [m for row in rows for m in row if m.year]
    best = whole[-1] if whole else years[-1] if years else None
    return None if best is None else _date(best.year, best.month, best.day)


def _are_pairs(groups: Sequence[_Group]) -> bool:
    """Return whether the columns are pairs of an inner and an outer column."""
    return len(groups) % 2 == 0 and all(_alternate(groups[i], groups[i + 1]) for i in range(0, len(groups), 2))


def _alternate(inner: _Group, outer: _Group) -> bool:
    """Return whether two columns are the inner and the outer one of a period: few rows print an amount in both."""
    rows, others = ({round(a.box.top, 3) for a in group.amounts} for group in (inner, outer))
    return len(rows & others) <= _SHARED * min(len(rows), len(others))


def _in_pairs(groups: Sequence[_Group]) -> list[int]:
    return [i // 2 for i in range(len(groups))]


def _owners(groups: Sequence[_Group], heads: Sequence[Mention]) -> list[int]:
    """Return the head of every column: in pairs where there are twice as many columns, else the nearest one."""
    if len(groups) == 2 * len(heads):
        return _in_pairs(groups)
    if len(groups) == len(heads):
        return list(range(len(groups)))
    return [min(range(len(heads)), key=lambda n: min(abs(heads[n].x1 - g.x1), abs(heads[n].centre - g.centre))) for g in groups]


def _end_of(head: Mention, heads: Sequence[Mention], rows: Sequence[Sequence[Mention]]) -> date | None:
    """Complete the date of `head` from the month and day printed over its column, or over all columns."""
    year, month, day = head.year, head.month, head.day
    position = heads.index(head)
    if month is None:
        above = [row for row in rows if row[0].line != head.line and any(m.month for m in row)]
        for row in sorted(above, key=lambda r: (r[0].line > head.line, abs(r[0].line - head.line))):
            dated = [m for m in row if m.month]
            match = dated[position] if len(dated) == len(heads) else dated[-1] if len(dated) == 1 else None
            if match is not None and (match.day is not None or match.year is not None):
                month, day = match.month, match.day
                break
    if year is None:
        years = [m for row in rows for m in row if m.year and m.line != head.line]
        if len(years) < len(heads):
            year = min(years, key=lambda m: abs(m.centre - head.centre)).year if years else None
        else:
            year = years[position].year
    return _date(year, month, day)


def _date(year: int | None, month: int | None, day: int | None) -> date | None:
    if year is None:
        return None
    last = month_end(year, month or 12)
    return last if day is None else last.replace(day=min(day, last.day))


def _named(groups: Sequence[_Group], dated: Sequence[tuple[int, date | None]], durations: Sequence[int], kind: DocumentKind) -> Layout:
    """Name the periods current, prior, ... by date, newest first; without dates in the order printed."""
    count = max(n for n, _ in dated) + 1
    ends = [next((end for n, end in dated if n == i), None) for i in range(count)]
    months = _spread_durations(durations, count)
    order = sorted(range(count), key=lambda i: (-_rank(ends[i]), -months[i], i)) if all(ends) else list(range(count))
    longest = max(months)
    order = [i for i in order if months[i] == longest] + [i for i in order if months[i] != longest]
    balance = kind is DocumentKind.BALANCE_SHEET
    periods = [
        Period(PERIOD_NAMES[rank], ends[i], None if balance or not durations else _start(ends[i], months[i]))
        for rank, i in enumerate(order)
    ]
    columns = tuple(Column(g.x0, g.x1, order.index(n)) for g, (n, _) in zip(groups, dated, strict=True))
    return Layout(columns, tuple(periods))


def _rank(end: date | None) -> int:
    return end.toordinal() if end else 0


def _spread_durations(durations: Sequence[int], count: int) -> list[int]:
    """Return the months of each period: one named duration counts for all, two share the columns between them."""
    if not durations:
        return [12] * count
    different = list(dict.fromkeys(durations))
    if len(different) == 1 or count % len(different):
        return [different[0]] * count
    return [different[i // (count // len(different))] for i in range(count)]


def _start(end: date | None, months: int) -> date | None:
    """Return the first day of the period of `months` that ends on `end`."""
    if end is None:
        return None
    nearest = end if end.day > 15 else end.replace(day=1) - timedelta(days=1)
    month = nearest.month - months
    return month_end(nearest.year + (month - 1) // 12, (month - 1) % 12 + 1) + timedelta(days=1)
