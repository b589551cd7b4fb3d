"""Entities -> Spread: every printed row becomes line items by account and period, in currency units, with its evidence.

Lossless: rows outside the template stay as `unmapped` line items. One account gets one figure per period; rows of the
accounts in `ADDED` add up, for the other accounts the best row counts and the rest stay as alternatives.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import (
    STATEMENT_KINDS,
    UNMAPPED,
    Amount,
    Box,
    Document,
    DocumentKind,
    Entity,
    FinancialStatement,
    Line,
    LineItem,
    Origin,
    Page,
    Period,
    ReadMethod,
)
from rules import signs
from rules.accounts import ACCOUNT
from rules.columns import Layout, layout_of
from rules.headings import currency_of, is_uk, scale_of

#: Accounts into which several printed rows add up (several rows may add into one account).
ADDED = frozenset(
    {
        "accrued_liabilities",
        "other_current_assets",
        "other_current_liabilities",
        "other_noncurrent_assets",
        "other_noncurrent_liabilities",
        "income_taxes_payable",
        "due_to_owners",
        "due_from_owners",
    }
)
_LEAST_SCORE = 0.05  # a reading below this is no reading
_ANCHORS = 3  # accounts of another statement on a page that make it a second statement
_SURE = 0.5
_AFTER_CHARGING = re.compile(r"(?:stated|arrived at)\s+after\s+(?:charging|crediting)|after charging", re.IGNORECASE)
_FLOWS = frozenset({"operating_cash_flow", "investing_cash_flow", "financing_cash_flow"})
_DISCONTINUED = re.compile(r"^\W*discontinued operations\W*$", re.IGNORECASE)
_OPENING = re.compile(r"\b(?:beginning|start|opening)\b", re.IGNORECASE)
_ALIKE = 0.99  # scores from here on tell nothing more about which row is meant
_MOSTLY = 0.6  # share of amounts with decimals from which all of a statement have them
_TOTAL = 0.5  # what a row gains by calling itself a total
_EARLIER = 0.0005  # of score that a row loses for each row above it: of two equals the earlier one counts
_SHOWN_NET = ("accounts_receivable", "inventory", "ppe_net", "intangible_assets")  # after allowances and depreciation


@dataclass(frozen=True, slots=True)
class _Row:
    """A printed row with amounts: its page, line and what it may be."""

    page: Page
    index: int
    line: Line
    entity: Entity

    def candidates(self) -> list[tuple[str, float]]:
        return [(self.entity.label, self.entity.score), *self.entity.alternatives]


def spread(document: Document, entities: Sequence[Entity]) -> tuple[FinancialStatement, ...]:
    """Spread one document: the statement of its kind, and others that stand on the same pages.

    `entities` are those of the document's pages, at most one per line. Lines of no statement are left to the first.
    """
    rows = _rows(document, entities)
    kinds = _kinds(document.kind, rows)
    return tuple(_statement(document, kind, rows, first=kind == kinds[0]) for kind in kinds if kind in STATEMENT_KINDS)


def _rows(document: Document, entities: Sequence[Entity]) -> list[_Row]:
    by_line = {(e.span.page, e.span.start): e for e in entities}
    rows = []
    for page in document.pages:
        for index, line in enumerate(page.lines):
            entity = by_line.get((line.span.page, line.span.start))
            if line.amounts and entity is not None and not _is_head(line):
                footnoted = _as_footnoted(entity, page.lines[index : index + 2])
                rows.append(_Row(page, index, line, _as_worded(footnoted, page.lines[:index], line)))
    return [_before_deduction(*rows[place : place + 3]) for place in range(len(rows))]


def _before_deduction(row: _Row, deduction: _Row | None = None, net: _Row | None = None) -> _Row:
    """Return `row`; outside the template where the next row is taken off it to give the same account net.

    Example: "Accounts receivable 26,102", "Less allowance 1,017", "Accounts receivable, net 25,085".
    """
    if deduction is None or net is None or not row.entity.label == net.entity.label in _SHOWN_NET:
        return row
    columns = list(zip(row.line.amounts, deduction.line.amounts, net.line.amounts, strict=False))
    if all(gross.value - abs(off.value) == rest.value != gross.value for gross, off, rest in columns):
        return replace(row, entity=Entity(row.entity.span, UNMAPPED, row.entity.score))
    return row


def _as_worded(entity: Entity, above: Sequence[Line], line: Line) -> Entity:
    """Return the entity of a row whose words leave no doubt: cash with which a period opens is none with which it ends.

    Flows under the heading of discontinued operations are none of the company's. A long label begins on the line above. Where
    the model doubts that a row is outside the template, an account's own name settles it.
    """
    began = above[-1].label if above and not above[-1].amounts else ""
    heading = next((each.label for each in reversed(above) if not each.amounts), "")
    opens = entity.label == "cash_end_of_period" and _OPENING.search(f"{began} {line.label}")
    if opens or (entity.label in _FLOWS and _DISCONTINUED.match(heading)):
        return Entity(entity.span, UNMAPPED, entity.score)
    wording = re.sub(r"[^a-z]+", " ", line.label.lower()).strip()
    named = [(a, s) for a, s in entity.alternatives if s >= _LEAST_SCORE and a in ACCOUNT and wording in ACCOUNT[a].synonyms]
    return Entity(entity.span, named[0][0], entity.score) if entity.label == UNMAPPED and named else entity


def _as_footnoted(entity: Entity, lines: Sequence[Line]) -> Entity:
    """Return the entity of a row; a footnote to the result ("stated after charging depreciation of") names its own account."""
    after = lines[1].label if len(lines) > 1 and not lines[1].amounts else ""
    if _AFTER_CHARGING.search(lines[0].label) and re.search(r"depreciation", f"{lines[0].label} {after}", re.IGNORECASE):
        return Entity(entity.span, "depreciation_amortization", 1.0)
    return entity


def _is_head(line: Line) -> bool:
    """Return whether what was read as amounts are the years over the columns."""
    return len(line.amounts) > 1 and all(a.text.isdigit() and 1950 <= a.value <= 2100 for a in line.amounts)


def _kinds(kind: DocumentKind, rows: Sequence[_Row]) -> list[DocumentKind]:
    """Return `kind` and the statement kinds for which the rows hold sure accounts that stand on no other statement."""
    own = {
        k: {
            r.entity.label
            for r in rows
            if r.entity.score >= _SURE and r.entity.label in ACCOUNT and ACCOUNT[r.entity.label].statements == (k,)
        }
        for k in STATEMENT_KINDS
    }
    return [kind, *(k for k in STATEMENT_KINDS if k != kind and len(own[k]) >= _ANCHORS and kind in STATEMENT_KINDS)]


def _assigned(rows: Sequence[_Row], kind: DocumentKind) -> dict[str, list[_Row]]:
    """Give each account its row (or rows, where they add up): surest first, the earlier row where two are as sure."""
    claims = sorted(
        (
            (_strength(row, score) - _EARLIER * position, account, row)
            for position, row in enumerate(rows)
            for account, score in row.candidates()
            if score >= _LEAST_SCORE
        ),
        key=lambda claim: -claim[0],
    )
    taken: set[int] = set()
    out: dict[str, list[_Row]] = {}
    for _, account, row in claims:
        if id(row) in taken:
            continue
        if account == UNMAPPED or account not in ACCOUNT:
            taken.add(id(row))
        elif kind in ACCOUNT[account].statements and (account not in out or account in ADDED):
            out.setdefault(account, []).append(row)
            taken.add(id(row))
    return out


def _statements(label: str) -> tuple[DocumentKind, ...]:
    """Return the statements on which the account `label` stands; none where it is no account."""
    return ACCOUNT[label].statements if label in ACCOUNT else ()


def _strength(row: _Row, score: float) -> float:
    """Return how strongly a row claims an account: sure readings are alike, and of these a row that calls itself a total leads."""
    return 1.0 + _TOTAL * row.line.label.lower().startswith("total") if score >= _ALIKE else score


def _statement(document: Document, kind: DocumentKind, rows: Sequence[_Row], *, first: bool) -> FinancialStatement:
    figures = [row for row in rows if row.entity.score >= _SURE and kind in _statements(row.entity.label)]
    layouts = _layouts(document, kind, figures)
    placed = [row for row in rows if any(layouts[row.page.number].period_of(a) for a in row.line.amounts)]
    decimals = _decimals([a for row in placed for a in row.line.amounts])
    placed = [_pointed(row, decimals) if decimals and row.page.method is ReadMethod.OCR else row for row in placed]
    accounts = {id(row): account for account, mine in _assigned(placed, kind).items() for row in mine}
    sure = [row for row in placed if id(row) in accounts and row.entity.score >= _SURE]
    scale = scale_of(_head_text(document, sure))
    if scale == 1 and decimals == 1:  # tenths are printed of millions only; a scan may lose the words that say so
        scale = 1_000_000
    text = "\n".join(p.text for p in document.pages)
    currency = currency_of(text) or ("GBP" if is_uk(text) else None)
    items = [
        item
        for row in placed
        if first or id(row) in accounts
        for item in _items(document, row, accounts.get(id(row), UNMAPPED), layouts[row.page.number], scale)
    ]
    whole = tuple(_with_implied(kind, signs.settle(_added(items))))
    return FinancialStatement(document.file, document.first, document.last, kind, currency, scale, _periods(layouts), whole)


def _layouts(document: Document, kind: DocumentKind, figures: Sequence[_Row]) -> dict[int, Layout]:
    """Return the layout of every page by number; a page without dates of its own carries on the periods before it."""
    layouts: dict[int, Layout] = {}
    for page in document.pages:
        lines = [row.index for row in figures if row.page is page]
        layout = layout_of(page, kind, lines) if lines else Layout((), ())
        previous = next(reversed(layouts.values()), None)
        if previous and previous.periods and len(previous.periods) == len(layout.periods) and not any(p.end for p in layout.periods):
            layout = replace(layout, periods=previous.periods)
        layouts[page.number] = layout
    return layouts


def _periods(layouts: Mapping[int, Layout]) -> tuple[Period, ...]:
    return next((layout.periods for layout in layouts.values() if layout.periods), ())


def _decimals(amounts: Sequence[Amount]) -> int:
    """Return how many decimals a statement prints: those of most amounts, 0 where few have any."""
    shown = [len(found[1]) for a in amounts if (found := re.search(r"\.(\d+)\D*$", a.text))]
    return max(set(shown), key=shown.count) if len(shown) > _MOSTLY * len(amounts) else 0


def _pointed(row: _Row, decimals: int) -> _Row:
    """Return a row of a scan with the decimal points that it lost: where all figures have as many decimals, the last digits are these."""
    amounts = []
    for amount in row.line.amounts:
        digits = "".join(c for c in amount.text if c.isdigit())
        size = Decimal(digits or 0).scaleb(-decimals)
        amounts.append(replace(amount, value=-size if amount.value < 0 else size) if len(digits) > decimals else amount)
    return replace(row, line=replace(row.line, amounts=tuple(amounts)))


def _head_text(document: Document, figures: Sequence[_Row]) -> str:
    """Return the text that stands above the first figure of the statement: there the scale is declared."""
    page, last = next(((row.page, row.index) for row in figures), (document.pages[0], 0))
    lines = page.lines[: last + 1]
    return "\n".join(" ".join(w.text for w in page.words[line.span.start : line.span.stop]) for line in lines)


def _items(document: Document, row: _Row, account: str, layout: Layout, scale: int) -> list[LineItem]:
    """Return the line items of one row: the first amount of each period counts (an outer sub-total may follow it)."""
    out: dict[str, LineItem] = {}
    for amount in row.line.amounts:
        period = layout.period_of(amount)
        if period is not None and period.name not in out:
            out[period.name] = _item(document, row, account, (amount, period), scale)
    return list(out.values())


def _item(document: Document, row: _Row, account: str, figure: tuple[Amount, Period], scale: int) -> LineItem:
    amount, period = figure
    score = next((s for label, s in row.candidates() if label == account), row.entity.score)
    words = row.page.words[amount.span.start : amount.span.stop]
    legible = min((w.confidence for w in words), default=1.0)
    return LineItem(
        account,
        period,
        amount.value * scale,
        Origin.READ,
        row.line.label,
        amount.text,
        document.file,
        row.page.number,
        amount.box,
        amount.span,
        round(score * legible, 4),
        False,
        row.page.method,
        alternatives=tuple(value * scale for value in amount.alternatives),
    )


def _added(items: Iterable[LineItem]) -> list[LineItem]:
    """Add up the rows of accounts that several rows feed; the rows' amounts stand in the formula."""
    out: list[LineItem] = []
    places: dict[tuple[str, str], int] = {}
    for item in items:
        key = (item.account, item.period.name)
        if item.account == UNMAPPED or key not in places:
            places.setdefault(key, len(out))
            out.append(item)
        else:
            out[places[key]] = _sum(out[places[key]], item)
    return out


def _sum(one: LineItem, other: LineItem) -> LineItem:
    formula = f"{one.formula or f'{one.label} {one.value:,}'} + {other.label} {other.value:,}"
    box = one.box if one.box is None or other.box is None or one.page != other.page else Box.around((one.box, other.box))
    return replace(
        one,
        value=one.value + other.value,
        origin=Origin.DERIVED,
        box=box,
        span=None,
        formula=formula,
        text=f"{one.text} + {other.text}",
        confidence=min(one.confidence, other.confidence),
    )


def _with_implied(kind: DocumentKind, items: list[LineItem]) -> list[LineItem]:
    """Add what follows from the definition of an account alone: debt due within a year, equity as net assets."""
    if kind is not DocumentKind.BALANCE_SHEET:
        return items
    have = {(i.account, i.period.name): i for i in items}
    out = list(items)
    for (account, period), item in list(have.items()):
        if account == "current_portion_long_term_debt":
            out = _with_current_portion(out, item, have.get(("short_term_debt", period)))
        for one, other in (("net_assets", "total_equity"), ("total_equity", "net_assets")):
            if account == one and (other, period) not in have and _prints_net_assets(have):
                out.append(replace(item, account=other, origin=Origin.DERIVED, formula=one))
    return out


def _prints_net_assets(have: Mapping[tuple[str, str], LineItem]) -> bool:
    """Return whether the sheet is of the UK form, which closes on net assets."""
    return any(account in ("net_assets", "total_assets_less_current_liabilities", "net_current_assets") for account, _ in have)


def _with_current_portion(items: list[LineItem], portion: LineItem, borrowed: LineItem | None) -> list[LineItem]:
    """Count the current portion of long-term debt into short-term debt, of which it is part."""
    if borrowed is None:
        return [*items, replace(portion, account="short_term_debt", origin=Origin.DERIVED, formula="current_portion_long_term_debt")]
    whole = replace(
        borrowed,
        value=borrowed.value + portion.value,
        origin=Origin.DERIVED,
        formula=f"{borrowed.label} {borrowed.value:,} + {portion.label} {portion.value:,}",
        alternatives=(*borrowed.alternatives, borrowed.value, portion.value),
        text=f"{borrowed.text} + {portion.text}",
        confidence=min(borrowed.confidence, portion.confidence),
    )
    return [whole if item is borrowed else item for item in items]
