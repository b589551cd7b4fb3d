"""The lines of US business tax returns: number, wording, the field each one is, and the books behind it."""

import random
from dataclasses import dataclass

from training.corpus.ledger import Books, Ledger


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One line of a return: `concept` is its field id or ""; `amount` None leaves it empty."""

    number: str
    label: str
    concept: str = ""
    amount: int | None = None
    bold: bool = False


def deductions(year: Books, disallowed: int) -> dict[str, int]:
    """Return the books' costs by the deduction that a return puts them under; `disallowed` are meals that it leaves out."""
    apart = ("officers", "wages", "repairs", "rent", "advertising", "benefits", "depreciation", "interest")
    known = {name: year.get(name, 0) for name in apart}
    known["taxes"] = year["payroll_taxes"] + year.get("licences", 0)
    known["other"] = year["opex"] + year["interest"] - sum(known.values()) - disallowed
    return known


def form_of(books: Ledger) -> str:
    """Return the form that the borrower files."""
    return {"Corporation": "1120", "S Corporation": "1120-S", "Sole proprietorship": "Schedule C"}.get(books.borrower.entity, "1065")


def page_one(books: Ledger, disallowed: int) -> tuple[tuple[TaxLine, ...], tuple[TaxLine, ...]]:
    """Return the lines of income and of deductions on the first page of 1120, 1120-S or 1065."""
    year, form = books.years[0], form_of(books)
    cost = deductions(year, disallowed)
    total = sum(cost.values())
    income = [
        TaxLine("1a", "Gross receipts or sales", "gross_receipts", year["revenue"]), TaxLine("1b", "Less returns and allowances"), TaxLine("1c", "Balance. Subtract line 1b from line 1a", "", year["revenue"]),
        TaxLine("2", "Cost of goods sold (attach Form 1125-A)", "cost_of_goods_sold", year["cogs"]), TaxLine("3", "Gross profit. Subtract line 2 from line 1c", "", year["gross"]),
    ]  # fmt: skip
    more = {"1120": ("Dividends and inclusions", "Interest", "Gross rents", "Gross royalties", "Capital gain net income", "Net gain or (loss) from Form 4797", "Other income (attach statement)"), "1120-S": ("Net gain (loss) from Form 4797, line 17", "Other income (loss) (attach statement)"), "1065": ("Ordinary income (loss) from other partnerships", "Net farm profit (loss)", "Net gain (loss) from Form 4797", "Other income (loss)")}[form]
    income += [TaxLine(str(4 + i), label) for i, label in enumerate(more)]
    income.append(TaxLine(str(4 + len(more)), "Total income" if form == "1120" else "Total income (loss). Combine lines 3 through " + str(3 + len(more)), "total_income", year["gross"], bold=True))
    return tuple(income), tuple(_deduction_lines(form, cost, total, year, 5 + len(more)))


def _deduction_lines(form: str, cost: dict[str, int], total: int, year: Books, number: int) -> list[TaxLine]:
    wages, officers = TaxLine("", "Salaries and wages (less employment credits)", "", cost["wages"]), TaxLine("", "Guaranteed payments to partners" if form == "1065" else "Compensation of officers (see instructions)", "officers_compensation", cost["officers"])
    rows = [wages, officers] if form == "1065" else [officers, wages]
    rows += [
        TaxLine("", "Repairs and maintenance", "", cost["repairs"] or None), TaxLine("", "Bad debts"), TaxLine("", "Rents" if form != "1065" else "Rent", "", cost["rent"] or None), TaxLine("", "Taxes and licenses", "", cost["taxes"]),
        TaxLine("", "Interest (see instructions)", "interest_deduction" if cost["interest"] else "", cost["interest"] or None), *([TaxLine("", "Charitable contributions")] if form == "1120" else []),
        TaxLine("", "Depreciation not claimed on Form 1125-A or elsewhere (attach Form 4562)", "depreciation_deduction", cost["depreciation"]), TaxLine("", "Depletion"), *([TaxLine("", "Advertising", "", cost["advertising"] or None)] if form != "1065" else []),
        TaxLine("", "Pension, profit-sharing, etc., plans" if form != "1065" else "Retirement plans, etc."), TaxLine("", "Employee benefit programs", "", cost["benefits"] or None),
        TaxLine("", "Other deductions (attach statement)", "", cost["other"] + (cost["advertising"] if form == "1065" else 0)), TaxLine("", "Total deductions. Add the lines above", "total_deductions", total, bold=True),
    ]  # fmt: skip
    profit = year["gross"] - total
    if form == "1120":
        rows += [TaxLine("", "Taxable income before net operating loss deduction and special deductions", "", profit), TaxLine("", "Net operating loss deduction"), TaxLine("", "Taxable income. See instructions", "taxable_income", profit, bold=True), TaxLine("", "Total tax (Schedule J, Part I)", "total_tax", year["tax"]), TaxLine("", "Total payments and credits", "", year["tax"])]
    else:
        rows.append(TaxLine("", "Ordinary business income (loss). Subtract total deductions from total income", "ordinary_business_income", profit, bold=True))
    return [TaxLine(str(number + i), row.label, row.concept, row.amount, row.bold) for i, row in enumerate(rows)]


def schedule_c(books: Ledger, disallowed: int) -> tuple[tuple[TaxLine, ...], tuple[TaxLine, ...], tuple[TaxLine, ...]]:
    """Return the lines of Schedule C: income, expenses (two columns on paper), and what comes out."""
    year = books.years[0]
    income = (
        TaxLine("1", "Gross receipts or sales. See instructions for line 1", "gross_receipts", year["revenue"]), TaxLine("2", "Returns and allowances"), TaxLine("3", "Subtract line 2 from line 1", "", year["revenue"]), TaxLine("4", "Cost of goods sold (from line 42)", "cost_of_goods_sold", year["cogs"]),
        TaxLine("5", "Gross profit. Subtract line 4 from line 3", "", year["gross"]), TaxLine("6", "Other income, including fuel tax credit or refund"), TaxLine("7", "Gross income. Add lines 5 and 6", "total_income", year["gross"], bold=True),
    )  # fmt: skip
    meals = year.get("meals", 0) - disallowed
    named = (("8", "Advertising", "advertising"), ("9", "Car and truck expenses", "vehicle"), ("10", "Commissions and fees", ""), ("11", "Contract labor", ""), ("12", "Depletion", ""), ("13", "Depreciation and section 179", "depreciation"), ("14", "Employee benefit programs", "benefits"), ("15", "Insurance (other than health)", "insurance"), ("16b", "Interest: other", "interest"), ("17", "Legal and professional services", "professional"), ("18", "Office expense", "office"), ("19", "Pension plans", ""), ("20b", "Rent: other business property", "rent"), ("21", "Repairs and maintenance", "repairs"), ("22", "Supplies", "supplies"), ("23", "Taxes and licenses", "payroll_taxes"), ("24a", "Travel", "travel"), ("24b", "Deductible meals", "meals"), ("25", "Utilities", "utilities"), ("26", "Wages", "wages"))
    ids = {"depreciation": "depreciation_deduction", "interest": "interest_deduction"}
    amounts = {name: year.get(name, 0) for _, _, name in named if name}
    amounts["meals"] = max(0, meals)
    amounts["payroll_taxes"] += year.get("licences", 0)
    total = year["opex"] + year["interest"] - disallowed
    lines = [TaxLine(number, label, ids.get(name, "") if name and amounts[name] else "", (amounts[name] or None) if name else None) for number, label, name in named]
    lines.append(TaxLine("27b", "Other expenses (from line 48)", "", total - sum(amounts.values())))
    profit = year["gross"] - total
    result = (TaxLine("28", "Total expenses before expenses for business use of home", "total_deductions", total, bold=True), TaxLine("29", "Tentative profit or (loss). Subtract line 28 from line 7", "", profit), TaxLine("30", "Expenses for business use of your home"), TaxLine("31", "Net profit or (loss). Subtract line 30 from line 29", "ordinary_business_income", profit, bold=True))
    return income, tuple(lines), result


#: Schedule L: line, wording, field, what of the books it is; a tuple of two is cost and accumulated depreciation.
def schedule_l(books: Ledger) -> tuple[tuple[TaxLine, TaxLine | None], ...]:
    """Return the lines of Schedule L, end of the year and beginning of it (None: no such line, a heading)."""
    form = form_of(books)
    now, before = books.years[0], books.years[1]
    stock = () if form == "1065" else (("22", "Capital stock", "share_capital", "stock"), ("24", "Retained earnings" if form == "1120-S" else "Retained earnings - unappropriated", "retained_earnings", "retained"))
    capital = (("21", "Partners' capital accounts", "total_equity", "equity"),) if form == "1065" else ()
    rows = (
        ("1", "Cash", "cash", "cash"), ("2a", "Trade notes and accounts receivable", "accounts_receivable", "receivables"), ("3", "Inventories", "inventory", "inventory"), ("6", "Other current assets (attach statement)", "", "prepaid"),
        ("10a", "Buildings and other depreciable assets", "", "ppe_cost"), ("10b", "Less accumulated depreciation", "", "ppe_less"), ("13", "Intangible assets (amortizable only)", "", "goodwill"), ("14", "Other assets (attach statement)", "", "deposits"), ("15", "Total assets", "total_assets", "total_assets"),
        ("16", "Accounts payable", "accounts_payable", "payables"), ("17", "Mortgages, notes, bonds payable in less than 1 year", "short_term_debt", "short"), ("18", "Other current liabilities (attach statement)", "", "others"), ("20", "Mortgages, notes, bonds payable in 1 year or more", "long_term_debt", "ltd"),
        *stock, *capital, ("27" if form != "1065" else "22", "Total liabilities and shareholders' equity" if form != "1065" else "Total liabilities and capital", "total_liabilities_and_equity", "total_assets"),
    )  # fmt: skip
    return tuple((_balance(n, label, concept, now, key), _balance(n, label, concept, before, key)) for n, label, concept, key in rows)


def _balance(number: str, label: str, concept: str, year: Books, key: str) -> TaxLine:
    amount = {"short": year["std"] + year["cpltd"], "others": year["accrued"] + year["other_cl"]}.get(key, year.get(key, 0))
    return TaxLine(number, label, f"schedule_l_{concept}" if concept and amount else "", amount or None, bold=label.startswith("Total"))


def schedules_m(books: Ledger, disallowed: int) -> tuple[tuple[TaxLine, ...], tuple[TaxLine, ...]]:
    """Return the lines of Schedules M-1 and M-2."""
    year, before, form = books.years[0], books.years[1], form_of(books)
    profit = year["pretax"] + disallowed
    book = year["net"]
    m1 = [TaxLine("1", "Net income (loss) per books", "", book)]
    if form == "1120":
        m1.append(TaxLine("2", "Federal income tax per books", "", year["tax"] or None))
    m1 += [TaxLine("3", "Expenses recorded on books this year not included on this return: travel and entertainment", "", disallowed or None), TaxLine("4", "Add the lines above", "", profit), TaxLine("8", "Income (loss) per return", "", profit, bold=True)]
    first = "equity" if form == "1065" else "retained"
    given = "distributions" if year["distributions"] else ""
    names = {"1120": ("Balance at beginning of year", "Net income (loss) per books", "Other increases", "Distributions: cash", "Other decreases", "Balance at end of year"), "1120-S": ("Balance at beginning of tax year", "Ordinary income from page 1", "Other additions", "Distributions", "Other reductions", "Balance at end of tax year"), "1065": ("Balance at beginning of year", "Net income (loss) per books", "Other increases (itemize)", "Distributions: cash", "Other decreases (itemize)", "Balance at end of year")}[form]
    income = profit if form == "1120-S" else book
    amounts = (before[first], income, None, year["distributions"] or None, (disallowed or None) if form == "1120-S" else None, year[first])
    numbers = {"1120": ("1", "2", "3", "5a", "6", "8"), "1120-S": ("1", "2", "3", "7", "5", "8"), "1065": ("1", "3", "4", "6a", "7", "9")}[form]
    return tuple(m1), tuple(TaxLine(n, label, given if "istributions" in label else "", amount, bold=label.endswith(("end of year", "end of tax year"))) for n, label, amount in zip(numbers, names, amounts, strict=True))


def disallowed_meals(rng: random.Random, books: Ledger) -> int:
    """Return the half of meals that the return leaves out: of pass-throughs that record meals apart, now and then."""
    passes = books.borrower.entity in ("S Corporation", "LLC", "Partnership", "Sole proprietorship")
    return round(books.years[0].get("meals", 0) / 2) if passes and rng.random() < 0.5 else 0
