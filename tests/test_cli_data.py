"""`loanlens data` on a real embedded database, as an operator types it: made, listed, shown, compared, made again, refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.blobs.storage import open_blobs
from app.errors import UsageError
from app.review_queue import corrections
from app.review_queue.corrections import Edit
from app.settings import Settings
from tests.commands import Run, commands
from tests.desk import desk, waiting_task
from tests.judged import reviewed


@pytest.fixture
def run(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a function that runs `loanlens` for lender `first` on this test's database."""
    with commands(database, tmp_path, monkeypatch) as call:
        yield call


def confirm(database: Engine, folder: Path, seeds: range) -> None:
    """Have ann confirm every figure of an application of each seed."""
    blobs = open_blobs(Settings(data_dir=folder))
    for seed in seeds:
        made = reviewed(seed).made
        task = waiting_task(database, blobs, f"A{seed}", made=made)
        with database.begin() as c:
            for number in range(1, 4):
                corrections.correct(c, desk(blobs), task, Edit("confirmed", "as printed", number, 0, {}))


def test_a_version_is_made_listed_shown_made_again_and_compared(database: Engine, run: Run, tmp_path: Path) -> None:
    confirm(database, tmp_path, range(1, 4))
    first = run("data", "build").stdout.strip()
    assert first[:12] in run("data", "list").output
    shown = run("data", "show", first[:10])
    assert shown.exit_code == 0, shown.output
    assert "ok   consistency" in shown.output
    again = run("data", "build", "--like", first)
    assert (again.exit_code, again.stdout.strip()) == (0, first)
    confirm(database, tmp_path, range(4, 5))
    second = run("data", "build").stdout.strip()
    said = run("data", "diff", first, second)
    assert said.exit_code == 1
    assert "corrections added: [10, 11, 12]" in said.output
    assert run("data", "diff", second, second).exit_code == 0
    with database.connect() as c:
        noted = c.execute(text("SELECT count(*) FROM audit_entries WHERE subject = :s"), {"s": f"dataset {second}"}).scalar_one()
    assert noted == 1


def test_a_failing_gate_is_shown_and_keeps_a_retraining_from_starting(database: Engine, run: Run, tmp_path: Path) -> None:
    confirm(database, tmp_path, range(1, 2))
    made = run("data", "build").stdout.strip()
    shown = run("data", "show", made)
    assert shown.exit_code == 1
    assert "FAIL parts" in shown.output
    with pytest.raises(UsageError, match="nothing was trained"):
        run("retrain", "extractor", "--dataset", made)


def test_without_corrections_there_is_nothing_to_learn_from(run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to learn from"):
        run("data", "build")
    assert not (tmp_path / "datasets").exists()
