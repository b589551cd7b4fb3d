"""Accounts: added, changed, locked and unlocked by administrators, each act in the audit trail."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import Connection

from app import audit
from app.access import passwords
from app.access.roles import PERSON_ROLES, Act, allow
from app.domain import Role, User
from app.errors import UsageError
from app.store import accounts as kept
from app.store.accounts import Account

_LONGEST_LOGIN = 100


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an administrator says of an account. Without a password its user signs in by the identity provider only."""

    login: str
    name: str
    roles: frozenset[Role]
    password: str | None = None
    approval_limit: Decimal = Decimal(0)
    expires_at: datetime | None = None


def add_account(connection: Connection, user: User, lender_id: str, new: NewAccount) -> Account:
    """Add an account. Its password must be changed at the first sign-in, for two people know it."""
    allow(user, Act.MANAGE_ACCOUNTS, lender_id)
    _check_login(new.login)
    _check_roles(new.roles)
    if new.password is not None:
        passwords.check(new.password, new.login)
    values: dict[str, object] = {
        "name": new.name,
        "roles": sorted(new.roles),
        "approval_limit": _limit(new.approval_limit),
        "expires_at": new.expires_at,
        "password_hash": None if new.password is None else passwords.hashed(new.password),
    }
    if not kept.add_account(connection, lender_id, new.login, values):
        raise UsageError(f"There is an account {new.login}: choose another login.")
    detail = {"roles": sorted(new.roles), "approval_limit": new.approval_limit, "expires_at": new.expires_at}
    audit.record(connection, user, "add_account", _subject(new.login), detail)
    return _existing(connection, lender_id, new.login)


def list_accounts(connection: Connection, user: User, lender_id: str) -> list[Account]:
    """Return all accounts of a lender."""
    allow(user, Act.READ_ACCOUNTS, lender_id)
    return kept.accounts(connection, lender_id)


def set_roles(connection: Connection, user: User, lender_id: str, login: str, roles: frozenset[Role]) -> None:
    """Give an account other roles; they hold from the next thing that its user does."""
    allow(user, Act.MANAGE_ACCOUNTS, lender_id)
    _check_roles(roles)
    account = _existing(connection, lender_id, login)
    kept.change_account(connection, lender_id, account.id, {"roles": sorted(roles)})
    audit.record(connection, user, "set_roles", _subject(login), {"before": sorted(account.roles), "after": sorted(roles)})


def set_approval_limit(connection: Connection, user: User, lender_id: str, login: str, limit: Decimal) -> None:
    """Set the total exposure up to which an account's user approves alone."""
    allow(user, Act.MANAGE_ACCOUNTS, lender_id)
    account = _existing(connection, lender_id, login)
    kept.change_account(connection, lender_id, account.id, {"approval_limit": _limit(limit)})
    audit.record(connection, user, "set_approval_limit", _subject(login), {"before": account.approval_limit, "after": limit})


def lock_account(connection: Connection, user: User, lender_id: str, login: str) -> None:
    """Keep an account from signing in until it is unlocked, and end its sessions; its API keys hold no longer."""
    allow(user, Act.MANAGE_ACCOUNTS, lender_id)
    account = _existing(connection, lender_id, login)
    kept.change_account(connection, lender_id, account.id, {"disabled_at": account.disabled_at or datetime.now(UTC)})
    kept.end_sessions(connection, lender_id, account.id)
    audit.record(connection, user, "lock_account", _subject(login))


def unlock_account(connection: Connection, user: User, lender_id: str, login: str) -> None:
    """Let a locked account sign in again, whether a person or too many wrong passwords locked it."""
    allow(user, Act.MANAGE_ACCOUNTS, lender_id)
    account = _existing(connection, lender_id, login)
    cleared: dict[str, object] = {"disabled_at": None, "locked_until": None, "failed_logins": 0, "failing_since": None}
    kept.change_account(connection, lender_id, account.id, cleared)
    audit.record(connection, user, "unlock_account", _subject(login))


def set_password(connection: Connection, user: User, lender_id: str, login: str, password: str) -> None:
    """Give an account a password that must be changed at the next sign-in, and end its sessions."""
    allow(user, Act.MANAGE_ACCOUNTS, lender_id)
    passwords.check(password, login)
    account = _existing(connection, lender_id, login)
    changed: dict[str, object] = {"password_hash": passwords.hashed(password), "password_set_at": None}
    kept.change_account(connection, lender_id, account.id, changed)
    kept.end_sessions(connection, lender_id, account.id)
    audit.record(connection, user, "set_password", _subject(login))


def _existing(connection: Connection, lender_id: str, login: str) -> Account:
    account = kept.account(connection, lender_id, login)
    if account is None:
        raise UsageError(f"There is no account {login}.")
    return account


def _subject(login: str) -> str:
    return f"account {login}"


def _check_login(login: str) -> None:
    if not login or len(login) > _LONGEST_LOGIN or login != login.strip() or not login.isprintable() or ":" in login:
        raise UsageError(f"{login!r} is no login: use letters without spaces around them and without a colon, {_LONGEST_LOGIN} at most.")


def _check_roles(roles: frozenset[Role]) -> None:
    if not roles or not roles <= set(PERSON_ROLES):
        raise UsageError(f"An account has one or more of the roles {', '.join(PERSON_ROLES)}.")


def _limit(limit: Decimal) -> Decimal:
    if not limit.is_finite() or limit < 0:
        raise UsageError("An approval limit is an amount, 0 or more.")
    return limit
