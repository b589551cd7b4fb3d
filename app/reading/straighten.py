"""Picture geometry and clean-up before OCR: which way up a page lies, its skew, whether anything is printed on it."""

from operator import itemgetter
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Grey = NDArray[np.uint8]

#: Fewer different shades than this make a picture one of black and white, as a fax machine sends it.
_FEW_SHADES = 8
#: A run of ink longer than this part of the page, across or down, is a rule of a table and no stroke of a letter.
_RULE_ACROSS, _RULE_DOWN = 16, 30
#: Share of the page that specks, punched holes and shadows at the edges may blacken without a word being printed.
_SPECKS = 0.0004
#: Print and the specks of a bad fax change from light to dark far less often along a row; where pixels are drawn by lot it is a half.
_LEAST_NOISE = 0.4


def turned(picture: Image.Image, rotation: int) -> Image.Image:
    """Return `picture` turned clockwise by `rotation` degrees: 0, 90, 180 or 270."""
    turns = {90: Image.Transpose.ROTATE_270, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_90}
    return picture.transpose(turns[rotation]) if rotation else picture


def rotated(picture: Image.Image, angle: float) -> Image.Image:
    """Return `picture` turned counter-clockwise by a small `angle` in degrees, within its own frame."""
    if abs(angle) < 0.1:
        return picture
    grey = np.asarray(picture)
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    return Image.fromarray(cv2.warpAffine(grey, turn, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255,)))


def is_black_and_white(picture: Image.Image) -> bool:
    """Return whether the picture has no shades between, as a fax machine sends it."""
    return len(np.unique(np.asarray(picture)[::7])) <= _FEW_SHADES


def thickened(picture: Image.Image) -> Image.Image:
    """Return a black and white picture with its broken strokes joined and softened; any other as it is.

    Removing specks, enlarging, a median filter and other thresholds lost more numbers than they won (docs/decisions.md).
    """
    if not is_black_and_white(picture):
        return picture
    joined = cv2.morphologyEx(np.asarray(picture), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return Image.fromarray(cv2.GaussianBlur(joined, (0, 0), 0.7))


def softened(picture: Image.Image) -> Image.Image:
    """Return a picture whose specks are blurred into the paper, for a fax of shaded rows; it harms a clean page."""
    blurred = cv2.GaussianBlur(np.asarray(picture), (0, 0), 1.0).astype(np.float32)
    return Image.fromarray(np.clip((blurred - 60) * (255 / 140), 0, 255).astype(np.uint8))


def without_grid(picture: Image.Image) -> Image.Image:
    """Return a picture of a ruled table without its rules, into which Tesseract loses the words; any other as it is.

    A table is ruled where long rules run both ways. Rules that run across only, as over totals, stay: taking them away
    lost more numbers than it won.
    """
    grey = np.asarray(picture)
    ink = _ink(grey)
    height, width = grey.shape
    across = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, width // _RULE_ACROSS), np.uint8))
    down = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((height // _RULE_DOWN, 1), np.uint8))
    if down.sum() < height or across.sum() < width:
        return picture
    rules = cv2.dilate(np.maximum(across, down), np.ones((3, 3), np.uint8))
    return Image.fromarray(np.where(rules > 0, np.uint8(255), grey))


def lies_sideways(picture: Image.Image) -> bool:
    """Return whether lines of text run from top to bottom: the ink then falls into sharper columns than rows."""
    ink = _ink(_small(np.asarray(picture), 700))
    angles = np.arange(-4, 4.1, 0.5)
    _, in_rows = _sharpest(ink, angles)
    _, in_columns = _sharpest(np.ascontiguousarray(ink.T), angles)
    return in_columns > 1.3 * in_rows


def is_blank(picture: Image.Image) -> bool:
    """Return whether nothing is printed within the margins."""
    grey = _small(np.asarray(picture), 1100)
    height, width = grey.shape
    inner = cv2.medianBlur(grey[height // 25 : height - height // 25, width // 20 : width - width // 20], 3)
    return float(np.mean(_ink(cast(Grey, inner)))) < _SPECKS


def is_noise(picture: Image.Image) -> bool:
    """Return whether neighbouring pixels have next to nothing to do with each other."""
    dark = np.asarray(picture)[:: 1 + picture.height // 500] < 128  # rows enough to know
    return float(np.mean(dark[:, 1:] != dark[:, :-1])) > _LEAST_NOISE


def skew_of(picture: Image.Image) -> float:
    """Return the angle in degrees, within 5 either way, by which the page is to be turned counter-clockwise to be level.

    It is the one at which the ink falls into the sharpest rows.
    """
    ink = _ink(_small(np.asarray(picture), 1000))
    coarse, _ = _sharpest(ink, np.arange(-5, 5.01, 0.25))
    fine, _ = _sharpest(ink, np.arange(coarse - 0.2, coarse + 0.21, 0.05))
    return fine


def _sharpest(ink: Grey, angles: NDArray[np.float64]) -> tuple[float, float]:
    """Return the angle by which the ink, turned, falls into the sharpest rows, and how sharp they are."""
    height, width = ink.shape
    rows, columns = np.nonzero(ink)

    def sharpness(angle: float) -> float:
        shifted = (rows - np.tan(np.radians(angle)) * (columns - width / 2) + width).astype(np.int32)
        counts = np.bincount(shifted, minlength=height + 2 * width).astype(np.float64)
        return float((np.diff(counts) ** 2).sum())

    return max(((float(angle), sharpness(angle)) for angle in angles), key=itemgetter(1))


def _ink(grey: Grey) -> Grey:
    """Return 1 where a pixel is darker than its surroundings, else 0: shadows and paper colour drop out."""
    return cast(Grey, cv2.adaptiveThreshold(grey, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 31, 15))


def _small(grey: Grey, longest: int) -> Grey:
    scale = longest / max(grey.shape)
    return cast(Grey, cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)) if scale < 1 else grey
