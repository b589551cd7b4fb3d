"""What an analyst thinks of a reason that the rationale gives: useful, wrong or unsupported. Labels for the reasoner; no figure changes."""

from dataclasses import dataclass

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.domain import Relation
from app.errors import UsageError
from app.review_queue import tasks
from app.review_queue.desk import Desk
from app.review_queue.opened import Review, machine_reading
from app.review_queue.recompute import MARKED
from app.store import applications, reviews
from app.store.rows import Correction

MARKS = ("useful", "wrong", "unsupported")


@dataclass(frozen=True, slots=True)
class Cited:
    """A reason by what it cites: the fact, and whether it speaks for the borrower, against, or conflicts."""

    fact: str
    relation: Relation


def mark(connection: Connection, desk: Desk, task_id: int, cited: Cited, said: str) -> Correction:
    """Keep what somebody thinks of a reason; the last mark counts."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    if said not in MARKS:
        raise UsageError(f"A reason is marked {', '.join(MARKS)}.")
    task = tasks.claim(connection, desk, task_id)
    applications.lock(connection, user.lender_id, task.application_id)
    made = machine_reading(connection, desk, task.assessment_id).rationale
    if made is None or all((each.fact, each.relation) != (cited.fact, cited.relation) for each in made.reasons):
        raise UsageError("The rationale gives no such reason.")
    predicted = {"fact": cited.fact, "relation": cited.relation.value, "author": f"{made.author.name} {made.author.version}"}
    new = Correction(task.id, task.application_id, task.assessment_id, None, MARKED, predicted, {"mark": said}, user.id)
    kept = reviews.add_correction(connection, user.lender_id, new)
    audit.record(connection, user, "mark_reason", f"application {task.application_id}", {"mark": said, "fact": cited.fact})
    return kept


def marks_of(review: Review) -> dict[Cited, str]:
    """Return the mark of each reason of the assessment under review that has one."""
    own = [each for each in review.corrections if each.kind == MARKED and each.assessment_id == review.task.assessment_id]
    return {Cited(str(e.predicted["fact"]), Relation(e.predicted["relation"])): str(e.corrected["mark"]) for e in own}
