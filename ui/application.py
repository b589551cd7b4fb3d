"""One application as a whole: what is asked for, the spread over its periods, ratios, risk, other terms, documents, what was done."""

from decimal import Decimal

import streamlit as st

from app.domain import Assessment
from app.report import wording
from app.report.request import request
from app.review_queue import tasks
from app.review_queue.desk import Desk
from app.review_queue.opened import Review, look_again, open_review
from ui import charts, documents, history, opinion, place, reasons, terms, versions
from ui.tables import Row
from ui.tables import draw as draw_table

_TABS = ("Overview", "Spread", "Ratios", "Other terms", "Findings", "Documents", "History")


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    with place.telling():
        task_id = place.open_task_id() or _first(desk)
        if task_id is None:
            st.info("No application was read yet. Send one at Intake.")
            return
        review = _opened(desk, task_id)
        draw_head(review)
        versions.tell_newer(review, desk)
        overview, spread, ratios, varied, findings, paper, past = st.tabs(_TABS, key="application_tab", on_change="rerun")
        with overview:
            if overview.open:
                _overview(review, desk)
        with spread:
            if spread.open:
                charts.draw_periods(review.now.assessment)
                opinion.draw_spread(review.now.assessment)
        with ratios:
            if ratios.open:
                opinion.draw_ratios(review)
        with varied:
            if varied.open:
                terms.draw_terms(review)
        with findings:
            if findings.open:
                opinion.draw_findings(review.now.assessment)
        with paper:
            if paper.open:
                versions.draw_change(review, desk)
                versions.draw_difference(review, desk)
                documents.draw_documents(review, desk)
        with past:
            if past.open:
                history.draw_history(review, desk)


def _first(desk: Desk) -> int | None:
    """Return the task that the inbox shows first."""
    with place.acting() as connection:
        found = tasks.list_tasks(connection, desk.user, limit=1)
    return found[0].id if found else None


def _opened(desk: Desk, task_id: int) -> Review:
    """Return the application; the first look is audited."""
    seen = st.session_state.get("looked_at") == task_id or st.session_state.get("opened") == task_id
    with place.acting() as connection:
        review = look_again(connection, desk, task_id) if seen else open_review(connection, desk, task_id)
    st.session_state["looked_at"] = task_id
    return review


def draw_head(review: Review) -> None:
    """Draw what the application is, what it asks for, and how it stands."""
    made, application = review.now.assessment, review.application
    name, ask, grade, odds, proposal = st.columns([2.6, 1.2, 1.1, 1.3, 1.5], vertical_alignment="center")
    name.markdown(f"##### {place.plain(application.borrower or 'Borrower not read')}")
    name.caption(f"{place.plain(application.reference)} · {_stands(review)}")
    requested = made.application.facility.amount if made.application else application.amount
    ask.metric("Request", wording.money(requested) if requested is not None else "not read")
    grade.metric("Grade", f"{made.grade} of 10" if made.grade else "none yet")
    odds.metric("Probability of default", f"{made.risk.probability_of_default:.2%}" if made.risk else "not rated")
    proposal.metric("Proposed", wording.RECOMMENDATION[made.recommendation][0])


def _stands(review: Review) -> str:
    if review.decisions:
        last = review.decisions[-1]
        return f"{last.outcome}, {place.plain(last.decided_by)}"
    return "open" if review.task.state == "open" else review.task.state


def _overview(review: Review, desk: Desk) -> None:
    left, right = st.columns([1, 1], gap="large")
    with left:
        st.markdown("###### Request")
        asked = request(review.now.assessment.application)
        if asked:
            draw_table(["", ""], [Row(each) for each in asked], (1,))
        else:
            st.caption("No loan application was read in this package.")
        _debts(review.now.assessment)
        reasons.draw_risk(review)
        risk = review.now.assessment.risk
        if risk and risk.drivers:
            charts.draw_drivers(risk)
    with right:
        reasons.draw_reasons(review, desk)


def _debts(made: Assessment) -> None:
    debts = made.application.debts if made.application else ()
    if debts:
        rows = [
            Row([each.creditor, _amount(each.balance), _amount(each.monthly_payment), wording.day(each.maturity) if each.maturity else ""])
            for each in debts
        ]
        draw_table(["Owed to", "Balance", "A month", "Until"], rows)


def _amount(value: Decimal | None) -> str:
    return wording.money(value) if value is not None else ""
