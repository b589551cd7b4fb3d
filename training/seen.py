"""What a model was trained on, page by page: a file of hashes beside its weights. A frozen set whose pages stand there is none."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from app.errors import SetupError
from training.annotated import Labelled

TRAINED_ON = "trained_on.txt"
_DIGITS = 16  # hexadecimal digits of a page's hash: among a million pages no two are alike by chance


def page_hash(lines: Sequence[Labelled], signature: str = "") -> str:
    """Return a hash over the words of a page's lines, their amounts and their labels.

    Masked pages of one form look alike, so of a dataset's page the signature, made of the words as printed, counts too.
    """
    told: list[object] = [[line.label, [str(amount.value) for amount in line.amounts], label] for line, label in lines]
    told += [signature] if signature else []
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:_DIGITS]


def hashes(pages: Iterable[Sequence[Labelled]]) -> frozenset[str]:
    """Return the hashes of pages."""
    return frozenset(page_hash(lines) for lines in pages)


def read_trained_on(path: Path) -> frozenset[str]:
    """Return the hashes in a file, one a line. Raises SetupError where it cannot be read."""
    try:
        return frozenset(path.read_text(encoding="utf-8").split())
    except (OSError, ValueError) as error:
        raise SetupError(f"{path}, which says what the model was trained on, cannot be read: {error}.") from error


def write_trained_on(folder: Path, seen: frozenset[str]) -> None:
    """Write beside a model's weights what it was trained on."""
    (folder / TRAINED_ON).write_text("\n".join(sorted(seen)) + "\n", encoding="utf-8")
