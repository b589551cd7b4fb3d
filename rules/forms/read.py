"""A document other than a statement -> Form, by the reader of its kind."""

from app.domain import Document, DocumentKind, Form
from rules.forms import (
    bank_statement,
    debt_schedule,
    loan_application,
    personal_financial_statement,
    receivables_aging,
    tax_return,
)


def read(document: Document) -> Form | None:
    """Return `document` as read, or None where its kind has no fields."""
    reader = READERS.get(document.kind)
    return reader(document) if reader else None


READERS = {
    DocumentKind.LOAN_APPLICATION: loan_application.read,
    DocumentKind.BUSINESS_TAX_RETURN: tax_return.read,
    DocumentKind.BANK_STATEMENT: bank_statement.read,
    DocumentKind.DEBT_SCHEDULE: debt_schedule.read,
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: personal_financial_statement.read,
    DocumentKind.RECEIVABLES_AGING: receivables_aging.read,
}
