"""The samples in the clone: enough of each sort, small, and `expected.json` says what their pages say."""

import json
import random
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pdfplumber
import pytest
from PIL import Image

from app.domain import DocumentKind
from rules.accounts import ACCOUNT
from training.corpus import designs, samples
from training.corpus.degrade import ScanStyle
from training.corpus.samples import Sample, SampleFile

FOLDER = Path(__file__).parent.parent / "data_samples" / "statements"
_LIMIT = 6_000_000  # bytes; a clone is fetched by every newcomer


@cache
def documents() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))["documents"]
    return found


@cache
def pages_of(file: str) -> tuple[str, ...]:
    """Return the text of each page of a PDF, words parted by single spaces; "" for a scanned page."""
    with pdfplumber.open(FOLDER / file) as pdf:
        return tuple(" ".join(w["text"] for w in page.extract_words(x_tolerance=0.5)) for page in pdf.pages)


def is_digital(file: str) -> bool:
    return file.endswith(".pdf") and any(pages_of(file))


def page_count(file: str) -> int:
    if file.endswith(".pdf"):
        return len(pages_of(file))
    with Image.open(FOLDER / file) as picture:
        return int(getattr(picture, "n_frames", 1))


def test_every_file_of_every_application_is_expected_and_there() -> None:
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*")}
    assert {d["file"] for d in documents()} == there
    assert len(there) >= 12


def test_there_are_digital_and_scanned_files_of_us_and_uk_companies() -> None:
    sorts = {(d["currency"], is_digital(d["file"])) for d in documents()}
    assert sorts == {("USD", True), ("USD", False), ("GBP", True), ("GBP", False)}
    assert {Path(d["file"]).suffix for d in documents()} == {".pdf", ".png", ".jpg", ".tif"}
    assert any(page_count(d["file"]) > 1 for d in documents() if d["file"].endswith(".tif"))


def test_the_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= _LIMIT


@pytest.mark.parametrize("number", range(len(documents())), ids=lambda n: f"{documents()[n]['file']} {documents()[n]['kind']}")
def test_what_is_expected_of_a_statement_is_printed(number: int) -> None:
    document = documents()[number]
    count = page_count(document["file"])
    assert all(1 <= fact["page"] <= count for fact in document["facts"])
    if is_digital(document["file"]):
        printed = [Counter(text.replace("$", "").replace("£", "").split()) for text in pages_of(document["file"])]
        for fact in document["facts"]:
            for amount in fact["displayed"].split(" + "):
                assert all(printed[fact["page"] - 1][word] for word in amount.split()), fact


@pytest.mark.parametrize("number", range(len(documents())), ids=lambda n: f"{documents()[n]['file']} {documents()[n]['kind']}")
def test_an_expected_value_is_what_is_displayed_times_the_scale(number: int) -> None:
    document = documents()[number]
    periods = {p["period"] for p in document["periods"]}
    assert document["facts"]
    for fact in document["facts"]:
        assert DocumentKind(document["kind"]) in ACCOUNT[fact["concept"]].statements
        assert fact["period"] in periods
        if " + " not in fact["displayed"]:
            shown = Decimal("".join(c for c in fact["displayed"] if c.isdigit() or c == ".") or 0)
            assert abs(Decimal(fact["value"])) == shown * document["scale"]


def test_expected_sheets_balance() -> None:
    checked = 0
    for document in documents():
        facts = {(f["concept"], f["period"]): Decimal(f["value"]) for f in document["facts"]}
        for one, other in (("total_assets", "total_liabilities_and_equity"), ("net_assets", "total_equity")):
            for (concept, period), value in facts.items():
                if concept == one and (other, period) in facts:
                    assert facts[other, period] == value
                    checked += 1
    assert checked > 10


# -- how they are made ------------------------------------------------------------------------------------------------

BALANCE = (DocumentKind.BALANCE_SHEET,)


def poor_scanner(rng: random.Random) -> ScanStyle:
    """Return a quick, coarse device."""
    return ScanStyle("poor", 60, noise=rng.uniform(2, 4), jpeg=40)


def fax(rng: random.Random) -> ScanStyle:
    return ScanStyle("fax", 60, noise=rng.uniform(2, 4), threshold=0.5)


FILES = (
    SampleFile("Accounts {year}.pdf", (DocumentKind.INCOME_STATEMENT, DocumentKind.BALANCE_SHEET)),
    SampleFile("scan.pdf", BALANCE, poor_scanner),
    SampleFile("faxed.pdf", BALANCE, fax),
    SampleFile("photo.jpg", BALANCE, poor_scanner),
    SampleFile("fax.png", BALANCE, fax),
    SampleFile("fax.tif", (DocumentKind.INCOME_STATEMENT, DocumentKind.BALANCE_SHEET), fax),
)


def test_samples_are_written_as_their_list_says_and_repeat_by_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        samples.write_samples(tmp_path / name, 3, [Sample("uk", designs.accounts, FILES)])
    one, two = ({p.relative_to(tmp_path / n): p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()} for n in ("one", "two"))
    assert one == two
    expected = json.loads((tmp_path / "one" / "expected.json").read_text(encoding="utf-8"))["documents"]
    assert [Path(d["file"]).suffix for d in expected] == [".pdf", ".pdf", ".pdf", ".pdf", ".jpg", ".png", ".tif", ".tif"]
    assert len(one) == len(FILES) + 1


def test_a_new_seed_replaces_an_application_of_the_same_name(tmp_path: Path) -> None:
    sample = Sample("us_small", designs.compiled, (SampleFile("Balance Sheet {year}.pdf", BALANCE),))
    samples.write_samples(tmp_path, 5, [sample])
    (folder,) = (p for p in tmp_path.iterdir() if p.is_dir())
    (folder / "left over.pdf").touch()
    samples.write_samples(tmp_path, 5, [sample])
    assert not (folder / "left over.pdf").exists()
