"""What stands against an application and for it: findings, ratios against policy's bands, and the spread as a table."""

import streamlit as st

from app.domain import Assessment, Origin, Ratio, RatioStatus, Severity
from app.report import bars, wording
from app.report.parts import by_severity, tables
from app.review_queue.opened import Review
from rules import policy
from rules.limits import Limit
from ui.place import plain
from ui.tables import Cell, Row, draw

_COLOURS = {"fails": "#dc262666", "marginal": "#f59e0b66", "passes": "#16a34a66"}
_BADGES = {Severity.HIGH: "red", Severity.MEDIUM: "orange", Severity.LOW: "gray", Severity.INFO: "gray"}


def draw_findings(made: Assessment) -> None:
    """Draw what was found, the gravest first, with the pages it was found on."""
    if not made.findings:
        st.success("Nothing was found.")
    for number, finding in enumerate(by_severity(made.findings)):
        with st.container(key=f"row_finding_{number}"):
            weight, said = st.columns([1, 9], vertical_alignment="top")
            weight.markdown(f":{_BADGES[finding.severity]}-badge[{wording.SEVERITY[finding.severity]}]")
            places = dict.fromkeys(f"{plain(f.file)}, page {f.page}" for f in finding.facts) or map(plain, finding.documents)
            told = "; ".join(filter(None, (*places, plain(finding.source))))
            theme = wording.THEME.get(finding.theme, finding.theme.capitalize())
            said.markdown(f"**{theme}** — {plain(finding.message)}  \n:small[:gray[{told}]]")


def draw_ratios(review: Review) -> None:
    """Draw each ratio by period against policy's band, as reported beside as adjusted where they differ."""
    limits, every = policy.load().limits, review.now.assessment.ratios
    periods = sorted({ratio.period for ratio in every}, key=lambda name: (name != "current", name))
    by_id: dict[str, dict[str, Ratio]] = {}
    for ratio in every:
        by_id.setdefault(ratio.id, {})[ratio.period] = ratio
    reported = {ratio.id: ratio for ratio in review.now.reported if ratio.period == "current"}
    lacking = {id: of for id, of in by_id.items() if all(r.status is RatioStatus.NOT_COMPUTABLE for r in of.values())}
    rows: list[Row] = []
    for group in dict.fromkeys(wording.ratio_group(id) for id in by_id):
        members = [id for id in by_id if wording.ratio_group(id) == group and id not in lacking]
        rows += [Row([group], "heading")] if members else []
        rows += [_ratio(by_id[id], periods, limits.get(id), reported.get(id)) for id in members]
    draw(["Ratio", *map(_period, periods), "Policy", "", ""], rows, (len(periods) + 1, len(periods) + 2, len(periods) + 3))
    if lacking:
        with st.expander(f"Not computable: {len(lacking)}"):
            why = {wording.ratio_name(id): next(iter(of.values())).reason or "" for id, of in lacking.items()}
            draw(["Ratio", "Why"], [Row(each) for each in why.items()], (1,))


def _ratio(of: dict[str, Ratio], periods: list[str], limit: Limit | None, reported: Ratio | None) -> Row:
    newest = of.get("current") or next(iter(of.values()))
    name = Cell(wording.ratio_name(newest.id), note=wording.formula(newest.formula))
    cells = [_value(of.get(period), reported if period == "current" else None) for period in periods]
    if limit is None:
        return Row([name, *cells, "", "", ""])
    passed = bars.verdict(newest, limit)
    drawn = bars.bar(limit, newest, of.get("prior"))
    return Row([name, *cells, Cell(bars.limit(limit), note=limit.source), Cell("", drawing=_bar(drawn)), Cell(passed, passed)])


def _value(ratio: Ratio | None, reported: Ratio | None) -> Cell:
    if ratio is None:
        return Cell("")
    if ratio.status is RatioStatus.NOT_COMPUTABLE:
        return Cell("–", note=ratio.reason or "not computable")
    shown, before = wording.outcome(ratio), wording.outcome(reported) if reported else ""
    return Cell(f"{shown} (reported {before})" if before and before != shown else shown, note=ratio.reason or "")


def _period(name: str) -> str:
    if name == "current":
        return "Newest"
    back = name.removeprefix("prior") or "1"
    return "Year before" if back == "1" else f"{back} years before"


def _bar(drawn: bars.BarView) -> str:
    """Return the bar as a picture: red fails, amber is marginal, green passes; the dot is the value, the ring the year before."""
    zones = ",".join(f"{_COLOURS[name]} {a / 10}% {b / 10}%" for name, a, b in drawn.zones)
    marks = "".join(
        f'<i class="{kind}" style="left:{min(max(at, 0), 1000) / 10}%"></i>'
        for kind, at in (("before", drawn.prior), ("now", drawn.value))
        if at is not None
    )
    return f'<span class="band" style="background:linear-gradient(90deg,{zones})">{marks}</span>'


def draw_spread(made: Assessment) -> None:
    """Draw the statements, periods side by side."""
    for table in tables(made.spread):
        rows: list[Row] = []
        for group in table.groups:
            rows += [Row([group.heading], "heading")] if group.heading else []
            for row in group.rows:
                cells = [Cell(" / ".join(wording.money(i.value, table.unit) for i in cell), note=_marks(cell)) for cell in row.cells]
                rows.append(Row([row.label, *cells], "total" if row.is_total else ""))
        currencies = list(dict.fromkeys(column.statement.currency for column in table.columns))
        unit = wording.unit(table.unit, currencies[0] if len(currencies) == 1 else "several currencies")
        draw([f"{wording.KIND[table.kind]} · {unit}", *(wording.period(c.period) for c in table.columns)], rows)


def _marks(cell: tuple[object, ...]) -> str:
    return "; ".join(f"{getattr(i, 'file', '')}, page {getattr(i, 'page', '')}" for i in cell if getattr(i, "origin", None) is Origin.READ)
