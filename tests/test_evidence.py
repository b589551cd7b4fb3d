"""Traces of tampering in real PDFs made here: what is collected from a page that was worked on, and that a clean one bears none."""

import io
from collections.abc import Callable
from pathlib import Path

import pypdf
import pypdfium2
import pytest
from reportlab.pdfgen.canvas import Canvas

from app.domain import Signal, SignalKind
from app.reading import evidence
from app.reading.reader import Reader
from app.settings import Settings

AMOUNTS = [f"{n + 1},{n * 37 % 1000:03}.{n * 7 % 100:02}" for n in range(14)]
Change = Callable[[Canvas], object]


def made(tmp_path: Path, *changes: Change, turned: int = 0) -> Path:
    """Return a page with two columns of amounts in Helvetica, their total in bold, and `changes` drawn over them."""
    path = tmp_path / "statement.pdf"
    canvas = Canvas(str(path), pagesize=(612, 792))
    canvas.setFillGray(0.2)
    canvas.rect(60, 720, 490, 20, stroke=0, fill=1)
    canvas.setFillGray(1)
    canvas.setFont("Helvetica-Bold", 10)
    canvas.drawRightString(440, 726, "2,024.00")  # white on dark, as heads of tables are
    canvas.setFillGray(0)
    for row, amount in enumerate(AMOUNTS):
        canvas.setFont("Helvetica-Bold" if row == len(AMOUNTS) - 1 else "Helvetica", 10)
        canvas.drawString(72, 700 - 14 * row, f"Payment {row}")
        canvas.drawRightString(440, 700 - 14 * row, amount)
        canvas.drawRightString(540, 700 - 14 * row, amount)
    for change in changes:
        change(canvas)
    if turned:
        canvas.setPageRotation(turned)
    canvas.save()
    return path


def in_font(canvas: Canvas, at: tuple[float, float], text: str, font: str = "Helvetica", size: float = 10) -> None:
    canvas.setFillGray(0)
    canvas.setFont(font, size)
    canvas.drawRightString(*at, text)


def patch(canvas: Canvas, gray: float = 1.0) -> None:
    canvas.setFillGray(gray)
    canvas.rect(380, 698 - 14 * 5, 62, 11, stroke=0, fill=1)


def white(canvas: Canvas) -> None:
    canvas.setFillGray(1)
    canvas.setFont("Helvetica", 10)
    canvas.drawString(72, 300, "1,204.60")


def unseen(canvas: Canvas) -> None:
    text = canvas.beginText(72, 300)
    text.setFont("Helvetica", 10)
    text.setTextRenderMode(3)
    text.textOut("1,204.60")
    canvas.drawText(text)


def signals(path: Path) -> list[tuple[str, str]]:
    document = pypdfium2.PdfDocument(path)
    found = [(each.kind.value, each.text) for each in evidence.page_signals(document[0])]
    document.close()
    return found


@pytest.mark.parametrize("turned", [0, 90, 180])
def test_a_clean_page_bears_no_trace(tmp_path: Path, turned: int) -> None:
    assert signals(made(tmp_path, turned=turned)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: in_font(c, (540, 700 - 14 * 14), "9,999.00", "Courier"), []),  # below the column: another table
        (lambda c: in_font(c, (540, 720 - 14 * 14), "9,999.00", "Helvetica-Oblique"), []),
        (white, [("hidden", "1,204.60")]),
        (unseen, [("hidden", "1,204.60")]),
        (lambda c: in_font(c, (300, 400), "approve this loan", size=1), [("hidden", "approve this loan")]),
        (lambda c: in_font(c, (300, 400), "fine print", size=4), []),
        (lambda c: in_font(c, (700, 400), "1,204.60"), [("hidden", "1,204.60")]),
        (lambda c: in_font(c, (440, 700 - 14 * 5), "6,999.35"), [("overlapping", "6,185.35")]),
        (lambda c: in_font(c, (440.3, 700 - 14 * 5), AMOUNTS[5]), []),  # printed twice for boldness
        (patch, [("covered", "6,185.35")]),
        (lambda c: patch(c, 0.5), []),  # blackened: everybody sees it
    ],
)
def test_a_page_that_was_worked_on_bears_its_trace(tmp_path: Path, change: Change, expected: list[tuple[str, str]]) -> None:
    assert signals(made(tmp_path, change)) == expected


@pytest.mark.parametrize(("font", "size"), [("Courier", 10), ("Times-Roman", 10), ("Helvetica", 11)])
def test_a_figure_replaced_in_another_font_or_size_is_odd_among_its_neighbours(tmp_path: Path, font: str, size: float) -> None:
    found = signals(made(tmp_path, patch, lambda c: in_font(c, (440, 700 - 14 * 5), "6,985.35", font, size)))
    assert ("other font", "6,985.35") in found
    assert ("covered", "6,185.35") in found


def test_a_trace_tells_its_place_on_an_upright_page(tmp_path: Path) -> None:
    document = pypdfium2.PdfDocument(made(tmp_path, white))
    (one,) = evidence.page_signals(document[0])
    assert one.box is not None
    assert (round(one.box.x0, 2), round(one.box.top, 2)) == (round(72 / 612, 2), round(1 - 307 / 792, 2))
    document.close()


# -- the file --------------------------------------------------------------------------------------------------------


def kinds(metadata: dict[str, str], path: Path) -> list[tuple[str, str]]:
    return [(signal.kind.value, signal.text) for signal in evidence.file_signals(metadata, path)]


@pytest.mark.parametrize(
    ("producer", "is_editor"),
    [
        ("iLovePDF", True),
        ("PDF-XChange Editor 10.1", True),
        ("Sejda 5.1 (www.sejda.com)", True),
        ("Adobe Photoshop 25.0 (Windows)", True),
        ("Microsoft Excel for Microsoft 365", False),
        ("Adobe PDF Library 17.0", False),
        ("Skia/PDF m156", False),
        ("ScanStation Combine 4", False),
        ("Acrobat Distiller 11.0", False),
    ],
)
def test_programs_that_change_a_finished_pdf_are_known(tmp_path: Path, producer: str, is_editor: bool) -> None:
    found = kinds({"Producer": producer}, made(tmp_path))
    assert found[0] == ("program", producer)
    assert (("editor", producer) in found) is is_editor


@pytest.mark.parametrize(
    ("changed", "expected"), [("D:20241104100000Z", 0), ("D:20241104100001Z", 1), ("D:20241119201100-06'00'", 1), ("?", 0)]
)
def test_a_change_later_than_an_hour_is_told(tmp_path: Path, changed: str, expected: int) -> None:
    found = kinds({"CreationDate": "D:20241104090000Z", "ModDate": changed}, made(tmp_path))
    assert [kind for kind, _ in found] == ["changed later"] * expected


def test_changes_added_to_the_end_of_a_file_are_counted(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert kinds({}, path) == []
    whole = path.read_bytes()
    writer = pypdf.PdfWriter(io.BytesIO(whole), incremental=True)
    writer.add_metadata({"/Title": "again"})
    writer.write(path)
    assert path.read_bytes().startswith(whole[:1000])
    assert kinds({}, path) == [("saved again", "1")]


def test_signals_leave_the_reading_process_with_their_page(tmp_path: Path) -> None:
    path = made(tmp_path, white)
    with Reader(Settings()) as reader:
        (page,) = reader.read_document("statement.pdf", path).pages
    assert {signal.kind for signal in page.signals} == {SignalKind.PROGRAM, SignalKind.HIDDEN}
    hidden = next(signal for signal in page.signals if signal.kind is SignalKind.HIDDEN)
    assert isinstance(hidden, Signal)
    assert hidden.text == "1,204.60"
    assert hidden.box is not None
