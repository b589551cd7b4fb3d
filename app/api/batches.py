"""Routes of batches: sent as a manifest or a ZIP archive, followed, read in order, cancelled."""

import re
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from app import batches as kept
from app.api import uploads
from app.api.applications import After, Limit, amount_of, csv_of
from app.api.callers import Call, Caller
from app.api.problems import answers
from app.api.repeats import RepeatKey, once
from app.api.shapes import REFERENCE, ApplicationGiven, BatchFormGiven, BatchGiven, BatchPage, BatchState, Cancelled, ResultPage, ResultRow
from app.api.uploads import FormSent, Sent
from app.batches import BatchItem, NewBatch, Result
from app.blobs.storage import Blob
from app.errors import UsageError
from app.report.csv import write_csv
from app.store.rows import Batch, NewApplication

router = APIRouter(prefix="/v1/batches", tags=["batches"])
BatchId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[3])]
_PAGE = 50
_REFERENCE = re.compile(REFERENCE.removesuffix("*$") + "{0,99}")


@router.post("", status_code=202, response_model=BatchState, responses=answers(404, 409, 413))
def submit_batch(call: Caller, given: BatchGiven, key: RepeatKey = None) -> JSONResponse:
    """Send a batch of 1 to 1,000 applications whose files were sent ahead. All of it is stored, or nothing."""
    new = NewBatch(given.reference, [_item(each) for each in given.applications])
    return _submitted(call, key, ("/batches", given.model_dump()), new)


@router.post(
    "/upload",
    status_code=202,
    response_model=BatchState,
    responses=answers(409, 413, 415),
    openapi_extra=uploads.form_schema(BatchFormGiven, "ZIP archives with a folder for each application, named by its reference.", 10),
)
def upload_batch(form: FormSent, key: RepeatKey = None) -> JSONResponse:
    """Send a batch as a ZIP archive: each folder in it is an application, and is called by its reference."""
    fields, sent = uploads.fields_of(form, BatchFormGiven), uploads.store(form)
    request = ("/batches/upload", [fields.model_dump(), [[name, blob.sha256] for name, blob, _ in sent]])
    return _submitted(form.call, key, request, NewBatch(fields.reference, _items(sent)))


@router.get("", response_model=BatchPage, responses=answers())
def list_batches(call: Caller, before: Annotated[int | None, Query(alias="cursor", ge=1, le=2**63 - 1)] = None) -> BatchPage:
    """List batches, newest first, 50 to a page."""
    with call.acting() as connection:
        found = kept.list_batches(connection, call.user, before, _PAGE)
    return BatchPage(items=[_state(each) for each in found], next=str(found[-1].id) if len(found) == _PAGE else None)


@router.get("/{id:int}", response_model=BatchState, responses=answers(404))
def follow_batch(call: Caller, id: BatchId) -> BatchState:
    """Follow a batch: how many of its applications are in each state."""
    with call.acting() as connection:
        return _state(kept.read_batch(connection, call.user, id))


@router.post("/{id:int}/cancel", response_model=Cancelled, responses=answers(404))
def cancel_batch(call: Caller, id: BatchId) -> Cancelled:
    """Cancel what of a batch is not assessed yet. What is assessed stays; asked again, nothing more happens."""
    with call.acting() as connection:
        return Cancelled(cancelled=kept.cancel_batch(connection, call.user, id))


@router.get("/{id:int}/results", response_model=ResultPage, responses=answers(404))
def read_results(call: Caller, id: BatchId, after: After = 0, limit: Limit = 100) -> ResultPage:
    """Read results in the order sent, at any time: applications that are not assessed yet are there too."""
    found = _results(call, id, after, limit)
    return ResultPage(items=[_row(each) for each in found], next=_next(found, limit))


@router.get(
    "/{id:int}/results.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **answers(404)},
)
def read_results_csv(call: Caller, id: BatchId, after: After = 0, limit: Limit = 1_000) -> Response:
    """Read results as CSV. The header `X-Next-Cursor` names the page after it, if there is one."""
    found = _results(call, id, after, limit)
    return csv_of(write_csv(list(ResultRow.model_fields), (_row(each).model_dump() for each in found)), _next(found, limit))


def _submitted(call: Call, key: str | None, request: tuple[str, object], new: NewBatch) -> JSONResponse:
    def act(connection: Connection) -> BatchState:
        return _state(kept.submit_batch(connection, call.user, new))

    return once(call, key, request, 202, act)


def _item(given: ApplicationGiven) -> BatchItem:
    new = NewApplication(given.reference, given.borrower, total_exposure=amount_of(given.total_exposure))
    return BatchItem(new, uploads.by_different_names([(each.name, Blob(each.sha256, 0), None) for each in given.files]))


def _items(sent: Sequence[Sent]) -> list[BatchItem]:
    """Return an application for each folder of the archives, in order."""
    folders = dict[str, list[Sent]]()
    for name, blob, reason in sent:
        _, _, inside = name.partition("/")
        folder, slash, file = inside.partition("/")
        if not slash:
            raise UsageError(reason or f"{name[:100]} lies in no folder: a batch is a ZIP archive with a folder for each application.")
        folders.setdefault(folder, []).append((file, blob, reason))
    if unfit := [each for each in folders if not _REFERENCE.fullmatch(each)]:
        raise UsageError(f"The folder {unfit[0][:100]!r} names no application: use letters, digits, space and . _ / # : -, 100 at most.")
    return [BatchItem(NewApplication(folder), tuple(files)) for folder, files in folders.items()]


def _results(call: Call, id: int, after: int, limit: int) -> tuple[Result, ...]:
    with call.acting() as connection:
        return kept.read_results(connection, call.user, id, after, limit)


def _state(found: Batch) -> BatchState:
    finished = not found.states.get("received")
    values = {"id": found.id, "reference": found.reference, "total": found.total, "states": dict(found.states)}
    return BatchState(**values, finished=finished, cancelled_at=found.cancelled_at)


def _row(each: Result) -> ResultRow:
    application, made = each.application, each.assessment
    return ResultRow(
        application_id=application.id,
        reference=application.reference,
        state=application.state,
        reason=application.reason,
        assessment_id=made.id if made else None,
        as_of=made.as_of if made else None,
        grade=made.grade if made else None,
        probability_of_default=made.probability_of_default if made else None,
        recommendation=made.recommendation if made else None,
        route=made.route if made else None,
        findings=len(made.findings) if made else None,
        decision=each.decision.outcome if each.decision else None,
    )


def _next(found: tuple[Result, ...], limit: int) -> str | None:
    return str(found[-1].application.id) if len(found) == limit else None
