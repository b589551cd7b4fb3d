"""What became of loans: joined with assessments from the store, gated, and the champion calibrated on it. Nothing else is a label."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.access.roles import machine
from app.blobs.storage import open_blobs
from app.domain import Role
from app.errors import UsageError
from app.review_queue import corrections, marks, opened
from app.review_queue.marks import Cited
from app.settings import Settings
from app.store.rows import Adjustment
from models.ensemble import load_ensemble
from models.risk_ratios import FEATURES
from tests.desk import NOON, desk, sound_assessment, waiting_task
from tests.judged import UNTIL
from training import datasets, lessons, retrain_ensemble, train_ensemble
from training.challenger import Places
from training.corrections import reviewed
from training.datasets import Filters
from training.lessons import Fate, KnownOutcome, Mark, read_fates, within_horizon
from training.train_ensemble import Config

LATER = datetime.now(UTC) + timedelta(days=1)
CONFIG = Config("t", 2000, 2004, 2007, (1, 2), 10, 40, 0.1, 30, 0.3, 0.03, 1, 2, 0.1, 100, 5)
WORKER = machine(Role.WORKER, "first")


def known(number: int, failed: bool) -> KnownOutcome:
    """Return what became of a borrower: those that failed are weaker in every ratio."""
    ratio = (-0.1 if failed else 0.3) + number / 1000
    at = (NOON + timedelta(days=number)).isoformat()
    return KnownOutcome(str(number), number, f"borrower {number}", at, failed, (ratio,) * len(FEATURES))


def outcomes(failures: int = 14) -> list[KnownOutcome]:
    return [known(number, number % 6 == 0) for number in range(1, failures * 6 + 1)]


def places(folder: Path) -> Places:
    return Places(Settings().ensemble_dir, folder / "challengers", folder / "work")


def test_a_failure_within_a_year_counts_and_what_is_not_known_yet_does_not() -> None:
    day = date(2025, 1, 10)
    assert within_horizon(Fate(True, date(2025, 11, 1)), day) is True
    assert within_horizon(Fate(True, date(2026, 6, 1)), day) is False  # it paid for a year
    assert within_horizon(Fate(False, date(2026, 1, 10)), day) is False
    assert within_horizon(Fate(False, date(2025, 11, 1)), day) is None
    assert within_horizon(Fate(True, date(2025, 1, 10)), day) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("application,failed\n1,0\n", "lacks the columns on"),
        ("application,failed,on\n1,yes,2025-01-01\n", "line 2"),
        ("application,failed,on\n1,0,2025-01-01\n1,1,2025-02-01\n", "line 3"),
        ("application,failed,on\none,0,2025-01-01\n", "cannot be read"),
        ("application,failed,on\n1,0,soon\n", "cannot be read"),
    ],
)
def test_a_table_that_is_none_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "fates.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_fates(tmp_path / "fates.csv")


def test_the_store_gives_ratios_as_corrected_and_marks_and_never_an_adjustment(database: Engine, tmp_path: Path) -> None:
    blobs, made = open_blobs(Settings(data_dir=tmp_path)), sound_assessment()
    task, fate = waiting_task(database, blobs, made=made), {1: Fate(True, made.as_of + timedelta(days=30)), 99: Fate(True, made.as_of)}
    with database.begin() as c:
        (plain,) = lessons.known_outcomes(c, WORKER, blobs, fate, LATER)
        adjusted = corrections.proposed("add-back", "operating_income", "current", Decimal(20_000), "owner's pay")
        assert isinstance(adjusted, Adjustment)
        corrections.adjust(c, desk(blobs), task, adjusted)
        review = opened.look_again(c, desk(blobs), task)
        assert review.machine.rationale is not None
        reason = review.machine.rationale.reasons[0]
        marks.mark(c, desk(blobs), task, Cited(reason.fact, reason.relation), "unsupported")
        (same,) = lessons.known_outcomes(c, WORKER, blobs, fate, LATER)
        (found,) = reviewed(c, WORKER, blobs, LATER)
        assert list(lessons.known_outcomes(c, WORKER, blobs, fate, NOON - timedelta(days=9_999))) == []
    assert plain.failed
    assert plain.ratios == same.ratios
    assert sum(value is not None for value in plain.ratios) > 10
    assert found.judgements == ()
    assert found.marks == (Mark(reason.fact, reason.relation, False),)


def test_the_challenger_has_the_level_of_the_outcomes_and_the_champions_points(tmp_path: Path) -> None:
    made = datasets.build([], Filters(UNTIL), "first", tmp_path / "datasets", outcomes())
    assert datasets.open_version(tmp_path / "datasets", made.hash).outcomes == made.outcomes
    done = retrain_ensemble.main(made, CONFIG, places(tmp_path), 0.05)
    before, after = load_ensemble(Settings().ensemble_dir), load_ensemble(done.folder)
    assert after.scorecard.to_plain() == before.scorecard.to_plain()
    assert done.sha256 == after.version.sha256 != before.version.sha256
    assert set(done.card["metrics"]["challenger"]) >= {"log loss, test", "Brier score, test", "rate, train"}
    again = retrain_ensemble.main(made, CONFIG, places(tmp_path / "again"), 0.05)
    assert (again.sha256, again.folder.name) == (done.sha256, done.folder.name)


def test_too_few_outcomes_and_an_unstated_rate_train_nothing(tmp_path: Path) -> None:
    few = datasets.build([], Filters(UNTIL), "first", tmp_path / "datasets", outcomes(3))
    with pytest.raises(UsageError, match="3 failures and 15 survivals; at least 10 and 30 are needed"):
        retrain_ensemble.main(few, CONFIG, places(tmp_path), 0.05)
    enough = datasets.build([], Filters(UNTIL), "first", tmp_path / "datasets", outcomes())
    with pytest.raises(UsageError, match="--central-tendency"):
        retrain_ensemble.main(enough, CONFIG, places(tmp_path))
    assert not (tmp_path / "challengers").exists()


def test_an_outcome_without_ratios_is_named(tmp_path: Path) -> None:
    bare = replace(known(1, True), ratios=(None,) * len(FEATURES))
    made = datasets.build([], Filters(UNTIL), "first", tmp_path / "datasets", [bare, *outcomes()[1:]])
    with pytest.raises(UsageError, match=r"FAIL ratios: 1 outcomes without any ratio \[1\]"):
        retrain_ensemble.main(made, train_ensemble.read_config(Path("training/ensemble.yaml")), places(tmp_path), 0.05)
