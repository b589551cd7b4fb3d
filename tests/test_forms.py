"""Documents that are no statements are read by rule, whatever their layout. All figures are invented."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.domain import Document, DocumentKind, Field, Form, Origin, ReadMethod
from rules.forms.read import read
from tests.paper import placed

Lines = Sequence[tuple[float, Sequence[tuple[float, str]]]]
APPLICATION, DEBTS = DocumentKind.LOAN_APPLICATION, DocumentKind.DEBT_SCHEDULE
PERSONAL, AGING = DocumentKind.PERSONAL_FINANCIAL_STATEMENT, DocumentKind.RECEIVABLES_AGING

LABELS_ABOVE: Lines = (
    (0.05, [(0.1, "Borrower Information Form")]),
    (0.10, [(0.05, "Applicant Business Legal Name (OPERATING COMPANY)"), (0.6, "DBA or Tradename if applicable")]),
    (0.115, [(0.05, "Harrow & Vane Millwork LLC"), (0.6, "Harrow Millwork")]),
    (0.14, [(0.05, "Business TIN"), (0.3, "NAICS Code"), (0.5, "Year Business Established"), (0.75, "# of Employees")]),
    (0.155, [(0.05, "12-3456789"), (0.3, "321918"), (0.5, "2014"), (0.75, "17")]),
    (0.18, [(0.05, "Loan Amount Requested"), (0.3, "Loan Term"), (0.5, "Interest Rate")]),
    (0.195, [(0.05, "$350,000.00"), (0.3, "10 years"), (0.5, "9.5 %")]),
    (0.22, [(0.05, "Purpose of the loan:")]),
    (0.235, [(0.05, "Purchase CNC router and refinance equipment note")]),
    (
        0.26,
        [(0.05, "Type of Entity:"), (0.2, "[ ] Corporation"), (0.38, "[X] LLC"), (0.5, "[ ] Partnership"), (0.7, "[ ] Sole Proprietor")],
    ),
    (0.30, [(0.05, "Owner Name"), (0.35, "Title"), (0.5, "Ownership %"), (0.65, "TIN (EIN, SSN)")]),
    (0.32, [(0.05, "Ida Harrow"), (0.35, "Member"), (0.5, "60"), (0.65, "123-45-6789")]),
    (0.34, [(0.05, "Jonas Vane"), (0.35, "Member"), (0.5, "40"), (0.65, "987-65-4321")]),
    (0.4, [(0.05, "Signature"), (0.6, "Date")]),
    (0.415, [(0.05, "Ida Harrow"), (0.6, "3/14/2025")]),
)
TWO_ON_A_LINE: Lines = (
    (0.05, [(0.1, "REQUEST FOR CREDIT")]),
    (0.10, [(0.05, "Company: Bellweather Foods, Inc. ______"), (0.55, "Tax ID No.: 45-1234567")]),
    (0.12, [(0.05, "Legal structure: S-Corp"), (0.55, "In business since: 2009")]),
    (0.14, [(0.05, "Time in business: 15 yrs"), (0.55, "Date: March 3, 2025")]),
    (0.16, [(0.05, "Amount: $1.2 million"), (0.55, "Term: 84 mos.")]),
    (0.18, [(0.05, "Rate: Prime + 2.00% (currently 9.50%)"), (0.55, "Collateral: First lien on equipment")]),
    (0.20, [(0.05, "Use of funds ............ Working capital")]),
    (0.22, [(0.05, "Value of collateral ...... 1,500,000"), (0.55, "Prior liens: $200,000")]),
    (0.24, [(0.05, "Down payment"), (0.3, "$150,000"), (0.55, "Lien position: 1st")]),
    (0.28, [(0.05, "Principals: Ana Bell (55%), Carl Weather (45%)")]),
)
BRITISH: Lines = (
    (0.05, [(0.1, "Business Finance Application")]),
    (0.10, [(0.05, "Registered company name"), (0.45, "Thornbury Joinery Limited")]),
    (0.12, [(0.05, "Company registration number"), (0.45, "09876543")]),
    (0.14, [(0.05, "Legal status"), (0.45, "Private limited company")]),
    (0.16, [(0.05, "Years trading"), (0.45, "12")]),
    (0.18, [(0.05, "Amount of facility required"), (0.45, "£85,000")]),
    (0.20, [(0.05, "Repayment period"), (0.45, "5 years")]),
    (0.22, [(0.05, "Purpose of facility"), (0.45, "New panel saw")]),
    (0.24, [(0.05, "Security offered"), (0.45, "Debenture over all assets")]),
    (0.26, [(0.05, "Estimated value of security"), (0.45, "£140,000")]),
    (0.28, [(0.05, "Date of application"), (0.45, "04/03/2025")]),
    (0.32, [(0.05, "Shareholder"), (0.45, "Shareholding (%)")]),
    (0.34, [(0.05, "Meg Thornbury"), (0.45, "75%")]),
    (0.36, [(0.05, "Alf Thornbury"), (0.45, "25%")]),
)
LETTER: Lines = (
    (0.05, [(0.05, "Cedar Valley Savings Bank")]),
    (0.08, [(0.05, "12 May 2025")]),
    (0.120, [(0.05, "On behalf of Norrland Cycle Works, Inc. (EIN 36-7654321), a corporation, we ask for a term")]),
    (0.135, [(0.05, "loan of $95,000 over 60 months at a rate of 8.75%. The purpose of the loan is purchase of")]),
    (0.150, [(0.05, "two frame jigs. As collateral we offer shop machinery with a value of $140,000. The company")]),
    (0.165, [(0.05, "has been in business for 11 years.")]),
    (0.20, [(0.05, "Elin Norrland, President, 80%")]),
    (0.22, [(0.05, "Piet Maas, Secretary, 20%")]),
)
TWO_SIDES: Lines = (
    (0.04, [(0.2, "PERSONAL FINANCIAL STATEMENT")]),
    (0.06, [(0.6, "As of March 1, 2025")]),
    (0.08, [(0.05, "Name"), (0.12, "Ida M. Harrow"), (0.6, "Business Phone 555-0100")]),
    (0.12, [(0.05, "ASSETS"), (0.35, "(Omit Cents)"), (0.55, "LIABILITIES"), (0.85, "(Omit Cents)")]),
    (0.14, [(0.05, "Cash on Hand & in Banks"), (0.36, "$"), (0.42, "22,500"), (0.55, "Accounts Payable"), (0.86, "$"), (0.9, "3,100")]),
    (
        0.16,
        [(0.05, "Savings Accounts"), (0.36, "$"), (0.42, "40,000"), (0.55, "Notes Payable to Banks and Others"), (0.86, "$"), (0.9, "0")],
    ),
    (0.20, [(0.05, "Real Estate"), (0.36, "$"), (0.42, "480,000"), (0.55, "Mo. Payments"), (0.7, "$ 410")]),
    (0.22, [(0.05, "(Describe in Section 4)"), (0.55, "Mortgages on Real Estate"), (0.86, "$"), (0.9, "210,000")]),
    (0.24, [(0.05, "Other Assets"), (0.36, "$"), (0.42, "338,000"), (0.55, "Total Liabilities"), (0.86, "$"), (0.9, "222,100")]),
    (0.26, [(0.55, "Net Worth"), (0.86, "$"), (0.9, "658,400")]),
    (0.28, [(0.25, "Total"), (0.36, "$"), (0.42, "880,500"), (0.8, "Total"), (0.86, "$"), (0.9, "880,500")]),
    (0.32, [(0.05, "Section 1. Source of Income"), (0.55, "Contingent Liabilities")]),
    (0.34, [(0.05, "Salary"), (0.36, "$"), (0.42, "95,000"), (0.55, "As Endorser or Co-Maker"), (0.86, "$"), (0.9, "350,000")]),
    (0.36, [(0.05, "Net Investment Income"), (0.36, "$"), (0.42, "1,200")]),
    (0.38, [(0.05, "Living expenses (annual)"), (0.36, "$"), (0.42, "48,000")]),
)
HEADS_OVER_TWO_LINES: Lines = (
    (0.04, [(0.2, "Schedule of Debts")]),
    (0.06, [(0.2, "As of December 31, 2024")]),
    (
        0.09,
        [
            (0.05, "Lender"),
            (0.3, "Original"),
            (0.42, "Present"),
            (0.55, "Interest"),
            (0.66, "Monthly"),
            (0.78, "Maturity"),
            (0.88, "Collateral"),
        ],
    ),
    (0.103, [(0.3, "Amount"), (0.42, "Balance"), (0.55, "Rate"), (0.66, "Payment"), (0.78, "Date")]),
    (
        0.13,
        [
            (0.05, "1. First Bank of"),
            (0.3, "$100,000"),
            (0.42, "$61,500"),
            (0.55, "7.25"),
            (0.66, "$1,990"),
            (0.78, "9/30/27"),
            (0.88, "Shop"),
        ],
    ),
    (0.145, [(0.05, "Harrow County"), (0.88, "equipment")]),
    (
        0.17,
        [(0.05, "2. Truck Credit"), (0.3, "$40,000"), (0.42, "$12,250"), (0.55, "5.9"), (0.66, "$780"), (0.78, "Jun-26"), (0.88, "Truck")],
    ),
)
TOTALS: tuple[float, list[tuple[float, str]]] = (0.20, [(0.05, "Total"), (0.42, "$73,750"), (0.66, "$2,770")])
AGING_TABLE: Lines = (
    (0.04, [(0.2, "A/R Aging Summary")]),
    (0.06, [(0.2, "As of February 28, 2025")]),
    (0.1, [(0.4, "Current"), (0.5, "1 - 30"), (0.6, "31 - 60"), (0.7, "61 - 90"), (0.8, "> 90"), (0.9, "TOTAL")]),
    (0.12, [(0.05, "Abel Corp"), (0.4, "1,200"), (0.5, "300"), (0.6, "0"), (0.7, "0"), (0.8, "50"), (0.9, "1,550")]),
    (0.14, [(0.05, "Baker Co"), (0.4, "2,000"), (0.5, "0"), (0.6, "75"), (0.7, "10"), (0.8, "0"), (0.9, "2,085")]),
    (0.16, [(0.05, "TOTAL"), (0.4, "3,200"), (0.5, "300"), (0.6, "75"), (0.7, "10"), (0.8, "50"), (0.9, "3,635")]),
)


def form(kind: DocumentKind, lines: Lines, method: ReadMethod = ReadMethod.TEXT) -> Form:
    """Return the form that a page with `lines` is read as."""
    found = read(Document("form.pdf", kind, (placed(lines, method=method),)))
    assert found is not None
    return found


def values(form: Form) -> dict[str, object]:
    """Return what was read, by field id; amounts as plain numbers."""
    return {f.id: float(f.value) if isinstance(f.value, Decimal) else f.value for f in form.fields}


def the(form: Form, id: str) -> Field:
    """Return a field that must be there."""
    found = form.field(id)
    assert found is not None, f"{id} is missing"
    return found


# -- application ------------------------------------------------------------------------------------------------------


def test_values_below_their_labels_are_read_and_the_ticked_entity_is_the_one() -> None:
    assert values(form(APPLICATION, LABELS_ABOVE)) == {
        "borrower_name": "Harrow & Vane Millwork LLC", "ein": "12-3456789", "naics": "321918",
        "requested_amount": 350_000, "term_months": 120, "rate": 9.5,
        "purpose": "Purchase CNC router and refinance equipment note", "entity_type": "LLC",
        "application_date": date(2025, 3, 14), "years_in_business": 11,
        "owner_1_name": "Ida Harrow", "owner_1_share": 60, "owner_2_name": "Jonas Vane", "owner_2_share": 40,
    }  # fmt: skip


def test_two_pairs_on_a_line_are_told_apart_and_the_whole_floating_rate_counts() -> None:
    assert values(form(APPLICATION, TWO_ON_A_LINE)) == {
        "borrower_name": "Bellweather Foods, Inc.", "ein": "45-1234567", "entity_type": "S-Corp",
        "years_in_business": 15, "requested_amount": 1_200_000,
        "term_months": 84, "rate": 9.5, "collateral_kind": "First lien on equipment", "prior_liens": 200_000, "lien_position": "1st",
        "purpose": "Working capital", "collateral_value": 1_500_000, "equity_injection": 150_000, "application_date": date(2025, 3, 3),
        "owner_1_name": "Ana Bell", "owner_1_share": 55, "owner_2_name": "Carl Weather", "owner_2_share": 45,
    }  # fmt: skip


def test_a_british_application_is_read_with_its_day_before_its_month() -> None:
    read_values = values(form(APPLICATION, BRITISH))
    assert read_values["ein"] == "09876543"
    assert read_values["application_date"] == date(2025, 3, 4)
    assert (read_values["requested_amount"], read_values["term_months"], read_values["collateral_value"]) == (85_000, 60, 140_000)
    assert (read_values["owner_1_name"], read_values["owner_2_share"]) == ("Meg Thornbury", 25)


def test_a_letter_is_read_sentence_by_sentence() -> None:
    assert values(form(APPLICATION, LETTER)) == {
        "borrower_name": "Norrland Cycle Works, Inc.", "ein": "36-7654321", "entity_type": "corporation",
        "requested_amount": 95_000, "term_months": 60,
        "rate": 8.75, "purpose": "purchase of two frame jigs", "collateral_kind": "shop machinery",
        "collateral_value": 140_000, "years_in_business": 11,
        "application_date": date(2025, 5, 12), "owner_1_name": "Elin Norrland", "owner_1_share": 80,
        "owner_2_name": "Piet Maas", "owner_2_share": 20,
    }  # fmt: skip


def test_an_empty_form_states_nothing() -> None:
    labels = [(top, [text for text in texts if text[1][-1] in ":?" or text[1].istitle()][:1]) for top, texts in LABELS_ABOVE[5:6]]
    assert form(APPLICATION, labels).fields == ()


def test_a_year_of_foundation_gives_the_years_in_business_by_formula() -> None:
    found = the(form(APPLICATION, LABELS_ABOVE), "years_in_business")
    assert (found.origin, found.formula) == (Origin.DERIVED, "2025 - 2014")


def test_a_social_security_number_never_becomes_a_field_unmasked() -> None:
    lines = [(0.1, [(0.05, "Business name"), (0.4, "Ida Harrow")]), (0.12, [(0.05, "Tax ID"), (0.4, "123-45-6789")])]
    found = the(form(APPLICATION, lines), "ein")
    assert (found.value, found.text) == ("***-**-6789", "***-**-6789")


def test_two_different_amounts_under_one_label_lower_confidence_and_are_shown() -> None:
    lines = [(0.1, [(0.05, "Loan amount requested"), (0.5, "$50,000")]), (0.2, [(0.05, "Loan amount requested"), (0.5, "$55,000")])]
    found = the(form(APPLICATION, lines), "requested_amount")
    assert found.alternatives == ("55000",)
    assert found.confidence < the(form(APPLICATION, lines[:1]), "requested_amount").confidence


def test_misread_letters_of_a_label_are_mended_on_a_scan_only() -> None:
    lines = [(0.1, [(0.05, "Loan arnount requesfed"), (0.5, "$5O,000")]), (0.12, [(0.05, "Inferest rate"), (0.5, "8.5%")])]
    assert values(form(APPLICATION, lines, ReadMethod.OCR)) == {"rate": 8.5}
    assert values(form(APPLICATION, lines)) == {}


def test_the_box_of_a_field_stands_around_its_value_alone() -> None:
    box = the(form(APPLICATION, BRITISH), "requested_amount").box
    assert box is not None
    assert (round(box.x0, 2), round(box.top, 2)) == (0.45, 0.18)


def test_debts_to_be_refinanced_are_marked_on_the_application() -> None:
    lines = [
        *BRITISH[:1],
        (0.10, [(0.05, "Creditor"), (0.35, "Balance"), (0.5, "Monthly payment"), (0.75, "To be refinanced?")]),
        (0.12, [(0.05, "First Bank"), (0.35, "$61,500"), (0.5, "$1,990"), (0.75, "Yes")]),
        (0.14, [(0.05, "Truck Credit"), (0.35, "$12,250"), (0.5, "$780"), (0.75, "No")]),
    ]
    read_values = values(form(APPLICATION, lines))
    assert (read_values["debt_1_to_be_refinanced"], read_values["debt_2_to_be_refinanced"]) == ("yes", "no")


# -- debts ------------------------------------------------------------------------------------------------------------


def test_heads_and_cells_over_two_lines_are_put_together() -> None:
    read_values = values(form(DEBTS, [*HEADS_OVER_TWO_LINES, TOTALS]))
    assert read_values == {
        "debt_1_creditor": "First Bank of Harrow County", "debt_1_original_amount": 100_000, "debt_1_balance": 61_500,
        "debt_1_rate": 7.25,
        "debt_1_monthly_payment": 1990, "debt_1_maturity": date(2027, 9, 30), "debt_1_secured_by": "Shop equipment",
        "debt_2_creditor": "Truck Credit", "debt_2_original_amount": 40_000, "debt_2_balance": 12_250, "debt_2_rate": 5.9,
        "debt_2_monthly_payment": 780, "debt_2_maturity": date(2026, 6, 1), "debt_2_secured_by": "Truck",
        "total_debt_balance": 73_750, "monthly_debt_payment": 2770, "schedule_date": date(2024, 12, 31),
    }  # fmt: skip


def test_totals_that_no_line_prints_are_added_up_and_say_so() -> None:
    total = the(form(DEBTS, HEADS_OVER_TWO_LINES), "total_debt_balance")
    assert (total.value, total.origin, total.formula, total.box) == (Decimal(73_750), Origin.DERIVED, "61,500 + 12,250", None)


def test_a_payment_a_year_becomes_a_payment_a_month() -> None:
    lines = [(top, [(x, text.replace("Monthly", "Annual")) for x, text in texts]) for top, texts in HEADS_OVER_TWO_LINES]
    payment = the(form(DEBTS, lines), "debt_1_monthly_payment")
    assert (payment.value, payment.formula) == (Decimal("165.83"), "1,990 × 1 / 12")


def test_a_total_without_a_label_is_known_by_its_arithmetic() -> None:
    lines = [*HEADS_OVER_TWO_LINES, (0.20, [(0.42, "$73,750"), (0.66, "$2,770")])]
    total = the(form(DEBTS, lines), "total_debt_balance")
    assert (total.value, total.origin) == (Decimal(73_750), Origin.READ)


# -- guarantor --------------------------------------------------------------------------------------------------------


def test_assets_and_liabilities_side_by_side_are_read_with_income_and_guarantees() -> None:
    read_form = form(PERSONAL, TWO_SIDES)
    assert values(read_form) == {
        "guarantor_name": "Ida M. Harrow", "pfs_cash": 22_500, "pfs_real_estate": 480_000, "pfs_mortgages": 210_000,
        "pfs_total_assets": 880_500,
        "pfs_total_liabilities": 222_100, "net_worth": 658_400, "salary": 95_000, "contingent_liabilities": 350_000,
        "investment_income": 1200,
        "living_expenses": 48_000, "statement_date": date(2025, 3, 1),
    }  # fmt: skip
    assert "Savings Accounts" in {line.label for line in read_form.unread}


def test_a_net_worth_that_is_not_printed_follows_from_the_totals() -> None:
    lines = [(0.1, [(0.05, "Total assets"), (0.6, "$500,000")]), (0.12, [(0.05, "Total liabilities"), (0.6, "$180,000")])]
    found = the(form(PERSONAL, lines), "net_worth")
    assert (found.value, found.formula) == (Decimal(320_000), "500,000 - 180,000")


def test_a_dash_or_none_for_guarantees_is_zero() -> None:
    for printed in ("-", "$ -", "None"):
        lines = [(0.1, [(0.05, "Guarantees given to others"), (0.6, printed)])]
        assert values(form(PERSONAL, lines)) == {"contingent_liabilities": 0}, printed


# -- receivables ------------------------------------------------------------------------------------------------------


def test_current_and_the_first_month_overdue_are_one_bucket() -> None:
    read_form = form(AGING, AGING_TABLE)
    assert values(read_form) == {
        "aging_0_30": 3500, "aging_31_60": 75, "aging_61_90": 10, "aging_over_90": 50, "aging_total": 3635,
        "aging_date": date(2025, 2, 28)
    }  # fmt: skip
    assert {"Abel Corp", "Baker Co"} <= {line.label for line in read_form.unread}


def test_buckets_below_one_another_are_read_too() -> None:
    buckets = (
        ("0-30 days", "£12,000"),
        ("31-60 days", "£3,000"),
        ("61-90 days", "£900"),
        ("91-120 days", "£100"),
        ("Over 120 days", "£50"),
    )
    lines = [(0.1 + 0.02 * row, [(0.05, label), (0.6, amount)]) for row, (label, amount) in enumerate(buckets)]
    read_values = values(form(AGING, lines))
    assert read_values == {"aging_0_30": 12_000, "aging_31_60": 3_000, "aging_61_90": 900, "aging_over_90": 150, "aging_total": 16_050}


def test_an_aging_without_totals_is_added_up() -> None:
    found = the(form(AGING, AGING_TABLE[:-1]), "aging_31_60")
    assert (found.value, found.origin) == (Decimal(75), Origin.DERIVED)


# -- all --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [APPLICATION, DEBTS, PERSONAL, AGING])
def test_a_page_without_words_gives_a_form_without_fields(kind: DocumentKind) -> None:
    empty = placed(())
    found = read(Document("form.pdf", kind, (replace(empty, lines=()),)))
    assert found is not None
    assert found.fields == ()


@pytest.mark.parametrize("kind", [DocumentKind.OTHER, DocumentKind.BALANCE_SHEET])
def test_a_kind_that_is_no_form_is_none(kind: DocumentKind) -> None:
    assert read(Document("form.pdf", kind, (placed(AGING_TABLE),))) is None
