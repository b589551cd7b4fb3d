"""A file -> a Document with every page accounted for: read, blank, or quarantined with a reason. The first stage of the walk."""

import base64
import hashlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from app.domain import Box, Document, DocumentKind, Page, PageStatus, ReadMethod, Signal, SignalKind, Word
from app.errors import UsageError
from app.reading.layout import lines_of
from app.reading.package import SourceFile
from app.reading.sandbox import Sandboxes, Stopped
from app.reading.wire import Message
from app.settings import Settings

#: After this many pages of a file had to be given up, the rest of it is not tried.
_GIVEN_UP_PAGES = 2
#: Pages after a given-up one have this fraction of the processor time: a file that hangs twice still ends soon.
_LESS_PATIENCE = 4
#: A scanned page of a few kilobytes takes a few seconds; a file of a few kilobytes that takes minutes is no scan.
_CPU_SECONDS_A_MEGABYTE = 500
_TOO_COSTLY = (
    "Not tried: the file takes more of the processor than its size allows (LOANLENS_FILE_CPU_SECONDS)."
    " Look at it, and ask the sender to print it to PDF again."
)
_NOT_TRIED = "Not tried: two pages of this file broke the reader. Ask the sender to print it to PDF again."
#: A file that says it has more than so many times the pages that are read has no ledger of them all.
_MOST_LISTED = 2
#: Points of a page whose size is not known: US letter.
_LETTER = (612.0, 792.0)


class Reader:
    """Reads files in processes of their own, which a hostile file may break without harm; any number of threads may ask."""

    def __init__(self, settings: Settings, compare: bool = False) -> None:
        """`compare`: also compare the figures of text layers with what is drawn, which an assessment asks for."""
        self._settings, self._compare = settings, compare
        self._sandboxes = Sandboxes(settings, settings.readers_at_once)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the reading processes."""
        self._sandboxes.close()

    def read_documents(self, sources: Iterable[SourceFile]) -> Iterator[Document]:
        """Yield all `sources` as read, in their order; a few are read ahead of the one asked for. Raises as `read_document` does."""
        ahead: deque[Future[Document]] = deque()
        at_once = self._settings.readers_at_once
        threads = ThreadPoolExecutor(at_once)
        try:
            for source in sources:
                ahead.append(threads.submit(self._read_source, source))
                if len(ahead) > 2 * at_once:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            threads.shutdown(cancel_futures=True)

    def read_document(self, file: str, path: Path) -> Document:
        """Return all pages of the file at `path`, which is called `file`. Raises ReaderCrashed only when nothing can be read any more."""
        if (size := _size_of(path)) > self._settings.max_file_bytes:
            return quarantined(file, _too_large(size, self._settings.max_file_bytes))
        try:
            counted = self._ask("count", path, file)
        except Stopped as stopped:
            return quarantined(file, str(stopped), sha256_of(path))
        if "reason" in counted:
            return quarantined(file, counted["reason"], sha256_of(path))
        pages = self._pages(file, path, counted["pages"])
        with suppress(Stopped):  # what breaks the reader when it closes this file must not be held against the next one
            self._ask("close", path, file)
        return Document(file, DocumentKind.OTHER, pages, sha256_of(path))

    def _read_source(self, source: SourceFile) -> Document:
        return quarantined(source.name, source.reason) if source.reason else self.read_document(source.name, source.path)

    def render_page(self, path: Path, page: int, dpi: int, rotation: int = 0) -> bytes:
        """Return page number `page` as PNG, as the boxes of its words refer to it. Raises UsageError where it cannot be drawn."""
        try:
            answer = self._ask("render", path, path.name, page=page, dpi=dpi, rotation=rotation)
        except Stopped as stopped:
            raise UsageError(str(stopped)) from stopped
        if "reason" in answer:
            raise UsageError(answer["reason"])
        return base64.b64decode(answer["png"])

    def _pages(self, file: str, path: Path, count: int) -> tuple[Page, ...]:
        if count > self._settings.max_pages:
            limit = f"{self._settings.max_pages}; LOANLENS_MAX_PAGES"
            reason = f"The file has {count} pages, more than are read ({limit}). Split it and send the parts."
            return tuple(_unread(file, number, reason) for number in range(1, min(count, _MOST_LISTED * self._settings.max_pages) + 1))
        broke: list[int] = []
        spent: dict[int, float] = {}
        allowed = self._settings.file_cpu_seconds + _CPU_SECONDS_A_MEGABYTE * _size_of(path) / 1e6

        def given_up(number: int) -> str:
            """Return why page `number` is not tried, as far as the pages before it have told by now."""
            if sum(other < number for other in broke) >= _GIVEN_UP_PAGES:
                return _NOT_TRIED
            return _TOO_COSTLY if sum(each for other, each in [*spent.items()] if other < number) > allowed else ""

        def tried(number: int) -> Message:
            if given_up(number):
                return {}
            patience = self._settings.page_cpu_seconds // (_LESS_PATIENCE if broke else 1)
            try:
                answer = self._ask("read", path, file, page=number, cpu_seconds=max(1, patience), compare=self._compare)
            except Stopped as stopped:
                broke.append(number)
                return {"reason": str(stopped)}
            spent[number] = answer["cpu_seconds"]
            return answer

        with ThreadPoolExecutor(self._settings.readers_at_once) as threads:
            answers = list(threads.map(tried, range(1, count + 1)))
        # Pages that were read at the same time as the one that was too much count as not tried: as if read one by one.
        return tuple(
            _unread(file, number, reason) if (reason := given_up(number)) else _page(file, number, answer)
            for number, answer in enumerate(answers, 1)
        )

    def _ask(self, what: str, path: Path, name: str, **more: int) -> Message:
        request = {"do": what, "path": str(path.resolve()), "name": name, **more}
        return self._sandboxes.ask(request, self._settings.page_seconds)


def quarantined(file: str, reason: str, sha256: str = "") -> Document:
    """Return the document of a wholly unreadable file: one page that says why."""
    return Document(file, DocumentKind.OTHER, (_unread(file, 1, reason),), sha256)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes; empty where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _unread(file: str, number: int, reason: str) -> Page:
    return Page(file, number, PageStatus.QUARANTINED, ReadMethod.TEXT, *_LETTER, reason=reason)


def _page(file: str, number: int, answer: Message) -> Page:
    if "reason" in answer:
        return _unread(file, number, answer["reason"])
    words, lines = lines_of(number, [Word(text, Box(*box), sure, tuple(other)) for text, *box, sure, other in answer["words"]])
    width, height = answer["size"]
    status, method = PageStatus(answer["status"]), ReadMethod(answer["method"])
    signals = tuple(Signal(SignalKind(kind), text, Box(*box) if box else None) for kind, text, box in answer["signals"])
    return Page(file, number, status, method, width, height, words, lines, answer["rotation"], signals=signals)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # opening it will tell what is wrong


def _too_large(size: int, limit: int) -> str:
    return (
        f"The file has {size:,} bytes, more than are read ({limit:,}; LOANLENS_MAX_FILE_BYTES)."
        " Split it, or scan it at 200 to 300 dots per inch."
    )
