"""Ties: what is owed, by the balance sheet, the debt schedule and the account; what customers owe, by the books and the aging."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from app.domain import DocumentKind, Figure, Form, LineItem, Severity, Transaction
from rules.policy import load
from rules.stated import statements_by_month
from rules.themes.case import Case, Column, Flaw, columns, day, fields, files, listed
from rules.themes.dates import dated_on

_BORROWED = ("short_term_debt", "long_term_debt")
_NEAR = 7  # days within which two documents are of the same date
_MONTH = Decimal("30.44")
#: Withdrawals that repay a debt, and deposits that are one.
_REPAYS = re.compile(
    r"\bloan\b|\bln (?:pmt|pymt)|\bnote (?:pmt|payment)|\blend(?:ing|er|ers)?\b|\bmortgage\b|\bmtg\b|\bfinanc(?:e|ing|ial)\b|\bleasing\b"
    r"|\bfunding\b|\bcapital\b|\badvance\b|\binstal?lment\b|\bauto credit\b|\bcredit (?:corp|union|co)\b|\bfactor(?:ing|s)?\b"
    r"|\bmerchant cash\b|\bMCA\b",
    re.IGNORECASE,
)
_LENDS = re.compile(r"\bloan\b|\badvance\b|\bfunding\b", re.IGNORECASE)
#: Words of a bank's description that name nobody.
_NO_NAME = re.compile(
    r"^(?:ach|debit|credit|card|electronic|online|auto(?:matic)?|pre-?auth\w*|recurring|direct|wire|out|in|withdrawal|deposit|payment|pmt|pymt"
    r"|payt|check|chk|loan|ln|note|to|from|for|the|of|and|monthly|weekly|daily|bill|pay|transfer|xfer|eft|pos|dd|so|standing|order|proceeds"
    r"|instal?lment|principal|interest|first|national|community|united|american|inc|llc|ltd|co|corp|company|na|plc|bank|id|ref|no|\d.*|\W*)$",
    re.IGNORECASE,
)
_FEWEST = 2  # payments of about the same amount that count as regular
_ALIKE = Decimal("0.02")
_LETTERS = 4  # of a name cut off by the bank that must remain


def debt_agrees_with_the_debt_schedule(case: Case) -> Iterator[Flaw]:
    """Borrowings on the balance sheet must be the total of the debt schedule; what was repaid between their dates is allowed for.

    Why: a debt that is missing from the schedule is missing from debt service; one that is missing from the sheet flatters it.
    Owners' loans may stand on the schedule or not.
    Source: Credit policy, debt_tie.
    Example: borrowings of $174,700 at 31 December 2025 beside a debt schedule of $123,700: $51,000 is not on the schedule.
    """
    for form in case.of_kind(DocumentKind.DEBT_SCHEDULE):
        sheet = next((c for c in columns(case.spread, DocumentKind.BALANCE_SHEET) if c.period.name == "current"), None)
        owed, scheduled = _borrowings(sheet) if sheet else None, form.amount("total_debt_balance")
        if sheet is None or not owed or scheduled is None:
            continue
        debt = sum((item.value for item in owed), Decimal(0))
        owners = sheet.get("due_to_owners")
        room, repaid = max(load().values["debt_tie"].value * debt, sheet.tolerance(len(owed))), _repaid_since(case, sheet, form)
        lower, upper = room + max(repaid, Decimal(0)), room - min(repaid, Decimal(0))
        claims = [debt, debt + (owners.value if owners else Decimal(0))]
        if any(claim - lower <= scheduled <= claim + upper for claim in claims):
            continue
        more = "is not on the schedule" if debt > scheduled else "is not on the balance sheet"
        said = (
            f"Borrowings {sheet.when()} come to {case.said(debt)} on the balance sheet ({sheet.statement.file}), but the debt schedule "
            f"({case.where(form)}) lists {case.said(scheduled)}: {case.said(abs(debt - scheduled))} {more}."
        )
        facts: tuple[Figure, ...] = (*owed, *fields(form, "total_debt_balance"))
        yield Flaw(Severity.MEDIUM, said, facts, (sheet.statement.file, form.file))


def payments_go_to_lenders_on_the_schedule(case: Case) -> Iterator[Flaw]:
    """Whom the account pays loan instalments regularly, or receives a loan from, must be a creditor on the debt schedule.

    Why: a debt that the borrower did not tell of comes before ours in the cash, and says something of the borrower.
    Source: Credit analysis practice: agreement of documents; account conduct.
    Example: $1,842.50 to "QUARRYSIDE FUNDING" in October, November and December; no such creditor is on the schedule.
    """
    statements, creditors = statements_by_month(case.forms), [debt.creditor for debt in case.application.debts] if case.application else []
    if case.application is None and not case.of_kind(DocumentKind.DEBT_SCHEDULE):
        return
    for lines in _by_lender(statements).values():
        regular = _regular([(form, line) for form, line in lines if line.amount < 0])
        shown = regular or [(form, line) for form, line in lines if line.amount > 0 and _LENDS.search(line.description)]
        if not shown or any(_names(line.description, creditor) for _, line in lines for creditor in creditors):
            continue
        line = shown[0][1]
        days = listed(day(each.day) for _, each in shown[:3] if each.day) if line.day else "on the statements"
        known = f" ({listed(creditors)})" if creditors else ""
        said = (
            f"{case.said(abs(line.amount))} {'was paid regularly' if regular else 'came in'} as “{line.description}” ({days}), which looks "
            f"like a loan, but no such creditor is on the debt schedule{known}. Ask for the agreement and add it to debt service."
        )
        yield Flaw(Severity.MEDIUM, said, (), files(*(form for form, _ in shown), *case.of_kind(DocumentKind.DEBT_SCHEDULE)))


def aging_agrees_with_receivables(case: Case) -> Iterator[Flaw]:
    """The total of the receivables aging must be the receivables on the balance sheet of the same date.

    Why: the bank lends on receivables that customers really owe; both are drawn from the same ledger.
    Source: Credit policy, aging_tie.
    Example: an aging of $128,400 at 31 December 2025 beside receivables of $101,437 on the balance sheet of that day.
    """
    for form in case.of_kind(DocumentKind.RECEIVABLES_AGING):
        total, at = form.amount("aging_total"), dated_on(case, form)
        sheets = [column for column in columns(case.spread, DocumentKind.BALANCE_SHEET) if column.get("accounts_receivable")]
        sheet = next((c for c in sheets if at is None or (c.period.end and abs((c.period.end - at).days) <= _NEAR)), None)
        owed = sheet.get("accounts_receivable") if sheet else None
        if total is None or sheet is None or owed is None:
            continue
        if abs(owed.value - total) <= max(load().values["aging_tie"].value * abs(owed.value), sheet.tolerance(1)):
            continue
        unsure = " The aging is not dated; it may be of another day." if at is None else ""
        said = (
            f"The receivables aging ({case.where(form)}) comes to {case.said(total)}, but the balance sheet ({sheet.statement.file}) "
            f"shows receivables of {sheet.said(owed)} {sheet.when()}.{unsure}"
        )
        facts: tuple[Figure, ...] = (owed, *fields(form, "aging_total"))
        yield Flaw(Severity.MEDIUM, said, facts, (sheet.statement.file, form.file))


# -- what they share -------------------------------------------------------------------------------------------------


def _borrowings(sheet: Column) -> list[LineItem]:
    """Return the borrowings of a sheet; the current portion of long-term debt where it stands apart from short-term debt."""
    owed = [item for account in _BORROWED if (item := sheet.get(account)) is not None]
    portion, short = sheet.get("current_portion_long_term_debt"), sheet.get("short_term_debt")
    return [*owed, portion] if portion and short is None else owed


def _repaid_since(case: Case, sheet: Column, form: Form) -> Decimal:
    """Return what the scheduled payments may have repaid from the sheet's date to the schedule's (at most the application's)."""
    monthly, until = form.amount("monthly_debt_payment"), dated_on(case, form) or case.as_of
    if monthly is None or until is None or sheet.period.end is None:
        return Decimal(0)
    months = Decimal((until - sheet.period.end).days) / _MONTH
    return monthly * months if abs(months) > _NEAR / _MONTH else Decimal(0)


def _by_lender(statements: Sequence[Form]) -> dict[str, list[tuple[Form, Transaction]]]:
    """Return the lines that speak of a loan, by the words of their description that may name the lender."""
    found: dict[str, list[tuple[Form, Transaction]]] = defaultdict(list)
    for form in statements:
        for line in form.transactions:
            if _REPAYS.search(line.description) and (name := " ".join(_name_words(line.description))):
                found[name].append((form, line))
    return found


def _name_words(text: str) -> list[str]:
    words = re.findall(r"[A-Za-z0-9&'-]+", text.lower())
    return [word for word in words if not _NO_NAME.match(word)]


def _regular(paid: Sequence[tuple[Form, Transaction]]) -> list[tuple[Form, Transaction]]:
    """Return the payments of about the same amount, where there are enough of them."""
    ordered = sorted(paid, key=lambda pair: abs(pair[1].amount))
    groups: list[list[tuple[Form, Transaction]]] = [ordered[:1]] if ordered else []
    for one, other in pairwise(ordered):
        if abs(other[1].amount) - abs(one[1].amount) <= _ALIKE * abs(other[1].amount):
            groups[-1].append(other)
        else:
            groups.append([other])
    return max((group for group in groups if len(group) >= _FEWEST), key=len, default=[])


def _names(description: str, creditor: str) -> bool:
    """Say whether a bank's description, which cuts names off, may name `creditor`: its first telling words, whole or begun."""
    said, known = _name_words(description), _name_words(creditor)[:2]
    return any(_is_begun(mine, word) or _is_begun(word, mine) for word in known for mine in said)


def _is_begun(short: str, whole: str) -> bool:
    return short == whole or (len(short) >= _LETTERS and whole.startswith(short))
