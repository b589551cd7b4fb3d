"""Counterfactuals: the least change of one figure that reaches a better outcome, verified by computing it again."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain import UNMAPPED, Fate, Finding, LineItem, ModelVersion, Recommendation, RiskOpinion, Severity, Spread
from app.what_if import LEVERS, Situation, conclude, counterfactuals, impacts, stops
from tests import build

FORMS = tuple(build.FORMS.values())
LEVER = {lever.name: lever for lever in LEVERS}


class ByLeverage:
    """A stand-in that finds who owes more of the assets riskier."""

    version = ModelVersion("by leverage", "1", "")

    def rate(self, accounts: Mapping[str, Decimal], signal: Sequence[float] = ()) -> RiskOpinion:  # noqa: ARG002 - of the protocol
        share = float(accounts["total_liabilities"] / accounts["total_assets"])
        fates = (Fate.SURVIVES,) if share < 0.45 else (Fate.FAILS, Fate.SURVIVES)
        return RiskOpinion(share / 100, "test", fates, (), 1, 1.0, (), ())


def asking(amount: str, findings: tuple[Finding, ...] = ()) -> Situation:
    return Situation(build.spread(), FORMS, build.application(amount), findings)


def test_a_loan_too_large_for_the_cash_flow_is_bettered_by_a_smaller_one_or_a_longer_term() -> None:
    now = asking("350000")
    before, _ = conclude(now, None)
    found = {each.lever: each for each in counterfactuals(now, None)}
    assert before.recommendation is not Recommendation.APPROVE
    assert found["loan amount"].after < 350_000
    assert found["term"].after > 60


@pytest.mark.parametrize("lever", list(LEVER))
def test_a_counterfactual_is_what_comes_out_when_the_figure_is_changed(lever: str) -> None:
    now = asking("350000")
    before, _ = conclude(now, ByLeverage())
    for each in counterfactuals(now, ByLeverage()):
        if each.lever == lever:
            after, risk = conclude(LEVER[lever].applied(now, each.after), ByLeverage())
            assert (after.recommendation, after.grade) == (each.recommendation, each.grade)
            assert risk is not None
            assert risk.probability_of_default == each.probability_of_default
            assert (after.recommendation, after.grade) != (before.recommendation, before.grade)


def test_a_little_less_change_would_not_do() -> None:
    now = asking("350000")
    (loan,) = [each for each in counterfactuals(now, None) if each.lever == "loan amount"]
    before, _ = conclude(now, None)
    more = loan.after + Decimal("0.01") * loan.before
    nearly, _ = conclude(LEVER["loan amount"].applied(now, more), None)
    assert (nearly.recommendation, nearly.grade) == (before.recommendation, before.grade)


def test_equity_paid_in_and_debt_repaid_lower_the_probability() -> None:
    now = asking("40000")
    _, before = conclude(now, ByLeverage())
    assert before is not None
    for name, after in (("equity", Decimal(700_000)), ("debt", Decimal(20_000))):
        _, risk = conclude(LEVER[name].applied(now, after), ByLeverage())
        assert risk is not None
        assert risk.probability_of_default < before.probability_of_default


def test_a_finding_on_the_documents_keeps_the_application_with_a_person() -> None:
    held = replace(build.finding(severity=Severity.HIGH), theme="ties")
    assert all(each.recommendation is not Recommendation.APPROVE for each in counterfactuals(asking("350000", (held,)), None))


def test_without_an_application_there_is_no_loan_to_change() -> None:
    found = counterfactuals(Situation(build.spread(), (), None), ByLeverage())
    assert {each.lever for each in found} <= {"debt", "equity"}


def test_a_person_stops_only_at_doubtful_figures_on_which_the_decision_hangs() -> None:
    made = build.spread()
    doubtful = Spread(tuple(replace(s, items=tuple(replace(i, auto_accept=False) for i in s.items)) for s in made.statements))
    accounts = {item.account for item in stops(impacts(replace(asking("40000"), spread=doubtful), None))}
    assert {"depreciation_amortization", "total_current_assets"} <= accounts
    assert "share_capital" not in accounts
    assert UNMAPPED not in accounts


def test_nobody_stops_at_figures_that_are_sure() -> None:
    made = build.spread()
    sure = Spread(tuple(replace(s, items=tuple(replace(i, auto_accept=True) for i in s.items)) for s in made.statements))
    assert impacts(replace(asking("40000"), spread=sure), None) == ()


def test_another_reading_that_decides_otherwise_is_a_stop() -> None:
    made = build.spread()
    sure = Spread(tuple(replace(s, items=tuple(replace(i, auto_accept=True) for i in s.items)) for s in made.statements))
    read = ("operating_income", "current")

    def doubting(other: Decimal) -> Situation:
        items = [
            [replace(i, auto_accept=False, alternatives=(other,)) if (i.account, i.period.name) == read else i for i in s.items]
            for s in sure.statements
        ]
        spread = Spread(tuple(replace(s, items=tuple(its)) for s, its in zip(sure.statements, items, strict=True)))
        return replace(asking("40000"), spread=spread)

    assert [item.account for item in stops(impacts(doubting(Decimal(1)), None))] == ["operating_income"]


def test_doubtful_figures_are_ranked_by_what_hangs_on_them() -> None:
    made = build.spread()
    doubtful = Spread(tuple(replace(s, items=tuple(replace(i, auto_accept=False) for i in s.items)) for s in made.statements))
    found = impacts(replace(asking("40000"), spread=doubtful), ByLeverage())
    assert [each.decides for each in found] == sorted((each.decides for each in found), reverse=True)
    for deciding in (True, False):
        moves = [each.moves for each in found if each.decides is deciding]
        assert moves == sorted(moves, reverse=True)
    assert all(each.decides or each.moves > 0 for each in found)


def test_the_probability_moves_within_what_other_readings_make_of_it() -> None:
    made = build.spread()
    owed = ("total_liabilities", "current")

    def told(item: LineItem) -> LineItem:
        doubted = (item.account, item.period.name) == owed
        return replace(item, auto_accept=not doubted, alternatives=(item.value * 2,) if doubted else ())

    items = [map(told, s.items) for s in made.statements]
    spread = Spread(tuple(replace(s, items=tuple(its)) for s, its in zip(made.statements, items, strict=True)))
    now = replace(asking("40000"), spread=spread)
    _, risk = conclude(now, ByLeverage())
    (impact,) = impacts(now, ByLeverage())
    assert risk is not None
    assert impact.item.account == "total_liabilities"
    assert impact.least == pytest.approx(risk.probability_of_default)
    assert impact.most == pytest.approx(2 * risk.probability_of_default)
