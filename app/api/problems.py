"""What went wrong, as problem+json (RFC 9457): status, title, and a detail that says what to do. None shows how the program works."""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.api.telemetry import place_of
from app.errors import AlreadyKnown, BlobDamaged, ChangedMeanwhile, Forbidden, LoanLensError, NotFound, NotSignedIn, SetupError, UsageError

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: "The request cannot be read",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Not a method of this address",
    409: "In conflict with what there is",
    413: "Too large",
    415: "Not a form that is taken here",
    422: "The request does not fit",
    429: "Too many requests",
    500: "A fault of the program",
    503: "Not available now",
}
#: The status of each of our exceptions, the narrower first.
_STATUS: tuple[tuple[type[LoanLensError], int], ...] = (
    (NotSignedIn, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (AlreadyKnown, 409),
    (ChangedMeanwhile, 409),
    (UsageError, 422),
    (SetupError, 503),
    (BlobDamaged, 500),
)
_BROKEN = "A part of the server is missing or broken; its operator can read in the log which. Try again later."
_UNFIT = "Some parts of the request do not fit: correct each one under faults. /openapi.json has the limits."
_AWAY = "The database does not answer now. Try again with the same idempotency key."
_FAILED = "The program failed; the request can be tried again. If it fails again, tell support the request's id."
_PARAMETER = re.compile(r"\{\w+\}")
_RETRY_SECONDS = 5
_MOST_FAULTS = 20
_log = logging.getLogger("loanlens.api")


class Fault(BaseModel):
    """One part of a request that does not fit."""

    place: str = Field(
        description="Where it is: body, query or path, then the names that lead to it.", examples=["body.applications.3.reference"]
    )
    fault: str = Field(examples=["String should have at most 100 characters"])


class Problem(BaseModel):
    """What went wrong, and what to do about it."""

    type: str = Field(default="about:blank", description="The title says what kind of problem it is.")
    title: str = Field(examples=["Not found"])
    status: int = Field(examples=[404])
    detail: str = Field(description="What to do.", examples=["There is no application 17."])
    request_id: str = Field(description="Tell support this: the server's log has it.", examples=["5f2b7c1e9a3d4f60"])
    faults: list[Fault] | None = Field(default=None, description="With status 422: each part that does not fit.")


class TooMany(HTTPException):
    """The caller made more requests than it may."""

    def __init__(self, seconds: float) -> None:
        detail = f"You make more requests than you may: wait {seconds:.0f} s, and spread them out."
        super().__init__(429, detail, {"Retry-After": str(max(1, round(seconds)))})


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route says in the schema about its problems, besides those that every route has."""
    return {
        status: {"description": _TITLES[status], "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
        for status in sorted({400, 401, 403, 422, 429, 503, *statuses})
    }


def problem(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None, faults: list[Fault] | None = None
) -> JSONResponse:
    """Return a problem as the answer to a request."""
    title, id = _TITLES.get(status, "The request cannot be carried out"), getattr(request.state, "request_id", "-")
    body = Problem(title=title, status=status, detail=detail, request_id=id, faults=faults)
    return JSONResponse(body.model_dump(exclude_none=True), status, dict(headers or {}), MEDIA_TYPE)


def install(api: FastAPI) -> None:
    """Have every exception that may come out of a route told as a problem."""
    told: tuple[tuple[type[Exception], Callable[[Request, Any], JSONResponse]], ...] = (
        (LoanLensError, _of_ours),
        (HTTPException, _of_http),
        (RequestValidationError, _of_validation),
        (OperationalError, _of_database),
        (InterfaceError, _of_database),
        (PoolTimeout, _of_database),
        (ClientDisconnect, _of_gone),
        (Exception, _of_fault),
    )
    for kind, tell in told:
        api.add_exception_handler(kind, tell)


def _of_ours(request: Request, error: LoanLensError) -> JSONResponse:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        return _of_fault(request, error)
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": str(_RETRY_SECONDS)}}.get(status)
    if status == 503:
        _log.error("%s", type(error).__name__, extra={"request_id": getattr(request.state, "request_id", "-"), "why": str(error)})
        return problem(request, 503, _BROKEN, headers)
    return problem(request, status, str(error), headers)


def _of_http(request: Request, error: HTTPException) -> JSONResponse:
    if error.status_code == 404:
        return problem(request, 404, "There is nothing at this address: /openapi.json lists what there is.")
    if error.status_code == 405:
        return problem(request, 405, "See the header Allow for what this address takes.", {"Allow": _allowed(request)})
    return problem(request, error.status_code, str(error.detail), error.headers)


def _allowed(request: Request) -> str:
    """Return all methods that an address takes: the one route that came nearest knows only its own."""
    methods = set[str]()
    for path, described in request.app.openapi()["paths"].items():
        if re.fullmatch(_PARAMETER.sub("[0-9]+", path), request.url.path):
            methods |= {method.upper() for method in described}
    return ", ".join(sorted(methods))


def _of_validation(request: Request, error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return problem(request, 400, "The body is no JSON: check its quotes and commas, and that it is UTF-8.")
    faults = [Fault(place=".".join(str(part) for part in each["loc"]), fault=str(each["msg"])) for each in found[:_MOST_FAULTS]]
    return problem(request, 422, _UNFIT, faults=faults)


def _of_database(request: Request, error: Exception) -> JSONResponse:
    _log.error("%s", type(error).__name__, extra={"request_id": getattr(request.state, "request_id", "-")})
    return problem(request, 503, _AWAY, {"Retry-After": str(_RETRY_SECONDS)})


def _of_gone(request: Request, _error: Exception) -> JSONResponse:
    """Who sent it went away in the middle: nobody reads this, but the log tells it from a fault of ours."""
    return problem(request, 400, "The request was cut off: send it again.")


def _of_fault(request: Request, error: Exception) -> JSONResponse:
    """What nobody foresaw: its kind and place go to the log, its words do not, for they may quote a document."""
    _log.error("%s", type(error).__name__, extra={"request_id": getattr(request.state, "request_id", "-"), "place": place_of(error)})
    return problem(request, 500, _FAILED)
