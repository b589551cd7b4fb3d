"""The audit trail: what was done to an application or account, and whether anything in it was changed."""

import json

import streamlit as st

from app import audit
from ui import place


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    with place.telling():
        if st.button("Verify the whole trail", type="primary"):
            with place.acting() as connection:
                verdict = audit.verify(connection, desk.user, desk.user.lender_id)
            if verdict.faults:
                st.error("  \n".join(verdict.faults))
            else:
                st.success(f"{verdict.entries:,} entries, none changed, none missing. Head: {verdict.head.hash.hex()[:16]}…")
        subject = st.text_input("About", placeholder="application 17, document 3, account ann")
        if subject.strip():
            with place.acting() as connection:
                found = audit.history(connection, desk.user, desk.user.lender_id, subject.strip())
            st.caption(f"{len(found)} entries, newest first")
            st.dataframe(
                [
                    {"number": e.number, "at": e.at, "who": e.actor, "did": e.action.replace("_", " "), "with": json.dumps(e.detail)}
                    for e in found
                ],
                hide_index=True,
                width="stretch",
            )
