"""A challenger that a retraining makes: where it lies, what it is called, and whether it is there already."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.datasets import Dataset


@dataclass(frozen=True, slots=True)
class Challenger:
    """A finished retraining: where it lies, the hash of its weights, and its card."""

    folder: Path
    sha256: str
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Places:
    """Where things lie: the champion, which is only read, the folder of challengers, and that of checkpoints."""

    champion: Path
    out: Path
    work: Path


def named(made: Dataset, deciding: Mapping[str, Any]) -> str:
    """Return a challenger's version: of which dataset, and a hash of all else that decides its weights."""
    whole = json.dumps({"dataset": made.hash, **deciding}, sort_keys=True)
    return f"{made.hash[:12]}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def there(folder: Path, weights: str) -> Challenger | None:
    """Return the challenger in a folder where one was finished: its card has figures, and the hash of its file `weights`."""
    if not (folder / "card.json").is_file():
        return None
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    finished = card["metrics"] and card.get("sha256") == sha256_of(folder / weights)
    return Challenger(folder, card["sha256"], card) if finished else None


def sha256_of(weights: Path) -> str:
    """Return the hash of a file, empty where there is none."""
    return hashlib.sha256(weights.read_bytes()).hexdigest() if weights.is_file() else ""
