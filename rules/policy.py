"""Credit policy: thresholds with unit, source and effective date (policy.yaml), and what follows from them.

Last in the walk: ratios and findings -> policy's own findings, grade, recommendation and route. It reads no file but its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from app.domain import (
    DocumentKind,
    Fate,
    Finding,
    LoanApplication,
    Ratio,
    RatioStatus,
    Recommendation,
    RiskOpinion,
    Route,
    Severity,
)
from rules.limits import Limit, amount
from rules.policy_file import Section, read

DEFAULT = Path(__file__).with_name("policy.yaml")
#: The values that rules compare with, each of which a policy must set.
VALUES = (
    *("notice_days", "alert_day", "last_alert_day", "audit_applications", "audit_figures"),
    *("statement_age", "personal_statement_age", "bank_statement_age", "return_age", "owner_share"),
    *("return_tie", "deposits_tie", "debt_tie", "aging_tie", "cash_tie", "approval_cap", "exposure_cap", "second_person"),
    *("risk_inputs_known", "retention", "answer_days", "offer_days", "notice_reasons"),
)
_CURRENT = "current"
_WORST = 7
_GRADES = 6
_MOST_LISTED = 3
_OPEN = (Severity.MEDIUM, Severity.HIGH)
_WEIGHTS = tuple(Severity)
_DIRECTIONS = ("at_least", "at_most", "more_than")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A value of policy that is no limit of a ratio."""

    name: str
    value: Decimal
    unit: str
    source: str
    effective: date


@dataclass(frozen=True, slots=True)
class Requirement:
    """How many documents of a kind a complete application holds, or how many periods they must show."""

    kind: DocumentKind
    count: int
    periods: bool
    source: str
    effective: date


@dataclass(frozen=True, slots=True)
class GradeScale:
    """The limits of a measure for the grades 1 to 6; what misses the last is 7."""

    measure: str
    limits: tuple[Decimal, ...]
    at_least: bool
    unit: str
    source: str
    effective: date

    def grade(self, ratio: Ratio) -> int | None:
        """Return the grade that `ratio` alone would give, or None where it could not be computed."""
        if ratio.status is RatioStatus.NO_DEBT:
            return 1
        if ratio.status is RatioStatus.NOT_MEANINGFUL:
            return _WORST
        if ratio.value is None:
            return None
        return self.grade_of(ratio.value)

    def grade_of(self, value: Decimal) -> int:
        """Return the grade that a value of the measure alone would give."""
        met = (n for n, limit in enumerate(self.limits, 1) if (value >= limit if self.at_least else value <= limit))
        return next(met, _WORST)


@dataclass(frozen=True, slots=True)
class AdvanceRate:
    """Which share of a kind of collateral the bank lends on; `words` are those by which the kind is known."""

    kind: str
    words: tuple[str, ...]
    share: Decimal
    source: str
    effective: date


@dataclass(frozen=True, slots=True)
class Practice:
    """Between which values a ratio of a real business lies; beyond them a figure was most likely misread."""

    measure: str
    least: Decimal
    most: Decimal
    source: str
    effective: date


@dataclass(frozen=True, slots=True)
class Policy:
    """A lender's policy as loaded. `values` holds statement_age, return_tie, approval_cap and the like by name.

    `declines` are the limits that must all fail before the machine recommends to decline.
    """

    limits: Mapping[str, Limit]
    values: Mapping[str, Threshold]
    required: tuple[Requirement, ...]
    leverage: tuple[GradeScale, ...]
    coverage: tuple[GradeScale, ...]
    probability_of_default: GradeScale
    failed_limit: Threshold
    advance_rates: tuple[AdvanceRate, ...]
    practice: Mapping[str, Practice]
    declines: tuple[str, ...]

    def grade_of(self, probability: float) -> int:
        """Return the grade that a probability of default alone would give."""
        return self.probability_of_default.grade_of(Decimal(repr(probability)))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What policy makes of an application. `grade` is None where neither leverage nor coverage could be computed."""

    findings: tuple[Finding, ...]
    grade: int | None
    recommendation: Recommendation
    route: Route


# -- the outcome -----------------------------------------------------------------------------------------------------


def rate(
    ratios: tuple[Ratio, ...],
    findings: tuple[Finding, ...],
    policy: Policy,
    application: LoanApplication | None,
    risk: RiskOpinion | None = None,
) -> Outcome:
    """Return policy's findings on the ratios of the current period, and the grade, recommendation and route that follow.

    A medium or high finding, a missing document, a limit that must be tested and cannot, or no loan application: a person looks
    at it. Without any of these the machine recommends approval, and clears it by itself up to policy's caps on the request and
    on the exposure. It recommends to decline where every limit of `declines` fails and nothing casts doubt on the figures;
    only a person declines. A probability of default makes all of this stricter and never milder: the worse grade counts, and
    what the model is not sure of goes to a person.
    Source: the credit policy.
    """
    current = {ratio.id: ratio for ratio in ratios if ratio.period == _CURRENT}
    doubts = _doubts(risk, policy) if risk else []
    own = (*_findings(current, policy), *doubts)
    grade = _stricter(_grade(current, own, policy), risk, policy)
    requested = application.facility.amount if application else None
    if _declines(current, findings, policy) and requested is not None:
        return Outcome(own, _WORST, Recommendation.DECLINE, Route.REVIEW)
    open_points = any(f.severity in _OPEN or (f.theme == "complete" and f.severity is not Severity.INFO) for f in (*findings, *own))
    held = open_points or bool(doubts) or any(limit.needed for limit in _untested(current, policy))
    if held or application is None or requested is None or grade is None or grade == _WORST:
        return Outcome(own, grade, Recommendation.REFER, Route.REVIEW)
    return Outcome(own, grade, Recommendation.APPROVE, Route.AUTO_CLEAR if _is_small(application, requested, policy) else Route.REVIEW)


def _stricter(grade: int | None, risk: RiskOpinion | None, policy: Policy) -> int | None:
    """Return the worse of policy's grade and that of the probability of default; no grade stays none."""
    return max(grade, policy.grade_of(risk.probability_of_default)) if risk and grade is not None else grade


def _doubts(risk: RiskOpinion, policy: Policy) -> list[Finding]:
    """Return what the model of default is not sure of: told as information, since nothing is wrong, and a person looks."""
    least = policy.values["risk_inputs_known"]
    said = {}
    if risk.fates != (Fate.SURVIVES,):
        told = {(Fate.FAILS,): "few firms of such a probability survive", (): "neither failure nor survival is usual at it"}
        unsure = told.get(risk.fates, "neither failure nor survival can be ruled out")
        said["default_is_improbable"] = f"The probability of default is {risk.probability_of_default:.2%} ({risk.meaning}): {unsure}."
    if risk.outside:
        listed = ", ".join(risk.outside[:_MOST_LISTED])
        share = f"{len(risk.outside)} of the {risk.weighed} ratios"
        said["figures_are_like_those_known"] = f"{share} lie beyond what the model of default was fitted on, such as {listed}."
    if Decimal(repr(risk.known)) < least.value:
        told_share = f"Only {risk.known:.0%} of the ratios that the model of default weighs could be computed"
        said["enough_is_known_to_rate"] = f"{told_share}; policy asks for {least.value:.0%}."
    source = f"{least.source}, effective {least.effective}"
    return [Finding(id, "policy", Severity.INFO, message, source=source) for id, message in said.items()]


def _declines(current: Mapping[str, Ratio], findings: tuple[Finding, ...], policy: Policy) -> bool:
    """Say whether every limit that policy declines by fails, and no finding but policy's own asks a person to look first."""
    doubted = any(finding.severity in _OPEN and finding.theme != "policy" for finding in findings)
    judged = [_judge(current[m], policy.limits[m]) if m in current else None for m in policy.declines]
    return not doubted and bool(judged) and all(found is not None and found.severity is Severity.HIGH for found in judged)


def _is_small(application: LoanApplication, requested: Decimal, policy: Policy) -> bool:
    """Say whether request and exposure lie within the caps; the exposure is the request and every debt that stays.

    What the lender has lent to affiliates and common owners is known to its system of record alone.
    """
    stays = sum((debt.balance or Decimal(0) for debt in application.debts if not debt.refinanced), Decimal(0))
    return requested <= policy.values["approval_cap"].value and requested + stays <= policy.values["exposure_cap"].value


def _findings(current: Mapping[str, Ratio], policy: Policy) -> list[Finding]:
    out = [_judge(current[limit.measure], limit) for limit in policy.limits.values() if limit.measure in current]
    untested = _untested(current, policy)
    return [finding for finding in out if finding is not None] + ([_told_untested(untested, current)] if untested else [])


def _judge(ratio: Ratio, limit: Limit) -> Finding | None:
    """Return the finding on a ratio outside its limit; what is not meaningful fails, no debt passes."""
    if ratio.status is RatioStatus.NOT_MEANINGFUL:
        why = f" ({ratio.reason})" if ratio.reason else ""
        said = f"The {limit.name} is not meaningful{why} and counts as failing; policy asks for {limit.wanted}."
        return _finding(limit, limit.weight, said, ratio)
    if ratio.value is None or (verdict := limit.verdict(ratio.value)) == "passes":
        return None
    shown = limit.shown(ratio.value)
    if verdict == "marginal" and limit.marginal is not None:
        edge = f"{'below' if limit.at_least else 'above'} {amount(limit.marginal, limit.unit)}"
        said = f"The {limit.name} of {shown} is marginal: policy asks for {limit.wanted}; {edge} it fails."
        return _finding(limit, min(limit.weight, Severity.MEDIUM, key=_WEIGHTS.index), said, ratio)
    return _finding(limit, limit.weight, f"The {limit.name} of {shown} fails: policy asks for {limit.wanted}.", ratio)


def _finding(limit: Limit, severity: Severity, message: str, ratio: Ratio) -> Finding:
    source = f"{limit.source}, effective {limit.effective}"
    return Finding(f"{limit.measure}_is_within_policy", "policy", severity, message, ratio.documents, limit.measure, source=source)


def _untested(current: Mapping[str, Ratio], policy: Policy) -> list[Limit]:
    computed = {id for id, ratio in current.items() if ratio.status is not RatioStatus.NOT_COMPUTABLE}
    return [limit for limit in policy.limits.values() if limit.measure not in computed]


def _told_untested(limits: list[Limit], current: Mapping[str, Ratio]) -> Finding:
    """Return the one finding that lists the limits which could not be tested, each with its reason."""
    reasons = [(x.name, current[x.measure].reason if x.measure in current else "its documents were not read") for x in limits]
    told = "; ".join(f"{name} ({reason or 'an input is missing'})" for name, reason in reasons)
    needed = [limit.name for limit in limits if limit.needed]
    more = f" Policy approves nothing before it knows the {', the '.join(needed)}." if needed else ""
    source = "; ".join(sorted({limit.source for limit in limits}))
    return Finding("limits_can_be_tested", "policy", Severity.INFO, f"Not tested against policy: {told}.{more}", source=source)


def _grade(current: Mapping[str, Ratio], own: tuple[Finding, ...], policy: Policy) -> int | None:
    """Return the worse grade of leverage and coverage; the first measure of each that could be computed stands for it."""
    groups = [next(filter(None, (s.grade(current[s.measure]) for s in scales if s.measure in current)), None) for scales in _groups(policy)]
    known = [grade for grade in groups if grade is not None]
    if not known:
        return None
    failed = any(finding.severity is Severity.HIGH for finding in own)
    return max(*known, int(policy.failed_limit.value) if failed else 1)


def _groups(policy: Policy) -> tuple[tuple[GradeScale, ...], ...]:
    return policy.leverage, policy.coverage


# -- loading ---------------------------------------------------------------------------------------------------------


@lru_cache
def load(path: Path = DEFAULT) -> Policy:
    """Return the policy at `path`. Raise SetupError where it is missing, incomplete, misspelt or contradicts itself."""
    root = read(path).only("limits", "values", "required", "grades", "advance_rates", "practice", "declines")
    grades = root.section("grades").only("leverage", "coverage", "probability_of_default", "failed_limit")
    policy = Policy(
        MappingProxyType({name: _limit(name, each) for name, each in root.section("limits").sections()}),
        MappingProxyType({name: _threshold(name, each) for name, each in root.section("values").sections()}),
        tuple(_requirement(name, each) for name, each in root.section("required").sections()),
        tuple(_scale(name, each) for name, each in grades.section("leverage").sections()),
        tuple(_scale(name, each) for name, each in grades.section("coverage").sections()),
        _scale("probability_of_default", grades.section("probability_of_default")),
        _threshold("failed_limit", grades.section("failed_limit")),
        tuple(_advance_rate(name, each) for name, each in root.section("advance_rates").sections()),
        MappingProxyType({name: _practice(name, each) for name, each in root.section("practice").sections()}),
        root.section("declines").only("limits", "source", "effective").texts("limits"),
    )
    _check_values(policy, root)
    return policy


def _limit(name: str, section: Section) -> Limit:
    section.only(*_DIRECTIONS, "marginal", "needed", "weight", "unit", "source", "effective")
    direction = section.direction(*_DIRECTIONS)
    passes = section.number(direction)
    marginal = section.number("marginal") if "marginal" in section.entries() else None
    upward = direction != "at_most"
    if marginal is not None and (marginal >= passes if upward else marginal <= passes):
        side = "below" if upward else "above"
        raise section.wrong(f"marginal {marginal} must lie {side} {direction} {passes}, or nothing could be marginal")
    strict = direction == "more_than"
    told = section.text("unit"), section.text("source"), section.day("effective")
    return Limit(name, passes, marginal, upward, strict, *told, section.flag("needed"), _weight(section))


def _weight(section: Section) -> Severity:
    weight = section.text("weight") if "weight" in section.entries() else Severity.HIGH.value
    if weight not in tuple(Severity):
        raise section.wrong(f"weight is {weight!r}; use {', '.join(Severity)}")
    return Severity(weight)


def _threshold(name: str, section: Section) -> Threshold:
    section.only("value", "unit", "source", "effective")
    return Threshold(name, section.number("value"), section.text("unit"), section.text("source"), section.day("effective"))


def _requirement(name: str, section: Section) -> Requirement:
    section.only("count", "counted", "source", "effective")
    if name not in tuple(DocumentKind):
        raise section.wrong(f"{name!r} is no kind of document; use one of {', '.join(DocumentKind)}")
    counted, count = section.text("counted"), section.number("count")
    if counted not in ("documents", "periods"):
        raise section.wrong(f"counted is {counted!r}; use documents or periods")
    if count < 1 or count != int(count):
        raise section.wrong(f"count is {count}; use a whole number from 1")
    return Requirement(DocumentKind(name), int(count), counted == "periods", section.text("source"), section.day("effective"))


def _scale(name: str, section: Section) -> GradeScale:
    section.only("at_least", "at_most", "unit", "source", "effective")
    direction = section.direction("at_least", "at_most")
    limits = section.numbers(direction)
    better = sorted(set(limits), reverse=direction == "at_least")
    if len(limits) != _GRADES or list(limits) != better:
        order = "falling" if direction == "at_least" else "rising"
        raise section.wrong(f"{direction} must name {_GRADES} {order} limits, for the grades 1 to {_GRADES}")
    return GradeScale(name, limits, direction == "at_least", section.text("unit"), section.text("source"), section.day("effective"))


def _advance_rate(name: str, section: Section) -> AdvanceRate:
    section.only("words", "share", "unit", "source", "effective")
    share = section.number("share")
    if not 0 <= share <= 1:
        raise section.wrong(f"share is {share}; use a share of one, such as 0.80")
    return AdvanceRate(name, section.texts("words"), share, section.text("source"), section.day("effective"))


def _practice(name: str, section: Section) -> Practice:
    section.only("least", "most", "unit", "source", "effective")
    least, most = section.number("least"), section.number("most")
    if least >= most:
        raise section.wrong(f"least {least} must lie below most {most}")
    return Practice(name, least, most, section.text("source"), section.day("effective"))


def _check_values(policy: Policy, root: Section) -> None:
    """Refuse a policy without the values that the rules compare with, or with values that mean nothing."""
    values = root.section("values")
    missing = [name for name in VALUES if name not in policy.values]
    if missing:
        raise values.wrong(f"{missing[0]} is missing")
    values.only(*VALUES)
    unlimited = [measure for measure in policy.declines if measure not in policy.limits]
    if unlimited:
        raise root.section("declines").wrong(f"{unlimited[0]!r} is no limit; use {', '.join(policy.limits)}")
    negative = [name for name, each in policy.values.items() if each.value < 0]
    if negative:
        raise values.section(negative[0]).wrong("value is negative")
    if not 1 <= policy.failed_limit.value <= _WORST:
        raise root.section("grades").section("failed_limit").wrong(f"value must be a grade from 1 to {_WORST}")
