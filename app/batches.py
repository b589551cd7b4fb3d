"""Batches: up to a thousand applications sent at once, each assessed by a durable job of its own; followed, read in order, cancelled.

All of a batch is stored in one transaction, or nothing. Lenders take turns in the queue, however much each sends.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from app import audit, jobs
from app.access.roles import Act, allow, following
from app.blobs.storage import Blob
from app.domain import User
from app.errors import AlreadyKnown, NotFound, UsageError
from app.intake import end_batch, take_ahead
from app.jobs import Job, JobName, Urgency
from app.store import applications, assessments, documents, reviews
from app.store.rows import Application, Batch, NewApplication, StoredAssessment, StoredDecision

MOST_APPLICATIONS = 1_000
_NAMED = 5


@dataclass(frozen=True, slots=True)
class BatchItem:
    """An application of a batch and its files, (name, the file as it was sent ahead, why it is not to be read or None) each."""

    application: NewApplication
    files: Sequence[tuple[str, Blob, str | None]]


@dataclass(frozen=True, slots=True)
class NewBatch:
    """What somebody sends: the sender's own name of the batch, and its applications in order."""

    reference: str
    items: Sequence[BatchItem]


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an application so far: the assessment in effect and the last decision, where there are any."""

    application: Application
    assessment: StoredAssessment | None
    decision: StoredDecision | None


def submit_batch(connection: Connection, user: User, new: NewBatch) -> Batch:
    """Take in a batch. Raise AlreadyKnown where it, or any of its applications, was sent before: nothing of it is stored then."""
    lender_id = user.lender_id
    allow(user, Act.SUBMIT_APPLICATION, lender_id)
    _check(connection, lender_id, new)
    take_ahead(connection, user, {blob.sha256 for item in new.items for _, blob, _ in item.files})
    id = applications.add_batch(connection, lender_id, new.reference, user.id)
    named = [replace(item.application, batch_id=id) for item in new.items]
    ids = applications.add_applications(connection, lender_id, named)
    rows = [_row(application, file, user) for application, item in zip(ids, new.items, strict=True) for file in item.files]
    documents.add_documents(connection, lender_id, rows)
    done = {f"application {number}": {"files": len(item.files), "batch": id} for number, item in zip(ids, new.items, strict=True)}
    audit.record_all(connection, user, Act.SUBMIT_APPLICATION, {f"batch {id}": {"applications": len(ids)}, **done})
    jobs.enqueue(connection, Job(JobName.SCORE_BATCH, lender_id, {"batch_id": id}, Urgency.BATCH, key=f"batch {id}"))
    made = read_batch(connection, user, id)
    if made.total != len(ids):  # somebody else sent some of them between the check and here
        raise AlreadyKnown("Somebody else sent the batch, or some of its applications, just now. Read what there is, then send the rest.")
    return made


def read_batch(connection: Connection, user: User, id: int) -> Batch:
    """Return a batch with its progress: how many of its applications stand where."""
    allow(user, following(user), user.lender_id)
    found = applications.batch(connection, user.lender_id, id)
    if found is None:
        raise NotFound(f"There is no batch {id}.")
    return found


def list_batches(connection: Connection, user: User, before: int | None = None, limit: int = 50) -> tuple[Batch, ...]:
    """Return a page of batches, newest first; `before` is the id of the last one on the page before."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    return applications.batches(connection, user.lender_id, before, limit)


def read_results(connection: Connection, user: User, id: int, after: int = 0, limit: int = 100) -> tuple[Result, ...]:
    """Return a page of a batch's results in the order sent, unfinished ones too; `after` is the last application of the page before."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    read_batch(connection, user, id)
    found = applications.batch_applications(connection, user.lender_id, id, after, limit)
    results = results_of(connection, user, found)
    audit.record(connection, user, Act.READ_APPLICATION, f"batch {id}", {"after": after, "results": len(results)})
    return results


def results_of(connection: Connection, user: User, found: Sequence[Application]) -> tuple[Result, ...]:
    """Return what came of applications, in their order."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    ids = [each.id for each in found]
    made = assessments.latest_assessments(connection, user.lender_id, ids)
    decided = reviews.last_decisions(connection, user.lender_id, ids)
    return tuple(Result(each, made.get(each.id), decided.get(each.id)) for each in found)


def cancel_batch(connection: Connection, user: User, id: int) -> int:
    """Cancel what of a batch is not assessed yet, and return how many applications that were; what is assessed stays.

    Jobs first, then applications: a worker that records an assessment locks them in this order too.
    """
    allow(user, Act.SUBMIT_APPLICATION, user.lender_id)
    read_batch(connection, user, id)
    left = applications.unfinished_of_batch(connection, user.lender_id, id)
    ended = [number for number, job in left if job is None or jobs.cancel(connection, user.lender_id, job)]
    cancelled = applications.cancel_batch(connection, user.lender_id, id, ended)
    end_batch(connection, user.lender_id, id)
    audit.record(connection, user, "cancel_batch", f"batch {id}", {"cancelled": cancelled})
    return cancelled


def _check(connection: Connection, lender_id: str, new: NewBatch) -> None:
    if not 1 <= len(new.items) <= MOST_APPLICATIONS:
        raise UsageError(f"A batch has 1 to {MOST_APPLICATIONS:,} applications; this one has {len(new.items):,}. Send it in parts.")
    references = [item.application.reference for item in new.items]
    if twice := [each for each, times in Counter(references).items() if times > 1]:
        raise UsageError(f"A batch names each application once; twice are: {_few(twice)}.")
    if (known := applications.batch_called(connection, lender_id, new.reference)) is not None:
        raise AlreadyKnown(f"There is a batch {new.reference}: it is number {known}. Read that one, or send this under another reference.")
    if known_ones := applications.known_references(connection, lender_id, references):
        raise AlreadyKnown(f"These applications were sent before: {_few(sorted(known_ones))}. Leave them out, or name them otherwise.")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _row(application_id: int, file: tuple[str, Blob, str | None], user: User) -> dict[str, object]:
    name, blob, reason = file
    state = "received" if reason is None else "quarantined"
    sha256 = bytes.fromhex(blob.sha256)
    return {"application_id": application_id, "file": name, "sha256": sha256, "state": state, "reason": reason, "received_by": user.id}
