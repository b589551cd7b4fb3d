"""Balances: what a company has equals what it owes and what its owners put in or left in."""

from collections.abc import Iterator
from decimal import Decimal

from app.domain import DocumentKind, Severity
from rules.themes.case import Case, Flaw, columns, money


def assets_equal_liabilities_and_equity(case: Case) -> Iterator[Flaw]:
    """Total assets must equal total liabilities and equity, as printed or, where no such total is printed, added up.

    Why: a sheet that does not balance is misread, incomplete or wrong, and no ratio on it can be relied on.
    Source: Double entry; DOMAIN.md, section 5.
    Example: total assets $565,110 beside total liabilities and equity $556,110 leave $9,000 unexplained.
    """
    for column in columns(case.spread, DocumentKind.BALANCE_SHEET):
        assets, whole = column.get("total_assets"), column.get("total_liabilities_and_equity")
        claims = [whole] if whole else column.all_of(("total_liabilities", "total_equity"))
        if assets is None or claims is None:
            continue
        owed = sum((item.value for item in claims), Decimal(0))
        gap = abs(assets.value - owed)
        if gap <= column.tolerance(len(claims)):
            continue
        currency = column.statement.currency
        said = (
            f"{column.statement.file} {column.when()}: total assets are {column.said(assets)}, but liabilities and equity come to "
            f"{money(owed, currency)}; the difference is {money(gap, currency)}."
        )
        yield Flaw(Severity.HIGH, said, (assets, *claims), (column.statement.file,))
