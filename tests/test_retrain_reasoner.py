"""Retraining the reasoner from marks, at tiny size: it comes to agree with them, resumes to the same weights, and keeps the champion."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.domain import ModelVersion, Rationale, Relation
from app.errors import SetupError, UsageError
from tests.judged import UNTIL, reviewed
from tests.test_reasoner import CONFIG as FIRST
from tests.test_reasoner import small_llama
from training import datasets, gates, lesson_gates, retrain_reasoner, train_reasoner
from training.challenger import Challenger, Places
from training.corrections import Reviewed
from training.datasets import Dataset, Filters
from training.lessons import Mark
from training.reasoner_batches import Batch, loss_of
from training.reasoner_records import planted_records
from training.retrain_reasoner import Config, Ground

CONFIG = Config(
    epochs=6.0, batch=4, learning_rate=2e-2, warmup=0.1, clip=1.0, gradient_checkpointing=False, seed=5, checkpoint_every=4, replay=0.5,
    look_every=3, patience=50, held_out=3, threads=1,
)  # fmt: skip


def marked(seed: int, useful: Relation = Relation.UP) -> Reviewed:
    """Return an application whose analyst says of every fact that it drives the risk up, and that it does not drive it down."""
    (record,) = planted_records(900 + seed, 1)
    given = Rationale(record.facts, (), (), (), ModelVersion("reasoner", "1", ""))
    facts = record.facts[:8]
    marks = [Mark(fact.id, useful, True) for fact in facts[:4]] + [Mark(fact.id, Relation.DOWN, False) for fact in facts[4:]]
    each = reviewed(seed, said=())
    return replace(each, made=replace(each.made, rationale=given), marks=tuple(marks))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return datasets.build([marked(seed) for seed in range(1, 11)], Filters(UNTIL), "first", tmp_path_factory.mktemp("datasets"))


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    folder = tmp_path_factory.mktemp("ground")
    return Ground(small_llama(folder / "llama"), folder)


@pytest.fixture(scope="module")
def champion(ground: Ground) -> Path:
    out = ground.cache_dir / "champion"
    train_reasoner.main(replace(FIRST, llama=ground.llama), out, ground.cache_dir / "work", ground.cache_dir)
    return out


@pytest.fixture(scope="module")
def first(made: Dataset, champion: Path, ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Challenger:
    return retrain_reasoner.main(made, CONFIG, places(champion, tmp_path_factory.mktemp("first")), ground)


def places(champion: Path, folder: Path) -> Places:
    return Places(champion, folder / "challengers", folder / "work")


def test_a_version_keeps_the_marks_and_opens_to_what_was_made(made: Dataset, tmp_path: Path) -> None:
    again = datasets.build([marked(seed) for seed in range(1, 11)], Filters(UNTIL), "first", tmp_path)
    assert again.hash == made.hash
    assert datasets.open_version(tmp_path, made.hash).reasons == made.reasons
    assert datasets.summary(made)["marks on reasons"] == {"train": 56, "choose": 16, "test": 8}
    other = datasets.build([marked(seed, Relation.CONFLICTS) for seed in range(1, 11)], Filters(UNTIL), "first", tmp_path)
    assert other.hash != made.hash


def test_the_challenger_agrees_with_more_marks_than_the_champion(first: Challenger, made: Dataset) -> None:
    metrics = first.card["metrics"]
    for part in ("choose", "test"):
        assert metrics["challenger"][f"marks agreed with, {part}"] > metrics["champion"][f"marks agreed with, {part}"]
    assert first.card["dataset"] == made.hash
    assert first.card["sha256"] == first.sha256


def test_a_stopped_retraining_goes_on_to_the_same_weights_and_the_champion_is_only_read(
    made: Dataset, ground: Ground, first: Challenger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion = ground.cache_dir / "champion"
    before = {path.name: path.read_bytes() for path in champion.iterdir()}
    steps, step = [], torch.optim.AdamW.step

    def killed(self: torch.optim.AdamW, closure: Callable[[], float] | None = None) -> float | None:
        steps.append(1)
        if len(steps) == 7:
            raise KeyboardInterrupt
        return step(self, closure)  # type: ignore[no-any-return]

    with monkeypatch.context() as patch:
        patch.setattr(torch.optim.AdamW, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            retrain_reasoner.main(made, CONFIG, places(champion, tmp_path), ground)
        resumed = retrain_reasoner.main(made, CONFIG, places(champion, tmp_path), ground)
    assert resumed.sha256 == first.sha256
    assert {path.name: path.read_bytes() for path in champion.iterdir()} == before
    assert not (tmp_path / "work" / resumed.folder.name).exists()


def test_a_damaged_checkpoint_says_what_to_do(made: Dataset, champion: Path, ground: Ground, tmp_path: Path) -> None:
    work = places(champion, tmp_path).work / retrain_reasoner.name_of(made, CONFIG, champion)
    work.mkdir(parents=True)
    (work / "checkpoint.pt").write_bytes(b"half a checkpoint")
    with pytest.raises(SetupError, match=r"damaged\. Delete it"):
        retrain_reasoner.main(made, CONFIG, places(champion, tmp_path), ground)


def test_too_few_marks_train_nothing(champion: Path, ground: Ground, tmp_path: Path) -> None:
    few = datasets.build([marked(1), marked(2)], Filters(UNTIL), "first", tmp_path / "datasets")
    with pytest.raises(UsageError, match=r"nothing was trained:\nFAIL marked reasons: 16 marked reasons of 2 borrowers"):
        retrain_reasoner.main(few, CONFIG, places(champion, tmp_path), ground)
    assert not (tmp_path / "challengers").exists()


def test_marks_that_contradict_each_other_are_found(tmp_path: Path) -> None:
    one = marked(1)
    other = replace(reviewed(2, said=()), made=one.made, marks=tuple(replace(mark, useful=not mark.useful) for mark in one.marks))
    made = datasets.build([one, other, marked(3)], Filters(UNTIL), "first", tmp_path)
    outcome = next(each for each in lesson_gates.check_reasons(made, gates.read_bounds()) if each.gate == "consistency")
    assert not outcome.passed
    assert len(outcome.rows) == 8


def test_a_refused_relation_loses_probability_and_names_no_other() -> None:
    logits = torch.zeros((1, 11), requires_grad=True)
    one, none = torch.tensor([0]), torch.tensor([-100])
    loss_of(logits, Batch(torch.zeros(1, 1), one, one, none, torch.tensor([False]), none, one)).backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    step = (-logits.grad[0]).tolist()
    assert step[0] < 0
    assert step[1] == pytest.approx(step[2]) == pytest.approx(step[3])
    assert step[1] > 0
