"""Reads the schedule of the borrower's debts: one row for each debt, and its totals."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Document, Field, Form, Origin
from rules.forms.fields import best_of, candidates_of, form_of, wanted
from rules.forms.rows import Seen, cut, field_of
from rules.forms.tables import Table, TableRow, find_tables
from rules.forms.values import DAY, DAY_FIRST, MONEY, PERCENT, TEXT, Kind
from rules.headings import bears_uk_marks

_HEADS = {
    "refinanced": re.compile(r"refinanc|paid off|pay ?off|repaid by|to be repaid|consolidat"),
    "status": re.compile(r"\b(?:status|delinquent|past due|current\?|current \(?y|current or|in default)"),
    "opened": re.compile(
        r"orig(?:inal|\.)? date|date of origin|origination|date (?:of (?:note|loan)|opened|incurred|granted)|start date|loan date|drawn"
    ),
    "frequency": re.compile(r"\bfreq|how often|\bpayable\b(?! to)"),
    "original_amount": re.compile(
        r"\borig(?:inal|\.)?(?:amount|balance|loan)?\b(?!\.? date)|amount borrowed|\bborrowed\b|loan amount"
        r"|amount of (?:loan|facility|note)|initial (?:amount|balance)"
        r"|credit limit|\blimit\b|facility amount|amount advanced"
    ),
    "maturity": re.compile(
        r"\bmatur|due date|(?<!amount )(?<!balance )(?<!now )\bdue\b(?! to)|final (?:payment|repayment)|end date|expir|payoff date"
        r"|last payment|\bterm ends|repayable by"
    ),
    "monthly_payment": re.compile(
        r"\b(?:mo(?:nthly|nth|\.)?|periodic|regular|scheduled)\b.{0,4}(?:payments?|pmts?|instal|repay|debt service|p ?& ?i)"
        r"|(?:payments?|pmts?|instal\w+|repayments?|paid|p ?& ?i)(?: amount)? ?(?:/|per|a|each|\() ?mo|\b(?:payments?|pmts?|instal\w+"
        r"|repayments?)\b(?! date)|^\W*(?:per |a )?month\W*$"
    ),
    "rate": re.compile(r"\brate\b|\bint(?:erest|\.)?\b|\bapr\b|%"),
    "secured_by": re.compile(r"\bsecur|\bcollateral|\bpledged|\bcharge over\b"),
    "balance": re.compile(
        r"\bbal(?:ance|\.)?\b|\boutstanding\b|amount (?:owed|owing|due)|\bowed\b(?! to)|\bowing\b|principal (?:due|outstanding)"
        r"|carrying amount|present amount"
    ),
    "creditor": re.compile(
        r"\bcreditors?\b|\blenders?\b|(?:owed|payable|due) to|\bnote ?holder|\bholder\b|name of|\bbank\b|\bpayee\b|\bfunder\b"
        r"|\binstitution\b|\bdescription\b"
    ),
}
_KINDS: dict[str, Kind] = {
    "original_amount": MONEY,
    "balance": MONEY,
    "monthly_payment": MONEY,
    "rate": PERCENT,
    "secured_by": TEXT,
    "creditor": TEXT,
}
#: Payments in a year, by what the head or the row says of how often they fall due.
_OFTEN = (
    (re.compile(r"quarter"), 4),
    (re.compile(r"semi-?annual|half[- ]year"), 2),
    (re.compile(r"annual|year|p\.a\."), 1),
    (re.compile(r"week"), 52),
)
_DATES = (
    r"(?:schedule |balances? |figures |debts? |liabilities )?(?:as )?(?:of|at|dated)(?: date)?",
    r"dated?(?=:)|(?:as of|schedule|statement) date",
)
_YES = re.compile(r"^\W*(?:y(?:es)?|x|✓|✔|☒|☑|refinanc\w*|pay ?off)\b|[✓✔☒☑]", re.IGNORECASE)


def read(document: Document) -> Form:
    """Return the debts of the schedule and what they add up to."""
    day = DAY_FIRST if any(bears_uk_marks(page.text) for page in document.pages) else DAY
    dated = best_of([c for page in document.pages for c in candidates_of(page, (wanted("schedule_date", day, *_DATES),))])
    return form_of(document, [*debts_of(document), *dated])


def debts_of(document: Document) -> list[Field]:
    """Return debt_N_... of every debt that a table of `document` lists, and their totals, added up where none is printed."""
    uk = any(bears_uk_marks(page.text) for page in document.pages)
    fields: list[Field] = []
    totals: list[Field] = []
    number = 0
    for table in _tables(document):
        for row in table.rows:
            if row.total:
                totals += _totals(table, row)
            elif _is_debt(row):
                number += 1
                fields += [replace(f, id=f"debt_{number}_{f.id}") for f in _cells(table, row, DAY_FIRST if uk else DAY)]
    return fields + _with_sums(fields, totals)


def _tables(document: Document) -> Iterator[Table]:
    for page in document.pages:
        for table in find_tables(page, _HEADS, at_least=3):
            if "creditor" in table.heads or "balance" in table.heads:
                yield table if "creditor" in table.heads else _with_creditor(table)


def _with_creditor(table: Table) -> Table:
    """Return the table with its first column as the creditors', whatever its head says."""
    first = next(iter(table.heads))
    if not first.startswith("column_"):
        return table
    rows = tuple(replace(row, cells={"creditor" if id == first else id: words for id, words in row.cells.items()}) for row in table.rows)
    return replace(table, heads={"creditor" if id == first else id: head for id, head in table.heads.items()}, rows=rows)


def _is_debt(row: TableRow) -> bool:
    """Return whether the row prints a debt: a creditor, and an amount owed, borrowed or paid."""
    amounts = [MONEY.read(row.text(id)) for id in ("balance", "original_amount", "monthly_payment")]
    return any(amounts) and TEXT.read(row.text("creditor")) is not None


def _cells(table: Table, row: TableRow, day: Kind) -> Iterator[Field]:
    for id, words in row.cells.items():
        kind = day if id == "maturity" else _KINDS.get(id)
        seen = Seen(row.page, table.heads[id], words)
        if id == "refinanced":
            yield field_of("to_be_refinanced", "yes" if _YES.search(row.text(id)) else "no", seen, 0.9)
        elif kind and (reading := kind.read(row.text(id))):
            its = replace(seen, words=cut(words, reading.start, reading.stop))
            value = re.sub(r"^\(?\d{1,2}[.)] ", "", reading.value) if isinstance(reading.value, str) else reading.value
            found = field_of(id, value, its, 0.95)
            yield _monthly(found, f"{table.heads[id]} {row.text('frequency')}") if id == "monthly_payment" else found


def _monthly(field: Field, says: str) -> Field:
    """Return a payment as a month's share of it, where the head says that it falls due otherwise."""
    times = next((times for often, times in _OFTEN if often.search(says.lower())), 12)
    if times == 12 or not isinstance(field.value, Decimal):
        return field
    value = (field.value * times / 12).quantize(Decimal("0.01"))
    return replace(field, value=value, origin=Origin.DERIVED, formula=f"{field.value:,} × {times} / 12")


def _totals(table: Table, row: TableRow) -> Iterator[Field]:
    for column, id in (("balance", "total_debt_balance"), ("monthly_payment", "monthly_debt_payment")):
        reading = MONEY.read(row.text(column))
        if reading:
            seen = Seen(row.page, row.text("creditor") or "Total", cut(row.cells[column], reading.start, reading.stop))
            total = field_of(id, reading.value, seen, 0.95)
            yield _monthly(total, table.heads[column]) if column == "monthly_payment" else total


def _with_sums(fields: Sequence[Field], totals: Sequence[Field]) -> list[Field]:
    """Return the totals printed last, and those that no line prints as sums of the debts."""
    out = []
    for column, id in (("balance", "total_debt_balance"), ("monthly_payment", "monthly_debt_payment")):
        printed = [t for t in totals if t.id == id]
        parts = [f for f in fields if f.id.endswith(f"_{column}") and isinstance(f.value, Decimal)]
        # A total of payments that fall due at different times is no month's payment.
        mixed = column == "monthly_payment" and len({f.origin for f in parts}) > 1
        if printed and not mixed:
            out.append(printed[-1])
        elif parts:
            out.append(sum_of(id, parts))
    return out


def sum_of(id: str, parts: Sequence[Field]) -> Field:
    """Return the field `id` as the sum of `parts`."""
    amounts = [f.value for f in parts if isinstance(f.value, Decimal)]
    formula = " + ".join(f"{amount:,}" for amount in amounts)
    first = parts[0]
    sure = min(f.confidence for f in parts)
    return replace(
        first,
        id=id,
        value=sum(amounts, Decimal(0)),
        text="",
        label="",
        box=None,
        origin=Origin.DERIVED,
        formula=formula,
        confidence=sure,
        alternatives=(),
    )
