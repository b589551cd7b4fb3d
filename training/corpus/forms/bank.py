"""Bank statements on paper: one running table, or sections of deposits, checks and debits with daily balances."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.domain import DocumentKind, Period
from training.corpus.account import Month, Posting, money
from training.corpus.borrowers import as_filed
from training.corpus.forms.blocks import Table, fields, section, table
from training.corpus.forms.desk import MONTHS, Cell, Desk, Entry, Fact, Look, Movement, PaperDocument, fits
from training.corpus.ledger import Ledger

_LABELS = {
    "opening_balance": ("Beginning balance", "Opening balance", "Previous balance", "Starting balance", "Balance last statement", "Balance forward", "Balance brought forward"),
    "total_deposits": ("Deposits and other credits", "Total deposits", "Deposits / credits", "Total credits", "Money in", "Deposits and additions", "Credits"),
    "total_withdrawals": ("Withdrawals and other debits", "Total withdrawals", "Withdrawals / debits", "Total debits", "Money out", "Checks and withdrawals", "Debits"),
    "closing_balance": ("Ending balance", "Closing balance", "Balance this statement", "New balance", "Balance at end of period", "Current balance", "Balance carried forward"),
}
_RETURNED = ("Number of NSF / overdraft items this period", "Returned and overdraft items", "NSF items", "Items returned unpaid")
_PRODUCTS = ("Business Checking", "Commercial Checking", "Business Advantage Checking", "Small Business Account", "Analyzed Business Checking", "Business Current Account")
_SMALL_PRINT = (
    "In case of errors or questions about your statement, telephone or write us as soon as you can. We must hear from you no later than 60 days after we sent the first statement on which the error appeared.",
    "Please examine this statement promptly and report any discrepancy within thirty days. Otherwise the statement will be considered correct.",
    "Interest, fees and the terms of this account are explained in your deposit agreement.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BankStyle:
    """How one bank prints its statements; the months of one account share it."""

    look: Look
    running: bool
    order: tuple[str, ...]  # columns: day, text, in, out, signed, balance, number
    minus: str  # of the signed column: lead | trail | paren | dr
    mark: str  # of the account
    day: Callable[[date], str]
    labels: dict[str, str]
    frame: str  # of the summary: fields | across | table
    carried: bool  # the table begins and ends with the balances
    product: str
    returned: str
    heads: dict[str, str]


def bank_style(rng: random.Random, look: Look, account: str) -> BankStyle:
    """Return the statement of a random bank; `account` is the account's number."""
    uk = look.sign == "£"
    orders = (("day", "text", "out", "in", "balance"), ("day", "text", "in", "out", "balance"), ("day", "in", "out", "balance", "text"), ("day", "text", "signed", "balance"), ("day", "signed", "text", "balance"), ("day", "number", "text", "out", "in", "balance"), ("day", "text", "signed", "balance"))
    days: tuple[Callable[[date], str], ...] = (
        (lambda d: f"{d:%d %b}", lambda d: f"{d:%d %b %y}", lambda d: f"{d:%d/%m/%Y}", lambda d: f"{d:%d/%m/%y}")
        if uk
        else (lambda d: f"{d:%m/%d}", lambda d: f"{d:%m/%d}", lambda d: f"{d:%b} {d.day}", lambda d: f"{d:%m/%d/%y}", lambda d: f"{d:%m/%d/%Y}", lambda d: f"{d:%m-%d}", lambda d: f"{MONTHS[d.month - 1][:3]} {d:%d, %Y}")
    )  # fmt: skip
    heads = {"day": ("Date", "Posted", "Post date"), "text": ("Description", "Transaction", "Details", "Activity"), "in": ("Deposits", "Credits", "Additions", "Paid in") if not uk else ("Paid in", "Credit", "Money in"), "out": ("Withdrawals", "Debits", "Subtractions", "Charges") if not uk else ("Paid out", "Debit", "Money out"), "signed": ("Amount", "Amount", "Debit / Credit"), "balance": ("Balance", "Running balance", "Ending daily balance"), "number": ("No.", "Ref", "Check no.")}
    mark = rng.choice(("****{}", "xxxx-xxxx-{}", "XXXXXX{}", "******{}", "x{}", "...{}")).format(account[-4:])
    narrow = replace(look, leading=rng.uniform(1.22, 1.5), size=min(look.size, 9.0), entry="", cents=True, signs=rng.random() < 0.5)
    return BankStyle(
        narrow, rng.random() < 0.78, rng.choice(orders), rng.choice(("lead", "lead", "trail", "paren", "dr")), mark, rng.choice(days), {k: rng.choice(v) for k, v in _LABELS.items()}, rng.choice(("fields", "across", "table")),
        rng.random() < 0.5, rng.choice(_PRODUCTS[:5] if not uk else _PRODUCTS[3:]), rng.choice((*_RETURNED, "")), {k: rng.choice(v) for k, v in heads.items()},
    )  # fmt: skip


def bank_statement(rng: random.Random, books: Ledger, style: BankStyle, month: Month) -> PaperDocument:
    """Return the statement of one month."""
    desk = Desk(style.look)
    _head(desk, rng, books, style, month)
    _summary(desk, style, month)
    if style.running:
        _running(desk, style, month)
    else:
        _sections(desk, style, month)
    desk.feed(0.8)
    if rng.random() < 0.6:
        desk.paragraph(_SMALL_PRINT[len(style.mark) % 3], size=6.8)
    if not any(fact.concept == "nsf_count" for fact in desk.facts):
        desk.facts.append(_counted(month))
    pages = desk.pages("Page {page} of {pages}" if len(style.product) % 2 else "")
    shown = month.balances() if style.running else [None] * len(month.postings)
    moves = tuple(Movement(p.day, p.text, money(p.cents), None if b is None else money(b)) for p, b in zip(month.postings, shown, strict=True))
    return PaperDocument(DocumentKind.BANK_STATEMENT, pages, tuple(desk.facts), (Period("current", month.end, month.start),), books.borrower.currency, transactions=moves)


def _counted(month: Month) -> Fact:
    return Fact("nsf_count", month.returned, None, notes=(("counted_from", "transactions"),))


def _head(desk: Desk, rng: random.Random, books: Ledger, style: BankStyle, month: Month) -> None:
    who, look = books.borrower, style.look
    top = desk.y
    size = fits(who.bank, look.face(True), 16, (desk.right - desk.left) * 0.5)
    desk.fill(Entry(who.bank, "bank_name", who.bank), desk.left, size=size, bold=True)
    desk.y = top + 22
    desk.paragraph(f"{len(who.bank) * 37} {who.town.partition(',')[0]} Avenue   {'(800) 555-0144' if not who.uk else '0345 496 0000'}", size=7, width=(desk.right - desk.left) * 0.5)
    low, desk.y = desk.y, top
    lines = [("", Entry(style.product)), ("Account" if len(style.mark) % 2 else "Account number", Entry(style.mark, "account_masked", style.mark))]
    x = desk.right
    for label, entry in lines:
        box = desk.fill(entry, x, align="right", label=label, bold=not label)
        if label:
            desk.write(f"{label}:" if label else "", box[0] - 5, align="right")
        desk.y += desk.pitch
    start, end = Entry(look.day(month.start), "period_start", month.start), Entry(look.day(month.end), "period_end", month.end)
    box = desk.fill(end, x, align="right")
    box = desk.write("through" if len(style.product) % 3 else "to" if len(style.product) % 2 else "-", box[0] - 4, align="right")
    box = desk.fill(start, box[0] - 4, align="right")
    if rng.random() < 0.5:
        desk.write("Statement period" if len(style.mark) % 2 else "Period:", box[0] - 5, align="right")
    desk.y = max(desk.y + desk.pitch, low) + 12
    for line in (as_filed(rng, who.name), who.street, who.town):
        desk.write(line, desk.left)
        desk.y += desk.pitch
    desk.head = (f"{who.bank}   {style.mark}", "Page {page}" if not len(style.product) % 2 else f"{look.day(month.start)} - {look.day(month.end)}")
    desk.feed(1)


def _amounts(style: BankStyle, month: Month) -> dict[str, Entry]:
    mark = style.look.sign if style.look.signs else ""
    cents = {"opening_balance": month.opening, "total_deposits": month.deposits, "total_withdrawals": month.withdrawals, "closing_balance": month.closing}
    out = {}
    for name, amount in cents.items():
        text = f"{abs(amount) / 100:,.2f}"
        out[name] = Entry(f"-{mark}{text}" if amount < 0 else text, name, money(amount), mark=mark if amount >= 0 else "")
    return out


def _summary(desk: Desk, style: BankStyle, month: Month) -> None:
    amounts = _amounts(style, month)
    counts = {"total_deposits": sum(p.cents > 0 for p in month.postings), "total_withdrawals": sum(p.cents < 0 for p in month.postings)}
    section(desk, ("Account summary", "Summary", "Statement summary", "Balance summary")[len(style.product) % 4])
    if style.frame == "across":
        room = (desk.right - desk.left) / 4
        for i, (name, entry) in enumerate(amounts.items()):
            desk.write(style.labels[name], desk.left + i * room + 3, size=fits(style.labels[name], desk.look.face(), desk.look.size * 0.9, room - 6))
            desk.fill(entry, desk.left + i * room + 3, y=desk.y + desk.pitch, label=style.labels[name], bold=True)
        desk.feed(2.6)
    elif style.frame == "table":
        rows: list[list[Cell]] = [[style.labels[name], str(counts.get(name, "")), entry] for name, entry in amounts.items()]
        table(desk, rows, Table(("", "Items", "Amount"), (4, 1, 2), "lrr", right=desk.left + (desk.right - desk.left) * 0.62))
    else:
        wide = replace(desk.look, frame=desk.look.frame if desk.look.frame in ("lines", "dotted", "grid") else "lines")
        kept, desk.look = desk.look, wide
        fields(desk, [(style.labels[name] + (f" ({counts[name]})" if name in counts and len(style.mark) % 2 else ""), entry) for name, entry in amounts.items()], 1)
        desk.look = kept
    if style.returned:
        desk.write(f"{style.returned}:", desk.left)
        desk.fill(Entry(str(month.returned), "nsf_count", month.returned), desk.left + 230, label=style.returned)
        desk.feed(1.3)


def _signed(style: BankStyle, cents: int) -> str:
    text = f"{abs(cents) / 100:,.2f}"
    if cents >= 0:
        return text + (" CR" if style.minus == "dr" else "")
    return {"lead": f"-{text}", "trail": f"{text}-", "paren": f"({text})", "dr": f"{text} DR"}[style.minus]


_WIDTHS = {"day": 1.25, "text": 4.2, "in": 1.5, "out": 1.5, "signed": 1.7, "balance": 1.7, "number": 0.8}
_SIDES = {"day": "l", "text": "l", "in": "r", "out": "r", "signed": "r", "balance": "r", "number": "l"}


def _running(desk: Desk, style: BankStyle, month: Month) -> None:
    section(desk, ("Transactions", "Account activity", "Activity", "Transaction history", "Daily activity")[len(style.mark) % 5])
    rows = [_transaction(style, p, balance, number) for number, (p, balance) in enumerate(zip(month.postings, month.balances(), strict=True))]
    if style.carried:
        for at, name, day, amount in ((0, "opening_balance", month.start, month.opening), (len(rows) + 1, "closing_balance", month.end, month.closing)):
            cells: dict[str, Cell] = {"day": style.day(day), "text": style.labels[name], "balance": _balance(amount)}
            rows.insert(at, [cells.get(name, "") for name in style.order])
    table(desk, rows, Table(tuple(style.heads[n] for n in style.order), tuple(_WIDTHS[n] for n in style.order), "".join(_SIDES[n] for n in style.order)))


def _balance(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) / 100:,.2f}"


def _transaction(style: BankStyle, posting: Posting, balance: int, number: int) -> list[Cell]:
    text = f"{abs(posting.cents) / 100:,.2f}"
    cells: dict[str, Cell] = {
        "day": style.day(posting.day), "text": posting.text, "in": text if posting.cents > 0 else "", "out": text if posting.cents < 0 else "", "signed": _signed(style, posting.cents),
        "balance": Entry(_balance(balance), row=number), "number": f"{number + 1:03d}",
    }  # fmt: skip
    return [cells[name] for name in style.order]


def _sections(desk: Desk, style: BankStyle, month: Month) -> None:
    """Write deposits, checks and other debits apart, then the balance at the end of each day."""
    checks = [p for p in month.postings if p.cents < 0 and p.text.startswith(("CHECK", "CHQ"))]
    others = [p for p in month.postings if p.cents < 0 and p not in checks]
    for head, its in (("Deposits and other credits", [p for p in month.postings if p.cents > 0]), ("Withdrawals and other debits", others), ("Checks paid", checks)):
        if its:
            section(desk, head)
            rows: list[list[Cell]] = [[style.day(p.day), p.text, _signed(style, p.cents) if style.minus == "lead" and p.cents < 0 else f"{abs(p.cents) / 100:,.2f}"] for p in its]
            rows.append(["", f"Total {head.lower()}", f"{abs(sum(p.cents for p in its)) / 100:,.2f}"])
            table(desk, rows, Table((style.heads["day"], style.heads["text"], "Amount"), (1.2, 5, 1.6), "llr", bold_last=True))
    section(desk, "Daily balance summary" if len(style.mark) % 2 else "Daily ending balance")
    daily = list({p.day: balance for p, balance in zip(month.postings, month.balances(), strict=True)}.items())
    third = -(-len(daily) // 3)
    rows = [_day_cells(style, [daily[i + k * third] for k in range(3) if i + k * third < len(daily)]) for i in range(third)]
    table(desk, rows, Table(("Date", "Balance") * 3, (1.1, 1.6) * 3, "lr" * 3))


def _day_cells(style: BankStyle, days: Sequence[tuple[date, int]]) -> list[Cell]:
    cells: list[Cell] = [cell for day, balance in days for cell in (style.day(day), _balance(balance))]
    return cells + [""] * (6 - len(cells))

