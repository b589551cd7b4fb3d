"""Draws the errors of the feedback experiment by round, as SVG and PNG."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pypdfium2
from reportlab.graphics import renderPDF, renderSVG
from reportlab.graphics.shapes import Circle, Drawing, Line, PolyLine, String
from reportlab.lib.colors import HexColor

_WIDTH, _HEIGHT = 520, 320
_LEFT, _BOTTOM, _RIGHT, _TOP = 60, 46, 490, 280
_COLOURS = (HexColor("#b45309"), HexColor("#475569"))
_GREY = HexColor("#d4d4d4")
_INK = HexColor("#222222")
_SAID = {"queue": "what the queue routes", "random": "drawn at random"}


@dataclass(frozen=True, slots=True)
class Course:
    """How one arm went: its name, and by round (from 0) the share of errors with its interval."""

    name: str
    points: Sequence[tuple[float, float, float]]


def draw(courses: Sequence[Course], title: str, folder: Path) -> None:
    """Write errors.svg and errors.png into the folder."""
    drawing = Drawing(_WIDTH, _HEIGHT)
    highest = max(high for course in courses for _, _, high in course.points)
    rounds = max(len(course.points) for course in courses) - 1
    _axes(drawing, title, highest, rounds)
    for number, course in enumerate(courses):
        _course(drawing, course, number, (highest, rounds))
    renderSVG.drawToFile(drawing, str(folder / "errors.svg"))
    page = pypdfium2.PdfDocument(BytesIO(renderPDF.drawToString(drawing)))[0]
    page.render(scale=2).to_pil().save(folder / "errors.png")


def _x(number: float, rounds: int) -> float:
    return _LEFT + 20 + (_RIGHT - _LEFT - 40) * number / max(1, rounds)


def _y(share: float, highest: float) -> float:
    return _BOTTOM + (_TOP - _BOTTOM) * share / (1.05 * highest)


def _axes(drawing: Drawing, title: str, highest: float, rounds: int) -> None:
    drawing.add(String(_LEFT, _HEIGHT - 22, title, fontSize=12, fillColor=_INK))
    for percent in range(0, int(105 * highest) + 1, 2):
        y = _y(percent / 100, highest)
        drawing.add(Line(_LEFT, y, _RIGHT, y, strokeColor=_GREY, strokeWidth=0.5))
        drawing.add(String(_LEFT - 8, y - 3, f"{percent} %", fontSize=9, textAnchor="end", fillColor=_INK))
    for number in range(rounds + 1):
        label = "before" if number == 0 else f"round {number}"
        drawing.add(String(_x(number, rounds), _BOTTOM - 16, label, fontSize=9, textAnchor="middle", fillColor=_INK))


def _course(drawing: Drawing, course: Course, number: int, scale: tuple[float, int]) -> None:
    """Draw one arm: a line through its shares, a whisker for each interval, its name at the end of a line in the corner."""
    highest, rounds = scale
    colour, aside = _COLOURS[number % len(_COLOURS)], 3 * (2 * number - 1)
    places = [(_x(n, rounds) + aside, [_y(each, highest) for each in point]) for n, point in enumerate(course.points)]
    drawing.add(PolyLine([value for x, (y, _, _) in places for value in (x, y)], strokeColor=colour, strokeWidth=1.6))
    for x, (y, low, high) in places:
        drawing.add(Line(x, low, x, high, strokeColor=colour, strokeWidth=0.8))
        drawing.add(Circle(x, y, 2.6, fillColor=colour, strokeColor=colour))
    y = _TOP - 8 - 16 * number
    drawing.add(Line(_RIGHT - 110, y + 3, _RIGHT - 90, y + 3, strokeColor=colour, strokeWidth=1.6))
    drawing.add(String(_RIGHT - 84, y, _SAID.get(course.name, course.name), fontSize=9, fillColor=_INK))
