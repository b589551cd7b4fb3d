"""Trains the reasoner's adapter: `loanlens train reasoner [--config training/train_reasoner.yaml] [--outcomes FILE]`.

LoRA on the query, key, value and output projections of a Llama's upper layers; QLoRA with `quantized`. The loss counts only where the
answer is read. Writes checkpoints and resumes from them; the adapter comes with its card, written last.
"""

import hashlib
import json
import logging
import math
import time
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict
from safetensors.torch import save_file
from transformers import BitsAndBytesConfig

from app.domain import Relation
from app.errors import SetupError, UsageError
from models.llama import load_fingerprint, load_llama
from models.prompt import Prompter
from models.reasoner import ANSWER_ROWS, cut, load_form
from training import configuration
from training.outcome_records import FITTED_YEARS, outcome_records
from training.reasoner_batches import IGNORED, LENGTHS, Batch, Example, batch, example, loss_of, lower_states, order
from training.reasoner_records import planted_records
from training.train_extractor import keep_memory

log = logging.getLogger(__name__)
HELD_OUT = 1_000_003  # added to the seed: applications never trained on
_CALM = 0.1  # scores read off a middle layer start out wild: the first thousand records would go into calming them


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that decides a training run. `layers` of the Llama are used (0: all), the adapter sits on the last `tuned_layers`."""

    version: str
    llama: str
    quantized: bool
    records: int
    outcome_records: int
    held_out: int
    epochs: float
    batch: int
    rank: int
    layers: int
    tuned_layers: int
    learning_rate: float
    warmup: float
    clip: float
    gradient_checkpointing: bool
    patience: int
    seed: int
    checkpoint_every: int

    def __post_init__(self) -> None:
        sizes = (self.records, self.held_out, self.batch, self.rank, self.patience, self.checkpoint_every)
        if min(sizes) < 1 or self.epochs <= 0 or not 0 <= self.warmup < 1 or min(self.layers, self.tuned_layers, self.outcome_records) < 0:
            raise UsageError("The training configuration contradicts itself: sizes must be positive and warmup in [0, 1).")


def read_config(path: Path) -> Config:
    """Read a training configuration; unknown or missing keys raise UsageError."""
    return configuration.read(Config, path)


def main(config: Config, out: Path, work: Path, cache_dir: Path, outcomes: Path | None = None) -> None:
    """Train by `config`, with checkpoints under `work`, and write the finished adapter to `out`."""
    torch.manual_seed(config.seed)
    keep_memory()
    tuned, prompter = tuned_llama(config, cache_dir)
    real = outcome_records(outcomes, config.outcome_records, FITTED_YEARS, config.seed) if outcomes and config.outcome_records else []
    fitted = [example(r, prompter) for r in (*planted_records(config.seed, config.records), *real)]
    held = [example(r, prompter) for r in planted_records(config.seed + HELD_OUT, config.held_out)]
    log.info("%d records, %d of real firms, mean %d tokens", len(fitted), len(real), sum(len(e.ids) for e in fitted) / len(fitted))
    data = digest(config, fitted + held)
    inputs = tuned.inputs(fitted + held, work / f"lower-{data}")
    loss = fit(tuned, list(zip(fitted, inputs, strict=False)), list(zip(held, inputs[len(fitted) :], strict=True)), (config, work, data))
    leaning = choose_leaning(*_answers(tuned, list(zip(held, inputs[len(fitted) :], strict=True)), config))
    made_of = {"records": len(fitted), "of real firms": len(real), "data": data, "validation loss": round(loss, 4)}
    write_adapter(tuned, config, out, {"training": made_of, "leaning": leaning})


class Tuned:
    """A Llama whose upper layers bear an adapter. `logits` runs those alone, on what the lower ones made once."""

    def __init__(self, model: Any, config: Config, prompter: Prompter) -> None:
        """Take the loaded Llama; LoRA is put on it here."""
        self.print = load_fingerprint(model)
        body = cut(model, config.layers).model
        self.first = len(body.layers) - min(config.tuned_layers or len(body.layers), len(body.layers))
        self.peft = get_peft_model(model, load_form(len(body.layers), config.rank, config.tuned_layers))
        self.body = body
        rows = model.get_input_embeddings().weight.detach()[list(prompter.answers)].float()
        self.rows = torch.nn.Parameter((rows - rows.mean(0)) * _CALM)  # the answers' rows of the output layer are tuned too
        self._all, self._norm = body.layers, body.norm
        self.half = config.quantized or bool(torch.ops.mkldnn._is_mkldnn_bf16_supported()) or torch.cuda.is_available()  # noqa: SLF001
        if config.gradient_checkpointing:
            model.activation_checkpointing_enable({"use_reentrant": False})

    def inputs(self, examples: Sequence[Example], work: Path) -> list[torch.Tensor]:
        """Return what the upper layers start from, for each example."""
        return lower_states(self._all[: self.first], examples, self._lower, work)

    def _lower(self, layers: Any, of: Example) -> torch.Tensor:
        length = len(of.ids)
        ids = torch.tensor([of.ids + (0,) * (-length % LENGTHS)], device=self.body.embed_tokens.weight.device)
        with torch.inference_mode(), torch.autocast(ids.device.type, torch.bfloat16, enabled=self.half):
            made = self._run(layers, torch.nn.Identity(), {"input_ids": ids})[0]
        return made[:length].bfloat16().cpu().contiguous()

    def logits(self, of: Batch) -> torch.Tensor:
        """Return the answers at every place of a batch (places, relations + grades)."""
        states = of.inputs.float().to(self.body.embed_tokens.weight.device)
        with torch.autocast(states.device.type, torch.bfloat16, enabled=self.half):
            last = self._run(self._all[self.first :], self._norm, {"inputs_embeds": states})
        scores: torch.Tensor = last[of.rows, of.places].float() @ self.rows.to(last.device).T
        return scores

    def _run(self, layers: Any, norm: Any, given: dict[str, torch.Tensor]) -> torch.Tensor:
        self.body.layers, self.body.norm = layers, norm
        try:
            result: torch.Tensor = self.body(**given, use_cache=False).last_hidden_state
        finally:
            self.body.layers, self.body.norm = self._all, self._norm
        return result

    def parameters(self) -> list[torch.nn.Parameter]:
        """Return what is trained."""
        return [*(p for p in self.peft.parameters() if p.requires_grad), self.rows]

    def state(self) -> dict[str, torch.Tensor]:
        """Return the adapter's weights by name."""
        lora = {name: tensor.detach().cpu().clone() for name, tensor in get_peft_model_state_dict(self.peft).items()}
        return lora | {ANSWER_ROWS: self.rows.detach().cpu().clone()}

    def take(self, state: dict[str, torch.Tensor]) -> None:
        """Put an adapter's weights in place."""
        set_peft_model_state_dict(self.peft, {name: tensor for name, tensor in state.items() if name != ANSWER_ROWS})
        with torch.no_grad():
            self.rows.copy_(state[ANSWER_ROWS])


def tuned_llama(config: Config, cache_dir: Path) -> tuple[Tuned, Prompter]:
    """Return the configuration's Llama with a fresh adapter on it, and what writes its prompts."""
    options: dict[str, Any] = {}
    if config.quantized:
        options = {"quantization_config": quantization(), "dtype": torch.bfloat16}
    model, tokenizer = load_llama(config.llama, cache_dir, **options)
    model.requires_grad_(requires_grad=False)
    if torch.cuda.is_available():
        model.to("cuda")
    prompter = Prompter(tokenizer)
    return Tuned(model, config, prompter), prompter


def quantization() -> BitsAndBytesConfig:
    """Return how QLoRA holds the frozen weights: 4-bit NormalFloat, its constants quantised once more."""
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True, bnb_4bit_compute_dtype=torch.bfloat16
    )


def digest(config: Config, examples: Sequence[Example]) -> str:
    """Return a hash of what is trained on and how, so that a checkpoint of other data is never gone on from."""
    text = json.dumps(asdict(config), sort_keys=True) + repr([(e.ids, e.targets, e.failed, e.refused) for e in examples])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


Kept = Sequence[tuple[Example, torch.Tensor]]


@dataclass(frozen=True, slots=True)
class Looks:
    """How often the records kept out are looked at, in steps, and the loss that a better adapter must beat."""

    every: int = 100
    to_beat: float = math.inf


def fit(tuned: Tuned, fitted: Kept, held: Kept, run: tuple[Config, Path, str], looks: Looks | None = None) -> float:
    """Train until the schedule ends or validation no longer improves; leave the best adapter in place and return its loss."""
    looks = looks or Looks()
    config, work, data = run
    optimizer = torch.optim.AdamW(tuned.parameters(), lr=config.learning_rate, weight_decay=0.0)
    per_epoch = len(order([0] * len(fitted), config.batch, ""))
    steps = max(1, int(per_epoch * config.epochs))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps, config.warmup))
    best: dict[str, Any] = {"loss": looks.to_beat, "adapter": tuned.state()}
    waited = 0
    first, saved = 0, _resume(work, data)
    if saved:
        tuned.take(saved["adapter"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        first, best, waited = saved["step"], saved["best"], saved["waited"]
    tuned.peft.train()
    started = time.monotonic()
    for step in range(first, steps):
        chosen = order([len(e.ids) for e, _ in fitted], config.batch, f"{config.seed}-{step // per_epoch}")[step % per_epoch]
        loss = _step(tuned, [fitted[i] for i in chosen], optimizer, config)
        schedule.step()
        if (step + 1) % 10 == 0:
            log.info("step %d/%d loss %.4f %.2f s/step", step + 1, steps, loss, (time.monotonic() - started) / (step + 1 - first))
        if (step + 1) % looks.every == 0 or step + 1 == steps:
            found = validation_loss(tuned, held, config)
            better = found < best["loss"]
            best, waited = ({"loss": found, "adapter": tuned.state()}, 0) if better else (best, waited + 1)
            log.info("validation loss %.4f, best %.4f", found, best["loss"])
        if (step + 1) % config.checkpoint_every == 0 or waited >= config.patience:
            states = {"optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "best": best, "waited": waited}
            _checkpoint(work, {"data": data, "step": step + 1, "adapter": tuned.state(), **states})
        if waited >= config.patience:
            break
    if math.isinf(best["loss"]):  # seen with one thread and layers of a few dozen numbers: the CPU's bfloat16 products held garbage
        raise SetupError("The training came to no number. Run it again with other `threads`; what serves is untouched.")
    tuned.take(best["adapter"])
    return float(best["loss"])


def _rate(step: int, steps: int, warmup: float) -> float:
    """Return the share of the learning rate at a step: up in a line, down as a cosine."""
    rise = max(1, int(steps * warmup))
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - rise) / max(1, steps - rise))))


def _step(tuned: Tuned, chosen: Kept, optimizer: torch.optim.Optimizer, config: Config) -> float:
    made = batch([e for e, _ in chosen], [states for _, states in chosen])
    loss: Any = loss_of(tuned.logits(made), made)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(tuned.parameters(), config.clip)
    optimizer.step()
    return float(loss.item())


def validation_loss(tuned: Tuned, held: Kept, config: Config) -> float:
    """Return the mean loss on records kept out."""
    tuned.peft.train(mode=False)
    losses = []
    with torch.inference_mode():
        for chosen in order([len(e.ids) for e, _ in held], config.batch, "held"):
            made = batch([held[i][0] for i in chosen], [held[i][1] for i in chosen])
            losses.append(loss_of(tuned.logits(made), made).item() * len(chosen))
    tuned.peft.train()
    return sum(losses) / len(held)


def _checkpoint(work: Path, state: dict[str, Any]) -> None:
    part = work / "checkpoint.part"
    try:
        work.mkdir(parents=True, exist_ok=True)
        torch.save(state, part)
        part.replace(work / "checkpoint.pt")
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        part.unlink(missing_ok=True)
        raise SetupError(f"No checkpoint could be written to {work}: {error}. Make room, and run the same command again.") from error


def _resume(work: Path, data: str) -> dict[str, Any] | None:
    """Return the checkpoint of the same data and configuration, if there is one."""
    path = work / "checkpoint.pt"
    if path.is_file() and (not zipfile.is_zipfile(path) or zipfile.ZipFile(path).testzip() is not None):
        raise SetupError(f"The checkpoint {path} is damaged. Delete it: the same command then starts anew. Nothing in service is touched.")
    saved = torch.load(path, weights_only=True) if path.is_file() else None
    if saved is None or saved["data"] != data:
        if saved:
            log.info("the checkpoint in %s is of another configuration or data: starting anew", work)
        return None
    log.info("going on from step %d", saved["step"])
    return dict(saved)


def _answers(tuned: Tuned, held: Kept, config: Config) -> tuple[torch.Tensor, torch.Tensor]:
    """Return scores (facts, relations) and the true relation of every fact of records kept out."""
    tuned.peft.train(mode=False)
    scores, targets = [], []
    with torch.inference_mode():
        for chosen in order([len(e.ids) for e, _ in held], config.batch, "held"):
            made = batch([held[i][0] for i in chosen], [held[i][1] for i in chosen])
            asked = (~made.is_grade) & (made.targets != IGNORED)
            scores.append(tuned.logits(made)[asked][:, : len(Relation)].cpu())
            targets.append(made.targets[asked])
    return torch.cat(scores), torch.cat(targets)


def choose_leaning(scores: torch.Tensor, targets: torch.Tensor) -> list[float]:
    """Return what to add to the scores of each relation: as much on "does nothing" as finds the drivers best (F1)."""
    neutral = list(Relation).index(Relation.NEUTRAL)
    driving = torch.tensor([n for n, relation in enumerate(Relation) if relation in (Relation.UP, Relation.DOWN)])

    def f1(added: float) -> float:
        given = (scores + torch.eye(len(Relation))[neutral] * added).argmax(1)
        named, true = torch.isin(given, driving), torch.isin(targets, driving)
        return float(2 * ((given == targets) & true).sum() / max(1, int(named.sum() + true.sum())))

    best = max((n / 10 for n in range(-10, 11)), key=lambda added: (f1(added), -abs(added)))
    return [best if relation is Relation.NEUTRAL else 0.0 for relation in Relation]


def write_adapter(tuned: Tuned, config: Config, out: Path, measured: dict[str, Any]) -> None:
    """Write the adapter (fp16 safetensors), then its card: weights with a card are complete."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "card.json").unlink(missing_ok=True)
    save_file({name: tensor.half().contiguous() for name, tensor in tuned.state().items()}, out / "adapter.safetensors")
    card = {
        "version": config.version,
        "config": asdict(config),
        "llama": {"name": config.llama or "SmolLM2-135M-Instruct (Apache-2.0)", **tuned.print},
        **measured,
        "metrics": {},
        "date": datetime.now(UTC).date().isoformat(),
        "licence": "as the Llama",
    }
    (out / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Add what was measured to the card in `folder`."""
    path = folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    card["metrics"] |= {name: {key: round(value, 4) for key, value in figures.items()} for name, figures in metrics.items()}
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
