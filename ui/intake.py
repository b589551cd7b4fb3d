"""The intake page: files of a new application, or more of one that is known; how far the reading is, and what was set aside."""

from io import BytesIO

import streamlit as st

from app import intake
from app.access.roles import Act
from app.domain import User
from app.errors import UsageError
from app.review_queue import opened, overview
from app.review_queue.amounts import typed_amount
from ui import inbox, place

_KINDS = ["pdf", "png", "jpg", "jpeg", "tif", "tiff"]


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    if not place.may(desk.user, Act.SUBMIT_APPLICATION):
        st.info("Applications are sent by analysts and credit officers.")
        return
    with st.form("intake", clear_on_submit=True):
        files = st.file_uploader("Drag the package here: PDF, PNG, JPEG or TIFF files", type=_KINDS, accept_multiple_files=True)
        number, borrower, exposure = st.columns(3)
        reference = number.text_input("Your number of the application", help="Sent again under the same number, more files join it.")
        name = borrower.text_input("Borrower (read from the application where left empty)")
        total = exposure.text_input("Total exposure with this loan", help="All loans and commitments to the borrower and its affiliates.")
        if st.form_submit_button("Send", type="primary", shortcut="Alt+S"):
            with place.telling():
                if not files or not reference.strip():
                    raise UsageError("Choose at least one file and give the application's number.")
                new = intake.new_application(reference.strip(), name.strip() or None, typed_amount(total) if total.strip() else None)
                with place.acting() as connection:
                    package = intake.Package(new, [(each.name, BytesIO(each.getvalue()), None) for each in files])
                    id = intake.receive(connection, desk.blobs, desk.user, package)
                sent: dict[int, str] = st.session_state.setdefault("sent", {})
                sent[id] = reference.strip()
    if st.session_state.get("sent"):
        _draw_progress(desk.user)


@st.fragment(run_every=2.0)
def _draw_progress(user: User) -> None:
    st.markdown("**Sent just now**")
    for id, reference in reversed(st.session_state.get("sent", {}).items()):
        with place.telling(), place.acting() as connection:
            found = overview.progress(connection, user, id)
            task = opened.task_of(connection, user, id) if found.state == "assessed" else None
        name, state, act = st.columns([2, 4, 1], vertical_alignment="center")
        name.markdown(f"`{reference}`")
        if found.state == "received":
            said = f"reading file {found.done + 1} of {found.total}" if found.total else "waits for a worker"
            state.progress(found.done / found.total if found.total else 0.0, said)
        elif found.state == "quarantined":
            state.error(f"Set aside: {found.trouble or 'no reason is known'}. Ask for the files in another form and send them again.")
        elif task is None:
            state.success("Assessed: policy clears it without a person.")
        else:
            state.success("Assessed: it waits in the queue.")
        if task is not None and act.button("Open", key=f"sent_{id}"):
            inbox.open_task(task.id)


