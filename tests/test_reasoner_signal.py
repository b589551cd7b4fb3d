"""The reasoner's grade on real firms' years: whom it is asked of, that nothing is asked twice, and what the stack makes of it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain import FactLine, ModelVersion, Rationale
from app.reasoning import facts_of_rows
from tests.outcomes import write_outcomes
from training.evaluate_risk import RiskFigure
from training.outcome_records import FITTED_YEARS, firms_seen, outcome_records
from training.outcomes import Outcomes, read_outcomes
from training.reasoner_signal import draw, firms_trained_on, with_signal
from training.train_ensemble import BOTH, REASONER, WHOLE, gains_by_the_reasoner, stack_both


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_outcomes(tmp_path_factory.mktemp("signal") / "outcomes.csv", firms=300)


@pytest.fixture(scope="module")
def table(path: Path) -> Outcomes:
    return read_outcomes(path)


class Counting:
    """A reasoner that finds the worse the more facts are poor, and counts how often it is asked."""

    version = ModelVersion("reasoner", "counting", "")

    def __init__(self) -> None:
        self.asked = 0

    def explain(self, facts: Sequence[FactLine], fault: str = "") -> Rationale:  # noqa: ARG002 - of the protocol
        self.asked += 1
        poor = sum(fact.standing == "poor" for fact in facts)
        return Rationale(tuple(facts), (), (), (1.0, float(poor)), self.version)


def test_every_failure_is_asked_of_and_a_sample_of_survivals(table: Outcomes) -> None:
    late = (table.year >= 2005) & (table.year <= 2007)
    rows = draw(table, (2005, 2007), 50, frozenset())
    assert not (rows & ~late).any()
    assert (rows & table.fails).sum() == (late & table.fails).sum()
    assert (rows & ~table.fails).sum() == 50


def test_firms_that_the_reasoner_was_trained_on_are_left_out(path: Path, table: Outcomes, tmp_path: Path) -> None:
    card = {"config": {"outcome_records": 40, "seed": 23}, "training": {"of real firms": 40}}
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    seen = firms_trained_on(tmp_path, path)
    assert 0 < len(seen) <= 40
    assert seen == firms_seen(path, 40, FITTED_YEARS, 23)
    assert len(outcome_records(path, 40, FITTED_YEARS, 23)) <= 40
    rows = draw(table, (2005, 2007), 10_000, seen)
    assert not seen & set(table.firm[rows].tolist())
    card["training"] = {"of real firms": 0}
    (tmp_path / "card.json").write_text(json.dumps(card), encoding="utf-8")
    assert firms_trained_on(tmp_path, path) == frozenset()


def test_a_stopped_run_goes_on_and_asks_nothing_twice(table: Outcomes, tmp_path: Path) -> None:
    rows = draw(table, (2005, 2007), 20, frozenset())
    first, second = Counting(), Counting()
    told = with_signal(table, rows, first, tmp_path)
    (kept,) = (tmp_path / "training").iterdir()
    kept.write_text(kept.read_text(encoding="utf-8")[:-9], encoding="utf-8")  # cut off in the middle of the last line
    again = with_signal(table, rows, second, tmp_path)
    assert 0 < first.asked <= rows.sum()
    assert second.asked == 1
    assert np.array_equal(told.asked, rows)
    assert told.signal is not None
    assert np.array_equal(told.signal, again.signal, equal_nan=True)  # type: ignore[arg-type]


def test_a_sample_stands_for_the_whole_table(table: Outcomes) -> None:
    rows = draw(table, (2000, 2007), 100, frozenset())
    told = replace(table, signal=np.where(rows, 3.0, np.nan))
    assert told.weights[told.fails].sum() == pytest.approx(table.fails.sum())
    assert told.weights[~told.fails].sum() == pytest.approx((~table.fails).sum())
    assert (told.weights[~rows] == 0).all()
    assert table.weights.sum() == 0


def test_the_stack_of_a_sample_has_the_level_of_the_table(table: Outcomes) -> None:
    rows = draw(table, (2000, 2007), 300, frozenset())
    rng = np.random.default_rng(0)
    score = np.where(table.fails, -2.0, -3.0) + rng.normal(size=len(table))
    grades = np.where(table.fails, 5.0, 4.0) + rng.normal(size=len(table))
    both = stack_both(score, replace(table, signal=np.where(rows, grades, np.nan)))
    assert both.signal > 0.5
    assert both.probability(score, grades).mean() == pytest.approx(table.fails.mean(), rel=0.25)


def test_facts_of_a_row_are_the_same_in_training_and_in_service(path: Path, table: Outcomes) -> None:
    derived = "gross_margin"  # the table has no gross profit; in service it follows from revenue and cost of sales
    trained = {record.facts for record in outcome_records(path, 4000, (2005, 2007), 1)}
    served = facts_of_rows(table.accounts, len(table))
    assert all(any(fact.id == derived for fact in facts) for facts in served)
    assert trained <= {tuple(fact for fact in facts if fact.id != derived) for facts in served}


@pytest.mark.parametrize(("low", "gains"), [(0.002, True), (-0.002, False)])
def test_the_signal_is_weighed_only_where_chance_does_not_explain_the_gain(low: float, gains: bool) -> None:
    above = {WHOLE: (0.01, low, 0.02), REASONER: (0.1, 0.05, 0.2)}
    assert gains_by_the_reasoner([RiskFigure(BOTH, "asked", f"AUC above {name}", *said) for name, said in above.items()]) is gains
