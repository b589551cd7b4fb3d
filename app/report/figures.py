"""One figure as a report shows it: its words, its mark, and the anchor of its place on a page."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain import Box, Figure, Origin, Page
from app.report import wording
from app.report.parts import is_doubtful

Place = tuple[str, int, Box, str, str]


@dataclass(frozen=True, slots=True)
class FigureView:
    """One amount as shown. `anchor` is empty where it has no place on a page."""

    anchor: str
    text: str
    hint: str
    mark: str = ""
    state: str = ""


class Anchors:
    """Gives each place on a page one anchor, however often a figure read there is shown."""

    def __init__(self, prefix: str, items: Iterable[Figure]) -> None:
        self.prefix = prefix
        self.items: dict[Place, Figure] = {}
        for item in items:
            if (place := place_of(item)) is not None:
                self.items.setdefault(place, item)
        self._numbers = {place: number for number, place in enumerate(self.items, 1)}

    def of(self, item: Figure) -> str:
        """Return the anchor of the place where `item` was read, empty if it was not read off a page."""
        place = place_of(item)
        return "" if place is None else f"{self.prefix}-{self._numbers[place]}"

    def on(self, page: Page) -> list[Figure]:
        """Return one figure for each place on `page`."""
        return [item for item in self.items.values() if (item.file, item.page) == (page.file, page.number)]


def place_of(item: Figure) -> Place | None:
    """Return what tells the place of a figure from others, or None where it has no place."""
    return None if item.box is None else (item.file, item.page, item.box, item.concept, item.column)


def figure_view(item: Figure, anchors: Anchors, unit: int = 1) -> FigureView:
    """Return a figure as shown, in units of `unit`."""
    mark, state = mark_of(item)
    return FigureView(anchors.of(item), wording.value(item.value, unit), _hint(item), mark, state)


def mark_of(item: Figure) -> tuple[str, str]:
    """Return the sign that a figure carries and what it stands for."""
    if item.origin is Origin.DERIVED:
        return "ƒ", "derived"
    if item.repaired:
        return "✎", "repaired"
    return ("?", "doubtful") if is_doubtful(item) else ("", "")


def _hint(item: Figure) -> str:
    if item.origin is Origin.DERIVED:
        return f"Derived: {wording.formula(item.formula or 'formula not given')}"
    said = f"“{item.label}” {item.text}, {item.file}, page {item.page}, confidence {item.confidence:.0%}"
    return f"{said}. {item.repaired}" if item.repaired else said


def note_of(item: Figure) -> tuple[str, str] | None:
    """Return the mark of a figure and what it means for this one, where there is more to say than a place on the page."""
    mark, _ = mark_of(item)
    name = wording.figure(item)
    if item.origin is Origin.DERIVED:
        return mark, f"{name} = {wording.formula(item.formula or 'formula not given')}"
    if item.repaired:
        return mark, f"{name}: {item.repaired}"
    if item.alternatives:
        return mark or "?", f"{name}: could also be read as {', '.join(map(wording.value, item.alternatives))}"
    return None
