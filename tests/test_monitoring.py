"""Watching the models in service: what moved is found, what did not is left alone, and each limit has two sides."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sqlalchemy import Engine, text

from app import monitoring
from app.blobs.storage import open_blobs
from app.domain import Role, User
from app.monitoring import drift, ks_p, stability_index
from app.settings import Settings
from tests.desk import waiting_task

RNG = np.random.default_rng(5)
SAME, ALSO, MOVED = RNG.normal(size=400).tolist(), RNG.normal(size=300).tolist(), (RNG.normal(size=300) + 1).tolist()
OWNER = User("mo", "first", frozenset({Role.MODEL_OWNER}))
TODAY = datetime.now(UTC).date()


def test_values_that_moved_are_an_alert_and_others_are_none() -> None:
    moved, still = drift("cash", SAME, MOVED, Settings()), drift("cash", SAME, ALSO, Settings())
    assert moved is not None
    assert still is not None
    assert (moved.is_alert, still.is_alert) == (True, False)
    assert still.stability < 0.1
    assert moved.stability > 0.25


def test_of_few_values_nothing_is_said() -> None:
    assert drift("cash", SAME[:29], MOVED, Settings()) is None


def test_equal_values_are_as_stable_as_can_be() -> None:
    assert stability_index([1.0] * 50, [1.0] * 50) == pytest.approx(0)
    assert ks_p([1.0] * 50, [1.0] * 50) == 1.0


def test_the_test_agrees_with_scipys() -> None:
    for now in (ALSO, MOVED[:40], SAME[:100]):
        assert ks_p(SAME, now) == pytest.approx(ks_2samp(SAME, now, method="asymp").pvalue, abs=0.02)


def test_corrections_beyond_the_limit_are_an_alert(database: Engine, tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    task = waiting_task(database, blobs)
    since, until = monitoring.month(TODAY)
    with database.begin() as connection:
        quiet = monitoring.watch(connection, OWNER, Settings(), since, until)
        connection.execute(
            text(
                "INSERT INTO corrections (lender_id, task_id, application_id, assessment_id, fact_number, kind, author)"
                " SELECT 'first', t.id, t.application_id, t.assessment_id, f.number, 'amount', 'ann'"
                " FROM review_tasks t JOIN facts f ON f.assessment_id = t.assessment_id WHERE t.id = :task"
            ),
            {"task": task},
        )
        loud = monitoring.watch(connection, OWNER, Settings(), since, until)
    assert "correction rate" not in quiet.alerts
    assert "correction rate" in loud.alerts
    with database.connect() as connection:
        assert monitoring.watch(connection, OWNER, Settings(), date(2000, 1, 1), date(2000, 2, 1)).alerts == ()


def test_a_month_is_thirty_days_with_today() -> None:
    since, until = monitoring.month(TODAY)
    assert until - since == timedelta(days=30)
