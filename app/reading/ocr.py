"""Picture of a page -> its words: turned upright, straightened, read by Tesseract, or by RapidOCR alone where that is missing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from app.domain import PageStatus, ReadMethod, Word
from app.reading import rapid, tesseract
from app.reading.contents import Unreadable
from app.reading.page_words import PageWords
from app.reading.second_reading import reread_amounts
from app.reading.straighten import (
    is_black_and_white,
    is_blank,
    is_noise,
    lies_sideways,
    rotated,
    skew_of,
    softened,
    thickened,
    turned,
    without_grid,
)

#: A page whose words are recognised with less than this on average is tried upside down as well.
_POOR = 0.6
_SMALLEST_PIXELS = 16  # a line of small print at 150 dots an inch


@dataclass(frozen=True, slots=True)
class _Attempt:
    """The words read with the page turned clockwise by `rotation`, and the picture of it that they were read from."""

    rotation: int
    picture: Image.Image
    words: tuple[Word, ...]

    @property
    def quality(self) -> float:
        """Return how sure the reader was, by letters; 0 for next to nothing."""
        letters = sum(len(w.text) for w in self.words)
        return sum(w.confidence * len(w.text) for w in self.words) / letters if letters > 20 else 0.0


def read_picture(picture: Image.Image, points: float) -> PageWords:
    """Return the words of `picture` (shades of grey, a pixel `points` large). Raises Unreadable if none can be made out.

    Boxes are fractions of the upright and straightened page.
    """
    if min(picture.size) < _SMALLEST_PIXELS:
        raise Unreadable(f"The picture has {picture.width} by {picture.height} pixels, too few for words. Ask for a scan of the page.")
    if is_noise(picture):
        raise Unreadable("The picture is noise: nothing on it can be made out. Look at it, and ask for a clearer scan if it matters.")
    if is_blank(picture):
        return PageWords(PageStatus.BLANK, ReadMethod.OCR, picture.width * points, picture.height * points)
    best = _best_attempt(picture)
    words = reread_amounts(np.asarray(best.picture), best.words)
    if not words:
        raise Unreadable("No text could be made out on the page. Look at it, and ask for a clearer scan if it matters.")
    size = (best.picture.width * points, best.picture.height * points)
    return PageWords(PageStatus.READ, ReadMethod.OCR, *size, words, best.rotation)


def upright(picture: Image.Image, rotation: int, *, straighten: bool) -> Image.Image:
    """Return `picture` turned clockwise by `rotation` degrees and straightened: the page that boxes of words refer to."""
    shown = turned(picture, rotation)
    return rotated(shown, skew_of(shown)) if straighten else shown


def _best_attempt(picture: Image.Image) -> _Attempt:
    """Return the surest reading: as the page lies, and only where that is poor upside down, or with the specks of a bad fax blurred."""
    best = _attempt(picture, 90 if lies_sideways(picture) else 0)
    if best.quality < _POOR:
        best = max(best, _attempt(picture, best.rotation + 180), key=_quality)
    if best.quality < _POOR and is_black_and_white(picture):
        best = max(best, _attempt(picture, best.rotation, softened), key=_quality)
    return best


def _quality(attempt: _Attempt) -> float:
    return attempt.quality


def _attempt(picture: Image.Image, rotation: int, prepared: Callable[[Image.Image], Image.Image] = thickened) -> _Attempt:
    upright_picture = turned(picture, rotation)
    angle = skew_of(upright_picture)
    straight = rotated(upright_picture, angle)
    if tesseract.has_tesseract():
        return _Attempt(rotation, straight, tesseract.read_page(without_grid(rotated(prepared(upright_picture), angle))))
    return _Attempt(rotation, straight, rapid.read_page(np.asarray(straight)))
