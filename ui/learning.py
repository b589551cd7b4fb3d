"""The learning loop on the models page: the last retrainings and the next, a challenger beside its champion gate by gate, canaries."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from app import canary, model_versions, retraining
from app.access.roles import Act
from app.canary import Shown
from app.model_versions import Promotion
from app.report import wording
from app.review_queue.desk import Desk
from app.store.rows import Retraining
from ui import place
from ui.tables import Cell, Row
from ui.tables import draw as draw_table

_OUTCOMES = {"trained": "a challenger", "promoted": "a champion", "refused": "nothing trained", "failed": "failed", None: "under way"}
_SHOWN = 5


def draw_retrainings(desk: Desk, found: Sequence[Retraining]) -> None:
    """Draw why a model was retrained and what came of it, when the next is due, and the button that has it done now."""
    st.markdown("###### Retraining")
    after = retraining.next_run(desk.settings, datetime.now(UTC))
    due = f"Next by the schedule: {wording.day(after.date())}, {after:%H:%M} UTC." if after else "There is no schedule."
    most = desk.settings.retrain_corrections
    st.caption(f"{due}" + (f" Sooner after {most} judged figures, or on drift." if most else ""))
    rows = [
        Row([f"{each.created_at:%Y-%m-%d %H:%M}", each.name, each.cause, _outcome(each), each.version or "–", each.said or ""])
        for each in found[:_SHOWN]
    ]
    if rows:
        draw_table(["Asked for (UTC)", "Model", "Because of", "Came of it", "Challenger", "What it says"], rows, (1, 2, 3, 4, 5))
    else:
        st.caption("Nothing was retrained yet.")
    if place.may(desk.user, Act.TRAIN_MODEL):
        with st.form("retrain", clear_on_submit=True):
            sure = st.checkbox("Yes, retrain the extractor from all that was judged; the champion serves on")
            if st.form_submit_button("Retrain now"):
                confirmed(lambda: _request(desk), sure)


def draw_comparison(desk: Desk, found: Sequence[Retraining]) -> None:
    """Draw the newest challenger that came of a retraining beside its champion: every gate, what it found, fairness by group."""
    newest = next((each for each in found if each.report), None)
    if newest is None:
        return
    gates: Sequence[Mapping[str, Any]] = newest.report["gates"]
    st.markdown(f"###### Challenger beside champion: {newest.name} {newest.version}")
    rows = [Row([each["name"], _state(bool(each["passed"])), each["says"]]) for each in gates]
    draw_table(["Gate", "", "Found"], rows, (1, 2))
    _fairness(next((each for each in gates if each["name"] == "fairness"), None))
    with st.expander("Every figure"):
        lines = [row for each in gates if each["figures"] for row in (Row([each["name"]], "heading"), *_figures(each))]
        draw_table(["", "Champion", "Challenger", "Test"], lines, (3,))
    st.caption(f"The whole report: {newest.report.get('file', '–')}")
    if newest.outcome == "trained" and place.may(desk.user, Act.PROMOTE_MODEL):
        _promote_form(desk, newest)


def draw_canaries(desk: Desk, found: Sequence[Shown]) -> None:
    """Draw the canaries with their figures, and the buttons that start and stop one."""
    st.markdown("###### Canaries")
    rows = [_canary(each) for each in found[:_SHOWN]]
    if rows:
        draw_table(["Model", "Version", "Share", "Since (UTC)", "Until (UTC)", "Figures, or why it stopped"], rows, (1, 3, 4, 5))
    else:
        st.caption("No challenger served a share of the applications yet.")
    if not place.may(desk.user, Act.PROMOTE_MODEL):
        return
    running = [each.canary.name for each in found if each.canary.stopped_at is None]
    begin, end = st.columns(2)
    with begin, st.form("canary_start", clear_on_submit=True):
        name = st.selectbox("Have the challenger serve a share", canary.KINDS)
        share = st.slider("Share of the applications, in percent", 1, 50, round(100 * desk.settings.canary_share))
        why, sure = st.text_input("Why"), st.checkbox("Yes, it is to serve from the next job on, and stop by itself where it is worse")
        if st.form_submit_button("Start the canary"):
            confirmed(lambda: _start(desk, name, share / 100, why), sure)
    if running:
        with end, st.form("canary_stop", clear_on_submit=True):
            name = st.selectbox("Stop a canary", running)
            why, sure = st.text_input("Why"), st.checkbox("Yes, the champion is to serve everybody")
            if st.form_submit_button("Stop the canary"):
                confirmed(lambda: _stop(desk, name, why), sure)


def confirmed(act: Callable[[], None], sure: bool) -> None:
    """Do something where the box is ticked, and draw the page anew."""
    if not sure:
        st.warning("Tick the box to confirm.")
        return
    with place.telling():
        act()
        st.rerun()


def _figures(gate: Mapping[str, Any]) -> list[Row]:
    return [Row([line["of"], line["champion"], line["challenger"], line["test"]]) for line in gate["figures"]]


def _fairness(gate: Mapping[str, Any] | None) -> None:
    """Draw fairness by group, or why there is nothing to say of it."""
    st.markdown("**Fairness by group**")
    if gate is not None and gate["figures"]:
        draw_table(["", "Champion", "Challenger", "Limit"], _figures(gate), (3,))
    else:
        st.caption(f"{gate['says'].capitalize()}." if gate else "The comparison ended before it.")


def _promote_form(desk: Desk, newest: Retraining) -> None:
    with st.form("promote_retrained", clear_on_submit=True):
        closed = retraining.verdict(newest).failed
        why = st.text_input("Why")
        override = st.text_input(f"Why in spite of {', '.join(closed)}") if closed else ""
        sure = st.checkbox(f"Yes, {newest.name} {newest.version} is to serve from the next job on")
        if st.form_submit_button("Promote this challenger"):
            confirmed(lambda: _promote(desk, newest, why, override), sure)


def _promote(desk: Desk, newest: Retraining, why: str, override: str) -> None:
    with place.acting() as connection:
        promotion = Promotion(retraining.verdict(newest), why, override)
        version = model_versions.promote(connection, desk.user, desk.settings, promotion)
    st.session_state["done"] = f"{version.name} {version.version} serves"


def _request(desk: Desk) -> None:
    with place.acting() as connection:
        retraining.request(connection, desk.user, retraining.BY_ITSELF, "asked for")
    st.session_state["done"] = "The extractor is being retrained; what comes of it stands here"


def _start(desk: Desk, name: str, share: float, why: str) -> None:
    with place.acting() as connection:
        began = canary.start(connection, desk.user, desk.settings, name, (share, why))
    st.session_state["done"] = f"{began.name} {began.version} serves {began.share:.0%} of the applications"


def _stop(desk: Desk, name: str, why: str) -> None:
    with place.acting() as connection:
        ended = canary.stop(connection, desk.user, name, why)
    st.session_state["done"] = f"The champion serves instead of {ended.name} {ended.version}"


def _outcome(each: Retraining) -> Cell:
    return Cell(_OUTCOMES.get(each.outcome, str(each.outcome)), "fails" if each.outcome in ("refused", "failed") else "")


def _canary(shown: Shown) -> Row:
    each = shown.canary
    until = f"{each.stopped_at:%Y-%m-%d %H:%M} by {each.stopped_by}" if each.stopped_at else "serves"
    told = "; ".join(map(str, shown.figures)) or each.stopped_why or "too few applications yet"
    return Row([each.name, each.version, f"{each.share:.0%}", f"{each.created_at:%Y-%m-%d %H:%M}", until, told])


def _state(is_open: bool) -> Cell:
    return Cell("open", "passes") if is_open else Cell("closed", "fails")
