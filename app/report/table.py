"""Every figure of assessments as one CSV table, a line each with its place: for spreadsheets and other systems."""

import csv
import io
import re
from collections.abc import Iterable

from app.domain import Assessment, Figure
from app.report.json import fact_object, kind_and_facts

_HEADS = (
    *("package_id", "file", "kind", "concept", "period", "end", "value", "text", "label", "page"),
    *("confidence", "auto_accept", "source", "formula"),
)
_FORMULA_STARTS = ("=", "+", "-", "@", "|", "%", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?")


def csv_of(assessments: Iterable[Assessment]) -> str:
    """Return a header and one line for each figure, in the order of the documents."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADS)
    for assessment in assessments:
        for kind, figure in kind_and_facts(assessment.spread, assessment.forms):
            writer.writerow(_row(assessment.package_id, kind, figure))
    return out.getvalue()


def _row(package: str, kind: str, figure: Figure) -> list[str]:
    found = {"package_id": package, "file": figure.file, "kind": kind} | fact_object(figure)
    return [safe_cell(found[head]) for head in _HEADS]


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe. Source: OWASP, CSV Injection."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS) else text


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula; a plain number is none."""
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else safe_text(text)
