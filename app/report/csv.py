"""Rows as CSV (RFC 4180): what a spreadsheet would take for a formula is kept from being one. Source: OWASP, CSV Injection."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO

#: What a spreadsheet takes for the beginning of a formula, as ASCII and full width.
_FORMULA_STARTS = (*"=+-@|%\t\r\n", *"＝＋－＠")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([Ee][+-]?[0-9]+)?")


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return a header and a line for each row; what a row has none of is empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([safe_cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def safe_cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula; a plain number is none."""
    text = "" if value is None else str(value)
    return text if _NUMBER.fullmatch(text) else safe_text(text)


def safe_text(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe in front."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) or text.lstrip().startswith(_FORMULA_STARTS) else text
