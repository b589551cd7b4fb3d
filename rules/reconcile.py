"""Statements as spread -> statements whose arithmetic holds: the most probable readings of a scan by which its sums close.

An exact search over what each figure may have been printed as. It repairs scans only and says so on every figure; a sum that
no sure reading closes is left as it is, for the checks to find. On a page with a text layer digits are certain: only the row
that an account was read from may change there (`rules/row_choice.py`), so that what was altered stays a finding.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import FinancialStatement, LineItem, Origin, Page, Period, ReadMethod, Spread, Word
from rules.accounts import ACCOUNT
from rules.identities import TOTALS, Arithmetic, Identity, Lack
from rules.misreadings import Candidate, candidates
from rules.row_choice import rechosen

_BROKEN = 6.0  # cost of a sum that does not close
_DOUBT = 2.0  # what a change costs more for a figure that was surely read
_SURE = 0.9  # both readings of a scan agree from here on: such a figure is as printed, and what does not add up was not misread
_INEXACT = 0.25  # what it costs more where a sum then closes within rounding only
_MARGIN = 0.9  # by which the best explanation must be better than one without the same repair
_MOST_CHANGES = 4
_MOST_EXPLANATIONS = 2_000  # a column of which more can be made proves nothing
_READ = 0.6  # confidence that every figure of a sum needs for a lost one to follow from them
_PROVEN_TWICE, _PROVEN_ONCE = 0.9, 0.75

Changes = Mapping[int, Candidate]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way to make sense of a column: the readings changed, by number of the item, and what it costs to believe."""

    changes: Changes
    cost: float


def reconcile(spread: Spread, pages: Iterable[Page] = ()) -> Spread:
    """Return `spread` with the figures of scans put right where the arithmetic of their statement proves another reading.

    `pages` are those that it was read from: their words say how surely each figure was read.
    """
    words = {(page.file, page.number): page.words for page in pages if page.method is ReadMethod.OCR}
    return Spread(tuple(_reconciled(statement, words) for statement in spread.statements))


def _reconciled(printed: FinancialStatement, words: Mapping[tuple[str, int], Sequence[Word]]) -> FinancialStatement:
    statement = rechosen(printed)
    if not any(item.method is ReadMethod.OCR for item in statement.items):
        return statement
    arithmetic = Arithmetic(statement)
    items = list(statement.items)
    doubts = {number: _clear(item, words) for number, item in enumerate(items) if _may_be_misread(item)}
    doubtful = {number: clear for number, clear in doubts.items() if clear < _SURE}
    for period in statement.periods:
        for number, item in _repairs(arithmetic, period, doubtful):
            items[number] = item
    mended = replace(statement, items=tuple(items))
    return replace(mended, items=(*items, *_completed(Arithmetic(mended))))


# -- repairing -------------------------------------------------------------------------------------------------------


def _repairs(arithmetic: Arithmetic, period: Period, doubtful: Mapping[int, float]) -> Iterator[tuple[int, LineItem]]:
    """Yield the figures of one period that every good explanation changes alike, as they must have been printed.

    One sum proves a usual slip, if no figure of it stands in a sum that stays broken; any other slip needs two.
    """
    identities = arithmetic.identities(period)
    values = [item.value for item in arithmetic.items]
    found = _explanations(arithmetic, identities, doubtful)
    best = found[0]
    rivals = [each for each in found if each.cost < best.cost + _MARGIN]
    for number, change in best.changes.items():
        agreed = all((other := each.changes.get(number)) and other.value == change.value for each in rivals)
        after = _changed(values, best.changes)
        mine = [each for each in identities if number in each.figures]
        closed = [each for each in mine if each.holds(after) and not each.holds(values)]
        sound = all(each.holds(after) for each in mine if each.holds(values))
        open_still = {figure for each in identities if not each.holds(after) for figure in each.figures}
        alone = closed and change.plausible and not closed[0].figures & open_still
        if agreed and sound and (len(closed) > 1 or alone):
            yield number, _repaired(arithmetic, number, change.value, (closed, after))


def _explanations(arithmetic: Arithmetic, identities: Sequence[Identity], doubtful: Mapping[int, float]) -> list[Explanation]:
    """Return the ways to make sense of `identities`, cheapest first; only the one that changes nothing where there are too many."""
    values = [item.value for item in arithmetic.items]
    bound = {number for each in identities if not each.holds(values) for number in each.figures}
    possible = {n: candidates(arithmetic.items[n], arithmetic.unit) for n in bound if n in doubtful}
    found: dict[frozenset[tuple[int, Decimal]], Explanation] = {}
    most = _BROKEN * sum(not each.holds(values) for each in identities) + _MARGIN
    as_read = Explanation({}, most - _MARGIN)
    waiting: list[tuple[Changes, frozenset[Identity]]] = [({}, frozenset())]
    while waiting:
        changes, given_up = waiting.pop()
        if _cost(doubtful, changes) > most:
            continue
        if len(found) >= _MOST_EXPLANATIONS:
            return [as_read]
        after = _changed(values, changes)
        broken = [each for each in identities if not each.holds(after)]
        cost = _cost(doubtful, changes) + _BROKEN * len(broken) + _INEXACT * _inexact(identities, changes, after)
        found[frozenset((n, c.value) for n, c in changes.items())] = Explanation(changes, cost)
        first = next((each for each in broken if each not in given_up), None)
        if first is None:
            continue
        waiting.append((changes, given_up | {first}))
        if len(changes) < _MOST_CHANGES:
            waiting += [({**changes, n: c}, given_up) for n, c in _closing(first, after, possible, changes)]
    return sorted(found.values(), key=lambda each: each.cost)


def _closing(
    identity: Identity, values: Sequence[Decimal], possible: Mapping[int, Sequence[Candidate]], changes: Changes
) -> Iterator[tuple[int, Candidate]]:
    """Yield the single readings that close `identity`."""
    gap = identity.gap(values)
    for sign, number in identity.terms:
        if number not in changes:
            for candidate in possible.get(number, ()):
                if abs(gap + sign * (candidate.value - values[number])) <= identity.room:
                    yield number, candidate


def _may_be_misread(item: LineItem) -> bool:
    return item.method is ReadMethod.OCR and item.origin is Origin.READ


def _clear(item: LineItem, words: Mapping[tuple[str, int], Sequence[Word]]) -> float:
    """Return how surely the figure was read, whatever row it is taken for."""
    page = words.get((item.file, item.page), ())
    mine = page[item.span.start : item.span.stop] if item.span else ()
    return min((word.confidence for word in mine), default=item.confidence)


def _cost(doubtful: Mapping[int, float], changes: Changes) -> float:
    return sum(change.cost + _DOUBT * doubtful[number] for number, change in changes.items())


def _inexact(identities: Sequence[Identity], changes: Changes, after: Sequence[Decimal]) -> int:
    return sum(1 for each in identities if each.figures & changes.keys() and each.holds(after) and each.gap(after))


def _changed(values: Sequence[Decimal], changes: Changes) -> list[Decimal]:
    after = list(values)
    for number, change in changes.items():
        after[number] = change.value
    return after


def _repaired(arithmetic: Arithmetic, number: int, value: Decimal, proof: tuple[Sequence[Identity], Sequence[Decimal]]) -> LineItem:
    closed, after = proof
    item = arithmetic.items[number]
    said = f"Read as {item.value:,}, repaired to {value:,}: then {' and '.join(_told(arithmetic, each, after) for each in closed)}."
    others = tuple(dict.fromkeys((item.value, *(v for v in item.alternatives if v != value))))
    sure = _PROVEN_TWICE if len(closed) > 1 else _PROVEN_ONCE
    return replace(item, value=value, repaired=said, alternatives=others, confidence=sure)


def _told(arithmetic: Arithmetic, identity: Identity, values: Sequence[Decimal]) -> str:
    """Return an identity in words, with its figures: "Net sales 1,204,600 - Cost of goods sold 742,100 = Gross profit 462,500"."""
    *parts, (_, total) = identity.terms
    told = "".join(
        f"{'' if n == 0 and sign > 0 else ' + ' if sign > 0 else ' - '}{_name(arithmetic.items[number])} {values[number]:,}"
        for n, (sign, number) in enumerate(parts)
    )
    return f"{told.strip()} = {_name(arithmetic.items[total])} {values[total]:,}"


def _name(item: LineItem) -> str:
    return ACCOUNT[item.account].name if item.account in ACCOUNT else f"“{item.label}”"


# -- completing ------------------------------------------------------------------------------------------------------


def _completed(arithmetic: Arithmetic) -> Iterator[LineItem]:
    """Yield the figures that a scan lost and that follow from their sum: a total, or a part that must be nil."""
    values = [item.value for item in arithmetic.items]
    for period in arithmetic.statement.periods:
        given = set[int]()
        for lack in arithmetic.lacking(period):
            row = arithmetic.rows[lack.row].first
            value = -lack.sign * lack.rest.gap(values)
            nil = abs(value) <= lack.rest.room  # that the others close without it is proof enough
            follows = nil or lack.is_total or row.account in TOTALS
            sure = nil or all(arithmetic.items[number].confidence >= _READ for number in lack.rest.figures)
            if follows and sure and lack.row not in given and row.account in ACCOUNT and row.method is ReadMethod.OCR:
                given.add(lack.row)
                yield _derived(arithmetic, lack, period, value)


def _derived(arithmetic: Arithmetic, lack: Lack, period: Period, value: Decimal) -> LineItem:
    """Return the figure that the scan lost, with the rest of its sum as the formula."""
    row, items = arithmetic.rows[lack.row].first, [arithmetic.items[number] for _, number in lack.rest.terms]
    formula = "".join(
        f" {'+' if sign * -lack.sign > 0 else '-'} {item.label or _name(item)} {item.value:,}"
        for (sign, _), item in zip(lack.rest.terms, items, strict=True)
    ).removeprefix(" + ").strip()
    return replace(
        row,
        period=period,
        value=value,
        origin=Origin.DERIVED,
        text="",
        box=None,
        span=None,
        formula=formula,
        repaired=None,
        alternatives=(),
        confidence=min(_PROVEN_ONCE, *(item.confidence for item in items)),
    )
