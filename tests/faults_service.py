"""Faults of the whole service, as its clients see them: API, workers, database and deliveries die while batches of 100 go in and out.

`make faults` runs it: `kills` at random times, `uploads` cut short by the API's death, a `slow-disk` under everything. Reading is a
stand-in that takes a moment; API, queue, intake, assessment (by rules), store and webhooks are those in service.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from sqlalchemy import text

from app import webhooks
from app.api.main import serve
from app.api.telemetry import log_to_stderr
from app.assess import load_models
from app.blobs.storage import open_blobs
from app.database import embedded, open_database
from app.domain import Document, DocumentKind, Role, User
from app.intake import Workplace, duties
from app.jobs import Urgency, keep_going, run_worker
from app.review_queue.desk import Desk
from app.settings import PROJECT, Settings
from app.supervisor import Part, Supervisor, stop_with_parent
from app.webhooks import Event
from tests.build import page
from tests.faults import LENDERS, backends, counts, on_its_own, parts, prepared, send, settings_of, tried, void, waited
from tests.outside_client import PLANTED, Caller, Ear, Sending
from tests.service import key_of

_WORKERS = 3
_FAILS = 0.02
_THROTTLES = Path("/sys/fs/cgroup/blkio")
_MUST_BE_NONE = ("lost", "twice", "twice in the trail", "stuck", "set aside", "faults of the trails")


def service_settings(folder: Path) -> Settings:
    """Return the settings of the service on a data folder; its port and what messages of webhooks are signed for lie in it."""
    port, ca = folder / "port", folder / "api" / "tls-self-signed.pem"
    found = {"api_port": int(port.read_text(encoding="utf-8")) if port.exists() else 8443, "webhook_hosts": "127.0.0.1"}
    return settings_of(folder).model_copy(update={**found, "webhook_ca": str(ca), "api_rate": 1e6, "api_burst": 1_000_000})


# -- the parts that are killed -----------------------------------------------------------------------------------------


class StandIn:
    """Reads a page of every file, in a moment; now and then it fails, with words of the document."""

    def read_document(self, file: str, path: Path) -> Document:
        """Return a page."""
        time.sleep(random.uniform(0.02, 0.2))
        if random.random() < _FAILS:
            raise ValueError(path.read_bytes()[:60])
        return Document(file, DocumentKind.OTHER, (replace(page(1, file), width=100.0),))


def be(part: str, folder: Path) -> None:
    """Be one of the parts."""
    chosen = service_settings(folder)
    if part == "up":
        say = (folder / "up.log").open("a", encoding="utf-8", buffering=1)
        names = [*(f"worker{n}" for n in range(_WORKERS)), "api", "maintenance", "deliveries"]
        every = [Part(name, command(name, folder)) for name in names]
        Supervisor(embedded(chosen), every, 2, lambda line: void(say.write(line + "\n")), 0.5).run()
        return
    stop_with_parent()
    log_to_stderr()
    database = open_database(chosen)
    match part:
        case "api":
            serve(database, chosen)
        case "maintenance":
            keep_going(database, chosen, {}, threading.Event().wait)
        case "deliveries":
            run_worker(database, webhooks.duties(webhooks.open_sender(open_blobs(chosen), chosen)), tuple(Urgency), chosen)
        case _:
            place = Workplace(open_blobs(chosen), StandIn(), load_models(chosen, rules=True), chosen)
            run_worker(database, duties(place), tuple(Urgency), chosen)


def command(part: str, folder: Path) -> tuple[str, ...]:
    """Return the command line of a part."""
    return (sys.executable, "-m", "tests.faults_service", "--part", part, "--folder", str(folder))


class Stack:
    """The service on a data folder, kept up by its supervisor; whoever asks its API; and a system that is told by webhook."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            (folder / "port").write_text(str(free.getsockname()[1]), encoding="utf-8")
        (folder / "tmp").mkdir(exist_ok=True)
        (folder / "tmp").chmod(0o1777)
        self.ear = Ear(folder / "api")
        self.settings = service_settings(folder)
        self.database, self.blobs = prepared(folder), open_blobs(self.settings)
        self.key = key_of(self.database, lender_id=LENDERS[0])
        root = User("root", LENDERS[0], frozenset((Role.ADMINISTRATOR,)))
        with self.database.begin() as connection:
            desk = Desk(root, self.blobs, self.settings)
            self.hook = webhooks.add_webhook(connection, desk, self.ear.url, (Event.APPLICATION_ASSESSED, Event.BATCH_FINISHED))
        self._above: subprocess.Popen[bytes] | None = None

    def keep_up(self) -> None:
        """Start the supervisor unless it runs."""
        if self._above is None or self._above.poll() is not None:
            with (self.folder / "parts.log").open("ab") as log:
                words = ("env", f"TMPDIR={self.folder / 'tmp'}", *command("up", self.folder))
                self._above = subprocess.Popen(words, cwd=PROJECT, stdout=log, stderr=log)

    def caller(self, seed: int) -> Caller:
        """Return a client."""
        return Caller(f"http://127.0.0.1:{self.settings.api_port}", self.key, seed)

    def kill(self, kind: str, chance: random.Random) -> bool:
        """Kill a part; say whether there was one."""
        server = embedded(self.settings)
        assert server is not None
        if kind == "restart":
            return server.stop(10)
        pid = server.pid()
        found = {"database": [pid] if pid else [], "backend": backends(server)}.get(kind, parts(self.folder, kind))
        if found:
            send(chance.choice(found), signal.SIGKILL)
        return bool(found)

    def stop(self) -> None:
        """Stop everything."""
        if self._above is not None:
            self._above.terminate()
            self._above.wait(90)
        self.database.dispose()
        self.ear.close()


# -- what must hold ----------------------------------------------------------------------------------------------------


def record_faults(stack: Stack) -> dict[str, int]:
    """Return what must not be in the record after anything: each of them 0."""
    asked = {
        "announced twice": """SELECT count(*) FROM (SELECT body -> 'data' ->> 'application_id' FROM messages
            WHERE event = 'application.assessed' GROUP BY 1 HAVING count(*) > 1) t""",
        "never announced": """SELECT count(*) FROM applications a WHERE NOT EXISTS (SELECT 1 FROM messages m
            WHERE m.event = 'application.assessed' AND (m.body -> 'data' ->> 'application_id')::bigint = a.id)""",
        "batches not ended once": """SELECT count(*) FROM batches b WHERE 1 <> (SELECT count(*) FROM messages m
            WHERE m.event = 'batch.finished' AND (m.body -> 'data' ->> 'batch_id')::bigint = b.id)""",
        "tasks twice": "SELECT count(*) FROM (SELECT application_id FROM review_tasks GROUP BY 1 HAVING count(*) > 1) t",
        "without pages": "SELECT count(*) FROM documents d WHERE NOT EXISTS (SELECT 1 FROM pages p WHERE p.document_id = d.id)",
    }
    with stack.database.connect() as connection:
        found = {name: int(connection.scalar(text(sql)) or 0) for name, sql in asked.items()}
        files = connection.execute(text("SELECT DISTINCT lender_id, encode(sha256, 'hex') AS sha FROM documents")).all()
    found["files damaged"] = sum(not stack.blobs.read_bytes(row.lender_id, row.sha) for row in files)
    logs = [*stack.folder.glob("*.log"), *stack.folder.glob("postgres/*.log")]
    lines = [line for log in logs for line in log.read_text("utf-8", "replace").splitlines()]
    found["lines of logs that quote"] = sum(any(each in line for each in PLANTED) for line in lines)
    found["folders left"] = len([each for each in (stack.folder / "tmp").iterdir() if each.name.startswith("loanlens-")])
    return found


def told(what: str, stack: Stack, senders: list[Sending]) -> bool:
    """Print the counts, and say whether all holds that must."""
    found, never = counts(stack.database), record_faults(stack)
    print(f"{what}: " + ", ".join(f"{name} {number}" for name, number in (found | never).items()))
    met = sum((each.caller.met for each in senders), Counter[str]())
    print("callers met", ", ".join(f"{name} {number}" for name, number in sorted(met.items())), flush=True)
    wrong = [line for each in senders for line in (*each.wrong, *each.caller.surprises)]
    for line in wrong[:20]:
        print("  wrong:", line)
    return not wrong and all(found[name] == 0 for name in _MUST_BE_NONE) and not any(never.values())


def heard_all(stack: Stack) -> bool:
    """Wait until every message was delivered; print and compare what was heard with what was said."""
    stack.ear.settle()
    waiting = text("SELECT count(*) FROM messages WHERE state = 'waiting'")

    def quiet() -> bool:
        stack.keep_up()
        with stack.database.connect() as connection:
            return not connection.scalar(waiting)

    waited(quiet, 400)
    kept, twice, late = stack.ear.understood(stack.hook.secret)
    with stack.database.connect() as connection:
        said = {f"msg_{row.id}": row.body for row in connection.execute(text("SELECT id, body FROM messages"))}
    print(f"webhooks: {len(said)} messages, {len(kept)} heard, {twice} came again, {late} after a later one", flush=True)
    return kept == said and twice > 0


# -- the faults --------------------------------------------------------------------------------------------------------


def kills(folder: Path, number: int = 200, seed: int = 1) -> bool:
    """Kill API, workers, database and deliveries at random under running batches of 100."""
    stack, chance, done = Stack(folder), random.Random(seed), Counter[str]()
    senders = [Sending(stack.caller(each)) for each in (1, 2)]
    began = time.monotonic()
    try:
        stack.keep_up()
        for each in senders:
            each.start()
        waited(lambda: any(each.sent for each in senders), 120)
        while done.total() < number:
            stack.keep_up()
            time.sleep(chance.uniform(0.2, 2.0))
            (kind,) = chance.choices(("worker", "api", "database", "backend", "restart", "deliveries"), (45, 30, 10, 5, 3, 7))
            done[kind] += stack.kill(kind, chance)
        seconds = time.monotonic() - began
        ended = [each.end(300) for each in senders]
        heard = heard_all(stack)
        print(f"{number} kills in {seconds:.0f} s:", ", ".join(f"{kind} {times}" for kind, times in done.items()))
        print(f"{sum(len(each.sent) for each in senders)} batches of {senders[0].size}")
        return told("after the kills", stack, senders) and all(ended) and heard
    finally:
        stack.stop()


def uploads(folder: Path, times: int = 20, seed: int = 1) -> bool:
    """Kill the API while it takes applications and batches with their files; the caller sends each again until it is answered."""
    stack, chance = Stack(folder), random.Random(seed)
    sender = Sending(stack.caller(1))
    try:
        stack.keep_up()
        sender.caller.insist("GET", "/health")
        killed = 0
        for number in range(times):
            one = threading.Thread(target=sender.upload, args=(number,), daemon=True)
            one.start()
            time.sleep(chance.uniform(0.05, 1.2))
            killed += stack.kill("api", chance)
            one.join(120)
        waited(lambda: not tried(stack.database, "outcome IS NULL"), 300)
        heard_all(stack)
        with stack.database.connect() as connection:
            joined = "applications a JOIN documents d ON d.application_id = a.id"
            rows = connection.execute(text(f"SELECT a.reference, encode(d.sha256, 'hex') AS sha FROM {joined}"))  # noqa: S608
            kept = Counter((row.reference, row.sha) for row in rows)
        left = sum(1 for each in Path(stack.blobs.root).rglob("incoming/*"))
        print(f"the API was killed {killed} times while it took {times} uploads of 3 MB; the sweep finds {left} unfinished sealed files")
        if kept != Counter(sender.files):
            sender.wrong.append(f"{len(sender.files)} files were sent, {kept.total()} are kept")
        return told("after the uploads", stack, [sender])
    finally:
        stack.stop()


def slow_disk(folder: Path) -> bool:
    """Have database, stored files and everything else on a disk that writes 2 MB and 40 times a second."""
    with slow_folder(folder, 2_000_000, 40) as mounted:
        stack = Stack(mounted)
        senders = [Sending(stack.caller(each)) for each in (1, 2)]
        try:
            stack.keep_up()
            for each in senders:
                each.start()
            ended = [each.end(300) for each in senders]
            heard_all(stack)
            return told("on a slow disk", stack, senders) and all(ended)
        finally:
            stack.stop()


@contextmanager
def slow_folder(folder: Path, bytes_a_second: int, writes_a_second: int) -> Iterator[Path]:
    """Yield a folder on a disk of its own that is as slow as this for us and all that we start. Needs root and cgroups (version 1)."""
    image, mounted, group = folder / "disk", folder / "slow", _THROTTLES / f"ll-{os.getpid()}"
    with image.open("wb") as file:
        file.truncate(1 << 30)
    mounted.mkdir()
    device = said("losetup", "-f", "--show", str(image))
    try:
        said("mkfs.ext4", "-q", "-O", "^has_journal", device)
        said("mount", device, str(mounted))
        mounted.chmod(0o711)
        number = Path(f"/sys/block/{Path(device).name}/dev").read_text(encoding="utf-8").strip()
        group.mkdir()
        (group / "blkio.throttle.write_bps_device").write_text(f"{number} {bytes_a_second}", encoding="utf-8")
        (group / "blkio.throttle.write_iops_device").write_text(f"{number} {writes_a_second}", encoding="utf-8")
        (group / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")
        yield mounted
    finally:
        (_THROTTLES / "cgroup.procs").write_text(str(os.getpid()), encoding="utf-8")
        subprocess.run(["umount", "-l", mounted], check=False)
        subprocess.run(["losetup", "-d", device], check=False)
        with suppress(OSError):
            group.rmdir()


def said(*words: str) -> str:
    """Run a program and return what it said."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    """Run them all, or those named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.part:
        be(chosen.part, chosen.folder)
        return
    runs: dict[str, Callable[[Path], bool]] = {"kills": partial(kills, number=chosen.kills, seed=chosen.seed), "uploads": uploads}
    runs |= {"slow-disk": slow_disk} if os.geteuid() == 0 else {}
    well = [on_its_own(runs[name]) for name in chosen.runs or runs]
    sys.exit(0 if all(well) else 1)


if __name__ == "__main__":
    main()
