"""The tables of the learning loop: each retraining with what came of it, and the canaries."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, ForeignKeyConstraint, Index, Text
from sqlalchemy.dialects.postgresql import JSONB

from app.store.columns import Printed, moment, needed, now, table

retrainings = table(  # every time a model was to be retrained: why, what came of it
    "retrainings",
    needed("name", Text),
    needed("cause", Text),
    needed("asked_by", Text),
    Column("job_id", BigInteger),
    Column("dataset", Text),  # the hash of the version, once it is made
    Column("version", Text),  # of the challenger, once it is trained
    Column("outcome", Text),
    Column("said", Printed),
    needed("report", JSONB, "'{}'"),  # of the comparison with the champion
    now("created_at"),
    moment("finished_at"),
    CheckConstraint("outcome IN ('trained', 'promoted', 'refused', 'failed')", name="outcome"),
)
_OPEN = retrainings.c.outcome.is_(None)
Index("retrainings_open_idx", retrainings.c.lender_id, retrainings.c.name, unique=True, postgresql_where=_OPEN)  # one at a time

canaries = table(  # a challenger that serves a share of the applications, and why it stopped
    "canaries",
    needed("name", Text),
    needed("version", Text),
    needed("share", Double),
    needed("started_by", Text),
    needed("why", Printed),
    now("created_at"),
    moment("stopped_at"),
    Column("stopped_by", Text),
    Column("stopped_why", Printed),
    ForeignKeyConstraint(["lender_id", "name", "version"], [f"model_versions.{name}" for name in ("lender_id", "name", "version")]),
)
_RUNS = canaries.c.stopped_at.is_(None)
Index("canaries_running_idx", canaries.c.lender_id, canaries.c.name, unique=True, postgresql_where=_RUNS)
