"""What lies on a page: words with their places in points from the top left, rules and shades, and the PDF made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from app.domain import Box, Word

NO_ROW = -1  # row of words that belong to no row of a statement: titles, heads, page numbers


@dataclass(frozen=True, slots=True)
class PlacedWord:
    """A word on paper. `statement` and `row` say whose word it is: indices of the statement on paper and of its row."""

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    font: str
    size: float
    statement: int = 0
    row: int = NO_ROW

    @property
    def bold(self) -> bool:
        """Return whether the word is printed bold."""
        return "Bold" in self.font


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight rule from (x0, y0) to (x1, y1), `width` points wide."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float = 0.6


@dataclass(frozen=True, slots=True)
class Shade:
    """A filled rectangle behind the words, `colour` as red, green and blue from 0 to 1."""

    x0: float
    top: float
    x1: float
    bottom: float
    colour: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """One page: its size in points and what lies on it."""

    width: float
    height: float
    words: tuple[PlacedWord, ...]
    strokes: tuple[Stroke, ...] = ()
    shades: tuple[Shade, ...] = ()


# -- fonts ------------------------------------------------------------------------------------------------------------

#: Each family's regular, bold, italic and bold italic face. Vera comes with reportlab, the others with every PDF reader.
FONTS = {
    "helvetica": ("Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Helvetica-BoldOblique"),
    "times": ("Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic"),
    "courier": ("Courier", "Courier-Bold", "Courier-Oblique", "Courier-BoldOblique"),
    "vera": ("Vera", "Vera-Bold", "Vera-Italic", "Vera-BoldItalic"),
}
_VERA_FILES = {"Vera": "Vera.ttf", "Vera-Bold": "VeraBd.ttf", "Vera-Italic": "VeraIt.ttf", "Vera-BoldItalic": "VeraBI.ttf"}


@lru_cache(maxsize=1)
def _with_vera() -> None:
    for name, file in _VERA_FILES.items():
        pdfmetrics.registerFont(TTFont(name, Path(reportlab.__file__).parent / "fonts" / file))


@lru_cache(maxsize=200_000)
def _width_of_one(text: str, font: str) -> float:
    if font in _VERA_FILES:
        _with_vera()
    return float(pdfmetrics.stringWidth(text, font, 1000)) / 1000


def width_of(text: str, font: str, size: float) -> float:
    """Return how wide `text` is printed, in points."""
    return _width_of_one(text, font) * size


@lru_cache(maxsize=32)
def descent_of(font: str) -> float:
    """Return how far the letters of `font` reach below the baseline, as a (negative) share of its size."""
    if font in _VERA_FILES:
        _with_vera()
    return float(pdfmetrics.getFont(font).face.descent) / 1000


def wrapped(text: str, font: str, size: float, width: float) -> list[str]:
    """Return `text` broken into lines no wider than `width` where its words allow it; an empty text is no line."""
    space = width_of(" ", font, size)
    lines: list[str] = []
    used = 0.0
    for word in text.split():
        its = width_of(word, font, size)
        if lines and used + space + its <= width:
            lines[-1] += f" {word}"
            used += space + its
        else:
            lines.append(word)
            used = its
    return lines


# -- pages out --------------------------------------------------------------------------------------------------------


def words_of(page: PlacedPage) -> tuple[Word, ...]:
    """Return the page's words as reading returns them, boxes as fractions of the page, in the order they were placed."""
    return tuple(Word(w.text, Box(w.x0 / page.width, w.top / page.height, w.x1 / page.width, w.bottom / page.height)) for w in page.words)


def write_pdf(pages: Sequence[PlacedPage], path: Path) -> None:
    """Write `pages` as a PDF with a text layer. The same pages give the same bytes."""
    canvas = Canvas(str(path), invariant=1, pageCompression=1)
    for page in pages:
        canvas.setPageSize((page.width, page.height))
        _draw_ground(canvas, page)
        text = canvas.beginText()
        for word in page.words:
            text.setFont(word.font, word.size)
            text.setTextOrigin(word.x0, page.height - word.bottom - descent_of(word.font) * word.size)
            text.textOut(f"{word.text} ")  # the space lets a reader tell words apart however narrow they stand
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()


def _draw_ground(canvas: Canvas, page: PlacedPage) -> None:
    for shade in page.shades:
        canvas.setFillColorRGB(*shade.colour)
        canvas.rect(shade.x0, page.height - shade.bottom, shade.x1 - shade.x0, shade.bottom - shade.top, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    for stroke in page.strokes:
        canvas.setLineWidth(stroke.width)
        canvas.line(stroke.x0, page.height - stroke.y0, stroke.x1, page.height - stroke.y1)
