"""A few kills of analysts at work, as `make desk-faults` does many: nothing is half written."""

from pathlib import Path

from sqlalchemy import Engine, text

from app.blobs.storage import open_blobs
from app.settings import Settings
from tests.desk import waiting_task
from tests.desk_faults import count, done_so_far, kill_at_random


def test_what_killed_analysts_did_is_there_as_a_whole_or_not_at_all(database: Engine, tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    for n in range(4):
        waiting_task(database, blobs, f"A{n}")
    assert kill_at_random(database, blobs, 8).total() == 8
    assert "correct_figure" in done_so_far(database)
    assert {name for name, number in count(database, blobs).items() if number} == set()


def test_what_is_half_written_is_found(database: Engine, tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    waiting_task(database, blobs)
    with database.begin() as c:
        c.execute(text("UPDATE applications SET state = 'decided'"))
    assert sum(count(database, blobs).values()) == 2
