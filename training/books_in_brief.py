"""The books of an invented borrower in brief: a handful of amounts for two years and the request, and the ratios that follow.

Made for the reasoner's training only: quick, in floats, and without any threshold. Amounts are multiples of a year's revenue.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

_DAYS: Final = 365
_TAX = 0.22
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class Year:
    """One year's books. Days are of sales (receivable) or cost of sales; `principal` is the share of debt repaid a year."""

    revenue: float
    gross_margin: float
    operating_cost: float
    depreciation: float
    rent: float
    receivable_days: float
    inventory_days: float
    payable_days: float
    cash: float
    fixed_assets: float
    debt: float
    other_debts: float
    rate: float
    principal: float
    draws: float
    investment: float

    @property
    def ebitda(self) -> float:
        """Return earnings before interest, tax, depreciation and amortization."""
        return self.revenue * self.gross_margin - self.operating_cost

    @property
    def cost(self) -> float:
        """Return the cost of sales."""
        return self.revenue * (1 - self.gross_margin)

    @property
    def receivables(self) -> float:
        """Return what customers owe."""
        return self.revenue * self.receivable_days / _DAYS

    @property
    def inventory(self) -> float:
        """Return the stock."""
        return self.cost * self.inventory_days / _DAYS

    @property
    def payables(self) -> float:
        """Return what is owed to suppliers."""
        return self.cost * self.payable_days / _DAYS

    @property
    def tax(self) -> float:
        """Return the cash taxes."""
        return _TAX * max(0.0, self.ebitda - self.depreciation - self.rate * self.debt)


@dataclass(frozen=True, slots=True)
class Borrower:
    """An invented borrower: two years' books, the request, and what policy counts."""

    prior: Year
    now: Year
    request: float
    request_years: float
    collateral: float
    years: float
    unpaid_items: int


#: Trades as (gross margin, operating cost, days receivable, inventory, payable, fixed assets, debt) of revenue one.
TRADES = (
    (0.32, 0.24, 5, 72, 38, 0.15, 0.10),  # shop
    (0.62, 0.51, 3, 9, 22, 0.30, 0.17),  # restaurant
    (0.23, 0.16, 40, 52, 42, 0.06, 0.09),  # wholesale
    (0.35, 0.23, 48, 66, 45, 0.30, 0.18),  # works
    (0.56, 0.45, 46, 2, 22, 0.08, 0.08),  # services
    (0.21, 0.13, 60, 16, 48, 0.13, 0.10),  # building
    (0.46, 0.32, 38, 4, 26, 0.45, 0.28),  # transport
)


def sound_borrower(rng: random.Random, trade: Sequence[float]) -> Borrower:
    """Return a borrower of a trade (one of TRADES) whom nothing in particular drives."""
    gm, cost, receivable, inventory, payable, fixed, debt = trade

    def about(value: float, spread: float = 0.18) -> float:
        return value * rng.lognormvariate(0, spread)

    margin = min(0.9, about(gm, 0.06))
    year = Year(
        1.0, margin, margin - (gm - cost) * rng.lognormvariate(0, 0.22), about(fixed) * 0.13, about(0.035, 0.4),
        about(receivable), about(inventory), about(payable), about(0.07, 0.35), about(fixed), about(debt, 0.3), about(0.03),
        rng.uniform(0.055, 0.09), rng.uniform(0.13, 0.22), about(0.018, 0.4), 0.0,
    )  # fmt: skip
    year = replace(year, investment=year.depreciation * 0.8)
    request = about(0.08, 0.3)
    growth = rng.gauss(0.035, 0.025)
    now = replace(
        year,
        revenue=1 + growth,
        operating_cost=year.operating_cost * (1 + growth * rng.uniform(0.7, 1.1)),
        gross_margin=margin + rng.gauss(0, 0.005),
        receivable_days=about(year.receivable_days, 0.04),
        inventory_days=about(year.inventory_days, 0.04),
        payable_days=about(year.payable_days, 0.04),
        debt=year.debt * rng.uniform(0.86, 1.0),
        cash=about(year.cash, 0.1),
    )
    return Borrower(year, now, request, rng.uniform(4, 9), request * rng.uniform(1.25, 1.7), about(6, 0.35), 0)


def measures(of: Borrower) -> dict[str, dict[str, float | None]]:
    """Return the ratios of `current` and `prior` by id. None: not meaningful, its denominator is negative."""
    now, prior = _standing_still(of.now), _standing_still(of.prior)
    year, before = of.now, of.prior
    cash = year.ebitda - year.tax - year.draws
    payment = of.request * _level(year.rate + 0.01, of.request_years)
    service = year.debt * (year.rate + year.principal) + payment
    change = (year.receivables - before.receivables) + (year.inventory - before.inventory) - (year.payables - before.payables)
    due = year.rate * year.debt + before.principal * before.debt
    return {
        "prior": prior,
        "current": now
        | {
            "dscr": cash / service,
            "dscr_at_80_percent_revenue": (cash - 0.2 * 0.5 * year.gross_margin * year.revenue) / service,
            "fccr": (cash + year.rent - year.investment) / (service + year.rent),
            "uca_coverage": (year.ebitda - year.tax - change) / (due + year.draws),
            "revenue_growth": year.revenue / before.revenue - 1,
            "ebitda_growth": year.ebitda / before.ebitda - 1 if before.ebitda > 0 else None,
            "ltv": of.request / of.collateral,
            "years_in_business": of.years,
            "nsf_items": float(of.unpaid_items),
            "request": of.request / year.revenue,
        },
    }


def _standing_still(year: Year) -> dict[str, float | None]:
    """Return the ratios of one year that need no other."""
    ebitda, ebit = year.ebitda, year.ebitda - year.depreciation
    soon = year.payables + year.debt * year.principal + 0.055 * year.revenue
    current = year.receivables + year.inventory + year.cash
    assets = current + year.fixed_assets
    owed = soon + year.debt * (1 - year.principal) + year.other_debts
    interest = max(_LEAST, year.rate * year.debt)
    return {
        "dscr_historical": (ebitda - year.tax - year.draws) / (year.debt * (year.rate + year.principal)),
        "interest_coverage": ebit / interest,
        "debt_to_ebitda": year.debt / ebitda if ebitda > 0 else None,
        "liabilities_to_tangible_net_worth": owed / (assets - owed) if assets > owed else None,
        "debt_to_assets": year.debt / assets,
        "current_ratio": current / soon,
        "quick_ratio": (year.receivables + year.cash) / soon,
        "days_receivable": year.receivable_days,
        "days_inventory": year.inventory_days,
        "days_payable": year.payable_days,
        "asset_turnover": year.revenue / assets,
        "gross_margin": year.gross_margin,
        "operating_margin": ebit / year.revenue,
        "return_on_assets": (ebit - interest - year.tax) / assets,
    }


def _level(rate: float, years: float) -> float:
    """Return a year's level payments on a loan of one."""
    monthly, months = rate / 12, years * 12
    return 12 * monthly / (1 - math.pow(1 + monthly, -months))
