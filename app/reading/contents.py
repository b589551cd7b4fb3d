"""What a file is, told by its first bytes and never by its name alone: the gate before anything parses it."""

from enum import Enum
from pathlib import Path
from zipfile import BadZipFile, ZipFile


class Unreadable(Exception):
    """A file or page cannot be read; the message tells the analyst why and what to do. It becomes a quarantined page."""


class FileKind(Enum):
    """The kinds of file that are read; the value is the name an analyst knows it by."""

    PDF = "PDF"
    PICTURE = "picture"
    ZIP = "ZIP archive"


_END, _END64 = b"PK\x05\x06", b"PK\x06\x06"
_ELSEWHERE = 2**32 - 1  # the 64-bit end says it
_LONGEST_END = 2**16 + 100  # of an archive, with its comment
_MOST_LISTED_BYTES = 2_000_000  # no Office file has a longer list of its parts

_SIGNATURES: tuple[tuple[bytes, FileKind], ...] = (
    (b"\x89PNG\r\n\x1a\n", FileKind.PICTURE),
    (b"\xff\xd8\xff", FileKind.PICTURE),
    (b"II*\x00", FileKind.PICTURE),
    (b"MM\x00*", FileKind.PICTURE),
    (b"II+\x00", FileKind.PICTURE),
    (b"MM\x00+", FileKind.PICTURE),
    (b"PK\x03\x04", FileKind.ZIP),
    (b"PK\x05\x06", FileKind.ZIP),
)
_OTHERS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Word or Excel file", "print it to PDF and send that"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it and send the files themselves or a ZIP"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and send the files themselves or a ZIP"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and send the files themselves or a ZIP"),
    (b"{\\rtf", "a rich text document", "print it to PDF and send that"),
    (b"GIF8", "a GIF picture", "save it as PNG or PDF and send that"),
    (b"BM", "a bitmap picture", "save it as PNG or PDF and send that"),
    (b"<!DOC", "a web page", "print it to PDF and send that"),
    (b"<html", "a web page", "print it to PDF and send that"),
    (b"MZ", "a program", "do not open it; ask the sender what it is"),
    (b"\x7fELF", "a program", "do not open it; ask the sender what it is"),
)
_BY_SUFFIX = {
    ".pdf": FileKind.PDF,
    ".png": FileKind.PICTURE,
    ".jpg": FileKind.PICTURE,
    ".jpeg": FileKind.PICTURE,
    ".tif": FileKind.PICTURE,
    ".tiff": FileKind.PICTURE,
    ".zip": FileKind.ZIP,
}


def kind_of(path: Path, name: str) -> FileKind:
    """Return what the file at `path` is, which its sender calls `name`.

    Raises Unreadable for an empty file, one of a kind that is not read, and one whose name says another kind.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise Unreadable(f"The file cannot be opened ({error.strerror}). Check that it is still there and may be read.") from error
    if not head:
        raise Unreadable("The file is empty (0 bytes). Ask the sender to send it again.")
    kind = _by_signature(head)
    if kind is FileKind.ZIP and (office := _office_document(path)):
        raise Unreadable(f"The file is {office}, which is not read. Print it to PDF and send that.")
    if kind is None:
        what, then = next(((w, t) for start, w, t in _OTHERS if head.startswith(start)), _unknown(head))
        raise Unreadable(f"The file is {what}, which is not read: {then}.")
    said = _BY_SUFFIX.get(Path(name).suffix.lower())
    if said is not None and said is not kind:
        raise Unreadable(
            f"The file is named as a {said.value} but holds a {kind.value}. Check with its sender what it is, rename it and send it again."
        )
    return kind


def _by_signature(head: bytes) -> FileKind | None:
    found = next((kind for start, kind in _SIGNATURES if head.startswith(start)), None)
    # Readers of PDF accept other bytes before its header, and some programs write them.
    return FileKind.PDF if found is None and b"%PDF-" in head else found


def _unknown(head: bytes) -> tuple[str, str]:
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheif"):
        return "a HEIC photo", "save it as JPEG or PDF and send that"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP picture", "save it as PNG or PDF and send that"
    if b"\x00" not in head:
        return "plain text or another format without pages", "print it to PDF and send that"
    return "of an unknown format or damaged", "send it again as PDF, PNG, JPEG or TIFF"


def list_bytes(path: Path) -> int:
    """Return how long an archive says that the list of its files is. It is asked before the whole list is taken into memory."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LONGEST_END))
        end = file.read()
    said = [0]
    for mark, place, width in ((_END, 12, 4), (_END64, 40, 8)):
        found = end.find(mark)
        while found >= 0:
            said.append(int.from_bytes(end[found + place : found + place + width], "little"))
            found = end.find(mark, found + 1)
    return max(size for size in said if size != _ELSEWHERE)


def _office_document(path: Path) -> str | None:
    """Return what an Office file in ZIP clothes is, or None for any other ZIP."""
    try:
        if list_bytes(path) > _MOST_LISTED_BYTES:
            return None
        with ZipFile(path) as archive:
            names = archive.namelist()[:2000]
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return None
    for folder, what in (("word/", "a Word document"), ("xl/", "an Excel workbook"), ("ppt/", "a PowerPoint file")):
        if "[Content_Types].xml" in names and any(name.startswith(folder) for name in names):
            return what
    return "an OpenDocument file" if "mimetype" in names and "content.xml" in names else None
