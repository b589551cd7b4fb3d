"""The preview of another policy value: judged are the open applications, told are those whose outcome changes."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.blobs.storage import open_blobs
from app.errors import UsageError
from app.review_queue.policy_preview import changed_policy, preview
from app.settings import Settings
from rules import policy
from tests.desk import desk, waiting_task


def test_a_value_that_a_ratio_then_misses_changes_the_outcome_and_one_it_meets_does_not(database: Engine, tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    waiting_task(database, blobs)
    with database.begin() as connection:
        judged, stricter = preview(connection, desk(blobs), changed_policy("current_ratio", Decimal(1000)))
        _, same = preview(connection, desk(blobs), changed_policy("current_ratio", policy.load().limits["current_ratio"].passes))
    assert (judged, same) == (1, ())
    assert [each.reference for each in stricter] == ["A1"]
    assert "current_ratio_is_within_policy" in {finding.id for finding in stricter[0].after.findings}
    assert policy.load().limits["current_ratio"].passes == 1


def test_a_value_that_only_checks_use_is_refused() -> None:
    with pytest.raises(UsageError, match="assessed again"):
        changed_policy("statement_age", Decimal(90))
