"""What another value of policy would change: the open applications judged by both. Stores nothing; the policy file is the operator's."""

from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.domain import Assessment
from app.errors import UsageError
from app.review_queue import tasks
from app.review_queue.desk import Desk
from app.review_queue.opened import look_again
from rules import policy
from rules.policy import Outcome, Policy

#: Values that the outcome follows from by itself. What checks compare with, they compare again when an application is assessed again.
PREVIEWED = ("approval_cap", "exposure_cap", "risk_inputs_known")


@dataclass(frozen=True, slots=True)
class Effect:
    """An open application whose outcome would be another: what policy says now, and what it would say."""

    reference: str
    borrower: str | None
    before: Outcome
    after: Outcome


def changed_policy(name: str, value: Decimal) -> Policy:
    """Return the policy in force with one limit or value changed. Raises UsageError where it has none of this name."""
    now = policy.load()
    if not value.is_finite():
        raise UsageError("The value is a number.")
    if name in now.limits:
        return replace(now, limits=MappingProxyType({**now.limits, name: replace(now.limits[name], passes=value)}))
    if name in PREVIEWED:
        return replace(now, values=MappingProxyType({**now.values, name: replace(now.values[name], value=value)}))
    raise UsageError(f"What {name.replace('_', ' ')} changes is known only when applications are assessed again.")


def preview(connection: Connection, desk: Desk, changed: Policy, most: int = 100) -> tuple[int, tuple[Effect, ...]]:
    """Return how many open applications were judged (the most pressing `most`), and those whose outcome would change."""
    allow(desk.user, Act.READ_APPLICATION, desk.user.lender_id)
    waiting = tasks.list_tasks(connection, desk.user, limit=most)
    found = []
    for task in waiting:
        made = look_again(connection, desk, task.id).now.assessment
        before, after = _outcome(made, policy.load()), _outcome(made, changed)
        if _told(before) != _told(after):
            found.append(Effect(task.reference, task.borrower, before, after))
    return len(waiting), tuple(found)


def _outcome(made: Assessment, by: Policy) -> Outcome:
    found = tuple(finding for finding in made.findings if finding.theme != "policy")
    return policy.rate(made.ratios, found, by, made.application, made.risk)


def _told(outcome: Outcome) -> tuple[object, ...]:
    return outcome.grade, outcome.recommendation, outcome.route, frozenset((each.id, each.severity) for each in outcome.findings)
