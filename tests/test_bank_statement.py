"""Bank statements of many layouts are read to the cent, prove themselves, and say which line does not follow."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain import DocumentKind, Form, Page, ReadMethod
from rules.forms.bank_proof import broken_lines, closing_difference, listed_difference
from rules.forms.bank_statement import read
from tests.paper import Printed, document, page

HEAD: Sequence[Printed] = (
    ("Gull Rock Community Bank",),
    ("Account number: ****4410",),
    ("Statement period 05/01/2024 through 05/31/2024",),
    ("Harrow Tile Works LLC",),
    ("Account summary",),
    ("Beginning balance", "", "", "1,200.00"),
    ("Deposits and other credits", "", "", "2,950.00"),
    ("Withdrawals and other debits", "", "", "1,125.50"),
    ("Ending balance", "", "", "3,024.50"),
)
RUNNING: Sequence[Printed] = (
    ("Account activity",),
    ("Date Description", "Deposits", "Withdrawals", "Balance"),
    ("05/02 COUNTER DEPOSIT", "2,500.00", "", "3,700.00"),
    ("05/06 CHECK 1201", "", "1,000.00", "2,700.00"),
    ("05/06 NSF FEE", "", "35.00", "2,665.00"),
    ("05/20 WIRE FROM DAWSON", "450.00", "", "3,115.00"),
    ("05/31 SERVICE CHARGE", "", "90.50", "3,024.50"),
)
AMOUNTS = [Decimal(a) for a in ("2500.00", "-1000.00", "-35.00", "450.00", "-90.50")]


def _read(*pages: Page) -> Form:
    return read(document(DocumentKind.BANK_STATEMENT, *pages))


def _statement(lines: Sequence[Printed], head: Sequence[Printed] = HEAD) -> Form:
    return _read(page([*head, *lines]))


def _scan(lines: Sequence[Printed]) -> Page:
    return replace(page([*HEAD, *lines]), method=ReadMethod.OCR)


def _signed(form: Form) -> list[Decimal]:
    return [t.amount for t in form.transactions]


def test_account_period_and_totals_are_read_and_close() -> None:
    form = _statement(RUNNING)
    assert form.words("bank_name") == "Gull Rock Community Bank"
    assert form.words("account_masked") == "****4410"
    assert [f.value for f in form.fields if f.id.startswith("period")] == [date(2024, 5, 1), date(2024, 5, 31)]
    figures = [form.amount(id) for id in ("opening_balance", "total_deposits", "total_withdrawals", "closing_balance")]
    assert figures == [Decimal(a) for a in ("1200.00", "2950.00", "1125.50", "3024.50")]
    assert closing_difference(form) == listed_difference(form) == 0
    closing = form.field("closing_balance")
    assert closing is not None and closing.confidence > 0.95 and closing.box is not None and closing.box.x1 > 0.85


def test_separate_columns_give_the_sign_and_the_running_balance_proves_it() -> None:
    form = _statement(RUNNING)
    assert _signed(form) == AMOUNTS
    assert [t.day for t in form.transactions][:2] == [date(2024, 5, 2), date(2024, 5, 6)]
    assert form.transactions[3].description == "WIRE FROM DAWSON" and form.transactions[3].balance == Decimal("3115.00")
    assert broken_lines(form) == () and form.unread == ()


def test_marks_of_one_signed_column_are_understood() -> None:
    for minus in ("-{}", "{}-", "({})", "{} DR"):
        amounts = [("", f"{a:,.2f}") if a > 0 else ("", minus.format(f"{-a:,.2f}")) for a in AMOUNTS]
        lines = [(row[0], *cells) for row, cells in zip(RUNNING[2:], amounts, strict=True)]
        assert _signed(_statement([("Date Description", "", "Amount"), *lines])) == AMOUNTS, minus


def test_amounts_without_any_sign_are_signed_by_the_running_balance() -> None:
    lines = [(row[0], "", row[1] or row[2], row[3]) for row in RUNNING[2:]]
    assert _signed(_statement([("Date Description", "", "Amount", "Balance"), *lines])) == AMOUNTS


def test_newest_first_is_read_in_the_order_printed() -> None:
    form = _statement([*RUNNING[:2], *reversed(RUNNING[2:])])
    assert _signed(form) == AMOUNTS[::-1] and broken_lines(form) == ()
