"""Whose account a bank statement is of: the bank's name and the account's number, as its heads print them."""

import re
from collections.abc import Iterator, Sequence

from app.domain import Field
from rules.forms.ruled import Cell, Row

_BANK = re.compile(
    r"\b(?:bank|banc\w*|banking|credit union|trust|savings|building society|federal|n\.\s?a\.|national|fcu)(?![a-z])|\bfirst of\b",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"statement|summary|account|checking|page \d|member fdic|www\.|\.com|@|customer service|questions|\bP\.?O\.? box\b", re.IGNORECASE
)
_TAIL = re.compile(r"\s+(?:account\s+)?(?:statement|page|[*xX•#.]{1,}[-\s\d*xX]*\d{3,}|\d{3,}).*$", re.IGNORECASE)
_MASKED = re.compile(r"(?<![\w*])([*xX•#.…-]*[*xX•#…][*xX•#.…\s-]*\d{3,6})(?![\d,.]*\d)")
_NUMBERED = re.compile(r"(?:account|acct|a/c)\.?\s*(?:number|no|num|nr|#)?\.?\s*[:#]?\s*(\d[\d\s-]{2,18}\d)", re.IGNORECASE)
_ACCOUNT = re.compile(r"\b(?:account|acct|a/c)\b", re.IGNORECASE)
_TOP = 0.3


def bank_of(rows: Sequence[Row], first: Row | None) -> list[Field]:
    """Return the bank's name: the largest words at the head of the first page that sound like a bank; whole, as other heads repeat it."""
    heads = list(_heads(rows, first))
    found = [
        (cell, row) for row in heads for cell in row.cells if cell.value is None and len(cell.text) > 5 and not _NO_NAME.search(cell.text)
    ]
    if not found:
        return []
    tallest = max(cell.box.bottom - cell.box.top for cell, _ in found)
    cell, row = max(found, key=lambda pair: _likeness(pair[0], tallest))
    name = _whole(_TAIL.sub("", cell.text).strip(), rows)
    sure = 0.95 if _BANK.search(name) else 0.6
    return [
        Field("bank_name", name, name, "", row.page.file, row.page.number, cell.box, confidence=sure * cell.sure, method=row.page.method)
    ]


def _heads(rows: Sequence[Row], first: Row | None) -> Iterator[Row]:
    for row in rows:
        if row is first or row.page is not rows[0].page or row.box.top > _TOP:
            return
        if not row.money:
            yield row


def _likeness(cell: Cell, tallest: float) -> float:
    letters = sum(c.isalpha() for c in cell.text) / len(cell.text)
    return (cell.box.bottom - cell.box.top) / tallest + 0.6 * bool(_BANK.search(cell.text)) + 0.3 * letters - cell.box.top


def _whole(name: str, rows: Sequence[Row]) -> str:
    """Return the name as another head prints it where that goes on: a scan may cut a name or put signs between its words."""
    for row in rows:
        if row.box.top < 0.12 and row.page is not rows[0].page and not row.money:
            other = _TAIL.sub("", row.text).strip()
            if other.startswith(name) and len(name) < len(other) < len(name) + 25:
                return other
    return name


def account_of(rows: Sequence[Row]) -> list[Field]:
    """Return the account's number, masked: a number printed in full is kept by its last four digits only."""
    heads = [row for row in rows if not row.money and (row.box.top < _TOP or _ACCOUNT.search(row.text))]
    for labelled in (True, False):
        for row in heads:
            if labelled and not _ACCOUNT.search(row.text):
                continue
            text = row.text
            found = _MASKED.search(text) or (_NUMBERED.search(text) if labelled else None)
            if found:
                printed = found[1].strip()
                shown = printed if any(c in "*xX•#…" for c in printed) else f"****{re.sub(r'[^0-9]', '', printed)[-4:]}"
                box = next((c.box for c in row.cells if printed in c.text), row.box)
                sure = 0.95 if labelled else 0.7
                return [
                    Field(
                        "account_masked",
                        shown,
                        shown,
                        "account",
                        row.page.file,
                        row.page.number,
                        box,
                        confidence=sure,
                        method=row.page.method,
                    )
                ]
    return []
