"""The review of one application: pages beside the spread, findings, ratios, the decision. Every gesture is saved when it is made."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st
from sqlalchemy import Connection

from app.access.roles import Act
from app.domain import Severity
from app.errors import LoanLensError, UsageError
from app.report import wording
from app.review_queue import corrections, tasks
from app.review_queue.amounts import typed_amount
from app.review_queue.corrections import Edit
from app.review_queue.desk import Desk
from app.review_queue.difference import Change, difference
from app.review_queue.opened import Review, look_again, open_review
from app.review_queue.recompute import MARKED, active
from ui import decision, history, opinion, place, reasons, versions, viewer

_TABS = ("Figures", "Findings", "Ratios", "Reasons", "Decision")


def draw() -> None:
    """Draw the page."""
    desk, task_id = place.desk(), place.open_task_id()
    if task_id is None:
        st.info("No application is open. Take one from the inbox.")
        return
    with place.telling():
        review = _opened(desk, task_id)
        gesture = viewer.gesture()
        st.session_state["answered_gesture"] = gesture.get("stamp") if gesture else st.session_state.get("answered_gesture")
        if gesture and gesture.get("gesture") == "go":
            st.session_state["review_tab"] = str(gesture.get("said"))
        elif gesture:
            review = _saved(gesture, review, desk)
        _head(review, desk)
        versions.tell_newer(review, desk)
        message = st.session_state.pop("message", "")
        figures, findings, ratios, told, decide = st.tabs(_TABS, key="review_tab", on_change="rerun")
        if figures.open:
            with figures:
                mine = review.task.claimed_by == desk.user.id and review.task.state != "closed"
                viewer.draw(review, mine, message)
                _tell_changes()
                history.draw_lost(review)
        if findings.open:
            with findings:
                opinion.draw_findings(review.now.assessment)
        if ratios.open:
            with ratios:
                opinion.draw_ratios(review)
        if told.open:
            with told:
                reasons.draw_reasons(review, desk)
        if decide.open:
            with decide:
                decision.draw(review, desk)


def _opened(desk: Desk, task_id: int) -> Review:
    """Return the review; the first look takes the task where it is free, and is audited."""
    with place.acting() as connection:
        if st.session_state.get("opened") == task_id:
            return look_again(connection, desk, task_id)
        review = open_review(connection, desk, task_id)
    st.session_state.update(opened=task_id, sent_pages=set(), troubles={})
    st.session_state.pop("review_tab", None)
    if not place.may(desk.user, Act.REVIEW_APPLICATION) or review.task.state == "closed":
        return review
    try:
        with place.acting() as connection:
            tasks.claim(connection, desk, task_id)
            return look_again(connection, desk, task_id)
    except LoanLensError as error:
        st.session_state["message"] = f"{error} You can look, not change."
        return review


def _head(review: Review, desk: Desk) -> None:
    made, application = review.now.assessment, review.application
    name, ask, grade, work, proposal, act = st.columns([2.5, 1.1, 1, 1.5, 1.4, 1], vertical_alignment="center")
    name.markdown(f"##### {place.plain(application.borrower or 'Borrower not read')}")
    name.caption(place.plain(application.reference))
    requested = made.application.facility.amount if made.application else application.amount
    ask.metric("Request", wording.money(requested) if requested is not None else "not read")
    grade.metric("Grade", f"{made.grade} of 10" if made.grade else "none yet")
    open_findings = sum(f.severity in (Severity.HIGH, Severity.MEDIUM) for f in made.findings)
    work.metric("Left to do", f"{wording.count(viewer.doubtful(review), 'figure')}, {wording.count(open_findings, 'finding')}")
    proposal.metric("Proposed", wording.RECOMMENDATION[made.recommendation][0])
    if review.task.claimed_by == desk.user.id and review.task.state != "closed":
        with act.popover("More", width="stretch"):
            _more(review, desk)
    else:
        act.badge("closed" if review.task.state == "closed" else review.task.claimed_by or "free", color="gray")


def _more(review: Review, desk: Desk) -> None:
    reason = st.text_input("Reason", key="more_reason")
    login = st.text_input("Pass on to (login)", key="more_login")
    release, reassign, escalate = st.columns(3)
    with place.telling():
        done = False
        with place.acting() as connection:
            if release.button("Give back"):
                done = tasks.release(connection, desk.user, review.task.id)
            if reassign.button("Pass on"):
                tasks.reassign(connection, desk, review.task.id, login.strip(), reason)
                done = True
            if escalate.button("Escalate"):
                tasks.escalate(connection, desk.user, review.task.id, reason)
                done = True
        if done:
            st.session_state.pop("task", None)
            st.switch_page(st.session_state["pages"]["inbox"])


def _saved(gesture: Mapping[str, Any], review: Review, desk: Desk) -> Review:
    """Save a gesture and return the review as it then stands; the difference is kept to be shown."""
    # Two transactions: nobody waits for the trail's lock while this review is worked out anew.
    try:
        with place.acting() as connection:
            _act(connection, gesture, review, desk)
    except LoanLensError as error:
        st.session_state["message"] = f"Not saved: {error}"
        with place.acting() as connection:
            return look_again(connection, desk, review.task.id)
    with place.acting() as connection:
        after = look_again(connection, desk, review.task.id)
    changes = difference(review.now.assessment, after.now.assessment)
    st.session_state.update(message=_summary(changes), changes=changes)
    return after


def _summary(changes: Sequence[Change]) -> str:
    """Return in a line what a change brought: findings come and gone, and the first ratios."""
    new = sum(c.what == "finding" and c.before is None for c in changes)
    gone = sum(c.what == "finding" and c.after is None for c in changes)
    said = [f"{versions.called(c.name)} {c.before} → {c.after}" for c in changes if c.what != "finding"][:3]
    said += [wording.count(new, "new finding")] if new else []
    said += [f"{wording.count(gone, 'finding')} resolved"] if gone else []
    return f"Saved: {'; '.join(said)}." if said else "Saved; nothing else changes."


def _act(connection: Connection, gesture: Mapping[str, Any], review: Review, desk: Desk) -> None:
    task, said = review.task.id, dict(gesture.get("said") or {})
    match gesture["gesture"]:
        case "undo":
            alive = [each for each in active(review.corrections) if each.kind != MARKED]
            if not alive:
                raise UsageError("There is nothing to undo.")
            corrections.undo(connection, desk, task, alive[-1].id)
        case "adjust":
            amount: Decimal = typed_amount(str(said.get("amount", "")))
            new = corrections.proposed(str(said["kind"]), str(said["account"]), str(said["period"]), amount, str(gesture.get("why") or ""))
            corrections.adjust(connection, desk, task, new)
        case kind:
            edit = Edit(str(kind), str(gesture.get("why") or ""), gesture.get("number"), int(gesture.get("seen") or 0), said)
            corrections.correct(connection, desk, task, edit)


def _tell_changes() -> None:
    """Show what the last gesture changed."""
    changes: Sequence[Change] = st.session_state.pop("changes", ())
    if changes:
        st.markdown("**What that changed**")
        versions.draw_changes(changes)
