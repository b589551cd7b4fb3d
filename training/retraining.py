"""One turn of the learning loop: a dataset version of what people judged, a challenger, its answers beside the champion's, the gates.

`loanlens retrain --now` runs it, and so does the job on the schedule. Killed, the same call goes on; the champion is only read.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine

from app import audit, model_versions, retraining
from app.access.roles import Act, machine
from app.blobs.storage import Blobs
from app.domain import Role, User
from app.errors import BlobDamaged, SetupError, UsageError
from app.model_versions import Promotion
from app.settings import PROJECT, Settings
from app.store import accounts, learning
from app.store.applications import add_lender
from app.store.rows import Retraining
from training import datasets, gates, retrain_extractor
from training.challenger import Challenger, Places
from training.corrections import reviewed
from training.datasets import Dataset, Filters
from training.measure_extractor import FrozenSets, judged_name, run_on
from training.promote import compare, read_limits, write_report

CONFIG = PROJECT / "training" / "retrain_extractor.yaml"
LIMITS = PROJECT / "training" / "promote.yaml"
#: What can be retrained by itself.
MODELS = ("extractor",)
_ASKED = FrozenSets()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a turn runs: database, stored files, settings; how its training is configured, and what is asked of both versions."""

    database: Engine
    blobs: Blobs
    settings: Settings
    config: Path = CONFIG
    limits: Path = LIMITS
    asked: FrozenSets = _ASKED


def run(place: Place, user: User, name: str, say: Callable[[str], None]) -> Retraining:
    """Do the retraining that is under way, or a new one, to its end, and return it with its outcome.

    What cannot be learnt from is an outcome, `refused`, with the reason. Raises UsageError where another process is at it, SetupError
    where the machine fails: then it stays under way, to be gone on with.
    """
    if name not in MODELS:
        raise UsageError(f"Only {', '.join(MODELS)} can be retrained by itself.")
    with place.database.connect() as held:
        if not learning.lock_retraining(held, user.lender_id, name):
            raise UsageError(f"Another process is retraining the {name}: one at a time.")
        held.commit()
        with place.database.begin() as connection:
            add_lender(connection, user.lender_id, user.lender_id)
            begun = retraining.begin(connection, user, name)
        try:
            outcome, told = _turn(place, begun, user.lender_id, say)
        except (SetupError, BlobDamaged) as error:
            _note(place, user.lender_id, begun, {"said": str(error)})
            raise
        except UsageError as error:
            outcome, told = "refused", {"said": str(error)}
        with place.database.begin() as connection:
            retraining.finish(connection, machine(Role.WORKER, user.lender_id), begun, outcome, told)
            return next(each for each in learning.retrainings(connection, user.lender_id, name) if each.id == begun.id)


def _turn(place: Place, begun: Retraining, lender_id: str, say: Callable[[str], None]) -> tuple[str, dict[str, Any]]:
    """Return the outcome of a turn, and what is to be told of it."""
    made = _dataset(place, begun, lender_id)
    say(f"Dataset version {made.hash[:12]}: {sum(made.labels().values())} lines on {len(made.pages)} pages.")
    with place.database.connect() as connection:
        champion = model_versions.in_service(connection, lender_id, place.settings).extractor_dir
    work = place.settings.cache_dir / "training" / "retrain-extractor"
    where = Places(champion, place.settings.data_dir / "challengers" / "extractor", work)
    root = place.settings.data_dir / "datasets"
    challenger = retrain_extractor.main(made, datasets.version_before(root, made), retrain_extractor.read_config(place.config), where)
    if challenger.sha256 == challenger.card["champion"]:
        raise UsageError("No state of the training read the pages to choose by better than the champion does: there is no challenger.")
    with place.database.begin() as connection:
        version = model_versions.register(connection, machine(Role.WORKER, lender_id), place.settings, "extractor", challenger.folder)
    say(f"Challenger {version.version}; now it and the champion answer the frozen sets.")
    _note(place, lender_id, begun, {"version": version.version})
    report = _compared(place, made, champion, challenger)
    failed = [each["name"] for each in report["gates"] if not each["passed"]]
    said = f"These gates did not open: {', '.join(failed)}." if failed else "Every gate opened."
    told = {"said": said, "version": version.version, "dataset": made.hash, "report": report}
    if failed or not place.settings.retrain_promotes_as:
        return "trained", told
    return _promoted(place, lender_id, begun, told)


def _dataset(place: Place, begun: Retraining, lender_id: str) -> Dataset:
    """Return the version of what was judged until this retraining was asked for: the one it began with, where it goes on."""
    root = place.settings.data_dir / "datasets"
    if begun.dataset:
        return datasets.open_version(root, begun.dataset)
    worker = machine(Role.WORKER, lender_id)
    with place.database.begin() as connection:
        until, least = begun.created_at, gates.read_bounds().samples_per_label
        made = datasets.build(reviewed(connection, worker, place.blobs, until), Filters(until.isoformat(), (), least), lender_id, root)
        audit.record(connection, worker, Act.READ_CORRECTIONS, f"dataset {made.hash}", {"corrections": len(made.lineage["corrections"])})
    _note(place, lender_id, begun, {"dataset": made.hash})
    return made


def _compared(place: Place, made: Dataset, champion: Path, challenger: Challenger) -> dict[str, Any]:
    """Have both answer the frozen sets, try every gate, and return the report as it was written."""
    asked = replace(place.asked, judged=made)
    before, after = (run_on(folder, asked, place.settings.threads) for folder in (champion, challenger.folder))
    limits = read_limits(place.limits)
    target = limits.target or judged_name(made)
    out = place.settings.data_dir / "reports" / challenger.folder.name
    report, _ = write_report(compare(before, after, replace(limits, target=target)), out)
    content = report.read_bytes()
    return {**json.loads(content), "report_sha256": hashlib.sha256(content).hexdigest(), "file": str(report)}


def _promoted(place: Place, lender_id: str, begun: Retraining, told: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Promote a challenger that passed every gate in the name of whom the operator named; without that right it stays challenger."""
    verdict = retraining.verdict(replace(begun, report=told["report"]))
    try:
        with place.database.begin() as connection:
            owner = _owner(connection, lender_id, place.settings.retrain_promotes_as)
            why = f"every gate opened (retraining {begun.id}; by LOANLENS_RETRAIN_PROMOTES_AS)"
            model_versions.promote(connection, owner, place.settings, Promotion(verdict, why))
    except UsageError as error:
        return "trained", {**told, "said": f"{told['said']} It was not promoted: {error}"}
    return "promoted", {**told, "said": f"{told['said']} It serves from the next job on."}


def _owner(connection: Connection, lender_id: str, login: str) -> User:
    """Return the person in whose name a promotion is made. Raises UsageError where that is none who may."""
    known = accounts.account_called(connection, lender_id, login)
    if known is None or known.disabled_at is not None or Role.MODEL_OWNER not in known.roles:
        raise UsageError(f"LOANLENS_RETRAIN_PROMOTES_AS names {login}, who is no model owner of {lender_id}.")
    return User(login, lender_id, frozenset((Role.MODEL_OWNER,)))


def _note(place: Place, lender_id: str, begun: Retraining, told: dict[str, Any]) -> None:
    with place.database.begin() as connection:
        learning.note_retraining(connection, lender_id, begun.id, told)
