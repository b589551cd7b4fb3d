"""The decision on an application: outcome, reasons, who must agree; and the letter that asks for what is missing."""

from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from app.access.roles import Act
from app.report import wording
from app.review_queue import corrections, decisions, letter, tasks
from app.review_queue.decisions import Outcome, Proposal
from app.review_queue.desk import Desk
from app.review_queue.opened import Review
from ui import papers, place


def draw(review: Review, desk: Desk) -> None:
    """Draw what is decided, or what is needed to decide."""
    left, right = st.columns([1.1, 1])
    with left:
        _draw_decision(review, desk)
    with right:
        _draw_letter(review, desk)
        _draw_adjustments(review, desk)
    papers.draw(review, desk)


def _draw_decision(review: Review, desk: Desk) -> None:
    if review.task.state == "closed":
        last = review.decisions[-1] if review.decisions else None
        st.success(f"Decided: {last.outcome}, by {last.decided_by}." if last else "The task is closed.")
        reason = st.text_input("Why open it again?")
        if st.button("Reopen", disabled=not place.may(desk.user, Act.REVIEW_APPLICATION)):
            with place.telling():
                with place.acting() as connection:
                    tasks.reopen(connection, desk.user, review.application.id, reason)
                _leave("reopened")
        return
    first = decisions.waiting(review)
    if first is not None:
        st.warning(f"{first.decided_by} decided to {first.outcome}. A second person must agree.")
        if st.button("Agree", type="primary", shortcut="Alt+G"):
            with place.telling():
                with place.acting() as connection:
                    decisions.second(connection, desk, review.task.id)
                _leave("agreed")
    _fill_in(review, desk)


def _fill_in(review: Review, desk: Desk) -> None:
    made = review.now.assessment
    title, why = wording.RECOMMENDATION[made.recommendation]
    st.markdown(f"**Proposed: {title}.** {why}")
    if decisions.needs_second(review):
        st.caption("Above policy's amount for one person, or the exposure is not known: an approval takes two.")
    outcome = _chosen(review.task.id)
    if outcome is None:
        return
    reasons = conditions = override = ""
    if outcome not in (*decisions.APPROVALS, Outcome.WITHDRAWN, Outcome.NOT_ACCEPTED):
        asked = letter.asked_for(review) if outcome is Outcome.INCOMPLETE else decisions.proposed_reasons(review)
        reasons = st.text_area("Principal reasons, one a line", "\n".join(asked), height=110, key=f"reasons_{outcome}")
    if outcome is Outcome.APPROVE_WITH_CONDITIONS:
        conditions = st.text_area("Conditions, one a line", height=90)
    if decisions.is_override(outcome, made.recommendation):
        override = st.text_input("Why other than the machine proposes")
    if st.button(f"Decide: {outcome.value}", type="primary", shortcut="Alt+D"):
        proposal = Proposal(outcome, review.seen, tuple(reasons.splitlines()), tuple(conditions.splitlines()), override)
        with place.telling():
            with place.acting() as connection:
                done = decisions.decide(connection, desk, review.task.id, proposal)
            _leave("waits for a second person" if done.needs_second else done.outcome)


def _chosen(task_id: int) -> Outcome | None:
    """Return the outcome that was chosen, by a button or its key; nothing is chosen beforehand."""
    key = f"outcome_{task_id}"
    with st.container(horizontal=True):  # as wide as their words: none is cut off
        for number, outcome in enumerate(Outcome, 1):
            picked = st.session_state.get(key) == outcome
            kind: Literal["primary", "secondary"] = "primary" if picked else "secondary"
            name = outcome.value.capitalize()
            if st.button(name, key=f"pick_{task_id}_{number}", shortcut=f"Alt+{number}", type=kind):
                st.session_state[key] = outcome
                st.rerun()
    return st.session_state.get(key)


def _draw_letter(review: Review, desk: Desk) -> None:
    draft = letter.draft_letter(review, datetime.now(UTC).date())
    if not draft:
        return
    with st.expander("Letter asking for what is missing", expanded=True):
        text = st.text_area("Letter", draft, height=220, label_visibility="collapsed")
        if st.button("Note as sent"):
            with place.telling():
                with place.acting() as connection:
                    letter.note_sent(connection, desk.user, review.task.id, text, letter.asked_for(review))
                st.toast("The trail keeps its text.")


def _draw_adjustments(review: Review, desk: Desk) -> None:
    if review.adjustments:
        st.markdown("**Adjustments**")
        taken_back = {each.undoes for each in review.adjustments}
        for each in review.adjustments:
            if each.undoes is None and each.id not in taken_back:
                said, act = st.columns([5, 1], vertical_alignment="center")
                what = f"{each.kind}: {wording.account(each.account)}, {each.period}: {wording.money(each.amount)}"
                said.caption(f"{what} — {each.why} ({each.author})")
                if act.button("Undo", key=f"undo_{each.id}"):
                    with place.telling():
                        with place.acting() as connection:
                            corrections.undo_adjustment(connection, desk, review.task.id, each.id)
                        st.rerun()


def _leave(done: str) -> None:
    """Go back to the inbox, where the next task waits."""
    st.session_state.pop("task", None)
    st.session_state["done"] = done
    st.switch_page(st.session_state["pages"]["inbox"])
