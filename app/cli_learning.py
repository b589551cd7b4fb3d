"""The commands of the learning loop at work: one turn of it by hand, what came of the last ones, and canaries."""

import logging
from typing import Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from app.cli_operator import Lender, open_store, owner_of, say
from app.settings import settings

canary_app = typer.Typer(no_args_is_help=True, help="Have the challenger of the extractor or the reasoner serve a small share, watched.")

_Why = Annotated[str, typer.Option(help="The reason, as it shall stand in the record.")]
_Kind = Annotated[str, typer.Argument(metavar="MODEL", help="extractor or reasoner.")]


def retrain(
    context: typer.Context,
    now: Annotated[bool, typer.Option("--now", help="Build a version of all that was judged, retrain, compare with the champion.")] = False,
    model: Annotated[str, typer.Option("--model", help="With --now: which model.")] = "extractor",
    lender: Lender = None,
    supervised: Annotated[bool, typer.Option("--supervised", hidden=True)] = False,
) -> None:
    """Retrain a model in service: a challenger comes of it, and the champion serves on.

    `--now` does at once what `loanlens up` does on the schedule (LOANLENS_RETRAIN_CRON), after enough corrections
    (LOANLENS_RETRAIN_CORRECTIONS) and on drift. Stop it any time: the same command goes on from the last checkpoint.
    `loanlens retrain MODEL --dataset HASH` trains from one dataset version and compares nothing.
    """
    if context.invoked_subcommand is not None:
        return
    if not now:
        say(context.get_help())
        raise typer.Exit(2)
    from app.blobs.storage import open_blobs
    from app.supervisor import stop_with_parent
    from training.retraining import Place, run

    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)])
    if supervised:
        stop_with_parent()
    with open_store() as database:
        done = run(Place(database, open_blobs(settings()), settings()), owner_of(lender), model, say)
    say(f"Retraining {done.id}, {done.outcome}: {done.said}")
    if "file" in done.report:
        say(f"The report: {done.report['file']} (report.html beside it). To let it serve: `loanlens models promote` this file.")
    raise typer.Exit(0 if done.outcome in ("trained", "promoted") else 1)


def list_retrainings(lender: Lender = None) -> None:
    """List the last retrainings: why, what came of each, and when the next is due by the schedule."""
    from datetime import UTC, datetime

    from app import retraining

    table = Table("number", "asked for", "model", "because of", "outcome", "challenger", "what it says")
    with open_store() as database, database.connect() as connection:
        for each in retraining.list_retrainings(connection, owner_of(lender)):
            outcome = each.outcome or "under way"
            began = f"{each.created_at:%Y-%m-%d %H:%M}"
            table.add_row(str(each.id), began, each.name, each.cause, outcome, each.version or "", each.said or "")
    Console().print(table)
    after = retraining.next_run(settings(), datetime.now(UTC))
    say(f"Next by the schedule: {after:%Y-%m-%d %H:%M} UTC." if after else "There is no schedule (LOANLENS_RETRAIN_CRON is empty).")


@canary_app.command("start")
def start(
    name: _Kind,
    why: _Why,
    share: Annotated[float | None, typer.Option(help="Share of the applications; default: LOANLENS_CANARY_SHARE.")] = None,
    lender: Lender = None,
) -> None:
    """Have the challenger serve a share of the applications. It stops by itself where corrections or time are worse than the champion's."""
    from app import canary

    with open_store() as database, database.begin() as connection:
        began = canary.start(connection, owner_of(lender), settings(), name, (share, why))
    say(f"{began.name} {began.version} serves {began.share:.0%} of the applications from the next job on.")


@canary_app.command("stop")
def stop(name: _Kind, why: _Why, lender: Lender = None) -> None:
    """End the canary: the champion serves everybody from the next job on."""
    from app import canary

    with open_store() as database, database.begin() as connection:
        ended = canary.stop(connection, owner_of(lender), name, why)
    say(f"The champion serves instead of {ended.name} {ended.version} from the next job on.")


@canary_app.command("show")
def show(lender: Lender = None) -> None:
    """Show the canaries, newest first, and the figures of those that run beside the champion's."""
    from app import canary

    table = Table("model", "version", "share", "since", "until", "why", "figures")
    with open_store() as database, database.connect() as connection:
        for each in canary.show(connection, owner_of(lender), settings()):
            of = each.canary
            until = f"{of.stopped_at:%Y-%m-%d %H:%M} {of.stopped_by}" if of.stopped_at else "serves"
            told = "\n".join(map(str, each.figures)) or of.stopped_why or "too few applications yet"
            table.add_row(of.name, of.version, f"{of.share:.0%}", f"{of.created_at:%Y-%m-%d %H:%M}", until, of.why, told)
    Console().print(table)
