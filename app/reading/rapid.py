"""RapidOCR: reads whole pages where Tesseract is missing, and gives single numbers a second reading. Its wheel carries its models."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from app.domain import Box, Word
from app.reading.straighten import Grey

if TYPE_CHECKING:
    from rapidocr import RapidOCR
    from rapidocr.ch_ppocr_rec.typings import TextRecOutput
    from rapidocr.utils.output import RapidOCROutput


@lru_cache(maxsize=1)
def load_rapidocr() -> "RapidOCR":
    """Return the reader, loaded once for each process."""
    from rapidocr import RapidOCR

    # Crops of numbers are short: padding them to 160 pixels instead of 320 halves their time.
    return RapidOCR(
        params={"EngineConfig.onnxruntime.intra_op_num_threads": 1, "Global.log_level": "error", "Rec.rec_img_shape": [3, 48, 160]}
    )


def read_page(grey: Grey) -> tuple[Word, ...]:
    """Return the words of a page. It finds lines of text; the places of the words in them are in proportion to their letters."""
    found = cast("RapidOCROutput", load_rapidocr()(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), use_cls=False))
    if found.boxes is None or found.txts is None or found.scores is None:
        return ()
    height, width = grey.shape
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


@lru_cache(maxsize=1)
def load_recogniser() -> "Callable[[list[Grey]], TextRecOutput]":
    """Return the part that reads crops of one line each; the reader's public call takes one at a time, six times slower."""
    from rapidocr.ch_ppocr_rec.typings import TextRecInput

    recogniser = load_rapidocr()._load_rec_model()  # type: ignore[no-untyped-call]  # noqa: SLF001

    def recognise(crops: list[Grey]) -> "TextRecOutput":
        found: TextRecOutput = recogniser(TextRecInput(img=crops))
        return found

    return recognise


def read_crops(crops: Sequence[Grey]) -> list[tuple[str, float]]:
    """Return the text of each crop, which holds one line, and how sure it is (0..1). About 12 ms each."""
    if not crops:
        return []
    found = load_recogniser()([cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR).astype(np.uint8) for crop in crops])
    return list(zip(found.txts or (), map(float, found.scores), strict=True))
