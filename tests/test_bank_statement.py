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
    assert closing is not None
    assert closing.confidence > 0.95
    assert closing.box is not None
    assert closing.box.x1 > 0.85


def test_separate_columns_give_the_sign_and_the_running_balance_proves_it() -> None:
    form = _statement(RUNNING)
    assert _signed(form) == AMOUNTS
    assert [t.day for t in form.transactions][:2] == [date(2024, 5, 2), date(2024, 5, 6)]
    assert form.transactions[3].description == "WIRE FROM DAWSON"
    assert form.transactions[3].balance == Decimal("3115.00")
    assert broken_lines(form) == ()
    assert form.unread == ()


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
    assert _signed(form) == AMOUNTS[::-1]
    assert broken_lines(form) == ()


# -- sections, days and other habits -----------------------------------------------------------------------------------


def test_sections_give_the_sign_and_their_totals_and_daily_balances_are_no_transactions() -> None:
    lines: Sequence[Printed] = (
        ("Deposits and other credits",),
        ("Date Description", "", "Amount"),
        ("05/02 COUNTER DEPOSIT", "", "2,500.00"),
        ("05/20 WIRE FROM DAWSON", "", "450.00"),
        ("Total deposits and other credits", "", "2,950.00"),
        ("Checks paid",),
        ("Date Description", "", "Amount"),
        ("05/06 CHECK 1201", "", "1,000.00"),
        ("Total checks paid", "", "1,000.00"),
        ("Electronic withdrawals and fees",),
        ("05/06 NSF FEE", "", "35.00"),
        ("05/31 SERVICE CHARGE", "", "90.50"),
        ("Daily ending balance",),
        ("Date", "Balance", "Date", "Balance"),
        ("05/02", "3,700.00", "05/06", "2,665.00"),
        ("05/20", "3,115.00", "05/31", "3,024.50"),
    )
    form = _statement(lines)
    assert sorted(_signed(form)) == sorted(AMOUNTS)
    assert closing_difference(form) == listed_difference(form) == 0


def test_withdrawals_printed_in_parts_are_added_up_where_that_closes() -> None:
    parts: Sequence[Printed] = (
        ("Checks paid", "", "", "1,000.00"),
        ("Electronic withdrawals", "", "", "90.50"),
        ("Service fees", "", "", "35.00"),
    )
    form = _statement(RUNNING, [*HEAD[:7], *parts, HEAD[8]])
    field = form.field("total_withdrawals")
    assert field is not None
    assert field.value == Decimal("1125.50")
    assert field.formula
    assert closing_difference(form) == 0


def test_a_uk_statement_dates_a_day_once_and_prints_the_day_first() -> None:
    head: Sequence[Printed] = (
        ("Penbury Building Society",),
        ("Account number 40187726",),
        ("Statement 01/03/2024 to 31/03/2024",),
        ("Date Details", "Paid out", "Paid in", "Balance"),
        ("01/03/2024 BALANCE BROUGHT FORWARD", "", "", "£100.00"),
        ("04/03/2024 DD WATER", "150.00", "", "50.00 OD"),
        ("BACS MILLER", "", "500.00", "450.00"),
        ("05/03/2024 CHQ 88", "20.00", "", "430.00"),
        ("BALANCE CARRIED FORWARD", "", "", "430.00"),
    )
    form = _read(page(head))
    assert [(t.day, t.amount) for t in form.transactions] == [
        (date(2024, 3, 4), Decimal(-150)),
        (date(2024, 3, 4), Decimal(500)),
        (date(2024, 3, 5), Decimal(-20)),
    ]
    assert form.transactions[0].balance == Decimal(-50)
    assert (form.amount("opening_balance"), form.amount("closing_balance")) == (Decimal(100), Decimal(430))
    assert form.words("account_masked") == "****7726"


def test_the_year_of_a_line_follows_from_a_period_over_new_year() -> None:
    head = [*HEAD[:2], ("15 Dec 2023 - 14 Jan 2024",), *HEAD[3:]]
    lines = [
        (days + row[0][5:], *row[1:]) for days, row in zip(("16 Dec", "28 Dec", "31 Dec", "02 Jan", "14 Jan"), RUNNING[2:], strict=True)
    ]
    days = [t.day for t in _statement([*RUNNING[:2], *lines], head).transactions]
    assert days[0] == date(2023, 12, 16)
    assert days[-1] == date(2024, 1, 14)


def test_a_description_goes_on_below_and_heads_repeat_on_the_next_page() -> None:
    first = page([*HEAD, *RUNNING[:3], ("      BRANCH 12 HARROW",)])
    second = page([("Gull Rock Community Bank ****4410", "", "", "Page 2"), *RUNNING[1:2], *RUNNING[3:]], number=2)
    form = _read(first, second)
    assert form.transactions[0].description == "COUNTER DEPOSIT BRANCH 12 HARROW"
    assert _signed(form) == AMOUNTS
    assert form.transactions[1].page == 2


# -- proof and repair --------------------------------------------------------------------------------------------------


def test_an_altered_line_of_a_text_layer_stays_as_printed_and_is_named() -> None:
    altered = [*RUNNING[:5], ("05/20 WIRE FROM DAWSON", "4,450.00", "", "3,115.00"), RUNNING[6]]
    form = _statement([*RUNNING[:4], ("05/06 NSF FEE", "", "35.00", "2,665.00"), *altered[5:]])
    assert [t.amount for t in broken_lines(form)] == [Decimal("4450.00")]
    assert listed_difference(form) == 4000
    assert all(t.repaired is None for t in form.transactions)


def test_an_altered_total_of_a_text_layer_stays_as_printed() -> None:
    form = _statement(RUNNING, [*HEAD[:6], ("Deposits and other credits", "", "", "3,950.00"), *HEAD[7:]])
    assert form.amount("total_deposits") == Decimal(3950)
    assert closing_difference(form) == 1000


def test_one_misread_digit_of_a_scan_is_repaired_and_said() -> None:
    misread = [*RUNNING[:5], ("05/20 WIRE FROM DAWSON", "460.00", "", "3,115.00"), RUNNING[6]]
    form = _read(_scan([*RUNNING[:4], RUNNING[4], *misread[5:]]))
    assert _signed(form) == AMOUNTS
    assert "read as 460.00" in (form.transactions[3].repaired or "")


def test_a_misread_balance_of_a_scan_is_repaired_and_no_line_breaks() -> None:
    lines = [*RUNNING[:3], ("05/06 CHECK 1201", "", "1,000.00", "2,100.00"), *RUNNING[4:]]
    form = _read(_scan(lines))
    assert form.transactions[1].balance == Decimal("2700.00")
    assert form.transactions[1].repaired
    assert broken_lines(form) == ()


def test_a_misread_total_of_a_scan_is_repaired_by_the_lines() -> None:
    scanned = replace(page([*HEAD[:6], ("Deposits and other credits", "", "", "2,350.00"), *HEAD[7:], *RUNNING]), method=ReadMethod.OCR)
    field = _read(scanned).field("total_deposits")
    assert field is not None
    assert field.value == Decimal("2950.00")


# -- returned items, unread lines, length ------------------------------------------------------------------------------


def test_returned_items_are_counted_once_with_their_fee_unless_a_line_prints_their_number() -> None:
    lines: Sequence[Printed] = (
        *RUNNING[:2],
        ("05/06 RETURNED ITEM CHECK 1201", "1,000.00", "", "2,200.00"),
        ("05/06 NSF FEE", "", "35.00", "2,165.00"),
        ("05/09 OVERDRAFT FEE", "", "35.00", "2,130.00"),
        ("05/10 WIRE TRANSFER IN", "10.00", "", "2,140.00"),
        ("05/11 OVERDRAFT PROTECTION TRANSFER", "10.00", "", "2,150.00"),
    )
    assert _statement(lines).amount("nsf_count") == 2
    printed = _statement(lines, [*HEAD, ("Returned and overdraft items this period:", "7")])
    field = printed.field("nsf_count")
    assert field is not None
    assert field.value == 7
    assert field.text == "7"


def test_lines_with_amounts_that_are_neither_are_kept_as_unread() -> None:
    form = _statement(RUNNING, [*HEAD, ("Average collected balance", "", "", "2,871.33")])
    assert [line.label for line in form.unread] == ["Average collected balance"]


def test_a_page_of_nothing_gives_an_empty_form() -> None:
    form = _read(page([("Thank you for banking with us",)]))
    assert form.transactions == ()
    assert form.amount("opening_balance") is None


def test_three_hundred_pages_take_seconds_not_minutes() -> None:
    table = [
        ("Date Description", "Deposits", "Withdrawals", "Balance"),
        *((f"05/{d:02d} DEPOSIT", "1.00", "", f"{d}.00") for d in range(1, 29)),
    ]
    one = page([*HEAD, *table])
    pages = [replace(one, number=n) for n in range(1, 301)]
    started = time.perf_counter()
    form = _read(*pages)
    assert len(form.transactions) == 300 * 28
    assert time.perf_counter() - started < 15


def test_checks_paid_side_by_side_and_a_summary_across_are_read() -> None:
    lines: Sequence[Printed] = (
        *HEAD[:5],
        ("", "Beginning balance", "Deposits", "Withdrawals", "Ending balance"),
        ("", "500.00", "100.00", "90.00", "510.00"),
        ("Deposits",),
        ("05/02 COUNTER DEPOSIT", "", "", "", "100.00"),
        ("Checks paid",),
        ("Number", "Date", "Amount", "Number   Date", "Amount"),
        ("1001", "05/03", "40.00", "1002   05/04", "50.00"),
    )
    form = _read(page(lines, edges=(0.3, 0.48, 0.68, 0.9)))
    assert form.amount("opening_balance") == 500
    assert form.amount("total_withdrawals") == 90
    assert _signed(form) == [Decimal(100), Decimal(-40), Decimal(-50)]
    assert [t.description for t in form.transactions][1:] == ["CHECK 1001", "CHECK 1002"]
