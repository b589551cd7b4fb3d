"""Which field each line of a tax return is: by its description first, by the number that the IRS gives it second.

The wordings of lines that are no field stand here too: what is plainly another line is never taken for a field.
"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from app.domain import ReadMethod
from rules.forms.tax_lines import TaxLine

#: part, field id ("" for a line that is no field), description. The first that fits counts.
_KNOWN = (
    ("income", "gross_receipts", "gross receipts or sales"),
    ("income", "gross_receipts", "gross receipts"),
    ("income", "", "returns and allowances"),
    ("income", "cost_of_goods_sold", "cost of goods sold"),
    ("income", "", "gross profit"),
    ("income", "total_income", "total income"),
    ("income", "total_income", "gross income"),
    ("income", "", "ordinary income loss from other partnerships"),
    ("income", "", "other income"),
    ("income", "", "net gain loss from form"),
    ("deductions", "officers_compensation", "compensation of officers"),
    ("deductions", "officers_compensation", "officers compensation"),
    ("deductions", "officers_compensation", "guaranteed payments"),
    ("deductions", "", "salaries and wages"),
    ("deductions", "", "repairs and maintenance"),
    ("deductions", "", "taxes and licenses"),
    ("deductions", "", "employee benefit programs"),
    ("deductions", "", "pension profit sharing"),
    ("deductions", "", "other deductions"),
    ("deductions", "", "other expenses"),
    ("deductions", "", "charitable contributions"),
    ("deductions", "", "advertising"),
    ("deductions", "", "bad debts"),
    ("deductions", "depreciation_left", "less depreciation"),
    ("deductions", "interest_deduction", "interest"),
    ("deductions", "interest_deduction", "mortgage paid to banks"),
    ("deductions", "depreciation_deduction", "depreciation"),
    ("deductions", "total_deductions", "total deductions"),
    ("deductions", "total_deductions", "total expenses before"),
    ("deductions", "total_deductions", "total expenses"),
    ("deductions", "ordinary_business_income", "ordinary business income"),
    ("deductions", "ordinary_business_income", "net profit or loss"),
    ("deductions", "ordinary_business_income", "net profit"),
    ("deductions", "", "tentative profit"),
    ("deductions", "taxable_income_before", "taxable income before net operating loss"),
    ("deductions", "taxable_income", "taxable income"),
    ("deductions", "", "total tax payments"),
    ("deductions", "", "total payments"),
    ("deductions", "total_tax", "total tax"),
    ("tax", "taxable_income", "taxable income"),
    ("tax", "", "total tax payments"),
    ("tax", "", "total payments"),
    ("tax", "total_tax", "total tax"),
    ("L", "schedule_l_cash", "cash"),
    ("L", "schedule_l_accounts_receivable", "trade notes and accounts receivable"),
    ("L", "schedule_l_inventory", "inventories"),
    ("L", "schedule_l_inventory", "inventory"),
    ("L", "", "other current assets"),
    ("L", "schedule_l_total_assets", "total assets"),
    ("L", "schedule_l_accounts_payable", "accounts payable"),
    ("L", "schedule_l_short_term_debt", "mortgages notes bonds payable in less than 1 year"),
    ("L", "schedule_l_long_term_debt", "mortgages notes bonds payable in 1 year or more"),
    ("L", "", "other current liabilities"),
    ("L", "schedule_l_share_capital", "capital stock"),
    ("L", "schedule_l_share_capital", "common stock"),
    ("L", "", "additional paid in capital"),
    ("L", "", "retained earnings appropriated"),
    ("L", "schedule_l_retained_earnings", "retained earnings"),
    ("L", "schedule_l_total_equity", "partners capital accounts"),
    ("L", "schedule_l_total_liabilities_and_equity", "total liabilities and"),
    ("M-1", "book_income", "net income loss per books"),
    ("M-1", "book_income", "net income per books"),
    ("M-2", "distributions", "distributions"),
    ("M-2", "", "other decreases"),
    ("M-2", "", "balance at"),
    ("K", "distributions_k", "distributions of cash and marketable securities"),
    ("K", "distributions_k", "property distributions"),
    ("K", "distributions_k", "distributions"),
)

#: Fields of page one by form and IRS line number, for lines whose description a scan lost.
_NUMBERS: dict[str, dict[str, str]] = {
    "1120": {"1a": "gross_receipts", "2": "cost_of_goods_sold", "11": "total_income", "12": "officers_compensation", "18": "interest_deduction", "20": "depreciation_deduction", "27": "total_deductions", "30": "taxable_income", "31": "total_tax"},
    "1120-S": {"1a": "gross_receipts", "2": "cost_of_goods_sold", "6": "total_income", "7": "officers_compensation", "13": "interest_deduction", "14": "depreciation_deduction"},
    "1065": {"1a": "gross_receipts", "2": "cost_of_goods_sold", "8": "total_income", "10": "officers_compensation", "15": "interest_deduction"},
    "Schedule C": {"1": "gross_receipts", "4": "cost_of_goods_sold", "7": "total_income", "13": "depreciation_deduction", "16b": "interest_deduction", "28": "total_deductions", "31": "ordinary_business_income"},
}  # fmt: skip
_EXACT, _ALIKE, _NUMBERED = 0.9, 0.75, 0.6
_LIKENESS, _SHORT_LIKENESS = 0.76, 0.86
_SHORT = 10  # letters: a shorter description must be read better


@dataclass(frozen=True, slots=True)
class Reading:
    """A line read as a field: how sure, by how it was recognised."""

    field: str
    line: TaxLine
    sure: float


def reading_of(line: TaxLine, form: str) -> Reading | None:
    """Return the field that `line` is; a field "" is a known line that is none; None where nothing is known of it."""
    plain = _plain(line.label)
    part = "deductions" if line.part == "tax" else line.part
    for known_part, field, description in _KNOWN:
        if known_part in (line.part, part) and plain.startswith(description):
            return Reading(field, line, _EXACT)
    if form == "Schedule C" and plain == "b other" and line.boxed == "16b":
        return Reading("interest_deduction", line, _EXACT)
    if line.page.method is not ReadMethod.OCR:
        return None
    found = _alike(plain, line.part)
    if found is not None:
        return Reading(found, line, _ALIKE)
    by_number = _NUMBERS.get(form, {})
    number = line.boxed if line.boxed in by_number else line.number
    if line.part in ("income", "deductions", "tax") and number in by_number:
        return Reading(by_number[number], line, _NUMBERED)
    return None


@lru_cache(maxsize=4096)
def _alike(plain: str, part: str) -> str | None:
    """Return the field whose description is most like the beginning of a misread one, None where none is like enough."""
    words = plain.split()
    best, best_ratio = None, 0.0
    for known_part, field, description in _KNOWN:
        if known_part != part and not (part == "tax" and known_part == "deductions"):
            continue
        count = len(description.split())
        for start in range(min(3, max(len(words) - count + 1, 1))):
            matcher = SequenceMatcher(None, description, " ".join(words[start : start + count]))
            least = _SHORT_LIKENESS if len(description) <= _SHORT else _LIKENESS
            if matcher.real_quick_ratio() < least or matcher.quick_ratio() < least:
                continue
            ratio = matcher.ratio() - 0.03 * start
            if ratio >= least and ratio > best_ratio:
                best, best_ratio = field, ratio
    return best


def _plain(label: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", label.lower().replace("’", "").replace("'", "")).split())
