"""A bank statement proves itself: the running balance settles every line's sign and finds misread digits, and the totals close.

`settle` works on postings while a statement is read; `broken_lines` and the two differences are for checks of what was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from app.domain import Form, ReadMethod, Transaction
from rules.forms.bank_table import Posting

_CENT = Decimal("0.005")
_MOST_UNKNOWN = 10  # lines without a sign between two printed balances: more are not tried out


@dataclass(frozen=True, slots=True)
class Settled:
    """A posting whose sign and figures are settled. `proven`: the running balance holds around it."""

    posting: Posting
    amount: Decimal
    balance: Decimal | None
    proven: bool
    repaired: str | None = None


# -- checks of a statement that was read -----------------------------------------------------------------------------------


def closing_difference(form: Form) -> Decimal | None:
    """Return opening balance + deposits - withdrawals - closing balance as printed: 0 where they close, None where one is missing."""
    parts = [form.amount(id) for id in ("opening_balance", "total_deposits", "total_withdrawals", "closing_balance")]
    if any(part is None for part in parts):
        return None
    opening, deposits, withdrawals, closing = (part or Decimal(0) for part in parts)
    return opening + deposits - withdrawals - closing


def listed_difference(form: Form) -> Decimal | None:
    """Return opening balance + every listed transaction - closing balance: 0 where no line is missing or altered."""
    opening, closing = form.amount("opening_balance"), form.amount("closing_balance")
    if opening is None or closing is None or not form.transactions:
        return None
    return opening + sum(t.amount for t in form.transactions) - closing


def broken_lines(form: Form) -> tuple[Transaction, ...]:
    """Return the transactions after which the printed running balance is not the balance before plus what was listed since."""
    lines = list(form.transactions)
    if is_newest_first([(t.amount, t.balance) for t in lines]):
        lines.reverse()
    broken, at, since = [], form.amount("opening_balance"), Decimal(0)
    for line in lines:
        since += line.amount
        if line.balance is None:
            continue
        if at is not None and abs(at + since - line.balance) > _CENT:
            broken.append(line)
        at, since = line.balance, Decimal(0)
    return tuple(broken)


def is_newest_first(lines: Sequence[tuple[Decimal, Decimal | None]]) -> bool:
    """Return whether (amount, balance) lines are printed newest first: more balances follow from the line below than from the one above."""
    down = up = 0
    for (above, before), (below, after) in pairwise(lines):
        if before is None or after is None:
            continue
        down += abs(abs(after - before) - abs(below)) <= _CENT
        up += abs(abs(before - after) - abs(above)) <= _CENT
    return up > down


# -- settling while reading ------------------------------------------------------------------------------------------------


def settle(postings: Sequence[Posting], opening: Decimal | None, closing: Decimal | None) -> list[Settled]:
    """Return every posting with its sign: by the running balance where it shows it, else as printed. Scans are repaired by one digit."""
    marked = any(p.sign < 0 for p in postings)
    drafts = [_draft(p, signs_are_printed=marked) for p in postings]
    backwards = is_newest_first([(d.amount, d.balance) for d in drafts])
    if backwards:
        drafts.reverse()
    ends = [*(d.balance for d in drafts), closing]
    out: list[Settled] = []
    at, group = opening, list[Settled]()
    for i, draft in enumerate(drafts):
        group.append(draft)
        if draft.balance is None and i < len(drafts) - 1:
            continue
        end = draft.balance if draft.balance is not None else closing
        settled = _settle_group(group, at, end, _follower(drafts, i, ends))
        out += settled
        at, group = settled[-1].balance, []
    return out[::-1] if backwards else out


def _draft(posting: Posting, *, signs_are_printed: bool) -> Settled:
    """Return a posting before the balances were looked at; where the statement marks withdrawals, what bears no mark is a deposit."""
    size = abs(posting.amount.value or Decimal(0)) if posting.amount else Decimal(0)
    sign = posting.sign or (1 if signs_are_printed else _worded_sign(posting.text))
    balance = posting.balance.value if posting.balance else None
    if posting.balance and balance is not None and posting.balance.mark in ("DR", "OD"):
        balance = -abs(balance)
    return Settled(posting, sign * size, balance, proven=False)


_IN_WORDS = ("DEPOSIT", "CREDIT", "SETTLEMENT", "TRANSFER FROM", "WIRE IN", "INTEREST PAID", "REFUND", "RECEIPT", "BANKCARD DEP", "LOCKBOX")


def _worded_sign(text: str) -> int:
    """Return the sign that a transaction's wording suggests: the last resort, for statements that print no sign at all."""
    return 1 if any(word in text.upper() for word in _IN_WORDS) else -1


def _follower(drafts: Sequence[Settled], i: int, ends: Sequence[Decimal | None]) -> tuple[Decimal | None, Decimal | None]:
    """Return amount and balance of the line after draft `i`; after the last one nothing and the closing balance."""
    return (drafts[i + 1].amount, ends[i + 1]) if i + 1 < len(drafts) else (Decimal(0), ends[-1])


def _settle_group(
    group: list[Settled], at: Decimal | None, end: Decimal | None, after: tuple[Decimal | None, Decimal | None]
) -> list[Settled]:
    """Settle the postings between two known balances, `at` before and `end` after them."""
    if at is None or end is None:
        return group
    if abs(at + sum(d.amount for d in group) - end) <= _CENT:
        return [replace(d, proven=True) for d in group]
    if (flipped := _flipped(group, end - at)) is not None:
        return flipped
    return _repaired(group, at, end, after)


def _flipped(group: Sequence[Settled], change: Decimal) -> list[Settled] | None:
    """Return the group with the signs of one posting, or of those without a printed sign, turned so that the balance follows."""
    missing = change - sum(d.amount for d in group)
    single = next((i for i, d in enumerate(group) if abs(missing + 2 * d.amount) <= _CENT), None)
    turned = {single} if single is not None else _subset([(i, -2 * d.amount) for i, d in enumerate(group) if not d.posting.sign], missing)
    if turned is None:
        return None
    return [replace(d, amount=-d.amount if i in turned else d.amount, proven=True) for i, d in enumerate(group)]


def _subset(parts: Sequence[tuple[int, Decimal]], target: Decimal) -> set[int | None] | None:
    """Return the places whose amounts add up to `target`, or None; only few places are tried."""
    if len(parts) > _MOST_UNKNOWN:
        return None
    for bits in range(1, 2 ** len(parts)):
        chosen = [part for n, part in enumerate(parts) if bits >> n & 1]
        if abs(sum(amount for _, amount in chosen) - target) <= _CENT:
            return {i for i, _ in chosen}
    return None


# -- repairing scans -------------------------------------------------------------------------------------------------------


def _repaired(group: list[Settled], at: Decimal, end: Decimal, after: tuple[Decimal | None, Decimal | None]) -> list[Settled]:
    """Return the group with one misread figure put right, where the line after it agrees; text layers are never changed."""
    last = group[-1]
    if last.posting.row.page.method is not ReadMethod.OCR:
        return group
    expected = at + sum(d.amount for d in group)
    if last.balance is not None and alike(last.balance, expected) and _follows(expected, after) and not _follows(end, after):
        note = f"balance read as {end:,.2f}; {expected:,.2f} follows from the lines before and after"
        return [*(replace(d, proven=True) for d in group[:-1]), replace(last, balance=expected, proven=True, repaired=note)]
    if not _follows(end, after):
        return group
    for i, draft in enumerate(group):
        right = draft.amount + end - expected
        if draft.amount == 0 or alike(abs(draft.amount), abs(right)):
            was = f"amount read as {abs(draft.amount):,.2f}" if draft.amount else "amount not read"
            note = f"{was}; {abs(right):,.2f} follows from the running balance"
            return [
                replace(d, amount=right, proven=True, repaired=note) if n == i else replace(d, proven=True) for n, d in enumerate(group)
            ]
    return group


def _follows(balance: Decimal, after: tuple[Decimal | None, Decimal | None]) -> bool:
    """Return whether the next line's balance follows from `balance` by its amount, added or taken away."""
    amount, then = after
    return then is not None and amount is not None and abs(abs(then - balance) - abs(amount)) <= _CENT


def alike(a: Decimal, b: Decimal) -> bool:
    """Return whether two amounts differ as a misreading does: by one digit, one digit lost or doubled, or two put the wrong way round."""
    x, y = (f"{value:.2f}".replace(".", "") for value in (a, b))
    if len(x) == len(y):
        return sum(p != q for p, q in zip(x, y, strict=True)) <= 2
    longer, shorter = (x, y) if len(x) > len(y) else (y, x)
    return len(longer) - len(shorter) == 1 and any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
