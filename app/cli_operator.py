"""What the operator's commands share: the store opened, who runs them, and how they speak.

Whoever can read the data folder and the key file may run them: they act as administrator and auditor, and the trail says who it was.
"""

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.domain import Role, User
from app.errors import SetupError
from app.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

T = TypeVar("T")
Lender = Annotated[str | None, typer.Option("--lender", help="The lender; by default LOANLENS_LENDER_ID.")]


@contextmanager
def open_store() -> "Iterator[Engine]":
    """Give the database of these settings."""
    from sqlalchemy.exc import OperationalError

    from app.database import open_database

    database = open_database(settings())
    try:
        yield database
    except OperationalError as error:
        why = str(error.orig).strip().splitlines()[-1]
        raise SetupError(f"The database does not answer any more: {why}. Run this again when it is up.") from error
    finally:
        database.dispose()


def operator_of(lender: str | None) -> User:
    """Return who runs this command: whoever can read the data folder is administrator and auditor of every lender in it."""
    roles = frozenset((Role.ADMINISTRATOR, Role.AUDITOR))
    return User(f"operator:{getpass.getuser()}", lender or settings().lender_id, roles)


def owner_of(lender: str | None) -> User:
    """Return who runs this command, as owner of the models of a lender whose data folder they can read."""
    who = operator_of(lender)
    return User(who.id, who.lender_id, frozenset((Role.MODEL_OWNER,)))


def as_operator(lender: str | None, act: "Callable[[Connection, User], T]") -> T:
    """Do something in one transaction."""
    with open_store() as database, database.begin() as connection:
        return act(connection, operator_of(lender))


@contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on stderr, and give the function that moves it to (done, of all)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def say(text: str) -> None:
    """Say something to the person at the terminal: on stderr, so that stdout holds results only."""
    Console(stderr=True, soft_wrap=True).print(text, highlight=False, markup=False)
