"""Credit policy: both sides of every limit, grades and routes by situation, and a file that contradicts itself refused."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.domain import DocumentKind, Fate, Finding, Ratio, RatioStatus, Recommendation, RiskOpinion, Route, Severity
from app.errors import SetupError
from rules import policy
from rules.limits import Limit
from tests import build

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "policy.yaml").read_text(encoding="utf-8"))
POLICY = policy.load()


#: Measures that policy needs before it approves, where a situation says nothing of them.
NEEDED = {"dscr": "1.80", "current_ratio": "1.9", "tangible_net_worth": "240000", "years_in_business": "8"}


def ratio(id: str, given: str) -> Ratio:
    """Return a ratio of the current period: a number, or the words of another status."""
    try:
        status = RatioStatus(given)
    except ValueError:
        return Ratio(id, "current", RatioStatus.VALUE, Decimal(given), id, documents=("statements.pdf",))
    return Ratio(id, "current", status, None, id, reason="the reason")


def rated(*ratios: Ratio, findings: tuple[Finding, ...] = (), requested: str | None = None, owed: str = "0") -> policy.Outcome:
    asked = build.application(requested, owed) if requested else None
    return policy.rate(ratios, findings, POLICY, asked)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["situation"])
def test_a_situation_comes_out_as_the_analyst_expects(case: dict[str, Any]) -> None:
    measured = case["ratios"] if case.get("as_listed") else NEEDED | case["ratios"]
    ratios = tuple(ratio(id, given) for id, given in measured.items())
    others = tuple(replace(build.finding(severity=Severity(f["severity"])), theme=f["theme"]) for f in case.get("findings", ()))
    outcome, expect = rated(*ratios, findings=others, requested=case.get("requested"), owed=case.get("owed", "0")), case["expect"]
    by_weight = {weight: [f.measure for f in outcome.findings if f.severity is weight] for weight in Severity}
    assert outcome.grade == expect["grade"]
    assert (outcome.recommendation, outcome.route) == (Recommendation(expect["recommendation"]), Route(expect["route"]))
    assert by_weight[Severity.HIGH] == expect.get("fails", [])
    assert by_weight[Severity.MEDIUM] == expect.get("marginal", [])
    assert set(expect.get("low", [])) <= {*by_weight[Severity.LOW]}


def test_a_failed_limit_says_what_policy_asks_for_and_from_where() -> None:
    said = {f.measure: f for f in rated(ratio("dscr", "1.15"), ratio("ltv", "0.85"), ratio("tangible_net_worth", "-12345")).findings}
    assert said["dscr"].message == (
        "The debt service coverage (DSCR) of 1.15× is marginal: policy asks for at least 1.25×; below 1.1× it fails."
    )
    assert said["ltv"].message == "The loan to value of 85 % fails: policy asks for at most 80 %."
    assert said["tangible_net_worth"].message == "The tangible net worth of -12,345 fails: policy asks for more than 0."
    assert said["ltv"].source == "Default credit policy: collateral, effective 2026-01-01"
    assert (said["ltv"].id, said["ltv"].theme) == ("ltv_is_within_policy", "policy")


def test_a_value_is_never_rounded_onto_the_limit_that_it_misses() -> None:
    (one,) = [f for f in rated(ratio("dscr", "1.2499")).findings if f.measure]
    assert "of 1.2499× is marginal" in one.message


def test_what_could_not_be_tested_is_told_once() -> None:
    told = [f for f in rated(ratio("dscr", "not computable"), ratio("current_ratio", "2")).findings if f.severity is Severity.INFO]
    assert [f.id for f in told] == ["limits_can_be_tested"]
    assert "debt service coverage (DSCR) (the reason)" in told[0].message
    assert "current ratio" not in told[0].message


def test_ratios_of_earlier_periods_are_not_held_against_policy() -> None:
    earlier = build.ratio("current_ratio", "0.5", period="prior")
    assert [f for f in rated(earlier).findings if f.measure] == []
    assert rated(build.ratio("dscr", "0.5", period="prior")).grade is None


@pytest.mark.parametrize("scale", [*POLICY.leverage, *POLICY.coverage], ids=lambda scale: scale.measure)
def test_every_grade_begins_exactly_at_its_limit(scale: policy.GradeScale) -> None:
    hair = Decimal("-0.0001") if scale.at_least else Decimal("0.0001")
    for grade, limit in enumerate(scale.limits, 1):
        assert scale.grade(ratio(scale.measure, str(limit))) == grade
        assert scale.grade(ratio(scale.measure, str(limit + hair))) == grade + 1


@pytest.mark.parametrize("limit", POLICY.limits.values(), ids=lambda limit: limit.measure)
def test_every_limit_has_two_sides(limit: Limit) -> None:
    good = Decimal("0.0001") if limit.at_least else Decimal("-0.0001")
    assert limit.verdict(limit.passes + good) == "passes"
    assert limit.verdict(limit.passes) == ("fails" if limit.strict else "passes")
    assert limit.verdict(limit.passes - good) == ("fails" if limit.marginal is None else "marginal")
    if limit.marginal is not None:
        assert limit.verdict(limit.marginal) == "marginal"
        assert limit.verdict(limit.marginal - good) == "fails"


# -- the file --------------------------------------------------------------------------------------------------------


def test_the_shipped_policy_holds_the_fields_defaults() -> None:
    limits = {m: (str(x.passes), x.marginal, x.at_least, x.strict) for m, x in POLICY.limits.items()}
    assert limits == {
        "dscr": ("1.25", Decimal("1.10"), True, False),
        "fccr": ("1.20", None, True, False),
        "debt_to_ebitda": ("3.5", None, False, False),
        "ltv": ("0.80", None, False, False),
        "current_ratio": ("1.0", None, True, False),
        "tangible_net_worth": ("0", None, True, True),
        "years_in_business": ("2", None, True, False),
        "nsf_items": ("3", None, False, False),
    }
    values = {name: str(each.value) for name, each in POLICY.values.items()}
    assert values == {
        "notice_days": "30",
        "alert_day": "20",
        "last_alert_day": "27",
        "audit_applications": "0.05",
        "audit_figures": "0.005",
        "statement_age": "120",
        "personal_statement_age": "120",
        "return_tie": "0.02",
        "deposits_tie": "0.10",
        "bank_statement_age": "120",
        "return_age": "700",
        "owner_share": "20",
        "debt_tie": "0.05",
        "aging_tie": "0.02",
        "cash_tie": "0.25",
        "approval_cap": "50000",
        "exposure_cap": "250000",
        "risk_inputs_known": "0.4",
        "second_person": "250000",
        "retention": "25",
        "answer_days": "14",
        "offer_days": "30",
        "notice_reasons": "4",
    }
    assert [limit.measure for limit in POLICY.limits.values() if limit.needed] == [
        "dscr", "current_ratio", "tangible_net_worth", "years_in_business",
    ]  # fmt: skip
    assert {rate.kind: str(rate.share) for rate in POLICY.advance_rates} == {
        "real_estate": "0.80",
        "receivables": "0.80",
        "inventory": "0.50",
        "equipment": "0.80",
    }
    assert POLICY.declines == ("dscr", "tangible_net_worth")
    assert {r.kind.value: (r.count, r.periods) for r in POLICY.required} == {
        "loan_application": (1, False),
        "balance_sheet": (2, True),
        "income_statement": (2, True),
        "business_tax_return": (1, False),
        "bank_statement": (3, False),
        "debt_schedule": (1, False),
        "personal_financial_statement": (1, False),
    }
    told = [(each.unit, each.source, each.effective) for each in POLICY.limits.values()]
    told += [(each.unit, each.source, each.effective) for each in POLICY.values.values()]
    assert all(unit and source and effective <= date(2026, 11, 1) for unit, source, effective in told)
    assert DocumentKind.LOAN_APPLICATION in {r.kind for r in POLICY.required}


def test_a_policy_is_loaded_once_and_cannot_be_changed() -> None:
    assert policy.load() is POLICY
    with pytest.raises(FrozenInstanceError):
        POLICY.limits["dscr"].passes = Decimal(0)  # type: ignore[misc]
    with pytest.raises(TypeError):
        POLICY.limits["dscr"] = POLICY.limits["ltv"]  # type: ignore[index]


Change = Callable[[dict[str, Any]], object]
WRONG: dict[str, tuple[Change, str]] = {
    "an unknown part": (lambda p: p.update(extra={"a": 1}), "'extra' is not known"),
    "an unknown key": (lambda p: p["limits"]["dscr"].update(minimum="1"), "limits, dscr: 'minimum' is not known"),
    "a missing source": (lambda p: p["limits"]["ltv"].pop("source"), "limits, ltv: source is missing"),
    "an empty source": (lambda p: p["values"]["return_tie"].update(source=" "), "values, return_tie: source is missing"),
    "a missing unit": (lambda p: p["limits"]["ltv"].pop("unit"), "limits, ltv: unit is missing"),
    "a missing date": (lambda p: p["limits"]["fccr"].pop("effective"), "limits, fccr: effective is missing"),
    "a date that is none": (
        lambda p: p["required"]["debt_schedule"].update(effective="soon"),
        "required, debt_schedule: effective is missing",
    ),
    "a marginal limit on the wrong side": (
        lambda p: p["limits"]["dscr"].update(marginal="1.25"),
        "marginal 1.25 must lie below at_least 1.25",
    ),
    "a marginal ceiling on the wrong side": (
        lambda p: p["limits"]["ltv"].update(marginal="0.7"),
        "marginal 0.7 must lie above at_most 0.80",
    ),
    "two directions": (lambda p: p["limits"]["ltv"].update(at_least="0.7"), "limits, ltv: one of at_least, at_most, more_than"),
    "no direction": (lambda p: p["limits"]["ltv"].pop("at_most"), "limits, ltv: one of at_least, at_most, more_than"),
    "a limit that is no number": (lambda p: p["limits"]["ltv"].update(at_most="most"), "limits, ltv: at_most is missing or no number"),
    "a limit without end": (lambda p: p["limits"]["ltv"].update(at_most="Infinity"), "limits, ltv: at_most is missing or no number"),
    "a missing value": (lambda p: p["values"].pop("approval_cap"), "values: approval_cap is missing"),
    "an unknown value": (lambda p: p["values"].update(cap=p["values"]["return_tie"]), "'cap' is not known"),
    "a negative value": (lambda p: p["values"]["statement_age"].update(value="-1"), "values, statement_age: value is negative"),
    "no kind of document": (lambda p: p["required"].update(passport=p["required"]["debt_schedule"]), "'passport' is no kind of document"),
    "none required": (lambda p: p["required"]["bank_statement"].update(count=0), "required, bank_statement: count is 0"),
    "counted otherwise": (lambda p: p["required"]["bank_statement"].update(counted="pages"), "counted is 'pages'"),
    "grades that overlap": (
        lambda p: p["grades"]["coverage"]["dscr"].update(at_least=["3", "2", "2", "1.5", "1.2", "1"]),
        "at_least must name 6 falling limits",
    ),
    "grades upside down": (
        lambda p: p["grades"]["leverage"]["debt_to_ebitda"].update(at_most=["6", "5", "4", "3", "2", "1"]),
        "at_most must name 6 rising limits",
    ),
    "a grade beyond seven": (lambda p: p["grades"]["failed_limit"].update(value="8"), "value must be a grade from 1 to 7"),
    "an advance beyond the value": (
        lambda p: p["advance_rates"]["inventory"].update(share="50"),
        "advance_rates, inventory: share is 50",
    ),
    "collateral without words": (lambda p: p["advance_rates"]["inventory"].update(words=[]), "inventory: words is missing"),
    "practice upside down": (lambda p: p["practice"]["gross_margin"].update(least="1"), "gross_margin: least 1 must lie below most 1"),
    "declines by what is no limit": (lambda p: p["declines"].update(limits=["altman_z2"]), "declines: 'altman_z2' is no limit"),
    "a weight that is none": (lambda p: p["limits"]["dscr"].update(weight="much"), "limits, dscr: weight is 'much'"),
    "a flag that is none": (lambda p: p["limits"]["dscr"].update(needed="yes"), "limits, dscr: needed is 'yes'"),
    "no grades": (lambda p: p.pop("grades"), "grades: entries are missing"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_policy_that_is_wrong_is_refused_with_its_place(wrong: str, tmp_path: Path) -> None:
    change, said = WRONG[wrong]
    content = yaml.safe_load(policy.DEFAULT.read_text(encoding="utf-8"))
    change(content)
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(SetupError) as refused:
        policy.load(path)
    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["limits: [", "", "- a list"])
def test_a_file_that_is_no_policy_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SetupError, match=r"(?i)credit policy"):
        policy.load(path)


def test_an_entry_written_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(policy.DEFAULT.read_text(encoding="utf-8").replace("  fccr:", "  dscr:"), encoding="utf-8")
    with pytest.raises(SetupError, match="dscr"):
        policy.load(path)


def test_a_missing_policy_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"nowhere\.yaml"):
        policy.load(tmp_path / "nowhere.yaml")


# -- the probability of default --------------------------------------------------------------------------------------


def opinion(
    probability: float, fates: tuple[Fate, ...] = (Fate.SURVIVES,), outside: tuple[str, ...] = (), known: float = 1.0
) -> RiskOpinion:
    return RiskOpinion(probability, "test", fates, outside, 10, known, (), ())


def with_risk(risk: RiskOpinion | None) -> policy.Outcome:
    sound = NEEDED | {"debt_to_ebitda": "0.4", "dscr": "3.5"}
    return policy.rate(tuple(ratio(id, given) for id, given in sound.items()), (), POLICY, build.application("40000", "0"), risk)


@pytest.mark.parametrize(("probability", "grade"), [(0.0005, 1), (0.001, 1), (0.0011, 2), (0.02, 5), (0.05, 6), (0.06, 7)])
def test_the_worse_of_policys_grade_and_that_of_the_probability_counts(probability: float, grade: int) -> None:
    assert with_risk(opinion(probability)).grade == grade


def test_a_probability_never_betters_what_policy_says() -> None:
    weak = tuple(ratio(id, given) for id, given in (NEEDED | {"dscr": "0.9"}).items())
    alone = policy.rate(weak, (), POLICY, build.application("40000"))
    with_it = policy.rate(weak, (), POLICY, build.application("40000"), opinion(0.00001))
    assert (with_it.grade, with_it.recommendation, with_it.route) == (alone.grade, alone.recommendation, alone.route)


@pytest.mark.parametrize(
    ("risk", "id"),
    [
        (opinion(0.004, (Fate.FAILS, Fate.SURVIVES)), "default_is_improbable"),
        (opinion(0.03, (Fate.FAILS,)), "default_is_improbable"),
        (opinion(0.004, ()), "default_is_improbable"),
        (opinion(0.0005, outside=("current ratio",)), "figures_are_like_those_known"),
        (opinion(0.0005, known=0.39), "enough_is_known_to_rate"),
    ],
)
def test_what_the_model_is_not_sure_of_goes_to_a_person_as_information(risk: RiskOpinion, id: str) -> None:
    assert with_risk(opinion(0.0005, known=0.4)).route is Route.AUTO_CLEAR
    outcome = with_risk(risk)
    assert (outcome.recommendation, outcome.route) == (Recommendation.REFER, Route.REVIEW)
    assert [f.severity for f in outcome.findings if f.id == id] == [Severity.INFO]


def test_without_an_ensemble_policy_alone_rates() -> None:
    assert with_risk(None) == with_risk(opinion(0.0005))
