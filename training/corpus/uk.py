"""UK accounts of one company (FRS 102, 1A and 105): balance sheet, profit and loss account and cash flow."""

import random
from collections.abc import Sequence

from training.corpus.books import Year, results
from training.corpus.sheet import Sheet
from training.corpus.us import col


def balance_sheet(s: Sheet, years: Sequence[Year], micro: bool) -> None:
    """Print a UK balance sheet: fixed assets, net current assets, net assets, capital and reserves."""
    r = s.rng
    fixed, current, creditors = _totals(years)
    _fixed_assets(s, years, fixed, micro)
    _current_assets(s, years, current, micro)
    _creditors(s, creditors)
    net_current = [c - x for c, x in zip(current, creditors, strict=True)]
    if r.random() < 0.95:
        s.add("net_current_assets", s.say("net_current_assets") if r.random() < 0.95 else "", net_current, indent=0, style="subtotal", column=1)
    less = [f + n for f, n in zip(fixed, net_current, strict=True)]
    if r.random() < 0.95:
        s.add("total_assets_less_current_liabilities", s.say("total_assets_less_current_liabilities") if r.random() < 0.95 else "", less, indent=0, style="subtotal", column=1)
    _long_term(s, years)
    net = [a - sum(y[k] for k in ("ltd", "due_to_owners", "other_ncl")) for a, y in zip(less, years, strict=True)]
    if r.random() < 0.08:
        s.line("unmapped", "pension", [round(abs(n) * 0.05) for n in net], column=1)
    s.add("net_assets", s.say("net_assets") if r.random() < 0.96 else "", net, indent=0, style="total", column=1)
    _reserves(s, years, net, micro)


def _totals(years: Sequence[Year]) -> tuple[list[int], list[int], list[int]]:
    fixed = col(years, "ppe", "goodwill", "intangibles", "rou", "other_nca", "due_from_owners")
    current = col(years, "cash", "sti", "receivables", "inventory", "prepaid", "other_ca")
    creditors = col(years, "payables", "accrued", "taxes_payable", "other_cl", "std", "cpltd")
    return fixed, current, creditors


def _fixed_assets(s: Sheet, years: Sequence[Year], fixed: Sequence[int], micro: bool) -> None:
    r = s.rng
    if micro and r.random() < 0.75:
        s.add("total_fixed_assets", s.say("total_fixed_assets"), fixed, indent=0, style="row", column=1)
        return
    s.heading(r.choice(("Fixed assets", "FIXED ASSETS", "Fixed Assets", "Non-current assets", "Fixed assets:")))
    tangible = [f - y["goodwill"] - y["intangibles"] - y["rou"] for f, y in zip(fixed, years, strict=True)]
    printed = 0
    for account, key, amounts in (("intangible_assets", "intangible_assets", col(years, "goodwill", "intangibles")), ("ppe_net", "ppe_net", tangible)):
        if any(amounts):
            s.add(account, s.say(key), amounts, indent=1, column=0)
            printed += 1
    if any(y["rou"] for y in years):
        if r.random() < 0.75:
            s.add("fixed_asset_investments", s.say("fixed_asset_investments"), col(years, "rou"))
        else:
            s.add("unmapped", s.say("investment_property"), col(years, "rou"))
        printed += 1
    if printed > 1 or r.random() < 0.3:
        label = "" if r.random() < 0.72 else s.say("total_fixed_assets")
        s.add("total_fixed_assets", label, fixed, indent=0, style="subtotal", column=1)


def _current_assets(s: Sheet, years: Sequence[Year], current: Sequence[int], micro: bool) -> None:
    r = s.rng
    if micro and r.random() < 0.8:
        s.add("total_current_assets", s.say("total_current_assets"), current, indent=0, column=0 if r.random() < 0.6 else 1)
        return
    s.heading(r.choice(("Current assets", "CURRENT ASSETS", "Current Assets", "Current assets:")))
    s.line("inventory", "inventory", col(years, "inventory"))
    apart = r.random() < 0.12
    debtors = col(years, "receivables", "prepaid", "other_ca") if not apart else col(years, "receivables", "other_ca")
    if r.random() < 0.08:
        s.line("unmapped", "debtors_long", [round(d * 0.2) for d in debtors])
        debtors = [d - round(d * 0.2) for d in debtors]
    s.line("accounts_receivable", "accounts_receivable", debtors)
    s.line("short_term_investments", "short_term_investments", col(years, "sti"))
    if apart and r.random() < 0.5:
        s.line("prepayments_accrued_income", "prepayments_accrued_income", col(years, "prepaid"))
        apart = False
    s.line("cash", "cash", col(years, "cash"))
    if apart:
        s.line("prepayments_accrued_income", "prepayments_accrued_income", col(years, "prepaid"))
    if r.random() < 0.92:
        s.add("total_current_assets", "" if r.random() < 0.75 else s.say("total_current_assets").replace("Current assets", "Total current assets"), current, indent=0, style="subtotal", column=0 if s.rng.random() < 0.8 else 1)


def _creditors(s: Sheet, creditors: Sequence[int]) -> None:
    r = s.rng
    deduct = r.random() < 0.62
    if r.random() < 0.25:
        s.heading(r.choice(("Creditors", "CREDITORS", "Creditors:", "Current liabilities")))
    label = s.say("total_current_liabilities")
    if s.rows and s.rows[-1].style == "heading" and s.rows[-1].label.lower().startswith("creditors"):
        label = "Amounts falling due within one year" if r.random() < 0.9 else "Due within one year"
    if r.random() < 0.07:
        s.heading(label)
        parts = [round(c * 0.8) for c in creditors]
        s.add("unmapped", r.choice(("Trade creditors", "Creditors", "Bank loans and overdrafts")), parts, deduct=deduct)
        s.add("unmapped", s.say("derivatives"), [c - p for c, p in zip(creditors, parts, strict=True)], deduct=deduct)
        s.add("total_current_liabilities", r.choice(("", "Total current liabilities", "")), creditors, style="subtotal", deduct=deduct)
    else:
        s.add("total_current_liabilities", label, creditors, indent=0, deduct=deduct, column=0)
    if r.random() < 0.1:
        s.line("unmapped", "derivatives", [0 for _ in creditors], deduct=deduct)


def _long_term(s: Sheet, years: Sequence[Year]) -> None:
    r = s.rng
    deduct = r.random() < 0.62
    creditors, provisions = col(years, "ltd", "due_to_owners"), col(years, "other_ncl")
    if r.random() < 0.12:
        provisions, accruals = [round(p * 0.6) for p in provisions], [p - round(p * 0.6) for p in provisions]
    else:
        accruals = [0 for _ in provisions]
    if r.random() < 0.15:
        s.heading(r.choice(("Creditors", "CREDITORS")))
    if any(creditors):
        s.add("creditors_due_after_one_year", s.say("creditors_due_after_one_year"), creditors, indent=0, deduct=deduct, column=1)
    if r.random() < 0.25 and any(provisions):
        s.heading(r.choice(("Provisions for liabilities", "PROVISIONS FOR LIABILITIES", "Provisions for liabilities and charges")))
        s.add("provisions", r.choice(("Deferred tax", "Deferred taxation", "Other provisions", "Deferred tax liability", "")), provisions, indent=1, deduct=deduct, column=r.choice((0, 1)))
        if r.random() < 0.25:
            s.add("provisions", "", provisions, indent=0, deduct=deduct, column=1)
    elif any(provisions):
        s.add("provisions", s.say("provisions"), provisions, indent=0, deduct=deduct, column=1)
    if any(accruals):
        s.add("accruals_deferred_income", s.say("accruals_deferred_income"), accruals, indent=0, deduct=deduct, column=1)


def _reserves(s: Sheet, years: Sequence[Year], net: Sequence[int], micro: bool) -> None:
    r = s.rng
    if micro and r.random() < 0.8:
        s.add("total_equity", s.say("total_equity") if r.random() < 0.3 else r.choice(("Capital and reserves", "CAPITAL AND RESERVES", "Capital and Reserves")), net, indent=0, style="total", column=1)
        return
    s.heading(r.choice(("Capital and reserves", "CAPITAL AND RESERVES", "Capital and Reserves", "Equity", "Capital and reserves:")))
    s.add("share_capital", s.say("share_capital"), col(years, "stock"), indent=1, column=1)
    other = [0 for _ in net]
    if r.random() < 0.3:
        other = [round(abs(n) * r.uniform(0.01, 0.2)) for n in net]
        s.split(["equity_part"] * r.choice((1, 1, 2)), other, indent=1, column=1)
    s.add("retained_earnings", s.say("retained_earnings"), [n - y["stock"] - o for n, y, o in zip(net, years, other, strict=True)], indent=1, column=1)
    if r.random() < 0.95:
        label = s.say("total_equity") if r.random() < 0.9 else ""
        s.add("total_equity", label.replace("Capital and reserves", "Total equity"), net, indent=0, style="total", column=1)


def profit_and_loss(s: Sheet, years: Sequence[Year], micro: bool) -> None:
    """Print a UK profit and loss account: by function, or the micro-entity's short one by nature."""
    r = s.rng
    sums = [results(y, True) for y in years]
    deduct = r.random() < 0.55
    if micro:
        _by_nature(s, years, sums, deduct)
    else:
        _by_function(s, years, sums, deduct)
    if any(y["tax"] for y in years):
        s.add("income_tax_expense", s.say("income_tax_expense"), col(years, "tax"), deduct=deduct or r.random() < 0.3)
    s.add("net_income", s.say("net_income"), [t["net"] for t in sums], indent=0, style="total")
    if r.random() < 0.3:
        s.split(["net_income_extra"] * r.choice((1, 2)), [t["net"] for t in sums])


def _by_nature(s: Sheet, years: Sequence[Year], sums: Sequence[dict[str, int]], deduct: bool) -> None:
    r = s.rng
    s.add("revenue", s.say("revenue"), col(years, "revenue"))
    rest = [t["pretax"] for t in sums]
    s.line("other_operating_income", "other_operating_income", col(years, "other_operating_income"))
    r.random()  # drawn and not used: so the pages of a seed stay those that version 1 of the weights was trained on
    s.add("unmapped", r.choice(("Cost of raw materials and consumables", "Raw materials and consumables")), col(years, "cogs"), deduct=deduct)
    s.line("staff_costs", "staff_costs", col(years, "selling"), deduct=deduct)
    s.line("depreciation_amortization", "depreciation_amortization", col(years, "depreciation"), deduct=deduct)
    charges = [y["revenue"] + y["other_operating_income"] - y["cogs"] - y["selling"] - y["depreciation"] - p for y, p in zip(years, rest, strict=True)]
    s.add("unmapped", s.say("other_charges"), charges, deduct=deduct)
    if r.random() < 0.4:
        s.add("income_before_tax", s.say("income_before_tax"), rest, style="subtotal", indent=0)


def _distribution(r: random.Random) -> float:
    """Return the share of the costs that is distribution."""
    r.random()  # as in _by_nature: kept for version 1
    return r.uniform(0.2, 0.4)


def _by_function(s: Sheet, years: Sequence[Year], sums: Sequence[dict[str, int]], deduct: bool) -> None:
    r = s.rng
    s.add("revenue", s.say("revenue"), col(years, "revenue"), indent=0)
    s.add("cost_of_sales", s.say("cost_of_sales"), col(years, "cogs"), indent=0, deduct=deduct)
    s.add("gross_profit", s.say("gross_profit") if r.random() < 0.97 else "", col(years, "gross"), indent=0, style="subtotal")
    costs = [y["gross"] - t["operating"] + y["other_operating_income"] for y, t in zip(years, sums, strict=True)]
    distribution = [round(c * _distribution(r)) for c in costs] if r.random() < 0.45 else [0 for _ in costs]
    if any(distribution):
        s.add("distribution_costs", s.say("distribution_costs"), distribution, deduct=deduct)
    admin = [c - d for c, d in zip(costs, distribution, strict=True)]
    if r.random() < 0.12:
        s.add("unmapped", r.choice(("Administrative expenses before exceptional items", "Administrative expenses - normal", "Other administrative expenses")), [round(a * 0.9) for a in admin], deduct=deduct)
        s.add("unmapped", "Exceptional items", [a - round(a * 0.9) for a in admin], deduct=deduct)
        s.add("administrative_expenses", "Total administrative expenses", admin, deduct=deduct, style="subtotal")
    else:
        s.add("administrative_expenses", s.say("administrative_expenses"), admin, deduct=deduct, indent=0)
    if any(y["other_operating_income"] for y in years):
        if r.random() < 0.2:
            s.add("unmapped", "", [t["operating"] - y["other_operating_income"] for t, y in zip(sums, years, strict=True)], style="subtotal")
        s.line("other_operating_income", "other_operating_income", col(years, "other_operating_income"))
    s.add("operating_income", s.say("operating_income") if r.random() < 0.97 else "", [t["operating"] for t in sums], indent=0, style="subtotal")
    other = [y["interest_income"] + y["other_nonoperating"] for y in years]
    if any(other):
        s.add("unmapped", s.say("interest_income"), other)
        if r.random() < 0.2:
            s.add("unmapped", "", [t["operating"] + o for t, o in zip(sums, other, strict=True)], style="subtotal")
    if any(y["interest"] for y in years):
        s.add("interest_expense", s.say("interest_expense"), col(years, "interest"), deduct=deduct)
    s.add("income_before_tax", s.say("income_before_tax"), [t["pretax"] for t in sums], indent=0, style="subtotal")


def cash_flow(s: Sheet, years: Sequence[Year], before: Sequence[Year]) -> None:
    """Print a UK cash flow statement."""
    r = s.rng
    change = [y["cash"] - b["cash"] for y, b in zip(years, before, strict=True)]
    operating = [results(y, True)["net"] + y["depreciation"] for y in years]
    investing = [-y["capex"] for y in years]
    financing = [c - o - i for c, o, i in zip(change, operating, investing, strict=True)]
    s.heading(r.choice(("Cash flows from operating activities", "Operating activities")))
    s.add("net_income", s.say("net_income"), [results(y, True)["net"] for y in years])
    s.add("depreciation_amortization", s.say("depreciation_amortization"), col(years, "depreciation"))
    s.line("income_taxes_paid", "income_taxes_paid", [max(0, y["tax"]) for y in years], deduct=True)
    s.line("interest_paid", "interest_paid", col(years, "interest"), deduct=True)
    s.add("operating_cash_flow", s.say("operating_cash_flow"), operating, indent=0, style="subtotal")
    s.heading("Cash flows from investing activities")
    s.add("capital_expenditures", s.say("capital_expenditures"), col(years, "capex"), deduct=True)
    s.add("investing_cash_flow", s.say("investing_cash_flow"), investing, indent=0, style="subtotal")
    s.heading("Cash flows from financing activities")
    s.line("dividends_paid", "dividends_paid", col(years, "dividends"), deduct=True)
    s.add("unmapped", r.choice(("New loans", "Repayment of bank loans", "Loan repayments in year")), [f + y["dividends"] for f, y in zip(financing, years, strict=True)])
    s.add("financing_cash_flow", s.say("financing_cash_flow"), financing, indent=0, style="subtotal")
    s.add("unmapped", s.say("net_change"), change, indent=0)
    s.add("unmapped", s.say("cash_begin"), col(before, "cash"), indent=0)
    s.add("cash_end_of_period", s.say("cash_end_of_period"), col(years, "cash"), indent=0, style="total")
