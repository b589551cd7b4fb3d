"""The scorecard for packages: what it counts as right, found, an alarm, within the permitted range."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from app.errors import UsageError
from training.evaluate_packages import packages, read_truth, score

TRUTH: dict[str, Any] = {
    "package_id": "p",
    "quality_class": "sound",
    "page_ledger": [{"file": "a.pdf", "page": 1, "kind": "tax_return", "accept": ["tax_return"]}],
    "documents": [
        {
            "file": "a.pdf",
            "pages": [1, 1],
            "kind": "tax_return",
            "as_scanned": False,
            "facts": [
                {"concept": "revenue", "period": "current", "value": 1200.0},
                {"concept": "entity_type", "period": "current", "value": "Corporation"},
            ],
        }
    ],
    "derived": {"ratios": {"current_ratio": {"value": 2.0}}},
    "expected_findings": [{"theme": "ties", "documents": ["a.pdf"], "measure": "", "what": "revenue", "planted": True}],
    "allowed_findings": [],
    "expected_no_findings_of_theme": ["foots"],
    "expected_recommendation_range": {"may": ["refer"], "must_not_auto_clear": True, "must_refer": True},
}
RESULT: dict[str, Any] = {
    "pages": [{"file": "in/a.pdf", "page": 1, "kind": "tax_return"}],
    "documents": [
        {
            "file": "in/a.pdf",
            "pages": [1, 1],
            "kind": "tax_return",
            "facts": [
                {"concept": "revenue", "period": "current", "value": "1200.00"},
                {"concept": "entity_type", "period": "current", "value": "corporation"},
            ],
        }
    ],
    "findings": [{"theme": "ties", "severity": "high", "documents": ["in/a.pdf"], "measure": "revenue", "id": "x", "message": "m"}],
    "ratios": {"current_ratio": "2.01"},
    "recommendation": "refer",
}


def _changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    made = deepcopy(RESULT)
    place: Any = made
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return made


def test_a_perfect_result_scores_everything() -> None:
    scores = score([(TRUTH, RESULT)])
    assert scores.fields["ALL"]["right"] == scores.fields["ALL"]["facts"] == 2
    whole = ("page kind right", "documents split exactly", "planted findings found", "ratios right (1 %)", "recommendation within range")
    assert {name: scores.rest[name] for name in whole} == dict.fromkeys(whole, 1)
    assert scores.errors == []
    assert "accuracy 1.0000" in "\n".join(scores.lines())


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        (("documents", 0, "facts", 0, "value"), "1210.00", "field"),
        (("documents", 0, "pages"), [1, 2], "split"),
        (("pages", 0, "kind"), "other", "page"),
        (("ratios", "current_ratio"), "2.05", "ratio"),
        (("recommendation",), "approve", "recommendation"),
    ],
)
def test_each_kind_of_error_is_counted_and_listed(path: tuple[str | int, ...], value: object, error: str) -> None:
    scores = score([(TRUTH, _changed(path, value))])
    assert [each[1] for each in scores.errors] == [error]


def test_a_finding_that_nobody_planted_is_an_alarm_unless_it_only_informs() -> None:
    alarm = {"theme": "foots", "severity": "medium", "documents": ["in/a.pdf"], "measure": "m", "id": "y", "message": "m"}
    assert score([(TRUTH, _changed(("findings",), [*RESULT["findings"], alarm]))]).rest["false alarms"] == 1
    quiet = alarm | {"severity": "info"}
    assert score([(TRUTH, _changed(("findings",), [*RESULT["findings"], quiet]))]).rest["false alarms"] == 0


def test_a_finding_on_another_document_does_not_count_as_found() -> None:
    scores = score([(TRUTH, _changed(("findings", 0, "documents"), ["in/b.pdf"]))])
    assert scores.rest["planted findings found"] == 0
    assert any("missed" in line for line in scores.lines())


def test_approving_what_a_person_must_see_is_counted() -> None:
    assert score([(TRUTH, _changed(("recommendation",), "approve"))]).rest["cleared though a person must look"] == 1


def test_a_folder_without_packages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no packages with truth"):
        packages(tmp_path)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "truth.json").write_text(json.dumps(TRUTH), encoding="utf-8")
    assert [read_truth(folder)["package_id"] for folder in packages(tmp_path)] == ["p"]
