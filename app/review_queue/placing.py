"""What of an assessed application is put before people, how urgent it is, and by which day the applicant must be told.

The worker calls this in the transaction that records the assessment.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from sqlalchemy import Connection

from app.domain import Assessment, Finding, Route, Severity
from app.review_queue import audit_sample
from app.store import applications, audit_samples, review_tasks
from app.store.rows import Application, NewTask, StoredDocument
from rules import policy

_GRAVE = (Severity.HIGH, Severity.MEDIUM)
_MOST_REASONS = 10
_OF_A_FINDING = 0.5  # how likely a grave finding is to change the decision once a person has looked
_AT_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment as it was stored: of which application, under which id, from which inputs and documents."""

    application: Application
    id: int
    made: Assessment
    inputs_sha256: bytes
    documents: Sequence[StoredDocument]


def put_before_people(connection: Connection, lender_id: str, new: Assessed, seed: str) -> None:
    """Make a task of an assessment where a person must look at it, began to, or is to because the audit sample drew it."""
    application, made = new.application, new.made
    due = _start_clock(connection, lender_id, new)
    drawn = audit_sample.draw(made, new.inputs_sha256, seed, policy.load())
    for each in drawn:
        audit_samples.add_sample(connection, lender_id, application.id, new.id, each)
    last = review_tasks.last_task(connection, lender_id, application.id)
    if made.route is Route.REVIEW or drawn or (last is not None and last.state != "closed"):
        requested = application.amount or (made.application.facility.amount if made.application else None)
        exposure = application.total_exposure if application.total_exposure is not None else requested
        place = review_tasks.urgency(impact(made), exposure, application.received_at)
        reasons = [finding.message for finding in _grave(made)][:_MOST_REASONS]
        review_tasks.add_task(connection, lender_id, NewTask(application.id, new.id, reasons, place, due))


def _start_clock(connection: Connection, lender_id: str, new: Assessed) -> date:
    """Note when the application was complete: with its last document, the first time that nothing is missing. Return the day due."""
    application = new.application
    newest = max((each.received_at for each in new.documents), default=None)
    complete_at = application.complete_at or (newest if is_complete(new.made) else None)
    days = timedelta(days=int(policy.load().values["notice_days"].value))
    due = ((complete_at or application.received_at) + days).astimezone(UTC).date()
    applications.set_clock(connection, lender_id, application.id, complete_at, due)
    return due


def is_complete(made: Assessment) -> bool:
    """Say whether nothing that policy asks for is missing."""
    return not any(finding.theme == "complete" for finding in _grave(made))


def impact(made: Assessment) -> float:
    """Return how likely a person's look is to change the decision: a figure it hangs on may be misread, a grave finding may be resolved.

    Formula: 1 - the product over all stops of their confidence, times one half for each grave finding.
    """
    stays = math.prod(item.confidence for item in made.stops) * (1 - _OF_A_FINDING) ** len(_grave(made))
    return max(1 - stays, _AT_LEAST)


def _grave(made: Assessment) -> list[Finding]:
    return [finding for finding in made.findings if finding.severity in _GRAVE]
