"""Records -> what the reasoner trains on: tokens, places and targets, with the frozen lower layers run once per record.

Layers below the adapter give the same result in every epoch: it is kept on disk, so that a step costs the upper layers alone.
"""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from app.domain import Relation
from models.prompt import GRADES, Prompter
from training.reasoner_records import Record

log = logging.getLogger(__name__)
IGNORED = -100
_CLASSES = tuple(Relation)
_SHARD = 256
_SURE = 1 - 1e-4  # a refused relation held surer than this costs no more
LENGTHS = 16  # padded to multiples of this: every new shape costs the CPU kernels time to prepare
_POOL = 16  # batches sorted by length together, so that little is padding


@dataclass(frozen=True, slots=True)
class Example:
    """One record as tokens, places and a target per place: a relation for each fact (or none asked), then the grade.

    `failed` is asked for instead of a grade where only a firm's fate is known. `refused` is the relation that somebody said a fact
    does not bear, a place each like `targets`; empty where nobody did.
    """

    ids: tuple[int, ...]
    places: tuple[int, ...]
    targets: tuple[int, ...]
    failed: bool | None
    refused: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded inputs (records, tokens[, hidden]); of every place its record, token and target; whether each record's firm failed."""

    inputs: torch.Tensor
    rows: torch.Tensor
    places: torch.Tensor
    targets: torch.Tensor
    is_grade: torch.Tensor
    failed: torch.Tensor
    refused: torch.Tensor


def example(record: Record, prompter: Prompter) -> Example:
    """Return a record as an example."""
    prompt = prompter.write(record.facts)
    known = record.relations
    targets = [_CLASSES.index(known[fact.id]) if fact.id in known else IGNORED for fact in record.facts]
    return Example(prompt.ids, prompt.places, (*targets, IGNORED if record.grade is None else record.grade - 1), record.failed)


def lower_states(layers: Any, examples: Sequence[Example], run: Any, work: Path) -> list[torch.Tensor]:
    """Return what the `layers` below the adapter make of each example (tokens, hidden), out of `work` where it is already there."""
    out: list[torch.Tensor] = []
    work.mkdir(parents=True, exist_ok=True)
    for start in range(0, len(examples), _SHARD):
        shard = work / f"{start:06d}.safetensors"
        if not shard.is_file():
            made = {str(n): run(layers, e) for n, e in enumerate(examples[start : start + _SHARD])}
            save_file(made, shard.with_suffix(".part"))
            shard.with_suffix(".part").replace(shard)
            log.info("lower layers: %d of %d records", min(start + _SHARD, len(examples)), len(examples))
        kept = load_file(shard)
        out += [kept[str(n)] for n in range(len(kept))]
    return out


def order(lengths: Sequence[int], size: int, seed: str) -> list[list[int]]:
    """Return the batches of an epoch as indices: records of like length together, in an order that depends on the seed alone."""
    rng = random.Random(seed)
    shuffled = list(range(len(lengths)))
    rng.shuffle(shuffled)
    pool = size * _POOL
    sorted_ones = [i for s in range(0, len(shuffled), pool) for i in sorted(shuffled[s : s + pool], key=lambda i: lengths[i])]
    batches = [sorted_ones[i : i + size] for i in range(0, len(sorted_ones), size)]
    rng.shuffle(batches)
    return batches


def batch(examples: Sequence[Example], inputs: Sequence[torch.Tensor]) -> Batch:
    """Return chosen examples and their inputs (token ids or lower states) padded on the right: what follows is never looked at."""
    places = [
        (row, place, target, place == e.places[-1])
        for row, e in enumerate(examples)
        for place, target in zip(e.places, e.targets, strict=True)
    ]
    rows, tokens, targets, grades = (torch.tensor(column) for column in zip(*places, strict=True))
    refused = torch.tensor([target for e in examples for target in e.refused or (IGNORED,) * len(e.places)])
    failed = torch.tensor([IGNORED if e.failed is None else int(e.failed) for e in examples])
    padded = torch.nn.utils.rnn.pad_sequence(list(inputs), batch_first=True)
    spare = -padded.shape[1] % LENGTHS
    padded = torch.cat([padded, padded.new_zeros(padded.shape[0], spare, *padded.shape[2:])], 1)
    return Batch(padded, rows, tokens, targets, grades.bool(), failed, refused)


def loss_of(logits: torch.Tensor, of: Batch, failing: int = 5) -> torch.Tensor:
    """Return the loss of answers `logits` (places, relations + grades): relations, those refused, then grades, then real firms' fates.

    A relation that was refused should have had no probability: which other one holds, nobody said. A firm that failed should have had
    a grade above `failing`, a firm that did not one up to it.
    """
    relations = (~of.is_grade) & (of.targets != IGNORED)
    grades = of.is_grade & (of.targets != IGNORED)
    total = logits.sum() * 0.0
    if relations.any():
        total = total + torch.nn.functional.cross_entropy(logits[relations, : len(_CLASSES)], of.targets[relations])
    no = of.refused != IGNORED
    if no.any():
        held = torch.softmax(logits[no, : len(_CLASSES)], -1).gather(1, of.refused[no, None])
        total = total - torch.log1p(-held.clamp(max=_SURE)).mean()
    likely = torch.log_softmax(logits[:, len(_CLASSES) : len(_CLASSES) + len(GRADES)], -1)
    if grades.any():
        total = total + 0.3 * torch.nn.functional.nll_loss(likely[grades], of.targets[grades])
    told = of.is_grade & (of.failed[of.rows] != IGNORED)
    if told.any():
        bad = torch.logsumexp(likely[told][:, failing:], -1)
        good = torch.logsumexp(likely[told][:, :failing], -1)
        fate = of.failed[of.rows[told]].bool()
        total = total - 0.3 * torch.where(fate, bad, good).mean()
    return total
