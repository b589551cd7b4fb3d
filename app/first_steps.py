"""What a fresh installation needs before somebody can work: a first administrator, and sample applications for who only looks."""

import secrets
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine

from app.access import accounts
from app.access.accounts import NewAccount
from app.blobs.storage import open_blobs
from app.domain import Role, User
from app.intake import Package, receive
from app.reading.package import expand
from app.settings import PROJECT, Settings
from app.store.applications import add_lender
from app.store.rows import NewApplication

_SAMPLES = PROJECT / "data_samples" / "applications"


def first_accounts(database: Engine, operator: User, sample: bool = False) -> list[tuple[str, str]]:
    """Add an administrator where the lender has no account (and an analyst for samples); return (login, one-time password) of each."""
    wanted = {"admin": frozenset((Role.ADMINISTRATOR, Role.AUDITOR))}
    if sample:
        wanted["analyst"] = frozenset((Role.ANALYST, Role.CREDIT_OFFICER))
    made = []
    with database.begin() as connection:
        add_lender(connection, operator.lender_id, operator.lender_id)
        if accounts.list_accounts(connection, operator, operator.lender_id):
            return []
        for login, roles in wanted.items():
            password = secrets.token_urlsafe(12)
            accounts.add_account(connection, operator, operator.lender_id, NewAccount(login, login.capitalize(), roles, password))
            made.append((login, password))
    return made


def send_samples(database: Engine, operator: User, settings: Settings, folder: Path = _SAMPLES) -> int:
    """Send each folder of sample applications; those sent before are not sent again. Return how many there are."""
    sender = replace(operator, roles=frozenset((Role.ANALYST,)))
    blobs, found = open_blobs(settings), sorted(each for each in folder.iterdir() if each.is_dir())
    for number, each in enumerate(found):
        with TemporaryDirectory(prefix="loanlens-") as unpacked, ExitStack() as opened, database.begin() as connection:
            sources = expand([each / "files" if (each / "files").is_dir() else each], settings, Path(unpacked) / str(number))
            named = [(s.name.removeprefix("files/"), s) for s in sources]
            files = [(name, opened.enter_context(s.path.open("rb")), s.reason) for name, s in named]
            receive(connection, blobs, sender, Package(NewApplication(f"sample-{each.name}"), files))
    return len(found)
