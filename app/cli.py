"""The command line and the composition root: builds reader, models and reports, and calls them.

Doors, trainers and heavy parts are imported inside the command that needs them.
"""

import json as jsonlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from app import cli_training as learning
from app.assess import assess, load_models, spread_documents
from app.cli_access import access_app
from app.cli_data import data_app, retrain_app
from app.cli_experiment import experiment_app
from app.cli_models import evaluate_risk, rate_app, train_ensemble
from app.cli_queue import queue_app
from app.cli_replay import replay_app
from app.cli_service import service_app
from app.cli_upkeep import upkeep_app
from app.domain import Assessment, Document, Page, PageStatus
from app.errors import LoanLensError, UsageError
from app.reading.package import SourceFile, expand
from app.reading.reader import Reader
from app.reasoning import COUNTS
from app.report.parts import FileSpread, Subject
from app.settings import settings
from rules import policy

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Reads loan packages, spreads and checks their statements, and says what a person must look at.",
)
evaluate_app = typer.Typer(no_args_is_help=True, help="Measure a version against a set with truth.")
train_app = typer.Typer(no_args_is_help=True, help="Train a model; weights come with a card that says how they were made.")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(train_app, name="train")
app.command("make-ready")(learning.make_ready)
evaluate_app.command("reasoner")(learning.evaluate_reasoner)
evaluate_app.command("review")(learning.evaluate_review)
evaluate_app.command("swaps")(learning.evaluate_swaps)
evaluate_app.command("alarms")(learning.evaluate_alarms)
evaluate_app.command("names")(learning.evaluate_names)
evaluate_app.command("injections")(learning.evaluate_injections)
train_app.command("page-kind")(learning.train_page_kind)
train_app.command("extractor")(learning.train_extractor)
train_app.command("reasoner")(learning.train_reasoner)
train_app.command("reasoner-records")(learning.write_records)
for unnamed in (service_app, access_app, upkeep_app, replay_app, rate_app):
    app.add_typer(unnamed)
app.add_typer(queue_app, name="queue")
app.add_typer(data_app, name="data")
app.add_typer(retrain_app, name="retrain")
app.add_typer(experiment_app, name="experiment")
evaluate_app.command("risk")(evaluate_risk)
train_app.command("ensemble")(train_ensemble)

_PICTURE_DPI = 150
_Paths = Annotated[list[Path], typer.Argument(exists=True, help="PDF, PNG, JPEG or TIFF files, folders or ZIP archives of them.")]
_Html = Annotated[Path | None, typer.Option("--html", help="Write one self-contained report, with page images, to this file.")]
_Xlsx = Annotated[Path | None, typer.Option("--xlsx", help="Write the spread as a workbook with live formulas to this file.")]
_Rules = Annotated[bool, typer.Option("--rules", help="Use the rule-based extractor instead of the trained one.")]


def main() -> None:
    """Run the command line; what is wrong with the call or the machine becomes one line that says what to do."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our signs shows a question mark instead of failing
    try:
        app()
    except LoanLensError as error:
        Console(stderr=True).print(f"loanlens: {error}", style="bold red", markup=False, highlight=False)
        sys.exit(2)


@app.command()
def spread(
    files: _Paths,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per file to stdout; progress goes to stderr.")] = False,
    text: Annotated[bool, typer.Option("--text", help="With --json: add each page's text.")] = False,
    html: _Html = None,
    xlsx: _Xlsx = None,
    rules: _Rules = False,
) -> None:
    """Read statements and spread them: every figure by account and period, with its place on the page.

    Exit status 0 when every file could be read, 1 when any was wholly unreadable (it is still listed, with the reason).
    """
    from app.report.json import file_object
    from rules import checks
    from rules.themes.case import Case

    models = load_models(settings(), rules, reasoning=False)
    subjects: list[FileSpread] = []
    unreadable = False
    with _read(files) as work:
        for document in work.documents():
            reading = spread_documents([document], models)
            found = checks.run(Case(reading.spread, reading.documents, reading.pages, forms=reading.forms))
            subject = FileSpread(document.file, reading.pages, reading.page_kinds, reading.documents, reading.spread, found, reading.forms)
            unreadable |= all(page.status is PageStatus.QUARANTINED for page in document.pages)
            if json:
                print(jsonlib.dumps(file_object(subject, text)), flush=True)
            if html or xlsx or not json:
                subjects.append(subject)
        _write(subjects, html, xlsx, work.picture)
    if not json and not html and not xlsx:
        from app.report.terminal import print_spread

        for subject in subjects:
            print_spread(subject, Console())
    raise typer.Exit(1 if unreadable else 0)


@app.command("assess")
def assess_command(
    paths: _Paths,
    id: Annotated[
        str | None, typer.Option("--id", help="The application's id; by default the folder's or file's name. For one application only.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            help="Day from which staleness counts. Default: the day that the application bears, else today.",
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(
            "--json", help="Write the assessment as JSON to this file (one object, or one a line for several applications); - for stdout."
        ),
    ] = None,
    html: _Html = None,
    xlsx: _Xlsx = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write every figure, one a line with its place, to this file.")] = None,
    rules: _Rules = False,
) -> None:
    """Assess applications: spread, ratios, findings, policy's recommendation.

    Each PATH that is a folder or a ZIP is one application; a folder of such folders is several; single files make up one together.
    """
    packages = applications(paths)
    if id and len(packages) > 1:
        raise UsageError(f"--id names one application, but the paths hold {len(packages)}: {', '.join(n for n, _ in packages[:5])}.")
    models, done = load_models(settings(), rules), list[Assessment]()
    day = as_of.date() if as_of else None
    with _read([p for _, members in packages for p in members], compare=True) as work:
        for name, members in packages:
            done.append(assess(id or name, list(work.documents(members)), models, day))
        _write(done, html, xlsx, work.picture)
    if COUNTS.gave_way:
        Console(stderr=True).print(f"The {COUNTS.line()}.", highlight=False, markup=False)
    if csv:
        from app.report.table import csv_of

        _write_text(csv_of(done), csv)
    if json is not None:
        from app.report.json import package_object

        _write_text("\n".join(jsonlib.dumps(package_object(a)) for a in done) + "\n", json)
    if json is None or str(json) != "-":
        from app.report.terminal import print_assessment

        for assessment in done:
            print_assessment(assessment, Console(), policy.load().limits)


def applications(paths: Sequence[Path]) -> list[tuple[str, list[Path]]]:
    """Return (id, paths) of each application that `paths` hold: folders and ZIPs are one each, loose files one together.

    A folder with truth.json keeps what the borrower sent in files/ beside it: a sample.
    """
    out: list[tuple[str, list[Path]]] = []
    loose: list[Path] = []
    for path in paths:
        if (path / "truth.json").is_file() and (path / "files").is_dir():
            out.append((path.resolve().name, [path / "files"]))
            continue
        inner = sorted(p for p in path.iterdir() if p.is_dir() and not p.name.startswith(".")) if path.is_dir() else []
        files = [p for p in path.iterdir() if p.is_file() and not p.name.startswith(".")] if path.is_dir() else []
        if inner and not any(p.suffix.lower() in (".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".zip") for p in files):
            out += applications(inner)
        elif path.is_dir() or path.suffix.lower() == ".zip":
            out.append((path.resolve().stem if path.is_file() else path.resolve().name, [path]))
        else:
            loose.append(path)
    return [*out, (loose[0].resolve().parent.name, loose)] if loose else out


# -- reading with progress ---------------------------------------------------------------------------------------------


class Work:
    """The files of one call: read one by one with progress on stderr, and kept at hand for page pictures."""

    def __init__(self, sources: dict[Path, tuple[SourceFile, ...]], reader: Reader, progress: Progress) -> None:
        self._sources, self._reader, self._progress = sources, reader, progress
        self._paths = {source.name: source.path for group in sources.values() for source in group}
        self._task = progress.add_task("reading", total=sum(map(len, sources.values())))

    def documents(self, members: Sequence[Path] | None = None) -> Iterator[Document]:
        """Yield the files below `members` (default: all) as read; each has its pages in the ledger whatever happened."""
        sources = [source for member in (members if members is not None else self._sources) for source in self._sources[member]]
        for source, document in zip(sources, self._reader.read_documents(sources), strict=True):
            self._progress.update(self._task, description=Path(source.name).name[:40])
            yield document
            self._progress.advance(self._task)

    def picture(self, page: Page) -> bytes:
        """Return the picture of a page as PNG."""
        return self._reader.render_page(self._paths[page.file], page.number, _PICTURE_DPI, page.rotation)


@contextmanager
def _read(paths: Sequence[Path], compare: bool = False) -> Iterator[Work]:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="loanlens-") as folder,
        Reader(settings(), compare) as reader,
        Progress(*columns, console=Console(stderr=True), transient=True) as progress,
    ):
        sources: dict[Path, tuple[SourceFile, ...]] = {}
        for number, path in enumerate(dict.fromkeys(paths)):
            found = _named(path, expand([path], settings(), Path(folder) / str(number)))
            sources[path] = _apart(path, found, {source.name for group in sources.values() for source in group})
        yield Work(sources, reader, progress)


def _named(path: Path, found: tuple[SourceFile, ...]) -> tuple[SourceFile, ...]:
    """A file given by name is called as it was given; an empty folder is an error that says so."""
    if not found:
        raise UsageError(f"{path} holds no file. Name a PDF, PNG, JPEG or TIFF file, or a folder or ZIP of them.")
    return (
        tuple(SourceFile(str(path), s.path, s.reason) for s in found)
        if path.is_file() and len(found) == 1 and found[0].path == path
        else found
    )


def _apart(path: Path, found: tuple[SourceFile, ...], taken: set[str]) -> tuple[SourceFile, ...]:
    """Folders of one name (two borrowers' `files/`) are told apart by the folders they lie in: a file's name is all that it is known by."""
    for folder in path.resolve().parents:
        if not taken & {source.name for source in found}:
            break
        found = tuple(replace(source, name=f"{folder.name}/{source.name}") for source in found)
    return found


def _write(subjects: Sequence[Subject], html: Path | None, xlsx: Path | None, picture: Callable[[Page], bytes]) -> None:
    if html:
        from app.report.html import render_html

        _write_text(render_html(subjects, picture, policy.load().limits), html)
        Console(stderr=True).print(f"Report: {html}", highlight=False, markup=False)
    if xlsx:
        from app.report.workbook import write_workbook

        write_workbook(subjects, xlsx)
        Console(stderr=True).print(f"Workbook: {xlsx}", highlight=False, markup=False)


def _write_text(text: str, path: Path) -> None:
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} could not be written: {error.strerror}. Name another file, or make room.") from error


# -- measuring and training --------------------------------------------------------------------------------------------


@evaluate_app.command("extraction")
def evaluate_extraction(
    truth: Annotated[
        Path,
        typer.Option(exists=True, file_okay=False, help="Folder of the evaluation set: <group>/truth/*.json beside <group>/pdf/*.pdf."),
    ],
    part: Annotated[str | None, typer.Option(help="open or kept: one part of the companies.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Only this group; may be given again.")] = None,
    list_errors: Annotated[int, typer.Option(help="Print so many of the facts that were not read right.")] = 0,
    report: Annotated[Path | None, typer.Option(help="Folder for run.json and scorecard.html, errors with crops of their pages.")] = None,
    rules: _Rules = False,
) -> None:
    """Spread a set of real filings with truth and print accuracy, wrong and missing figures with intervals."""
    from app.report.json import file_object
    from training.evaluate import score, tasks
    from training.filing_runs import Spreaded, write_filings

    if part not in (None, "open", "kept"):
        raise UsageError("--part is open or kept.")
    todo = tasks(truth, part, group or ())  # type: ignore[arg-type]
    models = load_models(settings(), rules, reasoning=False)
    done = []
    with _read([t.path for t in todo]) as work:
        for task in todo:
            for document in work.documents([task.path]):
                began = perf_counter()
                r = spread_documents([document], models)
                given = file_object(FileSpread(document.file, r.pages, r.page_kinds, r.documents, r.spread, (), r.forms))
                done.append(Spreaded(task, given, r.pages, 1000 * (perf_counter() - began)))
        if report:
            write_filings(done, models.extractor.version, work.picture, report)
    scores, misses, mean = score((each.task, each.given) for each in done)
    out = Console(soft_wrap=True, highlight=False, markup=False)
    for line in scores:
        out.print(str(line))
    out.print(f"mean over companies {mean:.4f} ({len({t.company for t in todo})} companies)")
    for miss in misses[:list_errors]:
        out.print(f"  {miss.file} | {miss.concept} | {miss.period} | {miss.label} | {miss.expected} | {', '.join(miss.given) or 'nothing'}")


@evaluate_app.command("packages")
def evaluate_packages(
    truth: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Folder of packages: <package>/truth.json beside <package>/files/.")
    ],
    list_errors: Annotated[int, typer.Option(help="Print so many of the errors.")] = 0,
    rules: _Rules = False,
) -> None:
    """Assess a set of packages with truth and print fields, page kinds, splits, findings, ratios and recommendations."""
    from app.report.json import package_object
    from training.evaluate_packages import packages, read_truth, score
    from training.true_figures import effect
    from training.true_figures import lines as effect_lines

    folders = packages(truth)
    models, pairs, effects = load_models(settings(), rules), [], []
    with _read([folder / "files" for folder in folders], compare=True) as work:
        for folder in folders:
            known = read_truth(folder)
            assessment = assess(known["package_id"], list(work.documents([folder / "files"])), models, None)
            pairs.append((known, package_object(assessment)))
            effects.append(effect(assessment, known, models))
    scores = score(pairs)
    out = Console(soft_wrap=True, highlight=False, markup=False)
    for line in [*scores.lines(), *effect_lines(effects)]:
        out.print(line)
    for error in scores.errors[:list_errors]:
        out.print("  " + " | ".join(error))


@train_app.command("confidence")
def train_confidence(
    truth: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of real filings with truth.")],
    config: Annotated[Path, typer.Option(exists=True, help="Training configuration.")] = Path("training/train_confidence.yaml"),
    out: Annotated[Path | None, typer.Option(help="Where the finished confidence goes; default: the folder of the one in service.")] = None,
) -> None:
    """Fit the confidence on real filings, never on those of the companies kept back, and on scans made of them."""
    from training.train_confidence import labelled, read_config
    from training.train_confidence import main as train

    models = load_models(settings())
    with Reader(settings()) as reader:
        measured = train(
            read_config(config),
            truth,
            out or settings().confidence_dir,
            lambda task: labelled(task, reader.read_document(task.path.name, task.path), models),
        )
    Console().print_json(data=measured)


@app.command()
def bench(
    files: Annotated[list[Path] | None, typer.Argument(exists=True, help="Files to measure; default: the samples.")] = None,
    rounds: Annotated[int, typer.Option(help="Best of so many rounds.")] = 5,
) -> None:
    """Measure pages a second and P50/P95/P99 per stage, best of several rounds, beside the machine's load and a fixed loop."""
    from training.bench import run

    started = time.monotonic()
    run(
        files or sorted(p for p in Path("data_samples").rglob("*") if p.suffix.lower() in (".pdf", ".png", ".jpg", ".tif", ".tiff")),
        rounds,
        load_models(settings(), reasoning=False),
        settings(),
    )
    Console(stderr=True).print(f"measured in {time.monotonic() - started:.0f} s", highlight=False)
