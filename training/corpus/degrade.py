"""A clean page -> the same page as it comes out of a scanner, a fax or a telephone: same size in pixels, worse to read.

Every flaw is drawn from one random source: the same seed gives the same pixels.
"""

import io
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pypdfium2
from PIL import Image, ImageDraw, ImageFilter

Pixels = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ScanStyle:
    """What a device does to a page. Strengths are 0 for none; `skew` is in degrees, `blur` in points, `jpeg` a quality (0: not used)."""

    name: str
    dpi: int
    skew: float = 0.0
    perspective: float = 0.0  # share of the page that a corner moves at most
    blur: float = 0.0
    noise: float = 0.0  # standard deviation in shades of 255
    specks: float = 0.0  # per square inch
    shadow: float = 0.0  # share of light lost at the darkest edge
    stain: float = 0.0  # share of light lost within a stain
    paper: float = 1.0  # lightness of the paper
    ink: float = 0.0  # lightness of the ink
    threshold: float = 0.0  # black below this lightness, white above (a fax); 0: shades of grey stay
    jpeg: int = 0


def scan_style(rng: random.Random) -> ScanStyle:
    """Return a random device: an office scanner, an old copier, a fax or a telephone's camera."""
    return rng.choice((office_scanner, office_scanner, copier, fax, telephone))(rng)


def office_scanner(rng: random.Random) -> ScanStyle:
    """Return a flat-bed or sheet-fed scanner in good order: a little skew, JPEG."""
    return ScanStyle(
        "office scanner", rng.choice((150, 200, 200, 300)), rng.gauss(0, 0.4), 0.0, rng.uniform(0.05, 0.2), rng.uniform(1, 6), 0.05,
        rng.choice((0.0, 0.0, 0.1)), 0.0, rng.uniform(0.93, 1.0), rng.uniform(0.05, 0.2), 0.0, rng.randint(45, 90),
    )  # fmt: skip


def copier(rng: random.Random) -> ScanStyle:
    """Return a worn copier: specks, grey ground, a dark edge, letters that bleed; often in black and white only."""
    bilevel = rng.random() < 0.5
    return ScanStyle(
        "copier", rng.choice((200, 200, 300)), rng.gauss(0, 0.8), 0.0, rng.uniform(0.15, 0.35), rng.uniform(6, 16), rng.uniform(0.3, 2.5),
        0.0 if bilevel else rng.uniform(0.1, 0.3), rng.choice((0.0, 0.12)), rng.uniform(0.86, 0.96), rng.uniform(0.05, 0.25),
        rng.uniform(0.5, 0.65) if bilevel else 0.0, rng.randint(35, 75),
    )  # fmt: skip


def fax(rng: random.Random) -> ScanStyle:
    """Return a fax: black and white, ragged letters, specks."""
    return ScanStyle("fax", rng.choice((150, 200, 200)), rng.gauss(0, 0.6), 0.0, rng.uniform(0.1, 0.3), rng.uniform(8, 28), rng.uniform(0.1, 1.5), threshold=rng.uniform(0.45, 0.62))


def telephone(rng: random.Random) -> ScanStyle:
    """Return a telephone's camera: perspective, shadow, uneven light, blur."""
    return ScanStyle(
        "telephone", rng.choice((170, 200, 240)), rng.gauss(0, 1.0), rng.uniform(0.003, 0.015), rng.uniform(0.15, 0.3), rng.uniform(3, 9), 0.0,
        rng.uniform(0.15, 0.4), rng.choice((0.0, 0.0, 0.15)), rng.uniform(0.8, 0.95), rng.uniform(0.1, 0.25), 0.0, rng.randint(50, 85),
    )  # fmt: skip


# -- pages in ---------------------------------------------------------------------------------------------------------


def render(path: Path, number: int, dpi: int) -> Image.Image:
    """Return page `number` (from 1) of a PDF as a clean picture in shades of grey."""
    document = pypdfium2.PdfDocument(path)
    try:
        picture: Image.Image = document[number - 1].render(scale=dpi / 72, grayscale=True).to_pil()
        return picture.convert("L")
    finally:
        document.close()


def scan(path: Path, number: int, style: ScanStyle, rng: random.Random) -> Image.Image:
    """Return page `number` of a PDF as the device of `style` gives it, its resolution in `info["dpi"]`."""
    scanned = degrade(render(path, number, style.dpi), style, rng)
    scanned.info["dpi"] = (style.dpi, style.dpi)
    return scanned


# -- flaws ------------------------------------------------------------------------------------------------------------


def degrade(page: Image.Image, style: ScanStyle, rng: random.Random) -> Image.Image:
    """Return `page` (mode L, rendered at the style's resolution) with the flaws of `style`, in its own size."""
    moved = _moved(page, style, rng)
    if style.blur:
        moved = moved.filter(ImageFilter.GaussianBlur(style.blur * style.dpi / 72))
    _speck(moved, style, rng)
    light = style.ink + np.asarray(moved, np.float32) / 255 * (style.paper - style.ink)
    if style.shadow:
        light *= _shadow(light.shape, style.shadow, rng)
    if style.stain:
        light *= _stain(light.shape, style.stain, rng)
    light += np.random.default_rng(rng.getrandbits(32)).standard_normal(light.shape, np.float32) * (style.noise / 255)
    if style.threshold:
        light = (light > style.threshold).astype(np.float32)
    shades = Image.fromarray((np.clip(light, 0, 1) * 255).astype(np.uint8))
    return _through_jpeg(shades, style.jpeg) if style.jpeg and not style.threshold else shades


def _moved(page: Image.Image, style: ScanStyle, rng: random.Random) -> Image.Image:
    """Turn the page by its skew and let its corners wander, white coming in from beyond the edges."""
    turned = page.rotate(style.skew, Image.Resampling.BICUBIC, fillcolor=255) if style.skew else page
    if not style.perspective:
        return turned
    width, height = page.size
    corners = [(0, 0), (0, height), (width, height), (width, 0)]
    drift = [(x + rng.uniform(-1, 1) * style.perspective * width, y + rng.uniform(-1, 1) * style.perspective * height) for x, y in corners]
    return turned.transform(page.size, Image.Transform.PERSPECTIVE, _coefficients(corners, drift), Image.Resampling.BICUBIC, fillcolor=255)


def _coefficients(to: list[tuple[int, int]], source: list[tuple[float, float]]) -> list[float]:
    """Return the eight numbers by which Pillow maps the corners `to` of the result onto `source`."""
    rows = [row for (x, y), (u, v) in zip(to, source, strict=True) for row in ((x, y, 1, 0, 0, 0, -u * x, -u * y), (0, 0, 0, x, y, 1, -v * x, -v * y))]
    return [float(c) for c in np.linalg.solve(np.array(rows, float), np.array(source, float).reshape(8))]


def _speck(page: Image.Image, style: ScanStyle, rng: random.Random) -> None:
    """Put dust on the page: mostly dots of a fraction of a point, now and then a hair."""
    width, height = page.size
    draw, dot = ImageDraw.Draw(page), style.dpi / 72
    for _ in range(round(style.specks * width * height / style.dpi**2)):
        x, y, size = rng.uniform(0, width), rng.uniform(0, height), rng.expovariate(2.5) * dot
        if rng.random() < 0.03:
            draw.line((x, y, x + rng.uniform(-20, 20) * dot, y + rng.uniform(-20, 20) * dot), fill=rng.randint(60, 180))
        else:
            draw.ellipse((x, y, x + size, y + size * rng.uniform(0.5, 1.5)), fill=rng.randint(0, 150))


def _shadow(shape: tuple[int, ...], depth: float, rng: random.Random) -> Pixels:
    """Return the light that falls on each pixel: it fades towards one edge, more quickly close to it."""
    angle, power = rng.uniform(0, 2 * np.pi), rng.uniform(1.5, 6)
    down, across = np.linspace(-0.5, 0.5, shape[0], dtype=np.float32)[:, None], np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None, :]
    towards = np.clip(down * np.sin(angle) + across * np.cos(angle) + 0.5, 0, 1)
    return np.asarray(1 - depth * towards**power, np.float32)


def _stain(shape: tuple[int, ...], depth: float, rng: random.Random) -> Pixels:
    """Return the light that a round stain with a darker rim lets through."""
    radius = rng.uniform(0.05, 0.12) * shape[1]
    y, x = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
    down, across = np.arange(shape[0], dtype=np.float32)[:, None] - y, np.arange(shape[1], dtype=np.float32)[None, :] - x
    distance = np.sqrt(down**2 + across**2) / radius
    return np.asarray(1 - depth * (0.3 * (distance < 1) + 0.7 * np.exp(-(((distance - 1) / 0.06) ** 2))), np.float32)


def _through_jpeg(page: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    page.save(stream, "JPEG", quality=quality)
    stream.seek(0)
    return Image.open(stream).convert("L")
