"""A debt schedule -> Form: a row for each debt of the business, and the totals, printed or added up."""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal

from app.domain import Document, Field, Form, Origin
from rules.forms import values
from rules.forms.cells import Rows, pages_of
from rules.forms.fields import Found, Value, Wanted, field_of, find
from rules.forms.tables import Record, records
from rules.forms.unread import unread

#: What the columns' heads say. Where heads share words the more telling one comes first.
_HEADS = {
    "creditor": re.compile(r"creditor|lender|payable to|name|bank|institution|holder|owed to"),
    "status": re.compile(r"^current(?: or .*)?$|status|delinquen|past due"),
    "maturity": re.compile(r"matur|due date|final|expir|end date|ends"),
    "monthly_payment": re.compile(r"month|pmt|payment|install?ment|repayment"),
    "original_amount": re.compile(r"\borig|borrowed|initial|amount of loan|advanced|drawn"),
    "rate": re.compile(r"rate|interest|apr|%"),
    "to_be_refinanced": re.compile(r"refinanc|repaid by|paid off"),
    "secured_by": re.compile(r"secur|collateral|charge over|pledged"),
    "balance": re.compile(r"balance|outstanding|owed|owing|principal|present|current"),
}
_PARSES: dict[str, Callable[[str], Value | None]] = {
    "creditor": values.words,
    "original_amount": values.amount,
    "balance": values.amount,
    "rate": values.percent,
    "monthly_payment": values.amount,
    "maturity": values.month,
    "secured_by": values.words,
    "to_be_refinanced": values.words,
}
_AT_LEAST = 4
_TOTAL = re.compile(r"^(?:grand\s+)?totals?\b", re.IGNORECASE)
_TOTALS = {"balance": "total_debt_balance", "monthly_payment": "monthly_debt_payment"}
_DATES = (Wanted("schedule_date", ("as of", "balances at", "schedule dated", "date", "as at", "balances as of"), values.day),)


def read(document: Document) -> Form:
    """Read a debt schedule."""
    pages = pages_of(document)
    rows = [record for page in pages for record in records(page, _HEADS, _AT_LEAST)]
    debts = [record for record in rows if _is_debt(record)]
    fields = [field for number, debt in enumerate(debts, 1) for field in _debt(document, number, debt)]
    fields += _totals(document, rows, fields)
    fields += find(document, pages, _DATES) or _date(document, pages)
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), unread=unread(document, fields))


def _date(document: Document, pages: tuple[Rows, ...]) -> list[Field]:
    for row in (row for rows in pages for row in rows[:8]):
        for cell in row:
            if (day := values.day(cell.text)) is not None:
                return [field_of(document, "schedule_date", Found(day, cell.text, "date", cell, 0.8))]
    return []


def _is_debt(record: Record) -> bool:
    amounts = [values.amount(record.text(column)) for column in ("balance", "original_amount", "monthly_payment")]
    return bool(record.text("creditor")) and not _is_total(record) and sum(value is not None for value in amounts) >= 1


def _is_total(record: Record) -> bool:
    return any(_TOTAL.match(cell.text) for cells in record.cells.values() for cell in cells)


def _debt(document: Document, number: int, debt: Record) -> Iterator[Field]:
    for column, parse in _PARSES.items():
        cell, text = debt.cell(column), debt.text(column)
        if cell is not None and (value := parse(text)) is not None:
            yield field_of(document, f"debt_{number}_{column}", Found(value, text, column.replace("_", " "), cell, 0.96))


def _totals(document: Document, rows: list[Record], fields: list[Field]) -> Iterator[Field]:
    """Yield the printed totals, or the sums of the column where no line prints them."""
    printed = [record for record in rows if _is_total(record)]
    for column, id in _TOTALS.items():
        parts = [f for f in fields if re.fullmatch(rf"debt_\d+_{column}", f.id) and isinstance(f.value, Decimal)]
        total = sum((f.value for f in parts if isinstance(f.value, Decimal)), Decimal(0))
        cell = next((record.cell(column) for record in printed if values.amount(record.text(column)) is not None), None)
        if cell is not None and (value := values.amount(cell.text)) is not None:
            sure = 0.99 if value == total else 0.8
            yield field_of(document, id, Found(value, cell.text, "total", cell, sure))
        elif parts:
            made = " + ".join(f.id for f in parts)
            yield Field(id, total, "", "added up", document.file, parts[0].page, None, origin=Origin.DERIVED, confidence=0.9, formula=made)
