"""The intake page: files of a new application, or more of one that is known; how far the reading is, and what was set aside."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

import streamlit as st

from app import intake
from app.access.roles import Act
from app.domain import User
from app.errors import UsageError
from app.reading.package import expand
from app.report import wording
from app.review_queue import opened, overview
from app.review_queue.amounts import typed_amount
from app.review_queue.desk import Desk
from app.store.rows import NewApplication, StoredDocument
from ui import inbox, place
from ui.tables import Cell, Row
from ui.tables import draw as draw_table

#: A file's state in words, its colour, and what to do about it.
_STATES = {
    "received": ("waits", "", ""),
    "read": ("read", "passes", ""),
    "quarantined": ("set aside", "fails", "Ask for it as an unprotected PDF or a sharper scan, and send it again under the same number."),
    "superseded": ("replaced", "", "A newer version counts."),
    "purged": ("removed", "", "Its retention is over."),
}
_KINDS = ["pdf", "png", "jpg", "jpeg", "tif", "tiff", "zip"]
_SOURCES = ("Files", "A folder")


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    if not place.may(desk.user, Act.SUBMIT_APPLICATION):
        st.info("Applications are sent by analysts and credit officers.")
        return
    what = st.segmented_control("What to send", _SOURCES, default=_SOURCES[0], required=True, label_visibility="collapsed")
    with st.form("intake", clear_on_submit=True):
        several: Literal["directory"] | bool = "directory" if what == _SOURCES[1] else True
        files = st.file_uploader("Drag it here: PDF, PNG, JPEG, TIFF or ZIP", type=_KINDS, accept_multiple_files=several)
        number, borrower, exposure = st.columns(3)
        reference = number.text_input("Your number of the application", help="Sent again under the same number, more files join it.")
        name = borrower.text_input("Borrower (read from the application where left empty)")
        total = exposure.text_input("Total exposure with this loan", help="All loans and commitments to the borrower and its affiliates.")
        if st.form_submit_button("Send", type="primary", shortcut="Alt+S"):
            with place.telling():
                if not files or not reference.strip():
                    raise UsageError("Choose at least one file and give the application's number.")
                new = intake.new_application(reference.strip(), name.strip() or None, typed_amount(total) if total.strip() else None)
                id = _send(new, [(each.name, each.getvalue()) for each in files if not isinstance(each, bytes)], desk)
                sent: dict[int, str] = st.session_state.setdefault("sent", {})
                sent[id] = reference.strip()
    if st.session_state.get("sent"):
        _draw_progress(desk.user)


def _send(new: NewApplication, files: Sequence[tuple[str, bytes]], desk: Desk) -> int:
    """Send files, archives among them unpacked; return the application's id. A file's path in its folder stays in its name."""
    with TemporaryDirectory(prefix="loanlens-") as folder, ExitStack() as opened_files:
        package = Path(folder, "package")
        for name, content in files:
            path = package.joinpath(*(part for part in PurePosixPath(name).parts if part not in ("/", "..", ".")))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        sources = expand([package], desk.settings, Path(folder, "unpacked"))
        named = [(s.name.removeprefix("package/"), opened_files.enter_context(s.path.open("rb")), s.reason) for s in sources]
        with place.acting() as connection:
            return intake.receive(connection, desk.blobs, desk.user, intake.Package(new, named))


@st.fragment(run_every=2.0)
def _draw_progress(user: User) -> None:
    st.markdown("###### Sent just now")
    for id, reference in reversed(st.session_state.get("sent", {}).items()):
        with place.telling(), place.acting() as connection:
            found = overview.progress(connection, user, id)
            files = overview.files_of(connection, user, id)
            task = opened.task_of(connection, user, id) if found.state == "assessed" else None
        with st.container(key=f"row_sent_{id}"):
            name, state, act = st.columns([2, 5, 1], vertical_alignment="center")
            name.markdown(f"**{place.plain(reference)}**")
            with state:
                _draw_state(found, task is not None)
            if task is not None and act.button("Open", key=f"sent_{id}", width="stretch"):
                inbox.open_task(task.id)
            _draw_files(files)


def _draw_state(found: overview.Progress, waits: bool) -> None:
    if found.state == "received":
        said = f"Reading file {min(found.done + 1, found.total)} of {found.total}" if found.total else "Waits for a worker"
        st.progress(found.done / found.total if found.total else 0.0, said)
    elif found.state == "quarantined":
        st.error(f"Set aside: {place.plain(found.trouble or 'no reason is known')}. Ask for the files in another form and send them again.")
    elif waits:
        st.markdown(":green-badge[assessed] It waits in the queue.")
    else:
        st.markdown(":green-badge[assessed] Policy clears it without a person.")


def _draw_files(files: tuple[StoredDocument, ...]) -> None:
    """Draw each file with how far it is; one that was set aside with the reason, and what to do."""
    rows = []
    for file in files:
        words, kind, advice = _STATES.get(file.state, (file.state, "", ""))
        rows.append(Row([file.file, Cell(words, kind), " ".join(filter(None, (file.reason, advice)))]))
    if rows:
        with st.expander(wording.count(len(rows), "file"), expanded=any(file.state == "quarantined" for file in files)):
            draw_table(["File", "State", "Why, and what to do"], rows, (1, 2))
