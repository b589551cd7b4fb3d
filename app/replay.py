"""An assessment made again from what it recorded: byte for byte the same, or the difference explained.

The walk is the same one. The clock has no say in it: where the reasoner ran out of time then, it gives no answer now either.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from app import audit
from app.access.roles import Act, allow
from app.assess import Models, assess
from app.blobs.storage import Blobs
from app.domain import Assessment, FactLine, ModelVersion, Provenance, Rationale, User
from app.errors import BlobDamaged, ReasonerFailed, UsageError
from app.intake import Reads
from app.reading.package import SourceFile
from app.reading.reader import quarantined, sha256_of
from app.reasoning import too_long
from app.report.json import package_object
from app.scratch import scratch_folder
from app.store import assessments
from app.store.content import write_assessment

_SHOWN = 12  # differences that are told one by one
_DIGITS = 12  # of a hash, enough to tell two apart
_NEVER = float("inf")
_CHANGED_WITH = ("made_from", "versions")  # told as what it was made by, not as outcome


@dataclass(frozen=True, slots=True)
class Record:
    """An assessment as recorded: `text`, what it holds, and how such text is written of an assessment."""

    text: str
    content: Mapping[str, Any]
    write: Callable[[Assessment], str]

    @property
    def name(self) -> str:
        """Return the application's id."""
        return str(self.content["package_id"])

    def pairs(self, part: str) -> dict[str, str]:
        """Return one part of what the assessment was made from, by name."""
        return dict(self.content["made_from"][part])

    def reason(self, file: str) -> str:
        """Return why `file` was not opened."""
        return next((str(page["reason"]) for page in self.content["pages"] if page["file"] == file), "It was not read.")


@dataclass(frozen=True, slots=True)
class Sources:
    """The files at hand: by the SHA-256 of their bytes, and by name, folders left out, where only one has that name."""

    by_hash: Mapping[str, Path]
    by_name: Mapping[str, Path]

    @staticmethod
    def of(files: Sequence[SourceFile]) -> "Sources":
        """Return `files` by hash and name."""
        names = [Path(file.name).name for file in files]
        alone = {name: file.path for name, file in zip(names, files, strict=True) if names.count(name) == 1}
        return Sources({sha256_of(file.path): file.path for file in files}, alone)


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of making an assessment again. `made_otherwise` says what it is made by now that differs from then.

    `differences` are places where the outcome is another one. Where files are `missing` nothing was made.
    """

    name: str
    identical: bool
    made_otherwise: tuple[str, ...] = ()
    differences: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def records_of(text: str, where: str) -> tuple[Record, ...]:
    """Return the assessments that `loanlens assess --json` wrote into a file, one a line. Raises UsageError for any other text."""
    return tuple(_record(line, _as_json_line, where) for line in text.splitlines() if line.strip())


def replay_stored(connection: Connection, blobs: Blobs, user: User, assessment_id: int, tools: tuple[Reads, Models]) -> Replay:
    """Make an assessment of the store again from the files stored with it. The audit trail says who did."""
    lender_id = user.lender_id
    allow(user, Act.READ_APPLICATION, lender_id)
    stored = assessments.assessment(connection, lender_id, assessment_id)
    if stored is None or stored.content_sha256 is None:
        raise UsageError(f"There is no assessment {assessment_id}, or it was removed at the end of its retention.")
    audit.record(connection, user, Act.READ_APPLICATION, f"application {stored.application_id}", {"replayed": assessment_id})
    text = blobs.read_bytes(lender_id, stored.content_sha256.hex()).decode()
    record = _record(text, _as_stored, f"assessment {assessment_id}")
    with scratch_folder() as folder:
        by_hash: dict[str, Path] = {}
        for number, sha256 in enumerate(filter(None, record.pairs("files").values())):
            try:
                blobs.copy_to(lender_id, sha256, folder / str(number))
            except BlobDamaged:
                continue  # told as missing
            by_hash[sha256] = folder / str(number)
        return replay(record, Sources(by_hash, {}), *tools)


def replay(record: Record, sources: Sources, reader: Reads, models: Models) -> Replay:
    """Make an assessment again from files at hand, and say what differs."""
    files, changed, missing = _files(record, sources)
    if missing:
        return Replay(record.name, False, missing=missing)
    documents = [reader.read_document(name, path) if path else quarantined(name, record.reason(name)) for name, path in files.items()]
    made = assess(record.name, documents, _timeless(record, models), date.fromisoformat(record.content["as_of"]))
    text = record.write(made)
    now = _record(text, record.write, record.name)
    otherwise = (*changed, *_made_otherwise(record, now))
    told = list(_differences("", record.content, now.content))
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return Replay(record.name, text == record.text, otherwise, (*told[:_SHOWN], *more))


def _as_stored(made: Assessment) -> str:
    return write_assessment(made).decode()


def _as_json_line(made: Assessment) -> str:
    return json.dumps(package_object(made))


def _record(text: str, write: Callable[[Assessment], str], where: str) -> Record:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{where} holds no JSON: name a file that loanlens assess --json wrote.") from error
    parts = content.get("made_from") if isinstance(content, dict) else None
    if not isinstance(parts, dict) or not {field.name for field in fields(Provenance)} <= parts.keys():
        raise UsageError(f"{where} does not say what it was made from: only what loanlens assess --json or the store recorded is replayed.")
    return Record(text, content, write)


# -- the same conditions -----------------------------------------------------------------------------------------------


def _files(record: Record, sources: Sources) -> tuple[dict[str, Path | None], tuple[str, ...], tuple[str, ...]]:
    """Return the path of each file (None: it was not opened then either), what is told of changed ones, and of missing ones."""
    found: dict[str, Path | None] = {}
    changed, missing = [], []
    for name, sha256 in record.pairs("files").items():
        path = (sources.by_hash.get(sha256) or sources.by_name.get(Path(name).name)) if sha256 else None
        found[name] = path
        if sha256 and path is None:
            missing.append(f"{name} (SHA-256 {_short(sha256)}) is not at hand. Give the folder it lies in: --documents DIR.")
        elif path is not None and sha256 not in sources.by_hash:
            changed.append(f"file {name}: {_short(sha256)} then, {_short(sha256_of(path))} now")
    return found, tuple(changed), tuple(missing)


class _OutOfTime:
    """The reasoner of an assessment for which it took too long."""

    def __init__(self, version: ModelVersion, fault: str) -> None:
        self.version, self._fault = version, fault

    def explain(self, facts: Sequence[FactLine], fault: str = "") -> Rationale:  # noqa: ARG002  every reasoner is asked alike
        """Give no answer."""
        raise ReasonerFailed(self._fault)


def _timeless(record: Record, models: Models) -> Models:
    """Return models of which none is judged by the clock: what ran out of time then does so again, nothing else does."""
    late = too_long(float(record.pairs("settings").get("reasoner_seconds", "0")))
    note = str((record.content.get("rationale") or {}).get("note", ""))
    if models.reasoner is not None and late in note:
        return replace(models, reasoner=_OutOfTime(models.reasoner.version, late))
    return replace(models, reasoner_seconds=_NEVER)


# -- what differs ------------------------------------------------------------------------------------------------------


def _made_otherwise(then: Record, now: Record) -> Iterator[str]:
    """Yield each part that an assessment is made by which differs from the one it was made by."""
    yield from _changes("model", _versions(then), _versions(now))
    for part, what in (("program", "program"), ("settings", "setting"), ("libraries", "library")):
        yield from _changes(what, then.pairs(part), now.pairs(part))


def _versions(record: Record) -> dict[str, str]:
    return {each["name"]: f"{each['version']} {each['sha256'][:_DIGITS]}".strip() for each in record.content["versions"]}


def _changes(what: str, then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys((*then, *now)):
        if then.get(name) != now.get(name):
            yield f"{what} {name}: {_short(then.get(name))} then, {_short(now.get(name))} now"


def _short(value: str | None) -> str:
    """Return a hash by its first digits, anything else as it is."""
    text = value or "none"
    return f"{text[:_DIGITS]}..." if len(text) == 64 and " " not in text else text


def _differences(place: str, then: Any, now: Any) -> Iterator[str]:
    """Yield where two contents differ: the place, what stood there, what stands there now."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in dict.fromkeys((*then, *now)):
            if place or key not in _CHANGED_WITH:
                yield from _differences(f"{place}.{key}".lstrip("."), then.get(key), now.get(key))
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, (one, other) in enumerate(zip(then, now, strict=True), 1):
            yield from _differences(f"{place}[{number}]", one, other)
    elif then != now:
        yield f"{place}: {_told(then)} then, {_told(now)} now"


def _told(value: Any) -> str:
    """Return a value in one short piece of text."""
    text = f"{len(value)} entries" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}..."
