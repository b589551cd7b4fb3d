"""The feedback experiment: its family is drawn by nothing else, its analyst keeps to the queue and the budget, its figures are of pairs."""

import itertools
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from app.assess import Models, load_models
from app.blobs.storage import open_blobs
from app.domain import Role, User
from app.errors import UsageError
from app.review_queue import opened
from app.review_queue.desk import Desk
from app.settings import Settings
from app.store import reviews
from rules.accounts import ACCOUNT
from tests.test_imports import PROJECT, imports, modules
from training import retrain_extractor
from training.corpus.statements import FAMILIES
from training.evaluate_review import Place
from training.experiment import feedback_loop, feedback_report
from training.experiment.analyst import QUEUE, RANDOM, Judged, judge, receive
from training.experiment.arrivals import arrivals
from training.experiment.feedback_loop import Cell, Setting
from training.experiment.unseen import TRADES
from training.experiment.unseen_wordings import FARM, HOTEL
from training.train_extractor import pages

FOLDER = PROJECT / "training" / "experiment"
CONFIG = feedback_loop.read_config(FOLDER / "feedback_loop.yaml")
RETRAINING = retrain_extractor.read_config(FOLDER / "retraining.yaml")


def test_nothing_that_trains_knows_the_family() -> None:
    every = modules(PROJECT)
    known = frozenset(module.name for module in every)
    users = {
        module.name for module in every for each in imports(module, known) if each.module.startswith("training.experiment")
    }  # fmt: skip
    assert {name for name in users if not name.startswith("training.experiment")} == {"app.cli_experiment"}
    assert not set(TRADES) & set(FAMILIES)


def test_no_page_of_a_training_bears_the_familys_own_wording() -> None:
    printed = {line.label.casefold() for _, lines in pages(11, 150) for line, _ in lines}
    own = {"wages of farm hands", "cellar, larder and linen stores", "mortgage on the house, later instalments", "undrawn profits"}
    assert not printed & own
    assert FARM.keys() | HOTEL.keys() <= TRADES["farm"].keys() == TRADES["hotel"].keys()


@pytest.mark.parametrize("trade", sorted(TRADES))
def test_the_same_seed_draws_the_same_applications_and_every_row_is_on_paper_with_its_account(trade: str) -> None:
    one, again, other = (arrivals(trade, seed, 2) for seed in ("a", "a", "b"))
    assert one == again != other
    for each in one:
        lines = [line for page in each.document.pages for line in page.lines]
        labels = [label for line, label in zip(lines, itertools.chain(*each.truth), strict=True) if line.amounts]
        assert {"cash", "total_assets", "total_equity", "revenue", "net_income"} <= set(labels)
        assert {label for label in labels if label not in ACCOUNT} <= {"unmapped", "O"}
        assert 30 < each.rows < 60


# -- the analyst -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models() -> Models:
    return load_models(Settings(), rules=True)


def place_of(database: Engine, folder: Path) -> Place:
    officer = User("officer", "first", frozenset((Role.CREDIT_OFFICER,)))
    return Place(database, Desk(officer, open_blobs(Settings(data_dir=folder)), Settings()))


def worked(place: Place, models: Models, arm: str, share: float = 0.1) -> tuple[Judged, dict[int, dict[int | None, str]]]:
    """Let three applications arrive and be judged; return what came of it, and by task the gesture made on each figure."""
    waiting = receive(place, arrivals("hotel", "test", 3), models, random.Random(1))
    judged = judge(place, waiting, share, (arm, random.Random(2)))
    with place.database.begin() as connection:
        made = {task: opened.look_again(connection, place.desk, task).corrections for task in waiting}
    return judged, {task: {each.fact_number: each.kind for each in its} for task, its in made.items()}


def test_the_analyst_works_through_one_task_after_the_other_and_only_on_what_is_routed(
    database: Engine, tmp_path: Path, models: Models
) -> None:
    accepts = replace(models, confidence=load_models(Settings(), reasoning=False).confidence)
    place = place_of(database, tmp_path)
    judged, made = worked(place, accepts, QUEUE)
    assert judged.budget == int(0.1 * judged.predicted) == sum(judged.gestures.values())
    assert judged.applications == 1 < len(made)
    with place.database.begin() as connection:
        for task, its in made.items():
            figures = opened.look_again(connection, place.desk, task).figures
            assert not any(figures[number].auto_accept for number in its if number is not None)


def test_at_random_figures_of_every_application_are_judged_and_what_is_right_is_confirmed(
    database: Engine, tmp_path: Path, models: Models
) -> None:
    judged, made = worked(place_of(database, tmp_path), models, RANDOM, 0.3)
    assert sum(judged.gestures.values()) == judged.budget
    assert judged.applications == 3
    assert judged.gestures["confirmed"] > 0
    assert sum(map(len, made.values())) == judged.budget - judged.gestures.get("left as it is", 0)


def test_a_correction_names_the_account_that_truly_stands_on_the_line(database: Engine, tmp_path: Path, models: Models) -> None:
    place = place_of(database, tmp_path)
    worked(place, models, QUEUE, 0.6)
    with place.database.begin() as connection:
        said = [each for id in (1, 2, 3) for each in reviews.corrections(connection, "first", id) if each.kind == "account"]
    told = {(each.predicted["label"].casefold(), each.corrected["account"]) for each in said}
    assert told
    assert all(account in ACCOUNT for _, account in told)


# -- cells and figures -------------------------------------------------------------------------------------------------


def test_all_seeds_and_arms_of_a_round_come_before_the_next_round() -> None:
    order = [(cell.round, cell.seed, cell.arm) for cell in feedback_loop.cells(replace(CONFIG, seeds=(1, 2), rounds=2))]
    assert order == sorted(order)
    assert len(order) == 8


def test_a_folder_of_another_configuration_is_refused(tmp_path: Path, models: Models) -> None:
    setting = Setting(CONFIG, RETRAINING, models, Settings(), tmp_path)
    feedback_loop.refuse_other(setting)
    feedback_loop.refuse_other(setting)
    with pytest.raises(UsageError, match="another configuration"):
        feedback_loop.refuse_other(replace(setting, config=replace(CONFIG, share=0.03)))


@pytest.mark.parametrize("wrong", [{"family": "us_small"}, {"share": 0.0}, {"seeds": []}, {"rounds": 0}])
def test_an_experiment_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="contradicts itself"):
        replace(CONFIG, **wrong)  # type: ignore[arg-type]


def test_a_finished_cell_is_not_run_again(tmp_path: Path, models: Models) -> None:
    setting = Setting(replace(CONFIG, seeds=(1,), rounds=1), RETRAINING, models, Settings(), tmp_path)
    told = {"family": [[1, 10]], "others": [[0, 10]]}
    every = [Cell(1, "before", 0), *feedback_loop.cells(setting.config)]
    for cell in every:
        feedback_loop.write(setting.file(cell, "result.json"), {"seed": 1, "arm": cell.arm, "round": cell.round} | told)
    assert [each["arm"] for each in feedback_loop.run(setting)] == ["before", QUEUE, RANDOM]


def _result(seed: int, arm: str, number: int, wrong: int) -> dict[str, object]:
    judged = {"budget": 5, "predicted": 250, "gestures": {"account": 3, "confirmed": 2}}
    rows = [[wrong + n % 3, 40] for n in range(30)]
    return {"seed": seed, "arm": arm, "round": number, "judged": judged, "family": rows, "others": [[1, 40]] * 20} | {
        "seconds": {"retraining": 60.0, "retraining, processor": 50.0}
    }


def test_the_table_tells_errors_with_intervals_of_pairs_and_the_picture_is_drawn(tmp_path: Path) -> None:
    config = replace(CONFIG, seeds=(1, 2), rounds=1, resamples=300)
    results = [_result(seed, arm, n, wrong) for seed in (1, 2) for arm, n, wrong in (("before", 0, 4), (QUEUE, 1, 1), (RANDOM, 1, 3))]
    said = feedback_report.write(results, config, tmp_path)
    assert "queue 1 | 10 looks, 6 corrections of 500 predictions | family 5.00 %" in said[1]
    assert "family, queue after round 1 by before: 40.00 %" in said[3]
    assert "less random, after round 1: -5.00 % (-5.00 to -5.00)" in said[4]  # the same documents: the difference does not vary
    assert (tmp_path / "errors.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "errors.svg").read_text(encoding="utf-8")


def test_an_interval_widens_with_the_difference_between_documents() -> None:
    even, uneven = ({(1, "before", 0): {"family": rows}} for rows in ([[2, 20]] * 40, [[0, 20]] * 20 + [[4, 20]] * 20))
    widths = [np.ptp(feedback_report.shares(each, "family", ([1], []), 500)["before", 0].interval) for each in (even, uneven)]
    assert widths[0] == pytest.approx(0)
    assert widths[1] > 0.02
