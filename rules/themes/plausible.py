"""Plausible: figures that can hardly be right as they were read."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from app.domain import UNMAPPED, DocumentKind, LineItem, Severity
from rules.themes.case import Case, Column, Flaw, columns, listed, name

_SHEET, _RESULT, _FLOW = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT
_YEAR = re.compile(r"(?:19|20)\d\d")
_SEPARATED = re.compile(r"\d,\d{3}")
#: Pairs of figures that are the same or of one order of magnitude: (kind, account, kind, account, how many times one may be the other).
_KINDRED = (
    (_SHEET, "cash", _FLOW, "cash_end_of_period", Decimal("1.5")),
    (_RESULT, "net_income", _FLOW, "net_income", Decimal("1.5")),
    (_SHEET, "total_assets", _RESULT, "revenue", Decimal(30)),
)


def amount_is_not_a_year(case: Case) -> Iterator[Flaw]:
    """An amount must not be the year printed at the head of its column.

    Why: a date or heading read as an amount gives an absurd figure. On a page that separates thousands, "2024" without a
    comma beside its own year is a date.
    Source: DOMAIN.md, section 5 (plausible).
    Example: inventory 2024 in the column of 31 December 2024, among amounts such as 146,500.
    """
    for column in columns(case.spread):
        separated = sum(bool(_SEPARATED.search(item.text)) for item in column.items) > 1
        for item in column.items if separated and column.period.end else ():
            year = item.text.strip()
            if item.account == UNMAPPED or not _YEAR.fullmatch(year) or column.period.end is None:
                continue
            if abs(int(year) - column.period.end.year) <= 1:
                said = f"{column.statement.file} {column.when()}: {name(item)} was read as {year}, which looks like a year, not an amount."
                yield Flaw(Severity.MEDIUM, said, (item,), (column.statement.file,))


def statements_are_in_the_same_unit(case: Case) -> Iterator[Flaw]:
    """Statements of one company and date must agree in scale: one read in thousands beside one read in ones is off by 1,000.

    Why: "in thousands" that was overlooked on one page makes every ratio across statements wrong by a factor of 1,000.
    Reported where the pages declare different units and a factor of 1,000 or a million brings related figures together.
    Source: DOMAIN.md, section 5 (plausible).
    Example: total assets of $565,110 on the balance sheet beside revenue of $1,204,600,000 on the income statement.
    """
    told: set[frozenset[int]] = set()
    for kind, account, other_kind, other_account, reach in _KINDRED:
        for one, other in product(columns(case.spread, kind), columns(case.spread, other_kind)):
            pair = frozenset((id(one.statement), id(other.statement)))
            figures = (one.get(account), other.get(other_account))
            if pair not in told and one.period.end == other.period.end and _off_by_thousands(one, other, figures, reach):
                told.add(pair)
                yield _in_other_units(one, other, [item for item in figures if item])


def statements_are_in_one_currency(case: Case) -> Iterator[Flaw]:
    """All statements of an application must be in one currency.

    Why: figures of two currencies are neither added nor compared; a ratio across them means nothing.
    Source: DOMAIN.md, section 5 (plausible).
    Example: a balance sheet in GBP beside an income statement in USD.
    """
    found = {s.currency: s for s in reversed(case.spread.statements) if s.currency}
    if len(found) > 1:
        said = listed(f"{currency} in {found[currency].file}" for currency in sorted(found))
        yield Flaw(Severity.HIGH, f"The statements are in different currencies: {said}.", (), tuple(s.file for s in found.values()))


def revenue_is_not_negative(case: Case) -> Iterator[Flaw]:
    """Revenue must not be negative.

    Why: sales reversed beyond sales made hardly occur; a bracket was misread, or another row was taken for revenue.
    Source: DOMAIN.md, section 5 (plausible).
    Example: revenue of -$1,204,600.
    """
    return _negative(case, "revenue")


def total_assets_are_not_negative(case: Case) -> Iterator[Flaw]:
    """Total assets must not be negative.

    Why: a company cannot own less than nothing; what it owes is a liability. A sign or another row was misread.
    Source: DOMAIN.md, section 5 (plausible).
    Example: total assets of -$565,110.
    """
    return _negative(case, "total_assets")


def cash_is_within_total_assets(case: Case) -> Iterator[Flaw]:
    """Cash must not be larger than total assets.

    Why: cash is part of total assets, so one of them was misread.
    Source: DOMAIN.md, section 5 (plausible).
    Example: cash of $842,100 within total assets of $565,110.
    """
    for column in columns(case.spread, _SHEET):
        cash, assets = column.get("cash"), column.get("total_assets")
        if cash and assets and cash.value > assets.value >= 0 and cash.value - assets.value > column.tolerance(1):
            more = f"cash of {column.said(cash)} is larger than total assets of {column.said(assets)}"
            said = f"{column.statement.file} {column.when()}: {more}."
            yield Flaw(Severity.HIGH, said, (cash, assets), (column.statement.file,))


def _negative(case: Case, account: str) -> Iterator[Flaw]:
    for column in columns(case.spread):
        item = column.get(account)
        if item is not None and item.value < 0:
            said = f"{column.statement.file} {column.when()}: {name(item)} is negative, {column.said(item)}."
            yield Flaw(Severity.MEDIUM, said, (item,), (column.statement.file,))


def _off_by_thousands(one: Column, other: Column, figures: tuple[LineItem | None, LineItem | None], reach: Decimal) -> bool:
    first, second = figures
    if first is None or second is None or not first.value or not second.value or one.statement.scale == other.statement.scale:
        return False
    small, large = sorted((abs(first.value), abs(second.value)))
    return any(1 / reach <= large / small / factor <= reach for factor in (1_000, 1_000_000))


def _in_other_units(one: Column, other: Column, figures: list[LineItem]) -> Flaw:
    said = listed(
        f"{name(item)} {column.said(item)} (read in units of {column.statement.scale:,}) in {column.statement.file}"
        for column, item in zip((one, other), figures, strict=True)
    )
    files = tuple(dict.fromkeys((one.statement.file, other.statement.file)))
    return Flaw(Severity.HIGH, f"The statements seem to be in different units {one.when()}: {said}.", tuple(figures), files)
