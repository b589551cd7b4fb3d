"""Champions and challengers at work: jobs pick up who serves, challengers assess in the shadow, nobody is routed by them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path

from sqlalchemy import Engine, text

from app import model_versions, shadow
from app.assess import Models
from app.blobs.storage import open_blobs
from app.domain import Role, User
from app.intake import Package, Workplace, duties, receive
from app.jobs import Urgency, run_worker
from app.settings import Settings
from app.store import assessments
from app.store.rows import NewApplication
from models.ensemble import load_ensemble
from tests.test_model_versions import OWNER, ensemble, promoted
from tests.test_replay import MODELS, Reader

ANN = User("ann", "first", frozenset((Role.ANALYST,)))
EARLY = date(2000, 1, 1)


def with_ensemble(chosen: Settings) -> Models:
    return replace(MODELS, ensemble=load_ensemble(chosen.ensemble_dir))


def send_and_work(database: Engine, chosen: Settings, reference: str, load: Callable[[Settings], Models] = with_ensemble) -> int:
    """Send an application and have a worker do all that is due; return its id."""
    blobs = open_blobs(chosen)
    with database.begin() as connection:
        files = [("accounts.pdf", BytesIO(b"%PDF whole"), None)]
        id = receive(connection, blobs, ANN, Package(NewApplication(reference), files))
    place = Workplace(blobs, Reader(), load(chosen) if load is not with_ensemble else MODELS, chosen, load)
    run_worker(database, duties(place) | shadow.duties(place), tuple(Urgency), chosen, until_idle=True)
    return id


def test_the_next_job_is_done_by_the_new_champion_and_after_a_rollback_by_the_old_one(database: Engine, tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path / "data")
    first = send_and_work(database, chosen, "A1")
    promoted(database, tmp_path, "7")
    second = send_and_work(database, chosen, "A2")
    with database.begin() as connection:
        model_versions.roll_back(connection, OWNER, chosen, "ensemble", "worse")
    third = send_and_work(database, chosen, "A3")
    with database.connect() as connection:
        made = [assessments.latest_assessment(connection, "first", id) for id in (first, second, third)]
    served = [{version.name: version.version for version in each.versions}.get("ensemble") for each in made if each]
    assert served == [None, "7", load_ensemble(chosen.ensemble_dir).version.version]
    with database.connect() as connection:
        then = [model_versions.that_made(connection, "first", chosen, each.id) for each in made if each]
    assert then[0] == chosen
    assert load_ensemble(then[1].ensemble_dir).version.version == "7"


def test_a_challenger_assesses_in_the_shadow_and_routes_nobody(database: Engine, tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path / "data", shadow_share=1.0)
    with database.begin() as connection:
        model_versions.register(connection, OWNER, chosen, "ensemble", ensemble(tmp_path, "7"))
    id = send_and_work(database, chosen, "A1")
    with database.connect() as connection:
        every = assessments.assessment_history(connection, "first", id)
        effect = assessments.latest_assessment(connection, "first", id)
        tasks = connection.execute(text("SELECT assessment_id FROM review_tasks")).scalars().all()
        beside = shadow.compare(connection, OWNER, EARLY)
    assert [each.shadow for each in every] == [False, True]
    assert effect == every[0]
    assert tasks == [every[0].id]
    assert [version.version for version in every[1].versions if version.name == "ensemble"] == ["7"]
    assert (beside.applications, beside.differing) == (1, 0)
    assert beside.figures > 0


def test_without_a_challenger_or_a_share_nothing_is_assessed_twice(database: Engine, tmp_path: Path) -> None:
    alone = send_and_work(database, Settings(data_dir=tmp_path / "data", shadow_share=1.0), "A1")
    with database.begin() as connection:
        model_versions.register(connection, OWNER, Settings(data_dir=tmp_path / "data"), "ensemble", ensemble(tmp_path, "7"))
    unshared = send_and_work(database, Settings(data_dir=tmp_path / "data"), "A2")
    with database.connect() as connection:
        assert [len(assessments.assessment_history(connection, "first", id)) for id in (alone, unshared)] == [1, 1]
