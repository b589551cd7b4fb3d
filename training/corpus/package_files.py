"""The files of a package: drawn pages and scans of them, written as PDF, TIFF, JPEG and ZIP. The same seed gives the same bytes.

Also how a figure is forged on a page: painted over, or shown as a picture while the text layer says something else.
"""

import io
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from training.corpus import degrade
from training.corpus.degrade import ScanStyle
from training.corpus.paper import PlacedPage, PlacedWord, descent_of, width_of, write_pdf

_ZIP_TIME = (2026, 1, 1, 0, 0, 0)
_DATE = "D:%Y%m%d%H%M%S+00'00'"


@dataclass(frozen=True, slots=True)
class Forgery:
    """A word of a page that shows `text` instead: `over` in another font on a white box, or as a `picture` while the text layer keeps the old."""

    word: int
    text: str
    way: str  # over | picture


@dataclass(frozen=True, slots=True)
class Injection:
    """Lines put on a page that speak to a machine: visible, white, tiny, beside the page (off-page), or in a picture (image)."""

    lines: tuple[str, ...]
    way: str
    font: str = "Helvetica"


@dataclass(frozen=True, slots=True)
class Making:
    """What a PDF says of its making."""

    producer: str
    creator: str
    created: datetime
    modified: datetime
    author: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One page of a file: drawn (`page`) or a `picture` of it; `turned` says by how many degrees counter-clockwise it stands."""

    page: PlacedPage
    picture: Image.Image | None = None
    dpi: int = 0
    quality: str = "digital"  # digital | scan | photo
    turned: int = 0
    forged: tuple[Forgery, ...] = ()
    injected: tuple[Injection, ...] = ()


# -- scans ------------------------------------------------------------------------------------------------------------


def scanned(pages: Sequence[PlacedPage], style: ScanStyle, rng: random.Random, turned: int = 0) -> tuple[Leaf, ...]:
    """Return pictures of `pages` as the device of `style` gives them, turned by `turned` degrees."""
    quality = "photo" if style.name == "telephone" else "scan"
    with TemporaryDirectory() as folder:
        clean = Path(folder, "clean.pdf")
        write_pdf(pages, clean)
        pictures = [degrade.scan(clean, number, style, rng) for number in range(1, len(pages) + 1)]
    return tuple(Leaf(page, picture.rotate(turned, expand=True) if turned else picture, style.dpi, quality, turned) for page, picture in zip(pages, pictures, strict=True))


def device(rng: random.Random) -> ScanStyle:
    """Return an office scanner or a copier, of a resolution that can be read."""
    style = rng.choice((degrade.office_scanner, degrade.office_scanner, degrade.copier))(rng)
    return replace(style, dpi=200, threshold=0.0, jpeg=rng.randint(40, 70))


# -- files ------------------------------------------------------------------------------------------------------------


def pdf_of(leaves: Sequence[Leaf], made: Making) -> bytes:
    """Return a PDF of drawn and scanned pages, one after another."""
    stream = io.BytesIO()
    canvas = Canvas(stream, invariant=1, pageCompression=1)
    canvas.setProducer(made.producer)
    canvas.setCreator(made.creator)
    canvas.setAuthor(made.author or "")
    canvas.setTitle("")
    canvas.setSubject(made.subject)
    for leaf in leaves:
        if leaf.picture is not None:
            _put_picture(canvas, leaf)
        else:
            _put_page(canvas, leaf)
        canvas.showPage()
    canvas.save()
    return _dated(stream.getvalue(), made)


def _dated(data: bytes, made: Making) -> bytes:
    """Return the PDF with its dates of making: reportlab writes fixed ones, of the same length."""
    for name, when in (("CreationDate", made.created), ("ModDate", made.modified)):
        at = data.index(f"/{name} (".encode()) + len(name) + 3
        stop = data.index(b")", at)
        text = when.strftime(_DATE).encode()
        data = data[:at] + text[: stop - at].ljust(stop - at) + data[stop:]
    return data


def _put_picture(canvas: Canvas, leaf: Leaf) -> None:
    picture = leaf.picture
    assert picture is not None  # noqa: S101  the caller looked
    width, height = picture.width * 72 / leaf.dpi, picture.height * 72 / leaf.dpi
    canvas.setPageSize((width, height))
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=55, dpi=(leaf.dpi, leaf.dpi))
    stream.seek(0)
    canvas.drawImage(ImageReader(stream), 0, 0, width, height)


def _put_page(canvas: Canvas, leaf: Leaf) -> None:
    page = leaf.page
    canvas.setPageRotation((360 - leaf.turned) % 360)
    canvas.setPageSize((page.height, page.width) if leaf.turned % 180 else (page.width, page.height))  # reportlab turns the sheet too
    for shade in page.shades:
        canvas.setFillColorRGB(*shade.colour)
        canvas.rect(shade.x0, page.height - shade.bottom, shade.x1 - shade.x0, shade.bottom - shade.top, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    for stroke in page.strokes:
        canvas.setLineWidth(stroke.width)
        canvas.line(stroke.x0, page.height - stroke.y0, stroke.x1, page.height - stroke.y1)
    for word in page.words:
        _put_word(canvas, page, word)
    for forgery in leaf.forged:
        _forge(canvas, page, page.words[forgery.word], forgery)
    for injection in leaf.injected:
        _inject(canvas, page, injection)


def _inject(canvas: Canvas, page: PlacedPage, injection: Injection) -> None:
    """Put lines where the page is empty: below its last word, else at its lower edge."""
    if injection.font not in pdfmetrics.getRegisteredFontNames() and injection.font != "Helvetica":
        pdfmetrics.registerFont(UnicodeCIDFont(injection.font))
    size = 0.8 if injection.way == "tiny" else 8.0
    low = max((word.bottom for word in page.words), default=0.0) + 24
    down = low if low + 10 * len(injection.lines) < page.height - 6 else page.height - 10 * len(injection.lines) - 2
    left = -600.0 if injection.way == "off-page" else 60.0
    canvas.setFillGray(1 if injection.way == "white" else 0)
    if injection.way == "image":
        _inject_picture(canvas, injection.lines, (left, page.height - down - 10 * len(injection.lines)))
        return
    canvas.setFont(injection.font, size)
    for number, line in enumerate(injection.lines):
        canvas.drawString(left, page.height - down - 10 * number, line)


def _inject_picture(canvas: Canvas, lines: Sequence[str], at: tuple[float, float]) -> None:
    scale = 4
    picture = Image.new("L", (400 * scale, 10 * scale * len(lines)), 255)
    ImageDraw.Draw(picture).multiline_text((0, 0), "\n".join(lines), fill=0, font=ImageFont.load_default(7 * scale))
    canvas.drawImage(ImageReader(picture), *at, 400, 10 * len(lines))


def _put_word(canvas: Canvas, page: PlacedPage, word: PlacedWord) -> None:
    canvas.setFont(word.font, word.size)
    canvas.drawString(word.x0, page.height - word.bottom - descent_of(word.font) * word.size, f"{word.text} ")


def _forge(canvas: Canvas, page: PlacedPage, word: PlacedWord, forgery: Forgery) -> None:
    """Paint over `word` and show another figure at its right edge."""
    left, low = word.x0 - 0.5, page.height - word.bottom - 0.6
    canvas.setFillColorRGB(1, 1, 1)
    canvas.rect(left, low, word.x1 - word.x0 + 1, word.size + 0.8, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    if forgery.way == "over":
        font = "Times-Roman" if not word.font.startswith("Times") else "Helvetica"
        size = word.size * 1.04
        canvas.setFont(font, size)
        canvas.drawRightString(word.x1, page.height - word.bottom - descent_of(font) * size, forgery.text)
        return
    scale = 8
    picture = Image.new("L", (round((word.x1 - word.x0) * scale), round(word.size * scale)), 255)
    font_file = ImageFont.load_default(word.size * scale * 0.86)
    ImageDraw.Draw(picture).text((picture.width, picture.height * 0.5), forgery.text, fill=0, font=font_file, anchor="rm")
    canvas.drawImage(ImageReader(picture), word.x0, low + 0.3, word.x1 - word.x0, word.size)


def forged_width(word: PlacedWord, text: str) -> float:
    """Return how wide `text` would stand in the font of `word`."""
    return width_of(text, word.font, word.size)


def tiff_of(leaves: Sequence[Leaf]) -> bytes:
    """Return a TIFF of scanned pages."""
    stream = io.BytesIO()
    first, *others = [leaf.picture for leaf in leaves if leaf.picture is not None]
    dpi = leaves[0].dpi
    first.save(stream, "TIFF", save_all=True, append_images=others, dpi=(dpi, dpi), compression="jpeg", quality=60)
    return stream.getvalue()


def jpeg_of(leaf: Leaf) -> bytes:
    """Return a photograph of one page."""
    stream = io.BytesIO()
    how: dict[str, Any] = {"quality": 62, "dpi": (leaf.dpi, leaf.dpi)}
    if leaf.picture is not None:
        leaf.picture.save(stream, "JPEG", **how)
    return stream.getvalue()


def zip_of(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Return a ZIP of named files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()
