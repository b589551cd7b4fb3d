"""Reads a document that is no statement: one sibling module for each kind, each with `read(document) -> Form`."""

from collections.abc import Callable, Mapping

from app.domain import Document, DocumentKind, Form
from rules.forms import debt_schedule, loan_application, personal_financial_statement, receivables_aging
from rules.forms.fields import form_of


def read(document: Document) -> Form:
    """Return what `document` states; of a kind that nobody reads, its lines with amounts stay unread."""
    reader = READERS.get(document.kind)
    return reader(document) if reader else form_of(document, ())


#: The reader of each kind.
READERS: Mapping[DocumentKind, Callable[[Document], Form]] = {
    DocumentKind.LOAN_APPLICATION: loan_application.read,
    DocumentKind.DEBT_SCHEDULE: debt_schedule.read,
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: personal_financial_statement.read,
    DocumentKind.RECEIVABLES_AGING: receivables_aging.read,
}
