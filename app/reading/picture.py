"""PNG, JPEG and TIFF (of several pages) -> the words of their pages; checked before a pixel is decoded."""

from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from app.reading import ocr
from app.reading.contents import Unreadable
from app.reading.page_words import PageWords
from app.settings import Settings

# Pillow's own limit warns and raises by a number that no setting names; ours is checked before decoding.
Image.MAX_IMAGE_PIXELS = None

#: What Pillow is known to raise for a malformed file.
_MALFORMED = (UnidentifiedImageError, OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, EOFError)
#: Resolution assumed where a picture does not say a likely one: letter paper photographed or scanned.
_USUAL_DPI = 200


class PictureFile:
    """An open picture file; pages are numbered from 1."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._settings = settings
        try:
            self._image = Image.open(path, formats=("PNG", "JPEG", "TIFF"))
            self._count = int(getattr(self._image, "n_frames", 1))
        except _MALFORMED as error:
            raise Unreadable("The picture is damaged and cannot be opened. Ask the sender to scan or save it again.") from error

    @property
    def page_count(self) -> int:
        """Return the number of pages: frames of a TIFF, else 1."""
        return self._count

    def close(self) -> None:
        """Close the file."""
        self._image.close()

    def read(self, number: int) -> PageWords:
        """Return the words of page `number`. Raises Unreadable."""
        picture, dpi = self._decoded(number)
        return ocr.read_picture(picture, 72 / dpi)

    def picture(self, number: int, dpi: int, rotation: int) -> Image.Image:
        """Return page `number` at `dpi` at most, as the boxes of its words refer to it: turned by `rotation` and straightened."""
        decoded, its_dpi = self._decoded(number)
        shown = ocr.upright(decoded, rotation, straighten=True)
        shown.thumbnail((shown.width * dpi // its_dpi + 1, shown.height * dpi // its_dpi + 1))
        return shown

    def _decoded(self, number: int) -> tuple[Image.Image, int]:
        """Return the page as its camera or scanner meant it, in shades of grey, and its resolution in dots per inch."""
        try:
            self._image.seek(number - 1)
            self._refuse_too_large()
            dpi = _resolution(self._image)
            return _on_white(ImageOps.exif_transpose(self._image)), dpi
        except _MALFORMED as error:
            raise Unreadable("The picture is damaged or cut off. Ask the sender to scan or save it again.") from error

    def _refuse_too_large(self) -> None:
        width, height = self._image.size
        if width * height > self._settings.max_page_pixels:
            raise Unreadable(
                f"The picture is {width} by {height} pixels large, more than is read"
                f" ({self._settings.max_page_pixels:,}; LOANLENS_MAX_PAGE_PIXELS). Ask for a scan at 200 to 300 dots per inch."
            )


def _resolution(image: Image.Image) -> int:
    said = image.info.get("dpi", (0, 0))[0]
    return round(float(said)) if 70 <= float(said) <= 1200 else _USUAL_DPI


def _on_white(image: Image.Image) -> Image.Image:
    """Return the image in shades of grey, what is transparent in it white."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(white, layered).convert("L")
    if image.mode.startswith("I"):
        return image.point(lambda value: value / 256).convert("L")
    return image.convert("L")
