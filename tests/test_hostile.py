"""A few of the broken and hostile files, read in the default run; `make hostile` sends all of them through the whole service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.assess import load_models
from app.reading.reader import Reader
from app.settings import Settings
from tests.hostile import Bench, ReadingBench
from tests.hostile_files import HostileFile, hostile_files

#: One or two of each kind; those that take seconds are left to `make hostile`.
QUICK = (
    *("empty", "noise in PDF clothes", "PDF cut at 50.0%, end mended", "JPEG cut at 30%", "PDF damaged, 3", "archive damaged, 1"),
    *("page tree in a ring of two", "10,000 pages", "table of objects in a ring", "arrays 100,000 deep", "length refers to itself"),
    *("page size huge", "page size no number", "page size 300 digits", "page units of a mile"),
    *("numbers of 300 digits", "place of no number", "form that draws itself", "words of zeros and controls", "font that is null"),
    *("letters mapped to half characters", "PDF that starts a program", "PDF with a password", "PDF and archive at once"),
    *("png with a text that unpacks to 500 MB", "tif of 10,000 pages", "tif with a directory that follows itself"),
    *("archive in 12 archives", "archive with odd names", "archive with a link", "name with a zero", "name of half characters"),
)
FILES = {file.title: file for file in hostile_files()}


@pytest.fixture(scope="module")
def bench() -> Iterator[ReadingBench]:
    with Reader(Settings()) as reader:
        yield ReadingBench(Settings(), reader)


@pytest.mark.parametrize("title", QUICK)
def test_a_hostile_file_is_read_or_set_aside_with_a_message_and_harms_nobody(bench: ReadingBench, title: str) -> None:
    outcome = bench.outcome(FILES[title])
    assert outcome.pages, outcome
    assert outcome.is_clear, outcome


def test_a_worker_reads_or_sets_aside_what_is_hostile_and_assesses_what_comes_next(database: Engine, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with Reader(settings) as reader:
        service = Bench(settings, database, reader, load_models(settings, rules=True))
        for title in ("noise in PDF clothes", "archive with odd names"):
            outcome = service.outcome(FILES[title])
            assert outcome.is_clear, outcome


def test_there_are_many_kinds_and_none_twice() -> None:
    files = hostile_files()
    assert len(files) >= 150
    assert len({file.title for file in files}) == len(files)


def test_a_hostile_file_has_the_same_bytes_every_time() -> None:
    again: dict[str, HostileFile] = {file.title: file for file in hostile_files()}
    for title in ("noise", "PDF damaged, 0", "TIFF damaged, 2", "archive of no files"):
        assert again[title].content() == FILES[title].content()
