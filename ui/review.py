"""The review of one application: pages beside the spread, findings, ratios, the decision. Every gesture is saved when it is made."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st
from sqlalchemy import Connection

from app.access.roles import Act
from app.domain import Assessment, RatioStatus, Severity
from app.errors import LoanLensError, UsageError
from app.report import bars, wording
from app.report.parts import by_severity
from app.review_queue import corrections, tasks
from app.review_queue.amounts import typed_amount
from app.review_queue.corrections import Edit
from app.review_queue.desk import Desk
from app.review_queue.difference import Change, difference
from app.review_queue.opened import Review, look_again, open_review
from rules import policy
from ui import decision, place, viewer

_SHADES = {"passes": "green", "marginal": "orange", "fails": "red", "open": "gray"}
_COLOURS = {"fails": "#dc262699", "marginal": "#f59e0b99", "passes": "#16a34a99"}
_BADGES = {Severity.HIGH: "red", Severity.MEDIUM: "orange", Severity.LOW: "yellow", Severity.INFO: "gray"}


def draw() -> None:
    """Draw the page."""
    desk, task_id = place.desk(), _task_id()
    if task_id is None:
        st.info("No application is open. Take one from the inbox.")
        return
    with place.telling():
        review = _opened(desk, task_id)
        gesture = viewer.gesture()
        if gesture and gesture.get("stamp") != st.session_state.get("stamp"):
            st.session_state["stamp"] = gesture.get("stamp")
            review = _saved(gesture, review, desk)
        _head(review, desk)
        message = st.session_state.pop("message", "")
        figures, findings, ratios, decide = st.tabs(_titles(review))
        with figures:
            mine = review.task.claimed_by == desk.user.id and review.task.state != "closed"
            viewer.draw(review, mine, message)
            _tell_changes()
        with findings:
            _findings(review.now.assessment)
        with ratios:
            _ratios(review)
        with decide:
            decision.draw(review, desk)


def _task_id() -> int | None:
    """Return the task that is open; after the page was loaded again its address says which."""
    named = st.query_params.get("task", "")
    if "task" not in st.session_state and named.isdecimal():
        st.session_state["task"] = int(named)
    found = st.session_state.get("task")
    if isinstance(found, int):
        st.query_params["task"] = str(found)
    return found if isinstance(found, int) else None


def _opened(desk: Desk, task_id: int) -> Review:
    """Return the review; the first look takes the task where it is free, and is audited."""
    with place.acting() as connection:
        if st.session_state.get("opened") == task_id:
            return look_again(connection, desk, task_id)
        review = open_review(connection, desk, task_id)
    st.session_state.update(opened=task_id, pictures={}, troubles={})
    if not place.may(desk.user, Act.REVIEW_APPLICATION) or review.task.state == "closed":
        return review
    try:
        with place.acting() as connection:
            tasks.claim(connection, desk, task_id)
            return look_again(connection, desk, task_id)
    except LoanLensError as error:
        st.session_state["message"] = f"{error} You can look, not change."
        return review


def _titles(review: Review) -> list[str]:
    open_findings = sum(f.severity in (Severity.HIGH, Severity.MEDIUM) for f in review.now.assessment.findings)
    doubtful = viewer.doubtful(review)
    figures, findings = f" · {doubtful} to check" if doubtful else "", f" · {open_findings}" if open_findings else ""
    return [f"Figures{figures}", f"Findings{findings}", "Ratios", "Decision"]


def _head(review: Review, desk: Desk) -> None:
    made, application = review.now.assessment, review.application
    name, ask, grade, proposal, act = st.columns([2.6, 1.3, 1.5, 1.5, 1.1], vertical_alignment="center")
    name.markdown(f"##### {_plain(application.borrower or 'Borrower not read')}")
    name.caption(_plain(application.reference))
    requested = made.application.facility.amount if made.application else application.amount
    ask.metric("Request", wording.money(requested) if requested is not None else "not read")
    grade.metric("Grade", f"{made.grade} of 10" if made.grade else "none yet")
    proposal.metric("Proposed", wording.RECOMMENDATION[made.recommendation][0])
    if review.task.claimed_by == desk.user.id and review.task.state != "closed":
        with act.popover("More", width="stretch"):
            _more(review, desk)
    else:
        act.badge("closed" if review.task.state == "closed" else review.task.claimed_by or "free", color="gray")


def _more(review: Review, desk: Desk) -> None:
    reason = st.text_input("Reason", key="more_reason")
    login = st.text_input("Pass on to (login)", key="more_login")
    release, reassign, escalate = st.columns(3)
    with place.telling():
        done = False
        with place.acting() as connection:
            if release.button("Give back"):
                done = tasks.release(connection, desk.user, review.task.id)
            if reassign.button("Pass on"):
                tasks.reassign(connection, desk, review.task.id, login.strip(), reason)
                done = True
            if escalate.button("Escalate"):
                tasks.escalate(connection, desk.user, review.task.id, reason)
                done = True
        if done:
            st.session_state.pop("task", None)
            st.switch_page(st.session_state["pages"]["inbox"])


def _saved(gesture: Mapping[str, Any], review: Review, desk: Desk) -> Review:
    """Save a gesture and return the review as it then stands; the difference is kept to be shown."""
    try:
        with place.acting() as connection:
            _act(connection, gesture, review, desk)
            after = look_again(connection, desk, review.task.id)
    except LoanLensError as error:
        st.session_state["message"] = f"Not saved: {error}"
        with place.acting() as connection:
            return look_again(connection, desk, review.task.id)
    changes = difference(review.now.assessment, after.now.assessment)
    st.session_state.update(message=_summary(changes), changes=changes)
    return after


def _summary(changes: Sequence[Change]) -> str:
    """Return in a line what a change brought: findings come and gone, and the first ratios."""
    new = sum(c.what == "finding" and c.before is None for c in changes)
    gone = sum(c.what == "finding" and c.after is None for c in changes)
    said = [f"{_called(c.name)} {c.before} → {c.after}" for c in changes if c.what != "finding"][:3]
    said += [wording.count(new, "new finding")] if new else []
    said += [f"{wording.count(gone, 'finding')} resolved"] if gone else []
    return f"Saved: {'; '.join(said)}." if said else "Saved; nothing else changes."


def _act(connection: Connection, gesture: Mapping[str, Any], review: Review, desk: Desk) -> None:
    task, said = review.task.id, dict(gesture.get("said") or {})
    match gesture["gesture"]:
        case "undo":
            alive = [each for each in review.corrections if each.kind != "undo" and all(u.undoes != each.id for u in review.corrections)]
            if not alive:
                raise UsageError("There is nothing to undo.")
            corrections.undo(connection, desk, task, alive[-1].id)
        case "adjust":
            amount: Decimal = typed_amount(str(said.get("amount", "")))
            new = corrections.proposed(str(said["kind"]), str(said["account"]), str(said["period"]), amount, str(gesture.get("why") or ""))
            corrections.adjust(connection, desk, task, new)
        case kind:
            edit = Edit(str(kind), str(gesture.get("why") or ""), gesture.get("number"), int(gesture.get("seen") or 0), said)
            corrections.correct(connection, desk, task, edit)


def _tell_changes() -> None:
    """Show what the last gesture changed."""
    changes: Sequence[Change] = st.session_state.pop("changes", ())
    if changes:
        st.markdown("**What that changed**")
        rows = [{"": c.name.partition(":")[0], "before": c.before or "–", "after": c.after or "–"} for c in changes]
        st.dataframe([{**row, "": _called(str(row[""]))} for row in rows], width="stretch", hide_index=True)


def _called(name: str) -> str:
    return wording.ratio_name(name) if name in wording.RATIOS else name.replace("_", " ").capitalize()


def _findings(made: Assessment) -> None:
    if not made.findings:
        st.success("Nothing was found.")
    for finding in by_severity(made.findings):
        with st.container(border=True):
            weight = f":{_BADGES[finding.severity]}-badge[{wording.SEVERITY[finding.severity]}]"
            st.markdown(f"{weight} **{wording.THEME.get(finding.theme, finding.theme)}** — {_plain(finding.message)}")
            places = dict.fromkeys(f"{_plain(f.file)}, page {f.page}" for f in finding.facts) or map(_plain, finding.documents)
            st.caption(f"{'; '.join(places)} · {_plain(finding.source)}")


def _ratios(review: Review) -> None:
    """Draw each ratio of the newest period against policy's band, as reported beside as adjusted where they differ."""
    limits, reported = policy.load().limits, {r.id: r for r in review.now.reported if r.period == "current"}
    every = [ratio for ratio in review.now.assessment.ratios if ratio.period == "current"]
    lacking = [ratio for ratio in every if ratio.status is RatioStatus.NOT_COMPUTABLE]
    current = [ratio for ratio in every if ratio not in lacking]
    if lacking:
        with st.expander(f"Not computable: {len(lacking)}"):
            for ratio in lacking:
                st.markdown(f"{wording.ratio_name(ratio.id)} — {_plain(ratio.reason or '')}")
    groups = dict.fromkeys(wording.ratio_group(ratio.id) for ratio in current)
    for group in groups:
        st.markdown(f"###### {group}")
        for ratio in [each for each in current if wording.ratio_group(each.id) == group]:
            name, value, band, bound = st.columns([2.6, 1.8, 2.4, 2], vertical_alignment="center")
            name.markdown(wording.ratio_name(ratio.id), help=wording.formula(ratio.formula))
            shown, before = wording.outcome(ratio), wording.outcome(reported[ratio.id]) if ratio.id in reported else ""
            value.markdown(f"**{shown}**" + (f"  (reported {before})" if before and before != shown else ""), help=ratio.reason or None)
            if (limit := limits.get(ratio.id)) is not None:
                passed = bars.verdict(ratio, limit)
                bound.markdown(f":{_SHADES[passed]}[{passed}] · {limit.wanted}")
                if (drawn := bars.bar(limit, ratio, None)) is not None:
                    band.image(_svg(drawn), width="stretch")


def _svg(drawn: bars.BarView) -> str:
    """Return the bar as a picture: red fails, amber is marginal, green passes; the dot is the value."""
    zones = "".join(f'<rect x="{a}" y="45" width="{b - a}" height="30" fill="{_COLOURS[name]}"/>' for name, a, b in drawn.zones)
    at = None if drawn.value is None else min(max(drawn.value, 25), 975)
    dot = "" if at is None else f'<circle cx="{at}" cy="60" r="38" fill="#1f2937" stroke="#fff" stroke-width="12"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 120" width="260" height="31">{zones}{dot}</svg>'


def _plain(text: str) -> str:
    """Return text that a document brought, with what Markdown would draw made plain."""
    return "".join("\\" + c if c in r"\`*_{}[]()#+!$|<>~:" else c for c in text.replace("\n", " "))
