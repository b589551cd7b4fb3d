"""Has an extractor answer frozen sets, invented pages and judged ones: a run that the gates compare with another version's."""

import hashlib
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.domain import DocumentKind, ModelVersion, Page, PageStatus, ReadMethod
from models import registry
from models.extractor import Extractor, load
from training import splits
from training.annotated import Labelled
from training.datasets import CONTEXT, Dataset, labelled_page
from training.runs import Answer, Run
from training.seen import TRAINED_ON, page_hash, read_trained_on
from training.train_extractor import corpus_digest, pages, same_reading

#: A page of a frozen set: its kind, its lines with their labels, and its hash.
Asked = tuple[DocumentKind, Sequence[Labelled], str]
_MANY_ROWS = 20


@dataclass(frozen=True, slots=True)
class FrozenSets:
    """What is asked: so many invented statements of a seed, and the test part of a dataset version, where there is one."""

    seed: int = 9_000_011
    statements: int = 200
    judged: Dataset | None = None

    def named(self) -> Iterable[tuple[str, Iterable[Asked]]]:
        """Yield each set by its name."""
        yield f"invented, seed {self.seed}", invented(self.seed, self.statements)
        if self.judged is not None:
            tested = [(labelled_page(page), page) for page in self.judged.part(splits.TEST)]
            yield judged_name(self.judged), ((*made, page_hash(made[1], page.signature)) for made, page in tested)


def invented(seed: int, count: int) -> Iterator[Asked]:
    """Yield so many invented pages of a seed."""
    return ((kind, lines, page_hash(lines)) for kind, lines in pages(seed, count))


def judged_name(made: Dataset) -> str:
    """Return the name of the frozen set that the test part of a dataset version is."""
    return f"judged, {made.hash[:12]}"


def run_on(folder: Path, asked: FrozenSets, threads: int, trained_on: frozenset[str] | None = None) -> Run:
    """Return what the extractor in `folder` answers on frozen sets.

    `trained_on` holds the hashes of the pages it was trained on; without, the file beside its weights says it, else its card, where
    the generator is still the same.
    """
    found = registry.look_at("extractor", folder)
    known = trained_on if trained_on is not None else trained_pages(folder, found.card)
    tokenizer = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    extractor = load(folder, threads)
    runs = [answer(extractor, found.version, name, made, (known, tokenizer)) for name, made in asked.named()]
    answers, times = (each for run in runs for each in run.answers), (each for run in runs for each in run.milliseconds)
    return Run(found.version, tuple(answers), tuple(times), known, frozenset().union(*(run.tested_on for run in runs)), tokenizer)


def answer(
    extractor: Extractor, version: ModelVersion, frozen: str, made: Iterable[Asked], trained: tuple[frozenset[str] | None, str]
) -> Run:
    """Return an extractor's answers on pages: one for each row with amounts whose truth is known."""
    answers, times, tested = list[Answer](), list[float](), list[str]()
    for number, (kind, lines, known_by) in enumerate(made, 1):
        page = Page("made.pdf", number, PageStatus.READ, ReadMethod.TEXT, 612, 792, (), tuple(line for line, _ in lines))
        began = time.perf_counter()
        entities = extractor.extract([page])[0].entities
        times.append(1000 * (time.perf_counter() - began))
        tested.append(known_by)
        truth = [label for line, label in lines if line.amounts]
        shown = [f"{line.label} {' '.join(amount.text for amount in line.amounts)}" for line, _ in lines if line.amounts]
        segments = (f"kind {kind}", f"length {'up to' if len(truth) <= _MANY_ROWS else 'above'} {_MANY_ROWS} rows")
        for row, (entity, label) in enumerate(zip(entities, truth, strict=True), 1):
            if label != CONTEXT:
                said = same_reading(entity.label, label), entity.score, segments
                asked = Answer(frozen, f"page {number} row {row}", tested[-1], *said)
                answers.append(replace(asked, expected=label, given=entity.label, shows=shown[row - 1]))
    return Run(version, tuple(answers), tuple(times), trained[0], frozenset(tested), trained[1])


def trained_pages(folder: Path, card: Any) -> frozenset[str] | None:
    """Return the hashes of the pages that an extractor was trained on; None where nobody knows."""
    if (folder / TRAINED_ON).is_file():
        return read_trained_on(folder / TRAINED_ON)
    config = card.get("config", {})
    if card.get("corpus") != corpus_digest() or not {"seed", "statements"} <= set(config):
        return None
    return frozenset(known_by for _, _, known_by in invented(int(config["seed"]), int(config["statements"])))
