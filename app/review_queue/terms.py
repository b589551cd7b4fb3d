"""The same application on other terms: what policy and the ensemble would say to another amount, term or collateral. Stores nothing."""

from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import Ratio, RiskOpinion
from app.review_queue.opened import Review
from app.review_queue.recompute import adjusted_spread
from app.what_if import Rates, Situation, conclude, weigh
from rules import units
from rules.policy import Outcome


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked for, as it may be changed: None where the package does not say."""

    amount: Decimal | None
    term_months: int | None
    collateral_value: Decimal | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out: policy's outcome, the opinion it heard, and the ratios of the newest period by id."""

    outcome: Outcome
    risk: RiskOpinion | None
    ratios: dict[str, Ratio]


def asked_terms(review: Review) -> Terms | None:
    """Return the terms that the application asks for, None where no application was read."""
    application = review.now.assessment.application
    if application is None:
        return None
    facility = application.facility
    return Terms(facility.amount, facility.term_months, facility.collateral_value)


def answer(review: Review, terms: Terms, ensemble: Rates | None) -> Answer:
    """Return what would come out on these terms, the figures as they stand after people's work."""
    made = review.now.assessment
    spread = adjusted_spread(made.spread, review.adjustments)
    found = tuple(finding for finding in made.findings if finding.theme != "policy")
    now = Situation(units.in_one_unit(spread, made.forms), made.forms, made.application, found)
    if made.application is not None:
        changed = {"amount": terms.amount, "term_months": terms.term_months, "collateral_value": terms.collateral_value}
        facility = replace(made.application.facility, **changed)  # type: ignore[arg-type]  # each of its own type
        now = replace(now, application=replace(made.application, facility=facility))
    outcome, risk = conclude(now, ensemble)
    computed, _ = weigh(now, None)
    return Answer(outcome, risk, {ratio.id: ratio for ratio in computed if ratio.period == "current"})
