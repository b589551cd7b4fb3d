"""API keys: shown once, kept as a hash, limited to scopes and a time, rotated without a gap, revoked at once."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from app import audit
from app.access.roles import PERMISSIONS, Act, allow
from app.domain import Role, User
from app.errors import NotFound, UsageError
from app.store import accounts as kept
from app.store.accounts import Account, ApiKey

#: How long the old key of a rotation still holds, so that every client can be given the new one.
ROTATION_GRACE = timedelta(days=1)
_MOST_DAYS = 730
#: What every key begins with.
KEY_PREFIX = "ll_"


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """What an API key is for: whose account it speaks for, a name, the acts it reaches to, and how many days it holds."""

    login: str
    name: str
    scopes: frozenset[str]
    days: int


@dataclass(frozen=True, slots=True)
class MadeApiKey:
    """A new API key, and its text: shown once, kept nowhere."""

    key: ApiKey
    text: str


def make_api_key(connection: Connection, user: User, lender_id: str, new: NewApiKey) -> MadeApiKey:
    """Make an API key for one's own account, or as an administrator for another's, that reaches to some of what it may do."""
    allow(user, Act.USE_API_KEYS if new.login == user.id else Act.MANAGE_ACCOUNTS, lender_id)
    account = kept.account(connection, lender_id, new.login)
    if account is None:
        raise UsageError(f"There is no account {new.login}, and an API key speaks for one.")
    _check(account.roles, user.scopes if new.login == user.id else None, new)
    made = _add(connection, account, new)
    detail = {"account": new.login, "scopes": sorted(new.scopes), "days": new.days}
    audit.record(connection, user, "make_api_key", f"API key {made.key.id}", detail)
    return made


def list_api_keys(connection: Connection, user: User, lender_id: str) -> list[ApiKey]:
    """Return the API keys of a lender, newest first, without the keys themselves."""
    allow(user, Act.READ_ACCOUNTS, lender_id)
    return kept.all_api_keys(connection, lender_id)


def rotate_api_key(connection: Connection, user: User, lender_id: str, key_id: int, days: int) -> MadeApiKey:
    """Make a new key in place of an old one, which holds for one more day at most: one's own, or as an administrator anyone's."""
    old, account = _reachable(connection, user, lender_id, key_id)
    if old.revoked_at or datetime.now(UTC) >= old.expires_at:
        raise UsageError(f"API key {key_id} holds no longer: make a new one.")
    new = NewApiKey(account.login, old.name, old.scopes, days)
    _check(account.roles, user.scopes if account.login == user.id else None, new)
    made = _add(connection, account, new)
    ends = min(old.expires_at, datetime.now(UTC) + ROTATION_GRACE)
    kept.change_api_key(connection, lender_id, old.id, {"expires_at": ends})
    audit.record(connection, user, "rotate_api_key", f"API key {old.id}", {"new": made.key.id, "old_holds_until": ends})
    return made


def revoke_api_key(connection: Connection, user: User, lender_id: str, key_id: int) -> None:
    """End an API key at once: one's own, or as an administrator anyone's."""
    key, _ = _reachable(connection, user, lender_id, key_id)
    kept.change_api_key(connection, lender_id, key_id, {"revoked_at": key.revoked_at or datetime.now(UTC)})
    audit.record(connection, user, "revoke_api_key", f"API key {key_id}")


def scopes_of(words: Iterable[str]) -> frozenset[str]:
    """Return the scopes that `words` name. Raise UsageError for one that there is not."""
    named = frozenset(words)
    if unknown := named - set(Act):
        raise UsageError(f"There is no scope {', '.join(sorted(unknown))}; there are {', '.join(Act)}.")
    return named


def reach_of(roles: frozenset[Role]) -> frozenset[str]:
    """Return all that a key of somebody with these roles can reach to."""
    return frozenset(act for act, (_, holders) in PERMISSIONS.items() if roles & holders)


def _check(roles: frozenset[Role], scopes: frozenset[str] | None, new: NewApiKey) -> None:
    """A key reaches no further than its account, and than the key that made it."""
    reach = reach_of(roles) if scopes is None else reach_of(roles) & scopes
    if not new.scopes or not new.scopes <= reach:
        raise UsageError(f"An API key of {new.login} reaches to one or more of: {', '.join(sorted(reach))}.")
    if not new.name.strip() or not 1 <= new.days <= _MOST_DAYS:
        raise UsageError(f"An API key has a name and holds for 1 to {_MOST_DAYS} days.")


def _reachable(connection: Connection, user: User, lender_id: str, key_id: int) -> tuple[ApiKey, Account]:
    """Return a key and its account, if `user` may change it; others' keys are not told from keys that there are not."""
    key = kept.api_key(connection, lender_id, key_id)
    account = kept.account_by_id(connection, lender_id, key.user_id) if key else None
    allow(user, Act.USE_API_KEYS if account and account.login == user.id else Act.MANAGE_ACCOUNTS, lender_id)
    if key is None or account is None:
        raise NotFound(f"There is no API key {key_id}.")
    return key, account


def _add(connection: Connection, account: Account, new: NewApiKey) -> MadeApiKey:
    prefix = f"{KEY_PREFIX}{secrets.token_hex(4)}"
    text = f"{prefix}_{secrets.token_urlsafe(32)}"
    values: dict[str, object] = {
        "name": new.name,
        "prefix": prefix,
        "key_hash": hashlib.sha256(text.encode()).digest(),
        "scopes": sorted(new.scopes),
        "expires_at": datetime.now(UTC) + timedelta(days=new.days),
    }
    return MadeApiKey(kept.add_api_key(connection, account.lender_id, account.id, values), text)
