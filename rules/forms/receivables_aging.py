"""Reads the aging of receivables: what customers owe, by how long they have owed it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Amount, Document, Field, Form, Line, Page
from rules.forms.debt_schedule import sum_of
from rules.forms.fields import best_of, candidates_of, form_of, wanted
from rules.forms.rows import Seen, field_of
from rules.forms.tables import Table, TableRow, find_tables
from rules.forms.values import DAY, DAY_FIRST, MONEY
from rules.headings import bears_uk_marks

_BUCKETS = ("aging_0_30", "aging_31_60", "aging_61_90", "aging_over_90")
_TO = r" ?(?:-|–|to|thru|through|/) ?"
#: Heads of columns, or labels of lines where the buckets stand below one another. Several heads may add into one bucket.
_HEADS = {
    "over_120": re.compile(rf"(?:over|>=?|more than|above|beyond) ?120|\b12[01] ?(?:\+|days and|and (?:over|older|above))|\b12[01]{_TO}\d"),
    "days_91_120": re.compile(rf"\b9[01]{_TO}1[25]0\b"),
    "aging_over_90": re.compile(
        rf"(?:over|>=?|more than|above|beyond|older than) ?90|\b9[01] ?(?:days)? ?(?:\+|& ?over|plus|(?:days )?(?:and|or) (?:over"
        rf"|older|above|more))|\b9[01]{_TO}(?:999|over)"
        r"|three months and over|older|^\W*90\W*(?:days)?\W*$"
    ),
    "aging_61_90": re.compile(rf"\b6[01]{_TO}(?:89|90)\b|two months"),
    "aging_31_60": re.compile(rf"\b3[01]{_TO}(?:59|60)\b|one month\b"),
    "days_1_30": re.compile(rf"\b1{_TO}(?:29|30|31)\b"),
    "current": re.compile(r"\bcurrent\b|not (?:yet )?due"),
    "aging_0_30": re.compile(rf"\b0{_TO}(?:29|30|31)\b|(?:under|<=?|less than|up to|within|first) ?3[01]\b|< ?1 month"),
    "aging_total": re.compile(r"\btotal\b|\bbalance\b|amount due|total due|outstanding"),
    "customer": re.compile(r"\bcustomers?\b|\bname\b|\baccounts?\b|\bdebtors?\b|\bclient\b|\bpayer\b|\binsurer\b"),
}
#: A bucket that several columns make up.
_PARTS = {"aging_0_30": ("current", "days_1_30", "aging_0_30"), "aging_over_90": ("aging_over_90", "days_91_120", "over_120")}
#: The buckets of a table by how many it has, where its heads cannot be read, and what such a reading is worth.
_BY_COUNT = {
    4: _BUCKETS,
    5: ("current", "days_1_30", *_BUCKETS[1:]),
    6: ("current", "days_1_30", *_BUCKETS[1:3], "days_91_120", "over_120"),
}
_UNHEADED = 0.6
_TOTALS = re.compile(r"\btotals?\b", re.IGNORECASE)
_WANTED = tuple(
    wanted(id, MONEY, pattern.pattern.replace(r"\b", "")) for id, pattern in _HEADS.items() if id not in ("customer", "aging_total")
)
_TOTAL = wanted(
    "aging_total", MONEY, r"(?:grand )?totals?(?: (?:accounts )?(?:receivables?|debtors|due|outstanding|a/r|ar|balance|of all)[a-z ]*)?"
)
_DATES = (r"(?:as|balances?) (?:of|at)(?: date)?|(?:aging|ageing|report|statement|aged as of) date(?:d)?|dated?",)


def read(document: Document) -> Form:
    """Return the buckets and their total; columns that make up one bucket are added, and so are rows where no line prints totals."""
    day = DAY_FIRST if any(bears_uk_marks(page.text) for page in document.pages) else DAY
    dated = wanted("aging_date", day, *_DATES)
    buckets = next(filter(_is_aging, (_of_table(document), _of_lines(document), _by_place(document))), [])
    fields = _with_total(_merged(buckets))
    found = best_of([c for page in document.pages for c in candidates_of(page, (dated,))])
    return form_of(document, [*fields, *found], parts=buckets)


def _of_table(document: Document) -> list[Field]:
    """Return what the row of totals prints under each head, else what the rows add up to."""
    tables = [t for page in document.pages for t in find_tables(page, _HEADS, at_least=3) if _known_buckets(t) >= 2]
    totals = [(t, row) for t in tables for row in t.rows if row.total and len(_amounts(t, row)) >= 2]
    if totals:
        return _amounts(*totals[-1])
    parts = [f for t in tables for row in t.rows for f in _amounts(t, row)]
    ids = dict.fromkeys(f.id for f in parts)
    return [sum_of(id, [f for f in parts if f.id == id]) for id in ids]


def _known_buckets(table: Table) -> int:
    return sum(id in _HEADS and id not in ("customer", "aging_total") for id in table.heads)


def _amounts(table: Table, row: TableRow) -> list[Field]:
    fields = []
    for id, words in row.cells.items():
        reading = MONEY.read(" ".join(w.text for w in words)) if id in _HEADS and id != "customer" else None
        if reading:
            fields.append(field_of(id, reading.value, Seen(row.page, table.heads[id], words), 0.95))
    return fields


def _of_lines(document: Document) -> list[Field]:
    """Return the buckets of a list that prints one below the other."""
    return list(best_of([c for page in document.pages for c in candidates_of(page, (*_WANTED, _TOTAL))]))


def _is_aging(fields: Sequence[Field]) -> bool:
    """Return whether `fields` have two buckets at least: a total by itself may be anything."""
    return sum(f.id != "aging_total" for f in fields) > 1


def _by_place(document: Document) -> list[Field]:
    """Return the buckets of a table whose heads cannot be read: of a row of totals one amount is the sum of all others.

    The order of the buckets is the same everywhere: from the youngest to the oldest, the total before or after them.
    """
    lines = [(page, line) for page in document.pages for line in page.lines]
    for page, line in reversed(lines):
        ids = _ids_by_place([a.value for a in line.amounts])
        if ids and _TOTALS.search(line.label):
            return [_placed(id, page, line, amount) for id, amount in zip(ids, line.amounts, strict=True)]
    return []


def _ids_by_place(values: Sequence[Decimal]) -> tuple[str, ...]:
    """Return what the values of a row of totals are, nothing where none of them at an end is the sum of the others."""
    buckets = _BY_COUNT.get(len(values) - 1)
    if buckets is None or not any(values):
        return ()
    if sum(values[:-1]) == values[-1]:
        return (*buckets, "aging_total")
    return ("aging_total", *buckets) if sum(values[1:]) == values[0] else ()


def _placed(id: str, page: Page, line: Line, amount: Amount) -> Field:
    words = page.words[amount.span.start : amount.span.stop]
    return field_of(id, amount.value, Seen(page, line.label, words), _UNHEADED)


def _merged(fields: Sequence[Field]) -> list[Field]:
    """Return the four buckets and the total, with the columns that make up one bucket added."""
    by_id = {f.id: f for f in fields}
    out = []
    for id in _BUCKETS:
        parts = [by_id[part] for part in _PARTS.get(id, (id,)) if part in by_id]
        if parts:
            out.append(replace(parts[0], id=id) if len(parts) == 1 else sum_of(id, parts))
    return out + [f for f in fields if f.id == "aging_total"]


def _with_total(fields: Sequence[Field]) -> list[Field]:
    if not fields or any(f.id == "aging_total" for f in fields):
        return list(fields)
    return [*fields, sum_of("aging_total", fields)]
