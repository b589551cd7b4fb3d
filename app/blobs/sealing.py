"""The sealed form of a stream: AES-256-GCM in chunks, encrypted and verified as it flows, whatever its length.

Layout: `LLB1`, the key's id, a salt; then chunks, each with its tag. Every stream has a key of its own, derived from the
key file's key, the salt and the lender, so that a nonce (the chunk's number and whether it is the last) never repeats and a
blob moved to another lender, cut short, or with chunks exchanged does not open.
"""

import os
from collections.abc import Callable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.blobs.key_file import ID_LETTERS, Key, KeyRing
from app.errors import BlobDamaged, SetupError

_MAGIC = b"LLB1"
_SALT_BYTES = 32
_TAG_BYTES = 16
CHUNK_BYTES = 1 << 18


def seal(read: Callable[[int], bytes], key: Key, lender_id: str) -> Iterator[bytes]:
    """Yield the sealed form of what `read(size)` gives until it gives nothing."""
    salt = os.urandom(_SALT_BYTES)
    header = _MAGIC + key.id.encode("ascii") + salt
    cipher = _cipher(key, salt, lender_id)
    yield header
    for number, chunk, last in _chunks(read, CHUNK_BYTES):
        yield cipher.encrypt(_nonce(number, last), chunk, header)


def unseal(read: Callable[[int], bytes], ring: KeyRing, lender_id: str, name: str) -> Iterator[bytes]:
    """Yield the plain chunks of a sealed stream that `read` gives. Raise BlobDamaged, with its `name`, where it is not as it was."""
    header = _exactly(read, len(_MAGIC) + ID_LETTERS + _SALT_BYTES)
    key_id = sealed_with(header)
    if key_id is None:
        raise BlobDamaged(f"{name} is damaged at its beginning. Restore it from a backup.")
    key = ring.find(key_id)
    if key is None:
        raise SetupError(
            f"{name} is sealed with key {key_id}, which the key file does not hold (it has {', '.join(k.id for k in ring.keys)})."
            " Set LOANLENS_KEY_FILE to the right one, or put it back from where you keep it."
        )
    cipher = _cipher(key, header[-_SALT_BYTES:], lender_id)
    for number, chunk, last in _chunks(read, CHUNK_BYTES + _TAG_BYTES):
        try:
            yield cipher.decrypt(_nonce(number, last), chunk, header)
        except InvalidTag as error:
            raise BlobDamaged(f"{name} is damaged, cut short, or not this lender's. Restore it from a backup.") from error


def sealed_with(header: bytes) -> str | None:
    """Return the id of the key that a stream beginning with `header` was sealed with; None where it is no sealed stream."""
    if not header.startswith(_MAGIC) or len(header) < len(_MAGIC) + ID_LETTERS:
        return None
    return header[len(_MAGIC) : len(_MAGIC) + ID_LETTERS].decode("ascii", "replace")


def _cipher(key: Key, salt: bytes, lender_id: str) -> AESGCM:
    info = b"loanlens blob\0" + lender_id.encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(key.secret))


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _chunks(read: Callable[[int], bytes], size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Yield (number, chunk, whether it is the last): at least one chunk, each of `size` bytes but the last."""
    number, chunk = 0, _exactly(read, size)
    while True:
        following = _exactly(read, size) if len(chunk) == size else b""
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    """Return `size` bytes, or fewer where the stream ends: pipes and network streams give what they have."""
    parts, missing = list[bytes](), size
    while missing and (part := read(missing)):
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
