"""Queries on the learning loop: retrainings, and canaries with what became of the applications that they served. Each is one lender's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.store import tables, tables_of_learning
from app.store.rows import Canary, Retraining, columns, make, make_all

_R = tables_of_learning.retrainings
_K = tables_of_learning.canaries
_A = tables.assessments
_C = tables.corrections
_NO_FAULT = ("confirmed", "undo")
_MOST = 4000  # applications that a canary is compared on: the newest
_LOCK = 11  # tells this lock's numbers from those of others


@dataclass(frozen=True, slots=True)
class Served:
    """An application as assessed last: whether by the canary, figures read, of which corrected, whether reviewed, seconds and pages."""

    by_canary: bool
    figures: int
    corrected: int
    reviewed: bool
    seconds: float | None
    pages: int


# -- retrainings -------------------------------------------------------------------------------------------------------


def open_retraining(connection: Connection, lender_id: str, name: str, cause: str, by: str) -> Retraining | None:
    """Note that a model is to be retrained; None where that is under way already."""
    new = insert(_R).values(lender_id=lender_id, name=name, cause=cause, asked_by=by).on_conflict_do_nothing()
    return make(Retraining, connection.execute(new.returning(*columns(Retraining, _R))))


def under_way(connection: Connection, lender_id: str, name: str) -> Retraining | None:
    """Return the retraining of a model that has no outcome yet."""
    chosen = select(*columns(Retraining, _R)).where(_R.c.lender_id == lender_id, _R.c.name == name, _R.c.outcome.is_(None))
    return make(Retraining, connection.execute(chosen))


def note_retraining(connection: Connection, lender_id: str, id: int, told: Mapping[str, Any]) -> None:
    """Note what is known of a retraining that is under way: job_id, dataset, version, said."""
    connection.execute(update(_R).where(_R.c.lender_id == lender_id, _R.c.id == id, _R.c.outcome.is_(None)).values(**told))


def end_retraining(connection: Connection, lender_id: str, id: int, outcome: str, told: Mapping[str, Any]) -> bool:
    """Give a retraining its outcome, with what else is told of it; False where it has one."""
    ended = update(_R).where(_R.c.lender_id == lender_id, _R.c.id == id, _R.c.outcome.is_(None))
    return connection.execute(ended.values(outcome=outcome, finished_at=func.now(), **told)).rowcount == 1


def retrainings(connection: Connection, lender_id: str, name: str | None = None, limit: int = 20) -> tuple[Retraining, ...]:
    """Return the newest retrainings, newest first."""
    own = select(*columns(Retraining, _R)).where(_R.c.lender_id == lender_id, *((_R.c.name == name,) if name else ()))
    return make_all(Retraining, connection.execute(own.order_by(_R.c.id.desc()).limit(limit)))


def lock_retraining(connection: Connection, lender_id: str, name: str) -> bool:
    """Keep others from retraining this model as long as the connection lasts; False where somebody does it."""
    of = func.hashtextextended(f"{lender_id}/{name}", _LOCK)
    return bool(connection.execute(select(func.pg_try_advisory_lock(of))).scalar_one())


def nobody_retrains(connection: Connection, lender_id: str, name: str) -> bool:
    """Say whether no process is retraining this model; none can begin until the transaction ends."""
    of = func.hashtextextended(f"{lender_id}/{name}", _LOCK)
    return bool(connection.execute(select(func.pg_try_advisory_xact_lock(of))).scalar_one())


def corrections_since(connection: Connection, lender_id: str, since: datetime | None) -> int:
    """Return how often people judged a figure since a time."""
    later = () if since is None else (_C.c.created_at > since,)
    return int(connection.execute(select(func.count()).where(_C.c.lender_id == lender_id, _C.c.kind != "undo", *later)).scalar_one())


def known_since(connection: Connection, lender_id: str) -> datetime | None:
    """Return when a lender was added; None where there is none."""
    return connection.execute(select(tables.lenders.c.created_at).where(tables.lenders.c.id == lender_id)).scalar_one_or_none()


# -- canaries ----------------------------------------------------------------------------------------------------------


def start_canary(connection: Connection, lender_id: str, values: Mapping[str, Any]) -> Canary | None:
    """Have a version serve a share: name, version, share, started_by, why. None where a canary of this model runs."""
    new = insert(_K).values(lender_id=lender_id, **values).on_conflict_do_nothing()
    return make(Canary, connection.execute(new.returning(*columns(Canary, _K))))


def stop_canary(connection: Connection, lender_id: str, name: str, by: str, why: str) -> Canary | None:
    """End the canary of a model and return it; None where none runs."""
    running = update(_K).where(_K.c.lender_id == lender_id, _K.c.name == name, _K.c.stopped_at.is_(None))
    ended = running.values(stopped_at=func.now(), stopped_by=by, stopped_why=why).returning(*columns(Canary, _K))
    return make(Canary, connection.execute(ended))


def canaries(connection: Connection, lender_id: str, running: bool = False, limit: int = 20) -> tuple[Canary, ...]:
    """Return the newest canaries, newest first; with `running` only those that serve."""
    own = select(*columns(Canary, _K)).where(_K.c.lender_id == lender_id, *((_K.c.stopped_at.is_(None),) if running else ()))
    return make_all(Canary, connection.execute(own.order_by(_K.c.id.desc()).limit(limit)))


def served(connection: Connection, canary: Canary, lender_id: str, champion: str | None) -> tuple[Served, ...]:
    """Return each application assessed since a canary began, by it or by the champion of that time, as it was assessed last.

    `champion` is the champion's version; None: the installed one, whatever its number.
    """
    own = (_A.c.lender_id == lender_id, _A.c.shadow.is_(False), _A.c.created_at >= canary.created_at)
    newest = select(_A).ext(distinct_on(_A.c.application_id)).where(*own).order_by(_A.c.application_id, _A.c.version.desc()).subquery()
    by_canary = newest.c.versions.contains([{"name": canary.name, "version": canary.version}])
    by_champion = newest.c.versions.contains([{"name": canary.name} | ({"version": champion} if champion else {})])
    f, t, d, p = tables.facts, tables.review_tasks, tables.documents, tables.pages
    undone = _C.alias("undone")
    of = (_C.c.lender_id == lender_id, _C.c.assessment_id == newest.c.id, _C.c.kind.not_in(_NO_FAULT))
    stands = ~exists().where(undone.c.lender_id == lender_id, undone.c.undoes == _C.c.id)
    wrong = select(func.count(_C.c.fact_number.distinct())).where(*of, stands)
    read = select(func.count()).where(f.c.lender_id == lender_id, f.c.assessment_id == newest.c.id, f.c.origin == "read")
    closed = exists().where(t.c.lender_id == lender_id, t.c.assessment_id == newest.c.id, t.c.state == "closed")
    joined = p.join(d, and_(d.c.lender_id == p.c.lender_id, d.c.id == p.c.document_id))
    its = (d.c.lender_id == lender_id, d.c.application_id == newest.c.application_id, d.c.state != "superseded")
    counted = select(func.count()).select_from(joined).where(*its)
    shown = (
        by_canary.label("by_canary"), read.correlate(newest).scalar_subquery().label("figures"),
        wrong.correlate(newest).scalar_subquery().label("corrected"), closed.correlate(newest).label("reviewed"),
        newest.c.seconds, counted.correlate(newest).scalar_subquery().label("pages"),
    )  # fmt: skip
    chosen = select(*shown).where(by_canary | by_champion).order_by(newest.c.id.desc()).limit(_MOST)
    return make_all(Served, connection.execute(chosen))
