"""Tesseract: reads whole pages, through pytesseract."""

import shutil
from functools import lru_cache

import pytesseract
from PIL import Image

from app.domain import Box, Word
from app.reading.contents import Unreadable

#: Words recognised with less confidence than this are specks and rules more often than words.
_LEAST_CONFIDENCE = 0.05


@lru_cache(maxsize=1)
def has_tesseract() -> bool:
    """Return whether the tesseract program is installed."""
    return shutil.which(pytesseract.pytesseract.tesseract_cmd) is not None


def read_page(picture: Image.Image) -> tuple[Word, ...]:
    """Return the words of an upright page. Raises Unreadable when Tesseract fails on it."""
    passed = picture.copy()
    passed.format = "BMP"  # how pytesseract hands it over; PNG, its default, takes a fifth of a second to pack
    try:
        # One uniform block (6): other ways of finding columns lose numbers of tables.
        found = pytesseract.image_to_data(passed, lang="eng", config="--psm 6 --oem 1", output_type=pytesseract.Output.DICT)
    except pytesseract.TesseractError as error:
        raise Unreadable("Text recognition failed on the page. Look at it, and ask for a clearer scan if it matters.") from error
    width, height = picture.size
    words = []
    for text, sure, x, y, w, h in zip(*(found[k] for k in ("text", "conf", "left", "top", "width", "height")), strict=True):
        if text.strip() and float(sure) >= 100 * _LEAST_CONFIDENCE:
            words.append(Word(text.strip(), Box(x / width, y / height, (x + w) / width, (y + h) / height), float(sure) / 100))
    return tuple(words)


@lru_cache(maxsize=1)
def tesseract_version() -> str:
    """Return the version of the tesseract program."""
    try:
        return str(pytesseract.get_tesseract_version())
    except pytesseract.TesseractNotFoundError:
        return "not installed"
