"""What an analyst changes: corrections (the machine misread the page) and adjustments (the page is right, the view differs).

Each is saved when made, tied to what was seen: whoever saves on a figure that somebody else changed since is told what was done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.domain import Field, Figure, User
from app.errors import ChangedMeanwhile, NotFound, UsageError
from app.review_queue import rationales, tasks
from app.review_queue.amounts import field_value, typed_amount
from app.review_queue.desk import Desk
from app.review_queue.opened import machine_reading
from app.review_queue.recompute import active, evidence, figures_by_number, standing_figures
from app.store import applications, reviews
from app.store.rows import Adjustment, Correction, Task
from rules.accounts import ACCOUNT

#: Each gesture, and why it may have been needed: short lists, so that the same reason is always the same words.
GESTURES: dict[str, tuple[str, ...]] = {
    "confirmed": ("as printed",),
    "amount": ("digit misread", "another line's amount", "decimal point misread", "page hard to read"),
    "account": ("wording not known", "belongs elsewhere in this lender's template"),
    "period": ("columns swapped", "date misread"),
    "sign": ("brackets not seen", "brackets seen where there are none", "cost printed as a negative"),
    "scale": ("unit not seen", "unit misread"),
    "box": ("another line's amount", "place is off"),
    "missing": ("passed over", "page hard to read", "handwritten"),
    "not on the page": ("no figure", "note or page number", "counted twice"),
}
ADJUSTMENTS = ("add-back", "reclassification", "normalization")
SCALES = (1, 1_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Edit:
    """One gesture on one figure. `said` is what it changes as typed: value, account, period, scale, or a box with its page.

    `number` is the figure's number, None for one that the machine passed over. `seen` is the last change that the analyst saw.
    """

    gesture: str
    why: str
    number: int | None
    seen: int
    said: Mapping[str, Any]


def correct(connection: Connection, desk: Desk, task_id: int, edit: Edit) -> Correction:
    """Save a correction. Raises ChangedMeanwhile where the figure is not as seen."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    if edit.gesture not in GESTURES or edit.why not in GESTURES[edit.gesture]:
        raise UsageError(f"A correction is one of {', '.join(GESTURES)}, with a reason from its list.")
    task = _held(connection, desk, task_id)
    machine = machine_reading(connection, desk, task.assessment_id)
    done = reviews.corrections(connection, user.lender_id, task.application_id)
    _refuse_unseen(done, edit)
    read, now = figures_by_number(machine), standing_figures(machine, done, task.assessment_id)
    if (edit.number is None) != (edit.gesture == "missing") or (edit.number is not None and edit.number not in read):
        raise UsageError("The correction names no figure of this application.")
    figure = None if edit.number is None else now.get(edit.number, read[edit.number])
    new = Correction(
        task.id,
        task.application_id,
        task.assessment_id,
        edit.number,
        edit.gesture,
        {} if edit.number is None else evidence(read[edit.number]),
        _corrected(edit, figure),
        user.id,
        edit.why,
    )
    return _saved(connection, user, new)


def undo(connection: Connection, desk: Desk, task_id: int, correction_id: int) -> Correction:
    """Take a correction back: it stays on record and counts no longer. Undoing the undoing brings it back."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    task = _held(connection, desk, task_id)
    every = reviews.corrections(connection, user.lender_id, task.application_id)
    found = next((each for each in every if each.id == correction_id), None)
    if found is None:
        raise NotFound("There is no such correction on this application.")
    if any(each.undoes == correction_id for each in every):
        raise ChangedMeanwhile("The correction was taken back already.")
    new = Correction(
        task.id, task.application_id, found.assessment_id, found.fact_number, "undo", {}, {}, user.id, undoes=correction_id
    )
    return _saved(connection, user, new)


def adjust(connection: Connection, desk: Desk, task_id: int, new: Adjustment) -> Adjustment:
    """Save an adjustment: shown as adjusted beside as reported, and never a label to train on."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    if new.kind not in ADJUSTMENTS or new.account not in ACCOUNT:
        raise UsageError(f"An adjustment is one of {', '.join(ADJUSTMENTS)}, on an account of the template.")
    if not new.amount.is_finite() or not new.amount:
        raise UsageError("An adjustment changes a figure by an amount other than nil.")
    tasks.needed_reason(new.why)
    task = _held(connection, desk, task_id)
    made = Adjustment(task.application_id, task.assessment_id, new.kind, new.account, new.period, new.amount, new.why, user.id)
    return _added(connection, user, made)


def proposed(kind: str, account: str, period: str, amount: Decimal, why: str) -> Adjustment:
    """Return an adjustment as somebody fills it in, to be given to `adjust`."""
    return Adjustment(0, 0, kind, account, period, amount, why, "")


def undo_adjustment(connection: Connection, desk: Desk, task_id: int, adjustment_id: int) -> Adjustment:
    """Take an adjustment back: it stays on record and counts no longer."""
    user = desk.user
    allow(user, Act.REVIEW_APPLICATION, user.lender_id)
    task = _held(connection, desk, task_id)
    every = reviews.adjustments(connection, user.lender_id, task.application_id)
    found = next((each for each in active(every) if each.id == adjustment_id), None)
    if found is None:
        raise ChangedMeanwhile("There is no such adjustment, or it was taken back already.")
    values = (found.assessment_id, found.kind, found.account, found.period, -found.amount, found.why, user.id)
    return _added(connection, user, Adjustment(task.application_id, *values, undoes=adjustment_id))


def _held(connection: Connection, desk: Desk, task_id: int) -> Task:
    """Take the task, or renew the lease on it, and keep others out of its application until this transaction ends."""
    task = tasks.claim(connection, desk, task_id)
    applications.lock(connection, desk.user.lender_id, task.application_id)
    return task


def _refuse_unseen(every: Sequence[Correction], edit: Edit) -> None:
    """Raise ChangedMeanwhile where the figure was changed after what the analyst saw."""
    for each in reversed(every):
        if each.id > edit.seen and _is_same(each, edit):
            value = each.corrected.get("value")
            what = "took a correction back" if each.kind == "undo" else f"{each.kind}{'' if value is None else ' ' + str(value)}"
            at = f" at {each.created_at:%H:%M} UTC" if each.created_at else ""
            raise ChangedMeanwhile(f"{each.author} changed this figure{at}: {what}. Yours was not saved; look again.")


def _is_same(done: Correction, edit: Edit) -> bool:
    if edit.number is not None:
        return done.fact_number == edit.number
    place = ("account", "period")
    return done.fact_number is None and [done.corrected.get(n) for n in place] == [edit.said.get(n) for n in place]


def _corrected(edit: Edit, figure: Figure | None) -> dict[str, Any]:
    """Return the corrected side of the pair: only what differs, in the form it is kept in."""
    said = edit.said
    match edit.gesture:
        case "confirmed" | "not on the page":
            return {}
        case "sign" if figure is not None and isinstance(figure.value, Decimal):
            return {"value": str(-figure.value)}
        case "account" if said.get("account") in ACCOUNT:
            return {"account": said["account"]}
        case "period" if said.get("period"):
            return {"period": str(said["period"])}
        case "scale" if said.get("scale") in SCALES:
            return {"scale": said["scale"]}
        case "amount" if figure is not None:
            return {"value": _value(figure, str(said.get("value", "")))}
        case "box" if figure is not None and _is_box(said.get("box")):
            value = {"value": _value(figure, str(said["value"]))} if said.get("value") else {}
            return {"box": list(said["box"]), "page": int(said["page"])} | value
        case "missing" if said.get("account") in ACCOUNT and said.get("file") and said.get("page"):
            kept = {name: said.get(name) for name in ("account", "period", "file", "page", "box", "label", "text") if said.get(name)}
            return kept | {"value": str(typed_amount(str(said.get("value", ""))))}
    raise UsageError(f"The correction does not say what the figure's {edit.gesture} should be.")


def _value(figure: Figure, text: str) -> str:
    return str(field_value(figure, text) if isinstance(figure, Field) else typed_amount(text))


def _is_box(box: object) -> bool:
    try:
        edges = [Decimal(str(edge)) for edge in box] if isinstance(box, Sequence) else []
    except InvalidOperation:
        return False
    return len(edges) == 4 and all(0 <= edge <= 1 for edge in edges) and edges[0] < edges[2] and edges[1] < edges[3]


def _saved(connection: Connection, user: User, new: Correction) -> Correction:
    made = reviews.add_correction(connection, user.lender_id, new)
    rationales.follow(connection, user.lender_id, new.assessment_id)
    detail = {"correction": made.id, "kind": new.kind, "figure": new.fact_number, "to": new.corrected.get("value"), "undoes": new.undoes}
    audit.record(connection, user, "correct_figure", f"application {new.application_id}", detail)
    return made


def _added(connection: Connection, user: User, new: Adjustment) -> Adjustment:
    made = reviews.add_adjustment(connection, user.lender_id, new)
    rationales.follow(connection, user.lender_id, new.assessment_id)
    detail = {"adjustment": made.id, "kind": new.kind, "account": new.account, "amount": new.amount, "undoes": new.undoes}
    audit.record(connection, user, "adjust_figure", f"application {new.application_id}", detail)
    return made
