"""Bank statements -> Form: account, period, balances, every transaction. What stands where is read in `bank_table.py`, `bank_totals.py`
and `days.py`; `bank_proof.py` holds it against the running balance.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from app.domain import Document, Field, Form, Line, Origin, ReadMethod, Transaction
from rules.forms.bank_head import account_of, bank_of
from rules.forms.bank_proof import Settled, settle
from rules.forms.bank_table import Tables, tables_of
from rules.forms.bank_totals import CONCEPTS, Found, Totals, choose, concept_of, labelled, signed
from rules.forms.days import PeriodRead, day_of, is_day_first, period_of
from rules.forms.ruled import Row, rows_of

_PROVEN, _LABELLED, _DERIVED = 0.99, 0.75, 0.5
_RETURNED = re.compile(r"\bnsf\b|non[- ]?sufficient|insufficient|\breturn(?:ed)?\b.{0,12}\b(?:item|check|cheque|unpaid|payment|ach)|\bunpaid\b|\boverdraft\b|\boverdrawn\b|\bbounced\b|\brtn (?:item|check)|items? returned|\bod (?:fee|item|charge)", re.IGNORECASE)  # fmt: skip
_FEE = re.compile(r"\bfee|\bcharge", re.IGNORECASE)
_NOT_RETURNED = re.compile(
    r"protection|transfer|refund|revers|waive|rebate|interest|\bdeposit(?:ed)? (?:item )?return|return(?:ed)? deposit", re.IGNORECASE
)


def read(document: Document) -> Form:
    """Return the fields and transactions of a bank statement."""
    rows = [row for page in document.pages for row in rows_of(page)]
    tables = tables_of(rows)
    period = period_of(document.pages, rows)
    marks = [posting.mark for posting in tables.postings]
    day_first = is_day_first(marks, period, document.pages[0].text if document.pages else "")
    candidates = _candidates(rows, tables)
    lines = _settled(tables, candidates)
    totals = choose(candidates, lines)
    transactions = tuple(_transaction(line, period, day_first) for line in lines)
    fields = [*bank_of(rows, tables.first), *account_of(rows), *_period_fields(period)]
    fields += [*_total_fields(document, totals), _returned(rows, tables, document, transactions)]
    return _form(document, fields, transactions, rows, tables)


def _candidates(rows: Sequence[Row], tables: Tables) -> dict[str, list[Found]]:
    """Return the candidates for the balances and totals: by label, then balance lines of the tables, then the first and last balance."""
    inside = tables.used
    out = labelled(rows, inside)
    for row, cell in tables.balances:
        name = concept_of(" ".join(c.text for c in row.cells if c.value is None and not any(d.isdigit() for d in c.text)))
        if name and name.endswith("balance"):
            place = len(out[name]) if name == "opening_balance" else 0
            out[name].append(Found(signed(cell), row.words, row, cell, 20 + place))
    if tables.daily:
        cell = tables.daily[-1][1]
        out["closing_balance"].append(Found(signed(cell), "last daily balance", None, cell, 40, formula="last daily balance"))
    return out


def _settled(tables: Tables, candidates: dict[str, list[Found]]) -> list[Settled]:
    """Return the postings settled between the opening and the closing balance that prove most lines."""
    openings, closings = (_values(candidates[name]) for name in ("opening_balance", "closing_balance"))
    tries = [settle(tables.postings, opening, closing) for opening in openings for closing in closings]
    return max(tries, key=lambda lines: sum(line.proven for line in lines))


def _values(found: Sequence[Found]) -> Sequence[Decimal | None]:
    """Return the values of the two best candidates, or one that is not known."""
    return [each.value for each in found[:2]] or [None]


def _transaction(line: Settled, period: PeriodRead | None, day_first: bool) -> Transaction:
    posting = line.posting
    day = day_of(posting.mark, period, day_first)
    return Transaction(day, posting.text, line.amount, line.balance, posting.row.page.number, posting.box, line.repaired)


def _form(document: Document, fields: Sequence[Field], transactions: tuple[Transaction, ...], rows: Sequence[Row], tables: Tables) -> Form:
    """Put the form together; lines with money that became nothing are kept as unread."""
    places = {(f.page, f.box.top) for f in fields if f.box}
    used = tables.used | {id(line) for row, _ in tables.balances for line in row.lines}
    used |= {id(line) for row in rows for line in row.lines if any((row.page.number, c.box.top) in places for c in row.cells)}
    unread: list[Line] = [line for row in rows if row.money for line in row.lines if id(line) not in used and line.amounts]
    kept = tuple({id(line): line for line in unread}.values())
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), transactions, kept)


# -- fields ----------------------------------------------------------------------------------------------------------------


def _period_fields(period: PeriodRead | None) -> list[Field]:
    if period is None:
        return []
    page, days = period.page, (period.start, period.end)
    return [
        Field(id, day, text, "period", page.file, page.number, box, confidence=period.sure, method=page.method)
        for id, day, text, box in zip(("period_start", "period_end"), days, period.texts, period.boxes, strict=True)
    ]


def _total_fields(document: Document, totals: Totals) -> list[Field]:
    return [_total(document, name, totals.found[name], totals.closes) for name in CONCEPTS if name in totals.found]


def _total(document: Document, name: str, found: Found, closes: bool) -> Field:
    page = found.row.page if found.row else document.pages[0]
    text, box = (found.cell.text, found.cell.box) if found.cell and found.row and not found.formula else ("", None)
    confidence = _PROVEN if closes else _DERIVED if found.formula else _LABELLED
    confidence -= 0.05 if found.repaired else 0.0
    origin = Origin.DERIVED if found.formula else Origin.READ
    return Field(
        name, found.value, text, found.label, page.file, page.number, box,
        origin=origin, confidence=confidence, method=page.method, formula=found.formula, repaired=found.repaired,
    )  # fmt: skip


def _returned(rows: Sequence[Row], tables: Tables, document: Document, transactions: Sequence[Transaction]) -> Field:
    """Return the number of returned and overdraft items: as printed, else counted from the transactions."""
    for row in rows:
        counts = [c for c in row.numbers if not c.cents and c.value is not None and 0 <= c.value < 1000]
        if len(counts) == 1 and not row.money and _RETURNED.search(row.words) and not any(id(line) in tables.used for line in row.lines):
            count = counts[0]
            value = (count.value or Decimal(0)).to_integral_value()
            place = (row.page.file, row.page.number, count.box)
            return Field("nsf_count", value, count.text, row.words, *place, confidence=0.95 * count.sure, method=row.page.method)
    page = document.pages[0]
    words = "returned and overdraft items among the transactions"
    value = Decimal(count_returned(transactions))
    sure = 0.85 if page.method is ReadMethod.TEXT else 0.7
    return Field(
        "nsf_count",
        value,
        "",
        words,
        page.file,
        page.number,
        None,
        origin=Origin.DERIVED,
        confidence=sure,
        method=page.method,
        formula=words,
    )


def count_returned(transactions: Sequence[Transaction]) -> int:
    """Return how many items were returned or overdrawn: an item and its fee on one day count once."""
    items: dict[object, int] = {}
    fees: dict[object, int] = {}
    for line in transactions:
        if _RETURNED.search(line.description) and not _NOT_RETURNED.search(line.description):
            kind = fees if _FEE.search(line.description) and line.amount <= 0 else items
            kind[line.day] = kind.get(line.day, 0) + 1
    return sum(max(items.get(day, 0), fees.get(day, 0)) for day in {*items, *fees})
