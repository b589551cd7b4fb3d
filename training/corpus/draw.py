"""Printed statements -> pages: every word in its place, each knowing its row. How it looks, never what it means.

`place` is the one placement function: training takes its words as they are, samples go through `paper.write_pdf`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain import DocumentKind
from training.corpus import grid
from training.corpus.designs import Design
from training.corpus.grid import Column, Grid
from training.corpus.paper import NO_ROW, PlacedPage, width_of, wrapped
from training.corpus.pen import Pen
from training.corpus.printed import PrintedRow, PrintedStatement

_SMALL = 6.5  # points; below it a maker rather turns the page


def place(statements: Sequence[PrintedStatement], design: Design, share_page: bool = False) -> tuple[PlacedPage, ...]:
    """Return the pages of one company's `statements`; with `share_page` each begins below the one before it.

    A table too wide for the page, or a little too long for it, is printed smaller, as makers do.
    """
    while True:
        pages = _drawn(statements, design, share_page)
        if pages and (len(pages) <= len(statements) or not design.fits_page or design.size < _SMALL):
            return pages
        design = design.smaller()


def _drawn(statements: Sequence[PrintedStatement], design: Design, share_page: bool) -> tuple[PlacedPage, ...]:
    """Return the pages at the design's size, or none where a table is too wide."""
    pen = Pen(design)
    for number, statement in enumerate(statements):
        table = grid.grid_of(statement, design)
        if table is None:
            return ()
        pen.statement = number
        if number and share_page and pen.has_room_for(12):
            pen.feed(4)
        else:
            pen.turn_page()
        _Drawing(pen, statement, table).draw()
    newest = max((period.end.year for period in statements[0].periods if period.end), default=2020)
    return pen.finished(statements[0].company, newest + 1)


@dataclass(slots=True)
class _Drawing:
    """One statement being drawn: the pen, what it prints, and the edges of its table."""

    pen: Pen
    statement: PrintedStatement
    grid: Grid
    tinted: bool = False

    @property
    def design(self) -> Design:
        return self.pen.design

    def draw(self) -> None:
        self._title()
        self._heads()
        marked = grid.marked_rows(self.statement)
        for number, row in enumerate(self.statement.rows):
            self._row(number, row, number in marked)
        self.pen.row = NO_ROW
        self._closing()

    # -- above the table ----------------------------------------------------------------------------------------------

    def _title(self) -> None:
        d, s = self.design, self.statement
        in_title = grid.span_in_title(s)
        lines = {
            "company": (s.company,),
            "title": s.title,
            "registered": (d.registered,) if "egistered" not in s.span_head else (),
            "span": (s.span_head,) if in_title else (),
            "scale": (s.scale_line,) if d.scale_at == "title" and not grid.unit_line(s) else (),
        }
        order = [*d.title_order, *(name for name in ("span", "scale") if name not in d.title_order)]
        for name in order:
            for line in filter(None, lines[name]):
                text = line.upper() if d.title_upper and name != "scale" else line
                self.pen.paragraph(text, d.face(bold=d.title_bold and name != "scale"), d.title_align, 1.0 if name == "scale" else d.title_size)
        if d.title_rule:
            self.pen.rule(self.pen.left, self.pen.right, 0.4 * d.size, 1.0)
        self.pen.feed(d.title_gap)

    def _heads(self) -> None:
        d, s, pen = self.design, self.statement, self.pen
        lines = grid.heads(s)
        corner = self._corner()
        self._spanning()
        height = max(len(corner), *(len(head) for head in lines))
        for level in range(height):
            if level >= height - len(corner):
                pen.write(corner[level - height + len(corner)], self.grid.left, d.face(italic=True), d.size)
            if level == height - 1 and self.grid.notes is not None:
                pen.write_around(d.notes_head, self.grid.notes, d.face(d.heads_bold, d.notes_italic), d.size)
            for period, head in enumerate(lines):
                if level >= height - len(head):
                    self._head(period, head[level - height + len(head)], is_unit=level == height - 1 and bool(grid.unit_line(s)))
            pen.y += d.pitch
        if d.heads_rule == "table":
            pen.rule(self.grid.left, self.grid.right, 1.0, 0.9)
        elif d.heads_rule == "columns":
            for column in self.grid.columns:
                pen.rule(column.left + 0.4 * d.size, column.right, 1.0)
        pen.feed(0.4)

    def _corner(self) -> list[str]:
        """Return what stands above the labels: the unit or the heading over all columns."""
        d, s = self.design, self.statement
        texts = [s.scale_line] if d.scale_at == "corner" and not grid.unit_line(s) else []
        texts += [s.span_head] if d.span_at == "corner" and not grid.span_in_title(s) else []
        return [line for text in texts for line in wrapped(text, d.face(italic=True), d.size, self.grid.wrap)]

    def _spanning(self) -> None:
        """Write what stands centred over all columns."""
        d, s = self.design, self.statement
        texts = [s.span_head] if d.span_at == "columns" and not grid.span_in_title(s) else []
        texts += [s.scale_line] if d.scale_at == "columns" and not grid.unit_line(s) else []
        for text in filter(None, texts):
            face = d.face(d.heads_bold)
            half = width_of(text, face, d.size) / 2
            middle = (self.grid.figures_left + self.grid.right) / 2
            self.pen.write_around(text, min(middle, self.pen.right - half), face, d.size)
            self.pen.y += d.pitch
            if d.heads_rule == "columns":
                self.pen.rule(self.grid.figures_left, self.grid.right)

    def _head(self, period: int, text: str, is_unit: bool) -> None:
        d, pen = self.design, self.pen
        newest = self._newest()
        bold = d.heads_bold and not (d.bold_newest and period != newest)
        face = d.face(bold, d.italic_older and period != newest)
        columns = [c for c in self.grid.columns if c.period == period and not c.percent]
        if len(columns) > 1 and not is_unit and d.heads_align == "center":
            pen.write_around(text, (columns[0].left + columns[-1].right) / 2, face, d.size)
            return
        for column in columns:
            if d.heads_align == "center":
                pen.write_around(text, (column.left + column.right) / 2 + 0.2 * d.size, face, d.size)
            else:
                pen.write_to(text, column.right, face, d.size)

    def _newest(self) -> int:
        return next((i for i, period in enumerate(self.statement.periods) if period.name == "current"), 0)

    # -- the table ----------------------------------------------------------------------------------------------------

    def _row(self, number: int, row: PrintedRow, marked: bool) -> None:
        d, pen = self.design, self.pen
        if row.style == "blank":
            pen.y += d.pitch
            return
        x, lines = self._label(row)
        is_total = row.style in ("subtotal", "total") and bool(row.amounts)
        pen.feed(d.gap_heading if row.style == "heading" else d.gap_total * is_total)
        self._turn_page_unless_room(len(lines) + (2 if row.style == "heading" else 1))
        if is_total and d.rules == "dashes":
            self._dashes("-", row)
        pen.row = number
        self._ground(row, len(lines))
        if is_total and d.rules in ("totals", "rows"):
            self._rule_figures(row, 0.4 + self._line_of_amounts(lines) * d.pitch)
        for i, line in enumerate(lines):
            pen.write(line, x + (d.hang * d.size if i else 0.0), self._label_face(row), d.size, i * d.pitch)
        if row.amounts:
            if d.leaders and lines[-1]:
                self._leaders(row, x + (d.hang * d.size if len(lines) > 1 else 0.0), lines)
            self._figures(row, marked, self._line_of_amounts(lines) * d.pitch)
        pen.y += len(lines) * d.pitch
        pen.row = NO_ROW
        self._below(row, is_total)

    def _label(self, row: PrintedRow) -> tuple[float, list[str]]:
        """Return where the row's label begins and its lines, at least one."""
        d = self.design
        if row.style == "text":
            return self.grid.left, wrapped(row.label, d.face(), d.size, self.grid.right - self.grid.left) or [""]
        inwards = row.indent * d.indent * d.size
        room = max(self.grid.wrap - inwards - d.hang * d.size, 8 * d.size)
        return self.grid.left + inwards, wrapped(row.label, self._label_face(row), d.size, room) or [""]

    def _label_face(self, row: PrintedRow) -> str:
        d = self.design
        return d.face((row.style == "heading" and d.bold_headings) or (row.style in ("subtotal", "total") and d.bold_totals))

    def _line_of_amounts(self, lines: Sequence[str]) -> float:
        return {"first": 0.0, "middle": (len(lines) - 1) / 2, "last": len(lines) - 1.0}[self.design.amounts_at]

    def _turn_page_unless_room(self, lines: int) -> None:
        if not self.pen.has_room_for(lines):
            self.pen.turn_page()
            self._heads()

    def _figures(self, row: PrintedRow, marked: bool, down: float) -> None:
        """Write the row's note and amounts, `down` points below the current line."""
        d, pen, sign = self.design, self.pen, grid.SIGNS[self.statement.currency]
        if row.note and self.grid.notes is not None:
            pen.write_around(row.note, self.grid.notes, d.face(italic=d.notes_italic), d.size, down)
        for column in self._columns_of(row):
            text, face = row.amounts[column.period], self._figure_face(row, column)
            if column.percent:
                text = grid.share_of_revenue(self.statement, row, column.period)
            elif marked and text and d.mark == "apart":
                pen.write(sign, column.left + 0.7 * d.column_gap * d.size, face, d.size, down)
            elif marked:
                text = grid.glued(text, sign, outside=d.maker == "filing")
            pen.write_to(text, self._edge(column, text, face), face, d.size, down)

    def _columns_of(self, row: PrintedRow) -> list[Column]:
        """Return the columns that the row's amounts stand in."""
        part = row.column if self.statement.two_columns else 0
        return [c for c in self.grid.columns if c.part == part and c.period < len(row.amounts)]

    def _figure_face(self, row: PrintedRow, column: Column) -> str:
        d, newest = self.design, column.period == self._newest()
        bold = (d.bold_totals and row.style in ("subtotal", "total")) or (d.bold_newest and newest)
        return d.face(bold, d.italic_older and not newest)

    def _edge(self, column: Column, text: str, face: str) -> float:
        """Return where a figure ends: in line with the others' digits, its closing bracket hanging over or not."""
        d = self.design
        edge = column.right - (0.4 * d.size if d.rules == "grid" else 0.0)
        return edge - width_of(")", face, d.size) if d.hanging_bracket and not text.endswith(")") else edge

    def _leaders(self, row: PrintedRow, x: float, lines: Sequence[str]) -> None:
        """Fill the way from the label to the figures with dots."""
        d = self.design
        if d.amounts_at != "last" and len(lines) > 1:
            return
        start = x + width_of(lines[-1], self._label_face(row), d.size) + 0.6 * d.size
        dot = "." if d.leaders == "tight" else ". "
        count = int((self.grid.label_right - 0.5 * d.size - start) / width_of(dot, d.face(), d.size))
        if count > 2:
            self.pen.write((dot * count).rstrip(), start, d.face(), d.size, (len(lines) - 1) * d.pitch)

    # -- rules --------------------------------------------------------------------------------------------------------

    def _ground(self, row: PrintedRow, lines: int) -> None:
        """Tint every second row, or draw the cells of a grid around the row."""
        d, pen, height = self.design, self.pen, lines * self.design.pitch
        self.tinted = not self.tinted
        if self.tinted and min(d.tint) < 1 and row.style != "text":
            pen.shade(self.grid.left - 2, self.grid.right + 2, height)
        if d.rules == "grid":
            edges = (self.grid.left - 2, self.grid.label_right, *(c.left for c in self.grid.columns), self.grid.right)
            pen.rule(edges[0], edges[-1], 0.0, 0.4)
            pen.rule(edges[0], edges[-1], height, 0.4)
            for x in edges:
                pen.upright(x, height)

    def _rule_figures(self, row: PrintedRow, down: float) -> None:
        for column in self._columns_of(row):
            if row.amounts[column.period] and not column.percent:
                self.pen.rule(column.left + 0.5 * self.design.column_gap * self.design.size, column.right, down)

    def _below(self, row: PrintedRow, is_total: bool) -> None:
        d = self.design
        if d.rules == "rows" and row.style != "text":
            self.pen.rule(self.grid.left, self.grid.right, 0.0, 0.4)
        if row.style == "total" and row.amounts:
            if d.rules == "dashes":
                self._dashes("=", row)
            elif d.rules == "totals":
                for down in (0.6, 2.2)[: 1 + d.double_rule]:
                    self._rule_figures(row, down)
        self.pen.feed(d.gap_total * is_total)

    def _dashes(self, sign: str, row: PrintedRow) -> None:
        d = self.design
        for column in self._columns_of(row):
            if row.amounts[column.period] and not column.percent:
                width = column.right - column.left - d.column_gap * d.size
                self.pen.write_to(sign * int(width / width_of(sign, d.face(), d.size)), column.right, d.face(), d.size)
        self.pen.y += d.pitch * 0.9

    # -- below the table ----------------------------------------------------------------------------------------------

    def _closing(self) -> None:
        d, pen = self.design, self.pen
        pen.feed(1.5)
        for line in filter(None, self.statement.footer):
            pen.paragraph(line, d.face(), "left" if d.title_align == "right" else d.title_align)
        if self.statement.kind is not DocumentKind.BALANCE_SHEET:
            return
        for paragraph in d.furniture.closing:
            pen.feed(0.7)
            pen.paragraph(paragraph, d.face())
        pen.feed(1.5 if d.furniture.signature else 0.0)
        for line in d.furniture.signature:
            pen.paragraph(line, d.face())
