"""Where a statement's columns stand in a design: the printed cells, the heads above them, and the edges they keep to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain import DocumentKind
from training.corpus.designs import Design
from training.corpus.paper import width_of
from training.corpus.printed import PrintedRow, PrintedStatement

SIGNS = {"USD": "$", "GBP": "£", "EUR": "€"}
_LEAST_LABELS = 0.3  # share of the page that labels need at least
_FULL_DATE = re.compile(r"\b(19|20)\d\d\b|\d/\d\d$")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of figures: its edges, its period, and which of the period's columns it is (`percent`: a share)."""

    left: float
    right: float
    period: int
    part: int = 0
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """The table's edges: labels from `left` to `label_right`, wrapped at `wrap`; notes around `notes`; then the columns."""

    left: float
    label_right: float
    wrap: float
    notes: float | None
    columns: tuple[Column, ...]

    @property
    def right(self) -> float:
        """Return the table's right edge."""
        return self.columns[-1].right

    @property
    def figures_left(self) -> float:
        """Return the left edge of the first column of figures."""
        return self.columns[0].left


# -- what the cells and heads say -------------------------------------------------------------------------------------


def unit_line(statement: PrintedStatement) -> str:
    """Return what stands as unit above each column ("£", "£'000"), or ""."""
    sign = SIGNS[statement.currency]
    if statement.scale_line.startswith(sign):
        return statement.scale_line
    return sign if statement.currency_marks == "header" else ""


def span_in_title(statement: PrintedStatement) -> bool:
    """Return whether the heading over all columns is a line of the title: where it says the whole date by itself."""
    return bool(_FULL_DATE.search(statement.span_head))


def heads(statement: PrintedStatement) -> tuple[tuple[str, ...], ...]:
    """Return the heading lines of each period, its unit last. Full dates break before the year where columns are many."""
    unit = unit_line(statement)
    many = len(statement.period_heads) > 2
    broken = ((tuple(part for line in head for part in _broken(line)) if many else head) for head in statement.period_heads)
    return tuple((*head, unit) if unit else head for head in broken)


def _broken(line: str) -> tuple[str, ...]:
    before, comma, year = line.rpartition(", ")
    return (f"{before},", year) if comma else (line,)


def marked_rows(statement: PrintedStatement) -> frozenset[int]:
    """Return the rows whose amounts carry the currency's sign."""
    with_amounts = [i for i, row in enumerate(statement.rows) if any(row.amounts)]
    if statement.currency_marks == "all":
        return frozenset(with_amounts)
    if statement.currency_marks == "totals":
        return frozenset(with_amounts[:1]) | {i for i in with_amounts if statement.rows[i].style == "total"}
    return frozenset()


def glued(amount: str, sign: str, outside: bool) -> str:
    """Return `amount` with the currency's sign before its digits, inside brackets or `outside` of them."""
    if not any(c.isdigit() for c in amount):
        return amount
    if amount[0] in "(-" and not outside:
        return amount[0] + sign + amount[1:]
    return sign + amount


def share_of_revenue(statement: PrintedStatement, row: PrintedRow, period: int) -> str:
    """Return the amount's share of revenue as printed, or "" where there is none."""
    whole = next((r.values[period] for r in statement.rows if r.account == "revenue" and r.values), None)
    value = row.values[period] if row.values and row.amounts[period] else None
    return "" if value is None or not whole else f"{value / whole * 100:,.1f}%"


# -- where they stand -------------------------------------------------------------------------------------------------


def grid_of(statement: PrintedStatement, design: Design) -> Grid | None:
    """Return where the statement's columns stand in `design`, or None where its page is too narrow for them."""
    left, _, right, _ = design.margins
    room = design.paper[0] - left - right
    parts = [(period, part, percent) for period in range(len(statement.period_heads)) for part, percent in _parts(statement, design)]
    share_width = 5.5 * design.size
    width = _column_width(statement, design)
    figures = sum(share_width if percent else width for _, _, percent in parts)
    notes = 3.4 * design.size if any(row.note for row in statement.rows) else 0.0
    labels = room - figures - notes
    natural = _label_width(statement, design)
    if labels < min(natural, _LEAST_LABELS * room):
        return None
    wrap = min(labels - design.size, design.label_limit * design.size)
    if design.compact:
        labels = min(labels, max(min(wrap, natural), 14 * design.size) + design.size)
        left += (room - labels - notes - figures) / 2 if design.compact_align == "center" else 0.0
    edge = left + labels + notes
    columns = []
    for period, part, percent in parts:
        columns.append(Column(edge, edge + (share_width if percent else width), period, part, percent))
        edge = columns[-1].right
    return Grid(left, left + labels, min(wrap, labels - design.size), left + labels + notes / 2 if notes else None, tuple(columns))


def _parts(statement: PrintedStatement, design: Design) -> Iterator[tuple[int, bool]]:
    yield 0, False
    if statement.two_columns:
        yield 1, False
    elif has_shares(statement, design):
        yield 0, True


def has_shares(statement: PrintedStatement, design: Design) -> bool:
    """Return whether each amount's share of revenue is printed beside it."""
    is_income = statement.kind is DocumentKind.INCOME_STATEMENT and len(statement.period_heads) <= 2
    return design.percent and is_income and any(row.account == "revenue" and row.values for row in statement.rows)


def _column_width(statement: PrintedStatement, design: Design) -> float:
    """Return the width of the widest cell or head with its currency's sign, and the gap between columns."""
    bold, size = design.face(bold=True), design.size
    cells = max((width_of(cell, bold, size) for row in statement.rows for cell in row.amounts), default=0.0)
    signed = cells + width_of(SIGNS[statement.currency], bold, size) + 0.7 * size
    above = max(width_of(line, bold, size) for head in heads(statement) for line in head)
    over_two = statement.two_columns and design.heads_align == "center"  # one head stands over both columns of its period
    widest = max(signed, above / 2 if over_two else above, design.column_least * size)
    return widest + design.column_gap * size


def _label_width(statement: PrintedStatement, design: Design) -> float:
    face = design.face(bold=True)
    labels = [row for row in statement.rows if row.amounts or row.style == "heading"]
    return max((width_of(r.label, face, design.size) + r.indent * design.indent * design.size for r in labels), default=0.0)
