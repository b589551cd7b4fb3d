"""What a statement prints, before it is put on paper: rows, heads and the truth behind every amount."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain import DocumentKind, Period


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """One row: `amounts` are the cells as printed, `values` what they mean in currency units, one per period column.

    `account` is an account id, "unmapped", or "" for a heading. `column` 0/1 is the inner or outer column of UK accounts.
    """

    label: str
    amounts: tuple[str, ...]
    account: str
    values: tuple[Decimal | None, ...] = ()
    indent: int = 0
    style: str = "row"
    note: str = ""
    column: int = 0


@dataclass(frozen=True, slots=True)
class PrintedStatement:
    """One statement as printed. `period_heads` are the heading lines of each column, `span_head` stands over all."""

    kind: DocumentKind
    company: str
    title: tuple[str, ...]
    scale_line: str
    scale: int
    currency: str
    period_heads: tuple[tuple[str, ...], ...]
    span_head: str
    periods: tuple[Period, ...]
    rows: tuple[PrintedRow, ...]
    footer: tuple[str, ...]
    currency_marks: str = "totals"
    two_columns: bool = False
