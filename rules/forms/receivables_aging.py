"""A receivables aging -> Form: what customers owe by how long they have owed it, and the total."""

import re
from collections.abc import Iterator
from decimal import Decimal

from app.domain import Document, Field, Form, Origin
from rules.forms import values
from rules.forms.cells import Rows, pages_of
from rules.forms.fields import Found, Wanted, field_of, find
from rules.forms.tables import Record, records
from rules.forms.unread import unread

_OVER = r"\b(?:over|more than|above|older than|>)\s*(?:90|3 months)|\b9[01]\s*(?:\+|and over|plus|days? (?:and|or) (?:over|more)|days?\s*\+)|\b9[01]\s*(?:days?)?$|90 and|91 days|\b91-"
_HEADS = {
    "aging_31_60": re.compile(r"\b3[01]\s*(?:-|–|to)?\s*(?:60|59)(?!\d)"),
    "aging_61_90": re.compile(r"\b6[01]\s*(?:-|–|to)?\s*(?:90|89)(?!\d)"),
    "aging_0_30": re.compile(r"\bcurrent\b|\b[01]\s*(?:-|–|to)?\s*(?:30|29)(?!\d)|^under$|(?:under|up to|within|less than|<)\s*30|not (?:yet )?due|0 30"),
    "aging_over_90": re.compile(_OVER),
    "aging_total": re.compile(r"total|balance|amount due|all"),
}
_BUCKETS = ("aging_0_30", "aging_31_60", "aging_61_90", "aging_over_90")
_AT_LEAST = 4
_TOTAL = re.compile(r"^(?:grand\s+|report\s+)?totals?\b|^all customers", re.IGNORECASE)
_LISTED = (
    Wanted("aging_0_30", ("0-30", "0-30 days", "0 to 30 days", "current", "1-30 days", "under 30 days", "current (0-30)", "up to 30 days"), values.amount),
    Wanted("aging_31_60", ("31-60", "31-60 days", "31 to 60 days"), values.amount),
    Wanted("aging_61_90", ("61-90", "61-90 days", "61 to 90 days"), values.amount),
    Wanted("aging_over_90", ("90+", "90+ days", "over 90 days", "over 90", "91 and over", "more than 90 days", "91+ days", "91 days and over"), values.amount),
    Wanted("aging_total", ("total", "total receivables", "grand total", "total due", "total outstanding", "totals"), values.amount),
)  # fmt: skip
_DATES = (Wanted("aging_date", ("as of", "as at", "report date", "date", "aged as of", "ageing date"), values.day),)


def read(document: Document) -> Form:
    """Read a receivables aging."""
    pages = pages_of(document)
    rows = [record for page in pages for record in records(page, _HEADS, _AT_LEAST)]
    fields = list(_of_table(document, rows)) or find(document, pages, _LISTED)
    fields += _date(document, pages)
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), unread=unread(document, fields))


def _of_table(document: Document, rows: list[Record]) -> Iterator[Field]:
    totals = [record for record in rows if any(_TOTAL.match(cell.text) for cells in record.cells.values() for cell in cells)]
    customers = [record for record in rows if record not in totals]
    printed = {id: _printed(totals, id) for id in (*_BUCKETS, "aging_total")}
    for id in (*_BUCKETS, "aging_total"):
        found = printed[id]
        added = sum((values.amount(record.text(id)) or Decimal(0) for record in customers), Decimal(0))
        if found is not None:
            sure = 0.99 if found.value == added else 0.85
            yield field_of(document, id, Found(found.value, found.text, found.label, found.cell, sure))
        elif customers and any(record.cell(id) for record in customers):
            page = document.first
            yield Field(id, added, "", "added up", document.file, page, None, origin=Origin.DERIVED, confidence=0.85, formula="sum of customers")


def _printed(totals: list[Record], id: str) -> Found | None:
    """Return what the last line of totals prints under `id`: earlier ones are sub-totals."""
    for record in reversed(totals):
        cell = record.cell(id)
        text = record.text(id)
        if cell is not None and (value := values.amount(text)) is not None and not text.rstrip().endswith("%"):
            return Found(value, text, "total", cell, 0.95)
    return None


def _date(document: Document, pages: tuple[Rows, ...]) -> list[Field]:
    if found := find(document, pages, _DATES):
        return found
    for row in (row for rows in pages for row in rows[:8]):
        for cell in row:
            if (day := values.day(cell.text)) is not None:
                return [field_of(document, "aging_date", Found(day, cell.text, "date", cell, 0.8))]
    return []
