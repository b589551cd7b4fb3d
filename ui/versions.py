"""Documents that come late: added to an open application, put in another's place or set aside; and what the newer reading changed."""

from collections.abc import Sequence

import streamlit as st

from app.access.roles import Act
from app.errors import UsageError
from app.report import wording
from app.review_queue import completeness, opened
from app.review_queue.desk import Desk
from app.review_queue.difference import Change
from app.review_queue.opened import Review
from app.store.rows import StoredDocument
from ui import inbox, place
from ui.tables import Row
from ui.tables import draw as draw_table

_KINDS = ["pdf", "png", "jpg", "jpeg", "tif", "tiff"]
_ADD, _REPLACE, _ASIDE = "Add documents", "Replace one", "Set one aside"
_GONE = ("superseded", "purged")


def tell_newer(review: Review, desk: Desk) -> None:
    """Say that documents are being read, or that a newer reading than this one waits, and lead there."""
    with place.acting() as connection:
        newest = opened.task_of(connection, desk.user, review.application.id)
        reading = completeness.is_being_read(connection, desk.user, review.application.id)
    if newest is not None and newest.id != review.task.id:
        said, act = st.columns([5, 1.4], vertical_alignment="center")
        said.info("A newer reading of this application is there: more documents came. What you corrected is put on it.")
        if act.button("Open the newer one", type="primary", width="stretch"):
            inbox.open_task(newest.id)
    elif reading:
        st.info("Documents of this application are being read. What you see does not know them yet; a newer reading follows.")


def draw_change(review: Review, desk: Desk) -> None:
    """Draw how documents are changed, for those who may."""
    if not place.may(desk.user, Act.SUBMIT_APPLICATION) or review.task.state == "closed":
        return
    with st.expander("Add, replace or set aside documents"):
        acts = (_ADD, _REPLACE, _ASIDE)
        what = st.segmented_control("What to do", acts, key="documents_act", default=_ADD, required=True, label_visibility="collapsed")
        with st.form(f"documents_{what}", clear_on_submit=True, border=False):
            old = _pick(review) if what != _ADD else None
            files = _files(several=what == _ADD) if what != _ASIDE else []
            why = st.text_input("Reason") if what == _ASIDE else ""
            if st.form_submit_button(what, type="primary"):
                with place.telling():
                    _change(review, desk, (what, old), files, why)


def _pick(review: Review) -> StoredDocument | None:
    counting = [each for each in review.documents if each.state not in _GONE]
    return st.selectbox("Which document", counting, format_func=lambda each: each.file, index=None, placeholder="Choose a document")


def _files(several: bool) -> list[completeness.File]:
    found = st.file_uploader("PDF, PNG, JPEG or TIFF", type=_KINDS, accept_multiple_files=several)
    files = found if isinstance(found, list) else [found] if found is not None else []
    return [(each.name, each, None) for each in files]


def _change(review: Review, desk: Desk, what: tuple[str, StoredDocument | None], files: list[completeness.File], why: str) -> None:
    act, old = what
    if act != _ASIDE and not files:
        raise UsageError("Choose a file first.")
    if act != _ADD and old is None:
        raise UsageError("Choose which document first.")
    with place.acting() as connection:
        if old is None:
            came = completeness.add_documents(connection, desk, review.task.id, files)
            done = f"{wording.count(len(came), 'document')} added" if came else "these documents were there already"
        elif act == _REPLACE:
            done = f"{completeness.replace_document(connection, desk, review.task.id, old.id, files[0])} takes the place of {old.file}"
        else:
            completeness.set_aside_document(connection, desk, review.task.id, old.id, why)
            done = f"{old.file} was set aside"
    st.session_state["done"] = done
    st.rerun()


def draw_difference(review: Review, desk: Desk) -> None:
    """Draw what this reading changed against the one before it; nothing where it is the first."""
    with place.acting() as connection:
        found = completeness.new_version(connection, desk, review)
    if found is None:
        return
    with st.expander("What the newest reading changed", expanded=True):
        for names, words in ((found.came, "Came"), (found.went, "Counts no longer")):
            if names:
                st.text(f"{words}: {', '.join(names)}")
        draw_changes(found.changes)
        if not found.changes:
            st.caption("No figure, ratio or finding changes.")


def draw_changes(changes: Sequence[Change]) -> None:
    """Draw changes with what stood before and what stands now."""
    rows = [Row([called(each.name.partition(":")[0]), each.before or "–", each.after or "–"]) for each in changes]
    if rows:
        draw_table(["", "Before", "Now"], rows, (1, 2))


def called(name: str) -> str:
    """Return what a ratio, a finding or part of the outcome is called."""
    return wording.ratio_name(name) if name in wording.RATIOS else name.replace("_", " ").capitalize()
