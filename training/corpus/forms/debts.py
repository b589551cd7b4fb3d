"""The schedule of the borrower's debts, and the aging of what its customers owe."""

import random
from collections.abc import Sequence
from dataclasses import replace

from app.domain import DocumentKind, Period
from training.corpus.borrowers import FIRST, LAST
from training.corpus.forms.blocks import Table, section, signature, table, title
from training.corpus.forms.desk import MONTHS, Cell, Desk, Entry, Look, PaperDocument
from training.corpus.ledger import Ledger, Loan

_HEADS = {
    "creditor": ("Creditor", "Lender", "Owed to", "Name of creditor", "Payable to", "Creditor name"),
    "original_amount": ("Original amount", "Original balance", "Orig. loan", "Amount borrowed", "Original principal"),
    "balance": ("Present balance", "Current balance", "Balance owed", "Outstanding balance", "Principal outstanding"),
    "rate": ("Interest rate", "Rate", "Rate %", "Int. rate"),
    "monthly_payment": ("Monthly payment", "Payment / month", "Mo. pmt", "Monthly installment", "Pmt per month"),
    "maturity": ("Maturity date", "Maturity", "Matures", "Final payment", "Due date"),
    "secured_by": ("Secured by", "Collateral", "Security", "Collateral / security"),
    "status": ("Current or delinquent", "Status", "Current?"),
}
_WIDTHS = {"creditor": 3.0, "original_amount": 1.6, "balance": 1.6, "rate": 1.1, "monthly_payment": 1.5, "maturity": 1.4, "secured_by": 2.2, "status": 1.2}


def debt_schedule(rng: random.Random, books: Ledger, look: Look, loans: Sequence[Loan] | None = None) -> PaperDocument:
    """Return the schedule of the borrower's debts at its year-end, of `loans` alone where given."""
    if rng.random() < 0.3:
        look = replace(look, paper=look.paper[::-1])
    desk, end = Desk(look), books.ends[0]
    owed = list(books.loans if loans is None else loans)
    title(desk, rng, rng.choice(("Business Debt Schedule", "Schedule of Liabilities", "Schedule of Debts", "Debt Schedule", "Notes, Mortgages and Accounts Payable", "Schedule of Outstanding Business Debt")), books.borrower.name, rng.choice(("As of {}", "Date: {}", "Balances at {}", "Schedule dated {}")).format(look.day(end)))
    if rng.random() < 0.3:
        desk.paragraph(rng.choice(("List all installment debts, contracts, notes and mortgages of the business. Do not include accounts payable or accrued liabilities.", "This schedule should agree with the balance sheet of the same date.")), size=look.size * 0.85)
        desk.feed(0.4)
    columns = _columns(rng)
    rows = [[_cell(look, loan, balance_of(loan, books), f"debt_{number}_{name}") for name in columns] for number, loan in enumerate(owed, 1)]
    if rng.random() < 0.2 and look.rules in ("grid", "rows"):
        rows += [[""] * len(columns) for _ in range(rng.randint(1, 4))]
    rows.append(_total(rng, look, owed, books, columns))
    heads = tuple(rng.choice(_HEADS[name]) for name in columns)
    table(desk, rows, Table(heads, tuple(_WIDTHS[n] for n in columns), "".join("l" if n in ("creditor", "secured_by") else "c" if n in ("maturity", "status") else "r" for n in columns), bold_last=True))
    if rng.random() < 0.7:
        desk.paragraph(rng.choice(("I certify that the above lists all debt of the business.", "The above is a complete list of all obligations of the business.", "The information above is true and complete.")))
        signature(desk, books.borrower.owners[0].name, books.borrower.owners[0].title, look.day(books.as_of))
    return PaperDocument(DocumentKind.DEBT_SCHEDULE, desk.pages(), tuple(desk.facts), (Period("current", end),), books.borrower.currency)


def balance_of(loan: Loan, books: Ledger) -> int:
    """Return what is owed on `loan` at the year-end."""
    return loan.drawn[0] if loan.drawn else loan.balance(books.ends[0])


def _columns(rng: random.Random) -> list[str]:
    columns = ["original_amount", "balance", "rate", "monthly_payment", "maturity", "secured_by"]
    if rng.random() < 0.5:
        rng.shuffle(columns)
    if rng.random() < 0.35:
        columns.insert(rng.randint(1, 6), "status")
    return ["creditor", *columns]


def _cell(look: Look, loan: Loan, balance: int, concept: str) -> Cell:
    """Return the cell of a loan that states `concept` (debt_1_balance)."""
    name, mark, maturity = concept.split("_", 2)[2], look.sign if look.signs else "", loan.maturity
    cells: dict[str, Cell] = {
        "creditor": Entry(loan.creditor, concept, loan.creditor),
        "original_amount": Entry(look.digits(loan.original), concept, loan.original, mark=mark),
        "balance": Entry(look.digits(balance), concept, balance, mark=mark),
        "rate": Entry(f"{loan.rate:.2f}%", concept, loan.rate),
        "monthly_payment": Entry(look.digits(loan.payment), concept, loan.payment, mark=mark),
        "maturity": Entry((f"{maturity:%m/%Y}", f"{MONTHS[maturity.month - 1][:3]} {maturity.year}", f"{MONTHS[maturity.month - 1]} {maturity.year}")[len(look.dates) % 3], concept, maturity),
        "secured_by": Entry(loan.secured_by, concept, loan.secured_by),
        "status": "Current",
    }
    return cells[name]


def _total(rng: random.Random, look: Look, loans: Sequence[Loan], books: Ledger, columns: Sequence[str]) -> list[Cell]:
    mark = look.sign if look.signs else ""
    owed, paid = sum(balance_of(loan, books) for loan in loans), sum(loan.payment for loan in loans)
    totals: dict[str, Cell] = {"creditor": rng.choice(("Total", "TOTAL", "Totals", "Total debt")), "balance": Entry(look.digits(owed), "total_debt_balance", owed, mark=mark), "monthly_payment": Entry(look.digits(paid), "monthly_debt_payment", paid, mark=mark)}
    return [totals.get(name, "") for name in columns]


# -- receivables ------------------------------------------------------------------------------------------------------

_CUSTOMERS = ("Hollins Supply", "Carver Brothers", "Bayside Medical Center", "Tri-Cities School District", "Norwood Hotels", "Apex Property Services", "Grant County", "Sundry customers", "Maple Leaf Estates", "R. Tannenbaum", "Pacific Crest Builders", "Evergreen HOA", "Delta Packing Co.", "Rivera & Sons", "Lake Region Clinic", "Baxter Development")
_BUCKETS = (("Current", "31 - 60", "61 - 90", "Over 90"), ("0-30 days", "31-60 days", "61-90 days", "90+ days"), ("0 - 30", "31 - 60", "61 - 90", "> 90"), ("Under 30 days", "31 to 60 days", "61 to 90 days", "Over 90 days"), ("1-30", "31-60", "61-90", "91 and over"))
_IDS = ("aging_0_30", "aging_31_60", "aging_61_90", "aging_over_90", "aging_total")


def receivables_aging(rng: random.Random, books: Ledger, look: Look) -> PaperDocument:
    """Return the aging of receivables at the year-end: its total is the balance sheet's."""
    look = replace(look, entry="")
    desk, total = Desk(look), books.years[0]["receivables"]
    who = books.borrower
    title(desk, rng, rng.choice(("A/R Aging Summary", "Accounts Receivable Aging", "Aged Receivables", "Receivables Aging Report", "Customer Aging Detail", "Aged Trial Balance - Receivables" if not who.uk else "Aged Debtors Report")), who.name, rng.choice(("As of {}", "As at {}", "Aging date: {}", "Report date {}")).format(look.day(books.ends[0])))
    names = rng.sample(_CUSTOMERS, rng.randint(4, 12)) + [f"{rng.choice(FIRST)} {rng.choice(LAST)}" for _ in range(rng.randint(0, 5))]
    columns = _spread(rng, total, len(names))
    whole = [sum(column) for column in columns]
    heads = rng.choice(_BUCKETS)
    ahead = rng.random() < 0.2  # the total stands before the buckets
    rows: list[list[Cell]] = [_in_order([look.digits(c[i]) for c in columns], look.digits(sum(c[i] for c in columns)), ahead=ahead, first=name) for i, name in enumerate(names)]
    mark = look.sign if look.signs else ""
    sums: list[Cell] = [Entry(look.digits(w), concept, w, mark=mark) for w, concept in zip(whole, _IDS, strict=False)]
    rows.append(_in_order(sums, Entry(look.digits(total), _IDS[4], total, mark=mark), ahead=ahead, first=rng.choice(("Total", "TOTAL", "Totals", "Grand total"))))
    table(desk, rows, Table(tuple(str(h) for h in _in_order(list(heads), rng.choice(("Total", "Balance", "Total due")), ahead=ahead, first=rng.choice(("Customer", "Customer name", "Name", "Account")))), (3.2, 1.4, 1.4, 1.4, 1.4, 1.5), "lrrrrr", bold_last=True))
    if rng.random() < 0.3 and total:
        section(desk, "Percent of total")
        desk.paragraph("   ".join(f"{head}: {w / total:.1%}" for head, w in zip(heads, whole, strict=True)))
    return PaperDocument(DocumentKind.RECEIVABLES_AGING, desk.pages(rng.choice(("", "Page {page} of {pages}"))), tuple(desk.facts), (Period("current", books.ends[0]),), who.currency)


def _in_order(buckets: Sequence[Cell], total: Cell, *, ahead: bool, first: Cell) -> list[Cell]:
    return [first, total, *buckets] if ahead else [first, *buckets, total]


def _spread(rng: random.Random, total: int, customers: int) -> list[list[int]]:
    """Return four buckets of a figure per customer; all of them together are `total`."""
    shares = [rng.uniform(0.6, 0.8), rng.uniform(0.1, 0.2), rng.uniform(0.03, 0.08)]
    wholes = [round(total * share) for share in shares]
    wholes.append(max(0, total - sum(wholes)))
    wholes[0] = total - sum(wholes[1:])
    columns = []
    for whole in wholes:
        weights = [rng.uniform(0.2, 2) * (rng.random() < 0.75) for _ in range(customers)]
        weights[0] += 0.1
        parts = [round(whole * weight / sum(weights)) for weight in weights]
        parts[0] += whole - sum(parts)
        columns.append(parts)
    return columns
