"""Bounds on the share of wrong figures among those that pass unseen: by company, since the errors of one company come together."""

import math
from collections.abc import Sequence

from scipy.optimize import brentq
from scipy.stats import binom


def upper_bound(losses: Sequence[float], level: float) -> float:
    """Return the Hoeffding-Bentkus bound on the mean of losses in 0..1 that holds with probability `level`.

    One loss for each company: companies are exchangeable, figures of one company are not.
    Source: Bates, Angelopoulos, Lei, Malik, Jordan: Distribution-free, risk-controlling prediction sets, 2021, proposition 1.
    """
    if not losses:
        return 1.0
    mean = sum(losses) / len(losses)
    if _chance(mean, len(losses), 1 - 1e-9) > 1 - level:
        return 1.0
    return float(brentq(lambda risk: _chance(mean, len(losses), risk) - (1 - level), max(mean, 1e-12), 1 - 1e-9))


def _chance(mean: float, count: int, risk: float) -> float:
    """Return the largest probability of a mean as low as this, were the true risk `risk`."""
    if mean >= risk:
        return 1.0
    apart = (mean * math.log(mean / risk) if mean else 0.0) + (1 - mean) * math.log((1 - mean) / (1 - risk))
    return min(math.exp(-count * apart), math.e * float(binom.cdf(math.ceil(count * mean), count, risk)))


def companies_needed(alpha: float, level: float) -> int:
    """Return how many companies without any error a bound of `alpha` needs."""
    return math.ceil(math.log(1 - level) / math.log(1 - alpha))
