"""The page beside the spread, as one component: each figure's box and cell are the same thing, and keys are gestures on it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.components.v2 as components

from app.domain import UNMAPPED, Field, Figure, LineItem, Origin, Page, PageStatus
from app.errors import UsageError
from app.report import wording
from app.report.parts import Table, is_doubtful, tables
from app.review_queue import corrections
from app.review_queue.opened import Review
from app.review_queue.recompute import active
from rules.accounts import ACCOUNTS
from ui import place

_HERE = Path(__file__).parent
_HELP = (
    ("Enter", "the figure is right; go on"), ("0–9 ( -", "type another amount"), ("Tab", "next doubtful figure"),
    ("↑ ↓", "figure before or after"), ("drag", "box round a missing or misplaced figure"),
    ("a", "other account"), ("p", "other period"), ("s", "other sign"), ("k", "unit of the statement"), ("b", "other place on the page"),
    ("m", "missing figure"), ("x", "not on the page"), ("j", "adjust: the page is right, the view differs"),
    ("u", "undo the last change"), ("+ −", "zoom (also Ctrl and wheel)"), ("d", "go to the decision"),
    ("Esc", "leave"), ("?", "show or hide this"),
)  # fmt: skip
_LEGEND = (
    ("accepted", "accepted"), ("doubtful", "doubtful: compare it"), ("corrected", "changed by a person"),
    ("repaired", "repaired so that sums hold"), ("drawn", "missing: drawn by hand"),
)  # fmt: skip
_AHEAD = 3


@st.fragment
def draw(review: Review, editable: bool, message: str) -> None:
    """Draw the desk of a review. Pages that it asks for redraw it alone; a gesture redraws all that follows from it."""
    if "gesture" in st.session_state:
        st.rerun()
    viewer = components.component(
        "review_desk",
        html='<div id="desk"></div>',
        css=(_HERE / "review_desk.css").read_text(encoding="utf-8"),
        js=(_HERE / "review_desk.js").read_text(encoding="utf-8"),
    )
    numbers = {id(figure): number for number, figure in review.now.figures.items()}
    changed = {review.now.numbers.get(each.id) for each in active(review.corrections) if each.kind != "confirmed"}
    data = {
        "task": review.task.id, "editable": editable, "message": message,
        "seen": review.seen[0], "answered": st.session_state.get("answered_gesture"), "help": _HELP, "legend": _LEGEND,
        "figures": [_figure(number, figure, number in changed, review) for number, figure in review.now.figures.items()],
        "tables": [*(_table(t, numbers) for t in tables(review.now.assessment.spread)), *_forms(review, numbers)],
        "sheets": _sheets(review), "pages": [_page(page, review) for page in review.machine.pages],
        "gestures": corrections.GESTURES, "adjustments": corrections.ADJUSTMENTS, "accounts": [[a.id, a.name] for a in ACCOUNTS],
    }  # fmt: skip
    viewer(key="review_desk", data=data, on_gesture_change=_keep_gesture, on_page_change=_nothing)


def gesture() -> Mapping[str, Any] | None:
    """Return the gesture that was just made, once."""
    made = st.session_state.pop("gesture", None)
    return made if isinstance(made, Mapping) else None


def _keep_gesture() -> None:
    kept = st.session_state.get("review_desk")
    if kept and kept.get("gesture"):
        st.session_state["gesture"] = kept["gesture"]


def doubtful(review: Review) -> int:
    """Return how many figures still need a look."""
    return sum(map(_stops, review.now.figures.values()))


def _stops(figure: Figure) -> bool:
    """Say whether a person should compare a figure with the page; what counts in no account asks for none."""
    return is_doubtful(figure) and figure.concept != UNMAPPED


def _nothing() -> None:
    """What the component reports is taken from its result."""


def _figure(number: int, figure: Figure, changed: bool, review: Review) -> dict[str, Any]:
    doubt, box = _stops(figure), figure.box
    state = "corrected" if changed else "repaired" if figure.repaired else "doubtful" if doubt else "accepted"
    hint = f"“{figure.label}” {figure.text}, {figure.file}, page {figure.page}, confidence {figure.confidence:.0%}"
    if figure.origin is Origin.DERIVED:
        hint = f"Derived: {wording.formula(figure.formula or '')}"
    if changed:
        machine = review.figures.get(number)
        hint = f"Changed by a person; the machine read {wording.value(machine.value) if machine else 'nothing'}. {hint}"
    if figure.repaired:
        hint = f"{hint}. {figure.repaired}"
    if figure.alternatives:
        hint += f". Could also be {', '.join(map(wording.value, figure.alternatives))}"
    return {
        "n": number, "name": wording.figure(figure), "account": figure.concept, "period": figure.column,
        "shown": wording.value(figure.value),
        "mark": "ƒ" if figure.origin is Origin.DERIVED else "✎" if changed or figure.repaired else "?" if doubt else "",
        "hint": hint, "state": state, "doubtful": doubt, "page": f"{figure.file}#{figure.page}",
        "box": None if box is None else [box.x0, box.top, box.x1, box.bottom], "periods": _periods(figure, review),
    }  # fmt: skip


def _periods(figure: Figure, review: Review) -> list[list[str]]:
    if isinstance(figure, Field):
        return [[figure.period, figure.period]]
    return _periods_of(figure.file, figure.page, review)


def _periods_of(file: str, page: int, review: Review) -> list[list[str]]:
    found = [s for s in review.machine.spread.statements if s.file == file and s.first <= page <= s.last]
    return [[p.name, wording.period(p)] for s in found[:1] for p in s.periods]


def _table(table: Table, numbers: Mapping[int, int]) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for group in table.groups:
        rows += [{"heading": True, "label": group.heading}] if group.heading else []
        rows += [{"label": r.label, "total": r.is_total, "cells": [_numbers(cell, numbers) for cell in r.cells]} for r in group.rows]
    if table.unmapped:
        rows.append({"heading": True, "label": "Outside the template"})
        rows += [{"label": row.label, "cells": [_numbers(cell, numbers) for cell in row.cells]} for row in table.unmapped]
    heads = [wording.day(column.period.end) for column in table.columns]
    return {"title": wording.KIND[table.kind], "heads": heads, "rows": rows}


def _numbers(cell: Sequence[LineItem], numbers: Mapping[int, int]) -> list[int]:
    return [numbers[id(item)] for item in cell if id(item) in numbers]


def _forms(review: Review, numbers: Mapping[int, int]) -> list[dict[str, Any]]:
    made = []
    for form in review.now.assessment.forms:
        rows = [{"label": _field(field), "cells": [[numbers[id(field)]]]} for field in form.fields if id(field) in numbers]
        made.append({"title": f"{wording.KIND[form.kind]} · {form.file}", "heads": [""], "rows": rows})
    return made


def _field(field: Field) -> str:
    """Return a field's name; that it is of the personal financial statement, the table's title says."""
    name = wording.figure(field).removeprefix("Pfs ")
    return name[:1].upper() + name[1:]


def _page(page: Page, review: Review) -> dict[str, Any]:
    kind = wording.KIND[review.machine.page_kinds[review.machine.pages.index(page)]]
    trouble = page.reason or "" if page.status is PageStatus.QUARANTINED else st.session_state.get("troubles", {}).get(_key(page), "")
    aside = " (set aside)" if page.status is PageStatus.QUARANTINED else ""
    label = f"{kind}, page {page.number}{aside} · {page.file}"  # a long name is cut off at its end, the page is not
    periods = _periods_of(page.file, page.number, review)
    return {"key": _key(page), "file": page.file, "number": page.number, "label": label, "trouble": trouble, "periods": periods}


def _key(page: Page) -> str:
    return f"{page.file}#{page.number}"


def _sheets(review: Review) -> dict[str, dict[str, Any]]:
    """Return the pages that the browser lacks, as picture and words: the one it asks for, and those of the next doubtful figures.

    What was sent is not sent again, unless the browser asks for it again. Pages ahead are drawn while the analyst reads.
    """
    kept = st.session_state.get("review_desk")
    asked = dict((kept.get("page") if kept else None) or {})
    key = str(asked.get("key") or "") if asked.get("stamp") != st.session_state.get("answered") else ""
    st.session_state["answered"] = asked.get("stamp")
    sent: set[str] = st.session_state.setdefault("sent_pages", set())
    order = [f"{f.file}#{f.page}" for f in sorted(review.now.figures.values(), key=lambda f: not _stops(f)) if f.box]
    pages = {_key(page): page for page in review.machine.pages if page.status is not PageStatus.QUARANTINED}
    ahead = [pages[each] for each in dict.fromkeys(order) if each in pages and each not in sent][: _AHEAD + 1]
    first = [ahead.pop(0)] if ahead and not key and not sent else []
    now = [pages[key]] if key in pages else first
    ready = [page for page in ahead if place.pictures().has(place.desk(), review, page)]
    found = {_key(page): sheet for page in dict.fromkeys((*now, *ready)) if (sheet := _sheet(review, page))}
    sent |= set(found)
    place.pictures().draw_ahead(place.desk(), review, [page for page in ahead if page not in ready])
    return found


def _sheet(review: Review, page: Page) -> dict[str, Any] | None:
    """Return a page as the browser keeps it: its picture, and its words so that a box drawn on it knows what stands inside."""
    try:
        picture = place.pictures().picture(place.desk(), review, page)
    except UsageError as error:
        st.session_state.setdefault("troubles", {})[_key(page)] = str(error)
        return None
    words = [[w.text, *(round(edge, 4) for edge in (w.box.x0, w.box.top, w.box.x1, w.box.bottom))] for w in page.words]
    return {"picture": picture, "words": words}
