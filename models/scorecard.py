"""The scorecard: points for each ratio by the band it lies in, added up to log-odds of failure. It explains itself.

Every feature has its bands (edges), the points of each and the points of a missing value. Nothing else is in it: the points
of a borrower are the whole of its score, and a feature is neutralised by giving it the average firm's, which are none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import SetupError

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Card:
    """One feature of the scorecard: `points[i]` for values up to `edges[i]`, the last for all above; `missing` where there is none.

    Points are log-odds against the average firm, which has none. `typical` is the value in the middle of those seen; `least` and
    `most` bound them.
    """

    feature: str
    edges: Matrix
    points: Matrix
    missing: float
    typical: float
    least: float
    most: float

    def score(self, values: Matrix) -> Matrix:
        """Return the points of `values`."""
        return np.where(np.isnan(values), self.missing, self.points[bands(self.edges, values)])

    def lies_outside(self, values: Matrix) -> NDArray[np.bool_]:
        """Say which of `values` the fit has not seen the like of; what is missing lies nowhere."""
        return (values < self.least) | (values > self.most)


def bands(edges: Matrix, values: Matrix) -> NDArray[np.int64]:
    """Return the number of the band that each value lies in; a value on an edge belongs to the band below."""
    return np.searchsorted(edges, values, side="left").astype(np.int64).clip(0, len(edges))


class Scorecard:
    """Cards in the order of the features they are for, and the log-odds of the average firm, which has no points."""

    def __init__(self, cards: Sequence[Card], intercept: float) -> None:
        """Take the cards, one a feature, in the order of the matrix's columns."""
        self.cards, self.intercept = tuple(cards), intercept

    def points(self, ratios: Matrix) -> Matrix:
        """Return the points of every row and feature, in log-odds."""
        return np.column_stack([card.score(ratios[:, n]) for n, card in enumerate(self.cards)])

    def log_odds(self, ratios: Matrix) -> Matrix:
        """Return the log-odds of every row."""
        total: Matrix = self.intercept + self.points(ratios).sum(axis=1)
        return total

    def outside(self, ratios: Matrix) -> NDArray[np.bool_]:
        """Say, for every row and feature, whether the value lies outside what the fit has seen."""
        return np.column_stack([card.lies_outside(ratios[:, n]) for n, card in enumerate(self.cards)])

    def to_plain(self) -> dict[str, Any]:
        """Return the scorecard as JSON holds it."""
        plain = [
            {
                "feature": card.feature,
                "edges": card.edges.tolist(),
                "points": card.points.tolist(),
                **{name: getattr(card, name) for name in ("missing", "typical", "least", "most")},
            }
            for card in self.cards
        ]
        return {"intercept": self.intercept, "cards": plain}


def from_plain(plain: Mapping[str, Any], features: Sequence[str]) -> Scorecard:
    """Return the scorecard that `to_plain` wrote. Raises SetupError where it is not one for `features`."""
    try:
        cards = [_card(each) for each in plain["cards"]]
        intercept = float(plain["intercept"])
    except (KeyError, TypeError, ValueError) as error:
        said = f"The weights of the scorecard are damaged ({error!r}). Restore them, or run `loanlens train ensemble`."
        raise SetupError(said) from error
    if [card.feature for card in cards] != list(features):
        raise SetupError("The weights of the scorecard are for other ratios than this version weighs. Run `loanlens train ensemble`.")
    return Scorecard(cards, intercept)


def _card(plain: Mapping[str, Any]) -> Card:
    edges, points = (np.array(plain[name], dtype=np.float64) for name in ("edges", "points"))
    if len(points) != len(edges) + 1 or np.any(np.diff(edges) <= 0) or not np.all(np.isfinite(points)):
        raise ValueError(f"{plain['feature']}: the bands do not hold together")
    return Card(plain["feature"], edges, points, *(float(plain[name]) for name in ("missing", "typical", "least", "most")))
