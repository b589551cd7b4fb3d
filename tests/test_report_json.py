"""The JSON objects of `spread` and `assess`."""

import json
from dataclasses import replace
from decimal import Decimal

from app.domain import UNMAPPED, Document, DocumentKind, PageStatus, ReadMethod, Severity, Spread
from app.report.json import document_objects, fact_object, file_object, package_object
from app.report.parts import FileSpread
from app.report.wording import plain
from tests import build


def test_values_are_plain_decimals_without_exponent() -> None:
    assert plain(Decimal("2.9943E+10")) == "29943000000"
    assert plain(Decimal("1234.50")) == "1234.5"
    assert plain(Decimal("-0.00")) == "0"
    assert plain(Decimal(100)) == "100"
    assert plain(Decimal(1) / 3, 6) == "0.333333"


def test_a_fact_carries_its_evidence() -> None:
    fact = fact_object(build.item("cash", 84_210, label="Cash at bank"))
    assert [fact[key] for key in ("concept", "value", "text", "label")] == ["cash", "84210", "84,210", "Cash at bank"]
    assert [fact[key] for key in ("end", "page", "source")] == ["2024-12-31", 1, "text"]
    assert fact["box"] == [0.63, 0.16, 0.74, 0.176]


def test_the_source_tells_text_ocr_and_derived_apart() -> None:
    read, total = build.item(), build.derived("total_assets", 5, "cash + inventory")
    assert [fact_object(each)["source"] for each in (read, replace(read, method=ReadMethod.OCR), total)] == ["text", "ocr", "derived"]
    assert fact_object(total)["box"] is None


def test_a_document_gives_one_value_per_account_and_period_and_keeps_the_others_as_alternatives() -> None:
    twice = build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (10, 9)), ("cash", "Cash in bank", (11, 9))])
    (document,) = document_objects([], Spread((twice,)))
    assert [(f["period"], f["value"], f["alternatives"]) for f in document["facts"]] == [("current", "10", ["11"]), ("prior", "9", [])]


def test_lines_outside_the_template_are_kept_apart_from_the_facts() -> None:
    documents = document_objects([], build.spread())
    assert all(f["concept"] != UNMAPPED for d in documents for f in d["facts"])
    assert [f["label"] for f in documents[0]["unmapped"]] == ["Deposits with suppliers"] * 2


def test_a_document_without_a_statement_is_listed_too() -> None:
    lease = Document("lease.pdf", DocumentKind.OTHER, (build.page(file="lease.pdf"),))
    documents = document_objects([*build.assessment().documents, lease], build.spread())
    assert [(d["file"], d["kind"], len(d["facts"]) > 0) for d in documents] == [
        ("lease.pdf", "other", False),
        ("statements.pdf", "balance_sheet", True),
        ("statements.pdf", "income_statement", True),
        ("statements.pdf", "cash_flow_statement", True),
    ]


def test_every_page_has_a_kind_and_a_status() -> None:
    pages = (
        build.page(text="Lease of premises"),
        build.page(2, status=PageStatus.QUARANTINED, reason="The page is damaged. Ask for it again."),
    )
    subject = FileSpread("statements.pdf", pages, (DocumentKind.OTHER, DocumentKind.OTHER), (), Spread(()), ())
    found = file_object(subject)
    assert [(p["page"], p["status"], p["kind"]) for p in found["pages"]] == [(1, "read", "other"), (2, "quarantined", "other")]
    assert found["pages"][1]["reason"] == "The page is damaged. Ask for it again."
    assert "text" not in found["pages"][0]
    assert file_object(subject, text=True)["pages"][0]["text"] == "Lease\nof\npremises"


def test_an_assessment_is_one_json_object_with_the_keys_that_callers_read() -> None:
    made = build.assessment(
        findings=[build.finding(severity=Severity.MEDIUM, facts=[build.item()])],
        ratios=[
            build.ratio("current_ratio", "1.9963", period="prior"),
            build.ratio("current_ratio", "2.23730514484"),
            build.ratio("fccr", None),
        ],
    )
    found = json.loads(json.dumps(package_object(made)))
    assert [found[key] for key in ("package_id", "recommendation", "route", "grade")] == ["sound", "refer", "review", None]
    assert found["ratios"] == {"current_ratio": "2.237305", "fccr": None}
    (only,) = found["findings"]
    assert (only["severity"], only["documents"], only["facts"][0]["file"]) == ("medium", ["statements.pdf"], "statements.pdf")
