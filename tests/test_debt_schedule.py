"""Schedules of debts are read whatever their columns; totals that no line prints are added up."""

from datetime import date
from decimal import Decimal

from app.domain import DocumentKind, Form, Origin, Page
from rules.forms.debt_schedule import read
from tests.paper import document, form, page, values


def read_page(shown: Page) -> Form:
    return read(document(DocumentKind.DEBT_SCHEDULE, shown))


def test_a_schedule_with_heads_over_two_lines_and_cells_over_two_is_read() -> None:
    found = read_page(
        form(
            [
                [(0.3, "Schedule of Business Liabilities")],
                [(0.06, "As of June 30, 2026")],
                [(0.30, "Original"), (0.42, "Present"), (0.54, "Interest"), (0.64, "Monthly"), (0.76, "Maturity")],
                [
                    (0.06, "Creditor"),
                    (0.30, "Amount"),
                    (0.42, "Balance"),
                    (0.54, "Rate"),
                    (0.64, "Payment"),
                    (0.76, "Date"),
                    (0.87, "Refinance?"),
                ],
                [
                    (0.06, "Cormorant Savings"),
                    (0.30, "$90,000"),
                    (0.42, "$61,250"),
                    (0.54, "7.5%"),
                    (0.64, "$1,804"),
                    (0.76, "Mar 2029"),
                    (0.87, "Yes"),
                ],
                [(0.06, "Bank of the Fells")],
                [
                    (0.06, "Lapwing Leasing"),
                    (0.30, "$18,000"),
                    (0.42, "$4,100"),
                    (0.54, "11%"),
                    (0.64, "$590"),
                    (0.76, "02/2027"),
                    (0.87, "No"),
                ],
                [(0.06, "Total"), (0.42, "$65,350"), (0.64, "$2,394")],
            ]
        ),
    )
    row = [f"debt_1_{name}" for name in ("original_amount", "balance", "rate", "monthly_payment", "maturity", "to_be_refinanced")]
    assert values(found, *row) == [Decimal(90000), Decimal(61250), Decimal("7.5"), Decimal(1804), date(2029, 3, 1), "yes"]
    assert values(found, "debt_2_creditor", "debt_2_maturity", "debt_2_to_be_refinanced", "debt_3_balance") == [
        "Lapwing Leasing",
        date(2027, 2, 1),
        "no",
        None,
    ]
    assert values(found, "total_debt_balance", "monthly_debt_payment") == [Decimal(65350), Decimal(2394)]


def test_totals_that_no_line_prints_are_added_up_with_their_formula() -> None:
    found = read_page(
        page(
            [
                ("Lender", "Outstanding balance", "Rate", "Monthly instalment"),
                ("Lapwing Leasing", "12,000", "7.00%", "400"),
                ("Fell Bank", "30,500", "6.25%", "910"),
            ],
            edges=(0.5, 0.65, 0.9),
        ),
    )
    total = found.field("total_debt_balance")
    assert total is not None
    assert (total.value, total.origin, total.formula, total.box) == (Decimal(42500), Origin.DERIVED, "12,000 + 30,500", None)
    assert values(found, "monthly_debt_payment") == [Decimal(1310)]


def test_a_payment_of_a_quarter_counts_by_the_month_and_so_does_the_total() -> None:
    found = read_page(
        page(
            [
                ("Owed to", "Orig. date", "Original amt", "Current bal.", "Pmt amt", "Pmt freq"),
                ("Fell Bank", "1/5/2020", "$100,000", "$62,000", "$1,200", "Monthly"),
                ("Lapwing Leasing", "6/1/2022", "$45,000", "$20,100", "$2,700", "Quarterly"),
                ("Totals", "", "", "$82,100", "$3,900", ""),
            ],
            edges=(0.4, 0.53, 0.66, 0.79, 0.92),
        )
    )
    payment, total = found.field("debt_2_monthly_payment"), found.field("monthly_debt_payment")
    assert payment is not None
    assert total is not None
    assert (payment.value, payment.formula) == (Decimal(900), "2,700 × 4 / 12")
    assert (total.value, total.origin) == (Decimal(2100), Origin.DERIVED)
    assert values(found, "debt_1_original_amount", "total_debt_balance") == [Decimal(100000), Decimal(82100)]
