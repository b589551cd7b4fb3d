"""The key file: the keys that blobs are sealed with, the newest in use, older ones kept for what they sealed.

A key's id is made from the key itself, so that a wrong or damaged key file is told at once. Keys are never logged.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.errors import SetupError, UsageError

_KEY_BYTES = 32
ID_LETTERS = 16


@dataclass(frozen=True, slots=True)
class Key:
    """One AES-256 key and its id: the first letters of a hash of the key."""

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Return the key's id, which tells nothing of the key."""
        return hashlib.sha256(b"loanlens key id\0" + self.secret).hexdigest()[:ID_LETTERS]


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a key file, oldest first; the last one seals. `rotating`: older blobs are still being sealed anew."""

    keys: tuple[Key, ...]
    rotating: bool = False

    @property
    def current(self) -> Key:
        """Return the key that new blobs are sealed with."""
        return self.keys[-1]

    def find(self, id: str) -> Key | None:
        """Return the key with this id, or None."""
        return next((key for key in self.keys if key.id == id), None)


class KeyFile:
    """The key file at `path`, read again whenever it changes: a rotation reaches running workers by itself."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen: tuple[int, int, int] | None = None
        self._ring: KeyRing | None = None

    def exists(self) -> bool:
        """Say whether there is a key file."""
        return self.path.exists()

    def ring(self) -> KeyRing:
        """Return the keys. Raise SetupError where the file is missing, damaged, or open to other accounts."""
        try:
            status = self.path.stat()
        except OSError as error:
            raise SetupError(
                f"The key file {self.path} cannot be read: {error.strerror}. Without it no stored document can be opened:"
                " put it back from where you keep it, or set LOANLENS_KEY_FILE to its place."
            ) from error
        seen = (status.st_mtime_ns, status.st_ino, status.st_size)
        if self._ring is None or seen != self._seen:
            if status.st_mode & 0o077:
                raise SetupError(f"The key file {self.path} can be read by other accounts: chmod 600 {self.path}")
            self._ring, self._seen = _parse(self.path), seen
        return self._ring

    def make(self) -> None:
        """Write a key file with a first key, unless another program was quicker."""
        with _writing(self.path):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            fresh = _write_beside(self.path, KeyRing((_new_key(),)))
            try:
                os.link(fresh, self.path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
            _sync_folder(self.path.parent)

    def add(self) -> KeyRing:
        """Add a new key, which seals from now on, and note that older blobs wait for it."""
        ring = self.ring()
        return self._replace(KeyRing((*ring.keys, _new_key()), rotating=True))

    def finish_rotation(self) -> KeyRing:
        """Note that every blob is sealed with the current key."""
        return self._replace(replace(self.ring(), rotating=False))

    def drop(self, id: str) -> KeyRing:
        """Remove an older key. The caller makes sure that no blob and no backup needs it."""
        ring = self.ring()
        if ring.current.id == id:
            raise UsageError(f"Key {id} is in use: rotate first.")
        if not ring.find(id):
            raise UsageError(f"The key file {self.path} holds no key {id}.")
        return self._replace(replace(ring, keys=tuple(key for key in ring.keys if key.id != id)))

    def _replace(self, ring: KeyRing) -> KeyRing:
        with _writing(self.path):
            _write_beside(self.path, ring).replace(self.path)
            _sync_folder(self.path.parent)
        return self.ring()


def _new_key() -> Key:
    return Key(secrets.token_bytes(_KEY_BYTES))


def _parse(path: Path) -> KeyRing:
    """Read the keys; an id that its key does not give, or a key of another length, is damage."""
    damaged = SetupError(f"The key file {path} is damaged: put it back from where you keep a copy.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        keys = tuple(Key(base64.b64decode(each["key"], validate=True)) for each in content["keys"])
        ids, rotating = [each["id"] for each in content["keys"]], content["rotating"] is True
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise damaged from error
    if not keys or ids != [key.id for key in keys] or any(len(key.secret) != _KEY_BYTES for key in keys):
        raise damaged
    return KeyRing(keys, rotating)


def _write_beside(path: Path, ring: KeyRing) -> Path:
    """Write the keys to a new file beside `path` that only this account can read, and return it."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    entries = [{"id": key.id, "key": base64.b64encode(key.secret).decode("ascii")} for key in ring.keys]
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        json.dump({"keys": entries, "rotating": ring.rotating}, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    return fresh


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"The key file {path} cannot be written: {error.strerror}. Make room or let this account write to {path.parent},"
            " or set LOANLENS_KEY_FILE to another place."
        ) from error
