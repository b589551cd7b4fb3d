"""What the loan application and the other documents state for the ratios: the request, the debts, taxes, guarantors, the account."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.domain import Debt, DocumentKind, Form, LoanApplication, RatioStatus
from rules import policy, ratios, stated
from rules.figures import Known, Unknown
from rules.themes.case import Case
from tests import build
from tests.build import FORMS, with_fields

D = Decimal


def given(application: LoanApplication | None = None, forms: Sequence[Form] | None = None) -> dict[str, Decimal | str]:
    """Return each figure's value, or why it is missing."""
    held = tuple(FORMS.values()) if forms is None else tuple(forms)
    made = stated.stated_figures(application or build.application(), held, build.spread(), policy.load())
    return {name: figure.value if isinstance(figure, Known) else figure.reason for name, figure in made.items()}


def asked(**facility: object) -> LoanApplication:
    made = build.application()
    return replace(made, facility=replace(made.facility, **facility))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("amount", "months", "rate", "payment"),
    [("185000", 84, "8.25", "2906.55"), ("12000", 12, "0", "1000.00"), ("100000", 360, "6", "599.55")],
)
def test_a_level_payment_is_that_of_the_tables(amount: str, months: int, rate: str, payment: str) -> None:
    assert round(stated.level_payment(D(amount), months, D(rate)), 2) == D(payment)


def test_the_request_states_amount_payments_and_collateral() -> None:
    found = given()
    assert found["requested_amount"] == 40_000
    assert round(D(found["proposed_debt_service"]), 2) == D("9847.94")
    assert D(found["proposed_debt_service_at_higher_rate"]) > D(found["proposed_debt_service"])
    assert (found["collateral_value"], found["senior_liens"], found["collateral_lending_value"]) == (D(70_000), D(0), D(56_000))
    assert found["years_in_business"] == 8


@pytest.mark.parametrize(
    ("facility", "name", "reason"),
    [
        ({"rate": None}, "proposed_debt_service", "states no rate"),
        ({"term_months": None}, "proposed_debt_service", "states no term"),
        ({"amount": None}, "proposed_debt_service", "states no amount"),
        ({"term_months": 0}, "proposed_debt_service", "cannot be"),
        ({"collateral_value": None}, "collateral_value", "names no collateral value"),
        ({"collateral_kind": "Stamps"}, "collateral_lending_value", "no advance rate for “Stamps”"),
    ],
)
def test_what_the_request_does_not_state_is_missing_with_its_reason(facility: dict[str, object], name: str, reason: str) -> None:
    assert reason in str(given(asked(**facility))[name])


def test_a_line_of_credit_asked_for_counts_interest_only() -> None:
    line = asked(purpose="Working capital line of credit", term_months=None, rate=D(9))
    assert given(line)["proposed_debt_service"] == 3_600


def test_a_loan_of_half_a_year_is_paid_in_half_a_year() -> None:
    assert D(given(asked(term_months=6))["proposed_debt_service"]) < 42_000


@pytest.mark.parametrize(
    ("kind", "value", "liens", "lends"),
    [
        ("Equipment", 100_000, 0, 80_000),
        ("Commercial real estate", 100_000, 50_000, 30_000),
        ("Accounts receivable", 104_000, 0, 80_000),  # 4,000 of them are older than 90 days
        ("Inventory", 100_000, 0, 50_000),
        ("Warehouse equipment and building", 100_000, 90_000, 0),
    ],
)
def test_collateral_counts_at_the_advance_rate_of_its_kind_less_prior_liens(kind: str, value: int, liens: int, lends: int) -> None:
    facility = asked(collateral_kind=kind, collateral_value=D(value), prior_liens=D(liens))
    assert given(facility)["collateral_lending_value"] == lends


# -- debts -----------------------------------------------------------------------------------------------------------


def debt(payment: str | None = "1000", creditor: str = "Lowmoor Bank", rate: str = "8", **more: object) -> Debt:
    monthly = None if payment is None else D(payment)
    made = Debt(creditor, D(90_000), D(60_000), D(rate), monthly, date(2028, 1, 1), "Ovens")
    return replace(made, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("debts", "service"),
    [
        ((debt(),), D(12_000)),
        ((debt(), debt("500")), D(18_000)),
        ((debt(), debt("500", refinanced=True)), D(12_000)),
        ((debt("2000", "Alder Bank (line of credit)"),), D(4_800)),
        ((debt("2000", "Alder Bank revolver"),), D(4_800)),
        ((debt(None, balance=D(0)),), D(0)),
        ((debt(None),), None),
    ],
)
def test_existing_debt_service_is_twelve_payments_of_the_debt_that_stays(debts: tuple[Debt, ...], service: Decimal | None) -> None:
    found = given(replace(build.application(), debts=debts))
    assert found.get("existing_debt_service") == service


def test_a_schedule_sent_twice_is_paid_once() -> None:
    twice = replace(build.application(), debts=(debt(), debt()))
    assert given(twice, [FORMS["debts"], replace(FORMS["debts"], file="copy.pdf")])["existing_debt_service"] == 12_000
    assert given(twice, [FORMS["debts"]])["existing_debt_service"] == 24_000


def test_without_a_debt_schedule_the_statements_tell_debt_service() -> None:
    assert "existing_debt_service" not in given(forms=[FORMS["application"]])


def test_rows_of_a_schedule_that_were_not_read_are_not_no_debt() -> None:
    assert "existing_debt_service" not in given(replace(build.application(), debts=()))


# -- taxes, owners, the account --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "passes"),
    [
        ("S Corporation", True),
        ("LLC", True),
        ("limited liability company", True),
        ("General partnership", True),
        ("Sole proprietorship", True),
        ("Corporation", False),
        ("C corporation", False),
        ("Ltd", False),
        (None, False),
    ],
)
def test_entities_whose_owners_pay_the_tax_pay_none(entity: str | None, passes: bool) -> None:
    assert stated.is_pass_through(entity, ()) is passes


def test_the_return_that_was_filed_counts_before_the_kind_of_entity() -> None:
    assert not stated.is_pass_through("LLC", [FORMS["return"]])
    filed = with_fields(FORMS["return"], taxable_income=None, ordinary_business_income=93_400)
    assert stated.is_pass_through("Corporation", [filed])


def test_owners_living_costs_are_still_to_come_from_a_partnership() -> None:
    made = build.application()
    partners = replace(made, borrower=replace(made.borrower, entity_type="Partnership"))
    found = stated.stated_figures(partners, (), build.spread(), policy.load())["cash_taxes"]
    assert isinstance(found, Known)
    assert (found.value, found.note) == (D(0), "a pass-through entity pays no income tax of its own; before owners' living costs")


@pytest.mark.parametrize(("year", "known"), [("2024", True), ("2022", False)])
def test_distributions_of_schedule_m2_belong_to_its_year(year: str, known: bool) -> None:
    assert ("schedule_m2_distributions" in given(forms=[with_fields(FORMS["return"], tax_year=year)])) is known


def test_a_personal_statement_tells_no_payments() -> None:
    assert "personal debt payments" in str(given()["personal_debt_service"])
    assert "personal_debt_service" not in given(forms=[FORMS["application"]])


def test_unpaid_items_are_counted_over_the_last_three_months_once() -> None:
    months = [with_fields(FORMS[f"bank_{m}"], nsf_count=n) for m, n in ((10, 2), (11, 1), (12, 3))]
    older = with_fields(build.bank_month(9, "1.00", "9.00", "2600.00"), nsf_count=50)
    copy = replace(months[2], file="bank (1).pdf")
    assert given(forms=[older, *months, copy])["nsf_items"] == 6
    assert "nsf_items" not in given(forms=[FORMS["application"]])


# -- the ratios of the whole package ---------------------------------------------------------------------------------


def test_the_ratios_of_a_package_name_the_documents_behind_them() -> None:
    case: Case = build.package()
    made = stated.stated_figures(case.application, case.forms, case.spread, policy.load())
    found = {ratio.id: ratio for ratio in ratios.compute(case.spread, made) if ratio.period == "current"}
    assert found["dscr"].documents == ("statements.pdf", "debts.pdf", "application.pdf")
    service = D(30_000) + 12 * stated.level_payment(D(40_000), 60, D("8.5"))
    earned = D(108_300) + 31_150 - 19_600 - 24_230
    assert found["dscr"].value == earned / service
    assert found["dscr_at_90_percent_revenue"].value == (earned - D("46250.0")) / service
    assert found["dscr_at_80_percent_revenue"].value == (earned - D("92500.0")) / service
    higher = D(30_000) + 12 * stated.level_payment(D(40_000), 60, D("10.5"))
    assert found["dscr_at_200_basis_points_more"].value == earned / higher
    assert found["ebitda_fall_to_break_even"].value == (earned - service) / 139_450
    assert found["global_dscr"].status is RatioStatus.NOT_COMPUTABLE
    assert "personal debt payments" in (found["global_dscr"].reason or "")
    assert found["nsf_items"].value == 0
    assert found["ltv"].value == D(40_000) / 70_000
    assert isinstance(made["guarantors_cash_available"], Unknown)
    assert DocumentKind.DEBT_SCHEDULE in {form.kind for form in case.forms}
