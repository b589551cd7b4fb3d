"""Backup and restore on a real PostgreSQL: what comes back is what was there, and a fault replaces nothing."""

import json
import os
import resource
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app import audit
from app.backup import Store, backup, restore
from app.blobs.storage import Blobs, open_blobs
from app.database import connect
from app.domain import Role, User
from app.errors import BlobDamaged, SetupError, UsageError
from app.settings import Settings
from app.store import snapshot
from app.store.snapshot import metadata
from tests.stored import stored_application
from tests.test_model_versions import champion_of, promoted, settings_of

ANN, AUDITOR = User("ann", "first", frozenset({Role.ANALYST})), User("ada", "first", frozenset({Role.AUDITOR}))


def quiet(done: int, of: int) -> None:
    del done, of


def wiped(database: Engine) -> None:
    """Leave the database with empty tables, as a new machine has it."""
    with database.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.sorted_tables:
            connection.execute(text(f"DELETE FROM {table.name}"))  # noqa: S608


def told(database: Engine) -> object:
    """Return what the store holds, in short."""
    with database.connect() as connection:
        return snapshot.rows(connection), snapshot.heads(connection), snapshot.files(connection)


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path / "data"))


@pytest.fixture
def filled(database: Engine, blobs: Blobs) -> Engine:
    """Return a database with two applications and a trail."""
    for reference in ("A-1", "A-2"):
        stored_application(database, blobs, reference, datetime.now(UTC), reference.encode() * 3)
    with database.begin() as connection:
        audit.record(connection, ANN, "read_application", "application 1", {"words": "näive ’"})
    return database


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_what_was_backed_up_comes_back_on_an_empty_machine(filled: Engine, blobs: Blobs, tmp_path: Path, name: str) -> None:
    before, seen = told(filled), list[tuple[int, int]]()
    manifest = backup(Store(filled, blobs, tmp_path / "models"), tmp_path / name, lambda done, of: seen.append((done, of)))
    assert seen == [(n, 4) for n in (1, 2, 3, 4)]
    assert (manifest.files, manifest.rows["applications"]) == (4, 2)
    wiped(filled)
    shutil.rmtree(blobs.root)
    restore(Store(filled, blobs, tmp_path / "models"), tmp_path / name, overwrite=False, progress=quiet)
    assert told(filled) == before
    with filled.connect() as connection:
        assert all(blobs.read_bytes(*file) for file in snapshot.files(connection))
        assert audit.verify(connection, AUDITOR, "first").faults == ()
    with filled.begin() as connection:
        audit.record(connection, ANN, "read_application", "application 2")
    with filled.connect() as connection, pytest.raises(Exception, match="audit trail only grows"):
        connection.execute(text("DELETE FROM audit_entries"))


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_the_versions_of_models_come_back_and_serve_and_a_lost_one_is_named(
    filled: Engine, blobs: Blobs, tmp_path: Path, name: str
) -> None:
    promoted(filled, tmp_path, "7")
    store = Store(filled, blobs, settings_of(tmp_path).registry_dir)
    assert (backup(store, tmp_path / name, quiet).models, champion_of(filled, tmp_path)) == (2, "7")
    shutil.rmtree(store.models)
    lost = backup(store, tmp_path / "later", quiet).models_missing
    assert (len(lost), "ensemble 7" in lost) == (2, True)
    restore(store, tmp_path / name, overwrite=True, progress=quiet)
    assert champion_of(filled, tmp_path) == "7"


def test_a_restored_store_can_be_backed_up_and_restored_again(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    before = told(filled)
    for number in (1, 2):
        backup(Store(filled, blobs, tmp_path / "models"), tmp_path / f"backup-{number}", quiet)
        restore(Store(filled, blobs, tmp_path / "models"), tmp_path / f"backup-{number}", overwrite=True, progress=quiet)
    assert told(filled) == before


def test_nothing_in_a_backup_can_be_read_without_the_keys(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", quiet)
    written = [path.read_bytes() for path in (tmp_path / "backup").rglob("*") if path.is_file()]
    assert len(written) == 6
    assert not any(word in content for content in written for word in (b"Mill & Sons", b"A-1A-1", b"CREATE TABLE"))


def test_a_store_that_is_not_empty_is_replaced_only_when_told_to(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", quiet)
    stored_application(filled, blobs, "A-3", None)
    now = told(filled)
    with pytest.raises(UsageError, match="--overwrite"):
        restore(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", overwrite=False, progress=quiet)
    assert told(filled) == now
    restore(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", overwrite=True, progress=quiet)
    assert told(filled) != now


def test_a_store_in_use_is_not_replaced(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", quiet)
    another = connect(filled.url)
    with another.connect() as busy:
        busy.execute(text("SELECT 1"))
        with pytest.raises(UsageError, match="loanlens down"):
            restore(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", overwrite=True, progress=quiet)
    another.dispose()


def test_a_backup_made_while_others_write_is_of_one_moment(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    def meanwhile(done: int, of: int) -> None:
        if done == 1:
            stored_application(filled, blobs, "A-late", datetime.now(UTC), b"late")
        assert of == 4

    before = told(filled)
    backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", meanwhile)
    restore(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", overwrite=True, progress=quiet)
    assert told(filled) == before


def no_manifest(place: Path) -> None:
    (place / "manifest.json").unlink()


def cut_manifest(place: Path) -> None:
    (place / "manifest.json").write_bytes((place / "manifest.json").read_bytes()[:20])


def changed_manifest(place: Path, **changed: object) -> None:
    content = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    (place / "manifest.json").write_text(json.dumps({**content, **changed}), encoding="utf-8")


def newer(place: Path) -> None:
    changed_manifest(place, revision="9999")


def another_format(place: Path) -> None:
    changed_manifest(place, format=99)


def another_key(place: Path) -> None:
    changed_manifest(place, keys=["0123456789abcdef"])


def cut_database(place: Path) -> None:
    (place / "database.sealed").write_bytes((place / "database.sealed").read_bytes()[:-1])


def another_database(place: Path) -> None:
    changed_manifest(place, database_sha256="0" * 64)


def changed_file(place: Path) -> None:
    path = next(p for p in sorted((place / "files").rglob("*")) if p.is_file())
    path.write_bytes(path.read_bytes()[:-1] + b"\0\0")


def missing_file(place: Path) -> None:
    next(p for p in sorted((place / "files").rglob("*")) if p.is_file()).unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (no_manifest, "no complete backup"),
        (cut_manifest, "no complete backup"),
        (newer, "newer LoanLens"),
        (another_format, "another version"),
        (another_key, "needs the keys 0123456789abcdef"),
        (cut_database, "damaged"),
        (another_database, "manifest"),
        (changed_file, "damaged"),
        (missing_file, "incomplete"),
    ],
)
def test_a_damaged_backup_replaces_nothing(filled: Engine, blobs: Blobs, tmp_path: Path, damage: Callable[[Path], None], said: str) -> None:
    backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", quiet)
    stored_application(filled, blobs, "A-3", None)
    now = told(filled)
    damage(tmp_path / "backup")
    with pytest.raises((SetupError, BlobDamaged), match=said):
        restore(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", overwrite=True, progress=quiet)
    assert told(filled) == now
    with filled.connect() as connection:
        assert all(blobs.read_bytes(*file) for file in snapshot.files(connection))


def test_what_is_no_backup_is_told(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive", encoding="utf-8")
    for name in ("nowhere", "text.zip"):
        with pytest.raises(SetupError, match="cannot be read"):
            restore(Store(filled, blobs, tmp_path / "models"), tmp_path / name, overwrite=True, progress=quiet)


def test_an_older_backup_is_never_written_over(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup", quiet)
    backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "backup.zip", quiet)
    for name in ("backup", "backup.zip"):
        with pytest.raises(UsageError, match="exists"):
            backup(Store(filled, blobs, tmp_path / "models"), tmp_path / name, quiet)


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_a_backup_that_fails_leaves_nothing_behind(filled: Engine, blobs: Blobs, tmp_path: Path, name: str) -> None:
    path = next(p for p in Path(blobs.root).rglob("*") if p.is_file())
    path.write_bytes(b"damaged")
    with pytest.raises(BlobDamaged, match="Restore it"):
        backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "out" / name, quiet)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
def test_a_full_disk_is_told_and_leaves_nothing_behind(filled: Engine, blobs: Blobs, tmp_path: Path, name: str) -> None:
    stored_application(filled, blobs, "A-3", None, os.urandom(300_000))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(SetupError, match="Make room"):
            backup(Store(filled, blobs, tmp_path / "models"), tmp_path / "out" / name, quiet)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_place_that_cannot_be_written_is_told(filled: Engine, blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="could not be written"):
        backup(Store(filled, blobs, tmp_path / "models"), Path("/proc/nowhere/backup"), quiet)
