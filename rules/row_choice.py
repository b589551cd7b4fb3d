"""Which row an account stands in, where the model took the first part of a sub-total for the whole: told by every period at once.

UK sheets print creditors, a line or two more, and the sub-total without a label; net current assets then follow from that one
only. No digit is changed, so it serves scans and text layers alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import UNMAPPED, FinancialStatement
from rules.accounts import ACCOUNT
from rules.identities import BY_ACCOUNT, Arithmetic, Row

_FEWEST_PERIODS = 2  # that must agree

Values = Mapping[str, Mapping[str, Decimal]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A sub-total outside the template that is `account` rather than its first part: the amounts, and the sum that says so."""

    account: str
    row: Row
    values: Mapping[str, Decimal]
    total: str
    plus: tuple[str, ...]
    minus: tuple[str, ...]


def rechosen(statement: FinancialStatement) -> FinancialStatement:
    """Return `statement` with the one account moved to the sub-total that makes a sum hold in every period, in none of which it held."""
    arithmetic = Arithmetic(statement)
    choices = list(_choices(arithmetic))
    if len({(c.account, id(c.row)) for c in choices}) != 1:
        return statement
    return _moved(statement, choices[0])


def _choices(arithmetic: Arithmetic) -> Iterator[Choice]:
    values = _values(arithmetic)
    for total, plus, minus, maybe, _ in BY_ACCOUNT:
        less = (*minus, *(account for account in maybe if account in values))
        accounts = (total, *plus, *less)
        if any(a not in values for a in accounts) or _holding(arithmetic, values, (total, plus, less)):
            continue
        for account in accounts:
            for row in _sub_totals(arithmetic, account):
                amounts = _as_account(arithmetic, row, values[account])
                moved = {**values, account: amounts}
                periods = _holding(arithmetic, moved, (total, plus, less))
                if len(periods) >= max(_FEWEST_PERIODS, len(values[account])) and not _broken(arithmetic, values, moved):
                    yield Choice(account, row, amounts, total, plus, less)


def _sub_totals(arithmetic: Arithmetic, account: str) -> Iterator[Row]:
    """Yield the rows outside the template that add up the row of `account` and those printed from there on, in every period."""
    start = next(n for n, row in enumerate(arithmetic.rows) if row.first.account == account)
    periods = arithmetic.rows[start].items
    for end in range(start + 2, len(arithmetic.rows)):
        total, parts = arithmetic.rows[end], arithmetic.rows[start:end]
        if total.first.account == UNMAPPED and total.items.keys() == periods.keys():
            gaps = (
                sum(arithmetic.printed(part.items[p]) for part in parts if p in part.items) - arithmetic.printed(total.items[p])
                for p in periods
            )
            if all(abs(gap) <= arithmetic.unit * (len(parts) + 1) / 2 for gap in gaps):
                yield total


def _values(arithmetic: Arithmetic) -> dict[str, dict[str, Decimal]]:
    return {
        row.first.account: {period: arithmetic.items[n].value for period, n in row.items.items()}
        for row in arithmetic.rows
        if row.first.account in ACCOUNT
    }


def _as_account(arithmetic: Arithmetic, row: Row, instead_of: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the amounts of a row with the signs of the figures whose place it takes."""
    amounts = {period: arithmetic.items[n].value for period, n in row.items.items()}
    return {p: abs(v) * (-1 if instead_of.get(p, Decimal(0)) < 0 else 1) for p, v in amounts.items()}


def _holding(arithmetic: Arithmetic, values: Values, sums: tuple[str, Sequence[str], Sequence[str]]) -> list[str]:
    """Return the periods in which the sum holds."""
    total, plus, minus = sums
    shared = [p for p in values[total] if all(p in values[a] for a in (*plus, *minus))]
    room = arithmetic.unit * (len(plus) + len(minus) + 1) / 2
    return [
        p for p in shared if abs(sum(values[a][p] for a in plus) - sum(values[a][p] for a in minus) - values[total][p]) <= room
    ]


def _broken(arithmetic: Arithmetic, before: Values, after: Values) -> bool:
    """Say whether a sum that held does not hold any more."""
    for total, plus, minus, maybe, _ in BY_ACCOUNT:
        less = (*minus, *(account for account in maybe if account in before))
        if all(a in before for a in (total, *plus, *less)):
            sums = (total, plus, less)
            if set(_holding(arithmetic, before, sums)) - set(_holding(arithmetic, after, sums)):
                return True
    return False


def _moved(statement: FinancialStatement, choice: Choice) -> FinancialStatement:
    numbers = set(choice.row.items.values())
    less = "".join(f" - {ACCOUNT[a].name}" for a in choice.minus)
    proof = f"{' + '.join(ACCOUNT[a].name for a in choice.plus)}{less} = {ACCOUNT[choice.total].name}"
    items = []
    for number, item in enumerate(statement.items):
        if number in numbers:
            was = statement.item(choice.account, item.period.name)
            said = f"First taken from the row “{was.label if was else ''}”; this row makes {proof} in every period."
            value = choice.values[item.period.name]
            others = (was.value,) if was else ()
            items.append(replace(item, account=choice.account, value=value, repaired=said, alternatives=others))
        else:
            items.append(replace(item, account=UNMAPPED) if item.account == choice.account else item)
    return replace(statement, items=tuple(items))
