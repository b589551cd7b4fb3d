"""The rule-based page classifier: a page's kind by the title at its top. The yardstick of the trained one, and its stand-in.

A page without a title that it knows has none; what its accounts make it is for others to say.
"""

import re

from app.domain import DocumentKind, Page

_TOP = 0.3  # share of the page's height in which titles stand
_FIRST = re.compile(r"\bpage\s*:?\s*1\b(?!\d)", re.IGNORECASE)
_LATER = re.compile(r"\bpage\s*:?\s*(?:[2-9]|1\d)\b|\bcontinued\b", re.IGNORECASE)
_BLANK = re.compile(r"intentionally\s+(?:left\s+)?blank|(?:left|is)\s+blank\s+(?:on\s+purpose|intentionally)", re.IGNORECASE)
_FEW_WORDS = 15


def kind_by_title(page: Page) -> DocumentKind | None:
    """Return the kind that the page's title names, or None."""
    top = "\n".join(" ".join(w.text for w in page.words[ln.span.start : ln.span.stop]) for ln in page.lines if ln.box.top < _TOP)
    return next((kind for kind, title in TITLES if title.search(top)), None)


def begins_by_number(page: Page) -> bool | None:
    """Return whether the page's own number says that a document begins on it, or None where it says nothing."""
    if _FIRST.search(page.text):
        return True
    return False if _LATER.search(page.text) else None


def says_it_is_blank(page: Page) -> bool:
    """Return whether nothing stands on the page but that it was left blank."""
    return len(page.words) <= _FEW_WORDS and bool(_BLANK.search(page.text))


def _any(*wordings: str) -> re.Pattern[str]:
    return re.compile("|".join(wordings), re.IGNORECASE)


#: Titles by kind; the first that fits counts.
TITLES: tuple[tuple[DocumentKind, re.Pattern[str]], ...] = (
    (
        DocumentKind.PERSONAL_FINANCIAL_STATEMENT,
        _any(
            r"personal financial statement",
            r"statement of personal (?:assets|finances)",
            r"guarantor'?s? (?:statement|assets)",
            r"form 413",
        ),
    ),
    (
        DocumentKind.BUSINESS_TAX_RETURN,
        _any(
            r"u\.?s\.? (?:corporation )?income tax return",
            r"return of partnership income",
            r"profit or loss from business",
            r"form (?:1120|1065)",
            r"schedule (?:k|l|m-1|m-2)\b",
        ),
    ),
    (
        DocumentKind.LOAN_APPLICATION,
        _any(
            r"(?:loan|credit|finance) application",
            r"application for (?:a )?(?:business |commercial |term )?(?:loan|credit|finance|facility)",
            r"borrower information form",
            r"form 1919",
        ),
    ),
    (
        DocumentKind.DEBT_SCHEDULE,
        _any(
            r"debt schedule",
            r"schedule of (?:business )?(?:debts?|liabilities|borrowings|indebtedness|loans)",
            r"list of (?:debts|loans)",
        ),
    ),
    (
        DocumentKind.RECEIVABLES_AGING,
        _any(
            r"a/?r age?ing",
            r"receivables? age?ing",
            r"aged (?:receivables|debtors)",
            r"age?ing (?:summary|of (?:receivables|debtors)|report)",
        ),
    ),
    (
        DocumentKind.BANK_STATEMENT,
        _any(
            r"statement of account",
            r"account (?:statement|summary|activity)",
            r"statement period",
            r"checking (?:account|summary)",
            r"bank statement",
            r"current account",
        ),
    ),
)
