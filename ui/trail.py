"""The audit trail: what was done to an application or account, and whether anything in it was changed."""

import json

import streamlit as st

from app import audit
from app.domain import AuditEntry
from app.review_queue.desk import Desk
from ui import place
from ui.tables import Row
from ui.tables import draw as draw_table


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    with place.telling():
        draw_verification(desk)
        subject = st.text_input("What was done to", placeholder="application 17, document 3, account ann")
        if subject.strip():
            with place.acting() as connection:
                found = audit.history(connection, desk.user, desk.user.lender_id, subject.strip())
            st.caption(f"{len(found)} entries, newest first")
            rows = [_row(each) for each in found]
            draw_table(["Number", "When (UTC)", "Who", "Did", "With"], rows, (1, 2, 3, 4))


def draw_verification(desk: Desk) -> None:
    """Draw the button that walks the whole trail, and what that found."""
    st.caption("Every entry carries the hash of the one before: what was changed, removed or put in shows.")
    if st.button("Verify the whole trail", type="primary"):
        with place.acting() as connection:
            verdict = audit.verify(connection, desk.user, desk.user.lender_id)
        if verdict.faults:
            st.error("  \n".join(verdict.faults))
        else:
            st.success(f"{verdict.entries:,} entries, none changed, none missing. Head: {verdict.head.hash.hex()[:16]}…")


def _row(entry: AuditEntry) -> Row:
    said = json.dumps(dict(entry.detail), ensure_ascii=False)
    return Row([str(entry.number), f"{entry.at:%d %b %Y %H:%M:%S}", entry.actor, entry.action.replace("_", " "), said])
