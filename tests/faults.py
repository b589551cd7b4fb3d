"""Faults: workers, database and supervisor are killed, frozen, starved of disk and told wrong times under a batch; then all is counted.

`make faults` runs it: `--kills 1000` with made-up assessments and quick heartbeats, `--kills 50 --real` with the sample
applications, the models and the heartbeats in service. Stop it any time: with `--folder` the same command goes on. `--takeover`
measures how long work of a dead worker waits with the defaults, `--desk` how long a person waits behind a batch.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import psutil
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from app import audit
from app.access.roles import Act, machine
from app.assess import load_models
from app.blobs.storage import open_blobs
from app.database import Server, embedded, open_database
from app.domain import Role, User
from app.errors import SetupError
from app.intake import Package, Workplace, duties, receive
from app.jobs import Attempt, Duty, Effect, Job, JobName, Urgency, enqueue_all, keep_going, run_worker
from app.reading.reader import Reader
from app.settings import PROJECT, Settings
from app.store import applications, assessments
from app.store.rows import NewApplication
from app.supervisor import Part, Supervisor, stop_with_parent
from tests.build import assessment

T = TypeVar("T")
LENDERS = ("first", "second")
_WORKERS = 4
_AHEAD = 100  # applications that wait at any time, so that every kill hits a running batch


def settings_of(folder: Path, quick: bool = True) -> Settings:
    """Return settings for a data folder: quick heartbeats, and tries enough that being killed is never mistaken for poison."""
    plain = Settings(data_dir=folder, job_tries=1000, stop_seconds=2)
    return plain.model_copy(update={"heartbeat_seconds": 0.5, "stalled_seconds": 2.5}) if quick else plain


# -- the parts that are killed -----------------------------------------------------------------------------------------


def stub_duties(seconds: tuple[float, float], recording: float = 0.0) -> dict[JobName, Duty]:
    """Return an assessment that takes some time, and more to record; its inputs differ in each try, so that a second would be seen."""

    def run(attempt: Attempt) -> Effect:
        time.sleep(random.uniform(*seconds))
        id, lender_id = int(attempt.arguments["application_id"]), attempt.lender_id
        made = replace(assessment(), spread=replace(assessment().spread, statements=assessment().spread.statements[:1]))

        def record(connection: Connection) -> None:
            assessments.add_assessment(connection, lender_id, assessments.NewAssessment(id, made, random.randbytes(32), {}))
            applications.set_state(connection, lender_id, id, "assessed")
            audit.record(connection, machine(Role.WORKER, lender_id), Act.ASSESS_APPLICATION, f"application {id}")
            time.sleep(recording)

        return record

    def give_up(connection: Connection, attempt: Attempt, reason: str) -> None:
        applications.set_state(connection, attempt.lender_id, int(attempt.arguments["application_id"]), "quarantined", reason)

    return {JobName.ASSESS: Duty(run, give_up)}


def be(part: str, folder: Path, seconds: float, quick: bool) -> None:
    """Be one of the parts: the supervisor, a worker, maintenance."""
    chosen = settings_of(folder, quick)
    if part == "up":
        say = (folder / "up.log").open("a", encoding="utf-8", buffering=1)
        parts = [*(f"worker{n}" for n in range(_WORKERS)), "maintenance"]
        commands = [Part(name, command(name, folder, seconds, quick)) for name in parts]
        Supervisor(embedded(chosen), commands, 2, lambda line: void(say.write(line + "\n")), 0.5 if quick else 60).run()
        return
    stop_with_parent()
    database = open_database(chosen)
    if part == "maintenance":
        keep_going(database, chosen, {}, threading.Event().wait)
    elif quick or seconds:
        run_worker(database, stub_duties((seconds / 4, seconds), 1.0 if part == "slow" else 0.0), tuple(Urgency), chosen)
    else:
        with Reader(chosen) as reader:
            run_worker(database, duties(Workplace(open_blobs(chosen), reader, load_models(chosen), chosen)), tuple(Urgency), chosen)


def void(_: object) -> None:
    """Return nothing."""


def command(part: str, folder: Path, seconds: float, quick: bool) -> tuple[str, ...]:
    """Return the command line of a part."""
    words = ("--part", part, "--folder", str(folder), "--seconds", str(seconds), *(["--quick"] * quick))
    return (sys.executable, "-m", "tests.faults", *words)


# -- the killer --------------------------------------------------------------------------------------------------------


class Killer:
    """Does one fault after the other to the parts that run on a data folder."""

    def __init__(self, folder: Path, seed: int, real: bool = False) -> None:
        self.folder, self.random, self.done = folder, random.Random(seed), Counter[str]()
        self._above_as = command("up", folder, 0.0, False) if real else command("up", folder, 0.2, True)
        self._frozen_for = (35.0, 50.0) if real else (3.0, 6.0)
        self._above: subprocess.Popen[bytes] | None = None
        self._frozen: list[tuple[float, int]] = []

    def keep_up(self) -> None:
        """Start the supervisor unless it runs, and let frozen workers go on whose time has come."""
        if self._above is None or self._above.poll() is not None:
            with (self.folder / "parts.log").open("ab") as log:
                self._above = subprocess.Popen(self._above_as, cwd=PROJECT, stderr=log, stdout=log)
        for until, pid in self._frozen[:]:
            if time.monotonic() > until:
                self._frozen.remove((until, pid))
                send(pid, signal.SIGCONT)

    def strike(self, database: Engine) -> None:
        """Do one fault, chosen at random; most kill a worker."""
        kinds = ("worker", "database", "backend", "freeze", "maintenance", "supervisor", "clock")
        (kind,) = self.random.choices(kinds, (60, 6, 6, 12, 6, 3, 7))
        server = embedded(settings_of(self.folder))
        assert server is not None
        above = self._above.pid if self._above else None
        pid = {"database": server.pid(), "backend": self._one(backends(server)), "supervisor": above}
        match kind:
            case "worker" | "maintenance" | "freeze":
                chosen = self._one(parts(self.folder, "maintenance" if kind == "maintenance" else "worker")[:2])  # at work the longest
                if chosen is None:
                    return
                send(chosen, signal.SIGSTOP if kind == "freeze" else signal.SIGKILL)
                if kind == "freeze":  # past the time after which its work is taken over
                    self._frozen.append((time.monotonic() + self.random.uniform(*self._frozen_for), chosen))
            case "clock":
                set_clock(database, self.random.choice((-1, 1)))
            case _:
                send(pid[kind], signal.SIGKILL)
        self.done[kind] += 1

    def stop(self) -> None:
        """Stop everything."""
        for _, pid in self._frozen:
            send(pid, signal.SIGCONT)
        if self._above is not None:
            self._above.terminate()
            self._above.wait(60)

    def _one(self, pids: list[int]) -> int | None:
        return self.random.choice(pids) if pids else None


def send(pid: int | None, number: int) -> None:
    """Send a signal to a process, if there is one."""
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def parts(folder: Path, name: str) -> list[int]:
    """Return the processes of the parts of a name."""
    found = []
    for each in psutil.process_iter(["cmdline", "create_time"]):
        words = each.info["cmdline"] or []
        if str(folder) in words and any(word.startswith(name) for word in words) and "--part" in words:
            found.append(each)
    return [each.pid for each in sorted(found, key=lambda each: float(each.info["create_time"]))]


def backends(server: Server) -> list[int]:
    """Return the server's own processes."""
    pid = server.pid()
    try:
        return [each.pid for each in psutil.Process(pid).children()] if pid else []
    except psutil.Error:
        return []


def set_clock(database: Engine, hours: int) -> None:
    """Make all that the queue noted look as if the clock had jumped."""
    for statement in (
        "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - make_interval(hours => :hours)",
        "UPDATE procrastinate_jobs SET scheduled_at = scheduled_at - make_interval(hours => :hours) WHERE status = 'todo'",
    ):
        with suppress(DBAPIError), database.begin() as connection:
            connection.execute(text(statement), {"hours": hours})


# -- the batch and the count -------------------------------------------------------------------------------------------


def top_up(database: Engine, waiting: int) -> None:
    """Send more applications until so many wait, each with its job in one transaction."""
    with suppress(DBAPIError), database.begin() as connection:
        for lender_id in LENDERS:
            waits = text("SELECT count(*) FROM applications WHERE lender_id = :lender AND state = 'received'")
            left = connection.scalar(waits, {"lender": lender_id})
            number = waiting // len(LENDERS) - int(left or 0)
            if number <= 0:
                continue
            new = [NewApplication(f"A{random.getrandbits(60)}") for _ in range(number)]
            ids = applications.add_applications(connection, lender_id, new)
            enqueue_all(connection, [Job(JobName.ASSESS, lender_id, {"application_id": id}) for id in ids])


def send_sample(database: Engine, folder: Path, number: int) -> None:
    """Send one of the sample applications with its files, as an analyst does, unless enough of them wait."""
    with suppress(DBAPIError), database.connect() as connection:
        if int(connection.scalar(text("SELECT count(*) FROM job_records WHERE outcome IS NULL")) or 0) >= _WORKERS:
            return
    names = sorted((PROJECT / "data_samples" / "applications").iterdir())
    sender = User("faults", LENDERS[number % len(LENDERS)], frozenset((Role.ANALYST,)))
    files = sorted(path for path in (names[number % len(names)] / "files").rglob("*") if path.is_file())
    with suppress(DBAPIError), ExitStack() as opened, database.begin() as connection:
        sent = [(path.name, opened.enter_context(path.open("rb")), None) for path in files]
        receive(connection, open_blobs(settings_of(folder)), sender, Package(NewApplication(f"A{random.getrandbits(60)}"), sent))


def counts(database: Engine) -> dict[str, int]:
    """Return what must hold after everything: nothing lost, twice or stuck, every trail whole."""
    asked = {
        "applications": "SELECT count(*) FROM applications",
        "lost": "SELECT count(*) FROM applications a WHERE NOT EXISTS (SELECT 1 FROM assessments s WHERE s.application_id = a.id)",
        "twice": "SELECT count(*) FROM (SELECT application_id FROM assessments GROUP BY 1 HAVING count(*) > 1) t",
        "twice in the trail": """SELECT count(*) FROM (SELECT lender_id, subject FROM audit_entries
            WHERE action = 'assess_application' GROUP BY 1, 2 HAVING count(*) > 1) t""",
        "stuck": "SELECT count(*) FROM job_records WHERE outcome IS NULL",
        "set aside": "SELECT count(*) FROM applications WHERE state = 'quarantined'",
        "tries": "SELECT sum(tries) FROM job_records",
        "most tries": "SELECT max(tries) FROM job_records",
    }
    with database.connect() as connection:
        found = {name: int(connection.scalar(text(sql)) or 0) for name, sql in asked.items()}
        for lender_id in LENDERS:
            verdict = audit.verify(connection, User("faults", lender_id, frozenset((Role.AUDITOR,))), lender_id)
            found["faults of the trails"] = found.get("faults of the trails", 0) + len(verdict.faults)
    return found


def wait_until_done(database: Engine, killer: Killer, seconds: float) -> None:
    """Let the batch end without further faults."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        killer.keep_up()
        with suppress(DBAPIError), database.connect() as connection:
            if not connection.scalar(text("SELECT count(*) FROM job_records WHERE outcome IS NULL")):
                return
        time.sleep(0.5)


def kill_at_random(folder: Path, kills: int, seed: int, real: bool = False) -> bool:
    """Do so many faults to a running batch; say whether all that must hold holds. `real`: the models and heartbeats in service."""
    database = prepared(folder)
    killer, file = Killer(folder, seed, real), folder / "kills"
    before = int(file.read_text(encoding="utf-8")) if file.exists() else 0
    began = time.monotonic()
    try:
        while before + killer.done.total() < kills:
            killer.keep_up()
            if real:
                send_sample(database, folder, before + killer.done.total())
            else:
                top_up(database, _AHEAD)
            time.sleep(killer.random.uniform(0.2, 2.0) * (10 if real else 1))
            killer.strike(database)
            file.write_text(str(before + killer.done.total()), encoding="utf-8")
        wait_until_done(database, killer, 3600 if real else 180)
        found = counts(database)
    finally:
        killer.stop()
        database.dispose()
    print(f"{kills} faults in {time.monotonic() - began:.0f} s:", ", ".join(f"{kind} {number}" for kind, number in killer.done.items()))
    print(", ".join(f"{name} {number}" for name, number in found.items()))
    return all(found[name] == 0 for name in ("lost", "twice", "twice in the trail", "stuck", "set aside", "faults of the trails"))


def prepared(folder: Path) -> Engine:
    """Return the database of a data folder, with the lenders."""
    database = open_database(settings_of(folder))
    with database.begin() as connection:
        for lender_id in LENDERS:
            applications.add_lender(connection, lender_id, lender_id)
    return database


# -- single measures ---------------------------------------------------------------------------------------------------


def take_over(folder: Path) -> bool:
    """Kill a worker at work, with the defaults, and print how long its job waits for another."""
    database = prepared(folder)
    above = subprocess.Popen(command("up", folder, 4.0, False), cwd=PROJECT)
    try:
        worst = 0.0
        for _ in range(3):
            top_up(database, 2 * _WORKERS)
            doing = waited(lambda: jobs_at_work(database))
            for pid in parts(folder, "worker"):
                send(pid, signal.SIGKILL)
            killed = time.monotonic()
            waited(partial(begun_again, database, doing), 90)
            worst = max(worst, time.monotonic() - killed)
            print(f"{len(doing)} jobs of killed workers were all begun again after {time.monotonic() - killed:.1f} s")
    finally:
        above.terminate()
        above.wait(60)
        database.dispose()
    return worst <= 60


def jobs_at_work(database: Engine) -> dict[int, int]:
    """Return the jobs that are being done and how often each was begun, once every worker has one."""
    sql = text("SELECT job_id, tries FROM job_records JOIN procrastinate_jobs q ON q.id = job_id WHERE q.status = 'doing' AND tries > 0")
    with database.connect() as connection:
        found = {row.job_id: row.tries for row in connection.execute(sql)}
    return found if len(found) >= _WORKERS else {}


def begun_again(database: Engine, before: dict[int, int]) -> bool:
    """Say whether each of these jobs was begun once more, or is done."""
    left = text("SELECT job_id, tries FROM job_records WHERE job_id = ANY(:ids) AND outcome IS NULL")
    with database.connect() as connection:
        return all(row.tries > before[row.job_id] for row in connection.execute(left, {"ids": list(before)}))


def waited(ask: Callable[[], T], seconds: float = 30) -> T:
    """Ask until the answer is something, and return it; the seconds count while we run ourselves, on a machine that may be held up."""
    for _ in range(int(seconds / 0.1)):
        if answer := ask():
            return answer
        time.sleep(0.1)
    raise SetupError(f"nothing happened within {seconds} s")


def desk(folder: Path) -> bool:
    """Put a job that a person waits for behind 10,000 of a batch, and print how long it takes to begin."""
    database = prepared(folder)
    above = subprocess.Popen(command("up", folder, 0.5, False), cwd=PROJECT)
    try:
        top_up(database, 10_000)
        waited(lambda: tried(database, "tries > 0"))
        worst = 0.0
        for number in range(10):
            with database.begin() as connection:
                (id,) = applications.add_applications(connection, "second", [NewApplication(f"desk {number}")])
                (job,) = enqueue_all(connection, [Job(JobName.ASSESS, "second", {"application_id": id}, Urgency.DESK)])
            began = time.monotonic()
            waited(partial(tried, database, f"job_id = {job} AND tries > 0"))
            worst = max(worst, time.monotonic() - began)
        print(f"a job that a person waits for, behind 10,000 of a batch: begun within {worst:.2f} s, the slowest of 10")
    finally:
        above.terminate()
        above.wait(60)
        database.dispose()
    return worst <= 5


def tried(database: Engine, which: str) -> bool:
    """Say whether there is such a job."""
    with database.connect() as connection:
        return connection.execute(text(f"SELECT 1 FROM job_records WHERE {which} LIMIT 1")).first() is not None  # noqa: S608


def full_disk(folder: Path) -> bool:
    """Fill the disk under a running batch, make room again, and count. Needs root, to mount a disk of its own."""
    with small_disk(folder) as mounted:
        killer = Killer(mounted, 1)
        database = prepared(mounted)
        try:
            killer.keep_up()
            top_up(database, 200)
            waited(lambda: tried(database, "outcome IS NOT NULL"))
            ballast = mounted / "ballast"
            with suppress(OSError), ballast.open("wb") as file:
                while True:
                    file.write(b"\0" * (1 << 20))
                    file.flush()
            for _ in range(20):
                killer.keep_up()
                top_up(database, 400)
                time.sleep(0.5)
            ballast.unlink()
            wait_until_done(database, killer, 180)
            found = counts(database)
        finally:
            killer.stop()
            database.dispose()
    print("after a full disk:", ", ".join(f"{name} {number}" for name, number in found.items()))
    return all(found[name] == 0 for name in ("lost", "twice", "stuck", "set aside", "faults of the trails"))


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Yield a folder on a disk of 160 MB."""
    mounted = folder / "small"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m,mode=711", "tmpfs", mounted], check=True)
    try:
        yield mounted
    finally:
        subprocess.run(["umount", "-l", mounted], check=True)


def main() -> None:
    """Run what the options name and exit with 1 where something does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    for name in ("takeover", "desk", "full-disk", "quick", "real"):
        parser.add_argument(f"--{name}", action="store_true")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=0.2, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part:
        be(chosen.part, chosen.folder, chosen.seconds, chosen.quick)
        return
    runs = [(chosen.takeover, take_over), (chosen.desk, desk), (chosen.full_disk, full_disk)]
    well = [on_its_own(run) for asked, run in runs if asked]
    if chosen.kills and chosen.folder:
        well.append(kill_at_random(chosen.folder, chosen.kills, chosen.seed, chosen.real))
    elif chosen.kills:
        well.append(on_its_own(lambda folder: kill_at_random(folder, chosen.kills, chosen.seed, chosen.real)))
    sys.exit(0 if all(well) else 1)


def on_its_own(run: Callable[[Path], bool]) -> bool:
    """Run something in a data folder of its own, which is removed when all holds."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o711)
    well = run(folder)
    if well:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        print(f"see {folder}")
    return well


if __name__ == "__main__":
    main()
