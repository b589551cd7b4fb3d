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
