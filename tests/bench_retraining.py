"""How long retraining the extractor takes: from so many corrected pages, through version, gates and retraining as they are configured.

`make bench-retraining PAGES=500`. The pages are generated, every row of them corrected; store and desk are left out. Killed, the same
command goes on where `--out` names a folder that stays.
"""

import argparse
import json
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app.domain import DocumentKind
from app.settings import Settings
from app.store.rows import Application
from tests.desk import NOON, sound_assessment
from training import datasets, retrain_extractor
from training.challenger import Places
from training.corpus.lines import TEXT
from training.corrections import ROUTED, Judgement, Reviewed
from training.datasets import Filters
from training.experiment.arrivals import Arrival, arrivals

_CONFIG = Path("training/retrain_extractor.yaml")
_KINDS = (DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT)


def corrected(number: int, arrival: Arrival) -> Reviewed:
    """Return an application of two pages on which a person corrected every row."""
    made = replace(sound_assessment(), pages=arrival.document.pages, page_kinds=_KINDS)
    at = NOON + timedelta(hours=number)
    whose = (arrival.borrower, arrival.borrower, None, None, None, None, None, None)
    application = Application(number, arrival.name, "decided", None, *whose, at, at, None, None)
    places = [
        ((page.file, page.number, n), label)
        for page, truth in zip(arrival.document.pages, arrival.truth, strict=True)
        for n, label in enumerate(truth)
        if page.lines[n].amounts and label != TEXT
    ]
    said = (
        Judgement(1000 * number + n, n, "ann", "account", "wording not known", {}, {"account": label}, ROUTED, 1.0, place, label)
        for n, (place, label) in enumerate(places, 1)
    )
    return Reviewed(application, number, made, tuple(said))


def measure(pages: int, out: Path) -> list[str]:
    """Build a version of so many pages and retrain from it; return what it took and what came of it."""
    began = time.monotonic()
    found = [corrected(n, each) for n, each in enumerate(arrivals("hotel", "bench", pages // 2), 1)]
    made = datasets.build(found, Filters(NOON.isoformat(), (), 2), "first", out / "datasets")
    built = time.monotonic()
    config = retrain_extractor.read_config(_CONFIG)
    done = retrain_extractor.main(made, None, config, Places(Settings().extractor_dir, out / "challengers", out / "work"))
    seconds = time.monotonic() - built
    return [
        f"{len(made.pages)} corrected pages: version {built - began:.0f} s, retraining {seconds:.0f} s with {config.threads} threads",
        json.dumps(done.card["metrics"]),
    ]


def main() -> None:
    """Measure from the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ll-") as folder:
        for line in measure(given.pages, given.out or Path(folder)):
            print(line)


if __name__ == "__main__":
    main()
