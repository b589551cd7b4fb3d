"""The limits of policy: what a measure must reach, and the words in which it is told whether it does."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain import Severity

_PLACES = 8
_NAMES = {
    "dscr": "debt service coverage (DSCR)",
    "fccr": "fixed charge coverage (FCCR)",
    "debt_to_ebitda": "debt to EBITDA",
    "ltv": "loan to value",
    "nsf_items": "number of unpaid (NSF) items",
}


@dataclass(frozen=True, slots=True)
class Limit:
    """What a measure must reach. `passes` is met; `marginal` (if any) is the weaker limit below which it fails.

    `at_least` tells the good side; with `strict` the measure must lie beyond `passes`, not on it. Where a `needed` measure
    cannot be computed, policy does not approve. `weight` is that of a finding that it fails.
    """

    measure: str
    passes: Decimal
    marginal: Decimal | None
    at_least: bool
    strict: bool
    unit: str
    source: str
    effective: date
    needed: bool = False
    weight: Severity = Severity.HIGH

    def verdict(self, value: Decimal) -> str:
        """Return passes, marginal or fails, compared unrounded."""
        if self._met(value, self.passes):
            return "passes"
        return "marginal" if self.marginal is not None and self._met(value, self.marginal) else "fails"

    @property
    def name(self) -> str:
        """Return what the measure is called in a sentence."""
        return _NAMES.get(self.measure, self.measure.replace("_", " "))

    @property
    def wanted(self) -> str:
        """Return what policy asks for, such as `at least 1.25×`."""
        bound = "more than" if self.strict else "at least" if self.at_least else "at most"
        return f"{bound} {amount(self.passes, self.unit)}"

    def shown(self, value: Decimal) -> str:
        """Return a value with two decimals, or with as many as it takes to stay on its side of the limits: 1.2499 is not 1.25."""
        verdict = self.verdict(value)
        places = next((n for n in range(2, _PLACES) if self.verdict(_rounded(value, n, self.unit)) == verdict), _PLACES)
        return amount(_rounded(value, places, self.unit), self.unit)

    def _met(self, value: Decimal, limit: Decimal) -> bool:
        if value == limit:
            return not self.strict
        return value > limit if self.at_least else value < limit


def _rounded(value: Decimal, places: int, unit: str) -> Decimal:
    return round(value, places + 2 if unit == "share" else places)


def amount(value: Decimal, unit: str) -> str:
    """Return a value with its unit."""
    if unit == "share":
        return f"{_plain(value * 100)} %"
    return {"times": f"{_plain(value)}×", "currency": _plain(value)}.get(unit, f"{_plain(value)} {unit}")


def _plain(value: Decimal) -> str:
    """Return a number with thousands separators and without trailing zeros."""
    number = f"{value:,f}"
    return number.rstrip("0").rstrip(".") if "." in number else number
