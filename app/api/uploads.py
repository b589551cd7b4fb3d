"""Files of a request: streamed to disk once the caller is known, hashed and sealed as they are stored, archives unpacked within limits."""

import shutil
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from app.access.roles import Act, allow
from app.api.callers import Call, Caller
from app.api.shapes import MOST_FILES
from app.blobs.storage import Blob, Source
from app.errors import UsageError
from app.intake import store_ahead
from app.reading.package import expand
from app.scratch import scratch_folder
from app.settings import Settings

_MOST_FIELD_BYTES = 10_000
_MOST_FIELDS = 10
_LONGEST_NAME = 255
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")

F = TypeVar("F", bound=BaseModel)
S = TypeVar("S", Source, Blob)
#: (name, the file as it is stored, why it is not to be read or None)
Sent = tuple[str, Blob, str | None]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of fields and files by a caller."""

    call: Call
    fields: Mapping[str, str]
    files: tuple[UploadFile, ...]


async def _form(request: Request, call: Caller) -> AsyncIterator[Form]:
    """Yield the form of a request. The caller is known by now: nobody else's files are taken."""
    allow(call.user, Act.SUBMIT_APPLICATION, call.user.lender_id)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(415, "Send a form with files: multipart/form-data, each file in a part called `files`.")
    async with request.form(max_files=MOST_FILES, max_fields=_MOST_FIELDS, max_part_size=_MOST_FIELD_BYTES) as form:
        files, fields = [], dict[str, str]()
        for name, value in form.multi_items():
            if isinstance(value, UploadFile) and name == "files":
                files.append(value)
            elif isinstance(value, str) and name != "files" and name not in fields:
                fields[name] = value
            else:
                raise UsageError(
                    "A form has files in parts called `files`, each with a file name, and every other field once, without one."
                )
        _check(call, files)
        yield Form(call, fields, tuple(files))


FormSent = Annotated[Form, Depends(_form)]


def form_schema(fields: type[BaseModel] | None, what: str, most_files: int = MOST_FILES) -> dict[str, Any]:
    """Return how the schema describes a form with files."""
    part = {"type": "string", "contentMediaType": "application/octet-stream", "format": "binary"}
    files: dict[str, Any] = {"type": "array", "items": part, "minItems": 1, "maxItems": most_files, "description": what}
    described = fields.model_json_schema() if fields else {"properties": {}, "required": []}
    properties = {name: {**_plain(each)} for name, each in described["properties"].items()}
    schema = {
        "type": "object",
        "properties": {**properties, "files": files},
        "required": [*described.get("required", []), "files"],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def _plain(field: Mapping[str, Any]) -> dict[str, Any]:
    """Return a field without null: a form leaves out what there is not."""
    kinds = [each for each in field.get("anyOf", ()) if each.get("type") != "null"]
    return {**{key: value for key, value in field.items() if key not in ("anyOf", "default", "title")}, **(kinds[0] if kinds else {})}


def _check(call: Call, files: list[UploadFile]) -> None:
    if not files:
        raise UsageError("The form holds no file: send each in a part called `files`.")
    most = call.place.settings.max_file_bytes
    for each in files:
        if (each.size or 0) > most and not (each.filename or "").lower().endswith(".zip"):
            raise HTTPException(413, f"A file may have {most:,} bytes at most (LOANLENS_MAX_FILE_BYTES): send it in parts.")


def store(form: Form, lasting: bool = False) -> tuple[Sent, ...]:
    """Store the files of a form, those of archives each by itself, and return them in order; `lasting` where nothing follows."""
    with ExitStack() as opened:
        found: list[tuple[str, Source, str | None]] = []
        for upload in form.files:
            found += opened.enter_context(_opened(upload, form.call.place.settings))
        sources, place = [source for _, source, _ in found], form.call.place
        blobs = store_ahead(place.database, place.blobs, form.call.user, sources, lasting)
    return tuple((name, blob, reason) for (name, _, reason), blob in zip(by_different_names(found), blobs, strict=True))


@contextmanager
def _opened(upload: UploadFile, settings: Settings) -> Iterator[list[tuple[str, Source, str | None]]]:
    """Yield the file, or the files of an archive, by name."""
    name, head = name_of(upload), upload.file.read(4)
    upload.file.seek(0)
    if head not in _ZIP:
        yield [(name, upload.file, None)]
        return
    with scratch_folder() as folder, ExitStack() as stack:
        archive = folder / "archive"
        with archive.open("wb") as out:
            shutil.copyfileobj(upload.file, out)
        found = expand([archive], settings, folder / "unpacked")
        yield [(name + each.name.removeprefix(archive.name), stack.enter_context(each.path.open("rb")), each.reason) for each in found]


def name_of(upload: UploadFile) -> str:
    """Return what an upload is called: a name to show, never a path."""
    last = (upload.filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c if c.isprintable() else "?" for c in last)[:_LONGEST_NAME] or "file"


def by_different_names(found: Sequence[tuple[str, S, str | None]]) -> list[tuple[str, S, str | None]]:
    """Return files of an application so that no two are called alike: a second one is "name (2)"."""
    taken, named = set[str](), list[tuple[str, S, str | None]]()
    for name, source, reason in found:
        number, called = 1, name
        while called in taken:
            number += 1
            called = f"{name} ({number})"
        taken.add(called)
        named.append((called, source, reason))
    return named


def fields_of(form: Form, kind: type[F]) -> F:
    """Return the fields of a form. Raise what a body that does not fit raises."""
    try:
        return kind.model_validate(dict(form.fields))
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None
