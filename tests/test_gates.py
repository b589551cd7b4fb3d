"""The quality gates of dataset versions: each lets a sound version through and names the rows of a bad one."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from app.errors import UsageError
from app.settings import Settings
from models.sequence import Sequencer
from tests.judged import UNTIL, ten
from training import datasets, gates
from training.datasets import DataLine, DataPage, Dataset, Filters
from training.gates import Case


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Case:
    made = datasets.build(ten(), Filters(UNTIL), "first", tmp_path_factory.mktemp("datasets"))
    tokenizer = Tokenizer.from_file(str(Settings().extractor_dir / "tokenizer.json"))
    return Case(made, gates.read_bounds(), Sequencer(tokenizer))


def changed(made: Dataset, change: Callable[[DataLine], DataLine], only: int = 1_000) -> Dataset:
    """Return a version whose first judged lines are other ones."""
    left = only

    def line(each: DataLine) -> DataLine:
        nonlocal left
        left -= each.label != ""
        return change(each) if each.label and left >= 0 else each

    def page(each: DataPage) -> DataPage:
        return replace(each, lines=tuple(map(line, each.lines)))

    return replace(made, pages=tuple(map(page, made.pages)))


def test_a_sound_version_passes_every_gate(sound: Case) -> None:
    outcomes = gates.check(sound)
    assert [str(each) for each in outcomes if not each.passed] == []
    gates.refuse_failing(outcomes)
    assert gates.report(sound.made, outcomes)["passed"]


BAD: dict[str, Callable[[Dataset], Dataset]] = {
    "columns": lambda made: changed(made, lambda line: replace(line, source=""), 1),
    "parts": lambda made: replace(made, pages=made.part("train")),
    "samples per label": lambda made: changed(made, lambda line: replace(line, label="goodwill"), 1),
    "length": lambda made: changed(made, lambda line: replace(line, text="word " * 40), 5),
    "duplicates": lambda made: replace(made, pages=tuple(replace(page, signature=made.pages[0].signature) for page in made.pages)),
    "consistency": lambda made: changed(made, lambda line: replace(line, label="goodwill"), 2),
    "agreement": lambda made: replace(
        made, examples=tuple(replace_label(each, author, n) for n, each in enumerate(made.examples) for author in ("a1", "a2"))
    ),
    "balance": lambda made: changed(made, lambda line: replace(line, label="cash")),
}


def replace_label(example: object, author: str, n: int) -> dict[str, object]:
    assert isinstance(example, dict)
    return {**example, "author": author, "label": "goodwill" if author == "a2" and n % 2 else example["label"]}


@pytest.mark.parametrize("gate", BAD)
def test_a_bad_version_fails_its_gate_which_names_the_rows(sound: Case, gate: str) -> None:
    outcomes = {each.gate: each for each in gates.check(replace(sound, made=BAD[gate](sound.made)))}
    assert not outcomes[gate].passed
    assert gate in ("parts", "balance") or outcomes[gate].rows
    with pytest.raises(UsageError, match=f"nothing was trained:\n(.*\n)*FAIL {gate}"):
        gates.refuse_failing(list(outcomes.values()))


def test_a_version_unlike_the_one_before_fails_for_drift(sound: Case) -> None:
    before = changed(sound.made, lambda line: replace(line, label="goodwill" if line.label == "cash" else line.label))
    drift = gates.population_is_stable(replace(sound, before=before))
    assert not drift.passed
    assert "cash: 0 -> 20" in drift.rows
    assert gates.population_is_stable(replace(sound, before=sound.made)).passed
    few = replace(sound, before=before, bounds=replace(sound.bounds, drift_lines=51))
    assert gates.population_is_stable(few).passed


def test_agreement_is_not_held_to_its_bound_on_a_few_figures(sound: Case) -> None:
    assert "0 figures judged twice" in gates.people_agree(sound).said


def test_few_lines_of_many_labels_differ_by_chance_and_many_lines_do_not() -> None:
    rng = random.Random(7)
    names = [f"label {n}" for n in range(35)]
    one, other = (Counter(rng.choices(names, k=lines)) for lines in (60, 130))
    assert 0.25 < gates.stability_index(one, other) < gates.by_chance(one, other)
    assert gates.by_chance(dict.fromkeys(names, 300), dict.fromkeys(names, 300)) < 0.02


def test_the_stability_index_is_nil_for_the_same_shares_and_above_the_usual_bound_for_turned_ones() -> None:
    assert gates.stability_index({"a": 50, "b": 50}, {"a": 50, "b": 50}) == 0
    assert gates.stability_index({"a": 80, "b": 20}, {"a": 20, "b": 80}) > 1.5


@pytest.mark.parametrize("text", ["kappa: 0.6", "nonsense: 1", "[", ""])
def test_bounds_that_are_none_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gates.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="bounds of the gates"):
        gates.read_bounds(path)
