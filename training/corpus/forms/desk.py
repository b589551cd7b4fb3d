"""Fills in forms: a pen that writes anywhere on a page and notes which words state which fact.

What a form says is decided by the modules beside this one; here is how ink gets on paper. Lengths are points from the top left.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.domain import DocumentKind, Period
from training.corpus.designs import A4, LETTER
from training.corpus.paper import FONTS, NO_ROW, PlacedPage, PlacedWord, Shade, Stroke, width_of, wrapped

Value = int | Decimal | date | str
_TINTS = ((0.9, 0.9, 0.9), (0.86, 0.91, 0.96), (0.93, 0.95, 0.89), (0.96, 0.93, 0.87), (0.94, 0.94, 0.94))
DATE_STYLES = ("{m:02d}/{d:02d}/{y}", "{m:02d}/{d:02d}/{y}", "{m}/{d}/{y}", "{long} {d}, {y}", "{short} {d}, {y}", "{m:02d}-{d:02d}-{y}", "{y}-{m:02d}-{d:02d}", "{d} {long} {y}", "{d:02d}-{short}-{y}")
UK_DATE_STYLES = ("{d:02d}/{m:02d}/{y}", "{d} {long} {y}", "{d} {short} {y}", "{d:02d}.{m:02d}.{y}", "{d}/{m}/{y}")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


@dataclass(frozen=True, slots=True)
class Fact:
    """What a printed figure or text means. `page` counts within the document from 1; `box` is in points; `displayed` None: not printed."""

    concept: str
    value: Value
    displayed: str | None
    period: str = "current"
    page: int = 1
    box: tuple[float, float, float, float] | None = None
    label: str = ""
    notes: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Movement:
    """One transaction of a bank statement: deposits positive; `balance` where it is printed."""

    day: date
    description: str
    amount: Decimal
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PaperDocument:
    """One document on paper, with all that it says."""

    kind: DocumentKind
    pages: tuple[PlacedPage, ...]
    facts: tuple[Fact, ...] = ()
    periods: tuple[Period, ...] = ()
    currency: str = "USD"
    scale: int = 1
    form: str = ""
    subkind: str = ""
    transactions: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """How one form looks: font, size, margins, how it frames what is filled in, and how it writes dates and money."""

    font: str = "helvetica"
    size: float = 9.0
    paper: tuple[float, float] = LETTER
    margin: float = 48.0
    leading: float = 1.5
    frame: str = "lines"  # of fields: lines | blanks | boxes | grid | above | dotted
    rules: str = "rows"  # of tables: none | head | rows | grid | bands
    tint: tuple[float, float, float] = (0.9, 0.9, 0.9)
    shaded: bool = True
    entry: str = ""  # font of what is filled in; "": the form's own
    dates: str = DATE_STYLES[0]
    sign: str = "$"
    signs: bool = True
    cents: bool = False
    nil: str = "0"
    upper_heads: bool = False

    def day(self, day: date) -> str:
        """Return `day` as this form writes it."""
        return self.dates.format(d=day.day, m=day.month, y=day.year, long=MONTHS[day.month - 1], short=MONTHS[day.month - 1][:3])

    def digits(self, amount: int | Decimal) -> str:
        """Return an amount without its currency sign, negative in brackets."""
        if not amount:
            return self.nil
        text = f"{abs(amount):,.2f}" if self.cents or isinstance(amount, Decimal) else f"{abs(amount):,}"
        return f"({text})" if amount < 0 else text

    def face(self, bold: bool = False, italic: bool = False) -> str:
        """Return the form's font."""
        return FONTS[self.font][bold + 2 * italic]


def look(rng: random.Random, uk: bool = False) -> Look:
    """Return a random look."""
    font = rng.choice(("helvetica", "helvetica", "times", "vera", "courier"))
    size = rng.choice((8.0, 8.5, 9.0, 9.5, 10.0)) if font != "vera" else rng.choice((7.5, 8.0, 8.5))
    return Look(
        font, size if font != "courier" else min(size, 9.0), A4 if uk else LETTER, rng.uniform(36, 68), rng.uniform(1.3, 1.85),
        rng.choice(("lines", "blanks", "boxes", "grid", "above", "dotted")), rng.choice(("none", "head", "rows", "grid", "bands")), rng.choice(_TINTS), rng.random() < 0.5,
        rng.choice(("", "", "courier", "times")), rng.choice(UK_DATE_STYLES if uk else DATE_STYLES), "£" if uk else "$", rng.random() < 0.6, rng.random() < 0.2, rng.choice(("0", "-", "—", "0", "nil" if uk else "0")), rng.random() < 0.25,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """What is filled in somewhere: the text as printed and the fact it states ("" for none).

    `mark` is a sign glued before it; `row` is kept with the words, so that a planter finds them again.
    """

    text: str
    concept: str = ""
    value: Value = ""
    period: str = "current"
    mark: str = ""
    row: int = NO_ROW

    @property
    def printed(self) -> str:
        """Return what stands on paper."""
        return self.mark + self.text


Cell = Entry | str
Box = tuple[float, float, float, float]


def entry_of(cell: Cell) -> Entry:
    """Return a table's cell as an entry."""
    return Entry(cell) if isinstance(cell, str) else cell


@dataclass(slots=True)
class _Sheet:
    words: list[PlacedWord] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    shades: list[Shade] = field(default_factory=list)


@dataclass(slots=True)
class Desk:
    """A pen over a stack of forms of one look. `y` is the top of the line that is written next."""

    look: Look
    sheets: list[_Sheet] = field(default_factory=lambda: [_Sheet()])
    facts: list[Fact] = field(default_factory=list)
    y: float = 40.0
    head: tuple[str, str] = ("", "")  # stands at the top of every further page, left and right

    @property
    def left(self) -> float:
        """Return the left margin's edge."""
        return self.look.margin

    @property
    def right(self) -> float:
        """Return the right margin's edge."""
        return self.look.paper[0] - self.look.margin

    @property
    def pitch(self) -> float:
        """Return the distance from line to line."""
        return self.look.size * self.look.leading

    @property
    def bottom(self) -> float:
        """Return the lowest point that is written on."""
        return self.look.paper[1] - 44

    # -- ink ----------------------------------------------------------------------------------------------------------

    def write(self, text: str, x: float, *, y: float | None = None, size: float = 0.0, bold: bool = False, italic: bool = False, align: str = "left", face: str = "", row: int = NO_ROW) -> Box:
        """Write `text` from, to or around `x` at the current line and return its box."""
        size, face, top = size or self.look.size, face or self.look.face(bold, italic), self.y if y is None else y
        wide = width_of(text, face, size)
        x -= wide if align == "right" else wide / 2 if align == "center" else 0.0
        space, at = width_of(" ", face, size), x
        for word in text.split(" "):
            end = at + width_of(word, face, size)
            if word:
                self.sheets[-1].words.append(PlacedWord(word, at, top, end, top + size, face, size, 0, row))
            at = end + space
        return (x, top, x + wide, top + size)

    def fill(self, cell: Cell, x: float, *, label: str = "", align: str = "left", bold: bool = False, y: float | None = None, size: float = 0.0) -> Box:
        """Write an entry and note the fact it states."""
        entry = entry_of(cell)
        face = FONTS[self.look.entry][bold] if self.look.entry and isinstance(cell, Entry) else ""
        box = self.write(entry.printed, x, y=y, size=size, bold=bold, align=align, face=face, row=entry.row)
        self.note(entry, box, label)
        return box

    def note(self, entry: Entry, box: Box, label: str = "") -> None:
        """Note the fact that `entry` states in `box` of the current page."""
        if entry.concept:
            self.facts.append(Fact(entry.concept, entry.value, entry.text.strip("()- "), entry.period, len(self.sheets), box, label))

    def rule(self, x0: float, x1: float, *, y: float | None = None, width: float = 0.6) -> None:
        """Draw a horizontal rule."""
        y = self.y if y is None else y
        self.sheets[-1].strokes.append(Stroke(x0, y, x1, y, width))

    def upright(self, x: float, top: float, bottom: float, width: float = 0.5) -> None:
        """Draw a vertical rule."""
        self.sheets[-1].strokes.append(Stroke(x, top, x, bottom, width))

    def frame(self, x0: float, top: float, x1: float, bottom: float, *, tinted: bool = False, width: float = 0.6) -> None:
        """Draw a box, on a tinted ground if asked."""
        if tinted:
            self.sheets[-1].shades.append(Shade(x0, top, x1, bottom, self.look.tint))
        for y in (top, bottom):
            self.rule(x0, x1, y=y, width=width)
        for x in (x0, x1):
            self.upright(x, top, bottom, width)

    def shade(self, x0: float, top: float, x1: float, bottom: float) -> None:
        """Tint the ground of a rectangle."""
        self.sheets[-1].shades.append(Shade(x0, top, x1, bottom, self.look.tint))

    def paragraph(self, text: str, *, size: float = 0.0, bold: bool = False, italic: bool = False, left: float = 0.0, width: float = 0.0, align: str = "left") -> None:
        """Write `text` over as many lines as it takes and go below it."""
        size = size or self.look.size
        x, wide = left or self.left, width or self.right - (left or self.left)
        if not text.strip():
            self.y += size * 1.35
        for line in wrapped(text, self.look.face(bold, italic), size, wide):
            self.make_room(size * 1.4)
            self.write(line, x + (wide / 2 if align == "center" else wide if align == "right" else 0), size=size, bold=bold, italic=italic, align=align)
            self.y += size * 1.35

    def feed(self, lines: float) -> None:
        """Leave so many lines empty."""
        self.y += lines * self.pitch

    def turn_page(self) -> None:
        """Go to the top of a new page."""
        self.sheets.append(_Sheet())
        self.y = 40.0
        if any(self.head):
            self.write(self.head[0], self.left, size=8)
            self.write(self.head[1].replace("{page}", str(len(self.sheets))), self.right, size=8, align="right")
            self.y += 22

    def make_room(self, height: float) -> bool:
        """Turn the page where `height` points do not fit any more; say whether it was turned."""
        if self.y + height <= self.bottom:
            return False
        self.turn_page()
        return True

    def pages(self, foot: str = "") -> tuple[PlacedPage, ...]:
        """Return the pages written; `foot` stands at the bottom of each, {page} and {pages} filled in."""
        width, height = self.look.paper
        kept, made = self.sheets, []
        for number, sheet in enumerate(kept, 1):
            if foot:
                self.sheets = [sheet]
                self.write(foot.format(page=number, pages=len(kept)), width / 2, y=height - 32, size=7, align="center")
            made.append(PlacedPage(width, height, tuple(sheet.words), tuple(sheet.strokes), tuple(sheet.shades)))
        self.sheets = kept
        return tuple(made)


def fits(text: str, face: str, size: float, width: float) -> float:
    """Return the size, `size` at most, at which `text` is no wider than `width`."""
    wide = width_of(text, face, size)
    return size if wide <= width else size * width / wide


Rows = Sequence[Sequence[Cell]]
