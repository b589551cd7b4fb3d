"""A table of accounts, a borrower or firm-year a row: read with care for `rate --table`, for training and for measuring.

Columns are account ids, those of the prior period end in `_prior`; an empty cell is a missing figure. Other columns are kept as
they stand. What is wrong with the table is told with its line.
"""

import csv
import gzip
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import UsageError

Column = NDArray[np.float64]

_PRIOR_COLUMN = "_prior"
_PRIOR = "prior_"
_MISSING = frozenset({"", "na", "n/a", "nan", "none", "null", "-"})
_GZIP = b"\x1f\x8b"
_MOST_TOLD = 8


@dataclass(frozen=True, slots=True)
class AccountTable:
    """A table as read: its header and rows as they stand, and the columns of accounts (prior ones begin with `prior_`)."""

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    accounts: Mapping[str, Column]

    @property
    def others(self) -> list[str]:
        """Return the columns that are no accounts."""
        return [name for name in self.header if _account(name) not in self.accounts]

    def texts(self, name: str) -> list[str]:
        """Return the column `name` as it stands. Raises UsageError where there is none."""
        if name not in self.header:
            raise UsageError(f"{self.path} has no column {name}. Its columns are {_listed(self.header)}.")
        place = self.header.index(name)
        return [row[place] for row in self.rows]

    def numbers(self, name: str) -> Column:
        """Return the column `name` as numbers, NaN where a cell is empty. Raises UsageError where a cell is no number."""
        return np.array([_number(text, self.path, line, name) for line, text in enumerate(self.texts(name), 2)], dtype=np.float64)


def read_table(path: Path, known: Sequence[str]) -> AccountTable:
    """Read the CSV (or gzipped CSV) at `path`; `known` are the ids of accounts. Raises UsageError where it is no such table."""
    header, rows = _cells(path)
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise UsageError(f"{path} names the column {twice[0]} twice. Keep one of them.")
    named = {name: account for name in header if (account := _account(name)).removeprefix(_PRIOR) in known}
    if not any(not account.startswith(_PRIOR) for account in named.values()):
        raise UsageError(f"{path} has no column of accounts. It has {_listed(header)}; known are {_listed(known, len(known))}.")
    bare = AccountTable(path, header, rows, {})
    return AccountTable(path, header, rows, {account: bare.numbers(name) for name, account in named.items()})


def _account(column: str) -> str:
    """Return the id that a column's account goes by: `revenue_prior` is `prior_revenue`."""
    return _PRIOR + column.removesuffix(_PRIOR_COLUMN) if column.endswith(_PRIOR_COLUMN) else column


def _cells(path: Path) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows. Raises UsageError where the file is no CSV or its rows are not of one length."""
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == _GZIP
            raw.seek(0)
            with TextIOWrapper(gzip.GzipFile(fileobj=raw) if zipped else raw, encoding="utf-8-sig", newline="") as text:
                header, *rows = (tuple(row) for row in csv.reader(text, strict=True) if row)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    except (UnicodeDecodeError, csv.Error, EOFError, ValueError) as error:
        raise UsageError(f"{path} is no CSV table with a header line ({error}). Save it as CSV, comma-separated, in UTF-8.") from error
    header = tuple(name.strip() for name in header)
    for line, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise UsageError(f"{path}, line {line}: {len(row)} cells under {len(header)} columns. Is it comma-separated?")
    if not rows:
        raise UsageError(f"{path} holds a header and no rows.")
    return header, tuple(rows)


def _number(text: str, path: Path, line: int, name: str) -> float:
    cell = text.strip()
    if cell.lower() in _MISSING:
        return math.nan
    try:
        number = float(cell)
    except ValueError:
        number = math.inf
    if not math.isfinite(number) or "_" in cell:
        raise UsageError(f"{path}, line {line}, {name}: {text!r} is no number. Write plain numbers such as -1250.5, without separators.")
    return number


def _listed(names: Sequence[str], most: int = _MOST_TOLD) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
