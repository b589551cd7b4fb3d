"""Canaries: a share by stable hash, never of what rates, stopped by themselves where they are worse, on record with their figures."""

import json
import time
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import canary, model_versions
from app.assess import MatchingExtractor, Models
from app.blobs.storage import open_blobs
from app.canary import compare, is_served
from app.domain import ModelVersion
from app.errors import AlreadyKnown, NotFound, UsageError
from app.intake import Package, Workplace, duties, receive
from app.jobs import Urgency, run_worker
from app.model_versions import Promotion, Verdict
from app.settings import Settings
from app.store import assessments, learning
from app.store.learning import Served
from app.store.rows import Canary, NewApplication
from models import registry
from tests.test_model_versions import OWNER, ensemble
from tests.test_replay import MODELS, Reader
from tests.test_shadow import ANN, send_and_work

SETTINGS = Settings()
SAME = [Served(n % 2 == 0, 50, n % 5 == 0, True, 1.0 + n % 7 / 10, 5) for n in range(200)]


class Numbered(MatchingExtractor):
    """The rule-based extractor under another version's number."""

    def __init__(self, version: str) -> None:
        self.version = ModelVersion("extractor", version, "")


def extractor_folder(folder: Path, version: str) -> Path:
    """Write what the registry takes for an extractor."""
    made = folder / f"extractor-{version}"
    made.mkdir()
    for name in registry.FILES["extractor"]:
        (made / name).write_text(version, encoding="utf-8")
    (made / "card.json").write_text(json.dumps({"version": version}), encoding="utf-8")
    return made


def with_extractor(chosen: Settings) -> Models:
    card = json.loads((chosen.extractor_dir / "card.json").read_text(encoding="utf-8"))
    return replace(MODELS, extractor=Numbered(str(card["version"])))


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    """Return settings whose installed extractor is number 1."""
    return Settings(data_dir=tmp_path / "data", extractor_dir=extractor_folder(tmp_path, "1"), canary_fewest=3)


@pytest.fixture
def running(database: Engine, tmp_path: Path, chosen: Settings) -> Canary:
    """Start a canary of extractor 2 for half of the applications."""
    with database.begin() as connection:
        model_versions.register(connection, OWNER, chosen, "extractor", extractor_folder(tmp_path, "2"))
        return canary.start(connection, OWNER, chosen, "extractor", (0.5, "to see"))


def versions(database: Engine, chosen: Settings, references: range) -> dict[int, str]:
    """Return by application the extractor that served it."""
    ids = [send_and_work(database, chosen, f"A{n}", with_extractor) for n in references]
    with database.connect() as connection:
        made = assessments.latest_assessments(connection, "first", ids)
    return {id: next(v.version for v in each.versions if v.name == "extractor") for id, each in made.items()}


def test_a_canary_serves_its_share_and_the_same_applications_each_time(database: Engine, chosen: Settings, running: Canary) -> None:
    served = versions(database, chosen, range(6))
    assert served == {id: "2" if is_served(running, "first", id) else "1" for id in served}
    assert set(served.values()) == {"1", "2"}
    share = sum(is_served(replace(running, share=0.1), "first", n) for n in range(5_000)) / 5_000
    assert share == pytest.approx(0.1, abs=0.015)


@pytest.mark.usefixtures("running")
def test_a_canary_with_more_corrections_is_stopped_and_the_champion_serves_everybody(
    database: Engine, chosen: Settings
) -> None:
    served = versions(database, chosen, range(10))
    every = "SELECT a.id FROM assessments a JOIN review_tasks t ON t.assessment_id = a.id WHERE a.application_id = ANY(:ids)"
    wrong = (
        "INSERT INTO corrections (lender_id, task_id, application_id, assessment_id, fact_number, kind, author)"
        " SELECT 'first', t.id, t.application_id, t.assessment_id, f.number, 'amount', 'ann' FROM review_tasks t"
        " JOIN facts f ON f.assessment_id = t.assessment_id AND f.origin = 'read' WHERE t.application_id = ANY(:ids)"
    )
    with database.begin() as connection:
        connection.execute(text("UPDATE review_tasks SET state = 'closed'"))
        assert canary.look(connection, "first", chosen) == ()
        assert connection.execute(text(every), {"ids": list(served)}).all()
        connection.execute(text(wrong), {"ids": [id for id, version in served.items() if version == "2"]})
        (stopped,) = canary.look(connection, "first", chosen)
        said = connection.execute(text("SELECT actor, detail FROM audit_entries WHERE action = 'stop_canary'")).one()
    assert "corrections a figure 1.0000 of" in str(stopped.stopped_why)
    assert (said.actor, said.detail["why"]) == ("machine:worker", stopped.stopped_why)
    assert set(versions(database, chosen, range(20, 22)).values()) == {"1"}


@pytest.mark.usefixtures("running")
def test_a_canary_that_was_damaged_serves_nobody_and_is_stopped(database: Engine, chosen: Settings) -> None:
    with database.begin() as connection:
        version = next(v for v in model_versions.list_models(connection, OWNER)[0].versions if v.version == "2")
    place = registry.place_of(chosen.registry_dir, version) / "config.json"
    place.chmod(0o644)
    place.write_text("damaged", encoding="utf-8")
    assert set(versions(database, chosen, range(4)).values()) == {"1"}
    with database.begin() as connection:
        (stopped,) = canary.look(connection, "first", chosen)
    assert "was changed" in str(stopped.stopped_why)


@pytest.mark.usefixtures("running")
def test_a_new_champion_ends_the_canary(database: Engine, tmp_path: Path, chosen: Settings) -> None:
    with database.begin() as connection:
        shas = [registry.content_sha256(tmp_path / f"extractor-{n}") for n in (2, 1)]
        model_versions.promote(connection, OWNER, chosen, Promotion(Verdict("extractor", shas[0], shas[1], (), "ab"), "better"))
        (told,) = canary.show(connection, OWNER, chosen)
        advice = model_versions.refit_advice(model_versions.list_models(connection, OWNER), chosen)
    assert told.canary.stopped_why == "2 became champion"
    assert "fitted for another extractor than 2" in advice
    with database.begin() as connection:
        model_versions.roll_back(connection, OWNER, chosen, "extractor", "back")
        assert model_versions.refit_advice(model_versions.list_models(connection, OWNER), chosen) == ""


@pytest.mark.usefixtures("running")
def test_a_canary_is_one_at_a_time_and_stopped_by_a_person_with_a_reason(database: Engine, chosen: Settings) -> None:
    with database.begin() as connection:
        with pytest.raises(AlreadyKnown, match="runs already"):
            canary.start(connection, OWNER, chosen, "extractor", (None, "again"))
        with pytest.raises(UsageError, match="reason"):
            canary.stop(connection, OWNER, "extractor", " ")
        assert canary.stop(connection, OWNER, "extractor", "seen enough").stopped_by == "mo"
        with pytest.raises(NotFound, match="No canary"):
            canary.stop(connection, OWNER, "extractor", "again")


def test_what_rates_has_no_canary(database: Engine, tmp_path: Path, chosen: Settings) -> None:
    with database.begin() as connection:
        model_versions.register(connection, OWNER, chosen, "ensemble", ensemble(tmp_path, "7"))
        for name in ("ensemble", "confidence"):
            with pytest.raises(UsageError, match="never rated differently by chance"):
                canary.start(connection, OWNER, chosen, name, (0.1, "to see"))
        with pytest.raises(NotFound, match="no challenger of the reasoner"):
            canary.start(connection, OWNER, chosen, "reasoner", (0.1, "to see"))
        with pytest.raises(UsageError, match="share above 0"):
            canary.start(connection, OWNER, chosen, "extractor", (0.9, "to see"))


def test_a_reasoner_whose_grade_is_weighed_has_no_canary(database: Engine, tmp_path: Path, chosen: Settings) -> None:
    made = ensemble(tmp_path, "7")
    card = json.loads((made / "scorecard.json").read_text(encoding="utf-8"))
    card["stackers"]["with_signal"] = {**card["stackers"]["alone"], "signal": 0.1}
    weighing = chosen.model_copy(update={"ensemble_dir": made})
    (made / "scorecard.json").write_text(json.dumps(card), encoding="utf-8")
    with database.begin() as connection, pytest.raises(UsageError, match="weighs its grade"):
        canary.start(connection, OWNER, weighing, "reasoner", (0.1, "to see"))


def test_figures_that_are_alike_stop_nothing_and_of_few_nothing_is_said() -> None:
    assert [each.is_worse for each in compare(SAME, SETTINGS)] == [False, False]
    assert compare(SAME[:30], SETTINGS) == ()


def test_each_way_of_being_worse_is_found() -> None:
    wrong = [replace(each, corrected=each.corrected + 3 * each.by_canary) for each in SAME]
    slow = [replace(each, seconds=(each.seconds or 0) * (2 if each.by_canary else 1)) for each in SAME]
    slower = [replace(each, seconds=(each.seconds or 0) * (1.3 if each.by_canary else 1)) for each in SAME]
    assert [each.is_worse for each in compare(wrong, SETTINGS)] == [True, False]
    assert [each.is_worse for each in compare(slow, SETTINGS)] == [False, True]
    assert not any(each.is_worse for each in compare(slower, SETTINGS))


def test_a_look_at_what_is_no_worse_stops_rarely(database: Engine) -> None:
    with database.connect() as connection:
        assert learning.canaries(connection, "first") == ()
    alarms = 0
    for seed in range(12):
        found = [replace(each, by_canary=(n * 7919 + seed * 104_729) % 97 < 48) for n, each in enumerate(SAME)]
        alarms += any(each.is_worse for each in compare(found, SETTINGS))
    assert alarms <= 1


def test_a_rollback_under_a_running_batch_takes_moments_and_harms_nothing_in_flight(
    database: Engine, tmp_path: Path, chosen: Settings
) -> None:
    with database.begin() as connection:
        model_versions.register(connection, OWNER, chosen, "extractor", extractor_folder(tmp_path, "2"))
        shas = [registry.content_sha256(tmp_path / f"extractor-{n}") for n in (2, 1)]
        model_versions.promote(connection, OWNER, chosen, Promotion(Verdict("extractor", shas[0], shas[1], (), "ab"), "better"))
    blobs, loads = open_blobs(chosen), list[str]()
    with database.begin() as connection:
        for n in range(6):
            files = [("accounts.pdf", BytesIO(b"%PDF whole"), None)]
            receive(connection, blobs, ANN, Package(NewApplication(f"B{n}"), files, Urgency.BATCH))

    took = list[float]()

    def load_and_go_back(of: Settings) -> Models:
        """Roll back while the third job is being done: it has its models already."""
        made = with_extractor(of)
        loads.append(made.extractor.version.version)
        if len(loads) == 3:
            began = time.monotonic()
            with database.begin() as connection:
                model_versions.roll_back(connection, OWNER, chosen, "extractor", "too many corrections")
            took.append(time.monotonic() - began)
        return made

    place = Workplace(blobs, Reader(), with_extractor(chosen), chosen, load_and_go_back)
    run_worker(database, duties(place), tuple(Urgency), chosen, until_idle=True)
    with database.connect() as connection:
        states = connection.execute(text("SELECT state FROM applications")).scalars().all()
        served = connection.execute(text("SELECT v ->> 'version' FROM assessments, jsonb_array_elements(versions) v"
                                         " WHERE v ->> 'name' = 'extractor' ORDER BY id")).scalars().all()
    assert states == ["assessed"] * 6
    assert served == ["2", "2", "2", "1", "1", "1"]
    assert took[0] < 60
