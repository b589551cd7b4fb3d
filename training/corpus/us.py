"""US balance sheets and income statements of one company, rows printed from its books."""

from collections.abc import Callable, Sequence

from training.corpus.books import Year, results
from training.corpus.sheet import Sheet

Rows = list[Callable[[], None]]


def col(years: Sequence[Year], *names: str, minus: Sequence[str] = ()) -> list[int]:
    """Return per column the sum of the named figures less those in `minus`."""
    return [sum(y[n] for n in names) - sum(y[n] for n in minus) for y in years]


def balance_sheet(s: Sheet, years: Sequence[Year], small: bool) -> None:
    """Print a classified (now and then an unclassified) US balance sheet."""
    r = s.rng
    s.heading(r.choice(("Assets", "ASSETS", "", "Assets:")))
    _current_assets(s, years, small)
    _long_assets(s, years, small)
    s.add("total_assets", s.say("total_assets") if r.random() < 0.95 else "", col(years, *_ALL_ASSETS), indent=0, style="total")
    s.heading(r.choice(("Liabilities and Stockholders' Equity", "LIABILITIES AND SHAREHOLDERS’ EQUITY", "Liabilities & Equity", "Liabilities and Equity", "LIABILITIES", "Liabilities, Mezzanine Equity and Stockholders' Deficit", "")))
    _liabilities(s, years, small)
    _equity(s, years, small)


_ALL_ASSETS = ("cash", "sti", "receivables", "inventory", "prepaid", "other_ca", "ppe", "goodwill", "intangibles", "rou", "due_from_owners", "other_nca")
_CURRENT_LIABILITIES = ("payables", "accrued", "taxes_payable", "other_cl", "std", "cpltd")
_LONG_LIABILITIES = ("ltd", "due_to_owners", "other_ncl")


def _cash(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    if small and r.random() < 0.4:
        s.heading(r.choice(("Checking/Savings", "Bank Accounts", "Cash and cash equivalents")), 2)
        s.split(["cash_part"] * r.randint(2, 4), col(years, "cash"), indent=3)
        s.add("cash", s.say("cash_total"), col(years, "cash"), indent=2, style="subtotal")
    else:
        s.add("cash", s.say("cash" if r.random() < 0.9 or not small else "cash_total"), col(years, "cash"))


def _current_assets(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    s.heading(r.choice(("Current assets:", "Current Assets", "CURRENT ASSETS", "Current assets", "Current Assets:")))
    _cash(s, years, small)
    if not small and r.random() < 0.15:
        part = [round(a * 0.1) for a in col(years, "other_ca")]
        s.line("unmapped", "restricted_cash", part)
        other = [a - b for a, b in zip(col(years, "other_ca"), part, strict=True)]
    else:
        other = col(years, "other_ca")
    s.line("short_term_investments", "short_term_investments", col(years, "sti"))
    if not small and any(y["sti"] for y in years) and r.random() < 0.2:
        s.add("unmapped", r.choice(("Total cash and marketable securities", "Total cash, cash equivalents and marketable securities", "Cash and short-term investments")), col(years, "cash", "sti"), style="subtotal")
    _receivables(s, years, small)
    _inventory(s, years)
    roll = r.random()
    if roll < 0.45:
        s.line("other_current_assets", "other_current_assets", [a + b for a, b in zip(col(years, "prepaid"), other, strict=True)])
    elif roll < 0.8:
        s.line("prepayments_accrued_income", "prepayments_accrued_income", col(years, "prepaid"))
        s.line("other_current_assets", "other_current_assets", other)
    else:
        s.line("prepayments_accrued_income", "prepayments_accrued_income", col(years, "prepaid"))
        s.line("unmapped", "current_asset_part", [round(a * 0.4) for a in other])
        s.line("other_current_assets", "other_current_assets", [a - round(a * 0.4) for a in other])
    if r.random() < 0.96:
        s.add("total_current_assets", "" if r.random() < 0.02 else s.say("total_current_assets"), col(years, *_ALL_ASSETS[:6]), indent=r.choice((0, 1, 2)), style="subtotal")


def _receivables(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    if small and r.random() < 0.15:
        s.heading("Accounts Receivable", 2)
        s.add("unmapped", r.choice(("Accounts Receivable (A/R)", "Accounts receivable", "11000 · Accounts Receivable")), col(years, "receivables"), indent=3)
        s.add("accounts_receivable", "Total Accounts Receivable", col(years, "receivables"), indent=2, style="subtotal")
    elif r.random() < 0.08:
        s.heading(r.choice(("Receivables", "Accounts receivable:")), 1)
        s.split(["ar_part", "ar_part"], col(years, "receivables"), indent=2)
        s.add("accounts_receivable", r.choice(("Total receivables", "Net receivables", "Accounts receivable, net", "Receivables, net")), col(years, "receivables"), indent=1, style="subtotal")
    else:
        s.line("accounts_receivable", "accounts_receivable", col(years, "receivables"))
        if r.random() < 0.12:
            s.line("unmapped", "ar_part", [round(a * 0.1) for a in col(years, "receivables")])


def _inventory(s: Sheet, years: Sequence[Year]) -> None:
    if s.rng.random() < 0.14 and any(y["inventory"] for y in years):
        s.heading(s.rng.choice(("Inventories", "Inventories:", "INVENTORIES")), 1)
        s.split(["inventory_part"] * s.rng.randint(2, 4), col(years, "inventory"), indent=2)
        s.add("inventory", s.rng.choice(("Total inventories", "Total Inventory", "Total inventory", "", "Net inventories")), col(years, "inventory"), indent=1, style="subtotal")
    else:
        s.line("inventory", "inventory", col(years, "inventory"))


def _long_assets(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    if r.random() < (0.45 if small else 0.15):
        s.heading(r.choice(("Property and equipment:", "Fixed Assets", "Property, plant and equipment:", "Property and equipment, at cost:", "FIXED ASSETS")))
        gross = [y["ppe"] + round(y["ppe"] * 0.6) for y in years]
        s.split(["ppe_part"] * r.randint(2, 5), gross, indent=2)
        if r.random() < 0.5:
            s.add("unmapped", r.choice(("", "Total", "Property and equipment, at cost", "Total, at cost", "Gross property, plant and equipment")), gross, style="subtotal")
        less = [-(g - y["ppe"]) for g, y in zip(gross, years, strict=True)]
        s.add("unmapped", s.say("ppe_less"), [-a for a in less] if r.random() < 0.3 else less, indent=2)
        s.add("ppe_net", s.say("ppe_net") if r.random() < 0.9 else "", col(years, "ppe"), style="subtotal")
    else:
        s.line("ppe_net", "ppe_net", col(years, "ppe"))
    if small and r.random() < 0.4:
        s.heading(r.choice(("Other Assets", "Other assets:", "OTHER ASSETS")))
    parts = ["goodwill", "intangibles", "rou", "due"]
    r.shuffle(parts)
    for part in parts:
        {"goodwill": lambda: s.line("goodwill", "goodwill", col(years, "goodwill")), "intangibles": lambda: s.line("intangible_assets", "intangible_assets", col(years, "intangibles")),
         "rou": lambda: s.line("unmapped", "long_asset_part", col(years, "rou")), "due": lambda: s.line("due_from_owners", "due_from_owners", col(years, "due_from_owners"))}[part]()
    if r.random() < 0.35:
        s.split(["long_asset_part"] * r.randint(1, 3), [round(a * 0.5) for a in col(years, "other_nca")])
        s.line("other_noncurrent_assets", "other_noncurrent_assets", [a - round(a * 0.5) for a in col(years, "other_nca")])
    else:
        s.line("other_noncurrent_assets", "other_noncurrent_assets", col(years, "other_nca"))
    if r.random() < 0.06:
        s.add("unmapped", r.choice(("Total long-term assets", "Total noncurrent assets", "Total non-current assets", "Total Other Assets")), col(years, *_ALL_ASSETS[6:]), style="subtotal")


def _liabilities(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    s.heading(r.choice(("Current liabilities:", "Current Liabilities", "CURRENT LIABILITIES", "Current liabilities")))
    jobs = ["payables", "accrued", "other", "debt", "taxes"]
    if r.random() < 0.5:
        r.shuffle(jobs)
    for job in jobs:
        _current_liability(s, years, job)
    s.add("total_current_liabilities", s.say("total_current_liabilities"), col(years, *_CURRENT_LIABILITIES), indent=r.choice((0, 1, 2)), style="subtotal")
    if r.random() < (0.4 if small else 0.06):
        s.heading(r.choice(("Long-term liabilities:", "Long-Term Liabilities", "LONG-TERM LIABILITIES", "Noncurrent liabilities:", "Long-term debt:")))
    _long_debt(s, years, small)
    s.line("due_to_owners", "due_to_owners", col(years, "due_to_owners"))
    if r.random() < 0.5:
        s.split(["other_noncurrent_liabilities"] * r.randint(2, 4), col(years, "other_ncl"), account="other_noncurrent_liabilities")
    else:
        s.line("other_noncurrent_liabilities", "other_noncurrent_liabilities", col(years, "other_ncl"))
    if r.random() < (0.35 if small else 0.08):
        s.add("unmapped", s.say("total_long_part"), col(years, *_LONG_LIABILITIES), style="subtotal")
    if r.random() < 0.82:
        s.add("total_liabilities", s.say("total_liabilities"), col(years, *_CURRENT_LIABILITIES, *_LONG_LIABILITIES), indent=r.choice((0, 0, 1, 2)), style="subtotal")


def _long_debt(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    if small and r.random() < 0.2:
        s.split(["long_term_debt"] * 2, col(years, "ltd"), account="long_term_debt", indent=2)
    else:
        s.line("long_term_debt", "long_term_debt", col(years, "ltd"))


def _current_liability(s: Sheet, years: Sequence[Year], job: str) -> None:
    r = s.rng
    if job == "payables":
        s.line("accounts_payable", "accounts_payable", col(years, "payables"))
    elif job == "taxes":
        s.line("income_taxes_payable", "income_taxes_payable", col(years, "taxes_payable"))
    elif job == "accrued":
        s.split(["accrued_liabilities"] * r.choice((1, 1, 2, 3)), col(years, "accrued"), account="accrued_liabilities")
    elif job == "other":
        s.split(["other_current_liabilities"] * r.choice((1, 1, 2, 3)), col(years, "other_cl"), account="other_current_liabilities")
    elif r.random() < 0.35:
        s.line("short_term_debt", "short_term_debt_all", col(years, "std", "cpltd"))
    else:
        s.line("short_term_debt", "short_term_debt", col(years, "std"))
        s.line("current_portion_long_term_debt", "current_portion_long_term_debt", col(years, "cpltd"))


def _equity(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    if r.random() < 0.35 and not small:
        s.line("unmapped", "mezzanine", [0 for _ in years])
    s.heading(r.choice(("Stockholders' equity:", "Shareholders’ equity:", "Equity", "Members' equity", "Shareholders' Equity", "STOCKHOLDERS' EQUITY", "Shareholders’ deficit:", "Equity:", "Owner's Equity")))
    if r.random() < 0.25 and not small:
        s.line("unmapped", "equity_other", [0 for _ in years])
    capital = col(years, "stock", "apic") if small and r.random() < 0.6 else col(years, "stock")
    s.line("share_capital", "share_capital", capital)
    if capital == col(years, "stock"):
        s.line("unmapped", "equity_part", col(years, "apic"))
    jobs = ["retained", "aoci", "treasury"]
    r.shuffle(jobs)
    parent = sum(y["retained"] for y in years)
    for job in jobs:
        if job == "retained" and small and r.random() < 0.25 and parent:
            income = [round(abs(y["retained"]) * 0.2) for y in years]
            s.add("retained_earnings", s.say("retained_earnings"), [y["retained"] - i for y, i in zip(years, income, strict=True)])
            s.add("net_income" if r.random() < 0 else "unmapped", r.choice(("Net Income", "Net income", "Current year earnings")), income)
        elif job == "retained":
            s.add("retained_earnings", s.say("retained_earnings"), col(years, "retained"))
        else:
            s.line("unmapped", "equity_other", col(years, job))
    nci = any(y["nci"] for y in years)
    equity = col(years, "stock", "apic", "aoci", "treasury", "retained", "nci")
    if nci:
        s.add("unmapped", s.say("equity_parent"), [e - y["nci"] for e, y in zip(equity, years, strict=True)], style="subtotal")
        s.line("unmapped", "nci_equity", col(years, "nci"))
    s.add("total_equity", s.say("total_equity"), equity, indent=r.choice((0, 1, 2)), style="subtotal")
    s.add("total_liabilities_and_equity", s.say("total_liabilities_and_equity") if r.random() < 0.95 else "", col(years, *_CURRENT_LIABILITIES, *_LONG_LIABILITIES, "stock", "apic", "aoci", "treasury", "retained", "nci"), indent=0, style="total")


# -- income statement ------------------------------------------------------------------------------------------------


def income_statement(s: Sheet, years: Sequence[Year], small: bool) -> None:
    """Print a US income statement: multi-step, single-step, or a bookkeeping program's tree."""
    r = s.rng
    deduct = r.random() < 0.15
    apart = small or r.random() < 0.45
    sums = [results(y, apart) for y in years]
    if not small and r.random() < 0.3:
        _single_step(s, years, deduct, apart)
    else:
        _revenue(s, years, small)
        _cost_of_sales(s, years, deduct)
        if r.random() < 0.85:
            s.add("gross_profit", s.say("gross_profit") if r.random() < 0.93 else "", [y["gross"] for y in years], indent=r.choice((0, 1)), style="subtotal")
        _operating_expenses(s, years, small, deduct, apart)
        s.add("operating_income", s.say("operating_income"), [t["operating"] for t in sums], indent=r.choice((0, 0, 1)), style="subtotal")
    _below_operating(s, years, sums, deduct)
    _net_income(s, years, sums, deduct, small)


def _revenue(s: Sheet, years: Sequence[Year], small: bool) -> None:
    r = s.rng
    if r.random() < 0.4:
        s.heading(r.choice(("Revenues:", "Revenue:", "Net sales:", "Income", "Ordinary Income/Expense", "Revenue", "Sales:", "Operating revenues:")))
        s.split(["revenue_part"] * r.choice((2, 2, 3, 4)), col(years, "revenue"), indent=2)
        label = r.choice(("Total revenues", "Total revenue", "Total net sales", "Total Income", "Total net revenue", "Total operating revenues", "Net sales", "Total sales", "", "Total Revenue", "Total income", "Total Operating Revenues"))
        s.add("revenue", label, col(years, "revenue"), style="subtotal")
    elif small and r.random() < 0.3:
        returns = [round(y["revenue"] * 0.01) + 1 for y in years]
        s.add("unmapped", r.choice(("Gross sales", "Sales", "Gross receipts", "Sales revenue")), [y["revenue"] + x for y, x in zip(years, returns, strict=True)])
        s.add("unmapped", r.choice(("Less: returns and allowances", "Sales discounts", "Returns and allowances", "Refunds")), returns, deduct=True)
        s.add("revenue", r.choice(("Net sales", "Net revenue", "Total income", "Sales, net", "Total Income", "Net Sales")), col(years, "revenue"), style="subtotal")
    else:
        s.line("revenue", "revenue", col(years, "revenue"))


def _cost_of_sales(s: Sheet, years: Sequence[Year], deduct: bool) -> None:
    r = s.rng
    if r.random() < 0.35:
        s.heading(r.choice(("Cost of revenues:", "Cost of sales:", "Cost of Goods Sold", "Costs and expenses:", "Cost of revenue:", "COST OF SALES", "Cost of goods sold:", "Direct costs")))
        s.split(["cost_part"] * r.choice((2, 2, 3)), col(years, "cogs"), indent=2, deduct=deduct)
        s.add("cost_of_sales", r.choice(("Total cost of revenues", "Total cost of revenue", "Total cost of sales", "Total COGS", "Total Cost of Goods Sold", "Total costs and expenses", "", "Cost of sales", "Total cost of goods sold")), col(years, "cogs"), style="subtotal", deduct=deduct)
    else:
        s.line("cost_of_sales", "cost_of_sales", col(years, "cogs"), deduct=deduct)


def _opex_rows(s: Sheet, years: Sequence[Year], small: bool, deduct: bool, apart: bool) -> None:
    r = s.rng
    rows: Rows = []
    if small and r.random() < 0.75:
        rows.append(lambda: s.line("officers_compensation", "officers_compensation", [round(y["selling"] * 0.3) for y in years], indent=2))
        rows.append(lambda: s.line("staff_costs", "staff_costs", [y["selling"] - round(y["selling"] * 0.3) for y in years], indent=2))
        rows.append(lambda: s.line("rent_expense", "rent_expense", [round(y["admin"] * 0.2) for y in years], indent=2))
        rest = [y["admin"] - round(y["admin"] * 0.2) for y in years]
        rows.append(lambda: s.split(["expense_part"] * r.randint(3, 12), rest, indent=2))
    elif r.random() < 0.55:
        rows.append(lambda: s.line("selling_general_admin", "selling_general_admin", col(years, "selling", "admin"), deduct=deduct))
    else:
        rows.append(lambda: s.line("unmapped", "selling_part", col(years, "selling"), deduct=deduct))
        rows.append(lambda: s.line("unmapped", "admin_part", col(years, "admin"), deduct=deduct))
    rows.append(lambda: s.line("research_and_development", "research_and_development", col(years, "rd"), deduct=deduct))
    rows.append(lambda: s.line("unmapped", "restructuring", col(years, "restructuring"), deduct=deduct))
    if apart:
        rows.append(lambda: s.line("depreciation_amortization", "depreciation_amortization", col(years, "depreciation"), deduct=deduct))
    r.shuffle(rows)
    for row in rows:
        row()


def _operating_expenses(s: Sheet, years: Sequence[Year], small: bool, deduct: bool, apart: bool) -> None:
    r = s.rng
    if r.random() < 0.75:
        s.heading(r.choice(("Operating expenses:", "Expenses", "Expense", "OPERATING EXPENSES", "Operating Expenses", "Costs and expenses:", "Overheads", "Expenses:")))
    _opex_rows(s, years, small, deduct, apart)
    opex = [results(y, apart)["opex"] for y in years]
    if r.random() < 0.7:
        key = "operating_expenses"
        s.add("operating_expenses", s.say(key), opex, style="subtotal", deduct=deduct)
    s.line("other_operating_income" if small else "unmapped", "restructuring", [0 for _ in years]) if r.random() < 0.03 else None
    if any(y["other_operating_income"] for y in years):
        s.add("other_operating_income", r.choice(("Other operating income", "Other operating income, net", "Other income")) if r.random() < 0.9 else "Gain on sale of business", col(years, "other_operating_income"))


def _single_step(s: Sheet, years: Sequence[Year], deduct: bool, apart: bool) -> None:
    r = s.rng
    _revenue(s, years, False)
    s.heading(r.choice(("Costs and expenses:", "Operating expenses:", "Costs and Expenses", "Expenses", "Operating costs and expenses:")))
    if r.random() < 0.6:
        s.line("cost_of_sales", "cost_of_sales", col(years, "cogs"), deduct=deduct)
    else:
        s.split(["cost_part"] * r.choice((2, 3)), col(years, "cogs"), deduct=deduct)
    _opex_rows(s, years, False, deduct, apart)
    total = [y["cogs"] + results(y, apart)["opex"] - y["other_operating_income"] for y in years]
    if any(y["other_operating_income"] for y in years):
        s.add("unmapped", r.choice(("Other operating income, net", "Gain on sale of assets")), col(years, "other_operating_income"), deduct=True)
    s.add("total_costs_and_expenses", s.say("total_costs_and_expenses"), total, style="subtotal", deduct=deduct)
    if r.random() < 0.8:
        s.add("operating_income", s.say("operating_income"), [results(y, apart)["operating"] for y in years], style="subtotal", indent=0)


def _below_operating(s: Sheet, years: Sequence[Year], sums: Sequence[dict[str, int]], deduct: bool) -> None:
    r = s.rng
    heading = r.random() < 0.4
    if heading:
        s.heading(r.choice(("Other income (expense):", "Other Income/Expense", "Interest and other (income) expense:", "Other income (expenses)", "OTHER INCOME (EXPENSE)", "Nonoperating income (expense):")))
    if r.random() < 0.2:
        net = [y["interest_income"] - y["interest"] for y in years]
        flip = r.random() < 0.4  # "Interest expense, net" printed positive
        s.add("net_interest_income_expense", s.say("net_interest_income_expense"), net, deduct=flip)
        s.line("unmapped", "other_nonoperating", col(years, "other_nonoperating"))
    else:
        rows: Rows = [lambda: s.line("interest_expense", "interest_expense", col(years, "interest"), deduct=deduct or heading or r.random() < 0.4),
                lambda: s.line("unmapped", "interest_income", col(years, "interest_income")), lambda: s.line("unmapped", "other_nonoperating", col(years, "other_nonoperating"))]
        r.shuffle(rows)
        for row in rows:
            row()
    if r.random() < (0.6 if heading else 0.15):
        s.add("other_income_expense", s.say("other_income_expense"), [t["other"] for t in sums], style="subtotal")


def _net_income(s: Sheet, years: Sequence[Year], sums: Sequence[dict[str, int]], deduct: bool, small: bool) -> None:
    r = s.rng
    if any(y["tax"] for y in years):
        s.add("income_before_tax", s.say("income_before_tax"), [t["pretax"] for t in sums], style="subtotal", indent=r.choice((0, 1)))
        s.add("income_tax_expense", s.say("income_tax_expense"), col(years, "tax"), deduct=deduct or r.random() < 0.15)
    s.add("net_income", s.say("net_income"), [t["net"] for t in sums], style="total" if r.random() < 0.7 else "subtotal", indent=0)
    if any(y["nci_income"] for y in years):
        s.add("unmapped", s.say("nci_part"), col(years, "nci_income"), deduct=r.random() < 0.5)
        s.add("unmapped", s.say("net_income_attributable"), [t["net"] - y["nci_income"] for t, y in zip(sums, years, strict=True)], style="total", indent=0)
    if not small:
        for _ in range(r.choice((0, 2, 4, 4, 6))):
            s.add("unmapped", s.say("eps"), [r.randint(-400, 900) if r.random() < 0.6 else r.randint(100, 9000) for _ in years], indent=r.choice((0, 1, 2)))
        if r.random() < 0.2:
            s.split(["comprehensive", "comprehensive"], [t["net"] for t in sums])
    elif r.random() < 0.12:
        s.add("distributions", r.choice(("Distributions", "Shareholder distributions", "Member distributions", "Owner's draw")), col(years, "dividends"))
