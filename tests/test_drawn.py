"""Figures of a text layer beside those that a page shows."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from app.domain import Box, SignalKind
from app.reading.drawn import shown_otherwise
from app.reading.evidence import Written
from app.reading.pdf import PdfFile
from app.reading.straighten import Grey
from app.settings import Settings

FIGURES = ("1,204.60", "58,966.92", "7,310.45")
Picture = tuple[str, ...]


def picture(*shown: str) -> Grey:
    """Return a page of 800 by 400 pixels with a figure in each row."""
    page = Image.new("L", (800, 400), 255)
    for row, text in enumerate(shown):
        ImageDraw.Draw(page).text((300, 60 + 80 * row), text, fill=0, font=ImageFont.load_default(26))
    return np.asarray(page)


def written(*texts: str, overlaid: bool = False) -> list[Written]:
    rows = [(60 + 80 * row) / 400 for row in range(len(texts))]
    return [Written(text, "helvetica", Box(0.37, top, 0.55, top + 0.08), overlaid) for text, top in zip(texts, rows, strict=True)]


def test_a_page_that_shows_what_its_text_says_bears_no_signal() -> None:
    assert shown_otherwise(written(*FIGURES), lambda: picture(*FIGURES)) == ()


def test_a_font_that_draws_other_digits_than_it_names_is_found() -> None:
    found = shown_otherwise(written(*FIGURES), lambda: picture("1,204.60", "68,966.92", "7,310.45"))
    assert [(signal.kind, signal.text) for signal in found] == [(SignalKind.SHOWN_OTHERWISE, "58,966.92, shown as 68,966.92,")]


def test_a_page_without_amounts_is_not_drawn() -> None:
    def draw() -> Grey:
        raise AssertionError

    assert shown_otherwise([], draw) == ()


@pytest.mark.parametrize(("shown", "expected"), [("68,966.92", ["58,966.92, shown as 68,966.92,"]), ("58,966.92", [])])
def test_a_figure_under_a_large_picture_of_another_one_is_found(tmp_path: Path, shown: str, expected: list[str]) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pagesize=(612, 792))
    for row, text in enumerate(FIGURES):
        canvas.drawRightString(440, 700 - 20 * row, text)
    pasted = Image.new("L", (2400, 640), 255)
    ImageDraw.Draw(pasted).text((2320, 80), shown, fill=0, font=ImageFont.load_default(100), anchor="rm")
    canvas.drawImage(ImageReader(pasted), 150, 614, 300, 80)  # the second figure and what is below
    canvas.save()
    file = PdfFile(tmp_path / "a.pdf", Settings())
    signals = [s.text for s in file.read(1, compare=True).signals if s.kind is SignalKind.SHOWN_OTHERWISE]
    plain = [s for s in file.read(1).signals if s.kind is SignalKind.SHOWN_OTHERWISE]
    file.close()
    assert signals[:1] == expected
    assert plain == []
