"""The papers of an application: credit memo, notice to the applicant, spreadsheet. Each is drawn when it is asked for, then saved."""

import streamlit as st

from app.review_queue import letter, papers
from app.review_queue.desk import Desk
from app.review_queue.opened import Review
from app.review_queue.papers import Format, Paper
from ui import place


def draw(review: Review, desk: Desk) -> None:
    """Draw a button for each paper, the notice only where the decision needs one; and what letters asked for, ticked off."""
    why_not = papers.no_notice(review)
    offered = [("memo", form, f"Memo, {form.upper()}", "") for form in Format]
    offered += [("notice", form, f"Notice, {form.upper()}", why_not) for form in Format]
    asked: tuple[str, str] | None = None
    columns = st.columns(5)
    for column, (kind, form, label, reason) in zip(columns, offered, strict=False):
        if column.button(label, key=f"paper_{kind}_{form}", disabled=bool(reason), help=reason or None, width="stretch"):
            asked = (kind, form)
    if columns[-1].button("Spread, XLSX", key="paper_spread", width="stretch"):
        asked = ("spread", "xlsx")
    if asked is not None:
        with place.telling():
            _save(_drawn(review.task.id, desk, asked))
    _draw_requests(review, desk)


def _drawn(task: int, desk: Desk, asked: tuple[str, str]) -> Paper:
    kind, form = asked
    with place.acting() as connection:
        if kind == "spread":
            return papers.draw_workbook(connection, desk, task)
        draw_it = papers.draw_memo if kind == "memo" else papers.draw_notice
        return draw_it(connection, desk, task, Format(form))


def _save(paper: Paper) -> None:
    if paper.blanks:
        lacking = "The column mapping has no place for" if paper.name.endswith("xlsx") else "Still to be filled in, in your templates"
        st.warning(f"{lacking}:")
        st.text("; ".join(paper.blanks))
    st.download_button(f"Save {paper.name}", paper.content, paper.name, paper.media_type, type="primary", on_click="ignore")


def _draw_requests(review: Review, desk: Desk) -> None:
    with place.acting() as connection:
        asked = letter.requests(connection, desk.user, review)
    if asked:
        st.markdown("**Asked for**")
    for each in asked:
        still = f" Still missing: {each.still}" if each.state == "partly received" else ""
        came = f" Since then: {', '.join(each.files_since)}." if each.files_since else ""
        tick = {"received": "☑", "waiting": "☐"}.get(each.state, "◪")
        st.text(f"{tick} {each.message} ({each.asked_by}, {each.asked_at:%d %b}: {each.state}).{still}{came}")
