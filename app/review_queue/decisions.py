"""The accountable outcome of an application: made by a person with reasons, by two people above policy's amount. Each is audited."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow, approval
from app.domain import Recommendation, Severity, User
from app.errors import ChangedMeanwhile, Forbidden, UsageError
from app.intake import announce_outcome
from app.review_queue import tasks
from app.review_queue.desk import Desk
from app.review_queue.opened import Review, look_again
from app.store import applications, review_tasks, reviews
from app.store.rows import StoredDecision
from app.webhooks import Event
from rules import policy

_MOST_REASONS = 4


class Outcome(StrEnum):
    """What a person may decide."""

    APPROVE = "approve"
    APPROVE_WITH_CONDITIONS = "approve with conditions"
    COUNTER_OFFER = "counter-offer"
    DECLINE = "decline"
    INCOMPLETE = "incomplete"
    WITHDRAWN = "withdrawn"
    NOT_ACCEPTED = "approved but not accepted"


APPROVALS = (Outcome.APPROVE, Outcome.APPROVE_WITH_CONDITIONS)
_WITH_REASONS = (Outcome.DECLINE, Outcome.COUNTER_OFFER, Outcome.INCOMPLETE)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A decision as a person fills it in. `seen` are the last correction and adjustment that the person saw."""

    outcome: Outcome
    seen: tuple[int, int]
    reasons: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    override_reason: str = ""


def proposed_reasons(review: Review) -> tuple[str, ...]:
    """Return the principal reasons against approval, the gravest first, to be edited by a person: each tied to a finding."""
    grave = [f for f in review.now.assessment.findings if f.severity in (Severity.HIGH, Severity.MEDIUM)]
    ordered = sorted(grave, key=lambda finding: (finding.severity is not Severity.HIGH, finding.theme != "policy"))
    return tuple(dict.fromkeys(finding.message for finding in ordered))[:_MOST_REASONS]


def needs_second(review: Review) -> bool:
    """Say whether two people must decide: the total exposure (or else the request) is above policy's amount, or not known."""
    exposure = _exposure(review) or review.application.amount or _requested(review)
    return exposure is None or exposure > policy.load().values["second_person"].value


def waiting(review: Review) -> StoredDecision | None:
    """Return the decision that waits for a second person, if there is one."""
    last = review.decisions[-1] if review.decisions else None
    return last if last and last.needs_second and last.seconded_by is None and review.task.state == "escalated" else None


def decide(connection: Connection, desk: Desk, task_id: int, proposal: Proposal) -> StoredDecision:
    """Decide an application. An approval that takes two people waits, escalated, for the second.

    Raises Forbidden, UsageError for a missing reason, ChangedMeanwhile where figures are not as seen.
    """
    user = desk.user
    allow(user, Act.DECIDE_APPLICATION, user.lender_id)
    task = tasks.claim(connection, desk, task_id)
    applications.lock(connection, user.lender_id, task.application_id)
    review = look_again(connection, desk, task_id)
    if review.seen != proposal.seen:
        raise ChangedMeanwhile("Figures were changed after what you saw: look at the ratios again, then decide.")
    two = proposal.outcome in APPROVALS and needs_second(review)
    _check(user, review, proposal, two)
    made = StoredDecision(
        task.application_id,
        task.assessment_id,
        proposal.outcome.value,
        _said(proposal.reasons),
        user.id,
        _said(proposal.conditions),
        proposal.override_reason.strip() or None,
        needs_second=two,
    )
    return _recorded(connection, user, review, made)


def second(connection: Connection, desk: Desk, task_id: int) -> StoredDecision:
    """Second the approval that waits on a task. Whoever made it cannot."""
    user = desk.user
    allow(user, Act.DECIDE_APPLICATION, user.lender_id)
    before = look_again(connection, desk, task_id)
    first = waiting(before)
    if first is None:
        raise ChangedMeanwhile("No approval waits for a second person here.")
    if first.decided_by == user.id:
        raise Forbidden("You made this decision: the second pair of eyes must be somebody else's.")
    task = tasks.claim(connection, desk, task_id)
    applications.lock(connection, user.lender_id, task.application_id)
    review = look_again(connection, desk, task_id)
    if waiting(review) != first or review.seen != before.seen or _changed_since(review, first):
        raise ChangedMeanwhile("Figures or decision were changed after the first person decided: it must be decided anew.")
    allow(user, approval(user, _exposure(review)), user.lender_id)
    _check_exception(user, review)
    return _recorded(connection, user, review, replace(first, seconded_by=user.id, id=0, created_at=None))


def _check(user: User, review: Review, proposal: Proposal, two: bool) -> None:
    outcome, recommended = proposal.outcome, review.now.assessment.recommendation
    if outcome in _WITH_REASONS and not _said(proposal.reasons):
        raise UsageError(f"{outcome.value.capitalize()} needs its principal reasons: the applicant is told them.")
    if outcome is Outcome.APPROVE_WITH_CONDITIONS and not _said(proposal.conditions):
        raise UsageError("Name the conditions, or approve without.")
    if outcome in APPROVALS:
        allow(user, Act.APPROVE_WITHIN_LIMIT if two else approval(user, _exposure(review)), user.lender_id)
        if not two:
            _check_exception(user, review)
    if is_override(outcome, recommended) and not proposal.override_reason.strip():
        raise UsageError(f"The machine recommends to {recommended.value}: say why you decide otherwise.")


def is_override(outcome: Outcome, recommended: Recommendation) -> bool:
    """Say whether a decision goes against the recommendation on the figures as corrected."""
    approves = outcome in APPROVALS
    return approves != (recommended is Recommendation.APPROVE) if approves or outcome is Outcome.DECLINE else False


def _check_exception(user: User, review: Review) -> None:
    """Raise Forbidden where a limit of policy fails and `user` may not make exceptions."""
    if any(f.theme == "policy" and f.severity is Severity.HIGH for f in review.now.assessment.findings):
        allow(user, Act.APPROVE_EXCEPTION, user.lender_id)


def _changed_since(review: Review, first: StoredDecision) -> bool:
    at = first.created_at
    made = [each.created_at for each in review.corrections] + [each.created_at for each in review.adjustments]
    return at is not None and any(each is not None and each > at for each in made)


def _recorded(connection: Connection, user: User, review: Review, made: StoredDecision) -> StoredDecision:
    """Store a decision and what follows from it: an approval half made is escalated, what is incomplete stays open for documents."""
    lender_id, task = user.lender_id, tasks.open_task(connection, user, review.task.id)
    kept = reviews.add_decision(connection, lender_id, made)
    half = made.needs_second and made.seconded_by is None
    review_tasks.set_task_state(connection, lender_id, task.id, task.revision, "escalated" if half else "closed")
    if not half and made.outcome != Outcome.INCOMPLETE:
        applications.set_state(connection, lender_id, made.application_id, "decided")
        announce_outcome(connection, lender_id, made.application_id, Event.APPLICATION_DECIDED)
    after = review.now.assessment
    detail: dict[str, object] = {
        "decision": kept.id, "outcome": made.outcome, "reasons": list(made.reasons), "conditions": list(made.conditions),
        "override": made.override_reason, "waits_for_second": half, "decided_by": made.decided_by, "seconded_by": made.seconded_by,
        "recommendation": after.recommendation, "grade": after.grade, "seen": list(review.seen), "assessment": task.assessment_id,
    }  # fmt: skip
    action = "second_decision" if made.seconded_by else Act.DECIDE_APPLICATION
    audit.record(connection, user, action, f"application {made.application_id}", detail)
    return kept


def _exposure(review: Review) -> Decimal | None:
    return review.application.total_exposure


def _requested(review: Review) -> Decimal | None:
    application = review.now.assessment.application
    return application.facility.amount if application else None


def _said(given: Sequence[str]) -> tuple[str, ...]:
    return tuple(each.strip() for each in given if each.strip())
