"""Sends every broken and hostile file through intake, queue and assessment, one after the other through one worker, and counts.

`make hostile` runs it and prints a line for each: what became of it, how long that took (in brackets: processor seconds), how much
memory the reading process and the worker took meanwhile. After each a sound file must be assessed by the same worker.
"""

import argparse
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from sqlalchemy import Engine, text

from app.assess import Models, load_models
from app.blobs.storage import open_blobs
from app.database import connect, embedded, upgrade
from app.domain import Assessment, Page, PageStatus, Role, User
from app.intake import Package, Workplace, duties, receive
from app.jobs import Urgency, run_worker
from app.reading.package import expand
from app.reading.reader import Reader, quarantined
from app.settings import Settings
from app.store import applications, assessments
from app.store.content import read_assessment
from app.store.rows import NewApplication
from tests.hostile_files import HostileFile, hostile_files, sound_pdf

_MOST_SECONDS, _MOST_BYTES = 20.0, 1.5e9
_SENDER = User("hostile", "first", frozenset((Role.ANALYST,)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: pages by status, what was said of the first that is not read, and what it cost."""

    file: HostileFile
    pages: Counter[str]
    said: str
    seconds: float
    cpu_seconds: float
    reader_bytes: int
    worker_bytes: int
    next_is_fine: bool

    @property
    def is_clear(self) -> bool:
        """Say whether it ended as read or set aside with a message, within its limits, and harmed nobody after it."""
        told = bool(self.said) if self.pages["quarantined"] or not self.pages else True
        small = self.reader_bytes <= _MOST_BYTES and self.worker_bytes <= _MOST_BYTES
        return told and small and self.cpu_seconds <= _MOST_SECONDS and self.next_is_fine


class Watch:
    """Notes, while it is open, the most memory that this program took beyond what it had, and that its reading process took."""

    def __init__(self) -> None:
        self.reader_bytes = self.worker_bytes = 0
        self._own = psutil.Process()
        self._cpu_before = self._cpu()
        self._before = self._own.memory_info().rss
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    @property
    def cpu_seconds(self) -> float:
        """Return the processor seconds used since: what the seconds would be on a machine with nothing else to do."""
        return self._cpu() - self._cpu_before

    def _cpu(self) -> float:
        times, live = self._own.cpu_times(), 0.0
        for child in self._own.children(recursive=True):
            try:
                spent = child.cpu_times()
                live += spent.user + spent.system + spent.children_user + spent.children_system
            except psutil.Error:
                continue
        return float(times.user + times.system + times.children_user + times.children_system + live)

    def _look(self) -> None:
        while not self._over.wait(0.05):
            self.worker_bytes = max(self.worker_bytes, self._own.memory_info().rss - self._before)
            taken = 0
            for child in self._own.children():
                try:
                    if "app.reading.worker" in child.cmdline():
                        taken += sum(each.memory_info().rss for each in (child, *child.children(recursive=True)))
                except psutil.Error:
                    continue
            self.reader_bytes = max(self.reader_bytes, taken)


class ReadingBench:
    """Reads files without assessing them: a minute's part of the whole."""

    def __init__(self, settings: Settings, reader: Reader) -> None:
        self._settings, self._reader = settings, reader

    def outcome(self, file: HostileFile) -> Outcome:
        """Read a file, and a sound one after it."""
        content = file.content()
        with tempfile.TemporaryDirectory(prefix="ll-") as folder, Watch() as watch:
            began = time.monotonic()
            read = self._read(Path(folder), file.name, content)
            seconds, cpu_seconds = time.monotonic() - began, watch.cpu_seconds
        with tempfile.TemporaryDirectory(prefix="ll-") as folder:
            after = self._read(Path(folder), "sound.pdf", sound_pdf(1))
        said = next((page.reason or "" for page in read if page.status is PageStatus.QUARANTINED), "")
        fine = [page.status for page in after] == [PageStatus.READ]
        pages = Counter(page.status.value for page in read)
        return Outcome(file, pages, said, seconds, cpu_seconds, watch.reader_bytes, watch.worker_bytes, fine)

    def _read(self, folder: Path, name: str, content: bytes) -> list[Page]:
        path = folder / ("a.zip" if name.endswith(".zip") else "file")
        path.write_bytes(content)
        if not name.endswith(".zip"):
            return list(self._reader.read_document(name, path).pages)
        found = expand([path], self._settings, folder / "in")
        documents = [quarantined(f.name, f.reason) if f.reason else self._reader.read_document(f.name, f.path) for f in found]
        return [page for document in documents for page in document.pages]


class Bench:
    """A worker on a database and files of its own."""

    def __init__(self, settings: Settings, database: Engine, reader: Reader, models: Models) -> None:
        self._settings, self._database, self._blobs = settings, database, open_blobs(settings)
        self._place = Workplace(self._blobs, reader, models, settings)
        self._number = 0

    def outcome(self, file: HostileFile) -> Outcome:
        """Send a file, have it assessed, and a sound one after it."""
        content = file.content()
        with tempfile.TemporaryDirectory(prefix="ll-") as folder, Watch() as watch:
            began = time.monotonic()
            made = self._assessed(Path(folder), file.name, content)
            seconds, cpu_seconds = time.monotonic() - began, watch.cpu_seconds
        pages = Counter(page.status.value for page in made.pages) if made else Counter[str]()
        said = next((page.reason or "" for page in made.pages if page.status is PageStatus.QUARANTINED), "") if made else self._why()
        with tempfile.TemporaryDirectory(prefix="ll-") as folder:
            after = self._assessed(Path(folder), "sound.pdf", sound_pdf(1))
        fine = after is not None and [page.status for page in after.pages] == [PageStatus.READ]
        return Outcome(file, pages, said, seconds, cpu_seconds, watch.reader_bytes, watch.worker_bytes, fine)

    def _assessed(self, folder: Path, name: str, content: bytes) -> Assessment | None:
        """Return the assessment of an application of this one file, or None where it was set aside."""
        self._number += 1
        if name.endswith(".zip"):  # as the command line and the API take an archive
            (folder / "a.zip").write_bytes(content)
            files = [(each.name, each.path.open("rb"), each.reason) for each in expand([folder / "a.zip"], self._settings, folder / "in")]
        else:
            (folder / "file").write_bytes(content)
            files = [(name, (folder / "file").open("rb"), None)]
        with self._database.begin() as connection:
            id = receive(connection, self._blobs, _SENDER, Package(NewApplication(f"A{self._number}"), files))
        for _ in range(self._settings.job_tries + 1):
            run_worker(self._database, duties(self._place), tuple(Urgency), self._settings, until_idle=True)
            with self._database.begin() as connection:
                connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))
                found = applications.application(connection, "first", id)
            if found is not None and found.state != "received":
                break
        with self._database.connect() as connection:
            latest = assessments.latest_assessment(connection, "first", id)
        for _, source, _ in files:
            source.close()
        if latest is None or latest.content_sha256 is None:
            return None
        return read_assessment(self._blobs.read_bytes("first", latest.content_sha256.hex()))

    def _why(self) -> str:
        with self._database.connect() as connection:
            return str(connection.scalar(text("SELECT reason FROM applications WHERE reference = :r"), {"r": f"A{self._number}"}) or "")


def main() -> None:
    """Send them all, or those whose titles hold one of some words, and exit with 1 where one has no clear outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", default=[""], help="those whose titles hold one of these")
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--reading", action="store_true", help="read them alone, without database and models")
    given = parser.parse_args()
    chosen = [file for file in hostile_files() if any(each in file.title for each in given.only)][given.skip :]
    outcomes = read_alone(chosen) if given.reading else assessed(chosen)
    print(summary(outcomes))
    sys.exit(0 if all(each.is_clear for each in outcomes) else 1)


def read_alone(chosen: Sequence[HostileFile]) -> list[Outcome]:
    """Return what reading makes of each."""
    settings = Settings()
    with Reader(settings) as reader:
        bench = ReadingBench(settings, reader)
        return [told(bench.outcome(file)) for file in chosen]


def assessed(chosen: Sequence[HostileFile]) -> list[Outcome]:
    """Return what the whole service makes of each."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o711)
    settings = Settings(data_dir=folder)
    server = embedded(settings)
    assert server is not None
    server.start()
    database = connect(server.url)
    upgrade(database)
    with database.begin() as connection:
        applications.add_lender(connection, "first", "first")
    try:
        with Reader(settings) as reader:
            bench = Bench(settings, database, reader, load_models(settings))
            return [told(bench.outcome(file)) for file in chosen]
    finally:
        database.dispose()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def told(outcome: Outcome) -> Outcome:
    """Print a line and return what it is about."""
    pages = ", ".join(f"{number} {status}" for status, number in outcome.pages.items()) or "set aside"
    cost = f"{outcome.seconds:5.1f} s ({outcome.cpu_seconds:4.1f}) {outcome.reader_bytes / 1e6:5.0f} + {outcome.worker_bytes / 1e6:4.0f} MB"
    mark = "ok  " if outcome.is_clear else "BAD "
    print(f"{mark}{cost}  {outcome.file.title}: {pages}. {outcome.said[:110]}", flush=True)
    return outcome


def summary(outcomes: list[Outcome]) -> str:
    """Return what all came to."""
    whole = sum(set(each.pages) <= {"read", "blank"} and bool(each.pages) for each in outcomes)
    slowest, largest = max(each.cpu_seconds for each in outcomes), max(each.reader_bytes for each in outcomes)
    return (
        f"{len(outcomes)} files: {whole} read, {len(outcomes) - whole} set aside whole or in part;"
        f" {sum(not each.is_clear for each in outcomes)} without a clear outcome; {sum(not each.next_is_fine for each in outcomes)}"
        f" harmed the next; the most processor seconds {slowest:.1f}, largest {largest / 1e6:.0f} MB in the reading process,"
        f" {max(each.worker_bytes for each in outcomes) / 1e6:.0f} MB more in the worker"
    )


if __name__ == "__main__":
    main()
