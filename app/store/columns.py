"""What the tables are made of: their common columns, keys that begin with the lender, and text that PostgreSQL takes whatever it holds."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator, TypeEngine

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(referred_table_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)


class Printed(TypeDecorator[str]):
    """Text as found on a page or typed: PostgreSQL refuses the zero character and broken surrogates, pages have both."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None]:  # noqa: ARG002  the base class's signature
        """Return what replaces the characters that PostgreSQL would refuse."""
        return storable


def storable(words: str | None) -> str | None:
    """Return `words` without zero characters and broken surrogates."""
    return None if words is None else words.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def needed(name: str, kind: TypeEngine[Any] | type[TypeEngine[Any]], default: str | None = None) -> Column[Any]:
    """Return a column that every row fills."""
    return Column(name, kind, nullable=False, server_default=text(default) if default else None)


def moment(name: str) -> Column[Any]:
    """Return a column for a time, in UTC, that may be unknown or still to come."""
    return Column(name, DateTime(timezone=True))


def now(name: str) -> Column[Any]:
    """Return a column for the time at which the row was added."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def table(name: str, *items: SchemaItem) -> Table:
    """Return a table of rows with an id of their own; its key begins with the lender."""
    return keyed(name, ("id",), Column("id", BigInteger, Identity(always=True), nullable=False), *items)


def keyed(name: str, key: tuple[str, ...], *items: SchemaItem) -> Table:
    """Return a table whose rows are known by the lender and the columns of `key`."""
    return Table(
        name,
        metadata,
        Column("lender_id", Text, nullable=False),
        *items,
        PrimaryKeyConstraint("lender_id", *key),
        ForeignKeyConstraint(["lender_id"], ["lenders.id"]),
    )


def refers(column: str, table: str, key: str = "id") -> ForeignKeyConstraint:
    """Return a reference to another table: a row refers to rows of its own lender only."""
    return ForeignKeyConstraint(["lender_id", column], [f"{table}.lender_id", f"{table}.{key}"])
