"""Runs the feedback experiment: `loanlens experiment feedback-loop`.

A family that no training draws arrives round by round; an analyst judges a small share; the extractor is retrained through the loop's
own parts (judgements, dataset version, gates, retraining) and measured. A cell is one round of one seed and arm; a killed run goes on.
"""

import json
import logging
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.access.roles import machine
from app.assess import Models
from app.domain import Page, PageStatus, ReadMethod, Role
from app.errors import UsageError
from app.settings import Settings
from models import extractor
from models.extractor import Extractor
from training import configuration, datasets, retrain_extractor, splits, train_extractor
from training.annotated import Labelled
from training.challenger import Places
from training.corrections import Reviewed, reviewed
from training.datasets import Dataset, Filters
from training.evaluate_review import place_in
from training.experiment.analyst import QUEUE, RANDOM, judge, receive
from training.experiment.arrivals import arrivals
from training.experiment.unseen import TRADES

log = logging.getLogger(__name__)
ARMS = (QUEUE, RANDOM)
_OTHERS = 5_000_011  # added to the seed: pages that no retraining replays or is compared on


@dataclass(frozen=True, slots=True)
class Config:
    """The experiment, as feedback_loop.yaml explains it."""

    family: str
    seeds: Sequence[int]
    rounds: int
    share: float
    applications: int
    tested: int
    others: int
    least: int
    most_steps: int
    resamples: int

    def __post_init__(self) -> None:
        sizes = (self.rounds, self.applications, self.tested, self.others, self.least, self.most_steps, self.resamples, *self.seeds)
        if self.family not in TRADES or not self.seeds or min(sizes) < 1 or not 0 < self.share < 1:
            raise UsageError(f"The experiment contradicts itself: a family of {', '.join(TRADES)}, positive sizes, a share below 1.")


@dataclass(frozen=True, slots=True)
class Cell:
    """One round of one seed and arm."""

    seed: int
    arm: str
    round: int

    @property
    def name(self) -> str:
        """Return the cell's name: that of its folder, and of its lender."""
        return f"{self.seed}-{self.arm}-{self.round}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a run works with: the experiment, the retraining, the models in service, and the folder where all of it lies."""

    config: Config
    retraining: retrain_extractor.Config
    models: Models
    settings: Settings
    folder: Path

    def file(self, cell: Cell, name: str) -> Path:
        """Return the place of a cell's file."""
        return self.folder / "cells" / cell.name / name


def read_config(path: Path) -> Config:
    """Read a configuration; unknown or missing keys raise UsageError."""
    return configuration.read(Config, path)


def cells(config: Config) -> Iterator[Cell]:
    """Yield every cell; all seeds and arms of a round come before the next round, so that an early end is a fair one."""
    for number in range(1, config.rounds + 1):
        yield from (Cell(seed, arm, number) for seed in config.seeds for arm in ARMS)


def run(setting: Setting, only: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Run what is not done yet (of the seeds `only`, where given), and return every finished cell's result with the baselines."""
    setting.folder.mkdir(parents=True, exist_ok=True)
    refuse_other(setting)
    chosen = [cell for cell in cells(setting.config) if not only or cell.seed in only]
    out = [baseline(setting, seed) for seed in dict.fromkeys(cell.seed for cell in chosen)]
    for cell in chosen:
        path = setting.file(cell, "result.json")
        if not path.is_file():
            write(path, run_cell(setting, cell))
        out.append(json.loads(path.read_text(encoding="utf-8")))
    return out


def refuse_other(setting: Setting) -> None:
    """Keep the configuration beside the results. Raises UsageError where the folder holds those of another one."""
    extractor_sha256 = setting.models.extractor.version.sha256
    told = {"experiment": asdict(setting.config), "retraining": asdict(setting.retraining), "extractor": extractor_sha256}
    path = setting.folder / "configuration.json"
    text = json.dumps(told, indent=1) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise UsageError(f"{setting.folder} holds results of another configuration or extractor: name another folder with --out.")
    path.write_text(text, encoding="utf-8")


# -- one cell ----------------------------------------------------------------------------------------------------------


def run_cell(setting: Setting, cell: Cell) -> dict[str, Any]:
    """Gather judgements, retrain, measure; what was gathered is not gathered again, and a retraining goes on from its checkpoint."""
    began = time.monotonic()
    gathered = setting.file(cell, "gathered.json")
    if not gathered.is_file():
        write(gathered, gather(setting, cell))
    told: dict[str, Any] = json.loads(gathered.read_text(encoding="utf-8"))
    middle, used = time.monotonic(), time.process_time()
    made = datasets.open_version(setting.folder / "datasets", told["dataset"])
    before = _before(setting, cell)
    places = Places(champion(setting, cell), setting.folder / "challengers", setting.folder / "work")
    challenger = retrain_extractor.main(made, before, bounded(setting, made, cell), places)
    trained, processor = time.monotonic(), time.process_time() - used
    result = measured(setting, cell.seed, extractor.load(challenger.folder, setting.settings.threads))
    seconds = {"gathering": middle - began, "retraining": trained - middle, "measuring": time.monotonic() - trained}
    seconds["retraining, processor"] = processor
    log.info("cell %s done: %s", cell.name, {name: round(value) for name, value in seconds.items()})
    weights = {"challenger": str(challenger.folder), "sha256": challenger.sha256}
    return asdict(cell) | told | weights | {"seconds": {name: round(value, 1) for name, value in seconds.items()}} | result


def gather(setting: Setting, cell: Cell) -> dict[str, Any]:
    """Let a round's applications arrive and be judged, and build a dataset version of all that was judged so far."""
    folder = setting.folder / f"store-{cell.seed}"
    folder.mkdir(exist_ok=True)
    lender = f"{cell.name}-{datetime.now(UTC):%d%H%M%S}"  # a killed gathering is begun anew, with a lender of its own
    reads = extractor.load(champion(setting, cell), setting.settings.threads)
    rng = random.Random(f"{cell.seed}-{cell.round}")
    with place_in(folder, setting.settings, lender) as place:
        arrived = arrivals(setting.config.family, f"{cell.seed}-{cell.round}", setting.config.applications)
        waiting = receive(place, arrived, replace(setting.models, extractor=reads), rng)
        judged = judge(place, waiting, setting.config.share, (cell.arm, rng))
        lenders, until = [*(each["lender"] for each in earlier(setting, cell)), lender], datetime.now(UTC)
        found: list[Reviewed] = []
        with place.database.begin() as connection:
            for each in lenders:
                found += reviewed(connection, machine(Role.WORKER, each), place.desk.blobs, until)
    made = datasets.build(found, Filters(until.isoformat(), (), setting.config.least), "experiment", setting.folder / "datasets")
    pages = {part: len(made.part(part)) for part in splits.PARTS}
    return {"lender": lender, "judged": asdict(judged), "dataset": made.hash, "pages": pages}


def earlier(setting: Setting, cell: Cell) -> list[dict[str, Any]]:
    """Return the results of the rounds before, of the same seed and arm."""
    before = [replace(cell, round=number) for number in range(1, cell.round)]
    return [json.loads(setting.file(each, "result.json").read_text(encoding="utf-8")) for each in before]


def champion(setting: Setting, cell: Cell) -> Path:
    """Return where the extractor lies that reads this round: the last round's challenger, at first the one in service."""
    before = earlier(setting, cell)
    return Path(before[-1]["challenger"]) if before else setting.settings.extractor_dir


def _before(setting: Setting, cell: Cell) -> Dataset | None:
    before = earlier(setting, cell)
    return datasets.open_version(setting.folder / "datasets", before[-1]["dataset"]) if before else None


def bounded(setting: Setting, made: Dataset, cell: Cell) -> retrain_extractor.Config:
    """Return the retraining's configuration with the seed of the cell, and no more epochs than make `most_steps`."""
    config = setting.retraining
    windows = len(made.part(splits.TRAIN)) / (1 - config.replay)  # a page of this family is one window
    return replace(config, seed=config.seed + cell.seed, epochs=min(config.epochs, setting.config.most_steps * config.batch / windows))


# -- measuring ---------------------------------------------------------------------------------------------------------


def baseline(setting: Setting, seed: int) -> dict[str, Any]:
    """Return how the extractor in service does, measured once."""
    cell = Cell(seed, "before", 0)
    path = setting.file(cell, "result.json")
    if not path.is_file():
        reads = extractor.load(setting.settings.extractor_dir, setting.settings.threads)
        write(path, asdict(cell) | measured(setting, seed, reads))
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def measured(setting: Setting, seed: int, reads: Extractor) -> dict[str, list[tuple[int, int]]]:
    """Return rows read wrong and rows, of each untouched application of the family and of each page of the other families."""
    family = [_errors(reads, list(zip(each.document.pages, each.truth, strict=True))) for each in untouched(setting.config, seed)]
    made = train_extractor.pages(seed + _OTHERS, setting.config.others)
    return {"family": family, "others": [_errors(reads, [_as_page(lines)]) for _, lines in made]}


def untouched(config: Config, seed: int) -> Sequence[Any]:
    """Return the applications of the family that nobody judges and nothing learns from."""
    return arrivals(config.family, f"{seed}-untouched", config.tested)


def _as_page(lines: Sequence[Labelled]) -> tuple[Page, tuple[str, ...]]:
    page = Page("made.pdf", 1, PageStatus.READ, ReadMethod.TEXT, 612, 792, (), tuple(line for line, _ in lines))
    return page, tuple(label for _, label in lines)


def _errors(reads: Extractor, pages: Sequence[tuple[Page, tuple[str, ...]]]) -> tuple[int, int]:
    wrong, rows = 0, 0
    for (page, truth), reading in zip(pages, reads.extract([page for page, _ in pages]), strict=True):
        labels = [label for line, label in zip(page.lines, truth, strict=True) if line.amounts]
        wrong += sum(not train_extractor.same_reading(e.label, label) for e, label in zip(reading.entities, labels, strict=True))
        rows += len(labels)
    return wrong, rows


def write(path: Path, told: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(told) + "\n", encoding="utf-8")
    part.replace(path)
