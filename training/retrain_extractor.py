"""Retrains the extractor in service from a dataset version: `loanlens retrain extractor --dataset HASH`.

Starts from the champion's weights, learns the judged lines among a share of synthetic pages, chooses the best state on pages of other
borrowers, and writes a challenger beside its card. The champion is only read. Same version, configuration and seed: same weights.
"""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import DistilBertForTokenClassification

from app.domain import Page, PageStatus, ReadMethod
from app.errors import SetupError, UsageError
from models import extractor
from models.extractor import KIND_PREFIX
from models.sequence import Sequencer
from training import configuration, gates, seen, splits, train_extractor
from training.challenger import Challenger, Places, named, sha256_of, there
from training.datasets import CONTEXT, DataPage, Dataset, labelled_page
from training.early_stop import EarlyStop
from training.many_processes import team
from training.measure_extractor import trained_pages
from training.train_extractor import IGNORED, LABELS, Example

log = logging.getLogger(__name__)
_WEIGHTS = "model.safetensors"
_REPLAYED, _COMPARED = 2_000_003, 3_000_017  # added to the seed: other pages than those of the first training and its measure


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides a retraining besides the dataset version and the champion."""

    epochs: float
    batch: int
    learning_rate: float
    warmup: float
    seed: int
    checkpoint_every: int
    replay: float
    most_weight: float
    look_every: int
    patience: int
    held_out: int
    threads: int

    def __post_init__(self) -> None:
        sizes = (self.batch, self.checkpoint_every, self.look_every, self.patience, self.held_out, self.most_weight, self.threads)
        if min(sizes) < 1 or self.epochs <= 0 or not 0 <= self.warmup < 1 or not 0 <= self.replay < 1:
            raise UsageError("The configuration contradicts itself: sizes must be positive, warmup and replay in [0, 1).")


def read_config(path: Path) -> Config:
    """Read a configuration; unknown or missing keys raise UsageError."""
    return configuration.read(Config, path)


def name_of(made: Dataset, config: Config, champion: Path) -> str:
    """Return the challenger's version: of which dataset, and a hash of all that decides its weights."""
    corpus = train_extractor.corpus_digest()
    return named(made, {"config": asdict(config), "champion": sha256_of(champion / _WEIGHTS), "corpus": corpus})


def main(made: Dataset, before: Dataset | None, config: Config, places: Places) -> Challenger:
    """Train a challenger from a version; one that is there already is returned. Raises UsageError where a gate fails.

    Stopped or killed, the same call goes on from its last checkpoint.
    """
    torch.set_num_threads(config.threads)  # how sums are split decides the last bits of the weights
    gates.refuse_failing(checked(made, places.champion, before))
    version = name_of(made, config, places.champion)
    folder, work = places.out / version, places.work / version
    if done := there(folder, _WEIGHTS):
        return done
    model, tokenizer = _champion(places.champion)
    _fit(made, config, (model, Sequencer(tokenizer)), (version, work))
    group = team()
    own = _finish(made, config, places.champion, (model, tokenizer, folder)) if group.first else None
    group.wait()
    if group.first:
        shutil.rmtree(work, ignore_errors=True)
    if (challenger := own or there(folder, _WEIGHTS)) is None:
        raise SetupError(f"The process that writes the challenger left none in {folder}: run this again.")
    return challenger


def _fit(made: Dataset, config: Config, started: tuple[DistilBertForTokenClassification, Sequencer], run: tuple[str, Path]) -> None:
    """Fit the model, and leave it in the state that read the pages to choose by best: as it was, where nothing helped."""
    (model, sequencer), (version, work) = started, run
    train_extractor.keep_memory()
    data = list(_windows(sequencer, made.part(splits.TRAIN), config.most_weight))
    replayed = replay(sequencer, round(len(data) * config.replay / (1 - config.replay)), config.seed)
    choosing = list(_windows(sequencer, made.part(splits.CHOOSE), config.most_weight))
    log.info("%d windows of the dataset, %d replayed, %d to choose by", len(data), len(replayed), len(choosing))
    plan = train_extractor.Config(
        version, max(1, len(replayed)), config.held_out, config.epochs, config.batch, config.learning_rate, config.warmup, config.seed,
        config.checkpoint_every, "the champion",
    )  # fmt: skip
    watch = EarlyStop(lambda: _loss(model, choosing, config.batch), config.look_every, config.patience)
    watch.look(model)
    train_extractor.fit(model, [*data, *replayed], plan, work, watch)
    watch.look(model)
    model.load_state_dict(watch.weights)


def _champion(folder: Path) -> tuple[DistilBertForTokenClassification, Tokenizer]:
    """Return the champion's weights to go on from. Raises SetupError where they are missing or have other labels."""
    _loaded(folder)  # says which file is missing
    model: Any = DistilBertForTokenClassification.from_pretrained(folder)
    model.float()
    if tuple(model.config.id2label[n] for n in range(len(model.config.id2label))) != LABELS:
        raise SetupError(f"The extractor in {folder} has other labels than this version's template: train it anew first.")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return model, tokenizer


def _windows(sequencer: Sequencer, pages: Sequence[DataPage], most_weight: float) -> Iterator[Example]:
    """Yield the windows of pages in which a line was judged; nothing is learnt from other lines, nor of the page's kind."""
    index = {label: n for n, label in enumerate(LABELS) if not label.startswith(KIND_PREFIX)} | {CONTEXT: IGNORED}
    for page in pages:
        _, lines = labelled_page(page)
        labels = [index[label] for _, label in lines]
        weights = [min(most_weight, line.weight) for line in page.lines]
        for window in sequencer.windows([line for line, _ in lines]):
            chosen = tuple(IGNORED if n < 0 else labels[n] for n in window.lines)
            if any(label != IGNORED for label in chosen):
                yield Example(window.ids, chosen, tuple(1.0 if n < 0 else weights[n] for n in window.lines))


def replay(sequencer: Sequencer, windows: int, seed: int) -> list[Example]:
    """Return so many windows of synthetic pages, which the champion learnt from: what keeps it from forgetting."""
    out: list[Example] = []
    for example in train_extractor.examples(sequencer, train_extractor.pages(seed + _REPLAYED, windows)):
        out.append(example)
        if len(out) >= windows:
            break
    return out[:windows]


def _loss(model: DistilBertForTokenClassification, chosen: Sequence[Example], batch: int) -> float:
    """Return the mean loss on the pages to choose by, and leave the model as it was."""
    was, total = model.training, 0.0
    model.train(mode=False)
    with torch.no_grad():
        for start in range(0, len(chosen), batch):
            some = chosen[start : start + batch]
            total += float(train_extractor.loss_of(model, train_extractor.padded(some))) * len(some)
    model.train(mode=was)
    return total / max(1, len(chosen))


def _finish(made: Dataset, config: Config, champion: Path, result: tuple[DistilBertForTokenClassification, Tokenizer, Path]) -> Challenger:
    """Write weights, then the card with champion and challenger measured alike."""
    model, tokenizer, folder = result
    try:
        train_extractor.write_weights(model, tokenizer, folder)
        if (known := trained_on(made, config, champion, Sequencer(tokenizer))) is not None:
            seen.write_trained_on(folder, known)
        both = {name: _loaded(place) for name, place in (("champion", champion), ("challenger", folder))}
        card = {
            "version": folder.name,
            "sha256": both["challenger"].version.sha256,
            "dataset": made.hash,
            "champion": both["champion"].version.sha256,
            "config": asdict(config),
            "corpus": train_extractor.corpus_digest(),
            "metrics": {name: measure(each, made, config) for name, each in both.items()},
            "date": datetime.now(UTC).date().isoformat(),
            "licence": "as the champion",
        }
        part = folder / "card.part"  # whole or not at all: a killed run finds no half of one
        part.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
        part.replace(folder / "card.json")
    except OSError as error:
        raise SetupError(f"The challenger could not be written to {folder}: {error.strerror}. Make room, and run this again.") from error
    return Challenger(folder, both["challenger"].version.sha256, card)


def trained_on(made: Dataset, config: Config, champion: Path, sequencer: Sequencer) -> frozenset[str] | None:
    """Return the hashes of all pages that went into a challenger, its champion's included; None where nobody knows the champion's.

    The pages to choose by count too, and all that were at hand for replay.
    """
    card = champion / "card.json"
    before = trained_pages(champion, json.loads(card.read_text(encoding="utf-8")) if card.is_file() else {})
    if before is None:
        return None
    own = [page for part in (splits.TRAIN, splits.CHOOSE) for page in made.part(part)]
    judged = frozenset(seen.page_hash(labelled_page(page)[1], page.signature) for page in own)
    replayed = train_extractor.pages(config.seed + _REPLAYED, _replayed(made, config, sequencer))
    return before | judged | seen.hashes(lines for _, lines in replayed)


def _replayed(made: Dataset, config: Config, sequencer: Sequencer) -> int:
    """Return how many windows of synthetic pages go with those of a version, and so how many pages at most."""
    windows = sum(1 for _ in _windows(sequencer, made.part(splits.TRAIN), config.most_weight))
    return round(windows * config.replay / (1 - config.replay))


def measure(model: extractor.Extractor, made: Dataset, config: Config) -> dict[str, float]:
    """Return the share of judged lines read right on each part, and that of rows of synthetic pages that nothing was trained on."""
    said = {}
    for part in splits.PARTS:
        right, number = 0, 0
        for page in made.part(part):
            lines = [line for line, _ in labelled_page(page)[1]]
            read = model.extract([Page("", 1, PageStatus.READ, ReadMethod.TEXT, 612, 792, (), tuple(lines))])[0].entities
            found = iter(read)
            labels = [next(found).label if line.amounts else CONTEXT for line in lines]
            right += sum(train_extractor.same_reading(labels[n], line.label) for n, line in page.labelled)
            number += sum(1 for _ in page.labelled)
        said[f"judged lines right, {part}"] = round(right / max(1, number), 4)
    synthetic = train_extractor.measure(model, train_extractor.pages(config.seed + _COMPARED, config.held_out))
    return said | {f"synthetic, {name}": figure for name, figure in synthetic.items() if name.startswith("extractor")}


def checked(made: Dataset, champion: Path, before: Dataset | None) -> tuple[gates.Outcome, ...]:
    """Return what the gates say of a version, with lengths as the champion's tokenizer counts them."""
    return gates.check(gates.Case(made, gates.read_bounds(), _loaded(champion).sequencer, before))


def _loaded(folder: Path) -> extractor.Extractor:
    return extractor.load(folder, threads=torch.get_num_threads())
