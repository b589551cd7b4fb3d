"""The documents of an application as thumbnails, and the ledger of its pages: nothing is dropped silently."""

import streamlit as st

from app.domain import Page, PageStatus
from app.errors import LoanLensError
from app.report import wording
from app.review_queue.desk import Desk
from app.review_queue.opened import Review
from ui import place
from ui.tables import Cell, Row, draw

_IN_A_ROW = 8
_AT_FIRST = 8
_MORE = 16


@st.fragment
def draw_documents(review: Review, desk: Desk) -> None:
    """Draw the first page of each document, then every page with what became of it."""
    documents = review.machine.documents
    key = f"thumbnails_{review.task.id}"
    most = st.session_state.setdefault(key, _AT_FIRST)
    with st.container(key="thumbnails"):
        for start in range(0, min(most, len(documents)), _IN_A_ROW):
            row = documents[start : min(start + _IN_A_ROW, most)]
            for column, document in zip(st.columns(_IN_A_ROW), row, strict=False):
                with column:
                    _thumbnail(document.pages[0], review, desk)
                    pages = wording.count(len(document.pages), "page")
                    st.caption(f"**{wording.KIND[document.kind]}**  \n{place.plain(_short(document.file))}  \n{pages}")
    if len(documents) > most and st.button(f"Show {min(_MORE, len(documents) - most)} more of {len(documents)} documents"):
        st.session_state[key] = most + _MORE
        st.rerun(scope="fragment")
    _ledger(review)


def _thumbnail(page: Page, review: Review, desk: Desk) -> None:
    if page.status is PageStatus.QUARANTINED:
        st.warning("set aside")
        return
    try:
        st.image(place.pictures().picture(desk, review, page), width="stretch")
    except LoanLensError as error:
        st.caption(str(error))


def _ledger(review: Review) -> None:
    machine = review.machine
    rows = []
    for page, kind in zip(machine.pages, machine.page_kinds, strict=True):
        aside = page.status is PageStatus.QUARANTINED
        how = wording.METHOD[page.method] if page.status is PageStatus.READ else ""
        status = Cell(wording.STATUS[page.status], "fails" if aside else "")
        rows.append(Row([page.file, str(page.number), wording.KIND[kind], status, how, page.reason or ""]))
    with st.expander(f"Page ledger: {wording.count(len(rows), 'page')}", expanded=False):
        draw(["File", "Page", "Kind", "What became of it", "Read by", "Why"], rows, (2, 3, 4, 5))


def _short(name: str, most: int = 48) -> str:
    """Return a file's name with its middle left out where it is long: its beginning and its end tell it apart."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-(most // 2 - 1) :]}"
