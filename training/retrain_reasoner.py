"""Retrains the reasoner in service from marks on its reasons: `loanlens retrain reasoner --dataset HASH`.

Goes on from the champion's adapter, learns what was marked among a share of invented applications, chooses the best state on marks of
other borrowers, and writes a challenger beside its card. The champion is only read. Same version, configuration, seed: same weights.
"""

import json
import logging
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file

from app.domain import Relation
from app.errors import SetupError, UsageError
from models.prompt import Prompter
from models.reasoner import Reasoner, load
from training import configuration, gates, lesson_gates, splits, train_reasoner
from training.challenger import Challenger, Places, named, sha256_of, there
from training.datasets import Dataset
from training.evaluate_reasoner import DRIVERS, found
from training.lessons import MarkedFacts
from training.reasoner_batches import IGNORED, Example, example
from training.reasoner_records import planted_records
from training.train_extractor import keep_memory
from training.train_reasoner import Looks

log = logging.getLogger(__name__)
_REPLAYED, _COMPARED = 2_000_003, 3_000_017  # added to the seed: other applications than those of the first training and its measure
_CLASSES = tuple(Relation)

_WEIGHTS = "adapter.safetensors"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides a retraining besides the dataset version and the champion, whose form the adapter keeps."""

    epochs: float
    batch: int
    learning_rate: float
    warmup: float
    clip: float
    gradient_checkpointing: bool
    seed: int
    checkpoint_every: int
    replay: float
    look_every: int
    patience: int
    held_out: int
    threads: int

    def __post_init__(self) -> None:
        sizes = (self.batch, self.checkpoint_every, self.look_every, self.patience, self.held_out, self.threads)
        if min(sizes) < 1 or self.epochs <= 0 or not 0 <= self.warmup < 1 or not 0 <= self.replay < 1:
            raise UsageError("The configuration contradicts itself: sizes must be positive, warmup and replay in [0, 1).")


@dataclass(frozen=True, slots=True)
class Ground:
    """What the adapter stands on: the Llama (empty: the packaged one) and the cache that it lies in."""

    llama: str
    cache_dir: Path


def read_config(path: Path) -> Config:
    """Read a configuration; unknown or missing keys raise UsageError."""
    return configuration.read(Config, path)


def name_of(made: Dataset, config: Config, champion: Path) -> str:
    """Return the challenger's version: of which dataset, and a hash of all that decides its weights."""
    return named(made, {"config": asdict(config), "champion": sha256_of(champion / _WEIGHTS)})


def main(made: Dataset, config: Config, places: Places, ground: Ground) -> Challenger:
    """Train a challenger from the marks of a version; one that is there already is returned. Raises UsageError where a gate fails.

    Stopped or killed, the same call goes on from its last checkpoint.
    """
    torch.set_num_threads(config.threads)
    gates.refuse_failing(lesson_gates.check_reasons(made, gates.read_bounds()))
    version = name_of(made, config, places.champion)
    folder, work = places.out / version, places.work / version
    if done := there(folder, _WEIGHTS):
        return done
    before = load(places.champion, ground.llama, ground.cache_dir, config.threads)  # says what is missing, before anything is trained
    plan = _plan(version, config, places.champion, ground)
    champion = {"champion": measure(before, made, config)}
    try:
        _train(made, plan, (places.champion, folder, work), (config, ground))
        after = load(folder, ground.llama, ground.cache_dir, config.threads)
        hashes = {"sha256": sha256_of(folder / _WEIGHTS), "champion": sha256_of(places.champion / _WEIGHTS)}
        told = hashes | {"dataset": made.hash, "retraining": asdict(config)}
        card = json.loads((folder / "card.json").read_text(encoding="utf-8")) | told
        card["metrics"] = champion | {"challenger": measure(after, made, config)}
        (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise SetupError(f"The challenger could not be written to {folder}: {error.strerror}. Make room, and run this again.") from error
    shutil.rmtree(work, ignore_errors=True)
    return Challenger(folder, card["sha256"], card)


def _plan(version: str, config: Config, champion: Path, ground: Ground) -> train_reasoner.Config:
    """Return the training that the retraining is: the champion's form, this configuration's pace."""
    kept = json.loads((champion / "card.json").read_text(encoding="utf-8"))["config"]
    names = (
        "epochs",
        "batch",
        "learning_rate",
        "warmup",
        "clip",
        "gradient_checkpointing",
        "patience",
        "seed",
        "checkpoint_every",
        "held_out",
    )
    own = {name: getattr(config, name) for name in names}
    return train_reasoner.Config(**{**kept, **own, "version": version, "llama": ground.llama, "outcome_records": 0})


def _train(made: Dataset, plan: train_reasoner.Config, folders: tuple[Path, Path, Path], given: tuple[Config, Ground]) -> None:
    """Fit the champion's adapter on marks and invented applications; the state that the marks to choose by liked best is written."""
    (champion, out, work), (config, ground) = folders, given
    torch.manual_seed(config.seed)
    keep_memory()
    tuned, prompter = train_reasoner.tuned_llama(plan, ground.cache_dir)
    tuned.take({name: tensor.float() for name, tensor in load_file(champion / "adapter.safetensors").items()})
    marked = marked_examples(made, splits.TRAIN, prompter)
    count = round(len(marked) * config.replay / (1 - config.replay))
    data = [*marked, *(example(record, prompter) for record in planted_records(config.seed + _REPLAYED, count))]
    choosing = marked_examples(made, splits.CHOOSE, prompter)
    log.info("%d marked applications, %d invented ones, %d to choose by", len(marked), count, len(choosing))
    digest = train_reasoner.digest(plan, [*data, *choosing])
    states = tuned.inputs([*data, *choosing], work / f"lower-{digest}")
    kept, held = list(zip(data, states, strict=False)), list(zip(choosing, states[len(data) :], strict=True))
    looks = Looks(config.look_every, train_reasoner.validation_loss(tuned, held, plan))
    loss = train_reasoner.fit(tuned, kept, held, (plan, work, digest), looks)
    leaning = json.loads((champion / "card.json").read_text(encoding="utf-8")).get("leaning")
    said = {"records": len(data), "of them marked": len(marked), "validation loss": round(loss, 4), "before": round(looks.to_beat, 4)}
    train_reasoner.write_adapter(tuned, plan, out, {"training": said, "leaning": leaning})


def marked_examples(made: Dataset, part: str, prompter: Prompter) -> list[Example]:
    """Return the marked applications of a part as examples: a useful reason is a target, any other a relation refused."""
    return [each for of in made.reasons if of.part == part and (each := _example(of, prompter)) is not None]


def _example(of: MarkedFacts, prompter: Prompter) -> Example | None:
    kept, prompt = prompter.write_what_fits(of.facts)
    place = {fact.id: n for n, fact in enumerate(kept)}
    targets, refused = [IGNORED] * (len(kept) + 1), [IGNORED] * (len(kept) + 1)
    for mark in of.marks:
        if mark.fact in place:
            (targets if mark.useful else refused)[place[mark.fact]] = _CLASSES.index(mark.relation)
    asked = any(each != IGNORED for each in (*targets, *refused))
    return Example(prompt.ids, prompt.places, tuple(targets), None, tuple(refused)) if asked else None


def measure(reasoner: Reasoner, made: Dataset, config: Config) -> dict[str, float]:
    """Return the share of marks that the reasoner agrees with on each part, and how it finds drivers of invented applications."""
    said = {f"marks agreed with, {part}": round(_agreement(reasoner, made, part), 4) for part in splits.PARTS}
    records = list(planted_records(config.seed + _COMPARED, config.held_out))
    known = found([(record, reasoner.explain(record.facts)) for record in records], DRIVERS)
    return said | {"invented, precision": round(known.precision, 4), "invented, recall": round(known.recall, 4)}


def _agreement(reasoner: Reasoner, made: Dataset, part: str) -> float:
    right: list[bool] = []
    for of in made.reasons:
        if of.part == part:
            given = {reason.fact: reason.relation for reason in reasoner.explain(of.facts).reasons}
            right += [(given.get(mark.fact, Relation.NEUTRAL) == mark.relation) == mark.useful for mark in of.marks]
    return sum(right) / max(1, len(right))
