"""The operator's commands for access: accounts, API keys, the audit trail.

Secrets are typed at a prompt or read from a file, never given as arguments, and never printed but a new API key, once.
"""

import sys
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli_operator import Lender, as_operator, open_store, operator_of, say
from app.domain import Role
from app.errors import UsageError
from app.settings import settings

if TYPE_CHECKING:
    from app.access.api_keys import MadeApiKey
    from app.store.accounts import Account

access_app = typer.Typer(no_args_is_help=True)
users_app = typer.Typer(no_args_is_help=True, help="Add, list, lock and unlock accounts.")
api_keys_app = typer.Typer(no_args_is_help=True, help="Make, list, rotate and revoke API keys.")
audit_app = typer.Typer(no_args_is_help=True, help="Verify the audit trail, export its head.")
access_app.add_typer(users_app, name="users")
access_app.add_typer(api_keys_app, name="api-keys")
access_app.add_typer(audit_app, name="audit")

_Login = Annotated[str, typer.Argument(help="The account's login.")]
_PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", help="Read the password from this file's first line (- for stdin) instead of asking.")
]
_Days = Annotated[int | None, typer.Option("--days", help="How long the key holds; by default LOANLENS_API_KEY_DAYS.")]


# -- accounts ----------------------------------------------------------------------------------------------------------


@users_app.command("add")
def add_user(
    login: _Login,
    role: Annotated[list[str], typer.Option("--role", help="analyst, credit_officer, model_owner, administrator or auditor; repeatable.")],
    name: Annotated[str | None, typer.Option(help="The person's or system's name; by default the login.")] = None,
    approval_limit: Annotated[str, typer.Option(help="Total exposure up to which this user approves alone.")] = "0",
    expires: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which the account ends.")] = None,
    no_password: Annotated[bool, typer.Option("--no-password", help="For API keys or sign-in by identity provider.")] = False,
    password_file: _PasswordFile = None,
    lender: Lender = None,
) -> None:
    """Add an account. Its user must change the password at the first sign-in."""
    from app.access.accounts import NewAccount, add_account
    from app.store.applications import add_lender

    roles, limit = _roles(role), _amount(approval_limit)
    password = None if no_password else _password(password_file, f"First password of {login}")
    ends = expires.replace(tzinfo=UTC) if expires else None
    with open_store() as database, database.begin() as connection:
        operator = operator_of(lender)
        add_lender(connection, operator.lender_id, operator.lender_id)
        add_account(connection, operator, operator.lender_id, NewAccount(login, name or login, roles, password, limit, ends))
    say(f"Added {login}.")


@users_app.command("list")
def list_users(lender: Lender = None) -> None:
    """List the accounts with their roles and states."""
    from app.access.accounts import list_accounts

    with open_store() as database, database.connect() as connection:
        found = list_accounts(connection, operator_of(lender), operator_of(lender).lender_id)
    table = Table("login", "name", "roles", "approves up to", "state")
    for each in found:
        table.add_row(each.login, each.name, ", ".join(sorted(each.roles)), f"{each.approval_limit:,}", _state(each))
    Console().print(table)


@users_app.command("lock")
def lock_user(login: _Login, lender: Lender = None) -> None:
    """Keep an account from signing in; its sessions end and its API keys no longer hold."""
    from app.access.accounts import lock_account

    as_operator(lender, lambda connection, operator: lock_account(connection, operator, operator.lender_id, login))
    say(f"Locked {login}.")


@users_app.command("unlock")
def unlock_user(login: _Login, lender: Lender = None) -> None:
    """Let a locked account sign in again, whoever or whatever locked it."""
    from app.access.accounts import unlock_account

    as_operator(lender, lambda connection, operator: unlock_account(connection, operator, operator.lender_id, login))
    say(f"Unlocked {login}.")


@users_app.command("password")
def set_user_password(login: _Login, password_file: _PasswordFile = None, lender: Lender = None) -> None:
    """Set a new password, to be changed at the next sign-in; the account's sessions end."""
    from app.access.accounts import set_password

    password = _password(password_file, f"New password of {login}")
    as_operator(lender, lambda connection, operator: set_password(connection, operator, operator.lender_id, login, password))
    say(f"The password of {login} was set.")


@users_app.command("own-password")
def change_own_password(login: _Login) -> None:
    """Change one's own password, from the old to a new one: the way in after a first or an expired password."""
    from app.access.sign_in import change_password

    old = typer.prompt("Old password", hide_input=True)
    new = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
    with open_store() as database:
        change_password(database, settings(), login, old, new)
    say("The password was changed.")


@users_app.command("roles")
def set_user_roles(
    login: _Login,
    role: Annotated[list[str], typer.Option("--role", help="A role that it has from now on; may be repeated.")],
    lender: Lender = None,
) -> None:
    """Give an account other roles; they hold at once."""
    from app.access.accounts import set_roles

    roles = _roles(role)
    as_operator(lender, lambda connection, operator: set_roles(connection, operator, operator.lender_id, login, roles))
    say(f"{login} is {', '.join(sorted(roles))}.")


@users_app.command("approval-limit")
def set_user_limit(login: _Login, limit: Annotated[str, typer.Argument(help="An amount, 0 or more.")], lender: Lender = None) -> None:
    """Set the total exposure up to which an account's user approves alone."""
    from app.access.accounts import set_approval_limit

    amount = _amount(limit)
    as_operator(lender, lambda connection, operator: set_approval_limit(connection, operator, operator.lender_id, login, amount))
    say(f"{login} approves up to {amount:,}.")


# -- API keys ----------------------------------------------------------------------------------------------------------


@api_keys_app.command("make")
def make_key(
    login: _Login,
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do, as submit_application; may be repeated.")],
    days: _Days = None,
    lender: Lender = None,
) -> None:
    """Make an API key for an account and print it: the only time that it is shown."""
    from app.access.api_keys import NewApiKey, make_api_key, scopes_of

    new = NewApiKey(login, name, scopes_of(scope), days or settings().api_key_days)
    _show_key(as_operator(lender, lambda connection, operator: make_api_key(connection, operator, operator.lender_id, new)))


@api_keys_app.command("list")
def list_keys(lender: Lender = None) -> None:
    """List the API keys, without the keys themselves."""
    from app.access.api_keys import list_api_keys

    table = Table("id", "begins with", "for", "scopes", "holds until", "last used")
    for each in as_operator(lender, lambda connection, operator: list_api_keys(connection, operator, operator.lender_id)):
        ends = "revoked" if each.revoked_at else f"{each.expires_at:%Y-%m-%d %H:%M}"
        used = f"{each.last_used_at:%Y-%m-%d %H:%M}" if each.last_used_at else "never"
        table.add_row(str(each.id), each.prefix, each.name, ", ".join(sorted(each.scopes)), ends, used)
    Console().print(table)


@api_keys_app.command("rotate")
def rotate_key(id: Annotated[int, typer.Argument(help="The key's id.")], days: _Days = None, lender: Lender = None) -> None:
    """Make a new key in place of an old one, which holds for one more day, and print it."""
    from app.access.api_keys import rotate_api_key

    holds = days or settings().api_key_days
    _show_key(as_operator(lender, lambda connection, operator: rotate_api_key(connection, operator, operator.lender_id, id, holds)))


@api_keys_app.command("revoke")
def revoke_key(id: Annotated[int, typer.Argument(help="The key's id.")], lender: Lender = None) -> None:
    """End an API key at once."""
    from app.access.api_keys import revoke_api_key

    as_operator(lender, lambda connection, operator: revoke_api_key(connection, operator, operator.lender_id, id))
    say(f"API key {id} was revoked.")


# -- the audit trail ---------------------------------------------------------------------------------------------------


@audit_app.command("verify")
def verify_audit(
    head: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A head exported earlier: finds a trail made anew, too.")
    ] = None,
    lender: Lender = None,
) -> None:
    """Go through the audit trail and say what was edited, deleted, reordered or cut off. Exit status 1 where anything was."""
    from app import audit

    kept = audit.read_head(head) if head else None
    verdict = as_operator(lender, lambda connection, operator: audit.verify(connection, operator, operator.lender_id, kept))
    for fault in verdict.faults:
        say(fault)
    if verdict.faults:
        say("The audit trail was changed. Keep the database as it is and compare it with a backup.")
        raise typer.Exit(1)
    against = f", and continues the head exported at entry {kept.number}" if kept else ""
    say(f"The audit trail holds: {verdict.entries} entries{against}.")


@audit_app.command("export-head")
def export_audit_head(file: Annotated[Path, typer.Argument(help="Where to write it.")], lender: Lender = None) -> None:
    """Write the newest entry's number and hash to a file, to be kept where the database's administrator cannot change it."""
    from app import audit

    exported = as_operator(lender, lambda connection, operator: audit.export_head(connection, operator, operator.lender_id))
    audit.write_head(exported, file)
    say(f"The head, entry {exported.number}, is in {file}.")


# -- what is typed and shown -------------------------------------------------------------------------------------------


def _password(file: Path | None, prompt: str) -> str:
    if file is None:
        return str(typer.prompt(prompt, hide_input=True, confirmation_prompt=True))
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The password file {file} cannot be read: {error}.") from error
    return text.splitlines()[0] if text else ""


def _roles(names: list[str]) -> frozenset[Role]:
    from app.access.roles import PERSON_ROLES

    if unknown := [name for name in names if name not in set(PERSON_ROLES)]:
        raise UsageError(f"There is no role {unknown[0]}; there are {', '.join(PERSON_ROLES)}.")
    return frozenset(Role(name) for name in names)


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise UsageError(f"{text} is no amount.") from error


def _state(account: "Account") -> str:
    now = datetime.now(UTC)
    if account.disabled_at:
        return "locked"
    if account.expires_at and account.expires_at <= now:
        return "expired"
    return f"locked until {account.locked_until:%H:%M} UTC" if account.locked_until and account.locked_until > now else "open"


def _show_key(made: "MadeApiKey") -> None:
    say(f"API key {made.key.id}, until {made.key.expires_at:%Y-%m-%d}. It is shown this once:")
    print(made.text)
