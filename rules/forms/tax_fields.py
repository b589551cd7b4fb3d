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
    ("deductions", "", "less depreciation claimed"),
    ("deductions", "", "less depreciation reported"),
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
