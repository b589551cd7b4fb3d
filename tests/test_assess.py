from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from app.assess import MatchingExtractor, Models, assess, load_reasoner, spread_documents
from app.domain import Document, DocumentKind, Entity, PageStatus, Recommendation, Route, Span
from app.errors import SetupError
from app.page_kinds import TitleClassifier, page_kind
from app.reading.reader import quarantined
from app.settings import Settings
from models.extractor import PageReading
from models.page_kind import PageGuess
from tests import paper

RULES = Models(MatchingExtractor(), TitleClassifier())
NO_GUESS = PageGuess(((DocumentKind.OTHER, 0.9),), 0.0)
BALANCE = paper.page(
    [
        ("Balance Sheets",),
        ("", "December 31, 2023", "December 31, 2022"),
        ("Cash", "1,204", "1,180"),
        ("Accounts receivable", "310", "290"),
        ("Total current assets", "1,514", "1,470"),
        ("Property and equipment, net", "3,000", "2,700"),
        ("Total assets", "4,514", "4,170"),
        ("Total current liabilities", "514", "470"),
        ("Long-term debt", "1,000", "1,100"),
        ("Total liabilities", "1,514", "1,570"),
        ("Total stockholders' equity", "3,000", "2,600"),
        ("Total liabilities and stockholders' equity", "4,514", "4,170"),
    ]
)
INCOME = paper.page(
    [
        ("Statements of Income",),
        ("Years ended December 31,",),
        ("", "2023", "2022"),
        ("Net sales", "9,000", "8,000"),
        ("Cost of goods sold", "5,000", "4,600"),
        ("Gross profit", "4,000", "3,400"),
        ("Operating income", "900", "700"),
        ("Interest expense", "100", "110"),
        ("Income before income taxes", "800", "590"),
        ("Provision for income taxes", "200", "150"),
        ("Net income", "600", "440"),
    ],
    number=2,
)
NOTES = paper.page(
    [
        ("Notes to the financial statements",),
        ("Inventory is valued at cost",),
        ("", "2023", "2022"),
        ("Cash", "12", "14"),
        ("Inventory", "3", "4"),
    ],
    number=3,
)


def test_a_file_of_several_statements_is_split_and_spread() -> None:
    reading = spread_documents([Document("accounts.pdf", DocumentKind.OTHER, (BALANCE, INCOME, NOTES))], RULES)
    assert [(d.kind, d.first, d.last) for d in reading.documents] == [
        (DocumentKind.BALANCE_SHEET, 1, 1),
        (DocumentKind.INCOME_STATEMENT, 2, 2),
        (DocumentKind.OTHER, 3, 3),
    ]
    assert [s.item("net_income", "current").value for s in reading.spread.of_kind(DocumentKind.INCOME_STATEMENT)] == [600]  # type: ignore[union-attr]


def test_every_page_of_every_file_is_in_the_ledger_with_a_kind() -> None:
    files = [Document("accounts.pdf", DocumentKind.OTHER, (BALANCE, INCOME, NOTES)), quarantined("broken.pdf", "The file is empty.")]
    reading = spread_documents(files, RULES)
    assert len(reading.pages) == len(reading.page_kinds) == 4
    assert reading.pages[3].status is PageStatus.QUARANTINED


def test_a_page_with_accounts_but_none_of_a_statement_s_totals_is_no_statement() -> None:
    assert page_kind(NOTES, MatchingExtractor().extract([NOTES])[0], NO_GUESS) is DocumentKind.OTHER


def test_a_title_does_not_make_a_statement_and_its_lack_does_not_unmake_one() -> None:
    accounts = ["total_assets", "total_equity", "cash"]
    entities = tuple(Entity(Span(1, n, n + 1), account, 0.9) for n, account in enumerate(accounts))
    untitled = PageReading(entities, ((DocumentKind.OTHER, 0.9),))
    titled = PageReading(entities[2:], ((DocumentKind.BALANCE_SHEET, 0.99),))
    assert page_kind(NOTES, untitled, NO_GUESS) is DocumentKind.BALANCE_SHEET
    assert page_kind(NOTES, titled, NO_GUESS) is DocumentKind.OTHER


def test_a_second_balance_sheet_is_a_document_of_its_own() -> None:
    again = Document(
        "group.pdf",
        DocumentKind.OTHER,
        (
            BALANCE,
            paper.page(
                [
                    ("Company balance sheet",),
                    ("", "2023"),
                    ("Cash", "12"),
                    ("Accounts receivable", "31"),
                    ("Total current assets", "43"),
                    ("Total assets", "43"),
                    ("Total liabilities", "3"),
                    ("Total equity", "40"),
                ],
                number=2,
            ),
        ),
    )
    assert [(d.kind, d.first) for d in spread_documents([again], RULES).documents] == [
        (DocumentKind.BALANCE_SHEET, 1),
        (DocumentKind.BALANCE_SHEET, 2),
    ]


def test_an_application_with_statements_alone_is_referred_and_says_what_is_missing() -> None:
    assessment = assess("acme", [Document("accounts.pdf", DocumentKind.OTHER, (BALANCE, INCOME))], RULES, date(2024, 3, 1))
    assert (assessment.recommendation, assessment.route) == (Recommendation.REFER, Route.REVIEW)
    missing = " ".join(f.message for f in assessment.findings if f.theme == "complete")
    assert "application" in missing
    assert {r.id: r.value for r in assessment.ratios if r.period == "current"}["current_ratio"] == Decimal(1514) / 514


def test_the_same_files_give_the_same_assessment() -> None:
    files = [Document("accounts.pdf", DocumentKind.OTHER, (BALANCE, INCOME, NOTES))]
    assert assess("acme", files, RULES, date(2024, 3, 1)) == assess("acme", files, RULES, date(2024, 3, 1))


def test_an_application_with_nothing_readable_is_referred() -> None:
    assessment = assess("acme", [quarantined("broken.pdf", "The file is empty.")], RULES, date(2024, 3, 1))
    assert assessment.recommendation is Recommendation.REFER
    assert any("broken.pdf" in f.message or "broken.pdf" in f.documents for f in assessment.findings)


def test_without_a_reasoner_the_rules_give_the_rationale_and_the_assessment_says_so() -> None:
    made = assess("none", [], replace(RULES, unreasoned="its weights are missing."), date(2025, 1, 1))
    assert made.rationale
    assert made.rationale.note == "By the rules: its weights are missing."
    assert made.rationale.author.name == "rationale"


def test_reasoner_weights_that_are_missing_are_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="loanlens train reasoner"):
        load_reasoner(Settings(reasoner_dir=tmp_path))


def test_a_named_server_reasons_instead() -> None:
    made = load_reasoner(Settings(reasoner_url="http://127.0.0.1:9/v1", reasoner_model="loans"))
    assert made.version.version == "loans on a server"
