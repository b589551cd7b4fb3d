"""The reasoner's expected grade on firm-years of a table of outcomes: the signal that the ensemble is fitted with.

A firm-year takes a tenth of a second or more: grades are kept in the cache by reasoner and facts, and a run that was stopped goes on.
"""

import hashlib
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.domain import FactLine
from app.reasoning import Reasons, facts_of_rows
from models.ensemble import expected_grade
from training.outcome_records import FITTED_YEARS, firms_seen
from training.outcomes import Outcomes

log = logging.getLogger(__name__)
_TOLD_EVERY = 500
_SEED = 0

Rows = NDArray[np.bool_]


def draw(outcomes: Outcomes, years: tuple[int, int], survivals: int, unfit: frozenset[str]) -> Rows:
    """Say which firm-years within `years` the reasoner is asked of: every failure and `survivals` drawn at random.

    Then those of the firms `unfit` are left out: it was trained on them.
    """
    rows = (outcomes.year >= years[0]) & (outcomes.year <= years[1])
    survived = np.random.default_rng(_SEED).permutation(np.flatnonzero(rows & ~outcomes.fails))[:survivals]
    chosen = rows & outcomes.fails
    chosen[survived] = True
    fit: Rows = chosen & ~np.isin(outcomes.firm, sorted(unfit))
    return fit


def firms_trained_on(reasoner_dir: Path, table: Path) -> frozenset[str]:
    """Return the firms of `table` whose fate the reasoner in `reasoner_dir` was trained on, as its card tells."""
    card = json.loads((reasoner_dir / "card.json").read_text(encoding="utf-8"))
    config = card["config"]
    return firms_seen(table, config["outcome_records"], FITTED_YEARS, config["seed"]) if card["training"]["of real firms"] else frozenset()


def with_signal(outcomes: Outcomes, rows: Rows, reasoner: Reasons, cache_dir: Path) -> Outcomes:
    """Return `outcomes` with the reasoner's expected grade of `rows`, NaN of the others; what the cache knows is not asked again."""
    grades = Grades(cache_dir / "training" / f"signal-{_named(reasoner)}.jsonl", reasoner)
    chosen, signal = outcomes.take(rows), np.full(len(outcomes), np.nan)
    found = []
    for number, facts in enumerate(facts_of_rows(chosen.accounts, len(chosen)), 1):
        found.append(grades.of(facts))
        if number % _TOLD_EVERY == 0:
            log.info("%d of %d firm-years", number, len(chosen))
    signal[rows] = found
    version = reasoner.version
    return replace(outcomes, signal=signal, signal_by=f"reasoner {version.version}, {version.sha256[:16]}")


def _named(reasoner: Reasons) -> str:
    """Return what tells one reasoner from another in the name of a file."""
    return hashlib.sha256(f"{reasoner.version.version} {reasoner.version.sha256}".encode()).hexdigest()[:12]


class Grades:
    """Expected grades by facts: a line of a file each, added as soon as it is known."""

    def __init__(self, path: Path, reasoner: Reasons) -> None:
        self._path, self._reasoner = path, reasoner
        self._known: dict[str, float] = dict(_read(path))

    def of(self, facts: Sequence[FactLine]) -> float:
        """Return the reasoner's expected grade of `facts`; NaN where it gives none."""
        key = hashlib.sha256(repr(tuple(facts)).encode()).hexdigest()[:32]
        if key not in self._known:
            signal = self._reasoner.explain(facts).signal if facts else ()
            self._known[key] = expected_grade(signal) if signal else math.nan
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, self._known[key]]) + "\n")
        return self._known[key]


def _read(path: Path) -> Mapping[str, float]:
    """Return what the file holds; its last line may have been cut off by a stop."""
    found: dict[str, float] = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else []:
        try:
            key, grade = json.loads(line)
        except ValueError:
            continue
        found[key] = grade
    return found
