"""The ensemble from an invented table of outcomes: fitted, calibrated, explained, written, read back and recalibrated."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.domain import Fate, ModelVersion, RiskOpinion
from app.errors import SetupError, UsageError
from models.ensemble import LISTED, Bounds, Ensemble, Stacker, expected_grade, load_ensemble
from models.risk_ratios import FEATURES, ratios
from models.scorecard import Scorecard
from rules import reasons
from tests.outcomes import write_outcomes
from training.evaluate_risk import area_under_curve, caught, level
from training.outcomes import Outcomes, horizon, read_outcomes
from training.risk_document import document
from training.train_ensemble import Config, calibrate, main, main_recalibrated, read_config, recalibrate

LIGHT = Config("t", 2000, 2004, 2007, (1, 2), 10, 40, 0.1, 30, 0.3, 0.03, 1, 2, 0.1, 100, 5)
WEAK = {
    "revenue": "900", "cost_of_sales": "700", "operating_income": "-80", "depreciation_amortization": "30", "net_income": "-120",
    "total_assets": "800", "total_current_assets": "250", "inventory": "90", "accounts_receivable": "110",
    "total_current_liabilities": "500", "long_term_debt": "300", "total_liabilities": "850", "retained_earnings": "-300",
}  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return read_outcomes(write_outcomes(tmp_path_factory.mktemp("outcomes") / "outcomes.csv"))


@pytest.fixture(scope="module")
def folder(table: Outcomes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ensemble")
    main(LIGHT, table, out)
    return out


def weak(**changed: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in (WEAK | changed).items()}


def test_a_fitted_ensemble_tells_failures_from_survivals(folder: Path, table: Outcomes) -> None:
    ensemble, late = load_ensemble(folder), table.between(2005, 2007)
    risk = ensemble.stacker(with_signal=False).probability(ensemble.scorecard.log_odds(late.ratios))
    assert area_under_curve(risk, late.fails)(np.ones(len(late))) > 0.75
    assert risk.mean() == pytest.approx(late.fails.mean(), rel=0.05)


def test_the_card_tells_data_figures_and_attribution(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["data"]["failures"] > 50
    assert "CC BY 4.0" in card["data"]["attribution"]
    assert {figure["predictor"] for figure in card["metrics"]} == {"scorecard", "scorecard, current period alone", "Altman Z''"}
    assert "CC BY 4.0" in document(folder)


def test_neutralising_a_stated_reason_lowers_the_probability_as_stated(folder: Path) -> None:
    ensemble = load_ensemble(folder)
    row = ratios({name: np.array([float(value)]) for name, value in weak().items()})
    said = ensemble.opinions(row)[0]
    assert reasons.of_the_score(said)
    raising = [driver for driver in said.drivers if driver.effect >= 0.1]
    for driver in raising:
        cards = zip(ensemble.scorecard.cards, FEATURES, strict=True)
        neutral = [replace(c, points=c.points * 0, missing=0.0) if f.theme == driver.theme else c for c, f in cards]
        card = Scorecard(neutral, ensemble.scorecard.intercept)
        without = ensemble.stacker(with_signal=False).probability(card.log_odds(row))[0]
        assert without == pytest.approx(driver.probability_without, abs=1e-12)
        assert without < said.probability_of_default


def test_the_effects_of_the_themes_are_the_whole_score(folder: Path) -> None:
    ensemble = load_ensemble(folder)
    said, own = ensemble.rate(weak()), ensemble.stacker(with_signal=False)
    odds = np.log(said.probability_of_default / (1 - said.probability_of_default))
    assert sum(driver.effect for driver in said.drivers) == pytest.approx(odds - own.intercept - own.slope * ensemble.scorecard.intercept)


def test_reasons_name_the_ratio_and_its_figure_and_at_most_four(folder: Path) -> None:
    said = reasons.of_the_score(load_ensemble(folder).rate(weak()))
    assert 1 <= len(said) <= 4
    assert len({reason.measure for reason in said}) == len(said)
    assert all("instead of" in reason.text and any(c.isdigit() for c in reason.text) for reason in said)


def test_a_borrower_of_which_little_is_known_gets_a_probability_near_the_mean(folder: Path) -> None:
    said = load_ensemble(folder).rate({"revenue": Decimal(100), "total_assets": Decimal(90)})
    assert said.known < 0.1
    assert 0.003 < said.probability_of_default < 0.2


def test_absurd_magnitudes_are_told_as_lying_outside(folder: Path) -> None:
    said = load_ensemble(folder).rate(weak(net_income="-9000000000000", inventory="8000000000000"))
    assert len(said.outside) >= 3
    assert 0 < said.probability_of_default < 1


def test_what_is_not_single_in_the_conformal_set_stays_open() -> None:
    bounds = Bounds(fails=0.01, survives=0.05)
    assert bounds.fates(0.005) == (Fate.SURVIVES,)
    assert bounds.fates(0.03) == (Fate.FAILS, Fate.SURVIVES)
    assert bounds.fates(0.2) == (Fate.FAILS,)


def test_the_conformal_set_misses_few_of_either_kind(folder: Path, table: Outcomes) -> None:
    ensemble, late = load_ensemble(folder), table.between(2005, 2007)
    said = ensemble.opinions(late.ratios)
    truth = np.where(late.fails, Fate.FAILS, Fate.SURVIVES)
    covered = np.array([true in each.fates for true, each in zip(truth, said, strict=True)])
    assert covered[late.fails].mean() > 0.8
    assert covered[~late.fails].mean() > 0.8


def test_a_reasoners_signal_moves_the_probability_only_where_a_stacker_was_fitted(folder: Path) -> None:
    plain = load_ensemble(folder)
    grave = (0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.8)
    assert plain.rate(weak(), grave).probability_of_default == plain.rate(weak()).probability_of_default
    stackers = {"alone": plain.stacker(with_signal=False), "with_signal": Stacker(-9.0, 1.0, 0.9)}
    both = Ensemble(plain.scorecard, stackers, Bounds(0.1, 0.2), LISTED, ModelVersion("e", "1", ""))
    assert both.rate(weak(), grave).probability_of_default > both.rate(weak(), (0.9, 0.1)).probability_of_default
    assert expected_grade(grave) == pytest.approx(6.8)


def test_a_stacker_is_fitted_where_the_table_has_the_reasoners_signal(table: Outcomes, tmp_path: Path) -> None:
    told = replace(table, signal=np.where(table.fails, 5.5, 3.0) + np.random.default_rng(0).normal(size=len(table)))
    main(LIGHT, told, tmp_path)
    assert load_ensemble(tmp_path).stacker(with_signal=True).signal > 0.5


# -- calibration on a lender's own outcomes --------------------------------------------------------------------------------


def test_from_fifty_defaults_on_a_table_sets_intercept_and_slope() -> None:
    rng = np.random.default_rng(0)
    score = rng.normal(-3, 1, 4000)
    fails = rng.random(4000) < Stacker(0.4, 1.3).probability(score)
    found = calibrate(score, fails)
    assert found.intercept == pytest.approx(0.4, abs=0.6)
    assert found.slope == pytest.approx(1.3, abs=0.2)


def test_below_fifty_defaults_the_central_tendency_must_be_stated_and_sets_the_level() -> None:
    score = np.linspace(-6, 0, 200)
    fails = np.arange(200) >= 180
    with pytest.raises(UsageError, match="--central-tendency"):
        calibrate(score, fails)
    found = calibrate(score, fails, 0.02)
    assert found.slope == 1
    assert found.probability(score).mean() == pytest.approx(0.02)
    with pytest.raises(UsageError, match=r"0\.015"):
        calibrate(score, fails, 2.0)


def test_a_lenders_outcomes_change_the_meaning_and_the_level_but_no_points(folder: Path, table: Outcomes, tmp_path: Path) -> None:
    shipped, few = load_ensemble(folder), table.take(np.arange(len(table)) < 200)
    main_recalibrated(shipped, few, LIGHT, 0.02, tmp_path)
    own = load_ensemble(tmp_path)
    assert own.scorecard.to_plain() == shipped.scorecard.to_plain()
    assert "this lender's borrowers" in own.meaning
    assert own.stacker(with_signal=False).probability(own.scorecard.log_odds(few.ratios)).mean() == pytest.approx(0.02)
    assert recalibrate(shipped, table, LIGHT, None).meaning.endswith("(intercept and slope)")


def test_bounds_move_with_the_level(folder: Path) -> None:
    shipped = load_ensemble(folder)
    own = shipped.stacker(with_signal=False)
    same = shipped.bounds_under(own)
    assert (same.fails, same.survives) == pytest.approx((shipped.bounds.fails, shipped.bounds.survives))
    assert shipped.bounds_under(Stacker(own.intercept + 1, own.slope)).fails > shipped.bounds.fails


# -- what is refused -------------------------------------------------------------------------------------------------------


def test_too_few_failures_in_the_years_are_refused(table: Outcomes, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--recalibrate"):
        main(replace(LIGHT, fit_until=2006, choose_until=2007), table.between(2006, 2007), tmp_path)


@pytest.mark.parametrize("change", [{"fit_until": 2009}, {"horizons": ()}, {"level": 0.7}, {"surplus": 1}, {"folds": 1}])
def test_a_configuration_that_contradicts_itself_is_refused(change: dict[str, object], tmp_path: Path) -> None:
    given = {name: getattr(LIGHT, name) for name in LIGHT.__dataclass_fields__} | {"horizons": [1, 2]} | change
    path = tmp_path / "ensemble.yaml"
    path.write_text(yaml.safe_dump({n: list(v) if isinstance(v, tuple) else v for n, v in given.items()}), encoding="utf-8")
    with pytest.raises(UsageError, match=r"ensemble\.yaml"):
        read_config(path)


def test_missing_and_damaged_weights_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="loanlens train ensemble"):
        load_ensemble(tmp_path)
    (tmp_path / "card.json").write_text('{"version": "1"}', encoding="utf-8")
    (tmp_path / "scorecard.json").write_text('{"stackers": 3}', encoding="utf-8")
    with pytest.raises(SetupError, match="damaged"):
        load_ensemble(tmp_path)


def test_a_firm_counts_as_on_its_way_to_failure_in_the_years_before(table: Outcomes) -> None:
    assert (horizon(table, 1) == table.fails).all()
    assert horizon(table, 2).sum() > table.fails.sum()


# -- figures ---------------------------------------------------------------------------------------------------------------


def test_figures_follow_their_definitions() -> None:
    risk, fails = np.array([0.9, 0.8, 0.8, *np.linspace(0.1, 0, 17)]), np.array([True, True, False, *[False] * 17])
    once = np.ones(20)
    assert area_under_curve(risk, fails)(once) == pytest.approx((18 + 17.5) / 36)
    assert caught(risk, fails)(once) == 1.0
    assert level(risk, fails)(once) == pytest.approx(risk.sum() / 2)
    assert area_under_curve(risk, fails)(np.where(np.arange(20) == 2, 0, 1)) == 1.0


def test_the_shipped_ensemble_is_small_and_says_what_it_gives() -> None:
    shipped = Path(__file__).resolve().parent.parent / "models" / "weights" / "ensemble"
    assert sum(path.stat().st_size for path in shipped.iterdir()) < 3_000_000
    ensemble = load_ensemble(shipped)
    said: RiskOpinion = ensemble.rate(weak())
    sound = ensemble.rate(weak(net_income="90", operating_income="130", total_liabilities="300", total_current_liabilities="120"))
    assert said.meaning == "failure probability of a listed firm within a year"
    assert said.probability_of_default > 5 * sound.probability_of_default
    document_of_it = shipped.parent.parent.parent / "docs" / "models" / "ensemble.md"
    assert document_of_it.read_text(encoding="utf-8") == document(shipped)
