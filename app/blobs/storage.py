"""Where uploaded files lie: each once per lender, named by the SHA-256 of its plain bytes, sealed, verified when read.

A folder, or object storage by URL (fsspec). What is written gets its name only when it is complete and on the disk.
"""

import errno
import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

from fsspec import AbstractFileSystem, url_to_fs
from fsspec.implementations.local import LocalFileSystem

from app.blobs.key_file import KeyFile
from app.blobs.sealing import seal, sealed_with, unseal
from app.errors import BlobDamaged, SetupError, UsageError
from app.settings import Settings

_LENDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_INCOMING = "incoming"
_HEADER_BYTES = 64
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Source(Protocol):
    """What bytes are read from: an open file, an upload."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, `size` at most; none at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """A stored file: the SHA-256 and the number of its plain bytes."""

    sha256: str
    size: int


def open_blobs(settings: Settings) -> "Blobs":
    """Return the stored files of these settings; the first time, make the key file.

    Raise SetupError where the place cannot be used, or files are there but no key file: a new key would open none of them.
    """
    keys = KeyFile(Path(settings.key_file).expanduser() if settings.key_file else settings.data_dir / "keys.json")
    url = settings.blobs_url or str(settings.data_dir / "blobs")
    try:
        files, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise SetupError(f"LOANLENS_BLOBS_URL {url} cannot be used: {error}.") from error
    blobs = Blobs(files, root, keys)
    if not keys.exists() and next(blobs.names(), None) is None:
        keys.make()
    keys.ring()
    return blobs


class Blobs:
    """The stored files below `root` of a file system, sealed with the keys of a key file."""

    def __init__(self, files: AbstractFileSystem, root: str, keys: KeyFile) -> None:
        self._files, self.root, self.keys = files, root.rstrip("/"), keys

    def put(self, lender_id: str, source: Source) -> Blob:
        """Store what `source` gives, and say what it is called. The same bytes again are the same blob."""
        plain = _Counted(source)
        self._store(lender_id, seal(plain.read, self.keys.ring().current, lender_id), lambda: plain.sha256)
        return Blob(plain.sha256, plain.size)

    def read(self, lender_id: str, sha256: str) -> Iterator[bytes]:
        """Yield the plain bytes of a blob, each chunk verified; after the last one the whole is compared with its name.

        Raise BlobDamaged, which names the blob, where it is missing or not what was stored.
        """
        with self._open(lender_id, sha256) as stream:
            yield from self._plain(stream, lender_id, sha256)

    def read_bytes(self, lender_id: str, sha256: str) -> bytes:
        """Return a whole blob."""
        return b"".join(self.read(lender_id, sha256))

    def copy_to(self, lender_id: str, sha256: str, path: Path) -> None:
        """Write a blob's plain bytes to the file `path`, which appears only when it is whole and verified."""
        partial = path.with_name(f".{uuid.uuid4().hex}")
        try:
            with _in_use(str(path.parent)), partial.open("wb") as out:
                out.writelines(self.read(lender_id, sha256))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def exists(self, lender_id: str, sha256: str) -> bool:
        """Say whether there is such a blob."""
        return bool(self._files.exists(self._path(lender_id, sha256)))

    def stored_at(self, lender_id: str, sha256: str) -> datetime:
        """Return when a blob was stored, or sealed anew."""
        with _in_use(self.root):
            return cast("datetime", self._files.modified(self._path(lender_id, sha256)))

    def remove(self, lender_id: str, sha256: str) -> bool:
        """Remove a blob for good; say whether it was there."""
        with _in_use(self.root):
            try:
                self._files.rm_file(self._path(lender_id, sha256))
            except FileNotFoundError:
                return False
        return True

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield (lender, SHA-256) of every blob, in order."""
        for path in self._found():
            *_, lender_id, folder, name = PurePosixPath(path).parts
            if folder == name[:2] and _SHA256.fullmatch(name):
                yield lender_id, name

    def sweep(self, before: datetime) -> int:
        """Remove what a killed program left unfinished before that time; return how many files."""
        with _in_use(self.root):
            left = [p for p in self._found() if PurePosixPath(p).parts[-2] == _INCOMING and self._files.modified(p) < before]
            for path in left:
                self._files.rm_file(path)
        return len(left)

    # -- as they lie, sealed: rotation, backup, restore

    def key_of(self, lender_id: str, sha256: str) -> str | None:
        """Return the id of the key that a blob is sealed with; None where its beginning is damaged."""
        with self._open(lender_id, sha256) as stream:
            return sealed_with(stream.read(_HEADER_BYTES))

    def reseal(self, lender_id: str, sha256: str) -> None:
        """Seal a blob anew with the current key, verified on the way; the old form stays until the new one is complete."""
        with self._open(lender_id, sha256) as stream:
            plain = _Pulled(self._plain(stream, lender_id, sha256))
            self._store(lender_id, seal(plain.read, self.keys.ring().current, lender_id), lambda: sha256)

    def rotate(self, progress: Callable[[int, int], None]) -> tuple[int, list[str]]:
        """Seal every blob with a new key, or go on where that was stopped; tell `progress` (done, of all).

        Return how many were sealed anew, and what is wrong with those that could not be: they keep their key.
        """
        if not self.keys.ring().rotating:
            self.keys.add()
        current, every, done, faults = self.keys.ring().current.id, list(self.names()), 0, list[str]()
        for number, (lender_id, sha256) in enumerate(every, 1):
            try:
                if self.key_of(lender_id, sha256) != current:
                    self.reseal(lender_id, sha256)
                    done += 1
            except BlobDamaged as error:
                faults.append(str(error))
            progress(number, len(every))
        if not faults:
            self.keys.finish_rotation()
        return done, faults

    def sealed(self, lender_id: str, sha256: str) -> Iterator[bytes]:
        """Yield a blob as it lies, opened and verified on the way."""
        with self._open(lender_id, sha256) as stream:
            yield from self._verified(stream, lender_id, sha256)

    def adopt(self, lender_id: str, sha256: str, source: Source) -> None:
        """Store a blob that was sealed before, if it opens and is what its name says."""
        self._store(lender_id, self._verified(source, lender_id, sha256), lambda: sha256)

    def _verified(self, source: Source, lender_id: str, sha256: str) -> Iterator[bytes]:
        passed = _Passed(source)
        for _ in self._plain(passed, lender_id, sha256):
            yield passed.taken()

    def _plain(self, source: Source, lender_id: str, sha256: str) -> Iterator[bytes]:
        called, found = f"Stored file {sha256} of lender {lender_id}", hashlib.sha256()
        for chunk in unseal(source.read, self.keys.ring(), lender_id, called):
            found.update(chunk)
            yield chunk
        if found.hexdigest() != sha256:
            raise BlobDamaged(f"{called} holds other bytes than its name says. Restore it from a backup.")

    @contextmanager
    def _open(self, lender_id: str, sha256: str) -> Iterator[Source]:
        path = self._path(lender_id, sha256)
        with _in_use(self.root):
            try:
                stream = self._files.open(path, "rb")
            except FileNotFoundError as error:
                raise BlobDamaged(
                    f"Stored file {sha256} of lender {lender_id} is missing from {self.root}. Restore it from a backup."
                ) from error
            with stream:
                yield cast("Source", stream)

    def _store(self, lender_id: str, chunks: Iterator[bytes], name: Callable[[], str]) -> None:
        """Write `chunks` beside the blobs, then give them the blob's name; what fails leaves nothing behind."""
        folder = f"{self._folder(lender_id)}/{_INCOMING}"
        unfinished = f"{folder}/{uuid.uuid4().hex}"
        with _in_use(self.root):
            self._make_folder(folder)
            try:
                with self._files.open(unfinished, "wb") as out:
                    for chunk in chunks:
                        out.write(chunk)
                    self._sync(out)
                self._name(unfinished, self._path(lender_id, name()))
            finally:
                if self._files.exists(unfinished):
                    self._files.rm_file(unfinished)

    def _name(self, unfinished: str, path: str) -> None:
        folder = path.rpartition("/")[0]
        self._make_folder(folder)
        if isinstance(self._files, LocalFileSystem):
            Path(unfinished).replace(path)
            descriptor = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        else:
            self._files.mv(unfinished, path)

    def _make_folder(self, folder: str) -> None:
        if isinstance(self._files, LocalFileSystem):
            Path(self.root).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._files.makedirs(folder, exist_ok=True)

    def _sync(self, out: object) -> None:
        """Have a local file on the disk before it gets its name; object storage answers only then."""
        if isinstance(self._files, LocalFileSystem):
            local = cast("BinaryIO", out)
            local.flush()
            os.fsync(local.fileno())

    def _found(self) -> Iterator[str]:
        with _in_use(self.root):
            self._files.invalidate_cache()
            yield from sorted(self._files.find(self.root)) if self._files.exists(self.root) else ()

    def _folder(self, lender_id: str) -> str:
        if not _LENDER.fullmatch(lender_id):
            raise UsageError(f"{lender_id!r} is no lender's id: use letters, digits, - and _, 63 at most.")
        return f"{self.root}/{lender_id}"

    def _path(self, lender_id: str, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise UsageError(f"{sha256!r} names no stored file: a SHA-256 is 64 hexadecimal digits.")
        return f"{self._folder(lender_id)}/{sha256[:2]}/{sha256}"


class _Counted:
    """A source whose bytes are hashed and counted as they are read."""

    def __init__(self, source: Source) -> None:
        self._source, self._hash, self.size = source, hashlib.sha256(), 0

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(size)
        self._hash.update(piece)
        self.size += len(piece)
        return piece

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class _Passed:
    """A source that keeps what was read from it, until it is taken."""

    def __init__(self, source: Source) -> None:
        self._source, self._pieces = source, list[bytes]()

    def read(self, size: int, /) -> bytes:
        piece = self._source.read(size)
        self._pieces.append(piece)
        return piece

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


class _Pulled:
    """A source that gives the chunks of an iterator."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int, /) -> bytes:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


@contextmanager
def _in_use(place: str) -> Iterator[None]:
    """Say what to do where the place of the files fails."""
    try:
        yield
    except OSError as error:
        why = "the disk is full" if error.errno in _NO_ROOM else (error.strerror or str(error))
        raise SetupError(
            f"Stored files in {place} cannot be read or written: {why}. Nothing stored was lost."
            " Make room or let this account write there, or set LOANLENS_BLOBS_URL to another place."
        ) from error
