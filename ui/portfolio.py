"""The portfolio: how many applications stand where, how old the open ones are, what was decided, and how batches get on."""

import streamlit as st

from app.review_queue.overview import Overview, overview
from ui import place

_GREEN, _BLUE = "#16a34a", "#2563eb"


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    with place.telling():
        with place.acting() as connection:
            found = overview(connection, desk.user)
        _numbers(found)
        left, right = st.columns(2)
        with left:
            st.markdown("**Open tasks by age**")
            rows = [{"age": age, "tasks": number} for age, number in found.ages.items()]
            st.bar_chart(rows, x="age", y="tasks", color=_BLUE, height=240, sort=False, horizontal=True)
        with right:
            st.markdown("**Decisions**")
            if found.outcomes:
                made = [{"decision": outcome, "number": number} for outcome, number in found.outcomes.items()]
                st.bar_chart(made, x="decision", y="number", color=_GREEN, height=240, horizontal=True)
            else:
                st.info("Nothing has been decided yet.")
        _batches(found)


def _numbers(found: Overview) -> None:
    rate = f"{found.cleared / found.assessed:.0%}" if found.assessed else "–"
    numbers: tuple[tuple[str, int | str], ...] = (
        ("Applications", sum(found.states.values())),
        ("Being read", found.states.get("received", 0)),
        ("Waiting for a person", sum(found.ages.values())),
        ("Set aside", found.states.get("quarantined", 0)),
        ("Cleared by policy", rate),
    )
    for column, (name, value) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(name, value, border=True)


def _batches(found: Overview) -> None:
    st.markdown("**Batches**")
    if not found.batches:
        st.info("No batch was sent. Systems send batches by the API.")
    for batch in found.batches:
        done = batch.total - batch.states.get("received", 0)
        said = ", ".join(f"{number:,} {state}" for state, number in sorted(batch.states.items()))
        st.progress(done / batch.total if batch.total else 0.0, f"{batch.reference}: {done:,} of {batch.total:,} — {said}")
