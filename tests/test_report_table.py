"""The CSV table of figures: complete, and safe to open in a spreadsheet."""

import csv
import io
from dataclasses import replace

import pytest

from app.domain import UNMAPPED, DocumentKind
from app.report.csv import safe_cell
from app.report.table import csv_of
from tests import build


def _rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_every_figure_of_every_assessment_is_a_line() -> None:
    form = build.FORMS["application"]
    one = replace(build.assessment("first"), forms=(form,))
    rows = _rows(csv_of([one, build.assessment("second")]))
    items = len({(s.kind, i.account, i.period.name) for s in build.spread().statements for i in s.items if i.account != UNMAPPED})
    assert [row["package_id"] for row in rows].count("first") == items + len(form.fields)
    assert [row["package_id"] for row in rows].count("second") == items
    cash = next(row for row in rows if row["concept"] == "cash" and row["period"] == "current")
    assert (cash["value"], cash["file"], cash["page"]) == ("84210", "statements.pdf", "1")


def test_no_cell_is_a_formula_to_a_spreadsheet() -> None:
    form = build.form(DocumentKind.LOAN_APPLICATION, "a.pdf", {"borrower_name": "=HYPERLINK(1)", "request_purpose": "-1+2", "years": -3})
    rows = {row["concept"]: row for row in _rows(csv_of([replace(build.assessment(), forms=(form,))]))}
    assert rows["borrower_name"]["value"] == "'=HYPERLINK(1)"
    assert rows["years"]["value"] == "-3"
    assert all(not cell.startswith(("=", "+", "@")) for row in rows.values() for cell in row.values())


@pytest.mark.parametrize(
    "text",
    ["=1+1", "-1+cmd|' /C calc'!A0", "+1-HYPERLINK(1)", "@SUM(1)", "\t=1", " =1", "\r\n=1", "＝1", "%0a=1", "-5+2", "-"],
)
def test_text_that_could_begin_a_formula_is_held_back(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "-3", "-1250.50", "+7", "0.5E-7", "Net sales", "2024-12-31", "a=b"])
def test_numbers_and_plain_words_are_left_alone(text: str) -> None:
    assert safe_cell(text) == text
