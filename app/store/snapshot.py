"""The queries of backup and restore: the whole database as of one moment, over all lenders."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, func, select, text

from app.domain import ModelVersion
from app.store import retention, tables_of_api, tables_of_learning, tables_of_reviews
from app.store.tables import audit_heads, lenders, model_versions

metadata = tables_of_api.answers.metadata  # it knows all tables once every module with tables is there
_TABLES = (tables_of_api, tables_of_learning, tables_of_reviews)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database at one moment: `name` makes another connection see the same. `heads` are the audit trails' ends."""

    name: str
    revision: str
    files: list[tuple[str, str]]
    rows: dict[str, int]
    heads: dict[str, str]
    models: tuple[ModelVersion, ...]


@contextmanager
def taken(database: Engine) -> Iterator[Snapshot]:
    """Give a snapshot, and have no stored file removed while it is used.

    The lock comes first, in a transaction of its own: a snapshot taken before a file's removal would still name the file.
    """
    repeatable = database.execution_options(isolation_level="REPEATABLE READ")
    with database.begin() as lock, repeatable.connect() as connection:
        for lender_id in lock.execute(select(lenders.c.id)).scalars().all():
            retention.keep_files(lock, lender_id)
        name = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        yield Snapshot(str(name), revision(connection), files(connection), rows(connection), heads(connection), models(connection))


def revision(connection: Connection) -> str:
    """Return the version of the tables."""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def files(connection: Connection) -> list[tuple[str, str]]:
    """Return (lender, SHA-256) of every stored file that must be there."""
    return retention.needed_files(connection)


def models(connection: Connection) -> tuple[ModelVersion, ...]:
    """Return every version of a model that any lender registered, each content once."""
    chosen = select(model_versions.c.name, func.min(model_versions.c.version).label("version"), model_versions.c.sha256)
    grouped = chosen.group_by(model_versions.c.name, model_versions.c.sha256).order_by(model_versions.c.name, model_versions.c.sha256)
    return tuple(ModelVersion(row.name, row.version, row.sha256) for row in connection.execute(grouped))


def rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each of our tables has."""
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables}


def heads(connection: Connection) -> dict[str, str]:
    """Return the hash of the newest audit entry by lender."""
    return {row.lender_id: bytes(row.hash).hex() for row in connection.execute(select(audit_heads).order_by(audit_heads.c.lender_id))}


def is_filled(connection: Connection) -> bool:
    """Say whether any lender has any data."""
    tables = [table for table in metadata.sorted_tables if "lender_id" in table.c]
    return any(connection.execute(select(table.c.lender_id).limit(1)).first() for table in tables)


def other_sessions(connection: Connection) -> int:
    """Return how many other connections use this database."""
    here = "datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    return int(connection.execute(text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")).scalar_one())  # noqa: S608  no outside text
