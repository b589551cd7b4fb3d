"""Retention: which applications are past their time, and the legal holds that keep some all the same."""

import streamlit as st

from app import retention
from app.access.roles import Act
from app.report import wording
from app.review_queue.desk import Desk
from rules import policy
from ui import place
from ui.tables import Row
from ui.tables import draw as draw_table


def draw_retention(desk: Desk) -> None:
    """Draw what is due, then the holds."""
    months = retention.months(policy.load())
    st.caption(f"Applications are kept {months} months after their decision; a purge each day removes what is past it and on no hold.")
    if place.may(desk.user, Act.PURGE):
        with place.acting() as connection:
            due = retention.list_due(connection, desk.user, desk.user.lender_id, months)
        st.markdown(f"###### Past their retention: {len(due)}")
        if due:
            fates = {True: "on legal hold", False: "next purge"}
            rows = [Row([str(each.id), each.reference, wording.day(each.closed_at.date()), fates[each.on_hold]]) for each in due]
            draw_table(["Application", "Number", "Closed", "What becomes of it"], rows, (1, 2, 3))
    if place.may(desk.user, Act.SET_HOLD):
        _draw_holds(desk)


def _draw_holds(desk: Desk) -> None:
    lender_id = desk.user.lender_id
    with place.acting() as connection:
        holds = retention.list_holds(connection, desk.user, lender_id)
    st.markdown(f"###### Legal holds: {len(holds)}")
    for hold in holds:
        with st.container(key=f"row_hold_{hold.id}"):
            said, act = st.columns([8, 1], vertical_alignment="center")
            told = f"application {hold.application_id}, since {wording.day(hold.placed_at.date())} by {place.plain(hold.placed_by)}"
            said.markdown(f"{place.plain(hold.why)}  \n:small[:gray[{told}]]")
            if act.button("Lift", key=f"lift_{hold.id}", width="stretch"):
                with place.telling():
                    with place.acting() as connection:
                        retention.lift_hold(connection, desk.user, lender_id, hold.id)
                    st.rerun()
    with st.form("place_hold", clear_on_submit=True):
        number, why, act = st.columns([1, 4, 1], vertical_alignment="bottom")
        application = number.number_input("Application", min_value=1, step=1, value=None)
        reason = why.text_input("Why it must be kept")
        if act.form_submit_button("Place hold", width="stretch") and application is not None:
            with place.telling():
                with place.acting() as connection:
                    retention.place_hold(connection, desk.user, lender_id, int(application), reason)
                st.rerun()
