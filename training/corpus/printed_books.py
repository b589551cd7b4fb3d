"""The statements of a package: balance sheet, income statement and cash flow printed from one borrower's ledger.

Unlike the statements that train the extractor, these print the ledger line by line, so that the tax return, the bank
statements and the schedules of the same package agree with them.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain import DocumentKind, Period
from training.corpus.borrowers import TRADES
from training.corpus.forms.desk import MONTHS
from training.corpus.ledger import Books, Ledger
from training.corpus.printed import PrintedStatement
from training.corpus.sheet import Sheet

_NAMES = ("current", "prior", "prior2")
_OWNED = "<stockholders'|shareholders'>"
#: Wordings of small companies' statements; {own} is stockholders', members', partners' or owner's.
WORDINGS: dict[str, tuple[str, ...]] = {
    "cash": ("<Cash|Cash in bank|Cash and cash equivalents|Checking account|Cash - operating account|Total cash|Bank accounts>",), "receivables": ("<Accounts receivable|Accounts receivable - trade|Trade receivables|Accounts receivable, net|Receivables from customers|Accounts Receivable (A/R)>",),
    "inventory": ("<Inventory|Inventories|Merchandise inventory|Inventory at cost|Inventory asset>",), "prepaid": ("<Prepaid expenses|Prepaid insurance|Prepaids|Prepaid expenses and deposits>",), "tca": ("<Total current assets|Total Current Assets|Current assets, total>",),
    "ppe_cost": ("<Property and equipment, at cost|Equipment and vehicles|Furniture, fixtures and equipment|Machinery and equipment|Fixed assets at cost>",), "ppe_less": ("<Less accumulated depreciation|Accumulated depreciation|Less: accumulated depreciation>",), "ppe": ("<Net property and equipment|Property and equipment, net|Fixed assets, net|Total fixed assets|Net fixed assets>",),
    "goodwill": ("<Goodwill|Goodwill, net>",), "deposits": ("<Security deposits|Deposits|Other assets|Lease deposits>",), "total_assets": ("<Total assets|TOTAL ASSETS|Total Assets>",),
    "payables": ("<Accounts payable|Accounts payable - trade|Trade payables|Accounts Payable (A/P)>",), "accrued": ("<Accrued expenses|Accrued liabilities|Accrued payroll and taxes|Accrued payroll>",), "other_cl": ("<Customer deposits|Deferred revenue|Sales tax payable|Other current liabilities|Gift cards and deposits>",),
    "std": ("<Line of credit|Bank line of credit|Revolving line of credit|Notes payable - line of credit>",), "cpltd": ("<Current portion of long-term debt|Current maturities of long-term debt|Notes payable - current portion|Long-term debt, current portion>",), "tcl": ("<Total current liabilities|Total Current Liabilities>",),
    "ltd": ("<Long-term debt, less current portion|Long-term debt|Notes payable - long-term|Notes payable, net of current portion|Long-term debt, net of current maturities>",), "liabilities": ("<Total liabilities|Total Liabilities>",),
    "stock": ("<Common stock|Capital stock|Common stock and paid-in capital>",), "retained": ("<Retained earnings|Accumulated earnings>",), "equity": ("<Total {own} equity|Total equity>",), "both": ("<Total liabilities and {own} equity|Total liabilities and equity|TOTAL LIABILITIES & EQUITY>",),
    "revenue": ("<Sales|Net sales|Revenue|Revenues|Gross revenue|Total revenue|Fees earned>",), "total_revenue": ("<Total revenue|Total sales|Net sales|Total income|Total revenues>",), "cogs": ("<Cost of sales|Cost of goods sold|Direct costs|Cost of revenue>",), "total_cogs": ("<Total cost of sales|Total cost of goods sold|Total direct costs|Total COGS>",),
    "gross": ("<Gross profit|Gross margin>",), "officers": ("<Officers' compensation|Officer salaries|Compensation of officers>",), "guaranteed": ("<Guaranteed payments|Guaranteed payments to partners|Members' guaranteed payments>",), "wages": ("<Salaries and wages|Wages|Payroll|Wages and salaries>",), "payroll_taxes": ("<Payroll taxes|Taxes - payroll|Employer payroll taxes>",),
    "rent": ("<Rent|Rent expense|Building rent|Rent or lease>",), "depreciation": ("<Depreciation|Depreciation expense|Depreciation and amortization>",), "other": ("<Other expenses|Miscellaneous|Other operating expenses|General expenses>",), "opex": ("<Total operating expenses|Total expenses|Total overhead|Operating expenses, total>",),
    "operating": ("<Operating income|Income from operations|Net operating income|Operating profit>",), "interest": ("<Interest expense|Interest|Interest on loans|Interest paid on notes>",), "pretax": ("<Income before income taxes|Income before taxes|Pretax income|Net income before taxes>",), "tax": ("<Provision for income taxes|Income tax expense|Income taxes|Federal income tax>",), "net": ("<Net income|Net profit|Net earnings>",),
    "advertising": ("<Advertising|Marketing and advertising|Advertising and promotion>",), "insurance": ("<Insurance|Insurance expense|Business insurance>",), "repairs": ("<Repairs and maintenance|Repairs|Maintenance and repairs>",), "utilities": ("<Utilities|Electric, gas and water|Utilities expense>",), "professional": ("<Professional fees|Legal and accounting|Accounting and legal>",), "office": ("<Office expense|Office supplies|Office and postage>",),
    "vehicle": ("<Vehicle expense|Auto and truck|Fuel and vehicle costs>",), "licences": ("<Licenses and permits|Taxes and licenses|Business licenses>",), "supplies": ("<Supplies|Shop supplies|Operating supplies>",), "bank_fees": ("<Bank and card fees|Merchant fees|Bank charges>",), "telephone": ("<Telephone and internet|Telephone|Communications>",), "benefits": ("<Employee benefits|Health insurance|Group insurance>",), "travel": ("<Travel|Travel and lodging|Trade shows and travel>",), "meals": ("<Meals|Business meals|Meals and entertainment>",),
}  # fmt: skip
UK_WORDINGS: dict[str, tuple[str, ...]] = {
    **WORDINGS,
    "cash": ("<Cash at bank and in hand|Cash at bank>",), "receivables": ("<Debtors|Trade debtors>",), "inventory": ("<Stocks|Stock>",), "ppe": ("<Tangible assets|Tangible fixed assets>",), "goodwill": ("<Goodwill|Intangible assets>",), "fixed": ("<Total fixed assets|Fixed assets>",), "tca": ("<Total current assets|Current assets>",),
    "creditors": ("<Creditors: amounts falling due within one year>",), "net_current": ("<Net current assets|Net current assets/(liabilities)>",), "less_current": ("<Total assets less current liabilities>",), "long": ("<Creditors: amounts falling due after more than one year>",), "net_assets": ("<Net assets>",), "stock": ("<Called up share capital|Share capital>",), "retained": ("<Profit and loss account|Retained earnings>",), "funds": ("<Shareholders' funds|Total equity>",),
    "revenue": ("<Turnover>",), "total_revenue": ("<Turnover>",), "cogs": ("<Cost of sales>",), "gross": ("<Gross profit>",), "distribution": ("<Distribution costs>",), "administrative": ("<Administrative expenses>",), "operating": ("<Operating profit|Operating profit/(loss)>",), "interest": ("<Interest payable and similar expenses|Interest payable and similar charges>",), "pretax": ("<Profit before taxation|Profit on ordinary activities before taxation>",), "tax": ("<Tax on profit|Taxation>",), "net": ("<Profit for the financial year|Profit for the year>",),
}  # fmt: skip
_OWNERS = {"LLC": "members'", "Partnership": "partners'", "Sole proprietorship": "owner's"}
_CAPITAL = {"LLC": ("<Members' contributions|Members' capital>", "<Accumulated earnings|Retained earnings>"), "Partnership": ("<Partners' contributions|Partners' capital contributed>", "<Undistributed earnings|Accumulated earnings>"), "Sole proprietorship": ("<Owner's capital contributed|Owner's investment>", "<Accumulated earnings|Owner's earnings retained>")}


@dataclass(frozen=True, slots=True)
class HouseStyle:
    """How one borrower's statements are set, all alike: columns, letter case, negatives, dashes, and whether it prints cents."""

    columns: int
    case: str
    negative: str
    nil: str
    heads: str  # full | short | year
    marks: str
    basis: str
    thousands: bool = False
    says_so: bool = True


class ThousandsSheet(Sheet):
    """A sheet that prints thousands: every amount is rounded by itself, so that sums may be a unit off."""

    def add(self, account: str, label: str, amounts: Sequence[int], *, indent: int = 1, style: str = "row", deduct: bool = False, column: int = 0) -> None:
        """Append a row of `amounts` in whole units."""
        Sheet.add(self, account, label, [round(a / 1000) for a in amounts], indent=indent, style=style, deduct=deduct, column=column)


def house_style(rng: random.Random) -> HouseStyle:
    """Return a random style."""
    return HouseStyle(rng.choice((2, 2, 2, 3)), rng.choice(("as_is", "as_is", "title", "upper_totals")), rng.choice(("paren", "paren", "minus")), rng.choice(("-", "—", "0")), rng.choice(("full", "short", "year")), rng.choice(("none", "all", "totals", "totals")), rng.choice(("", "(Unaudited)", "Prepared by management", "Compiled - no assurance", "Accrual basis")), rng.random() < 0.06)


def statement_of(rng: random.Random, books: Ledger, style: HouseStyle, kind: DocumentKind) -> PrintedStatement:
    """Return one statement of the borrower's last two or three years."""
    columns = min(style.columns, 2) if kind is DocumentKind.BALANCE_SHEET else style.columns
    years, uk = books.years[:columns], books.borrower.uk
    wordings = dict(UK_WORDINGS if uk else WORDINGS)
    entity = books.borrower.entity
    if entity in _CAPITAL:
        wordings["stock"], wordings["retained"] = ((text,) for text in _CAPITAL[entity])
    for name in ("equity", "both"):
        wordings[name] = tuple(text.replace("{own}", _OWNERS.get(entity, rng.choice(("stockholders'", "shareholders'")))) for text in wordings[name])
    scale = 1000 if style.thousands and style.says_so else 1
    sheet = (ThousandsSheet if style.thousands else Sheet)(rng, wordings, scale, books.borrower.name, columns, 0, style.case, style.negative, style.nil)
    print_rows = {(BALANCE, False): _balance_sheet, (BALANCE, True): _uk_balance_sheet, (INCOME, False): _income, (INCOME, True): _uk_income, (CASH, False): _cash_flow, (CASH, True): _cash_flow}[kind, uk]
    print_rows(sheet, books, years)
    ends = books.ends[:columns]
    periods = tuple(Period(_NAMES[i], end, None if kind is BALANCE else books.ends[i + 1] + timedelta(days=1)) for i, end in enumerate(ends))
    span, heads = _heads(rng, style, kind, ends, uk=uk)
    title = rng.choice(_TITLES[kind, uk])
    return PrintedStatement(kind, books.borrower.name, (title,), _unit(style, uk=uk), scale, books.borrower.currency, heads, span, periods, tuple(sheet.rows), (_FOOT[len(title) % 4] if not uk else "",), style.marks)


def _unit(style: HouseStyle, *, uk: bool) -> str:
    if style.thousands and style.says_so:
        return "£'000" if uk else ("(in thousands)", "(Amounts in thousands)", "($000)")[len(style.basis) % 3]
    return style.basis if not uk else ""


BALANCE, INCOME, CASH = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT
_TITLES = {
    (BALANCE, False): ("Balance Sheet", "Balance Sheets", "BALANCE SHEET", "Comparative Balance Sheet", "Statement of Financial Position"), (BALANCE, True): ("Balance Sheet", "BALANCE SHEET", "Statement of Financial Position"),
    (INCOME, False): ("Income Statement", "Profit and Loss", "Statements of Income", "Statement of Operations", "PROFIT & LOSS STATEMENT"), (INCOME, True): ("Profit and Loss Account", "PROFIT AND LOSS ACCOUNT", "Income Statement"), (CASH, False): ("Statement of Cash Flows", "Statements of Cash Flows", "Cash Flow Statement"), (CASH, True): ("Cash Flow Statement", "Statement of Cash Flows"),
}  # fmt: skip
_FOOT = ("", "See accountant's compilation report.", "Unaudited - for management purposes only", "")


def _heads(rng: random.Random, style: HouseStyle, kind: DocumentKind, ends: Sequence[date], *, uk: bool) -> tuple[str, tuple[tuple[str, ...], ...]]:
    day = f"{ends[0].day} {MONTHS[ends[0].month - 1]} {ends[0].year}" if uk else f"{MONTHS[ends[0].month - 1]} {ends[0].day}, {ends[0].year}"
    lead = rng.choice(("As of", "At", "As at")) if kind is BALANCE else rng.choice(("For the year ended", "Year ended", "For the 12 months ended", "For the years ended"))
    if style.heads == "year" or uk:
        return f"{lead} {day}", tuple((str(end.year),) for end in ends)
    if style.heads == "short":
        return f"{lead} {day}", tuple((f"{MONTHS[end.month - 1][:3]} {end.day}, {end.year}",) for end in ends)
    return lead if kind is not BALANCE else f"{lead} {day}", tuple((f"{MONTHS[end.month - 1]} {end.day},", str(end.year)) for end in ends)


def _col(years: Sequence[Books], name: str) -> list[int]:
    return [year[name] for year in years]


def _put(s: Sheet, years: Sequence[Books], account: str, key: str, style: str = "row", *, indent: int = 1) -> None:
    """Print a line of the ledger, unless it is nil in all years and no total."""
    if any(_col(years, key)) or style != "row":
        s.add(account, s.say(key), _col(years, key), style=style, indent=indent)


def _balance_sheet(s: Sheet, _books: Ledger, years: Sequence[Books]) -> None:
    r = s.rng
    s.heading(r.choice(("Assets", "ASSETS")))
    s.heading(r.choice(("Current assets", "Current assets:")), 1)
    for account, key in (("cash", "cash"), ("accounts_receivable", "receivables"), ("inventory", "inventory"), ("prepayments_accrued_income", "prepaid")):
        _put(s, years, account, key, indent=2)
    _put(s, years, "total_current_assets", "tca", "subtotal")
    if r.random() < 0.7:
        s.heading(r.choice(("Property and equipment", "Fixed assets", "Property and equipment:")), 1)
        s.add("unmapped", s.say("ppe_cost"), _col(years, "ppe_cost"), indent=2)
        s.add("unmapped", s.say("ppe_less"), [-a for a in _col(years, "ppe_less")], indent=2)
        _put(s, years, "ppe_net", "ppe", "subtotal")
    else:
        _put(s, years, "ppe_net", "ppe")
    _put(s, years, "goodwill", "goodwill")
    _put(s, years, "other_noncurrent_assets", "deposits")
    _put(s, years, "total_assets", "total_assets", "total", indent=0)
    s.heading(r.choice(("Liabilities and equity", "LIABILITIES AND EQUITY", "Liabilities & Equity", "Liabilities and capital")))
    s.heading(r.choice(("Current liabilities", "Current liabilities:")), 1)
    rows = [("accounts_payable", "payables"), ("accrued_liabilities", "accrued"), ("other_current_liabilities", "other_cl"), ("short_term_debt", "std"), ("current_portion_long_term_debt", "cpltd")]
    r.shuffle(rows)
    for account, key in rows:
        _put(s, years, account, key, indent=2)
    _put(s, years, "total_current_liabilities", "tcl", "subtotal")
    _put(s, years, "long_term_debt", "ltd")
    _put(s, years, "total_liabilities", "liabilities", "subtotal")
    s.heading(r.choice(("Equity", "Equity:", "Capital")), 1)
    _put(s, years, "share_capital", "stock", indent=2)
    _put(s, years, "retained_earnings", "retained", indent=2)
    _put(s, years, "total_equity", "equity", "subtotal")
    s.add("total_liabilities_and_equity", s.say("both"), [y["liabilities"] + y["equity"] for y in years], style="total", indent=0)


def _parts(s: Sheet, words: Sequence[str], amounts: Sequence[int]) -> None:
    """Print amounts as parts of them, one per word."""
    left = list(amounts)
    for number, word in enumerate(words):
        share = s.rng.uniform(0.35, 0.6)
        part = left[:] if number == len(words) - 1 else [round(a * share * s.rng.uniform(0.96, 1.04)) for a in left]
        left = [a - p for a, p in zip(left, part, strict=True)]
        s.add("unmapped", word, part, indent=2)


def _income(s: Sheet, books: Ledger, years: Sequence[Books]) -> None:
    r, trade = s.rng, TRADES[books.borrower.trade]
    if r.random() < 0.6:
        s.heading(r.choice(("Revenue", "Sales", "Income", "Revenues:")))
        _parts(s, trade[2], _col(years, "revenue"))
        s.add("revenue", s.say("total_revenue"), _col(years, "revenue"), style="subtotal")
    else:
        _put(s, years, "revenue", "revenue")
    if r.random() < 0.6:
        s.heading(r.choice(("Cost of sales", "Cost of goods sold", "Direct costs")))
        _parts(s, trade[3], _col(years, "cogs"))
        s.add("cost_of_sales", s.say("total_cogs"), _col(years, "cogs"), style="subtotal")
    else:
        _put(s, years, "cost_of_sales", "cogs")
    _put(s, years, "gross_profit", "gross", "subtotal", indent=0)
    s.heading(r.choice(("Operating expenses", "Expenses", "Overhead", "Operating expenses:")))
    pass_through = books.borrower.entity in ("LLC", "Partnership")
    rows = [("officers_compensation", "officers"), ("staff_costs", "wages"), ("unmapped", "payroll_taxes"), ("rent_expense", "rent"), ("depreciation_amortization", "depreciation"), *(("unmapped", name) for name in books.expenses)]
    if r.random() < 0.6:
        r.shuffle(rows)
    for account, key in [*rows, ("unmapped", "other")]:
        if any(_col(years, key)):
            s.add(account, s.say("guaranteed" if key == "officers" and pass_through else key), _col(years, key), indent=2)
    _put(s, years, "operating_expenses", "opex", "subtotal")
    _put(s, years, "operating_income", "operating", "subtotal", indent=0)
    if any(_col(years, "interest")):
        if r.random() < 0.4:
            s.heading(r.choice(("Other income (expense)", "Other expense", "Financing costs")))
        s.add("interest_expense", s.say("interest"), _col(years, "interest"), deduct=r.random() < 0.4)
    if any(_col(years, "tax")):
        _put(s, years, "income_before_tax", "pretax", "subtotal")
        _put(s, years, "income_tax_expense", "tax")
    _put(s, years, "net_income", "net", "total", indent=0)


def _cash_flow(s: Sheet, books: Ledger, years: Sequence[Books]) -> None:
    """Print the changes between the balance sheets of each year and the year before."""
    before = books.years[1 : len(years) + 1]
    both = list(zip(years, before, strict=True))
    s.heading("Cash flows from operating activities")
    s.add("net_income", s.say("net"), _col(years, "net"))
    s.add("depreciation_amortization", s.say("depreciation"), _col(years, "depreciation"))
    s.heading("Changes in working capital:", 1)
    flows = [[y["net"] + y["depreciation"] for y in years]]
    for name, label, sign in (("receivables", "Accounts receivable", -1), ("inventory", "Inventory", -1), ("prepaid", "Prepaid expenses", -1), ("payables", "Accounts payable", 1), ("accrued", "Accrued expenses", 1), ("other_cl", "Other current liabilities", 1)):
        change = [sign * (y[name] - b[name]) for y, b in both]
        if any(change):
            s.add("unmapped", label, change, indent=2)
        flows.append(change)
    operating = [sum(column) for column in zip(*flows, strict=True)]
    s.add("operating_cash_flow", s.rng.choice(("Net cash provided by operating activities", "Net cash from operations", "Cash provided by operating activities")), operating, style="subtotal")
    s.heading("Cash flows from investing activities")
    s.add("capital_expenditures", s.rng.choice(("Purchases of property and equipment", "Purchase of equipment", "Capital expenditures", "Additions to fixed assets")), _col(years, "capex"), deduct=True)
    others = [b["deposits"] - y["deposits"] for y, b in both]
    if any(others):
        s.add("unmapped", "Deposits paid", others)
    investing = [o - y["capex"] for o, y in zip(others, years, strict=True)]
    s.add("investing_cash_flow", s.rng.choice(("Net cash used in investing activities", "Cash used for investing activities")), investing, style="subtotal")
    s.heading("Cash flows from financing activities")
    owed = [sum(y[k] - b[k] for k in ("std", "cpltd", "ltd")) for y, b in both]
    if any(owed):
        s.add("unmapped", s.rng.choice(("Net borrowings (repayments) of debt", "Change in notes payable", "Proceeds from (payments on) loans")), owed)
    if any(_col(years, "distributions")):
        s.add("dividends_paid", s.rng.choice(("Distributions to owners", "Distributions paid", "Distributions")) if books.borrower.entity != "Corporation" else "Dividends paid", _col(years, "distributions"), deduct=True)
    financing = [o - y["distributions"] for o, y in zip(owed, years, strict=True)]
    s.add("financing_cash_flow", s.rng.choice(("Net cash used in financing activities", "Cash from (used in) financing activities")), financing, style="subtotal")
    s.add("unmapped", "Net change in cash", [a + b + c for a, b, c in zip(operating, investing, financing, strict=True)], indent=0, style="subtotal")
    s.add("unmapped", "Cash at beginning of year", _col(before, "cash"), indent=0)
    s.add("cash_end_of_period", "Cash at end of year", _col(years, "cash"), indent=0, style="total")


def _uk_balance_sheet(s: Sheet, _books: Ledger, years: Sequence[Books]) -> None:
    s.heading("Fixed assets")
    _put(s, years, "goodwill", "goodwill")
    _put(s, years, "ppe_net", "ppe")
    fixed = [y["ppe"] + y["goodwill"] for y in years]
    s.add("total_fixed_assets", s.rng.choice(("", "Total fixed assets")), fixed, style="subtotal")
    s.heading("Current assets")
    _put(s, years, "inventory", "inventory")
    debtors = [y["receivables"] + y["prepaid"] + y["deposits"] for y in years]
    s.add("accounts_receivable", s.say("receivables"), _col(years, "receivables"))
    s.add("prepayments_accrued_income", s.rng.choice(("Prepayments", "Prepayments and deposits")), [d - y["receivables"] for d, y in zip(debtors, years, strict=True)])
    _put(s, years, "cash", "cash")
    current = [d + y["inventory"] + y["cash"] for d, y in zip(debtors, years, strict=True)]
    s.add("total_current_assets", s.rng.choice(("", "Total current assets")), current, style="subtotal")
    s.add("total_current_liabilities", s.say("creditors"), _col(years, "tcl"), deduct=True)
    s.add("net_current_assets", s.say("net_current"), [c - y["tcl"] for c, y in zip(current, years, strict=True)], style="subtotal", indent=0)
    s.add("total_assets_less_current_liabilities", s.say("less_current"), [f + c - y["tcl"] for f, c, y in zip(fixed, current, years, strict=True)], style="subtotal", indent=0)
    if any(_col(years, "ltd")):
        s.add("creditors_due_after_one_year", s.say("long"), _col(years, "ltd"), deduct=True)
    s.add("net_assets", s.say("net_assets"), _col(years, "equity"), style="total", indent=0)
    s.heading("Capital and reserves")
    _put(s, years, "share_capital", "stock")
    _put(s, years, "retained_earnings", "retained")
    s.add("total_equity", s.say("funds"), _col(years, "equity"), style="total", indent=0)


def _uk_income(s: Sheet, books: Ledger, years: Sequence[Books]) -> None:
    _put(s, years, "revenue", "revenue")
    s.add("cost_of_sales", s.say("cogs"), _col(years, "cogs"), deduct=True)
    _put(s, years, "gross_profit", "gross", "subtotal", indent=0)
    sold = [sum(y[k] for k in ("advertising", "vehicle", "travel") if k in books.expenses) for y in years]
    if any(sold):
        s.add("distribution_costs", s.say("distribution"), sold, deduct=True)
    s.add("administrative_expenses", s.say("administrative"), [y["opex"] - d for y, d in zip(years, sold, strict=True)], deduct=True)
    _put(s, years, "operating_income", "operating", "subtotal", indent=0)
    if any(_col(years, "interest")):
        s.add("interest_expense", s.say("interest"), _col(years, "interest"), deduct=True)
    _put(s, years, "income_before_tax", "pretax", "subtotal", indent=0)
    if any(_col(years, "tax")):
        s.add("income_tax_expense", s.say("tax"), _col(years, "tax"), deduct=True)
    _put(s, years, "net_income", "net", "total", indent=0)
    s.heading("")
    s.add("depreciation_amortization", s.rng.choice(("Depreciation included above", "Operating profit is stated after charging depreciation of")), _col(years, "depreciation"), indent=0)
    if any(_col(years, "distributions")):
        s.add("dividends_paid", s.rng.choice(("Dividends paid in the year", "Dividends")), _col(years, "distributions"), indent=0)

