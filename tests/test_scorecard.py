"""The scorecard: ratios without a size, points that add up to what was fitted, and every missing or odd figure an outcome of its own."""

import json

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from app.errors import SetupError
from models.risk_ratios import ACCOUNTS, FEATURES, PRIOR, ratios
from models.scorecard import Card, Scorecard, bands, from_plain
from training.train_ensemble import _boosted_shape

IDS = [feature.id for feature in FEATURES]
SOUND = {
    "revenue": 1000.0, "cost_of_sales": 600.0, "operating_income": 100.0, "depreciation_amortization": 30.0, "net_income": 60.0,
    "total_assets": 800.0, "total_current_assets": 400.0, "inventory": 100.0, "accounts_receivable": 150.0,
    "total_current_liabilities": 200.0, "long_term_debt": 100.0, "total_equity": 450.0, "retained_earnings": 300.0,
}  # fmt: skip


def one(**accounts: float) -> dict[str, float]:
    """Return what is weighed of one borrower, by feature."""
    row = ratios({name: np.array([value]) for name, value in accounts.items()})[0]
    return dict(zip(IDS, row.tolist(), strict=True))


def test_the_size_of_a_borrower_is_not_weighed() -> None:
    prior = {PRIOR + name: value * 0.9 for name, value in SOUND.items()}
    small, large = one(**SOUND, **prior), one(**{name: value * 1e6 for name, value in (SOUND | prior).items()})
    assert small == pytest.approx(large, nan_ok=True)


def test_accounts_that_follow_from_others_are_filled_in() -> None:
    found = one(**SOUND)
    assert found["liabilities_to_assets"] == pytest.approx(350 / 800)
    assert found["ebitda_to_assets"] == pytest.approx(130 / 800)
    assert found["gross_margin"] == pytest.approx(0.4)


def test_no_revenue_leaves_margins_missing_and_the_rest_known() -> None:
    found = one(**SOUND | {"revenue": 0.0})
    assert np.isnan(found["net_margin"])
    assert found["return_on_assets"] == pytest.approx(60 / 800)


def test_who_owes_nothing_is_at_the_end_of_the_scale() -> None:
    assert one(**SOUND | {"total_current_liabilities": 0.0})["current_ratio"] == np.inf


def test_negative_equity_is_a_figure_and_negative_assets_are_none() -> None:
    assert one(**SOUND | {"total_equity": -200.0})["liabilities_to_assets"] == pytest.approx(1.25)
    assert np.isnan(one(**SOUND | {"total_assets": -800.0})["liabilities_to_assets"])


def test_without_a_prior_period_nothing_of_it_is_weighed() -> None:
    found = one(**SOUND)
    assert all(np.isnan(found[id]) for id in IDS if id.startswith((PRIOR, "change_", "growth_")))


def test_a_value_on_an_edge_belongs_to_the_band_below() -> None:
    card = Card("x", np.array([1.0, 2.0]), np.array([10.0, 20.0, 30.0]), -1.0, 1.5, 0.5, 4.0)
    assert card.score(np.array([1.0, 1.1, 2.0, 9.0, np.inf, -np.inf, np.nan])).tolist() == [10, 20, 20, 30, 30, 10, -1]
    assert card.lies_outside(np.array([0.4, 0.5, 4.0, 4.1, np.nan])).tolist() == [True, False, False, True, False]


def test_points_add_up_to_what_scikit_learn_says() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 9, (800, len(FEATURES))).astype(np.float64)
    fails = rng.random(800) < 1 / (1 + np.exp(2 - 0.5 * (codes[:, 0] - codes[:, 5])))
    model = HistGradientBoostingClassifier(max_depth=1, max_iter=60, max_features=0.3, random_state=0).fit(codes, fails)
    shapes = np.array([_boosted_shape([model], len(FEATURES), n, 9) for n in range(len(FEATURES))])
    nothing = float(model.decision_function(np.zeros((1, len(FEATURES))))[0])
    ours = Scorecard([Card(id, np.arange(8.0), shapes[n] - nothing, 0.0, 4.0, 0.0, 8.0) for n, id in enumerate(IDS)], nothing)
    assert ours.log_odds(codes) == pytest.approx(model.decision_function(codes), abs=1e-9)


def test_a_scorecard_is_the_same_after_writing_and_reading() -> None:
    cards = [Card(id, np.array([0.1, 0.2]), np.array([0.3, -0.1, 1 / 3]), 0.05, 0.15, -1.0, 2.0) for id in IDS]
    written = json.loads(json.dumps(Scorecard(cards, -4.5).to_plain()))
    row = ratios({name: np.array([value]) for name, value in SOUND.items()})
    assert from_plain(written, IDS).log_odds(row) == Scorecard(cards, -4.5).log_odds(row)


@pytest.mark.parametrize("damage", ["no cards", "other ratios", "bands"])
def test_damaged_weights_are_refused(damage: str) -> None:
    cards = [Card(id, np.array([0.1]), np.array([0.3, -0.1]), 0.0, 0.15, -1.0, 2.0) for id in IDS]
    plain = Scorecard(cards, 0.0).to_plain()
    if damage == "no cards":
        del plain["cards"]
    elif damage == "other ratios":
        plain["cards"][0]["feature"] = "size"
    else:
        plain["cards"][0]["edges"] = [0.1, 0.2]
    with pytest.raises(SetupError, match="train ensemble"):
        from_plain(plain, IDS)


def test_bands_hold_the_ends_of_the_number_line() -> None:
    assert bands(np.array([0.0]), np.array([-np.inf, np.inf])).tolist() == [0, 1]
    assert len(ACCOUNTS) == len(set(ACCOUNTS))
