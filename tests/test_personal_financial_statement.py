"""Personal financial statements are read, assets beside liabilities or below one another."""

from datetime import date
from decimal import Decimal

from app.domain import DocumentKind, Form, Page
from rules.forms.personal_financial_statement import read
from tests.paper import document, form, values


def read_page(shown: Page) -> Form:
    return read(document(DocumentKind.PERSONAL_FINANCIAL_STATEMENT, shown))


def test_assets_beside_liabilities_are_read() -> None:
    found = read_page(
        form(
            [
                [(0.3, "PERSONAL FINANCIAL STATEMENT")],
                [(0.06, "Name: Ann Roe"), (0.5, "As of: 01/31/2026")],
                [(0.06, "ASSETS"), (0.5, "LIABILITIES")],
                [(0.06, "Cash on Hand & in banks"), (0.36, "$ 22,000"), (0.5, "Accounts Payable"), (0.85, "$ 1,500")],
                [(0.06, "Savings Accounts"), (0.36, "$ 8,000"), (0.5, "Installment Account (Auto)"), (0.85, "$ 9,000")],
                [(0.06, "Real Estate"), (0.36, "$ 410,000"), (0.5, "Mortgages on Real Estate"), (0.85, "$ 240,000")],
                [(0.06, "Ownership in Roe Pottery LLC"), (0.36, "$ 95,000"), (0.5, "Total Liabilities"), (0.85, "$ 250,500")],
                [(0.06, "Total"), (0.36, "$ 535,000"), (0.5, "Net Worth"), (0.85, "$ 284,500")],
                [(0.06, "Section 1. Source of Income"), (0.5, "Contingent Liabilities")],
                [(0.06, "Salary"), (0.36, "$ 88,000"), (0.5, "As Endorser or Co-Maker"), (0.85, "$ 0")],
            ]
        ),
    )
    ids = ("guarantor_name", "statement_date", "pfs_cash", "pfs_real_estate", "pfs_mortgages", "pfs_business_interest")
    assert values(found, *ids) == ["Ann Roe", date(2026, 1, 31), Decimal(22000), Decimal(410000), Decimal(240000), Decimal(95000)]
    assert values(found, "pfs_total_assets", "pfs_total_liabilities", "net_worth", "salary", "contingent_liabilities") == [
        Decimal(535000),
        Decimal(250500),
        Decimal(284500),
        Decimal(88000),
        Decimal(0),
    ]


def test_what_is_not_printed_is_not_invented() -> None:
    found = read_page(form([[(0.06, "Personal financial statement")], [(0.06, "Name: Ann Roe")], [(0.06, "Salary: $ 50,000")]]))
    assert {field.id for field in found.fields} == {"guarantor_name", "salary"}


def test_a_british_guarantors_statement_is_read() -> None:
    found = read_page(
        form(
            [
                [(0.2, "Guarantor's Statement of Assets and Liabilities")],
                [(0.06, "Full name of guarantor"), (0.5, "Isla Begum")],
                [(0.06, "Position at"), (0.5, "5 April 2026")],
                [(0.06, "Main residence"), (0.5, "£425,000")],
                [(0.06, "Bank and building society accounts"), (0.5, "£18,250")],
                [(0.06, "Shares in Begum Textiles Ltd"), (0.5, "£90,000")],
                [(0.06, "Total assets"), (0.5, "£533,250")],
                [(0.06, "Mortgage outstanding"), (0.5, "£212,000")],
                [(0.06, "Total liabilities"), (0.5, "£220,500")],
                [(0.06, "Guarantees given"), (0.5, "nil")],
                [(0.06, "Monthly loan repayments"), (0.5, "£1,250")],
                [(0.06, "Annual household expenditure"), (0.5, "£31,000")],
            ]
        )
    )
    ids = ("guarantor_name", "statement_date", "pfs_real_estate", "pfs_cash", "pfs_business_interest", "pfs_mortgages")
    assert values(found, *ids) == ["Isla Begum", date(2026, 4, 5), Decimal(425000), Decimal(18250), Decimal(90000), Decimal(212000)]
    assert values(found, "contingent_liabilities", "personal_debt_payments", "living_expenses") == [
        Decimal(0),
        Decimal(15000),
        Decimal(31000),
    ]
    worth = found.field("net_worth")
    assert worth is not None
    assert (worth.value, worth.formula, worth.box) == (Decimal(312750), "533,250 - 220,500", None)


def test_the_title_of_a_statement_names_nobody() -> None:
    found = read_page(form([[(0.2, "STATEMENT OF FINANCIAL CONDITION")], [(0.06, "Cash in banks"), (0.5, "$12,000")]]))
    assert values(found, "guarantor_name", "pfs_cash") == [None, Decimal(12000)]
