"""Foots: a bank statement proves itself. Opening balance, lines, totals and closing balance follow from each other to the cent."""

from collections.abc import Iterator
from decimal import Decimal

from app.domain import DocumentKind, Form, Severity, Transaction
from rules.themes.case import Case, Flaw, day, fields

_CENT = Decimal("0.01")
_TOTALS = ("opening_balance", "total_deposits", "total_withdrawals", "closing_balance")
_NONE = Decimal(0)
_FEW = 3  # balances that one changed figure may break


def bank_statement_adds_up(case: Case) -> Iterator[Flaw]:
    """Opening balance plus deposits less withdrawals must be the closing balance, to the cent.

    Why: a bank's own statement always adds up; one that does not was misread or altered.
    Source: The statement's own arithmetic.
    Example: $18,240.15 plus deposits of $52,310.00 less withdrawals of $49,875.40 gives $20,674.75; a printed $26,674.75 is wrong.
    """
    for form in case.of_kind(DocumentKind.BANK_STATEMENT):
        opening, deposits, withdrawals, closing = (form.amount(id) for id in _TOTALS)
        if opening is None or deposits is None or withdrawals is None or closing is None:
            continue
        due = opening + deposits - withdrawals
        if not _adds_up(form):
            said = (
                f"{case.where(form)}: the opening balance {case.said(opening)} plus deposits {case.said(deposits)} less withdrawals "
                f"{case.said(withdrawals)} gives {case.said(due)}, but the closing balance is printed as {case.said(closing)}; the "
                f"difference is {case.said(abs(due - closing))}."
            )
            yield Flaw(Severity.MEDIUM, said, fields(form, *_TOTALS), (form.file,))


def running_balance_follows_every_line(case: Case) -> Iterator[Flaw]:
    """The running balance after each line must be the one before plus or less the line's amount.

    Why: who changes an amount or a balance on a statement rarely changes all balances after it. Told once a statement, with
    the first line that does not follow. On a scan, or where many lines do not follow, a misreading is likelier: the weight is low.
    Source: The statement's own arithmetic.
    Example: a balance of $9,411.20, a check of $1,200.00, and then a balance of $8,911.20 instead of $8,211.20.
    """
    for form in case.of_kind(DocumentKind.BANK_STATEMENT):
        broken = list(_broken_lines(form))
        if not broken:
            continue
        line, due, printed = broken[0]
        when = f"on {day(line.day)} " if line.day else ""
        more = f" {len(broken) - 1} more lines do not follow either." if len(broken) > 1 else ""
        said = (
            f"{case.where(form)}: {when}“{line.description}” {case.said(line.amount)} leads to a balance of {case.said(due)}, but "
            f"{case.said(printed)} is printed.{more}"
        )
        misread = case.was_seen(form) or len(broken) > _FEW
        yield Flaw(Severity.LOW if misread else Severity.MEDIUM, said, fields(form, "closing_balance"), (form.file,))


def bank_lines_add_up_to_the_totals(case: Case) -> Iterator[Flaw]:
    """The deposits and withdrawals listed must add up to the totals that the statement prints.

    Why: a line that was removed or changed shows in the totals. Reported where the lines lead from the opening to the
    closing balance, so that none of them was left unread.
    Source: The statement's own arithmetic.
    Example: 14 deposits add up to $52,310.00, but total deposits are printed as $55,310.00.
    """
    for form in case.of_kind(DocumentKind.BANK_STATEMENT):
        opening, closing = form.amount("opening_balance"), form.amount("closing_balance")
        moved = sum((line.amount for line in form.transactions), _NONE)
        leads = opening is not None and closing is not None and abs(opening + moved - closing) < _CENT
        if not form.transactions or not leads or not _adds_up(form):
            continue  # a statement that does not add up is told by itself
        for id, name, sign in (("total_deposits", "deposits", 1), ("total_withdrawals", "withdrawals", -1)):
            listed = sum((abs(line.amount) for line in form.transactions if line.amount * sign > 0), _NONE)
            printed = form.amount(id)
            if printed is not None and abs(listed - abs(printed)) >= _CENT and not _is_net_of_reversals(form, printed, listed):
                said = (
                    f"{case.where(form)}: the {name} listed add up to {case.said(listed)}, but total {name} are printed as "
                    f"{case.said(abs(printed))}."
                )
                yield Flaw(Severity.MEDIUM, said, fields(form, id), (form.file,))
                break  # lines that lead from opening to closing make both totals differ by the same amount


def bank_lines_lead_to_the_closing_balance(case: Case) -> Iterator[Flaw]:
    """The lines of a bank statement must lead from its opening to its closing balance.

    Why: a line was left out, added, changed or not read. Reported for statements with a text layer whose totals add up and
    that print no running balance, which would show the very line.
    Source: The statement's own arithmetic.
    Example: lines that come to -$2,434.60 lead from $18,240.15 to $15,805.55; the closing balance is printed as $20,674.75.
    """
    for form in case.of_kind(DocumentKind.BANK_STATEMENT):
        opening, closing = form.amount("opening_balance"), form.amount("closing_balance")
        running = any(line.balance is not None for line in form.transactions)
        if opening is None or closing is None or not form.transactions or running or form.unread or case.was_seen(form):
            continue
        due = opening + sum((line.amount for line in form.transactions), _NONE)
        if abs(due - closing) >= _CENT:
            said = (
                f"{case.where(form)}: the lines listed lead from the opening balance {case.said(opening)} to {case.said(due)}, but the "
                f"closing balance is printed as {case.said(closing)}."
            )
            yield Flaw(Severity.LOW, said, fields(form, "opening_balance", "closing_balance"), (form.file,))


def _adds_up(form: Form) -> bool:
    opening, deposits, withdrawals, closing = (form.amount(id) for id in _TOTALS)
    if opening is None or deposits is None or withdrawals is None or closing is None:
        return True
    return abs(opening + deposits - withdrawals - closing) < _CENT


def _broken_lines(form: Form) -> Iterator[tuple[Transaction, Decimal, Decimal]]:
    """Yield each line whose balance does not follow from the last balance printed: the line, the balance due, the one printed."""
    before = form.amount("opening_balance")
    moved = _NONE
    days = [line.day for line in form.transactions if line.day]
    newest_first = bool(days) and days[0] > days[-1]
    for line in reversed(form.transactions) if newest_first else form.transactions:
        moved += line.amount
        if line.balance is None:
            continue
        if before is not None and abs(before + moved - line.balance) >= _CENT:
            yield line, before + moved, line.balance
        before, moved = line.balance, _NONE


def _is_net_of_reversals(form: Form, printed: Decimal, listed: Decimal) -> bool:
    """Say whether a total leaves out lines that take each other back, or fees that the bank totals apart."""
    return any(abs(abs(line.amount) - abs(listed - abs(printed))) < _CENT for line in form.transactions)
