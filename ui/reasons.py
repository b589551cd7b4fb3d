"""The rationale, each reason to be marked useful, wrong or unsupported: one key marks the first that has no mark, and goes on."""

import streamlit as st

from app.access.roles import Act
from app.report import wording
from app.report.rationale import HEADINGS, rationale_view, sentence
from app.review_queue import marks, opened
from app.review_queue.desk import Desk
from app.review_queue.marks import Cited
from app.review_queue.opened import Review
from rules.questions import QUESTIONS
from ui import place
from ui.tables import Cell, Row, draw

_KEYS = {"useful": "Alt+U", "wrong": "Alt+W", "unsupported": "Alt+X"}


def draw_reasons(review: Review, desk: Desk) -> None:
    """Draw the reasons by what they say of the risk, then what to ask the borrower."""
    made, machine = review.now.assessment.rationale, review.machine.rationale
    if made is None or machine is None:
        st.info("No rationale was given.")
        return
    _draw_state(review, desk)
    markable = {Cited(each.fact, each.relation) for each in machine.reasons}
    facts = {fact.id: fact for fact in made.facts}
    marked = marks.marks_of(review)
    given = [Cited(each.fact, each.relation) for each in made.reasons if each.fact in facts]
    cited = [each for relation in HEADINGS for each in given if each.relation is relation]
    first = next((each for each in cited if each in markable and each not in marked), None)
    if first is not None and place.may(desk.user, Act.REVIEW_APPLICATION) and review.task.claimed_by == desk.user.id:
        _draw_keys(first, review, desk)
    rows: list[Row] = []
    for relation, heading in HEADINGS.items():
        told = [each for each in cited if each.relation is relation]
        rows += [Row([heading], "heading")] if told else []
        for each in told:
            arrow = "▸ " if each == first else ""
            mark = marked.get(each, "")
            rows.append(Row([Cell(arrow + sentence(facts[each.fact], review.now.assessment), "next" if arrow else ""), Cell(mark, mark)]))
    draw(["Reason", "Your mark"], rows)
    if made.questions:
        st.markdown("###### To ask the borrower")
        st.markdown("\n".join(f"- {place.plain(QUESTIONS[id])}" for id in made.questions))
    view = rationale_view(review.now.assessment)
    st.caption(place.plain(view.author) if view else "")


def _draw_state(review: Review, desk: Desk) -> None:
    if review.application.state == "received":
        st.markdown(":blue-badge[:material/sync: updating] Documents that arrived since are being read; the rationale follows.")
    elif review.is_updating:
        st.markdown(":blue-badge[:material/sync: updating] Written before your last change; a worker writes it anew.")
        _look_out(review.task.id, desk)
    elif review.now.assessment.rationale is not review.machine.rationale:
        st.markdown(":green-badge[up to date] Written anew on the figures as they stand now.")


@st.fragment(run_every=2.0)
def _look_out(task_id: int, desk: Desk) -> None:
    """Show the page again once the rationale was written."""
    with place.telling(), place.acting() as connection:
        written = not opened.look_again(connection, desk, task_id).is_updating
    if written:
        st.rerun()


def _draw_keys(first: Cited, review: Review, desk: Desk) -> None:
    columns = st.columns([1.2, 1.2, 1.5])
    for column, (said, key) in zip(columns, _KEYS.items(), strict=True):
        if column.button(said.capitalize(), shortcut=key, key=f"mark_{said}", width="stretch"):
            with place.telling():
                with place.acting() as connection:
                    marks.mark(connection, desk, review.task.id, first, said)
                st.rerun()
    st.caption("A mark is for the reason with the arrow, and goes on to the next. Models learn from it.")


def draw_risk(review: Review) -> None:
    """Draw the probability of default, what each part said, and the principal reasons."""
    now = review.now.assessment
    risk = now.risk
    st.markdown("###### Risk")
    st.markdown(place.plain(wording.probability(risk)))
    if risk is not None:
        for name, probability in risk.parts:
            st.markdown(f"{name.capitalize()}: **{probability:.2%}**")
        told = f"{risk.known:.0%} of its {risk.weighed} inputs were known."
        st.caption(told + (f" Outside what it was trained on: {', '.join(risk.outside)}." if risk.outside else ""))
    if now.principal_reasons:
        st.markdown("###### Principal reasons against")
        st.markdown("\n".join(f"{n}. {place.plain(each.text)}" for n, each in enumerate(now.principal_reasons, 1)))
