"""Applications as people see them: listed, opened, their documents read. Each function asks first; every reading leaves an audit entry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow, following
from app.blobs.storage import Blobs
from app.domain import User
from app.errors import NotFound
from app.store import applications as kept
from app.store import assessments, documents
from app.store.rows import Application, StoredAssessment, StoredDocument, StoredFact


@dataclass(frozen=True, slots=True)
class OpenedApplication:
    """An application with its documents, and the assessment in effect with its facts, once there is one."""

    application: Application
    documents: tuple[StoredDocument, ...]
    assessment: StoredAssessment | None
    facts: tuple[StoredFact, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """How far an application is: its state, its files, and how many of them are read of all."""

    application: Application
    documents: tuple[StoredDocument, ...]
    done: int
    total: int


def list_applications(
    connection: Connection, user: User, lender_id: str, state: str | None = None, after: tuple[datetime, int] | None = None
) -> tuple[Application, ...]:
    """Return a page of applications, newest first; `after` is (received_at, id) of the last one on the page before."""
    allow(user, Act.READ_APPLICATION, lender_id)
    return kept.inbox(connection, lender_id, state, after)


def read_application(connection: Connection, user: User, lender_id: str, id: int) -> OpenedApplication:
    """Return all that is known of an application. The audit trail says who read it."""
    allow(user, Act.READ_APPLICATION, lender_id)
    application = kept.application(connection, lender_id, id)
    if application is None:
        raise NotFound(f"There is no application {id}.")
    latest = assessments.latest_assessment(connection, lender_id, id)
    facts = assessments.facts(connection, lender_id, latest.id) if latest else ()
    opened = OpenedApplication(application, documents.documents(connection, lender_id, id), latest, facts)
    audit.record(connection, user, Act.READ_APPLICATION, f"application {id}")
    return opened


def follow_application(connection: Connection, user: User, lender_id: str, id: int) -> Followed:
    """Return how far an application is, and what became of each file: nothing that its documents say, so that it is no reading of them."""
    allow(user, following(user), lender_id)
    if (found := kept.followed(connection, lender_id, id)) is None:
        raise NotFound(f"There is no application {id}.")
    return Followed(found.application, documents.documents(connection, lender_id, id), found.done, found.total)


def read_facts(connection: Connection, user: User, id: int, after: int, limit: int) -> tuple[StoredFact, ...]:
    """Return a page of the facts of the assessment in effect, those after number `after`. The audit trail says who read them."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    if kept.application(connection, user.lender_id, id) is None:
        raise NotFound(f"There is no application {id}.")
    latest = assessments.latest_assessment(connection, user.lender_id, id)
    found = assessments.facts(connection, user.lender_id, latest.id, after, limit) if latest else ()
    audit.record(connection, user, Act.READ_APPLICATION, f"application {id}", {"facts": len(found)})
    return found


def read_document(connection: Connection, blobs: Blobs, user: User, lender_id: str, document_id: int) -> tuple[str, Iterator[bytes]]:
    """Return the name of a document's file and its bytes, verified as they flow. The audit trail says who read it."""
    allow(user, Act.READ_APPLICATION, lender_id)
    found = documents.document(connection, lender_id, document_id)
    if found is None:
        raise NotFound(f"There is no document {document_id}.")
    audit.record(connection, user, Act.READ_APPLICATION, f"document {document_id}")
    return found.file, blobs.read(lender_id, found.sha256.hex())
