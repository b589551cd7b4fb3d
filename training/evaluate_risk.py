"""What the probability of default is worth: every figure of the scorecard on a table of outcomes, with intervals over firms.

Firms are drawn again as a whole, since the years of one firm resemble one another. The figures are of listed firms: none of
them says how well small private borrowers are told apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ensemble import Ensemble
from models.risk_ratios import ACCOUNTS, Column, ratios
from models.scorecard import Matrix
from training.outcomes import Outcomes

_DRAWS = 500
_INTERVAL = (0.025, 0.975)
_RISKIEST = 0.10
#: Sales in millions, from and up to.
BANDS = ((0.0, 1.0), (1.0, 50.0), (50.0, 500.0), (500.0, np.inf))
#: How the part begins that holds the firm-years of which the reasoner was asked.
ASKED = "asked of the reasoner"
_LEAST = 5  # failures from which a band's figures are given

Weights = NDArray[np.float64]
Statistic = Callable[[Weights], float]
#: What each row counts, by the name of the part that is measured.
Parts = Mapping[str, Weights]


@dataclass(frozen=True, slots=True)
class RiskFigure:
    """One figure of one predictor on some firm-years, with its 95 % interval over firms."""

    predictor: str
    part: str
    name: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the figure as a line."""
        return f"{self.predictor:34s} {self.part:22s} {self.name:34s} {self.value:8.4f}  [{self.low:.4f}, {self.high:.4f}]"


def altman(outcomes: Outcomes) -> Matrix:
    """Return the risk that Altman's Z'' shows: its negative."""
    unknown = np.full(len(outcomes), np.nan)
    figure = {name: outcomes.accounts.get(name, unknown) for name in ACCOUNTS}
    assets, liabilities = figure["total_assets"], figure["total_liabilities"]
    earned = 6.56 * (figure["total_current_assets"] - figure["total_current_liabilities"])
    earned = earned + 3.26 * figure["retained_earnings"] + 6.72 * figure["operating_income"]
    with np.errstate(all="ignore"):
        return -np.nan_to_num(earned / assets + 1.05 * (assets - liabilities) / liabilities)


def without_prior(outcomes: Outcomes) -> Column:
    """Return what the scorecard weighs where nothing is known of the prior period."""
    return ratios({name: column for name, column in outcomes.accounts.items() if name in ACCOUNTS})


# -- figures -----------------------------------------------------------------------------------------------------------


def measure(
    outcomes: Outcomes, predictors: Mapping[str, Matrix], calibrated: Sequence[str], parts: Parts | None = None
) -> list[RiskFigure]:
    """Return the figures of every predictor (a risk a row) on `parts`: by default all firm-years, and each band of sales.

    Those named in `calibrated` are probabilities: their mean is compared with the rate observed. The first predictor is also
    compared with each of the others.
    """
    drawn = _draw(outcomes.firm, _DRAWS)
    out: list[RiskFigure] = []
    for part, counts in (parts or _by_sales(outcomes)).items():
        rows = counts > 0
        fails = outcomes.fails[rows]
        if fails.sum() < _LEAST:
            continue
        weights = drawn[:, rows] * counts[rows]
        areas = {name: area_under_curve(risk[rows], fails) for name, risk in predictors.items()}
        first = next(iter(areas))
        for name, risk in predictors.items():
            out.append(_figure(name, part, "AUC", areas[name], weights))
            out.append(_figure(name, part, "failures in the riskiest 10 %", caught(risk[rows], fails), weights))
            if name in calibrated:
                out.append(_figure(name, part, "mean probability / observed rate", level(risk[rows], fails), weights))
            if name != first and part not in map(_band_name, BANDS):
                out.append(_figure(first, part, f"AUC above {name}", _difference(areas[first], areas[name]), weights))
    return out


def _by_sales(outcomes: Outcomes) -> Parts:
    sales = outcomes.accounts.get("revenue", np.full(len(outcomes), np.nan)) / 1e6
    bands = {_band_name(band): (sales >= band[0]) & (sales < band[1]) for band in BANDS}
    return {"all": np.ones(len(outcomes))} | {name: rows.astype(np.float64) for name, rows in bands.items()}


def _band_name(band: tuple[float, float]) -> str:
    low, high = band
    return f"sales {low:g}–{high:g} m" if np.isfinite(high) else f"sales from {low:g} m"


def _draw(firm: NDArray[np.str_], draws: int) -> Weights:
    """Return how often each row counts, a draw a row: firms drawn with replacement. The first row is the table as it is."""
    names, place = np.unique(firm, return_inverse=True)
    rng = np.random.default_rng(1)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=draws)
    return np.vstack([np.ones(len(firm)), counts[:, place]]).astype(np.float64)


def _figure(predictor: str, part: str, name: str, statistic: Statistic, weights: Weights) -> RiskFigure:
    values = np.array([statistic(each) for each in weights])
    low, high = np.nanquantile(values[1:], _INTERVAL).tolist()
    return RiskFigure(predictor, part, name, float(values[0]), low, high)


def _difference(one: Statistic, other: Statistic) -> Statistic:
    return lambda weights: one(weights) - other(weights)


def area_under_curve(risk: Matrix, fails: NDArray[np.bool_]) -> Statistic:
    """Return the area under the ROC curve as a function of weights; ties count half."""
    _, place = np.unique(risk, return_inverse=True)
    size = int(place.max()) + 1

    def area(weights: Weights) -> float:
        failed = np.bincount(place[fails], weights[fails], size)
        survived = np.bincount(place[~fails], weights[~fails], size)
        below = np.cumsum(survived) - survived / 2
        whole = failed.sum() * survived.sum()
        return float((failed * below).sum() / whole) if whole else np.nan

    return area


def caught(risk: Matrix, fails: NDArray[np.bool_]) -> Statistic:
    """Return the share of failures among the riskiest tenth as a function of weights."""
    order = np.argsort(-risk, kind="stable")

    def share(weights: Weights) -> float:
        sorted_weights = weights[order]
        inside = np.cumsum(sorted_weights) <= _RISKIEST * sorted_weights.sum()
        failed = sorted_weights * fails[order]
        return float(failed[inside].sum() / failed.sum()) if failed.any() else np.nan

    return share


def level(probability: Matrix, fails: NDArray[np.bool_]) -> Statistic:
    """Return the mean probability by the rate observed as a function of weights."""
    return lambda weights: float((weights * probability).sum() / failed) if (failed := (weights * fails).sum()) else np.nan


def in_service_figures(outcomes: Outcomes, ensemble: Ensemble) -> list[RiskFigure]:
    """Return the figures of the ensemble as it is, with and without the prior period, beside Altman's Z''."""
    stacker, card = ensemble.stacker(with_signal=False), ensemble.scorecard
    predictors = {
        "scorecard": stacker.probability(card.log_odds(outcomes.ratios)),
        "scorecard, current period alone": stacker.probability(card.log_odds(without_prior(outcomes))),
    }
    return measure(outcomes, predictors | {"Altman Z''": altman(outcomes)}, list(predictors))
