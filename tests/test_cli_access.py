"""The operator's commands on a real embedded database, as typed: what they say, and that no secret is ever printed."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.blobs.storage import open_blobs
from app.errors import UsageError
from app.settings import Settings
from tests.commands import Run, commands

FIRST = "correct horse battery"


@pytest.fixture
def run(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a function that runs a command on this test's database and folder."""
    with commands(database, tmp_path, monkeypatch) as call:
        yield call


@pytest.fixture
def ann(run: Run) -> str:
    run("users", "add", "ann", "--role", "analyst", "--role", "auditor", typed=f"{FIRST}\n{FIRST}\n")
    return "ann"


def test_an_account_is_added_listed_locked_and_unlocked(run: Run, ann: str) -> None:
    assert re.search(r"ann .* analyst, auditor .* 0 .* open", run("users", "list").output)
    run("users", "lock", ann)
    assert "locked" in run("users", "list").output
    run("users", "unlock", ann)
    run("users", "approval-limit", ann, "50,000")
    run("users", "roles", ann, "--role", "credit_officer")
    assert re.search(r"ann .* credit_officer .* 50,000 .* open", run("users", "list").output)


def test_a_password_is_never_shown_and_never_an_argument(run: Run, ann: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("another staple entirely\n", encoding="utf-8")
    shown = run("users", "password", ann, "--password-file", str(tmp_path / "password")).output
    shown += run("users", "own-password", ann, typed=f"another staple entirely\n{FIRST}\n{FIRST}\n").output
    shown += run("users", "password", ann, "--password-file", "-", typed="yet another staple\n").output
    assert "staple" not in shown
    assert FIRST not in shown
    assert "--password " not in run("users", "password", "--help").output


def test_a_faulty_call_says_what_to_do(run: Run, ann: str, tmp_path: Path) -> None:
    for words, said in (
        (("users", "add", "bob", "--role", "king"), "no role king"),
        (("users", "add", "bob", "--role", "analyst", "--approval-limit", "much"), "no amount"),
        (("users", "add", ann, "--role", "analyst", "--no-password"), "another login"),
        (("users", "password", ann, "--password-file", str(tmp_path / "none")), "cannot be read"),
        (("api-keys", "make", ann, "core", "--scope", "everything"), "no scope everything"),
        (("keys", "retire", "0000"), "holds no key"),
    ):
        with pytest.raises(UsageError, match=said):
            run(*words, typed="y\n")


def test_an_api_key_is_shown_once(run: Run, ann: str) -> None:
    made = run("api-keys", "make", ann, "core banking", "--scope", "read_application")
    key = made.stdout.strip()
    assert key.startswith("ll_")
    new = run("api-keys", "rotate", "1").stdout.strip()
    assert new != key
    run("api-keys", "revoke", "1")
    listed = run("api-keys", "list").output
    assert "core banking" in listed
    assert "revoked" in listed
    assert key not in listed
    assert new not in listed


def test_the_trail_is_verified_against_an_exported_head(run: Run, ann: str, database: Engine, tmp_path: Path) -> None:
    del ann
    head = str(tmp_path / "head.json")
    run("audit", "export-head", head)
    verified = run("audit", "verify", "--head", head)
    assert (verified.exit_code, "1 entries" in verified.output) == (0, True)
    with database.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE audit_entries SET actor = 'mallory'"))
    changed = run("audit", "verify")
    assert changed.exit_code == 1
    assert "entry 1 was changed" in changed.output


def test_keys_are_rotated_and_retired(run: Run, tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    stored, old = blobs.put("first", BytesIO(b"a return")), blobs.keys.ring().current.id
    assert "1 files were sealed anew" in run("keys", "rotate").output
    assert blobs.key_of("first", stored.sha256) == blobs.keys.ring().current.id != old
    assert old in run("keys", "list").output
    run("keys", "retire", old, typed="y\n")
    assert old not in run("keys", "list").output
    assert blobs.read_bytes("first", stored.sha256) == b"a return"


def test_a_rotation_that_was_stopped_goes_on_with_the_same_key(run: Run, tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path))
    blobs.put("first", BytesIO(b"a return"))
    ring = blobs.keys.add()
    run("keys", "rotate")
    assert [key.id for key in blobs.keys.ring().keys] == [key.id for key in ring.keys]
    assert not blobs.keys.ring().rotating


def test_a_backup_is_made_and_restored(run: Run, ann: str, tmp_path: Path) -> None:
    run("backup", str(tmp_path / "out.zip"))
    run("users", "lock", ann)
    with pytest.raises(UsageError, match="--overwrite"):
        run("restore", str(tmp_path / "out.zip"))
    run("restore", str(tmp_path / "out.zip"), "--overwrite")
    assert "open" in run("users", "list").output


def test_a_purge_and_holds_are_at_hand(run: Run) -> None:
    assert "25 months" in run("purge", "--dry-run").output
    assert "Removed 0 applications and 0 files." in run("purge").output
    with pytest.raises(UsageError, match="no application 7"):
        run("holds", "place", "7", "--why", "litigation")
    assert "litigation" not in run("holds", "list").output


def test_every_command_has_help(run: Run) -> None:
    for words in (("users",), ("api-keys",), ("audit",), ("keys",), ("holds",), ("backup",), ("restore",), ("purge",)):
        shown = run(*words, "--help")
        assert shown.exit_code == 0
        assert "Usage" in shown.output


def test_the_operator_stands_in_the_trail(run: Run, ann: str, database: Engine) -> None:
    del ann
    with database.connect() as connection:
        actor = connection.execute(text("SELECT actor FROM audit_entries")).scalar_one()
    assert actor.startswith("operator:")
    assert run("audit", "verify").exit_code == 0
