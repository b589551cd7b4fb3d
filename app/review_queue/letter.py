"""The letter that asks an applicant for what is missing: drafted from the findings on completeness, edited and sent by a person."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.domain import User
from app.report.parts import remaining_work
from app.report.wording import day
from app.review_queue import tasks
from app.review_queue.opened import Review
from app.store import trail
from rules import policy

_SENT = "send_request_letter"


@dataclass(frozen=True, slots=True)
class Request:
    """Something that a letter asked for: who sent it when, whether it came, what is `still` missing of it, and the files since."""

    message: str
    asked_by: str
    asked_at: datetime
    state: str
    still: str
    files_since: tuple[str, ...]


def asked_for(review: Review) -> tuple[str, ...]:
    """Return what is missing or could not be read, in words."""
    return tuple(message for topic, message in remaining_work(review.now.assessment) if topic == "ask")


def draft_letter(review: Review, today: date) -> str:
    """Return the letter's text, to be edited. Empty where nothing is missing."""
    asks = asked_for(review)
    if not asks:
        return ""
    borrower = review.application.borrower or "Applicant"
    answer_by = today + timedelta(days=int(policy.load().values["answer_days"].value))
    listed = "\n".join(f"{number}. {message}" for number, message in enumerate(asks, 1))
    return (
        f"Dear {borrower},\n\nYour application {review.application.reference} is not complete yet. Please send us by"
        f" {day(answer_by)}:\n\n{listed}\n\nWe go on with your application as soon as these have arrived."
        " Without them we can give it no further consideration.\n\nYours sincerely\n"
    )


def note_sent(connection: Connection, user: User, task_id: int, text: str, asked: Sequence[str] = ()) -> None:
    """Note that a letter was sent, with its text and what it asks for: the trail says when what was asked for."""
    allow(user, Act.DECIDE_APPLICATION, user.lender_id)
    task = tasks.open_task(connection, user, task_id)
    detail = {"task": task_id, "text": tasks.needed_reason(text), "asked": list(asked)}
    audit.record(connection, user, _SENT, f"application {task.application_id}", detail)


def requests(connection: Connection, user: User, review: Review) -> tuple[Request, ...]:
    """Return what letters asked for, each ticked off as soon as an assessment no longer finds it missing; the newest letter counts."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    missing = {_kind(message): message for message in asked_for(review)}
    found: dict[str, Request] = {}
    for entry in trail.entries_of(connection, user.lender_id, f"application {review.application.id}", _SENT):
        came = tuple(each.file for each in review.documents if each.received_at > entry.at)
        for message in map(str, _listed(entry.detail.get("asked"))):
            still = missing.get(_kind(message))
            state = "received" if still is None else "waiting" if still == message else "partly received"
            found[_kind(message)] = Request(message, entry.actor, entry.at, state, still or "", came)
    return tuple(found.values())


def _kind(message: str) -> str:
    """Return what a message asks for whatever the number: two of three bank statements are the same request as one of three."""
    return " ".join(re.sub(r"\d+( of \d+)?", "", message).replace("statements", "statement").split())


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()
