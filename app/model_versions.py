"""Which version of a model serves a lender: registered as challenger, promoted to champion by a named person, rolled back.

Whatever the training says, the champion changes here alone, in one transaction with its audit entry. Jobs that run keep the models
they began with; the next ones begin with the new champion.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.domain import ModelVersion, User
from app.errors import AlreadyKnown, ChangedMeanwhile, NotFound, UsageError
from app.settings import Settings
from app.store import assessments, learning
from app.store import model_versions as kept
from app.store.rows import Move
from models import registry

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gates said of a challenger against a champion: contents by SHA-256, gates that did not open, and the report's SHA-256."""

    name: str
    challenger: str
    champion: str
    failed: tuple[str, ...]
    report_sha256: str


@dataclass(frozen=True, slots=True)
class Promotion:
    """A challenger's way to the champion's place: the verdict of the gates, why, and why in spite of gates that did not open."""

    verdict: Verdict
    why: str
    override: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A model as its owner sees it: the versions known, newest first, and which has which alias (None: the installed one serves)."""

    name: str
    versions: tuple[ModelVersion, ...]
    champion: Move | None
    challenger: Move | None


def read_verdict(path: Path) -> Verdict:
    """Return what a promotion report (JSON) says. Raises UsageError where it is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error
    return verdict_of(content, str(path))


def verdict_of(content: bytes, where: str) -> Verdict:
    """Return what the content of a promotion report says. Raises UsageError where it is none."""
    try:
        told = json.loads(content)
        gates = [(str(each["name"]), each["passed"] is True) for each in told["gates"]]
        shas = [str(told[side]["sha256"]) for side in (CHALLENGER, CHAMPION)]
        name = str(told[CHALLENGER]["name"])
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{where} holds no promotion report: `loanlens models compare` writes one.") from error
    failed = tuple(gate for gate, passed in gates if not passed) if gates else ("no gate was tried",)
    return Verdict(name, shas[0], shas[1], failed, hashlib.sha256(content).hexdigest())


def register(connection: Connection, user: User, settings: Settings, name: str, folder: Path) -> ModelVersion:
    """Keep the model in `folder` as a version, and make it the challenger. Raises SetupError where it is not whole."""
    allow(user, Act.TRAIN_MODEL, user.lender_id)
    kept.lock_model(connection, user.lender_id, name)
    version = _known(connection, user, settings, name, folder)
    _move(connection, user, Move(name, CHALLENGER, version.version, user.id, "registered"))
    return version


def promote(connection: Connection, user: User, settings: Settings, promotion: Promotion) -> ModelVersion:
    """Make the challenger of a promotion report the champion.

    Where a gate did not open `override` must say why it serves all the same. Raises ChangedMeanwhile where another champion serves
    than the report compares with; SetupError, with the champion untouched, where the version cannot be loaded from the registry.
    """
    allow(user, Act.PROMOTE_MODEL, user.lender_id)
    verdict, why, override = promotion.verdict, promotion.why.strip(), promotion.override.strip()
    lender_id, name = user.lender_id, verdict.name
    if not why:
        raise UsageError("A promotion needs a reason.")
    if verdict.failed and not override:
        raise UsageError(f"These gates did not open: {', '.join(verdict.failed)}. Promoting all the same takes a reason of its own.")
    kept.lock_model(connection, lender_id, name)
    champion = _champion(connection, user, settings, name)
    if champion.sha256 != verdict.champion:
        raise ChangedMeanwhile(f"The report compares with another champion than {name} {champion.version}, which serves: compare anew.")
    known = kept.registered_versions(connection, lender_id, name)
    chosen = next((each for each in known if each.sha256 == verdict.challenger), None)
    if chosen is None:
        raise NotFound(f"The report's {name} is not registered: `loanlens models register` does it.")
    registry.place_of(settings.registry_dir, chosen)
    gates: dict[str, object] = {"report": verdict.report_sha256, "gates_failed": verdict.failed, "override": override}
    ended = _end_canary(connection, user, chosen)
    said = f"{why} (in spite of {', '.join(verdict.failed)}: {override})" if verdict.failed else why
    _move(connection, user, Move(name, CHAMPION, chosen.version, user.id, said), gates | ended)
    return chosen


def roll_back(connection: Connection, user: User, settings: Settings, name: str, why: str) -> ModelVersion:
    """Make the version champion that served before the present one first did."""
    allow(user, Act.PROMOTE_MODEL, user.lender_id)
    if not why.strip():
        raise UsageError("A rollback needs a reason.")
    kept.lock_model(connection, user.lender_id, name)
    order = _order(kept.moves(connection, user.lender_id, name, CHAMPION))
    if len(order) < 2:
        raise UsageError(f"No other {name} served before: there is nothing to go back to.")
    versions = {each.version: each for each in kept.registered_versions(connection, user.lender_id, name)}
    back = versions[order[-2]]
    registry.place_of(settings.registry_dir, back)
    told = {"rolled_back": order[-1]} | _end_canary(connection, user, back)
    _move(connection, user, Move(name, CHAMPION, back.version, user.id, why.strip()), told)
    return back


def list_models(connection: Connection, user: User) -> tuple[Standing, ...]:
    """Return every model with its versions and aliases."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    return tuple(_standing(connection, user.lender_id, name) for name in registry.FILES)


def refit_advice(standings: Sequence[Standing], settings: Settings) -> str:
    """Return what the owner is to do about a confidence that was fitted for another extractor than serves; empty where it fits."""
    of = {each.name: each for each in standings}
    reads, judges = of["extractor"].champion, of["confidence"].champion
    if reads is None or (judges and judges.created_at and reads.created_at and judges.created_at > reads.created_at):
        return ""
    serving = next(each for each in of["extractor"].versions if each.version == reads.version)
    if serving.sha256 == registry.content_sha256(settings.extractor_dir):
        return ""
    return (
        f"The confidence was fitted for another extractor than {reads.version}, which serves: fit it anew with `loanlens train confidence`,"
        " register and promote it. Until then watch the audit sample."
    )


def history(connection: Connection, user: User, name: str) -> tuple[Move, ...]:
    """Return who made which version champion, when and why, oldest first."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    return kept.moves(connection, user.lender_id, name, CHAMPION)


def served_at(connection: Connection, user: User, name: str, at: datetime) -> Move | None:
    """Return which version served at a time, who put it there and why; None: the installed one, which nobody had changed yet."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    return kept.alias_at(connection, user.lender_id, name, CHAMPION, at)


def in_service(connection: Connection, lender_id: str, settings: Settings) -> Settings:
    """Return the settings with each champion's folder, verified, in place of the installed model's."""
    return _with_folders(settings, kept.versions_at(connection, lender_id, CHAMPION))


def in_shadow(connection: Connection, lender_id: str, settings: Settings) -> Settings | None:
    """Return the settings with each challenger in its champion's place; None where there is no challenger."""
    champions = kept.versions_at(connection, lender_id, CHAMPION)
    challengers = [each for each in kept.versions_at(connection, lender_id, CHALLENGER) if each not in champions]
    return _with_folders(_with_folders(settings, champions), challengers) if challengers else None


def that_made(connection: Connection, lender_id: str, settings: Settings, assessment_id: int) -> Settings:
    """Return the settings with the folder of each registered version that made an assessment, for a replay; the rest as installed."""
    made = assessments.assessment(connection, lender_id, assessment_id)
    known = {(each.name, each.version): each for name in registry.FILES for each in kept.registered_versions(connection, lender_id, name)}
    by = [(each.name, each.version) for each in made.versions] if made else []
    return _with_folders(settings, [known[each] for each in by if each in known])


def _with_folders(settings: Settings, versions: Sequence[ModelVersion]) -> Settings:
    places = {f"{each.name}_dir": registry.place_of(settings.registry_dir, each) for each in versions}
    return settings.model_copy(update=places)


def _standing(connection: Connection, lender_id: str, name: str) -> Standing:
    champions, challengers = (kept.moves(connection, lender_id, name, alias) for alias in (CHAMPION, CHALLENGER))
    versions = kept.registered_versions(connection, lender_id, name)
    return Standing(name, versions, champions[-1] if champions else None, challengers[-1] if challengers else None)


def _champion(connection: Connection, user: User, settings: Settings, name: str) -> ModelVersion:
    """Return the champion. At a model's first promotion that is the installed one, which is kept, so that a rollback finds it."""
    served = {each.name: each for each in kept.versions_at(connection, user.lender_id, CHAMPION)}
    if name in served:
        return served[name]
    installed = _known(connection, user, settings, name, getattr(settings, f"{name}_dir"))
    _move(connection, user, Move(name, CHAMPION, installed.version, user.id, "installed with the program"))
    return installed


def _known(connection: Connection, user: User, settings: Settings, name: str, folder: Path) -> ModelVersion:
    """Keep the model in `folder` and make it known; return it. Raises AlreadyKnown where its number is another's."""
    found = registry.keep(settings.registry_dir, name, folder)
    kept.register_version(connection, user.lender_id, found.version, found.card, user.id)
    for each in kept.registered_versions(connection, user.lender_id, name):
        if each.version == found.version.version and each.sha256 != found.version.sha256:
            raise AlreadyKnown(f"There is another {name} {each.version}: give this one a number of its own in its training's settings.")
    return found.version


def _move(connection: Connection, user: User, move: Move, detail: Mapping[str, object] | None = None) -> None:
    kept.move_alias(connection, user.lender_id, move)
    act = Act.PROMOTE_MODEL if move.alias == CHAMPION else Act.TRAIN_MODEL
    said = {"alias": move.alias, "version": move.version, "why": move.why, **(detail or {})}
    audit.record(connection, user, act, f"model {move.name}", said)


def _end_canary(connection: Connection, user: User, champion: ModelVersion) -> dict[str, object]:
    """End the canary of a model, for a canary is measured beside one champion; return what the trail is to say of it."""
    ended = learning.stop_canary(connection, user.lender_id, champion.name, user.id, f"{champion.version} became champion")
    return {"canary_ended": ended.version} if ended else {}


def _order(moves: Sequence[Move]) -> list[str]:
    """Return the champions up to the present one, as they first came: who goes back takes later ones off."""
    order: list[str] = []
    for move in moves:
        order = order[: order.index(move.version) + 1] if move.version in order else [*order, move.version]
    return order
