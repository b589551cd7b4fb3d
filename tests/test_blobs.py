"""Stored files: content-addressed, sealed, atomic, verified; what fails says what to do and leaves nothing behind."""

import hashlib
import json
import os
import resource
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from fsspec import url_to_fs

from app.blobs.key_file import KeyFile
from app.blobs.sealing import CHUNK_BYTES, seal, unseal
from app.blobs.storage import Blobs, open_blobs
from app.errors import BlobDamaged, SetupError, UsageError
from app.settings import Settings

PLAIN = b"a tax return" * 1000


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path))


def lying(blobs: Blobs) -> list[Path]:
    """Return every file below the store."""
    return [path for path in Path(blobs.root).rglob("*") if path.is_file()]


def failing_source() -> Iterator[bytes]:
    yield PLAIN
    raise ConnectionResetError("the upload was cut")


class Cut:
    """An upload that is cut after its first piece."""

    def __init__(self) -> None:
        self.pieces = failing_source()

    def read(self, size: int, /) -> bytes:
        del size
        return next(self.pieces)


def test_a_blob_is_named_by_its_plain_bytes_and_comes_back(blobs: Blobs) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    assert blob.sha256 == hashlib.sha256(PLAIN).hexdigest()
    assert blob.size == len(PLAIN)
    assert blobs.read_bytes("acme", blob.sha256) == PLAIN


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_a_blob_of_any_length_comes_back(blobs: Blobs, size: int) -> None:
    plain = os.urandom(size)
    assert blobs.read_bytes("acme", blobs.put("acme", BytesIO(plain)).sha256) == plain


def test_the_same_bytes_twice_are_one_blob_per_lender(blobs: Blobs) -> None:
    first, again, other = (blobs.put(lender, BytesIO(PLAIN)) for lender in ("acme", "acme", "borealis"))
    assert first == again == other
    assert list(blobs.names()) == [("acme", first.sha256), ("borealis", first.sha256)]


def test_nothing_readable_lies_on_the_disk(blobs: Blobs) -> None:
    blobs.put("acme", BytesIO(PLAIN))
    assert lying(blobs)
    assert all(b"tax return" not in path.read_bytes() for path in lying(blobs))


def test_the_folder_and_the_key_file_are_closed_to_other_accounts(blobs: Blobs) -> None:
    blobs.put("acme", BytesIO(PLAIN))
    assert stat.S_IMODE(Path(blobs.root).stat().st_mode) == 0o700
    assert stat.S_IMODE(blobs.keys.path.stat().st_mode) == 0o600


def test_another_lenders_blob_does_not_open_even_when_it_is_moved(blobs: Blobs) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    with pytest.raises(BlobDamaged, match="missing"):
        blobs.read_bytes("borealis", blob.sha256)
    (path,) = lying(blobs)
    moved = Path(str(path).replace("/acme/", "/borealis/"))
    moved.parent.mkdir(parents=True)
    path.rename(moved)
    with pytest.raises(BlobDamaged, match=f"{blob.sha256} of lender borealis"):
        blobs.read_bytes("borealis", blob.sha256)


@pytest.mark.parametrize("where", [0, 3, 10, 30, 52, 60, CHUNK_BYTES, CHUNK_BYTES + 100, -1])
def test_any_changed_byte_is_found_and_the_blob_named(blobs: Blobs, where: int) -> None:
    blob = blobs.put("acme", BytesIO(os.urandom(2 * CHUNK_BYTES)))
    (path,) = lying(blobs)
    changed = bytearray(path.read_bytes())
    changed[where] ^= 1
    path.write_bytes(changed)
    with pytest.raises((BlobDamaged, SetupError), match=blob.sha256):
        blobs.read_bytes("acme", blob.sha256)


@pytest.mark.parametrize("length", [0, 3, 40, 52, 60, 52 + CHUNK_BYTES + 16, 52 + 2 * (CHUNK_BYTES + 16) - 1])
def test_a_blob_that_was_cut_short_is_found(blobs: Blobs, length: int) -> None:
    blob = blobs.put("acme", BytesIO(os.urandom(2 * CHUNK_BYTES)))
    (path,) = lying(blobs)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(BlobDamaged, match=blob.sha256):
        blobs.read_bytes("acme", blob.sha256)


def test_exchanged_chunks_are_found(blobs: Blobs) -> None:
    blob = blobs.put("acme", BytesIO(os.urandom(3 * CHUNK_BYTES)))
    (path,) = lying(blobs)
    data, size = path.read_bytes(), CHUNK_BYTES + 16
    path.write_bytes(data[:52] + data[52 + size : 52 + 2 * size] + data[52 : 52 + size] + data[52 + 2 * size :])
    with pytest.raises(BlobDamaged):
        blobs.read_bytes("acme", blob.sha256)


def test_a_sound_blob_under_a_wrong_name_is_found(blobs: Blobs) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    (path,) = lying(blobs)
    wrong = blob.sha256[:2] + "0" * 62
    path.rename(path.with_name(wrong))
    with pytest.raises(BlobDamaged, match=f"{wrong}.*other bytes"):
        blobs.read_bytes("acme", wrong)


def test_a_damaged_blob_is_healed_by_the_same_upload(blobs: Blobs) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    (path,) = lying(blobs)
    path.write_bytes(b"")
    blobs.put("acme", BytesIO(PLAIN))
    assert blobs.read_bytes("acme", blob.sha256) == PLAIN


def test_an_upload_that_is_cut_leaves_nothing(blobs: Blobs) -> None:
    with pytest.raises(SetupError, match="the upload was cut"):
        blobs.put("acme", Cut())
    assert lying(blobs) == []


def test_a_full_disk_says_so_and_leaves_what_was_stored(blobs: Blobs) -> None:
    kept = blobs.put("acme", BytesIO(PLAIN))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(SetupError, match=r"the disk is full.*Make room"):
            blobs.put("acme", BytesIO(os.urandom(1_000_000)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(blobs.names()) == [("acme", kept.sha256)]
    assert len(lying(blobs)) == 1
    assert blobs.read_bytes("acme", kept.sha256) == PLAIN


def test_a_place_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    blobs = open_blobs(Settings(data_dir=tmp_path, blobs_url=str(tmp_path / "file" / "blobs")))
    with pytest.raises(SetupError, match="LOANLENS_BLOBS_URL"):
        blobs.put("acme", BytesIO(PLAIN))


def test_a_scheme_that_is_not_installed_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="LOANLENS_BLOBS_URL"):
        open_blobs(Settings(data_dir=tmp_path, blobs_url="nowhere://bucket"))


def test_object_storage_by_url_serves_as_well_as_a_folder(tmp_path: Path) -> None:
    blobs = open_blobs(Settings(data_dir=tmp_path, blobs_url=f"memory://{tmp_path.name}/blobs"))
    blob = blobs.put("acme", BytesIO(PLAIN))
    assert blobs.put("acme", BytesIO(PLAIN)) == blob
    assert blobs.read_bytes("acme", blob.sha256) == PLAIN
    assert list(blobs.names()) == [("acme", blob.sha256)]
    assert blobs.remove("acme", blob.sha256)
    assert not blobs.remove("acme", blob.sha256)
    assert list(blobs.names()) == []


@pytest.mark.parametrize("lender", ["", "..", "a/b", "-x", "x" * 64, "a b"])
def test_a_lender_that_is_no_folder_name_is_refused(blobs: Blobs, lender: str) -> None:
    with pytest.raises(UsageError):
        blobs.put(lender, BytesIO(PLAIN))


@pytest.mark.parametrize("name", ["", "..", "../../keys.json", "A" * 64, "0" * 63])
def test_a_name_that_is_no_sha256_is_refused(blobs: Blobs, name: str) -> None:
    with pytest.raises(UsageError):
        blobs.read_bytes("acme", name)


def test_a_copy_appears_only_when_it_is_verified(blobs: Blobs, tmp_path: Path) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    blobs.copy_to("acme", blob.sha256, tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes() == PLAIN
    (path,) = lying(blobs)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(BlobDamaged):
        blobs.copy_to("acme", blob.sha256, tmp_path / "bad.pdf")
    assert not (tmp_path / "bad.pdf").exists()


def test_what_a_killed_program_left_is_swept_when_it_is_old(blobs: Blobs) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    (Path(blobs.root) / "acme" / "incoming" / "left").touch()
    assert blobs.sweep(datetime.now(UTC) - timedelta(days=1)) == 0
    assert blobs.sweep(datetime.now(UTC) + timedelta(days=1)) == 1
    assert list(blobs.names()) == [("acme", blob.sha256)]


def test_a_lost_key_file_is_told_and_never_made_anew(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put("acme", BytesIO(PLAIN))
    blobs.keys.path.unlink()
    with pytest.raises(SetupError, match="put it back"):
        open_blobs(Settings(data_dir=tmp_path))
    assert not blobs.keys.exists()


def test_a_wrong_key_file_names_the_blob_and_the_key(blobs: Blobs, tmp_path: Path) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    wanted = blobs.keys.ring().current.id
    other = KeyFile(tmp_path / "other.json")
    other.make()
    with pytest.raises(SetupError, match=f"{blob.sha256}.*{wanted}.*LOANLENS_KEY_FILE"):
        open_blobs(Settings(data_dir=tmp_path, key_file=str(other.path))).read_bytes("acme", blob.sha256)


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"keys": [], "rotating": false}', '{"keys": [{"id": "x", "key": "AAAA"}], "rotating": false}']
)
def test_a_damaged_key_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.json"
    path.touch(0o600)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SetupError, match="damaged"):
        KeyFile(path).ring()


def test_a_changed_key_is_told_by_its_id(blobs: Blobs) -> None:
    content = json.loads(blobs.keys.path.read_text(encoding="utf-8"))
    key = content["keys"][0]["key"]
    content["keys"][0]["key"] = ("A" if key[0] != "A" else "B") + key[1:]
    blobs.keys.path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(SetupError, match="damaged"):
        KeyFile(blobs.keys.path).ring()


def test_a_key_file_open_to_others_is_refused(blobs: Blobs) -> None:
    blobs.keys.path.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        KeyFile(blobs.keys.path).ring()


def test_keys_are_not_shown(blobs: Blobs) -> None:
    key = blobs.keys.ring().current
    assert key.secret.hex() not in repr(blobs.keys.ring())
    assert str(key.secret) not in repr(key)


def test_after_a_rotation_old_and_new_blobs_open_in_a_running_program(blobs: Blobs, tmp_path: Path) -> None:
    old = blobs.put("acme", BytesIO(PLAIN))
    KeyFile(blobs.keys.path).add()
    new = blobs.put("acme", BytesIO(b"new"))
    ring = blobs.keys.ring()
    assert blobs.key_of("acme", old.sha256) == ring.keys[0].id
    assert blobs.key_of("acme", new.sha256) == ring.current.id
    elsewhere = open_blobs(Settings(data_dir=tmp_path))
    assert elsewhere.read_bytes("acme", old.sha256) == PLAIN
    elsewhere.reseal("acme", old.sha256)
    assert blobs.key_of("acme", old.sha256) == ring.current.id
    assert blobs.read_bytes("acme", old.sha256) == PLAIN
    assert len(lying(blobs)) == 2


def test_a_damaged_blob_is_not_sealed_anew(blobs: Blobs) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    (path,) = lying(blobs)
    damaged = path.read_bytes()[:-1]
    path.write_bytes(damaged)
    with pytest.raises(BlobDamaged):
        blobs.reseal("acme", blob.sha256)
    assert path.read_bytes() == damaged
    assert lying(blobs) == [path]


def test_a_sealed_blob_moves_to_another_store_with_the_same_keys(blobs: Blobs, tmp_path: Path) -> None:
    blob = blobs.put("acme", BytesIO(PLAIN))
    sealed = b"".join(blobs.sealed("acme", blob.sha256))
    files, root = url_to_fs(str(tmp_path / "other"))
    other = Blobs(files, root, blobs.keys)
    with pytest.raises(BlobDamaged):
        other.adopt("acme", blob.sha256, BytesIO(sealed[:-1]))
    assert list(other.names()) == []
    other.adopt("acme", blob.sha256, BytesIO(sealed))
    assert other.read_bytes("acme", blob.sha256) == PLAIN


def test_a_stream_that_gives_a_byte_at_a_time_opens(blobs: Blobs) -> None:
    key = blobs.keys.ring()
    plain = os.urandom(CHUNK_BYTES + 7)
    sealed = BytesIO(b"".join(seal(BytesIO(plain).read, key.current, "acme")))
    assert b"".join(unseal(lambda size: sealed.read(min(size, 1000)), key, "acme", "it")) == plain
