"""The audit trail: one chain of entries per lender, each sealed with a hash over itself and the one before.

An entry is added in the transaction of its act, as its last step (until the commit nobody else can add to this lender's trail).
A database trigger refuses changes; whoever gets around it is found by `verify`, which never changes anything.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from app.access.roles import Act, allow
from app.domain import AuditEntry, AuditHead, User
from app.errors import UsageError
from app.store import trail

_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying a lender's trail found: how many entries, the head, and each fault in words."""

    entries: int
    head: AuditHead
    faults: tuple[str, ...]


def record(connection: Connection, user: User, action: Act | str, subject: str, detail: Mapping[str, object] | None = None) -> AuditEntry:
    """Add what `user` does to the trail, in the transaction that does it, and return the entry.

    `subject` is what it is done to, as "application 17". `detail` holds texts, whole numbers and truth values; other values
    (amounts, dates) are written as text. Reads of applications are acts too.
    """
    (entry,) = record_all(connection, user, action, {subject: detail or {}})
    return entry


def record_all(connection: Connection, user: User, action: Act | str, done: Mapping[str, Mapping[str, object]]) -> list[AuditEntry]:
    """Add one entry for each subject that `user` does the same to, with its detail, as one step."""
    head, entries = trail.lock_head(connection, user.lender_id), list[AuditEntry]()
    for subject, detail in done.items():
        entries.append(_next(head, user, str(action), subject, detail))
        head = AuditHead(user.lender_id, entries[-1].number, entries[-1].hash)
    trail.add_entries(connection, entries)
    return entries


def _next(head: AuditHead, user: User, action: str, subject: str, detail: Mapping[str, object]) -> AuditEntry:
    said: dict[str, object] = {_clean(key): _plain(value) for key, value in detail.items()}
    who, what = _clean(user.id), _clean(action)
    return _sealed(AuditEntry(user.lender_id, head.number + 1, datetime.now(UTC), who, what, _clean(subject), said, head.hash, b""))


def history(connection: Connection, user: User, lender_id: str, subject: str, limit: int = 200) -> list[AuditEntry]:
    """Return the newest entries about a subject, newest first."""
    allow(user, Act.READ_AUDIT, lender_id)
    return trail.entries_about(connection, lender_id, subject, limit)


def verify(connection: Connection, user: User, lender_id: str, kept: AuditHead | None = None) -> Verdict:
    """Go through the whole trail and say what was edited, deleted, inserted, reordered or cut off.

    `kept` is a head that was exported earlier: with it even a trail whose every hash was made anew is found.
    """
    allow(user, Act.READ_AUDIT, lender_id)
    walk = _Walk(lender_id, kept)
    walk.follow(trail.each_entry(connection, lender_id))
    noted = trail.head(connection, lender_id)
    while noted.number > walk.last.number and walk.follow(trail.each_entry(connection, lender_id, walk.last.number)):
        noted = trail.head(connection, lender_id)  # others added entries while we read
    return Verdict(walk.count, walk.last, tuple(walk.all_faults(noted)[:_MOST_FAULTS]))


def export_head(connection: Connection, user: User, lender_id: str) -> AuditHead:
    """Return the newest entry's number and hash, to be kept where the database's administrator cannot change it."""
    allow(user, Act.READ_AUDIT, lender_id)
    return trail.head(connection, lender_id)


def write_head(head: AuditHead, path: Path) -> None:
    """Write an exported head to a file."""
    try:
        path.write_text(json.dumps({"lender_id": head.lender_id, "number": head.number, "hash": head.hash.hex()}) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} could not be written: {error.strerror}. Name another file, or make room.") from error


def read_head(path: Path) -> AuditHead:
    """Read an exported head from its file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return AuditHead(str(content["lender_id"]), int(content["number"]), bytes.fromhex(content["hash"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} holds no exported head of an audit trail.") from error


class _Walk:
    """A trail gone through from its first entry: how many so far, the last one as it should be, and what is wrong."""

    def __init__(self, lender_id: str, kept: AuditHead | None) -> None:
        self.last, self.count, self.faults = AuditHead(lender_id, 0, trail.ORIGIN), 0, list[str]()
        self._kept, self._met = kept, kept is None or kept.number == 0

    def follow(self, entries: Iterator[AuditEntry]) -> bool:
        """Go on through `entries`; say whether there were any."""
        before = self.count
        for entry in entries:
            self.count += 1
            self.faults += _faults(entry, self.last)
            self.last = AuditHead(self.last.lender_id, entry.number, _digest(entry))
            if self._kept and entry.number == self._kept.number:
                self._met = True
                if entry.hash != self._kept.hash:
                    self.faults.append(f"entry {entry.number} is not the one that was exported: it or one before was changed")
        return self.count > before

    def all_faults(self, noted: AuditHead) -> list[str]:
        """Return what is wrong, the end of the trail included."""
        found, last, kept = list(self.faults), self.last, self._kept
        if (noted.number, noted.hash) != (last.number, last.hash):
            found.append(f"the trail ends at entry {last.number}, its noted head is entry {noted.number}: entries were cut off or added")
        if kept and not self._met:
            found.append(f"the exported entry {kept.number} is gone: the trail was cut off")
        if kept and kept.lender_id != last.lender_id:
            found.append(f"the exported head is of lender {kept.lender_id}")
        return found


def _faults(entry: AuditEntry, last: AuditHead) -> list[str]:
    found = []
    if entry.number != last.number + 1:
        found.append(f"entry {entry.number} follows entry {last.number}: entries were deleted, inserted or renumbered")
    if entry.previous != last.hash:
        found.append(f"entry {entry.number} does not continue the entry before it")
    if entry.hash != _digest(entry):
        found.append(f"entry {entry.number} was changed")
    return found


def _sealed(entry: AuditEntry) -> AuditEntry:
    parts = (entry.lender_id, entry.number, entry.at, entry.actor, entry.action, entry.subject, entry.detail, entry.previous)
    return AuditEntry(*parts, _digest(entry))


def _digest(entry: AuditEntry) -> bytes:
    """Return the hash of an entry's canonical bytes: JSON with sorted keys, no spaces, ASCII only, times in UTC to the microsecond."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    parts = [entry.lender_id, entry.number, at, entry.actor, entry.action, entry.subject, entry.detail, entry.previous.hex()]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")).digest()


def _plain(value: object) -> object:
    """Return a value as the database gives it back: no fractions (their text is not canonical), no sign it refuses."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return {_clean(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return _clean(str(value))


def _clean(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
