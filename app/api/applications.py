"""Routes of applications: sent with their files or by reference, followed, read, assessed while the caller waits."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection

from app import applications as kept
from app.api import uploads
from app.api.callers import Call, Caller
from app.api.problems import answers
from app.api.repeats import RepeatKey, once
from app.api.shapes import (
    ApplicationGiven,
    ApplicationPage,
    ApplicationRow,
    ApplicationState,
    AssessmentGiven,
    Done,
    FactPage,
    FactRow,
    FormGiven,
    NothingGiven,
    SentDocument,
    StoredFile,
    StoredFiles,
)
from app.api.uploads import FormSent, Sent
from app.blobs.storage import Blob
from app.errors import UsageError
from app.intake import Package, receive
from app.jobs import Urgency
from app.report.csv import write_csv
from app.report.json import package_object
from app.review_queue.opened import machine_reading
from app.store.rows import Application, NewApplication, StoredFact

router = APIRouter(prefix="/v1", tags=["applications"])
ApplicationId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[17])]
Limit = Annotated[int, Query(ge=1, le=1_000, description="Most items of the page.")]
After = Annotated[int, Query(alias="cursor", ge=0, le=2**63 - 1, description="`next` of the page before.")]
_MOST_WAITED_BYTES = 10_000_000
_MOST_WAITED_FILES = 10
_LOOK_SECONDS = 0.25
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STATES = Literal["received", "assessed", "decided", "quarantined", "cancelled", "purged"]


@router.post(
    "/files",
    status_code=201,
    response_model=StoredFiles,
    responses=answers(413, 415),
    openapi_extra=uploads.form_schema(None, "The files."),
)
def send_files(form: FormSent) -> StoredFiles:
    """Send files ahead, to be named by their SHA-256 in an application or a batch within a day. A ZIP archive is unpacked."""
    uploads.fields_of(form, NothingGiven)
    sent = uploads.store(form, lasting=True)
    return StoredFiles(files=[StoredFile(name=name, sha256=blob.sha256, bytes=blob.size, reason=why) for name, blob, why in sent])


@router.post("/applications", status_code=202, response_model=ApplicationState, responses=answers(404, 409, 413))
def create_application(call: Caller, given: ApplicationGiven, key: RepeatKey = None) -> JSONResponse:
    """Send an application whose files were sent ahead; it is assessed by a worker. Sent again under its reference, more files join it."""
    new = NewApplication(given.reference, given.borrower, total_exposure=amount_of(given.total_exposure))
    sent = [(each.name, Blob(each.sha256, 0), None) for each in given.files]
    return _received(call, key, ("/applications", given.model_dump()), Package(new, sent, Urgency.BATCH))


@router.post(
    "/applications/upload",
    status_code=202,
    response_model=ApplicationState,
    responses=answers(409, 413, 415),
    openapi_extra=uploads.form_schema(FormGiven, "PDF, PNG, JPEG or TIFF files, or ZIP archives of them."),
)
def upload_application(form: FormSent, key: RepeatKey = None) -> JSONResponse:
    """Send an application with its files in one request; it is assessed by a worker. Sent again under its reference, more files join it."""
    fields, sent = uploads.fields_of(form, FormGiven), uploads.store(form)
    request = ("/applications/upload", [fields.model_dump(), _named(sent)])
    return _received(form.call, key, request, Package(_new(fields), sent, Urgency.BATCH))


@router.post(
    "/assess",
    response_model=AssessmentGiven,
    responses={202: {"model": AssessmentGiven, "description": "It takes longer: follow the application."}, **answers(409, 413, 415)},
    openapi_extra=uploads.form_schema(FormGiven, "Up to ten files, 10 MB together.", _MOST_WAITED_FILES),
)
async def assess(form: FormSent, key: RepeatKey = None) -> JSONResponse:
    """Send a small application and wait for its assessment; workers for people do it first. What takes longer is answered 202."""
    if len(form.files) > _MOST_WAITED_FILES or sum(each.size or 0 for each in form.files) > _MOST_WAITED_BYTES:
        raise UsageError(
            "Up to ten files of 10 MB together are assessed while you wait: send more to /v1/applications/upload, and follow it."
        )
    fields = uploads.fields_of(form, FormGiven)
    sent = await run_in_threadpool(uploads.store, form)
    request = ("/assess", [fields.model_dump(), _named(sent)])
    made = await run_in_threadpool(_received, form.call, key, request, Package(_new(fields), sent, Urgency.DESK))
    return await _awaited(form.call, ApplicationState.model_validate_json(bytes(made.body)).id)


@router.get("/applications", response_model=ApplicationPage, responses=answers())
def list_applications(
    call: Caller,
    state: Annotated[_STATES | None, Query()] = None,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,16}-[0-9]{1,18}$", description="`next` of the page before.")] = None,
) -> ApplicationPage:
    """List applications, newest first, 50 to a page."""
    with call.acting() as connection:
        found = kept.list_applications(connection, call.user, call.user.lender_id, state, _after(cursor))
    last = found[-1] if len(found) == 50 else None
    return ApplicationPage(items=[_row(each) for each in found], next=None if last is None else _cursor(last))


@router.get("/applications/{id:int}", response_model=ApplicationState, responses=answers(404))
def follow_application(call: Caller, id: ApplicationId) -> ApplicationState:
    """Follow an application: its state, how far it is, and what became of each file."""
    with call.acting() as connection:
        return state_of(connection, call, id)


@router.get("/applications/{id:int}/assessment", response_model=AssessmentGiven, responses=answers(404))
def read_assessment(call: Caller, id: ApplicationId) -> AssessmentGiven:
    """Read the assessment in effect, as the machine made it; null while there is none. The audit trail says who read it."""
    with call.acting() as connection:
        opened = kept.read_application(connection, call.user, call.user.lender_id, id)
        made: dict[str, Any] | None = None
        if opened.assessment is not None and opened.assessment.content_sha256 is not None:
            made = package_object(machine_reading(connection, call.desk, opened.assessment.id))
    return AssessmentGiven(application_id=id, state=opened.application.state, assessment=made)


@router.get("/applications/{id:int}/facts", response_model=FactPage, responses=answers(404))
def read_facts(call: Caller, id: ApplicationId, after: After = 0, limit: Limit = 200) -> FactPage:
    """Read the figures of the assessment in effect, each with its place on the page."""
    found = _facts(call, id, after, limit)
    return FactPage(items=[_fact(each) for each in found], next=_next(found, limit))


@router.get(
    "/applications/{id:int}/facts.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **answers(404)},
)
def read_facts_csv(call: Caller, id: ApplicationId, after: After = 0, limit: Limit = 1_000) -> Response:
    """Read the figures as CSV. The header `X-Next-Cursor` names the page after it, if there is one."""
    found = _facts(call, id, after, limit)
    columns = [name for name in FactRow.model_fields if name != "box"]
    return csv_of(write_csv(columns, (_fact(each).model_dump() for each in found)), _next(found, limit))


def state_of(connection: Connection, call: Call, id: int) -> ApplicationState:
    """Return how far an application is."""
    found = kept.follow_application(connection, call.user, call.user.lender_id, id)
    return ApplicationState(
        **_row(found.application).model_dump(),
        progress=Done(done=found.done, total=found.total),
        documents=[
            SentDocument(id=d.id, file=d.file, sha256=bytes(d.sha256).hex(), state=d.state, reason=d.reason) for d in found.documents
        ],
    )


def csv_of(content: str, cursor: str | None) -> Response:
    """Return CSV as an answer, with the cursor of the page after it."""
    return Response(content, media_type="text/csv", headers={"X-Next-Cursor": cursor} if cursor else None)


def amount_of(text: str | None) -> Decimal | None:
    """Return an amount as sent."""
    return None if text is None else Decimal(text)


def _received(call: Call, key: str | None, request: tuple[str, object], package: Package) -> JSONResponse:
    def act(connection: Connection) -> ApplicationState:
        return state_of(connection, call, receive(connection, call.place.blobs, call.user, package))

    return once(call, key, request, 202, act)


async def _awaited(call: Call, id: int) -> JSONResponse:
    give_up = time.monotonic() + call.place.settings.api_wait_seconds
    while time.monotonic() < give_up:
        state = await run_in_threadpool(_state, call, id)
        if state != "received":
            found = await run_in_threadpool(read_assessment, call, id)
            return JSONResponse(found.model_dump(mode="json"))
        await asyncio.sleep(_LOOK_SECONDS)
    return JSONResponse(AssessmentGiven(application_id=id, state="received", assessment=None).model_dump(), 202)


def _state(call: Call, id: int) -> str:
    with call.acting() as connection:
        return kept.follow_application(connection, call.user, call.user.lender_id, id).application.state


def _new(fields: FormGiven) -> NewApplication:
    return NewApplication(fields.reference, fields.borrower, total_exposure=amount_of(fields.total_exposure))


def _named(sent: tuple[Sent, ...]) -> list[list[str]]:
    return [[name, blob.sha256] for name, blob, _ in sent]


def _row(each: Application) -> ApplicationRow:
    return ApplicationRow(**{name: getattr(each, name) for name in ApplicationRow.model_fields})


def _cursor(last: Application) -> str:
    return f"{(last.received_at - _EPOCH) // timedelta(microseconds=1)}-{last.id}"


def _after(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    micros, _, id = cursor.partition("-")
    return _EPOCH + timedelta(microseconds=int(micros)), int(id)


def _facts(call: Call, id: int, after: int, limit: int) -> tuple[StoredFact, ...]:
    with call.acting() as connection:
        return kept.read_facts(connection, call.user, id, min(after, 2**31 - 1), limit)


def _fact(each: StoredFact) -> FactRow:
    values = {name: getattr(each, name) for name in FactRow.model_fields}
    return FactRow(
        **values | {"value": None if each.value is None else f"{each.value:f}", "box": None if each.box is None else list(each.box)}
    )


def _next(found: tuple[StoredFact, ...], limit: int) -> str | None:
    return str(found[-1].number) if len(found) == limit else None
