"""The application is what its forms say: borrower, facility, owners, debts and which of them the loan repays."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain import DocumentKind, Field, Form, LoanApplication
from rules.application import application_of

_APPLICATION = {
    "borrower_name": "Tern Boatyard LLC",
    "ein": "00-7712345",
    "entity_type": "LLC",
    "years_in_business": Decimal(12),
    "requested_amount": Decimal(48500),
    "purpose": "Purchase of a crane",
    "term_months": Decimal(60),
    "rate": Decimal("9.5"),
    "collateral_kind": "Equipment",
    "collateral_value": Decimal(61000),
    "prior_liens": Decimal(7250),
    "application_date": date(2026, 3, 4),
    "owner_1_name": "Ann Roe",
    "owner_1_share": Decimal(60),
    "owner_2_name": "Ben Roe",
    "owner_2_share": Decimal(40),
}
_DEBTS = {
    "debt_1_creditor": "Lapwing Leasing",
    "debt_1_balance": Decimal(12000),
    "debt_1_monthly_payment": Decimal(400),
    "debt_1_maturity": date(2028, 5, 1),
    "debt_2_creditor": "Fell Bank",
    "debt_2_balance": Decimal(30500),
    "debt_2_monthly_payment": Decimal(910),
}


def form_of(kind: DocumentKind, facts: dict[str, Decimal | date | str]) -> Form:
    fields = tuple(Field(id, value, str(value), id, "a.pdf", 1, None, confidence=0.9) for id, value in facts.items())
    return Form("a.pdf", 1, 1, kind, fields)


def made(application: dict[str, Decimal | date | str], debts: dict[str, Decimal | date | str] | None = None) -> LoanApplication:
    forms = [form_of(DocumentKind.LOAN_APPLICATION, application)]
    forms += [form_of(DocumentKind.DEBT_SCHEDULE, debts)] if debts else []
    found = application_of(forms)
    assert found is not None
    return found


def test_without_an_application_form_there_is_no_application() -> None:
    assert application_of([form_of(DocumentKind.DEBT_SCHEDULE, _DEBTS)]) is None


def test_the_application_is_made_of_its_fields() -> None:
    found = made(_APPLICATION, _DEBTS)
    assert (found.borrower.name, found.borrower.tax_id, found.borrower.years_in_business) == (
        "Tern Boatyard LLC",
        "00-7712345",
        Decimal(12),
    )
    assert [(o.name, o.share) for o in found.borrower.owners] == [("Ann Roe", Decimal(60)), ("Ben Roe", Decimal(40))]
    assert (found.facility.amount, found.facility.term_months, found.facility.prior_liens) == (Decimal(48500), 60, Decimal(7250))
    assert found.made_on == date(2026, 3, 4)
    assert [(d.creditor, d.balance, d.refinanced) for d in found.debts] == [
        ("Lapwing Leasing", Decimal(12000), False),
        ("Fell Bank", Decimal(30500), False),
    ]


def test_what_the_form_leaves_out_stays_unknown() -> None:
    found = made({"borrower_name": "Tern Boatyard LLC"})
    assert (found.facility.amount, found.facility.term_months, found.made_on, found.borrower.owners, found.debts) == (
        None,
        None,
        None,
        (),
        (),
    )


def test_a_debt_that_the_schedule_marks_is_refinanced() -> None:
    found = made(_APPLICATION, _DEBTS | {"debt_2_to_be_refinanced": "yes", "debt_1_to_be_refinanced": "no"})
    assert [d.refinanced for d in found.debts] == [False, True]


def test_a_debt_that_the_application_lists_as_repaid_is_refinanced() -> None:
    listed = {"debt_1_creditor": "FELL BANK", "debt_1_balance": Decimal(30100), "debt_1_to_be_refinanced": "yes"}
    found = made(_APPLICATION | listed, _DEBTS)
    assert [d.refinanced for d in found.debts] == [False, True]


def test_a_purpose_names_the_debt_that_is_refinanced() -> None:
    found = made(_APPLICATION | {"purpose": "Refinance the Lapwing Leasing contract"}, _DEBTS)
    assert [d.refinanced for d in found.debts] == [True, False]


def test_a_purpose_of_refinancing_all_debt_means_every_debt() -> None:
    found = made(_APPLICATION | {"purpose": "Consolidation of existing debt"}, _DEBTS)
    assert [d.refinanced for d in found.debts] == [True, True]


def test_the_newest_application_counts() -> None:
    older = form_of(DocumentKind.LOAN_APPLICATION, _APPLICATION | {"application_date": date(2025, 1, 1), "requested_amount": Decimal(1)})
    newer = replace(form_of(DocumentKind.LOAN_APPLICATION, _APPLICATION), file="b.pdf")
    found = application_of([older, newer])
    assert found is not None
    assert found.facility.amount == Decimal(48500)
