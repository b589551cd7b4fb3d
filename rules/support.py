"""What speaks for and against each figure of a spread: scores, a second opinion, legibility, and the arithmetic that closes over it.

Stands after spreading. It weighs nothing: `models/confidence.py` makes a probability of it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations

from app.domain import UNMAPPED, DocumentKind, Entity, FinancialStatement, Line, LineItem, Page, Period, ReadMethod, Severity, Span, Spread
from rules import checks, matching
from rules.themes.case import Case, Column, columns, is_implied, place

#: What is known of one figure, by name: each a number that grows with what it names.
Evidence = Mapping[str, float]

#: Total, the accounts that make it up and those that are taken off; of the last, the bracketed ones only where they are printed.
IDENTITIES: tuple[tuple[str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    ("total_liabilities_and_equity", ("total_assets",), (), ()),
    ("total_liabilities_and_equity", ("total_liabilities", "total_equity"), (), ()),
    ("total_assets", ("total_liabilities", "total_equity"), (), ()),
    ("net_current_assets", ("total_current_assets",), ("total_current_liabilities",), ("accruals_deferred_income",)),
    ("total_assets_less_current_liabilities", ("total_fixed_assets", "net_current_assets"), (), ()),
    (
        "net_assets",
        ("total_assets_less_current_liabilities",),
        (),
        ("creditors_due_after_one_year", "provisions", "accruals_deferred_income"),
    ),
    ("net_assets", ("total_equity",), (), ()),
    ("gross_profit", ("revenue",), ("cost_of_sales",), ()),
    ("operating_income", ("gross_profit",), ("operating_expenses",), ()),
    ("operating_income", ("revenue",), ("total_costs_and_expenses",), ()),
    ("net_income", ("income_before_tax",), ("income_tax_expense",), ()),
)
_MOST = 3.0  # identities over one figure from which on more tell nothing more
_SURE = 0.002  # scores are told apart up to this distance from certain
_LONGEST = 30  # rows that may stand above a sum
_FEWEST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class SeenPage:
    """A page as the models saw it: its lines as entities, and a score for every kind of document."""

    page: Page
    entities: tuple[Entity, ...]
    kinds: tuple[tuple[DocumentKind, float], ...]


def support(spread: Spread, seen: Sequence[SeenPage]) -> tuple[tuple[Evidence, ...], ...]:
    """Return the evidence for every line item, statement by statement, in the order of the spread."""
    by_place = {(each.page.file, each.page.number): each for each in seen}
    opinions = {key: {e.span: e for e in matching.extract(by_place[key].page)} for key in _places(spread) if key in by_place}
    closing, breaking, footing, repeated = Counter[int](), Counter[int](), _sums(spread), _repeated(spread)
    flawed = Counter(id(fact) for finding in checks.run(Case(spread)) if finding.severity != Severity.INFO for fact in finding.facts)
    for column in columns(spread):
        closes, breaks = _identities(column)
        closing.update(closes)
        breaking.update(breaks)
    out = []
    for statement in spread.statements:
        pages = {number: by_place[key] for key in by_place for file, number in [key] if file == statement.file}
        rivals = _rivals(statement, pages)
        rows: list[Evidence] = []
        overfull = _overfull(statement, pages)
        for item in statement.items:
            page = pages.get(item.page)
            sums = {
                "closes": min(_MOST, closing[id(item)]),
                "breaks": min(_MOST, breaking[id(item)]),
                "foots": min(_MOST, footing[id(item)]),
                "flawed": min(_MOST, flawed[id(item)]),
                "repeated": float(repeated.get(id(item), 0)),
                "rival": _log_odds(rivals.get(item.account, 0.0)),
                "overfull": overfull,
            }
            read = _reading(item, statement, page, opinions.get((item.file, item.page), {})) if page else {}
            rows.append(_of_itself(item, statement) | sums | read)
        out.append(tuple(rows))
    return tuple(out)


def _places(spread: Spread) -> set[tuple[str, int]]:
    return {(item.file, item.page) for statement in spread.statements for item in statement.items}


# -- of the figure and its row -----------------------------------------------------------------------------------------


def _of_itself(item: LineItem, statement: FinancialStatement) -> dict[str, float]:
    """Return what the figure itself tells: how it was made, and whether its row has a figure in every period."""
    beside = {other.period.name for other in statement.items if other.account == item.account and other.label == item.label}
    names = [period.name for period in statement.periods]
    return {
        "scan": float(item.method is ReadMethod.OCR),
        "flow": float(statement.kind is not DocumentKind.BALANCE_SHEET),
        "summed": float(item.formula is not None and not is_implied(item)),
        "implied": float(is_implied(item)),
        "repaired": float(item.repaired is not None),
        "alternatives": float(bool(item.alternatives)),
        "whole row": len(beside & set(names)) / max(1, len(names)),
        "later column": float(names.index(item.period.name) if item.period.name in names else 0),
        "dated": float(item.period.end is not None),
        "odd columns": float(_odd(statement.periods)),
        "digits": float(min(9, sum(c.isdigit() for c in item.text))),
    }


def _odd(periods: Sequence[Period]) -> bool:
    """Say whether the columns of a statement are not of one length, or not one after the other: a quarter beside a year, two companies."""
    lengths = {round((p.end - p.start).days / 30) for p in periods if p.end and p.start}
    ends = [p.end for p in periods if p.end]
    return len(lengths) > 1 or len(set(ends)) < len(ends)


def _reading(item: LineItem, statement: FinancialStatement, seen: SeenPage, opinions: Mapping[Span, Entity]) -> dict[str, float]:
    """Return what the extractor and the wordings of the template make of the figure's row, and how legible it is."""
    line = _line(item, seen.page)
    entity = next((e for e in seen.entities if line is not None and e.span == line.span), None)
    opinion = opinions.get(line.span) if line else None
    scores = dict([*entity.alternatives, (entity.label, entity.score)]) if entity else {}
    own = scores.get(item.account, 0.0)
    others = max((score for label, score in scores.items() if label != item.account), default=0.0)
    words = seen.page.words[line.span.start : line.span.stop] if line else ()
    figures = seen.page.words[item.span.start : item.span.stop] if item.span else words
    return {
        "score": _log_odds(own),
        "margin": own - others,
        "wording agrees": float(opinion is not None and opinion.label == item.account),
        "wording differs": float(opinion is not None and opinion.label not in (item.account, UNMAPPED)),
        "legible": min((w.confidence for w in figures), default=1.0),
        "legible row": min((w.confidence for w in words), default=1.0),
        "kind": dict(seen.kinds).get(statement.kind, 0.0),
        "head": _head(seen.page),
        "left over": float(line is not None and len(line.amounts) > len(statement.periods)),
    }


def _head(page: Page) -> float:
    """Return how legible the words above the first figures are: there the unit and the dates are told."""
    first = next((line.span.start for line in page.lines if len(line.amounts) > 1), len(page.words))
    sure = [word.confidence for word in page.words[:first]]
    return sum(sure) / len(sure) if sure else 0.0


def _overfull(statement: FinancialStatement, pages: Mapping[int, SeenPage]) -> float:
    """Return the share of a statement's rows that print more amounts than it has periods: a column may have been missed."""
    printed = [item for item in statement.items if item.page in pages and item.account != UNMAPPED and (item.span or item.box)]
    lines = [_line(item, pages[item.page].page) for item in printed]
    counts = [len(line.amounts) > len(statement.periods) for line in lines if line is not None]
    return sum(counts) / len(counts) if counts else 0.0


def _line(item: LineItem, page: Page) -> Line | None:
    """Return the printed line of a figure; of one summed from several rows, the first."""
    if item.span is not None:
        return next((ln for ln in page.lines if ln.span.start <= item.span.start < ln.span.stop), None)
    alike = [ln for ln in page.lines if ln.amounts and ln.label == item.label]
    return next((ln for ln in alike if item.box and ln.box.bottom >= item.box.top), alike[0] if alike else None)


def _log_odds(score: float) -> float:
    held = min(1 - _SURE, max(_SURE, score))
    return math.log(held / (1 - held))


def _rivals(statement: FinancialStatement, pages: Mapping[int, SeenPage]) -> dict[str, float]:
    """Return for each account the best score of a further row of the statement's pages that it was not read from."""
    taken = {(i.account, line.span) for i in statement.items if i.page in pages and (line := _line(i, pages[i.page].page)) is not None}
    best: dict[str, float] = defaultdict(float)
    for number, seen in pages.items():
        for entity in seen.entities if statement.first <= number <= statement.last else ():
            for label, score in ((entity.label, entity.score), *entity.alternatives):
                if (label, entity.span) not in taken:
                    best[label] = max(best[label], score)
    return best


# -- the arithmetic ----------------------------------------------------------------------------------------------------


def _identities(column: Column) -> tuple[Counter[int], Counter[int]]:
    """Return how many identities close over each figure of a column, and how many do not."""
    closes, breaks = Counter[int](), Counter[int]()
    for total, plus, minus, optional in IDENTITIES:
        whole, added, taken = column.get(total), column.all_of(plus), column.all_of(minus)
        if whole is None or added is None or taken is None or any(is_implied(i) for i in (whole, *added, *taken)):
            continue
        printed = [item for account in optional if (item := column.get(account)) is not None]
        figures = [whole, *added, *taken]
        due = sum((i.value for i in added), Decimal(0)) - sum((i.value for i in taken), Decimal(0))
        for less in ([], printed) if printed else ([],):
            if abs(whole.value - due + sum((i.value for i in less), Decimal(0))) <= column.tolerance(len(figures) + len(less)):
                closes.update(id(i) for i in [*figures, *less])
                break
        else:
            breaks.update(id(i) for i in figures)
    closes.update(id(i) for i in _moving_cash(column))
    return closes, breaks


def _moving_cash(column: Column) -> Sequence[LineItem]:
    """Return the flows of a cash flow statement that add up, with at most one row between, to a change in cash printed below them."""
    flows = column.all_of(("operating_cash_flow", "investing_cash_flow", "financing_cash_flow"))
    if not flows:
        return ()
    below = [item for item in column.items if place(item) > place(flows[-1])]
    exchange = [Decimal(0), *(item.value for item in below[:2])]
    due = [sum((item.value for item in flows), Decimal(0)) + moved for moved in exchange]
    changes = [(item, whole) for item in below[:3] for whole in due if whole and item.value != whole - due[0]]
    return flows if any(abs(item.value - whole) <= column.tolerance(len(flows)) for item, whole in changes) else ()


def _sums(spread: Spread) -> Counter[int]:
    """Return how many sums of rows printed one below the other each figure takes part in, as a part or as the total."""
    found = Counter[int]()
    for column in columns(spread):
        rows = [item for item in column.items if not is_implied(item) and item.box is not None]
        for at, total in enumerate(rows):
            if total.value and sum(c.isdigit() for c in total.text) >= _FEWEST_DIGITS and (parts := _parts(column, rows[:at], total)):
                found.update(id(item) for item in (*parts, total))
    return found


def _parts(column: Column, above: Sequence[LineItem], total: LineItem) -> Sequence[LineItem]:
    """Return the rows right above a total that add up to it, with the signs they count by or as printed; none where none do."""
    for start in range(len(above) - 2, max(-1, len(above) - _LONGEST), -1):
        rows = above[start:]
        counted = abs(sum((row.value for row in rows), Decimal(0)))
        printed = abs(sum((-abs(row.value) if is_bracketed(row) else abs(row.value) for row in rows), Decimal(0)))
        if min(abs(counted - abs(total.value)), abs(printed - abs(total.value))) <= column.tolerance(len(rows)):
            return rows
    return ()


def is_bracketed(item: LineItem) -> bool:
    """Say whether the page prints a figure in brackets or with a minus."""
    return item.text.lstrip("$£€ ")[:1] in ("(", "-", "−", "–")


def _repeated(spread: Spread) -> dict[int, int]:
    """Return for figures that a further column of the same dates prints too: how many agree, less how many differ."""
    found: dict[int, int] = {}
    for one, other in permutations(columns(spread), 2):
        if one.statement is not other.statement and one.period.end and one.period.end == other.period.end:
            for item in one.items:
                twin = other.get(item.account) if item.account != UNMAPPED else None
                if twin is not None and (one.period.start == other.period.start or not one.period.start or not other.period.start):
                    found[id(item)] = found.get(id(item), 0) + (1 if abs(item.value) == abs(twin.value) else -1)
    return found
