"""The registry: versions of models as folders named by the hash of their content. What is in is never changed, only verified.

Which of them serves says `app.model_versions`. Only data may lie in a version: JSON, text and safetensors.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain import ModelVersion
from app.errors import SetupError, UsageError

#: The models there are, each with the files without which it is none.
FILES: Mapping[str, tuple[str, ...]] = {
    "extractor": ("config.json", "model.safetensors", "tokenizer.json"),
    "page_kind": ("model.safetensors",),
    "confidence": ("model.json",),
    "ensemble": ("scorecard.json",),
    "reasoner": ("adapter.safetensors",),
}
_CARD = "card.json"
_ENDINGS = (".json", ".md", ".safetensors", ".txt", ".yaml")


@dataclass(frozen=True, slots=True)
class Weights:
    """A version of a model as it lies in a folder: its name, its card's version, the hash over all its files, and the card."""

    version: ModelVersion
    card: Mapping[str, Any]


def look_at(name: str, folder: Path) -> Weights:
    """Return what lies in `folder` as a version of the model `name`. Raises SetupError where that is no whole model, or more than one."""
    if name not in FILES:
        raise UsageError(f"There is no model {name}: name one of {', '.join(FILES)}.")
    if missing := [each for each in (*FILES[name], _CARD) if not (folder / each).is_file()]:
        raise SetupError(f"The {name} in {folder} lacks {', '.join(missing)}. Train it anew: the card is written last.")
    try:
        card = json.loads((folder / _CARD).read_text(encoding="utf-8"))
        version = str(card["version"])
        return Weights(ModelVersion(name, version, content_sha256(folder)), card)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"The {name} in {folder} cannot be read ({error}). Restore it or train it anew.") from error


def content_sha256(folder: Path) -> str:
    """Return the hash over the names and contents of all files of a folder. Raises SetupError for a file that is not data."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or (path.is_file() and path.suffix not in _ENDINGS):
            raise SetupError(f"{path} may not be part of a model: only {', '.join(_ENDINGS)} files, which cannot run, and no links.")
        if path.is_file():
            with path.open("rb") as opened:
                whole.update(f"{path.relative_to(folder).as_posix()}\n{hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()


def keep(root: Path, name: str, folder: Path) -> Weights:
    """Copy the model in `folder` into the registry, whole or not at all; the same content is kept once.

    Raises SetupError where it is no whole model, or the registry cannot be written.
    """
    found = look_at(name, folder)
    place = _place(root, found.version.name, found.version.sha256)
    if place.is_dir():
        _verified(place, found.version)
        return found
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".new-", dir=place.parent) as parent:
            copy = shutil.copytree(folder, Path(parent) / "version")
            _write_through(copy)
            _verified(copy, found.version)
            copy.rename(place)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY):  # somebody else kept the same content meanwhile
            return found
        raise SetupError(f"The registry in {root} cannot be written ({error.strerror or error}). Make room, or set its access.") from error
    return found


def place_of(root: Path, version: ModelVersion) -> Path:
    """Return the folder of a version in the registry, verified. Raises SetupError where it is gone or not what was kept."""
    place = _place(root, version.name, version.sha256)
    if not place.is_dir():
        raise SetupError(f"{version.name} {version.version} is not in the registry {root}: bring the folder back, or roll back.")
    _verified(place, version)
    return place


def _verified(place: Path, version: ModelVersion) -> None:
    try:
        found = content_sha256(place)
    except OSError as error:
        raise SetupError(f"{version.name} {version.version} in {place} cannot be read ({error.strerror}).") from error
    if found != version.sha256:
        raise SetupError(f"{version.name} {version.version} in {place} was changed since it was kept: restore it, or roll back.")


def _write_through(folder: Path) -> None:
    """Bring all files to the disk, read-only from now on, before the folder gets its name."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
            with path.open("rb") as opened:
                os.fsync(opened.fileno())


def _place(root: Path, name: str, sha256: str) -> Path:
    return root / name / sha256
