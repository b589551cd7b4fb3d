"""The portfolio: how work stands, what it took by product and analyst, what the audit sample found, batches, and exports."""

import streamlit as st

from app.access.roles import Act
from app.report import wording
from app.report.csv import write_csv
from app.review_queue import tasks
from app.review_queue.desk import Desk
from app.review_queue.overview import Overview, overview
from ui import charts, measures, place
from ui.tables import Row
from ui.tables import draw as draw_table

_MOST_LISTED = 10_000


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    with place.telling():
        with place.acting() as connection:
            found = overview(connection, desk.user)
        _numbers(found)
        left, right = st.columns(2, gap="large")
        with left:
            charts.draw_counts("Open tasks by age", found.ages)
        with right:
            if found.outcomes:
                charts.draw_counts("Decisions", found.outcomes)
            else:
                st.caption("Nothing has been decided yet.")
        if place.may(desk.user, Act.READ_MEASURES):
            measures.draw(desk)
        _batches(found)
        if place.may(desk.user, Act.READ_APPLICATION):
            _export(desk)


def _numbers(found: Overview) -> None:
    rate = f"{found.cleared / found.assessed:.0%}" if found.assessed else "–"
    numbers: tuple[tuple[str, int | str], ...] = (
        ("Applications", f"{sum(found.states.values()):,}"),
        ("Being read", f"{found.states.get('received', 0):,}"),
        ("Waiting for a person", f"{sum(found.ages.values()):,}"),
        ("Set aside", f"{found.states.get('quarantined', 0):,}"),
        ("Cleared by policy", rate),
    )
    for column, (name, value) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(name, value, border=True)


def _batches(found: Overview) -> None:
    st.markdown("###### Batches")
    if not found.batches:
        st.caption("No batch was sent. Systems send batches by the API.")
        return
    states = sorted({state for batch in found.batches for state in batch.states})
    rows = [Row([b.reference, f"{b.total:,}", *(f"{b.states.get(state, 0):,}" for state in states)]) for b in found.batches]
    draw_table(["Batch", "Applications", *map(str.capitalize, states)], rows)


@st.fragment
def _export(desk: Desk) -> None:
    """Offer the open tasks as a table; no cell of it is a formula to a spreadsheet."""
    st.markdown("###### Export")
    if not st.session_state.get("export_made") and not st.button("Prepare the list of open tasks"):
        return
    st.session_state["export_made"] = True
    with place.telling():
        with place.acting() as connection:
            found = tasks.list_tasks(connection, desk.user, limit=_MOST_LISTED)
        rows = [
            (t.reference, t.borrower or "", t.currency or "", wording.plain(t.amount) if t.amount is not None else "",
             f"{t.received_at:%Y-%m-%d}", t.due_on.isoformat() if t.due_on else "", t.state, t.claimed_by or "", "; ".join(t.reasons))
            for t in found
        ]  # fmt: skip
        heads = ("number", "borrower", "currency", "amount", "received", "notice due", "state", "held by", "why")
        content = write_csv(heads, (dict(zip(heads, row, strict=True)) for row in rows))
        st.download_button("Download (CSV)", content, "open-tasks.csv", "text/csv")
