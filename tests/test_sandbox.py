"""The reading process: hostile files stop it, never us; every page of every file is accounted for."""

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from PIL import Image
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from reportlab.pdfgen.canvas import Canvas

from app.domain import Document, DocumentKind, PageStatus, ReadMethod
from app.errors import UsageError
from app.reading.package import SourceFile
from app.reading.reader import Reader, quarantined
from app.reading.sandbox import Sandbox, Stopped
from app.reading.wire import Message
from app.settings import PROJECT, Settings
from tests.test_ocr import bomb, scan


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Settings()) as warm:
        yield warm


def made(path: Path, pages: int = 1) -> Path:
    canvas = Canvas(str(path), pagesize=(612, 792))
    for number in range(1, pages + 1):
        canvas.drawString(72, 700, f"Cash at bank on page {number}        12,345")
        canvas.showPage()
    canvas.save()
    return path


def endless(path: Path) -> Path:
    """Write a PDF whose second page of three draws a form that draws a form ten times, and so on 12 deep."""
    writer = pypdf.PdfWriter(clone_from=made(path, pages=3))
    inner = None
    for _ in range(12):
        form = DecodedStreamObject()
        form.set_data(b"/X Do " * 10 if inner is not None else b"BT /F1 9 Tf (x) Tj ET")
        resources = DictionaryObject({NameObject("/XObject"): DictionaryObject({NameObject("/X"): inner})} if inner is not None else {})
        form.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Form")})
        form.update({NameObject("/BBox"): pypdf.generic.RectangleObject((0, 0, 600, 800)), NameObject("/Resources"): resources})
        inner = writer._add_object(form)
    page = writer.pages[1]
    page["/Resources"][NameObject("/XObject")] = DictionaryObject({NameObject("/X"): inner})  # type: ignore[index]
    contents = DecodedStreamObject()
    contents.set_data(b"/X Do")
    page[NameObject("/Contents")] = writer._add_object(contents)
    writer.write(path)
    return path


def statuses(document: Document) -> list[PageStatus]:
    return [page.status for page in document.pages]


def test_a_pdf_becomes_a_document_with_all_its_pages(reader: Reader, tmp_path: Path) -> None:
    document = reader.read_document("loan.zip/accounts.pdf", made(tmp_path / "a.pdf", pages=3))
    assert (document.file, document.kind, document.first, document.last) == ("loan.zip/accounts.pdf", DocumentKind.OTHER, 1, 3)
    assert statuses(document) == [PageStatus.READ] * 3
    page = document.pages[1]
    assert (page.file, page.number, page.method, page.width, page.height) == ("loan.zip/accounts.pdf", 2, ReadMethod.TEXT, 612, 792)
    assert page.text == "Cash at bank on page 2 12,345"
    assert [a.text for a in page.lines[0].amounts] == ["12,345"]
    assert page.lines[0].span.page == 2


def test_a_picture_becomes_a_document(reader: Reader, tmp_path: Path) -> None:
    scan().save(tmp_path / "a.png")
    (page,) = reader.read_document("a.png", tmp_path / "a.png").pages
    assert page.method is ReadMethod.OCR
    assert [a.text for line in page.lines for a in line.amounts] == ["12,345", "(6,789)", "4,250", "9,806"]


@pytest.mark.parametrize(
    ("name", "contents", "said"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"hello", "plain text"),
        ("a.pdf", b"%PDF-1.7\nnothing", "cut off"),
        ("a.docx", b"PK\x03\x04" + bytes(40), "archive"),
        ("a.jpg", b"%PDF-1.7\n%%EOF", "named as a picture but holds a PDF"),
    ],
)
def test_an_unreadable_file_is_one_quarantined_page_with_a_reason(
    reader: Reader, tmp_path: Path, name: str, contents: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(contents)
    document = reader.read_document(name, tmp_path / name)
    assert statuses(document) == [PageStatus.QUARANTINED]
    assert said in str(document.pages[0].reason)


def test_a_file_that_went_missing_is_quarantined(reader: Reader, tmp_path: Path) -> None:
    assert "cannot be opened" in str(reader.read_document("a.pdf", tmp_path / "a.pdf").pages[0].reason)


def test_an_oversized_file_is_not_even_opened(tmp_path: Path) -> None:
    with Reader(Settings(max_file_bytes=100)) as reader:
        document = reader.read_document("a.pdf", made(tmp_path / "a.pdf"))
    assert "LOANLENS_MAX_FILE_BYTES" in str(document.pages[0].reason)


def test_every_page_of_a_file_of_too_many_pages_is_in_the_ledger(tmp_path: Path) -> None:
    with Reader(Settings(max_pages=4)) as reader:
        document = reader.read_document("a.pdf", made(tmp_path / "a.pdf", pages=5))
    assert statuses(document) == [PageStatus.QUARANTINED] * 5
    assert all("LOANLENS_MAX_PAGES" in str(page.reason) for page in document.pages)


def test_a_page_that_takes_too_long_is_given_up_and_the_others_are_read(tmp_path: Path) -> None:
    with Reader(Settings(page_seconds=6)) as reader:
        document = reader.read_document("a.pdf", endless(tmp_path / "a.pdf"))
        after = reader.read_document("b.pdf", made(tmp_path / "b.pdf"))
    assert statuses(document) == [PageStatus.READ, PageStatus.QUARANTINED, PageStatus.READ]
    assert "longer than 6 seconds" in str(document.pages[1].reason)
    assert statuses(after) == [PageStatus.READ]


def test_a_page_that_needs_too_much_memory_is_given_up_and_the_next_file_is_read(tmp_path: Path) -> None:
    with Reader(Settings(max_page_pixels=10**10, reader_memory_bytes=1_500_000_000)) as reader:
        document = reader.read_document("a.png", bomb(tmp_path / "a.png", 32_000))
        after = reader.read_document("b.pdf", made(tmp_path / "b.pdf"))
    assert statuses(document) == [PageStatus.QUARANTINED]
    assert "LOANLENS_READER_MEMORY_BYTES" in str(document.pages[0].reason)
    assert statuses(after) == [PageStatus.READ]


def test_a_reading_process_that_dies_between_files_is_replaced(tmp_path: Path) -> None:
    sandbox = Sandbox(Settings())
    request = {"do": "count", "path": str(made(tmp_path / "a.pdf", pages=2)), "name": "a.pdf"}
    assert sandbox.ask(request, 60)["pages"] == 2
    first = sandbox._child
    assert first is not None
    os.kill(first.running.pid, signal.SIGKILL)
    first.running.wait()
    assert sandbox.ask(request, 60)["pages"] == 2
    sandbox.close()


def test_a_request_that_kills_the_reading_process_says_so(tmp_path: Path) -> None:
    sandbox = Sandbox(Settings())
    with pytest.raises(Stopped, match="broke the reader"):
        sandbox.ask({"do": "count", "path": str(made(tmp_path / "a.pdf"))}, 60)  # without a name: nothing expects it
    sandbox.close()


def test_no_reading_process_outlives_its_reader(tmp_path: Path) -> None:
    reader = Reader(Settings(readers=2))
    reader.read_document("a.pdf", made(tmp_path / "a.pdf", pages=4))
    children = [sandbox._child for sandbox in reader._sandboxes._all if sandbox._child is not None]
    assert children
    reader.close()
    assert all(child.running.poll() is not None for child in children)


def test_several_reading_processes_give_what_one_gives_in_the_same_order(tmp_path: Path) -> None:
    sources = [SourceFile(f"{n}.pdf", made(tmp_path / f"{n}.pdf", pages=1 + n % 4)) for n in range(9)]
    sources.insert(4, SourceFile("link", tmp_path / "link", "The file is a link."))
    with Reader(Settings(readers=1)) as one, Reader(Settings(readers=3)) as three:
        assert list(three.read_documents(sources)) == list(one.read_documents(sources))


class BreaksOnSomePages:
    """In the place of reading processes: each page takes its time, and some break the reader."""

    def __init__(self, *pages: int) -> None:
        self._pages = pages

    def ask(self, request: Message, _: float) -> Message:
        if request["do"] != "read":
            return {"pages": 9, "cpu_seconds": 0}
        time.sleep(0.01 * (request["page"] % 3))
        if request["page"] in self._pages:
            raise Stopped(f"page {request['page']}")
        return {"reason": "read", "cpu_seconds": 0}


@pytest.mark.parametrize("readers", [1, 3, 8])
def test_after_two_pages_that_break_the_reader_the_rest_is_not_tried_however_many_read(tmp_path: Path, readers: int) -> None:
    reader = Reader(Settings(readers=readers))
    reader._sandboxes = BreaksOnSomePages(2, 5, 6)  # type: ignore[assignment]
    told = [str(page.reason)[:9] for page in reader.read_document("a.pdf", made(tmp_path / "a.pdf")).pages]
    assert told == ["read", "page 2", "read", "read", "page 5", *["Not tried"] * 4]


def test_a_page_is_drawn_upright_for_the_report(reader: Reader, tmp_path: Path) -> None:
    picture = Image.open(io.BytesIO(reader.render_page(made(tmp_path / "a.pdf"), 1, 72, 90)))
    assert picture.size == (792, 612)


def test_a_page_that_cannot_be_drawn_is_an_error_of_the_caller(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"")
    with pytest.raises(UsageError, match="empty"):
        reader.render_page(tmp_path / "a.pdf", 1, 72)


def test_a_changed_file_of_the_same_name_is_read_anew(reader: Reader, tmp_path: Path) -> None:
    assert len(reader.read_document("a.pdf", made(tmp_path / "a.pdf", pages=1)).pages) == 1
    assert len(reader.read_document("a.pdf", made(tmp_path / "a.pdf", pages=2)).pages) == 2


def test_a_file_known_to_be_bad_can_be_put_into_the_ledger_by_its_reason() -> None:
    document = quarantined("loan.zip/inner.zip", "It is an archive inside an archive.")
    assert [(p.number, p.status, p.reason) for p in document.pages] == [(1, PageStatus.QUARANTINED, "It is an archive inside an archive.")]


def test_the_reading_process_starts_without_heavy_libraries() -> None:
    heavy = ("torch", "transformers", "onnxruntime", "rapidocr")
    listed = f"import sys, app.reading.worker; print([m for m in {heavy} if m in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", listed], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
