"""What follows from a change at the desk: the probability at once, the rationale by a worker's job."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.assess import MatchingExtractor, Models
from app.blobs.storage import Blobs, open_blobs
from app.domain import Assessment, ModelVersion
from app.intake import Workplace
from app.jobs import Urgency, run_worker
from app.page_kinds import TitleClassifier
from app.reading.reader import Reader
from app.review_queue import corrections, rationales
from app.review_queue.corrections import Edit
from app.review_queue.opened import Review, look_again
from app.review_queue.recompute import figures_by_number
from app.settings import Settings
from app.store import rationales as kept_rationales
from app.what_if import Situation, weigh
from models.ensemble import load_ensemble
from tests.desk import SETTINGS, desk, sound_assessment, waiting_task


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def rated() -> Assessment:
    """Return a sound package with the opinion of the installed ensemble."""
    made, ensemble = sound_assessment(), load_ensemble(SETTINGS.ensemble_dir)
    _, risk = weigh(Situation(made.spread, made.forms, made.application), ensemble)
    return replace(made, risk=risk, versions=(ensemble.version,))


def change(database: Engine, blobs: Blobs, task: int, account: str, value: str, *, seen: int = 0) -> Review:
    """Correct the current figure of an account, and return what stands."""
    seat = desk(blobs)
    with database.begin() as connection:
        figures = figures_by_number(look_again(connection, seat, task).machine)
        number = next(n for n, each in figures.items() if (each.concept, each.column) == (account, "current"))
        corrections.correct(connection, seat, task, Edit("amount", "digit misread", number, seen, {"value": value}))
        return look_again(connection, seat, task)


def work(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    """Do what waits for a worker that has no reasoner."""
    models = Models(MatchingExtractor(), TitleClassifier(), unreasoned="none in this test")
    place = Workplace(blobs, Reader(SETTINGS), models, Settings(data_dir=tmp_path))
    run_worker(database, rationales.duties(place), tuple(Urgency), place.settings, until_idle=True)


def look(database: Engine, blobs: Blobs, task: int) -> Review:
    with database.begin() as connection:
        return look_again(connection, desk(blobs), task)


def test_a_changed_figure_changes_the_probability_at_once(database: Engine, blobs: Blobs) -> None:
    made = rated()
    after = change(database, blobs, waiting_task(database, blobs, made=made), "net_income", "-900,000").now.assessment
    assert made.risk is not None
    assert after.risk is not None
    assert after.risk.probability_of_default > made.risk.probability_of_default


def test_the_opinion_of_an_ensemble_that_is_not_at_hand_stays_as_it_was_given(database: Engine, blobs: Blobs) -> None:
    made = replace(rated(), versions=(ModelVersion("ensemble", "of another day", "ab"),))
    after = change(database, blobs, waiting_task(database, blobs, made=made), "net_income", "-900,000").now.assessment
    assert after.risk == made.risk


def test_the_rationale_is_updating_until_a_worker_has_written_it_on_the_figures_as_they_stand(
    database: Engine, blobs: Blobs, tmp_path: Path
) -> None:
    task = waiting_task(database, blobs, made=rated())
    assert not look(database, blobs, task).is_updating
    changed = change(database, blobs, task, "total_current_liabilities", "900,000")
    assert changed.is_updating
    assert changed.now.assessment.rationale == changed.machine.rationale
    work(database, blobs, tmp_path)
    after = look(database, blobs, task)
    assert not after.is_updating
    assert after.machine.rationale is not None
    assert after.now.assessment.rationale is not None
    assert standing(after.now.assessment, "current_ratio") != standing(after.machine, "current_ratio")


def test_a_rationale_is_written_once_for_all_changes_that_wait(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    task = waiting_task(database, blobs, made=rated())
    first = change(database, blobs, task, "cash", "1")
    last = change(database, blobs, task, "cash", "2", seen=first.seen[0])
    work(database, blobs, tmp_path)
    with database.connect() as connection:
        stored = last.task.assessment_id
        kept = [kept_rationales.rationale(connection, "first", stored, each) for each in ((first.seen[0], 0), (last.seen[0], 0))]
    assert kept[0] is None
    assert kept[1] is not None


def test_a_change_that_is_taken_back_has_its_rationale_too(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    task = waiting_task(database, blobs, made=rated())
    changed = change(database, blobs, task, "cash", "1")
    with database.begin() as connection:
        corrections.undo(connection, desk(blobs), task, changed.corrections[-1].id)
    work(database, blobs, tmp_path)
    after = look(database, blobs, task)
    assert not after.is_updating
    assert after.now.assessment.risk == after.machine.risk


def standing(made: Assessment, fact: str) -> str:
    assert made.rationale is not None
    return next(each.standing for each in made.rationale.facts if each.id == fact)
