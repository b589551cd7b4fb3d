"""Cross-validation of a retraining of the extractor: `loanlens retrain extractor --dataset HASH --folds K`. By borrower.

Each fold is a whole retraining from the champion, with the fold's borrowers to test on and the next fold's to choose by. It says how far
the figure of a version depends on whom it was measured on; the challenger itself is the normal run's. Finished folds are not done again.
"""

import hashlib
import json
import statistics
from collections.abc import Iterator
from dataclasses import replace

from app.errors import UsageError
from training import splits
from training.challenger import Challenger, Places
from training.datasets import Dataset
from training.retrain_extractor import Config, main

_FIGURE = f"judged lines right, {splits.TEST}"


def cross_validate(made: Dataset, config: Config, places: Places, count: int) -> dict[str, object]:
    """Return champion and challenger on each fold, their means and standard deviations."""
    own = replace(places, out=places.work / "folds")
    done = [main(fold, None, config, own) for fold in folds(made, count)]
    said: dict[str, object] = {"folds": count}
    for name in ("champion", "challenger"):
        found = [float(each.card["metrics"][name][_FIGURE]) for each in done]
        said[name] = {"each": found, "mean": round(statistics.fmean(found), 4), "standard deviation": round(statistics.stdev(found), 4)}
    return said


def folds(made: Dataset, count: int) -> Iterator[Dataset]:
    """Yield the version cut anew `count` ways: every borrower that trains or chooses tests once; those that test stay out of all."""
    pages = [page for page in made.pages if page.part in (splits.TRAIN, splits.CHOOSE)]
    borrowers = sorted({page.borrower for page in pages}, key=lambda name: hashlib.sha256(f"{made.hash} {name}".encode()).digest())
    if not 3 <= count <= len(borrowers):
        raise UsageError(f"{len(borrowers)} borrowers train or choose: --folds is a number from 3 to that.")
    fold = {name: place % count for place, name in enumerate(borrowers)}
    for number in range(count):
        parts = {number: splits.TEST, (number + 1) % count: splits.CHOOSE}
        cut = tuple(replace(page, part=parts.get(fold[page.borrower], splits.TRAIN)) for page in pages)
        name = hashlib.sha256(f"{made.hash} fold {number + 1} of {count}".encode()).hexdigest()
        yield replace(made, hash=name, pages=cut)


def note(challenger: Challenger, said: dict[str, object]) -> None:
    """Write the folds' figures into the challenger's card."""
    path = challenger.folder / "card.json"
    card = json.loads(path.read_text(encoding="utf-8")) | {"cross-validation": said}
    path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
