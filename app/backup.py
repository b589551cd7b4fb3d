"""Backup and restore: database, stored files and model versions as of one moment, sealed, verified before anything is replaced.

A backup is a folder or a ZIP file. It opens only with the key file, which is kept elsewhere.
"""

import hashlib
import json
import os
import subprocess
import tempfile
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

from alembic.script import ScriptDirectory
from fsspec import AbstractFileSystem
from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.zip import ZipFileSystem
from sqlalchemy import Engine

from app.blobs.sealing import seal, unseal
from app.blobs.storage import Blobs
from app.database import BINARIES, MIGRATIONS, upgrade
from app.domain import ModelVersion
from app.errors import LoanLensError, SetupError, UsageError
from app.store import snapshot
from models import registry

_MANIFEST, _DATABASE, _FILES, _MODELS = "manifest.json", "database.sealed", "files", "models"
_FORMAT = 1
_SEALED_FOR = " backup"  # no lender is called that
_PIECE_BYTES = 1 << 18
_CLOSING_SECONDS = 1.0
_EMPTYING = b"SET client_min_messages = error;\nBEGIN;\nDROP SCHEMA public CASCADE;\n"  # the dump makes it anew

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Store:
    """What is backed up: the database, the stored files, and the folder with the versions of models."""

    database: Engine
    blobs: Blobs
    models: Path


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds; written last, so that a backup without it is incomplete.

    `models_missing` are versions whose folder was gone or changed when it was made: nobody can restore those from here.
    """

    format: int
    made_at: str
    revision: str
    keys: list[str]
    database_sha256: str
    files: int
    rows: dict[str, int]
    heads: dict[str, str]
    models: int = 0
    models_missing: tuple[str, ...] = ()


def backup(store: Store, place: Path, progress: Progress) -> Manifest:
    """Write a backup to a new folder or to a new file named *.zip, while everything else runs on; tell `progress` (files, of all)."""
    database, blobs = store.database, store.blobs
    with _destination(place) as files, snapshot.taken(database) as taken:
        with _opened(files, _DATABASE, "wb") as out:
            database_sha256 = _write_all(seal(_dumped(database, taken.name), blobs.keys.ring().current, _SEALED_FOR), out)
        for number, (lender_id, sha256) in enumerate(taken.files, 1):
            with _opened(files, f"{_FILES}/{lender_id}/{sha256}", "wb") as out:
                _write_all(blobs.sealed(lender_id, sha256), out)
            progress(number, len(taken.files))
        missing = tuple(_write_models(files, store, taken.models))
        keys = [key.id for key in blobs.keys.ring().keys]
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        counted = len(taken.files), taken.rows, taken.heads, len(taken.models) - len(missing), missing
        manifest = Manifest(_FORMAT, made_at, taken.revision, keys, database_sha256, *counted)
        with _opened(files, _MANIFEST, "wb") as out:
            out.write(json.dumps(asdict(manifest), indent=1).encode())
    return manifest


def restore(store: Store, place: Path, overwrite: bool, progress: Progress) -> Manifest:
    """Put back what a backup holds. A store that is not empty is replaced only with `overwrite`; a fault leaves it as it was."""
    database, blobs = store.database, store.blobs
    with _source(place) as files:
        manifest = _manifest(files, place)
        _check_fit(manifest, blobs, place)
        _check_target(database, overwrite)
        _check_dump(files, manifest, blobs, place)
        names = [name for name in sorted(files.find(_FILES)) if name] if files.exists(_FILES) else []
        if len(names) != manifest.files:
            raise SetupError(f"The backup {place} is incomplete: it holds {len(names)} of {manifest.files} files. Nothing was changed.")
        for number, name in enumerate(names, 1):
            lender_id, sha256 = name.split("/")[-2:]
            with _opened(files, name, "rb") as source:
                blobs.adopt(lender_id, sha256, source)
            progress(number, len(names))
        _adopt_models(files, store, place, manifest.models)
        with _opened(files, _DATABASE, "rb") as source:
            _replace_database(database, _plain(source, blobs, place))
    upgrade(database)
    _check_restored(database, blobs, manifest)
    return manifest


# -- places ------------------------------------------------------------------------------------------------------------


@contextmanager
def _destination(place: Path) -> Iterator[AbstractFileSystem]:
    """Give a new folder or ZIP file to write to; it gets its name when all is written, and what fails is removed."""
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise UsageError(f"{place} exists: name a new folder or file, so that no older backup is lost.")
    partial = place.with_name(f"{place.name}.partial")
    if partial.exists():
        raise UsageError(f"{partial} is left from a backup that was stopped, or one is being written: remove it if none is.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.suffix == ".zip":
            partial.touch(0o600)
            with partial.open("wb", buffering=0) as raw:  # a buffer would be written once more after a full disk
                files = ZipFileSystem(raw, mode="w")
                try:
                    yield files
                finally:
                    files.close()
        else:
            partial.mkdir(mode=0o700)
            yield DirFileSystem(str(partial), LocalFileSystem(auto_mkdir=True))
        os.sync()
        partial.replace(place)
    except OSError as error:
        raise SetupError(f"The backup {place} could not be written: {error.strerror or error}. Make room or name another place.") from error
    finally:
        _remove(partial)


@contextmanager
def _source(place: Path) -> Iterator[AbstractFileSystem]:
    try:
        if place.is_dir():
            yield DirFileSystem(str(place), LocalFileSystem())
        else:
            files = ZipFileSystem(str(place))
            try:
                yield files
            finally:
                files.close()
    except (OSError, ValueError, BadZipFile) as error:
        raise SetupError(f"The backup {place} cannot be read: {error}. Nothing was replaced.") from error


@contextmanager
def _opened(files: AbstractFileSystem, name: str, mode: str) -> Iterator[BinaryIO]:
    with files.open(name, mode) as stream:
        yield stream


def _remove(partial: Path) -> None:
    if partial.is_dir():
        for path in sorted(partial.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        partial.rmdir()
    else:
        partial.unlink(missing_ok=True)


def _write_all(pieces: Iterator[bytes], out: BinaryIO) -> str:
    """Write `pieces` and return the SHA-256 of all."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        out.write(piece)
    return digest.hexdigest()


# -- versions of models ------------------------------------------------------------------------------------------------


def _write_models(files: AbstractFileSystem, store: Store, versions: Sequence[ModelVersion]) -> Iterator[str]:
    """Write the folder of each version, file by file and sealed; yield those whose folder is gone or changed."""
    key = store.blobs.keys.ring().current
    for version in versions:
        try:
            folder = registry.place_of(store.models, version)
        except SetupError:
            yield f"{version.name} {version.version}"
            continue
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            name = f"{_MODELS}/{version.name}/{version.sha256}/{path.relative_to(folder).as_posix()}"
            with path.open("rb") as source, _opened(files, name, "wb") as out:
                _write_all(seal(source.read, key, _SEALED_FOR), out)


def _adopt_models(files: AbstractFileSystem, store: Store, place: Path, expected: int) -> None:
    """Put the versions of models back into the registry, each verified by its hash; those that are there stay."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(files.find(_MODELS)) if files.exists(_MODELS) else ():
        model, sha256 = name.split(f"{_MODELS}/", 1)[1].split("/")[:2]
        found[model, sha256].append(name)
    if len(found) != expected:
        raise SetupError(f"The backup {place} is incomplete: it holds {len(found)} of {expected} model versions. Nothing was changed.")
    for (model, sha256), names in found.items():
        with tempfile.TemporaryDirectory(prefix="loanlens-") as folder:
            for name in names:
                target = Path(folder) / name.split(f"{sha256}/", 1)[1]
                target.parent.mkdir(parents=True, exist_ok=True)
                with _opened(files, name, "rb") as source, target.open("wb") as out:
                    _write_all(unseal(source.read, store.blobs.keys.ring(), _SEALED_FOR, f"{name} in the backup {place}"), out)
            if registry.content_sha256(Path(folder)) != sha256:
                raise SetupError(f"The {model} {sha256[:12]} in the backup {place} is not what was backed up. Nothing was changed.")
            registry.keep(store.models, model, Path(folder))


# -- the database ------------------------------------------------------------------------------------------------------


@contextmanager
def _program(name: str, database: Engine, fed: bool, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """Run a program of PostgreSQL on `database`, which is `fed` or else read; give it and what it complains of.

    The password goes by the environment: arguments can be seen by others.
    """
    url = database.url.set(drivername="postgresql")
    address = url._replace(password=None).render_as_string(hide_password=False)
    env = {"LC_ALL": "C", "PATH": os.defpath, "PGPASSWORD": str(url.password or "")}
    with tempfile.TemporaryFile() as said:

        def words() -> str:
            said.seek(0)
            return said.read().decode("utf-8", "replace").strip() or "it said nothing"

        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        arguments = (*arguments, "-d", address)
        with subprocess.Popen(
            [BINARIES / name, *arguments], env=env, stdin=pipe if fed else nothing, stdout=nothing if fed else pipe, stderr=said
        ) as program:
            try:
                yield program, words
            finally:
                if program.poll() is None:
                    program.kill()


def _dumped(database: Engine, snapshot_name: str) -> Callable[[int], bytes]:
    """Return a read function over the compressed dump of the database as the snapshot sees it."""
    pieces = _compressed(_dump(database, snapshot_name))
    rest = bytearray()

    def read(size: int) -> bytes:
        while len(rest) < size and (piece := next(pieces, None)) is not None:
            rest.extend(piece)
        taken = bytes(rest[:size])
        del rest[:size]
        return taken

    return read


def _dump(database: Engine, snapshot_name: str) -> Iterator[bytes]:
    arguments = (f"--snapshot={snapshot_name}", "--schema=public", "--no-owner", "--no-privileges", "--encoding=UTF8")
    with _program("pg_dump", database, False, *arguments) as (program, said):
        if program.stdout is None:
            raise SetupError("pg_dump has no output.")
        while piece := program.stdout.read(_PIECE_BYTES):
            yield piece
        if program.wait():
            raise SetupError(f"The database could not be backed up: {said()}")


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(3)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def _plain(source: BinaryIO, blobs: Blobs, place: Path) -> Iterator[bytes]:
    """Yield the dump's SQL, verified as it flows."""
    unpacker = zlib.decompressobj()
    for piece in unseal(source.read, blobs.keys.ring(), _SEALED_FOR, f"The database in the backup {place}"):
        yield unpacker.decompress(piece)
    yield unpacker.flush()


def _replace_database(database: Engine, sql: Iterator[bytes]) -> None:
    """Replace everything in the database in one transaction: it ends with COMMIT only when the whole dump was carried out."""
    arguments = ("-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-")
    database.dispose()
    with _program("psql", database, True, *arguments) as (program, said):
        if program.stdin is None:
            raise SetupError("psql has no input.")
        try:
            program.stdin.write(_EMPTYING)
            for piece in sql:
                program.stdin.write(piece)
            program.stdin.write(b"\nCOMMIT;\n")
            program.stdin.close()
        except BrokenPipeError:
            program.wait()
        if program.wait():
            raise SetupError(f"The database could not be restored: {said()}. It is as it was.")


# -- what must hold ----------------------------------------------------------------------------------------------------


def _manifest(files: AbstractFileSystem, place: Path) -> Manifest:
    try:
        with _opened(files, _MANIFEST, "rb") as stream:
            manifest = Manifest(**json.loads(stream.read()))
    except (FileNotFoundError, ValueError, TypeError) as error:
        raise SetupError(f"{place} is no complete backup: its {_MANIFEST} is missing or damaged. Nothing was changed.") from error
    if manifest.format != _FORMAT:
        raise SetupError(f"The backup {place} was made by another version of LoanLens: restore it with that one.")
    return manifest


def _check_fit(manifest: Manifest, blobs: Blobs, place: Path) -> None:
    """The backup must open with our keys, and be of no newer version than this program."""
    ring = blobs.keys.ring()
    if missing := [id for id in manifest.keys if ring.find(id) is None]:
        raise SetupError(
            f"The backup {place} needs the keys {', '.join(missing)}, which {blobs.keys.path} does not hold. Put the key file back first."
        )
    if manifest.revision not in {script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()}:
        raise SetupError(f"The backup {place} was made by a newer LoanLens (tables {manifest.revision}): restore it with that one.")


def _check_target(database: Engine, overwrite: bool) -> None:
    database.dispose()  # our own idle connections would count as others; closed ones are gone after a moment
    give_up = time.monotonic() + _CLOSING_SECONDS
    with database.connect() as connection:
        full = snapshot.is_filled(connection)
        while (others := snapshot.other_sessions(connection)) and time.monotonic() < give_up:
            connection.rollback()
            time.sleep(0.05)
    if full and not overwrite:
        raise UsageError("The store is not empty: restore into an empty one, or say --overwrite to replace all that it holds.")
    if others:
        raise UsageError(f"{others} other connections use the database: stop LoanLens on every machine (loanlens down), then restore.")


def _check_dump(files: AbstractFileSystem, manifest: Manifest, blobs: Blobs, place: Path) -> None:
    """Go through the whole dump before anything is replaced."""
    digest = hashlib.sha256()
    with _opened(files, _DATABASE, "rb") as source:

        def read(size: int) -> bytes:
            piece = source.read(size)
            digest.update(piece)
            return piece

        for _ in unseal(read, blobs.keys.ring(), _SEALED_FOR, f"The database in the backup {place}"):
            pass
    if digest.hexdigest() != manifest.database_sha256:
        raise SetupError(f"The database in the backup {place} is not the one that its manifest names. Nothing was changed.")


def _check_restored(database: Engine, blobs: Blobs, manifest: Manifest) -> None:
    """Compare what is there now with the manifest: rows only where no upgrade has changed them."""
    with database.connect() as connection:
        rows, heads, files = snapshot.rows(connection), snapshot.heads(connection), snapshot.files(connection)
        same_version = snapshot.revision(connection) == manifest.revision
    missing = [sha256 for lender_id, sha256 in files if not blobs.exists(lender_id, sha256)]
    if (same_version and rows != manifest.rows) or heads != manifest.heads or missing:
        raise LoanLensError("The restored store is not what was backed up. Do not use it: restore again, or another backup.")
