"""Forms make up one application: the newest counts, and the debts that the loan repays are marked."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.domain import Debt, DocumentKind, Field, Form, LoanApplication, Owner
from rules.application import application_of

Value = Decimal | date | str


def form(kind: DocumentKind, values: dict[str, int | Value]) -> Form:
    """Return a form that states `values`."""
    fields = [Field(id, Decimal(v) if isinstance(v, int) else v, str(v), id, "form.pdf", 1, None) for id, v in values.items()]
    return Form("form.pdf", 1, 1, kind, tuple(fields))


def request(**changed: int | Value) -> Form:
    """Return an application for 90,000 over 84 months, with `changed` fields."""
    stated: dict[str, int | Value] = {
        "borrower_name": "Norrland Cycle Works, Inc.", "ein": "36-7654321", "entity_type": "Corporation", "years_in_business": 11,
        "requested_amount": 90_000, "purpose": "New frame jigs", "term_months": 84, "rate": Decimal("8.25"), "collateral_kind": "Equipment",
        "collateral_value": 140_000, "prior_liens": 20_000, "application_date": date(2025, 5, 12),
        "owner_1_name": "Elin Norrland", "owner_1_share": 80, "owner_2_name": "Piet Maas", "owner_2_share": 20,
    }  # fmt: skip
    return form(DocumentKind.LOAN_APPLICATION, stated | changed)


SCHEDULE = form(
    DocumentKind.DEBT_SCHEDULE,
    {
        "debt_1_creditor": "First Bank of Harrow", "debt_1_balance": 61_500, "debt_1_rate": Decimal("7.25"), "debt_1_monthly_payment": 1990,
        "debt_1_maturity": date(2027, 9, 1), "debt_2_creditor": "Truck Credit LLC", "debt_2_balance": 12_250,
    },
)  # fmt: skip


def made(*forms: Form) -> LoanApplication:
    """Return the application, which must be there."""
    found = application_of(forms)
    assert found is not None
    return found


def repaid(application: LoanApplication) -> list[str]:
    """Return the creditors whom the loan repays."""
    return [debt.creditor for debt in application.debts if debt.refinanced]


def test_borrower_facility_owners_and_date_come_from_the_application() -> None:
    found = made(SCHEDULE, request())
    assert (found.borrower.name, found.borrower.tax_id, found.borrower.years_in_business) == (
        "Norrland Cycle Works, Inc.",
        "36-7654321",
        Decimal(11),
    )
    assert found.borrower.owners == (Owner("Elin Norrland", Decimal(80)), Owner("Piet Maas", Decimal(20)))
    assert (found.facility.amount, found.facility.term_months, found.facility.rate) == (Decimal(90_000), 84, Decimal("8.25"))
    assert (found.facility.collateral_kind, found.facility.collateral_value) == ("Equipment", Decimal(140_000))
    assert found.facility.prior_liens == 20_000
    assert found.made_on == date(2025, 5, 12)


def test_debts_come_from_the_schedule() -> None:
    assert made(request(), SCHEDULE).debts == (
        Debt("First Bank of Harrow", None, Decimal(61_500), Decimal("7.25"), Decimal(1990), date(2027, 9, 1), None),
        Debt("Truck Credit LLC", None, Decimal(12_250), None, None, None, None),
    )


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        ("New frame jigs", []),
        ("Refinance the note at First Bank of Harrow", ["First Bank of Harrow"]),
        ("Pay off Truck Credit and buy a van", ["Truck Credit LLC"]),
        ("Refinance existing debt", ["First Bank of Harrow", "Truck Credit LLC"]),
        ("Consolidation of loans", ["First Bank of Harrow", "Truck Credit LLC"]),
        ("Refinance a loan", []),
    ],
)
def test_the_purpose_says_which_debts_the_loan_repays(purpose: str, expected: list[str]) -> None:
    assert repaid(made(request(purpose=purpose), SCHEDULE)) == expected


def test_the_only_debt_is_the_one_refinanced() -> None:
    only = replace(SCHEDULE, fields=SCHEDULE.fields[:5])
    assert repaid(made(request(purpose="Refinance a loan"), only)) == ["First Bank of Harrow"]


def test_a_debt_listed_on_the_application_as_refinanced_is_found_on_the_schedule() -> None:
    listed = request(debt_1_creditor="TRUCK CREDIT", debt_1_balance=12_100, debt_1_to_be_refinanced="yes")
    assert repaid(made(listed, SCHEDULE)) == ["Truck Credit LLC"]
    assert repaid(made(listed)) == ["TRUCK CREDIT"]


def test_the_latest_of_several_applications_counts() -> None:
    later = request(requested_amount=75_000, application_date=date(2025, 6, 2))
    assert made(later, request()).facility.amount == 75_000
    assert made(request(), later).facility.amount == 75_000


def test_without_an_application_form_there_is_no_application() -> None:
    assert application_of([SCHEDULE]) is None


def test_what_is_not_printed_stays_unknown() -> None:
    found = made(form(DocumentKind.LOAN_APPLICATION, {"borrower_name": "Norrland Cycle Works"}))
    assert (found.facility.amount, found.facility.term_months, found.made_on, found.debts, found.borrower.owners) == (
        None,
        None,
        None,
        (),
        (),
    )
