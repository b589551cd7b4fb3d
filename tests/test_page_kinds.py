"""What a page is: a statement by its accounts, another kind by the classifier; where documents begin."""

import pytest

from app.domain import DocumentKind, Entity, Span
from app.page_kinds import TitleClassifier, beginnings, page_kind
from models.extractor import PageReading
from models.page_kind import PageGuess
from rules.titles import kind_by_title
from tests import paper

SHEET = PageReading(
    tuple(Entity(Span(1, n, n + 1), account, 0.9) for n, account in enumerate(("total_assets", "total_equity", "cash"))),
    ((DocumentKind.BALANCE_SHEET, 0.9),),
)
NOTHING = PageReading((), ((DocumentKind.OTHER, 0.9),))
PAGE = paper.page([("Statement of something",), ("Cash", "12")])


def guess(kind: DocumentKind, score: float = 0.9, begins: float = 0.0) -> PageGuess:
    return PageGuess(((kind, score),), begins)


def test_a_schedule_within_a_tax_return_is_no_balance_sheet() -> None:
    assert page_kind(PAGE, SHEET, guess(DocumentKind.BUSINESS_TAX_RETURN)) is DocumentKind.BUSINESS_TAX_RETURN


def test_a_doubtful_guess_gives_way_to_the_accounts() -> None:
    assert page_kind(PAGE, SHEET, guess(DocumentKind.BUSINESS_TAX_RETURN, 0.55)) is DocumentKind.BALANCE_SHEET


def test_a_guess_of_a_statement_without_its_accounts_is_not_believed() -> None:
    assert page_kind(PAGE, NOTHING, guess(DocumentKind.BALANCE_SHEET)) is DocumentKind.OTHER


def test_a_page_that_says_it_was_left_blank_is_blank() -> None:
    blank = paper.page([("This page intentionally left blank",)])
    assert page_kind(blank, NOTHING, guess(DocumentKind.COVER)) is DocumentKind.BLANK


def test_three_bank_statements_after_each_other_begin_where_the_classifier_sees_first_pages() -> None:
    guesses = [guess(DocumentKind.BANK_STATEMENT, begins=b) for b in (0.9, 0.1, 0.8)]
    assert beginnings([NOTHING] * 3, guesses, [DocumentKind.BANK_STATEMENT] * 3) == [False, False, True]


def test_a_second_sheet_begins_where_accounts_come_again() -> None:
    accounts = ("total_assets", "total_equity", "cash", "inventory")
    sheet = PageReading(tuple(Entity(Span(1, n, n + 1), a, 0.9) for n, a in enumerate(accounts)), ((DocumentKind.BALANCE_SHEET, 0.9),))
    assert beginnings([sheet] * 2, [guess(DocumentKind.BALANCE_SHEET)] * 2, [DocumentKind.BALANCE_SHEET] * 2) == [False, True]


@pytest.mark.parametrize(
    ("title", "kind"),
    [
        ("Business Loan Application", DocumentKind.LOAN_APPLICATION),
        ("U.S. Corporation Income Tax Return", DocumentKind.BUSINESS_TAX_RETURN),
        ("Schedule of Liabilities", DocumentKind.DEBT_SCHEDULE),
        ("PERSONAL FINANCIAL STATEMENT", DocumentKind.PERSONAL_FINANCIAL_STATEMENT),
        ("A/R Aging Summary", DocumentKind.RECEIVABLES_AGING),
        ("Statement period 1 May 2025 to 31 May 2025", DocumentKind.BANK_STATEMENT),
        ("Lease agreement", None),
    ],
)
def test_titles_name_kinds(title: str, kind: DocumentKind | None) -> None:
    assert kind_by_title(paper.page([(title,), ("Cash", "12")])) is kind


def test_without_weights_an_untitled_later_page_belongs_to_the_document_before_it() -> None:
    pages = [paper.page([("Statement of account",)]), paper.page([("Page 2 of 2",)], number=2), paper.page([("Lease",)], number=3)]
    guesses = TitleClassifier().classify(pages)
    assert [g.kinds[0][0] for g in guesses] == [DocumentKind.BANK_STATEMENT, DocumentKind.BANK_STATEMENT, DocumentKind.OTHER]
    assert [g.begins >= 0.5 for g in guesses] == [True, False, False]
