"""How the work stands: applications by state, batches, decisions, and how far an application is on its way to the queue."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.domain import Role, User
from app.errors import NotFound
from app.store import applications, documents, standing
from app.store.rows import Batch, StoredDocument


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an application is: its state, files read of all, and what went wrong, if anything."""

    state: str
    done: int
    total: int
    trouble: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Applications by state, open tasks by age in days, decisions by outcome, and the newest batches."""

    states: Mapping[str, int]
    ages: Mapping[str, int]
    outcomes: Mapping[str, int]
    batches: tuple[Batch, ...]
    cleared: int
    assessed: int


def overview(connection: Connection, user: User) -> Overview:
    """Return how the work stands."""
    allow(user, Act.READ_MEASURES if Role.MODEL_OWNER in user.roles else Act.READ_APPLICATION, user.lender_id)
    lender_id = user.lender_id
    newest = standing.newest_batches(connection, lender_id)
    batches = tuple(each for id in newest if (each := applications.batch(connection, lender_id, id)))
    routes = standing.routes(connection, lender_id)
    return Overview(
        standing.states(connection, lender_id),
        standing.ages(connection, lender_id),
        standing.outcomes(connection, lender_id),
        batches,
        routes.get("auto_clear", 0),
        sum(routes.values()),
    )


def progress(connection: Connection, user: User, application_id: int) -> Progress:
    """Return how far an application is on its way to the queue."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    if (found := applications.followed(connection, user.lender_id, application_id)) is None:
        raise NotFound(f"There is no application {application_id}.")
    return Progress(found.application.state, found.done, found.total, found.application.reason or found.fault)


def files_of(connection: Connection, user: User, application_id: int) -> tuple[StoredDocument, ...]:
    """Return the files of an application with what became of each."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    return documents.documents(connection, user.lender_id, application_id)
