"""The commands of the learning loop's first half: dataset versions from what people judged, and retraining from one."""

import logging
from dataclasses import replace
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
from app.errors import UsageError
from app.settings import settings

if TYPE_CHECKING:
    from training.challenger import Challenger, Places
    from training.datasets import Dataset, Filters
    from training.gates import Outcome

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
    outcomes: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="CSV of what became of loans: application (its number), failed (0 or 1), on (the day)."
        ),
    ] = None,
    lender: Lender = None,
) -> None:
    """Make a dataset version of what people of a lender corrected, confirmed, audited and marked, and print its hash.

    With --outcomes what became of its loans joins it: that alone teaches the ensemble.
    """
    from app import audit
    from app.access.roles import Act, machine
    from app.blobs.storage import open_blobs
    from training import datasets, lessons
    from training.corrections import reviewed

    old = datasets.open_version(_root(), like) if like else None
    own = lender or (str(old.lineage["lender"]) if old else settings().lender_id)
    table = lessons.fates_sha256(outcomes) if outcomes else ""
    filters = datasets.filters_of(old) if old else replace(_filters(until, exclude, least), outcomes=table)
    if filters.outcomes != table:
        raise UsageError("That version was made with another table of outcomes, or with none: give the same one by --outcomes.")
    fates = lessons.read_fates(outcomes) if outcomes else {}
    with open_store() as database, database.begin() as connection:
        given = connection, machine(Role.WORKER, own), open_blobs(settings())
        at = datetime.fromisoformat(filters.until)
        known = list(lessons.known_outcomes(*given, fates, at))
        made = datasets.build(reviewed(*given, at), filters, own, _root(), known)
        corrections = len(made.lineage["corrections"])
        audit.record(connection, operator_of(own), Act.READ_CORRECTIONS, f"dataset {made.hash}", {"corrections": corrections})
    if fates:
        say(f"{len(known)} of {len(fates)} outcomes say what came within a year of an assessment; the others are left out.")
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

    made = datasets.open_version(_root(), version)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name, value in datasets.summary(made).items():
        shown = ", ".join(f"{key} {number}" for key, number in value.items()) if isinstance(value, dict) else value
        console.print(f"{name:<28}{', '.join(shown) if isinstance(shown, list) else shown}")
    checked = _checked(made, before)
    for name, outcomes in checked.items():
        console.print(f"to retrain the {name} from")
        for each in outcomes:
            console.print(str(each))
    raise typer.Exit(0 if all(each.passed for outcomes in checked.values() for each in outcomes) else 1)


def _checked(made: "Dataset", before: str | None) -> dict[str, "tuple[Outcome, ...]"]:
    """Return what the gates say, by model that the version has examples for."""
    from training.gates import read_bounds
    from training.lesson_gates import check_outcomes, check_reasons
    from training.retrain_extractor import checked

    said = {"extractor": checked(made, settings().extractor_dir, _before(made, before))} if made.pages else {}
    said |= {"reasoner": check_reasons(made, read_bounds())} if made.reasons else {}
    return said | ({"ensemble": check_outcomes(made, read_bounds())} if made.outcomes else {})


@data_app.command("diff")
def diff(old: _Version, new: _Version) -> None:
    """Say what one version has that another has not. Exit status 1 where they differ."""
    from training import datasets

    said = datasets.difference(datasets.open_version(_root(), old), datasets.open_version(_root(), new))
    for line in said:
        print(line)
    raise typer.Exit(1 if said else 0)


_Dataset = Annotated[str, typer.Option("--dataset", metavar="HASH", help="The dataset version; `loanlens data list` lists them.")]
_Config = Annotated[Path, typer.Option("--config", exists=True, help="Retraining configuration.")]
_Out = Annotated[Path | None, typer.Option("--out", help="Folder of challengers; default: challengers/ and the model in the data folder.")]


@retrain_app.command("extractor")
def extractor(
    dataset: _Dataset,
    config: _Config = Path("training/retrain_extractor.yaml"),
    out: _Out = None,
    before: _Before = None,
    lender: Lender = None,
    folds: Annotated[int, typer.Option(min=0, help="Cross-validate too, in so many parts by borrower (3 or more); 0: not.")] = 0,
) -> None:
    """Retrain the extractor that serves the lender from one dataset version: a challenger comes of it. The champion is not touched.

    Stop it any time: the same command goes on from its last checkpoint. Under `torchrun` several processes share each batch.
    """
    from training import datasets
    from training.retrain_extractor import main, read_config

    _log_to_screen()
    made, chosen = datasets.open_version(_root(), dataset), read_config(config)
    places = _places("extractor", made, out, lender)
    done = main(made, _before(made, before), chosen, places)
    _tell(done)
    if folds:
        from training.folds import cross_validate, note

        said = cross_validate(made, chosen, places, folds)
        note(done, said)
        say(f"{folds} folds: {said}")


@retrain_app.command("reasoner")
def reasoner(
    dataset: _Dataset, config: _Config = Path("training/retrain_reasoner.yaml"), out: _Out = None, lender: Lender = None
) -> None:
    """Retrain the reasoner that serves the lender from the marks on its reasons: a challenger comes of it. The champion is not touched.

    Stop it any time: the same command goes on from its last checkpoint.
    """
    from training import datasets
    from training.retrain_reasoner import Ground, main, read_config

    _log_to_screen()
    ground = Ground(settings().reasoner_llama, settings().cache_dir)
    made = datasets.open_version(_root(), dataset)
    done = main(made, read_config(config), _places("reasoner", made, out, lender), ground)
    _tell(done)


@retrain_app.command("ensemble")
def ensemble(
    dataset: _Dataset,
    config: _Config = Path("training/ensemble.yaml"),
    out: _Out = None,
    central_tendency: Annotated[
        float | None, typer.Option(help="Long-run default rate of your borrowers, such as 0.015. Needed below 50 failures.")
    ] = None,
    lender: Lender = None,
) -> None:
    """Calibrate the ensemble that serves the lender on what became of loans: a challenger comes of it. The champion is not touched."""
    from training import datasets
    from training.retrain_ensemble import main
    from training.train_ensemble import read_config

    made = datasets.open_version(_root(), dataset)
    done = main(made, read_config(config), _places("ensemble", made, out, lender), central_tendency)
    _tell(done)


def _places(name: str, made: "Dataset", out: Path | None, lender: str | None) -> "Places":
    """Return where the model that serves the lender lies, and where its challengers and checkpoints go."""
    from app.model_versions import in_service
    from training.challenger import Places

    with open_store() as database, database.connect() as connection:
        champion: Path = getattr(in_service(connection, lender or str(made.lineage["lender"]), settings()), f"{name}_dir")
    return Places(champion, out or settings().data_dir / "challengers" / name, settings().cache_dir / "training" / f"retrain-{name}")


def _tell(done: "Challenger") -> None:
    """Say what a challenger is worth beside its champion; of several processes one does."""
    from training.many_processes import team

    if not team().first:
        return
    for name, figures in done.card["metrics"].items():
        say(f"{name}: " + ", ".join(f"{what} {figure}" for what, figure in figures.items()))
    say(f"weights {done.sha256}")
    print(done.folder)


def _log_to_screen() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)])


def _before(made: "Dataset", named: str | None) -> "Dataset | None":
    """Return the version named, else the one of the same lender that was made last before this one."""
    from training import datasets

    return datasets.open_version(_root(), named) if named is not None else datasets.version_before(_root(), made)
