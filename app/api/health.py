"""Routes for who runs the server: is it alive, is it ready, what does it measure. They tell nothing of any lender."""

from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from app.api.callers import Place
from app.api.problems import answers
from app.api.telemetry import Measures
from app.store import job_records

router = APIRouter(tags=["operation"])


class Alive(BaseModel):
    """The server answers."""

    status: Literal["alive"] = "alive"


class Ready(BaseModel):
    """Requests can be taken. `workers` gave a sign of life, that for webhooks too: they do so once their models are loaded."""

    status: Literal["ready"] = "ready"
    workers: int


@router.get("/health", response_model=Alive)
async def health() -> Alive:
    """Say that the server answers."""
    return Alive()


@router.get("/ready", response_model=Ready, responses={503: answers()[503]})
def ready(request: Request) -> Ready:
    """Say whether requests can be taken: database and stored files answer."""
    place: Place = request.app.state.place
    place.blobs.keys.ring()
    return Ready(workers=_workers(place))


@router.get(
    "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, 503: answers()[503]}
)
def metrics(request: Request) -> Response:
    """Give the measures to Prometheus."""
    place, measures = request.app.state.place, request.app.state.measures
    _measure_queue(place, measures)
    return Response(generate_latest(measures.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _measure_queue(place: Place, measures: Measures) -> None:
    with place.database.connect() as connection:
        jobs = job_records.count_jobs(connection)
    measures.jobs.clear()
    for (queue, state), number in jobs.items():
        measures.jobs.labels(queue, state).set(number)
    measures.workers.set(_workers(place))


def _workers(place: Place) -> int:
    with place.database.connect() as connection:
        silences = job_records.worker_silences(connection)
    return sum(silence <= place.settings.stalled_seconds for _, silence in silences)
