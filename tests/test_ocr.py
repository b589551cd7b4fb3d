"""Pictures -> words: real pictures made here, turned, slanted, blank, damaged and hostile."""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytesseract
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.domain import Box, PageStatus, ReadMethod, Word
from app.reading.contents import Unreadable
from app.reading.page_words import PageWords
from app.reading.picture import PictureFile
from app.reading.second_reading import reread_amounts, tidied
from app.reading.straighten import is_blank, is_noise, lies_sideways, rotated, skew_of
from app.reading.tesseract import has_tesseract
from app.settings import Settings

ROWS = (
    ("Statement of position", ""),
    ("Tangible assets", "12,345"),
    ("Trade receivables", "(6,789)"),
    ("Inventories", "4,250"),
    ("Total current assets", "9,806"),
)
NUMBERS = {"12,345", "(6,789)", "4,250", "9,806"}


def scan() -> Image.Image:
    """Return a picture of a small page at 150 dots per inch."""
    picture = Image.new("L", (1000, 620), 255)
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(34)
    for i, (label, number) in enumerate(ROWS):
        draw.text((90, 80 + 80 * i), label, fill=0, font=font)
        draw.text((880, 80 + 80 * i), number, fill=0, font=font, anchor="ra")
    return picture


def saved(picture: Image.Image, path: Path, **how: object) -> Path:
    picture.save(path, **how)  # type: ignore[arg-type]
    return path


def read(path: Path, number: int = 1) -> PageWords:
    file = PictureFile(path, Settings())
    try:
        return file.read(number)
    finally:
        file.close()


def texts(page: PageWords) -> set[str]:
    return {w.text for w in page.words}


def top_of(page: PageWords, text: str) -> float:
    return next(w.box.top for w in page.words if w.text == text)


@pytest.fixture
def without_tesseract(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", "no-such-program")
    has_tesseract.cache_clear()
    yield
    has_tesseract.cache_clear()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif"])
def test_a_picture_gives_words_with_places_and_confidence(tmp_path: Path, name: str) -> None:
    page = read(saved(scan(), tmp_path / name, dpi=(150, 150)))
    assert (page.status, page.method, page.rotation) == (PageStatus.READ, ReadMethod.OCR, 0)
    assert (page.width, page.height) == pytest.approx((480, 297.6))
    assert texts(page) >= NUMBERS
    found = next(w for w in page.words if w.text == "12,345")
    assert (found.box.x1, found.box.top) == pytest.approx((0.88, 0.27), abs=0.03)
    assert 0.5 < found.confidence <= 1


def test_an_upside_down_scan_is_turned(tmp_path: Path) -> None:
    page = read(saved(scan().transpose(Image.Transpose.ROTATE_180), tmp_path / "a.png"))
    assert page.rotation == 180
    assert texts(page) >= NUMBERS
    assert top_of(page, "12,345") < top_of(page, "9,806")


@pytest.mark.parametrize(("stands", "needed"), [(Image.Transpose.ROTATE_90, 90), (Image.Transpose.ROTATE_270, 270)], ids=["left", "right"])
def test_a_scan_on_its_side_is_turned(tmp_path: Path, stands: Image.Transpose, needed: int) -> None:
    page = read(saved(scan().transpose(stands), tmp_path / "a.png", dpi=(150, 150)))
    assert page.rotation == needed
    assert (page.width, page.height) == pytest.approx((480, 297.6), abs=0.1)
    assert texts(page) >= NUMBERS


def test_a_photo_turned_by_its_camera_settings_is_read_upright(tmp_path: Path) -> None:
    settings = Image.Exif()
    settings[0x0112] = 6  # the camera lay on its side
    page = read(saved(scan().transpose(Image.Transpose.ROTATE_90), tmp_path / "a.jpg", exif=settings))
    assert page.rotation == 0
    assert texts(page) >= NUMBERS


@pytest.mark.parametrize("angle", [-3.0, 0.0, 1.3])
def test_skew_is_measured_and_undone(angle: float) -> None:
    slanted = rotated(scan(), angle)
    assert skew_of(slanted) == pytest.approx(-angle, abs=0.15)


def test_a_slanted_scan_is_read(tmp_path: Path) -> None:
    assert texts(read(saved(rotated(scan(), 2.0), tmp_path / "a.png"))) >= NUMBERS


def test_the_drawn_page_is_the_one_that_the_places_refer_to(tmp_path: Path) -> None:
    path = saved(rotated(scan(), 2.0).transpose(Image.Transpose.ROTATE_180), tmp_path / "a.png", dpi=(150, 150))
    page = read(path)
    file = PictureFile(path, Settings())
    drawn = np.asarray(file.picture(1, 150, page.rotation))
    file.close()
    box = next(w.box for w in page.words if w.text == "(6,789)")
    height, width = drawn.shape
    inside = drawn[int(box.top * height) : int(box.bottom * height), int(box.x0 * width) : int(box.x1 * width)]
    assert (inside < 128).mean() > 0.1


def test_upright_text_does_not_lie_sideways() -> None:
    assert not lies_sideways(scan())
    assert lies_sideways(scan().transpose(Image.Transpose.ROTATE_90))


def test_an_empty_sheet_with_specks_and_a_shadow_is_blank(tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    sheet = np.clip(noise.normal(238, 4, (1650, 1275)), 0, 255)
    sheet[:, :20] = 60
    sheet[noise.integers(0, 1650, 40), noise.integers(0, 1275, 40)] = 0
    assert read(saved(Image.fromarray(sheet.astype(np.uint8)), tmp_path / "a.png")).status is PageStatus.BLANK


def test_a_sheet_with_one_line_is_not_blank() -> None:
    sheet = Image.new("L", (1275, 1650), 255)
    ImageDraw.Draw(sheet).text((500, 700), "Page left empty", fill=0, font=ImageFont.load_default(24))
    assert not is_blank(sheet)


def test_a_picture_without_words_is_unreadable_rather_than_blank(tmp_path: Path) -> None:
    sheet = Image.new("L", (800, 800), 255)
    ImageDraw.Draw(sheet).ellipse((300, 300, 500, 500), fill=0)
    with pytest.raises(Unreadable, match="No text could be made out"):
        read(saved(sheet, tmp_path / "a.png"))


@pytest.mark.parametrize("shades", ["1", "L"])
def test_a_picture_of_noise_is_refused_before_anything_is_made_of_it(tmp_path: Path, shades: str) -> None:
    noise = Image.frombytes(shades, (1_600, 1_600), np.random.default_rng(7).bytes(1_600 * 1_600 // (8 if shades == "1" else 1)))
    noise.save(tmp_path / "a.png")
    with pytest.raises(Unreadable, match="noise"):
        PictureFile(tmp_path / "a.png", Settings()).read(1)


def test_a_fax_full_of_specks_is_no_noise() -> None:
    printed = np.asarray(scan()).copy()
    printed[np.random.default_rng(7).random(printed.shape) < 0.15] = 0
    assert not is_noise(Image.fromarray(printed))


def test_a_picture_of_a_few_pixels_is_refused(tmp_path: Path) -> None:
    Image.new("L", (400, 9), 255).save(tmp_path / "a.png")
    with pytest.raises(Unreadable, match="400 by 9 pixels"):
        PictureFile(tmp_path / "a.png", Settings()).read(1)


@pytest.mark.usefixtures("without_tesseract")
def test_without_tesseract_the_wheel_alone_reads_the_page(tmp_path: Path) -> None:
    assert not has_tesseract()
    page = read(saved(scan(), tmp_path / "a.png"))
    assert texts(page) >= NUMBERS
    assert top_of(page, "12,345") < top_of(page, "9,806")


def test_each_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    blank = Image.new("L", (600, 400), 255)
    path = saved(scan(), tmp_path / "a.tif", save_all=True, append_images=[blank, scan()])
    file = PictureFile(path, Settings())
    assert file.page_count == 3
    assert [file.read(n).status for n in (1, 2, 3)] == [PageStatus.READ, PageStatus.BLANK, PageStatus.READ]
    file.close()


def test_transparent_paper_is_white(tmp_path: Path) -> None:
    ink = Image.new("L", (1000, 620), 0)
    ink.putalpha(scan().point(lambda value: 255 - value))
    assert texts(read(saved(ink, tmp_path / "a.png"))) >= NUMBERS


def bomb(path: Path, side: int) -> Path:
    """Write a PNG of `side` by `side` white pixels, a fraction of that in bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\x00" + b"\xff" * (side // 8)) * side, 1)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"16000 by 16000 pixels.*LOANLENS_MAX_PAGE_PIXELS"):
        read(bomb(tmp_path / "a.png", 16_000))


@pytest.mark.parametrize("kept", [30, 2000])
def test_a_damaged_picture_is_refused(tmp_path: Path, kept: int) -> None:
    path = saved(scan(), tmp_path / "a.png")
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(Unreadable, match="damaged"):
        read(path)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("12.719", "12,719"),
        ("1,009.8", "1,009.8"),
        ("1.009.8", "1,009.8"),
        ("3,289.152", "3,289,152"),
        ("(1.234", "(1,234"),
        ("{1,234}", "(1,234)"),
        ("12.34", "12.34"),
        ("0.001", "0.001"),
        ("1, 234", "1,234"),
        ("1,885,.480", "1,885,480"),
        ("Total", "Total"),
        ("No. 4", "No. 4"),
    ],
)
def test_separators_that_ocr_confuses_are_put_right(text: str, printed: str) -> None:
    assert tidied(text) == printed


def test_a_misread_number_is_put_right_by_its_second_reading() -> None:
    picture = scan()
    words = [Word(label, Box(0.09, 0.13 * i + 0.14, 0.4, 0.13 * i + 0.19), 0.95) for i, (label, _) in enumerate(ROWS) if i]
    numbers = [Word(number, Box(0.77, 0.13 * i + 0.14, 0.88, 0.13 * i + 0.19), 0.6) for i, (_, number) in enumerate(ROWS) if i]
    numbers[0] = Word("12,846", numbers[0].box, 0.6)
    found = {w.text: w for w in reread_amounts(np.asarray(picture), [*words, *numbers])}
    assert "12,846" not in found
    assert found["12,345"].confidence <= 0.5, "two readings that differ leave a doubt"
    assert found["12,345"].alternatives == ("12,846",), "and the other reading is kept"
    assert found["9,806"].confidence > 0.9, "two readings that agree leave none"
