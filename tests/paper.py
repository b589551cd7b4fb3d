"""Pages for tests as they would be read: labels at the left, amounts right-aligned in columns, headings over the columns."""

from collections.abc import Sequence

from app.domain import Box, Document, DocumentKind, Entity, Form, Page, PageStatus, ReadMethod, Word
from app.reading.layout import lines_of

_CHARACTER, _LEADING = 0.008, 0.02
_EDGES = (0.62, 0.76, 0.9)

#: One printed line: its label, then its cells from left to right ("" for none); a cell stands in the column of its place.
Printed = tuple[str, ...]


def page(printed: Sequence[Printed], *, number: int = 1, file: str = "statement.pdf", edges: Sequence[float] = _EDGES) -> Page:
    """Return a page that shows `printed`, read as every page is."""
    words = [word for row, line in enumerate(printed) for word in _words(line, 0.08 + row * _LEADING, edges)]
    sorted_words, lines = lines_of(number, words)
    return Page(file, number, PageStatus.READ, ReadMethod.TEXT, 612, 792, sorted_words, lines)


def form(rows: Sequence[Sequence[tuple[float, str]]], *, number: int = 1, file: str = "form.pdf", leading: float = _LEADING) -> Page:
    """Return a page of a form: each row is texts with the place (a share of the page's width) at which they begin."""
    words = [word for row, texts in enumerate(rows) for x, text in texts for word in _words((text,), 0.08 + row * leading, (), x)]
    sorted_words, lines = lines_of(number, words)
    return Page(file, number, PageStatus.READ, ReadMethod.TEXT, 612, 792, sorted_words, lines)


def _words(line: Printed, top: float, edges: Sequence[float], left: float = 0.06) -> list[Word]:
    out, x = [], left
    for text in line[0].split():
        out.append(_word(text, x, top))
        x = out[-1].box.x1 + _CHARACTER
    for cell, edge in zip(line[1:], edges, strict=False):
        right = edge
        for text in reversed(cell.split()):
            width = len(text) * _CHARACTER
            out.append(_word(text, right - width, top))
            right -= width + _CHARACTER
    return out


def placed(
    lines: Sequence[tuple[float, Sequence[tuple[float, str]]]], *, method: ReadMethod = ReadMethod.TEXT, file: str = "form.pdf"
) -> Page:
    """Return a page of a form: each line its height on the page (from 0) and its texts with the places where they begin."""
    words: list[Word] = []
    for top, texts in lines:
        for begins, text in texts:
            x = begins
            for word in text.split():
                words.append(_word(word, x, top))
                x = words[-1].box.x1 + 0.6 * _CHARACTER
    sorted_words, read = lines_of(1, words)
    return Page(file, 1, PageStatus.READ, method, 612, 792, sorted_words, read)


def _word(text: str, x0: float, top: float) -> Word:
    return Word(text, Box(x0, top, x0 + len(text) * _CHARACTER, top + 0.012))


def entities(page: Page, accounts: Sequence[str]) -> tuple[Entity, ...]:
    """Return an entity for each line of `page` with amounts, read as `accounts` in order."""
    lines = [line for line in page.lines if line.amounts]
    assert len(lines) == len(accounts), [line.label for line in lines]
    return tuple(Entity(line.span, account, 0.95) for line, account in zip(lines, accounts, strict=True))


def document(kind: DocumentKind, *pages: Page) -> Document:
    """Return the document of `pages`."""
    return Document(pages[0].file, kind, pages)


def values(found: Form, *ids: str) -> list[object]:
    """Return the values of the fields `ids`, None for those that were not read."""
    return [field.value if (field := found.field(id)) else None for id in ids]
