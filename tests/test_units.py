"""Statements in thousands that do not say so: told by the other documents, and put right for the ratios alone."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain import DocumentKind, Form, Spread
from rules.units import in_one_unit, other_unit
from tests import build

REVENUE = next(i.value for s in build.spread().statements for i in s.items if (i.account, i.period.name) == ("revenue", "current"))


def a_return(receipts: Decimal) -> list[Form]:
    return [build.form(DocumentKind.BUSINESS_TAX_RETURN, "return.pdf", {"gross_receipts": receipts})]


@pytest.mark.parametrize(("times", "factor"), [(1_000, 1_000), (1_000_000, 1_000_000), (1, None), (30, None)])
def test_a_unit_is_another_only_by_thousands(times: int, factor: int | None) -> None:
    found = other_unit(build.spread(), a_return(REVENUE * times))
    assert (found.factor if found else None) == factor


def test_every_figure_of_statements_printed_in_thousands_is_brought_to_units() -> None:
    before, after = build.spread(), in_one_unit(build.spread(), a_return(REVENUE * 1_000))
    assert [i.value * 1_000 for s in before.statements for i in s.items] == [i.value for s in after.statements for i in s.items]


def test_statements_larger_than_the_return_stay_as_printed_for_either_may_be_wrong() -> None:
    assert in_one_unit(build.spread(), a_return(REVENUE / 1_000)) == build.spread()


def test_a_balance_sheet_in_units_beside_a_result_in_thousands_stays_as_it_is() -> None:
    made = build.spread()
    small = [
        replace(s, items=tuple(replace(i, value=i.value / 1_000) for i in s.items)) if s.kind is DocumentKind.INCOME_STATEMENT else s
        for s in made.statements
    ]
    assert in_one_unit(Spread(tuple(small)), a_return(REVENUE)) == made
