"""A review as it is opened: the task, its application, what the machine read, and what people made of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.blobs.storage import Blobs
from app.domain import Assessment, Figure, Page, User
from app.errors import NotFound, SetupError, UsageError
from app.model_versions import that_made
from app.report.pictures import Picture, shrink
from app.review_queue import audit_sample
from app.review_queue.desk import Desk
from app.review_queue.recompute import Reviewed, figures_by_number, last_changes, recompute
from app.scratch import scratch_folder
from app.store import applications, assessments, audit_samples, documents, rationales, review_tasks, reviews
from app.store.content import read_assessment
from app.store.rows import Adjustment, Application, Correction, StoredDecision, StoredDocument, Task
from app.what_if import Rates
from models.ensemble import load_ensemble

_DPI = 150
_MOST_PICTURE_BYTES = 400_000
_KEPT_ASSESSMENTS = 64  # of some 10 MB: fewer than there are analysts at work, and each correction would read one anew


class Draws(Protocol):
    """What the desk asks of the reader."""

    def render_page(self, path: Path, page: int, dpi: int, rotation: int = 0) -> bytes:
        """Return a page as PNG."""
        ...


@dataclass(frozen=True, slots=True)
class Review:
    """All that a person needs to review an application. `machine` is what was read; `now` is what stands after people's work.

    While the rationale of what stands is still being written, `is_updating` says so, and `now` has the one before.
    """

    task: Task
    application: Application
    documents: tuple[StoredDocument, ...]
    machine: Assessment
    now: Reviewed
    corrections: tuple[Correction, ...]
    adjustments: tuple[Adjustment, ...]
    decisions: tuple[StoredDecision, ...]
    is_updating: bool = False

    @property
    def seen(self) -> tuple[int, int]:
        """Return the last correction and the last adjustment that this review shows, 0 where there is none."""
        return max((each.id for each in self.corrections), default=0), max((each.id for each in self.adjustments), default=0)

    @property
    def figures(self) -> Mapping[int, Figure]:
        """Return the figures as the machine read them, by number."""
        return figures_by_number(self.machine)


def open_review(connection: Connection, desk: Desk, task_id: int) -> Review:
    """Return a review. The audit trail says who opened it."""
    allow(desk.user, Act.READ_APPLICATION, desk.user.lender_id)
    found = look_again(connection, desk, task_id)
    audit.record(connection, desk.user, Act.READ_APPLICATION, f"application {found.application.id}")
    return found


def look_again(connection: Connection, desk: Desk, task_id: int) -> Review:
    """Return a review that is open at a desk as it stands now."""
    lender_id = desk.user.lender_id
    allow(desk.user, Act.READ_APPLICATION, lender_id)
    task = review_tasks.task(connection, lender_id, task_id)
    application = applications.application(connection, lender_id, task.application_id) if task else None
    if task is None or application is None:
        raise NotFound(f"There is no task {task_id}.")
    drawn = audit_samples.sampled_figures(connection, lender_id, task.assessment_id)
    machine = audit_sample.as_doubtful(machine_reading(connection, desk, task.assessment_id), drawn)
    corrections = reviews.corrections(connection, lender_id, application.id)
    adjustments = reviews.adjustments(connection, lender_id, application.id)
    changes = last_changes(corrections, adjustments)
    ensemble = _rated(connection, desk, machine, task.assessment_id) if any(changes) else None
    now = recompute(machine, corrections, adjustments, task.assessment_id, ensemble)
    written = rationales.rationale(connection, lender_id, task.assessment_id, changes) if any(changes) else machine.rationale
    if written is not None:
        now = replace(now, assessment=replace(now.assessment, rationale=written))
    files = documents.documents(connection, lender_id, application.id)
    decided = reviews.decisions(connection, lender_id, application.id)
    return Review(task, application, files, machine, now, corrections, adjustments, decided, is_updating=written is None)


def machine_reading(connection: Connection, desk: Desk, assessment_id: int) -> Assessment:
    """Return the whole assessment that a task is about, as the machine made it."""
    lender_id = desk.user.lender_id
    allow(desk.user, Act.READ_APPLICATION, lender_id)
    sha256 = assessments.content_of(connection, lender_id, assessment_id)
    if sha256 is None:
        raise UsageError("What was read of this application was removed at the end of its retention.")
    return _content(_Kept(desk.blobs), lender_id, sha256.hex())


def _rated(connection: Connection, desk: Desk, machine: Assessment, assessment_id: int) -> Rates | None:
    """Return the ensemble that rated an assessment; None where it is not at hand, so that its opinion stays as it was given."""
    try:
        found = _ensemble(that_made(connection, desk.user.lender_id, desk.settings, assessment_id).ensemble_dir)
    except SetupError:
        return None
    return found if found.version in machine.versions else None


_ensemble = lru_cache(maxsize=8)(load_ensemble)


def task_of(connection: Connection, user: User, application_id: int) -> Task | None:
    """Return the newest task on an application, None where it was never before a person."""
    allow(user, Act.READ_APPLICATION, user.lender_id)
    return review_tasks.last_task(connection, user.lender_id, application_id)


def page_picture(desk: Desk, reader: Draws, review: Review, page: Page) -> Picture:
    """Return the picture of a page of a review, as the boxes on it refer to. Raises UsageError where it cannot be drawn."""
    allow(desk.user, Act.READ_APPLICATION, desk.user.lender_id)
    document = next((each for each in review.documents if each.file == page.file), None)
    if document is None or document.state == "purged":
        raise UsageError(f"{page.file} is not kept any more.")
    with scratch_folder() as folder:
        path = folder / "file"
        desk.blobs.copy_to(desk.user.lender_id, document.sha256.hex(), path)
        drawn = reader.render_page(path, page.number, _DPI, page.rotation)
    return shrink(drawn, _MOST_PICTURE_BYTES)


@dataclass(frozen=True, slots=True)
class _Kept:
    """Stored files as a key of the cache: one place for one process."""

    blobs: Blobs

    def __hash__(self) -> int:
        return id(self.blobs)


@lru_cache(maxsize=_KEPT_ASSESSMENTS)
def _content(kept: _Kept, lender_id: str, sha256: str) -> Assessment:
    try:
        return read_assessment(kept.blobs.read_bytes(lender_id, sha256))
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("The assessment of this application is not kept in a form that this version reads.") from error
