"""Page pictures made small enough to lie inside the report: WebP as data URIs, within a budget of bytes for each page."""

import base64
import io
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache

from PIL import Image

#: With its base64 coat (4/3), six such pages and their spread stay below 2 MB.
PAGE_BYTES = 210_000
#: Pages that no figure stands on are there to be recognised, not to be read digit by digit.
PLAIN_PAGE_BYTES = 60_000
#: From the best picture to the smallest.
_WIDTHS_AND_QUALITIES = ((1275, 62), (1275, 40), (1100, 40), (1000, 40), (800, 40), (640, 30), (480, 20))


@dataclass(frozen=True, slots=True)
class Picture:
    """A page's picture as it lies in the report, with its size in pixels."""

    uri: str
    width: int
    height: int


def shrink(picture: bytes, most_bytes: int = PAGE_BYTES) -> Picture:
    """Return `picture` (PNG or JPEG) as the best WebP of at most `most_bytes`, never enlarged; the smallest tried where none fits."""
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    encoded = cache(lambda choice: _encoded(image, *choice))
    first = bisect_left(_WIDTHS_AND_QUALITIES, True, key=lambda choice: len(encoded(choice)[0]) <= most_bytes)
    webp, size = encoded(_WIDTHS_AND_QUALITIES[min(first, len(_WIDTHS_AND_QUALITIES) - 1)])
    return Picture("data:image/webp;base64," + base64.b64encode(webp).decode("ascii"), *size)


def _encoded(image: Image.Image, width: int, quality: int) -> tuple[bytes, tuple[int, int]]:
    sized = _narrowed(image, width)
    stream = io.BytesIO()
    sized.save(stream, "WEBP", quality=quality, method=2)
    return stream.getvalue(), sized.size


def _narrowed(image: Image.Image, width: int) -> Image.Image:
    if image.width <= width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
