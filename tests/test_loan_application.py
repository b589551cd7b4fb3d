"""Applications of designs that no example has are read, and nothing that is not printed."""

from datetime import date
from decimal import Decimal

import pytest

from app.domain import DocumentKind, Form, Page
from rules.forms.loan_application import read
from tests.paper import document, form, values


def read_page(shown: Page) -> Form:
    return read(document(DocumentKind.LOAN_APPLICATION, shown))


def test_labels_above_their_values_in_boxes_are_read() -> None:
    found = read_page(
        form(
            [
                [(0.3, "Borrower Information Form")],
                [(0.06, "Operating Business Name"), (0.55, "Business TIN")],
                [(0.06, "Wren Hollow Pottery, LLC"), (0.55, "00-4417723")],
                [(0.06, "Business Structure"), (0.4, "Years in Operation"), (0.7, "Primary NAICS Code")],
                [(0.06, "Limited liability company"), (0.4, "9"), (0.7, "327110")],
                [(0.06, "Amount of Loan Requested"), (0.4, "Loan Term"), (0.7, "Interest Rate")],
                [(0.06, "$185,000.00"), (0.4, "7 years"), (0.7, "10.25%")],
                [(0.06, "Use of Proceeds"), (0.55, "Collateral Offered")],
                [(0.06, "Kiln and showroom fit-out"), (0.55, "Equipment")],
            ]
        ),
    )
    ids = ("borrower_name", "ein", "entity_type", "years_in_business", "naics", "requested_amount", "term_months", "rate", "purpose")
    assert values(found, *ids) == [
        "Wren Hollow Pottery, LLC",
        "00-4417723",
        "Limited liability company",
        Decimal(9),
        "327110",
        Decimal(185000),
        Decimal(84),
        Decimal("10.25"),
        "Kiln and showroom fit-out",
    ]
    assert values(found, "collateral_kind", "collateral_value", "owner_1_name") == ["Equipment", None, None]


@pytest.mark.parametrize(
    "printed",
    [
        "☐ Sole proprietor ☒ LLC ☐ Corporation",
        "[ ] Sole proprietor [X] LLC [ ] Corporation",
        "Sole proprietor x LLC Corporation",
        "( ) Sole proprietor (X) LLC ( ) Corporation",
    ],
)
def test_the_ticked_entity_type_is_read(printed: str) -> None:
    found = read_page(form([[(0.06, "Applicant: Wren Hollow Pottery, LLC")], [(0.06, f"Entity type: {printed}")]]))
    assert values(found, "entity_type", "borrower_name") == ["LLC", "Wren Hollow Pottery, LLC"]


def test_two_pairs_on_a_line_over_blanks_are_parted() -> None:
    found = read_page(
        form(
            [
                [(0.06, "Applicant: __Tern & Sons Boatyard LLC__ EIN: __00-7712345__")],
                [(0.06, "Requested amount: _$48,500_ Term: _60_ months Rate: _9.5%_")],
                [(0.06, "Years in business: ___12___ Date: __03/04/2026__")],
            ]
        ),
    )
    assert values(found, "borrower_name", "ein", "requested_amount", "term_months", "rate", "years_in_business", "application_date") == [
        "Tern & Sons Boatyard LLC",
        "00-7712345",
        Decimal(48500),
        Decimal(60),
        Decimal("9.5"),
        Decimal(12),
        date(2026, 3, 4),
    ]


def test_leader_dots_lead_to_their_values() -> None:
    found = read_page(
        form(
            [
                [(0.06, "Legal name of borrower ........ Tern Boatyard Inc.")],
                [(0.06, "Loan amount ........................ $48,500")],
                [(0.06, "Market value of security .............. $61,000")],
                [(0.06, "Prior liens .......................... $7,250")],
            ]
        ),
    )
    assert values(found, "borrower_name", "requested_amount", "collateral_value", "prior_liens") == [
        "Tern Boatyard Inc.",
        Decimal(48500),
        Decimal(61000),
        Decimal(7250),
    ]


def test_a_british_application_is_read() -> None:
    found = read_page(
        form(
            [
                [(0.06, "Application for a term facility")],
                [(0.06, "Registered name of company"), (0.5, "Tern Boatyard Limited")],
                [(0.06, "Company registration no."), (0.5, "SC417723")],
                [(0.06, "Legal form"), (0.5, "Private limited company")],
                [(0.06, "Years trading"), (0.5, "11")],
                [(0.06, "Amount of facility required"), (0.5, "£ 75,000")],
                [(0.06, "Repayment period"), (0.5, "5 years")],
                [(0.06, "Purpose of facility"), (0.5, "Second slipway and crane")],
                [(0.06, "Security offered"), (0.5, "Debenture over all assets")],
                [(0.06, "Estimated value of security"), (0.5, "£120,500")],
                [(0.06, "Date of application"), (0.5, "03/04/2026")],
                [(0.06, "Directors and shareholders"), (0.5, "Shareholding")],
                [(0.06, "Fiona Strachan"), (0.5, "75%")],
                [(0.06, "Hamish Orr"), (0.5, "25%")],
            ]
        ),
    )
    ids = (
        "borrower_name",
        "ein",
        "entity_type",
        "years_in_business",
        "requested_amount",
        "term_months",
        "collateral_value",
        "application_date",
    )
    assert values(found, *ids) == [
        "Tern Boatyard Limited",
        "SC417723",
        "Private limited company",
        Decimal(11),
        Decimal(75000),
        Decimal(60),
        Decimal(120500),
        date(2026, 4, 3),
    ]
    assert values(found, "purpose", "collateral_kind") == ["Second slipway and crane", "Debenture over all assets"]
    assert values(found, "owner_1_name", "owner_1_share", "owner_2_name", "owner_2_share", "owner_3_name") == [
        "Fiona Strachan",
        Decimal(75),
        "Hamish Orr",
        Decimal(25),
        None,
    ]


def test_a_letter_is_read() -> None:
    found = read_page(
        form(
            [
                [(0.06, "Marlowe Glassworks, Inc.")],
                [(0.06, "March 14, 2026")],
                [(0.06, "Dear Ms. Adair,")],
                [],
                [(0.06, "On behalf of Marlowe Glassworks, Inc. (EIN 00-9912345), an S corporation that has been")],
                [(0.06, "in business for 6 years, we request a loan of $310,000 for a term of 120 months at 9.75%.")],
                [(0.06, "The proceeds will be used for the purchase of a second furnace. As collateral we offer")],
                [(0.06, "furnaces and lehrs, valued at $402,000.")],
            ]
        ),
    )
    ids = ("borrower_name", "ein", "entity_type", "years_in_business", "requested_amount", "term_months", "rate", "collateral_value")
    assert values(found, *ids) == [
        "Marlowe Glassworks, Inc.",
        "00-9912345",
        "S corporation",
        Decimal(6),
        Decimal(310000),
        Decimal(120),
        Decimal("9.75"),
        Decimal(402000),
    ]
    assert values(found, "purpose", "collateral_kind", "application_date") == [
        "purchase of a second furnace",
        "furnaces and lehrs",
        date(2026, 3, 14),
    ]


def test_a_social_security_number_is_masked() -> None:
    found = read_page(
        form([[(0.06, "Applicant: Ann Roe Pottery")], [(0.06, "Tax ID / SSN: 900-12-6789")], [(0.06, "Amount requested: $5,000")]]),
    )
    assert "900-12" not in repr(found.fields)
    assert values(found, "ein") == ["***-**-6789"]
