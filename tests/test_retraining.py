"""Retraining by itself: when it is due, one at a time, what comes of it on record, killed and gone on with, and never on what is bad."""

import json
import shutil
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, text

from app import model_versions, retraining
from app.blobs.storage import open_blobs
from app.errors import AlreadyKnown, SetupError, UsageError
from app.jobs import Job, JobName, Urgency, enqueue, run_worker
from app.settings import Settings
from app.store import learning
from app.store.rows import Retraining
from tests.test_cli_data import confirm
from tests.test_model_versions import OWNER
from tests.test_retrain_extractor import CONFIG, champion  # noqa: F401  a fixture
from training.measure_extractor import FrozenSets
from training.retraining import LIMITS, Place, run
from training.seen import TRAINED_ON, read_trained_on, write_trained_on

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
QUIET = Settings(retrain_cron="", retrain_corrections=0, retrain_on_drift=False)


def place_of(database: Engine, folder: Path, weights: Path, **changes: object) -> Place:
    """Return a place for a turn of the loop at tiny size, whose champion is a copy of the small one, with all that belongs to it."""
    installed = folder / "installed"
    shutil.copytree(weights, installed, dirs_exist_ok=True)
    (installed / "card.json").write_text(json.dumps({"version": "1"}), encoding="utf-8")
    write_trained_on(installed, frozenset({"ab"}))
    config = folder / "retrain.yaml"
    config.write_text(yaml.safe_dump(asdict(CONFIG)), encoding="utf-8")
    chosen = Settings(data_dir=folder, cache_dir=folder / "cache", extractor_dir=installed, threads=1).model_copy(update=changes)
    return Place(database, open_blobs(chosen), chosen, config, asked=FrozenSets(statements=4))


def turn(place: Place) -> Retraining:
    return run(place, OWNER, "extractor", lambda _: None)


def test_a_turn_goes_from_what_was_judged_to_a_challenger_with_its_report(
    database: Engine, tmp_path: Path, champion: Path  # noqa: F811
) -> None:
    confirm(database, tmp_path, range(1, 11))
    place = place_of(database, tmp_path, champion)
    before = {path.name: path.read_bytes() for path in place.settings.extractor_dir.iterdir()}
    done = turn(place)
    assert done.outcome == "trained", done.said
    gates = {each["name"]: each["passed"] for each in done.report["gates"]}
    assert gates["frozen sets unseen"]
    assert gates["tokenizer"]
    assert Path(done.report["file"]).with_suffix(".html").is_file()
    with database.connect() as connection:
        standing = model_versions.list_models(connection, OWNER)[0]
        trail = connection.execute(text("SELECT detail FROM audit_entries WHERE action = 'end_retraining'")).scalar_one()
    assert standing.challenger is not None
    assert standing.challenger.version == done.version
    assert standing.champion is None
    assert (trail["outcome"], trail["dataset"]) == ("trained", done.dataset)
    assert {path.name: path.read_bytes() for path in place.settings.extractor_dir.iterdir()} == before
    known = read_trained_on(tmp_path / "challengers" / "extractor" / str(done.version) / TRAINED_ON)
    assert "ab" in known
    assert len(known) > 10


def test_what_fails_a_quality_gate_is_refused_with_its_rows_and_nothing_trains(
    database: Engine, tmp_path: Path, champion: Path  # noqa: F811
) -> None:
    confirm(database, tmp_path, range(1, 3))
    place = place_of(database, tmp_path, champion)
    done = turn(place)
    assert done.outcome == "refused"
    assert "FAIL parts" in str(done.said)
    assert not (tmp_path / "challengers").exists()


def test_on_a_fresh_installation_nobody_having_judged_anything_is_said(
    database: Engine, tmp_path: Path, champion: Path  # noqa: F811
) -> None:
    with database.begin() as connection:
        connection.execute(text("DELETE FROM lenders"))
    done = turn(place_of(database, tmp_path, champion))
    assert (done.outcome, "nothing to learn from" in str(done.said)) == ("refused", True)


def test_a_version_that_was_edited_trains_nothing(database: Engine, tmp_path: Path, champion: Path) -> None:  # noqa: F811
    confirm(database, tmp_path, range(1, 4))
    place = place_of(database, tmp_path, champion)
    with database.begin() as connection:
        begun = retraining.begin(connection, OWNER, "extractor")
    from training.retraining import _dataset  # noqa: PLC0415  the step after which somebody edits

    made = _dataset(place, begun, "first")
    pages = tmp_path / "datasets" / made.hash / "pages.jsonl"
    pages.chmod(0o644)
    pages.write_bytes(pages.read_bytes().replace(b'"cash"', b'"debt"', 1))
    done = turn(place)
    assert done.outcome == "refused"
    assert "not as it was made" in str(done.said)
    assert not (tmp_path / "challengers").exists()


def test_a_registry_out_of_reach_leaves_it_under_way_and_it_goes_on_from_there(
    database: Engine, tmp_path: Path, champion: Path  # noqa: F811
) -> None:
    confirm(database, tmp_path, range(1, 11))
    place = place_of(database, tmp_path, champion)
    (tmp_path / "models").write_text("a file", encoding="utf-8")
    with pytest.raises(SetupError, match="registry"):
        turn(place)
    with database.connect() as connection:
        left = learning.under_way(connection, "first", "extractor")
    assert left is not None
    assert "registry" in str(left.said)
    weights = next((tmp_path / "challengers" / "extractor").glob("*/model.safetensors"))
    at = weights.stat().st_mtime_ns
    (tmp_path / "models").unlink()
    done = turn(place)
    assert (done.id, done.outcome) == (left.id, "trained")
    assert weights.stat().st_mtime_ns == at  # what was trained before is not trained again


def test_with_the_right_persons_name_a_challenger_that_passes_every_gate_is_promoted_and_else_it_is_not(
    database: Engine, tmp_path: Path, champion: Path  # noqa: F811
) -> None:
    confirm(database, tmp_path, range(1, 11))
    easy = tmp_path / "promote.yaml"
    held = yaml.safe_load(LIMITS.read_text(encoding="utf-8"))
    held |= {"noise": 0.49, "latency_middle": 50, "latency_tail": 50, "least_documents": 1}
    easy.write_text(yaml.safe_dump(held), encoding="utf-8")
    place = replace(place_of(database, tmp_path, champion, retrain_promotes_as="mo"), limits=easy)
    done = turn(place)
    assert done.outcome == "trained"
    told = retraining.verdict(done)
    if not told.failed:
        assert "no model owner" in str(done.said)
    with database.connect() as connection:
        assert model_versions.history(connection, OWNER, "extractor") == ()


def due(database: Engine, chosen: Settings, now: datetime = NOW) -> str:
    with database.connect() as connection:
        return retraining.why_due(connection, "first", chosen, now)


def known_lender(database: Engine, at: datetime) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO lenders (id, name) VALUES ('first', 'first') ON CONFLICT DO NOTHING"))
        connection.execute(text("UPDATE lenders SET created_at = :at"), {"at": at})


def test_the_schedule_asks_once_for_each_of_its_times_and_makes_up_for_one_that_was_slept_through(database: Engine) -> None:
    chosen = QUIET.model_copy(update={"retrain_cron": "0 2 * * 6"})
    known_lender(database, NOW - timedelta(days=1))
    assert due(database, chosen) == ""
    known_lender(database, NOW - timedelta(days=10))
    assert due(database, chosen) == "schedule"
    assert due(database, QUIET) == ""
    assert retraining.next_run(chosen, NOW) == datetime(2026, 11, 28, 2, tzinfo=UTC)
    assert retraining.next_run(QUIET, NOW) is None
    with database.begin() as connection:
        connection.execute(text("INSERT INTO retrainings (lender_id, name, cause, asked_by, created_at, outcome)"
                                " VALUES ('first', 'extractor', 'schedule', 'x', :at, 'refused')"), {"at": NOW - timedelta(days=2)})
    assert due(database, chosen) == ""


def test_enough_judged_figures_ask_for_a_retraining_and_those_before_the_last_do_not_count(database: Engine, tmp_path: Path) -> None:
    chosen = QUIET.model_copy(update={"retrain_corrections": 6})
    confirm(database, tmp_path, range(1, 2))
    assert due(database, chosen) == ""
    confirm(database, tmp_path, range(2, 3))
    assert due(database, chosen) == "6 figures judged"
    with database.begin() as connection:
        begun = retraining.begin(connection, OWNER, "extractor")
        assert retraining.why_due(connection, "first", chosen, NOW) == ""
        retraining.finish(connection, OWNER, begun, "refused", {"said": "x"})
    assert due(database, chosen) == ""


def test_drift_asks_once_a_week_at_most(database: Engine, tmp_path: Path) -> None:
    chosen = QUIET.model_copy(update={"retrain_on_drift": True, "drift_acceptance": 0.0001, "drift_corrections": 0.0})
    confirm(database, tmp_path, range(1, 3))
    known_lender(database, datetime.now(UTC) - timedelta(days=10))
    with database.begin() as connection:
        connection.execute(text("UPDATE corrections SET kind = 'account'"))
    today = datetime.now(UTC)
    assert due(database, chosen, today).startswith("drift: correction rate")
    known_lender(database, today - timedelta(days=6))
    assert due(database, chosen, today) == ""


def test_one_at_a_time(database: Engine, tmp_path: Path) -> None:
    known_lender(database, NOW)
    with database.begin() as connection:
        first = retraining.request(connection, OWNER, "extractor", "asked for")
        with pytest.raises(AlreadyKnown, match="one at a time"):
            retraining.request(connection, OWNER, "extractor", "again")
        assert retraining.begin(connection, OWNER, "extractor").id == first.id
    with database.connect() as other:
        assert learning.lock_retraining(other, "first", "extractor")
        other.commit()
        with pytest.raises(UsageError, match="Another process"):
            turn(Place(database, open_blobs(Settings(data_dir=tmp_path)), Settings(data_dir=tmp_path)))
    assert first.outcome is None


def work(database: Engine, chosen: Settings, program: str) -> None:
    """Have a worker do what is due of the loop, with a program in the trainer's place."""
    duties = retraining.duties(chosen, (sys.executable, "-c", program))
    run_worker(database, duties, tuple(Urgency), chosen, until_idle=True)


def outcome(database: Engine) -> Retraining:
    with database.connect() as connection:
        return retraining.list_retrainings(connection, OWNER)[0]


def test_a_job_whose_trainer_dies_or_takes_too_long_is_tried_again_and_given_up_with_the_reason(database: Engine) -> None:
    known_lender(database, NOW)
    chosen = Settings(job_tries=1, retrain_minutes=0.02)
    with database.begin() as connection:
        retraining.request(connection, OWNER, "extractor", "asked for")
    work(database, chosen, "import time; time.sleep(60)")
    assert outcome(database).outcome is None
    with database.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))
    work(database, chosen, "pass")
    done = outcome(database)
    assert done.outcome == "failed"
    assert "longer than 0.02 minutes" in str(done.said)


def test_what_nobody_goes_on_with_is_taken_up_by_the_watch(database: Engine) -> None:
    known_lender(database, NOW)
    with database.begin() as connection:
        begun = retraining.begin(connection, OWNER, "extractor")
        enqueue(connection, Job(JobName.WATCH, "first", {}, Urgency.BACKGROUND))
    work(database, QUIET.model_copy(update={"job_tries": 1}), "pass")
    taken_up = outcome(database)
    assert taken_up.id == begun.id
    assert taken_up.job_id is not None
