from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain import DocumentKind, Field, Form, Origin
from rules.forms.proof import PROOFS, with_proofs


def statement(closing: str = "130.50", origin: Origin = Origin.READ, repaired: str | None = None) -> Form:
    amounts = {"opening_balance": "100.00", "total_deposits": "50.75", "total_withdrawals": "20.25", "closing_balance": closing}
    fields = [Field(name, Decimal(value), value, name, "bank.pdf", 1, None) for name, value in amounts.items()]
    fields[0] = replace(fields[0], origin=origin, repaired=repaired)
    return Form("bank.pdf", 1, 1, DocumentKind.BANK_STATEMENT, (*fields, Field("bank_name", "First", "First", "", "bank.pdf", 1, None)))


def test_a_bank_statement_that_adds_up_proves_its_four_figures_and_no_other_field() -> None:
    accepted = {field.id for field in with_proofs(statement()).fields if field.auto_accept}
    assert accepted == {"opening_balance", "total_deposits", "total_withdrawals", "closing_balance"}


def test_one_that_is_a_cent_off_proves_nothing() -> None:
    assert not any(field.auto_accept for field in with_proofs(statement("130.51")).fields)


@pytest.mark.parametrize("form", [statement(origin=Origin.DERIVED), statement(repaired="1 read as 7")])
def test_what_was_derived_or_repaired_is_no_proof(form: Form) -> None:
    assert not any(field.auto_accept for field in with_proofs(form).fields)


def test_proofs_name_a_total_and_what_makes_it_up() -> None:
    assert all(plus and total not in (*plus, *minus) for proofs in PROOFS.values() for total, plus, minus in proofs)
