"""Builders of what is stored: an application with a row in every table and its files, as the program leaves them."""

from datetime import date, datetime
from io import BytesIO

from sqlalchemy import Connection, Engine

from app.blobs.storage import Blobs
from app.store import retention
from app.store.tables import (
    adjustments,
    applications,
    assessments,
    audit_samples,
    corrections,
    decisions,
    documents,
    external_facts,
    facts,
    pages,
    review_tasks,
)
from app.store.tables_of_reviews import rationales

#: The tables that hold an application's content: none of it may be left after a purge.
CONTENT = (
    *(adjustments, assessments, audit_samples, corrections, decisions, documents, external_facts, facts, pages, rationales),
    review_tasks,
)
DAY = date(2026, 1, 1)


def stored_file(connection: Connection, blobs: Blobs, lender_id: str, content: bytes) -> bytes:
    """Store a file as whoever receives one must, and return its SHA-256."""
    retention.keep_files(connection, lender_id)
    blob = blobs.put(lender_id, BytesIO(content))
    retention.add_file(connection, lender_id, blob.sha256, blob.size)
    return bytes.fromhex(blob.sha256)


def stored_application(database: Engine, blobs: Blobs, reference: str, decided: datetime | None, content: bytes = b"a page") -> int:
    """Store an application of lender `first` with one document and one assessment, decided or still open; return its id."""
    first = {"lender_id": "first"}
    with database.begin() as c:
        application = c.execute(
            applications.insert()
            .values(**first, reference=reference, state="decided" if decided else "received", borrower="Mill & Sons", amount=1)
            .returning(applications.c.id)
        ).scalar_one()
        of = {**first, "application_id": application}
        sha256, whole = stored_file(c, blobs, "first", content), stored_file(c, blobs, "first", reference.encode())
        document = c.execute(documents.insert().values(**of, file="return.pdf", sha256=sha256).returning(documents.c.id)).scalar_one()
        page = {"number": 1, "status": "read", "kind": "other", "method": "text", "width": 1, "height": 1}
        c.execute(pages.insert().values(**first, document_id=document, **page))
        assessment = c.execute(
            assessments.insert()
            .values(**of, version=1, inputs_sha256=b"i", as_of=DAY, recommendation="refer", route="review", content_sha256=whole)
            .returning(assessments.c.id)
        ).scalar_one()
        by = {**of, "assessment_id": assessment}
        read = {"kind": "other", "account": "cash", "period": "current", "origin": "read", "label": "Cash", "printed": "1"}
        numbered = {"assessment_id": assessment, "number": 1, "document_id": document, "page": 1, "method": "text"}
        c.execute(facts.insert().values(**first, **numbered, **read))
        c.execute(audit_samples.insert().values(**by, fact_number=1, seed="1", share=1))
        task = c.execute(review_tasks.insert().values(**by, urgency=1.0).returning(review_tasks.c.id)).scalar_one()
        c.execute(corrections.insert().values(**by, task_id=task, fact_number=1, kind="amount", author="ann"))
        c.execute(rationales.insert().values(**first, assessment_id=assessment, correction_id=1, adjustment_id=0, content={}))
        c.execute(adjustments.insert().values(**by, kind="add-back", account="cash", period="current", amount=1, why="owner", author="ann"))
        c.execute(external_facts.insert().values(**of, name="bureau score", value="80", source="bureau", as_of=DAY))
        if decided:
            c.execute(decisions.insert().values(**by, outcome="approve", decided_by="ann", created_at=decided))
    return int(application)
