"""Queries on an application's documents and their pages. Each is one lender's."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from app.domain import DocumentKind, Page
from app.store import tables
from app.store.rows import StoredDocument, columns, make, make_all

_D = tables.documents
_P = tables.pages
#: Asked by every request, so made once.
_OF_THIS = (_D.c.lender_id == bindparam("of"), _D.c.application_id == bindparam("this"))
_DOCUMENTS = select(*columns(StoredDocument, _D)).where(*_OF_THIS).order_by(_D.c.id)
_ADD = insert(_D).returning(_D.c.id)


def add_document(connection: Connection, lender_id: str, application_id: int, file: tuple[str, bytes], received_by: str | None) -> int:
    """Add a document, `file` being its name and the SHA-256 of its content; returns its id."""
    name, sha256 = file
    values = {"lender_id": lender_id, "application_id": application_id, "file": name, "sha256": sha256, "received_by": received_by}
    return int(connection.execute(_ADD, values).scalar_one())


def add_documents(connection: Connection, lender_id: str, rows: Sequence[Mapping[str, object]]) -> None:
    """Add documents of several applications: application_id, file, sha256, state, reason and received_by of each."""
    if rows:
        connection.execute(insert(_D), [{"lender_id": lender_id, **row} for row in rows])


def supersede(connection: Connection, lender_id: str, id: int, by: int | None, reason: str | None = None) -> None:
    """Say that document `by` takes the place of document `id`, or that nothing does; it is kept."""
    values = {"state": "superseded", "superseded_by": by, "reason": reason}
    connection.execute(update(_D).where(_D.c.lender_id == lender_id, _D.c.id == id).values(values))


def documents(connection: Connection, lender_id: str, application_id: int) -> tuple[StoredDocument, ...]:
    """Return the documents of an application in the order they came, superseded ones too."""
    return make_all(StoredDocument, connection.execute(_DOCUMENTS, {"of": lender_id, "this": application_id}))


def document(connection: Connection, lender_id: str, id: int) -> StoredDocument | None:
    """Return a document, or None where this lender has none of that id."""
    return make(StoredDocument, connection.execute(select(*columns(StoredDocument, _D)).where(_D.c.lender_id == lender_id, _D.c.id == id)))


def begin_reading(connection: Connection, lender_id: str, id: int) -> int:
    """Count a reading that begins: one that ends the program never ends, and is known by that. Returns how many have begun."""
    counted = update(_D).where(_D.c.lender_id == lender_id, _D.c.id == id).values(tries=_D.c.tries + 1).returning(_D.c.tries)
    return int(connection.execute(counted).scalar_one())


def end_reading(connection: Connection, lender_id: str, id: int) -> None:
    """Forget readings of a document that began, now that one has ended."""
    connection.execute(update(_D).where(_D.c.lender_id == lender_id, _D.c.id == id).values(tries=0))


def keep_pages(connection: Connection, lender_id: str, id: int, read: Sequence[tuple[Page, DocumentKind]]) -> None:
    """Note what became of each page of a document that was read; pages kept before stay."""
    rows = [
        {
            "lender_id": lender_id, "document_id": id, "number": page.number, "status": page.status, "kind": kind, "method": page.method,
            "rotation": page.rotation, "width": page.width, "height": page.height, "reason": page.reason,
        }
        for page, kind in read
    ]
    if rows:
        connection.execute(insert(_P).on_conflict_do_nothing(), rows)
    connection.execute(update(_D).where(_D.c.lender_id == lender_id, _D.c.id == id, _D.c.state == "received").values(state="read"))


def quarantine_document(connection: Connection, lender_id: str, id: int, reason: str) -> None:
    """Set a document aside, with the reason."""
    connection.execute(update(_D).where(_D.c.lender_id == lender_id, _D.c.id == id).values(state="quarantined", reason=reason))
