"""The parts that forms are put together from: heads of sections, groups of fields, tables, tick boxes, signatures."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from training.corpus.forms.desk import Cell, Desk, Entry, Rows, entry_of, fits
from training.corpus.paper import FONTS, width_of, wrapped

Labelled = tuple[str, Entry]


def title(desk: Desk, rng: random.Random, text: str, *others: str) -> None:
    """Write a form's title and the lines below it; centred or at the left, with or without a rule."""
    align, size = rng.choice(("left", "left", "center")), desk.look.size * rng.choice((1.3, 1.5, 1.8, 2.1))
    text = text.upper() if rng.random() < 0.35 else text
    desk.paragraph(text, size=fits(text, desk.look.face(True), size, desk.right - desk.left), bold=True, align=align)
    desk.y += 2
    for other in filter(None, others):
        desk.paragraph(other, align=align, size=desk.look.size)
    if rng.random() < 0.4:
        desk.rule(desk.left, desk.right, y=desk.y + 2, width=rng.choice((0.6, 1.2)))
        desk.y += 4
    desk.feed(0.8)


def section(desk: Desk, text: str) -> None:
    """Write the head of a section."""
    desk.make_room(5 * desk.pitch)
    text = text.upper() if desk.look.upper_heads else text
    desk.y += 0.4 * desk.pitch
    if desk.look.shaded:
        desk.shade(desk.left, desk.y - 2, desk.right, desk.y + desk.look.size + 3)
    desk.write(text, desk.left + (3 if desk.look.shaded else 0), bold=True)
    desk.y += desk.look.size + 3
    if not desk.look.shaded and desk.look.frame in ("blanks", "lines"):
        desk.rule(desk.left, desk.right, width=0.8)
    desk.y += 0.5 * desk.pitch


# -- fields -----------------------------------------------------------------------------------------------------------


def fields(desk: Desk, group: Sequence[Labelled], across: int = 2) -> None:
    """Write labelled entries the way the look frames them; `across` is how many stand side by side where the frame allows."""
    {"lines": _listed, "dotted": _listed, "blanks": _on_blanks, "boxes": _in_boxes, "grid": _in_grid, "above": _below_labels}[desk.look.frame](desk, group, across)
    desk.y += 0.3 * desk.pitch


def _listed(desk: Desk, group: Sequence[Labelled], _across: int) -> None:
    """Labels at the left, entries in one column, with or without dots between."""
    size = desk.look.size
    wide = max(width_of(label, desk.look.face(), size) for label, _ in group)
    at = desk.left + min(max(wide + 18, 150), 300)
    for label, entry in group:
        desk.make_room(desk.pitch)
        end = desk.write(label, desk.left)[2]
        dots = int((at - 8 - end) / width_of(".", desk.look.face(), size)) - 2
        if desk.look.frame == "dotted" and dots > 2:
            desk.write("." * dots, at - 6, align="right")
        _fit(desk, entry, at, desk.right, label)
        desk.y += desk.pitch


def _fit(desk: Desk, entry: Entry, x: float, right: float, label: str, *, y: float | None = None) -> None:
    desk.fill(entry, x, label=label, y=y, size=fits(entry.printed, _face(desk, entry), desk.look.size, right - x - 2))


def _rows_of(desk: Desk, group: Sequence[Labelled], across: int) -> list[list[Labelled]]:
    """Part the group into rows of `across`; a long entry gets a row of its own."""
    rows: list[list[Labelled]] = []
    room = (desk.right - desk.left) / across
    for label, entry in group:
        long = width_of(f"{label} {entry.printed}", _face(desk, entry), desk.look.size) > room - 14
        if not rows or len(rows[-1]) == across or long:
            rows.append([])
        rows[-1].append((label, entry))
        if long:
            rows.append([])
    return [row for row in rows if row]


def _on_blanks(desk: Desk, group: Sequence[Labelled], across: int) -> None:
    """`Label: entry______`: the entry written over a line."""
    for row in _rows_of(desk, group, across):
        desk.make_room(1.3 * desk.pitch)
        room = (desk.right - desk.left) / len(row)
        for number, (label, entry) in enumerate(row):
            x0 = desk.left + number * room
            x = desk.write(label if label.endswith("?") else f"{label}:", x0)[2] + 5
            _fit(desk, entry, x + 3, x0 + room - 8, label)
            desk.rule(x, x0 + room - 8, y=desk.y + desk.look.size + 1.5, width=0.5)
        desk.y += 1.3 * desk.pitch


def _in_boxes(desk: Desk, group: Sequence[Labelled], across: int) -> None:
    """Boxes with the label in small print at the top and the entry below it."""
    height = desk.look.size * 2.6
    for row in _rows_of(desk, group, across):
        desk.make_room(height + 2)
        room = (desk.right - desk.left) / len(row)
        for number, (label, entry) in enumerate(row):
            x0 = desk.left + number * room
            desk.frame(x0, desk.y, x0 + room, desk.y + height)
            small = fits(label, desk.look.face(), desk.look.size * 0.72, room - 6)
            desk.write(label, x0 + 3, y=desk.y + 2, size=small)
            _fit(desk, entry, x0 + 5, x0 + room, label, y=desk.y + height - desk.look.size - 3)
        desk.y += height


def _in_grid(desk: Desk, group: Sequence[Labelled], _across: int) -> None:
    """A table of two columns: label, entry."""
    size = desk.look.size
    at = desk.left + min(260, max(width_of(label, desk.look.face(), size) for label, _ in group) + 14)
    for label, entry in group:
        desk.make_room(desk.pitch + 4)
        height = desk.pitch + 2
        desk.frame(desk.left, desk.y, at, desk.y + height, tinted=desk.look.shaded)
        desk.frame(at, desk.y, desk.right, desk.y + height)
        down = desk.y + (height - size) / 2
        desk.write(label, desk.left + 4, y=down)
        _fit(desk, entry, at + 5, desk.right, label, y=down)
        desk.y += height


def _below_labels(desk: Desk, group: Sequence[Labelled], across: int) -> None:
    """Labels in small print, each entry below its label, no lines at all."""
    for row in _rows_of(desk, group, across):
        desk.make_room(2.4 * desk.pitch)
        room = (desk.right - desk.left) / across
        for number, (label, entry) in enumerate(row):
            x0 = desk.left + number * room
            desk.write(label, x0, size=desk.look.size * 0.8)
            _fit(desk, entry, x0, x0 + room * (across if len(row) == 1 else 1), label, y=desk.y + desk.look.size * 1.25)
        desk.y += desk.look.size * 1.5 + desk.pitch


def ticks(desk: Desk, label: str, choices: Sequence[str], chosen: Entry) -> None:
    """Write a row of tick boxes, one of them ticked; the ticked one states the fact."""
    desk.make_room(2 * desk.pitch)
    x = desk.write(f"{label}:", desk.left)[2] + 12
    size = desk.look.size
    for choice in choices:
        wide = width_of(choice, desk.look.face(), size) + size + 18
        if x + wide > desk.right:
            desk.y += desk.pitch
            x = desk.left + 14
        desk.frame(x, desk.y + 1, x + size - 1, desk.y + size)
        ticked = choice == chosen.text
        if ticked:
            desk.write("X", x + (size - 1) / 2, size=size * 0.9, bold=True, align="center", y=desk.y + 0.8)
        box = desk.write(choice, x + size + 3)
        if ticked:
            desk.note(chosen, box, label)
        x += wide
    desk.y += 1.2 * desk.pitch


# -- tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Table:
    """A table: heads, relative widths of the columns and which stand at the right ("r"), in the middle ("c") or at the left ("l")."""

    heads: tuple[str, ...]
    widths: tuple[float, ...]
    sides: str
    left: float = 0.0
    right: float = 0.0
    bold_last: bool = False
    size: float = 0.0

    def edges(self, desk: Desk) -> list[float]:
        """Return the columns' edges, one more than there are columns."""
        left, right = self.left or desk.left, self.right or desk.right
        whole = sum(self.widths)
        out = [left]
        for width in self.widths:
            out.append(out[-1] + (right - left) * width / whole)
        return out


def table(desk: Desk, rows: Rows, plan: Table) -> None:
    """Write a table, its heads again on every further page."""
    edges, size = plan.edges(desk), plan.size or desk.look.size
    _heads(desk, plan, edges, size)
    for number, row in enumerate(rows):
        lines = [wrapped(entry_of(cell).printed, _face(desk, cell), size, edges[i + 1] - edges[i] - 6) if plan.sides[i] == "l" else [entry_of(cell).printed] for i, cell in enumerate(row)]
        step = size * desk.look.leading
        height = step * max(1, *(len(its) for its in lines))
        if desk.make_room(height + 2):
            _heads(desk, plan, edges, size)
        last = plan.bold_last and number == len(rows) - 1
        if desk.look.rules == "bands" and number % 2 and not last:
            desk.shade(edges[0], desk.y - (step - size) / 2, edges[-1], desk.y + height - (step - size) / 2)
        if last:
            desk.rule(edges[0], edges[-1], y=desk.y - 1.5, width=0.8)
        _row(desk, row, lines, (plan, edges, size, last))
        _ground(desk, edges, height, (step - size) / 2)
        desk.y += height
    desk.y += 0.5 * desk.pitch


def _ground(desk: Desk, edges: Sequence[float], height: float, over: float) -> None:
    if desk.look.rules in ("rows", "grid"):
        desk.rule(edges[0], edges[-1], y=desk.y + height - over, width=0.35)
    if desk.look.rules == "grid":
        for x in edges:
            desk.upright(x, desk.y - over, desk.y + height - over, 0.35)


def _row(desk: Desk, row: Sequence[Cell], lines: Sequence[Sequence[str]], how: tuple[Table, Sequence[float], float, bool]) -> None:
    plan, edges, size, last = how
    label = entry_of(row[0]).text
    for i, cell in enumerate(row):
        x = edges[i + 1] - 3 if plan.sides[i] == "r" else (edges[i] + edges[i + 1]) / 2 if plan.sides[i] == "c" else edges[i] + 3
        align = {"r": "right", "c": "center", "l": "left"}[plan.sides[i]]
        entry = entry_of(cell)
        face = _face(desk, cell)
        if len(lines[i]) < 2:
            desk.fill(cell, x, label=label, align=align, bold=last, size=fits(entry.printed, face, size, edges[i + 1] - edges[i] - 4))
            continue
        boxes = [desk.write(line, x, y=desk.y + down * size * desk.look.leading, size=size, align=align, face=face) for down, line in enumerate(lines[i])]
        desk.note(entry, (min(b[0] for b in boxes), boxes[0][1], max(b[2] for b in boxes), boxes[-1][3]), label)


def _face(desk: Desk, cell: Cell) -> str:
    return FONTS[desk.look.entry][0] if desk.look.entry and isinstance(cell, Entry) else desk.look.face()


def _heads(desk: Desk, plan: Table, edges: Sequence[float], size: float) -> None:
    """Write the heads of the columns, wrapped, standing on the same last line."""
    if not any(plan.heads):
        return
    lines = [wrapped(head, desk.look.face(True), size * 0.95, edges[i + 1] - edges[i] - 5) for i, head in enumerate(plan.heads)]
    step, height = size * 1.2, max(len(its) for its in lines)
    top = desk.y
    desk.make_room(step * (height + 3))
    top = desk.y
    if desk.look.shaded or desk.look.rules == "bands":
        desk.shade(edges[0], top - 2, edges[-1], top + height * step + 1)
    for i, its in enumerate(lines):
        x = edges[i + 1] - 3 if plan.sides[i] == "r" else (edges[i] + edges[i + 1]) / 2 if plan.sides[i] == "c" else edges[i] + 3
        align = {"r": "right", "c": "center", "l": "left"}[plan.sides[i]]
        for down, line in enumerate(its):
            small = fits(line, desk.look.face(True), size * 0.95, edges[i + 1] - edges[i] - 3)
            desk.write(line, x, y=top + (height - len(its) + down) * step, size=small, bold=True, align=align)
    desk.y = top + height * step + 1
    if desk.look.rules != "none":
        desk.rule(edges[0], edges[-1], width=0.8)
    if desk.look.rules == "grid":
        desk.rule(edges[0], edges[-1], y=top - 2, width=0.5)
        for x in edges:
            desk.upright(x, top - 2, desk.y, 0.35)
    desk.y += 0.25 * size + 2


def signature(desk: Desk, name: str, role: str, day: str) -> None:
    """Write a line for a signature, signed, with name, title and date below."""
    desk.make_room(5 * desk.pitch)
    desk.feed(1.2)
    middle = desk.left + (desk.right - desk.left) * 0.6
    desk.write(name, desk.left + 12, face="Times-Italic", size=desk.look.size * 1.6)
    desk.write(day, middle + 6, y=desk.y + 4)
    desk.y += desk.look.size * 1.6 + 3
    desk.rule(desk.left, middle - 20)
    desk.rule(middle, desk.right)
    desk.y += 2
    desk.write(f"Signature of {name}, {role}" if role else "Signature", desk.left, size=desk.look.size * 0.8)
    desk.write("Date", middle, size=desk.look.size * 0.8)
    desk.feed(1.2)
