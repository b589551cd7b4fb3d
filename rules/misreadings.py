"""What may have been printed where a scan was read as a number: how a reader errs, and how hard that is to believe.

Digits of a text layer are certain; nothing here applies to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from app.domain import LineItem

#: Digits that look alike in small or worn print.
_LOOK_ALIKE = frozenset(
    frozenset(pair) for pair in ("17", "38", "56", "68", "08", "06", "35", "89", "09", "69", "27", "14", "47", "23", "58", "39")
)
_SECOND, _PLAIN, _ODD = 1.0, 2.0, 3.5  # a second reading said so; a reader's usual slip; a slip that must be proven twice


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another reading of a figure: its amount, what it costs to believe, and whether readers make such slips all the time."""

    value: Decimal
    cost: float
    plausible: bool


def candidates(item: LineItem, unit: Decimal) -> tuple[Candidate, ...]:
    """Return what `item` may have been instead, cheapest first, each amount once; `unit` is what the last printed digit counts."""
    found: dict[Decimal, Candidate] = {}
    slips = [Candidate(value, _SECOND, plausible=True) for value in item.alternatives]
    slips.append(Candidate(-item.value, _PLAIN, plausible=True))  # a bracket or minus not seen, or seen where none is
    digits = str(int(abs(item.value) / unit))
    sign = -1 if item.value < 0 else 1
    slips += [Candidate(sign * int(text) * unit, cost, cost < _ODD) for text, cost in _slips(digits) if text]
    for each in sorted(slips, key=lambda slip: slip.cost):
        if each.value != item.value:
            found.setdefault(each.value, each)
    return tuple(found.values())


def _slips(digits: str) -> Iterator[tuple[str, float]]:
    """Yield the numbers that are read as `digits` when one digit is misread, lost or added."""
    for n, digit in enumerate(digits):
        yield digits[:n] + digits[n + 1 :], _PLAIN
        for other in "0123456789":
            yield digits[:n] + other + digits[n + 1 :], _PLAIN if frozenset((digit, other)) in _LOOK_ALIKE else _ODD
    for n in range(len(digits) + 1):
        yield from ((digits[:n] + other + digits[n:], _PLAIN) for other in "0123456789")
