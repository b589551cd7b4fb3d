"""Rows as CSV (RFC 4180): what a spreadsheet would take for a formula is kept from being one."""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO

_AMOUNT = re.compile(r"-?\d+(\.\d+)?(e-?\d+)?")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


def write_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Return a header and a line for each row; what a row has none of is empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([cell(row.get(column)) for column in columns] for row in rows)
    return out.getvalue()


def cell(value: object) -> str:
    """Return a value as it stands in a cell: text that begins like a formula gets an apostrophe in front, amounts stay."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) and not _AMOUNT.fullmatch(text) else text
