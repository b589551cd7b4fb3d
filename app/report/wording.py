"""The plain words and number formats of every report, so that the page, the terminal and the workbook say the same."""

import re
from datetime import date
from decimal import Decimal

from app.domain import (
    UNMAPPED,
    Counterfactual,
    DocumentKind,
    Fate,
    Field,
    Figure,
    PageStatus,
    Period,
    Ratio,
    RatioStatus,
    ReadMethod,
    Recommendation,
    RiskOpinion,
    Route,
    Severity,
)
from rules.accounts import ACCOUNT

KIND = {
    DocumentKind.LOAN_APPLICATION: "Loan application",
    DocumentKind.BALANCE_SHEET: "Balance sheet",
    DocumentKind.INCOME_STATEMENT: "Income statement",
    DocumentKind.CASH_FLOW_STATEMENT: "Cash flow statement",
    DocumentKind.BUSINESS_TAX_RETURN: "Business tax return",
    DocumentKind.BANK_STATEMENT: "Bank statement",
    DocumentKind.DEBT_SCHEDULE: "Debt schedule",
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: "Personal financial statement",
    DocumentKind.RECEIVABLES_AGING: "Receivables aging",
    DocumentKind.OTHER: "Other",
    DocumentKind.COVER: "Cover",
    DocumentKind.BLANK: "Blank page",
}
STATUS = {PageStatus.READ: "Read", PageStatus.BLANK: "Blank", PageStatus.QUARANTINED: "Set aside"}
METHOD = {ReadMethod.TEXT: "text layer", ReadMethod.OCR: "character recognition"}
SEVERITY = {Severity.HIGH: "High", Severity.MEDIUM: "Medium", Severity.LOW: "Low", Severity.INFO: "Note"}
RECOMMENDATION = {
    Recommendation.APPROVE: ("Approve", "Policy is met and nothing found keeps this application from being approved."),
    Recommendation.REFER: ("Refer to a person", "A person has to look before this application can be decided."),
    Recommendation.DECLINE: ("Decline proposed", "Policy is not met. Only a person declines."),
}
ROUTE = {
    Route.AUTO_CLEAR: ("Clears by policy", "No person needs to look at it."),
    Route.REVIEW: ("Review queue", "An analyst looks at it next."),
}
THEME = {
    "foots": "Adds up",
    "balances": "Balances",
    "rolls": "Rolls from year to year",
    "ties": "Agrees across documents",
    "complete": "Complete",
    "plausible": "Plausible",
    "untampered": "Untampered",
    "policy": "Policy",
    "reading": "Reading",
}
GRADES = {1: "high pass", 2: "high pass", 3: "middle pass", 4: "middle pass", 5: "middle pass", 6: "low pass", 7: "special mention"}

#: Ratio id -> (group, name, unit); unit is x (times), % (share of one), days, money or score.
RATIOS = {
    "current_ratio": ("Liquidity", "Current ratio", "x"),
    "quick_ratio": ("Liquidity", "Quick ratio", "x"),
    "working_capital": ("Liquidity", "Working capital", "money"),
    "days_receivable": ("Activity", "Days receivable", "days"),
    "days_inventory": ("Activity", "Days inventory", "days"),
    "days_payable": ("Activity", "Days payable", "days"),
    "asset_turnover": ("Activity", "Asset turnover", "x"),
    "ebitda": ("Coverage", "EBITDA", "money"),
    "dscr": ("Coverage", "Debt service coverage (DSCR)", "x"),
    "dscr_historical": ("Coverage", "Debt service coverage, historical", "x"),
    "interest_coverage": ("Coverage", "Interest coverage", "x"),
    "fccr": ("Coverage", "Fixed charge coverage (FCCR)", "x"),
    "global_dscr": ("Coverage", "Global debt service coverage", "x"),
    "uca_net_cash_after_operations": ("Coverage", "UCA net cash after operations", "money"),
    "uca_coverage": ("Coverage", "UCA coverage", "x"),
    "debt_to_ebitda": ("Leverage", "Debt to EBITDA", "x"),
    "debt_to_ebitda_with_proposed": ("Leverage", "Debt to EBITDA with this loan", "x"),
    "tangible_net_worth": ("Leverage", "Tangible net worth", "money"),
    "tangible_net_worth_adjusted": ("Leverage", "Tangible net worth, adjusted", "money"),
    "liabilities_to_tangible_net_worth": ("Leverage", "Liabilities to tangible net worth", "x"),
    "debt_to_assets": ("Leverage", "Debt to assets", "%"),
    "liabilities_to_assets": ("Leverage", "Liabilities to assets", "%"),
    "gross_margin": ("Profitability", "Gross margin", "%"),
    "operating_margin": ("Profitability", "Operating margin", "%"),
    "net_margin": ("Profitability", "Net margin", "%"),
    "return_on_assets": ("Profitability", "Return on assets", "%"),
    "return_on_equity": ("Profitability", "Return on equity", "%"),
    "revenue_growth": ("Growth", "Revenue growth", "%"),
    "ebitda_growth": ("Growth", "EBITDA growth", "%"),
    "ltv": ("Collateral", "Loan to value (LTV)", "%"),
    "collateral_coverage": ("Collateral", "Collateral coverage", "x"),
    "altman_z2": ("Distress", "Altman Z''", "score"),
    "dscr_at_90_percent_revenue": ("Stress", "DSCR at 10 % less revenue", "x"),
    "dscr_at_80_percent_revenue": ("Stress", "DSCR at 20 % less revenue", "x"),
    "dscr_at_200_basis_points_more": ("Stress", "DSCR at 2 % more interest", "x"),
    "ebitda_fall_to_break_even": ("Stress", "Fall of EBITDA to a DSCR of 1.00", "%"),
    "years_in_business": ("Conduct", "Years in business", "years"),
    "nsf_items": ("Conduct", "Unpaid (NSF) items in three months", "items"),
}


def plain(value: Decimal, places: int | None = None) -> str:
    """Return a decimal without exponent or trailing zeros, rounded to at most `places`: what the JSON gives."""
    rounded = value if places is None else round(value, places)
    text = f"{rounded:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def money(value: Decimal, unit: int = 1) -> str:
    """Return an amount as a banker prints it: thousands separated, negatives in brackets, cents only where there are any."""
    shown = abs(value) / unit
    text = f"{shown:,.0f}" if shown == shown.to_integral_value() else f"{shown:,.2f}"
    return f"({text})" if value < 0 else text


def day(value: date | None) -> str:
    """Return a date that reads the same on both sides of the Atlantic."""
    return f"{value.day} {value:%b %Y}" if value else "date not read"


def period(value: Period) -> str:
    """Return a period in words: its end, and its length where both ends are known."""
    if value.start is None or value.end is None:
        return day(value.end)
    months = max(1, round(((value.end - value.start).days + 1) / 30.44))
    return f"{months} months to {day(value.end)}" if months > 1 else f"month to {day(value.end)}"


def unit(scale: int, currency: str | None) -> str:
    """Return what amounts are shown in, such as `USD thousands`."""
    word = {1: "", 1_000: " thousands", 1_000_000: " millions", 1_000_000_000: " billions"}.get(scale, f" × {scale:,}")
    return f"{currency or 'currency not read'}{word}"


def ratio_group(id: str) -> str:
    """Return the heading under which a ratio stands."""
    return RATIOS[id][0] if id in RATIOS else "Other ratios"


def ratio_name(id: str) -> str:
    """Return a ratio's name as a banker writes it."""
    return RATIOS[id][1] if id in RATIOS else id.replace("_", " ").capitalize()


def ratio_unit(id: str) -> str:
    """Return a ratio's unit: x, %, days, money or score."""
    return RATIOS[id][2] if id in RATIOS else "score"


def amount_of_ratio(id: str, value: Decimal) -> str:
    """Return a ratio's value with its unit."""
    match ratio_unit(id):
        case "money":
            return money(value.to_integral_value())
        case "%":
            return f"{value * 100:z,.1f} %"
        case "days":
            return f"{value:z,.0f} days"
        case "x":
            return f"{value:z,.2f}×"
        case _:
            return f"{value:z,.2f}"


def outcome(ratio: Ratio) -> str:
    """Return a ratio's value with its unit, or why there is none."""
    return amount_of_ratio(ratio.id, ratio.value) if ratio.status is RatioStatus.VALUE and ratio.value is not None else ratio.status.value


def grade(value: int | None) -> str:
    """Return a risk grade in words."""
    return f"Grade {value} of 10, {GRADES.get(value, 'to be given by a person')}" if value is not None else "Not graded yet"


def probability(risk: RiskOpinion | None) -> str:
    """Return a probability of default with what it means and what cannot be ruled out."""
    if risk is None:
        return "Not rated: no model of default, or no figures for it"
    unsure: dict[tuple[Fate, ...], str] = {(Fate.SURVIVES,): "failure is improbable", (Fate.FAILS,): "few such firms survive"}
    return f"{risk.probability_of_default:.2%} {risk.meaning}; {unsure.get(risk.fates, 'failure cannot be ruled out')}"


_LEVERS = {
    "loan amount": "A loan of {after} instead of {before}",
    "term": "A term of {after} instead of {before} months",
    "debt": "Long-term debt of {after} instead of {before}, repaid from the owners' own means",
    "equity": "{moved} more equity, paid in as cash",
}


def counterfactual(change: Counterfactual) -> str:
    """Return what would have to change, and what would then come out."""
    amounts = {"before": money(change.before), "after": money(change.after), "moved": money(change.after - change.before)}
    outcome = f"{RECOMMENDATION[change.recommendation][0]}, {grade(change.grade)}"
    odds = f", probability of default {change.probability_of_default:.2%}" if change.probability_of_default is not None else ""
    return f"{_LEVERS[change.lever].format(**amounts)}: {outcome}{odds}"


def account(id: str) -> str:
    """Return the name of an account, or of a ratio that another one is made of, or else the id in words."""
    return ACCOUNT[id].name if id in ACCOUNT else ratio_name(id)


def figure(item: Figure) -> str:
    """Return what a figure is: its account (and date) or field, or the label it is printed with."""
    name = item.label if item.concept == UNMAPPED else account(item.concept)
    if isinstance(item, Field):
        return f"{name}, beginning of year" if item.column == "prior" else name
    return f"{name}, {day(item.period.end)}" if item.period.end else name


def value(given: Decimal | date | str, unit: int = 1) -> str:
    """Return a figure's value as a banker reads it, whatever its kind."""
    if isinstance(given, Decimal):
        return money(given, unit)
    return day(given) if isinstance(given, date) else given


def formula(text: str) -> str:
    """Return a formula with names in place of ids."""
    return re.sub(
        r"[a-z][a-z0-9_]*", lambda word: account(word[0]) if word[0] in ACCOUNT or word[0] in RATIOS else word[0].replace("_", " "), text
    )


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 page`, `3 pages`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
