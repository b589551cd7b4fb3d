"""Retraining by itself: when it is due, one at a time, what comes of it on record, killed and gone on with, and never on what is bad."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import Engine, text

from app import model_versions, retraining
from app.blobs.storage import open_blobs
from app.domain import Role, User
from app.errors import AlreadyKnown, SetupError, UsageError
from app.jobs import Urgency, run_worker
from app.settings import Settings
from app.store import learning
from app.store.rows import Retraining
from tests.test_cli_data import confirm
from tests.test_model_versions import OWNER
from tests.test_retrain_extractor import CONFIG, champion  # noqa: F401  a fixture
from training.measure_extractor import FrozenSets
from training.retraining import Place, run
from training.seen import TRAINED_ON, read_trained_on, write_trained_on

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday
QUIET = Settings(retrain_cron="", retrain_corrections=0, retrain_on_drift=False)
Due = Callable[[Settings], str]


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
    confirm(database, tmp_path, range(1, 2))
    place = place_of(database, tmp_path, champion)
    done = turn(place)
    assert done.outcome == "refused"
    assert "FAIL parts" in str(done.said)
    assert not (tmp_path / "challengers").exists()


def test_nobody_having_judged_anything_is_said(database: Engine, tmp_path: Path, champion: Path) -> None:  # noqa: F811
    with database.begin() as connection:
        connection.execute(text("INSERT INTO lenders (id, name) VALUES ('first', 'first') ON CONFLICT DO NOTHING"))
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
