import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from app.assess import MatchingExtractor, Models, spread_documents
from app.domain import UNMAPPED, Document, DocumentKind, LineItem, ModelVersion, ReadMethod
from app.errors import SetupError
from app.page_kinds import TitleClassifier
from app.settings import settings
from models import confidence
from models.confidence import FAMILIES, Confidence, family_of
from rules.accounts import ACCOUNT
from rules.support import IDENTITIES
from tests import test_assess
from training.bounds import companies_needed, upper_bound
from training.evaluate import Task, is_kept
from training.train_confidence import (
    Example,
    Judged,
    Recorder,
    company_losses,
    cross_judged,
    fit,
    main,
    read_config,
    reliability,
    thresholds,
)

BALANCE, INCOME = (replace(page, file="accounts.pdf") for page in (test_assess.BALANCE, test_assess.INCOME))
VERSION = ModelVersion("confidence", "0", "")
CONFIG = read_config(Path("training/train_confidence.yaml"))


def recorded() -> tuple[list[LineItem], list[confidence.Evidence]]:
    recorder = Recorder()
    document = Document("accounts.pdf", DocumentKind.OTHER, (BALANCE, INCOME))
    spread = spread_documents([document], Models(MatchingExtractor(), TitleClassifier(), confidence=recorder)).spread
    return [i for s in spread.statements for i in s.items], [e for each in recorder.evidence for e in each]


def test_every_figure_has_evidence_and_arithmetic_that_closes_speaks_for_it() -> None:
    items, evidence = recorded()
    assert len(items) == len(evidence) > 20
    known = {(i.account, i.period.name): e for i, e in zip(items, evidence, strict=True)}
    assert known["total_liabilities_and_equity", "current"]["closes"] >= 2
    assert known["cash", "prior"]["foots"] == 1  # cash and receivables make up current assets
    assert known["net_income", "current"]["closes"] == 1
    assert known["total_assets", "current"]["breaks"] == 0
    assert known["cash", "current"]["wording agrees"] == 1


def test_a_figure_that_does_not_follow_has_evidence_against_it() -> None:
    wrong = replace(INCOME.lines[-1], amounts=tuple(replace(a, value=a.value + 90) for a in INCOME.lines[-1].amounts))
    page = replace(INCOME, lines=(*INCOME.lines[:-1], wrong))
    recorder = Recorder()
    document = Document("accounts.pdf", DocumentKind.OTHER, (page,))
    spread = spread_documents([document], Models(MatchingExtractor(), TitleClassifier(), confidence=recorder)).spread
    evidence = {i.account: e for s in spread.statements for i, e in zip(s.items, recorder.evidence[0], strict=True)}
    assert evidence["net_income"]["breaks"] == 1
    assert evidence["net_income"]["closes"] == 0
    assert evidence["gross_profit"]["breaks"] == 0


def test_a_figure_is_accepted_from_its_family_s_threshold_on_and_rows_outside_the_template_never() -> None:
    even = Confidence({}, math.log(3), dict.fromkeys(FAMILIES, 0.75), VERSION)
    document = Document("accounts.pdf", DocumentKind.OTHER, (BALANCE, INCOME))
    accepted = spread_documents([document], Models(MatchingExtractor(), TitleClassifier(), confidence=even)).spread
    for item in (i for s in accepted.statements for i in s.items):
        assert item.auto_accept is (item.account != UNMAPPED)
    strict = replace(even, thresholds={**dict.fromkeys(FAMILIES, 0.75), "flows": 0.7501})
    judged = spread_documents([document], Models(MatchingExtractor(), TitleClassifier(), confidence=strict)).spread
    assert {s.kind: any(i.auto_accept for i in s.items) for s in judged.statements} == {
        DocumentKind.BALANCE_SHEET: True,
        DocumentKind.INCOME_STATEMENT: False,
    }


def test_without_a_confidence_nothing_passes_unseen() -> None:
    document = Document("accounts.pdf", DocumentKind.OTHER, (BALANCE, INCOME))
    spread = spread_documents([document], Models(MatchingExtractor(), TitleClassifier())).spread
    assert not any(i.auto_accept for s in spread.statements for i in s.items)


def test_the_shipped_confidence_knows_each_family_and_asks_for_evidence_that_there_is() -> None:
    held = confidence.load(settings().confidence_dir)
    _, evidence = recorded()
    asked = {name for feature in held.weights for name in feature.split("*")}
    assert asked <= set(evidence[0])
    assert set(held.thresholds) == set(FAMILIES)
    assert family_of(DocumentKind.CASH_FLOW_STATEMENT, ReadMethod.OCR) in FAMILIES
    assert all(least >= CONFIG.floor for least in held.thresholds.values())


def test_a_missing_confidence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="LOANLENS_CONFIDENCE_DIR"):
        confidence.load(tmp_path)


def test_the_bound_counts_companies_and_tells_how_many_it_takes() -> None:
    assert upper_bound([0.0] * companies_needed(0.005, 0.95), 0.95) <= 0.005
    assert upper_bound([0.0] * 45, 0.95) == pytest.approx(1 - 0.05 ** (1 / 45), abs=1e-4)
    assert upper_bound([0.0] * 44 + [0.3], 0.95) > upper_bound([0.0] * 45, 0.95)
    assert upper_bound([], 0.95) == 1.0
    assert upper_bound([1.0, 1.0], 0.95) == 1.0


def examples() -> list[Example]:
    """Return figures of 30 companies: those with little score are wrong half of the time."""
    return [
        Example(f"company {c}", f"{c} {n}", family, False, {"score": 6.0 if n % 5 else -4.0, "closes": float(n % 2)}, n % 10 != 0)
        for c in range(30)
        for family in FAMILIES
        for n in range(20)
    ]


def test_what_tells_right_from_wrong_is_learnt_and_the_doubtful_are_not_accepted() -> None:
    weights, _ = fit(examples(), CONFIG)
    assert weights["score"] > 0
    judged = cross_judged(examples(), CONFIG)
    assert {each.example.evidence["score"] for each in judged if each.accepted} == {6.0}
    assert company_losses(each.example for each in judged if each.accepted) == [0.0] * 30
    assert all(0.95 <= least <= 1.0 for least in thresholds(examples(), CONFIG).values())


def test_calibration_compares_what_is_said_with_what_is_right() -> None:
    told = [Example("a", str(n), "flows", False, {}, n % 5 != 0) for n in range(100)]
    assert reliability([Judged(each, 0.8, False) for each in told], 1)[1] == pytest.approx(0.0)
    curve, error = reliability([Judged(each, 0.95, True) for each in told], 1)
    assert error == pytest.approx(0.15)
    assert curve == [{"said": 0.95, "right": 0.8, "figures": 100.0}]


def test_no_feature_counts_against_its_direction() -> None:
    upside_down = [replace(each, right=not each.right) for each in examples()]
    weights, _ = fit(upside_down, CONFIG)
    assert all(weight * CONFIG.features[name] >= 0 for name, weight in weights.items())


def test_identities_name_accounts_of_the_template() -> None:
    assert all(name in ACCOUNT for total, plus, minus, optional in IDENTITIES for name in (total, *plus, *minus, *optional))


def test_training_reads_only_companies_that_are_not_kept_back_and_writes_the_card_last(tmp_path: Path) -> None:
    truth = tmp_path / "set" / "uk" / "truth"
    truth.mkdir(parents=True)
    for number in range(12):
        facts = [{"concept": "cash", "period": "current", "value": str(number), "page": 1}]
        document = {"doc_id": f"d{number}", "company": f"company {number}", "facts": facts}
        (truth / f"d{number}.json").write_text(json.dumps(document))
    asked: list[str] = []

    def spreads(task: Task) -> list[Example]:
        asked.append(task.company)
        return [each for each in examples() if each.company == task.company]

    measured = main(replace(CONFIG, copies=0), tmp_path / "set", tmp_path / "out", spreads)
    assert asked
    assert not any(is_kept(company) for company in asked)
    assert measured["thresholds"] == confidence.load(tmp_path / "out").thresholds
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["measured, cross-validated by company"]["all"]["companies"] == len(asked)
    assert not any(company in json.dumps(card) for company in asked)
