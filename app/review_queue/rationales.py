"""The rationale after people's changes: a worker writes it anew, as a job that each change puts into the queue."""

from functools import partial

from sqlalchemy import Connection

from app import reasoning
from app.canary import chosen_for
from app.intake import Workplace
from app.jobs import Attempt, Duty, Effect, Job, JobName, Urgency, enqueue
from app.review_queue.recompute import last_changes, recompute
from app.store import applications, assessments, rationales, reviews
from app.store.content import read_assessment
from rules import units


def follow(connection: Connection, lender_id: str, assessment_id: int) -> None:
    """Have the rationale of an assessment written anew, once for all changes until then."""
    job = Job(JobName.REASON, lender_id, {"assessment_id": assessment_id}, Urgency.DESK, key=f"assessment {assessment_id}")
    enqueue(connection, job)


def duties(workplace: Workplace) -> dict[JobName, Duty]:
    """Return what a worker does for a rationale. One that cannot be written leaves the old one, which says that it is."""
    return {JobName.REASON: Duty(partial(_reason, workplace), lambda _connection, _attempt, _reason: None)}


def _reason(workplace: Workplace, attempt: Attempt) -> Effect:
    lender_id, id = attempt.lender_id, int(attempt.arguments["assessment_id"])
    with attempt.database.connect() as connection:
        stored = assessments.assessment(connection, lender_id, id)
        if stored is None or stored.content_sha256 is None:
            return lambda _: None  # purged meanwhile
        corrections = reviews.corrections(connection, lender_id, stored.application_id)
        adjustments = reviews.adjustments(connection, lender_id, stored.application_id)
        chosen = chosen_for(connection, lender_id, workplace.settings, stored.application_id)
    machine = read_assessment(workplace.blobs.read_bytes(lender_id, stored.content_sha256.hex()))
    now, models = recompute(machine, corrections, adjustments, id).assessment, workplace.models_of(chosen)
    facts = reasoning.facts_of(now.ratios, now.findings, units.in_one_unit(now.spread, now.forms), now.application)
    made = reasoning.explain(facts, models.reasoner, models.reasoner_seconds, models.unreasoned)

    def record(connection: Connection) -> None:
        applications.lock(connection, lender_id, stored.application_id)
        if assessments.assessment(connection, lender_id, id) is not None:
            rationales.add_rationale(connection, lender_id, id, last_changes(corrections, adjustments), made)

    return record
