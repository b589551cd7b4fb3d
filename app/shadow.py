"""Challengers in shadow: what the champions assessed is assessed by the challengers too, stored beside, and never routed to anybody."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from io import BytesIO

from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.assess import assess
from app.domain import Assessment, Document, DocumentKind, User
from app.intake import Workplace, inputs_of
from app.jobs import Attempt, Duty, Effect, JobName
from app.model_versions import in_shadow
from app.store import applications, assessments, documents, retention, shadow
from app.store.assessments import NewAssessment, add_assessment
from app.store.content import read_assessment, write_assessment
from app.store.shadow import Pair


@dataclass(frozen=True, slots=True)
class Beside:
    """How challengers did beside champions: applications both assessed, those rated or routed otherwise, figures and differing ones."""

    applications: int
    rated_otherwise: int
    routed_otherwise: int
    figures: int
    differing: int
    pairs: tuple[Pair, ...]


def duties(workplace: Workplace) -> dict[JobName, Duty]:
    """Return what a worker does for a challenger's assessment."""
    return {JobName.SHADOW: Duty(partial(_assess_beside, workplace), lambda _connection, _attempt, _reason: None)}


def compare(connection: Connection, user: User, since: date) -> Beside:
    """Return how what challengers assessed since a day differs from what their champions did."""
    allow(user, Act.READ_MEASURES, user.lender_id)
    pairs = shadow.pairs(connection, user.lender_id, since)
    return Beside(
        len(pairs),
        sum(pair.grade != pair.champion_grade for pair in pairs),
        sum(pair.route != pair.champion_route for pair in pairs),
        sum(pair.figures for pair in pairs),
        sum(pair.differing for pair in pairs),
        pairs,
    )


def _assess_beside(workplace: Workplace, attempt: Attempt) -> Effect:
    lender_id, id = attempt.lender_id, int(attempt.arguments["assessment_id"])
    with attempt.database.connect() as connection:
        chosen = in_shadow(connection, lender_id, workplace.settings)
        stored = assessments.assessment(connection, lender_id, id)
        if chosen is None or stored is None or stored.content_sha256 is None:
            return lambda _: None  # no challenger any more, or the application was purged meanwhile
        every = documents.documents(connection, lender_id, stored.application_id)
    then = read_assessment(workplace.blobs.read_bytes(lender_id, stored.content_sha256.hex()))
    made = assess(then.package_id, list(_files(then)), workplace.models_of(chosen), then.as_of)

    def record(connection: Connection) -> None:
        applications.lock(connection, lender_id, stored.application_id)
        retention.keep_files(connection, lender_id)
        content = workplace.blobs.put(lender_id, BytesIO(write_assessment(made)))
        retention.add_file(connection, lender_id, content.sha256, content.size)
        files = {document.file: document.id for document in every}
        of = (stored.application_id, made, inputs_of(every, made), files, bytes.fromhex(content.sha256))
        add_assessment(connection, lender_id, NewAssessment(*of, shadow=True))

    return record


def _files(made: Assessment) -> Iterator[Document]:
    """Yield the files as they were read for an assessment: nothing is read again."""
    sha256s = dict(made.made_from.files) if made.made_from else {}
    for file in dict.fromkeys(page.file for page in made.pages):
        yield Document(file, DocumentKind.OTHER, tuple(page for page in made.pages if page.file == file), sha256s.get(file, ""))
