"""The gates of a promotion: a good challenger gets through, and each bad one is stopped by the gate that should stop it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.domain import ModelVersion
from app.errors import UsageError
from app.model_versions import read_verdict
from app.settings import PROJECT
from training.promote import compare, read_limits, write_report
from training.promotion_gates import Limits, paired
from training.runs import Answer, Run, read_run, write_run

LIMITS = read_limits(PROJECT / "training" / "promote.yaml")
_DOCUMENTS, _EACH = 60, 6
_FROZEN = frozenset(f"d{number}" for number in range(_DOCUMENTS))


def answers(error: float, seed: int = 1) -> tuple[Answer, ...]:
    """Return answers on two frozen sets, of which a share is wrong: the hardest questions, so that a better run errs in fewer of them."""
    rng = np.random.default_rng(seed)
    made = []
    for document in range(_DOCUMENTS):
        for number in range(_EACH):
            hardness = float(rng.random())
            segments = ("scan" if document % 3 == 0 else "text", "UK" if document % 2 else "US")
            frozen, group = ("filings" if document < _DOCUMENTS // 2 else "forms"), "ab"[document % 2]
            named = frozen, f"{document}/{number}", f"d{document}"
            made.append(Answer(*named, hardness >= error, 1 - error, segments, group))
    return tuple(made)


def run(error: float, version: str, made: tuple[Answer, ...] | None = None) -> Run:
    times = tuple(100.0 + number % 10 for number in range(_DOCUMENTS))
    return Run(ModelVersion("extractor", version, version * 4), made or answers(error), times, frozenset({"t1", "t2"}), _FROZEN, "tok")


CHAMPION, GOOD = run(0.12, "1"), run(0.06, "2")


def rated(share_of_b: float) -> tuple[Answer, ...]:
    """Return the good challenger's answers, each an outcome: all of group a are approved, of group b a share."""
    return tuple(
        replace(each, deserved=True, approved=each.group == "a" or number % 100 < share_of_b * 100)
        for number, each in enumerate(GOOD.answers)
    )


def test_a_better_challenger_passes_every_gate() -> None:
    assert compare(CHAMPION, GOOD, LIMITS).failed == ()


def test_a_challenger_that_only_equals_the_champion_is_not_better() -> None:
    assert compare(CHAMPION, replace(CHAMPION, version=GOOD.version), LIMITS).failed == ("better on target",)


def shuffled() -> Run:
    return run(0.06, "3", tuple(replace(each, right=number % 3 == 0) for number, each in enumerate(GOOD.answers)))


def unfair() -> Run:
    wrong = (replace(each, right=each.right and (each.group == "a" or number % 5 > 0)) for number, each in enumerate(GOOD.answers))
    return replace(GOOD, answers=tuple(wrong))


@pytest.mark.parametrize(
    ("planted", "gate"),
    [
        (shuffled(), "not worse anywhere"),
        (replace(GOOD, trained_on=frozenset({"t1", "d7"})), "frozen sets unseen"),
        (replace(GOOD, trained_on=None), "frozen sets unseen"),
        (unfair(), "fairness"),
        (replace(GOOD, answers=rated(0.7)), "fairness"),
        (replace(GOOD, milliseconds=tuple(2 * each for each in GOOD.milliseconds)), "latency"),
        (replace(GOOD, milliseconds=(*GOOD.milliseconds[2:], 900.0, 900.0)), "latency"),
        (replace(GOOD, milliseconds=()), "latency"),
        (replace(GOOD, answers=tuple(replace(each, confidence=0.7) for each in GOOD.answers)), "calibration"),
        (replace(GOOD, tokenizer="another"), "tokenizer"),
        (replace(GOOD, answers=GOOD.answers[1:]), "same questions"),
    ],
    ids=["shuffled", "leaked", "unknown-data", "unfair", "adverse", "slow", "slow-tail", "untimed", "miscalibrated", "tokenizer", "fewer"],
)
def test_each_bad_challenger_is_stopped_by_the_gate_that_should_stop_it(planted: Run, gate: str) -> None:
    champion = replace(CHAMPION, answers=tuple(replace(each, approved=True, deserved=True) for each in CHAMPION.answers))
    before = champion if planted.answers[0].approved is not None else CHAMPION
    assert gate in compare(before, planted, LIMITS).failed


@pytest.mark.parametrize(
    ("planted", "gates"),
    [
        (shuffled(), {"not worse anywhere", "better on target", "calibration"}),
        (replace(GOOD, trained_on=frozenset({"t1", "d7"})), {"frozen sets unseen"}),
        (replace(GOOD, milliseconds=tuple(2 * each for each in GOOD.milliseconds)), {"latency"}),
        (replace(GOOD, answers=tuple(replace(each, confidence=0.7) for each in GOOD.answers)), {"calibration"}),
        (replace(GOOD, tokenizer="another"), {"tokenizer"}),
        (GOOD, set()),
    ],
    ids=["shuffled", "leaked", "slow", "miscalibrated", "tokenizer", "good"],
)
def test_from_their_files_each_is_stopped_by_its_gate_and_by_no_other(planted: Run, gates: set[str], tmp_path: Path) -> None:
    for name, each in (("champion", CHAMPION), ("challenger", planted)):
        write_run(each, tmp_path / f"{name}.json")
    made = compare(read_run(tmp_path / "champion.json"), read_run(tmp_path / "challenger.json"), LIMITS)
    report, _ = write_report(made, tmp_path / "report")
    assert set(read_verdict(report).failed) <= gates
    assert bool(read_verdict(report).failed) == bool(gates)


def test_a_fair_rating_passes_and_one_without_groups_does_not() -> None:
    champion = replace(CHAMPION, answers=tuple(replace(each, approved=True, deserved=True) for each in CHAMPION.answers))
    assert compare(champion, replace(GOOD, answers=rated(1.0)), LIMITS).failed == ()
    unknown = [replace(each, answers=tuple(replace(a, group="", approved=True) for a in each.answers)) for each in (CHAMPION, GOOD)]
    assert compare(unknown[0], unknown[1], LIMITS).failed == ("fairness",)


def test_a_loss_in_one_segment_is_found_though_the_whole_gains() -> None:
    only = tuple(replace(each, right=each.right and each.segments != ("scan", "UK")) for each in GOOD.answers)
    found = next(gate for gate in compare(CHAMPION, replace(GOOD, answers=only), LIMITS).gates if gate.name == "not worse anywhere")
    assert "segment scan" in found.says


def test_a_loss_within_noise_stops_nobody() -> None:
    one = tuple(replace(each, right=False) if number == 0 else each for number, each in enumerate(CHAMPION.answers))
    assert "not worse anywhere" not in compare(CHAMPION, replace(GOOD, answers=one), LIMITS).failed


def test_the_paired_test_is_mcnemars_where_each_document_has_one_question() -> None:
    def pair(number: int, before: bool, after: bool) -> tuple[Answer, Answer]:
        of = "set", str(number), str(number)
        return Answer(*of, before, 0.9), Answer(*of, after, 0.9)

    pairs = [pair(n, True, False) for n in range(8)] + [pair(n + 8, False, True) for n in range(2)] + [pair(99, True, True)]
    exact = sum((45, 10, 1)) / 2**10  # at most 2 of 10 in the challenger's favour
    assert paired(pairs, LIMITS)[0] == pytest.approx(exact, abs=0.01)


def test_the_report_says_every_gates_figures_and_is_what_a_promotion_takes(tmp_path: Path) -> None:
    report, page = write_report(compare(CHAMPION, replace(GOOD, tokenizer="<b>"), LIMITS), tmp_path)
    told = read_verdict(report)
    assert (told.name, told.challenger, told.champion, told.failed) == ("extractor", "2222", "1111", ("tokenizer",))
    text = page.read_text(encoding="utf-8")
    assert "segment scan" in text
    assert "P99" in text
    assert "<b>" not in text


def test_a_run_is_the_same_after_its_file(tmp_path: Path) -> None:
    write_run(replace(GOOD, answers=rated(0.5)), tmp_path / "run.json")
    assert read_run(tmp_path / "run.json") == replace(GOOD, answers=rated(0.5))
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="no run"):
        read_run(tmp_path / "run.json")


def test_another_model_cannot_take_the_place() -> None:
    with pytest.raises(UsageError, match="cannot take the place"):
        compare(CHAMPION, replace(GOOD, version=ModelVersion("ensemble", "2", "")), LIMITS)


def test_limits_that_contradict_are_refused() -> None:
    with pytest.raises(UsageError, match="latency"):
        Limits("", 0.05, 4000, 5, 0.01, 0.5, 1.5, 0.8, 0.05, "", 1)
