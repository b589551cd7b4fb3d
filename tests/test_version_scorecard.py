"""The scorecard of a run: figures by their definitions, the same for every version, and a page on which errors can be looked at."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from app.domain import ModelVersion, Page, PageStatus, ReadMethod
from app.errors import UsageError
from tests.test_evaluate import fact, given, truth_set
from training import names
from training.evaluate import tasks
from training.filing_runs import Spreaded, write_filings
from training.runs import Answer, Run, read_run, write_run
from training.scorecard_page import write_scorecard
from training.version_scorecard import coverage, label_scores, scorecard

VERSION = ModelVersion("extractor", "1", "ab")


def answer(number: int, expected: str, given: str, confidence: float = 0.9, segments: tuple[str, ...] = ("kind a",)) -> Answer:
    told = {"expected": expected, "given": given, "shows": f"<row> {number}"}
    return Answer("set", str(number), f"d{number % 4}", expected == given, confidence, segments, **told)  # type: ignore[arg-type]


def run(answers: list[Answer]) -> Run:
    return Run(VERSION, tuple(answers), (10.0, 20.0, 30.0), frozenset(), frozenset(), "t")


SIX = [
    answer(1, "cash", "cash"), answer(2, "cash", "cash"), answer(3, "cash", "debt"), answer(4, "debt", "debt"),
    answer(5, "debt", "cash", segments=("kind b",)), answer(6, "rent", "debt", segments=("kind b",)),
]  # fmt: skip


def test_precision_recall_and_f1_of_each_label_follow_their_definitions() -> None:
    scores = {each.label: (each.precision, each.recall, each.f1) for each in label_scores(SIX)}
    assert scores["cash"] == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert scores["debt"] == pytest.approx((1 / 3, 1 / 2, 0.4))
    assert scores["rent"] == (0, 0, 0)


def test_a_scorecard_says_every_part_what_was_confused_and_what_it_costs() -> None:
    card = scorecard(run(SIX), an_hour=3.6)
    assert (card.whole.accuracy, card.whole.documents) == (0.5, 4)
    assert {part.name: part.accuracy for part in card.parts} == {"set set": 0.5, "segment kind a": 0.75, "segment kind b": 0.0}
    assert card.confused == (("cash", "debt", 1), ("debt", "cash", 1), ("rent", "debt", 1))
    assert card.calibration == pytest.approx(0.5)  # a bin an answer: 0.1 off where right, 0.9 where wrong
    assert card.middle == 20.0
    assert card.cost == pytest.approx(2e-5)
    assert any("macro F1" in line for line in card.lines())
    with pytest.raises(UsageError, match="no answer"):
        scorecard(run([]))


def test_coverage_is_what_the_exact_bound_allows() -> None:
    sure = [answer(n, "a", "a", 0.99 - n / 10_000) for n in range(400)]
    assert coverage(sure, 0.01) == 1.0
    assert coverage(sure[:298], 0.01) == 0.0  # 299 answers without an error are needed to be 95 % sure of 1 %
    wrong = [answer(400 + n, "a", "b", 0.5 - n / 10_000) for n in range(100)]
    assert coverage([*sure, *wrong], 0.01) == pytest.approx(0.8, abs=0.01)
    early = [replace(each, right=n > 3) for n, each in enumerate(sure)]
    assert coverage(early, 0.01) == 0.0


def test_a_run_keeps_labels_and_a_page_shows_its_errors_escaped(tmp_path: Path) -> None:
    write_run(run(SIX), tmp_path / "run.json")
    again = read_run(tmp_path / "run.json")
    assert again == run(SIX)
    page = write_scorecard(again, scorecard(again), tmp_path / "card").read_text(encoding="utf-8")
    assert "Errors (3)" in page
    assert "&lt;row&gt; 6" in page
    assert "<row>" not in page


def test_errors_on_filings_are_shown_as_crops_of_their_pages(tmp_path: Path) -> None:
    truth = truth_set(
        tmp_path, [fact("cash", 10), fact("inventory", 5, bbox_pt=[10, 300, 90, 312]), fact("goodwill", 7, page=9)], "Łódź Mill"
    )
    (truth / "us" / "pdf").mkdir()
    (truth / "us" / "pdf" / "acme.pdf").write_bytes(b"a filing")
    [task] = tasks(truth)
    picture = io.BytesIO()
    Image.new("RGB", (612, 792), "white").save(picture, "PNG")
    page = Page("acme.pdf", 1, PageStatus.READ, ReadMethod.TEXT, 612, 792, (), ())
    done = Spreaded(task, given(("cash", "10"), ("inventory", "6")), (page,), 12.0)
    report = write_filings([done], VERSION, lambda _: picture.getvalue(), tmp_path / "out")
    made = read_run(tmp_path / "out" / "run.json")
    right, wrong, missing = made.answers
    assert (right.right, wrong.given, missing.given) == (True, "6", "nothing")
    assert "company name with diacritics" in right.segments
    with Image.open(tmp_path / "out" / wrong.shows) as crop:
        assert crop.width == 612
        assert 60 < crop.height < 140
    assert missing.shows == "goodwill"  # no such page was read
    assert wrong.shows in report.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "script", "marked"),
    [
        ("Smith", "latin", False),
        ("José Núñez", "latin", True),
        ("Иван", "cyrillic", False),
        ("王小明", "cjk", False),
        ("Łukasz", "latin", True),
    ],
)
def test_script_and_diacritics_of_a_name(name: str, script: str, marked: bool) -> None:
    assert (names.script_of(name), names.has_diacritics(name)) == (script, marked)
