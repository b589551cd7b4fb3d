"""Reading applications on a real PostgreSQL: what is there comes back, and the trail says who saw it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from app import applications, audit
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role, User
from app.errors import UsageError
from app.settings import Settings
from tests.stored import stored_application

ANN, ADA = User("ann", "first", frozenset({Role.ANALYST})), User("ada", "first", frozenset({Role.AUDITOR}))
OLAF = User("olaf", "other", frozenset({Role.ANALYST}))


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def test_an_application_is_opened_with_its_documents_and_figures(database: Engine, blobs: Blobs) -> None:
    id = stored_application(database, blobs, "A-1", None, b"the return")
    with database.begin() as connection:
        opened = applications.read_application(connection, ANN, "first", id)
        assert (opened.application.reference, opened.application.borrower) == ("A-1", "Mill & Sons")
        assert opened.assessment is not None
        assert [fact.account for fact in opened.facts] == ["cash"]
        (document,) = opened.documents
        name, content = applications.read_document(connection, blobs, ANN, "first", document.id)
        assert (name, b"".join(content)) == ("return.pdf", b"the return")


def test_every_reading_stands_in_the_trail(database: Engine, blobs: Blobs) -> None:
    id = stored_application(database, blobs, "A-1", None)
    with database.begin() as connection:
        document = applications.read_application(connection, ANN, "first", id).documents[0].id
        applications.read_document(connection, blobs, ANN, "first", document)
    with database.connect() as connection:
        for subject in (f"application {id}", f"document {document}"):
            (entry,) = audit.history(connection, ADA, "first", subject)
            assert (entry.actor, entry.action) == ("ann", "read_application")


def test_another_lenders_application_is_as_if_it_were_not_there(database: Engine, blobs: Blobs) -> None:
    id = stored_application(database, blobs, "A-1", None)
    with database.begin() as connection:
        document = applications.read_application(connection, ANN, "first", id).documents[0].id
        assert [each.id for each in applications.list_applications(connection, ANN, "first")] == [id]
        assert applications.list_applications(connection, OLAF, "other") == ()
        with pytest.raises(UsageError, match=f"no application {id}"):
            applications.read_application(connection, OLAF, "other", id)
        with pytest.raises(UsageError, match=f"no document {document}"):
            applications.read_document(connection, blobs, OLAF, "other", document)
