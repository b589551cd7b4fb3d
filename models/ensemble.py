"""The ensemble: scorecard and, where there is one, the reasoner's signal -> a calibrated probability of default that says how sure it is.

It sees ratios of accounts only. Findings and the quality of a scan never reach it: they change who looks at an application, not
how risky a borrower is. What follows from the probability is policy's.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np

from app.domain import Fate, ModelVersion, RiskDriver, RiskOpinion
from app.errors import SetupError
from models import scorecard
from models.risk_ratios import FEATURES, ratios
from models.scorecard import Matrix, Scorecard

#: What the probability is one of until it was calibrated on a lender's own outcomes.
LISTED = "failure probability of a listed firm within a year"
_WEIGHTS = "scorecard.json"
_THEMES = tuple(dict.fromkeys(feature.theme for feature in FEATURES))


@dataclass(frozen=True, slots=True)
class Stacker:
    """A logistic calibration: the log-odds of default are `intercept` + `slope` × the scorecard's + `signal` × the reasoner's grade."""

    intercept: float
    slope: float
    signal: float = 0.0

    def probability(self, log_odds: Matrix, grades: Matrix | float = 0.0) -> Matrix:
        """Return the calibrated probability."""
        return 1 / (1 + np.exp(-np.clip(self.intercept + self.slope * log_odds + self.signal * grades, -30, 30)))


@dataclass(frozen=True, slots=True)
class Bounds:
    """Conformal bounds: a failure less probable than `fails` and a survival at more than `survives` are rare among those seen."""

    fails: float
    survives: float

    def fates(self, probability: float) -> tuple[Fate, ...]:
        """Return what cannot be ruled out at the level that the bounds were made for."""
        possible = (Fate.FAILS, probability >= self.fails), (Fate.SURVIVES, probability <= self.survives)
        return tuple(fate for fate, holds in possible if holds)


class Ensemble:
    """A loaded ensemble. Build it with `load`."""

    def __init__(self, card: Scorecard, stackers: Mapping[str, Stacker], bounds: Bounds, meaning: str, version: ModelVersion) -> None:
        """Take the scorecard, the stackers (`alone`, and `with_signal` where one was fitted), the bounds and what the probability means."""
        self.scorecard, self.meaning, self.version = card, meaning, version
        self._stackers, self.bounds = dict(stackers), bounds

    def rate(self, accounts: Mapping[str, Decimal], signal: Sequence[float] = ()) -> RiskOpinion:
        """Return the opinion on one borrower. `accounts` by id, `prior_` for the prior period; any may be missing.

        `signal` is the reasoner's probability for each grade from 1 to 7; empty where it gave none.
        """
        row = ratios({name: np.array([float(value)]) for name, value in accounts.items()} or {"revenue": np.array([math.nan])})
        grades = np.array([expected_grade(signal)]) if signal else None
        return self.opinions(row, grades)[0]

    def opinions(self, rows: Matrix, grades: Matrix | None = None) -> list[RiskOpinion]:
        """Return the opinion on every row of the matrix that `ratios` makes.

        `grades` are the reasoner's expected grades, NaN where it gave none.
        """
        points = self.scorecard.points(rows)
        log_odds = self.scorecard.intercept + points.sum(axis=1)
        told = np.isfinite(grades) if grades is not None else np.zeros(len(rows), dtype=np.bool_)
        seen = np.where(told, grades, 0.0) if grades is not None else np.zeros(len(rows))
        alone = self.stacker(with_signal=False).probability(log_odds)
        probabilities = np.where(told, self.stacker(with_signal=True).probability(log_odds, seen), alone)
        outside = self.scorecard.outside(rows)
        out = []
        for n, probability in enumerate(probabilities.tolist()):
            drivers = self._drivers(rows[n], points[n], (self.stacker(bool(told[n])), log_odds[n], seen[n]))
            parts = [("scorecard", float(alone[n]))] + ([("reasoner", float(seen[n]))] if told[n] else [])
            names = tuple(feature.name for feature, out_of in zip(FEATURES, outside[n], strict=True) if out_of)
            known = float(np.mean(~np.isnan(rows[n])))
            said = probability, self.meaning, self.bounds.fates(probability)
            out.append(RiskOpinion(*said, names, rows.shape[1], known, tuple(parts), drivers))
        return out

    @property
    def has_signal(self) -> bool:
        """Say whether the reasoner's signal is weighed at all."""
        return "with_signal" in self._stackers

    def stacker(self, with_signal: bool) -> Stacker:
        """Return the calibration in use; a signal that no stacker was fitted for changes nothing."""
        return self._stackers.get("with_signal", self._stackers["alone"]) if with_signal else self._stackers["alone"]

    def _drivers(self, row: Matrix, points: Matrix, at: tuple[Stacker, float, float]) -> tuple[RiskDriver, ...]:
        """Return what each theme does to the probability, the largest effect first."""
        stacker, log_odds, grade = at
        found = []
        for theme, columns in _COLUMNS.items():
            effect = float(points[columns].sum())
            told = columns[_telling(row[columns], points[columns] * (1 if effect >= 0 else -1))]
            without = float(stacker.probability(np.array([log_odds - effect]), grade)[0])
            feature, value = FEATURES[told], float(row[told])
            shown = value if math.isfinite(value) else None
            typical = self.scorecard.cards[told].typical
            found.append(RiskDriver(theme, feature.id, feature.name, shown, typical, stacker.slope * effect, without))
        return tuple(sorted(found, key=lambda driver: -abs(driver.effect)))

    def bounds_under(self, stacker: Stacker) -> Bounds:
        """Return the bounds as they stand on the scale of another calibration."""
        own, bounds = self._stackers["alone"], np.array([self.bounds.fails, self.bounds.survives])
        log_odds = (np.log(bounds / (1 - bounds)) - own.intercept) / own.slope
        return Bounds(*stacker.probability(log_odds).tolist())

    def to_plain(self) -> dict[str, Any]:
        """Return the weights as JSON holds them."""
        stackers = {name: asdict(each) for name, each in self._stackers.items()}
        return {"meaning": self.meaning, "stackers": stackers, "bounds": asdict(self.bounds), "scorecard": self.scorecard.to_plain()}


_COLUMNS = {theme: np.array([n for n, f in enumerate(FEATURES) if f.theme == theme]) for theme in _THEMES}


def _telling(values: Matrix, pushes: Matrix) -> int:
    """Return which feature of a theme tells its effect best: the one that pushes most among those with a value."""
    finite = np.isfinite(values)
    return int(np.argmax(np.where(finite, pushes, -np.inf) if finite.any() else pushes))


def expected_grade(signal: Sequence[float]) -> float:
    """Return the mean grade of a probability for each grade from 1 on."""
    return sum(grade * share for grade, share in enumerate(signal, 1)) / sum(signal)


# -- weights -----------------------------------------------------------------------------------------------------------


def load_ensemble(folder: Path) -> Ensemble:
    """Load the ensemble in `folder` (card.json, scorecard.json). Raises SetupError where a file is missing or damaged."""
    missing = [name for name in ("card.json", _WEIGHTS) if not (folder / name).is_file()]
    if missing:
        raise SetupError(f"The ensemble in {folder} lacks {', '.join(missing)}. Train one with `loanlens train ensemble`.")
    written = (folder / _WEIGHTS).read_bytes()
    try:
        version = str(json.loads((folder / "card.json").read_text(encoding="utf-8"))["version"])
        plain = json.loads(written)
        stackers = {name: Stacker(**each) for name, each in plain["stackers"].items()}
        bounds, meaning = Bounds(**plain["bounds"]), str(plain["meaning"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise SetupError(f"The ensemble in {folder} is damaged ({error!r}). Restore it, or run `loanlens train ensemble`.") from error
    card = scorecard.from_plain(plain["scorecard"], [feature.id for feature in FEATURES])
    return Ensemble(card, stackers, bounds, meaning, ModelVersion("ensemble", version, hashlib.sha256(written).hexdigest()))


def write_ensemble(folder: Path, ensemble: Ensemble, card: Mapping[str, Any]) -> None:
    """Write the weights, and last their card: weights with a card are complete."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.json").unlink(missing_ok=True)
    (folder / _WEIGHTS).write_text(json.dumps(ensemble.to_plain()) + "\n", encoding="utf-8")
    (folder / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
