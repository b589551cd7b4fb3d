"""The reading process: parses hostile files on behalf of `reader.py`, one request at a time, and may be killed at any.

It is a program of its own (`python -m app.reading.worker`) that speaks plain JSON over a socket.
"""

import base64
import io
import socket
import sys
from pathlib import Path

from PIL import Image

from app.reading.confine import confine, cpu_seconds, limit_cpu
from app.reading.contents import FileKind, Unreadable, kind_of
from app.reading.page_words import PageWords
from app.reading.pdf import PdfFile
from app.reading.picture import PictureFile
from app.reading.tesseract import has_tesseract
from app.reading.wire import LENGTH, Message, packed, unpacked
from app.settings import Settings

#: Files kept open: when several processes read several files at once, each is asked about them in turns.
_OPEN_FILES = 4

_Stamp = tuple[int, int, int]
#: So many times the processor time of Tesseract is what the OCR takes that stands in for it.
_SLOWER = 4


class Worker:
    """Answers requests; keeps the files of the last ones open."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[tuple[Path, str], tuple[_Stamp, PdfFile | PictureFile]] = {}

    def answer(self, request: Message) -> Message:
        """Return the answer to `request`: `reason` in it says why a file or page is unreadable."""
        if request["do"] == "close":
            self._close(Path(request["path"]), request["name"])
            return {}
        try:
            file = self._opened(Path(request["path"]), request["name"])
            match request["do"]:
                case "count":
                    return {"pages": file.page_count}
                case "read":
                    return _packed(self._measured(_read(file, request["page"], bool(request["compare"]))))
                case _:
                    shown = file.picture(request["page"], request["dpi"], request["rotation"])
                    return {"png": _as_png(shown)}
        except Unreadable as error:
            return {"reason": str(error)}

    def _close(self, path: Path, name: str) -> None:
        _, file = self._open.pop((path, name), (None, None))
        if file is not None:
            file.close()

    def _measured(self, page: PageWords) -> PageWords:
        """Return the page. Raises Unreadable where no honest page has so much on it."""
        most = self._settings.max_page_words
        if len(page.words) > most or sum(len(word.text) for word in page.words) > 10 * most:
            raise Unreadable(
                f"The page has {len(page.words):,} words, more or longer ones than are read ({most:,}; LOANLENS_MAX_PAGE_WORDS)."
                " Look at it, and ask the sender what it is."
            )
        return page

    def _opened(self, path: Path, name: str) -> PdfFile | PictureFile:
        """Return the file at `path`; it is opened anew where another of its name has replaced it."""
        key, stamp = (path, name), _stamp(path)
        if key in self._open:
            known, file = self._open.pop(key)
            if known == stamp:
                self._open[key] = known, file
                return file
            file.close()
        while len(self._open) >= _OPEN_FILES:
            _, oldest = self._open.pop(next(iter(self._open)))
            oldest.close()
        file = self._read_head(path, name)
        self._open[key] = stamp, file
        return file

    def _read_head(self, path: Path, name: str) -> PdfFile | PictureFile:
        kind = kind_of(path, name)
        if kind is FileKind.ZIP:
            raise Unreadable("The file is an archive inside an archive, which is not unpacked. Send the files in it themselves.")
        return PdfFile(path, self._settings) if kind is FileKind.PDF else PictureFile(path, self._settings)


def _stamp(path: Path) -> _Stamp:
    """Return what changes when a file is replaced; opening it tells what is wrong with one that is not there."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read(file: PdfFile | PictureFile, page: int, compare: bool) -> PageWords:
    return file.read(page, compare) if isinstance(file, PdfFile) else file.read(page)


def _as_png(picture: Image.Image) -> str:
    packed = io.BytesIO()
    picture.save(packed, "PNG")
    return base64.b64encode(packed.getvalue()).decode("ascii")


def _packed(page: PageWords) -> Message:
    words = [(w.text, w.box.x0, w.box.top, w.box.x1, w.box.bottom, w.confidence, w.alternatives) for w in page.words]
    signals = [(s.kind.value, s.text, (s.box.x0, s.box.top, s.box.x1, s.box.bottom) if s.box else None) for s in page.signals]
    return {
        "status": page.status.value,
        "method": page.method.value,
        "size": (page.width, page.height),
        "rotation": page.rotation,
        "words": words,
        "signals": signals,
    }


def main() -> None:
    """Answer what comes over the socket whose number is the first argument, until the asker goes away."""
    with socket.socket(fileno=int(sys.argv[1])) as line, line.makefile("rwb") as stream:
        settings = Settings.model_validate(_next(stream))
        confine(settings)
        worker, slower = Worker(settings), 1 if has_tesseract() else _SLOWER
        answer: Message = {"ready": True}
        while True:
            stream.write(packed(answer))
            stream.flush()
            if (request := _next(stream)) is None:
                break
            limit_cpu(slower * request.get("cpu_seconds", settings.page_cpu_seconds))
            before = cpu_seconds()
            answer = {**worker.answer(request), "cpu_seconds": (cpu_seconds() - before) / slower}


def _next(stream: io.BufferedRWPair) -> Message | None:
    """Return the next request, waiting for it, or None when the asker is gone."""
    head = stream.read(LENGTH.size)
    return unpacked(stream.read(LENGTH.unpack(head)[0])) if len(head) == LENGTH.size else None


if __name__ == "__main__":
    main()
