"""The lines of a bank statement -> transactions with signs: by the running balance where there is one, else by column, mark or section."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.domain import Box, ReadMethod, Transaction
from rules.forms import values
from rules.forms.cells import Cell, Rows

_MONEY = re.compile(r"^[(–—−-]?\s*[$£€]?\s*[–−-]?\d[\d,]*\.\d\d\s*(?:[)–−-]|CR|DR|OD)?$", re.IGNORECASE)
_MARKED = re.compile(r"[(–−-]|\b(?:CR|DR|OD)\b", re.IGNORECASE)
_IN = re.compile(r"deposit|credit|addition|paid in|money in|receipt|payments? in", re.IGNORECASE)
_OUT = re.compile(r"withdraw|debit|subtraction|charge|paid out|money out|payments? out|check|cheque|fees?\b|payments?\b", re.IGNORECASE)
_HEADS = (
    ("balance", re.compile(r"balance", re.IGNORECASE)),
    ("in", re.compile(r"deposit|credit|addition|paid in|money in|receipt|\bin\b", re.IGNORECASE)),
    ("out", re.compile(r"withdraw|debit|subtraction|charge|paid out|money out|payment|\bout\b", re.IGNORECASE)),
    ("amount", re.compile(r"amount", re.IGNORECASE)),
)
_BALANCE_BEGINS = re.compile(r"running|ending|daily|ledger|balance", re.IGNORECASE)
_DATE_HEAD = re.compile(r"^(?:post(?:ed|ing)?|trans(?:action)?|value|entry)?\s*(?:date|posted|day)\b", re.IGNORECASE)
_DAILY = re.compile(r"daily (?:ledger |ending )?balances?|balance (?:summary by day|by date)|daily balance summary", re.IGNORECASE)
_NO_SECTION = re.compile(r"\bunion\b|\bbank\b|\baccount\b|\bpage\b", re.IGNORECASE)
_NOT_ONE = re.compile(r"^(?:(?:beginning|opening|previous|ending|closing|current|starting|final)\b.*balance|balance\b|.*(?:brought|carried) forward|totals?\b)", re.IGNORECASE)
_EDGE = 0.014  # amounts of one column end as near to each other as this
_WRAPPED = 0.02
_UNPAID = re.compile(r"\bnsf\b|insufficient|non-?sufficient|returned? (?:item|check|cheque|unpaid)|overdraft|\bod item|unpaid (?:item|cheque|dd|direct)|bounced|dishono", re.IGNORECASE)
_FEE = re.compile(r"\bfees?\b|charge", re.IGNORECASE)
_INWARD = re.compile(r"deposit(?:ed)? item returned|returned deposit|overdraft (?:protection|transfer|interest)", re.IGNORECASE)


def is_unpaid(description: str) -> bool:
    """Return whether a transaction is an item that the account could not pay."""
    return bool(_UNPAID.search(description)) and not _FEE.search(description) and not _INWARD.search(description)


def is_unpaid_fee(description: str) -> bool:
    """Return whether a transaction is what the bank charges for such an item."""
    return bool(_UNPAID.search(description)) and bool(_FEE.search(description)) and not _INWARD.search(description)


#: What the columns of amounts are, and where their heads stand.
Heads = tuple[tuple[str, Box], ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One printed line: the month and day, its words, and its amounts as they stand; `section` is the heading above it."""

    month: int
    day: int
    description: str
    amounts: tuple[Cell, ...]
    section: str
    heads: Heads
    box: Box
    page: int


def transactions(pages: Sequence[Rows], end: date | None, opening: Decimal | None, day_first: bool) -> tuple[Transaction, ...]:
    """Return every transaction in the order printed. `end` gives the year, `opening` what the first running balance starts from."""
    made: list[Transaction] = []
    balance = opening
    for line in _lines(pages, day_first):
        found = _transaction(line, balance, end)
        if found is not None:
            made.append(found)
            balance = found.balance if found.balance is not None else None if balance is None else balance + found.amount
    return tuple(made)


# -- lines -------------------------------------------------------------------------------------------------------------


def _lines(pages: Sequence[Rows], day_first: bool) -> Iterator[_Line]:
    """Yield every line of a transaction; a page without heads or section of its own goes on with those of the page before."""
    section: str = ""
    heads: Heads = ()
    for rows in pages:
        pending: list[_Line] = []
        for number, row in enumerate(rows):
            heads = _heads(row, rows[number - 1] if number else ()) or heads
            parts = list(_parts(row, section, heads, day_first))
            if parts:
                yield from pending
                pending = parts
            elif pending and _goes_on(row, pending[-1]):
                pending[-1] = replace(pending[-1], description=f"{pending[-1].description} {' '.join(c.text for c in row)}")
            elif _is_section(row):
                section = row[0].text
        yield from pending


def _is_section(row: Sequence[Cell]) -> bool:
    """Return whether a row is a heading that says what the lines below it are."""
    text = row[0].text
    if _NO_SECTION.search(text):
        return False
    return not any(_MONEY.match(cell.text) for cell in row) and any(pattern.search(text) for pattern in (_DAILY, _IN, _OUT))


def _heads(row: Sequence[Cell], above: Sequence[Cell]) -> Heads:
    """Return what the columns of amounts are, where `row` is the head of a table: it names a date and no amount stands on it."""
    if not any(_DATE_HEAD.search(cell.text) for cell in row) or any(_MONEY.match(cell.text) for cell in row):
        return ()
    found = []
    for cell in (part for whole in row for part in _one_head_each(whole)):
        over = " ".join(c.text for c in above if min(c.box.x1, cell.box.x1) > max(c.box.x0, cell.box.x0) and not _MONEY.match(c.text))
        near = over if above and cell.box.top - above[0].box.bottom < _WRAPPED else ""
        names = [name for name, pattern in _HEADS if pattern.search(f"{near} {cell.text}")]
        name = "amount" if {"in", "out"} <= set(names) else next(iter(names), None)
        if name and not _DATE_HEAD.search(cell.text):
            found.append((name, cell.box))
    return tuple(found)


def _one_head_each(cell: Cell) -> tuple[Cell, ...]:
    """Return the cells that a head is made of: where two heads stand close together, the second begins with the balance's words."""
    at = next((n for n, word in enumerate(cell.words) if n and _BALANCE_BEGINS.match(word.text)), 0)
    if not at or not any(pattern.search(" ".join(w.text for w in cell.words[:at])) for name, pattern in _HEADS if name != "balance"):
        return (cell,)
    return tuple(
        replace(cell, text=" ".join(w.text for w in words), words=words, box=Box.around(w.box for w in words))
        for words in (cell.words[:at], cell.words[at:])
    )


def _parts(row: Sequence[Cell], section: str, heads: Heads, day_first: bool) -> Iterator[_Line]:
    """Yield the transactions of one row: one, or several where checks are listed side by side."""
    dates = [(n, found) for n, cell in enumerate(row) if (found := values.day_of_year(cell.text, day_first)) and _is_date(cell.text)]
    money = [n for n, cell in enumerate(row) if _MONEY.match(cell.text)]
    if not dates or not money or _DAILY.search(section):
        return
    groups = [(n, found, (dates[i + 1][0] if i + 1 < len(dates) else len(row))) for i, (n, found) in enumerate(dates)]
    if len(groups) > 1 and not all(any(n < m < stop for m in money) for n, _, stop in groups):
        groups = [(groups[0][0], groups[0][1], len(row))]
    for start, (month, day), stop in groups:
        cells = row[start:stop] if len(groups) > 1 else row
        amounts = tuple(cell for cell in cells if _MONEY.match(cell.text))
        said = [c.text for c in cells if c not in amounts and c is not row[start] and not re.fullmatch(r"\d{1,3}", c.text)]
        behind = row[start].text.split(maxsplit=_date_words(row[start].text))
        description = " ".join([*behind[_date_words(row[start].text) :], *said])
        box = Box.around(cell.box for cell in cells)
        if amounts and not _NOT_ONE.match(description):
            yield _Line(month, day, description, amounts, section, heads, box, row[0].page.number)


def _is_date(text: str) -> bool:
    return bool(re.match(r"(?:\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?\b(?![,\d])|[A-Za-z]{3,9}\.?[\s-]*\d{1,2}\b|\d{1,2}[\s-]*[A-Za-z]{3})", text)) and not _MONEY.match(text)


def _date_words(text: str) -> int:
    return 2 if re.match(r"[A-Za-z]{3,9}\.?\s+\d{1,2}\b|\d{1,2}\s+[A-Za-z]{3}", text) else 1


def _goes_on(row: Sequence[Cell], line: _Line) -> bool:
    near = 0 < row[0].box.top - line.box.top < _WRAPPED * 1.2
    return near and len(row) == 1 and not _MONEY.match(row[0].text) and row[0].box.x0 > line.box.x0 + 0.01


# -- signs -------------------------------------------------------------------------------------------------------------


def _transaction(line: _Line, before: Decimal | None, end: date | None) -> Transaction | None:
    """Return the transaction that a line prints: the running balance decides its sign where it can."""
    named = [(_column(cell, line), cell) for cell in line.amounts]
    balances = [cell for name, cell in named if name == "balance"]
    moved = [(name, cell) for name, cell in named if name != "balance"]
    if not balances and len(line.amounts) == 2 and not line.heads:
        moved, balances = named[:1], [line.amounts[1]]
    if not moved:
        return None
    name, cell = moved[-1]
    size = abs(values.amount(cell.text) or Decimal(0))
    balance = values.amount(balances[-1].text) if balances else None
    amount = size * _sign(name, cell, line)
    if balance is not None and before is not None:
        change = balance - before
        amount = change if abs(change) == size or _misread(size, change, cell) else amount
    return Transaction(_day(line, end), line.description, amount, balance, line.page, line.box)


def _misread(size: Decimal, change: Decimal, cell: Cell) -> bool:
    """Return whether a scan's amount is the change of the running balance but for one digit."""
    if cell.page.method is not ReadMethod.OCR:
        return False
    a, b = f"{size:.2f}", f"{abs(change):.2f}"
    return len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) == 1


def _column(cell: Cell, line: _Line) -> str:
    """Return which column an amount stands in: the head over it, the nearest by its right edge otherwise."""
    if not line.heads:
        return "amount"
    over = [(min(cell.box.x1, box.x1) - max(cell.box.x0, box.x0), name) for name, box in line.heads]
    best = max(over)
    if best[0] > 0:
        return best[1]
    return min((abs(box.x1 - cell.box.x1), name) for name, box in line.heads)[1]


def _sign(name: str, cell: Cell, line: _Line) -> int:
    if name in ("in", "out"):
        return 1 if name == "in" else -1
    if _MARKED.search(cell.text):
        return 1 if re.search(r"CR\b", cell.text, re.IGNORECASE) else -1
    if line.section and (_IN.search(line.section) or _OUT.search(line.section)):
        return -1 if _OUT.search(line.section) and not re.match(r"\W*(?:deposit|credit|addition|money in|paid in)", line.section, re.IGNORECASE) else 1
    return 1


def _day(line: _Line, end: date | None) -> date | None:
    """Return the day with its year: that of the statement, or the one before where the month is later than the statement's end."""
    if end is None:
        return None
    try:
        return date(end.year - (line.month > end.month), line.month, line.day)
    except ValueError:
        return None
