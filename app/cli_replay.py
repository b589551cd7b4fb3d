"""The command that makes recorded assessments again and says what differs."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.cli_operator import Lender, open_store, operator_of, progress_bar
from app.errors import UsageError
from app.settings import settings

if TYPE_CHECKING:
    from app.reading.reader import Reader
    from app.replay import Record, Replay

replay_app = typer.Typer(no_args_is_help=True)


@replay_app.command("replay")
def replay_command(
    what: Annotated[str, typer.Argument(help="A file that `loanlens assess --json` wrote, or the id of an assessment of the store.")],
    documents: Annotated[
        Path | None, typer.Option(exists=True, help="Folder or ZIP with the files that were assessed, whatever they are called there.")
    ] = None,
    lender: Lender = None,
) -> None:
    """Make recorded assessments again: byte for byte the same, or what differs and why.

    Exit status 0 when every replay is identical, 1 when any differs or lacks a file.
    """
    from app.reading.reader import Reader

    path = Path(what)
    if not path.is_file() and not what.isdecimal():
        raise UsageError(f"There is no file {what}. Name one that loanlens assess --json wrote, or the id of an assessment.")
    with Reader(settings(), compare=True) as reader:
        done = _of_file(path, documents, reader) if path.is_file() else [_of_store(int(what), lender, reader)]
    out = Console(highlight=False, markup=False, soft_wrap=True)
    for each in done:
        for line in _lines(each):
            out.print(line)
    same = sum(each.identical for each in done)
    out.print(f"{same} of {len(done)} replays identical")
    raise typer.Exit(0 if same == len(done) else 1)


def _of_file(path: Path, documents: Path | None, reader: "Reader") -> "list[Replay]":
    from app.assess import load_models
    from app.reading.package import expand
    from app.replay import Sources, records_of, replay

    records = records_of(path.read_text(encoding="utf-8"), path.name)
    rules = any(version["name"] == "matching" for record in records for version in record.content["versions"])
    models, done = load_models(settings(), rules), []
    with tempfile.TemporaryDirectory(prefix="loanlens-") as folder, progress_bar("replays") as progress:
        sources = Sources.of(expand([documents] if documents else _beside(path, records), settings(), Path(folder)))
        for number, record in enumerate(records):
            progress(number, len(records))
            done.append(replay(record, sources, reader, models))
    return done


def _of_store(id: int, lender: str | None, reader: "Reader") -> "Replay":
    from app.assess import load_models
    from app.blobs.storage import open_blobs
    from app.model_versions import that_made
    from app.replay import replay_stored

    who = operator_of(lender)
    with open_store() as database, database.begin() as connection:
        models = load_models(that_made(connection, who.lender_id, settings(), id))
        return replay_stored(connection, open_blobs(settings()), who, id, (reader, models))


def _beside(path: Path, records: "Sequence[Record]") -> list[Path]:
    """Return where the files may lie that nobody gave a folder for: under the names they had, from here or from beside the record."""
    names = [name for record in records for name in record.pairs("files")]
    places = [folder / name for name in names for folder in (Path(), path.parent)]
    files = (next((p for p in (place, *place.parents) if p.is_file()), None) for place in places)
    return list(dict.fromkeys(file for file in files if file is not None))


def _lines(done: "Replay") -> list[str]:
    if done.identical:
        return [f"{done.name}: identical"]
    if done.missing:
        return [f"{done.name}: not replayed", *(f"  {line}" for line in done.missing)]
    same = "the same outcome, made by something else" if done.made_otherwise else "the same outcome, written otherwise"
    said = "another outcome" if done.differences else same
    what = [*(f"  made by: {line}" for line in done.made_otherwise), *(f"  outcome: {line}" for line in done.differences)]
    if done.differences and not done.made_otherwise:
        what.append("  All that it was made by is as recorded: the machine or the time that reading a page took may differ.")
    return [f"{done.name}: {said}", *what]
