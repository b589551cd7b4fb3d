"""Plausible: figures that can hardly be right as they were read."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

from app.domain import UNMAPPED, DocumentKind, LineItem, Severity
from rules.policy import load
from rules.stated import day_of
from rules.themes.case import Case, Column, Flaw, columns, day, fields, files, listed, name
from rules.units import other_unit

_SHEET, _RESULT, _FLOW = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT
_YEAR = re.compile(r"(?:19|20)\d\d")
_SEPARATED = re.compile(r"\d,\d{3}")
_THOUSAND = 1_000
_WHOLE = Decimal("100.5")
_POSTING = timedelta(days=5)  # by which banks post lines early or late
_DECEMBER = 12
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
    Source: Credit analysis practice: plausibility of figures.
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
    Source: Credit analysis practice: plausibility of figures.
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
    Source: Credit analysis practice: plausibility of figures.
    Example: a balance sheet in GBP beside an income statement in USD.
    """
    found = {s.currency: s for s in reversed(case.spread.statements) if s.currency}
    if len(found) > 1:
        said = listed(f"{currency} in {found[currency].file}" for currency in sorted(found))
        yield Flaw(Severity.HIGH, f"The statements are in different currencies: {said}.", (), tuple(s.file for s in found.values()))


def revenue_is_not_negative(case: Case) -> Iterator[Flaw]:
    """Revenue must not be negative.

    Why: sales reversed beyond sales made hardly occur; a bracket was misread, or another row was taken for revenue.
    Source: Credit analysis practice: plausibility of figures.
    Example: revenue of -$1,204,600.
    """
    return _negative(case, "revenue")


def total_assets_are_not_negative(case: Case) -> Iterator[Flaw]:
    """Total assets must not be negative.

    Why: a company cannot own less than nothing; what it owes is a liability. A sign or another row was misread.
    Source: Credit analysis practice: plausibility of figures.
    Example: total assets of -$565,110.
    """
    return _negative(case, "total_assets")


def cash_is_within_total_assets(case: Case) -> Iterator[Flaw]:
    """Cash must not be larger than total assets.

    Why: cash is part of total assets, so one of them was misread.
    Source: Credit analysis practice: plausibility of figures.
    Example: cash of $842,100 within total assets of $565,110.
    """
    for column in columns(case.spread, _SHEET):
        cash, assets = column.get("cash"), column.get("total_assets")
        if cash and assets and cash.value > assets.value >= 0 and cash.value - assets.value > column.tolerance(1):
            more = f"cash of {column.said(cash)} is larger than total assets of {column.said(assets)}"
            said = f"{column.statement.file} {column.when()}: {more}."
            yield Flaw(Severity.HIGH, said, (cash, assets), (column.statement.file,))


def statements_are_in_the_unit_of_the_other_documents(case: Case) -> Iterator[Flaw]:
    """Revenue must be of the order of the tax return's receipts and of a year's bank deposits.

    Why: an income statement in thousands that does not say so is read a thousand times too small, and every ratio across
    documents is wrong by that factor.
    Source: Credit analysis practice: plausibility of figures.
    Example: revenue of $1,205 on the income statement beside receipts of $1,204,600 on the tax return.
    """
    found = other_unit(case.spread, case.forms)
    if found is not None:
        revenue = found.revenue
        unit = "thousand" if found.factor == _THOUSAND else "million"
        told = f"Ratios take the statements for {unit}s." if found.is_less else ""
        said = (
            f"Revenue of {case.said(revenue.value)} ({listed(revenue.files)}) is about a {unit} times "
            f"{'less' if found.is_less else 'more'} than {found.what} of {case.said(round(found.amount, 0))} "
            f"({case.where(found.form)}): one of them was printed in another unit and does not say so, or was read so. {told}"
        )
        yield Flaw(Severity.HIGH, said.strip(), (), tuple(dict.fromkeys((*revenue.files, found.form.file))))


def ratios_lie_within_practice(case: Case) -> Iterator[Flaw]:
    """A ratio should lie where those of real companies lie.

    Why: beyond it a figure was most likely misread, or the company has hardly begun. The weight is low.
    Source: Credit policy, practice.
    Example: a gross margin of 112 %.
    """
    practice = load().practice
    for ratio in case.ratios:
        usual = practice.get(ratio.id)
        if usual and ratio.period == "current" and ratio.value is not None and not usual.least <= ratio.value <= usual.most:
            said = f"The {ratio.id.replace('_', ' ')} of {ratio.value:,.2f} hardly occurs in practice ({usual.least:f} to {usual.most:f})."
            yield Flaw(Severity.LOW, f"{said} Compare the figures behind it with the page.", (), ratio.documents)


def cost_of_sales_is_not_negative(case: Case) -> Iterator[Flaw]:
    """Cost of sales must not be negative.

    Why: a bracket was misread, or another row was taken for it.
    Source: Credit analysis practice: plausibility of figures.
    Example: cost of sales of -$742,100.
    """
    return _negative(case, "cost_of_sales")


def owners_hold_no_more_than_the_whole(case: Case) -> Iterator[Flaw]:
    """The shares of the owners must not come to more than 100 %.

    Why: a share or an owner was misread, and with it who must give a guaranty.
    Source: Credit analysis practice: plausibility of figures.
    Example: 60 % and 60 %.
    """
    shares = [owner.share for owner in case.application.borrower.owners if owner.share is not None] if case.application else []
    if sum(shares, Decimal(0)) > _WHOLE:
        applied = case.of_kind(DocumentKind.LOAN_APPLICATION)
        facts = tuple(field for form in applied for n in range(1, len(shares) + 1) for field in fields(form, f"owner_{n}_share"))
        said = f"The owners' shares come to {sum(shares, Decimal(0)):f} %: {listed(f'{share:f} %' for share in shares)}."
        yield Flaw(Severity.MEDIUM, said, facts, files(*applied))


def bank_lines_lie_within_the_period(case: Case) -> Iterator[Flaw]:
    """The lines of a bank statement must be of its period; dates must be written in one order.

    Why: 03/11 is 3 November in one country and 11 March in another. Where turning day and month brings the dates into the
    period, the document writes them in the other order, or in both.
    Source: Credit analysis practice: plausibility of figures.
    Example: a line of 11 March on the statement of November; written day first it is of 3 November.
    """
    for form in case.of_kind(DocumentKind.BANK_STATEMENT):
        start, end = day_of(form, "period_start"), day_of(form, "period_end")
        if start is None or end is None:
            continue
        if start > end:
            said = f"{case.where(form)}: the period begins on {day(start)}, after it ends on {day(end)}."
            yield Flaw(
                Severity.LOW,
                f"{said} Day and month may be written in both orders.",
                fields(form, "period_start", "period_end"),
                (form.file,),
            )
            continue
        outside = [line.day for line in form.transactions if line.day and not start - _POSTING <= line.day <= end + _POSTING]
        if outside:
            turned = [other for each in outside if (other := _turned(each)) and start <= other <= end]
            why = f" Written day first, {day(outside[0])} is {day(turned[0])}: check the order of day and month." if turned else ""
            many = f"{len(outside)} of {len(form.transactions)} lines"
            said = f"{case.where(form)}: {many} lie outside its period, the first on {day(outside[0])}.{why}"
            yield Flaw(Severity.LOW, said, fields(form, "period_start", "period_end"), (form.file,))


def read_amount_is_not_a_year(case: Case) -> Iterator[Flaw]:
    """An amount of a form must not be the year in which it was made.

    Why: a date read as an amount gives an absurd figure. Where the document separates thousands, "2025" without a comma is
    a date.
    Source: Credit analysis practice: plausibility of figures.
    Example: gross receipts of 2025 on the tax return for 2025.
    """
    for form in case.forms:
        separated = sum(bool(_SEPARATED.search(field.text)) for field in form.fields) > 1
        for field in form.fields if separated and case.as_of else ():
            text = field.text.strip()
            if (
                isinstance(field.value, Decimal)
                and field.id != "tax_year"
                and _YEAR.fullmatch(text)
                and case.as_of
                and abs(int(text) - case.as_of.year) <= 2
            ):
                said = f"{case.where(form)}: {field.id.replace('_', ' ')} was read as {text}, which looks like a year, not an amount."
                yield Flaw(Severity.LOW, said, (field,), (form.file,))


def _turned(at: date) -> date | None:
    return date(at.year, at.day, at.month) if at.day <= _DECEMBER else None


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
