"""Has an extractor answer a frozen set of invented pages: a run that the gates of a promotion compare with another version's."""

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.domain import DocumentKind, ModelVersion, Page, PageStatus, ReadMethod
from models import registry
from models.extractor import Extractor, load
from training.annotated import Labelled
from training.runs import Answer, Run
from training.train_extractor import corpus_digest, pages, same_reading

_MANY_ROWS = 20
Made = tuple[DocumentKind, Sequence[Labelled]]


def run_on(folder: Path, seed: int, statements: int, threads: int, trained_on: frozenset[str] | None = None) -> Run:
    """Return what the extractor in `folder` answers on so many invented statements of a seed.

    `trained_on` holds the hashes of the pages it was trained on (`page_hash`); without, they follow from its card, where the
    generator is still the same.
    """
    found = registry.look_at("extractor", folder)
    known = trained_on if trained_on is not None else trained_pages(found.card)
    tokenizer = hashlib.sha256((folder / "tokenizer.json").read_bytes()).hexdigest()
    return answer(load(folder, threads), found.version, f"invented, seed {seed}", pages(seed, statements), (known, tokenizer))


def answer(
    extractor: Extractor, version: ModelVersion, frozen: str, made: Iterable[Made], trained: tuple[frozenset[str] | None, str]
) -> Run:
    """Return an extractor's answers on pages: one for each row with amounts."""
    answers, times, tested = list[Answer](), list[float](), list[str]()
    for number, (kind, lines) in enumerate(made, 1):
        page = Page("made.pdf", number, PageStatus.READ, ReadMethod.TEXT, 612, 792, (), tuple(line for line, _ in lines))
        began = time.perf_counter()
        entities = extractor.extract([page])[0].entities
        times.append(1000 * (time.perf_counter() - began))
        tested.append(page_hash(lines))
        truth = [label for line, label in lines if line.amounts]
        shown = [f"{line.label} {' '.join(amount.text for amount in line.amounts)}" for line, _ in lines if line.amounts]
        segments = (f"kind {kind}", f"length {'up to' if len(truth) <= _MANY_ROWS else 'above'} {_MANY_ROWS} rows")
        for row, (entity, label) in enumerate(zip(entities, truth, strict=True), 1):
            said = same_reading(entity.label, label), entity.score, segments
            told = {"expected": label, "given": entity.label, "shows": shown[row - 1]}
            answers.append(Answer(frozen, f"page {number} row {row}", tested[-1], *said, **told))
    return Run(version, tuple(answers), tuple(times), trained[0], frozenset(tested), trained[1])


def trained_pages(card: Any) -> frozenset[str] | None:
    """Return the hashes of the pages that a card says the extractor was trained on; None where they cannot be made again."""
    config = card.get("config", {})
    if card.get("corpus") != corpus_digest() or not {"seed", "statements"} <= set(config):
        return None
    return frozenset(_hashes(pages(int(config["seed"]), int(config["statements"]))))


def page_hash(lines: Sequence[Labelled]) -> str:
    """Return the SHA-256 over the words of a page's lines and their labels."""
    told = [[line.label, [str(amount.value) for amount in line.amounts], label] for line, label in lines]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _hashes(made: Iterable[Made]) -> Iterator[str]:
    return (page_hash(lines) for _, lines in made)
