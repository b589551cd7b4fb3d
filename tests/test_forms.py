"""Forms of designs that no example has are read: fields where the words stand, nothing that is not printed."""

from datetime import date
from decimal import Decimal

import pytest

from app.domain import DocumentKind, Form, Origin, Page
from rules.forms.read import read
from tests.paper import document, form, page

APPLICATION = DocumentKind.LOAN_APPLICATION
PERSONAL = DocumentKind.PERSONAL_FINANCIAL_STATEMENT
DEBTS = DocumentKind.DEBT_SCHEDULE
AGING = DocumentKind.RECEIVABLES_AGING


def read_as(kind: DocumentKind, *pages: Page) -> Form:
    found = read(document(kind, *pages))
    assert found is not None
    return found


def values(found: Form, *ids: str) -> list[object]:
    return [field.value if (field := found.field(id)) else None for id in ids]


# -- applications -------------------------------------------------------------------------------------------------------


def test_labels_above_their_values_in_boxes_are_read() -> None:
    found = read_as(
        APPLICATION,
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
        "Wren Hollow Pottery, LLC", "00-4417723", "Limited liability company", Decimal(9), "327110", Decimal(185000),
        Decimal(84), Decimal("10.25"), "Kiln and showroom fit-out",
    ]  # fmt: skip
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
    found = read_as(APPLICATION, form([[(0.06, "Applicant: Wren Hollow Pottery, LLC")], [(0.06, f"Entity type: {printed}")]]))
    assert values(found, "entity_type", "borrower_name") == ["LLC", "Wren Hollow Pottery, LLC"]


def test_two_pairs_on_a_line_over_blanks_are_parted() -> None:
    found = read_as(
        APPLICATION,
        form(
            [
                [(0.06, "Applicant: __Tern & Sons Boatyard LLC__ EIN: __00-7712345__")],
                [(0.06, "Requested amount: _$48,500_ Term: _60_ months Rate: _9.5%_")],
                [(0.06, "Years in business: ___12___ Date: __03/04/2026__")],
            ]
        ),
    )
    assert values(found, "borrower_name", "ein", "requested_amount", "term_months", "rate", "years_in_business", "application_date") == [
        "Tern & Sons Boatyard LLC", "00-7712345", Decimal(48500), Decimal(60), Decimal("9.5"), Decimal(12), date(2026, 3, 4),
    ]  # fmt: skip


def test_leader_dots_lead_to_their_values() -> None:
    found = read_as(
        APPLICATION,
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
        "Tern Boatyard Inc.", Decimal(48500), Decimal(61000), Decimal(7250),
    ]  # fmt: skip


def test_a_british_application_is_read() -> None:
    found = read_as(
        APPLICATION,
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
        "Tern Boatyard Limited", "SC417723", "Private limited company", Decimal(11), Decimal(75000), Decimal(60), Decimal(120500),
        date(2026, 4, 3),
    ]  # fmt: skip
    assert values(found, "purpose", "collateral_kind") == ["Second slipway and crane", "Debenture over all assets"]
    assert values(found, "owner_1_name", "owner_1_share", "owner_2_name", "owner_2_share", "owner_3_name") == [
        "Fiona Strachan", Decimal(75), "Hamish Orr", Decimal(25), None,
    ]  # fmt: skip


def test_a_letter_is_read() -> None:
    found = read_as(
        APPLICATION,
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
        "Marlowe Glassworks, Inc.", "00-9912345", "S corporation", Decimal(6), Decimal(310000), Decimal(120), Decimal("9.75"), Decimal(402000),
    ]  # fmt: skip
    assert values(found, "purpose", "collateral_kind", "application_date") == [
        "purchase of a second furnace", "furnaces and lehrs", date(2026, 3, 14),
    ]  # fmt: skip


def test_a_social_security_number_is_masked() -> None:
    found = read_as(
        APPLICATION,
        form([[(0.06, "Applicant: Ann Roe Pottery")], [(0.06, "Tax ID / SSN: 900-12-6789")], [(0.06, "Amount requested: $5,000")]]),
    )
    assert "900-12" not in repr(found.fields)
    assert values(found, "ein") == ["***-**-6789"]


# -- the schedule of debts ------------------------------------------------------------------------------------------------


def test_a_schedule_with_heads_over_two_lines_and_cells_over_two_is_read() -> None:
    found = read_as(
        DEBTS,
        form([
            [(0.3, "Schedule of Business Liabilities")],
            [(0.06, "As of June 30, 2026")],
            [(0.30, "Original"), (0.42, "Present"), (0.54, "Interest"), (0.64, "Monthly"), (0.76, "Maturity")],
            [(0.06, "Creditor"), (0.30, "Amount"), (0.42, "Balance"), (0.54, "Rate"), (0.64, "Payment"), (0.76, "Date"), (0.87, "Refinance?")],
            [(0.06, "Cormorant Savings"), (0.30, "$90,000"), (0.42, "$61,250"), (0.54, "7.5%"), (0.64, "$1,804"), (0.76, "Mar 2029"), (0.87, "Yes")],
            [(0.06, "Bank of the Fells")],
            [(0.06, "Lapwing Leasing"), (0.30, "$18,000"), (0.42, "$4,100"), (0.54, "11%"), (0.64, "$590"), (0.76, "02/2027"), (0.87, "No")],
            [(0.06, "Total"), (0.42, "$65,350"), (0.64, "$2,394")],
        ]),
    )  # fmt: skip
    row = [f"debt_1_{name}" for name in ("original_amount", "balance", "rate", "monthly_payment", "maturity", "to_be_refinanced")]
    assert values(found, *row) == [Decimal(90000), Decimal(61250), Decimal("7.5"), Decimal(1804), date(2029, 3, 1), "yes"]
    assert values(found, "debt_2_creditor", "debt_2_maturity", "debt_2_to_be_refinanced", "debt_3_balance") == [
        "Lapwing Leasing", date(2027, 2, 1), "no", None,
    ]  # fmt: skip
    assert values(found, "total_debt_balance", "monthly_debt_payment") == [Decimal(65350), Decimal(2394)]


def test_totals_that_no_line_prints_are_added_up_with_their_formula() -> None:
    found = read_as(
        DEBTS,
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


# -- the personal financial statement -------------------------------------------------------------------------------------


def test_assets_beside_liabilities_are_read() -> None:
    found = read_as(
        PERSONAL,
        form(
            [
                [(0.3, "PERSONAL FINANCIAL STATEMENT")],
                [(0.06, "Name: Ann Roe"), (0.5, "As of: 01/31/2026")],
                [(0.06, "ASSETS"), (0.5, "LIABILITIES")],
                [(0.06, "Cash on Hand & in banks"), (0.36, "$ 22,000"), (0.5, "Accounts Payable"), (0.85, "$ 1,500")],
                [(0.06, "Savings Accounts"), (0.36, "$ 8,000"), (0.5, "Installment Account (Auto)"), (0.85, "$ 9,000")],
                [(0.06, "Real Estate"), (0.36, "$ 410,000"), (0.5, "Mortgages on Real Estate"), (0.85, "$ 240,000")],
                [(0.06, "Ownership in Roe Pottery LLC"), (0.36, "$ 95,000"), (0.5, "Total Liabilities"), (0.85, "$ 250,500")],
                [(0.06, "Total"), (0.36, "$ 535,000"), (0.5, "Net Worth"), (0.85, "$ 284,500")],
                [(0.06, "Section 1. Source of Income"), (0.5, "Contingent Liabilities")],
                [(0.06, "Salary"), (0.36, "$ 88,000"), (0.5, "As Endorser or Co-Maker"), (0.85, "$ 0")],
            ]
        ),
    )
    ids = ("guarantor_name", "statement_date", "pfs_cash", "pfs_real_estate", "pfs_mortgages", "pfs_business_interest")
    assert values(found, *ids) == ["Ann Roe", date(2026, 1, 31), Decimal(22000), Decimal(410000), Decimal(240000), Decimal(95000)]
    assert values(found, "pfs_total_assets", "pfs_total_liabilities", "net_worth", "salary", "contingent_liabilities") == [
        Decimal(535000), Decimal(250500), Decimal(284500), Decimal(88000), Decimal(0),
    ]  # fmt: skip
    assert [line.label for line in found.unread] == ["Savings Accounts"] or len(found.unread) >= 1


def test_what_is_not_printed_is_not_invented() -> None:
    found = read_as(PERSONAL, form([[(0.06, "Personal financial statement")], [(0.06, "Name: Ann Roe")], [(0.06, "Salary: $ 50,000")]]))
    assert {field.id for field in found.fields} == {"guarantor_name", "salary"}


# -- the aging of receivables ---------------------------------------------------------------------------------------------


def test_buckets_in_a_list_are_read() -> None:
    found = read_as(
        AGING,
        page([("Aged debtors at 31 March 2026",), ("0 - 30 days", "£12,400"), ("31 - 60 days", "£3,100"), ("61 - 90 days", "£900"),
              ("Over 90 days", "£250"), ("Total debtors", "£16,650")]),
    )  # fmt: skip
    assert values(found, "aging_0_30", "aging_31_60", "aging_61_90", "aging_over_90", "aging_total") == [
        Decimal(12400), Decimal(3100), Decimal(900), Decimal(250), Decimal(16650),
    ]  # fmt: skip


def test_current_and_one_to_thirty_days_are_one_bucket() -> None:
    found = read_as(
        AGING,
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
    found = read_as(
        AGING,
        page(
            [("Hill Stores", "900", "70", "-", "-", "970"), ("Total", "$1,900", "$70", "$30", "$8", "$2,008")],
            edges=(0.3, 0.45, 0.6, 0.75, 0.9),
        ),
    )
    assert values(found, "aging_0_30", "aging_over_90", "aging_total") == [Decimal(1900), Decimal(8), Decimal(2008)]
    assert all(field.confidence < 0.7 for field in found.fields)
