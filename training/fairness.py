"""Fairness of outcomes by any group column that a lender supplies: adverse impact, gaps, controlled effect, proxies.

Gates use it, rating never. Groups are known to this job alone: no feature, no model and no analyst sees them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from app.errors import UsageError

Flags = Sequence[bool] | NDArray[np.bool_]
Matrix = NDArray[np.float64]
_Z = 1.959963984540054
_FOLDS = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class GroupGap:
    """A group beside the reference group: how many, the share with the good outcome, and how both compare.

    `opportunity` is the gap among those who deserved it (equal opportunity); None where nobody says who did.
    """

    group: str
    reference: str
    count: int
    rate: float
    adverse_impact_ratio: Estimate
    gap: Estimate
    opportunity: Estimate | None


def gaps(good: Flags, groups: Sequence[str], reference: str, deserved: Flags | None = None) -> tuple[GroupGap, ...]:
    """Return each group beside the reference: adverse impact ratio, gap of the rates and, with `deserved`, of equal opportunity.

    Source: the four-fifths rule, 29 CFR 1607.4(D); Hardt, Price and Srebro, Equality of Opportunity in Supervised Learning, 2016.
    Intervals: Katz for the ratio, Newcombe for differences.
    """
    outcome, of, worthy = np.asarray(good, bool), np.asarray(groups), None if deserved is None else np.asarray(deserved, bool)
    if reference not in of:
        raise UsageError(f"No row is of the reference group {reference}.")
    found = []
    for group in sorted(set(groups) - {reference}):
        own, other = outcome[of == group], outcome[of == reference]
        among = None if worthy is None else difference(outcome[(of == group) & worthy], outcome[(of == reference) & worthy])
        found.append(GroupGap(group, reference, len(own), float(own.mean()), ratio(own, other), difference(own, other), among))
    return tuple(found)


def ratio(own: NDArray[np.bool_], other: NDArray[np.bool_]) -> Estimate:
    """Return the ratio of two shares, as 0.743 of 67.5 % beside 90.8 %; where nobody has the outcome, half a case is added to each."""
    if not len(own) or not len(other):
        return Estimate(math.nan, math.nan, math.nan)
    add = 0.5 if not own.any() or not other.any() else 0.0
    a, n, b, m = own.sum() + add, len(own) + add, other.sum() + add, len(other) + add
    value, spread = (a / n) / (b / m), _Z * math.sqrt(max(0.0, 1 / a - 1 / n + 1 / b - 1 / m))
    return Estimate(float(value), float(value * math.exp(-spread)), float(value * math.exp(spread)))


def difference(own: NDArray[np.bool_], other: NDArray[np.bool_]) -> Estimate:
    """Return the difference of two shares."""
    if not len(own) or not len(other):
        return Estimate(math.nan, math.nan, math.nan)
    (p, p_low, p_high), (q, q_low, q_high) = _share(own), _share(other)
    return Estimate(p - q, p - q - math.hypot(p - p_low, q_high - q), p - q + math.hypot(p_high - p, q - q_low))


@dataclass(frozen=True, slots=True)
class ControlledEffect:
    """What belonging to a group adds to the probability of the good outcome among cases alike in the controls.

    `points` by the linear probability model with errors robust to heteroskedasticity, `logistic` by a logistic regression (average
    marginal effect).
    """

    points: Estimate
    logistic: float
    rows: int


def controlled_effect(good: Flags, member: Flags, controls: Matrix) -> ControlledEffect:
    """Return the effect of membership, the controls held. Rows in which a control is missing do not count."""
    whole = np.isfinite(controls).all(axis=1)
    y, m, x = np.asarray(good, float)[whole], np.asarray(member, float)[whole], np.asarray(controls, float)[whole]
    design = np.column_stack([m, x, np.ones(len(y))])
    if len(y) <= design.shape[1]:
        raise UsageError(f"{len(y)} rows are too few for {design.shape[1] - 2} controls.")
    inverse = np.linalg.pinv(design.T @ design)
    beta = inverse @ design.T @ y
    left = (y - design @ beta)[:, None] * design
    spread = _Z * math.sqrt(float((inverse @ left.T @ left @ inverse)[0, 0]) * len(y) / (len(y) - design.shape[1]))
    points = Estimate(float(beta[0]), float(beta[0]) - spread, float(beta[0]) + spread)
    return ControlledEffect(points, _marginal(y, m, x), len(y))


def proxy_strength(features: Matrix, member: Flags) -> float:
    """Return how well the features tell membership: the AUC of a cross-validated logistic regression, 0.5 when not at all.

    A model on features that tell a group well can treat it differently without ever being given it.
    """
    is_member, whole = np.asarray(member, bool), np.nan_to_num(np.asarray(features, float))
    if min(is_member.sum(), (~is_member).sum()) < _FOLDS:
        raise UsageError(f"A proxy test takes {_FOLDS} rows in the group and {_FOLDS} outside of it.")
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    said = cross_val_predict(model, whole, is_member, cv=_FOLDS, method="predict_proba")[:, 1]
    order = said.argsort().argsort() + 1.0
    for value in np.unique(said):
        order[said == value] = order[said == value].mean()
    count = int(is_member.sum())
    return float((order[is_member].sum() - count * (count + 1) / 2) / (count * (len(said) - count)))


def _marginal(y: NDArray[np.float64], member: NDArray[np.float64], controls: Matrix) -> float:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1e6, max_iter=2000)).fit(np.column_stack([member, controls]), y)
    as_member, as_other = (np.column_stack([np.full(len(y), each), controls]) for each in (1.0, 0.0))
    return float((model.predict_proba(as_member)[:, 1] - model.predict_proba(as_other)[:, 1]).mean())


def _share(flags: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return a share and its 95 % Wilson interval."""
    n, p = len(flags), float(flags.mean())
    d = 1 + _Z * _Z / n
    centre, half = (p + _Z * _Z / (2 * n)) / d, _Z * math.sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n)) / d
    return p, centre - half, centre + half
