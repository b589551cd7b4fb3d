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
from app.review_queue.opened import Review, page_picture
from app.review_queue.recompute import active
from rules.accounts import ACCOUNTS
from ui import place

_HERE = Path(__file__).parent
_HELP = (
    ("Enter", "the figure is right; go on"), ("0–9 ( -", "type another amount"), ("Tab", "next doubtful figure"),
    ("↑ ↓", "figure before or after"),
    ("a", "other account"), ("p", "other period"), ("s", "other sign"), ("k", "unit of the statement"), ("b", "other place on the page"),
    ("m", "missing figure: draw a box"), ("x", "not on the page"), ("j", "adjust: the page is right, the view differs"),
    ("u", "undo the last change"), ("Esc", "leave"), ("?", "show or hide this"),
)  # fmt: skip


def draw(review: Review, editable: bool, message: str) -> None:
    """Draw the desk of a review."""
    viewer = components.component(
        "review_desk",
        html='<div id="desk"></div>',
        css=(_HERE / "review_desk.css").read_text(encoding="utf-8"),
        js=(_HERE / "review_desk.js").read_text(encoding="utf-8"),
    )
    numbers = {id(figure): number for number, figure in review.now.figures.items()}
    changed = {each.fact_number for each in active(review.corrections) if each.kind != "confirmed"}
    data = {
        "task": review.task.id, "editable": editable, "message": message, "seen": review.seen[0], "help": _HELP,
        "figures": [_figure(number, figure, number in changed, review) for number, figure in review.now.figures.items()],
        "tables": [*(_table(t, numbers) for t in tables(review.now.assessment.spread)), *_forms(review, numbers)],
        "pages": [_page(page, review) for page in review.machine.pages], "images": _images(review),
        "gestures": corrections.GESTURES, "adjustments": corrections.ADJUSTMENTS, "accounts": [[a.id, a.name] for a in ACCOUNTS],
    }  # fmt: skip
    viewer(key="review_desk", data=data, on_gesture_change=_nothing, on_page_change=_nothing)


def gesture() -> Mapping[str, Any] | None:
    """Return the gesture that was just made, once."""
    kept = st.session_state.get("review_desk")
    made = kept.get("gesture") if kept else None
    return made if isinstance(made, Mapping) else None


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
        rows = [{"label": wording.figure(field), "cells": [[numbers[id(field)]]]} for field in form.fields if id(field) in numbers]
        made.append({"title": f"{wording.KIND[form.kind]} · {form.file}", "heads": [""], "rows": rows})
    return made


def _page(page: Page, review: Review) -> dict[str, Any]:
    kind = wording.KIND[review.machine.page_kinds[review.machine.pages.index(page)]]
    trouble = page.reason or "" if page.status is PageStatus.QUARANTINED else st.session_state.get("troubles", {}).get(_key(page), "")
    label = f"{page.file}, page {page.number}: {kind}" + (" (set aside)" if page.status is PageStatus.QUARANTINED else "")
    periods = _periods_of(page.file, page.number, review)
    return {"key": _key(page), "file": page.file, "number": page.number, "label": label, "trouble": trouble, "periods": periods}


def _key(page: Page) -> str:
    return f"{page.file}#{page.number}"


def _images(review: Review) -> dict[str, str]:
    """Return the pictures that the browser lacks: the page asked for, and that of the first doubtful figure."""
    kept = st.session_state.get("review_desk")
    asked = kept.get("page") if kept else None
    order = [f"{f.file}#{f.page}" for f in sorted(review.now.figures.values(), key=lambda f: not _stops(f)) if f.box]
    wanted = dict.fromkeys([*([asked] if asked else []), *order[:1]])
    pages = {_key(page): page for page in review.machine.pages if page.status is not PageStatus.QUARANTINED}
    found = {}
    for key in [key for key in wanted if key in pages]:
        if uri := _picture(review, pages[key]):
            found[key] = uri
    return found


def _picture(review: Review, page: Page) -> str:
    document = next((d.sha256.hex() for d in review.documents if d.file == page.file), "")
    pictures: dict[tuple[str, int], str] = st.session_state.setdefault("pictures", {})
    if (document, page.number) not in pictures:
        try:
            pictures[document, page.number] = page_picture(place.desk(), place.reader(), review, page).uri
        except UsageError as error:
            st.session_state.setdefault("troubles", {})[_key(page)] = str(error)
            return ""
    return pictures[document, page.number]
