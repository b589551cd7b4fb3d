"""Reading: what of the files could not be read, and which rows found no account."""

from collections.abc import Iterator

from app.domain import UNMAPPED, DocumentKind, Page, PageStatus, Severity
from rules.themes.case import Case, Flaw, listed

_SHOWN = 3
#: Of each kind, the figures of which one at least must be read before the document counts as read.
_TELLING: dict[DocumentKind, tuple[str, ...]] = {
    DocumentKind.LOAN_APPLICATION: ("requested_amount",),
    DocumentKind.BUSINESS_TAX_RETURN: ("gross_receipts", "total_income", "ordinary_business_income", "taxable_income"),
    DocumentKind.BANK_STATEMENT: ("closing_balance",),
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: ("net_worth", "pfs_total_assets"),
    DocumentKind.RECEIVABLES_AGING: ("aging_total",),
}


def every_page_can_be_read(case: Case) -> Iterator[Flaw]:
    """Every page of every file must be readable; one that is not is set aside with its reason, and never dropped.

    Why: what was not read was not assessed. High where nothing of the file could be read, medium otherwise.
    Source: Completeness of the record: every page is accounted for.
    Example: page 3 of statements.pdf could not be read: the scan is too faint.
    """
    for file in dict.fromkeys(page.file for page in case.pages):
        pages = [page for page in case.pages if page.file == file]
        lost = [page for page in pages if page.status is PageStatus.QUARANTINED]
        if lost:
            whole = len(lost) == len(pages)
            which = "the file" if whole else f"page{'s' if len(lost) > 1 else ''} {listed(str(page.number) for page in lost)}"
            said = f"{file}: {which} could not be read. {_reasons(lost)}"
            yield Flaw(Severity.HIGH if whole else Severity.MEDIUM, said, (), (file,))


def every_document_tells_its_figures(case: Case) -> Iterator[Flaw]:
    """Of every document the figures for which it was asked must be readable.

    Why: a tax return that is there but cannot be read ties to nothing; without this it would pass for one that agrees.
    Source: Completeness of the record: what was not read was not assessed.
    Example: the photo of the tax return shows its title, and no figure of it could be read.
    """
    for form in case.forms:
        telling = _TELLING.get(form.kind)
        if telling and all(form.amount(id) is None for id in telling):
            said = f"{case.where(form)}: this is a {form.kind.replace('_', ' ')}, but the figures that matter could not be read on it."
            yield Flaw(Severity.MEDIUM, f"{said} Type them from the page, or ask for a better copy.", (), (form.file,))


def every_row_finds_an_account(case: Case) -> Iterator[Flaw]:
    """Every printed row should find an account of the template; one that does not is kept under its own label.

    Why: nothing of a page is dropped, but what has no account counts in no ratio.
    Source: Completeness of the record: the spread is lossless.
    Example: "Deposits with suppliers" 6,400 stands on the balance sheet and in no account.
    """
    for statement in case.spread.statements:
        rows = [item for item in statement.items if item.account == UNMAPPED]
        labels = list(dict.fromkeys(f"“{row.label}”" if row.label else "a row without a label" for row in rows))
        if labels:
            more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
            said = f"{statement.file}: kept outside the template: {', '.join(labels[:_SHOWN])}{more}."
            yield Flaw(Severity.INFO, said, tuple(rows), (statement.file,))


def _reasons(pages: list[Page]) -> str:
    reasons = dict.fromkeys((page.reason or "The reason is not known").rstrip(". ") for page in pages)
    return ". ".join(reasons) + "."
