"""The lines of business tax returns by their descriptions: which field each is, in which part of which form."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from rules.forms.fields import plain


@dataclass(frozen=True, slots=True)
class TaxLine:
    """One line: the field it is, the part it stands in, its description, and the forms that have it (none named: all)."""

    id: str
    section: str
    wording: str
    forms: tuple[str, ...] = ()


_PASS_THROUGH = ("1120-S", "1065")
#: Page 1, Schedules K, M-1 and M-2. A description counts from its beginning; the longest that fits is the line.
LINES: tuple[TaxLine, ...] = (
    TaxLine("gross_receipts", "page_1", "gross receipts or sales"),
    TaxLine("gross_receipts", "page_1", "gross receipts"),
    TaxLine("returns_and_allowances", "page_1", "returns and allowances"),
    TaxLine("returns_and_allowances", "page_1", "less returns and allowances"),
    TaxLine("net_receipts", "page_1", "balance subtract line"),
    TaxLine("cost_of_goods_sold", "page_1", "cost of goods sold"),
    TaxLine("gross_profit", "page_1", "gross profit"),
    TaxLine("total_income", "page_1", "total income"),
    TaxLine("total_income", "page_1", "gross income", ("Schedule C",)),
    TaxLine("officers_compensation", "page_1", "compensation of officers"),
    TaxLine("officers_compensation", "page_1", "guaranteed payments to partners", ("1065",)),
    TaxLine("rent_deduction", "page_1", "rents"),
    TaxLine("rent_deduction", "page_1", "rent"),
    TaxLine("interest_deduction", "page_1", "interest"),
    TaxLine("interest_deduction", "page_1", "interest (see instructions)"),
    TaxLine("interest_deduction", "page_1", "interest on business indebtedness"),
    TaxLine("interest_deduction", "page_1", "interest mortgage paid to banks"),
    TaxLine("depreciation_deduction", "page_1", "depreciation"),
    TaxLine("depreciation_deduction", "page_1", "depreciation from form 4562 not claimed elsewhere"),
    TaxLine("depreciation_deduction", "page_1", "depreciation not claimed on form 1125-a"),
    TaxLine("depreciation_deduction", "page_1", "depreciation and section 179 expense deduction"),
    TaxLine("other_deductions", "page_1", "other deductions"),
    TaxLine("total_deductions", "page_1", "total deductions"),
    TaxLine("total_deductions", "page_1", "total expenses", ("Schedule C",)),
    TaxLine("ordinary_business_income", "page_1", "ordinary business income (loss)", _PASS_THROUGH),
    TaxLine("ordinary_business_income", "page_1", "net profit or (loss)", ("Schedule C",)),
    TaxLine("taxable_income_before_losses", "page_1", "taxable income before net operating loss deduction"),
    TaxLine("taxable_income", "page_1", "taxable income", ("1120",)),
    TaxLine("total_tax", "page_1", "total tax", ("1120",)),
    TaxLine("section_179_deduction", "schedule_k", "section 179 deduction"),
    TaxLine("distributions_schedule_k", "schedule_k", "distributions of cash and marketable securities"),
    TaxLine("distributions_schedule_k", "schedule_k", "distributions"),
    TaxLine("book_income", "schedule_m1", "net income (loss) per books"),
    TaxLine("distributions", "schedule_m2", "distributions"),
    TaxLine("distributions", "schedule_m2", "distributions: cash"),
    TaxLine("distributions", "schedule_m2", "distributions a cash"),
    TaxLine("m2_opening", "schedule_m2", "balance at beginning of"),
    TaxLine("m2_closing", "schedule_m2", "balance at end of"),
)
#: Schedule L, beginning and end of the year.
SCHEDULE_L: tuple[TaxLine, ...] = (
    TaxLine("schedule_l_cash", "schedule_l", "cash"),
    TaxLine("schedule_l_accounts_receivable", "schedule_l", "trade notes and accounts receivable"),
    TaxLine("schedule_l_allowance", "schedule_l", "less allowance for bad debts"),
    TaxLine("schedule_l_inventory", "schedule_l", "inventories"),
    TaxLine("schedule_l_total_assets", "schedule_l", "total assets"),
    TaxLine("schedule_l_accounts_payable", "schedule_l", "accounts payable"),
    TaxLine("schedule_l_short_term_debt", "schedule_l", "mortgages, notes, bonds payable in less than 1 year"),
    TaxLine("schedule_l_long_term_debt", "schedule_l", "mortgages, notes, bonds payable in 1 year or more"),
    TaxLine("schedule_l_share_capital", "schedule_l", "capital stock"),
    TaxLine("schedule_l_retained_earnings", "schedule_l", "retained earnings"),
    TaxLine("schedule_l_retained_earnings", "schedule_l", "retained earnings unappropriated"),
    TaxLine("schedule_l_total_equity", "schedule_l", "partners' capital accounts"),
    TaxLine("schedule_l_total_liabilities_and_equity", "schedule_l", "total liabilities and"),
)
#: Lines whose number has stood still for years: what a scan's page is read by where the description is lost.
BY_NUMBER: dict[tuple[str, str], str] = {
    ("1120", "11"): "total_income",
    ("1120", "12"): "officers_compensation",
    ("1120", "18"): "interest_deduction",
    ("1120-S", "6"): "total_income",
    ("1120-S", "7"): "officers_compensation",
    ("1120-S", "13"): "interest_deduction",
    ("1065", "8"): "total_income",
    ("1065", "15"): "interest_deduction",
}
_LEADING = re.compile(r"^(?:\d{1,2}[a-z]?\b|[a-z]\b|\d{1,2}(?=[a-z]{3}))\s*(?=\S)")
_MOST_OFF = 0.8
_TELLING = re.compile(r"less than|or more|beginning|end of")


def described(label: str, section: str, form: str | None) -> TaxLine | None:
    """Return the line of `section` whose description `label` begins with; letters that a scan lost are forgiven, the longest wins."""
    mine = plain(_LEADING.sub("", label.strip().lower()))
    if len(mine) < 3:
        return None
    usable = [line for line in (*LINES, *SCHEDULE_L) if line.section == section and (not line.forms or form is None or form in line.forms)]
    exact = [line for line in usable if mine == plain(line.wording) or mine.startswith(plain(line.wording) + " ")]
    if exact:
        return max(exact, key=lambda line: len(line.wording))
    near = [(_likeness(mine, plain(line.wording)), line) for line in usable if len(line.wording) >= 8]
    score, line = max(near, key=lambda pair: pair[0], default=(0.0, None))
    return line if score >= _MOST_OFF else None


def _likeness(mine: str, wording: str) -> float:
    """Return how much the beginning of `mine` is `wording`; words that tell two lines apart have to be there."""
    if any(word not in mine for word in _TELLING.findall(wording)):
        return 0.0
    return max(SequenceMatcher(None, mine[: len(wording) + more], wording).ratio() for more in (-1, 0, 1, 2))
