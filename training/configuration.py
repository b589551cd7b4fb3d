"""Configurations of trainings: a YAML file becomes a record, and one that does not fit is told with its path."""

from pathlib import Path
from typing import TypeVar

import yaml

from app.errors import UsageError

C = TypeVar("C")


def read(kind: type[C], path: Path) -> C:
    """Return the configuration in a file. Raises UsageError for what is no YAML, unknown or missing keys, and what `kind` refuses."""
    try:
        return kind(**yaml.safe_load(path.read_text(encoding="utf-8")))
    except (TypeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is no configuration of this training: {error}.") from error
