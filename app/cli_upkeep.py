"""The operator's commands for upkeep: sealing keys, retention and legal holds, backup and restore."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli_operator import Lender, as_operator, open_store, operator_of, progress_bar, say
from app.domain import User
from app.errors import UsageError
from app.settings import settings

if TYPE_CHECKING:
    from sqlalchemy import Connection

upkeep_app = typer.Typer(no_args_is_help=True)
keys_app = typer.Typer(no_args_is_help=True, help="The keys that uploaded files are sealed with.")
holds_app = typer.Typer(no_args_is_help=True, help="Legal holds: what they are on is never purged.")
upkeep_app.add_typer(keys_app, name="keys")
upkeep_app.add_typer(holds_app, name="holds")

# -- sealing keys ------------------------------------------------------------------------------------------------------


@keys_app.command("list")
def list_sealing_keys() -> None:
    """List the key ids of the key file, and how many stored files each has sealed. Keep a copy of the file elsewhere."""
    from app.blobs.storage import open_blobs

    blobs = open_blobs(settings())
    ring, used = blobs.keys.ring(), Counter(blobs.key_of(*name) for name in blobs.names())
    table = Table("key", "sealed files", "", title=str(blobs.keys.path))
    for key in ring.keys:
        table.add_row(key.id, str(used[key.id]), "seals new files" if key == ring.current else "")
    Console().print(table)


@keys_app.command("rotate")
def rotate_sealing_key() -> None:
    """Make a new key and seal every stored file anew with it. Stop it any time: the same command goes on."""
    from app.blobs.storage import open_blobs

    blobs = open_blobs(settings())
    with progress_bar("sealing anew") as progress:
        done, faults = blobs.rotate(progress)
    detail: dict[str, object] = {"sealed": done, "faults": len(faults)}
    as_operator(None, lambda connection, operator: _record(connection, operator, "rotate_sealing_key", detail))
    for fault in faults:
        say(fault)
    if faults:
        raise typer.Exit(1)
    say(f"{done} files were sealed anew with key {blobs.keys.ring().current.id}. Copy {blobs.keys.path} to where you keep it.")


@keys_app.command("retire")
def retire_sealing_key(id: Annotated[str, typer.Argument(help="The key's id.")]) -> None:
    """Remove an older key that no stored file needs. Backups that were made with it can no longer be restored."""
    from app.blobs.storage import open_blobs

    blobs = open_blobs(settings())
    if needing := sum(blobs.key_of(*name) == id for name in blobs.names()):
        raise UsageError(f"{needing} stored files need key {id}: loanlens keys rotate seals them anew.")
    typer.confirm(f"Remove key {id} for good? Backups sealed with it can then not be restored.", abort=True)
    blobs.keys.drop(id)
    as_operator(None, lambda connection, operator: _record(connection, operator, "retire_sealing_key", {"key": id}))
    say(f"Key {id} was removed.")


# -- retention ---------------------------------------------------------------------------------------------------------


@upkeep_app.command("purge")
def purge_command(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would go.")] = False,
    lender: Lender = None,
) -> None:
    """Remove the applications past their retention (policy: values, retention), with their files. An audit entry stays."""
    from app import retention
    from app.blobs.storage import open_blobs
    from rules import policy

    operator, months = operator_of(lender), retention.months(policy.load())
    with open_store() as database:
        with database.connect() as connection:
            due = retention.list_due(connection, operator, operator.lender_id, months)
        if dry_run:
            table = Table("application", "reference", "closed", "", title=f"past {months} months")
            for each in due:
                table.add_row(str(each.id), each.reference, f"{each.closed_at:%Y-%m-%d}", "stays: legal hold" if each.on_hold else "goes")
            Console().print(table)
            return
        done = retention.purge(database, open_blobs(settings()), operator, operator.lender_id, months)
    waiting = f"; {done.waiting} files wait, because files are being stored or backed up: purge again later" if done.waiting else ""
    say(f"Removed {done.applications} applications and {done.files} files{waiting}.")


@holds_app.command("place")
def place_hold(
    application: Annotated[int, typer.Argument(help="The application's number.")],
    why: Annotated[str, typer.Option(help="The reason, as it shall stand in the record.")],
    lender: Lender = None,
) -> None:
    """Keep an application beyond its retention."""
    from app import retention

    with open_store() as database, database.begin() as connection:
        operator = operator_of(lender)
        hold = retention.place_hold(connection, operator, operator.lender_id, application, why)
    say(f"Hold {hold} keeps application {application}.")


@holds_app.command("lift")
def lift_hold(hold: Annotated[int, typer.Argument(help="The hold's number.")], lender: Lender = None) -> None:
    """Lift a legal hold."""
    from app import retention

    as_operator(lender, lambda connection, operator: retention.lift_hold(connection, operator, operator.lender_id, hold))
    say(f"Hold {hold} was lifted.")


@holds_app.command("list")
def list_holds(lender: Lender = None) -> None:
    """List the legal holds."""
    from app import retention

    table = Table("hold", "application", "why", "placed by", "on")
    for each in as_operator(lender, lambda connection, operator: retention.list_holds(connection, operator, operator.lender_id)):
        table.add_row(str(each.id), str(each.application_id), each.why, each.placed_by, f"{each.placed_at:%Y-%m-%d}")
    Console().print(table)


# -- backup and restore ------------------------------------------------------------------------------------------------


@upkeep_app.command("backup")
def backup_command(place: Annotated[Path, typer.Argument(help="A new folder, or a new file named *.zip.")]) -> None:
    """Back up the database, the stored files and the versions of models as of one moment, while everything runs on.

    The key file is not in it, and nothing in it can be read without: keep a copy of the key file elsewhere.
    """
    from app.backup import Store, backup
    from app.blobs.storage import open_blobs

    with open_store() as database, progress_bar("files") as progress:
        manifest = backup(Store(database, open_blobs(settings()), settings().registry_dir), place, progress)
    for each in manifest.models_missing:
        say(f"{each} is not in it: its folder in {settings().registry_dir} is gone or was changed.")
    what = f"{manifest.rows['applications']} applications, {manifest.files} files and {manifest.models} versions of models"
    say(f"{place} holds {what}. It opens only with the key file.")


@upkeep_app.command("restore")
def restore_command(
    place: Annotated[Path, typer.Argument(exists=True, help="A backup: its folder or *.zip file.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a store that is not empty.")] = False,
) -> None:
    """Restore a backup into an empty store. The key file it was made with must be in its place; LoanLens must be stopped."""
    from app.backup import Store, restore
    from app.blobs.storage import open_blobs

    with open_store() as database, progress_bar("files") as progress:
        manifest = restore(Store(database, open_blobs(settings()), settings().registry_dir), place, overwrite, progress)
    say(f"Restored {manifest.rows['applications']} applications and {manifest.files} files as of {manifest.made_at}.")


def _record(connection: "Connection", operator: User, action: str, detail: dict[str, object]) -> None:
    from app import audit
    from app.store.applications import add_lender

    add_lender(connection, operator.lender_id, operator.lender_id)
    audit.record(connection, operator, action, "key file", detail)
