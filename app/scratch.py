"""Folders that hold documents in plain while they are worked on: removed afterwards, those of a killed program by whoever comes next."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX, _UNNAMED = "loanlens_", "new_loanlens_"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield an empty folder that only we can enter."""
    _remove_abandoned()
    unnamed = Path(tempfile.mkdtemp(prefix=_UNNAMED))
    held = os.open(unnamed, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        folder = unnamed.rename(unnamed.with_name(_PREFIX + unnamed.name.removeprefix(_UNNAMED)))  # named once it is known to be in use
        try:
            yield folder
        finally:
            shutil.rmtree(folder)
    finally:
        os.close(held)


def _remove_abandoned() -> None:
    """Remove the folders that no running program holds."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # in use, another account's, or gone by now
            held = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(held)
