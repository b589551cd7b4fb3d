"""Ties: all documents of a package speak of one borrower."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from app.domain import STATEMENT_KINDS, Document, DocumentKind, Figure, Form, ReadMethod, Severity
from rules.identity import same_name, same_tax_id
from rules.themes.case import Case, Flaw, fields, files, listed

#: Where a form names the borrower and its tax id.
_NAMES = {DocumentKind.LOAN_APPLICATION: "borrower_name", DocumentKind.BUSINESS_TAX_RETURN: "taxpayer_name"}
_IDS = (DocumentKind.LOAN_APPLICATION, DocumentKind.BUSINESS_TAX_RETURN)
#: Documents whose head names the borrower; schedules and agings name others too.
_HEADED = (*STATEMENT_KINDS, DocumentKind.BANK_STATEMENT)
_COMPANY = re.compile(r"[A-Z0-9].{2,60}\b(?:inc|incorporated|corp|corporation|llc|l\.l\.c|llp|ltd|limited|plc)\b\.?", re.IGNORECASE)
_NOT_THE_BORROWER = re.compile(r"\b(?:bank|bancorp|credit union|accountants?|cpas?|auditors?|member fdic|lender|n\.a)\b", re.IGNORECASE)
_ALIKE = 0.7  # likeness of a name to one that was misread by a few letters
_HEAD = 12  # lines of the first page in which a document names whose it is


def documents_name_one_borrower(case: Case) -> Iterator[Flaw]:
    """Every document must name the borrower of the loan application; spelling, legal form and initials may differ.

    Why: figures of another company say nothing of this one; two borrowers may have been put into one package by mistake. A sole
    proprietor's return names the proprietor.
    Source: Credit analysis practice: agreement of documents; 31 CFR 1020.220 (customer identification).
    Example: the application is of Marlowe Street Optics LLC, the tax return of Harbour Lane Joinery Inc.
    """
    borrower = case.application.borrower.name if case.application else ""
    if not borrower:
        return
    owners = [owner.name for owner in case.application.borrower.owners] if case.application else []
    forms = [
        (form, name)
        for form, name in _named(case)
        if all(_is_another(name, known, misread=case.was_seen(form)) for known in (borrower, *_who_may_sign(form, owners)))
    ]
    others: list[tuple[Form | Document, str]] = [*forms, *((d, name) for d in case.documents if (name := _other_company(d, borrower)))]
    if others:
        applied = case.of_kind(DocumentKind.LOAN_APPLICATION)
        told = listed(f"{name} ({case.where(document)})" for document, name in others)
        said = (
            f"The loan application is of {borrower}, but there are documents of {told}. The package may hold the documents of two "
            f"borrowers: separate them."
        )
        facts: tuple[Figure, ...] = tuple(
            fact for form in (*applied, *(form for form, _ in forms)) for fact in fields(form, *_NAMES.values())
        )
        yield Flaw(Severity.HIGH, said, facts, files(*applied, *(document for document, _ in others)))


def documents_bear_one_tax_id(case: Case) -> Iterator[Flaw]:
    """The tax id on the tax return must be that on the loan application.

    Why: it tells companies of similar names apart; a wrong one is a slip, or another company's return. On a scan a digit
    may be another that looks like it.
    Source: Credit analysis practice: agreement of documents; 31 CFR 1020.220 (customer identification).
    Example: 00-5930690 on the loan application, 00-5930960 on the tax return.
    """
    forms = [(form, id) for kind in _IDS for form in case.of_kind(kind) if (id := form.words("ein"))]
    for other, id in forms[1:]:
        first, known = forms[0]
        if not same_tax_id(known, id, scanned=case.was_seen(first) or case.was_seen(other)):
            said = f"The tax id is {known} in {case.where(first)}, but {id} in {case.where(other)}."
            yield Flaw(Severity.MEDIUM, said, (*fields(first, "ein"), *fields(other, "ein")), files(first, other))


def _who_may_sign(form: Form, owners: Sequence[str]) -> Sequence[str]:
    """Return the owners where a return is the proprietor's own: Schedule C has neither Schedule L nor officers."""
    own = form.kind is DocumentKind.BUSINESS_TAX_RETURN and not any(field.id.startswith("schedule_l_") for field in form.fields)
    return owners if own else ()


def _named(case: Case) -> Iterator[tuple[Form, str]]:
    for kind, id in _NAMES.items():
        for form in case.of_kind(kind):
            if name := form.words(id):
                yield form, name


def _is_another(name: str, borrower: str, *, misread: bool) -> bool:
    """Say whether a name is another than the borrower's; one read from a picture may be off by a few letters."""
    alike = SequenceMatcher(None, name.lower(), borrower.lower()).ratio()
    return not same_name(name, borrower) and not (misread and alike >= _ALIKE)


def _other_company(document: Document, borrower: str) -> str:
    """Return the company in the head of a document, if it is another than the borrower, who is named nowhere in it."""
    if document.kind not in _HEADED:
        return ""
    if any(_mentions(line, borrower) for page in document.pages for line in page.text.splitlines()):
        return ""
    head = [line.label for line in document.pages[0].lines[:_HEAD] if not line.amounts and not _NOT_THE_BORROWER.search(line.label)]
    found = [match[0].strip(" .,") for line in head if (match := _COMPANY.search(line))]
    seen = any(page.method is ReadMethod.OCR for page in document.pages)
    return next((name for name in found if _is_another(name, borrower, misread=seen)), "")


def _mentions(line: str, borrower: str) -> bool:
    """Say whether a line holds the borrower's name, or all of its telling words."""
    words = borrower.split()
    spoken = line.split()
    runs = (" ".join(spoken[n : n + size]) for size in {len(words), max(1, len(words) - 1)} for n in range(len(spoken)))
    return any(same_name(run, borrower) for run in runs)
