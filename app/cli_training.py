"""The commands that train what reads and reasons: extractor, page classifier, reasoner; and those about the reasoner alone."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.logging import RichHandler

from app.cli_operator import progress_bar
from app.settings import settings

if TYPE_CHECKING:
    from app.assess import Models
    from app.reading.reader import Reader
    from training.evaluate_twins import Twin

_CONFIG = Path("training/train_reasoner.yaml")


def train_page_kind(
    config: Annotated[Path, typer.Option(exists=True, help="Training configuration.")] = Path("training/train_page_kind.yaml"),
    out: Annotated[Path | None, typer.Option(help="Where the finished classifier goes; default: the folder of the one in service.")] = None,
) -> None:
    """Train the page classifier on invented pages of every kind."""
    from training.train_page_kind import main as train
    from training.train_page_kind import read_config

    for name, share in train(read_config(config), out or settings().page_kind_dir).items():
        Console().print(f"{name:40s} {share}", highlight=False)


def train_extractor(
    config: Annotated[Path, typer.Option(exists=True, help="Training configuration.")] = Path("training/train_extractor.yaml"),
    out: Annotated[Path | None, typer.Option(help="Where the finished extractor goes; default: the folder of the one in service.")] = None,
) -> None:
    """Train the extractor on synthetic statements. Stop it any time: the same command goes on from its last checkpoint."""
    from training.train_extractor import main as train
    from training.train_extractor import read_config

    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)])
    chosen = read_config(config)
    train(chosen, out or settings().extractor_dir, settings().cache_dir / "training" / f"extractor-{chosen.version}")


def train_reasoner(
    config: Annotated[Path, typer.Option(exists=True, help="Training configuration.")] = _CONFIG,
    out: Annotated[Path | None, typer.Option(help="Where the finished adapter goes; default: the folder of the one in service.")] = None,
    outcomes: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="CSV (.gz) of firm-years: firm, year, fails_next_year and accounts.")
    ] = None,
) -> None:
    """Train the reasoner's LoRA adapter. Stop it any time: the same command goes on from its last checkpoint."""
    from training.train_reasoner import main as train
    from training.train_reasoner import read_config

    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[RichHandler(console=Console(stderr=True), show_path=False)])
    chosen = read_config(config)
    work = settings().cache_dir / "training" / f"reasoner-{chosen.version}"
    train(chosen, out or settings().reasoner_dir, work, settings().cache_dir, outcomes)


def evaluate_reasoner(
    count: Annotated[int, typer.Option(min=1, help="Invented applications to measure on.")] = 500,
    seed: Annotated[int, typer.Option(help="Which ones; those of the training use other seeds.")] = 7_000_003,
    card: Annotated[bool, typer.Option("--card", help="Write the figures into the card of the reasoner in service.")] = False,
    document: Annotated[Path | None, typer.Option(help="Write the document on the reasoner, for its reader, to this file.")] = None,
) -> None:
    """Measure the reasoner against known drivers, beside the rule-based rationale, before and after guardrails."""
    from app.assess import load_reasoner
    from training.evaluate_reasoner import evaluate, wins
    from training.reasoner_document import write_document
    from training.reasoner_records import planted_records
    from training.train_reasoner import write_metrics

    reasoner = load_reasoner(settings())
    console = Console(highlight=False, markup=False, soft_wrap=True)
    figures = evaluate(reasoner, list(planted_records(seed, count)), settings().reasoner_seconds)
    for name, figure in figures.items():
        console.print(f"{name:46s} {figure:.4g}")
    said = "finds the drivers better than the rules" if wins(figures) else "does not beat the rules in both: keep the rules"
    console.print(f"The reasoner {said}.")
    if card:
        write_metrics(settings().reasoner_dir, {f"{count} invented applications, seed {seed}": figures})
    if document:
        write_document(settings().reasoner_dir, document)


def evaluate_review(
    count: Annotated[int, typer.Option(min=1, help="Generated packages to assess; those that clear themselves take no analyst.")] = 25,
    seed: Annotated[int, typer.Option(help="Which ones.")] = 7_700,
) -> None:
    """Tell how long an analyst takes for an application: generated packages reviewed at the desk, by a stated keystroke-level model."""
    from app.assess import load_models
    from app.reading.reader import Reader
    from training.corpus.packages import packages
    from training.evaluate_review import Timing, lines, needs_person, place_of_its_own, read_package, time_review

    console, models = Console(highlight=False, markup=False, soft_wrap=True), load_models(settings())
    timings: list[Timing] = []
    with Reader(settings()) as reader, place_of_its_own(settings()) as place:
        for package in packages(seed, count):
            made = read_package(package, reader, models)
            if needs_person(made):
                timings.append(time_review(place, made, package.truth))
    console.print(f"cleared without a person: {count - len(timings)} of {count}")
    for line in lines(timings) if timings else ():
        console.print(line)


def write_records(
    out: Annotated[Path, typer.Option(help="JSON lines to write.")],
    count: Annotated[int, typer.Option(min=1, help="So many records.")] = 1000,
    form: Annotated[str, typer.Option(help="instruction, chat or completion.")] = "instruction",
    seed: Annotated[int, typer.Option()] = 23,
) -> None:
    """Write training records of invented applications, for other trainers."""
    from app.errors import UsageError
    from training.reasoner_records import FORMATS, lines, planted_records

    if form not in FORMATS:
        raise UsageError(f"--form is one of {', '.join(FORMATS)}.")
    out.write_text("\n".join(lines(list(planted_records(seed, count)), form)) + "\n", encoding="utf-8")


def make_ready() -> None:
    """Make the reasoner's Llama ready in the cache; `make setup` does it. A second run ends at once."""
    from models.llama import export_smollm2

    if not settings().reasoner_llama and not settings().reasoner_url:
        Console(stderr=True).print(f"The reasoner's Llama: {export_smollm2(settings().cache_dir)}", highlight=False, markup=False)


def evaluate_swaps(
    count: Annotated[int, typer.Option(min=1, help="Swapped packages.")] = 100,
    seed: Annotated[int, typer.Option(help="Which packages.")] = 41,
    rules: Annotated[bool, typer.Option("--rules", help="Use the rule-based extractor instead of the trained one.")] = False,
) -> None:
    """Assess invented packages with the borrower's name, place or gender swapped: nothing of what comes out may change."""
    from training.evaluate_twins import swapped

    _twins(swapped, count, seed, rules)


def evaluate_injections(
    count: Annotated[int, typer.Option(min=1, help="Documents with orders to a machine in them.")] = 200,
    seed: Annotated[int, typer.Option(help="Which documents.")] = 43,
    rules: Annotated[bool, typer.Option("--rules", help="Use the rule-based extractor instead of the trained one.")] = False,
) -> None:
    """Assess documents that tell a machine to approve or to alter figures, seen and unseen, beside their clean twins.

    No figure, probability or grade may change; a sign of tampering that is found may make the outcome stricter.
    """
    from training.evaluate_twins import with_orders

    _twins(with_orders, count, seed, rules)


def _twins(assessed: "Callable[[int, int, Models, Reader], Iterator[Twin]]", count: int, seed: int, rules: bool) -> None:
    from app.assess import load_models
    from app.reading.reader import Reader
    from training.evaluate_twins import counts

    console, done = Console(highlight=False, markup=False, soft_wrap=True), []
    with Reader(settings(), compare=True) as reader, progress_bar("twins") as progress:
        for twin in assessed(count, seed, load_models(settings(), rules), reader):
            done.append(twin)
            progress(len(done), count)
            for difference in twin.differences:
                console.print(f"  {twin.name} | {twin.kind} | {difference}")
    for line in counts(done):
        console.print(line)
    raise typer.Exit(1 if any(twin.differences for twin in done) else 0)


def evaluate_alarms(
    documents: Annotated[list[Path], typer.Argument(exists=True, help="PDF files, or folders of them, that nobody tampered with.")],
) -> None:
    """Read clean documents and count those with a sign of tampering: false alarms."""
    import tempfile

    from app.reading.package import expand
    from app.reading.reader import Reader
    from training.evaluate_tampering import alarms, share

    console, done = Console(highlight=False, markup=False, soft_wrap=True), []
    opened = Reader(settings(), compare=True)
    with tempfile.TemporaryDirectory(prefix="loanlens-") as folder, opened as reader, progress_bar("files") as bar:
        sources = expand(documents, settings(), Path(folder))
        for source in sources:
            done.append(found := alarms(reader.read_document(source.name, source.path)))
            bar(len(done), len(sources))
            for message in found:
                console.print(f"  {message}")
    console.print(share(done))


def evaluate_names(seed: Annotated[int, typer.Option(help="Which other names each is told from.")] = 61) -> None:
    """Compare names of many scripts as documents print them: false findings by script, length, hyphen, diacritics, and by print."""
    from training.evaluate_names import ask, rates

    for line in rates(list(ask(seed))):
        Console(highlight=False, markup=False, soft_wrap=True).print(str(line))
