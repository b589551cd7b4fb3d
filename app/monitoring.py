"""Watches the models in service: drift of what they are given and say, calibration on the audit sample, corrections, overrides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.domain import User
from app.settings import Settings
from app.store import audit_samples, monitoring
from app.store.monitoring import Counts

_BINS = 10
_FEWEST = 30  # values on each side below which nothing is said of their drift


@dataclass(frozen=True, slots=True)
class Drift:
    """How values since a day differ from those before: population stability index, p value of the Kolmogorov-Smirnov test, how many."""

    of: str
    stability: float
    p: float
    before: int
    now: int
    is_alert: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure to watch: its value, what it was before (None: nothing to compare), the limit and whether it is beyond."""

    name: str
    value: float | None
    before: float | None
    limit: float
    is_alert: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """What watching showed since a day, beside as long a time before it."""

    since: date
    drifts: tuple[Drift, ...]
    measures: tuple[Measure, ...]

    @property
    def alerts(self) -> tuple[str, ...]:
        """Return what is beyond its limit, by name."""
        return tuple(each.of for each in self.drifts if each.is_alert) + tuple(each.name for each in self.measures if each.is_alert)


def watch(connection: Connection, user: User, settings: Settings, since: date, until: date) -> Watch:
    """Return how the time from a day until before another compares with as long a time before it."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    return watched(connection, user.lender_id, settings, since, until)


def watched(connection: Connection, lender_id: str, settings: Settings, since: date, until: date) -> Watch:
    """Return the same for the machine, which retrains on an alert."""
    start = since - (until - since)
    of = connection, lender_id
    before, now = monitoring.samples(*of, start, since), monitoring.samples(*of, since, until)
    drifts = [drift(name, before.get(name, ()), values, settings) for name, values in sorted(now.items())]
    counted = monitoring.counts(*of, start, since), monitoring.counts(*of, since, until)
    checked = [(each.confidence, each.correction_id is None) for each in audit_samples.checked_figures(*of)]
    return Watch(since, tuple(each for each in drifts if each), _measures(*counted, checked, settings))


def month(today: date) -> tuple[date, date]:
    """Return the last 30 days: the first of them, and the day after the last."""
    return today - timedelta(days=29), today + timedelta(days=1)


def drift(of: str, before: Sequence[float], now: Sequence[float], settings: Settings) -> Drift | None:
    """Return how far values moved; None where either side has too few.

    An alert takes both: a stability index beyond its limit, and a test by which that is no chance.
    """
    if min(len(before), len(now)) < _FEWEST:
        return None
    stability, p = stability_index(before, now), ks_p(before, now)
    return Drift(of, stability, p, len(before), len(now), stability > settings.drift_psi and p < settings.drift_ks)


def stability_index(before: Sequence[float], now: Sequence[float]) -> float:
    """Return the population stability index over tenths of the values before: 0.1 is a small shift, 0.25 a large one (Siddiqi 2006)."""
    edges = np.unique(np.quantile(before, np.linspace(0, 1, _BINS + 1)[1:-1]))
    shares = []
    for values in (before, now):
        counted = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
        shares.append((counted + 0.5) / (len(values) + 0.5 * len(counted)))
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def ks_p(before: Sequence[float], now: Sequence[float]) -> float:
    """Return the p value of the two-sample Kolmogorov-Smirnov test, by its limiting distribution with Stephens' correction."""
    a, b = np.sort(before), np.sort(now)
    every = np.concatenate([a, b])
    apart = np.abs(np.searchsorted(a, every, side="right") / len(a) - np.searchsorted(b, every, side="right") / len(b)).max()
    root = math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    at = (root + 0.12 + 0.11 / root) * float(apart)
    if at < 0.2:
        return 1.0
    series = 2 * sum((1.0 if k % 2 else -1.0) * math.exp(-2 * k * k * at * at) for k in range(1, 101))
    return min(1.0, max(0.0, series))


def _measures(before: Counts, now: Counts, checked: Sequence[tuple[float, bool]], settings: Settings) -> tuple[Measure, ...]:
    said, right = (sum(each[side] for each in checked) / len(checked) if checked else None for side in (0, 1))
    off = None if said is None or right is None else said - right
    accepted = _share(now.accepted, now.figures), _share(before.accepted, before.figures)
    fell = None not in accepted and (accepted[1] or 0) - (accepted[0] or 0) > settings.drift_acceptance
    corrected = _share(now.corrected, now.figures)
    overridden = _share(now.overrides, now.decisions)
    return (
        Measure("correction rate", corrected, _share(before.corrected, before.figures), *_beyond(corrected, settings.drift_corrections)),
        Measure("accepted unseen", *accepted, settings.drift_acceptance, fell),
        Measure("override rate", overridden, _share(before.overrides, before.decisions), *_beyond(overridden, settings.drift_overrides)),
        Measure("confidence beyond correctness, audit sample", off, None, *_beyond(off, settings.drift_calibration)),
        Measure("cleared by policy", _share(now.cleared, now.assessments), _share(before.cleared, before.assessments), 1.0, False),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _beyond(value: float | None, limit: float) -> tuple[float, bool]:
    return limit, value is not None and abs(value) > limit
