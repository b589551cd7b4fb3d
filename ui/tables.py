"""Tables as a banker reads them: names left, amounts right, each drawn as one piece. All text is escaped here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: words, a class that colours it, a note that shows when pointed at, or a drawing in place of words."""

    text: str
    kind: str = ""
    note: str = ""
    drawing: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `kind` is total or heading, or empty."""

    cells: Sequence[Cell | str]
    kind: str = ""


def draw(heads: Sequence[str], rows: Iterable[Row], words: Sequence[int] = ()) -> None:
    """Draw a table; the columns that `words` names hold words, and stand left as the first does."""
    left = {0, *words}
    head = "".join(f"<th{_kind('words' if n in left else '')}>{escape(text)}</th>" for n, text in enumerate(heads))
    body = "".join(f"<tr{_kind(row.kind)}>{_cells(row, len(heads), left)}</tr>" for row in rows)
    st.html(f'<table class="amounts"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>')


def _cells(row: Row, width: int, left: set[int]) -> str:
    if row.kind == "heading":
        return f'<td colspan="{width}">{escape(_as_cell(row.cells[0]).text)}</td>'
    return "".join(_cell(_as_cell(each), n in left) for n, each in enumerate(row.cells))


def _cell(cell: Cell, words: bool) -> str:
    note = f' title="{escape(cell.note)}"' if cell.note else ""
    return f"<td{_kind(f'{cell.kind} words' if words else cell.kind)}{note}>{cell.drawing or escape(cell.text)}</td>"


def _as_cell(given: Cell | str) -> Cell:
    return given if isinstance(given, Cell) else Cell(given)


def _kind(names: str) -> str:
    return f' class="{escape(names.strip())}"' if names.strip() else ""
