"""The arithmetic that the ratios share: a quotient, or why there is none. Nothing is rounded."""

from dataclasses import dataclass
from decimal import Decimal

from app.domain import RatioStatus


@dataclass(frozen=True, slots=True)
class NoValue:
    """Why a ratio has no number although its figures are known."""

    status: RatioStatus
    reason: str


Result = Decimal | NoValue


def over(numerator: Decimal, denominator: Decimal, named: str) -> Result:
    """Divide, unless the denominator is zero or negative."""
    if denominator == 0:
        return NoValue(RatioStatus.NOT_COMPUTABLE, f"{named} is zero")
    return numerator / denominator if denominator > 0 else NoValue(RatioStatus.NOT_MEANINGFUL, f"{named} is negative")


def covers(cash: Decimal, service: Decimal, named: str) -> Result:
    """Return how often `cash` covers `service`; where there is nothing to serve there is no debt.

    A negative service is a credit or a misread sign: it must not pass as if there were no debt.
    """
    return over(cash, service, named) if service else NoValue(RatioStatus.NO_DEBT, f"there is no {named}")


def repaid_from(debt: Decimal, ebitda: Decimal) -> Result:
    """Return debt by EBITDA; who owes nothing needs no EBITDA to repay it."""
    if debt == 0 and ebitda <= 0:
        return NoValue(RatioStatus.NO_DEBT, "there are no borrowings")
    return over(debt, ebitda, "EBITDA")


def in_days(share: Result, days: Decimal) -> Result:
    """Return a share of a period as days of it."""
    return share if isinstance(share, NoValue) else share * days


def growth(now: Decimal, before: Decimal, named: str) -> Result:
    """Return by which share `now` is more than `before`."""
    multiple = over(now, before, named)
    return multiple if isinstance(multiple, NoValue) else multiple - 1
