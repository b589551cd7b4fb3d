"""Versions of models: kept whole or not at all, promoted and rolled back by a named person, on record for every date."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import model_versions
from app.domain import ModelVersion, Role, User
from app.errors import AlreadyKnown, ChangedMeanwhile, NotFound, SetupError, UsageError
from app.model_versions import CHALLENGER, Promotion, Verdict, read_verdict
from app.settings import Settings
from models import registry
from models.ensemble import load_ensemble

OWNER = User("mo", "first", frozenset({Role.MODEL_OWNER}))
INSTALLED = Settings().ensemble_dir


def settings_of(folder: Path) -> Settings:
    return Settings(data_dir=folder / "data")


def ensemble(folder: Path, version: str) -> Path:
    """Write the installed ensemble under another version's number."""
    made = folder / version
    made.mkdir()
    card = json.loads((INSTALLED / "card.json").read_text(encoding="utf-8"))
    (made / "scorecard.json").write_bytes((INSTALLED / "scorecard.json").read_bytes())
    (made / "card.json").write_text(json.dumps({**card, "version": version}), encoding="utf-8")
    return made


def verdict(challenger: Path, champion: Path = INSTALLED, failed: tuple[str, ...] = ()) -> Verdict:
    return Verdict("ensemble", registry.content_sha256(challenger), registry.content_sha256(champion), failed, "ab")


def promoted(database: Engine, folder: Path, version: str, champion: Path = INSTALLED) -> Path:
    """Register a version and make it champion."""
    made, chosen = ensemble(folder, version), settings_of(folder)
    with database.begin() as connection:
        model_versions.register(connection, OWNER, chosen, "ensemble", made)
        model_versions.promote(connection, OWNER, chosen, Promotion(verdict(made, champion), f"better {version}"))
    return made


def champion_of(database: Engine, folder: Path) -> str:
    with database.connect() as connection:
        serving = model_versions.in_service(connection, "first", settings_of(folder))
    return load_ensemble(serving.ensemble_dir).version.version


def test_without_a_promotion_the_installed_model_serves(database: Engine, tmp_path: Path) -> None:
    with database.connect() as connection:
        assert model_versions.in_service(connection, "first", settings_of(tmp_path)) == settings_of(tmp_path)


def test_a_promoted_version_serves_its_lender_alone(database: Engine, tmp_path: Path) -> None:
    promoted(database, tmp_path, "7")
    assert champion_of(database, tmp_path) == "7"
    with database.connect() as connection:
        assert model_versions.in_service(connection, "other", settings_of(tmp_path)) == settings_of(tmp_path)


def test_a_rollback_goes_back_step_by_step_within_seconds(database: Engine, tmp_path: Path) -> None:
    seven, began = promoted(database, tmp_path, "7"), time.monotonic()
    promoted(database, tmp_path, "8", seven)
    for expected in ("7", load_ensemble(INSTALLED).version.version):
        with database.begin() as connection:
            model_versions.roll_back(connection, OWNER, settings_of(tmp_path), "ensemble", "too many corrections")
        assert champion_of(database, tmp_path) == expected
    with database.begin() as connection, pytest.raises(UsageError, match="nothing to go back to"):
        model_versions.roll_back(connection, OWNER, settings_of(tmp_path), "ensemble", "again")
    assert time.monotonic() - began < 60


def test_the_trail_says_which_version_served_when_who_put_it_there_and_why(database: Engine, tmp_path: Path) -> None:
    before = datetime.now(UTC)
    promoted(database, tmp_path, "7")
    with database.connect() as connection:
        now = model_versions.served_at(connection, OWNER, "ensemble", datetime.now(UTC))
        assert now is not None
        assert (now.version, now.moved_by, now.why) == ("7", "mo", "better 7")
        assert model_versions.served_at(connection, OWNER, "ensemble", before) is None
        assert [move.why for move in model_versions.history(connection, OWNER, "ensemble")] == ["installed with the program", "better 7"]
        found = connection.execute(text("SELECT actor, detail FROM audit_entries WHERE action = 'promote_model' ORDER BY number DESC"))
        assert next((row.actor, row.detail["version"], row.detail["report"]) for row in found) == ("mo", "7", "ab")


def test_gates_that_did_not_open_take_an_override_with_its_reason(database: Engine, tmp_path: Path) -> None:
    made, chosen = ensemble(tmp_path, "7"), settings_of(tmp_path)
    told = verdict(made, failed=("latency",))
    with database.begin() as connection:
        model_versions.register(connection, OWNER, chosen, "ensemble", made)
        with pytest.raises(UsageError, match="latency"):
            model_versions.promote(connection, OWNER, chosen, Promotion(told, "better"))
        model_versions.promote(connection, OWNER, chosen, Promotion(told, "better", "a faster machine comes"))
        said = model_versions.history(connection, OWNER, "ensemble")[-1].why
    assert said == "better (in spite of latency: a faster machine comes)"


def test_a_report_against_an_earlier_champion_promotes_nothing(database: Engine, tmp_path: Path) -> None:
    promoted(database, tmp_path, "7")
    made, chosen = ensemble(tmp_path, "8"), settings_of(tmp_path)
    with database.begin() as connection:
        model_versions.register(connection, OWNER, chosen, "ensemble", made)
        with pytest.raises(ChangedMeanwhile):
            model_versions.promote(connection, OWNER, chosen, Promotion(verdict(made), "better"))
    assert champion_of(database, tmp_path) == "7"


def test_what_was_never_registered_is_not_promoted(database: Engine, tmp_path: Path) -> None:
    made = ensemble(tmp_path, "9")
    with database.begin() as connection, pytest.raises(NotFound):
        model_versions.promote(connection, OWNER, settings_of(tmp_path), Promotion(verdict(made), "better"))


def test_a_damaged_challenger_leaves_the_champion_untouched(database: Engine, tmp_path: Path) -> None:
    made, chosen = ensemble(tmp_path, "7"), settings_of(tmp_path)
    with database.begin() as connection:
        version = model_versions.register(connection, OWNER, chosen, "ensemble", made)
    damage(registry.place_of(chosen.registry_dir, version))
    with database.begin() as connection, pytest.raises(SetupError, match="was changed"):
        model_versions.promote(connection, OWNER, chosen, Promotion(verdict(made), "better"))
    with database.connect() as connection:
        assert [move.version for move in model_versions.history(connection, OWNER, "ensemble")][-1:] != ["7"]


def test_another_model_under_a_known_number_is_refused(database: Engine, tmp_path: Path) -> None:
    promoted(database, tmp_path, "7")
    other = ensemble(tmp_path / "data", "7")
    (other / "scorecard.json").write_text("{}", encoding="utf-8")
    with database.begin() as connection, pytest.raises(AlreadyKnown):
        model_versions.register(connection, OWNER, settings_of(tmp_path), "ensemble", other)


def test_a_challenger_stands_in_the_champions_place_in_shadow_only(database: Engine, tmp_path: Path) -> None:
    made, chosen = ensemble(tmp_path, "7"), settings_of(tmp_path)
    with database.begin() as connection:
        assert model_versions.in_shadow(connection, "first", chosen) is None
        model_versions.register(connection, OWNER, chosen, "ensemble", made)
        beside = model_versions.in_shadow(connection, "first", chosen)
        assert beside is not None
        assert load_ensemble(beside.ensemble_dir).version.version == "7"
        assert model_versions.in_service(connection, "first", chosen) == chosen
        standing = next(each for each in model_versions.list_models(connection, OWNER) if each.name == "ensemble")
    assert standing.champion is None
    assert standing.challenger is not None
    assert standing.challenger.alias == CHALLENGER


def damage(place: Path) -> None:
    path = place / "scorecard.json"
    path.chmod(0o644)
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")


def test_the_registry_keeps_a_content_once_and_finds_any_change(tmp_path: Path) -> None:
    root, made = tmp_path / "registry", ensemble(tmp_path, "7")
    first, second = registry.keep(root, "ensemble", made), registry.keep(root, "ensemble", made)
    assert first == second
    place = registry.place_of(root, first.version)
    assert place.name == first.version.sha256
    damage(place)
    with pytest.raises(SetupError, match="was changed"):
        registry.place_of(root, first.version)
    with pytest.raises(SetupError, match="not in the registry"):
        registry.place_of(tmp_path, ModelVersion("ensemble", "7", "cd"))


@pytest.mark.parametrize("name", ["weights.pkl", "model.bin", "model.pt", "run.py"])
def test_only_data_may_lie_in_a_version(tmp_path: Path, name: str) -> None:
    made = ensemble(tmp_path, "7")
    (made / name).write_bytes(b"x")
    with pytest.raises(SetupError, match="may not be part"):
        registry.keep(tmp_path / "registry", "ensemble", made)


def test_a_model_without_its_card_is_not_kept(tmp_path: Path) -> None:
    made = ensemble(tmp_path, "7")
    (made / "card.json").unlink()
    with pytest.raises(SetupError, match=r"lacks card\.json"):
        registry.keep(tmp_path / "registry", "ensemble", made)
    assert not (tmp_path / "registry").exists()


def test_a_registry_out_of_reach_says_so(tmp_path: Path) -> None:
    (tmp_path / "registry").write_text("a file", encoding="utf-8")
    with pytest.raises(SetupError, match="cannot be written"):
        registry.keep(tmp_path / "registry", "ensemble", ensemble(tmp_path, "7"))


def test_a_report_is_read_with_the_gates_that_did_not_open(tmp_path: Path) -> None:
    sides = {"challenger": {"name": "ensemble", "sha256": "b"}, "champion": {"sha256": "a"}}
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**sides, "gates": [{"name": "target", "passed": True}, {"name": "latency", "passed": False}]}))
    assert read_verdict(path).failed == ("latency",)
    path.write_text(json.dumps({**sides, "gates": []}))
    assert read_verdict(path).failed
    path.write_text("{}")
    with pytest.raises(UsageError, match="no promotion report"):
        read_verdict(path)
