"""Faults in a retraining: its process is killed (kill -9) at random moments and started again, until it is done; then the weights, the
card's figures and the registry must be those of a run that nobody killed.

`make retrain-faults` runs it with 20 kills. The champion is a small one with the shipped tokenizer; the retraining is the real one.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from transformers import DistilBertConfig, DistilBertForTokenClassification

from app.settings import Settings
from models import registry
from tests.judged import UNTIL, ten
from training import datasets, retrain_extractor
from training.challenger import Places
from training.datasets import Filters
from training.retrain_extractor import Config
from training.train_extractor import LABELS, write_weights

_CONFIG = Config(
    epochs=20.0, batch=4, learning_rate=1e-3, warmup=0.1, seed=5, checkpoint_every=3, replay=0.5, most_weight=20.0, look_every=5,
    patience=1_000, held_out=2, threads=1,
)  # fmt: skip
_BEGINS = "begins"  # what a run says once everything is imported


def small_champion(folder: Path) -> Path:
    """Write an extractor of two small layers with the shipped tokenizer."""
    torch.manual_seed(3)
    names, numbers = dict(enumerate(LABELS)), {label: n for n, label in enumerate(LABELS)}
    shape: dict[str, Any] = {"vocab_size": 30522, "dim": 64, "hidden_dim": 128, "n_layers": 2, "n_heads": 2, "activation": "gelu"}
    config = DistilBertConfig(**shape, id2label=names, label2id=numbers)
    tokenizer = Tokenizer.from_file(str(Settings().extractor_dir / "tokenizer.json"))
    write_weights(DistilBertForTokenClassification(config), tokenizer, folder)
    return folder


def retrain(world: Path, own: Path) -> None:
    """Retrain from the world's version, and keep the challenger in a registry: what a killed run does again from the start."""
    (made,) = datasets.versions(world / "datasets")
    print(_BEGINS, flush=True)
    places = Places(world / "champion", own / "challengers", own / "work")
    challenger = retrain_extractor.main(made, None, _CONFIG, places)
    registry.keep(own / "registry", "extractor", challenger.folder)


def start(world: Path, own: Path, run: int) -> subprocess.Popen[str]:
    """Start a retraining in a process of its own, and return once it is under way."""
    command = [sys.executable, "-m", "tests.retrain_faults", "--retrain", str(world), str(own)]
    with (own / f"run-{run}.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    if process.stdout is None or process.stdout.readline().strip() != _BEGINS:
        raise RuntimeError((own / f"run-{run}.log").read_text(encoding="utf-8"))
    return process


def outcome(own: Path) -> dict[str, Any]:
    """Return what a finished run left: its weights' hash, its card's figures, and the registry's one version, verified."""
    (folder,) = (own / "challengers").iterdir()
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    found = registry.look_at("extractor", folder)
    kept = [path for path in (own / "registry" / "extractor").iterdir() if not path.name.startswith(".")]
    registry.place_of(own / "registry", found.version)
    return {"sha256": card["sha256"], "metrics": card["metrics"], "version": found.version.sha256, "kept": [path.name for path in kept]}


def killed(world: Path, own: Path, seconds: float, rng: random.Random, kills: int) -> tuple[int, Counter[str]]:
    """Kill a retraining up to so many times, then let it finish; return the kills, and in which state each left the folder."""
    own.mkdir()
    states, run = Counter[str](), 0
    while True:
        process, run = start(world, own, run), run + 1
        try:
            process.wait(rng.uniform(0.0, seconds) if sum(states.values()) < kills else None)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            states[_state(own)] += 1
            continue
        if process.returncode:
            raise RuntimeError((own / f"run-{run - 1}.log").read_text(encoding="utf-8"))
        return sum(states.values()), states


def _state(own: Path) -> str:
    if list(own.glob("challengers/*/card.json")):
        return "with its card written"
    if list(own.glob("challengers/*")):
        return "while it wrote weights"
    return "after a checkpoint" if list(own.glob("work/*/checkpoint.pt")) else "before the first checkpoint"


def main() -> None:
    """Count kills and differences; exit status 1 where a resumed run differs from the one that nobody killed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--retrain", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.retrain:
        retrain(*given.retrain)
        return
    with tempfile.TemporaryDirectory(prefix="ll-") as name:
        sys.exit(0 if _compare(Path(name), given.kills, random.Random(given.seed)) else 1)


def _compare(world: Path, kills: int, rng: random.Random) -> bool:
    datasets.build(ten(), replace(Filters(UNTIL), least=1), "first", world / "datasets")
    champion = small_champion(world / "champion")
    before = registry.content_sha256(_with_card(champion))
    (world / "whole").mkdir()
    process = start(world, world / "whole", 0)
    began = time.monotonic()
    process.wait()
    seconds, wanted = time.monotonic() - began, outcome(world / "whole")
    print(f"never killed: {seconds:.1f} s, weights {wanted['sha256'][:12]}", flush=True)
    done, same, states, runs = 0, True, Counter[str](), 0
    while done < kills:
        its, left = killed(world, world / f"killed-{runs}", seconds, rng, min(5, kills - done))
        alike = outcome(world / f"killed-{runs}") == wanted
        done, runs, same, states = done + its, runs + 1, same and alike, states + left
        seconds = seconds if its else seconds / 2  # done before its kill: the machine is quicker than when it was timed
        print(f"run {runs}: killed {its} times, {'the same' if alike else 'ANOTHER'} weights, figures and registry", flush=True)
    untouched = registry.content_sha256(champion) == before
    when = ", ".join(f"{number} {state}" for state, number in states.items())
    print(f"{done} kills ({when}), {runs} runs finished; champion untouched: {untouched}")
    return same and untouched


def _with_card(champion: Path) -> Path:
    (champion / "card.json").write_text('{"version": "small"}\n', encoding="utf-8")
    return champion


if __name__ == "__main__":
    main()
