import json
from pathlib import Path
from typing import Any

import pytest

from app.assess import Models, spread_documents
from app.errors import UsageError
from app.reading.reader import Reader
from app.report.json import file_object
from app.report.parts import FileSpread
from app.settings import settings
from models import extractor, page_kind
from training.evaluate import is_kept, score, tasks, wilson


def truth_set(folder: Path, facts: list[dict[str, Any]], company: str = "Acme") -> Path:
    (folder / "us" / "truth").mkdir(parents=True)
    (folder / "us" / "truth" / "acme.json").write_text(json.dumps({"doc_id": "acme", "company": company, "facts": facts}))
    return folder


def fact(concept: str, value: int, **more: object) -> dict[str, Any]:
    return {"concept": concept, "period": "current", "value": value, "row_label": concept, "page": 1, **more}


def given(*facts: tuple[str, str]) -> dict[str, Any]:
    return {"documents": [{"facts": [{"concept": c, "period": "current", "value": v} for c, v in facts]}]}


def test_a_fact_is_right_wrong_or_missing(tmp_path: Path) -> None:
    [task] = tasks(truth_set(tmp_path, [fact("cash", 10), fact("inventory", 5), fact("goodwill", 7)]))
    scores, misses, mean = score([(task, given(("cash", "10.00"), ("inventory", "6")))])
    assert (scores[-1].right, scores[-1].wrong, scores[-1].missing) == (1, 1, 1)
    assert [(m.concept, m.given) for m in misses] == [("inventory", ("6",)), ("goodwill", ())]
    assert mean == pytest.approx(1 / 3)


def test_other_values_of_a_fact_are_accepted(tmp_path: Path) -> None:
    [task] = tasks(truth_set(tmp_path, [fact("net_income", 10, other_values_with_tags_of_this_field=[{"value": 11}])]))
    assert score([(task, given(("net_income", "11")))])[0][0].right == 1


def test_two_amounts_for_one_figure_are_no_answer(tmp_path: Path) -> None:
    [task] = tasks(truth_set(tmp_path, [fact("cash", 10)]))
    assert score([(task, given(("cash", "10"), ("cash", "11")))])[0][0].wrong == 1


def test_a_document_that_gave_nothing_counts_as_missing(tmp_path: Path) -> None:
    [task] = tasks(truth_set(tmp_path, [fact("cash", 10)]))
    assert score([(task, {"file": "acme.pdf"})])[0][0].missing == 1


def test_open_and_kept_part_divide_the_companies(tmp_path: Path) -> None:
    company = next(name for name in (f"Company {n}" for n in range(50)) if is_kept(name))
    folder = truth_set(tmp_path, [fact("cash", 10)], company)
    assert len(tasks(folder, "kept")) == 1
    assert tasks(folder, "open") == []


def test_a_folder_without_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no evaluation set"):
        tasks(tmp_path)


def test_the_interval_is_wilson_s() -> None:
    low, high = wilson(90, 100)
    assert (round(low, 4), round(high, 4)) == (0.8256, 0.9448)


def test_the_digital_filings_are_read_as_well_as_the_readme_says(eval_set: Path) -> None:
    models, pairs = Models(extractor.load(settings().extractor_dir), page_kind.load(settings().page_kind_dir)), []
    with Reader(settings()) as reader:
        for task in tasks(eval_set, "open", ("us_sec", "uk_ixbrl"))[::4]:
            document = reader.read_document(task.path.name, task.path)
            r = spread_documents([document], models)
            pairs.append((task, file_object(FileSpread(document.file, r.pages, r.page_kinds, r.documents, r.spread, (), r.forms))))
    total = score(pairs)[0][-1]
    assert total.right / total.facts >= 0.93
    assert total.wrong / total.facts <= 0.03
