"""Writes words on pages from top to bottom: the pen knows where it stands, and turns the page."""

from dataclasses import dataclass, field

from training.corpus.designs import Design
from training.corpus.paper import NO_ROW, PlacedPage, PlacedWord, Shade, Stroke, descent_of, width_of, wrapped


@dataclass(slots=True)
class _Sheet:
    words: list[PlacedWord] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    shades: list[Shade] = field(default_factory=list)


@dataclass(slots=True)
class Pen:
    """A pen on a stack of pages in one design. `y` is the top of the next line; what it writes belongs to `statement` and `row`."""

    design: Design
    sheets: list[_Sheet] = field(default_factory=list)
    y: float = 0.0
    statement: int = 0
    row: int = NO_ROW

    @property
    def left(self) -> float:
        """Return the left margin's edge."""
        return self.design.margins[0]

    @property
    def right(self) -> float:
        """Return the right margin's edge."""
        return self.design.paper[0] - self.design.margins[2]

    @property
    def bottom(self) -> float:
        """Return the bottom margin's edge."""
        return self.design.paper[1] - self.design.margins[3]

    def turn_page(self) -> None:
        """Go to the top of a new page."""
        self.sheets.append(_Sheet())
        self.y = self.design.margins[1]

    def feed(self, ems: float) -> None:
        """Leave `ems` of the body size empty."""
        self.y += ems * self.design.size

    def has_room_for(self, lines: float) -> bool:
        """Return whether so many lines fit above the bottom margin."""
        return self.y + lines * self.design.pitch <= self.bottom

    # -- text ---------------------------------------------------------------------------------------------------------

    def write(self, text: str, x: float, face: str, size: float, down: float = 0.0) -> float:
        """Write `text` from `x` on the current line (or `down` points below it) and return where it ends."""
        pitch = self.design.pitch * size / self.design.size
        base = self.y + down + (pitch + size) / 2 + descent_of(self.design.face()) * size
        space = width_of(" ", face, size)
        bottom = base - descent_of(face) * size
        for word in text.split(" "):
            end = x + width_of(word, face, size)
            if word:
                self.sheets[-1].words.append(PlacedWord(word, x, bottom - size, end, bottom, face, size, self.statement, self.row))
            x = end + space
        return x - space

    def write_to(self, text: str, x: float, face: str, size: float, down: float = 0.0) -> float:
        """Write `text` so that it ends at `x` and return where it begins."""
        start = x - width_of(text, face, size)
        self.write(text, start, face, size, down)
        return start

    def write_around(self, text: str, x: float, face: str, size: float, down: float = 0.0) -> float:
        """Write `text` with its middle at `x` and return where it begins."""
        return self.write_to(text, x + width_of(text, face, size) / 2, face, size, down)

    def paragraph(self, text: str, face: str, align: str = "left", scale: float = 1.0) -> None:
        """Write `text` between the margins, as many lines as it takes, and go below it."""
        size = self.design.size * scale
        for line in wrapped(text, face, size, self.right - self.left) or [""]:
            if not self.has_room_for(scale):
                self.turn_page()
            if align == "center":
                self.write_around(line, (self.left + self.right) / 2, face, size)
            elif align == "right":
                self.write_to(line, self.right, face, size)
            else:
                self.write(line, self.left, face, size)
            self.y += self.design.pitch * scale

    # -- rules and shades ---------------------------------------------------------------------------------------------

    def rule(self, x0: float, x1: float, down: float = 0.0, width: float = 0.6) -> None:
        """Draw a horizontal rule from `x0` to `x1`, `down` points below the top of the current line."""
        self.sheets[-1].strokes.append(Stroke(x0, self.y + down, x1, self.y + down, width))

    def upright(self, x: float, height: float) -> None:
        """Draw a vertical rule of `height` points from the top of the current line downwards."""
        self.sheets[-1].strokes.append(Stroke(x, self.y, x, self.y + height, 0.4))

    def shade(self, x0: float, x1: float, height: float) -> None:
        """Tint the ground from `x0` to `x1`, `height` points down from the top of the current line."""
        self.sheets[-1].shades.append(Shade(x0, self.y, x1, self.y + height, self.design.tint))

    # -- the edges of the pages ---------------------------------------------------------------------------------------

    def finished(self, company: str, year: int) -> tuple[PlacedPage, ...]:
        """Return the pages written, with what stands at their edges filled in; `year` is that of printing."""
        first, width, height = self.design.first_page, *self.design.paper
        made, self.row, sheets = [], NO_ROW, self.sheets
        for number, sheet in enumerate(sheets, first):
            self.sheets = [sheet]
            places = {"company": company, "page": number, "pages": first + len(sheets) - 1, "year": year}
            self._edge(self.design.furniture.head, self.design.margins[1] * 0.5, places)
            self._edge(self.design.furniture.foot, height - self.design.margins[3] * 0.6, places)
            made.append(PlacedPage(width, height, tuple(sheet.words), tuple(sheet.strokes), tuple(sheet.shades)))
        return tuple(made)

    def _edge(self, texts: tuple[str, str, str], y: float, places: dict[str, object]) -> None:
        size, face = min(self.design.size, 9.0), self.design.face()
        self.y = y - size
        left, middle, right = (text.format(**places) for text in texts)
        self.write(left, self.left, face, size)
        self.write_around(middle, (self.left + self.right) / 2, face, size)
        self.write_to(right, self.right, face, size)
