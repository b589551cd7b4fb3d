"""Business tax returns: every field by its line's description, from the column that counts; line numbers are no amounts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain import DocumentKind, Form, Page, ReadMethod
from rules.forms.tax_return import read
from tests.paper import Printed, document, page

EDGES = (0.5, 0.62, 0.78, 0.94)
BOXED = (0.8, 0.94)

PAGE_ONE: Sequence[Printed] = (
    ("Form 1120-S   U.S. Income Tax Return for an S Corporation", "", "2024"),
    ("For calendar year 2024 or tax year beginning ______, ending ______",),
    ("Name", "Employer identification number"),
    ("Fernhill Bakery Inc.", "00-1112223"),
    ("Income",),
    ("1a Gross receipts or sales", "1a", "812,400"),
    ("2 Cost of goods sold (attach Form 1125-A)", "2", "301,150"),
    ("3 Gross profit. Subtract line 2 from line 1c", "3", "511,250"),
    ("5 Other income (loss)", "5"),
    ("6 Total income (loss). Add lines 3 through 5", "6", "511,250"),
    ("Deductions (see instructions for limitations)",),
    ("7 Compensation of officers", "7", "96,000"),
    ("8 Salaries and wages", "8", "188,900"),
    ("10 Bad debts", "10"),
    ("13 Interest (see instructions)", "13", "-"),
    ("14 Depreciation not claimed on Form 1125-A (attach Form 4562)", "14", "31,350"),
    ("19 Other deductions (attach statement)", "19", "205,750"),
    ("20 Total deductions. Add lines 7 through 19", "20", "522,000"),
    ("21 Ordinary business income (loss). Subtract line 20 from line 6", "21", "(10,750)"),
)
SCHEDULES: Sequence[Printed] = (
    ("Schedule L Balance Sheets per Books", "Beginning of tax year", "", "End of tax year"),
    ("Assets", "(a)", "(b)", "(c)", "(d)"),
    ("1 Cash", "", "41,200", "", "38,750"),
    ("2a Trade notes and accounts receivable", "90,000", "", "99,000", ""),
    ("b Less allowance for bad debts", "(2,000)", "88,000", "(3,500)", "95,500"),
    ("3 Inventories", "", "-", "", "12,600"),
    ("6 Other current assets", "", "", "", ""),
    ("15 Total assets", "", "231,400", "", "240,900"),
    ("17 Mortgages, notes, bonds payable in less than 1 year", "", "20,000", "", "21,000"),
    ("20 Mortgages, notes, bonds payable in 1 year or more", "", "60,000", "", "39,000"),
    ("22 Capital stock", "", "10,000", "", "10,000"),
    ("24 Retained earnings", "", "88,100", "", "61,050"),
    ("27 Total liabilities and shareholders' equity", "", "231,400", "", "240,900"),
    ("Schedule M-1 Reconciliation of Income (Loss) per Books",),
    ("1 Net income (loss) per books", "", "", "", "(12,050)"),
    ("Schedule M-2 Analysis of Accumulated Adjustments Account",),
    ("1 Balance at beginning of tax year", "", "", "", "88,100"),
    ("7 Distributions", "", "", "", "15,000"),
    ("8 Balance at end of tax year", "", "", "", "61,050"),
)


def _read(*pages: Page) -> Form:
    return read(document(DocumentKind.BUSINESS_TAX_RETURN, *pages))


def _whole() -> Form:
    return _read(page(PAGE_ONE, edges=BOXED), page(SCHEDULES, number=2, edges=EDGES))


def test_the_head_names_form_year_taxpayer_and_tax_id() -> None:
    form = _whole()
    assert form.words("form") == "1120-S"
    assert form.amount("tax_year") == 2024
    assert form.words("taxpayer_name") == "Fernhill Bakery Inc."
    assert form.words("ein") == "00-1112223"


def test_page_one_is_read_from_the_amount_column_and_losses_are_negative() -> None:
    form = _whole()
    want = {
        "gross_receipts": 812_400,
        "cost_of_goods_sold": 301_150,
        "total_income": 511_250,
        "officers_compensation": 96_000,
        "depreciation_deduction": 31_350,
        "total_deductions": 522_000,
        "ordinary_business_income": -10_750,
    }
    assert {id: form.amount(id) for id in want} == want
    result = form.field("ordinary_business_income")
    assert result is not None
    assert result.confidence > 0.95
    assert result.box is not None
    assert result.box.x1 > 0.9


def test_a_dash_is_zero_and_an_empty_line_gives_no_field() -> None:
    form = _whole()
    assert form.amount("interest_deduction") == 0
    assert form.field("taxable_income") is None
    assert form.field("total_tax") is None


def test_schedule_l_counts_the_net_columns_of_both_ends_of_the_year() -> None:
    form = _whole()
    want = {"cash": (41_200, 38_750), "accounts_receivable": (88_000, 95_500), "inventory": (0, 12_600), "total_assets": (231_400, 240_900)}
    want |= {"short_term_debt": (20_000, 21_000), "long_term_debt": (60_000, 39_000), "share_capital": (10_000, 10_000)}
    want |= {"retained_earnings": (88_100, 61_050), "total_liabilities_and_equity": (231_400, 240_900)}
    found = {id: (form.amount(f"schedule_l_{id}", "prior"), form.amount(f"schedule_l_{id}")) for id in want}
    assert found == {id: (Decimal(before), Decimal(now)) for id, (before, now) in want.items()}


def test_book_income_and_distributions_come_from_schedules_m() -> None:
    form = _whole()
    assert form.amount("book_income") == -12_050
    assert form.amount("distributions") == 15_000


def test_distributions_of_cash_and_property_are_added_up() -> None:
    parts: Sequence[Printed] = (
        *SCHEDULES[:-2],
        ("5a Distributions: cash", "", "", "", "9,000"),
        ("b Stock",),
        ("c Property", "", "", "", "1,500"),
    )
    field = _read(page(PAGE_ONE, edges=BOXED), page(parts, number=2, edges=EDGES)).field("distributions")
    assert field is not None
    assert field.value == 10_500
    assert field.formula == "9,000 + 1,500"


def test_lines_that_are_no_field_are_kept_as_unread() -> None:
    labels = [line.label for line in _whole().unread]
    assert any("Salaries and wages" in label for label in labels)
    assert not any("Gross receipts" in label for label in labels)


def test_a_fiscal_year_is_the_year_in_which_it_begins() -> None:
    head = (PAGE_ONE[0], ("For tax year beginning 07/01/2023, ending 06/30/2024",), *PAGE_ONE[2:])
    form = _read(page([("Form 1120-S   U.S. Income Tax Return", "", ""), *head[1:]], edges=BOXED))
    assert form.amount("tax_year") == date(2023, 7, 1).year


def test_schedule_c_reads_two_columns_of_expenses_and_masks_the_owners_number() -> None:
    lines: Sequence[Printed] = (
        ("SCHEDULE C (Form 1040)   Profit or Loss From Business", "", "", "2024"),
        ("Name of proprietor", "", "", "Social security number (SSN)"),
        ("Ida Fernhill", "", "", "912-44-7781"),
        ("F Accounting method  (1) [ ] Cash  (2) [X] Accrual",),
        ("Part I Income",),
        ("1 Gross receipts or sales", "", "", "200,500"),
        ("7 Gross income", "", "", "150,500"),
        ("Part II Expenses",),
        ("8 Advertising", "8", "18 Office expense", "4,125"),
        ("13 Depreciation and section 179", "13  11,300", "20b Other property", "22,000"),
        ("16b Interest: other", "16b  3,150", "22 Supplies", "2,750"),
        ("28 Total expenses before expenses for business use of home", "", "", "120,000"),
        ("31 Net profit or (loss)", "", "", "30,500"),
    )
    form = _read(page(lines, edges=(0.48, 0.72, 0.94)))
    assert form.words("form") == "Schedule C"
    assert form.words("accounting_basis") == "accrual"
    assert form.words("ein") == "***-**-7781"
    want = {"depreciation_deduction": 11_300, "interest_deduction": 3_150, "total_deductions": 120_000, "ordinary_business_income": 30_500}
    assert {id: form.amount(id) for id in want} == want


def test_a_line_whose_wording_a_scan_lost_is_told_by_its_number_and_by_arithmetic() -> None:
    garbled = {
        "7 Compensation": "7 CoOmpemsatiom ot otticers",
        "14 Depreciation": "14 Depe wn sa ee ear",
        "20 Total deductions": "20 Tt de nn se",
    }
    lines = [next(((new, *row[1:]) for old, new in garbled.items() if row[0].startswith(old)), row) for row in PAGE_ONE]
    form = _read(replace(page(lines, edges=BOXED), method=ReadMethod.OCR))
    assert form.amount("officers_compensation") == 96_000
    assert form.amount("depreciation_deduction") == 31_350
    assert form.amount("total_deductions") == 522_000


def test_amounts_are_decimals() -> None:
    assert isinstance(_whole().amount("gross_receipts"), Decimal)
