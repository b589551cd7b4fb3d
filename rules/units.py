"""Spread + other documents -> statements in the unit of the other documents, where they were printed in thousands and do not say so.

Only ratios are computed from what this makes: the spread itself stays as printed, and the check that finds the unit tells.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import DocumentKind, FinancialStatement, Form, LineItem, Spread
from rules.figures import Known, figures_by_period
from rules.stated import statements_by_month

_NEAR = 3  # times by which a factor of a thousand may be off: seasons, taxes, another year
_FACTORS = (1_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class OtherUnit:
    """Revenue on the statements that is `factor` times less (or more) than `what` of another document says."""

    revenue: Known
    form: Form
    what: str
    amount: Decimal
    factor: int

    @property
    def is_less(self) -> bool:
        """Say whether the statements show less than the other document."""
        return self.revenue.value < self.amount


def other_unit(spread: Spread, forms: Sequence[Form]) -> OtherUnit | None:
    """Return how the unit of the statements differs from that of the tax return or the bank's deposits; None where it does not."""
    revenue = figures_by_period(spread, {})[0].find("revenue")
    if not isinstance(revenue, Known) or revenue.value <= 0:
        return None
    months = [form for form in statements_by_month(forms) if form.amount("total_deposits")]
    deposits = sum((form.amount("total_deposits") or Decimal(0) for form in months), Decimal(0)) * 12 / max(1, len(months))
    returns = [form for form in forms if form.kind is DocumentKind.BUSINESS_TAX_RETURN]
    told = [(form, "receipts", receipts) for form in returns if (receipts := form.amount("gross_receipts"))]
    told += [(form, "a year's bank deposits", deposits) for form in months[:1]]
    found = (OtherUnit(revenue, *each, factor) for each in told if (factor := _factor(revenue.value, each[2])))
    return next(found, None)


def in_one_unit(spread: Spread, forms: Sequence[Form]) -> Spread:
    """Return `spread` with statements that are a thousand (or a million) times too small brought to the other documents' unit.

    A statement is brought along where its largest figure is nearer to revenue as printed than to revenue in that unit.
    """
    found = other_unit(spread, forms)
    if found is None or not found.is_less:
        return spread
    printed, meant = found.revenue.value, found.revenue.value * found.factor

    def is_small(statement: FinancialStatement) -> bool:
        size = max((abs(item.value) for item in statement.items), default=Decimal(0))
        return size > 0 and _apart(size, printed) < _apart(size, meant)

    return Spread(tuple(_in_units(s, found.factor) if is_small(s) else s for s in spread.statements))


def _apart(one: Decimal, other: Decimal) -> float:
    return abs(math.log(one / other))


def _in_units(statement: FinancialStatement, factor: int) -> FinancialStatement:
    return replace(statement, items=tuple(_times(item, factor) for item in statement.items))


def _times(item: LineItem, factor: int) -> LineItem:
    return replace(item, value=item.value * factor, alternatives=tuple(value * factor for value in item.alternatives))


def _factor(one: Decimal, other: Decimal) -> int | None:
    small, large = sorted((abs(one), abs(other)))
    return next((f for f in _FACTORS if small > 0 and Decimal(f) / _NEAR <= large / small <= f * _NEAR), None)
