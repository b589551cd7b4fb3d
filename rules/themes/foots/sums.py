"""Foots: the parts of a statement add up to its printed totals.

Tolerance everywhere: half a unit of the page's scale for each line added, plus half a unit for the total.
Where a row stands in between that the check knows nothing of, it keeps silent rather than raise a false alarm.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.domain import UNMAPPED, DocumentKind, LineItem, Severity
from rules.themes.case import Case, Column, Flaw, columns, is_implied, listed, money, name, place

_BEGINNING = re.compile(r"\bcash\b.*\b(?:beginning|start|brought forward)\b|\b(?:beginning|opening)\b.*\bcash\b", re.IGNORECASE)
_DAYS = 7  # by which a year may begin after the last one ended
_SHEET, _RESULT = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT


def gross_profit_is_revenue_less_cost_of_sales(case: Case) -> Iterator[Flaw]:
    """Revenue less cost of sales must be the printed gross profit, as no other figure stands between them.

    Why: a gap means that one of the three was misread, or that the statement does not add up and its margin cannot be relied on.
    Source: Presentation by function of expense, IAS 1.103; SEC Regulation S-X 5-03.
    Example: revenue $1,204,600 less cost of sales $742,100 gives $462,500; a printed gross profit of $472,500 is $10,000 too high.
    """
    return _adjoining(case, "gross_profit", "revenue", "cost_of_sales")


def net_income_is_income_before_tax_less_tax(case: Case) -> Iterator[Flaw]:
    """Income before tax less income tax must be the printed net income, as no other figure stands between them.

    Why: net income feeds equity, cash flow and every profitability ratio.
    Source: Presentation of profit or loss, IAS 1.82; SEC Regulation S-X 5-03.
    Example: income before tax $93,400 less tax $19,600 gives $73,800; a printed net income of $78,300 is $4,500 too high.
    """
    return _adjoining(case, "net_income", "income_before_tax", "income_tax_expense")


def operating_income_is_gross_profit_less_operating_expenses(case: Case) -> Iterator[Flaw]:
    """Gross profit (or revenue) less the printed total of operating costs must be the printed operating income.

    Why: operating income is what EBITDA and coverage begin with. Statements count cost of sales into their total of costs or
    not, and may print other operating income: each way is tried, and rows in between may explain a gap.
    Source: Presentation by function of expense, IAS 1.103; SEC Regulation S-X 5-03.
    Example: gross profit $462,500 less operating expenses $354,200 gives $108,300; a printed $118,300 is $10,000 too high.
    """
    for column in columns(case.spread, _RESULT):
        operating = column.get("operating_income")
        costs = column.get("operating_expenses") or column.get("total_costs_and_expenses")
        starts = [item for account in ("gross_profit", "revenue") if (item := column.get(account)) is not None]
        if operating is None or costs is None or not starts:
            continue
        other = [item for item in (column.get("other_operating_income"),) if item]
        flaws = [list(_gap(column, operating, [start, *more], [costs])) for start in starts for more in ([], other)]
        if all(flaws):
            yield flaws[0][0]


def operating_income_is_what_the_costs_leave(case: Case) -> Iterator[Flaw]:
    """Gross profit less the costs printed below it must be the printed operating income, where no total of costs is printed.

    Why: UK accounts print distribution and administrative costs without a total. Reported only where the same rows lead to
    operating income in another period of the statement, so that it is clear how they add up.
    Source: Companies Act 2006 formats, SI 2008/409 and SI 2008/410, schedule 1; IAS 1.103.
    Example: gross profit £217,293 less distribution costs £12,975 and administrative expenses £148,723 gives £55,595.
    """
    for statement in case.spread.of_kind(_RESULT):
        held = [
            (column, rows) for column in columns(case.spread, _RESULT) if column.statement is statement and (rows := _costs_below(column))
        ]
        flaws = [list(_gap(column, rows[-1], [rows[0], *_incomes(rows)], _costs(rows))) for column, rows in held]
        if not all(flaws):
            yield from (flaw for each in flaws for flaw in each)


def cash_flow_adds_up_to_the_change_in_cash(case: Case) -> Iterator[Flaw]:
    """Cash at the beginning plus operating, investing and financing cash flow must be the printed cash at the end.

    Why: the three flows are all that moves cash, but for exchange rates, whose row is taken into account.
    Source: IAS 7.10 and 7.45; ASC 230-10-45-24.
    Example: $61,930 at the beginning and flows of $90,010, -$19,500 and -$48,230 give $84,210; a printed $48,210 is wrong.
    """
    for column in columns(case.spread, DocumentKind.CASH_FLOW_STATEMENT):
        flows = column.all_of(("operating_cash_flow", "investing_cash_flow", "financing_cash_flow"))
        end, beginning = column.get("cash_end_of_period"), _beginning(case, column)
        if not flows or not end or not beginning:
            continue
        figures = [beginning, *flows, end]
        due = sum((item.value for item in figures[:-1]), Decimal(0))
        room = column.tolerance(len(figures) - 1)
        if abs(end.value - due) <= room or _explains(column.others_among(figures), end.value - due, room):
            continue
        currency = column.statement.currency
        said = (
            f"{column.statement.file} {column.when()}: cash at the beginning {column.said(beginning)}, "
            f"{listed(f'{name(item)} {column.said(item)}' for item in flows)} give {money(due, currency)}, but {name(end)} is printed as "
            f"{column.said(end)}; the difference is {money(abs(end.value - due), currency)}."
        )
        yield Flaw(Severity.MEDIUM, said, tuple(figures), (column.statement.file,))


def liabilities_and_equity_add_up(case: Case) -> Iterator[Flaw]:
    """Total liabilities plus total equity must be the printed total of liabilities and equity.

    Why: a gap that no row between them explains means a total was misread or does not add up.
    Source: Double entry; SEC Regulation S-X 5-02.
    Example: liabilities $287,470 and equity $277,640 give $565,110; a printed total of $556,110 is $9,000 too low.
    """
    return _identity(case, "total_liabilities_and_equity", ("total_liabilities", "total_equity"))


def fixed_and_net_current_assets_add_up(case: Case) -> Iterator[Flaw]:
    """Fixed assets plus net current assets must be the printed total assets less current liabilities.

    Why: the UK balance sheet is a staircase; a step that does not follow from the one before breaks all that follow.
    Source: Companies Act 2006 formats, SI 2008/409 and SI 2008/410, schedule 1; FRS 102 section 4.
    Example: fixed assets £80,000 and net current assets £30,000 give £110,000; a printed £101,000 is £9,000 too low.
    """
    return _identity(case, "total_assets_less_current_liabilities", ("total_fixed_assets", "net_current_assets"))


def net_current_assets_are_current_assets_less_creditors(case: Case) -> Iterator[Flaw]:
    """Current assets less creditors due within one year must be the printed net current assets.

    Why: they are the working capital, and the current ratio rests on both of their parts. Micro-entities may print
    prepayments or accruals apart: these are taken into account.
    Source: Companies Act 2006 formats, SI 2008/409 and SI 2008/410, schedule 1; FRS 105 section 4.
    Example: current assets £75,000 less creditors £45,000 gives £30,000; a printed £33,000 is £3,000 too high.
    """
    return _identity(case, "net_current_assets", ("total_current_assets",), ("total_current_liabilities",))


def net_assets_are_what_creditors_leave(case: Case) -> Iterator[Flaw]:
    """Total assets less current liabilities, less long-term creditors, provisions and accruals, must be the printed net assets.

    Why: net assets are the owners' stake; a debt that was misread or left out shows here.
    Source: Companies Act 2006 formats, SI 2008/409 and SI 2008/410, schedule 1; FRS 102 section 4.
    Example: £110,000 less long-term creditors £25,000 and provisions £5,000 gives £80,000; net assets printed as £85,000 are wrong.
    """
    deducted = ("creditors_due_after_one_year", "provisions", "accruals_deferred_income")
    return _identity(case, "net_assets", ("total_assets_less_current_liabilities",), optional=deducted)


def net_assets_equal_equity(case: Case) -> Iterator[Flaw]:
    """Net assets must equal capital and reserves.

    Why: this is how a UK balance sheet balances; if it does not, the sheet is misread, incomplete or wrong.
    Source: Double entry; Companies Act 2006 formats, SI 2008/409 and SI 2008/410, schedule 1.
    Example: net assets of £80,000 beside shareholders' funds of £78,000 leave £2,000 unexplained.
    """
    return _identity(case, "net_assets", ("total_equity",))


def rows_of_a_section_add_up(case: Case) -> Iterator[Flaw]:
    """The rows printed above a total must add up to it, rows outside the template included.

    Why: a figure misread within a section hides from the totals. Reported only where it is clear which rows form the
    section: the same rows add up in another period of the statement, or there is one period and all its rows are known.
    Source: The statement's own arithmetic.
    Example: cash $84,210, receivables $146,500 and inventory $97,300 give $328,010; printed current assets of $382,010 do not follow.
    """
    for statement in case.spread.statements:
        held = [column for column in columns(case.spread, statement.kind) if column.statement is statement]
        for total in _SECTIONS:
            yield from _section(held, total)


def _costs_below(column: Column) -> list[LineItem]:
    """Return gross profit, the rows below it and operating income, where these rows are costs and incomes of known accounts."""
    ends = column.all_of(("gross_profit", "operating_income"))
    if ends is None or column.get("operating_expenses") or column.get("total_costs_and_expenses") or place(ends[0]) >= place(ends[1]):
        return []
    between = column.others_among(ends)
    known = all(row.account in _SECTIONS["operating_expenses"] or row.account == "other_operating_income" for row in between)
    return [ends[0], *between, ends[1]] if known and between else []


def _incomes(rows: Sequence[LineItem]) -> list[LineItem]:
    return [row for row in rows[1:-1] if row.account == "other_operating_income"]


def _costs(rows: Sequence[LineItem]) -> list[LineItem]:
    return [row for row in rows[1:-1] if row.account != "other_operating_income"]


# -- sums ------------------------------------------------------------------------------------------------------------


def _adjoining(case: Case, total: str, gross: str, less: str) -> Iterator[Flaw]:
    """Yield where `gross` less `less` is not `total`, unless rows stand between them that are no parts of `less`."""
    for column in columns(case.spread, _RESULT):
        figures = column.all_of((gross, less, total))
        if figures is None:
            continue
        between = column.others_among(figures)
        parts = sum((abs(item.value) for item in between), Decimal(0))
        if not between or abs(parts - abs(figures[1].value)) <= column.tolerance(len(between)):
            yield from _gap(column, figures[2], [figures[0]], [figures[1]])


def _beginning(case: Case, column: Column) -> LineItem | None:
    """Return the cash with which a cash flow statement begins: its own row, else the end of the column before."""
    own = [item for item in column.items if item.account == UNMAPPED and _BEGINNING.search(item.label)]
    if own or column.period.start is None:
        return own[-1] if own else None
    before = [c for c in columns(case.spread, column.statement.kind) if c.statement is column.statement and c.period.end]
    ends = [c.get("cash_end_of_period") for c in before if c.period.end and abs((column.period.start - c.period.end).days) <= _DAYS]
    return next(filter(None, ends), None)


def _identity(case: Case, total: str, plus: Sequence[str], minus: Sequence[str] = (), optional: Sequence[str] = ()) -> Iterator[Flaw]:
    """Yield where `plus` less `minus` (and the `optional` ones printed) is not `total` and no row between them explains it."""
    for column in columns(case.spread, _SHEET):
        figures = column.all_of((total, *plus, *minus))
        if figures is None or any(is_implied(figure) for figure in figures):
            continue
        whole, added, taken = figures[0], figures[1 : 1 + len(plus)], figures[1 + len(plus) :]
        taken += [item for account in optional if (item := column.get(account)) is not None]
        yield from _gap(column, whole, added, taken)


def _gap(column: Column, total: LineItem, plus: list[LineItem], minus: list[LineItem]) -> Iterator[Flaw]:
    figures = [*plus, *minus, total]
    due = sum((item.value for item in plus), Decimal(0)) - sum((item.value for item in minus), Decimal(0))
    gap = total.value - due
    room = column.tolerance(len(figures) - 1)
    if abs(gap) <= room or _explains(column.others_among(figures), gap, room):
        return
    yield Flaw(Severity.MEDIUM, _told(column, total, (plus, minus), due), tuple(figures), (column.statement.file,))


def _explains(rows: Sequence[LineItem], gap: Decimal, room: Decimal) -> bool:
    """Say whether rows that follow each other make up the gap: a sheet may print a line that the template does not expect."""
    for start in range(len(rows)):
        whole = Decimal(0)
        for row in rows[start:]:
            whole += row.value
            if min(abs(gap - whole), abs(gap + whole)) <= room:
                return True
    return False


def _told(column: Column, total: LineItem, parts: tuple[list[LineItem], list[LineItem]], due: Decimal) -> str:
    currency = column.statement.currency
    plus, minus = ([f"{name(item)} {column.said(item)}" for item in side] for side in parts)
    if not minus and len(plus) == 1:
        sum_told = f"{plus[0]} is not the same as"
        return (
            f"{column.statement.file} {column.when()}: {sum_told} {name(total)} {column.said(total)}; the difference is "
            f"{money(abs(total.value - due), currency)}."
        )
    less = f" less {listed(minus)}" if minus else ""
    return (
        f"{column.statement.file} {column.when()}: {listed(plus)}{less} gives {money(due, currency)}, but {name(total)} is printed as "
        f"{column.said(total)}; the difference is {money(abs(total.value - due), currency)}."
    )


# -- sections --------------------------------------------------------------------------------------------------------

#: Total -> the accounts that may stand in its section; a total among them opens it.
_SECTIONS: dict[str, tuple[str, ...]] = {
    "total_current_assets": (
        *("cash", "short_term_investments", "accounts_receivable", "inventory", "prepayments_accrued_income", "other_current_assets"),
        *("due_from_owners",),
    ),
    "total_fixed_assets": ("ppe_net", "goodwill", "intangible_assets", "fixed_asset_investments"),
    "total_current_liabilities": (
        *("accounts_payable", "short_term_debt", "current_portion_long_term_debt", "accrued_liabilities", "income_taxes_payable"),
        *("other_current_liabilities", "due_to_owners"),
    ),
    "total_assets": (
        *("total_current_assets", "ppe_net", "goodwill", "intangible_assets", "fixed_asset_investments", "due_from_owners"),
        *("other_noncurrent_assets",),
    ),
    "total_liabilities": (
        *("total_current_liabilities", "long_term_debt", "due_to_owners", "provisions", "other_noncurrent_liabilities"),
        *("accruals_deferred_income",),
    ),
    "total_equity": ("share_capital", "retained_earnings"),
    "operating_expenses": (
        *("research_and_development", "selling_general_admin", "administrative_expenses", "distribution_costs", "staff_costs"),
        *("officers_compensation", "rent_expense", "depreciation_amortization"),
    ),
}
_FEWEST = 2
_BRACKETED = re.compile(r"(?:^|\+ )[$£€ ]*(?:\(|[-−–]\s*[$£€]?\d)")


def _section(held: Sequence[Column], total: str) -> Iterator[Flaw]:
    found = [(column, whole, rows) for column in held if (whole := column.get(total)) and (rows := _rows_above(column, whole))]
    fitting = [_fits(*each) for each in found]
    for (column, whole, rows), fits in zip(found, fitting, strict=True):
        alone = len(held) == 1 and all(row.account in _SECTIONS[total] for row in rows)
        if not fits and (any(fitting) or alone):
            due = sum(map(_printed, rows), Decimal(0)) * (-1 if _printed(whole) * whole.value < 0 else 1)
            said = (
                f"{column.statement.file} {column.when()}: the {len(rows)} rows above {name(whole)} add up to "
                f"{money(due, column.statement.currency)}, but {column.said(whole)} is printed; the difference is "
                f"{money(abs(due - whole.value), column.statement.currency)}."
            )
            yield Flaw(Severity.MEDIUM, said, (*rows, whole), (column.statement.file,))


def _rows_above(column: Column, total: LineItem) -> list[LineItem]:
    """Return the rows of the section that `total` closes, from the top; none where it is unclear which they are."""
    members = _SECTIONS[total.account]
    rows: list[LineItem] = []
    for item in reversed([each for each in column.items if place(each) < place(total) and not is_implied(each)]):
        if item.account not in members and item.account != UNMAPPED:
            break
        rows.insert(0, item)
        if item.account in _SECTIONS:
            break  # a total opens the section
    rows = _without_repeated_portion(rows)
    unclear = any(row.box and total.box and row.page == total.page and row.box.bottom > total.box.bottom for row in rows)
    return [] if unclear or len(rows) < _FEWEST else rows


def _without_repeated_portion(rows: list[LineItem]) -> list[LineItem]:
    """Leave out the current portion of long-term debt where short-term debt already contains it."""
    contained = any(row.account == "short_term_debt" and row.formula for row in rows)
    return [row for row in rows if not (contained and row.account == "current_portion_long_term_debt")]


def _fits(column: Column, total: LineItem, rows: Sequence[LineItem]) -> bool:
    return abs(sum(map(_printed, rows), Decimal(0)) - _printed(total)) <= column.tolerance(len(rows))


def _printed(item: LineItem) -> Decimal:
    """Return a figure with the sign that the page prints: within a section the page's own signs add up."""
    bracketed = _BRACKETED.search(item.text) is not None
    return -abs(item.value) if bracketed else abs(item.value)
