"""A PDF -> the traces that changing it may have left: in how it was saved, and in how its figures are drawn.

Runs in the reading process. It collects and weighs nothing: `rules/themes/untampered.py` says which traces matter where.
"""

import ctypes
import math
import mmap
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
import pypdfium2
from pypdfium2 import raw

from app.domain import Box, Signal, SignalKind
from app.reading.straighten import Grey

#: Programs that change a finished PDF; those that make one, or scan, print, sign or merge, are none.
_EDITORS = re.compile(
    r"ilovepdf|smallpdf|sejda|pdfescape|pdffiller|pdf-?xchange editor|foxit (?:phantom|pdf editor)|phantompdf|nitro (?:pro|pdf)|dochub"
    r"|soda ?pdf|pdf ?candy|pdf2go|pdfsam (?:enhanced|visual)|wondershare|pdfelement|infix|pdf ?buddy|pdf ?editor|editor.{0,12}pdf"
    r"|pdf ?studio|xodo|lightpdf|master pdf|photoshop|illustrator|gimp|canva|inkscape|coreldraw|affinity|qoppa|formswift|deftpdf|hipdf",
    re.IGNORECASE,
)
_DATE = re.compile(r"D?:?(\d{14})")
_LATER = timedelta(hours=1)  # by which saving takes longer than making
_AMOUNT = re.compile(r"[-(]?[$£€]?\d[\d,]*(?:\.\d\d)?\)?")
_DIGITS = 3  # that make a number an amount
_STYLE = re.compile(r"[-,]?(?:bold|semibold|medium|regular|roman|italic|oblique|light|black|heavy|book|mt|ps|std)+$|[-,]$", re.IGNORECASE)
_WHITE = 250  # of 255: lighter than this is paper
_PALE = 235  # text lighter than this is not seen on paper
_LEGIBLE = 1.5  # points that a line of letters is high at least, to be read
_GROUND_SCALE = 1.5  # pixels a point: enough to tell what colour a text stands on
_MANY = 10  # amounts in one font before another is odd
_ODD = 3  # amounts in another font that may be odd; more are a design
_SIZES = 0.06  # share by which letters of one size may differ
_COVERS = 0.6  # share of a text under a patch, or of one text under another
_RULE = 2.5  # points: what is no thicker is a line
_ROW = 2.0  # points by which the figures of a row or column may be off
_CELL = 24.0  # points: side of the squares in which neighbours are looked for
_TEXT, _PATH, _IMAGE = raw.FPDF_PAGEOBJ_TEXT, raw.FPDF_PAGEOBJ_PATH, raw.FPDF_PAGEOBJ_IMAGE


@dataclass(frozen=True, slots=True)
class _Mark:
    """One thing drawn on a page, in the order drawn: its kind, its edges from the bottom left in points, its colour if opaque."""

    order: int
    kind: int
    left: float
    bottom: float
    right: float
    top: float
    fill: tuple[int, int, int] | None
    text: str = ""
    font: str = ""
    size: float = 0.0
    invisible: bool = False

    @property
    def height(self) -> float:
        return self.top - self.bottom

    @property
    def area(self) -> float:
        return max(0.0, self.right - self.left) * max(0.0, self.height)

    def shared(self, other: "_Mark") -> float:
        """Return the area that two marks have in common."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(0.0, across) * max(0.0, down)

    @property
    def is_light(self) -> bool:
        return self.fill is not None and min(self.fill) >= _WHITE


def file_signals(metadata: Mapping[str, str], path: Path) -> tuple[Signal, ...]:
    """Return what tells how a file was made and saved: its program, an editor, a later change, savings after the first."""
    programs = [metadata[key].strip() for key in ("Creator", "Producer") if metadata.get(key, "").strip()]
    found = [Signal(SignalKind.PROGRAM, name) for name in dict.fromkeys(programs)]
    found += [Signal(SignalKind.EDITOR, name) for name in dict.fromkeys(programs) if _EDITORS.search(name)]
    made, changed = (_moment(metadata.get(key, "")) for key in ("CreationDate", "ModDate"))
    if made and changed and changed - made > _LATER:
        found.append(Signal(SignalKind.CHANGED_LATER, f"made {made:%Y-%m-%d %H:%M}, changed {changed:%Y-%m-%d %H:%M}"))
    if (again := _savings_after_the_first(path)) > 0:
        found.append(Signal(SignalKind.SAVED_AGAIN, str(again)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Written:
    """An amount of a text layer: its font, its place, and whether something drawn later lies over it."""

    text: str
    font: str
    box: Box
    overlaid: bool


def amounts_written(page: pypdfium2.PdfPage) -> tuple[Written, ...]:
    """Return the amounts of an upright page that are drawn as text. Raises PdfiumError for a damaged page."""
    marks = _marks(page)
    over = _by_cell(mark for mark in marks if mark.kind != _TEXT and min(mark.height, mark.right - mark.left) > _RULE and _paints(mark))
    found = []
    for run in _runs([mark for mark in marks if mark.kind == _TEXT and mark.text]):
        box = _box(run, page)
        if _is_amount(run) and not run.invisible and box is not None and box.x0 < box.x1 and box.top < box.bottom:
            overlaid = any(mark.order > run.order and mark.shared(run) > 0 for mark in _neighbours(over, run))
            found.append(Written(run.text.strip(), run.font, box, overlaid))
    return tuple(found)


def page_signals(page: pypdfium2.PdfPage) -> tuple[Signal, ...]:
    """Return the traces on one page with a text layer. Raises PdfiumError for a damaged page."""
    marks = _marks(page)
    letters = [mark for mark in marks if mark.kind == _TEXT and mark.text]
    runs = _runs(letters)
    found = [(SignalKind.OTHER_FONT, mark) for mark in _in_another_font(runs)]
    found += [(SignalKind.COVERED, mark) for mark in _covered(marks)]
    found += [(SignalKind.OVERLAPPING, mark) for mark in _overlapping(runs)]
    found += [(SignalKind.HIDDEN, mark) for mark in _hidden([*runs, *_repeated(marks, letters)], page)]
    return tuple(Signal(kind, mark.text.strip(), _box(mark, page)) for kind, mark in found)


# -- the file --------------------------------------------------------------------------------------------------------


def _moment(text: str) -> datetime | None:
    digits = _DATE.search(text)
    try:
        return datetime.strptime(digits[1] + "+0000", "%Y%m%d%H%M%S%z") if digits else None  # one clock wrote both dates
    except ValueError:
        return None


def _savings_after_the_first(path: Path) -> int:
    """Return how often changes were added to the end of a file; signing and filling in a form do so too and do not count."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data.find(b"/ByteRange") >= 0 or data.find(b"/AcroForm") >= 0:
            return 0
        ends = len(re.findall(rb"startxref\s+[1-9]", data))
        return ends - 1 - (data.find(b"/Linearized", 0, 2048) >= 0)


# -- the page --------------------------------------------------------------------------------------------------------


def _marks(page: pypdfium2.PdfPage) -> list[_Mark]:
    drawn = enumerate(page.get_objects(textpage=page.get_textpage()))
    return [mark for order, each in drawn if (mark := _mark(order, each)) is not None]


def _paints(mark: _Mark) -> bool:
    """Say whether a picture or shape hides what lies under it."""
    return mark.kind == _IMAGE or mark.fill is not None


def _mark(order: int, each: pypdfium2.PdfObject) -> _Mark | None:
    if each.type not in (_TEXT, _PATH, _IMAGE):
        return None
    left, bottom, right, top = _edges(each)
    fill = _fill(each)
    if not isinstance(each, pypdfium2.PdfTextObj):
        return _Mark(order, each.type, left, bottom, right, top, fill)
    matrix = each.get_matrix()
    size = each.get_font_size() * abs(matrix.d or matrix.b)
    invisible = raw.FPDFTextObj_GetTextRenderMode(each.raw) == raw.FPDF_TEXTRENDERMODE_INVISIBLE
    return _Mark(order, _TEXT, left, bottom, right, top, fill, each.extract(), _family(each.get_font().get_base_name()), size, invisible)


def _edges(each: pypdfium2.PdfObject) -> tuple[float, float, float, float]:
    """Return the edges of an object on the page: forms that hold it move and turn it."""
    edges: tuple[float, float, float, float] = each.get_bounds()
    form = each.container
    while form is not None:
        edges, form = form.get_matrix().on_rect(*edges), form.container
    return edges


def _fill(each: pypdfium2.PdfObject) -> tuple[int, int, int] | None:
    """Return the colour that fills an opaque object; None where it is not filled, or shows what lies under it."""
    if each.type == _PATH:
        mode, stroked = ctypes.c_int(), ctypes.c_int()
        if not raw.FPDFPath_GetDrawMode(each.raw, mode, stroked) or mode.value == raw.FPDF_FILLMODE_NONE:
            return None
    red, green, blue, alpha = ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint(), ctypes.c_uint()
    known = raw.FPDFPageObj_GetFillColor(each.raw, red, green, blue, alpha)
    return (red.value, green.value, blue.value) if known and alpha.value >= _WHITE else None


@lru_cache(maxsize=256)
def _family(name: str) -> str:
    """Return a font's family: bold and italic are of one family, and subsets of one font too."""
    return _STYLE.sub("", _STYLE.sub("", name.rpartition("+")[2])).lower()


def _runs(letters: Iterable[_Mark]) -> list[_Mark]:
    """Return the words of a page: letters drawn one after the other, side by side in one font, are joined."""
    runs: list[_Mark] = []
    for mark in letters:
        last = runs[-1] if runs else None
        if (
            last is not None
            and (last.font, last.fill, last.invisible) == (mark.font, mark.fill, mark.invisible)
            and abs(last.bottom - mark.bottom) <= _ROW
            and -0.5 <= mark.left - last.right <= 0.3 * max(mark.size, 1.0)
            and not last.text.endswith(" ")
        ):
            top, bottom = max(last.top, mark.top), min(last.bottom, mark.bottom)
            runs[-1] = replace(last, text=last.text + mark.text, right=mark.right, top=top, bottom=bottom)
        else:
            runs.append(mark)
    return runs


def _repeated(marks: Iterable[_Mark], letters: Sequence[_Mark]) -> Iterator[_Mark]:
    """Yield, with their text, the texts that PDFium leaves out for standing half over their like."""
    known = list(letters)
    for mark in marks:
        if mark.kind == _TEXT and not mark.text and mark.area > 0:
            width = mark.right - mark.left
            like = (a for a in known if a.font == mark.font and abs(a.right - a.left - width) < 0.01 * width and a.shared(mark) > 0)
            if (twin := next(like, None)) is not None:
                known.append(replace(mark, text=twin.text))
                yield known[-1]


def _is_amount(mark: _Mark) -> bool:
    text = mark.text.strip().replace(" ", "")
    return sum(c.isdigit() for c in text) >= _DIGITS and _AMOUNT.fullmatch(text) is not None


def _in_another_font(runs: Sequence[_Mark]) -> Iterator[_Mark]:
    """Yield the few amounts whose font or size is that of no other amount, in a row and a column of figures in another."""
    amounts = [run for run in runs if _is_amount(run)]
    usual = Counter((run.font, round(run.size)) for run in amounts)
    if not usual or usual.most_common(1)[0][1] < _MANY:
        return
    (font, _), _ = usual.most_common(1)[0]
    alike = [run for run in amounts if run.font == font]
    size = sorted(run.size for run in alike)[len(alike) // 2]
    same = [run for run in alike if abs(run.size - size) <= _SIZES * size]
    odd = [run for run in amounts if run.font != font or abs(run.size - size) > _SIZES * size]
    fonts = Counter((run.font, round(run.size, 1)) for run in odd)
    for run in odd if sum(fonts.values()) <= 2 * _ODD else ():
        column = [each for each in same if min(abs(each.right - run.right), abs(each.left - run.left)) <= 2 * _ROW]
        row = [
            each
            for each in runs
            if each is not run and abs(each.bottom - run.bottom) <= _ROW and each.font == font and not each.text.isspace()
        ]
        above = any(each.bottom > run.bottom for each in column) and any(each.bottom < run.bottom for each in column)
        if fonts[run.font, round(run.size, 1)] <= _ODD and above and row:
            yield run


def _covered(marks: Sequence[_Mark]) -> Iterator[_Mark]:
    """Yield the texts over which a small patch of paper was drawn later."""
    texts = _by_cell(mark for mark in marks if mark.kind == _TEXT and any(c.isalnum() for c in mark.text) and not mark.invisible)
    told: set[int] = set()
    for patch in marks:
        if (
            patch.kind == _TEXT
            or (patch.kind == _PATH and not patch.is_light)
            or patch.height > 4 * _CELL
            or patch.right - patch.left > 10 * _CELL
        ):
            continue
        for text in _neighbours(texts, patch):
            if text.order < patch.order and text.order not in told and patch.shared(text) >= _COVERS * text.area > 0:
                told.add(text.order)
                yield text


def _overlapping(runs: Sequence[_Mark]) -> Iterator[_Mark]:
    """Yield the amounts that another text with digits is printed over; the same text twice is print in bold."""
    written = [run for run in runs if any(c.isdigit() for c in run.text) and run.area > 0 and not run.invisible]
    cells = _by_cell(written)
    for run in written:
        for other in _neighbours(cells, run):
            smaller = min(run.area, other.area)
            if other.order > run.order and other.text.strip() != run.text.strip() and run.shared(other) >= _COVERS * smaller:
                yield run
                break


def _hidden(runs: Sequence[_Mark], page: pypdfium2.PdfPage) -> Iterator[_Mark]:
    """Yield the texts that nobody sees: not drawn, too small, in the paper's colour; and a few figures beside the page (many: a crop)."""
    left, bottom, right, top = page.get_cropbox()
    written = [run for run in runs if any(c.isalnum() for c in run.text)]
    amounts = [run for run in written if _is_amount(run)]
    beside = [a for a in amounts if not (left <= (a.left + a.right) / 2 <= right and bottom <= (a.bottom + a.top) / 2 <= top)]
    pale = [run for run in written if run.fill is not None and min(run.fill) >= _PALE and not run.invisible]
    ground = _ground(page) if pale else None
    for run in written:
        lost = ground is not None and run in pale and _is_on_paper(run, ground, (left, top))
        if run.invisible or run.height < _LEGIBLE or lost or (run in beside and len(beside) <= _ODD):
            yield run


def _ground(page: pypdfium2.PdfPage) -> Grey:
    """Return the page as it is seen, in shades of grey, not turned: white text may stand on any dark ground."""
    drawn: Grey = page.render(scale=_GROUND_SCALE, grayscale=True, rotation=(360 - page.get_rotation()) % 360).to_numpy()
    return drawn if drawn.ndim == 2 else drawn[:, :, 0]


def _is_on_paper(run: _Mark, ground: Grey, corner: tuple[float, float]) -> bool:
    """Say whether pale text stands on ground as pale as itself; what lies beside the page stands on none."""
    left, top = corner
    x0, y0, x1, y1 = (_GROUND_SCALE * edge for edge in (run.left - left, top - run.top, run.right - left, top - run.bottom))
    place = ground[max(0, int(y0)) : max(0, math.ceil(y1)), max(0, int(x0)) : max(0, math.ceil(x1))]
    return place.size > 0 and float(np.median(place)) >= _PALE


_Cells = Mapping[tuple[int, int], Sequence[_Mark]]


def _by_cell(marks: Iterable[_Mark]) -> _Cells:
    cells: dict[tuple[int, int], list[_Mark]] = defaultdict(list)
    for mark in marks:
        for cell in _cells_of(mark):
            cells[cell].append(mark)
    return cells


def _neighbours(cells: _Cells, mark: _Mark) -> Iterator[_Mark]:
    seen: set[int] = set()
    for cell in _cells_of(mark):
        for other in cells.get(cell, ()):
            if other.order not in seen and other is not mark:
                seen.add(other.order)
                yield other


def _cells_of(mark: _Mark) -> Iterator[tuple[int, int]]:
    """Yield the squares of the page that a mark lies in; of what is larger than a page, those of a page."""
    clamp = [max(-_CELL, min(edge, 200 * _CELL)) for edge in (mark.left, mark.right, mark.bottom, mark.top)]
    across, down = (range(int(low // _CELL), int(high // _CELL) + 1) for low, high in (clamp[:2], clamp[2:]))
    return ((x, y) for x in across for y in down)


def _box(mark: _Mark, page: pypdfium2.PdfPage) -> Box | None:
    """Return the place of a mark on an upright page, as a fraction of it."""
    left, bottom, right, top = page.get_cropbox()
    if page.get_rotation() or right <= left or top <= bottom:
        return None
    width, height = right - left, top - bottom
    edges = (mark.left - left) / width, (top - mark.top) / height, (mark.right - left) / width, (top - mark.bottom) / height
    x0, y0, x1, y1 = (min(1.0, max(0.0, edge)) for edge in edges)
    return Box(x0, y0, x1, y1)
