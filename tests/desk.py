"""Builders for the desk: an application that waits in the queue with all that belongs to it, and people to work on it."""

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

from sqlalchemy import Engine

from app import reasoning
from app.blobs.storage import Blobs
from app.domain import Assessment, Provenance, Role, User
from app.review_queue import opened, placing
from app.review_queue.desk import Desk
from app.review_queue.opened import Review
from app.review_queue.recompute import recompute
from app.settings import Settings
from app.store import applications, documents, retention, review_tasks
from app.store.assessments import NewAssessment, add_assessment
from app.store.content import write_assessment
from app.store.rows import Adjustment, Application, Correction, NewApplication, NewTask, StoredDecision, StoredDocument, Task
from tests.build import FORMS, assessment, package, with_fields

SETTINGS = Settings()
_REQUEST: dict[str, object] = {
    "term_months": 60, "rate": Decimal("8.5"), "years_in_business": 8, "application_date": date(2025, 3, 14),
    "purpose": "Purchase of equipment", "collateral_kind": "Equipment", "collateral_value": 70_000, "entity_type": "Corporation",
}  # fmt: skip
NOTHING = Provenance((), (), (), ())
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def person(name: str, *roles: Role, limit: int = 100_000) -> User:
    """Return a user of lender `first`; an analyst where no role is named."""
    return User(name, "first", frozenset(roles or (Role.ANALYST,)), Decimal(limit))


def desk(blobs: Blobs, name: str = "ann", *roles: Role, limit: int = 100_000) -> Desk:
    """Return a desk at which a user of lender `first` sits."""
    return Desk(person(name, *roles, limit=limit), blobs, SETTINGS)


def sound_assessment() -> Assessment:
    """Return a whole package as the machine assesses it: statements that articulate, and the other documents."""
    case = package({"application": with_fields(FORMS["application"], **_REQUEST)})
    kinds = tuple(document.kind for document in case.documents)
    made = replace(assessment(), spread=case.spread, forms=case.forms, documents=case.documents, pages=case.pages)
    raw = replace(made, page_kinds=kinds, made_from=NOTHING)
    nothing = Adjustment(0, 0, "normalization", "dividends_paid", "none such", Decimal(1), "", "")
    made = recompute(raw, (), (nothing,)).assessment
    facts = reasoning.facts_of(made.ratios, made.findings, made.spread, made.application)
    return replace(made, rationale=reasoning.explain(facts, None, seconds=1))


def reviewed() -> Review:
    """Return a review of a sound package: cash corrected, an add-back made, then declined. Nothing of it is stored."""
    at, made = datetime(2026, 3, 3, tzinfo=UTC), sound_assessment()
    files = dict.fromkeys(page.file for page in made.pages)
    place = {"file": "statements.pdf", "page": 1, "account": "cash", "period": "current", "value": "84210"}
    corrected = (Correction(1, 1, 1, 1, "amount", place, {"value": "84211"}, "ann", "digit misread", None, 1, at),)
    adjusted = (Adjustment(1, 1, "add-back", "operating_income", "current", Decimal(20_000), "owner's pay | <b>", "ann", None, 1, at),)
    task = Task(1, 1, 1, "closed", [], 1.0, None, None, None, 1, NOON)
    named = ("A1", "decided", None, "A1 Bakery Inc.", None, None, None, Decimal(40_000), Decimal(90_000))
    application = Application(1, *named, None, None, NOON, NOON, date(2026, 4, 1), None)
    reasons = ("Debt service coverage of 0.98× where at least 1.25× is wanted", "Excessive obligations for the assets")
    decision = StoredDecision(1, 1, "decline", reasons, "ann", (), "related party", created_at=at)
    documents = tuple(StoredDocument(n, 1, file, b"", "read", None, 1, None, NOON) for n, file in enumerate(files, 1))
    return Review(task, application, documents, made, recompute(made, corrected, adjusted, 1), corrected, adjusted, (decision,))


def waiting_task(
    database: Engine,
    blobs: Blobs,
    reference: str = "A1",
    exposure: int | None = 40_000,
    due_on: date | None = None,
    *,
    made: Assessment | None = None,
    content: bytes = b"%PDF ",
) -> int:
    """Store an application of lender `first` with its assessment and task, as a worker leaves them; return the task's id."""
    made = made or sound_assessment()
    amount = Decimal(exposure) if exposure is not None else None
    with database.begin() as c:
        retention.keep_files(c, "first")
        file, whole = blobs.put("first", BytesIO(content + reference.encode())), blobs.put("first", BytesIO(write_assessment(made)))
        for blob in (file, whole):
            retention.add_file(c, "first", blob.sha256, blob.size)
        named = NewApplication(reference, f"{reference} Bakery Inc.", amount=amount, total_exposure=amount, received_at=NOON)
        id = applications.add_application(c, "first", named)
        names = dict.fromkeys(page.file for page in made.pages)
        files = {name: documents.add_document(c, "first", id, (name, bytes.fromhex(file.sha256)), "ann") for name in names}
        for name, number in files.items():
            read = [each for each in zip(made.pages, made.page_kinds, strict=True) if each[0].file == name]
            documents.keep_pages(c, "first", number, read)
        new = NewAssessment(id, made, reference.encode(), files, bytes.fromhex(whole.sha256))
        stored = add_assessment(c, "first", new)
        assert stored is not None
        applications.set_state(c, "first", id, "assessed")
        place = review_tasks.urgency(None, amount, NOON)
        review_tasks.add_task(c, "first", NewTask(id, stored, ["Two figures are doubtful."], place, due_on))
        task = review_tasks.last_task(c, "first", id)
    assert task is not None
    return task.id


def assessed_again(database: Engine, blobs: Blobs, task: int, made: Assessment) -> int:
    """Store a further version as a worker does, and return the task on it."""
    content = write_assessment(made)
    with database.begin() as c:
        application = opened.look_again(c, desk(blobs), task).application
        retention.keep_files(c, "first")
        whole = blobs.put("first", BytesIO(content))
        retention.add_file(c, "first", whole.sha256, whole.size)
        inputs = hashlib.sha256(content).digest()
        id = add_assessment(c, "first", NewAssessment(application.id, made, inputs, {}, bytes.fromhex(whole.sha256)))
        assert id is not None
        every = documents.documents(c, "first", application.id)
        placing.put_before_people(c, "first", placing.Assessed(application, id, made, inputs, every), "1")
        new = opened.task_of(c, desk(blobs).user, application.id)
    assert new is not None
    return new.id
