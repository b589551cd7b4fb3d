"""What the notice to an applicant says: of action taken, of a counter-offer, of what is missing (12 CFR 1002.9).

Only a decision that the applicant must be told of has one. The creditor's name and the regulator's stand in the templates, which counsel
verifies; nothing here sends anything.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from app.errors import UsageError
from app.report import wording
from app.report.request import request
from app.review_queue.decisions import Outcome
from app.review_queue.opened import Review
from app.store.rows import StoredDecision
from rules import policy

_NEEDS = (Outcome.DECLINE, Outcome.COUNTER_OFFER, Outcome.INCOMPLETE)
_US = "us"


def told(review: Review) -> StoredDecision:
    """Return the decision that the applicant must be told of. Raises UsageError, saying why, where there is none."""
    last = review.decisions[-1] if review.decisions else None
    if last is None or review.task.state != "closed":
        raise UsageError("The application is not decided: a notice tells of a decision.")
    if last.outcome not in _NEEDS:
        raise UsageError(f"{last.outcome.capitalize()} needs no notice: only {', '.join(_NEEDS)} do.")
    most = int(policy.load().values["notice_reasons"].value)
    if last.outcome != Outcome.INCOMPLETE and len(last.reasons) > most:
        raise UsageError(
            f"The decision names {len(last.reasons)} reasons and a notice tells at most {most}: reopen it and name the principal ones."
        )
    return last


def jurisdiction_of(review: Review) -> str:
    """Return whose law the notice is under, as it ends the template's name: us where nothing else is said."""
    return (review.application.jurisdiction or _US).strip().lower()


def template_of(review: Review) -> str:
    """Return the name of the template: the United States' has no ending, others are notice-decline-uk.md and the like."""
    where = jurisdiction_of(review)
    return f"notice-{told(review).outcome}{'' if where == _US else '-' + where}.md"


def notice_facts(review: Review, today: date) -> Mapping[str, object]:
    """Return what the template of a notice is filled in with."""
    decision, application = told(review), review.application
    days = policy.load().values["offer_days" if decision.outcome == Outcome.COUNTER_OFFER else "answer_days"].value
    return {
        "today": wording.day(today),
        "reference": application.reference,
        "borrower": application.borrower or "Applicant",
        "received_on": wording.day(application.received_at.date()),
        "complete_on": wording.day(application.complete_at.date()) if application.complete_at else "",
        "decided_on": wording.day(decision.created_at.date()) if decision.created_at else "",
        "answer_by": wording.day(today + timedelta(days=int(days))),
        "asked": dict(request(review.now.assessment.application)).get("Asks for", ""),
        "reasons": tuple(decision.reasons),
        "conditions": tuple(decision.conditions),
    }
