"""PDF -> the words of its pages: from the text layer where it can be trusted, else from the picture of the page."""

import logging
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pdfplumber
import pypdfium2
import pypdfium2.raw as pdfium_raw
from pdfminer.psexceptions import PSException
from pdfplumber.utils.exceptions import MalformedPDFException, PdfminerException
from PIL import Image

from app.domain import PageStatus, ReadMethod, Signal
from app.reading import evidence, ocr
from app.reading.contents import Unreadable
from app.reading.drawn import shown_otherwise
from app.reading.page_words import PageWords
from app.reading.text_layer import UNPARSED, TextLayer, seen_only, text_layer_of
from app.settings import Settings

# pdfminer warns of each oddity of a font; what matters of them shows in the text that comes out.
logging.getLogger("pdfminer").setLevel(logging.ERROR)

#: What pdfminer is known to raise for a malformed file, beside its own exceptions.
_MALFORMED = (
    *(PdfminerException, MalformedPDFException, PSException),
    *(ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError, ArithmeticError, RecursionError),
)


class PdfFile:
    """An open PDF; pages are numbered from 1."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._settings = settings
        _refuse_cut_off(path)
        try:
            self._pdfium = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError as error:
            raise Unreadable(_why_not_opened(error)) from error
        if not len(self._pdfium):
            raise Unreadable("The PDF is damaged: no page can be found in it. Ask the sender to print it to PDF again.")
        self._file_signals = evidence.file_signals(self._pdfium.get_metadata_dict(), path)
        if self._pdfium.get_formtype() != pdfium_raw.FORMTYPE_NONE:
            self._pdfium.init_forms()
        try:
            self._plumber: pdfplumber.pdf.PDF | None = pdfplumber.open(path)
        except _MALFORMED:
            self._plumber = None  # its pages can still be drawn and read by OCR

    @property
    def page_count(self) -> int:
        """Return the number of pages."""
        return len(self._pdfium)

    def close(self) -> None:
        """Close the file."""
        if self._plumber is not None:
            with suppress(*_MALFORMED):  # it visits the pages once more
                self._plumber.close()
        self._pdfium.close()

    def read(self, number: int, compare: bool = False) -> PageWords:
        """Return the words of page `number`; with `compare`, its figures are compared with what is drawn. Raises Unreadable."""
        width, height = self._size(number)
        layer = self._text_layer(number)
        signals = self._file_signals if number == 1 else ()
        if layer.doubt is None:
            traces = self._page_signals(number)
            layer, signals = seen_only(layer, traces), (*signals, *traces)
        if layer.doubt is None:
            otherwise = self._shown_otherwise(number) if compare else ()
            return replace(_as_text(layer, width, height), signals=(*signals, *otherwise))
        picture = self._drawn(number, self._settings.ocr_dpi)
        try:
            return replace(ocr.read_picture(picture, width / picture.width), signals=signals)
        except Unreadable:
            if not layer.words:
                raise
            return replace(_as_text(layer, width, height), signals=signals)

    def picture(self, number: int, dpi: int, rotation: int) -> Image.Image:
        """Return page `number` as the boxes of its words refer to it: turned by `rotation`, straightened if it was read by OCR."""
        drawn = self._drawn(number, dpi)
        return ocr.upright(drawn, rotation, straighten=self._text_layer(number).doubt is not None)

    def _page_signals(self, number: int) -> tuple[Signal, ...]:
        try:
            page = self._pdfium[number - 1]
            found = evidence.page_signals(page)
            page.close()
        except pypdfium2.PdfiumError:
            return ()
        return found

    def _shown_otherwise(self, number: int) -> tuple[Signal, ...]:
        try:
            page = self._pdfium[number - 1]
            written = evidence.amounts_written(page)
            page.close()
        except pypdfium2.PdfiumError:
            return ()
        return shown_otherwise(written, lambda: np.asarray(self._drawn(number, self._settings.ocr_dpi)))

    def _size(self, number: int) -> tuple[float, float]:
        width, height = self._pdfium.get_page_size(number - 1)
        if not (1 <= width <= 1e6 and 1 <= height <= 1e6):
            raise Unreadable(f"The page says it is {width:.0f} by {height:.0f} points large. Ask the sender to print it to PDF again.")
        return width, height

    def _text_layer(self, number: int) -> TextLayer:
        if self._plumber is None:
            return UNPARSED
        try:
            page = self._plumber.pages[number - 1]
            layer = text_layer_of(page)
            page.close()
        except _MALFORMED:
            return UNPARSED
        return layer

    def _drawn(self, number: int, dpi: int) -> Image.Image:
        """Return the page drawn in shades of grey, at `dpi` or as near to it as the limit on pixels allows."""
        width, height = self._size(number)
        scale = min(dpi / 72, (self._settings.max_page_pixels / (width * height)) ** 0.5)
        try:
            page = self._pdfium[number - 1]
            drawn: Image.Image = page.render(scale=scale, grayscale=True).to_pil()
            page.close()
        except pypdfium2.PdfiumError as error:
            raise Unreadable("The page is damaged and cannot be drawn. Ask the sender to print it to PDF again.") from error
        return drawn.convert("L")


def _as_text(layer: TextLayer, width: float, height: float) -> PageWords:
    if layer.rotation in (90, 270):
        width, height = height, width
    return PageWords(PageStatus.READ, ReadMethod.TEXT, width, height, layer.words, layer.rotation)


def _refuse_cut_off(path: Path) -> None:
    """Raise Unreadable for a PDF without its end: what a lenient parser rescues from one lacks pages without a sign."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 4096))
        if b"%%EOF" not in file.read():
            raise Unreadable("The PDF is cut off: its end is missing. Ask the sender to send it again.")


def _why_not_opened(error: pypdfium2.PdfiumError) -> str:
    if getattr(error, "err_code", None) == pdfium_raw.FPDF_ERR_PASSWORD:
        return "The PDF is encrypted and asks for a password. Ask the sender for a copy without one."
    return "The PDF is damaged and cannot be opened. Ask the sender to print it to PDF again and send that."
