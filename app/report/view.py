"""What the HTML report shows, worked out before any mark-up: every figure with its anchor, words and marks.

The template only lays these out. Nothing here is HTML; escaping is the template's.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from app.domain import Assessment, Box, DocumentKind, Figure, Finding, Page, PageStatus, Ratio, Severity
from app.errors import UsageError
from app.report import wording
from app.report.bars import BarView, bar, limit, verdict
from app.report.figures import Anchors, FigureView, figure_view, mark_of, note_of, place_of
from app.report.parts import Row, Subject, Table, by_severity, figures_of, is_doubtful, name_of, remaining_work, tables
from app.report.pictures import PAGE_BYTES, PLAIN_PAGE_BYTES, Picture, shrink
from app.report.rationale import RationaleView, rationale_view
from app.report.request import FormView, form_views, request
from rules.limits import Limit

#: Pages that no figure stands on are drawn up to this many; a year of bank statements would outgrow any mail.
MOST_PLAIN_PICTURES = 24


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of the spread: each cell holds no, one or several figures. `printed` is the page's own wording."""

    label: str
    printed: str
    is_total: bool
    cells: tuple[tuple[FigureView, ...], ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """One kind of statement as spread: `sources` are files with the columns they span, `notes` are what the marks refer to."""

    title: str
    unit: str
    sources: tuple[tuple[str, int], ...]
    heads: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[RowView, ...]], ...]
    unmapped: tuple[RowView, ...]
    notes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding with the figures it speaks of."""

    severity: str
    severity_word: str
    theme: str
    message: str
    documents: tuple[str, ...]
    figures: tuple[tuple[str, FigureView], ...]
    source: str


@dataclass(frozen=True, slots=True)
class RatioView:
    """One ratio: a cell for each period, its band and what went into it."""

    name: str
    cells: tuple[tuple[str, str], ...]
    formula: str
    inputs: tuple[tuple[str, FigureView], ...]
    reason: str
    verdict: str
    limit: str
    bar: BarView | None
    source: str


@dataclass(frozen=True, slots=True)
class BoxView:
    """The place of a figure on its page, in percent."""

    anchor: str
    label: str
    state: str
    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class PageView:
    """One page of the ledger, with its picture and boxes where it was read."""

    anchor: str
    file: str
    number: int
    kind: str
    status: PageStatus
    status_word: str
    method: str
    reason: str
    ratio: float
    picture: Picture | None
    boxes: tuple[BoxView, ...]


@dataclass(frozen=True, slots=True)
class SubjectView:
    """One application, or one file as spread."""

    anchor: str
    name: str
    as_of: str
    assessment: Assessment | None
    work: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str, int], ...]
    figures: int
    doubtful: int
    findings: tuple[FindingView, ...]
    request: tuple[tuple[str, str], ...]
    ratio_periods: tuple[tuple[str, str], ...]
    ratios: tuple[tuple[str, tuple[RatioView, ...]], ...]
    tables: tuple[TableView, ...]
    forms: tuple[FormView, ...]
    pages: tuple[PageView, ...]
    rationale: RationaleView | None


def view(subject: Subject, number: int, picture: Callable[[Page], bytes], bands: Mapping[str, Limit]) -> SubjectView:
    """Return everything that the report shows of one application or file; `number` keeps the anchors of several apart."""
    items = _every_item(subject)
    anchors = Anchors(f"s{number}", items)
    ratios = subject.ratios if isinstance(subject, Assessment) else ()
    periods = _ratio_periods(ratios)
    severities = [finding.severity for finding in subject.findings]
    return SubjectView(
        anchor=anchors.prefix,
        name=name_of(subject),
        as_of=wording.day(subject.as_of) if isinstance(subject, Assessment) else "",
        assessment=subject if isinstance(subject, Assessment) else None,
        work=remaining_work(subject),
        counts=tuple((s.value, wording.SEVERITY[s], severities.count(s)) for s in Severity if s in severities)[::-1],
        figures=len(figures_of(subject)),
        doubtful=sum(map(is_doubtful, figures_of(subject))),
        findings=tuple(_finding(finding, anchors) for finding in by_severity(subject.findings)),
        request=request(subject.application if isinstance(subject, Assessment) else None),
        ratio_periods=tuple((name, _end_of(name, subject)) for name in periods),
        ratios=_ratio_groups(ratios, periods, bands, _Inputs(items, anchors)),
        tables=tuple(_table(table, anchors) for table in tables(subject.spread)),
        forms=form_views(subject.forms, lambda field: figure_view(field, anchors)),
        pages=_pages(subject, anchors, picture),
        rationale=rationale_view(subject) if isinstance(subject, Assessment) else None,
    )


def _every_item(subject: Subject) -> tuple[Figure, ...]:
    return (*figures_of(subject), *(item for finding in subject.findings for item in finding.facts))


def _finding(finding: Finding, anchors: Anchors) -> FindingView:
    figures = tuple((wording.figure(item), figure_view(item, anchors)) for item in finding.facts)
    theme = wording.THEME.get(finding.theme, finding.theme.capitalize())
    severity = finding.severity
    return FindingView(severity.value, wording.SEVERITY[severity], theme, finding.message, finding.documents, figures, finding.source)


# -- the spread ------------------------------------------------------------------------------------------------------


def _table(table: Table, anchors: Anchors) -> TableView:
    currencies = list(dict.fromkeys(column.statement.currency for column in table.columns))
    sources = [(file, len(list(run))) for file, run in groupby(column.statement.file for column in table.columns)]
    return TableView(
        title=wording.KIND[table.kind],
        unit=wording.unit(table.unit, currencies[0] if len(currencies) == 1 else "several currencies"),
        sources=tuple(sources) if len(sources) > 1 else (),
        heads=tuple(
            (wording.period(c.period), (c.statement.currency or "currency not read") * (len(currencies) > 1)) for c in table.columns
        ),
        groups=tuple((group.heading, tuple(_row(row, table.unit, anchors) for row in group.rows)) for group in table.groups),
        unmapped=tuple(_row(row, table.unit, anchors) for row in table.unmapped),
        notes=tuple(note for item in table.items if (note := note_of(item))),
    )


def _row(row: Row, unit: int, anchors: Anchors) -> RowView:
    wordings = dict.fromkeys(item.label for cell in row.cells for item in cell if item.label)
    printed = " / ".join(wording for wording in wordings if wording.casefold() != row.label.casefold())
    return RowView(row.label, printed, row.is_total, tuple(tuple(figure_view(item, anchors, unit) for item in cell) for cell in row.cells))


# -- ratios ----------------------------------------------------------------------------------------------------------


def _ratio_periods(ratios: Iterable[Ratio]) -> tuple[str, ...]:
    """Return the periods' names: current, prior, prior2, ..."""
    return tuple(sorted({ratio.period for ratio in ratios}, key=lambda name: (name != "current", name)))


def _end_of(period: str, subject: Subject) -> str:
    """Return the date at which `period` ends, where all statements agree on it."""
    ends = {each.end for statement in subject.spread.statements for each in statement.periods if each.name == period}
    return wording.day(ends.pop()) if len(ends) == 1 else ""


class _Inputs:
    """Finds the figure on a page that a ratio's named input stands for."""

    def __init__(self, items: Iterable[Figure], anchors: Anchors) -> None:
        self._anchors = anchors
        self._found = {(i.concept, i.column, abs(i.value)): i for i in items if i.box and isinstance(i.value, Decimal)}

    def figure(self, name: str, period: str, value: Decimal) -> FigureView:
        """Return the input as a figure, linked to its place where it was read off a page."""
        item = self._found.get((name, period, abs(value)))
        return figure_view(item, self._anchors) if item else FigureView("", wording.money(value.quantize(Decimal("0.01"))), "")


def _ratio_groups(
    ratios: Sequence[Ratio], periods: Sequence[str], bands: Mapping[str, Limit], inputs: _Inputs
) -> tuple[tuple[str, tuple[RatioView, ...]], ...]:
    groups: dict[str, list[RatioView]] = {}
    for id in dict.fromkeys(ratio.id for ratio in ratios):
        by_period = {ratio.period: ratio for ratio in ratios if ratio.id == id}
        groups.setdefault(wording.ratio_group(id), []).append(_ratio(by_period, periods, bands.get(id), inputs))
    return tuple((heading, tuple(members)) for heading, members in groups.items())


def _ratio(by_period: Mapping[str, Ratio], periods: Sequence[str], band: Limit | None, inputs: _Inputs) -> RatioView:
    newest = next(by_period[name] for name in periods if name in by_period)
    return RatioView(
        name=wording.ratio_name(newest.id),
        cells=tuple(_outcome(by_period.get(name)) for name in periods),
        formula=wording.formula(newest.formula),
        inputs=tuple((wording.account(name), inputs.figure(name, newest.period, value)) for name, value in newest.inputs),
        reason=newest.reason or "",
        verdict=verdict(newest, band) if band else "",
        limit=limit(band) if band else "",
        bar=bar(band, newest, by_period.get("prior")) if band else None,
        source=band.source if band else "",
    )


def _outcome(ratio: Ratio | None) -> tuple[str, str]:
    return (wording.outcome(ratio), ratio.reason or "") if ratio else ("", "")


# -- pages -----------------------------------------------------------------------------------------------------------


def _pages(subject: Subject, anchors: Anchors, picture: Callable[[Page], bytes]) -> tuple[PageView, ...]:
    grave = {(place_of(item)): finding.severity.value for finding in by_severity(subject.findings)[::-1] for item in finding.facts}
    views, plain = [], 0
    for number, (page, kind) in enumerate(zip(subject.pages, subject.page_kinds, strict=True), 1):
        on_page = anchors.on(page)
        plain += not on_page and page.status is PageStatus.READ
        wanted = page.status is PageStatus.READ and (bool(on_page) or plain <= MOST_PLAIN_PICTURES)
        shown = _drawn(page, picture, PAGE_BYTES if on_page else PLAIN_PAGE_BYTES) if wanted else None
        boxes = tuple(_box(item, anchors, grave.get(place_of(item), "")) for item in on_page)
        views.append(_page(page, kind, f"{anchors.prefix}-p{number}", shown, boxes))
    return tuple(views)


def _drawn(page: Page, picture: Callable[[Page], bytes], most_bytes: int) -> Picture | None:
    """Return the page's picture; a page that was read but cannot be drawn keeps its boxes on an empty sheet."""
    try:
        found = picture(page)
    except UsageError:
        return None
    return shrink(found, most_bytes) if found else None


def _page(page: Page, kind: DocumentKind, anchor: str, shown: Picture | None, boxes: tuple[BoxView, ...]) -> PageView:
    read = page.status is PageStatus.READ
    return PageView(
        anchor=anchor,
        file=page.file,
        number=page.number,
        kind=wording.KIND[kind],
        status=page.status,
        status_word=wording.STATUS[page.status],
        method=wording.METHOD[page.method] if read else "",
        reason=page.reason or "",
        ratio=shown.width / shown.height if shown else page.width / page.height if page.height and page.width else 0.77,
        picture=shown,
        boxes=boxes,
    )


def _box(item: Figure, anchors: Anchors, severity: str) -> BoxView:
    box = item.box or Box(0, 0, 0, 0)
    state = " ".join(filter(None, [mark_of(item)[1], severity and f"grave {severity}"]))
    edges = [round(100 * edge, 2) for edge in (box.x0, box.top, box.x1 - box.x0, box.bottom - box.top)]
    return BoxView(anchors.of(item), f"{wording.figure(item)}: {item.text}", state, *edges)
