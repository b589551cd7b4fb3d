"""Several adapters on one Llama: each answers as it does alone, whichever was asked before; merged it answers as it did unmerged."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from app.assess import load_reasoner
from app.domain import FactLine
from app.errors import SetupError
from app.settings import Settings
from models import adapters
from models.adapters import load_shelf, shared_shelf
from models.reasoner import ANSWER_ROWS, Reasoner, load
from tests.test_reasoner import CONFIG, small_llama
from training.reasoner_records import planted_records
from training.train_reasoner import main

FACTS = [record.facts for record in planted_records(44, 4)]


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> str:
    return small_llama(tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="module")
def folders(llama: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two lenders' adapters, of other ranks, layers and data."""
    root = tmp_path_factory.mktemp("adapters")
    for name, changed in (("a", replace(CONFIG, seed=1)), ("b", replace(CONFIG, seed=2, rank=3, layers=4, tuned_layers=3))):
        main(replace(changed, llama=llama, version=name), root / name, root / f"work-{name}", root)
    return root / "a", root / "b"


def probabilities(reasoner: Reasoner, facts: tuple[FactLine, ...]) -> NDArray[np.float32]:
    return reasoner.weigh(facts)[1]


def test_each_adapter_answers_as_alone_whichever_was_asked_before(llama: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    shelf = load_shelf(llama, tmp_path, 1)
    shared, alone = [shelf.reasoner(each) for each in folders], [load(each, llama, tmp_path, 1) for each in folders]
    for facts in FACTS:
        for of in (0, 1, 0):
            assert np.abs(probabilities(shared[of], facts) - probabilities(alone[of], facts)).max() < 1e-3
        assert np.abs(probabilities(shared[0], facts) - probabilities(shared[1], facts)).max() > 1e-3
    assert [each.version for each in shared] == [each.version for each in alone]
    assert shelf.reasoner(folders[0]) is shared[0]


def test_a_lenders_champion_stands_on_the_same_llama_as_the_others(llama: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    shared_shelf.cache_clear()
    of = [
        load_reasoner(Settings(reasoner_dir=each, models_dir=str(each.parent), reasoner_llama=llama, cache_dir=tmp_path, threads=1))
        for each in folders
    ]
    assert shared_shelf.cache_info().misses == 1
    assert [each.version.version for each in of] == ["a", "b"]
    shared_shelf.cache_clear()


def test_a_merged_reasoner_answers_as_the_unmerged_one(llama: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    for number, folder in enumerate(folders):
        out = tmp_path / str(number)
        assert load_shelf(llama, tmp_path, 1).export(folder, out, FACTS) < 1e-4
        assert (out / "model.safetensors").is_file()


def test_a_merge_that_answers_otherwise_is_not_kept(
    llama: str, folders: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapters, "_SAME", -1.0)
    with pytest.raises(SetupError, match="answers otherwise"):
        load_shelf(llama, tmp_path, 1).export(folders[0], tmp_path / "out", FACTS)
    assert not (tmp_path / "out").exists()


def test_an_adapter_that_does_not_fit_is_refused(llama: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    weights = load_file(folders[0] / "adapter.safetensors")
    more = {**weights, "other.lora_A.weight": weights[ANSWER_ROWS].clone()}
    for name, changed in (("more", more), ("less", {"x": weights[ANSWER_ROWS]})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "card.json").write_bytes((folders[0] / "card.json").read_bytes())
        save_file(changed, tmp_path / name / "adapter.safetensors")
        with pytest.raises(SetupError, match="does not fit its Llama"):
            load_shelf(llama, tmp_path, 1).reasoner(tmp_path / name)
