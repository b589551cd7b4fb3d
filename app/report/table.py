"""Every figure of assessments as one CSV table, a line each with its place: for spreadsheets and other systems."""

from collections.abc import Iterable, Iterator, Mapping

from app.domain import Assessment
from app.report.csv import write_csv
from app.report.json import fact_object, kind_and_facts

_HEADS = (
    *("package_id", "file", "kind", "concept", "period", "end", "value", "text", "label", "page"),
    *("confidence", "auto_accept", "source", "formula"),
)


def csv_of(assessments: Iterable[Assessment]) -> str:
    """Return a header and one line for each figure, in the order of the documents."""
    return write_csv(_HEADS, (row for each in assessments for row in _rows(each)))


def _rows(assessment: Assessment) -> Iterator[Mapping[str, object]]:
    for kind, figure in kind_and_facts(assessment.spread, assessment.forms):
        yield {"package_id": assessment.package_id, "file": figure.file, "kind": kind} | fact_object(figure)
