"""Faults from outside: the database restarts under load, a worker is cut off from it, the disk fills while files are stored.

`make faults` runs them after the others. After each: every application assessed once, nothing half-written, the audit trail intact.
"""

import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.blobs.storage import open_blobs
from app.database import embedded, open_database
from app.domain import Role, User
from app.errors import SetupError
from app.intake import Package, receive
from app.settings import PROJECT
from app.store.rows import NewApplication
from tests.faults import LENDERS, Killer, command, counts, on_its_own, prepared, settings_of, small_disk, top_up, tried, waited
from tests.faults import wait_until_done as waited_for

_MUST_BE_NONE = ("lost", "twice", "twice in the trail", "stuck", "set aside", "faults of the trails")
_RESTARTS = 5
_NEAR, _FAR = "10.231.77.1", "10.231.77.2"
_TAKEN_OVER_SECONDS = 60


class Line:
    """A socket that passes all on to another until it is cut: then it stays open and nothing comes through, as behind a dead router."""

    def __init__(self, folder: Path, beyond: Path) -> None:
        folder.mkdir(mode=0o755)
        self.folder, self._beyond, self.is_cut = folder, str(beyond / ".s.PGSQL.5432"), threading.Event()
        self._listens = socket.socket(socket.AF_UNIX)
        self._listens.bind(str(folder / ".s.PGSQL.5432"))
        self._listens.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._listens.accept()
                threading.Thread(target=self._pass_on, args=(here,), daemon=True).start()

    def _pass_on(self, here: socket.socket) -> None:
        with suppress(OSError), closing(here), socket.socket(socket.AF_UNIX) as there:
            there.connect(self._beyond)
            while True:
                ready, _, _ = select.select((here, there), (), (), 0.1)
                if self.is_cut.is_set():
                    time.sleep(0.1)
                    continue
                for one in ready:
                    if not (data := one.recv(65_536)):
                        return
                    (there if one is here else here).sendall(data)


class Cable:
    """A machine of its own, a network namespace, and the cable to the machine of the database, which can be pulled. Needs root."""

    def __init__(self, folder: Path) -> None:
        self.far, near, inside = f"ll-{os.getpid()}", f"lln{os.getpid()}", f"llf{os.getpid()}"
        self._near = near
        ip("netns", "add", self.far)
        ip("link", "add", near, "type", "veth", "peer", "name", inside, "netns", self.far)
        for words in ((), ("-n", self.far)):
            side, address = (inside, _FAR) if words else (near, _NEAR)
            ip(*words, "addr", "add", f"{address}/30", "dev", side)
            ip(*words, "link", "set", side, "up")
        with (folder / "postgres" / "data" / "pg_hba.conf").open("a", encoding="utf-8") as file:
            file.write(f"host all all {_FAR}/32 trust\n")

    def cut(self) -> None:
        """Pull it: nothing comes through, and nobody is told."""
        ip("link", "set", self._near, "down")

    def mend(self) -> None:
        """Put it in again."""
        ip("link", "set", self._near, "up")

    def remove(self) -> None:
        """Take the machine away."""
        ip("netns", "del", self.far)


def ip(*words: str) -> None:
    """Set up the network."""
    subprocess.run(["ip", *words], check=True)


@contextmanager
def two_machines(folder: Path) -> Iterator[tuple[Engine, Cable, Sequence[str]]]:
    """Yield a database, the cable between it and another machine, and the command of a worker on that one, which is slow to record."""
    prepared(folder).dispose()
    here = embedded(settings_of(folder))
    assert here is not None
    here.stop()
    cable = Cable(folder)
    server = replace(here, options=(f"listen_addresses={_NEAR}",))
    try:
        server.start()
        there = ("env", f"LOANLENS_DATABASE_URL=postgresql://postgres@{_NEAR}/loanlens", *command("slow", folder, 0.4, True))
        database = open_database(settings_of(folder))
        try:
            yield database, cable, ("ip", "netns", "exec", cable.far, *there)
        finally:
            database.dispose()
    finally:
        server.stop()
        cable.remove()


def two_machines_one_cut_off(folder: Path) -> bool:
    """Pull the cable of one of two machines three times for a while, then for good while it records; count after each."""
    with two_machines(folder) as (database, cable, far_as):
        near = [begun(command(part, folder, 0.4, True)) for part in ("worker0", "maintenance")]
        far = begun(far_as)

        def is_at_work() -> bool:
            nonlocal far
            if far.poll() is not None:  # it was taken for dead and gave up: its supervisor would start it again
                far = begun(far_as)
            return is_recording(database)

        try:
            for _ in range(3):
                top_up(database, 60)
                waited(is_at_work, 60)
                cable.cut()
                time.sleep(6)
                cable.mend()
            waited(lambda: not tried(database, "outcome IS NULL"), 300)
            well = told("after a machine was cut off three times for six seconds", counts(database))
            top_up(database, 60)
            waited(is_at_work, 60)
            cable.cut()
            began = time.monotonic()
            waited(lambda: not tried(database, "outcome IS NULL"), 150)
            seconds = time.monotonic() - began
            far.wait(300)
            itself = time.monotonic() - began
            print(f"cut off for good while it recorded: all was done {seconds:.0f} s later, it gave up by itself after {itself:.0f} s")
            return told("after a machine was cut off for good", counts(database)) and well and seconds < _TAKEN_OVER_SECONDS
        finally:
            for each in (*near, far):
                each.terminate()
            for each in (*near, far):
                each.wait(60)


def is_recording(database: Engine) -> bool:
    """Say whether the other machine is in the middle of the transaction that records."""
    middle = "client_addr = :far AND state = 'idle in transaction' AND xact_start < now() - interval '0.3 s'"
    with database.connect() as connection:
        return connection.execute(text(f"SELECT 1 FROM pg_stat_activity WHERE {middle}"), {"far": _FAR}).first() is not None  # noqa: S608


def cut_off(folder: Path) -> bool:
    """Cut one of two workers off while it works, have its work taken over, let it come back, and count."""
    database = prepared(folder)
    server = embedded(settings_of(folder))
    assert server is not None
    line = Line(folder / "line", server.folder)
    address = server.url.update_query_dict({"host": str(line.folder)}).set(drivername="postgresql").render_as_string(hide_password=False)
    near = [begun(command(part, folder, 0.4, True)) for part in ("worker0", "maintenance")]
    far_as = ["env", f"LOANLENS_DATABASE_URL={address}", *command("worker1", folder, 0.4, True)]
    far = begun(far_as)
    try:
        top_up(database, 60)
        waited(lambda: workers_at_work(database) >= 2, 240)
        for _ in range(3):
            line.is_cut.set()
            time.sleep(6)  # more than twice the time after which its work is taken over
            line.is_cut.clear()
            time.sleep(2)
            if far.poll() is not None:  # it gave up the dead connection: its supervisor would start it again
                far = begun(far_as)
            top_up(database, 60)
        waited(lambda: not tried(database, "outcome IS NULL"), 300)
        found = counts(database)
    finally:
        for each in (*near, far):
            each.terminate()
        for each in (*near, far):
            each.wait(60)
        database.dispose()
        server.stop()
    return told("after a worker was cut off three times", found)


def begun(words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a part, which ends with us: it watches its standard input."""
    return subprocess.Popen(words, cwd=PROJECT, stdin=subprocess.PIPE)


def workers_at_work(database: Engine) -> int:
    """Return how many workers do a job."""
    with suppress(DBAPIError), database.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'")) or 0)
    return 0


def done(database: Engine) -> int:
    """Return how many jobs have their outcome; 0 while the database is away."""
    with suppress(DBAPIError), database.connect() as connection:
        return int(connection.scalar(text("SELECT count(*) FROM job_records WHERE outcome IS NOT NULL")) or 0)
    return 0


def is_more_done(database: Engine, before: int) -> bool:
    """Say whether workers are at work: jobs were done since."""
    return done(database) > before


def restarts(folder: Path) -> bool:
    """Stop the database in order, again and again, under a running batch; the supervisor starts it; count."""
    database, killer = prepared(folder), Killer(folder, 1)
    server = embedded(settings_of(folder))
    assert server is not None
    try:
        for _ in range(_RESTARTS):
            killer.keep_up()
            waited(server.is_running, 60)
            top_up(database, 60)
            before = done(database)
            waited(partial(is_more_done, database, before), 240)
            server.stop()
        waited_for(database, killer, 180)
        found = counts(database)
    finally:
        killer.stop()
        database.dispose()
    return told(f"after {_RESTARTS} restarts of the database", found)


def full_disk_of_files(folder: Path) -> bool:
    """Send applications until the disk of the stored files is full, make room, go on, and look whether every file is whole."""
    database = prepared(folder)
    refused = 0
    with small_disk(folder) as mounted:
        settings = settings_of(folder).model_copy(update={"blobs_url": str(mounted / "files")})
        sender, content = User("faults", LENDERS[0], frozenset((Role.ANALYST,))), os.urandom(1_000_000)
        for number in range(60):
            if number == 50:
                (mounted / "ballast").unlink(missing_ok=True)
            elif number == 20:
                with suppress(OSError), (mounted / "ballast").open("wb") as ballast:
                    while True:
                        ballast.write(bytes(1 << 20))
            try:
                with database.begin() as connection:
                    files = [(f"{n}.pdf", BytesIO(content + bytes([number, n])), None) for n in range(2)]
                    receive(connection, open_blobs(settings), sender, Package(NewApplication(f"A{number}"), files))
            except (OSError, SetupError):
                refused += 1
        blobs = open_blobs(settings)
        with database.connect() as connection:
            kept = connection.execute(text("SELECT d.lender_id, encode(d.sha256, 'hex') AS sha FROM documents d")).all()
            bare = connection.scalar(
                text("SELECT count(*) FROM applications a WHERE (SELECT count(*) FROM documents d WHERE d.application_id = a.id) <> 2")
            )
        damaged = sum(len(blobs.read_bytes(row.lender_id, row.sha)) != len(content) + 2 for row in kept)
    database.dispose()
    server = embedded(settings_of(folder))
    assert server is not None
    server.stop()
    print(f"on a full disk {refused} of 60 applications were refused, {len(kept)} files are kept, {damaged} damaged, {bare} half sent")
    return refused > 0 and len(kept) == 2 * (60 - refused) and not damaged and not bare


def told(what: str, found: dict[str, int]) -> bool:
    """Print the counts and say whether all holds."""
    print(f"{what}: " + ", ".join(f"{name} {number}" for name, number in found.items()), flush=True)
    return all(found[name] == 0 for name in _MUST_BE_NONE)


def main() -> None:
    """Run them all, or those named; the disk only as root, which alone may mount one."""
    runs = {"cut-off": cut_off, "restarts": restarts}
    if os.geteuid() == 0:
        runs |= {"disk": full_disk_of_files, "two-machines": two_machines_one_cut_off}
    chosen = sys.argv[1:] or list(runs)
    well = [on_its_own(runs[name]) for name in chosen]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
