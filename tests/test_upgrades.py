"""Upgrades: what an earlier release stored is still there after its tables were brought forward, and this release works on it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, select, text
from sqlalchemy.types import JSON, Boolean, Date, DateTime, Float, LargeBinary, Numeric, Uuid

from app.database import MIGRATIONS, Server, upgrade
from tests.own_server import fresh_database

_NUMBERS = count(1)
#: What a column may hold where not any text will do, and what other rows name.
_FIT = {
    "action": "read_application",
    "state": "received",
    "kind": "balance_sheet",
    "status": "read",
    "method": "text",
    "lender_id": "first",
}


def scripts() -> tuple[Config, ScriptDirectory]:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config, ScriptDirectory.from_config(config)


def earlier() -> list[str]:
    """Return the versions of the tables before the newest, oldest first."""
    return [script.revision for script in scripts()[1].walk_revisions()][:0:-1]


@pytest.fixture
def empty(server: Server) -> Iterator[Engine]:
    """Return a database without tables."""
    with fresh_database(server, f"upgrade{next(_NUMBERS)}", "template0") as database:
        yield database


def migrated(database: Engine, revision: str) -> None:
    """Bring a database to an earlier version."""
    config, _ = scripts()
    with database.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def tables_of(database: Engine) -> list[Table]:
    """Return our tables as they stand in a database, those that others name first."""
    found = MetaData()
    found.reflect(database)
    return [table for table in found.sorted_tables if not table.name.startswith(("procrastinate_", "alembic_"))]


def fitting(table: Table) -> dict[str, Any]:
    """Return a row of a table: all that it must hold, in the plainest form. Its number is 1, and so is what it names."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.nullable or column.server_default is not None or column.identity is not None:
            continue
        row[column.name] = _FIT.get(column.name, plainest(column.type))
        if table.name == "lenders":
            row[column.name] = "first"
    return row


def plainest(kind: object) -> object:
    """Return a value of a column's type."""
    match kind:
        case Boolean():
            return True
        case DateTime():
            return datetime(2026, 1, 2, tzinfo=UTC)
        case Date():
            return date(2026, 1, 2)
        case LargeBinary():
            return b"x" * 32
        case JSON():
            return {}
        case Uuid():
            return "00000000-0000-0000-0000-000000000001"
        case Float() | Numeric():
            return 1
    return 1 if "INT" in str(kind) else ["x"] if "[]" in str(kind) or str(kind) == "ARRAY" else "x"


def rows(connection: Connection, tables: list[Table]) -> dict[str, list[dict[str, Any]]]:
    """Return what stands in tables, by the columns that they had."""
    return {table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in tables}


@pytest.mark.parametrize("revision", earlier())
def test_what_an_earlier_release_stored_is_there_after_the_upgrade(empty: Engine, revision: str) -> None:
    migrated(empty, revision)
    tables = tables_of(empty)
    with empty.begin() as connection:
        for table in tables:
            connection.execute(table.insert().values(fitting(table)))
        before = rows(connection, tables)
    upgrade(empty)
    with empty.connect() as connection:
        assert rows(connection, tables) == before
        assert all(len(found) == 1 for found in before.values())
    assert len(before) >= 20


@pytest.mark.parametrize("revision", earlier())
def test_an_upgraded_store_is_the_same_as_a_new_one(empty: Engine, database: Engine, revision: str) -> None:
    migrated(empty, revision)
    upgrade(empty)
    assert shape(empty) == shape(database)


def shape(database: Engine) -> list[tuple[Any, ...]]:
    """Return every column, constraint, index and trigger of our tables."""
    asked = (
        "SELECT 'column', table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint",
        "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    )
    with database.connect() as connection:
        return sorted(tuple(map(str, row)) for sql in asked for row in connection.execute(text(sql)))
