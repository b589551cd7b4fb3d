"""Intake: files, application and job in one transaction; the assessment with all that follows from it in another."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from app import audit
from app.assess import load_models
from app.blobs.storage import Blobs, open_blobs
from app.domain import Document, DocumentKind, Role, User
from app.errors import Forbidden, ReaderCrashed
from app.intake import Package, Workplace, duties, receive
from app.jobs import Job, JobName, Urgency, cancel, enqueue, run_worker
from app.reading.reader import quarantined
from app.settings import Settings
from app.store import applications, assessments, documents, job_records, review_tasks
from app.store.rows import NewApplication, StoredAssessment
from tests.build import page

ANN = User("ann", "first", frozenset((Role.ANALYST,)))


class Reader:
    """Reads one page of each file; a file called "poison" ends the try, one called "odd" is unreadable."""

    def __init__(self, fault: Callable[[str], None] = lambda _: None) -> None:
        self.fault, self.read = fault, list[str]()

    def read_document(self, file: str, path: Path) -> Document:
        self.read.append(file)
        self.fault(file)
        if file == "odd.pdf":
            return quarantined(file, "encrypted")
        assert path.read_bytes().startswith(b"%PDF")
        return Document(file, DocumentKind.OTHER, (replace(page(1, file), width=100.0),))


def settings_of(folder: Path) -> Settings:
    return Settings(data_dir=folder, job_tries=2)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(settings_of(tmp_path))


def files(*names: str) -> list[tuple[str, BytesIO, str | None]]:
    return [(name, BytesIO(b"%PDF " + name.encode()), None) for name in names]


def send(database: Engine, blobs: Blobs, *names: str, reference: str = "A1", by: User = ANN) -> int:
    with database.begin() as connection:
        return receive(connection, blobs, by, Package(NewApplication(reference), files(*names)))


def work(database: Engine, blobs: Blobs, folder: Path, reader: Reader | None = None) -> None:
    place = Workplace(blobs, reader or Reader(), load_models(settings_of(folder), rules=True), settings_of(folder))
    with database.begin() as connection:
        connection.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"))
    run_worker(database, duties(place), tuple(Urgency), settings_of(folder), until_idle=True)


def latest(connection: Connection, id: int) -> StoredAssessment:
    found = assessments.latest_assessment(connection, "first", id)
    assert found is not None
    return found


def test_what_is_sent_is_assessed_and_put_before_people(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    id = send(database, blobs, "a.pdf", "b.pdf")
    work(database, blobs, tmp_path)
    with database.connect() as connection:
        application = applications.application(connection, "first", id)
        made = latest(connection, id)
        (task,) = review_tasks.tasks(connection, "first")
        states = {each.file: each.state for each in documents.documents(connection, "first", id)}
        acts = [entry.action for entry in audit.history(connection, AUDITOR, "first", f"application {id}")]
        pages = connection.scalar(text("SELECT count(*) FROM pages"))
    assert application is not None
    assert application.state == "assessed"
    assert (task.application_id, task.assessment_id) == (id, made.id)
    assert states == {"a.pdf": "read", "b.pdf": "read"}
    assert acts == ["assess_application", "submit_application"]
    assert pages == 2
    assert made.content_sha256 is not None
    content = blobs.read_bytes("first", made.content_sha256.hex())
    assert hashlib.sha256(content).digest() == made.content_sha256


AUDITOR = User("eve", "first", frozenset((Role.AUDITOR,)))


def test_nothing_is_left_of_what_is_sent_when_its_transaction_fails(database: Engine, blobs: Blobs) -> None:
    with database.connect() as connection:
        receive(connection, blobs, ANN, Package(NewApplication("A1"), files("a.pdf")))
        connection.rollback()
        assert applications.inbox(connection, "first") == ()
        assert job_records.count_jobs(connection) == {}


def test_who_may_not_send_sends_nothing(database: Engine, blobs: Blobs) -> None:
    with pytest.raises(Forbidden):
        send(database, blobs, "a.pdf", by=AUDITOR)


def test_the_same_package_sent_twice_is_assessed_once(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    id = send(database, blobs, "a.pdf")
    assert send(database, blobs, "a.pdf") == id
    work(database, blobs, tmp_path)
    send(database, blobs, "a.pdf")
    work(database, blobs, tmp_path)
    with database.connect() as connection:
        assert [each.version for each in assessments.assessment_history(connection, "first", id)] == [1]


def test_a_new_document_makes_a_new_version(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    id = send(database, blobs, "a.pdf")
    work(database, blobs, tmp_path)
    send(database, blobs, "b.pdf")
    work(database, blobs, tmp_path)
    with database.connect() as connection:
        assert [each.version for each in assessments.assessment_history(connection, "first", id)] == [1, 2]
        assert len(review_tasks.tasks(connection, "first")) == 1


def test_a_second_file_of_one_name_gets_a_name_of_its_own(database: Engine, blobs: Blobs) -> None:
    send(database, blobs, "a.pdf")
    with database.begin() as connection:
        id = receive(connection, blobs, ANN, Package(NewApplication("A1"), [("a.pdf", BytesIO(b"%PDF other"), None)]))
        assert [each.file for each in documents.documents(connection, "first", id)] == ["a.pdf", "a.pdf (2)"]


def test_a_document_that_ends_the_program_is_set_aside_and_the_rest_assessed(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    id = send(database, blobs, "a.pdf", "poison.pdf", "c.pdf")
    with database.begin() as connection:  # as a program leaves it that ended twice while it read this
        (_, poison, _) = documents.documents(connection, "first", id)
        for _ in range(2):
            documents.begin_reading(connection, "first", poison.id)
    reader = Reader()
    work(database, blobs, tmp_path, reader)
    with database.connect() as connection:
        reasons = connection.execute(text("SELECT reason FROM pages WHERE status = 'quarantined'")).scalars().all()
        application = applications.application(connection, "first", id)
    assert reader.read == ["a.pdf", "c.pdf"]
    assert reasons == ["The program ended 2 times while it read this file. Send it in another form."]
    assert application is not None
    assert application.state == "assessed"


def test_an_application_that_fails_each_time_is_set_aside_and_the_batch_goes_on(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    def fault(file: str) -> None:
        if file == "bad.pdf":
            raise ReaderCrashed("the reading process does not start")

    bad, good = (send(database, blobs, name, reference=name) for name in ("bad.pdf", "good.pdf"))
    for _ in range(4):
        work(database, blobs, tmp_path, Reader(fault))
    with database.connect() as connection:
        one, other = (applications.application(connection, "first", id) for id in (bad, good))
    assert one is not None
    assert other is not None
    assert (one.state, one.reason) == ("quarantined", "tried 2 times; ReaderCrashed: the reading process does not start")
    assert other.state == "assessed"


def test_a_batch_is_scored_by_a_job_for_each_application(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    with database.begin() as connection:
        batch = applications.add_batch(connection, "first", "b1", None)
        applications.add_applications(connection, "first", [NewApplication(f"A{n}", batch_id=batch) for n in range(3)])
        for _ in range(2):
            enqueue(connection, Job(JobName.SCORE_BATCH, "first", {"batch_id": batch}))
    work(database, blobs, tmp_path)
    with database.connect() as connection:
        found = applications.batch(connection, "first", batch)
    assert found is not None
    assert dict(found.states) == {"assessed": 3}


def test_a_cancelled_batch_is_not_scored(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    id = send(database, blobs, "a.pdf")
    with database.begin() as connection:
        applications.set_state(connection, "first", id, "cancelled")
        application_job = connection.scalar(text("SELECT job_id FROM applications"))
        assert application_job is not None
        cancel(connection, "first", application_job)
    reader = Reader()
    work(database, blobs, tmp_path, reader)
    assert reader.read == []


def test_what_is_past_its_retention_is_purged_by_a_job(database: Engine, blobs: Blobs, tmp_path: Path) -> None:
    with database.begin() as connection:
        id = enqueue(connection, Job(JobName.PURGE, "first", {}, Urgency.BACKGROUND))
    work(database, blobs, tmp_path)
    with database.connect() as connection:
        record = job_records.job_record(connection, "first", id or 0)
    assert record is not None
    assert record.outcome == "done"
