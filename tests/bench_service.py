"""Measures the service: digital sample applications through intake, queue, workers and assessment, an hour's worth or as many as asked.

`make bench-service` runs it and prints one line for each number of workers: applications an hour, processor seconds for each,
memory in each quarter of the time; the machine's load and a fixed loop stand beside. Copy a line into `docs/capacity.yaml`,
from which `make capacity` works out how many machines a lender needs and what a document costs.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psutil
from sqlalchemy import Engine, text

from app.assess import load_models
from app.blobs.storage import open_blobs
from app.database import embedded, open_database
from app.domain import Role, User
from app.intake import Package, Workplace, duties, receive
from app.jobs import Urgency, run_worker
from app.reading.reader import Reader
from app.settings import PROJECT, Settings
from app.store import applications
from app.store.rows import NewApplication
from training.bench import calibration

_SENDER = User("bench", "first", frozenset((Role.ANALYST,)))


def samples(scanned: bool) -> list[Path]:
    """Return the sample applications that are no scans, or those that are in part."""
    folders = sorted((PROJECT / "data_samples" / "applications").iterdir())
    return [each for each in folders if ("scanned" in each.name) == scanned and not list(each.rglob("*.png")) + list(each.rglob("*.zip"))]


def send(database: Engine, settings: Settings, number: int, scanned: bool) -> int:
    """Send so many of them in turn; return how many files they have."""
    blobs, chosen, sent = open_blobs(settings), samples(scanned), 0
    for each in range(number):
        files = sorted(path for path in (chosen[each % len(chosen)] / "files").rglob("*") if path.is_file())
        with ExitStack() as opened, database.begin() as connection:
            given = [(path.name, opened.enter_context(path.open("rb")), None) for path in files]
            receive(connection, blobs, _SENDER, Package(NewApplication(f"A{each}"), given, Urgency.BATCH))
        sent += len(files)
    return sent


def work(folder: Path) -> None:
    """Be a worker: get ready, wait for the start, work until nothing is left."""
    settings = Settings(data_dir=folder)
    with Reader(settings) as reader:
        place = Workplace(open_blobs(settings), reader, load_models(settings), settings)
        (folder / f"ready{os.getpid()}").touch()
        while not (folder / "go").exists():
            time.sleep(0.05)
        run_worker(open_database(settings), duties(place), tuple(Urgency), settings, until_idle=True)
        (folder / f"done{os.getpid()}").touch()
        while (folder / "go").exists():
            time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Measured:
    """What so many workers did in how many seconds, and what that took of processor and memory."""

    workers: int
    applications: int
    files: int
    seconds: float
    cpu_seconds: float
    memory: tuple[float, ...]
    pages: Mapping[str, int]

    def __str__(self) -> str:
        return (
            f"{self.workers} workers: {self.applications} applications ({self.files} files) in {self.seconds:.0f} s,"
            f" {self.applications / self.seconds * 3600:.0f} an hour; {self.cpu_seconds / self.applications:.2f} processor seconds each,"
            f" {self.files / self.applications:.1f} files each; memory of all workers by quarters of the time"
            f" {', '.join(f'{each / 1e9:.2f}' for each in self.memory)} GB; pages by how they were read {dict(self.pages)};"
            f" load {os.getloadavg()[0]:.1f}, fixed loop {calibration():.0f} ms"
        )


def measure(number: int, workers: int, scanned: bool) -> Measured:
    """Have so many workers assess so many applications that wait."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o711)
    settings = Settings(data_dir=folder)
    database, server = open_database(settings), embedded(settings)
    assert server is not None
    with database.begin() as connection:
        applications.add_lender(connection, "first", "first")
    files = send(database, settings, number, scanned)
    command = [sys.executable, "-m", "tests.bench_service", "--part", str(folder)]
    running = [psutil.Popen(command, cwd=PROJECT) for _ in range(workers)]
    try:
        while len(list(folder.glob("ready*"))) < workers:
            time.sleep(0.1)
        all_of_it = [*running, psutil.Process(server.pid())]
        before, began, held = cpu(all_of_it), time.monotonic(), []
        (folder / "go").touch()
        while len(list(folder.glob("done*"))) < workers:
            held.append(memory(running))
            time.sleep(0.5)
        seconds, used = time.monotonic() - began, cpu(all_of_it) - before
        with database.connect() as connection:
            left = connection.scalar(text("SELECT count(*) FROM applications WHERE state <> 'assessed'"))
            rows = connection.execute(text("SELECT method, count(*) AS number FROM pages GROUP BY 1 ORDER BY 1"))
            pages = {row.method: row.number for row in rows}
        assert left == 0, f"{left} were not assessed"
    finally:
        (folder / "go").unlink(missing_ok=True)
        for each in running:
            each.wait(30)
        database.dispose()
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    quarters = tuple(median(held[len(held) * each // 4 : len(held) * (each + 1) // 4] or held) for each in range(4))
    return Measured(workers, number, files, seconds, used, quarters, pages)


def cpu(parts: Sequence[psutil.Process]) -> float:
    """Return the processor seconds of programs and all that they started, ended ones too."""
    total = 0.0
    for part in parts:
        for each in (part, *part.children(recursive=True)):
            times = each.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory(parts: Sequence[psutil.Process]) -> int:
    """Return the memory that programs and all that they started hold."""
    return sum(each.memory_info().rss for part in parts for each in (part, *part.children(recursive=True)))


def main() -> None:
    """Measure with each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--applications", type=int, default=100)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--scanned", action="store_true", help="those that are scanned in part, in place of digital ones")
    parser.add_argument("--part", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part:
        work(chosen.part)
    else:
        for workers in chosen.workers:
            print(measure(chosen.applications, workers, chosen.scanned), flush=True)


if __name__ == "__main__":
    main()
