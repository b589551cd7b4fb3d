"""Documents that are added to an open application, take another's place, or are set aside: it is assessed anew, people's work is kept.

Corrections are put on the new version where it has the same figure in the same place; where not they are told as lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.blobs.storage import Source
from app.domain import User
from app.errors import UsageError
from app.intake import Package, receive, request_assessment
from app.jobs import Urgency
from app.review_queue import tasks
from app.review_queue.desk import Desk
from app.review_queue.difference import Change, difference
from app.review_queue.opened import Review, machine_reading
from app.review_queue.recompute import recompute
from app.store import applications, assessments, documents
from app.store.rows import Application, Correction, NewApplication, StoredDocument

File = tuple[str, Source, str | None]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a later version of an assessment changed: documents come and gone, what follows from it, and corrections without a place."""

    came: tuple[str, ...]
    went: tuple[str, ...]
    changes: tuple[Change, ...]
    lost: tuple[Correction, ...]


def add_documents(connection: Connection, desk: Desk, task_id: int, files: Sequence[File]) -> tuple[str, ...]:
    """Add files to an open application, and return the names of those that are new; it is then assessed anew."""
    allow(desk.user, Act.SUBMIT_APPLICATION, desk.user.lender_id)
    application = _open(connection, desk, task_id)
    return tuple(each.file for each in _received(connection, desk, application, files))


def replace_document(connection: Connection, desk: Desk, task_id: int, document_id: int, file: File) -> str:
    """Put a file in the place of a document, which is kept and counts no longer; return the new one's name."""
    allow(desk.user, Act.SUBMIT_APPLICATION, desk.user.lender_id)
    application = _open(connection, desk, task_id)
    old = _current(connection, desk.user, application, document_id)
    new = _received(connection, desk, application, [file])
    if not new:
        raise UsageError(f"{file[0]} is there already, with the same content: nothing takes the place of {old.file}.")
    _supersede(connection, desk.user, old, new[0], "")
    return new[0].file


def set_aside_document(connection: Connection, desk: Desk, task_id: int, document_id: int, reason: str) -> None:
    """Let a document count no longer, with the reason: it is another borrower's, or was sent twice."""
    allow(desk.user, Act.SUBMIT_APPLICATION, desk.user.lender_id)
    why, application = tasks.needed_reason(reason), _open(connection, desk, task_id)
    old = _current(connection, desk.user, application, document_id)
    if len(_counting(connection, desk.user, application)) == 1:
        raise UsageError(f"{old.file} is the only document of this application: send another in its place.")
    _supersede(connection, desk.user, old, None, why)
    request_assessment(connection, desk.user.lender_id, application.id, Urgency.DESK)


def is_being_read(connection: Connection, user: User, application_id: int) -> bool:
    """Say whether documents that came are still to be read: what is shown does not know them yet."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    return any(each.state == "received" for each in documents.documents(connection, user.lender_id, application_id))


def new_version(connection: Connection, desk: Desk, review: Review) -> NewVersion | None:
    """Return what the assessment under review changed against the one before it, people's work on both; None for a first one."""
    lender_id = desk.user.lender_id
    allow(desk.user, Act.READ_APPLICATION, lender_id)
    before_id = assessments.assessment_before(connection, lender_id, review.application.id, review.task.assessment_id)
    if before_id is None:
        return None
    machine = machine_reading(connection, desk, before_id)
    before = recompute(machine, review.corrections, review.adjustments, before_id).assessment
    sides = [dict.fromkeys(page.file for page in made.pages) for made in (machine, review.machine)]
    came, went = (tuple(name for name in sides[one] if name not in sides[1 - one]) for one in (1, 0))
    return NewVersion(came, went, difference(before, review.now.assessment), review.now.lost)


def _open(connection: Connection, desk: Desk, task_id: int) -> Application:
    """Take the task, and return its application; raise UsageError where that is decided."""
    task = tasks.claim(connection, desk, task_id)
    applications.lock(connection, desk.user.lender_id, task.application_id)
    found = applications.application(connection, desk.user.lender_id, task.application_id)
    if found is None or found.state not in ("received", "assessed", "quarantined"):
        raise UsageError("The application is decided: reopen it before its documents are changed.")
    return found


def _received(connection: Connection, desk: Desk, application: Application, files: Sequence[File]) -> list[StoredDocument]:
    lender_id = desk.user.lender_id
    known = {each.id for each in documents.documents(connection, lender_id, application.id)}
    receive(connection, desk.blobs, desk.user, Package(NewApplication(application.reference), files))
    return [each for each in documents.documents(connection, lender_id, application.id) if each.id not in known]


def _counting(connection: Connection, user: User, application: Application) -> list[StoredDocument]:
    every = documents.documents(connection, user.lender_id, application.id)
    return [each for each in every if each.state not in ("superseded", "purged")]


def _current(connection: Connection, user: User, application: Application, document_id: int) -> StoredDocument:
    found = next((each for each in _counting(connection, user, application) if each.id == document_id), None)
    if found is None:
        raise UsageError("There is no such document on this application, or another took its place already.")
    return found


def _supersede(connection: Connection, user: User, old: StoredDocument, new: StoredDocument | None, why: str) -> None:
    documents.supersede(connection, user.lender_id, old.id, new.id if new else None, why or None)
    detail = {"document": old.id, "file": old.file, "by": new.file if new else None, "why": why}
    audit.record(connection, user, "supersede_document", f"application {old.application_id}", detail)
