"""The inbox: which application to look at next, why, how old it is and who has it."""

from datetime import UTC, datetime

import streamlit as st

from app.access.roles import Act
from app.domain import User
from app.report.wording import count, money
from app.review_queue import tasks
from ui import place


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    reviews = place.may(desk.user, Act.REVIEW_APPLICATION)
    top, search, scope = st.columns([1.3, 2, 1.2], vertical_alignment="bottom")
    if reviews and top.button("Next task", type="primary", shortcut="Alt+N", width="stretch"):
        _next()
    words = search.text_input("Search", placeholder="Borrower or number", label_visibility="collapsed")
    mine = scope.segmented_control("Whose", ["Everybody's", "Mine"], default="Everybody's", label_visibility="collapsed") == "Mine"
    with place.telling(), place.acting() as connection:
        found = tasks.list_tasks(connection, desk.user, words.strip(), mine)
        number = tasks.count_tasks(connection, desk.user)
        _draw_tasks(found, number, desk.user, reviews)


def _draw_tasks(found: tuple[tasks.Waiting, ...], number: int, user: User, reviews: bool) -> None:
    st.caption(f"{count(number, 'open task')}, the most pressing first: notices that fall due, then what weighs most and waits longest.")
    if not found:
        st.info("Nothing waits here. New applications appear as soon as they are read.")
    for task in found:
        with st.container(border=True, key=f"task_{task.id}"):
            who, why, when, act = st.columns([2.2, 4, 1.4, 1], vertical_alignment="center")
            who.markdown(f"**{_plain(task.borrower or 'Borrower not read')}**  \n{_plain(task.reference)}")
            reasons = [_plain(each) for each in task.reasons]
            why.markdown(reasons[0] if reasons else "Policy asks for a person.")
            if len(reasons) > 1:
                why.caption(f"and {count(len(reasons) - 1, 'more reason')}")
            when.markdown(f"{task.currency or ''} {money(task.amount) if task.amount is not None else 'amount not read'}")
            when.caption(_age(task))
            if task.state == "escalated":
                who.badge("escalated", color="orange")
            elif task.claimed_by and task.lease_until and task.lease_until > datetime.now(UTC):
                who.badge("yours" if task.claimed_by == user.id else task.claimed_by, color="blue")
            if act.button("Open", key=f"open_{task.id}", width="stretch", disabled=not (reviews or place.may(user, Act.READ_APPLICATION))):
                open_task(task.id)


def open_task(task_id: int) -> None:
    """Go to the review of a task."""
    for name in ("opened", "message", "changes", "wanted"):
        st.session_state.pop(name, None)
    st.session_state["task"] = task_id
    st.switch_page(st.session_state["pages"]["review"], query_params={"task": str(task_id)})


def _next() -> None:
    with place.telling():
        with place.acting() as connection:
            found = tasks.claim_next(connection, place.desk())
        if found is None:
            st.info("No task is free.")
        else:
            open_task(found.id)


def _age(task: tasks.Waiting) -> str:
    days = (datetime.now(UTC) - task.received_at).days
    due = f", notice due {task.due_on:%d %b}" if task.due_on else ""
    return f"{'today' if days == 0 else count(days, 'day')}{due}"


def _plain(text: str) -> str:
    """Return text that a document brought, with what Markdown would draw made plain."""
    return "".join("\\" + c if c in r"\`*_{}[]()#+-!$|<>~:" else c for c in text.replace("\n", " "))
