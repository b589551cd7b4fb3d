from app.domain import UNMAPPED, DocumentKind, Entity
from rules import matching
from tests import paper


def labels(*lines: paper.Printed) -> list[str]:
    return [entity.label for entity in matching.extract(paper.page(lines))]


def test_a_synonym_names_its_account() -> None:
    assert labels(("Consolidated Balance Sheets",), ("Cash and cash equivalents", "12"), ("Trade receivables, net", "14")) == [
        "cash",
        "accounts_receivable",
    ]


def test_brackets_and_allowances_do_not_hide_a_synonym() -> None:
    page = [("Balance Sheet",), ("Accounts receivable, net of allowance of $80 in 2023", "12"), ("Retained earnings (deficit)", "14")]
    assert labels(*page) == ["accounts_receivable", "retained_earnings"]


def test_a_wording_it_does_not_know_is_unmapped() -> None:
    assert labels(("Balance Sheet",), ("Mortgage servicing rights", "12")) == [UNMAPPED]


def test_an_account_of_another_statement_is_not_matched() -> None:
    assert labels(("Balance Sheet",), ("Gross profit", "12")) == [UNMAPPED]


def test_the_title_tells_the_kind_of_a_page() -> None:
    assert matching.page_kind(paper.page([("Acme Ltd",), ("Profit and Loss Account",)])) is DocumentKind.INCOME_STATEMENT
    assert matching.page_kind(paper.page([("Statements of Cash Flows",)])) is DocumentKind.CASH_FLOW_STATEMENT
    assert matching.page_kind(paper.page([("Report of the directors",)])) is DocumentKind.OTHER


def test_a_line_unknown_to_the_model_is_named_where_the_template_has_its_very_words() -> None:
    lines = [("Balance sheet",), ("", "2024"), ("Checking account", "61,074"), ("Fixed assets at cost", "900"), ("Inventory", "13")]
    page = paper.page(lines)
    spans = [line.span for line in page.lines if line.amounts]
    told = [Entity(spans[0], UNMAPPED, 0.9), Entity(spans[1], UNMAPPED, 1.0), Entity(spans[2], "inventory", 1.0)]
    named = matching.name_unmapped(page, told, DocumentKind.BALANCE_SHEET)
    assert [e.label for e in named] == ["cash", UNMAPPED, "inventory"]
    assert named[0].score <= 0.5
    assert matching.name_unmapped(page, told, DocumentKind.OTHER) == tuple(told)


def test_two_lines_of_the_same_words_stay_unnamed_for_neither_is_the_whole() -> None:
    page = paper.page([("Balance sheet",), ("", "2024"), ("Checking", "61,074"), ("Checking", "900")])
    told = [Entity(line.span, UNMAPPED, 0.9) for line in page.lines if line.amounts]
    assert {e.label for e in matching.name_unmapped(page, told, DocumentKind.BALANCE_SHEET)} == {UNMAPPED}
