"""Queries on applications, the batches they came in, and what other sources say of them. Each is one lender's."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.store import tables
from app.store.rows import Application, Batch, ExternalFact, FollowedApplication, NewApplication, columns, make, make_all

_A = tables.applications
_B = tables.batches
_F = tables.external_facts
_R = tables.job_records
#: The states from which an application may go to each state; what is purged stays so.
_BEFORE = {
    "received": ("received", "assessed", "quarantined", "cancelled"),
    "assessed": ("received", "assessed", "quarantined"),
    "decided": ("assessed",),
    "quarantined": ("received", "assessed", "quarantined"),
    "cancelled": ("received", "quarantined"),
    "purged": ("received", "assessed", "decided", "quarantined", "cancelled"),
}


#: Asked by every request, so made once.
_OF_JOB = _A.outerjoin(_R, (_R.c.lender_id == _A.c.lender_id) & (_R.c.job_id == _A.c.job_id))
_THIS = (_A.c.lender_id == bindparam("of"), _A.c.id == bindparam("this"))
_FOLLOWED = select(*columns(Application, _A), _R.c.done, _R.c.total, _R.c.fault).select_from(_OF_JOB).where(*_THIS)
_CLAIM = insert(_A).on_conflict_do_nothing(index_elements=["lender_id", "reference"]).returning(_A.c.id)
_SET_JOB = update(_A).where(*_THIS).values(job_id=bindparam("job"))


def add_lender(connection: Connection, lender_id: str, name: str) -> None:
    """Make the lender known, once."""
    connection.execute(insert(tables.lenders).values(id=lender_id, name=name).on_conflict_do_nothing())


def lender_ids(connection: Connection) -> tuple[str, ...]:
    """Return the lenders that are known."""
    return tuple(connection.execute(select(tables.lenders.c.id).order_by(tables.lenders.c.id)).scalars())


def add_application(connection: Connection, lender_id: str, new: NewApplication) -> int:
    """Add an application and return its id; one with the same reference is left as it is."""
    return add_applications(connection, lender_id, (new,))[0]


def claim_application(connection: Connection, lender_id: str, new: NewApplication) -> tuple[int, bool]:
    """Add an application, or keep others from changing the one with its reference; return its id and whether it is new."""
    if (id := connection.execute(_CLAIM, _row(lender_id, new)).scalar_one_or_none()) is not None:
        return int(id), True
    known = select(_A.c.id).where(_A.c.lender_id == lender_id, _A.c.reference == new.reference)
    return int(connection.execute(known.with_for_update()).scalar_one()), False


def add_applications(connection: Connection, lender_id: str, new: Sequence[NewApplication]) -> list[int]:
    """Add applications and return their ids in order; those whose reference is known are left as they are."""
    if not new:
        return []
    rows = [_row(lender_id, each) for each in new]
    connection.execute(insert(_A).on_conflict_do_nothing(index_elements=["lender_id", "reference"]), rows)
    references = [each.reference for each in new]
    found = connection.execute(select(_A.c.reference, _A.c.id).where(_A.c.lender_id == lender_id, _A.c.reference.in_(references)))
    ids = {row.reference: row.id for row in found}
    return [ids[reference] for reference in references]


def _row(lender_id: str, new: NewApplication) -> dict[str, object]:
    values = {each.name: getattr(new, each.name) for each in columns(NewApplication, _A)}
    return values | {"lender_id": lender_id, "received_at": new.received_at or datetime.now(UTC)}


def followed(connection: Connection, lender_id: str, id: int) -> FollowedApplication | None:
    """Return an application with how far its job is, or None where this lender has none of that id."""
    row = connection.execute(_FOLLOWED, {"of": lender_id, "this": id}).mappings().one_or_none()
    if row is None:
        return None
    values: dict[str, Any] = dict(row)
    done, total, fault = (values.pop(name) for name in ("done", "total", "fault"))
    return FollowedApplication(Application(**values), done or 0, total or 0, fault)


def application(connection: Connection, lender_id: str, id: int) -> Application | None:
    """Return an application, or None where this lender has none of that id."""
    chosen = select(*columns(Application, _A)).where(_A.c.lender_id == lender_id, _A.c.id == id)
    return make(Application, connection.execute(chosen))


def inbox(
    connection: Connection, lender_id: str, state: str | None = None, after: tuple[datetime, int] | None = None, limit: int = 50
) -> tuple[Application, ...]:
    """Return a page of applications, newest first; `after` is (received_at, id) of the last one on the page before."""
    chosen = select(*columns(Application, _A)).where(_A.c.lender_id == lender_id)
    if state is not None:
        chosen = chosen.where(_A.c.state == state)
    if after is not None:
        chosen = chosen.where(tuple_(_A.c.received_at, _A.c.id) < tuple_(*after))
    return make_all(Application, connection.execute(chosen.order_by(_A.c.received_at.desc(), _A.c.id.desc()).limit(limit)))


def set_state(connection: Connection, lender_id: str, id: int, state: str, reason: str | None = None) -> bool:
    """Move an application to `state`; says whether it could go there from where it was."""
    allowed = (_A.c.lender_id == lender_id, _A.c.id == id, _A.c.state.in_(_BEFORE[state]))
    return connection.execute(update(_A).where(*allowed).values(state=state, reason=reason)).rowcount == 1


def reopen(connection: Connection, lender_id: str, id: int) -> bool:
    """Take back that an application is decided: a person looks at it again. The decisions made stay on record."""
    decided = (_A.c.lender_id == lender_id, _A.c.id == id, _A.c.state == "decided")
    return connection.execute(update(_A).where(*decided).values(state="assessed", reason=None)).rowcount == 1


def describe(connection: Connection, lender_id: str, id: int, read: NewApplication) -> None:
    """Fill in what the documents say of an application, where nobody said it when it was sent."""
    known = {c.name: getattr(read, c.name) for c in columns(NewApplication, _A) if c.name not in ("reference", "batch_id", "received_at")}
    values = {name: func.coalesce(_A.c[name], value) for name, value in known.items() if value is not None}
    if values:
        connection.execute(update(_A).where(_A.c.lender_id == lender_id, _A.c.id == id).values(values))


def set_clock(connection: Connection, lender_id: str, id: int, complete_at: datetime | None, notice_due_on: date) -> None:
    """Note when an application was complete, if it is, and the day by which the applicant must be told."""
    values = {"complete_at": complete_at, "notice_due_on": notice_due_on}
    connection.execute(update(_A).where(_A.c.lender_id == lender_id, _A.c.id == id).values(values))


def lock(connection: Connection, lender_id: str, id: int) -> None:
    """Keep others from changing an application until this transaction ends."""
    connection.execute(select(_A.c.id).where(_A.c.lender_id == lender_id, _A.c.id == id).with_for_update())


def set_job(connection: Connection, lender_id: str, id: int, job_id: int) -> None:
    """Note the job that assesses an application."""
    connection.execute(_SET_JOB, {"of": lender_id, "this": id, "job": job_id})


# -- batches -----------------------------------------------------------------------------------------------------------


def add_batch(connection: Connection, lender_id: str, reference: str, submitted_by: str | None) -> int:
    """Add a batch and return its id; one with the same reference is the same batch."""
    new = insert(_B).values(lender_id=lender_id, reference=reference, submitted_by=submitted_by)
    connection.execute(new.on_conflict_do_nothing(index_elements=["lender_id", "reference"]))
    found: int = connection.execute(select(_B.c.id).where(_B.c.lender_id == lender_id, _B.c.reference == reference)).scalar_one()
    return found


def batch(connection: Connection, lender_id: str, id: int) -> Batch | None:
    """Return a batch with its progress, or None."""
    row = connection.execute(select(_B.c.reference, _B.c.cancelled_at).where(_B.c.lender_id == lender_id, _B.c.id == id)).one_or_none()
    if row is None:
        return None
    counted = select(_A.c.state, func.count().label("number")).where(_A.c.lender_id == lender_id, _A.c.batch_id == id).group_by(_A.c.state)
    states = {row.state: row.number for row in connection.execute(counted)}
    return Batch(id, row.reference, sum(states.values()), states, row.cancelled_at)


def batch_applications(connection: Connection, lender_id: str, batch_id: int, after: int = 0, limit: int = 1000) -> tuple[Application, ...]:
    """Return a page of a batch's applications in the order sent; `after` is the last id of the page before."""
    chosen = select(*columns(Application, _A)).where(_A.c.lender_id == lender_id, _A.c.batch_id == batch_id, _A.c.id > after)
    return make_all(Application, connection.execute(chosen.order_by(_A.c.id).limit(limit)))


def applications_without_job(connection: Connection, lender_id: str, batch_id: int) -> tuple[int, ...]:
    """Return the applications of a batch that no job assesses yet, and keep others from giving them one meanwhile."""
    waiting = (_A.c.lender_id == lender_id, _A.c.batch_id == batch_id, _A.c.job_id.is_(None), _A.c.state == "received")
    return tuple(connection.execute(select(_A.c.id).where(*waiting).order_by(_A.c.id).with_for_update()).scalars())


def unfinished_of_batch(connection: Connection, lender_id: str, id: int) -> tuple[tuple[int, int | None], ...]:
    """Return each application of a batch that is not assessed yet, with the job that is to do it, if there is one."""
    left = (_A.c.lender_id == lender_id, _A.c.batch_id == id, _A.c.state == "received")
    return tuple((row.id, row.job_id) for row in connection.execute(select(_A.c.id, _A.c.job_id).where(*left).order_by(_A.c.id)))


def cancel_batch(connection: Connection, lender_id: str, id: int, application_ids: Collection[int]) -> int:
    """Cancel a batch, and those of its applications if they are still not assessed; return how many."""
    left = (_A.c.lender_id == lender_id, _A.c.batch_id == id, _A.c.id.in_(application_ids), _A.c.state == "received")
    cancelled = connection.execute(update(_A).where(*left).values(state="cancelled", reason="the batch was cancelled")).rowcount
    at = func.coalesce(_B.c.cancelled_at, func.now())
    connection.execute(update(_B).where(_B.c.lender_id == lender_id, _B.c.id == id).values(cancelled_at=at))
    return cancelled


def lock_batch(connection: Connection, lender_id: str, id: int) -> None:
    """Keep others from ending a batch until this transaction ends."""
    connection.execute(select(_B.c.id).where(_B.c.lender_id == lender_id, _B.c.id == id).with_for_update())


def finish_batch(connection: Connection, lender_id: str, id: int) -> bool:
    """Note that a batch has ended, if none of its applications is still to be assessed; says whether it ended just now."""
    open_ones = exists().where(_A.c.lender_id == lender_id, _A.c.batch_id == id, _A.c.state == "received")
    ended = update(_B).where(_B.c.lender_id == lender_id, _B.c.id == id, _B.c.finished_at.is_(None), ~open_ones)
    return connection.execute(ended.values(finished_at=func.now())).rowcount == 1


def batch_called(connection: Connection, lender_id: str, reference: str) -> int | None:
    """Return the id of the batch of this reference, or None."""
    return connection.execute(select(_B.c.id).where(_B.c.lender_id == lender_id, _B.c.reference == reference)).scalar_one_or_none()


def batches(connection: Connection, lender_id: str, before: int | None = None, limit: int = 50) -> tuple[Batch, ...]:
    """Return a page of batches with their progress, newest first; `before` is the last id of the page before."""
    chosen = select(_B.c.id).where(_B.c.lender_id == lender_id)
    if before is not None:
        chosen = chosen.where(_B.c.id < before)
    ids = connection.execute(chosen.order_by(_B.c.id.desc()).limit(limit)).scalars().all()
    return tuple(found for id in ids if (found := batch(connection, lender_id, id)))


def known_references(connection: Connection, lender_id: str, references: Collection[str]) -> frozenset[str]:
    """Return those references that applications have already."""
    chosen = select(_A.c.reference).where(_A.c.lender_id == lender_id, _A.c.reference.in_(references))
    return frozenset(connection.execute(chosen).scalars())


# -- what others say ---------------------------------------------------------------------------------------------------


def add_external_fact(connection: Connection, lender_id: str, application_id: int, fact: ExternalFact, entered_by: str) -> None:
    """Add what another source says of an application; the newest of a name counts."""
    values = {"name": fact.name, "value": fact.value, "source": fact.source, "as_of": fact.as_of, "entered_by": entered_by}
    connection.execute(insert(_F).values(lender_id=lender_id, application_id=application_id, **values))


def external_facts(connection: Connection, lender_id: str, application_id: int) -> tuple[ExternalFact, ...]:
    """Return the newest of each external fact of an application, by name."""
    newest = select(*columns(ExternalFact, _F)).ext(distinct_on(_F.c.name))
    chosen = newest.where(_F.c.lender_id == lender_id, _F.c.application_id == application_id)
    return make_all(ExternalFact, connection.execute(chosen.order_by(_F.c.name, _F.c.id.desc())))
