"""The borrower's bank account, day by day: sales come in, costs and loan payments go out, and the books' cash is what is left.

The account's balance at the fiscal year-end is the balance sheet's cash; deposits over the months are the books' sales.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from training.corpus.borrowers import LAST, TRADES
from training.corpus.ledger import Ledger, Loan, month_end


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of the account, in cents: money in is positive. `returned`: a fee for an item returned unpaid or overdrawn."""

    day: date
    text: str
    cents: int
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the account."""

    start: date
    end: date
    opening: int
    postings: tuple[Posting, ...]

    @property
    def deposits(self) -> int:
        """Return all money in, in cents."""
        return sum(p.cents for p in self.postings if p.cents > 0)

    @property
    def withdrawals(self) -> int:
        """Return all money out, in cents, positive."""
        return -sum(p.cents for p in self.postings if p.cents < 0)

    @property
    def closing(self) -> int:
        """Return the balance at the end, in cents."""
        return self.opening + self.deposits - self.withdrawals

    @property
    def returned(self) -> int:
        """Return how many items were returned or overdrawn."""
        return sum(p.returned for p in self.postings)

    def balances(self) -> list[int]:
        """Return the running balance after each posting, in cents."""
        out, at = [], self.opening
        for posting in self.postings:
            at += posting.cents
            out.append(at)
        return out


def money(cents: int) -> Decimal:
    """Return cents as an amount."""
    return Decimal(cents) / 100


@dataclass(frozen=True, slots=True)
class Conduct:
    """How the account is kept: items returned, and loans that it pays though no schedule names them."""

    returned: int = 0
    hidden: tuple[Loan, ...] = ()


def account(rng: random.Random, books: Ledger, conduct: Conduct) -> tuple[Month, ...]:
    """Return the last three whole months before the application, oldest first."""
    last = books.as_of.replace(day=1) - timedelta(days=1)
    if last > books.ends[0] and (last - books.ends[0]).days < 80 and rng.random() < 0.5:
        last = books.ends[0]
    spans = [(month_end(last.year, last.month - i - 1) + timedelta(days=1), month_end(last.year, last.month - i)) for i in (2, 1, 0)]
    sales = _sales(rng, books)
    fees = [0, 0, 0]
    for _ in range(conduct.returned):
        fees[rng.randrange(3)] += 1
    bills = [_bills(rng, books, span, sales[i] * rng.uniform(0.94, 1.02), Conduct(fees[i], conduct.hidden)) for i, span in enumerate(spans)]
    income = [_deposits(rng, books, span, sales[i]) for i, span in enumerate(spans)]
    return _kept(rng, books, spans, income, bills)


def _sales(rng: random.Random, books: Ledger) -> list[int]:
    """Return the sales of three months in cents; four times their sum is the year's revenue, nearly."""
    shares = [rng.uniform(0.9, 1.1) for _ in range(3)]
    quarter = books.years[0]["revenue"] * 25 * rng.uniform(0.958, 1.042)
    return [round(quarter * share / sum(shares)) for share in shares]


def _days(rng: random.Random, span: tuple[date, date], count: int) -> list[date]:
    return sorted(span[0] + timedelta(days=rng.randint(0, (span[1] - span[0]).days)) for _ in range(count))


_IN = ("MERCHANT BANKCARD DEP {n}", "CARD SETTLEMENT {n}", "DEPOSIT", "COUNTER DEPOSIT", "REMOTE DEPOSIT CAPTURE", "ACH CREDIT {c} PAYMENT", "WIRE TRANSFER IN {c}", "MOBILE CHECK DEPOSIT", "EDI PYMNT {c}", "LOCKBOX DEPOSIT {n}")
_IN_UK = ("FPI {c}", "BACS {c}", "CARD RECEIPTS {n}", "CREDIT {c}", "COUNTER CREDIT {n}", "CHAPS {c}")
_CUSTOMERS = ("HOLLINS SUPPLY", "BAYSIDE MED CTR", "GRANT COUNTY", "NORWOOD HOTELS", "APEX PROPERTY", "DELTA PACKING", "RIVERA & SONS", "CARVER BROS", "LAKE REGION", "EVERGREEN HOA")
_OUT = ("CHECK {n}", "CHECK #{n}", "ACH DEBIT {v}", "DEBIT CARD PURCHASE {v}", "POS {v} {n}", "ONLINE PMT {v}", "BILL PAY {v}", "CHECK {n} {v}")
_OUT_UK = ("FPO {v}", "BACS {v}", "DEB {v}", "CHQ {n}", "BP {v}")
_VENDORS = ("ACME WHOLESALE", "NORTHERN TOOL", "STAPLETON OFFICE", "REPUBLIC WASTE", "UNITED PARCELS", "CITY HARDWARE", "GULF FUELS", "SYSTEMS DIRECT", "PALLISER PAPER", "BROWN & DAY", "HOME CENTER 114", "INTERSTATE PARTS")


def _deposits(rng: random.Random, books: Ledger, span: tuple[date, date], cents: int) -> list[Posting]:
    count = max(4, min(38, round(cents / 100 / rng.uniform(2500, 9000)) + rng.randint(3, 8)))
    weights = [rng.uniform(0.4, 1.7) for _ in range(count)]
    words = rng.sample(_IN_UK if books.borrower.uk else _IN, rng.randint(2, 4))
    parts = [round(cents * weight / sum(weights)) for weight in weights]
    parts[0] += cents - sum(parts)
    made = [Posting(day, _said(rng, rng.choice(words)), part) for day, part in zip(_days(rng, span, count), parts, strict=True)]
    if rng.random() < 0.15:
        made.append(Posting(_days(rng, span, 1)[0], rng.choice(("TRANSFER FROM SAVINGS {n}", "INTERNAL TRANSFER FROM {n}", "ONLINE TRANSFER FROM SAV")).format(n=f"XX{rng.randint(1000, 9999)}"), round(cents * rng.uniform(0.004, 0.015) / 10_000) * 10_000 + 10_000))
    return made


def _said(rng: random.Random, words: str) -> str:
    return words.format(n=rng.randint(1001, 9899), c=rng.choice(_CUSTOMERS), v=rng.choice(_VENDORS))


def _bills(rng: random.Random, books: Ledger, span: tuple[date, date], cents: float, conduct: Conduct) -> list[Posting]:
    """Return the month's withdrawals, `cents` together; loan payments and wages are the books', suppliers take the rest."""
    year, uk, first = books.years[0], books.borrower.uk, span[0]
    made = [Posting(first + timedelta(days=9 + n), _loan_text(rng, books, loan), -loan.payment * 100) for n, loan in enumerate(books.loans)]
    for loan in conduct.hidden:
        made += _hidden_payments(rng, span, loan)
    payroll = round((year["wages"] + year["officers"]) / 24 * 76 * rng.uniform(0.97, 1.03))
    text = "BACS PAYROLL" if uk else rng.choice(("PAYROLL DIRECT DEP", "GUSTWAY PAYROLL", "PAYROLL ACH BATCH"))
    made += [Posting(first + timedelta(days=day), text, -payroll - rng.randint(0, 9999)) for day in (13, min(27, (span[1] - first).days))]
    made.append(Posting(first + timedelta(days=15), "HMRC PAYE/NIC" if uk else rng.choice(("IRS USATAXPYMT", "EFTPS PAYROLL TAX")), -round((year["wages"] + year["officers"]) / 12 * 30)))
    if year["rent"]:
        made.append(Posting(first + timedelta(days=rng.randint(0, 3)), ("STO {} RENT" if uk else rng.choice(("RENT {}", "CHECK 2041 {}", "ACH RENT {}"))).format(f"{LAST[len(books.borrower.name) % len(LAST)].upper()} PROPERTIES"), -round(year["rent"] / 12 * 100)))
    for name, text in (("utilities", "CITY UTILITIES"), ("insurance", "HARTWELL INSURANCE"), ("telephone", "TELCOM BUSINESS")):
        if year.get(name):
            made.append(Posting(first + timedelta(days=rng.randint(4, 24)), ("DD " if uk else "ACH DEBIT ") + text, -round(year[name] / 12 * 100 * rng.uniform(0.9, 1.1))))
    made.append(Posting(span[1], rng.choice(("MONTHLY SERVICE FEE", "ACCOUNT MAINTENANCE FEE", "SERVICE CHARGE")) if not uk else "ACCOUNT CHARGES", -rng.choice((1500, 2500, 1200, 3995))))
    made += [Posting(day, rng.choice(("NSF FEE - RETURNED ITEM", "RETURNED ITEM FEE NSF", "OVERDRAFT ITEM FEE")) if not uk else "UNPAID ITEM FEE", -3500, returned=True) for day in _days(rng, span, conduct.returned)]
    rest = round(cents) + sum(p.cents for p in made)
    return made + _suppliers(rng, books, span, max(rest, round(cents * 0.08)))


def _suppliers(rng: random.Random, books: Ledger, span: tuple[date, date], cents: int) -> list[Posting]:
    count = max(3, min(40, round(cents / 100 / rng.uniform(1200, 5000)) + rng.randint(3, 9)))
    weights = [rng.uniform(0.2, 1.8) for _ in range(count)]
    words = rng.sample(_OUT_UK if books.borrower.uk else _OUT, rng.randint(3, 5))
    goods = TRADES[books.borrower.trade][3][0].upper()
    return [Posting(day, _said(rng, rng.choice(words)) if rng.random() < 0.9 else f"{goods} SUPPLY CO", -max(500, round(cents * weight / sum(weights)))) for day, weight in zip(_days(rng, span, count), weights, strict=True)]


def _loan_text(rng: random.Random, books: Ledger, loan: Loan) -> str:
    name = loan.creditor.partition(" (")[0].upper()
    if name == books.borrower.bank.upper():
        return rng.choice(("LOAN PAYMENT {n}", "AUTO LOAN PMT TO {n}", "TRANSFER TO LOAN {n}")).format(n=f"{loan.original % 9000 + 1000:04d}") if not loan.drawn else "LINE OF CREDIT INTEREST"
    return f"{'DD' if books.borrower.uk else 'ACH DEBIT'} {name} {rng.choice(('LOAN PMT', 'LOAN PAYMENT', 'PMT', 'INSTALLMENT'))}"


def _hidden_payments(rng: random.Random, span: tuple[date, date], loan: Loan) -> list[Posting]:
    """Return the month's payments on a loan that no schedule names: monthly, or every week as cash advances are repaid."""
    text = f"ACH DEBIT {loan.creditor.upper()} {rng.choice(('LOAN PMT', 'ADVANCE PMT', 'LOAN PAYMENT'))}"
    if loan.months < 24:
        return [Posting(span[0] + timedelta(days=day), text, -round(loan.payment * 100 / 4.33)) for day in (2, 9, 16, 23)]
    return [Posting(span[0] + timedelta(days=17), text, -loan.payment * 100)]


# -- keeping the account above nothing --------------------------------------------------------------------------------


def _kept(rng: random.Random, books: Ledger, spans: Sequence[tuple[date, date]], income: Sequence[list[Posting]], bills: Sequence[list[Posting]]) -> tuple[Month, ...]:
    """Return the months: bills wait for money where there is none, and at the fiscal year-end the account holds the books' cash."""
    cash, cut = books.years[0]["cash"] * 100 + rng.randint(-49, 49), sum(span[1] <= books.ends[0] for span in spans)
    recent = spans[2][1] - books.ends[0] < timedelta(days=130)
    before = [p for i in range(cut) for p in (*income[i], *bills[i])]
    opening = cash - sum(p.cents for p in before) if recent else round(cash * rng.uniform(0.9, 1.2))
    least = min(cash, round(books.years[0]["revenue"] * 100 * 0.006))
    if opening < least and cut:  # more came in than is left: some of it was spent
        bills[cut - 1].append(Posting(spans[cut - 1][0] + timedelta(days=20), "TRANSFER TO SAVINGS" if rng.random() < 0.5 else "OWNER DRAW", opening - 2 * least))
        opening = 2 * least
    for i in range(cut, 3):
        _afford(income[i], bills[i])
    postings: list[Posting] = []
    for part in (range(cut), range(cut, 3)):
        if part:
            at = opening + sum(p.cents for p in postings)
            postings += _in_time(at, least // 2, (spans[part[0]][0], spans[part[-1]][1]), ([p for i in part for p in income[i]], [p for i in part for p in bills[i]]))
    months = []
    for start, end in spans:
        its = tuple(p for p in postings if start <= p.day <= end)
        months.append(Month(start, end, opening, its))
        opening = months[-1].closing
    return tuple(months)


def _afford(income: list[Posting], bills: list[Posting]) -> None:
    """Cut the largest bills until a month pays for itself."""
    while (over := -sum(p.cents for p in bills) - sum(p.cents for p in income)) > 0:
        cuttable = [i for i, p in enumerate(bills) if any(word in p.text for word in _VENDORS) or p.text.startswith(("CHECK", "CHQ", "PAYROLL", "BACS", "GUST"))]
        largest = max(cuttable, key=lambda i: -bills[i].cents)
        bill = bills[largest]
        bills[largest] = Posting(bill.day, bill.text, min(-500, bill.cents + max(over // 3, -bill.cents // 4, 1000)))


def _in_time(balance: int, least: int, span: tuple[date, date], flows: tuple[list[Posting], list[Posting]]) -> list[Posting]:
    """Return the postings of a time in order of days; a bill that would take the balance below `least` waits."""
    income, bills = flows
    made: list[Posting] = []
    waiting: list[Posting] = []
    day = span[0]
    while day <= span[1]:
        todays = [p for p in income if p.day == day]
        waiting += [p for p in bills if p.day == day]
        made += todays
        balance += sum(p.cents for p in todays)
        kept = []
        for bill in waiting:
            pays = balance + bill.cents >= least or day == span[1] or bill.returned or "LOAN" in bill.text
            if pays:
                made.append(Posting(day, bill.text, bill.cents, bill.returned))
                balance += bill.cents
            else:
                kept.append(bill)
        waiting = kept
        day += timedelta(days=1)
    return made
