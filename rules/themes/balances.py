"""Balances: what a company has equals what it owes and what its owners put in or left in."""

from collections.abc import Iterator
from decimal import Decimal

from app.domain import DocumentKind, Severity
from rules.themes.case import Case, Flaw, columns, money


def assets_equal_liabilities_and_equity(case: Case) -> Iterator[Flaw]:
    """Total assets must equal total liabilities and equity, as printed or, where no such total is printed, added up.

    Why: a sheet that does not balance is misread, incomplete or wrong, and no ratio on it can be relied on.
    Source: Double entry.
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


def schedule_l_balances(case: Case) -> Iterator[Flaw]:
    """Total assets of Schedule L must equal total liabilities and equity, at the beginning and at the end of the year.

    Why: it is the balance sheet that was filed; one that does not balance was misread, or is not the one that was filed.
    Source: Double entry; Forms 1120, 1120-S and 1065, Schedule L.
    Example: total assets of $607,582 at the end of the year beside total liabilities and equity of $670,582.
    """
    for form in case.of_kind(DocumentKind.BUSINESS_TAX_RETURN):
        for period, when in (("prior", "beginning"), ("current", "end")):
            assets, claims = (form.field(id, period) for id in ("schedule_l_total_assets", "schedule_l_total_liabilities_and_equity"))
            if not assets or not claims or not isinstance(assets.value, Decimal) or not isinstance(claims.value, Decimal):
                continue
            if abs(assets.value - claims.value) > 1:
                said = (
                    f"{case.where(form)}: at the {when} of the year total assets of Schedule L are {case.said(assets.value)}, but total "
                    f"liabilities and equity come to {case.said(claims.value)}."
                )
                yield Flaw(Severity.MEDIUM, said, (assets, claims), (form.file,))
