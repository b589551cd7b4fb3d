"""What `spread` and `assess` print without options: a table for each statement, or one screen on an application.

Everything from documents is printed as plain text: no markup and no control characters of a borrower's making reach the terminal.
"""

from collections.abc import Iterable, Mapping

from rich import box
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from app.domain import Assessment, LineItem, Origin, PageStatus, Ratio, Severity
from app.report import wording
from app.report.bars import limit, verdict
from app.report.parts import Row, Subject, Table, by_severity, is_doubtful, name_of, remaining_work, tables
from app.report.rationale import rationale_view
from rules.limits import Limit

_COLOURS = {Severity.HIGH: "bold red", Severity.MEDIUM: "yellow", Severity.LOW: "default", Severity.INFO: "dim"}
_SHAPES = {Severity.HIGH: "▲", Severity.MEDIUM: "◆", Severity.LOW: "●", Severity.INFO: "○"}
_MOST_FINDINGS = 12


def print_spread(subject: Subject, console: Console) -> None:
    """Print the statements of a file or application, period beside period, then its findings and page ledger in a line."""
    console.print(_plain(name_of(subject), "bold"))
    found = tables(subject.spread)
    for table in found:
        console.print()
        console.print(_statement(table))
    if not found:
        console.print(_plain("No statement was read.", "dim"))
    elif any(_mark(item) for table in found for item in table.items):
        console.print(_plain("ƒ derived by a formula   ? read with little confidence   ✎ repaired", "dim"))
    _print_findings(subject, console)
    console.print(_pages(subject))


def print_assessment(assessment: Assessment, console: Console, bands: Mapping[str, Limit] | None = None) -> None:
    """Print one screen on an application: what is recommended, what remains to be done, ratios and findings."""
    recommendation, why = wording.RECOMMENDATION[assessment.recommendation]
    route, _ = wording.ROUTE[assessment.route]
    console.print(_plain(assessment.package_id, "bold"), _plain(f"application of {wording.day(assessment.as_of)}", "dim"))
    console.print(Text.assemble((recommendation, "bold"), f"  ·  {route}  ·  {wording.grade(assessment.grade)}"))
    console.print(_plain(why, "dim"))
    console.print(_plain(f"Probability of default: {wording.probability(assessment.risk)}"))
    if assessment.principal_reasons:
        console.print()
        console.print(_plain("Principal reasons against it", "bold"))
        for number, reason in enumerate(assessment.principal_reasons, 1):
            console.print(_bullet(f"{number}", f"{reason.text} ({reason.source.value})"))
    if assessment.counterfactuals:
        console.print()
        console.print(_plain("The least change, alone, that would better the outcome", "bold"))
        for change in assessment.counterfactuals:
            console.print(_bullet("-", wording.counterfactual(change)))
    if work := remaining_work(assessment):
        console.print()
        console.print(_plain("What remains to be done", "bold"))
        for _, task in work:
            console.print(_bullet("-", task))
    if assessment.ratios:
        console.print()
        console.print(_ratios(assessment, bands or {}))
    _print_rationale(assessment, console)
    _print_findings(assessment, console)
    console.print(_pages(assessment))


# -- statements ------------------------------------------------------------------------------------------------------


def _statement(table: Table) -> Grid:
    currencies = sorted({column.statement.currency or "currency not read" for column in table.columns})
    title = f"{wording.KIND[table.kind]}, in {wording.unit(table.unit, ', '.join(currencies))}"
    grid = Grid(title=_plain(title, "bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    grid.add_column("", overflow="fold", min_width=16)
    for column in table.columns:
        grid.add_column(
            Text("\n").join(map(_plain, wording.period(column.period).rsplit(" to ", 1))), justify="right", min_width=11, overflow="fold"
        )
    for group in table.groups:
        _add_rows(grid, group.heading, group.rows, table.unit)
    if table.unmapped:
        _add_rows(grid, "Lines outside the template", table.unmapped, table.unit)
    return grid


def _add_rows(grid: Grid, heading: str, rows: Iterable[Row], unit: int) -> None:
    if heading:
        grid.add_row(_plain(heading, "dim italic"))
    for row in rows:
        style = "bold" if row.is_total else ""
        grid.add_row(_plain(row.label, style), *(_cell(cell, unit, style) for cell in row.cells))


def _cell(items: Iterable[LineItem], unit: int, style: str) -> Text:
    return Text("\n").join(
        Text.assemble((wording.money(item.value, unit), "yellow" if is_doubtful(item) else style), (_mark(item) or " ", "yellow"))
        for item in items
    )


def _mark(item: LineItem) -> str:
    if item.origin is Origin.DERIVED:
        return "ƒ"
    return "✎" if item.repaired else "?" if is_doubtful(item) else ""


# -- the rest --------------------------------------------------------------------------------------------------------


def _ratios(assessment: Assessment, bands: Mapping[str, Limit]) -> Grid:
    """Return the ratios of the newest period, those with a limit first."""
    newest = {ratio.id: ratio for ratio in assessment.ratios if ratio.period == "current"}
    grid = Grid(box=box.SIMPLE_HEAD, pad_edge=False)
    grid.add_column("Ratio", overflow="fold")
    grid.add_column("Current", justify="right")
    grid.add_column("Against policy")
    for id in sorted(newest, key=lambda id: id not in bands):
        band = bands.get(id)
        grid.add_row(wording.ratio_name(id), _plain(wording.outcome(newest[id])), _against(newest[id], band) if band else Text())
    return grid


def _against(ratio: Ratio, band: Limit) -> Text:
    word = verdict(ratio, band)
    style = {"fails": "bold red", "marginal": "yellow", "passes": "green"}.get(word, "dim")
    return Text.assemble((word, style), (f", {limit(band)}", "dim"))


def _print_rationale(assessment: Assessment, console: Console) -> None:
    shown = rationale_view(assessment)
    if shown is None:
        return
    groups = (*shown.groups, *((("To ask the borrower", shown.questions),) if shown.questions else ()))
    for heading, sentences in groups:
        console.print()
        console.print(_plain(heading, "bold"))
        for sentence in sentences:
            console.print(_bullet("-", sentence))
    console.print(_plain(shown.author, "dim"))


def _print_findings(subject: Subject, console: Console) -> None:
    shown = by_severity(subject.findings)
    if not shown:
        return
    console.print()
    console.print(_plain("Findings", "bold"))
    for finding in shown[:_MOST_FINDINGS]:
        console.print(
            _bullet(_SHAPES[finding.severity], f"{wording.SEVERITY[finding.severity]}: {finding.message}", _COLOURS[finding.severity])
        )
    if len(shown) > _MOST_FINDINGS:
        console.print(_plain(f"  and {len(shown) - _MOST_FINDINGS} more: --html or --json shows all", "dim"))


def _bullet(sign: str, text: str, style: str = "") -> Grid:
    """Return a line whose text hangs beside its sign when it wraps."""
    grid = Grid.grid(padding=(0, 1))
    grid.add_row(_plain(f" {sign}", style), _plain(text))
    return grid


def _pages(subject: Subject) -> Text:
    statuses = [page.status for page in subject.pages]
    parts = [f"{statuses.count(status)} {wording.STATUS[status].lower()}" for status in PageStatus if status in statuses]
    return _plain(f"{wording.count(len(statuses), 'page')}: {', '.join(parts)}", "dim")


def _plain(text: str, style: str = "") -> Text:
    """Return text without markup or control characters."""
    return Text("".join(character if character.isprintable() else " " for character in text), style=style)
