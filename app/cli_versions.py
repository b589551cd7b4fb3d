"""The commands about which version of a model serves: list, register, measure, compare, promote, roll back, history."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli_learning import canary_app
from app.cli_operator import Lender, open_store, owner_of, say
from app.settings import settings

versions_app = typer.Typer(no_args_is_help=True, help="Versions of models: which serves, who put it there, and the way back.")

versions_app.add_typer(canary_app, name="canary")

_Name = Annotated[str, typer.Argument(help="extractor, page_kind, confidence, ensemble or reasoner.")]
_Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The folder that the training wrote.")]
_Why = Annotated[str, typer.Option(help="The reason, as it shall stand in the record.")]
_LIMITS = Path("training/promote.yaml")
_PROBES = 8_000_009  # the seed of the applications on which a merged reasoner is compared


@versions_app.command("list")
def list_versions(lender: Lender = None) -> None:
    """List every model: the champion, the challenger, and all versions known."""
    from app import model_versions

    table = Table("model", "champion", "since", "put there by", "challenger", "versions")
    with open_store() as database, database.connect() as connection:
        standings = model_versions.list_models(connection, owner_of(lender))
        for each in standings:
            champion, challenger = each.champion, each.challenger
            since = f"{champion.created_at:%Y-%m-%d %H:%M}" if champion and champion.created_at else ""
            serving = champion.version if champion else "as installed"
            versions = ", ".join(version.version for version in each.versions)
            table.add_row(
                each.name, serving, since, champion.moved_by if champion else "", challenger.version if challenger else "", versions
            )
    Console().print(table)
    if advice := model_versions.refit_advice(standings, settings()):
        say(advice)


@versions_app.command("register")
def register(name: _Name, folder: _Folder, lender: Lender = None) -> None:
    """Keep a trained model as a version and make it the challenger."""
    from app import model_versions
    from app.store.applications import add_lender

    user = owner_of(lender)
    with open_store() as database, database.begin() as connection:
        add_lender(connection, user.lender_id, user.lender_id)
        version = model_versions.register(connection, user, settings(), name, folder)
    say(f"{name} {version.version} is the challenger (content {version.sha256[:16]}).")


@versions_app.command("measure")
def measure(
    folder: _Folder,
    out: Annotated[Path, typer.Option(help="JSON to write: every answer, with its time.")],
    seed: Annotated[int, typer.Option(help="The frozen set: invented statements of this seed, which no training uses.")] = 9_000_011,
    statements: Annotated[int, typer.Option(min=1, help="So many of them.")] = 200,
    dataset: Annotated[str | None, typer.Option(metavar="HASH", help="Also the pages of this dataset version that are to test by.")] = None,
    trained_on: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Hashes of the pages it learnt from, a line each; else what its training wrote."),
    ] = None,
) -> None:
    """Have an extractor answer the frozen sets, for the gates to compare: once the champion, once the challenger, alike."""
    from training.datasets import open_version
    from training.measure_extractor import FrozenSets, run_on
    from training.runs import write_run
    from training.seen import read_trained_on

    judged = open_version(settings().data_dir / "datasets", dataset) if dataset else None
    made = run_on(folder, FrozenSets(seed, statements, judged), settings().threads, read_trained_on(trained_on) if trained_on else None)
    write_run(made, out)
    right = sum(answer.right for answer in made.answers)
    say(f"{made.version.name} {made.version.version}: {right} of {len(made.answers)} rows right.")


@versions_app.command("scorecard")
def scorecard(
    run: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A version's answers: what `models measure` wrote.")],
    out: Annotated[Path | None, typer.Option(help="Folder for scorecard.html, with every error, and scorecard.json.")] = None,
    error: Annotated[float, typer.Option(min=1e-6, max=0.5, help="The error that is guaranteed for what is accepted.")] = 0.01,
    an_hour: Annotated[float, typer.Option(min=0, help="What an hour of the machine costs.")] = 0.1,
) -> None:
    """Print the fixed scorecard of a version: accuracy, F1 by label, confusion, calibration, coverage, latency, cost, every segment."""
    from training.runs import read_run
    from training.scorecard_page import write_scorecard
    from training.version_scorecard import scorecard as score

    made = read_run(run)
    card = score(made, error, an_hour)
    for line in card.lines():
        say(line)
    if out:
        say(f"{write_scorecard(made, card, out)} was written.")


@versions_app.command("compare")
def compare(
    champion: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The champion's answers.")],
    challenger: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The challenger's answers.")],
    out: Annotated[Path, typer.Option(help="Folder for report.json and report.html.")],
    limits: Annotated[Path, typer.Option(exists=True, help="What a challenger must reach.")] = _LIMITS,
    target: Annotated[str, typer.Option(help="The frozen set on which it must be better; default: as the limits say.")] = "",
) -> None:
    """Try every gate between a challenger and the champion's place. Exit status 1 where one does not open."""
    from training.promote import compare as try_gates
    from training.promote import read_limits, write_report
    from training.runs import read_run

    held = read_limits(limits)
    made = try_gates(read_run(champion), read_run(challenger), replace(held, target=target or held.target))
    table = Table("gate", "", "found")
    for gate in made.gates:
        table.add_row(gate.name, "open" if gate.passed else "closed", gate.says)
    Console().print(table)
    say(" and ".join(map(str, write_report(made, out))) + " were written.")
    raise typer.Exit(1 if made.failed else 0)


@versions_app.command("promote")
def promote(
    report: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The report.json of a comparison.")],
    why: _Why,
    override: Annotated[str, typer.Option(help="Why it serves although gates did not open.")] = "",
    lender: Lender = None,
) -> None:
    """Make the challenger of a report the champion. Jobs that run end with the models they began with."""
    from app import model_versions
    from app.store.applications import add_lender

    user, verdict = owner_of(lender), model_versions.read_verdict(report)
    with open_store() as database, database.begin() as connection:
        add_lender(connection, user.lender_id, user.lender_id)
        version = model_versions.promote(connection, user, settings(), model_versions.Promotion(verdict, why, override))
    say(f"{version.name} {version.version} serves from the next job on.")


@versions_app.command("rollback")
def rollback(name: _Name, why: _Why, lender: Lender = None) -> None:
    """Go back to the version that served before."""
    from app import model_versions

    with open_store() as database, database.begin() as connection:
        version = model_versions.roll_back(connection, owner_of(lender), settings(), name, why)
    say(f"{name} {version.version} serves again from the next job on.")


@versions_app.command("history")
def history(
    name: _Name,
    on: Annotated[datetime | None, typer.Option(help="Only which version served at this time (UTC).")] = None,
    lender: Lender = None,
) -> None:
    """Say which version served when, who put it there, and why."""
    from app import model_versions

    table = Table("since", "version", "put there by", "why")
    with open_store() as database, database.connect() as connection:
        if on is None:
            moves = model_versions.history(connection, owner_of(lender), name)
        else:
            then = model_versions.served_at(connection, owner_of(lender), name, on.replace(tzinfo=UTC))
            moves = (then,) if then else ()
    for move in moves:
        table.add_row(f"{move.created_at:%Y-%m-%d %H:%M:%S}" if move.created_at else "", move.version, move.moved_by, move.why)
    Console().print(table if moves else f"The installed {name} served: nobody had changed it.")


@versions_app.command("merge")
def merge(
    folder: _Folder,
    out: Annotated[Path, typer.Option(help="Folder to write: a Llama with its tokenizer.")],
    llama: Annotated[str | None, typer.Option(help="The Llama that the adapter was trained on; default: the one in service.")] = None,
) -> None:
    """Merge a reasoner's adapter into its Llama, for a server that knows no adapters. Kept only where both answer alike."""
    from models.adapters import load_shelf
    from training.reasoner_records import planted_records

    shelf = load_shelf(llama or settings().reasoner_llama, settings().cache_dir, settings().threads)
    largest = shelf.export(folder, out, [record.facts for record in planted_records(_PROBES, 20)])
    say(f"{out} was written; no probability differs from the unmerged one's by more than {largest:.6f}.")
