"""The printed lines of a form that became no field: kept, never dropped."""

from collections.abc import Iterable

from app.domain import Document, Field, Line


def unread(document: Document, fields: Iterable[Field]) -> tuple[Line, ...]:
    """Return the lines of `document` with an amount on which none of `fields` stands."""
    places = [(field.page, field.box) for field in fields if field.box]
    return tuple(
        line
        for page in document.pages
        for line in page.lines
        if line.amounts
        and not any(number == page.number and line.box.top < box.bottom and box.top < line.box.bottom for number, box in places)
    )
