"""`loanlens data` on a real embedded database, as an operator types it: made, listed, shown, compared, made again, refused."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from app.blobs.storage import open_blobs
from app.cli import app
from app.errors import LoanLensError, UsageError
from app.review_queue import corrections
from app.review_queue.corrections import Edit
from app.settings import Settings, settings
from tests.desk import desk, waiting_task
from tests.judged import reviewed

Run = Callable[..., Result]


@pytest.fixture
def run(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a function that runs `loanlens` for lender `first` on this test's database."""
    monkeypatch.setenv("LOANLENS_DATABASE_URL", database.url.set(drivername="postgresql").render_as_string(hide_password=False))
    monkeypatch.setenv("LOANLENS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LOANLENS_LENDER_ID", "first")
    settings.cache_clear()

    def call(*words: str) -> Result:
        result = CliRunner().invoke(app, list(words), env={"COLUMNS": "250"})
        if isinstance(result.exception, LoanLensError):
            raise result.exception
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        return result

    yield call
    settings.cache_clear()


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
