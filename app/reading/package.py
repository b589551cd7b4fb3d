"""What was sent (files, folders, ZIP archives) -> the files in it, each by a name an analyst recognises.

Nothing that an archive says is trusted: its paths become names to show and never paths to write to, and its sizes are
counted while unpacking. Every file is accounted for: one that is not unpacked is listed with the reason.
"""

import os
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile, ZipFile, ZipInfo

from app.errors import UsageError
from app.reading.contents import FileKind, Unreadable, kind_of, list_bytes
from app.settings import Settings

#: What file browsers leave behind; it is nothing that a borrower sent.
_LEFTOVERS = frozenset({".ds_store", "thumbs.db", "desktop.ini", "__macosx"})
_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_LISTED_BYTES = 1_000  # what the list of an archive may take for each of the files that are read


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to be read. `reason` says why it is not to be, in words fit for an analyst, or is None."""

    name: str
    path: Path
    reason: str | None = None


def expand(paths: Sequence[Path], settings: Settings, into: Path) -> tuple[SourceFile, ...]:
    """Return the files that `paths` (files, folders, ZIP archives) hold, in order; archives are unpacked into the folder `into`.

    A file of a folder is called "<folder>/<path in it>", one of an archive "<zip>/<path in it>". Raises UsageError for a path
    that leads to nothing.
    """
    found: list[SourceFile] = []
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is no file or folder {path}.")
        for name, file in _files_of(path):
            if file.is_symlink() or not file.is_file():
                found.append(SourceFile(name, file, "The file is a link to another place or no file at all. Send the file itself."))
            elif _is_archive(file, name):
                found += _unpacked(name, file, settings, into / f"{len(found):05d}")
            else:
                found.append(SourceFile(name, file))
    return _by_different_names(found)


def _by_different_names(files: Sequence[SourceFile]) -> tuple[SourceFile, ...]:
    """Return the files, a second of the same name called "name (2)": the name is all that tells files apart from here on."""
    times: Counter[str] = Counter()
    named: list[SourceFile] = []
    for file in files:
        times[file.name] += 1
        named.append(file if times[file.name] == 1 else replace(file, name=f"{file.name} ({times[file.name]})"))
    return tuple(named)


def _files_of(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        yield path.name, path
        return
    for folder, subfolders, files in os.walk(path):
        subfolders[:] = sorted(name for name in subfolders if name.lower() not in _LEFTOVERS)
        for name in sorted(files):
            if name.lower() not in _LEFTOVERS:
                file = Path(folder, name)
                yield f"{path.resolve().name}/{file.relative_to(path).as_posix()}", file


def _is_archive(path: Path, name: str) -> bool:
    try:
        return kind_of(path, name) is FileKind.ZIP
    except Unreadable:
        return False  # the reader will say why


def _unpacked(name: str, path: Path, settings: Settings, into: Path) -> list[SourceFile]:
    """Return the files of the archive at `path`, unpacked into `into` under numbers for names."""
    limit = f"{settings.max_archive_entries}; LOANLENS_MAX_ARCHIVE_ENTRIES"
    try:
        if (size := list_bytes(path)) > settings.max_archive_entries * _LISTED_BYTES:
            why = f"The archive's list of files takes {size:,} bytes, more than is read ({limit}). Send it in parts."
            return [SourceFile(name, path, why)]
        with ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/") and not _is_leftover(entry)]
            if len(entries) > settings.max_archive_entries:
                return [SourceFile(name, path, f"The archive holds {len(entries)} files, more than are read ({limit}). Send it in parts.")]
            if not entries:
                return [SourceFile(name, path, "The archive is empty. Ask the sender to send it again.")]
            into.mkdir(parents=True, exist_ok=True)
            return list(_entries(name, archive, entries, settings, into))
    except (BadZipFile, OSError, ValueError, NotImplementedError) as error:
        return [SourceFile(name, path, f"The archive is damaged and cannot be unpacked ({error}). Ask the sender to send it again.")]


def _is_leftover(entry: ZipInfo) -> bool:
    return any(part.lower() in _LEFTOVERS for part in entry.filename.split("/"))


def _entries(name: str, archive: ZipFile, entries: list[ZipInfo], settings: Settings, into: Path) -> Iterator[SourceFile]:
    left = settings.max_archive_bytes
    for number, entry in enumerate(entries, 1):
        shown, target = f"{name}/{_shown(entry.filename)}", into / f"{number:05d}{_suffix(entry.filename)}"
        reason, size = _unpack(archive, entry, target, min(left, settings.max_file_bytes))
        left -= size
        if reason is None and _is_archive(target, shown):
            reason = "The file is an archive inside an archive, which is not unpacked. Send the files in it themselves."
        yield SourceFile(shown, target, reason)


def _unpack(archive: ZipFile, entry: ZipInfo, target: Path, limit: int) -> tuple[str | None, int]:
    """Write the entry to `target`; return why it could not be, or None, and how many bytes were unpacked."""
    target.touch()
    if entry.flag_bits & _ENCRYPTED:
        return "The file in the archive is encrypted. Ask the sender for a copy without a password.", 0
    size = 0
    try:
        with archive.open(entry) as packed, target.open("wb") as unpacked:
            while chunk := packed.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    unpacked.truncate(0)
                    return (
                        f"The archive unpacks to more than is read (LOANLENS_MAX_FILE_BYTES, LOANLENS_MAX_ARCHIVE_BYTES);"
                        f" unpacking stopped at {size:,} bytes of this file. Ask the sender what it is, and for the documents themselves."
                    ), size
                unpacked.write(chunk)
    except (BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error):
        return "The file in the archive is damaged. Ask the sender to send it again.", size
    return None, size


def _shown(path: str) -> str:
    """Return the path that an archive gives as a name that leads nowhere and prints on one line."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    return "".join(c if c.isprintable() else "?" for c in "/".join(parts)) or "file"


def _suffix(path: str) -> str:
    suffix = Path(path).suffix.lower()
    return suffix if suffix.isascii() and suffix[1:].isalnum() and len(suffix) <= 6 else ""
