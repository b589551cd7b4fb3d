"""The queries of accounts, sessions and API keys. Secrets are here as hashes only."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from app.domain import Role
from app.store.tables import api_keys, lenders, sessions, users

#: Made once, as are other queries of every request: making one takes longer than asking it.
_KEY_AND_ACCOUNT = (
    select(api_keys, *(each.label(f"account_{each.name}") for each in users.c))
    .select_from(api_keys.join(users, (users.c.lender_id == api_keys.c.lender_id) & (users.c.id == api_keys.c.user_id)))
    .where(api_keys.c.key_hash == bindparam("key_hash"))
)


@dataclass(frozen=True, slots=True)
class Account:
    """A user's account as kept."""

    lender_id: str
    id: int
    login: str
    name: str
    roles: frozenset[Role]
    approval_limit: Decimal
    password_hash: str | None
    password_set_at: datetime | None
    failed_logins: int
    failing_since: datetime | None
    locked_until: datetime | None
    expires_at: datetime | None
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key as kept: everything but the key. `prefix` tells keys apart."""

    lender_id: str
    id: int
    name: str
    prefix: str
    scopes: frozenset[str]
    user_id: int
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in user's session."""

    lender_id: str
    user_id: int
    created_at: datetime
    last_used_at: datetime


def has_lender(connection: Connection, lender_id: str) -> bool:
    """Say whether there is such a lender."""
    return connection.execute(select(lenders.c.id).where(lenders.c.id == lender_id)).first() is not None


def add_account(connection: Connection, lender_id: str, login: str, values: dict[str, object]) -> bool:
    """Add an account; False where the lender has one with this login."""
    statement = insert(users).values(lender_id=lender_id, login=login, **values).on_conflict_do_nothing().returning(users.c.id)
    return connection.execute(statement).first() is not None


def account(connection: Connection, lender_id: str, login: str) -> Account | None:
    """Return the account with this login; it stays locked for others until the transaction ends."""
    query = _accounts(lender_id).where(users.c.login == login).with_for_update()
    return next(map(_account, connection.execute(query).mappings()), None)


def account_called(connection: Connection, lender_id: str, login: str) -> Account | None:
    """Return the account with this login, to look at only."""
    return next(map(_account, connection.execute(_accounts(lender_id).where(users.c.login == login)).mappings()), None)


def account_by_id(connection: Connection, lender_id: str, user_id: int) -> Account | None:
    """Return an account."""
    return next(map(_account, connection.execute(_accounts(lender_id).where(users.c.id == user_id)).mappings()), None)


def accounts(connection: Connection, lender_id: str) -> list[Account]:
    """Return a lender's accounts by login."""
    return list(map(_account, connection.execute(_accounts(lender_id).order_by(users.c.login)).mappings()))


def change_account(connection: Connection, lender_id: str, user_id: int, values: dict[str, object]) -> None:
    """Change fields of an account."""
    connection.execute(users.update().where(users.c.lender_id == lender_id, users.c.id == user_id).values(**values))


def add_session(connection: Connection, lender_id: str, user_id: int, token_hash: bytes) -> None:
    """Begin a session."""
    connection.execute(sessions.insert().values(lender_id=lender_id, user_id=user_id, token_hash=token_hash))


def session(connection: Connection, token_hash: bytes) -> Session | None:
    """Return the session of a token: the token itself says whose it is."""
    row = connection.execute(select(sessions).where(sessions.c.token_hash == token_hash)).one_or_none()
    return Session(row.lender_id, row.user_id, row.created_at, row.last_used_at) if row else None


def touch_session(connection: Connection, token_hash: bytes, now: datetime) -> None:
    """Note that a session was used."""
    connection.execute(sessions.update().where(sessions.c.token_hash == token_hash).values(last_used_at=now))


def end_session(connection: Connection, token_hash: bytes) -> None:
    """End one session."""
    connection.execute(sessions.delete().where(sessions.c.token_hash == token_hash))


def end_sessions(connection: Connection, lender_id: str, user_id: int) -> None:
    """End all sessions of a user."""
    connection.execute(sessions.delete().where(sessions.c.lender_id == lender_id, sessions.c.user_id == user_id))


def end_old_sessions(connection: Connection, before: datetime) -> int:
    """Remove the sessions that began before a time."""
    return connection.execute(sessions.delete().where(sessions.c.created_at < before)).rowcount


def add_api_key(connection: Connection, lender_id: str, user_id: int, values: dict[str, object]) -> ApiKey:
    """Add an API key."""
    statement = api_keys.insert().values(lender_id=lender_id, user_id=user_id, **values).returning(api_keys)
    return _api_key(connection.execute(statement).mappings().one())


def api_key(connection: Connection, lender_id: str, key_id: int) -> ApiKey | None:
    """Return an API key; it stays locked for others until the transaction ends."""
    query = select(api_keys).where(api_keys.c.lender_id == lender_id, api_keys.c.id == key_id).with_for_update()
    return next(map(_api_key, connection.execute(query).mappings()), None)


def api_key_by_hash(connection: Connection, key_hash: bytes) -> tuple[ApiKey, Account] | None:
    """Return the API key with this hash, and its account: the key itself says whose it is. Every request asks, so it is one query."""
    row = connection.execute(_KEY_AND_ACCOUNT, {"key_hash": key_hash}).mappings().one_or_none()
    return None if row is None else (_api_key(row), _account({each.name: row[f"account_{each.name}"] for each in users.c}))


def all_api_keys(connection: Connection, lender_id: str) -> list[ApiKey]:
    """Return a lender's API keys, newest first."""
    query = select(api_keys).where(api_keys.c.lender_id == lender_id).order_by(api_keys.c.id.desc())
    return list(map(_api_key, connection.execute(query).mappings()))


def change_api_key(connection: Connection, lender_id: str, key_id: int, values: dict[str, object]) -> None:
    """Change fields of an API key."""
    connection.execute(api_keys.update().where(api_keys.c.lender_id == lender_id, api_keys.c.id == key_id).values(**values))


def _accounts(lender_id: str) -> Select[Any]:
    return select(users).where(users.c.lender_id == lender_id)


def _account(row: Mapping[Any, Any]) -> Account:
    values = {field.name: row[field.name] for field in fields(Account)}
    return Account(**values | {"roles": frozenset(Role(role) for role in row["roles"])})


def _api_key(row: Mapping[Any, Any]) -> ApiKey:
    values = {field.name: row[field.name] for field in fields(ApiKey)}
    return ApiKey(**values | {"scopes": frozenset(row["scopes"])})
