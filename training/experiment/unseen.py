"""A document family that no training draws: statements of a trade with its own wording, order and nesting, with known truth.

What was built last comes last: lasting assets before current ones, cash at the end, long debts before short ones. Books, pages and
designs are the generator's; the wording is `unseen_wordings`. The feedback experiment alone draws it.
"""

import random
from collections.abc import Mapping, Sequence
from datetime import date

from app.domain import DocumentKind, Period
from training.corpus.books import Year, books, results
from training.corpus.printed import PrintedStatement
from training.corpus.sheet import COMPANY_WORDS, Sheet
from training.corpus.us import col
from training.experiment.unseen_wordings import FARM, HOTEL, PLAIN

#: The candidates of the pilot.
TRADES: Mapping[str, Mapping[str, tuple[str, ...]]] = {"farm": {**PLAIN, **FARM}, "hotel": {**PLAIN, **HOTEL}}
_NAMES: Mapping[str, tuple[str, ...]] = {
    "farm": ("Family Farms", "Dairy LLC", "Grain and Cattle", "Orchards LLC", "Ranch Partners"),
    "hotel": ("House Hotel", "Inn LLC", "Lodge and Spa", "Grand Hotel Co.", "Guest House LLC"),
}
_TITLES = {
    DocumentKind.BALANCE_SHEET: ("Balance Sheet", "Statement of Financial Position", "BALANCE SHEET"),
    DocumentKind.INCOME_STATEMENT: ("Income Statement", "Statement of Operations", "STATEMENT OF INCOME"),
}


def company(rng: random.Random, trade: str) -> tuple[PrintedStatement, PrintedStatement]:
    """Return the balance sheet and the income statement of one invented firm of a trade, one year each."""
    figures = books(rng, 3, listed=False)
    name = f"{rng.choice(COMPANY_WORDS)} {rng.choice(_NAMES[trade])}"
    style = rng.choice(("as_is", "as_is", "title", "upper_totals")), rng.choice(("paren", "minus")), rng.choice(("—", "-", "0"))
    end = date(rng.randint(2015, 2025), 12, 31)
    return tuple(_printed(rng, trade, kind, (name, end, style, figures)) for kind in _TITLES)  # type: ignore[return-value]


def _printed(
    rng: random.Random, trade: str, kind: DocumentKind, of: tuple[str, date, tuple[str, str, str], Sequence[Year]]
) -> PrintedStatement:
    name, end, (case, negative, nil), figures = of
    balance = kind is DocumentKind.BALANCE_SHEET
    sheet = Sheet(rng, TRADES[trade], 1, name, 1, 0, case, negative, nil)
    (_balance_sheet if balance else _income_statement)(sheet, figures[-1:])
    period = Period("current", end, None if balance else date(end.year, 1, 1))
    span = "December 31," if balance else "Year ended December 31,"
    title = (rng.choice(_TITLES[kind]),)
    return PrintedStatement(kind, name, title, "", 1, "USD", ((str(end.year),),), span, (period,), tuple(sheet.rows), ("Unaudited",))


def _rows(s: Sheet, years: Sequence[Year], rows: Sequence[tuple[str, str, tuple[str, ...]]], deduct: bool = False) -> None:
    """Append rows of (wording, account, figures of the books), those that are nil in all years left out."""
    for key, account, names in rows:
        if any(amounts := col(years, *names)):
            s.add(account, s.say(key), amounts, indent=2, deduct=deduct)


_LONG = (("ppe", "ppe_net", ("ppe", "rou")), ("goodwill", "goodwill", ("goodwill",)), ("intangibles", "intangible_assets", ("intangibles",)), ("other_nca", "other_noncurrent_assets", ("other_nca", "due_from_owners")))
_CURRENT = (
    ("inventory", "inventory", ("inventory",)), ("receivables", "accounts_receivable", ("receivables",)),
    ("prepaid", "prepayments_accrued_income", ("prepaid",)), ("other_ca", "other_current_assets", ("other_ca",)),
    ("sti", "short_term_investments", ("sti",)), ("cash", "cash", ("cash",)),
)  # fmt: skip
_LATER = (("ltd", "long_term_debt", ("ltd",)), ("due_to_owners", "due_to_owners", ("due_to_owners",)), ("other_ncl", "other_noncurrent_liabilities", ("other_ncl",)))
_SOON = (
    ("cpltd", "current_portion_long_term_debt", ("cpltd",)), ("std", "short_term_debt", ("std",)), ("payables", "accounts_payable", ("payables",)),
    ("accrued", "accrued_liabilities", ("accrued",)), ("taxes_payable", "income_taxes_payable", ("taxes_payable",)), ("other_cl", "other_current_liabilities", ("other_cl",)),
)  # fmt: skip
_EQUITY = (("stock", "share_capital", ("stock",)), ("apic", "unmapped", ("apic",)), ("retained", "retained_earnings", ("retained", "aoci", "treasury", "nci")))


def _of(rows: Sequence[tuple[str, str, tuple[str, ...]]]) -> tuple[str, ...]:
    return tuple(name for _, _, names in rows for name in names)


def _balance_sheet(s: Sheet, years: Sequence[Year]) -> None:
    long, current, later, soon, own = map(_of, (_LONG, _CURRENT, _LATER, _SOON, _EQUITY))
    s.heading(s.say("long_heading"), 1)
    _rows(s, years, _LONG)
    if s.rng.random() < 0.5:
        s.add("unmapped", s.say("total_long"), col(years, *long), indent=1, style="subtotal")
    s.heading(s.say("current_heading"), 1)
    _rows(s, years, _CURRENT)
    s.add("total_current_assets", s.say("total_current_assets"), col(years, *current), indent=1, style="subtotal")
    s.add("total_assets", s.say("total_assets"), col(years, *long, *current), indent=0, style="total")
    _rows(s, years, _LATER)
    s.heading(s.say("current_heading"), 1)
    _rows(s, years, _SOON)
    s.add("total_current_liabilities", s.say("total_current_liabilities"), col(years, *soon), indent=1, style="subtotal")
    s.add("total_liabilities", s.say("total_liabilities"), col(years, *later, *soon), indent=0, style="subtotal")
    s.heading(s.say("equity_heading"), 1)
    _rows(s, years, _EQUITY)
    s.add("total_equity", s.say("equity"), col(years, *own), indent=0, style="subtotal")
    s.add("total_liabilities_and_equity", s.say("total_both"), col(years, *later, *soon, *own), indent=0, style="total")


def _income_statement(s: Sheet, years: Sequence[Year]) -> None:
    sums = [results(y, True) for y in years]
    s.split(["revenue_part"] * s.rng.choice((2, 3)), col(years, "revenue"), indent=2)
    s.add("revenue", s.say("revenue"), col(years, "revenue"), indent=1, style="subtotal")
    _rows(s, years, (("cogs", "cost_of_sales", ("cogs",)),))
    s.add("gross_profit", s.say("gross"), col(years, "gross"), indent=1, style="subtotal")
    _overhead(s, years)
    spent = [y["gross"] - t["operating"] for y, t in zip(years, sums, strict=True)]
    s.add("operating_expenses", s.say("opex"), spent, indent=1, style="subtotal")
    s.add("operating_income", s.say("operating"), [t["operating"] for t in sums], indent=1, style="subtotal")
    _rows(s, years, (("interest", "interest_expense", ("interest",)),))
    _rows(s, years, (("other", "other_income_expense", ("other_nonoperating", "interest_income")),))
    s.add("income_before_tax", s.say("pretax"), [t["pretax"] for t in sums], indent=1, style="subtotal")
    _rows(s, years, (("tax", "income_tax_expense", ("tax",)),))
    s.add("net_income", s.say("net"), [t["net"] for t in sums], indent=0, style="total")


def _overhead(s: Sheet, years: Sequence[Year]) -> None:
    """Append the expenses that are no direct costs: labor, rent, depreciation, and what the template has no account for."""
    rented = [round(y["admin"] * 0.3) for y in years]
    s.add("staff_costs", s.say("staff"), col(years, "selling"), indent=2)
    s.add("rent_expense", s.say("rent"), rented, indent=2)
    s.add("depreciation_amortization", s.say("depreciation"), col(years, "depreciation"), indent=2)
    rest = [y["admin"] + y["rd"] + y["restructuring"] - y["other_operating_income"] - rent for y, rent in zip(years, rented, strict=True)]
    s.split(["expense_part"] * s.rng.choice((1, 2, 3)), rest, indent=2)
