"""Cross-validation: every borrower tests once, none stands on two sides of a fold, and those of the test part stay out."""

from pathlib import Path

import pytest

from app.errors import UsageError
from tests.judged import UNTIL, ten
from tests.test_retrain_extractor import small_extractor
from training import datasets, splits
from training.challenger import Places
from training.datasets import Dataset, Filters
from training.folds import cross_validate, folds
from training.retrain_extractor import Config

CONFIG = Config(
    epochs=1.0, batch=4, learning_rate=1e-3, warmup=0.1, seed=5, checkpoint_every=9, replay=0.0, most_weight=20.0, look_every=9,
    patience=50, held_out=1, threads=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return datasets.build(ten(), Filters(UNTIL), "first", tmp_path_factory.mktemp("datasets"))


def test_every_borrower_tests_once_and_stands_on_one_side(made: Dataset) -> None:
    cut = list(folds(made, 4))
    tested = [page.borrower for fold in cut for page in fold.part(splits.TEST)]
    assert sorted(tested) == sorted(page.borrower for page in made.pages if page.part != splits.TEST)
    for fold in cut:
        sides = [{page.borrower for page in fold.part(part)} for part in splits.PARTS]
        assert all(sides)
        assert sum(map(len, sides)) == len(set().union(*sides))
    assert len({fold.hash for fold in cut} | {made.hash}) == 5


@pytest.mark.parametrize("count", [2, 10])
def test_fewer_than_three_folds_or_more_than_borrowers_are_refused(made: Dataset, count: int) -> None:
    with pytest.raises(UsageError, match="--folds is a number from 3"):
        list(folds(made, count))


def test_mean_and_spread_are_of_all_folds_and_finished_folds_are_not_done_again(made: Dataset, tmp_path: Path) -> None:
    places = Places(small_extractor(tmp_path / "champion"), tmp_path / "challengers", tmp_path / "work")
    said = cross_validate(made, CONFIG, places, 3)
    first = said["challenger"]
    assert isinstance(first, dict)
    assert len(first["each"]) == 3
    assert 0 <= first["mean"] <= 1
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "work" / "folds").glob("*/model.safetensors")}
    assert cross_validate(made, CONFIG, places, 3) == said
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert len(kept) == 3
