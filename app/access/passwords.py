"""Passwords: which ones are accepted, and their argon2id hashes."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import UsageError

_SHORTEST, _LONGEST = 12, 256
_FEWEST_LETTERS = 5
_ARGON2 = PasswordHasher()  # the library's defaults follow RFC 9106; a hash says what it was made with
_NOBODYS = _ARGON2.hash("nobody's password")


def check(password: str, login: str) -> None:
    """Return if the password may be used; else raise UsageError with what is wrong."""
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise UsageError(f"A password has {_SHORTEST} to {_LONGEST} characters; a few words in a row are easy to keep in mind.")
    if login.lower() in password.lower() or len(set(password)) < _FEWEST_LETTERS:
        raise UsageError("This password is too easy to guess: use other words than the login, and more than a few different letters.")


def hashed(password: str) -> str:
    """Return the hash that is kept of a password."""
    return _ARGON2.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Say whether the password is the one whose hash was kept; it takes as long where there is none."""
    try:
        _ARGON2.verify(kept or _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_outdated(kept: str) -> bool:
    """Say whether a hash was made with weaker parameters than today's."""
    return _ARGON2.check_needs_rehash(kept)
