from dataclasses import replace
from decimal import Decimal

from app.domain import LineItem, Origin, Period
from rules.signs import settle

PERIOD = Period("current", None)


def items(**printed: int) -> list[LineItem]:
    return [
        LineItem(account, PERIOD, Decimal(value), Origin.READ, account, str(value), "f.pdf", 1, None) for account, value in printed.items()
    ]


def settled(found: list[LineItem]) -> dict[str, int]:
    return {i.account: int(i.value) for i in settle(found)}


def test_costs_in_brackets_are_positive_costs() -> None:
    assert settled(items(revenue=100, cost_of_sales=-60, gross_profit=40)) == {"revenue": 100, "cost_of_sales": 60, "gross_profit": 40}


def test_a_tax_charge_in_brackets_among_bracketed_costs_is_a_charge() -> None:
    assert settled(items(cost_of_sales=-60, income_before_tax=40, income_tax_expense=-10, net_income=30))["income_tax_expense"] == 10


def test_a_tax_credit_is_a_negative_tax() -> None:
    assert settled(items(cost_of_sales=60, income_before_tax=-40, income_tax_expense=-10, net_income=-30))["income_tax_expense"] == -10


def test_arithmetic_overrules_the_page_s_habit() -> None:
    assert settled(items(cost_of_sales=60, income_before_tax=7438, income_tax_expense=-1241, net_income=6197))["income_tax_expense"] == 1241


def test_a_loss_printed_without_its_bracket_is_a_loss() -> None:
    assert settled(items(total_current_assets=100, total_current_liabilities=130, net_current_assets=30))["net_current_assets"] == -30


def test_a_sign_stays_when_turning_it_helps_nothing() -> None:
    assert settled(items(income_before_tax=100, income_tax_expense=20, net_income=55)) == {
        "income_before_tax": 100,
        "income_tax_expense": 20,
        "net_income": 55,
    }


def test_taxes_paid_in_brackets_are_paid_and_refunds_are_negative() -> None:
    paid = items(income_taxes_paid=-12)
    assert settled(paid)["income_taxes_paid"] == 12
    assert settled([replace(paid[0], label="Cash (received) paid for income taxes, net")])["income_taxes_paid"] == -12


def test_net_interest_expense_printed_plain_is_an_expense() -> None:
    found = items(net_interest_income_expense=33)
    assert settled([replace(found[0], label="Interest expense, net")])["net_interest_income_expense"] == -33
    assert settled([replace(found[0], label="Interest income, net")])["net_interest_income_expense"] == 33
