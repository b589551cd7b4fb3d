"""Closing cash follows from the balance sheet where no cash flow statement was given, and nowhere else."""

from app.domain import DocumentKind, Origin, Spread
from rules.closing_cash import with_closing_cash
from tests.build import BALANCE_SHEET, spread, statement


def test_without_a_cash_flow_statement_the_cash_of_the_balance_sheet_is_the_closing_cash() -> None:
    made = with_closing_cash(Spread((statement(DocumentKind.BALANCE_SHEET, BALANCE_SHEET),)))
    closing = [i for i in made.statements[0].items if i.account == "cash_end_of_period"]
    assert [(i.period.name, int(i.value)) for i in closing] == [("current", 84_210), ("prior", 61_930)]
    assert all(i.origin is Origin.DERIVED and i.box is None and not i.auto_accept for i in closing)
    assert all("no cash flow statement" in str(i.formula) for i in closing), "it says where it comes from"
    assert with_closing_cash(made) == made


def test_beside_a_cash_flow_statement_its_own_closing_cash_counts() -> None:
    assert with_closing_cash(spread()) == spread()
