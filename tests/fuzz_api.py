"""Fuzzing of the whole API by its own schema (schemathesis, every check), against a real server: `make fuzz-api EXAMPLES=10000`."""

import argparse
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from app import webhooks
from app.api.limits import Buckets
from app.batches import BatchItem, NewBatch, submit_batch
from app.domain import Role, User
from app.review_queue.desk import Desk
from app.store.rows import NewApplication
from tests.desk import waiting_task
from tests.own_server import own_folder, own_server
from tests.service import Service, key_of, served, service

#: A request that fits the schema may still be refused for what it asks (no such file, a reason that is not of the gesture's list).
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422"]
"""
_OPERATIONS = 37


def fill(world: Service) -> str:
    """Store something of everything, and return a key that reaches to all of it."""
    root = User("root", "first", frozenset((Role.ADMINISTRATOR, Role.ANALYST)))
    for number in range(5):
        waiting_task(world.database, world.blobs, f"T-{number}")
    with world.database.begin() as connection:
        submit_batch(connection, root, NewBatch("B-0", (BatchItem(NewApplication("A-0"), ()),)))
        webhooks.add_webhook(connection, Desk(root, world.blobs, world.settings), "https://los.example/h", ("batch.finished",))
    return key_of(world.database, "fuzz")


def fuzz(world: Service, folder: Path, examples: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Ask the API so many things for each of its operations, and say what came of it."""
    (folder / "schemathesis.toml").write_text(CONFIG, encoding="utf-8")
    key = fill(world)
    world.api.state.place = replace(world.api.state.place, refusals=Buckets(1e6, 1e6))
    with served(world) as address:
        words = ("--config-file", str(folder / "schemathesis.toml"), "run", f"{address}/openapi.json", "-H", f"Authorization: Bearer {key}")
        limits = ("--max-examples", str(examples), "--checks", "all", "--continue-on-failure", "--request-timeout", "60", *options)
        command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", *words, *limits]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def main() -> None:
    """Fuzz on a database of its own, and end with the status of schemathesis."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=1_000, help="of all operations together")
    parser.add_argument("options", nargs="*", help="passed on to schemathesis run")
    given = parser.parse_args()
    with own_folder() as folder, own_server(folder / "pg", "fsync=off") as (_, database):
        done = fuzz(service(database, folder, api_wait_seconds=0.2), folder, max(1, given.examples // _OPERATIONS), *given.options)
    sys.stdout.write(done.stdout + done.stderr)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
