"""Rolls: what one statement says of a date, another says too."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise

from app.domain import UNMAPPED, DocumentKind, LineItem, Severity
from rules.spreading import ADDED
from rules.stated import account_of, day_of, statements_by_month
from rules.themes.case import Case, Column, Flaw, columns, day, fields, files, listed, money, name

_DAYS = 7  # by which a year may begin after the last one ended
#: Rows that tell of movements of equity other than result and distributions.
_MOVEMENT = re.compile(
    r"repurchas|buy-?backs?\b|treasury|restate|comprehensive|purchase of (?:own|common|company) (?:shares|stock)", re.IGNORECASE
)
_UCA_LINES = 6
_SHOWN = 4  # figures that a message names; all of them are among its facts


def same_figure_agrees_on_two_documents(case: Case) -> Iterator[Flaw]:
    """A figure of one date must be the same on every document that prints it: last year's as this year's comparative.

    Why: a prior year that changed was restated, misread, or belongs to another company. Accounts into which several rows
    add up are left out, since companies regroup them. Between different statements the weight is low: net income may be
    before or after the share of other owners. Two statements that are both the newest of one file are not compared
    (a group prints its own and its parent company's).
    Source: Comparative information, IAS 1.38; FRS 102 section 3.14; ASC 205-10-45.
    Example: revenue for 2023 of $1,098,300 on the 2023 statement but $1,089,300 as the prior year on the 2024 statement.
    """
    for one, other in combinations(columns(case.spread), 2):
        if one.statement is other.statement or not _same_period(one, other) or not _two_documents(one, other):
            continue
        pairs = _differing(one, other)
        if pairs:
            facts = tuple(item for pair in pairs for item in pair)
            files = tuple(dict.fromkeys((one.statement.file, other.statement.file)))
            alike = one.statement.kind is other.statement.kind
            yield Flaw(Severity.MEDIUM if alike else Severity.LOW, _told(one, other, pairs), facts, files)


def cash_flow_ends_at_the_cash_of_the_balance_sheet(case: Case) -> Iterator[Flaw]:
    """Cash at the end of the cash flow statement must be the cash on the balance sheet of that date.

    Why: the cash flow statement explains how cash moved; if it ends elsewhere one of them is misread. The weight is low,
    since restricted cash or an overdraft counted into cash equivalents may explain it.
    Source: IAS 7.45; ASC 230-10-50-8.
    Example: cash at end of year $84,210 on the cash flow statement beside $82,410 on the balance sheet of 31 December 2024.
    """
    for flow in columns(case.spread, DocumentKind.CASH_FLOW_STATEMENT):
        end = flow.get("cash_end_of_period")
        for sheet in columns(case.spread, DocumentKind.BALANCE_SHEET) if end and flow.period.end else ():
            cash = sheet.get("cash") if sheet.period.end == flow.period.end else None
            if end is None or cash is None or not _differs(flow, end, sheet, cash):
                continue
            said = (
                f"The cash flow statement in {flow.statement.file} ends {sheet.when()} with cash of {flow.said(end)}, but the balance "
                f"sheet in {sheet.statement.file} shows {sheet.said(cash)}. Restricted cash or an overdraft may explain the difference."
            )
            files = tuple(dict.fromkeys((flow.statement.file, sheet.statement.file)))
            yield Flaw(Severity.LOW, said, (end, cash), files)
            break


def retained_earnings_follow_from_the_result(case: Case) -> Iterator[Flaw]:
    """Retained earnings a year ago plus net income less distributions must be the retained earnings of today.

    Why: an unexplained movement is a restatement, a distribution that was not told, or a misread figure. Where distributions
    are not printed, those that the movement implies are told as a note; where the company buys back shares or shows other
    movements, the weight is low.
    Source: Statement of changes in equity, IAS 1.106; ASC 505-10-50-2.
    Example: $178,070 plus net income $73,800 less distributions $24,230 gives $227,640; a printed $237,640 is $10,000 more.
    """
    for result in columns(case.spread, DocumentKind.INCOME_STATEMENT):
        net, sheet = result.get("net_income"), _sheet_at(case, result.period.end)
        opening = _sheet_at(case, result.period.start - timedelta(days=1) if result.period.start else None)
        before, after = (each.get("retained_earnings") if each else None for each in (opening, sheet))
        if sheet is None or net is None or before is None or after is None:
            continue
        paid, movements = _distributed(case, result)
        gap = before.value + net.value - (paid.value if paid else Decimal(0)) - after.value
        if abs(gap) <= sheet.tolerance(3) + result.tolerance(0):
            continue
        facts = tuple(item for item in (before, net, paid, after) if item)
        told = f"Retained earnings of {sheet.said(before)} and net income of {sheet.said(net)}"
        if paid is None:
            kind = "distributions" if gap > 0 else "contributions or restatements"
            implied = money(abs(gap), sheet.statement.currency)
            said = f"{told} lead to {sheet.said(after)} {sheet.when()}: that implies {kind} of {implied}, which are not printed."
            yield Flaw(Severity.INFO, said, facts, _files(facts))
            continue
        said = (
            f"{told} less distributions of {sheet.said(paid)} give {money(after.value + gap, sheet.statement.currency)}, but "
            f"{sheet.said(after)} is printed {sheet.when()}; {money(abs(gap), sheet.statement.currency)} is not explained."
        )
        yield Flaw(Severity.LOW if movements else Severity.MEDIUM, said, facts, _files(facts))


def uca_cash_flow_ties_to_the_change_in_cash(case: Case) -> Iterator[Flaw]:
    """Cash flow built from two balance sheets and the income statement (UCA) must come to the change in cash.

    Why: what it leaves over is a movement that neither statement tells: of equity, of fixed assets, or a figure that was misread.
    Net income less distributions, and what every account of the sheets but cash moved, is set against what cash moved. Rows
    outside the template move too and are counted. The weight is low, since retained earnings that do not follow are told by
    themselves.
    Source: Uniform credit analysis, RMA, spreading conventions.
    Example: net income of $73,800, distributions of $24,230 and movements of -$27,290 make $22,280, as cash rose from $61,930 to $84,210.
    """
    for result in columns(case.spread, DocumentKind.INCOME_STATEMENT):
        sheet, net = _sheet_at(case, result.period.end), result.get("net_income")
        opening = _sheet_at(case, result.period.start - timedelta(days=1) if result.period.start else None)
        paid, movements = _distributed(case, result)
        if sheet is None or opening is None or net is None or paid is None or movements or sheet.statement is not opening.statement:
            continue
        moved = [_held(column) for column in (sheet, opening)]
        if moved[0] is None or moved[1] is None:
            continue
        (now, cash_now), (before, cash_before) = moved[0], moved[1]
        due, change = net.value - paid.value - (now - before), cash_now.value - cash_before.value
        if abs(due - change) > sheet.tolerance(_UCA_LINES) + result.tolerance(0):
            said = (
                f"{sheet.statement.file}: net income less distributions and what the accounts of the balance sheet moved make "
                f"{case.said(due)}, but cash moved by {case.said(change)} to {sheet.said(cash_now)} {sheet.when()}."
            )
            yield Flaw(Severity.INFO, said, (net, paid, cash_now, cash_before), _files((net, cash_now)))


def bank_statement_opens_at_the_last_closing_balance(case: Case) -> Iterator[Flaw]:
    """A bank statement must open with the balance at which the one of the month before closed, account by account.

    Why: nothing happens between two statements; a gap means that one was altered, misread, or that a page is missing.
    Source: The statements' own arithmetic.
    Example: October closes at $58,966.92, November opens at $68,966.92.
    """
    for one, other in pairwise(sorted(statements_by_month(case.forms), key=lambda form: (account_of(form), day_of(form, "period_end")))):
        ends, begins = day_of(one, "period_end"), day_of(other, "period_start")
        closing, opening = one.amount("closing_balance"), other.amount("opening_balance")
        if ends is None or begins is None or closing is None or opening is None or account_of(one) != account_of(other):
            continue
        if 0 <= (begins - ends).days <= 1 and closing != opening:
            said = (
                f"{case.where(one)} closes at {case.said(closing)} on {day(ends)}, but {case.where(other)} opens at "
                f"{case.said(opening)} on {day(begins)}; the difference is {case.said(abs(closing - opening))}."
            )
            facts = (*fields(one, "closing_balance"), *fields(other, "opening_balance"))
            yield Flaw(Severity.MEDIUM, said, facts, files(one, other))


def _sheet_at(case: Case, end: date | None) -> Column | None:
    """Return the balance sheet of a date, the one that prints retained earnings first."""
    held = [c for c in columns(case.spread, DocumentKind.BALANCE_SHEET) if end and c.period.end and abs((c.period.end - end).days) <= _DAYS]
    return max(held, key=lambda c: c.get("retained_earnings") is not None, default=None)


def _held(column: Column) -> tuple[Decimal, LineItem] | None:
    """Return what a sheet holds beside cash, net of what is owed and of paid-in capital, and its cash; None where a total is missing."""
    totals = column.all_of(("total_assets", "total_liabilities", "cash"))
    if totals is None:
        return None
    assets, owed, cash = totals
    paid_in = column.get("share_capital")
    return assets.value - cash.value - owed.value - (paid_in.value if paid_in else Decimal(0)), cash


def _distributed(case: Case, result: Column) -> tuple[LineItem | None, bool]:
    """Return the distributions printed for the period of `result`, and whether rows tell of other movements of equity."""
    same = [c for c in columns(case.spread) if c.statement.kind is not DocumentKind.BALANCE_SHEET and _same_period(c, result)]
    paid = [item for c in same for account in ("dividends_paid", "distributions") if (item := c.get(account)) is not None]
    return next(iter(paid), None), any(_MOVEMENT.search(item.label) for c in same for item in c.items)


def _files(facts: tuple[LineItem, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.file for item in facts))


def _same_period(one: Column, other: Column) -> bool:
    """Say whether two columns are of the same dates; a result of unknown length is compared with its like only."""
    return one.period.end is not None and (one.period.end, one.period.start) == (other.period.end, other.period.start)


def _two_documents(one: Column, other: Column) -> bool:
    return one.statement.file != other.statement.file or one.period.name != other.period.name


def _differing(one: Column, other: Column) -> list[tuple[LineItem, LineItem]]:
    """Return the figures that stand on both columns with different amounts, neither of which the other prints in another row."""
    pairs = [(item, other.get(item.account)) for item in one.items if item.account not in ADDED and item.account != UNMAPPED]
    return [(a, b) for a, b in pairs if b and _differs(one, a, other, b) and not _prints(other, a.value) and not _prints(one, b.value)]


def _prints(column: Column, value: Decimal) -> bool:
    """Say whether a row of the column shows `value`: the figure was then read from another row, such as net income with minorities."""
    return value != 0 and any(item.value == value for item in column.items)


def _differs(one: Column, mine: LineItem, other: Column, theirs: LineItem) -> bool:
    return abs(mine.value - theirs.value) > (one.tolerance(0) + other.tolerance(0)) and one.statement.currency == other.statement.currency


def _told(one: Column, other: Column, pairs: list[tuple[LineItem, LineItem]]) -> str:
    said = [f"{name(mine)} {one.said(mine)} and {other.said(theirs)}" for mine, theirs in pairs[:_SHOWN]]
    more = f", and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
    end = day(one.period.end) if one.period.end else ""
    return f"{one.statement.file} and {other.statement.file} do not agree on the figures of {end}: {listed(said)}{more}."
