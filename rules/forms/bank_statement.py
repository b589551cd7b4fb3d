"""A bank statement -> Form: the account, its balances, and every transaction. The running balance proves the lines, the totals the whole."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain import Document, Field, Form, Origin, Transaction
from rules.forms import values
from rules.forms.bank_lines import is_unpaid, is_unpaid_fee, transactions
from rules.forms.cells import Rows, pages_of
from rules.forms.fields import Found, Wanted, field_of, find
from rules.forms.unread import unread

_BANK = re.compile(r"\b(?:bank|credit union|building society|savings|trust|bancorp|n\.?a\.?|financial)\b", re.IGNORECASE)
_NO_BANK = re.compile(r"\b(?:statement|account|checking|page|period|through)\b", re.IGNORECASE)
_ACCOUNT = re.compile(r"(?:[xX*•#.…]{1,}[xX*•-]*\d{3,4})\b")
_ACCOUNT_LABELS = re.compile(r"(?:account|acct|a/c)\s*(?:number|no\.?|#)?\s*:?\s*([\dxX*•-]{5,})", re.IGNORECASE)
_ENDS_IN = re.compile(r"(?:account|checking|savings|acct|a/c)\b[^\d]{0,24}\b(\d{4})$", re.IGNORECASE)
_TOP = 0.3


def _cents(text: str) -> Decimal | None:
    """Return an amount as banks print it: with cents."""
    return values.amount(text) if re.search(r"\d[.,]\d\d(?!\d)", text) else None


def _size(text: str) -> Decimal | None:
    """Return what was added up, without the sign that some print with withdrawals."""
    found = _cents(text)
    return abs(found) if found is not None else None


_WANTED = (
    Wanted(
        "opening_balance",
        (
            *("beginning balance", "opening balance", "previous balance", "balance forward", "balance brought forward", "starting balance"),
            *("balance last statement", "balance at start of period", "beginning ledger balance", "last statement balance", "prior balance"),
            *("balance from last statement", "balance at beginning of period", "brought forward", "start balance", "opening ledger balance"),
        ),
        _cents,
    ),
    Wanted(
        "closing_balance",
        (
            *("ending balance", "closing balance", "current balance", "balance at end of period", "balance carried forward", "new balance"),
            *("balance this statement", "ending ledger balance", "final balance", "end balance", "closing ledger balance", "carried forward"),
            *("balance on statement date", "statement balance"),
        ),
        _cents,
    ),
    Wanted(
        "total_deposits",
        (
            *("total credits", "deposits and additions", "total deposits", "deposits and other credits", "deposits / credits", "credits"),
            *("money in", "additions", "deposits", "total paid in", "paid in", "total additions", "deposits and credits", "receipts"),
            *("total deposits and credits", "deposits & other credits", "total money in", "plus deposits", "payments in", "total receipts"),
            *("total deposits and other credits", "deposits/credits", "total deposits and additions"),
        ),
        _size,
    ),
    Wanted(
        "total_withdrawals",
        (
            *("withdrawals and other debits", "total debits", "checks and withdrawals", "withdrawals / debits", "debits", "money out"),
            *("total withdrawals", "withdrawals", "subtractions", "charges", "total paid out", "paid out", "checks and other debits"),
            *("withdrawals and debits", "total checks and debits", "total withdrawals and debits", "total money out", "less withdrawals"),
            *("checks and debits", "withdrawals and subtractions", "payments out", "total charges", "checks paid and other debits", "payments"),
            *("total subtractions", "total withdrawals and other debits", "withdrawals/debits", "withdrawals & other debits"),
        ),
        _size,
    ),
    Wanted(
        "nsf_count",
        (
            *("nsf items", "number of nsf / overdraft items this period", "returned and overdraft items", "nsf/overdraft items", "nsf items this period"),
            *("number of nsf items", "overdraft items", "returned items", "nsf and overdraft items", "overdraft / nsf items", "unpaid items"),
            *("number of returned items", "items returned", "nsf / od items", "nsf/od items", "returned / nsf items", "unpaid and overdraft items"),
        ),
        lambda text: Decimal(text.strip()) if re.fullmatch(r"\d{1,3}", text.strip()) else None,
    ),
)  # fmt: skip


def read(document: Document) -> Form:
    """Read one account's statement."""
    pages = pages_of(document)
    fields = [*_account(document, pages[0]), *_period(document, pages), *find(document, pages, _WANTED)]
    by_id = {field.id: field for field in fields}
    end = by_id["period_end"].value if "period_end" in by_id else None
    opening = by_id["opening_balance"].value if "opening_balance" in by_id else None
    text = " ".join(page.text for page in document.pages[:1])
    lines = transactions(pages, end if isinstance(end, date) else None, opening if isinstance(opening, Decimal) else None, values.is_day_first(text))
    fields = _completed(document, fields, lines)
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), lines, unread(document, fields))


def closes(form: Form) -> bool | None:
    """Return whether opening balance + deposits - withdrawals gives the closing balance; None where one of them was not read."""
    parts = [form.amount(id) for id in ("opening_balance", "total_deposits", "total_withdrawals", "closing_balance")]
    if any(part is None for part in parts):
        return None
    opening, deposits, withdrawals, closing = (part or Decimal(0) for part in parts)
    return opening + deposits - withdrawals == closing


# -- the head ----------------------------------------------------------------------------------------------------------


def _account(document: Document, rows: Rows) -> Iterator[Field]:
    top = [cell for row in rows for cell in row if cell.box.top < _TOP]
    bank = next((c for c in top if _BANK.search(c.text) and not _NO_BANK.search(c.text)), None) or next(iter(top), None)
    if bank is not None:
        name = _ACCOUNT.sub("", bank.text).strip()
        yield field_of(document, "bank_name", Found(name, name, "head", bank, 0.9))
    for cell in top:
        if match := _ACCOUNT.search(cell.text):
            yield field_of(document, "account_masked", Found(match[0], match[0], "account", cell, 0.95))
            return
    for cell in top:
        if match := _ENDS_IN.search(cell.text):
            yield field_of(document, "account_masked", Found(match[1], match[1], "account", cell, 0.85))
            return
    for cell in top:
        if match := _ACCOUNT_LABELS.search(cell.text):
            masked = "*" * max(0, len(match[1]) - 4) + match[1][-4:]
            yield field_of(document, "account_masked", Found(masked, masked, "account", cell, 0.9))
            return


def _period(document: Document, pages: Sequence[Rows]) -> Iterator[Field]:
    """Yield the first and last day: the first two dates that stand together and are a statement's time apart."""
    day_first = values.is_day_first(" ".join(page.text for page in document.pages[:1]))
    top = [row for row in pages[0] if row[0].box.top < 0.45]
    for row, below in zip(top, [*top[1:], ()], strict=True):
        for cells in (row, (*row, *below)):
            dated = [(cell, day) for cell in cells for day in values.days(cell.text, day_first)]
            text = values.days(" ".join(cell.text for cell in cells), day_first)
            dated = dated if len(dated) >= 2 else [(cells[0], day) for day in text]
            for (first, start), (last, end) in itertools.pairwise(dated):
                if 5 <= (end - start).days <= 100:
                    yield field_of(document, "period_start", Found(start, first.text, "period", first, 0.95))
                    yield field_of(document, "period_end", Found(end, last.text, "period", last, 0.95))
                    return


# -- what the lines prove ----------------------------------------------------------------------------------------------


def _completed(document: Document, fields: Sequence[Field], lines: Sequence[Transaction]) -> list[Field]:
    """Return the fields with what only the transactions say, and surer where opening + deposits - withdrawals = closing."""
    by_id = {field.id: field for field in fields}
    sums = {
        "total_deposits": sum((t.amount for t in lines if t.amount > 0), Decimal(0)),
        "total_withdrawals": -sum((t.amount for t in lines if t.amount < 0), Decimal(0)),
        "nsf_count": _unpaid(lines),
    }
    balances = _balances(lines)
    for id, value in {**balances, **sums}.items():
        if id not in by_id and (lines or id != "nsf_count"):
            formula = "counted from the transactions" if id == "nsf_count" else "from the transactions"
            by_id[id] = Field(id, value, "", "transactions", document.file, document.first, None, origin=Origin.DERIVED, confidence=0.85, formula=formula)
    proved = _put_right(by_id, sums)
    return [replace(f, confidence=0.99) if proved and f.id in _PROVED else f for f in by_id.values()]


_PROVED = frozenset({"opening_balance", "closing_balance", "total_deposits", "total_withdrawals"})


def _balances(lines: Sequence[Transaction]) -> dict[str, Decimal]:
    known = [t for t in lines if t.balance is not None]
    if not known or known[0].balance is None or known[-1].balance is None:
        return {}
    return {"opening_balance": known[0].balance - known[0].amount, "closing_balance": known[-1].balance}


def _unpaid(lines: Sequence[Transaction]) -> Decimal:
    items, fees = (sum(map(test, (t.description for t in lines))) for test in (is_unpaid, is_unpaid_fee))
    return Decimal(items or fees)


def _put_right(by_id: dict[str, Field], sums: dict[str, Decimal]) -> bool:
    """Return whether the four figures close; one misread total is taken from the transactions where they make it close."""
    if not by_id.keys() >= _PROVED:
        return False
    figures = {id: by_id[id].value for id in _PROVED}
    known = {id: value for id, value in figures.items() if isinstance(value, Decimal)}
    if _close(known):
        return True
    for id in ("total_deposits", "total_withdrawals"):
        if by_id[id].method == "ocr" and _close(known | {id: sums[id]}):
            old = by_id[id]
            told = f"Read as {old.text}; the transactions add up to {sums[id]:,}, with which opening + deposits - withdrawals = closing."
            by_id[id] = replace(old, value=sums[id], repaired=told, alternatives=(str(old.value),))
            return True
    return False


def _close(known: dict[str, Decimal]) -> bool:
    return known["opening_balance"] + known["total_deposits"] - known["total_withdrawals"] == known["closing_balance"]


