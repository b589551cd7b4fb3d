"""Business tax returns (1120, 1120-S, 1065, Schedule C) -> Form: head, page one, Schedules L, M-1 and M-2.

Lines are told by description, then by IRS number (`tax_fields.py`); the arithmetic of page one finds what a scan lost and says how sure it is.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Box, Document, Field, Form, Line, Origin
from rules.forms.ruled import Cell, rows_of
from rules.forms.tax_fields import Reading, reading_of
from rules.forms.tax_head import basis_of, form_of, head_fields
from rules.forms.tax_income import page_one
from rules.forms.tax_lines import TaxLine, lines_of_return

_PERIODS = ("prior", "current")
_COLUMN = 0.03  # of the page's width: right edges closer than this stand in one column
_MIDDLE = 0.75  # where the beginning's columns end, where nothing tells


def read(document: Document) -> Form:
    """Return the fields of a business tax return."""
    form = form_of(document.pages)
    lines = lines_of_return(document.pages)
    readings = [reading for line in lines if (reading := reading_of(line, form or "")) is not None]
    rows = [row for page in document.pages for row in rows_of(page)]
    first = [row for row in rows if row.page is rows[0].page] if rows else []
    fields = [*head_fields(first, form), *basis_of(rows)] if first else []
    fields += [
        *page_one(lines, readings, form or ""),
        *_schedule_l(lines, readings),
        *_book_income(readings),
        *_distributions(lines, readings),
    ]
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), unread=_unread(lines, fields))


def figure(id: str, line: TaxLine, cell: Cell, sure: float, period: str = "current") -> Field:
    """Return the field `id` as read from an amount of a line."""
    page, value = line.page, cell.value or Decimal(0)
    return Field(
        id, value, cell.text, line.label, page.file, page.number, cell.box, period, confidence=sure * cell.sure, method=page.method
    )


# -- Schedule L ------------------------------------------------------------------------------------------------------------


def _schedule_l(lines: Sequence[TaxLine], readings: Sequence[Reading]) -> Iterator[Field]:
    """Yield the balance sheet's fields: beginning of the year is prior, end is current; columns a and c are gross, b and d count."""
    mine = [line for line in lines if line.part == "L"]
    edges = _columns(mine)
    if edges is None:
        return
    taken: set[str] = set()
    for reading in readings:
        if reading.line.part != "L" or not reading.field or reading.field in taken:
            continue
        amounts = _net(mine, mine.index(reading.line), edges)
        if amounts:
            taken.add(reading.field)
        for period, (line, cell) in amounts.items():
            yield figure(reading.field, line, cell, reading.sure, period)


def _columns(lines: Sequence[TaxLine]) -> tuple[float, float, float] | None:
    """Return where the beginning's columns end, and the right edges of the two columns that count."""
    edges: list[float] = []
    for end in sorted(cell.box.x1 for line in lines for cell in line.values):
        if not edges or end - edges[-1] > _COLUMN:
            edges.append(end)
        else:
            edges[-1] = end
    if not edges:
        return None
    split = next((s for line in lines if (s := _split_by_heads(line)) is not None), None)
    before = len([e for e in edges if split is not None and e < split])
    if len(edges) % 2 == 0 and before != len(edges) // 2:  # as many columns for the beginning as for the end
        before = len(edges) // 2
        split = (edges[before - 1] + edges[before]) / 2
    return split or _MIDDLE, edges[before - 1] if before else 0.0, edges[-1]


def _split_by_heads(line: TaxLine) -> float | None:
    """Return the middle between the heads for the beginning and the end of the year."""
    begin = next((c for c in line.row.cells if re.search(r"beginning", c.text, re.IGNORECASE)), None)
    end = next((c for c in line.row.cells if re.search(r"\bend of", c.text, re.IGNORECASE)), None)
    if begin is None or end is None:
        return None
    if begin is end:
        at = begin.text.lower().index("end of") / len(begin.text)
        return begin.box.x0 + at * (begin.box.x1 - begin.box.x0)
    return (begin.box.x1 + end.box.x0) / 2


def _net(lines: Sequence[TaxLine], at: int, edges: tuple[float, float, float]) -> dict[str, tuple[TaxLine, Cell]]:
    """Return the amounts of line `at` by period: in the column that counts, there or on the lines b, c below it; else the inner one."""
    split, before, end = edges
    out: dict[str, tuple[TaxLine, Cell]] = {}
    group = [lines[at], *_parts_below(lines, at)]
    for period, edge in zip(_PERIODS, (before, end), strict=True):
        halves = [(line, c) for line in group for c in line.values if (c.box.x1 < split) == (period == "prior")]
        counted = [(line, c) for line, c in halves if abs(c.box.x1 - edge) < 0.025]
        own = [(line, c) for line, c in halves if line is lines[at]]
        if found := counted or own:
            out[period] = found[0]
    return out


def _parts_below(lines: Sequence[TaxLine], at: int) -> list[TaxLine]:
    """Return the lines b, c, ... that go on with line `at` (2a: 2b less allowances)."""
    out = []
    for line in lines[at + 1 : at + 3]:
        lettered = re.match(r"^\W*b\b", line.label) or re.fullmatch(r"\d{1,2}b", line.number)
        if not (lettered or (not line.number and re.match(r"less|net", line.label, re.IGNORECASE))):
            break
        out.append(line)
    return out


# -- Schedules M-1, M-2 and K ----------------------------------------------------------------------------------------------


def _book_income(readings: Sequence[Reading]) -> Iterator[Field]:
    found = next((r for r in readings if r.field == "book_income" and r.line.values), None)
    if found:
        yield figure("book_income", found.line, found.line.values[-1], found.sure)


def _distributions(lines: Sequence[TaxLine], readings: Sequence[Reading]) -> Iterator[Field]:
    """Yield the distributions of Schedule M-2, cash, stock and property together; without it those of Schedule K."""
    readings = [*readings, *_lost_distribution(lines, readings)]
    for field in ("distributions", "distributions_k"):
        found = next((r for r in readings if r.field == field and r.line.values), None)
        if found is None:
            continue
        after = lines[lines.index(found.line) + 1 :][:2]
        more = [line for line in after if re.match(r"^\W*(?:[bc]\b\W*)?(?:stock|property)\b", line.label, re.IGNORECASE) and line.values]
        parts = [cell for line in (found.line, *more) for cell in line.values]
        total = abs(sum((cell.value or Decimal(0) for cell in parts), Decimal(0)))
        read = figure("distributions", found.line, parts[0], found.sure if field == "distributions" else 0.7 * found.sure)
        if len(parts) > 1:
            words = " + ".join(cell.text for cell in parts)
            read = replace(read, origin=Origin.DERIVED, formula=words, text="", box=None)
        yield replace(read, value=total)
        return


def _lost_distribution(lines: Sequence[TaxLine], readings: Sequence[Reading]) -> Iterator[Reading]:
    """Yield the one line of a scanned M-2 that nothing is known of, where balances and the other lines leave just its amount."""
    mine = [line for line in lines if line.part == "M-2" and line.values]
    known = {id(r.line): r.field for r in readings}
    unknown = [line for line in mine[2:-1] if id(line) not in known]
    if len(mine) < 4 or len(unknown) != 1 or "distributions" in known.values():
        return
    first, income, *middle, last = (line.values[-1].value or Decimal(0) for line in mine)
    if abs(first + income - sum(abs(value) for value in middle) - last) <= 1:
        yield Reading("distributions", unknown[0], 0.7)


def _unread(lines: Sequence[TaxLine], fields: Sequence[Field]) -> tuple[Line, ...]:
    """Return the printed lines with amounts that became no field."""
    used: set[tuple[int, Box]] = {(f.page, f.box) for f in fields if f.box}
    taken = {id(part) for line in lines for part in line.row.lines if any((line.page.number, c.box) in used for c in line.values)}
    left = {id(part): part for line in lines if line.values for part in line.row.lines if id(part) not in taken and part.amounts}
    return tuple(left.values())
