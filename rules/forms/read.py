"""A document other than a statement -> Form: one sibling module for each kind, each with `read(document) -> Form`."""

from collections.abc import Callable, Mapping

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
    """Return what `document` states, None for a kind that is no form: a statement is spread, of `other` nothing is read."""
    reader = READERS.get(document.kind)
    return reader(document) if reader else None


#: The reader of each kind.
READERS: Mapping[DocumentKind, Callable[[Document], Form]] = {
    DocumentKind.LOAN_APPLICATION: loan_application.read,
    DocumentKind.BUSINESS_TAX_RETURN: tax_return.read,
    DocumentKind.BANK_STATEMENT: bank_statement.read,
    DocumentKind.DEBT_SCHEDULE: debt_schedule.read,
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: personal_financial_statement.read,
    DocumentKind.RECEIVABLES_AGING: receivables_aging.read,
}
