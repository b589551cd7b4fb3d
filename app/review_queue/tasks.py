"""The queue: what comes next, who has it and until when; given back, passed on, escalated, reopened. Each act is audited."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.domain import Role, User
from app.errors import ChangedMeanwhile, Forbidden, NotFound, UsageError
from app.review_queue.desk import Desk
from app.settings import Settings
from app.store import accounts, applications, review_tasks
from app.store.review_tasks import Chosen
from app.store.rows import QueuedTask, Task
from rules import policy

#: A task as the inbox lists it.
Waiting = QueuedTask
_MOST_ALERTS = 1_000


@dataclass(frozen=True, slots=True)
class Alert:
    """A task whose notice falls due: `day` of the clock has come, and `days_left` (below 0: it is late)."""

    task: QueuedTask
    day: int
    days_left: int


def list_tasks(connection: Connection, user: User, words: str = "", mine: bool = False, limit: int = 50) -> tuple[QueuedTask, ...]:
    """Return the first open tasks, as they are to be taken: notices that fall due, then impact x exposure x age.

    `words` are looked for in borrower and number; `mine`: only those that `user` has.
    """
    allow(user, Act.READ_APPLICATION, user.lender_id)
    return find_tasks(connection, user, Chosen(user.id if mine else None, words), limit)


def find_tasks(connection: Connection, user: User, chosen: Chosen, limit: int = 50) -> tuple[QueuedTask, ...]:
    """Return the first of the open tasks that are `chosen`, in the order of `list_tasks`."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    return review_tasks.queue(connection, user.lender_id, chosen, soon(), limit)


def alerts(connection: Connection, user: User, today: date) -> tuple[Alert, ...]:
    """Return the tasks on which policy's first or last day of warning has come, the earliest notice first."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    days = {name: int(policy.load().values[name].value) for name in ("notice_days", "alert_day", "last_alert_day")}
    first, last = (timedelta(days=days["notice_days"] - days[name]) for name in ("alert_day", "last_alert_day"))
    found = review_tasks.queue(connection, user.lender_id, Chosen(due_by=today + first), today + first, _MOST_ALERTS)
    late = [(each, each.due_on - today) for each in found if each.due_on is not None]
    return tuple(Alert(each, days["last_alert_day" if left <= last else "alert_day"], left.days) for each, left in late)


def count_tasks(connection: Connection, user: User) -> int:
    """Return how many tasks are open."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    return review_tasks.count_open(connection, user.lender_id)


def claim_next(connection: Connection, desk: Desk) -> Task | None:
    """Take the next task that nobody has; None where there is none."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    found = review_tasks.claim_next(connection, user.lender_id, user.id, lease_of(desk.settings), soon())
    if found is not None:
        audit.record(connection, user, "claim_task", f"application {found.application_id}", {"task": found.id})
    return found


def claim(connection: Connection, desk: Desk, task_id: int) -> Task:
    """Take a task, or go on with it: every act on it renews the lease. Raises ChangedMeanwhile where somebody else has it."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    before = _locked(connection, user, task_id)
    if before.state == "escalated" and Role.CREDIT_OFFICER not in user.roles:
        raise Forbidden("The task was escalated: a credit officer takes it from here.")
    found = review_tasks.claim(connection, user.lender_id, task_id, user.id, lease_of(desk.settings))
    if found is None:
        raise ChangedMeanwhile(_why_not(before))
    if before.claimed_by != user.id:
        audit.record(connection, user, "claim_task", f"application {found.application_id}", {"task": task_id})
    return found


def release(connection: Connection, user: User, task_id: int) -> bool:
    """Give a task back to the queue; says whether `user` had it."""
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    before = _locked(connection, user, task_id)
    given_back = review_tasks.release(connection, user.lender_id, task_id, user.id)
    if given_back:
        audit.record(connection, user, "release_task", f"application {before.application_id}", {"task": task_id})
    return given_back


def reassign(connection: Connection, desk: Desk, task_id: int, login: str, reason: str) -> None:
    """Pass a task on to another analyst or officer, with the reason. Its holder may, and a credit officer."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    why, before = needed_reason(reason), open_task(connection, user, task_id)
    if before.claimed_by not in (None, user.id) and Role.CREDIT_OFFICER not in user.roles:
        raise Forbidden(f"{before.claimed_by} has this task; a credit officer may pass it on.")
    account = accounts.account(connection, user.lender_id, login)
    reviewers = {Role.CREDIT_OFFICER} if before.state == "escalated" else {Role.ANALYST, Role.CREDIT_OFFICER}
    if account is None or account.disabled_at is not None or not account.roles & reviewers:
        raise UsageError(f"{login} cannot review applications: choose an account with that role which is not locked.")
    review_tasks.give(connection, user.lender_id, task_id, login, lease_of(desk.settings))
    detail = {"task": task_id, "from": before.claimed_by, "to": login, "why": why}
    audit.record(connection, user, "reassign_task", f"application {before.application_id}", detail)


def escalate(connection: Connection, user: User, task_id: int, reason: str) -> None:
    """Leave a task to a credit officer."""
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    why, before = needed_reason(reason), open_task(connection, user, task_id)
    if before.claimed_by not in (None, user.id) and _is_held(before):
        raise ChangedMeanwhile(_why_not(before))
    review_tasks.set_task_state(connection, user.lender_id, task_id, before.revision, "escalated")
    detail = {"task": task_id, "why": why}
    audit.record(connection, user, "escalate_task", f"application {before.application_id}", detail)


def reopen(connection: Connection, user: User, application_id: int, reason: str) -> Task:
    """Put a decided application before people again; what was decided stays on record."""
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    why = needed_reason(reason)
    applications.lock(connection, user.lender_id, application_id)
    last = review_tasks.last_task(connection, user.lender_id, application_id)
    if last is None:
        raise UsageError(f"Application {application_id} was never before a person: nothing can be reopened.")
    if last.state != "closed":
        raise UsageError("The application is open already.")
    review_tasks.set_task_state(connection, user.lender_id, last.id, last.revision, "open")
    applications.reopen(connection, user.lender_id, application_id)
    detail = {"task": last.id, "why": why}
    audit.record(connection, user, "reopen_application", f"application {application_id}", detail)
    return open_task(connection, user, last.id)


def open_task(connection: Connection, user: User, task_id: int) -> Task:
    """Return a task that is not closed, and that nobody else changes until this transaction ends."""
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    found = _locked(connection, user, task_id)
    if found.state == "closed":
        raise ChangedMeanwhile(_why_not(found))
    return found


def lease_of(settings: Settings) -> timedelta:
    """Return how long a task is kept for somebody who does nothing."""
    return timedelta(minutes=settings.review_lease_minutes)


def needed_reason(reason: str) -> str:
    """Return a reason that was given; raise UsageError where none was."""
    if not reason.strip():
        raise UsageError("Say why: the reason is kept with it.")
    return reason.strip()


def _locked(connection: Connection, user: User, task_id: int) -> Task:
    """Return a task that nobody else changes until this transaction ends."""
    found = review_tasks.lock_task(connection, user.lender_id, task_id)
    if found is None:
        raise NotFound(f"There is no task {task_id}.")
    return found


def soon() -> date:
    """Return the day up to which a notice that falls due outranks every other task."""
    values = policy.load().values
    return (datetime.now(UTC) + timedelta(days=int(values["notice_days"].value - values["alert_day"].value))).date()


def _is_held(task: Task) -> bool:
    return task.lease_until is not None and task.lease_until > datetime.now(UTC)


def _why_not(task: Task) -> str:
    if task.state == "closed":
        return "The task is closed: it was decided, or newer documents took its place. Open the application to see which."
    until = f" until {task.lease_until:%H:%M} UTC" if task.lease_until else ""
    return f"{task.claimed_by} has this task{until}. Nothing of yours was saved."
