"""Fits the scorecard and its calibration on a table of outcomes: `loanlens train ensemble --outcomes FILE`.

Points come from boosting with one feature a step, so that they add up exactly; the years after `fit_until` choose and calibrate.
Weights are written first, the card last: weights with a card are complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.optimize import brentq
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from app.domain import ModelVersion
from app.errors import UsageError
from models.ensemble import LISTED, Bounds, Ensemble, Stacker, write_ensemble
from models.risk_ratios import FEATURES, ratios
from models.scorecard import Card, Matrix, Scorecard, bands
from training.evaluate_risk import ASKED, RiskFigure, altman, in_service_figures, measure, without_prior
from training.outcomes import Outcomes, horizon

Rows = NDArray[np.bool_]

#: From so many defaults on a calibration has a slope of its own; below only its level is set.
DEFAULTS_FOR_A_SLOPE = 50
#: The names of the predictors: the whole scorecard first.
WHOLE = "scorecard"
CURRENT, BOTH, REASONER = "scorecard, current period alone", "scorecard and reasoner", "reasoner alone"
ATTRIBUTION = (
    "American bankruptcy dataset of Lombardo, Pellegrino, Adosoglou, Cagnoni, Pardalos, Poggi: Machine Learning for Bankruptcy"
    " Prediction in the American Stock Market: Dataset and Benchmarks, Future Internet 14(8):244, 2022 (CC BY 4.0)"
)
#: How often an account is taken away to learn the points of what is missing.
_TAKEN_AWAY = 0.10
_SHRINK = 30.0
_KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9)
_END = 2  # bands at either end that count as such
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
    line_strength: float
    seeds: int
    folds: int
    level: float
    reasoner_survivals: int
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
    """Return the scorecard that `outcomes` give: the mean of two kinds of additive cards, points of what is missing set last.

    One kind is boosted, a cut of one feature a round, for failure within each of the horizons; the other is a logistic regression
    on bent lines over the bands. Both give every band of every feature points that add up, and so does their mean.
    """
    edges = [_edges(outcomes.ratios[:, n], config.bands) for n in range(len(FEATURES))]
    codes = _codes(outcomes.ratios, edges)
    labels = [horizon(outcomes, years) for years in config.horizons]
    fits = [_boost(codes, label, config, seed) for label in labels for seed in range(config.seeds)]
    lines = _bend(codes, edges, outcomes.fails, config)
    cards = []
    for n, edge in enumerate(edges):
        shape = (_boosted_shape(fits, codes.shape[1], n, len(edge) + 1) + lines[n]) / 2
        cards.append(_card(n, edge, shape - _mean_of(shape, codes[:, n]), outcomes.ratios[:, n]))
    return _with_missing(Scorecard(cards, 0.0), outcomes, config.seed)


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


def _boosted_shape(fits: Sequence[HistGradientBoostingClassifier], features: int, column: int, count: int) -> Matrix:
    """Return a feature's points, one for each of its bands, all else held equal: each round cuts one feature alone."""
    probe = np.zeros((count, features))
    probe[:, column] = range(count)
    total: Matrix = np.mean([fit.decision_function(probe) for fit in fits], axis=0)
    return total


def _bend(codes: Matrix, edges: Sequence[Matrix], fails: Rows, config: Config) -> list[Matrix]:
    """Fit bent lines over the bands of all features together and return the points of each band."""
    counts = np.array([len(edge) for edge in edges])
    columns = _bent(codes, counts)
    model = LogisticRegression(C=config.line_strength, max_iter=300).fit(columns.reshape(len(codes), -1), fails)
    weights = model.coef_[0].reshape(columns.shape[1:])
    return [_bent(np.arange(count + 1.0)[:, None], count)[:, 0] @ weights[n] for n, count in enumerate(counts)]


def _bent(codes: Matrix, count: NDArray[np.int64] | int) -> Matrix:
    """Return the columns that bent lines are made of (a last axis): the band's place, hinges along the way, both ends."""
    place = np.where(np.isnan(codes), 0.5, codes / count)
    hinges = [np.maximum(0, place - knot) for knot in _KNOTS]
    return np.stack([place - 0.5, *hinges, codes <= _END, codes >= count - _END], axis=-1).astype(np.float64)


def _mean_of(shape: Matrix, codes: Matrix) -> float:
    return float(shape[codes[~np.isnan(codes)].astype(np.int64)].mean())


def _card(column: int, edges: Matrix, points: Matrix, values: Matrix) -> Card:
    seen = values[np.isfinite(values)]
    least, typical, most = np.quantile(seen, [_TAIL, 0.5, 1 - _TAIL]).tolist() if len(seen) else (0.0, 0.0, 0.0)
    return Card(FEATURES[column].id, edges, points, 0.0, typical, least, most)


def _with_missing(bare: Scorecard, outcomes: Outcomes, seed: int) -> Scorecard:
    """Return the scorecard with points for what is missing, fitted on the same firms with accounts taken away here and there.

    Listed firms publish everything, a small borrower does not: what is missing must neither help nor harm beyond what came of firms
    of which the same is known. Where the whole prior period is missing, that is what came of firms in their first year.
    """
    rng = np.random.default_rng(seed)
    few = ratios({name: np.where(rng.random(len(outcomes)) < _TAKEN_AWAY, np.nan, column) for name, column in outcomes.accounts.items()})
    seen = np.concatenate([outcomes.ratios, few])
    missing = np.isnan(seen)
    known = bare.points(seen).sum(axis=1)
    columns = np.column_stack([missing / np.sqrt(_SHRINK), known])
    model = LogisticRegression(C=1.0, max_iter=500).fit(columns, np.concatenate([outcomes.fails, outcomes.fails]))
    *learnt, slope = model.coef_[0].tolist()
    points = np.array(learnt) / np.sqrt(_SHRINK) / max(slope, 0.1)
    return Scorecard([replace(card, missing=float(each)) for card, each in zip(bare.cards, points, strict=True)], bare.intercept)


# -- calibration -------------------------------------------------------------------------------------------------------


def calibrate(log_odds: Matrix, fails: Rows, central_tendency: float | None = None) -> Stacker:
    """Return the calibration of log-odds: intercept and slope from 50 defaults on; below, the level alone.

    With fewer defaults the table cannot tell its own rate: `central_tendency`, the long-run default rate, must be stated.
    Raises UsageError where it is not.
    """
    if fails.sum() >= DEFAULTS_FOR_A_SLOPE and central_tendency is None:
        return stack(log_odds, fails)
    if central_tendency is None:
        raise UsageError(
            f"The table holds {int(fails.sum())} defaults; from {DEFAULTS_FOR_A_SLOPE} on it can be calibrated by itself."
            " State the long-run default rate of your borrowers with --central-tendency, such as 0.015."
        )
    if not 0 < central_tendency < 1:
        raise UsageError(f"A central tendency of {central_tendency} is no rate: write 0.015 for 1.5 %.")
    return Stacker(float(brentq(lambda level: Stacker(level, 1.0).probability(log_odds).mean() - central_tendency, -40, 40)), 1.0)


def stack(log_odds: Matrix, fails: Rows) -> Stacker:
    """Return the stacker of the scorecard's log-odds alone."""
    model = LogisticRegression(C=np.inf).fit(log_odds[:, None], fails)
    return Stacker(float(model.intercept_[0]), float(model.coef_[0, 0]))


def stack_both(log_odds: Matrix, outcomes: Outcomes) -> Stacker:
    """Return the stacker of the scorecard's log-odds and the reasoner's grades, from the firm-years that it was asked of."""
    asked = outcomes.asked
    if outcomes.signal is None:
        raise UsageError("The table holds no reasoner_signal.")
    parts = np.column_stack([log_odds, outcomes.signal])[asked]
    model = LogisticRegression(C=np.inf).fit(parts, outcomes.fails[asked], sample_weight=outcomes.weights[asked])
    return Stacker(float(model.intercept_[0]), *model.coef_[0].tolist())


def conformal_bounds(probabilities: Matrix, fails: Rows, level: float) -> Bounds:
    """Return the bounds by which at most a share `level` of failures, and of survivals, is ruled out wrongly (one class at a time)."""
    failed, survived = np.sort(probabilities[fails]), np.sort(probabilities[~fails])
    low = failed[max(0, int(np.floor(level * (len(failed) + 1))) - 1)]
    high = survived[min(len(survived) - 1, int(np.ceil((1 - level) * (len(survived) + 1))) - 1)]
    return Bounds(float(low), float(high))


@dataclass(frozen=True, slots=True)
class CrossFitted:
    """Predictions on the years after the fit, each by a card and a calibration that saw nothing of the firm.

    `predictors` holds a probability a row by the name of what gave it: the whole, and with parts left out.
    """

    outcomes: Outcomes
    log_odds: Matrix
    predictors: dict[str, Matrix]


def cross_fit(outcomes: Outcomes, config: Config) -> CrossFitted:
    """Return cross-fitted predictions on the years that choose and calibrate, by groups of firms."""
    early = outcomes.between(config.first_year, config.fit_until)
    late = outcomes.between(config.fit_until + 1, config.choose_until)
    own_early, own_late = (_folds(part, config) for part in (early, late))
    log_odds, current = np.empty(len(late)), np.empty(len(late))
    bare = without_prior(late)
    for fold in range(config.folds):
        card, held = fit_scorecard(early.take(own_early != fold), config), own_late == fold
        log_odds[held], current[held] = card.log_odds(late.ratios[held]), card.log_odds(bare[held])
    predictors = {WHOLE: np.empty(len(late)), CURRENT: np.empty(len(late))}
    if late.signal is not None:
        predictors |= {BOTH: np.empty(len(late)), REASONER: late.signal}
    for fold in range(config.folds):
        held, rest = own_late == fold, own_late != fold
        stacker = stack(log_odds[rest], late.fails[rest])
        predictors[WHOLE][held] = stacker.probability(log_odds[held])
        predictors[CURRENT][held] = stacker.probability(current[held])
        if late.signal is not None:
            predictors[BOTH][held] = stack_both(log_odds[rest], late.take(rest)).probability(log_odds[held], late.signal[held])
    return CrossFitted(late, log_odds, predictors)


def _folds(outcomes: Outcomes, config: Config) -> NDArray[np.int64]:
    """Return the fold of every row: that of its firm, whatever the table."""
    return np.array([crc32(f"{config.seed} {firm}".encode()) % config.folds for firm in outcomes.firm.tolist()])


# -- the run -----------------------------------------------------------------------------------------------------------


def main(config: Config, outcomes: Outcomes, out: Path) -> list[RiskFigure]:
    """Fit, calibrate and measure as `config` says, write the weights and their card to `out`, and return the figures.

    Raises UsageError where the table does not reach over the years of the configuration, or holds too few failures.
    """
    early, late = outcomes.between(config.first_year, config.fit_until), outcomes.between(config.fit_until + 1, config.choose_until)
    for part, first, last in ((early, config.first_year, config.fit_until), (late, config.fit_until + 1, config.choose_until)):
        if part.fails.sum() < DEFAULTS_FOR_A_SLOPE:
            raise UsageError(
                f"The table holds {int(part.fails.sum())} failures in {first}–{last}; a scorecard needs {DEFAULTS_FOR_A_SLOPE} to be"
                " fitted on and as many to be calibrated on. Set the years in the configuration, or calibrate the scorecard in"
                " service instead: --recalibrate."
            )
    crossed = cross_fit(outcomes, config)
    figures = crossed_figures(crossed)
    card = fit_scorecard(early, config)
    stackers = {"alone": calibrate(card.log_odds(late.ratios), late.fails)}
    if gains_by_the_reasoner(figures):
        stackers["with_signal"] = stack_both(crossed.log_odds, late)
    bounds = conformal_bounds(crossed.predictors[WHOLE], late.fails, config.level)
    ensemble = Ensemble(card, stackers, bounds, LISTED, ModelVersion("ensemble", config.version, ""))
    data = {"rows": len(outcomes), "failures": int(outcomes.fails.sum()), "attribution": ATTRIBUTION, "signal": outcomes.signal_by}
    write_ensemble(out, ensemble, _card_of(config.version, asdict(config), data, figures))
    return figures


def crossed_figures(crossed: CrossFitted) -> list[RiskFigure]:
    """Return the figures of cross-fitted predictions beside Altman's Z'', and what the reasoner is worth where it was asked."""
    given, late = crossed.predictors, crossed.outcomes
    alone = {name: given[name] for name in (WHOLE, CURRENT)}
    figures = measure(late, alone | {"Altman Z''": altman(late)}, list(alone))
    if late.signal is None:
        return figures
    asked = late.asked
    part = f"{ASKED} ({int(asked.sum())} firm-years, {int(late.fails[asked].sum())} failures)"
    return [*figures, *measure(late, {name: given[name] for name in (BOTH, WHOLE, REASONER)}, [BOTH, WHOLE], {part: late.weights})]


def gains_by_the_reasoner(figures: Sequence[RiskFigure]) -> bool:
    """Say whether scorecard and reasoner together are better than the scorecard alone, beyond what chance would do."""
    return any(each.predictor == BOTH and each.name == f"AUC above {WHOLE}" and each.low > 0 for each in figures)


def recalibrate(ensemble: Ensemble, outcomes: Outcomes, config: Config, central_tendency: float | None) -> Ensemble:
    """Return the ensemble with its points as they are, calibrated on a lender's own outcomes.

    The conformal bounds are made anew from 50 defaults on; below, the old ones move with the level.
    """
    log_odds, defaults = ensemble.scorecard.log_odds(outcomes.ratios), int(outcomes.fails.sum())
    stacker = calibrate(log_odds, outcomes.fails, central_tendency)
    if defaults >= DEFAULTS_FOR_A_SLOPE:
        bounds = conformal_bounds(stacker.probability(log_odds), outcomes.fails, config.level)
    else:
        bounds = ensemble.bounds_under(stacker)
    how = f"central tendency {central_tendency:.2%}" if central_tendency is not None else "intercept and slope"
    meaning = f"default probability within a year of this lender's borrowers, calibrated on {defaults} defaults ({how})"
    return Ensemble(ensemble.scorecard, {"alone": stacker}, bounds, meaning, ensemble.version)


def main_recalibrated(
    ensemble: Ensemble, outcomes: Outcomes, config: Config, central_tendency: float | None, out: Path
) -> list[RiskFigure]:
    """Calibrate `ensemble` on a lender's outcomes, write it and its card to `out`, and return its figures there."""
    made = recalibrate(ensemble, outcomes, config, central_tendency)
    figures = in_service_figures(outcomes, made)
    data = {"rows": len(outcomes), "failures": int(outcomes.fails.sum()), "attribution": f"points: {ATTRIBUTION}"}
    write_ensemble(out, made, _card_of(f"{ensemble.version.version}, recalibrated", asdict(config), data, figures))
    return figures


def _card_of(version: str, config: Mapping[str, Any], data: Mapping[str, Any], figures: Sequence[RiskFigure]) -> dict[str, Any]:
    return {
        "version": version,
        "config": config,
        "data": data,
        "metrics": [asdict(figure) for figure in figures],
        "date": datetime.now(UTC).date().isoformat(),
        "licence": "no base model: fitted from nothing on the table of outcomes named under data",
    }
