"""Ties: what was sold and what is in the bank, by the statements, the tax return and the bank statements."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from app.domain import DocumentKind, Figure, Form, Severity
from rules.figures import Known, days_of, figures_by_period
from rules.policy import load
from rules.stated import account_of, day_of, fiscal_year, statements_by_month, tax_year
from rules.themes.case import Case, Column, Flaw, columns, fields, files, listed

_YEAR = 350  # days from which a period counts as a whole year
_MONTHS = 12
_MANY = Decimal(100)  # times that revenue and receipts must differ before their units, not their amounts, are in doubt
_SAME_DATE = 4  # days within which a bank statement is of a balance sheet's date
_TRANSFER = r"(?:transfers?|trans|trnsfr|xfer|tfr)"
_OWNERS = r"(?:owners?|shareholders?|members?|partners?|directors?|officers?)'?s?"
#: Deposits that are no sales: from accounts of one's own, borrowed, from the owners, or money that comes back. A customer's
#: wire transfer, or a customer called Members or Partners, is a sale.
NO_SALE = re.compile(
    rf"\b(?:internal|online|book|acct|account|own|funds?|auto(?:matic)?|savings|sweep) {_TRANSFER}\b|\bsweep\b"
    rf"|\b{_TRANSFER} (?:from|fr|frm|between) (?:sav|chk|check|acct|account|money|mm|own|x|\*|\d)"
    r"|\bloan\b|\bproceeds\b|\bline of credit\b|\bLOC\b|\bdrawdown\b|\bdisburse\w*|\bcash advance\b|\bline advance\b|\bsba\b|\bfunding\b"
    rf"|\b{_OWNERS} (?:contrib\w*|deposit|loan|capital|injection|funds|draw)|\bcapital (?:contrib\w*|injection|call)|\binjection\b"
    r"|\brefunds?\b|\breversal\b|\breversed\b|\breturned (?:item|check|deposit|payment)|\bcorrection\b"
    r"|\binsurance (?:claim|proceeds)|\birs\b|\btreas\b|\bhmrc\b",
    re.IGNORECASE,
)


def revenue_agrees_with_the_tax_return(case: Case) -> Iterator[Flaw]:
    """Revenue on the income statement must be the gross receipts of the tax return of the same year.

    Why: who shows the bank more sales than the tax office may owe tax, or has written the statement for the bank. Where the
    return is on the cash basis (no receivables on Schedule L, but on the balance sheet), what customers came to owe explains a gap.
    Source: Credit policy, return_tie; Schedule M-1 explains differences of income between books and return.
    Example: sales of $1,204,600 beside gross receipts of $1,043,162 for 2025: 13 % less; policy allows 2 %.
    """
    for form, column in _returns(case):
        revenue, receipts = column.get("revenue"), form.amount("gross_receipts")
        if revenue is None or receipts is None or _is_other_unit(revenue.value, receipts) or revenue.value <= 0:
            continue
        share = abs(revenue.value - receipts) / revenue.value
        if share <= load().values["return_tie"].value or abs(revenue.value - receipts) <= column.tolerance(0):
            continue
        cash_basis = _is_explained_by_cash_basis(case, form, column, revenue.value - receipts)
        said = (
            f"Revenue for {tax_year(form)} is {column.said(revenue)} on the income statement ({column.statement.file}), but "
            f"{case.said(receipts)} on the tax return ({case.where(form)}): {_percent(share)} {_less(receipts, revenue.value)}; "
            f"policy allows {_percent(load().values['return_tie'].value)}."
        )
        said += " The return is on the cash basis, and what customers came to owe explains it." if cash_basis else ""
        facts: tuple[Figure, ...] = (revenue, *fields(form, "gross_receipts"))
        yield Flaw(Severity.INFO if cash_basis else Severity.MEDIUM, said, facts, (column.statement.file, form.file))


def schedule_l_agrees_with_the_balance_sheet(case: Case) -> Iterator[Flaw]:
    """Total assets of Schedule L must be those of the balance sheet of the same date; a missing Schedule L is no finding.

    Why: both are drawn from the same books. A return on the cash basis leaves receivables out, which is taken into account.
    Source: Credit policy, return_tie; instructions to Schedule L: it agrees with the corporation's books.
    Example: total assets of $607,582 on the balance sheet at 31 December 2025 beside $540,120 on Schedule L.
    """
    allowed = load().values["return_tie"].value
    for form, column in _returns(case):
        sheet = next((c for c in columns(case.spread, DocumentKind.BALANCE_SHEET) if c.period.end == column.period.end), None)
        assets, filed = sheet.get("total_assets") if sheet else None, form.amount("schedule_l_total_assets")
        if sheet is None or assets is None or filed is None or assets.value <= 0 or _is_other_unit(assets.value, filed):
            continue
        owed = sheet.get("accounts_receivable")
        expected = [assets.value, *([assets.value - owed.value] if owed and not form.amount("schedule_l_accounts_receivable") else [])]
        if all(abs(value - filed) > allowed * assets.value and abs(value - filed) > sheet.tolerance(0) for value in expected):
            said = (
                f"Total assets {sheet.when()} are {sheet.said(assets)} on the balance sheet ({sheet.statement.file}), but "
                f"{case.said(filed)} on Schedule L of the tax return ({case.where(form)})."
            )
            facts: tuple[Figure, ...] = (assets, *fields(form, "schedule_l_total_assets"))
            yield Flaw(Severity.MEDIUM, said, facts, (sheet.statement.file, form.file))


def deposits_support_the_revenue(case: Case) -> Iterator[Flaw]:
    """Bank deposits, as a year's, must come near the revenue; transfers, borrowed and owners' money and refunds are left out.

    Why: sales end up in the bank. Much less means sales that were never paid, or never made; much more means sales that are
    not in the books, or money that is borrowed. Seasons explain some of it.
    Source: Credit policy, deposits_tie.
    Example: deposits of $201,300 in 3 months make $805,200 a year, 23 % less than revenue of $1,043,162; policy allows 10 %.
    """
    statements = [form for form in statements_by_month(case.forms) if form.amount("total_deposits") is not None]
    revenue = figures_by_period(case.spread, {})[0].find("revenue")
    months = {(end.year, end.month) for form in statements if (end := day_of(form, "period_end"))}
    if not months or not isinstance(revenue, Known) or revenue.value <= 0:
        return
    left_out = sum((_no_sales(form) for form in statements), Decimal(0))
    deposits = sum((form.amount("total_deposits") or Decimal(0) for form in statements), Decimal(0)) - left_out
    yearly = deposits * _MONTHS / len(months)
    share = abs(yearly - revenue.value) / revenue.value
    if share <= load().values["deposits_tie"].value or _is_other_unit(revenue.value, yearly):
        return
    aside = f" ({case.said(left_out)} of transfers, loans, owners' money and refunds left out)" if left_out else ""
    said = (
        f"Deposits of {case.said(deposits)} in {len(months)} month{'s' if len(months) > 1 else ''}{aside} make "
        f"{case.said(round(yearly, 0))} a year, {_percent(share)} {_less(yearly, revenue.value)} than revenue of "
        f"{case.said(revenue.value)}; policy allows "
        f"{_percent(load().values['deposits_tie'].value)}. A seasonal business may explain it."
    )
    facts = tuple(field for form in statements for field in fields(form, "total_deposits"))
    yield Flaw(Severity.MEDIUM, said, facts, (*files(*statements), *revenue.files))


def bank_balance_agrees_with_book_cash(case: Case) -> Iterator[Flaw]:
    """The bank balance at a balance sheet's date must come near its cash; checks not yet cashed are allowed for.

    Why: cash in the books that is not in the bank is missing, pledged, or in an account that was not shown.
    Source: Credit policy, cash_tie; bank reconciliation.
    Example: cash of $84,210 at 31 December 2024 beside a bank balance of $31,400 on that day.
    """
    statements = case.of_kind(DocumentKind.BANK_STATEMENT)
    for sheet in columns(case.spread, DocumentKind.BALANCE_SHEET):
        cash, held = sheet.get("cash"), _balances(sheet, statements)
        if cash is None or not held or sheet.period.name != "current":
            continue
        bank = sum((amount for _, amount in held), Decimal(0))
        if abs(cash.value - bank) <= max(load().values["cash_tie"].value * abs(cash.value), sheet.tolerance(0)):
            continue
        said = (
            f"The balance sheet ({sheet.statement.file}) shows cash of {sheet.said(cash)} {sheet.when()}, but the bank shows "
            f"{case.said(bank)} at that date ({listed(case.where(form) for form, _ in held)}). Checks under way, or an account that "
            f"was not sent, may explain it."
        )
        facts: tuple[Figure, ...] = (cash, *(field for form, _ in held for field in fields(form, "opening_balance", "closing_balance")))
        yield Flaw(Severity.MEDIUM, said, facts, (sheet.statement.file, *files(*(form for form, _ in held))))


# -- arithmetic they share -------------------------------------------------------------------------------------------


def _returns(case: Case) -> Iterator[tuple[Form, Column]]:
    """Yield each tax return with the income statement's column of its year: the year that begins in its tax year."""
    years = [c for c in columns(case.spread, DocumentKind.INCOME_STATEMENT) if c.period.end and days_of(c.period) >= _YEAR]
    for form in case.of_kind(DocumentKind.BUSINESS_TAX_RETURN):
        year = tax_year(form)
        begun = [column for column in years if fiscal_year(column.period) == year]
        ended = [column for column in years if column.period.end and column.period.end.year == year]
        for column in [*begun, *ended][:1]:
            yield form, column


def _is_explained_by_cash_basis(case: Case, form: Form, column: Column, gap: Decimal) -> bool:
    """Say whether the return is on the cash basis, and the rise of receivables is about the gap."""
    if form.amount("schedule_l_accounts_receivable") or form.amount("schedule_l_total_assets") is None:
        return False
    receivables = [
        (c.period.end, item.value)
        for c in columns(case.spread, DocumentKind.BALANCE_SHEET)
        if c.period.end and column.period.end and c.period.end <= column.period.end and (item := c.get("accounts_receivable"))
    ]
    owed = [value for _, value in sorted(dict(receivables).items(), reverse=True)]
    allowed = load().values["return_tie"].value * abs(gap if (revenue := column.get("revenue")) is None else revenue.value)
    return len(owed) > 1 and abs(gap - (owed[0] - owed[1])) <= allowed


def _no_sales(form: Form) -> Decimal:
    return sum((line.amount for line in form.transactions if line.amount > 0 and NO_SALE.search(line.description)), Decimal(0))


def _balances(sheet: Column, statements: Sequence[Form]) -> list[tuple[Form, Decimal]]:
    """Return the balance of each account at the sheet's date: closing on it, or opening the day after."""
    found: dict[str, tuple[Form, Decimal]] = {}
    for form in statements:
        for id, date_id, later in (("closing_balance", "period_end", 0), ("opening_balance", "period_start", 1)):
            at, amount, end = day_of(form, date_id), form.amount(id), sheet.period.end
            if at and end and amount is not None and abs(at - timedelta(days=later) - end) <= timedelta(days=_SAME_DATE):
                found.setdefault(account_of(form), (form, amount))
    return list(found.values())


def _is_other_unit(one: Decimal, other: Decimal) -> bool:
    small, large = sorted((abs(one), abs(other)))
    return small == 0 or large / small > _MANY


def _percent(share: Decimal) -> str:
    return f"{share * 100:.0f} %" if share >= Decimal("0.1") else f"{share * 100:.1f}".removesuffix(".0") + " %"


def _less(value: Decimal, than: Decimal) -> str:
    return "less" if value < than else "more"
