"""Signing in: a password, a session, an API key or an identity provider's token becomes a user, or NotSignedIn says why not.

Wrong passwords are counted and lock the account for a while; nobody is told which of login, password or lock it was.
"""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine

from app import audit
from app.access import passwords
from app.access.oidc import Provider, user_of
from app.domain import User
from app.errors import NotSignedIn, UsageError
from app.settings import Settings
from app.store import accounts as kept
from app.store.accounts import Account

_TOUCH = timedelta(minutes=1)  # how exactly the last use is kept
_REFUSED = "Login or password is wrong, or the account is locked or expired. After several wrong passwords it stays locked for a while."


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A user and the session's token: it goes to the browser and is kept nowhere else."""

    user: User
    token: str


def sign_in(database: Engine, settings: Settings, login: str, password: str) -> SignedIn:
    """Begin a session by login and password. Raise NotSignedIn, which does not say whether the account exists."""
    with database.begin() as connection:
        kept.end_old_sessions(connection, datetime.now(UTC) - timedelta(hours=settings.session_hours))
        account = _checked(connection, settings, login, password)
        signed_in = account if isinstance(account, str) else _begin(connection, account, "password")
    if isinstance(signed_in, str):  # raised only now: the wrong password stays counted
        raise NotSignedIn(signed_in)
    return signed_in


def change_password(database: Engine, settings: Settings, login: str, old: str, new: str) -> None:
    """Change one's own password, expired or not; ends the user's sessions."""
    passwords.check(new, login)
    if new == old:
        raise UsageError("The new password is the old one: choose another.")
    with database.begin() as connection:
        account = _checked(connection, settings, login, old, expired=True)
        if isinstance(account, Account):
            changed: dict[str, object] = {"password_hash": passwords.hashed(new), "password_set_at": datetime.now(UTC)}
            kept.change_account(connection, account.lender_id, account.id, changed)
            kept.end_sessions(connection, account.lender_id, account.id)
            audit.record(connection, _user(account), "change_password", f"account {login}")
    if isinstance(account, str):
        raise NotSignedIn(account)


def sign_in_by_token(database: Engine, provider: Provider, token: str) -> SignedIn:
    """Begin a session by an identity provider's token; the account it belongs to gets the roles that its claims give."""
    claimed = user_of(token, provider)
    with database.begin() as connection:
        if not kept.has_lender(connection, claimed.lender_id):
            raise NotSignedIn(f"The token is for the lender {claimed.lender_id}, which is not known here.")
        subject = claimed.id.removeprefix("oidc:")
        kept.add_account(connection, claimed.lender_id, claimed.id, {"name": subject, "subject": subject})
        account = kept.account(connection, claimed.lender_id, claimed.id)
        if account is None or not _is_open(account):
            raise NotSignedIn(_REFUSED)
        kept.change_account(connection, account.lender_id, account.id, {"roles": sorted(claimed.roles)})
        return _begin(connection, replace(account, roles=claimed.roles), "token")


def user_of_session(database: Engine, settings: Settings, token: str) -> User:
    """Return whose session this is, with the roles held now. Raise NotSignedIn once it is over."""
    now, token_hash = datetime.now(UTC), _hash(token)
    with database.begin() as connection:
        session = kept.session(connection, token_hash)
        if (
            session is None
            or now >= session.created_at + timedelta(hours=settings.session_hours)
            or now >= session.last_used_at + timedelta(minutes=settings.session_idle_minutes)
        ):
            raise NotSignedIn("The session is over: sign in again.")
        account = kept.account_by_id(connection, session.lender_id, session.user_id)
        if account is None or not _is_open(account):
            raise NotSignedIn("The session is over: sign in again.")
        if now >= session.last_used_at + _TOUCH:
            kept.touch_session(connection, token_hash, now)
        return _user(account)


def sign_out(database: Engine, token: str) -> None:
    """End a session."""
    with database.begin() as connection:
        kept.end_session(connection, _hash(token))


def user_of_api_key(database: Engine, text: str) -> User:
    """Return whom an API key speaks for, limited to its scopes. Raise NotSignedIn once it holds no longer."""
    now = datetime.now(UTC)
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        found = kept.api_key_by_hash(connection, _hash(text))
        if found is None or found[0].revoked_at or now >= found[0].expires_at or not _is_open(found[1]):
            raise NotSignedIn("The API key is not known, was revoked, or has expired: make a new one.")
        key, account = found
        if key.last_used_at is None or now >= key.last_used_at + _TOUCH:
            kept.change_api_key(connection, key.lender_id, key.id, {"last_used_at": now})
        return replace(_user(account), scopes=key.scopes)


def user_of_token(database: Engine, provider: Provider, token: str) -> User:
    """Return whom an identity provider's token speaks for, without a session. An account that is locked here stays locked."""
    claimed = user_of(token, provider)
    with database.connect() as connection:
        if not kept.has_lender(connection, claimed.lender_id):
            raise NotSignedIn(f"The token is for the lender {claimed.lender_id}, which is not known here.")
        account = kept.account_called(connection, claimed.lender_id, claimed.id)
    if account is None:
        return claimed
    if not _is_open(account):
        raise NotSignedIn(_REFUSED)
    return replace(claimed, approval_limit=account.approval_limit)


def _checked(connection: Connection, settings: Settings, login: str, password: str, expired: bool = False) -> Account | str:
    """Return the account if the password is its own, else why not; counts wrong ones. `expired`: an old password will do."""
    now, window = datetime.now(UTC), timedelta(minutes=settings.lock_out_minutes)
    account = kept.account(connection, settings.lender_id, login)
    is_locked = account is not None and account.locked_until is not None and now < account.locked_until
    fits = passwords.fits(password, account.password_hash if account and not is_locked else None)
    if account is None or is_locked:
        return _REFUSED
    if not fits:
        _count_failure(connection, account, settings.sign_in_failures, window)
        return _REFUSED
    if not _is_open(account):
        return _REFUSED
    if not expired and _has_expired(account, settings.password_days):
        return "The password has expired: change it, then sign in."
    cleared: dict[str, object] = {"failed_logins": 0, "failing_since": None, "locked_until": None}
    if account.password_hash and passwords.is_outdated(account.password_hash):
        cleared["password_hash"] = passwords.hashed(password)
    kept.change_account(connection, account.lender_id, account.id, cleared)
    return account


def _count_failure(connection: Connection, account: Account, most: int, window: timedelta) -> None:
    now = datetime.now(UTC)
    since = account.failing_since
    begins = since is None or now >= since + window
    failures = 1 if begins else account.failed_logins + 1
    changed: dict[str, object] = {"failed_logins": failures, "failing_since": now if begins else since}
    if failures >= most:
        changed |= {"locked_until": now + window, "failed_logins": 0, "failing_since": None}
        audit.record(connection, _user(account), "lock_out", f"account {account.login}", {"failures": failures})
    kept.change_account(connection, account.lender_id, account.id, changed)


def _begin(connection: Connection, account: Account, way: str) -> SignedIn:
    token = secrets.token_urlsafe(32)
    kept.add_session(connection, account.lender_id, account.id, _hash(token))
    audit.record(connection, _user(account), "sign_in", f"account {account.login}", {"by": way})
    return SignedIn(_user(account), token)


def _is_open(account: Account) -> bool:
    return account.disabled_at is None and (account.expires_at is None or datetime.now(UTC) < account.expires_at)


def _has_expired(account: Account, days: int) -> bool:
    set_at = account.password_set_at
    return set_at is None or (days > 0 and datetime.now(UTC) >= set_at + timedelta(days=days))


def _user(account: Account) -> User:
    return User(account.login, account.lender_id, account.roles, account.approval_limit)


def _hash(token: str) -> bytes:
    """Return what is kept of a token or key: they are random and long, so that a plain hash tells nothing."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
