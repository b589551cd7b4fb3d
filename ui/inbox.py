"""The inbox: which application to look at next, why, how old it is, when a notice is due, and who has it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.access.roles import Act
from app.domain import User
from app.report.wording import count, day, money
from app.review_queue import tasks
from app.review_queue.amounts import typed_amount
from app.store.review_tasks import Chosen
from ui import place
from ui.place import plain

_MOST = 200
_PAGE = 20
_WIDTHS = [2.4, 4.2, 1.2, 1.1, 1.2, 0.8]
_ALERTS = 3
_LAST_DAYS, _FEW_DAYS = 3, 10
_SHOWN = ("Everybody's", "Mine", "Free", "Escalated", "Notice due")


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    reviews = place.may(desk.user, Act.REVIEW_APPLICATION)
    take, search, shown, more = st.columns([1.1, 1.6, 3.1, 0.9], vertical_alignment="center")
    if reviews and take.button("Next task", type="primary", shortcut="Alt+N", width="stretch"):
        _next()
    words = search.text_input("Search", placeholder="Borrower or number", label_visibility="collapsed", icon=":material/search:")
    show = shown.segmented_control("Show", _SHOWN, default=_SHOWN[0], required=True, label_visibility="collapsed")
    with place.telling():
        chosen = _chosen(more.popover("Filter", width="stretch"), words.strip(), show, desk.user)
        with place.acting() as connection:
            found = tasks.find_tasks(connection, desk.user, chosen, _MOST)
            number = tasks.count_tasks(connection, desk.user)
            pressing = tasks.alerts(connection, desk.user, datetime.now(UTC).date())
        _draw_alerts(pressing)
        _draw_tasks([each for each in found if show != "Free" or _is_free(each)], number, desk.user, reviews)


def _chosen(filters: DeltaGenerator, words: str, show: str, user: User) -> Chosen:
    """Return what is to be listed, as it was typed and picked."""
    with filters:
        product = st.text_input("Product", key="inbox_product").strip()
        least, most = st.text_input("Request from", key="inbox_least"), st.text_input("Request up to", key="inbox_most")
    return Chosen(
        user.id if show == "Mine" else None,
        words,
        "escalated" if show == "Escalated" else None,
        product or None,
        _bound(least),
        _bound(most),
        tasks.soon() if show == "Notice due" else None,
    )


def _bound(typed: str) -> Decimal | None:
    return typed_amount(typed) if typed.strip() else None


def _is_free(task: tasks.Waiting) -> bool:
    return not _holder(task) and task.state != "escalated"


def _draw_alerts(pressing: Sequence[tasks.Alert]) -> None:
    """Draw the notices on whose clock a day of warning has come: the latest by name, the others as a number."""
    if not pressing:
        return
    lines = [f"**{plain(a.task.borrower or a.task.reference)}** ({plain(a.task.reference)}): {_left(a)}" for a in pressing[:_ALERTS]]
    if len(pressing) > _ALERTS:
        lines.append(f"and {len(pressing) - _ALERTS} more: see *Notice due*")
    told = st.error if pressing[0].days_left <= _LAST_DAYS else st.warning
    told("Notices to applicants fall due.  \n" + "  \n".join(lines), icon=":material/alarm:")


def _left(alert: tasks.Alert) -> str:
    if alert.days_left < 0:
        return f"late by {count(-alert.days_left, 'day')}"
    return f"day {alert.day} has passed, {count(alert.days_left, 'day')} left" if alert.days_left else "due today"


def _draw_tasks(found: list[tasks.Waiting], number: int, user: User, reviews: bool) -> None:
    st.caption(f"{count(number, 'open task')}, the most pressing first: notices that fall due, then what weighs most and waits longest.")
    if not found:
        st.info("Nothing waits here. New applications appear as soon as they are read." if not number else "No task is of this kind.")
        return
    for column, name in zip(st.columns(_WIDTHS), ("Application", "Why", "Request", "Age", "Held by", ""), strict=True):
        column.caption(name, text_alignment="right" if name == "Request" else "left")
    most = st.session_state.setdefault("inbox_rows", _PAGE)
    for task in found[:most]:
        _draw_task(task, user, reviews)
    if len(found) > most and st.button(f"Show {min(_PAGE, len(found) - most)} more"):
        st.session_state["inbox_rows"] = most + _PAGE
        st.rerun()


def _draw_task(task: tasks.Waiting, user: User, reviews: bool) -> None:
    with st.container(key=f"row_{task.id}"):
        who, why, amount, age, holder, act = st.columns(_WIDTHS, vertical_alignment="center")
        who.markdown(f"**{plain(task.borrower or 'Borrower not read')}**  \n:small[:gray[{plain(task.reference)}]]")
        reasons = [plain(each) for each in task.reasons] or ["Policy asks for a person."]
        first = f":gray[1 of {len(reasons)}] · " if len(reasons) > 1 else ""
        why.markdown(first + reasons[0], help="  \n".join(f"· {each}" for each in reasons) if len(reasons) > 1 else None)
        said = f"{task.currency or ''} {money(task.amount)}" if task.amount is not None else ":gray[not read]"
        amount.markdown(said, text_alignment="right")
        age.markdown(_age(task))
        if task.state == "escalated":
            holder.markdown(":orange-badge[escalated]")
        elif name := _holder(task):
            holder.markdown(f":blue-badge[{'you' if name == user.id else plain(name)}]")
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


def _holder(task: tasks.Waiting) -> str:
    """Return who has a task now, empty where nobody has."""
    held = task.claimed_by and task.lease_until and task.lease_until > datetime.now(UTC)
    return task.claimed_by or "" if held else ""


def _age(task: tasks.Waiting) -> str:
    days = (datetime.now(UTC) - task.received_at).days
    due = ""
    if task.due_on:
        left = (task.due_on - datetime.now(UTC).date()).days
        due = f"  \n:{'red' if left <= _LAST_DAYS else 'orange' if left <= _FEW_DAYS else 'gray'}-badge[notice {day(task.due_on)}]"
    return f"{'today' if days == 0 else count(days, 'day')}{due}"
