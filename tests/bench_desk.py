"""The desk under twenty analysts: each takes tasks, corrects figures, sees what follows, on a PostgreSQL of its own; then all is counted.

`make bench-desk` runs it. Every analyst saves 100 corrections, with a pause after each (`--pause 0`: none, as machines do). Some
are made on what was seen at an earlier visit: those are refused where somebody else was there meanwhile. It also opens an
application of 40 pages, first unread and then warm.
"""

import argparse
import random
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from sqlalchemy import Engine, func, select

from app import audit
from app.assess import assess, load_models
from app.blobs.storage import Blobs, open_blobs
from app.domain import Assessment, Role, User
from app.errors import ChangedMeanwhile
from app.reading.reader import Reader
from app.review_queue import corrections, opened, tasks
from app.review_queue.corrections import Edit
from app.review_queue.desk import Desk
from app.settings import PROJECT, Settings
from app.store import tables
from tests.desk import desk, waiting_task
from tests.own_server import own_folder, own_server

_SAMPLES = PROJECT / "data_samples" / "applications"
_VISIT = 5  # corrections that an analyst makes before the task goes back


@dataclass(frozen=True, slots=True)
class Saved:
    """One correction as its analyst knows it: the last one on its figure that was seen, and its own number."""

    task: int
    figure: int
    seen: int
    id: int


@dataclass(slots=True)
class Day:
    """What an analyst did, and the seconds that each correction took to be saved, and to be shown with all that follows."""

    saved: list[Saved] = field(default_factory=list)
    to_save: list[float] = field(default_factory=list)
    to_show: list[float] = field(default_factory=list)
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """What the analysts work on."""

    database: Engine
    blobs: Blobs
    tasks: tuple[int, ...]
    pause: float


def work(place: Place, name: str, number: int) -> Day:
    """Be an analyst who saves so many corrections."""
    day, chance, known = Day(), random.Random(name), dict[int, opened.Review]()
    seat = desk(place.blobs, name)
    while len(day.saved) < number:
        task = chance.choice(place.tasks)
        try:
            with place.database.begin() as connection:
                tasks.claim(connection, seat, task)
        except ChangedMeanwhile:
            continue  # somebody else has it
        if task not in known or chance.random() < 0.7:  # else: what was seen at an earlier visit
            with place.database.begin() as connection:
                known[task] = opened.look_again(connection, seat, task)
        for _ in range(_VISIT):
            known[task] = correct(place, seat, known[task], (day, chance))
        with place.database.begin() as connection:
            tasks.release(connection, seat.user, task)
    return day


def correct(place: Place, seat: Desk, seen: opened.Review, who: tuple[Day, random.Random]) -> opened.Review:
    """Save a correction of a figure chosen at random, as the desk does, and look at what follows."""
    day, chance = who
    task, figure = seen.task.id, chance.choice(list(seen.figures)[:12])
    last = max((each.id for each in seen.corrections if each.fact_number == figure), default=0)
    edit = Edit("amount", corrections.GESTURES["amount"][0], figure, seen.seen[0], {"value": str(chance.randrange(1000, 99_000))})
    began = time.perf_counter()
    try:
        with place.database.begin() as connection:
            made = corrections.correct(connection, seat, task, edit)
        day.to_save.append(time.perf_counter() - began)
        day.saved.append(Saved(task, figure, last, made.id))
    except ChangedMeanwhile:
        day.refused += 1
    with place.database.begin() as connection:
        after = opened.look_again(connection, seat, task)
    day.to_show.append(time.perf_counter() - began)
    time.sleep(place.pause * chance.uniform(0.5, 1.5))
    return after


def count(place: Place, days: list[Day]) -> dict[str, int]:
    """Return what must hold: every saved correction is there, none took the place of one that its analyst had not seen."""
    every = [each for day in days for each in day.saved]
    table = tables.corrections
    with place.database.connect() as connection:
        rows = list(connection.execute(select(table.c.id, table.c.task_id, table.c.fact_number)))
        trail = connection.execute(select(func.count()).where(tables.audit_entries.c.action == "correct_figure")).scalar_one()
        faults = audit.verify(connection, User("x", "first", frozenset((Role.AUDITOR,))), "first").faults
    by_figure: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        by_figure.setdefault((row.task_id, row.fact_number), []).append(row.id)
    unseen = sum(each.seen < other < each.id for each in every for other in by_figure[each.task, each.figure])
    lost = len({each.id for each in every} - {row.id for row in rows})
    return {
        "saved": len(every), "refused": sum(day.refused for day in days), "lost": lost, "overwritten unseen": unseen,
        "not in the trail": len(every) - int(trail), "faults of the trail": len(faults),
    }  # fmt: skip


def sample(pages: int) -> Assessment:
    """Return the first sample application as the machine assesses it; its last page is repeated until there are so many pages."""
    chosen = Settings()
    with Reader(chosen) as reader:
        files = sorted(path for path in (next(iter(sorted(_SAMPLES.iterdir()))) / "files").rglob("*") if path.is_file())
        made = assess("sample", [reader.read_document(path.name, path) for path in files], load_models(chosen), None)
    last, document = made.pages[-1], made.documents[-1]
    more = tuple(replace(last, number=last.number + n) for n in range(1, pages - len(made.pages) + 1))
    documents = (*made.documents[:-1], replace(document, pages=(*document.pages, *more)))
    kinds = (*made.page_kinds, *(made.page_kinds[-1],) * len(more))
    return replace(made, pages=(*made.pages, *more), page_kinds=kinds, documents=documents)


def told(name: str, seconds: list[float]) -> float:
    """Print how long something took; return the 95th percentile."""
    ordered = sorted(seconds)
    p95 = ordered[int(0.95 * len(ordered))]
    median, slowest = ordered[len(ordered) // 2], ordered[-1]
    print(f"{name:<44} median {1000 * median:6.0f} ms   P95 {1000 * p95:6.0f} ms   slowest {1000 * slowest:6.0f} ms")
    return p95


def open_it(place: Place, task: int) -> None:
    """Print how long opening an application of 40 pages takes: read anew, then warm."""
    taken = []
    for _ in range(6):
        began = time.perf_counter()
        with place.database.begin() as connection:
            opened.open_review(connection, desk(place.blobs), task)
        taken.append(time.perf_counter() - began)
    print(f"opening 40 pages: {1000 * taken[0]:.0f} ms unread, then at most {1000 * max(taken[1:]):.0f} ms")


def main() -> None:
    """Let the analysts work, print what it took, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--analysts", type=int, default=20)
    parser.add_argument("--corrections", type=int, default=2_000)
    parser.add_argument("--tasks", type=int, default=30)
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two corrections of an analyst")
    chosen = parser.parse_args()
    with own_folder() as folder, own_server(folder / "pg") as (_, database):
        blobs, made = open_blobs(Settings(data_dir=folder)), sample(40)
        ids = tuple(waiting_task(database, blobs, f"A{n}", made=made) for n in range(chosen.tasks))
        place = Place(database, blobs, ids, chosen.pause)
        open_it(place, ids[0])
        began = time.monotonic()
        with ThreadPoolExecutor(chosen.analysts) as pool:
            each = -(-chosen.corrections // chosen.analysts)
            days = list(pool.map(lambda n: work(place, f"analyst{n}", each), range(chosen.analysts)))
        print(f"{chosen.analysts} analysts, pause {chosen.pause} s, {len(made.pages)} pages: {time.monotonic() - began:.0f} s")
        told("a correction is saved", [seconds for day in days for seconds in day.to_save])
        told("and shown with all that follows from it", [seconds for day in days for seconds in day.to_show])
        print(", ".join(f"{name} {number}" for name, number in count(place, days).items()))


if __name__ == "__main__":
    main()
