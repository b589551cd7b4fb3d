"""Routes of people's work: tasks claimed and given back, figures corrected and adjusted, applications decided."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse
from sqlalchemy import Connection

from app.api.callers import Call, Caller
from app.api.problems import answers
from app.api.repeats import RepeatKey, once
from app.api.shapes_of_work import (
    AdjustmentGiven,
    CorrectionGiven,
    DecisionGiven,
    DecisionMade,
    Made,
    TaskOpened,
    TaskPage,
    TaskRow,
    TaskState,
)
from app.errors import NotFound
from app.report.json import fact_object, package_object
from app.review_queue import corrections, decisions, opened, tasks
from app.review_queue.amounts import typed_amount
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.store.rows import StoredDecision

router = APIRouter(prefix="/v1/tasks", tags=["review"])
TaskId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[5])]
CorrectionId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[8])]


@router.get("", response_model=TaskPage, responses=answers())
def list_tasks(call: Caller, mine: Annotated[bool, Query()] = False, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> TaskPage:
    """List the tasks to be taken first."""
    with call.acting() as connection:
        found = tasks.list_tasks(connection, call.user, mine=mine, limit=limit)
    return TaskPage(items=[TaskRow(**{name: getattr(each, name) for name in TaskRow.model_fields}) for each in found])


@router.post("/next", response_model=TaskState, responses=answers(404))
def claim_next(call: Caller) -> TaskState:
    """Take the next task that nobody has."""
    with call.acting() as connection:
        task = tasks.claim_next(connection, call.desk)
        if task is None:
            raise NotFound("There is no task that nobody has: ask again later.")
        return _state(connection, call, task.id)


@router.get("/{id:int}", response_model=TaskOpened, responses=answers(404))
def open_task(call: Caller, id: TaskId) -> TaskOpened:
    """Open a task: the assessment as it stands after people's work. The audit trail says who opened it."""
    with call.acting() as connection:
        review = opened.open_review(connection, call.desk, id)
        state = _state(connection, call, id)
    figures = [{"number": number, "file": each.file} | fact_object(each) for number, each in review.figures.items()]
    return TaskOpened(**state.model_dump(), figures=figures, assessment=package_object(review.now.assessment))


@router.post("/{id:int}/claim", response_model=TaskState, responses=answers(404, 409))
def claim(call: Caller, id: TaskId) -> TaskState:
    """Take a task, or go on with it: every act on it renews the lease."""
    with call.acting() as connection:
        tasks.claim(connection, call.desk, id)
        return _state(connection, call, id)


@router.post("/{id:int}/release", response_model=TaskState, responses=answers(404, 409))
def release(call: Caller, id: TaskId) -> TaskState:
    """Give a task back to the queue."""
    with call.acting() as connection:
        tasks.release(connection, call.user, id)
        return _state(connection, call, id)


@router.post("/{id:int}/corrections", status_code=201, response_model=Made, responses=answers(404, 409))
def correct(call: Caller, id: TaskId, given: CorrectionGiven, key: RepeatKey = None) -> JSONResponse:
    """Correct a figure that the machine misread; 409 where somebody else changed it since you saw it."""
    edit = Edit(given.gesture, given.why, given.number, given.seen, given.said)

    def act(connection: Connection) -> Made:
        return Made(id=corrections.correct(connection, call.desk, id, edit).id)

    return once(call, key, (f"/tasks/{id}/corrections", given.model_dump()), 201, act)


@router.post("/{id:int}/corrections/{correction_id:int}/undo", response_model=Made, responses=answers(404, 409))
def undo(call: Caller, id: TaskId, correction_id: CorrectionId) -> Made:
    """Take a correction back: it stays on record and counts no longer."""
    with call.acting() as connection:
        return Made(id=corrections.undo(connection, call.desk, id, correction_id).id)


@router.post("/{id:int}/adjustments", status_code=201, response_model=Made, responses=answers(404, 409))
def adjust(call: Caller, id: TaskId, given: AdjustmentGiven, key: RepeatKey = None) -> JSONResponse:
    """Adjust a figure that the page has right and you see otherwise; never a label to train on."""
    new = corrections.proposed(given.kind, given.account, given.period, typed_amount(given.amount), given.why)

    def act(connection: Connection) -> Made:
        return Made(id=corrections.adjust(connection, call.desk, id, new).id)

    return once(call, key, (f"/tasks/{id}/adjustments", given.model_dump()), 201, act)


@router.post("/{id:int}/decision", status_code=201, response_model=DecisionMade, responses=answers(404, 409))
def decide(call: Caller, id: TaskId, given: DecisionGiven, key: RepeatKey = None) -> JSONResponse:
    """Decide an application. An approval above policy's amount waits for a second person."""
    seen = (given.seen_correction, given.seen_adjustment)
    proposal = Proposal(Outcome(given.outcome), seen, tuple(given.reasons), tuple(given.conditions), given.override_reason)

    def act(connection: Connection) -> DecisionMade:
        return _made(decisions.decide(connection, call.desk, id, proposal))

    return once(call, key, (f"/tasks/{id}/decision", given.model_dump()), 201, act)


@router.post("/{id:int}/second", status_code=201, response_model=DecisionMade, responses=answers(404, 409))
def second(call: Caller, id: TaskId, key: RepeatKey = None) -> JSONResponse:
    """Second the approval that waits on a task. Whoever made it cannot."""

    def act(connection: Connection) -> DecisionMade:
        return _made(decisions.second(connection, call.desk, id))

    return once(call, key, (f"/tasks/{id}/second", None), 201, act)


def _state(connection: Connection, call: Call, id: int) -> TaskState:
    review = opened.look_again(connection, call.desk, id)
    task, (correction, adjustment) = review.task, review.seen
    return TaskState(
        id=task.id,
        application_id=task.application_id,
        state=task.state,
        claimed_by=task.claimed_by,
        seen_correction=correction,
        seen_adjustment=adjustment,
    )


def _made(decision: StoredDecision) -> DecisionMade:
    half = decision.needs_second and decision.seconded_by is None
    return DecisionMade(id=decision.id, outcome=decision.outcome, waits_for_second=half)
