"""A review as it is opened: the task, its application, what the machine read, and what people made of it so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.blobs.storage import Blobs
from app.domain import Assessment, Figure, Page, User
from app.errors import NotFound, UsageError
from app.report.pictures import Picture, shrink
from app.review_queue import audit_sample
from app.review_queue.desk import Desk
from app.review_queue.recompute import Reviewed, figures_by_number, recompute
from app.scratch import scratch_folder
from app.store import applications, assessments, audit_samples, documents, review_tasks, reviews
from app.store.content import read_assessment
from app.store.rows import Adjustment, Application, Correction, StoredDecision, StoredDocument, Task

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
    """All that a person needs to review an application. `machine` is what was read; `now` is what stands after people's work."""

    task: Task
    application: Application
    documents: tuple[StoredDocument, ...]
    machine: Assessment
    now: Reviewed
    corrections: tuple[Correction, ...]
    adjustments: tuple[Adjustment, ...]
    decisions: tuple[StoredDecision, ...]

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
    now = recompute(machine, corrections, adjustments, task.assessment_id)
    files = documents.documents(connection, lender_id, application.id)
    decided = reviews.decisions(connection, lender_id, application.id)
    return Review(task, application, files, machine, now, corrections, adjustments, decided)


def machine_reading(connection: Connection, desk: Desk, assessment_id: int) -> Assessment:
    """Return the whole assessment that a task is about, as the machine made it."""
    lender_id = desk.user.lender_id
    allow(desk.user, Act.READ_APPLICATION, lender_id)
    sha256 = assessments.content_of(connection, lender_id, assessment_id)
    if sha256 is None:
        raise UsageError("What was read of this application was removed at the end of its retention.")
    return _content(_Kept(desk.blobs), lender_id, sha256.hex())


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
