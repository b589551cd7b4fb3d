"""Agings are read as tables and lists, with heads or without."""

from decimal import Decimal

from app.domain import DocumentKind, Form, Origin, Page
from rules.forms.receivables_aging import read
from tests.paper import document, page, values


def read_page(shown: Page) -> Form:
    return read(document(DocumentKind.RECEIVABLES_AGING, shown))


def test_buckets_in_a_list_are_read() -> None:
    found = read_page(
        page(
            [
                ("Aged debtors at 31 March 2026",),
                ("0 - 30 days", "£12,400"),
                ("31 - 60 days", "£3,100"),
                ("61 - 90 days", "£900"),
                ("Over 90 days", "£250"),
                ("Total debtors", "£16,650"),
            ]
        ),
    )
    assert values(found, "aging_0_30", "aging_31_60", "aging_61_90", "aging_over_90", "aging_total") == [
        Decimal(12400),
        Decimal(3100),
        Decimal(900),
        Decimal(250),
        Decimal(16650),
    ]


def test_current_and_one_to_thirty_days_are_one_bucket() -> None:
    found = read_page(
        page(
            [
                ("Customer", "Current", "1-30", "31-60", "61-90", ">90", "Total"),
                ("Hill Stores", "1,000", "200", "0", "0", "50", "1,250"),
                ("Dale Inn", "500", "0", "80", "40", "0", "620"),
                ("Total", "1,500", "200", "80", "40", "50", "1,870"),
            ],
            edges=(0.3, 0.42, 0.54, 0.66, 0.78, 0.9),
        ),
    )
    young = found.field("aging_0_30")
    assert young is not None
    assert (young.value, young.origin) == (Decimal(1700), Origin.DERIVED)
    assert values(found, "aging_31_60", "aging_61_90", "aging_over_90", "aging_total") == [
        Decimal(80),
        Decimal(40),
        Decimal(50),
        Decimal(1870),
    ]


def test_an_aging_without_heads_is_read_by_its_sums() -> None:
    found = read_page(
        page(
            [("Hill Stores", "900", "70", "-", "-", "970"), ("Total", "$1,900", "$70", "$30", "$8", "$2,008")],
            edges=(0.3, 0.45, 0.6, 0.75, 0.9),
        ),
    )
    assert values(found, "aging_0_30", "aging_over_90", "aging_total") == [Decimal(1900), Decimal(8), Decimal(2008)]
    assert all(field.confidence < 0.7 for field in found.fields)
