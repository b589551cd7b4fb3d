"""One borrower's general ledger: three years of books, its loans month by month, and the loan it asks for.

Every document of a package is printed from this one record, so all of them agree. It knows nothing of paper.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from training.corpus.borrowers import ENTITIES, LENDERS, TRADES, Borrower, borrower

CLASSES = ("sound", "marginal", "distressed")
#: Operating expenses that have a line of their own: usual share of revenue, of those that have it; the rest is `other`.
EXPENSES = {"advertising": 0.012, "insurance": 0.014, "repairs": 0.012, "utilities": 0.014, "professional": 0.01, "office": 0.008, "vehicle": 0.015, "licences": 0.006, "supplies": 0.012, "bank_fees": 0.007, "telephone": 0.005, "benefits": 0.018, "travel": 0.006, "meals": 0.003}
Books = Mapping[str, int]


def month_end(year: int, month: int) -> date:
    """Return the last day of a month; `month` may run over or under a year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def level_payment(amount: int, rate: Decimal, months: int) -> float:
    """Return the monthly payment that repays `amount` in `months` at `rate` percent a year."""
    monthly = float(rate) / 1200
    return amount * monthly / (1 - (1 + monthly) ** -months) if monthly else amount / months


@dataclass(frozen=True, slots=True)
class Loan:
    """One debt of the borrower. A line of credit (`drawn` at three year-ends, newest first) pays interest only."""

    creditor: str
    original: int
    rate: Decimal
    months: int
    first: date  # month of the first payment
    secured_by: str
    drawn: tuple[int, ...] = ()

    @property
    def payment(self) -> int:
        """Return the monthly payment in whole units."""
        return round(self.drawn[0] * float(self.rate) / 1200) if self.drawn else round(level_payment(self.original, self.rate, self.months))

    @property
    def maturity(self) -> date:
        """Return the first day of the month of the last payment."""
        months = self.first.month - 1 + self.months - 1
        return date(self.first.year + months // 12, months % 12 + 1, 1)

    def balance(self, day: date) -> int:
        """Return what a term loan still owes at the end of `day`'s month; nothing before it was drawn."""
        paid = (day.year - self.first.year) * 12 + day.month - self.first.month + 1
        return 0 if paid < 0 else self._after(paid)[0]

    def interest(self, end: date) -> int:
        """Return the interest of the twelve months that end with `end`."""
        paid = (end.year - self.first.year) * 12 + end.month - self.first.month + 1
        return self._after(max(0, paid))[1] - self._after(max(0, paid - 12))[1]

    def _after(self, payments: int) -> tuple[int, int]:
        left, interest = self.original, 0
        for _ in range(min(payments, self.months)):
            cost = round(left * float(self.rate) / 1200)
            left, interest = left - min(left, self.payment - cost), interest + cost
        return left, interest


@dataclass(frozen=True, slots=True)
class Request:
    """The loan asked for, and what secures it."""

    amount: int
    purpose: str
    months: int
    rate: Decimal
    collateral: str
    collateral_value: int

    @property
    def yearly_payments(self) -> float:
        """Return twelve level payments."""
        return 12 * level_payment(self.amount, self.rate, self.months)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The books: `years` newest first (the last one is an opening position only), year-ends likewise, loans, request."""

    borrower: Borrower
    quality: str
    ends: tuple[date, ...]
    years: tuple[Books, ...]
    loans: tuple[Loan, ...]
    request: Request
    as_of: date
    expenses: tuple[str, ...]

    @property
    def years_in_business(self) -> int:
        """Return whole years from the start to the application."""
        started = self.borrower.started
        return self.as_of.year - started.year - ((self.as_of.month, self.as_of.day) < (started.month, started.day))

    @property
    def tax_year(self) -> int:
        """Return the year in which the last fiscal year began: the one on its return."""
        return (self.ends[1] + timedelta(days=1)).year

    @property
    def debt_service(self) -> int:
        """Return twelve monthly payments of all loans; lines of credit pay interest only."""
        return 12 * sum(loan.payment for loan in self.loans)

    def coverage(self) -> tuple[float, float]:
        """Return the debt service coverage with the loan asked for: by the debt schedule, and by the statements."""
        year = self.years[0]
        free = year["operating"] + year["depreciation"] - year["tax"] - year["distributions"]
        proposed = self.request.yearly_payments
        return free / (self.debt_service + proposed), free / (year["interest"] + year["cpltd"] + proposed)


# -- making one -------------------------------------------------------------------------------------------------------


def ledger(rng: random.Random, quality: str, entity: str | None = None, most: int | None = None) -> Ledger:
    """Return an invented ledger of a quality of `CLASSES`: tried until its measures lie clearly in that class.

    `entity` and `most` (the largest amount asked for) are drawn where None.
    """
    entity = entity or rng.choice(ENTITIES)
    while True:
        made = _drawn(rng, quality, entity, most)
        if made is not None and _is_of(made, quality):
            return made


def _drawn(rng: random.Random, quality: str, entity: str, most: int | None) -> Ledger | None:
    end = month_end(rng.randint(2022, 2025), rng.choice((12, 12, 12, 12, 6, 9, 3)))
    ends = tuple(month_end(end.year - i, end.month) for i in range(4))
    age = rng.randint(3, 26)
    company = borrower(rng, entity, month_end(end.year - age - 1, rng.randint(1, 12)) + timedelta(days=rng.randint(1, 20)))
    size = 10 ** rng.uniform(5.45, 6.0 if most else 6.75)
    loans = _loans(rng, end, size, company, quality)
    expenses = tuple(rng.sample(sorted(EXPENSES), rng.randint(6, len(EXPENSES))))
    years = _years(rng, company, size, quality, (ends, loans, expenses))
    request = _request(rng, years[0], loans, quality, most)
    if request is None:
        return None
    return Ledger(company, quality, ends, years, loans, request, end + timedelta(days=rng.randint(36, 112)), expenses)


def _is_of(made: Ledger, quality: str) -> bool:
    """Say whether the measures that credit policies look at lie in the class, away from its edges."""
    year = made.years[0]
    ebitda = year["operating"] + year["depreciation"]
    low, high = min(made.coverage()), max(made.coverage())
    cash = [y["cash"] / y["revenue"] for y in made.years[:3]]
    if min(cash) < (0.015 if quality == "distressed" else 0.045) or max(cash) > 0.4 or min(y["gross"] for y in made.years[:3]) < 0:
        return False
    if quality == "distressed":
        return high < 1.0 and year["equity"] > -0.2 * year["total_assets"]
    debt = year["std"] + year["cpltd"] + year["ltd"]
    solid = year["tca"] / year["tcl"] > 1.15 and year["equity"] - year["goodwill"] > 0.15 * year["total_assets"] and min(y["retained"] for y in made.years) > 0
    light = ebitda > 0 and (debt + made.request.amount) / ebitda < 3.3
    return solid and light and (low > 1.36 if quality == "sound" else low > 1.115 and high < 1.238)


_SECURITY = ("Equipment", "Delivery vans", "All business assets", "Real estate, 1st lien", "Service trucks", "UCC blanket lien", "Machinery", "Vehicle", "Inventory and receivables", "Unsecured")


def _loans(rng: random.Random, end: date, size: float, company: Borrower, quality: str) -> tuple[Loan, ...]:
    made = []
    heavy = 2.4 if quality == "distressed" else 1.0
    creditors = rng.sample(LENDERS, 4)
    for number in range(rng.choice((0, 1, 1, 2, 2, 3)) if quality != "distressed" else rng.choice((2, 3))):
        months = rng.choice((36, 48, 60, 60, 72, 84, 120))
        age = rng.randint(4, min(months - 14, 48))
        start = month_end(end.year, end.month - age) + timedelta(days=1)
        original = max(8000, round(heavy * size * rng.uniform(0.02, 0.1) / 500) * 500)
        creditor = company.bank if number == 0 and rng.random() < 0.35 else creditors[number]
        made.append(Loan(creditor, original, Decimal(rng.randint(390, 1150)) / 100, months, start, rng.choice(_SECURITY)))
    if rng.random() < 0.35:
        drawn = tuple(round(heavy * size * rng.uniform(0.01, 0.045) / 500) * 500 for _ in range(4))
        limit = round(max(drawn) * rng.uniform(1.2, 2.2) / 5000 + 1) * 5000
        made.append(Loan(f"{company.bank} (line of credit)", limit, Decimal(rng.randint(700, 1150)) / 100, rng.choice((24, 36)), month_end(end.year, end.month - 10) + timedelta(days=1), "Accounts receivable and inventory", drawn))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the books of all years share: the year-ends, the loans, which expenses stand apart, and the habits of the business."""

    ends: tuple[date, ...]
    loans: tuple[Loan, ...]
    expenses: tuple[str, ...]
    habits: Mapping[str, float]


def _years(rng: random.Random, company: Borrower, size: float, quality: str, known: tuple[tuple[date, ...], tuple[Loan, ...], tuple[str, ...]]) -> tuple[Books, ...]:
    """Return the years newest first; the oldest is the opening position."""
    growth = rng.uniform(-0.12, 0.02) if quality == "distressed" else rng.uniform(0.0, 0.12)
    ebitda = {"sound": rng.uniform(0.1, 0.22), "marginal": rng.uniform(0.08, 0.16), "distressed": rng.uniform(-0.03, 0.06)}[quality]
    goods = min(0.75, TRADES[company.trade][4] * rng.uniform(0.88, 1.12), 0.95 - ebitda - 0.12)
    habits = {
        "goods": goods, "ebitda": ebitda, "days_receivable": TRADES[company.trade][5] * rng.uniform(0.8, 1.2), "days_inventory": rng.choice((0.0, rng.uniform(8, 60))), "days_payable": rng.uniform(15, 38),
        "plant": rng.uniform(0.12, 0.5), "tax": 0.21 if company.entity == "Corporation" else 0.19 if company.uk else 0.0, "payout": rng.choice((0.0, rng.uniform(0.15, 0.6), rng.uniform(0.15, 0.6))),
        "goodwill": rng.choice((0, 0, 0, 0, 0.04)), "deposits": rng.choice((0.0, 0.006)), "other_cl": rng.choice((0.0, 0.01)), "cash": rng.uniform(0.07, 0.2) if quality != "distressed" else rng.uniform(0.02, 0.06), "rent": rng.choice((0.0, rng.uniform(0.02, 0.06), rng.uniform(0.02, 0.06))),
        "officers": 0.0 if company.entity == "Sole proprietorship" else rng.uniform(0.06, 0.13), "stock": rng.choice((1000, 5000, 10_000, 25_000, 50_000)) if not company.uk else rng.choice((1, 100, 100, 1000)),
    }  # fmt: skip
    first = size / (1 + growth) ** 3
    plan = _Plan(*known, habits)
    out: list[Books] = [_opening(rng, first, plan)]
    for age in (2, 1, 0):
        out.append(_next(rng, out[-1], first * (1 + growth) ** (3 - age) * rng.uniform(0.98, 1.02), age, plan))
    return tuple(out[::-1])


def _owed(loans: tuple[Loan, ...], end: date, age: int) -> dict[str, int]:
    """Return line of credit, current portion and long-term part of all loans at a year-end."""
    term = [loan for loan in loans if not loan.drawn]
    total = sum(loan.balance(end) for loan in term)
    due = sum(loan.balance(end) - loan.balance(month_end(end.year + 1, end.month)) for loan in term if loan.balance(end))
    return {"std": sum(loan.drawn[age] for loan in loans if loan.drawn), "cpltd": due, "ltd": total - due}


def _positions(rng: random.Random, y: dict[str, int], habits: Mapping[str, float]) -> None:
    revenue, goods = y["revenue"], y["cogs"]
    y["receivables"] = round(revenue * habits["days_receivable"] / 365 * rng.uniform(0.93, 1.07))
    y["inventory"] = round(goods * habits["days_inventory"] / 365 * rng.uniform(0.93, 1.07))
    y["prepaid"] = round(revenue * rng.uniform(0.004, 0.009))
    y["deposits"] = round(revenue * habits["deposits"] / 100) * 100
    y["payables"] = round(goods * habits["days_payable"] / 365 * rng.uniform(0.93, 1.07))
    y["accrued"] = round(revenue * rng.uniform(0.008, 0.02))
    y["other_cl"] = round(revenue * habits["other_cl"] * rng.uniform(0.8, 1.2))


def _opening(rng: random.Random, revenue: float, plan: _Plan) -> Books:
    habits = plan.habits
    y = {"revenue": round(revenue), "cogs": round(revenue * habits["goods"])}
    _positions(rng, y, habits)
    y |= _owed(plan.loans, plan.ends[3], 3)
    y["cash"] = round(revenue * habits["cash"] * rng.uniform(0.8, 1.2))
    y["ppe_cost"] = round(revenue * habits["plant"])
    y["ppe_less"] = round(y["ppe_cost"] * rng.uniform(0.25, 0.5))
    y["goodwill"] = round(revenue * habits["goodwill"] / 1000) * 1000
    y["stock"] = round(habits["stock"])
    _sum_up(y)
    y["retained"] = y["total_assets"] - y["liabilities"] - y["stock"]
    y["equity"] = y["retained"] + y["stock"]
    return y


def _sum_up(y: dict[str, int]) -> None:
    y["ppe"] = y["ppe_cost"] - y["ppe_less"]
    y["tca"] = y["cash"] + y["receivables"] + y["inventory"] + y["prepaid"]
    y["total_assets"] = y["tca"] + y["ppe"] + y["goodwill"] + y["deposits"]
    y["tcl"] = y["payables"] + y["accrued"] + y["other_cl"] + y["std"] + y["cpltd"]
    y["liabilities"] = y["tcl"] + y["ltd"]


def _income(rng: random.Random, y: dict[str, int], expenses: tuple[str, ...], habits: Mapping[str, float]) -> None:
    revenue = y["revenue"]
    y["cogs"] = round(revenue * habits["goods"] * rng.uniform(0.985, 1.015))
    y["gross"] = revenue - y["cogs"]
    room = y["gross"] - round(revenue * habits["ebitda"] * rng.uniform(0.93, 1.07))
    parts = {"officers": habits["officers"], "rent": habits["rent"], **{name: EXPENSES[name] * rng.uniform(0.6, 1.4) for name in expenses}}
    whole = sum(parts.values()) * 1.5
    for name, part in parts.items():
        y[name] = round(room * part / max(whole, room / revenue))
    y["wages"] = round((room - sum(y[name] for name in parts)) * rng.uniform(0.72, 0.8))
    y["payroll_taxes"] = round((y["wages"] + y["officers"]) * 0.0765)
    y["other"] = room - sum(y[name] for name in parts) - y["wages"] - y["payroll_taxes"]


def _next(rng: random.Random, last: Books, revenue: float, age: int, plan: _Plan) -> Books:
    ends, loans, expenses, habits = plan.ends, plan.loans, plan.expenses, plan.habits
    y = {"revenue": round(revenue)}
    _income(rng, y, expenses, habits)
    y["depreciation"] = round(last["ppe_cost"] * rng.uniform(0.07, 0.11))
    opex = ("officers", "rent", "wages", "payroll_taxes", "other", "depreciation", *expenses)
    y["opex"] = sum(y[name] for name in opex)
    y["operating"] = y["gross"] - y["opex"]
    term = sum(loan.interest(ends[age]) for loan in loans if not loan.drawn)
    y["interest"] = term + sum(round((loan.drawn[age] + loan.drawn[age + 1]) / 2 * float(loan.rate) / 100) for loan in loans if loan.drawn)
    y["pretax"] = y["operating"] - y["interest"]
    y["tax"] = max(0, round(y["pretax"] * habits["tax"]))
    y["net"] = y["pretax"] - y["tax"]
    y["distributions"] = max(0, round(y["net"] * habits["payout"] * rng.uniform(0.9, 1.1)))
    _positions(rng, y, habits)
    y |= _owed(loans, ends[age], age)
    y |= {name: last[name] for name in ("goodwill", "stock")}
    y["retained"] = last["retained"] + y["net"] - y["distributions"]
    y["equity"] = y["retained"] + y["stock"]
    y["ppe_less"] = last["ppe_less"] + y["depreciation"]
    y["ppe_cost"] = last["ppe_cost"]
    y["cash"] = 0
    _sum_up(y)
    before = y["liabilities"] + y["equity"] - y["total_assets"]  # cash, had nothing been bought
    y["capex"] = max(round(y["depreciation"] * rng.uniform(0.2, 0.5)), min(3 * y["depreciation"], round(before - y["revenue"] * habits["cash"] * rng.uniform(0.8, 1.2))))
    y["ppe_cost"] += y["capex"]
    y["cash"] = before - y["capex"]
    _sum_up(y)
    return y


_PURPOSES = (
    ("Purchase of machinery", "Equipment", 60, 84), ("Working capital", "Accounts receivable and inventory", 36, 60), ("Two delivery trucks", "Vehicles", 48, 72), ("Leasehold improvements at a second location", "All business assets", 84, 120),
    ("Purchase of building now rented", "Commercial real estate", 180, 240), ("Replace production line and add capacity", "Machinery and equipment", 72, 120), ("Inventory for seasonal build-up", "Inventory", 24, 48), ("Buy out a retiring partner", "All business assets", 84, 120),
)  # fmt: skip


def _request(rng: random.Random, year: Books, loans: tuple[Loan, ...], quality: str, most: int | None) -> Request | None:
    """Return the loan that brings coverage where the class wants it, or None where none does."""
    purpose, collateral, short, long = rng.choice(_PURPOSES[:4] if most else _PURPOSES)
    months, rate = rng.randrange(short, long + 1, 12), Decimal(rng.randrange(625, 1175, 25)) / 100
    free = year["operating"] + year["depreciation"] - year["tax"] - year["distributions"]
    target = {"sound": rng.uniform(1.45, 2.6), "marginal": rng.uniform(1.14, 1.21), "distressed": 0.7}[quality]
    room = (free / target - 12 * sum(loan.payment for loan in loans)) / 12 / level_payment(1, rate, months)
    if quality == "distressed":
        room = year["revenue"] * rng.uniform(0.05, 0.2)
    step = 5000 if room > 100_000 else 1000
    amount = min(int(room / step) * step, most or 10**9)
    if amount < 12_000:
        return None
    cover = rng.uniform(0.5, 0.74)
    return Request(amount, purpose, months, rate, collateral, round(amount / cover / 500) * 500)
