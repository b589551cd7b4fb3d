"""Picture of a page -> its words: turned upright, straightened, recognised by Tesseract, or by RapidOCR where it is missing."""

import shutil
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytesseract
from numpy.typing import NDArray
from PIL import Image

from app.domain import Box, PageStatus, ReadMethod, Word
from app.reading.contents import Unreadable
from app.reading.page_words import PageWords

if TYPE_CHECKING:
    from rapidocr import RapidOCR

_Grey = NDArray[np.uint8]

#: Words recognised with less confidence than this are specks and rules more often than words.
_LEAST_CONFIDENCE = 0.05
#: Pages whose words are recognised with less than this on average are tried in the other orientations.
_POOR = 0.6


@dataclass(frozen=True, slots=True)
class Recognised:
    """The words found in a picture, the clockwise turn that made it upright, and its size then, in pixels."""

    words: tuple[Word, ...]
    rotation: int
    width: int
    height: int


def read_picture(picture: Image.Image, points: float) -> PageWords:
    """Return the words of `picture` (shades of grey, each pixel `points` large). Raises Unreadable if it shows none that can be read."""
    if is_blank(picture):
        return PageWords(PageStatus.BLANK, ReadMethod.OCR, picture.width * points, picture.height * points)
    found = recognise(picture)
    if not found.words:
        raise Unreadable("No text could be made out on the page. Look at it, and ask for a clearer scan if it matters.")
    return PageWords(PageStatus.READ, ReadMethod.OCR, found.width * points, found.height * points, found.words, found.rotation)


def recognise(picture: Image.Image) -> Recognised:
    """Return the words of `picture` (shades of grey), with boxes on the upright and straightened page."""
    turn = 90 if _lies_sideways(np.asarray(picture)) else 0
    best = _read(_turned(picture, turn))
    if _quality(best) < _POOR:
        other = _read(_turned(picture, (turn + 180) % 360))
        if _quality(other) > _quality(best):
            best, turn = other, (turn + 180) % 360
    size = picture.size if turn in (0, 180) else picture.size[::-1]
    return Recognised(best, turn, *size)


def upright(picture: Image.Image, rotation: int, *, straighten: bool) -> Image.Image:
    """Return `picture` turned clockwise by `rotation` degrees and straightened: the page that boxes of words refer to."""
    turned = _turned(picture, rotation)
    return _straightened(turned) if straighten else turned


def is_blank(picture: Image.Image) -> bool:
    """Return whether nothing is printed: no more ink than specks, holes and the shadows of the edges leave."""
    grey = np.asarray(picture.reduce(max(1, max(picture.size) // 1100)))
    height, width = grey.shape
    inner = cv2.medianBlur(grey[height // 25 : height - height // 25, width // 20 : width - width // 20], 3)
    return float(np.mean(_ink(inner))) < 0.0004


def _quality(words: tuple[Word, ...]) -> float:
    """Return how sure the reader was, by letters; 0 for next to nothing."""
    letters = sum(len(w.text) for w in words)
    return sum(w.confidence * len(w.text) for w in words) / letters if letters > 20 else 0.0


# -- orientation and skew --------------------------------------------------------------------------------------------


def _turned(picture: Image.Image, rotation: int) -> Image.Image:
    turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return picture.transpose(turns[rotation]) if rotation else picture


def _ink(grey: _Grey) -> NDArray[np.uint8]:
    """Return 1 where a pixel is darker than its surroundings, else 0: shadows and paper colour drop out."""
    return cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 15).astype(np.uint8)


def _small(grey: _Grey, longest: int) -> _Grey:
    scale = longest / max(grey.shape)
    return cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey


def _lies_sideways(grey: _Grey) -> bool:
    """Return whether lines of text run from top to bottom: the ink then varies more across the page than down it."""
    ink = _ink(_small(grey, 1000)).astype(np.float64)
    down, across = np.diff(ink.sum(axis=1)), np.diff(ink.sum(axis=0))
    return bool((across**2).mean() / ink.shape[0] > 1.3 * (down**2).mean() / ink.shape[1])


def _skew(grey: _Grey) -> float:
    """Return the angle in degrees, within 5, at which the ink of the page falls into the sharpest rows."""
    ink = _ink(_small(grey, 1000))
    height, width = ink.shape
    rows, columns = np.nonzero(ink)

    def sharpness(angle: float) -> float:
        shifted = (rows - np.tan(np.radians(angle)) * (columns - width / 2) + height).astype(np.int32)
        counts = np.bincount(shifted, minlength=3 * height).astype(np.float64)
        return float((np.diff(counts) ** 2).sum())

    coarse = max(np.arange(-5, 5.01, 0.25), key=sharpness)
    return float(max(np.arange(coarse - 0.2, coarse + 0.21, 0.05), key=sharpness))


def _straightened(picture: Image.Image) -> Image.Image:
    grey = np.asarray(picture)
    angle = _skew(grey)
    if abs(angle) < 0.1:
        return picture
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    return Image.fromarray(cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255,)))


# -- recognition -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def has_tesseract() -> bool:
    """Return whether the tesseract program is installed."""
    return shutil.which(pytesseract.pytesseract.tesseract_cmd) is not None


def _read(picture: Image.Image) -> tuple[Word, ...]:
    straight = _straightened(picture)
    return _read_with_tesseract(straight) if has_tesseract() else _read_with_rapidocr(straight)


def _read_with_tesseract(picture: Image.Image) -> tuple[Word, ...]:
    passed = picture.copy()
    passed.format = "BMP"  # what pytesseract hands over; PNG, its default, costs a fifth of a second to pack
    found = pytesseract.image_to_data(passed, lang="eng", config="--psm 6 --oem 1", output_type=pytesseract.Output.DICT)
    width, height = picture.size
    words = []
    for text, sure, x, y, w, h in zip(*(found[k] for k in ("text", "conf", "left", "top", "width", "height")), strict=True):
        if text.strip() and float(sure) >= 100 * _LEAST_CONFIDENCE:
            words.append(Word(text.strip(), Box(x / width, y / height, (x + w) / width, (y + h) / height), float(sure) / 100))
    return tuple(words)


@lru_cache(maxsize=1)
def load_rapidocr() -> "RapidOCR":
    from rapidocr import RapidOCR

    return RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 1, "Global.log_level": "error"})


def _read_with_rapidocr(picture: Image.Image) -> tuple[Word, ...]:
    found = load_rapidocr()(cv2.cvtColor(np.asarray(picture), cv2.COLOR_GRAY2BGR), use_cls=False)
    if found.boxes is None:
        return ()
    width, height = picture.size
    words: list[Word] = []
    for corners, text, sure in zip(found.boxes, found.txts, found.scores, strict=True):
        (x0, top), (x1, bottom) = corners.min(axis=0), corners.max(axis=0)
        step, at = (x1 - x0) / max(len(text), 1), 0
        for word in text.split():
            at = text.index(word, at)
            box = Box((x0 + at * step) / width, top / height, (x0 + (at + len(word)) * step) / width, bottom / height)
            words.append(Word(word, box, float(sure)))
            at += len(word)
    return tuple(words)
