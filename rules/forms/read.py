"""Reads a document that is no statement: one sibling module for each kind, each with `read(document) -> Form`."""

from collections.abc import Callable, Mapping

from app.domain import Document, DocumentKind, Form
from rules.forms import debt_schedule, loan_application, personal_financial_statement, receivables_aging


def read(document: Document) -> Form | None:
    """Return what `document` states, None for a kind that is no form: a statement is spread, of `other` nothing is read."""
    reader = READERS.get(document.kind)
    return reader(document) if reader else None


#: The reader of each kind.
READERS: Mapping[DocumentKind, Callable[[Document], Form]] = {
    DocumentKind.LOAN_APPLICATION: loan_application.read,
    DocumentKind.DEBT_SCHEDULE: debt_schedule.read,
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: personal_financial_statement.read,
    DocumentKind.RECEIVABLES_AGING: receivables_aging.read,
}
