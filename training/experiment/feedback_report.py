"""What the feedback experiment found: a table with intervals and a picture, from the results of its cells.

Intervals are bootstrapped over seeds and, within a seed, over documents; every version is measured on the same ones, so that differences
are of pairs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.experiment.analyst import QUEUE, RANDOM
from training.experiment.feedback_loop import Config
from training.experiment.feedback_plot import Course, draw

_LEVEL = 0.95
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Share:
    """A share of rows read wrong, or a difference of two: as measured, and each time as drawn again."""

    measured: float
    drawn: Floats

    def __sub__(self, other: "Share") -> "Share":
        return Share(self.measured - other.measured, self.drawn - other.drawn)

    def __truediv__(self, other: "Share") -> "Share":
        return Share(self.measured / other.measured, self.drawn / other.drawn)

    @property
    def interval(self) -> tuple[float, float]:
        """Return its 95 % interval."""
        low, high = np.quantile(self.drawn, ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2))
        return float(low), float(high)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{100 * self.measured:.2f} % ({100 * low:.2f} to {100 * high:.2f})"


def write(results: Sequence[Mapping[str, Any]], config: Config, folder: Path) -> list[str]:
    """Write table.json, errors.svg and errors.png of what is measured so far; return the table as text."""
    found = {(r["seed"], r["arm"], r["round"]): r for r in results}
    seeds = [s for s in config.seeds if any(r["seed"] == s for r in results)]
    rounds = [n for n in range(1, config.rounds + 1) if all((s, arm, n) in found for s in seeds for arm in (QUEUE, RANDOM))]
    family, others = (shares(found, what, (seeds, rounds), config.resamples) for what in ("family", "others"))
    last = rounds[-1] if rounds else 0
    out = [_row(found, (family, others), seeds, key) for key in family]
    if last:
        out.append(f"family, queue after round {last} by before: {family[QUEUE, last] / family['before', 0]}")
        out.append(f"errors left on the family, queue less random, after round {last}: {family[QUEUE, last] - family[RANDOM, last]}")
        out += [f"others, {arm} after round {last} less before: {others[arm, last] - others['before', 0]}" for arm in (QUEUE, RANDOM)]
        took = [r["seconds"]["retraining"] for r in results if r["round"]]
        processor = [r["seconds"]["retraining, processor"] for r in results if r["round"]]
        out.append(f"a retraining took {np.median(took):.0f} s (longest {max(took):.0f})")
        out.append(f"of processor time {np.median(processor):.0f} s (most {max(processor):.0f})")
    courses = [Course(arm, [_point(family["before", 0]), *(_point(family[arm, n]) for n in rounds)]) for arm in (QUEUE, RANDOM)]
    draw(courses, f"Rows read wrong on the unseen family ({config.family})", folder)
    (folder / "table.json").write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    return out


def shares(found: Mapping[Any, Any], what: str, of: tuple[Sequence[int], Sequence[int]], resamples: int) -> dict[tuple[str, int], Share]:
    """Return the share of rows wrong before and by arm and round, drawn again with the same seeds and documents throughout."""
    seeds, rounds = of
    keys = [("before", 0), *((arm, number) for number in rounds for arm in (QUEUE, RANDOM))]
    rng = np.random.default_rng(20_261_121)
    times = rng.multinomial(len(seeds), [1 / len(seeds)] * len(seeds), resamples).astype(float)
    drawn, measured = ({key: np.zeros((2, size)) for key in keys} for size in (resamples, 1))
    for place, seed in enumerate(seeds):
        documents = len(found[seed, "before", 0][what])
        again = rng.multinomial(documents, [1 / documents] * documents, resamples).astype(float)
        for key in keys:
            counted = np.array(found[seed, *key][what], float)
            drawn[key] += (again @ counted).T * times[:, place]
            measured[key] += counted.sum(axis=0)[:, None]
    return {key: Share(float(measured[key][0, 0] / measured[key][1, 0]), drawn[key][0] / drawn[key][1]) for key in keys}


def _point(share: Share) -> tuple[float, float, float]:
    return (share.measured, *share.interval)


def _row(found: Mapping[Any, Any], of: tuple[Mapping[Any, Share], Mapping[Any, Share]], seeds: Sequence[int], key: tuple[str, int]) -> str:
    """Return one row of the table: arm, round, looks and corrections of all seeds, errors on the family and on the others."""
    judged = [found[seed, *key]["judged"] for seed in seeds if key[1]]
    looks = sum(each["budget"] for each in judged)
    corrected = sum(n for each in judged for kind, n in each["gestures"].items() if kind in ("account", "not on the page"))
    told = f"{looks} looks, {corrected} corrections of {sum(each['predicted'] for each in judged)} predictions" if judged else "in service"
    return f"{key[0]} {key[1]} | {told} | family {of[0][key]} | others {of[1][key]}"
