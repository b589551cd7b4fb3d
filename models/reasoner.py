"""The reasoner: a Llama with a LoRA adapter that reads fact lines in one pass and says what each does to the risk, and the grade.

It sees typed facts alone and writes no word: relations and grade are read off its answer tokens, prose is made of the cited facts.
"""

import hashlib
import itertools
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import FactLine, ModelVersion, Rationale, Reason, Relation
from app.errors import SetupError
from models.llama import load_fingerprint, load_llama
from models.prompt import Prompt, Prompter

_RELATIONS = tuple(Relation)
#: What the adapter changes in each layer that it sits on, and by how much: LoRA's alpha for each rank.
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj")
_STRENGTH = 2
LENGTHS = 32  # prompts are padded to multiples of this: every new shape costs the CPU kernels time to prepare
#: Where the adapter's file keeps the tuned rows of the output layer, one an answer.
ANSWER_ROWS = "answer_rows"
_FILES = ("card.json", "adapter.safetensors")

#: One score for each relation.
Scores = tuple[float, float, float, float]
#: A prompt -> scores (places, relations + grades), unnormalised.
Run = Callable[[Prompt], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Leaning:
    """What is added to the scores of the relations before the best is taken; chosen on validation records, kept in the card."""

    scores: Scores = (0.0, 0.0, 0.0, 0.0)


class Reasoner:
    """A loaded reasoner. Build it with `load`."""

    def __init__(self, run: Run, prompter: Prompter, version: ModelVersion, leaning: Leaning | None = None) -> None:
        self._run, self._prompter, self.version = run, prompter, version
        self._leaning = np.asarray((leaning or Leaning()).scores, np.float32)

    def explain(self, facts: Sequence[FactLine], fault: str = "") -> Rationale:
        """Return the rationale of `facts`; what does not fit into the prompt is left out from the end.

        `fault` says what guardrails found wrong with the answer before: then every fact is read only as its figure allows, and at
        least one is cited. Questions are not asked here.
        """
        kept, likely, signal = self.weigh(facts)
        if fault:
            likely = likely * np.asarray([[fact.allows(relation) for relation in _RELATIONS] for fact in kept], np.float32)
        reasons = _reasons(kept, likely, at_least=1 if fault else 0)
        return Rationale(kept, reasons, (), tuple(round(float(p), 4) for p in signal), self.version)

    def weigh(self, facts: Sequence[FactLine]) -> tuple[tuple[FactLine, ...], NDArray[np.float32], NDArray[np.float32]]:
        """Return the facts that fit, a probability for each relation of each, and one for each grade."""
        kept, prompt = self._prompter.write_what_fits(facts)
        scores = self._run(prompt)
        return kept, softmax(scores[:-1, : len(_RELATIONS)] + self._leaning), softmax(scores[-1:, len(_RELATIONS) :])[0]


def _reasons(facts: Sequence[FactLine], likely: NDArray[np.float32], at_least: int) -> tuple[Reason, ...]:
    """Return the facts that do something to the risk, the surest first; `at_least` so many even where each seems to do nothing."""
    cited = [int(n) for n in np.flatnonzero(likely.argmax(1) != _RELATIONS.index(Relation.NEUTRAL))]
    driving = likely[:, : _RELATIONS.index(Relation.NEUTRAL)]
    missing = [int(n) for n in np.argsort(-driving.max(1)) if n not in cited][: max(0, at_least - len(cited))]
    made = [Reason(facts[n].id, _RELATIONS[int(driving[n].argmax())], round(float(driving[n].max()), 4)) for n in (*cited, *missing)]
    return tuple(sorted(made, key=lambda reason: -reason.weight))


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each row of scores as probabilities."""
    exp = np.exp(scores - scores.max(1, keepdims=True))
    out: NDArray[np.float32] = exp / exp.sum(1, keepdims=True)
    return out


def load(folder: Path, llama: str, cache_dir: Path, threads: int = 0) -> Reasoner:
    """Load the reasoner whose adapter lies in `folder` (card.json, adapter.safetensors) on its Llama.

    Raises SetupError where a file or the Llama is missing, or the adapter was trained on another Llama.
    """
    missing(folder)
    import torch

    model, tokenizer = load_llama(llama, cache_dir)
    card = read_card(folder, model)
    prompter = Prompter(tokenizer)
    body, rows = load_tuned(model, folder / "adapter.safetensors", card.config)
    torch.set_num_threads(threads or os.cpu_count() or 1)

    def run(prompt: Prompt) -> NDArray[np.float32]:
        ids = torch.tensor([prompt.ids + (0,) * (-len(prompt.ids) % LENGTHS)])  # what follows the last place is never looked at
        with torch.inference_mode():
            last = body(input_ids=ids, use_cache=False).last_hidden_state[0, list(prompt.places)]
            scores: NDArray[np.float32] = (last.float() @ rows.T).numpy()
        return scores

    return Reasoner(run, prompter, ModelVersion("reasoner", card.version, card.sha256), Leaning(card.leaning))


@dataclass(frozen=True, slots=True)
class Card:
    """What the card of an adapter says: its training's settings, its version, its leaning, and the hash of its weights."""

    config: dict[str, Any]
    version: str
    leaning: Scores
    sha256: str


def missing(folder: Path) -> None:
    """Raise SetupError where a file of the adapter in `folder` is missing."""
    if lost := [name for name in _FILES if not (folder / name).is_file()]:
        raise SetupError(f"The reasoner in {folder} lacks {', '.join(lost)}. Train one with `loanlens train reasoner`.")


def read_card(folder: Path, model: Any) -> Card:
    """Return the card of the adapter in `folder`. Raises SetupError where a file is missing or damaged, or it is of another Llama."""
    missing(folder)
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        config, made_on, version = card["config"], card["llama"], str(card["version"])
        leaning = tuple(card.get("leaning") or Leaning().scores)
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"The card of the reasoner in {folder} is damaged ({error}). Restore it or train anew.") from error
    found = load_fingerprint(model)
    unlike = [f"{name} {found[name]} instead of {made_on.get(name)}" for name in found if found[name] != made_on.get(name)]
    if unlike:
        told = "; ".join(unlike)
        raise SetupError(f"The reasoner's adapter in {folder} was trained on another Llama: {told}. Set LOANLENS_REASONER_LLAMA.")
    return Card(config, version, leaning, hashlib.sha256((folder / "adapter.safetensors").read_bytes()).hexdigest())


def load_tuned(model: Any, weights: Path, config: dict[str, Any]) -> tuple[Any, Any]:
    """Return the layers of `model` in use with the adapter in `weights` added to them, and the rows that its answers are read with.

    Raises SetupError where it does not fit.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        layers = cut(model, config["layers"]).model.layers
        first = len(layers) - min(config["tuned_layers"] or len(layers), len(layers))
        adapter = {name: tensor.float() for name, tensor in load_file(weights).items()}
        rows = adapter.pop(ANSWER_ROWS)
        for number, projection in itertools.product(range(first, len(layers)), PROJECTIONS):
            place = f"base_model.model.model.layers.{number}.self_attn.{projection}"
            changed = adapter.pop(f"{place}.lora_B.weight") @ adapter.pop(f"{place}.lora_A.weight")
            with torch.no_grad():
                getattr(layers[number].self_attn, projection).weight += _STRENGTH * changed
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        raise SetupError(f"The reasoner's adapter {weights} does not fit its Llama: {str(error).splitlines()[0]}") from error
    if adapter:
        raise SetupError(f"The reasoner's adapter {weights} does not fit its Llama: it has {len(adapter)} weights too many.")
    return model.model, rows


def cut(model: Any, layers: int) -> Any:
    """Return `model` with its first `layers` layers alone (0: all): the answer is read there."""
    kept = model.model.layers[: layers or None]
    model.model.layers, model.config.num_hidden_layers = kept, len(kept)
    return model


def load_form(layers: int, rank: int, tuned: int) -> Any:
    """Return the form of the adapter: low-rank changes to the four projections of attention in the last `tuned` layers (0: all)."""
    from peft import LoraConfig

    places = list(range(layers - min(tuned or layers, layers), layers))
    return LoraConfig(r=rank, lora_alpha=_STRENGTH * rank, target_modules=list(PROJECTIONS), layers_to_transform=places)
