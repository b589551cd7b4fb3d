"""The document on the model for its reader, generated from the card that a training run wrote: docs/models/scorecard.md."""

from pathlib import Path


def write_document(folder: Path, path: Path) -> None:
    """Write the document on the ensemble in `folder` to `path`."""
