"""The shipped weights through the whole walk: every sample in the clone, against what its pages say."""

import json
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.assess import Models, Reading, spread_documents
from app.domain import DocumentKind, Origin, PageStatus
from app.reading.package import expand
from app.reading.reader import Reader
from app.settings import settings
from models import extractor, page_kind

FOLDER = Path(__file__).parent.parent / "data_samples" / "statements"
_PICTURES = (".png", ".jpg", ".tif")


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Reading]]:
    models = Models(extractor.load(settings().extractor_dir), page_kind.load(settings().page_kind_dir))
    with Reader(settings()) as reader:
        sources = expand(sorted(p for p in FOLDER.iterdir() if p.is_dir()), settings(), tmp_path_factory.mktemp("unpacked"))
        yield {source.name: spread_documents([reader.read_document(source.name, source.path)], models) for source in sources}


@cache
def expected() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))["documents"]
    return found


def is_scan(document: dict[str, Any], reading: Reading) -> bool:
    return document["file"].endswith(_PICTURES) or any(p.method == "ocr" for p in reading.pages)


def score(readings: dict[str, Reading], *, scans: bool) -> Counter[str]:
    counts = Counter[str]()
    for document in expected():
        reading = readings[document["file"]]
        if is_scan(document, reading) is not scans:
            continue
        statement = next((s for s in reading.spread.statements if s.kind == document["kind"]), None)
        for fact in document["facts"]:
            item = statement.item(fact["concept"], fact["period"]) if statement else None
            counts["missing" if item is None else "right" if item.value == Decimal(fact["value"]) else "wrong"] += 1
    return counts


def test_digital_samples_are_read_right(readings: dict[str, Reading]) -> None:
    counts = score(readings, scans=False)
    assert counts["right"] / counts.total() >= 0.95, counts
    assert counts["wrong"] / counts.total() <= 0.02, counts


def test_scanned_samples_are_read_right(readings: dict[str, Reading]) -> None:
    counts = score(readings, scans=True)
    assert counts["right"] / counts.total() >= 0.8, counts


def test_every_page_of_every_sample_is_read(readings: dict[str, Reading]) -> None:
    assert {page.status for reading in readings.values() for page in reading.pages} == {PageStatus.READ}


def test_every_statement_of_every_sample_is_found(readings: dict[str, Reading]) -> None:
    wanted = {(d["file"], d["kind"]) for d in expected()}
    found = {(name, str(d.kind)) for name, reading in readings.items() for d in reading.documents if d.kind is not DocumentKind.OTHER}
    assert wanted <= found


def test_every_figure_read_has_a_place_on_a_page(readings: dict[str, Reading]) -> None:
    for reading in readings.values():
        for statement in reading.spread.statements:
            for item in statement.items:
                if item.origin is Origin.DERIVED:
                    assert item.formula, "a figure that follows from others names them"
                    continue
                assert item.box is not None
                assert 0 <= item.box.x0 < item.box.x1 <= 1
                assert 0 <= item.box.top < item.box.bottom <= 1
