"""Retraining the extractor from a dataset version, at tiny size: the same again, resumed after a stop, and never on what fails a gate."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer
from transformers import DistilBertConfig, DistilBertForTokenClassification

from app.errors import SetupError, UsageError
from app.settings import Settings
from models import extractor
from tests.judged import UNTIL, reviewed, ten
from training import datasets, retrain_extractor
from training.challenger import Challenger, Places
from training.datasets import Dataset, Filters
from training.early_stop import EarlyStop
from training.retrain_extractor import Config
from training.train_extractor import LABELS, write_weights

CONFIG = Config(
    epochs=3.0, batch=4, learning_rate=1e-3, warmup=0.1, seed=5, checkpoint_every=2, replay=0.5, most_weight=20.0, look_every=3,
    patience=50, held_out=2, threads=1,
)  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return datasets.build(ten(), Filters(UNTIL), "first", tmp_path_factory.mktemp("datasets"))


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_extractor(tmp_path_factory.mktemp("champion"))


def small_extractor(folder: Path) -> Path:
    """Write an extractor of two small layers with the shipped tokenizer, and return its folder."""
    torch.manual_seed(3)
    names, numbers = dict(enumerate(LABELS)), {label: n for n, label in enumerate(LABELS)}
    shape: dict[str, Any] = {"vocab_size": 30522, "dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 2, "activation": "gelu"}
    config = DistilBertConfig(**shape, id2label=names, label2id=numbers)
    tokenizer = Tokenizer.from_file(str(Settings().extractor_dir / "tokenizer.json"))
    write_weights(DistilBertForTokenClassification(config), tokenizer, folder)
    return folder


def places(champion: Path, folder: Path) -> Places:
    return Places(champion, folder / "challengers", folder / "work")


@pytest.fixture(scope="module")
def first(made: Dataset, champion: Path, tmp_path_factory: pytest.TempPathFactory) -> Challenger:
    return retrain_extractor.main(made, None, CONFIG, places(champion, tmp_path_factory.mktemp("first")))


def test_the_same_version_configuration_and_seed_give_the_same_weights(
    made: Dataset, champion: Path, first: Challenger, tmp_path: Path
) -> None:
    again = retrain_extractor.main(made, None, CONFIG, places(champion, tmp_path))
    assert again.sha256 == first.sha256 != extractor.load(champion).version.sha256
    assert again.folder.name == first.folder.name
    assert again.card["dataset"] == made.hash
    learnt = again.card["metrics"]
    assert learnt["challenger"]["judged lines right, test"] > learnt["champion"]["judged lines right, test"]
    assert not (tmp_path / "work" / again.folder.name).exists()
    other = replace(CONFIG, seed=6)
    assert retrain_extractor.name_of(made, other, champion) != retrain_extractor.name_of(made, CONFIG, champion)


def test_a_stopped_run_goes_on_from_its_last_checkpoint_to_the_same_weights(
    made: Dataset, champion: Path, first: Challenger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    after, steps = EarlyStop.after, []

    def killed(self: EarlyStop, step: int, model: torch.nn.Module) -> bool:
        steps.append(step)
        if step == 7:
            raise KeyboardInterrupt
        return after(self, step, model)

    with monkeypatch.context() as patch:
        patch.setattr(EarlyStop, "after", killed)
        with pytest.raises(KeyboardInterrupt):
            retrain_extractor.main(made, None, CONFIG, places(champion, tmp_path))
        patch.setattr(EarlyStop, "after", lambda self, step, model: (steps.append(step), after(self, step, model))[1])  # type: ignore[func-returns-value]
        resumed = retrain_extractor.main(made, None, CONFIG, places(champion, tmp_path))
    assert steps[7] == 7  # the checkpoint after step 6 was taken up: one step was lost
    assert resumed.sha256 == first.sha256


def test_a_damaged_checkpoint_says_what_to_do_and_the_champion_is_untouched(made: Dataset, champion: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in champion.iterdir()}
    work = places(champion, tmp_path).work / retrain_extractor.name_of(made, CONFIG, champion)
    work.mkdir(parents=True)
    (work / "checkpoint.pt").write_bytes(b"half a checkpoint")
    with pytest.raises(SetupError, match=r"damaged\. Delete it"):
        retrain_extractor.main(made, None, CONFIG, places(champion, tmp_path))
    assert {path.name: path.read_bytes() for path in champion.iterdir()} == before


def test_nothing_trains_on_a_version_that_fails_a_gate(champion: Path, tmp_path: Path) -> None:
    lone = datasets.build([reviewed(1)], Filters(UNTIL), "first", tmp_path / "datasets")
    with pytest.raises(UsageError, match=r"nothing was trained:\n(.*\n)*FAIL parts"):
        retrain_extractor.main(lone, None, CONFIG, places(champion, tmp_path))
    assert not (tmp_path / "work").exists()


def test_a_run_that_gains_nothing_stops_early_and_keeps_the_best_state() -> None:
    model, losses = torch.nn.Linear(1, 1), iter([1.0, 0.5, 0.7, 0.6, 0.4])
    watch = EarlyStop(lambda: next(losses), every=1, patience=2)
    stopped = []
    for step in range(1, 5):
        torch.nn.init.constant_(model.weight, step)
        stopped.append(watch.after(step, model))
    assert stopped == [False, False, False, True]
    assert watch.weights["weight"].item() == 2
    taken_up = EarlyStop(watch.loss, 1, 2)
    taken_up.take_up(watch.state())
    assert (taken_up.best, taken_up.behind) == (0.5, 2)


@pytest.mark.parametrize("wrong", [{"replay": 1.0}, {"batch": 0}, {"epochs": 0.0}, {"warmup": 1.0}])
def test_a_configuration_that_contradicts_itself_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="contradicts itself"):
        replace(CONFIG, **wrong)  # type: ignore[arg-type]


def test_an_audited_line_weighs_its_share_up_to_the_most(made: Dataset, champion: Path) -> None:
    heavy: Callable[[datasets.DataLine], datasets.DataLine] = lambda line: replace(line, weight=200.0) if line.label else line  # noqa: E731
    pages = [replace(page, lines=tuple(map(heavy, page.lines))) for page in made.pages[:1]]
    (window,) = retrain_extractor._windows(extractor.load(champion).sequencer, pages, 20.0)
    assert {weight for weight, label in zip(window.weights, window.labels, strict=True) if label >= 0} == {20.0}


def test_a_warmup_of_exactly_one_step_trains(made: Dataset, champion: Path, tmp_path: Path) -> None:
    config = replace(CONFIG, epochs=9 * 4 / 14, patience=1)  # 9 steps of 4 of 14 windows; a tenth of 10 is 1
    assert retrain_extractor.main(made, None, config, places(champion, tmp_path)).sha256
