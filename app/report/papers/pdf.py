"""A paper drawn as PDF with reportlab: tables as wide as the page that repeat their heads, numbered pages.

The fonts inside are Open Sans, so that Greek, Cyrillic and Polish names print.
"""

from functools import cache
from io import BytesIO
from typing import Any
from unicodedata import combining, normalize
from xml.sax.saxutils import escape

import ttf_opensans as fonts
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_LEFT, TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, HRFlowable, ListFlowable, ListItem, LongTable, SimpleDocTemplate, Spacer
from reportlab.platypus import Paragraph as Drawn

from app.report.papers.blocks import Block, Grid, Heading, Listing, Paragraph, Rule, Run, Runs, Side, words

_FONT = "LoanLens"
_FACES = {
    "": fonts.OPENSANS_REGULAR,
    "-Bold": fonts.OPENSANS_BOLD,
    "-Italic": fonts.OPENSANS_ITALIC,
    "-BoldItalic": fonts.OPENSANS_BOLDITALIC,
}
_MARGIN = 20 * mm
_SIZE, _TABLE_SIZE, _LEAST_SIZE = 9.0, 7.5, 4.5
_PADDING = 3.0
_INSET = 6.0  # reportlab's own, between margin and text
_WITH_HEADING = 70.0
_ALIGNED: dict[Side, int] = {"left": TA_LEFT, "right": TA_RIGHT, "center": TA_CENTER}
_HEADING_SIZES = {1: 15.0, 2: 11.0, 3: 9.5}
_QUIET, _LINES, _SHADE = colors.HexColor("#5B6673"), colors.HexColor("#C9D1D8"), colors.HexColor("#E3EFF4")


def draw_pdf(blocks: tuple[Block, ...], us_paper: bool = True) -> bytes:
    """Return a paper as PDF, on US letter or A4; the same blocks always give the same bytes."""
    _load_fonts()
    title = next((words(block.runs) for block in blocks if isinstance(block, Heading)), "")
    content = BytesIO()
    margins = {"leftMargin": _MARGIN, "rightMargin": _MARGIN, "topMargin": _MARGIN, "bottomMargin": _MARGIN}
    paper = SimpleDocTemplate(content, pagesize=LETTER if us_paper else A4, title=title, author="", invariant=1, **margins)
    paper.build([each for block in blocks for each in _drawn(block, paper.width)], onFirstPage=_foot, onLaterPages=_foot)
    return content.getvalue()


@cache
def _load_fonts() -> None:
    for weight, face in _FACES.items():
        pdfmetrics.registerFont(TTFont(_FONT + weight, face.path))
    names = {"normal": _FONT, "bold": f"{_FONT}-Bold", "italic": f"{_FONT}-Italic", "boldItalic": f"{_FONT}-BoldItalic"}
    pdfmetrics.registerFontFamily(_FONT, **names)


def _foot(canvas: Any, paper: Any) -> None:
    canvas.setFont(_FONT, 7)
    canvas.setFillColor(_QUIET)
    canvas.drawString(_MARGIN + _INSET, 10 * mm, _printable(paper.title)[:100])
    canvas.drawRightString(paper.pagesize[0] - _MARGIN - _INSET, 10 * mm, f"Page {canvas.getPageNumber()}")


def _drawn(block: Block, width: float) -> list[Any]:
    match block:
        case Heading(level, runs):
            size = _HEADING_SIZES[level]
            style = _style(size, before=size * 0.9, after=size * 0.4)
            return [CondPageBreak(_WITH_HEADING), Drawn(_markup(runs, bold=True), style)]
        case Paragraph(runs):
            return [Drawn(_markup(runs), _style(_SIZE, after=5))]
        case Listing(ordered, start, items):
            style = _style(_SIZE, after=2)
            listed = [ListItem(Drawn(_markup(item), style)) for item in items]
            mark: dict[str, Any] = {"bulletType": "1", "start": start, "bulletFormat": "%s."} if ordered else {"start": "•"}
            look = {"bulletFontName": _FONT, "bulletFontSize": _SIZE, "leftIndent": 16}
            return [ListFlowable(listed, **({"bulletType": "bullet"} | mark | look)), Spacer(1, 4)]
        case Grid():
            return [_table(block, width - 2 * _INSET), Spacer(1, 6)]
        case Rule():
            return [HRFlowable(width="100%", color=_LINES, spaceBefore=4, spaceAfter=6)]


def _table(grid: Grid, width: float) -> Any:
    size, widths = _fitting(grid, width)
    styles = [_style(size, side=side) for side in grid.sides]
    heads = [Drawn(_markup(runs, bold=True), style) for runs, style in zip(grid.heads, styles, strict=True)]
    rows = [[Drawn(_markup(runs), style) for runs, style in zip(row, styles, strict=True)] for row in grid.rows]
    headed = any(map(words, grid.heads))
    table = LongTable([heads, *rows] if headed else rows, colWidths=widths, repeatRows=int(headed), hAlign="LEFT")
    look: list[tuple[Any, ...]] = [("VALIGN", (0, 0), (-1, -1), "TOP"), *([("BACKGROUND", (0, 0), (-1, 0), _SHADE)] if headed else [])]
    look += [("LINEBELOW", (0, 0), (-1, -1), 0.25, _LINES)]
    look += [(f"{side}PADDING", (0, 0), (-1, -1), pad) for side, pad in (("LEFT", _PADDING), ("RIGHT", _PADDING), ("TOP", 1.5))]
    table.setStyle([*look, ("BOTTOMPADDING", (0, 0), (-1, -1), 2)])
    return table


def _fitting(grid: Grid, width: float) -> tuple[float, list[float]]:
    """Return the type size and the widths of columns: as wide as their text, else shared out above their longest words."""
    columns = list(zip(grid.heads, *grid.rows, strict=True))
    size = _TABLE_SIZE
    while True:
        natural = [max(_wide(words(cell), size) for cell in column) for column in columns]
        least = [max(_wide(part, size) for cell in column for part in (words(cell).split() or [""])) for column in columns]
        if sum(least) <= width or size <= _LEAST_SIZE:
            break
        size -= 0.5
    if sum(natural) <= width:
        return size, natural
    least = [each * min(1.0, width / sum(least)) for each in least]
    spare, wish = width - sum(least), [max(n - m, 0.0) for n, m in zip(natural, least, strict=True)]
    return size, [m + spare * w / (sum(wish) or 1.0) for m, w in zip(least, wish, strict=True)]


def _wide(text: str, size: float) -> float:
    return max(float(pdfmetrics.stringWidth(line, f"{_FONT}-Bold", size)) for line in text.split("\n")) + 2 * _PADDING + 1


def _style(size: float, side: Side = "left", before: float = 0, after: float = 0) -> Any:
    return ParagraphStyle(
        "", fontName=_FONT, fontSize=size, leading=size * 1.35, alignment=_ALIGNED[side], spaceBefore=before, spaceAfter=after,
    )  # fmt: skip


def _markup(runs: Runs, bold: bool = False) -> str:
    """Return runs as reportlab's own markup, every sign of theirs escaped."""
    return "".join(_marked(Run(_printable(run.text), run.bold or bold, run.italic, run.raised)) for run in runs)


def _marked(run: Run) -> str:
    text = escape(run.text).replace("\n", "<br/>")
    for wanted, mark in ((run.raised, "super"), (run.italic, "i"), (run.bold, "b")):
        text = f"<{mark}>{text}</{mark}>" if wanted else text
    return text


def _printable(text: str) -> str:
    """Return text with letters that the font lacks as the plain letter: a name is not to lose one."""
    known = pdfmetrics.getFont(_FONT).face.charToGlyph
    return "".join(c if c == "\n" or ord(c) in known else _plain_letter(c) for c in text)


def _plain_letter(character: str) -> str:
    return "".join(c for c in normalize("NFKD", character) if not combining(c))
