"""Fits the scorecard and its calibration on a table of outcomes: `loanlens train ensemble --outcomes FILE`.

Points come from boosting with one feature a step, so that they add up exactly; the years after `fit_until` choose and calibrate.
Weights are written first, the card last: weights with a card are complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from app.errors import UsageError
from models.ensemble import Bounds, Stacker
from models.risk_ratios import ACCOUNTS, FEATURES, PRIOR, ratios
from models.scorecard import Card, Matrix, Scorecard, bands
from training.outcomes import Outcomes, horizon

Rows = NDArray[np.bool_]

#: From so many defaults on a calibration has a slope of its own; below only its level is set.
DEFAULTS_FOR_A_SLOPE = 50
#: How often an account, or the whole prior period, is taken away to learn the points of what is missing.
_TAKEN_AWAY = 0.25
_SHRINK = 30.0
_TAIL = 0.001  # share of the values at either end that does not count as seen


@dataclass(frozen=True, slots=True)
class Config:
    """What a training run is; `training/ensemble.yaml` says what each value means."""

    version: str
    first_year: int
    fit_until: int
    choose_until: int
    horizons: tuple[int, ...]
    bands: int
    rounds: int
    learning_rate: float
    smallest_band: int
    features_share: float
    seeds: int
    folds: int
    level: float
    seed: int


def read_config(path: Path) -> Config:
    """Read a configuration. Raises UsageError where it is not one."""
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
        config = Config(**{**given, "horizons": tuple(given["horizons"])})
    except (KeyError, TypeError, yaml.YAMLError) as error:
        raise UsageError(f"{path} is no configuration of the ensemble: {error}.") from error
    if not config.first_year <= config.fit_until < config.choose_until:
        raise UsageError(f"{path}: first_year, fit_until and choose_until must follow one another.")
    if min(config.horizons, default=0) < 1 or min(config.bands, config.rounds, config.seeds) < 1 or config.folds < 2:
        raise UsageError(f"{path}: horizons, bands, rounds and seeds start at 1, folds at 2.")
    if not 0 < config.level < 0.5 or not 0 < config.features_share <= 1 or config.learning_rate <= 0:
        raise UsageError(f"{path}: level lies between 0 and 0.5, features_share between 0 and 1, learning_rate above 0.")
    return config


# -- points ------------------------------------------------------------------------------------------------------------


def fit_scorecard(outcomes: Outcomes, config: Config) -> Scorecard:
    """Return the scorecard that `outcomes` give: the mean of the cards of every horizon and seed, points of what is missing set last."""
    edges = [_edges(outcomes.ratios[:, n], config.bands) for n in range(len(FEATURES))]
    codes = _codes(outcomes.ratios, edges)
    labels = [horizon(outcomes, years) for years in config.horizons]
    fits = [_boost(codes, label, config, seed) for label in labels for seed in range(config.seeds)]
    level = _decide(fits, codes).mean()
    cards = [_card(n, edges[n], _shape(fits, codes, n, len(edges[n]) + 1), outcomes.ratios[:, n]) for n in range(len(FEATURES))]
    return _with_missing(Scorecard(cards, float(level)), outcomes, config.seed)


def _edges(values: Matrix, count: int) -> Matrix:
    """Return the edges of a feature's bands: quantiles, closer together at both ends, where firms fail."""
    seen = values[np.isfinite(values)]
    ends = np.array([0.0025, 0.005, 0.01])
    shares = np.concatenate([ends, np.linspace(0, 1, count + 1)[1:-1], 1 - ends])
    return np.unique(np.quantile(seen, shares)) if len(seen) else np.array([0.0])


def _codes(values: Matrix, edges: Sequence[Matrix]) -> Matrix:
    """Return the number of the band of every value, NaN where it is missing."""
    found = [np.where(np.isnan(values[:, n]), np.nan, bands(edge, values[:, n])) for n, edge in enumerate(edges)]
    return np.column_stack(found)


def _boost(codes: Matrix, label: Rows, config: Config, seed: int) -> HistGradientBoostingClassifier:
    """Fit one card: each round cuts one feature once, in the direction that its measure allows."""
    model = HistGradientBoostingClassifier(
        max_depth=1,
        max_iter=config.rounds,
        learning_rate=config.learning_rate,
        min_samples_leaf=config.smallest_band,
        max_features=config.features_share,
        monotonic_cst=[feature.risk for feature in FEATURES],
        early_stopping=False,
        random_state=config.seed + seed,
    )
    return model.fit(codes, label)


def _decide(fits: Sequence[HistGradientBoostingClassifier], codes: Matrix) -> Matrix:
    total: Matrix = np.mean([fit.decision_function(codes) for fit in fits], axis=0)
    return total


def _shape(fits: Sequence[HistGradientBoostingClassifier], codes: Matrix, column: int, count: int) -> Matrix:
    """Return a feature's points, a band each and last those of a missing value, less their mean over the firms.

    All else held equal: each round cuts one feature alone, so what the others are adds the same to every band.
    """
    probe = np.zeros((count + 1, codes.shape[1]))
    probe[:, column] = [*range(count), np.nan]
    points = _decide(fits, probe)
    seen = np.where(np.isnan(codes[:, column]), count, codes[:, column]).astype(np.int64)
    centred: Matrix = points - points[seen].mean()
    return centred


def _card(column: int, edges: Matrix, points: Matrix, values: Matrix) -> Card:
    seen = values[np.isfinite(values)]
    least, typical, most = np.quantile(seen, [_TAIL, 0.5, 1 - _TAIL]).tolist() if len(seen) else (0.0, 0.0, 0.0)
    return Card(FEATURES[column].id, edges, points[:-1], float(points[-1]), typical, least, most)


def _with_missing(bare: Scorecard, outcomes: Outcomes, seed: int) -> Scorecard:
    """Return the scorecard with points for what is missing, fitted on the same firms with accounts taken away.

    Listed firms publish everything, a small borrower does not: what is missing must neither help nor harm beyond what firms of
    which the same is known came to.
    """
    rng = np.random.default_rng(seed)
    few = ratios(_taken_away(outcomes.accounts, rng))
    missing = np.isnan(few)
    known = np.where(missing, 0, bare.points(few)).sum(axis=1)
    columns = np.column_stack([missing / np.sqrt(_SHRINK), known])
    model = LogisticRegression(C=1.0, max_iter=500).fit(columns, outcomes.fails)
    *learnt, slope = model.coef_[0].tolist()
    points = np.array(learnt) / np.sqrt(_SHRINK) / max(slope, 0.1)
    return Scorecard([replace(card, missing=float(each)) for card, each in zip(bare.cards, points, strict=True)], bare.intercept)


def _taken_away(accounts: Mapping[str, Matrix], rng: np.random.Generator) -> dict[str, Matrix]:
    """Return the accounts with some taken away: the whole prior period of some firms, accounts here and there of others."""
    rows = len(next(iter(accounts.values())))
    no_prior, thin = rng.random(rows) < _TAKEN_AWAY, rng.random(rows) < 2 * _TAKEN_AWAY
    out = {}
    for name in ACCOUNTS:
        gone = thin & (rng.random(rows) < _TAKEN_AWAY)
        for prefix, lost in (("", gone), (PRIOR, gone | no_prior)):
            if prefix + name in accounts:
                out[prefix + name] = np.where(lost, np.nan, accounts[prefix + name])
    return out
