"""What was done to an application: decisions, corrections, adjustments, what found no place any more, each with who and when."""

import streamlit as st

from app.report import wording
from app.review_queue.desk import Desk
from app.review_queue.opened import Review
from app.store.rows import Correction
from ui.tables import Cell, Row, draw


def draw_history(review: Review, desk: Desk) -> None:  # noqa: ARG001  each tab is drawn for a desk
    """Draw decisions first, then every change, the newest first."""
    st.markdown("###### Decisions")
    if review.decisions:
        rows = []
        for each in reversed(review.decisions):
            said = "; ".join((*each.reasons, *each.conditions, each.override_reason or ""))
            second = each.seconded_by or ("waits" if each.needs_second else "")
            rows.append(Row([_when(each.created_at), each.decided_by, each.outcome, second, said]))
        draw(["When", "Who", "Decision", "Second person", "Reasons and conditions"], rows, (1, 2, 3, 4))
    else:
        st.caption("Nothing has been decided yet.")
    draw_lost(review)
    st.markdown("###### Changes")
    if not review.corrections and not review.adjustments:
        st.caption("Nobody changed a figure.")
        return
    changes = [(each.created_at, _correction(each)) for each in review.corrections]
    for done in review.adjustments:
        what = "adjustment taken back" if done.undoes else done.kind
        cells = [_when(done.created_at), done.author, what, wording.account(done.account), "", wording.money(done.amount), done.why]
        changes.append((done.created_at, Row(cells)))
    changes.sort(key=lambda each: each[0].timestamp() if each[0] else 0.0, reverse=True)
    draw(["When", "Who", "What", "Figure", "Read as", "Is", "Why"], [row for _, row in changes], (1, 2, 3, 6))


def draw_lost(review: Review) -> None:
    """Draw the corrections that find no figure in the newest reading: a person enters them again, or lets them be."""
    if review.now.lost:
        st.warning(f"{wording.count(len(review.now.lost), 'correction')} of an earlier reading found no figure in this one. Check them:")
        draw(["When", "Who", "What", "Figure", "Read as", "Is", "Why"], [_correction(each) for each in review.now.lost], (1, 2, 3, 6))


def _correction(each: Correction) -> Row:
    about = {**each.predicted, **each.corrected}
    name = str(about.get("account") or about.get("fact") or "")
    place_of = f"{about['file']}, page {about['page']}" if about.get("file") else ""
    figure = Cell(wording.account(name) if name else "", note=place_of)
    now = str(each.corrected.get("value") or each.corrected.get("mark") or each.corrected.get("account") or "")
    return Row([_when(each.created_at), each.author, each.kind, figure, str(each.predicted.get("value", "")), now, each.why or ""])


def _when(at: object) -> str:
    return f"{at:%d %b %Y %H:%M}" if at else ""


