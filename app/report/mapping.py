"""The lender's own layout: which figure goes into which cell of the sheet that its spreading system takes in, by a YAML file.

The sheet holds numbers, no formulas: a program that takes it in reads no formula that nobody calculated.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml
from openpyxl.worksheet.worksheet import Worksheet

from app.domain import LineItem
from app.errors import UsageError
from app.report import wording
from app.report.cells import CENTS, MONEY, put_text
from rules.accounts import ACCOUNT

_KEYS = ("sheet", "figures", "periods", "ends", "labels", "accounts")
_FIGURES = ("adjusted", "reported")
_COLUMN, _ROW = re.compile(r"[A-Z]{1,3}"), re.compile(r"[1-9][0-9]{0,5}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account goes: a row or column, its label there, and 1 or -1 for the sign that the system wants."""

    at: str
    label: str
    sign: int


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """A lender's layout. Where periods are columns, accounts are rows, and the other way round; so are `ends` and `labels`."""

    sheet: str
    adjusted: bool
    periods: Mapping[str, str]
    ends: str
    labels: str
    accounts: Mapping[str, Place]

    def cell(self, account: str, period: str) -> str:
        """Return the cell of an account in a period."""
        return _cell(self.accounts[account].at, self.periods[period])


def load_mapping(path: Path) -> ColumnMapping:
    """Return the layout in the file at `path`. Raises UsageError that says what is wrong in it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"The column mapping {path} cannot be read: {error}.") from error
    try:
        return _mapping(content)
    except UsageError as error:
        raise UsageError(f"The column mapping {path}: {error}") from error


def write_mapped(sheet: Worksheet, mapping: ColumnMapping, items: Sequence[LineItem]) -> tuple[str, ...]:
    """Write figures into the lender's layout; the first one of an account and period counts. Return what found no place there."""
    first = {(item.account, item.period.name): item for item in reversed(items) if item.account in ACCOUNT}
    sums: dict[str, Decimal] = {}
    for (account, period), item in first.items():
        if account in mapping.accounts and period in mapping.periods:
            cell = mapping.cell(account, period)
            sums[cell] = sums.get(cell, Decimal(0)) + mapping.accounts[account].sign * item.value
    for cell, value in sums.items():
        sheet[cell].value = value
        sheet[cell].number_format = MONEY if value == value.to_integral_value() else CENTS
    for place in mapping.accounts.values() if mapping.labels else ():
        put_text(sheet[_cell(place.at, mapping.labels)], place.label)
    ends = {item.period.name: item.period.end for item in items if item.period.end}
    for period, at in mapping.periods.items() if mapping.ends else ():
        sheet[_cell(at, mapping.ends)].value = ends.get(period)
    placed = {(account, period) for account in mapping.accounts for period in mapping.periods}
    return tuple(f"{wording.account(account)}, {period}" for account, period in reversed(first) if (account, period) not in placed)


def _mapping(content: object) -> ColumnMapping:
    if not isinstance(content, dict) or not content.keys() >= {"periods", "accounts"}:
        raise UsageError("it must have `periods` and `accounts`.")
    if unknown := [key for key in content if key not in _KEYS]:
        raise UsageError(f"{unknown[0]} is not known; use {', '.join(_KEYS)}.")
    figures, periods, accounts = content.get("figures", "adjusted"), content["periods"], content["accounts"]
    if figures not in _FIGURES:
        raise UsageError(f"figures is {figures}; use {' or '.join(_FIGURES)}.")
    if not isinstance(periods, dict) or not isinstance(accounts, dict) or not periods or not accounts:
        raise UsageError("periods and accounts each name places: `current: C`, `revenue: 5`.")
    places = {str(account): _place(str(account), said) for account, said in accounts.items()}
    mapping = ColumnMapping(
        str(content.get("sheet", "Import")),
        figures == "adjusted",
        {str(period): str(at) for period, at in periods.items()},
        str(content.get("ends", "")),
        str(content.get("labels", "")),
        places,
    )
    _check(mapping)
    return mapping


def _place(account: str, said: object) -> Place:
    if account not in ACCOUNT:
        raise UsageError(f"{account} is no account of the template.")
    if not isinstance(said, dict):
        return Place(str(said), wording.account(account), 1)
    if unknown := said.keys() - {"at", "label", "sign"}:
        raise UsageError(f"{account}: {min(map(str, unknown))} is not known; use at, label, sign.")
    if said.get("sign", 1) not in (1, -1):
        raise UsageError(f"{account}: sign is 1 or -1.")
    return Place(str(said.get("at", "")), str(said.get("label", wording.account(account))), int(said.get("sign", 1)))


def _check(mapping: ColumnMapping) -> None:
    """Refuse a layout in which some account and period would have no cell."""
    if not re.fullmatch(r"[^\[\]:*?/\\']{1,31}", mapping.sheet):
        raise UsageError(f"{mapping.sheet!r} cannot be the name of a sheet: 1 to 31 signs, none of []:*?/\\'.")
    crosswise = [*mapping.periods.values(), *filter(None, [mapping.labels])]
    along = [*(place.at for place in mapping.accounts.values()), *filter(None, [mapping.ends])]
    for one, other in ((_COLUMN, _ROW), (_ROW, _COLUMN)):
        if all(map(one.fullmatch, crosswise)) and all(map(other.fullmatch, along)):
            return
    raise UsageError("periods and labels are columns (C) and accounts and ends are rows (5), or the other way round.")


def _cell(one: str, other: str) -> str:
    return one + other if _COLUMN.fullmatch(one) else other + one
