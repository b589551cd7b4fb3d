"""The commands of the learning loop's first half: dataset versions from what people judged, and retraining from one."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from app.cli_learning import list_retrainings, retrain
from app.cli_operator import Lender, open_store, operator_of, say
from app.domain import Role
from app.settings import settings

if TYPE_CHECKING:
    from training.datasets import Dataset, Filters

data_app = typer.Typer(no_args_is_help=True, help="Dataset versions: what people corrected and confirmed, to retrain from.")
retrain_app = typer.Typer()
retrain_app.callback(invoke_without_command=True)(retrain)
retrain_app.command("list")(list_retrainings)
_Version = Annotated[str, typer.Argument(metavar="HASH", help="A version's hash, or how it begins.")]
_Before = Annotated[str | None, typer.Option("--before", help="The version that drift is measured against; default: the one made before.")]


def _root() -> Path:
    return settings().data_dir / "datasets"


@data_app.command("build")
def build(
    until: Annotated[datetime | None, typer.Option(help="What was judged until then, UTC; default: now.")] = None,
    exclude: Annotated[list[int] | None, typer.Option(help="Leave this application out; repeatable.")] = None,
    least: Annotated[int, typer.Option(min=1, help="Learn no label that has fewer lines.")] = 1,
    like: Annotated[
        str | None, typer.Option(help="Make the version of this hash again, from its lineage; exit status 1 if it differs.")
    ] = None,
    lender: Lender = None,
) -> None:
    """Make a dataset version of the corrections, confirmed figures and audited figures of a lender, and print its hash."""
    from app import audit
    from app.access.roles import Act, machine
    from app.blobs.storage import open_blobs
    from training import datasets
    from training.corrections import reviewed

    old = datasets.open_version(_root(), like) if like else None
    own = lender or (str(old.lineage["lender"]) if old else settings().lender_id)
    filters = datasets.filters_of(old) if old else _filters(until, exclude, least)
    with open_store() as database, database.begin() as connection:
        found = reviewed(connection, machine(Role.WORKER, own), open_blobs(settings()), datetime.fromisoformat(filters.until))
        made = datasets.build(found, filters, own, _root())
        corrections = len(made.lineage["corrections"])
        audit.record(connection, operator_of(own), Act.READ_CORRECTIONS, f"dataset {made.hash}", {"corrections": corrections})
    print(made.hash)
    if old is not None and made.hash != old.hash:
        for line in datasets.difference(old, made):
            say(line)
        raise typer.Exit(1)


def _filters(until: datetime | None, exclude: list[int] | None, least: int) -> "Filters":
    from training.datasets import Filters

    at = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    return Filters(at.isoformat(), tuple(sorted(set(exclude or ()))), least)


@data_app.command("list")
def list_versions() -> None:
    """List the dataset versions, oldest first."""
    from training import datasets

    table = Table("hash", "made", "judged until", "corrections", "pages", "lines", "of the audit sample")
    for made in datasets.versions(_root()):
        told = datasets.summary(made)
        numbers = (told["corrections"], sum(told["pages"].values()), sum(told["lines"].values()), told["sources"].get("sample", 0))
        table.add_row(made.hash[:12], made.created, told["until"], *map(str, numbers))
    Console().print(table)


@data_app.command("show")
def show(version: _Version, before: _Before = None) -> None:
    """Show what a version holds and what the quality gates say of it. Exit status 1 where one fails."""
    from training import datasets
    from training.retrain_extractor import checked

    made = datasets.open_version(_root(), version)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name, value in datasets.summary(made).items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        console.print(f"{name:<28}{', '.join(shown) if isinstance(shown, list) else shown}")
    outcomes = checked(made, settings().extractor_dir, _before(made, before))
    for each in outcomes:
        console.print(str(each))
    raise typer.Exit(0 if all(each.passed for each in outcomes) else 1)


@data_app.command("diff")
def diff(old: _Version, new: _Version) -> None:
    """Say what one version has that another has not. Exit status 1 where they differ."""
    from training import datasets

    said = datasets.difference(datasets.open_version(_root(), old), datasets.open_version(_root(), new))
    for line in said:
        print(line)
    raise typer.Exit(1 if said else 0)


@retrain_app.command("extractor")
def extractor(
    dataset: Annotated[str, typer.Option(metavar="HASH", help="The dataset version; `loanlens data list` lists them.")],
    config: Annotated[Path, typer.Option(exists=True, help="Retraining configuration.")] = Path("training/retrain_extractor.yaml"),
    out: Annotated[Path | None, typer.Option(help="Folder of challengers; default: challengers/extractor in the data folder.")] = None,
    before: _Before = None,
    lender: Lender = None,
) -> None:
    """Retrain the extractor that serves the lender from one dataset version: a challenger comes of it. The champion is not touched.

    Stop it any time: the same command goes on from its last checkpoint.
    """
    from app.model_versions import in_service
    from training import datasets
    from training.retrain_extractor import Places, main, read_config

    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)])
    made = datasets.open_version(_root(), dataset)
    kept = out or settings().data_dir / "challengers" / "extractor"
    with open_store() as database, database.connect() as connection:
        champion = in_service(connection, lender or str(made.lineage["lender"]), settings()).extractor_dir
    places = Places(champion, kept, settings().cache_dir / "training" / "retrain-extractor")
    done = main(made, _before(made, before), read_config(config), places)
    for name, figures in done.card["metrics"].items():
        say(f"{name}: " + ", ".join(f"{what} {figure}" for what, figure in figures.items()))
    say(f"weights {done.sha256}")
    print(done.folder)


def _before(made: "Dataset", named: str | None) -> "Dataset | None":
    """Return the version named, else the one of the same lender that was made last before this one."""
    from training import datasets

    return datasets.open_version(_root(), named) if named is not None else datasets.version_before(_root(), made)
