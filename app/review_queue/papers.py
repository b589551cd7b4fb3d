"""The papers of an application, drawn from its review when somebody asks for them: credit memo, notice to the applicant, spreadsheet.

Nothing is kept of them but an entry in the trail with the SHA-256 of what was given out: drawn again, they show what stands then.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.errors import UsageError
from app.report.mapping import load_mapping
from app.report.papers.blocks import blocks_of
from app.report.papers.pdf import draw_pdf
from app.report.papers.templates import fill, folders_of
from app.report.papers.word import draw_docx
from app.review_queue.desk import Desk
from app.review_queue.memo import memo_facts
from app.review_queue.notice import jurisdiction_of, notice_facts, template_of, told
from app.review_queue.opened import Review, look_again
from app.review_queue.spreadsheet import draw_spreadsheet


class Format(StrEnum):
    """What a memo or notice is drawn as."""

    PDF = "pdf"
    DOCX = "docx"


MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: A lender's own layout of the spread, among its templates.
MAPPING = "spreading.yaml"
_DRAWN = {Format.PDF: draw_pdf, Format.DOCX: draw_docx}


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as a file. `blanks` are places in its template, such as [Name of creditor], that the lender has not filled in."""

    name: str
    media_type: str
    content: bytes
    blanks: tuple[str, ...] = ()


def draw_memo(connection: Connection, desk: Desk, task_id: int, form: Format) -> Paper:
    """Return the credit memo of an application as it stands now."""
    allow(desk.user, Act.READ_APPLICATION, desk.user.lender_id)
    review = look_again(connection, desk, task_id)
    facts = memo_facts(review, datetime.now(UTC).date())
    return _given(connection, desk, review, _laid_out(desk, review, ("memo", "memo.md", facts), form))


def draw_notice(connection: Connection, desk: Desk, task_id: int, form: Format) -> Paper:
    """Return the notice to the applicant. Raises UsageError where the decision needs none."""
    allow(desk.user, Act.READ_APPLICATION, desk.user.lender_id)
    review = look_again(connection, desk, task_id)
    facts = notice_facts(review, datetime.now(UTC).date())
    return _given(connection, desk, review, _laid_out(desk, review, ("notice", template_of(review), facts), form))


def draw_workbook(connection: Connection, desk: Desk, task_id: int, mapping: Path | None = None) -> Paper:
    """Return the spread as XLSX; with a sheet in the lender's own layout where there is a column mapping.

    That is the file named, or else `spreading.yaml` in the lender's templates. `blanks` are figures that it has no place for.
    """
    allow(desk.user, Act.READ_APPLICATION, desk.user.lender_id)
    review = look_again(connection, desk, task_id)
    folders = folders_of(desk.settings.templates_dir, desk.user.lender_id)
    file = mapping or next((path for folder in folders if (path := folder / MAPPING).is_file()), None)
    content, lost = draw_spreadsheet(review, load_mapping(file) if file else None)
    return _given(connection, desk, review, Paper(_file_name("spread", review, "xlsx"), MEDIA_TYPES["xlsx"], content, lost))


def no_notice(review: Review) -> str:
    """Say why an application has no notice, empty where it has one."""
    try:
        told(review)
    except UsageError as error:
        return str(error)
    return ""


def _laid_out(desk: Desk, review: Review, what: tuple[str, str, Mapping[str, object]], form: Format) -> Paper:
    kind, template, facts = what
    filled = fill(template, facts, folders_of(desk.settings.templates_dir, desk.user.lender_id))
    content = _DRAWN[form](blocks_of(filled.markdown), jurisdiction_of(review) == "us")
    return Paper(_file_name(kind, review, form), MEDIA_TYPES[form], content, filled.blanks)


def _file_name(kind: str, review: Review, ending: str) -> str:
    return f"{kind}_{re.sub(r'[^A-Za-z0-9-]+', '-', review.application.reference).strip('-') or review.application.id}.{ending}"


def _given(connection: Connection, desk: Desk, review: Review, paper: Paper) -> Paper:
    """Note in the trail that a paper was given out."""
    detail = {"file": paper.name, "sha256": hashlib.sha256(paper.content).hexdigest(), "assessment": review.task.assessment_id}
    audit.record(connection, desk.user, "draw_paper", f"application {review.application.id}", detail)
    return paper
