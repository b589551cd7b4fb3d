"""Several reasoners on one Llama, an adapter each: a lender's own beside the others', switched by name; and one merged for deployment.

The reasoner that is installed for all has its adapter added to its Llama's weights (`models.reasoner.load`), which is fastest; a lender's
own costs a few per cent more time, and half a megabyte instead of a Llama.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.domain import FactLine, ModelVersion
from app.errors import SetupError
from models.llama import load_llama
from models.prompt import Prompt, Prompter
from models.reasoner import ANSWER_ROWS, LENGTHS, Leaning, Reasoner, Run, Scores, load_form, read_card

_SAME = 1e-3  # of a probability: what rounding may make of merging


class Shelf:
    """One Llama with its adapters. Each reasoner switches to its own before it reads; two threads never read at once."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        """Take a loaded Llama; adapters come by `reasoner`."""
        self._model, self.tokenizer = model, tokenizer
        self._body, self._layers = self._model.model, self._model.model.layers
        self._prompter = Prompter(self.tokenizer)
        self._peft: Any = None
        self._known: dict[str, Reasoner] = {}
        self._lock = Lock()

    def reasoner(self, folder: Path) -> Reasoner:
        """Return the reasoner whose adapter lies in `folder`; it is loaded once. Raises SetupError where it does not fit the Llama."""
        card = read_card(folder, self._model)
        with self._lock:
            if card.sha256 not in self._known:
                run = self.load_run(self.load_beside(folder, card.sha256[:16], card.config), card.config["layers"])
                version = ModelVersion("reasoner", card.version, card.sha256)
                self._known[card.sha256] = Reasoner(run, self._prompter, version, Leaning(card.leaning))
            return self._known[card.sha256]

    def load_beside(self, folder: Path, name: str, config: dict[str, Any]) -> tuple[str, Any]:
        """Put an adapter beside the others; return its name, and the rows that its answers are read with."""
        from peft import PeftModel, set_peft_model_state_dict
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            weights = {key: tensor.float() for key, tensor in load_file(folder / "adapter.safetensors").items()}
            rows = weights.pop(ANSWER_ROWS)
            form = load_form(config["layers"] or len(self._layers), config["rank"], config["tuned_layers"])
            if self._peft is None:
                self._peft = PeftModel(self._model, form, adapter_name=name)
            elif name not in self._peft.peft_config:
                self._peft.add_adapter(name, form)
            found: Any = set_peft_model_state_dict(self._peft, weights, adapter_name=name)
        except (SafetensorError, OSError, KeyError, RuntimeError) as error:
            raise SetupError(f"The reasoner's adapter in {folder} does not fit its Llama: {str(error).splitlines()[0]}") from error
        if found.unexpected_keys:
            raise SetupError(
                f"The reasoner's adapter in {folder} does not fit its Llama: it has {len(found.unexpected_keys)} weights too many."
            )
        self._peft.train(mode=False)
        return name, rows

    def load_run(self, put: tuple[str, Any], layers: int) -> Run:
        """Return what switches to an adapter that was put beside the others, and reads a prompt with it."""
        import torch

        name, rows = put

        def run(prompt: Prompt) -> NDArray[np.float32]:
            ids = torch.tensor([prompt.ids + (0,) * (-len(prompt.ids) % LENGTHS)])
            with self._lock, torch.inference_mode():
                self._peft.set_adapter(name)
                self._body.layers = self._layers[: layers or None]
                try:
                    last = self._body(input_ids=ids, use_cache=False).last_hidden_state[0, list(prompt.places)]
                finally:
                    self._body.layers = self._layers
                scores: NDArray[np.float32] = (last.float() @ rows.T).numpy()
            return scores

        return run

    def export(self, folder: Path, out: Path, probes: Iterable[Sequence[FactLine]]) -> float:
        """Write the Llama with an adapter merged into it, for a server that knows no adapters; return the greatest difference on `probes`.

        The shelf is used up by it. Raises SetupError, with nothing left in `out`, where merged and unmerged answers differ.
        """
        own, card = self.reasoner(folder), read_card(folder, self._model)
        asked = [(facts, own.weigh(facts)) for facts in probes]
        _, rows = self.load_beside(folder, card.sha256[:16], card.config)
        self._peft.set_adapter(card.sha256[:16])
        merged = export_merged(self._peft.merge_and_unload(), card.config["layers"], (rows, self._prompter.answers))
        merged.save_pretrained(out)
        self.tokenizer.save_pretrained(out)
        (out / "card.json").write_text(
            json.dumps({"version": card.version, "adapter": card.sha256, "merged": True}) + "\n", encoding="utf-8"
        )
        again = load_merged(out, card.leaning)
        largest = max(
            (
                float(np.abs(one - other).max())
                for facts, before in asked
                for one, other in zip(before[1:], again.weigh(facts)[1:], strict=True)
            ),
            default=0.0,
        )
        if not largest <= _SAME:
            shutil.rmtree(out)
            raise SetupError(f"The merged reasoner answers otherwise: a probability differs by {largest:.4f}. Nothing was kept.")
        return largest


def export_merged(model: Any, layers: int, answers: tuple[Any, tuple[int, ...]]) -> Any:
    """Return the Llama cut to its layers in use, its output rows of the answers those that were tuned."""
    import torch

    rows, ids = answers
    head = torch.nn.Linear(model.config.hidden_size, model.config.vocab_size, bias=False)
    with torch.no_grad():
        head.weight.copy_(model.get_input_embeddings().weight)
        head.weight[list(ids)] = rows
    model.lm_head, model.config.tie_word_embeddings = head, False
    model.model.layers = model.model.layers[: layers or None]
    model.config.num_hidden_layers = len(model.model.layers)
    return model


def load_merged(folder: Path, leaning: Scores) -> Reasoner:
    """Return a merged reasoner, read as a server reads it: the model's own scores of the answers' tokens."""
    import torch

    model, tokenizer = load_llama(str(folder), folder)
    prompter = Prompter(tokenizer)

    def run(prompt: Prompt) -> NDArray[np.float32]:
        with torch.inference_mode():
            logits = model(input_ids=torch.tensor([prompt.ids]), use_cache=False).logits[0, list(prompt.places)]
        scores: NDArray[np.float32] = logits[:, list(prompter.answers)].float().numpy()
        return scores

    told = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    sha256 = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    return Reasoner(run, prompter, ModelVersion("reasoner", f"{told['version']}, merged", sha256), Leaning(leaning))


def load_shelf(llama: str, cache_dir: Path, threads: int = 0) -> Shelf:
    """Return a shelf with its Llama and no adapter yet."""
    import torch

    torch.set_num_threads(threads or os.cpu_count() or 1)
    return Shelf(*load_llama(llama, cache_dir))


#: The shelf of this program: the Llama is loaded once, whoever's adapter asks for it.
shared_shelf = lru_cache(maxsize=1)(load_shelf)
