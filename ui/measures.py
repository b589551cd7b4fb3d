"""What work took since a day: volumes and ageing by product, minutes by product and analyst, errors of the audit sample; exports."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from app.access.roles import Act
from app.report import wording
from app.review_queue import audit_sample, portfolio
from app.review_queue.desk import Desk
from app.review_queue.portfolio import Effort, Portfolio
from app.store.audit_samples import SampledFigure
from ui import place
from ui.tables import Row
from ui.tables import draw as draw_table

_DAYS = {"30 days": 30, "90 days": 90, "A year": 365}
_MOST_AFFECTED = 200
_VOLUME = ("Received", "Assessed", "Cleared", "Decided", "Open to 7 days", "8 to 20", "21 to 27", "Older")
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@st.fragment
def draw(desk: Desk) -> None:
    """Draw the measures since a day that is chosen."""
    title, span = st.columns([3, 2], vertical_alignment="bottom")
    title.markdown("###### What it took")
    chosen = span.segmented_control("Since", list(_DAYS), default="90 days", required=True, label_visibility="collapsed")
    since = datetime.now(UTC).date() - timedelta(days=_DAYS[chosen])
    with place.telling():
        with place.acting() as connection:
            found = portfolio.portfolio(connection, desk.user, since)
        _volumes(found)
        left, right = st.columns(2, gap="large")
        with left:
            _efforts("Product", found.products)
        with right:
            _efforts("Analyst", found.analysts)
        _audit(found, desk)
        _exports(desk, since)


def _volumes(found: Portfolio) -> None:
    if not found.volumes:
        st.caption("Nothing was received since then.")
        return
    names = [each.name for each in fields(found.volumes[0])][1:]
    counts = [[int(getattr(each, name)) for name in names] for each in found.volumes]
    rows = [Row([each.product or "No product named", *map(_number, of)]) for each, of in zip(found.volumes, counts, strict=True)]
    if len(rows) > 1:
        rows.append(Row(["All", *(_number(sum(column)) for column in zip(*counts, strict=True))], "total"))
    draw_table(["Product", *_VOLUME], rows)


def _efforts(what: str, efforts: Sequence[Effort]) -> None:
    if not efforts:
        st.caption(f"{what}: nobody has worked on an application since then.")
        return
    counted = any(each.corrections is not None for each in efforts)
    heads = [what, "Decided", "Minutes each (middle)", "Minutes in all", *(["Corrections"] if counted else [])]
    rows = []
    for each in efforts:
        middle = f"{each.median_minutes:.1f}" if each.median_minutes is not None else "–"
        cells = [each.name or "No product named", _number(each.decided), middle, f"{each.total_minutes:,.1f}"]
        rows.append(Row([*cells, *([_number(each.corrections or 0)] if counted else [])]))
    draw_table(heads, rows)


def _audit(found: Portfolio, desk: Desk) -> None:
    """Draw what the random sample showed, and for each error what else the same models accepted in its place."""
    result = found.audit
    st.markdown("###### Audit of what passed unseen")
    drawn = f"{wording.count(result.figures, 'figure')} and {wording.count(result.applications, 'application')} drawn"
    rate = f"{wording.count(len(result.errors), 'error')} ({result.error_rate:.1%})" if result.error_rate is not None else "no rate yet"
    st.caption(f"{drawn}; {result.checked:,} looked at; {rate}.")
    if result.errors and place.may(desk.user, Act.READ_APPLICATION):
        names = {_error(each): each for each in result.errors}
        chosen = st.selectbox("Which decisions may an error concern besides?", list(names), index=None, placeholder="Choose an error")
        if chosen:
            _affected(names[chosen], desk)


def _error(figure: SampledFigure) -> str:
    return f"{figure.reference}: {wording.account(figure.account)} (correction {figure.correction_id})"


def _affected(wrong: SampledFigure, desk: Desk) -> None:
    if wrong.correction_id is None:
        return
    with place.acting() as connection:
        found = audit_sample.affected_decisions(connection, desk.user, wrong.correction_id, _MOST_AFFECTED)
    versions = ", ".join(f"{version.name} {version.version}" for version in found.versions)
    st.caption(f"{wording.count(found.number, 'figure')} of this kind passed unseen under the same versions ({versions}).")
    rows = []
    for each in found.decisions:
        value = wording.value(each.value) if each.value is not None else each.words or each.printed
        who = f"{each.borrower or 'Borrower not read'} ({each.reference})"
        rows.append(Row([who, each.state, each.label, value, f"{each.confidence:.0%}", f"{each.made_at:%d %b %Y}"]))
    draw_table(["Application", "State", "Printed as", "Value", "Confidence", "Read on"], rows, (1, 2))


def _exports(desk: Desk, since: date) -> None:
    """Offer the measures as files; they are made, and the trail says so, when they are asked for."""
    as_csv, as_workbook, _ = st.columns([1, 1, 3])
    asked = None
    if as_csv.button("Measures, CSV", width="stretch"):
        asked = ("measures.csv", "text/csv", portfolio.export_csv)
    if as_workbook.button("Measures, XLSX", width="stretch"):
        asked = ("measures.xlsx", _EXCEL, portfolio.export_workbook)
    if asked is not None:
        name, kind, export = asked
        with place.acting() as connection:
            content = export(connection, desk.user, since)
        st.download_button(f"Save {name}", content, name, kind, type="primary", on_click="ignore")


def _number(value: int) -> str:
    return f"{value:,}"
