"""Retention: what is past its time is purged, unless a legal hold keeps it; an audit entry stays.

Each application goes in a transaction of its own, its stored files after it: a purge that was stopped goes on where it was.
Copies in backups end with the backups.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from app import audit
from app.access.roles import Act, allow
from app.blobs.storage import Blobs
from app.domain import User
from app.errors import SetupError, UsageError
from app.store import retention as kept
from app.store.retention import DueApplication, LegalHold
from rules.policy import Policy

_FEWEST_MONTHS = 12  # 12 CFR 1002.12(b): business credit


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge did: applications and stored files removed, files that wait because a backup or upload is running."""

    applications: int
    files: int
    waiting: int


def months(policy: Policy) -> int:
    """Return how many months after its decision an application is kept. Raise SetupError below what the law asks for."""
    value = policy.values["retention"].value
    if value != int(value) or value < _FEWEST_MONTHS:
        raise SetupError(f"Credit policy, values, retention: {value} months; whole months, {_FEWEST_MONTHS} at least.")
    return int(value)


def list_due(connection: Connection, user: User, lender_id: str, months: int) -> list[DueApplication]:
    """Return the applications past their retention, oldest first, those on legal hold marked; changes nothing."""
    allow(user, Act.PURGE, lender_id)
    return kept.due(connection, lender_id, months)


def purge(database: Engine, blobs: Blobs, user: User, lender_id: str, months: int) -> Purged:
    """Remove every application past its retention: files, pages, figures, reviews. Its number and its audit entries stay."""
    allow(user, Act.PURGE, lender_id)
    with database.connect() as connection:
        found = [each for each in kept.due(connection, lender_id, months) if not each.on_hold]
    done = sum(_purge_one(database, user, lender_id, each) for each in found)
    files, waiting = remove_files(database, blobs, user, lender_id)
    return Purged(done, files, waiting)


def remove_files(database: Engine, blobs: Blobs, user: User, lender_id: str) -> tuple[int, int]:
    """Remove stored files that nothing refers to any more, or that an upload left without its record; return (removed, waiting)."""
    allow(user, Act.PURGE, lender_id)
    day_ago = datetime.now(UTC) - timedelta(days=1)
    with database.connect() as connection:
        marked = kept.files_to_remove(connection, lender_id)
        needed = {sha256 for lender, sha256 in kept.needed_files(connection) if lender == lender_id}
    unknown = [sha256 for lender, sha256 in blobs.names() if lender == lender_id and sha256 not in needed and sha256 not in marked]
    left = [sha256 for sha256 in unknown if blobs.stored_at(lender_id, sha256) < day_ago]
    blobs.sweep(day_ago)
    gone = sum(_remove_file(database, blobs, lender_id, sha256) for sha256 in (*marked, *left))
    return gone, len(marked) + len(left) - gone


def place_hold(connection: Connection, user: User, lender_id: str, application_id: int, why: str) -> int:
    """Keep an application beyond its retention until the hold is lifted; return the hold's id."""
    allow(user, Act.SET_HOLD, lender_id)
    if not why.strip():
        raise UsageError("A legal hold needs a reason.")
    if not kept.lock_application(connection, lender_id, application_id):
        raise UsageError(f"There is no application {application_id}, or it was purged.")
    hold_id = kept.add_hold(connection, lender_id, application_id, why, user.id)
    audit.record(connection, user, "place_hold", f"application {application_id}", {"hold": hold_id, "why": why})
    return hold_id


def lift_hold(connection: Connection, user: User, lender_id: str, hold_id: int) -> None:
    """Lift a legal hold."""
    allow(user, Act.SET_HOLD, lender_id)
    application_id = kept.lift_hold(connection, lender_id, hold_id, user.id)
    if application_id is None:
        raise UsageError(f"There is no legal hold {hold_id}.")
    audit.record(connection, user, "lift_hold", f"application {application_id}", {"hold": hold_id})


def list_holds(connection: Connection, user: User, lender_id: str) -> list[LegalHold]:
    """Return the legal holds that were not lifted."""
    allow(user, Act.SET_HOLD, lender_id)
    return kept.holds(connection, lender_id)


def _purge_one(database: Engine, user: User, lender_id: str, due: DueApplication) -> bool:
    with database.begin() as connection:
        if not kept.lock_application(connection, lender_id, due.id) or kept.is_held(connection, lender_id, due.id):
            return False  # another purge was quicker, or a hold was placed meanwhile
        gone = kept.erase_application(connection, lender_id, due.id)
        audit.record(connection, user, Act.PURGE, f"application {due.id}", {"closed_at": due.closed_at, "removed": gone})
        return True


def _remove_file(database: Engine, blobs: Blobs, lender_id: str, sha256: str) -> bool:
    """Remove one stored file unless something refers to it by now, with nobody storing the same bytes meanwhile."""
    with database.begin() as connection:
        if not kept.may_remove_files(connection, lender_id):
            return False
        if not kept.is_needed(connection, lender_id, sha256):
            blobs.remove(lender_id, sha256)
            kept.forget_file(connection, lender_id, sha256)
        return True
