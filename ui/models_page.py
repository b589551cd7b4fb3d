"""Models: which version serves with its history, how the challenger does beside it, what drifts, and the buttons that change who serves."""

from datetime import UTC, date, datetime

import streamlit as st

from app import canary, model_versions, monitoring, retraining, shadow
from app.access.roles import Act
from app.model_versions import Promotion, Standing
from app.report import wording
from app.review_queue.desk import Desk
from ui import place
from ui.learning import confirmed, draw_canaries, draw_comparison, draw_retrainings
from ui.tables import Cell, Row
from ui.tables import draw as draw_table


def draw() -> None:
    """Draw the page: versions, the challenger beside the champion, retrainings, canaries, the shadow, then what is watched."""
    desk = place.desk()
    with place.telling():
        since, until = monitoring.month(datetime.now(UTC).date())
        with place.acting() as connection:
            standings = model_versions.list_models(connection, desk.user)
            histories = {each.name: model_versions.history(connection, desk.user, each.name) for each in standings}
            beside = shadow.compare(connection, desk.user, since)
            watched = monitoring.watch(connection, desk.user, desk.settings, since, until)
            retrainings = retraining.list_retrainings(connection, desk.user)
            canaries = canary.show(connection, desk.user, desk.settings)
        _versions(standings)
        if advice := model_versions.refit_advice(standings, desk.settings):
            st.warning(advice)
        name = st.selectbox("Model", list(histories))
        moves = [
            Row([f"{move.created_at:%Y-%m-%d %H:%M}" if move.created_at else "", move.version, move.moved_by, move.why])
            for move in reversed(histories[name])
        ]
        if moves:
            draw_table(["Since (UTC)", "Version", "Put there by", "Why"], moves, (1, 2, 3))
        else:
            st.caption("The installed version serves: nobody has changed it.")
        if place.may(desk.user, Act.PROMOTE_MODEL):
            _buttons(desk, name)
        draw_comparison(desk, retrainings)
        draw_retrainings(desk, retrainings)
        draw_canaries(desk, canaries)
        _beside(beside, since)
        _watched(watched)


def _versions(standings: tuple[Standing, ...]) -> None:
    rows = []
    for each in standings:
        champion, challenger = each.champion, each.challenger
        known = ", ".join(version.version for version in each.versions)
        serving = champion.version if champion else "as installed"
        rows.append(Row([each.name.replace("_", " "), serving, challenger.version if challenger else "–", known or "–"]))
    draw_table(["Model", "Champion", "Challenger", "Versions kept"], rows, (1, 2, 3))


def _buttons(desk: Desk, name: str) -> None:
    back, forth = st.columns(2)
    with back, st.form("roll_back", clear_on_submit=True):
        st.markdown("**Go back to the version before**")
        why, sure = st.text_input("Why"), st.checkbox(f"Yes, another {name.replace('_', ' ')} is to serve from the next job on")
        if st.form_submit_button("Roll back"):
            confirmed(lambda: _roll_back(desk, name, why), sure)
    with forth, st.form("promote", clear_on_submit=True):
        st.markdown("**Promote the challenger of a report**")
        report = st.file_uploader("report.json of `loanlens models compare`", type="json")
        why, override = st.text_input("Why"), st.text_input("Why in spite of gates that did not open")
        sure = st.checkbox("Yes, this challenger is to serve from the next job on")
        if st.form_submit_button("Promote") and report is not None:
            content = report.getvalue()
            confirmed(lambda: _promote(desk, content, why, override), sure)


def _roll_back(desk: Desk, name: str, why: str) -> None:
    with place.acting() as connection:
        version = model_versions.roll_back(connection, desk.user, desk.settings, name, why)
    st.session_state["done"] = f"{name} {version.version} serves again"


def _promote(desk: Desk, content: bytes, why: str, override: str) -> None:
    verdict = model_versions.verdict_of(content, "The file")
    with place.acting() as connection:
        version = model_versions.promote(connection, desk.user, desk.settings, Promotion(verdict, why, override))
    st.session_state["done"] = f"{version.name} {version.version} serves"


def _beside(found: shadow.Beside, since: date) -> None:
    st.markdown("###### Challengers in shadow")
    if not found.applications:
        st.caption(f"No challenger assessed anything since {wording.day(since)}. LOANLENS_SHADOW_SHARE says how many it does.")
        return
    numbers = (
        ("Assessed by both", f"{found.applications:,}"),
        ("Rated otherwise", f"{found.rated_otherwise:,}"),
        ("Routed otherwise", f"{found.routed_otherwise:,}"),
        ("Figures that differ", f"{found.differing:,} of {found.figures:,}"),
    )
    for column, (label, value) in zip(st.columns(len(numbers)), numbers, strict=True):
        column.metric(label, value, border=True)


def _watched(found: monitoring.Watch) -> None:
    st.markdown(f"###### Watched since {wording.day(found.since)}: {wording.count(len(found.alerts), 'alert')}")
    rows = [Row([each.name, *map(_percent, (each.value, each.before, each.limit)), _state(each.is_alert)]) for each in found.measures]
    draw_table(["Measure", "Now", "Before", "Limit", ""], rows)
    if found.drifts:
        moved = [
            Row([each.of, f"{each.stability:.2f}", f"{each.p:.4f}", f"{each.now:,}", f"{each.before:,}", _state(each.is_alert)])
            for each in sorted(found.drifts, key=lambda each: -each.stability)
        ]
        draw_table(["What", "Stability index", "p of the test", "Values now", "Before", ""], moved)
    else:
        st.caption("Too few applications to tell whether anything drifts.")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _state(is_alert: bool) -> Cell:
    return Cell("beyond the limit", "fails") if is_alert else Cell("")
