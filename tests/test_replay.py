"""A recorded assessment made again: identical, or the difference explained."""

import json
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app import audit
from app.assess import MatchingExtractor, Models, assess
from app.blobs.storage import Blobs, open_blobs
from app.domain import Assessment, Document, DocumentKind, FactLine, ModelVersion, Rationale, Reason, Relation, Role, User
from app.errors import UsageError
from app.intake import Package, Workplace, duties, receive
from app.jobs import Urgency, run_worker
from app.page_kinds import TitleClassifier
from app.provenance import settings_of
from app.reading.package import SourceFile
from app.reading.reader import quarantined, sha256_of
from app.replay import Sources, records_of, replay, replay_stored
from app.report.json import package_object
from app.settings import Settings
from app.store import assessments
from app.store.rows import NewApplication
from tests.test_assess import BALANCE, INCOME

SETTINGS = Settings()
ANN = User("ann", "first", frozenset((Role.ANALYST,)))
AUDITOR = User("eve", "first", frozenset((Role.AUDITOR,)))
MODELS = Models(MatchingExtractor(), TitleClassifier(), settings=settings_of(SETTINGS))


class Reader:
    """Reads every file as the same two statements, or as what its bytes name."""

    def read_document(self, file: str, path: Path) -> Document:
        """Return the document at `path`."""
        pages = (BALANCE,) if path.read_bytes() == b"%PDF half" else (BALANCE, INCOME)
        return Document(file, DocumentKind.OTHER, tuple(replace(page, file=file) for page in pages), sha256_of(path))


class SlowReasoner:
    """Answers, but its clock runs late."""

    version = ModelVersion("reasoner", "slow", "ab")

    def explain(self, facts: Sequence[FactLine], fault: str = "") -> Rationale:  # noqa: ARG002  every reasoner is asked alike
        """Give a rationale of one reason."""
        reasons = tuple(Reason(fact.id, Relation.DOWN, 0.5) for fact in facts if fact.allows(Relation.DOWN))[:1]
        return Rationale(tuple(facts), reasons, (), (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), self.version)


@pytest.fixture
def sent(tmp_path: Path) -> Path:
    (tmp_path / "accounts.pdf").write_bytes(b"%PDF whole")
    return tmp_path


def assessed(sent: Path, models: Models = MODELS) -> Assessment:
    files = [Reader().read_document("box/accounts.pdf", sent / "accounts.pdf"), quarantined("box/link.pdf", "The file is a link.")]
    return assess("A1", files, models, None)


def sources(folder: Path) -> Sources:
    return Sources.of([SourceFile(path.name, path) for path in sorted(folder.iterdir())])


def test_a_replay_is_byte_for_byte_the_same_whatever_the_file_is_called_now(sent: Path) -> None:
    (record,) = records_of(json.dumps(package_object(assessed(sent))) + "\n", "a.json")
    (sent / "accounts.pdf").rename(sent / "scan 0001.pdf")
    done = replay(record, sources(sent), Reader(), MODELS)
    assert done.identical
    assert (done.made_otherwise, done.differences, done.missing) == ((), (), ())


def test_a_file_that_is_not_at_hand_is_named_with_where_to_give_it(sent: Path) -> None:
    (record,) = records_of(json.dumps(package_object(assessed(sent))), "a.json")
    (sent / "accounts.pdf").unlink()
    done = replay(record, sources(sent), Reader(), MODELS)
    assert not done.identical
    assert len(done.missing) == 1
    assert done.missing[0].startswith("box/accounts.pdf (SHA-256 ")
    assert "--documents DIR" in done.missing[0]


def test_a_file_that_was_changed_is_told_by_its_hash_and_by_what_it_does(sent: Path) -> None:
    (record,) = records_of(json.dumps(package_object(assessed(sent))), "a.json")
    (sent / "accounts.pdf").write_bytes(b"%PDF half")
    done = replay(record, sources(sent), Reader(), MODELS)
    assert not done.identical
    assert done.made_otherwise[0].startswith(f"file box/accounts.pdf: {record.pairs('files')['box/accounts.pdf'][:12]}... then, ")
    assert "pages: 3 entries then, 2 entries now" in done.differences


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [("program", "policy", "program policy"), ("settings", "ocr_dpi", "setting ocr_dpi"), ("libraries", "pypdfium2", "library pypdf")],
)
def test_what_it_was_made_by_is_told_where_it_differs(sent: Path, part: str, name: str, said: str) -> None:
    recorded = package_object(assessed(sent))
    recorded["made_from"][part][name] = "0" * 64
    (record,) = records_of(json.dumps(recorded), "a.json")
    done = replay(record, sources(sent), Reader(), MODELS)
    assert not done.identical
    assert [line.startswith(said) and "000000000000... then" in line for line in done.made_otherwise] == [True]
    assert done.differences == ()


def test_another_model_is_told_with_its_version(sent: Path) -> None:
    recorded = package_object(assessed(sent))
    recorded["versions"][0] |= {"version": "7", "sha256": "feed"}
    (record,) = records_of(json.dumps(recorded), "a.json")
    assert replay(record, sources(sent), Reader(), MODELS).made_otherwise == ("model matching: 7 feed then, 1 now",)


def test_an_outcome_that_differs_is_told_by_its_place(sent: Path) -> None:
    recorded = package_object(assessed(sent))
    recorded["recommendation"], recorded["ratios"]["current_ratio"] = "approve", "9.9"
    (record,) = records_of(json.dumps(recorded), "a.json")
    told = replay(record, sources(sent), Reader(), MODELS).differences
    assert any(line.startswith('ratios.current_ratio: "9.9" then, "2.9455') for line in told)
    assert any(line.startswith('recommendation: "approve" then, ') for line in told)


def test_a_reasoner_that_was_late_then_is_late_again_and_one_that_was_not_is_given_all_the_time(sent: Path) -> None:
    late = replace(MODELS, reasoner=SlowReasoner(), reasoner_seconds=-1.0, settings=(("reasoner_seconds", "-1.0"),))
    made = assessed(sent, late)
    assert made.rationale is not None
    assert made.rationale.note.endswith("it took longer than -1 seconds.")
    (record,) = records_of(json.dumps(package_object(made)), "a.json")
    assert replay(record, sources(sent), Reader(), replace(late, reasoner_seconds=5.0)).identical


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"package_id": "A1", "made_from": {"files": {}}}'])
def test_what_no_assessment_recorded_is_refused_with_what_to_name(text: str) -> None:
    with pytest.raises(UsageError, match=r"loanlens assess --json"):
        records_of(text, "notes.txt")


def stored(database: Engine, blobs: Blobs) -> int:
    """Send an application, have a worker assess it, and return the assessment's id."""
    with database.begin() as connection:
        files = [("accounts.pdf", BytesIO(b"%PDF whole"), None), ("link.pdf", BytesIO(b"x"), "The file is a link.")]
        application = receive(connection, blobs, ANN, Package(NewApplication("A1"), files))
    run_worker(database, duties(Workplace(blobs, Reader(), MODELS, SETTINGS)), tuple(Urgency), SETTINGS, until_idle=True)
    with database.connect() as connection:
        made = assessments.latest_assessment(connection, "first", application)
    assert made is not None
    return made.id


def test_an_assessment_of_the_store_is_replayed_from_the_stored_files(database: Engine, sent: Path) -> None:
    blobs = open_blobs(Settings(data_dir=sent / "data"))
    id = stored(database, blobs)
    with database.begin() as connection:
        assert replay_stored(connection, blobs, AUDITOR, id, (Reader(), MODELS)).identical
        assert audit.history(connection, AUDITOR, "first", "application 1")[0].detail == {"replayed": id}
        assert blobs.remove("first", sha256_of(sent / "accounts.pdf"))
        assert len(replay_stored(connection, blobs, AUDITOR, id, (Reader(), MODELS)).missing) == 1
        with pytest.raises(UsageError, match="no assessment 99"):
            replay_stored(connection, blobs, AUDITOR, 99, (Reader(), MODELS))
