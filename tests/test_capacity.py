"""The capacity page: worked out from what was measured, in step with its figures, and right by a hand calculation."""

from typing import Any

import pytest
import yaml

from tests.capacity import GIVEN, PAGE, page, row


@pytest.fixture
def given() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(GIVEN.read_text(encoding="utf-8"))
    return found


def test_the_page_is_in_step_with_its_figures(given: dict[str, Any]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page(given), "run `make capacity`"


def test_machines_and_cost_follow_by_hand(given: dict[str, Any]) -> None:
    given["load"] |= {"working_hours_a_month": 200, "peak_over_mean": 2, "months_kept": 10, "megabytes_per_application": 1}
    given["prices"] |= {"machine_hour": 1.0, "database_month": 100, "gigabyte_month": 0.5}
    found = row(20_000, given, 90.0, 250.0)
    assert (found.mean, found.peak, found.machines, found.digital, found.level) == (100, 200, 3, 1, 1)
    assert found.for_machines == 3 * 200 + 720
    assert found.for_files == 20_000 * 10 / 1000 * 0.5
    assert found.whole == found.for_machines + found.for_files + 100
