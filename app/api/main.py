"""The HTTP edge: FastAPI over the application's functions. A route parses, makes one call, and shapes the answer."""

import socket
import ssl
from importlib.metadata import version
from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from sqlalchemy import Engine
from starlette.types import ASGIApp

from app.access.oidc import open_provider
from app.api import access, applications, batches, health, problems, reviews
from app.api.callers import Place
from app.api.limits import BodyLimit, Buckets
from app.api.problems import Problem
from app.api.telemetry import Measures, Watch, log_to_stderr
from app.blobs.storage import Blobs, open_blobs
from app.database import connect
from app.errors import SetupError
from app.settings import Settings

_CONNECTIONS = 30  # of all processes; with those that come and go, one for each of the 40 threads that requests run in
_WAITING = 2_048  # connections that the system holds until they are taken
_REFUSALS_A_SECOND, _REFUSALS_AT_ONCE = 1.0, 20.0
_ABOUT = """Send loan applications, alone or in batches, and read what came of them; correct figures and decide. docs/api.md has examples.

Every answer has the header `X-Request-ID`; every problem is `application/problem+json` and says what to do."""


def make_api(database: Engine, blobs: Blobs, settings: Settings) -> FastAPI:
    """Return the API on a database and stored files, without what watches it."""
    api = FastAPI(title="LoanLens", version=version("loanlens"), description=_ABOUT, docs_url=None, redoc_url=None, redirect_slashes=False)
    rates, refusals = Buckets(settings.api_rate, settings.api_burst), Buckets(_REFUSALS_A_SECOND, _REFUSALS_AT_ONCE)
    api.state.place = Place(database, blobs, settings, open_provider(settings), rates, refusals)
    api.state.measures = Measures()
    problems.install(api)
    for part in (applications, batches, reviews, access, health):
        api.include_router(part.router)
    api.openapi = lambda: _schema(api)  # type: ignore[method-assign]  # FastAPI's own way to extend it
    return api


def watched(api: FastAPI) -> ASGIApp:
    """Return the API as it is served: requests counted, logged and limited in size."""
    settings: Settings = api.state.place.settings
    return Watch(BodyLimit(api, settings), api.state.measures, tls=bool(settings.tls_cert))


def serve(database: Engine, settings: Settings) -> None:
    """Answer requests until told to stop. Raise SetupError where the certificate cannot be used."""
    log_to_stderr()
    own = connect(database.url, _CONNECTIONS // settings.api_processes)
    try:
        server = make_server(watched(make_api(own, open_blobs(settings), settings)), settings)
        with listening(settings) as door:
            server.run([door])
    finally:
        own.dispose()


def listening(settings: Settings) -> socket.socket:
    """Return the socket that requests come to. Several processes have one each at the same port: the system spreads callers among them."""
    kind = socket.AF_INET6 if ":" in settings.api_address else socket.AF_INET
    place = (settings.api_address, settings.api_port)
    try:
        door = socket.create_server(place, family=kind, backlog=_WAITING, reuse_port=settings.api_processes > 1)
    except OSError as error:
        raise SetupError(
            f"The API cannot answer at {settings.api_address}:{settings.api_port}: {error.strerror}."
            " Stop what does, or set LOANLENS_API_ADDRESS and LOANLENS_API_PORT."
        ) from error
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the end of an answer waits 40 ms for the caller's word
    return door


def tls_context(settings: Settings) -> ssl.SSLContext:
    """Return what connections are made with: TLS 1.3 and the certificate of the settings."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key or None)
    except (OSError, ssl.SSLError) as error:
        raise SetupError(f"The certificate {settings.tls_cert} with the key {settings.tls_key} cannot be used: {error}.") from error
    return context


def make_server(api: ASGIApp, settings: Settings) -> uvicorn.Server:
    """Return the server of an API, to be run."""
    tls = tls_context(settings) if settings.tls_cert else None
    config = uvicorn.Config(
        api,
        settings.api_address,
        settings.api_port,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than clients and proxies keep a connection for later use
        timeout_graceful_shutdown=int(settings.stop_seconds),
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    return uvicorn.Server(config)


def _schema(api: FastAPI) -> dict[str, Any]:
    """Return the schema, with the problems that every route may answer."""
    if api.openapi_schema is None:
        made = get_openapi(title=api.title, version=api.version, description=api.description, routes=api.routes)
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        made["components"]["schemas"] |= {**shape.pop("$defs"), "Problem": shape}
        api.openapi_schema = made
    return api.openapi_schema
