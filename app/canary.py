"""Canaries: a challenger of what reads or words serves a small share of the applications, and stops by itself where it is worse.

Which applications follows from their number: the same one is always served alike. What rates is never chosen by chance.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from app import audit, model_versions
from app.access.roles import Act, allow, machine
from app.domain import ModelVersion, Role, User
from app.errors import AlreadyKnown, NotFound, SetupError, UsageError
from app.settings import Settings
from app.store import learning
from app.store import model_versions as kept
from app.store.learning import Served
from app.store.rows import Canary
from models import registry
from models.ensemble import load_ensemble

#: What a canary may be of. Whoever is rated is rated by the champion: like applicants are never rated differently by chance.
KINDS = ("extractor", "reasoner")
_DRAWS = 4000
_SEED = 17


@dataclass(frozen=True, slots=True)
class Beside:
    """One figure of the canary beside the champion's: of how many applications each, and p of the canary's being worse by chance."""

    of: str
    canary: float
    champion: float
    applications: tuple[int, int]
    p: float
    is_worse: bool

    def __str__(self) -> str:
        """Return it in words, as the trail keeps it."""
        ours, theirs = self.applications
        return f"{self.of} {self.canary:.4f} of {ours} applications, champion {self.champion:.4f} of {theirs}, p {self.p:.4f}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A canary, and while it runs its figures beside the champion's."""

    canary: Canary
    figures: tuple[Beside, ...] = ()


def start(connection: Connection, user: User, settings: Settings, name: str, asked: tuple[float | None, str]) -> Canary:
    """Have the challenger of a model serve a share of the applications (None: as set); `asked` is the share and why.

    Raises UsageError for a model that rates, NotFound where there is no challenger, AlreadyKnown where a canary runs.
    """
    allow(user, Act.PROMOTE_MODEL, user.lender_id)
    share, why = settings.canary_share if asked[0] is None else asked[0], asked[1].strip()
    if not why or not 0 < share <= 0.5:
        raise UsageError("A canary needs a reason, and a share above 0 and up to 0.5 of the applications.")
    _refuse_raters(name, model_versions.in_service(connection, user.lender_id, settings))
    kept.lock_model(connection, user.lender_id, name)
    version = _challenger(connection, user.lender_id, name)
    registry.place_of(settings.registry_dir, version)
    values = {"name": name, "version": version.version, "share": share, "started_by": user.id, "why": why}
    canary = learning.start_canary(connection, user.lender_id, values)
    if canary is None:
        raise AlreadyKnown(f"A canary of the {name} runs already: `loanlens models canary stop {name}` ends it.")
    audit.record(connection, user, "start_canary", f"model {name}", {"version": version.version, "share": f"{share:g}", "why": why})
    return canary


def stop(connection: Connection, user: User, name: str, why: str) -> Canary:
    """End the canary of a model: from the next job on the champion serves everybody."""
    allow(user, Act.PROMOTE_MODEL, user.lender_id)
    if not why.strip():
        raise UsageError("Stopping a canary needs a reason.")
    return _stopped(connection, user, name, why.strip())


def show(connection: Connection, user: User, settings: Settings) -> tuple[Shown, ...]:
    """Return the canaries, newest first, those that run with their figures."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    every = learning.canaries(connection, user.lender_id)
    return tuple(Shown(each, () if each.stopped_at else _figures(connection, user.lender_id, each, settings)) for each in every)


def chosen_for(connection: Connection, lender_id: str, settings: Settings, application_id: int) -> Settings:
    """Return the settings with the folders of what serves an application: the champions, or a canary where its share says so.

    A canary that cannot be loaded serves nobody: the next look stops it.
    """
    chosen = model_versions.in_service(connection, lender_id, settings)
    for each in learning.canaries(connection, lender_id, running=True):
        if is_served(each, lender_id, application_id):
            try:
                place = registry.place_of(settings.registry_dir, _version(connection, lender_id, each))
            except SetupError:
                continue
            chosen = chosen.model_copy(update={f"{each.name}_dir": place})
    return chosen


def is_served(canary: Canary, lender_id: str, application_id: int) -> bool:
    """Say whether an application is one of the canary's share."""
    said = f"{lender_id}/{canary.name}/{canary.version}/{application_id}"
    return int.from_bytes(hashlib.sha256(said.encode()).digest()[:8]) / 2**64 < canary.share


def look(connection: Connection, lender_id: str, settings: Settings) -> tuple[Canary, ...]:
    """Stop each canary that is worse than the champion beyond chance and limit, or cannot be loaded; return those stopped."""
    running, by = learning.canaries(connection, lender_id, running=True), machine(Role.WORKER, lender_id)
    reasons = [(each.name, _why_stop(connection, lender_id, each, settings)) for each in running]
    return tuple(_stopped(connection, by, name, why) for name, why in reasons if why)


def compare(found: Sequence[Served], settings: Settings) -> tuple[Beside, ...]:
    """Return a canary's figures beside the champion's: corrections among the figures of what people reviewed, and time a page.

    Figures of an application hang together, so whole applications are drawn anew between both sides (permutation test).
    """
    corrected = [(each.by_canary, each.corrected, each.figures) for each in found if each.reviewed and each.figures]
    timed = [(each.by_canary, each.seconds, each.pages) for each in found if each.seconds and each.pages]
    out = []
    for of, rows, most in (("corrections a figure", corrected, 1.0), ("seconds a page", timed, settings.canary_slower)):
        ours = sum(by_canary for by_canary, _, _ in rows)
        sides = ours, len(rows) - ours
        if min(sides) >= settings.canary_fewest:
            canary, champion, p = _permuted(rows)
            worse = p < settings.canary_significance and canary > most * champion
            out.append(Beside(of, canary, champion, sides, p, worse))
    return tuple(out)


def _permuted(rows: Sequence[tuple[bool, float, float]]) -> tuple[float, float, float]:
    """Return the rate (sum of one over sum of the other) on the canary's side and on the champion's, and p of so large a difference."""
    mine = np.array([row[0] for row in rows])
    values, weights = (np.array([row[n] for row in rows], float) for n in (1, 2))
    rng = np.random.default_rng(_SEED)
    drawn = np.vstack([mine, rng.permuted(np.tile(mine, (_DRAWS, 1)), axis=1)])
    ours = drawn @ values / (drawn @ weights)
    theirs = (~drawn) @ values / ((~drawn) @ weights)
    apart = ours - theirs
    return float(ours[0]), float(theirs[0]), float((apart >= apart[0] - 1e-12).mean())


def _why_stop(connection: Connection, lender_id: str, canary: Canary, settings: Settings) -> str:
    try:
        registry.place_of(settings.registry_dir, _version(connection, lender_id, canary))
    except SetupError as error:
        return str(error)
    worse = [str(each) for each in _figures(connection, lender_id, canary, settings) if each.is_worse]
    return f"worse than the champion: {'; '.join(worse)}" if worse else ""


def _figures(connection: Connection, lender_id: str, canary: Canary, settings: Settings) -> tuple[Beside, ...]:
    champions = {each.name: each.version for each in kept.versions_at(connection, lender_id, model_versions.CHAMPION)}
    return compare(learning.served(connection, canary, lender_id, champions.get(canary.name)), settings)


def _stopped(connection: Connection, user: User, name: str, why: str) -> Canary:
    canary = learning.stop_canary(connection, user.lender_id, name, user.id, why)
    if canary is None:
        raise NotFound(f"No canary of the {name} runs.")
    audit.record(connection, user, "stop_canary", f"model {name}", {"version": canary.version, "why": why})
    return canary


def _refuse_raters(name: str, serving: Settings) -> None:
    if name not in registry.FILES:
        raise UsageError(f"There is no model {name}: a canary is of {' or '.join(KINDS)}.")
    like = "like applicants are never rated differently by chance"
    if name not in KINDS:
        raise UsageError(f"No canary of the {name}: {like}. It goes from the shadow (LOANLENS_SHADOW_SHARE) to champion.")
    if name == "reasoner" and load_ensemble(serving.ensemble_dir).has_signal:
        raise UsageError(f"No canary of the reasoner while the ensemble weighs its grade: {like}.")


def _challenger(connection: Connection, lender_id: str, name: str) -> ModelVersion:
    champions = kept.versions_at(connection, lender_id, model_versions.CHAMPION)
    for each in kept.versions_at(connection, lender_id, model_versions.CHALLENGER):
        if each.name == name and each not in champions:
            return each
    raise NotFound(f"There is no challenger of the {name}: `loanlens models register {name} FOLDER` makes one.")


def _version(connection: Connection, lender_id: str, canary: Canary) -> ModelVersion:
    known = kept.registered_versions(connection, lender_id, canary.name)
    return next(each for each in known if each.version == canary.version)
