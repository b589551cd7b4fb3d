"""The letter that asks an applicant for what is missing: drafted from the findings on completeness, edited and sent by a person."""

from datetime import date, timedelta

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.domain import User
from app.report.parts import remaining_work
from app.report.wording import day
from app.review_queue import tasks
from app.review_queue.opened import Review

_ANSWER_WITHIN = timedelta(days=14)


def asked_for(review: Review) -> tuple[str, ...]:
    """Return what is missing or could not be read, in words."""
    return tuple(message for topic, message in remaining_work(review.now.assessment) if topic == "ask")


def draft_letter(review: Review, today: date) -> str:
    """Return the letter's text, to be edited. Empty where nothing is missing."""
    asks = asked_for(review)
    if not asks:
        return ""
    borrower = review.application.borrower or "Applicant"
    listed = "\n".join(f"{number}. {message}" for number, message in enumerate(asks, 1))
    return (
        f"Dear {borrower},\n\nYour application {review.application.reference} is not complete yet. Please send us by"
        f" {day(today + _ANSWER_WITHIN)}:\n\n{listed}\n\nWe go on with your application as soon as these have arrived."
        " Without them we can give it no further consideration.\n\nYours sincerely\n"
    )


def note_sent(connection: Connection, user: User, task_id: int, text: str) -> None:
    """Note that a letter was sent, with its text: the trail says when what was asked for."""
    allow(user, Act.DECIDE_APPLICATION, user.lender_id)
    task = tasks.open_task(connection, user, task_id)
    detail = {"task": task_id, "text": tasks.needed_reason(text)}
    audit.record(connection, user, "send_request_letter", f"application {task.application_id}", detail)
