"""Other terms: move amount, term or collateral, and see at once what policy and the ensemble would say."""

from decimal import Decimal

import streamlit as st

from app.domain import Counterfactual, RatioStatus
from app.report import bars, wording
from app.review_queue import terms
from app.review_queue.opened import Review
from app.review_queue.terms import Answer, Terms
from rules import policy
from ui import place
from ui.tables import Cell, Row, draw

_SHOWN = ("dscr", "global_dscr", "fccr", "debt_to_ebitda_with_proposed", "ltv", "collateral_coverage")
_LONGEST = 300


@st.fragment
def draw_terms(review: Review) -> None:
    """Draw a slider for each term that the application names, and what comes out beside what is asked for."""
    asked = terms.asked_terms(review)
    if asked is None or asked.amount is None:
        st.info("No request was read from this application: there is nothing to vary.")
        return
    left, right = st.columns([1, 1.6], gap="large")
    with left:
        st.markdown("###### Terms")
        tried = _sliders(asked, review.application.id)
        if tried != asked and st.button("Back to what is asked for"):
            st.session_state["terms_turn"] = st.session_state.get("terms_turn", 0) + 1
            st.rerun(scope="fragment")
    ensemble = place.ensemble()
    with right:
        _draw_answers(terms.answer(review, asked, ensemble), terms.answer(review, tried, ensemble))
    _draw_least(review.machine.counterfactuals, bool(review.corrections or review.adjustments))


def _sliders(asked: Terms, application: int) -> Terms:
    turn = f"{application}_{st.session_state.get('terms_turn', 0)}"
    amount = _amount("Amount", asked.amount, f"terms_amount_{turn}")
    months = asked.term_months
    if months:
        months = st.slider("Term, months", 6, max(_LONGEST, months), months, step=6 if months % 6 == 0 else 1, key=f"terms_months_{turn}")
    collateral = _amount("Collateral value", asked.collateral_value, f"terms_collateral_{turn}")
    return Terms(amount, months, collateral)


def _amount(name: str, now: Decimal | None, key: str) -> Decimal | None:
    """Draw a slider in steps of 5 % up to twice the amount; nothing where there is none."""
    if not now or now < 0:
        return now
    steps = [now if share == 100 else (now * share / 100).quantize(Decimal(1)) for share in range(5, 205, 5)]
    return st.select_slider(name, steps, now, format_func=wording.money, key=key)


def _draw_answers(asked: Answer, tried: Answer) -> None:
    limits = policy.load().limits
    rows = [
        Row(["Proposed", *(wording.RECOMMENDATION[each.outcome.recommendation][0] for each in (asked, tried))]),
        Row(["Grade", *(f"{each.outcome.grade} of 10" if each.outcome.grade else "none" for each in (asked, tried))]),
        Row(["Probability of default", *(_odds(each) for each in (asked, tried))]),
    ]
    for id in _SHOWN:
        if id in asked.ratios and id in tried.ratios:
            cells = []
            for each in (asked, tried):
                ratio = each.ratios[id]
                shown = "–" if ratio.status is RatioStatus.NOT_COMPUTABLE else wording.outcome(ratio)
                cells.append(Cell(shown, bars.verdict(ratio, limits[id]) if id in limits else "", ratio.reason or ""))
            rows.append(Row([wording.ratio_name(id), *cells]))
    draw(["", "As asked for", "On these terms"], rows)
    gone = [finding.message for finding in asked.outcome.findings if finding not in tried.outcome.findings]
    new = [finding.message for finding in tried.outcome.findings if finding not in asked.outcome.findings]
    for mark, messages in (("No longer:", gone), ("New:", new)):
        for message in messages:
            st.caption(f"{mark} {place.plain(message)}")


def _odds(given: Answer) -> str:
    return f"{given.risk.probability_of_default:.2%}" if given.risk else "not rated"


def _draw_least(changes: tuple[Counterfactual, ...], changed: bool) -> None:
    st.markdown("###### The least change that reaches a better outcome")
    if not changes:
        st.caption("No single change of amount, term, debt or equity betters the outcome.")
    for change in changes:
        st.markdown(f"- {place.plain(wording.counterfactual(change))}")
    if changed and changes:
        st.caption("Worked out on the figures as the machine read them, before the changes made here.")
