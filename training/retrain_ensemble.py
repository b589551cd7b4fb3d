"""Calibrates the ensemble in service anew from what became of loans: `loanlens retrain ensemble --dataset HASH`.

The points stay: a lender's own failures are too few to fit them on, and so nothing is forgotten. The level moves, and from 50 failures on
the slope. It takes a second, so there is nothing to resume. The champion is only read.
"""

import json
import math
from collections.abc import Sequence

import numpy as np

from app.errors import SetupError, UsageError
from models.ensemble import Ensemble, load_ensemble, write_ensemble
from models.risk_ratios import ACCOUNTS
from training import gates, lesson_gates, splits, train_ensemble
from training.challenger import Challenger, Places, named
from training.datasets import Dataset
from training.lessons import KnownOutcome
from training.outcomes import Outcomes

_LEAST = 1e-6


def name_of(made: Dataset, central_tendency: float | None, champion: str) -> str:
    """Return the challenger's version: of which dataset, and a hash of all that decides it."""
    return named(made, {"central tendency": central_tendency, "champion": champion})


def main(made: Dataset, config: train_ensemble.Config, places: Places, central_tendency: float | None = None) -> Challenger:
    """Calibrate a challenger on the outcomes of a version that train and choose. Raises UsageError where a gate fails.

    Below 50 failures the lender's long-run default rate must be stated.
    """
    gates.refuse_failing(lesson_gates.check_outcomes(made, gates.read_bounds()))
    champion = load_ensemble(places.champion)
    learnt = outcomes_of([each for each in made.outcomes if each.part in (splits.TRAIN, splits.CHOOSE)])
    if learnt.fails.all() or not learnt.fails.any():
        raise UsageError("The outcomes to learn from all ended alike. Both failures and survivals are needed.")
    version = name_of(made, central_tendency, champion.version.sha256)
    folder = places.out / version
    after = train_ensemble.recalibrate(champion, learnt, config, central_tendency)
    card = {
        "version": version,
        "dataset": made.hash,
        "champion": champion.version.sha256,
        "central tendency": central_tendency,
        "data": {"rows": len(learnt), "failures": int(learnt.fails.sum())},
        "metrics": {name: measure(each, made) for name, each in (("champion", champion), ("challenger", after))},
        "licence": "as the champion",
    }
    try:
        write_ensemble(folder, after, card)
    except OSError as error:
        raise SetupError(f"The challenger could not be written to {folder}: {error.strerror}. Make room, and run this again.") from error
    return Challenger(folder, load_ensemble(folder).version.sha256, json.loads((folder / "card.json").read_text(encoding="utf-8")))


def outcomes_of(found: Sequence[KnownOutcome]) -> Outcomes:
    """Return known outcomes as the calibration takes them; of the accounts nothing is kept, so they are missing."""
    rows = np.array([[math.nan if value is None else value for value in each.ratios] for each in found])
    years = np.array([int(each.at[:4]) for each in found], dtype=np.int64)
    missing = {name: np.full(len(found), math.nan) for name in ACCOUNTS}
    return Outcomes(np.array([each.borrower for each in found]), years, np.array([each.failed for each in found]), missing, rows)


def measure(ensemble: Ensemble, made: Dataset) -> dict[str, float]:
    """Return how probabilities compare with what came, on each part: mean beside rate, log loss and Brier score."""
    said: dict[str, float] = {}
    for part in splits.PARTS:
        if not (own := [each for each in made.outcomes if each.part == part]):
            continue
        of = outcomes_of(own)
        given = ensemble.stacker(with_signal=False).probability(ensemble.scorecard.log_odds(of.ratios))
        bounded = np.clip(given, _LEAST, 1 - _LEAST)
        told = {
            "rate": of.fails.mean(),
            "mean probability": given.mean(),
            "log loss": -np.where(of.fails, np.log(bounded), np.log(1 - bounded)).mean(),
            "Brier score": ((given - of.fails) ** 2).mean(),
        }
        said |= {f"{name}, {part}": round(float(value), 4) for name, value in told.items()}
    return said
