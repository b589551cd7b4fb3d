"""Credit policy as it holds: each value with its unit, source and date, and which open applications another value would change."""

import streamlit as st

from app.access.roles import Act
from app.report import wording
from app.review_queue.amounts import typed_amount
from app.review_queue.desk import Desk
from app.review_queue.policy_preview import PREVIEWED, changed_policy, preview
from rules import policy
from rules.policy import Outcome
from ui import place
from ui.tables import Row
from ui.tables import draw as draw_table


def draw_policy(desk: Desk) -> None:
    """Draw limits and values, then the preview for who may see applications."""
    now = policy.load()
    rows = [Row(["Limits"], "heading")]
    for limit in now.limits.values():
        marginal = f"marginal to {wording.plain(limit.marginal)}" if limit.marginal is not None else ""
        rows.append(Row([wording.ratio_name(limit.measure), limit.wanted, marginal, limit.source, wording.day(limit.effective)]))
    rows.append(Row(["Values"], "heading"))
    rows += [
        Row([_named(each.name), f"{wording.plain(each.value)} {each.unit}", "", each.source, wording.day(each.effective)])
        for each in now.values.values()
    ]
    if place.may(desk.user, Act.READ_APPLICATION):
        _draw_preview(desk)
    draw_table(["What", "Value", "", "Source", "Holds from"], rows, (2, 3))


@st.fragment
def _draw_preview(desk: Desk) -> None:
    now = policy.load()
    names = [*now.limits, *PREVIEWED]
    with st.container(border=True):
        st.markdown("**Preview: what another value would change**")
        what, value, act = st.columns([2, 1, 1], vertical_alignment="bottom")
        name = what.selectbox("Value", names, format_func=lambda each: wording.ratio_name(each) if each in now.limits else _named(each))
        stands = now.limits[name].passes if name in now.limits else now.values[name].value
        text = value.text_input("Would be", placeholder=wording.plain(stands))
        if act.button("Preview", width="stretch") and text.strip():
            with place.telling():
                with place.acting() as connection:
                    judged, found = preview(connection, desk, changed_policy(name, typed_amount(text)))
                st.caption(f"{wording.count(judged, 'open application')} judged, {len(found)} would change.")
                if found:
                    rows = [Row([e.borrower or "not read", e.reference, _said(e.before), _said(e.after)]) for e in found]
                    draw_table(["Borrower", "Number", "Now", "Would be"], rows, (1, 2, 3))
        st.caption("Policy itself is a file under version control (rules/policy.yaml): enter value, source and date there and restart.")


def _named(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _said(outcome: Outcome) -> str:
    grade = f"grade {outcome.grade}" if outcome.grade else "no grade"
    return f"{wording.RECOMMENDATION[outcome.recommendation][0]}, {grade}, {wording.ROUTE[outcome.route][0].lower()}"
