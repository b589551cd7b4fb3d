"""What a credit memo says, worked out before it is laid out: every figure with the number of its source, which the memo lists at its end.

Nothing is computed here but words: figures, ratios and findings are the review's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from app.domain import Figure, Finding, LineItem, PageStatus, Ratio, RiskOpinion
from app.report import wording
from app.report.bars import limit, verdict
from app.report.parts import Row, Table, by_severity, tables
from app.report.rationale import rationale_view
from app.report.request import request
from app.review_queue.opened import Review
from app.review_queue.recompute import active
from app.review_queue.sources import Source, Sources
from app.store.rows import Adjustment, StoredDecision
from rules import policy

_REQUEST_FIELDS = {
    "Borrower": ("borrower_name", "entity_type", "tax_id"),
    "In business": ("years_in_business",),
    "Owners": ("owner_*",),
    "Asks for": ("requested_amount", "term_months", "rate"),
    "Purpose": ("purpose",),
    "Collateral": ("collateral_kind", "collateral_value", "prior_liens"),
}
_MOST_FIGURES = 4


@dataclass(frozen=True, slots=True)
class Cited:
    """Words with the numbers of their sources, `12` or `12, 13`; empty where they have none."""

    text: str
    sources: str = ""


@dataclass(frozen=True, slots=True)
class MemoRow:
    """One row of a memo's table: what it is, and a cell for each column. `kind` is heading, total, adjusted or empty."""

    name: str
    cells: tuple[Cited, ...]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class MemoTable:
    """One statement as spread."""

    title: str
    unit: str
    heads: tuple[str, ...]
    rows: tuple[MemoRow, ...]


@dataclass(frozen=True, slots=True)
class MemoRatio:
    """One ratio against policy: as adjusted now and before, as reported where that differs, and what it is formed from."""

    name: str
    current: str
    prior: str
    reported: str
    limit: str
    verdict: str
    formula: str
    inputs: tuple[Cited, ...]


@dataclass(frozen=True, slots=True)
class MemoAdjustment:
    """One adjustment: reported, changed by, adjusted."""

    kind: str
    figure: Cited
    reported: str
    amount: str
    adjusted: str
    why: str
    author: str
    on: str


@dataclass(frozen=True, slots=True)
class MemoFinding:
    """One finding with the figures and pages that it speaks of."""

    severity: str
    theme: str
    message: str
    places: tuple[Cited, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class MemoDecision:
    """One decision: who made it when, with what reasons and conditions."""

    outcome: str
    by: str
    on: str
    seconded_by: str
    waits: bool
    reasons: tuple[str, ...]
    conditions: tuple[str, ...]
    override_reason: str


def memo_facts(review: Review, today: date) -> Mapping[str, object]:
    """Return what the template of a memo is filled in with."""
    made, application, cited = review.now.assessment, review.application, _Citing(Sources(review))
    standing = active(review.adjustments)
    facts: dict[str, object] = {
        "reference": application.reference,
        "borrower": application.borrower or "Borrower not read",
        "today": wording.day(today),
        "received_on": wording.day(application.received_at.date()),
        "complete_on": wording.day(application.complete_at.date()) if application.complete_at else "",
        "notice_due_on": wording.day(application.notice_due_on) if application.notice_due_on else "",
        "total_exposure": wording.money(application.total_exposure) if application.total_exposure is not None else "",
        "request": [MemoRow(n, (Cited(words, cited.fields(*_REQUEST_FIELDS.get(n, ()))),)) for n, words in request(made.application)],
        "tables": [_table(table, standing, cited) for table in tables(made.spread)],
        "adjustments": [_adjustment(each, review, cited) for each in standing],
        "ratios": _ratios(review, cited),
        "recommendation": wording.RECOMMENDATION[made.recommendation][0],
        "recommendation_why": wording.RECOMMENDATION[made.recommendation][1],
        "grade": wording.grade(made.grade),
        "probability": wording.probability(made.risk),
        "risk_parts": [(name.capitalize(), f"{value:.2%}") for name, value in made.risk.parts] if made.risk else [],
        "risk_drivers": _drivers(made.risk) if made.risk else [],
        "rationale": rationale_view(made),
        "principal_reasons": [(reason.text, reason.source.value) for reason in made.principal_reasons],
        "counterfactuals": [wording.counterfactual(change) for change in made.counterfactuals],
        "findings": [_finding(each, cited) for each in by_severity(made.findings)],
        "decisions": [_decision(each) for each in review.decisions],
        "pages": {status.value: sum(page.status is status for page in made.pages) for status in PageStatus},
        "documents": [(each.file, each.state, wording.day(each.received_at.date())) for each in review.documents],
        "versions": [(each.name, each.version, each.sha256[:12]) for each in made.versions],
        "as_of": wording.day(made.as_of),
    }
    return facts | {"sources": cited.all()}


def _where(figure: Figure) -> str:
    return f"{figure.file}, page {figure.page}" if figure.file else "worked out"


class _Citing:
    """The sources that a memo has named so far."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._named = set[int]()

    def fields(self, *ids: str) -> str:
        """Name the sources of an application's fields."""
        return self.numbers(self._sources.of_fields(*ids)) if ids else ""

    def figure(self, item: LineItem) -> str:
        """Name the source of a figure."""
        return self.numbers([number] if (number := self._sources.number(item)) else [])

    def input(self, name: str, period: str, value: Decimal) -> Cited:
        """Return a ratio's input with its source."""
        nil = " (nil)" if not value else ""
        said = f"{wording.account(name)} {wording.money(value.quantize(Decimal('0.01')))}{nil}"
        return Cited(said, self.numbers(self._sources.of_input(name, period, value)))

    def places(self, finding: Finding) -> Iterable[Cited]:
        """Return where a finding's figures stand, or else the documents that it names."""
        if not finding.facts:
            yield from map(Cited, finding.documents)
        elif len(finding.facts) > _MOST_FIGURES:
            for where, facts in groupby(finding.facts, _where):
                each = list(facts)
                yield Cited(f"{wording.count(len(each), 'figure')} ({where})", self.numbers(filter(None, map(self._sources.number, each))))
        else:
            for fact in finding.facts:
                number = self._sources.number(fact)
                yield Cited(
                    f"{wording.figure(fact)} {wording.value(fact.value)} ({_where(fact)})", self.numbers([number] if number else [])
                )

    def numbers(self, numbers: Iterable[int]) -> str:
        """Note that sources are named, and return their numbers: `1, 2, 7–9`."""
        given = sorted(set(numbers))
        self._named.update(given)
        runs = [[n for _, n in run] for _, run in groupby(enumerate(given), lambda at: at[1] - at[0])]
        return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)

    def all(self) -> tuple[Source, ...]:
        """Return every source that was named, by number."""
        return tuple(map(self._sources.source, sorted(self._named)))


def _table(table: Table, adjustments: Sequence[Adjustment], cited: _Citing) -> MemoTable:
    currencies = sorted({column.statement.currency or "currency not read" for column in table.columns})
    rows: list[MemoRow] = []
    for heading, members in [*((g.heading, g.rows) for g in table.groups), ("Outside the template, as printed", table.unmapped)]:
        if members:
            rows.append(MemoRow(heading, (Cited(""),) * len(table.columns), "heading"))
        for row in members:
            rows += _rows(row, table, adjustments, cited)
    unit = wording.unit(table.unit, ", ".join(currencies))
    heads = tuple(f"{wording.period(column.period)}, {column.statement.file}" for column in table.columns)
    return MemoTable(wording.KIND[table.kind], unit, heads, tuple(rows))


def _rows(row: Row, table: Table, adjustments: Sequence[Adjustment], cited: _Citing) -> Iterable[MemoRow]:
    """Yield a row as reported and, where a person sees one of its figures otherwise, as adjusted."""
    texts = ["; ".join(wording.money(item.value, table.unit) for item in cell) for cell in row.cells]
    numbers = [", ".join(filter(None, map(cited.figure, cell))) for cell in row.cells]
    yield MemoRow(row.label, tuple(map(Cited, texts, numbers)), "total" if row.is_total else "")
    moved = [_moved(cell, adjustments) for cell in row.cells]
    if any(moved):
        after = [wording.money(cell[0].value + by, table.unit) if by else "" for cell, by in zip(row.cells, moved, strict=True)]
        yield MemoRow("as adjusted", tuple(map(Cited, after)), "adjusted")


def _moved(cell: Sequence[LineItem], adjustments: Sequence[Adjustment]) -> Decimal:
    """Return by how much the figure of a cell is adjusted."""
    mine = [each.amount for each in adjustments if cell and (each.account, each.period) == (cell[0].account, cell[0].period.name)]
    return sum(mine, Decimal(0))


def _adjustment(each: Adjustment, review: Review, cited: _Citing) -> MemoAdjustment:
    found = (s.item(each.account, each.period) for s in review.now.assessment.spread.statements)
    item = next((item for item in found if item is not None), None)
    figure = Cited(f"{wording.account(each.account)}, {each.period}", cited.figure(item) if item else "")
    reported, adjusted = (wording.money(item.value), wording.money(item.value + each.amount)) if item else ("not reported", "not counted")
    on = wording.day(each.created_at.date()) if each.created_at else ""
    return MemoAdjustment(each.kind.capitalize(), figure, reported, wording.money(each.amount), adjusted, each.why, each.author, on)


def _ratios(review: Review, cited: _Citing) -> list[MemoRatio]:
    """Return the ratios of the newest period, those with a limit of policy first."""
    limits = policy.load().limits
    judged = {(ratio.id, ratio.period): ratio for ratio in review.now.assessment.ratios}
    reported = {(ratio.id, ratio.period): ratio for ratio in review.now.reported}
    ids = sorted(dict.fromkeys(id for id, period in judged if period == "current"), key=lambda id: id not in limits)
    told = []
    for id in ids:
        now, before, band = judged[id, "current"], judged.get((id, "prior")), limits.get(id)
        as_reported = wording.outcome(reported[id, "current"]) if (id, "current") in reported else ""
        said = wording.outcome(now)
        policys = (limit(band), verdict(now, band)) if band else ("", "")
        differs = as_reported if as_reported != said else ""
        years = (said, wording.outcome(before) if before else "", differs)
        told.append(MemoRatio(wording.ratio_name(id), *years, *policys, _formula(now), _inputs(now, cited)))
    return told


def _formula(ratio: Ratio) -> str:
    return wording.formula(ratio.formula) + (f" ({ratio.reason})" if ratio.reason else "")


def _inputs(ratio: Ratio, cited: _Citing) -> tuple[Cited, ...]:
    return tuple(cited.input(name, ratio.period, value) for name, value in ratio.inputs)


def _drivers(risk: RiskOpinion) -> list[str]:
    """Return what moves the probability, the most first, in a sentence each."""
    told = []
    for each in risk.drivers:
        if each.effect:
            way = "raises" if each.effect > 0 else "lowers"
            value = f" ({each.value:,.2f}; middle of the firms {each.typical:,.2f})" if each.value is not None else " (not known)"
            told.append(f"{each.name}{value} {way} it; with average figures here {each.probability_without:.2%}")
    return told


def _finding(finding: Finding, cited: _Citing) -> MemoFinding:
    theme = wording.THEME.get(finding.theme, finding.theme)
    places = tuple(dict.fromkeys(cited.places(finding)))
    return MemoFinding(wording.SEVERITY[finding.severity], theme, finding.message, places, finding.source)


def _decision(each: StoredDecision) -> MemoDecision:
    on = wording.day(each.created_at.date()) if each.created_at else ""
    waits = each.needs_second and each.seconded_by is None
    told = (tuple(each.reasons), tuple(each.conditions), each.override_reason or "")
    return MemoDecision(each.outcome.capitalize(), each.decided_by, on, each.seconded_by or "", waits, *told)
