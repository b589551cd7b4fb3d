"""The personal financial statement of an owner: what is owned, what is owed, income and guarantees."""

import random
from dataclasses import dataclass
from datetime import date

from app.domain import DocumentKind, Period
from training.corpus.borrowers import Person
from training.corpus.forms.blocks import Table, fields, section, signature, table, title
from training.corpus.forms.desk import Cell, Desk, Entry, Look, PaperDocument
from training.corpus.ledger import Ledger

_ASSETS = (
    ("pfs_cash", ("Cash on hand and in banks", "Cash and checking accounts", "Cash in bank", "Cash & equivalents")), ("savings", ("Savings accounts", "Money market and CDs")), ("retirement", ("IRA or other retirement accounts", "401(k) / IRA", "Pension and retirement plans")),
    ("securities", ("Stocks and bonds", "Marketable securities", "Brokerage accounts")), ("insurance", ("Life insurance - cash surrender value", "Cash value of life insurance")), ("pfs_real_estate", ("Real estate", "Real estate (market value)", "Homes and other real estate")),
    ("vehicles", ("Automobiles", "Vehicles - present value", "Autos and boats")), ("pfs_business_interest", ("Business interest", "Interest in closely held business", "Ownership in {company}", "Value of business owned")), ("other_assets", ("Other personal property", "Household goods and other assets", "Other assets")),
)  # fmt: skip
_LIABILITIES = (
    ("cards", ("Accounts payable and credit cards", "Credit cards", "Charge accounts")), ("notes", ("Notes payable to banks and others", "Bank loans (unsecured)")), ("auto_loans", ("Installment account (auto)", "Automobile loans", "Car loans")),
    ("pfs_mortgages", ("Mortgages on real estate", "Mortgage balances", "Real estate mortgages")), ("taxes", ("Unpaid taxes", "Taxes owed")), ("other_debts", ("Other liabilities", "Other debts")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Means:
    """What one owner owns, owes, earns and has guaranteed."""

    assets: dict[str, int]
    liabilities: dict[str, int]
    salary: int
    contingent: int

    @property
    def net_worth(self) -> int:
        """Return assets less liabilities."""
        return sum(self.assets.values()) - sum(self.liabilities.values())


def means(rng: random.Random, books: Ledger, owner: Person) -> Means:
    """Return the means of `owner`: the salary is the share of officers' pay, the business what its books say it is worth."""
    home = rng.randrange(180, 900, 5) * 1000
    assets = {
        "pfs_cash": rng.randrange(4000, 90_000, 500), "savings": rng.choice((0, rng.randrange(2000, 60_000, 500))), "retirement": rng.choice((0, rng.randrange(10_000, 400_000, 1000))), "securities": rng.choice((0, rng.randrange(5000, 150_000, 500))),
        "insurance": rng.choice((0, 0, rng.randrange(2000, 30_000, 500))), "pfs_real_estate": home, "vehicles": rng.randrange(8000, 70_000, 500),
        "pfs_business_interest": max(0, round(books.years[0]["equity"] * owner.share / 100 / 500) * 500), "other_assets": rng.randrange(5000, 40_000, 500),
    }  # fmt: skip
    liabilities = {
        "cards": rng.randrange(0, 20_000, 500), "notes": rng.choice((0, 0, rng.randrange(2000, 30_000, 500))), "auto_loans": rng.choice((0, rng.randrange(4000, 35_000, 500))),
        "pfs_mortgages": round(home * rng.uniform(0.2, 0.75) / 500) * 500, "taxes": 0, "other_debts": rng.choice((0, 0, rng.randrange(1000, 9000, 500))),
    }  # fmt: skip
    salary = round(books.years[0]["officers"] * owner.share / 100 / 500) * 500 or rng.randrange(30_000, 90_000, 500)
    return Means(assets, liabilities, salary, rng.choice((0, books.request.amount, round(sum(loan.original for loan in books.loans) / 500) * 500)))


def personal_financial_statement(rng: random.Random, books: Ledger, look: Look, owner: Person, day: date | None = None) -> PaperDocument:
    """Return the statement of `owner`, dated `day` or a little before the application."""
    desk, day, has = Desk(look), day or books.as_of, means(rng, books, owner)
    who = books.borrower
    title(desk, rng, rng.choice(("Personal Financial Statement", "Statement of Personal Net Worth", "Personal Balance Sheet", "Guarantor's Financial Statement", "Individual Financial Statement", "Statement of Financial Condition - Individual")), rng.choice(("", "Complete for each owner of 20% or more and each guarantor", f"Submitted to {who.bank}")))
    name = (rng.choice(("Name", "Applicant / guarantor", "Full name", "Name of individual")), Entry(owner.name, "guarantor_name", owner.name))
    others = [(rng.choice(("Residence address", "Home address", "Address")), Entry(owner.address)), (rng.choice(("As of", "Date of statement", "Statement date", "Financial condition as of")), Entry(look.day(day))), (rng.choice(("Business name of applicant", "Business", "Company")), Entry(who.name))]
    rng.shuffle(others)
    fields(desk, [name, *others], 2)
    if rng.random() < 0.5:
        _side_by_side(desk, rng, has, who.name)
    else:
        _one_below_the_other(desk, rng, has, who.name)
    _income(desk, rng, has)
    desk.paragraph(rng.choice(("I certify that the above is true and correct as of the stated date.", "The undersigned certifies that this statement and its supporting schedules are complete and accurate.")), size=look.size * 0.9)
    signature(desk, owner.name, "", look.day(day))
    return PaperDocument(DocumentKind.PERSONAL_FINANCIAL_STATEMENT, desk.pages(), tuple(desk.facts), (Period("current", day),), who.currency)


def _lines(desk: Desk, rng: random.Random, has: Means, company: str) -> tuple[list[list[Cell]], list[list[Cell]]]:
    look, mark = desk.look, desk.look.sign if desk.look.signs else ""
    both = []
    for names, amounts in ((_ASSETS, has.assets), (_LIABILITIES, has.liabilities)):
        lines: list[list[Cell]] = []
        for key, labels in names:
            if amounts[key] or key.startswith("pfs_") or rng.random() < 0.5:
                label = rng.choice(labels).replace("{company}", company)
                lines.append([label, Entry(look.digits(amounts[key]), key if key.startswith("pfs_") else "", amounts[key], mark=mark if amounts[key] else "")])
        both.append(lines)
    owned, owed = sum(has.assets.values()), sum(has.liabilities.values())
    both[0].append([rng.choice(("Total assets", "TOTAL ASSETS", "Total of everything owned")), Entry(look.digits(owned), "pfs_total_assets", owned, mark=mark)])
    both[1].append([rng.choice(("Total liabilities", "TOTAL LIABILITIES", "Total owed")), Entry(look.digits(owed), "pfs_total_liabilities", owed, mark=mark if owed else "")])
    return both[0], both[1]


def _net_worth(desk: Desk, rng: random.Random, has: Means) -> list[Cell]:
    return [rng.choice(("Net worth", "NET WORTH", "Net worth (assets less liabilities)")), Entry(desk.look.digits(has.net_worth), "net_worth", has.net_worth, mark=desk.look.sign if desk.look.signs else "")]


def _one_below_the_other(desk: Desk, rng: random.Random, has: Means, company: str) -> None:
    owned, owed = _lines(desk, rng, has, company)
    for head, lines in ((rng.choice(("Assets", "What I own")), owned), (rng.choice(("Liabilities", "What I owe")), owed)):
        table(desk, lines, Table((head, rng.choice(("Amount", desk.look.sign, "Market value")) if lines is owned else rng.choice(("Amount", desk.look.sign))), (4, 1.4), "lr", bold_last=True))
    table(desk, [_net_worth(desk, rng, has)], Table(("", ""), (4, 1.4), "lr"))


def _side_by_side(desk: Desk, rng: random.Random, has: Means, company: str) -> None:
    owned, owed = _lines(desk, rng, has, company)
    blank: list[Cell] = ["", ""]
    worth = _net_worth(desk, rng, has)
    high = max(len(owned) - 1, len(owed))
    left = owned[:-1] + [blank] * (high - len(owned) + 1) + owned[-1:]
    right = owed[:-1] + [blank] * (high - len(owed)) + owed[-1:] + [worth]
    table(desk, [a + b for a, b in zip(left, right, strict=True)], Table(("Assets", "Amount", "Liabilities", "Amount"), (2.7, 1.3, 2.7, 1.3), "lrlr", bold_last=True))


def _income(desk: Desk, rng: random.Random, has: Means) -> None:
    mark = desk.look.sign if desk.look.signs else ""
    section(desk, rng.choice(("Source of income and contingent liabilities", "Income and guarantees", "Section 1. Source of income", "Other information")))
    salary = (rng.choice(("Salary", "Annual salary", "Salary (annual)", "Wages and salary")), Entry(desk.look.digits(has.salary), "salary", has.salary, mark=mark))
    dashed = desk.look.digits(has.contingent)
    contingent = (rng.choice(("Contingent liabilities", "As endorser or co-maker", "Guarantees given", "Contingent liabilities (guaranties)")), Entry(dashed, "contingent_liabilities", has.contingent, mark=mark if has.contingent else ""))
    fields(desk, [salary, contingent], 2)
