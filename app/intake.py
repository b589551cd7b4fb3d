"""What comes in: files stored, noted and put into the queue in one transaction; and what a worker does with them, recorded in another."""

import hashlib
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine

from app import audit
from app import retention as kept
from app.access.roles import Act, allow, machine
from app.assess import Models, assess, load_models
from app.blobs.storage import Blob, Blobs, Source
from app.canary import chosen_for
from app.domain import Assessment, Document, Role, User
from app.errors import NotFound
from app.idempotency import KEPT
from app.jobs import Attempt, Duty, Effect, Job, JobName, Urgency, enqueue, enqueue_all
from app.reading.reader import quarantined
from app.review_queue.placing import Assessed, put_before_people
from app.scratch import scratch_folder
from app.settings import Settings
from app.store import answers, applications, documents, retention, webhooks
from app.store.assessments import NewAssessment, add_assessment
from app.store.content import write_assessment
from app.store.rows import Application, NewApplication, StoredDocument
from app.webhooks import Event, announce
from rules import policy

_OPEN = ("received", "assessed", "quarantined")
_KEPT_MESSAGES = timedelta(days=30)
#: How long a file that was sent ahead waits for its application.
_KEPT_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Package:
    """An application and its files, (name, content, why it is not to be read or None) each, as somebody sends them.

    A file that was sent ahead (`store_ahead`) is named in place of its content.
    """

    application: NewApplication
    files: Sequence[tuple[str, Source | Blob, str | None]]
    urgency: Urgency = Urgency.DESK


class Reads(Protocol):
    """What intake asks of the reader."""

    def read_document(self, file: str, path: Path) -> Document:
        """Return all pages of the file at `path`, which is called `file`."""
        ...


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker has at hand: stored files, a reader, the installed models, settings; and what loads a lender's own champions."""

    blobs: Blobs
    reader: Reads
    models: Models
    settings: Settings
    load: Callable[[Settings], Models] = load_models

    def models_of(self, chosen: Settings) -> Models:
        """Return the models of a lender's settings: the installed ones, where it has no others."""
        return self.models if chosen == self.settings else self.load(chosen)


def new_application(reference: str, borrower: str | None, total_exposure: Decimal | None) -> NewApplication:
    """Return what a person says of an application that is sent at the desk; the rest is read from its documents."""
    return NewApplication(reference, borrower, total_exposure=total_exposure)


def receive(connection: Connection, blobs: Blobs, user: User, package: Package) -> int:
    """Take in an application, or more files for one that is known, and have it assessed; return its id.

    What came before under the same name with the same content is no new file; where nothing is new, nothing is done.
    """
    lender_id = user.lender_id
    allow(user, Act.SUBMIT_APPLICATION, lender_id)
    retention.keep_files(connection, lender_id)
    id, is_new = applications.claim_application(connection, lender_id, package.application)
    known = set() if is_new else {(each.file, each.sha256) for each in documents.documents(connection, lender_id, id)}
    added = []
    for name, source, reason in package.files:
        sha256 = bytes.fromhex(_stored(connection, blobs, lender_id, source))
        if (name, sha256) in known:
            continue
        called = _free_name(name, {file for file, _ in known})
        document = documents.add_document(connection, lender_id, id, (called, sha256), user.id)
        if reason is not None:
            documents.quarantine_document(connection, lender_id, document, reason)
        known.add((called, sha256))
        added.append(called)
    if added:  # all that other senders wait for comes last: the lender's turn in the queue, the head of its trail
        request_assessment(connection, lender_id, id, package.urgency, is_new)
        audit.record(connection, user, Act.SUBMIT_APPLICATION, f"application {id}", {"files": len(added)})
    return id


def store_ahead(database: Engine, blobs: Blobs, user: User, sources: Sequence[Source], lasting: bool = True) -> tuple[Blob, ...]:
    """Store files that an application is to take by their SHA-256; those that none takes within a day are removed.

    Not `lasting`: the note of them is on the disk only once the application that takes them is, which the same request sends.
    """
    allow(user, Act.SUBMIT_APPLICATION, user.lender_id)
    with database.begin() as connection:
        (retention.keep_files if lasting else retention.keep_files_unsaved)(connection, user.lender_id)
        stored = tuple(blobs.put(user.lender_id, source) for source in sources)
        for each in stored:
            retention.add_file_sent_ahead(connection, user.lender_id, each.sha256, each.size, _KEPT_AHEAD)
    return stored


def take_ahead(connection: Connection, user: User, sha256s: Collection[str]) -> None:
    """Keep files that were sent ahead, for the applications of this transaction. Raise NotFound, which names those there are not."""
    allow(user, Act.SUBMIT_APPLICATION, user.lender_id)
    retention.keep_files(connection, user.lender_id)
    if missing := sorted(set(sha256s) - retention.take_files(connection, user.lender_id, sha256s)):
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise NotFound(f"There is no stored file {', '.join(missing[:3])}{more}: files sent ahead are kept for a day. Send it again first.")


def _stored(connection: Connection, blobs: Blobs, lender_id: str, source: Source | Blob) -> str:
    """Return the SHA-256 of a file, stored now or before."""
    if not isinstance(source, Blob):
        blob = blobs.put(lender_id, source)
        retention.add_file(connection, lender_id, blob.sha256, blob.size)
        return blob.sha256
    if not retention.take_files(connection, lender_id, (source.sha256,)):
        raise NotFound(f"There is no stored file {source.sha256}: files sent ahead are kept for a day. Send it again first.")
    return source.sha256


def request_assessment(connection: Connection, lender_id: str, application_id: int, urgency: Urgency, is_new: bool = False) -> None:
    """Have an application assessed once this transaction commits; where a job for it waits already, that one does it.

    None waits for one that is new.
    """
    job = Job(JobName.ASSESS, lender_id, {"application_id": application_id}, urgency, key=f"application {application_id}")
    id = enqueue_all(connection, (job,))[0] if is_new else enqueue(connection, job)
    if id is not None:
        applications.set_job(connection, lender_id, application_id, id)


def duties(workplace: Workplace) -> dict[JobName, Duty]:
    """Return what a worker does for each job that this version knows how to do."""
    return {
        JobName.ASSESS: Duty(partial(_assess, workplace), _set_aside),
        JobName.SCORE_BATCH: Duty(_score_batch, _leave),
        JobName.PURGE: Duty(partial(_purge, workplace), _leave),
    }


def _assess(workplace: Workplace, attempt: Attempt) -> Effect:
    lender_id, id = attempt.lender_id, int(attempt.arguments["application_id"])
    with attempt.database.connect() as connection:
        application = applications.application(connection, lender_id, id)
        every = documents.documents(connection, lender_id, id)
        chosen = chosen_for(connection, lender_id, workplace.settings, id)
    if application is None or application.state not in _OPEN:
        return lambda _: None  # cancelled, decided or purged meanwhile
    current = [each for each in every if each.state not in ("superseded", "purged")]
    read = []
    for number, document in enumerate(current):
        attempt.report(number, len(current))
        read.append(_read(workplace, attempt, document))
    models, began = workplace.models_of(chosen), time.perf_counter()
    made = assess(application.reference, read, models, application.made_on)
    seconds = time.perf_counter() - began
    attempt.report(len(current), len(current))
    return lambda connection: _record(connection, workplace, attempt, (application, current, read, made, seconds))


def _read(workplace: Workplace, attempt: Attempt, document: StoredDocument) -> Document:
    """Read a document, unless it ended the program or failed so often that it is set aside: the rest goes on without it."""
    if document.state == "quarantined":
        return quarantined(document.file, document.reason or "It was set aside.")
    most = workplace.settings.job_tries
    with attempt.database.begin() as connection:
        begun = documents.begin_reading(connection, attempt.lender_id, document.id)
    if begun > most:
        return quarantined(document.file, f"The program ended {most} times while it read this file. Send it in another form.")
    with scratch_folder() as folder:
        path = folder / "file"
        workplace.blobs.copy_to(attempt.lender_id, document.sha256.hex(), path)
        read = workplace.reader.read_document(document.file, path)
    with attempt.database.begin() as connection:
        documents.end_reading(connection, attempt.lender_id, document.id)
    return read


def _record(
    connection: Connection,
    workplace: Workplace,
    attempt: Attempt,
    what: tuple[Application, Sequence[StoredDocument], Sequence[Document], Assessment, float],
) -> None:
    """Record an assessment with all that follows from it: pages, facts, the application's state, and a person's task where needed."""
    application, stored, read, made, seconds = what
    lender_id = attempt.lender_id
    applications.lock(connection, lender_id, application.id)
    retention.keep_files(connection, lender_id)
    content = workplace.blobs.put(lender_id, BytesIO(write_assessment(made)))
    retention.add_file(connection, lender_id, content.sha256, content.size)
    kinds = {(page.file, page.number): kind for page, kind in zip(made.pages, made.page_kinds, strict=True)}
    for document, as_read in zip(stored, read, strict=True):
        documents.keep_pages(connection, lender_id, document.id, [(page, kinds[page.file, page.number]) for page in as_read.pages])
    files = {document.file: document.id for document in stored}
    new = NewAssessment(application.id, made, inputs_of(stored, made), files, bytes.fromhex(content.sha256), seconds=seconds)
    id = add_assessment(connection, lender_id, new)
    applications.set_state(connection, lender_id, application.id, "assessed")
    applications.describe(connection, lender_id, application.id, _as_read(application, made))
    announce_outcome(connection, lender_id, application.id, Event.APPLICATION_ASSESSED)
    if id is not None:
        by = machine(Role.WORKER, lender_id)
        put_before_people(connection, lender_id, Assessed(application, id, made, new.inputs_sha256, stored), workplace.settings.audit_seed)
        _have_assessed_beside(connection, lender_id, id, new.inputs_sha256, workplace.settings.shadow_share)
        audit.record(connection, by, Act.ASSESS_APPLICATION, f"application {application.id}", {"assessment": id})


def _have_assessed_beside(connection: Connection, lender_id: str, assessment_id: int, inputs: bytes, share: float) -> None:
    """Have a share of the assessments made again by the challengers; which ones follows from their inputs."""
    if int.from_bytes(inputs[:8]) / 2**64 < share:
        enqueue(connection, Job(JobName.SHADOW, lender_id, {"assessment_id": assessment_id}, Urgency.BACKGROUND))


def _as_read(application: Application, made: Assessment) -> NewApplication:
    """Return what the documents say of an application."""
    read = made.application
    if read is None:
        return NewApplication(application.reference)
    return NewApplication(application.reference, read.borrower.name or None, amount=read.facility.amount, made_on=read.made_on)


def inputs_of(stored: Sequence[StoredDocument], made: Assessment) -> bytes:
    """Return the SHA-256 over all that an assessment was made from: files, models, policy, the program and the day."""
    parts = [
        made.as_of.isoformat(),
        version("loanlens"),
        repr(policy.load()),
        *(f"{each.name} {each.version} {each.sha256}" for each in made.versions),
        *(f"{each.file} {each.sha256.hex()} {each.state}" for each in stored),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).digest()


def _set_aside(connection: Connection, attempt: Attempt, reason: str) -> None:
    id = int(attempt.arguments["application_id"])
    applications.set_state(connection, attempt.lender_id, id, "quarantined", reason)
    announce_outcome(connection, attempt.lender_id, id, Event.APPLICATION_QUARANTINED)


def announce_outcome(connection: Connection, lender_id: str, id: int, event: Event) -> None:
    """Tell the lender's systems what became of an application, and of its batch if this was the last one that was open."""
    application = applications.application(connection, lender_id, id)
    if application is None:
        return
    in_batch = application.batch_id is not None and event is not Event.APPLICATION_DECIDED
    if application.batch_id is not None and in_batch:
        applications.lock_batch(connection, lender_id, application.batch_id)  # of two that end at once, the second sees the first
    said = {"application_id": id, "reference": application.reference, "state": application.state, "batch_id": application.batch_id}
    announce(connection, lender_id, event, said)
    if application.batch_id is not None and in_batch:
        end_batch(connection, lender_id, application.batch_id)


def end_batch(connection: Connection, lender_id: str, id: int) -> None:
    """Note that a batch has ended, where nothing of it is left to be assessed, and tell the lender's systems, once."""
    if applications.finish_batch(connection, lender_id, id) and (batch := applications.batch(connection, lender_id, id)):
        announce(connection, lender_id, Event.BATCH_FINISHED, {"batch_id": id, "reference": batch.reference, "states": dict(batch.states)})


def _leave(_connection: Connection, _attempt: Attempt, _reason: str) -> None:
    """Nothing but the job's own record says that it was set aside."""


def _purge(workplace: Workplace, attempt: Attempt) -> Effect:
    """Remove what is past its retention; each application goes in a transaction of its own."""
    lender_id = attempt.lender_id
    months = kept.months(policy.load())
    with attempt.database.begin() as connection:
        answers.forget_answers(connection, lender_id, KEPT)
        webhooks.forget_messages(connection, lender_id, _KEPT_MESSAGES)
    kept.purge(attempt.database, workplace.blobs, machine(Role.WORKER, lender_id), lender_id, months)
    return lambda _: None


def _score_batch(attempt: Attempt) -> Effect:
    """Have every application of a batch assessed, each by a job of its own: one that fails harms no other."""

    def record(connection: Connection) -> None:
        lender_id = attempt.lender_id
        ids = applications.applications_without_job(connection, lender_id, int(attempt.arguments["batch_id"]))
        jobs = [Job(JobName.ASSESS, lender_id, {"application_id": id}, attempt.urgency, key=f"application {id}") for id in ids]
        for id, job_id in zip(ids, enqueue_all(connection, jobs), strict=True):
            applications.set_job(connection, lender_id, id, job_id)

    return record


def _free_name(name: str, taken: set[str]) -> str:
    number, called = 1, name
    while called in taken:
        number += 1
        called = f"{name} ({number})"
    return called
