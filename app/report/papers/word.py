"""A paper drawn as DOCX with python-docx, to be edited further in a word processor."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from app.report.papers.blocks import Block, Grid, Heading, Listing, Paragraph, Rule, Runs, Side, words

_LETTER, _A4 = (Mm(215.9), Mm(279.4)), (Mm(210), Mm(297))
_MARGIN = Mm(20)
_ALIGNED: dict[Side, WD_ALIGN_PARAGRAPH] = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
}
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def draw_docx(blocks: tuple[Block, ...], us_paper: bool = True) -> bytes:
    """Return a paper as DOCX, on US letter or A4."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = _LETTER if us_paper else _A4
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    paper.styles["Normal"].font.name, paper.styles["Normal"].font.size = "Arial", Pt(10)
    title = next((words(block.runs) for block in blocks if isinstance(block, Heading)), "")
    about = paper.core_properties
    about.title, about.author, about.comments, about.created, about.modified = title, "", "", _LONG_AGO, _LONG_AGO
    for block in blocks:
        _draw(paper, block)
    _number_pages(section.footer.paragraphs[0])
    content = BytesIO()
    paper.save(content)
    return content.getvalue()


def _draw(paper: Any, block: Block) -> None:
    match block:
        case Heading(level, runs):
            _write(paper.add_heading(level=level), runs)
        case Paragraph(runs):
            _write(paper.add_paragraph(), runs)
        case Listing(ordered, start, items):
            for number, item in enumerate(items, start):
                paragraph = paper.add_paragraph(style="List" if ordered else "List Bullet")
                if ordered:  # a number typed out: Word would go on counting where the list before ended
                    paragraph.add_run(f"{number}.\t")
                _write(paragraph, item)
        case Grid():
            _draw_table(paper, block)
        case Rule():
            _draw_rule(paper.add_paragraph())


def _write(paragraph: Any, runs: Runs) -> None:
    for run in runs:
        written = paragraph.add_run(_kept(run.text))
        written.bold, written.italic = run.bold or None, run.italic or None
        written.font.superscript = run.raised or None


def _kept(text: str) -> str:
    """Return text without the control signs that an XML file cannot hold."""
    return "".join(c if c in "\n\t" or ord(c) >= 32 else " " for c in text)


def _draw_table(paper: Any, grid: Grid) -> None:
    table = paper.add_table(rows=0, cols=len(grid.heads), style="Table Grid")
    headed = any(map(words, grid.heads))
    for number, cells in enumerate((grid.heads, *grid.rows) if headed else grid.rows):
        row = table.add_row()
        for cell, runs, side in zip(row.cells, cells, grid.sides, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.alignment, paragraph.paragraph_format.space_after = _ALIGNED[side], Pt(0)
            _write(paragraph, runs)
            for run in paragraph.runs:
                run.font.size, run.bold = Pt(8), run.bold or (headed and not number) or None
        if headed and not number:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  the library has no word for it
    paper.add_paragraph().paragraph_format.space_after = Pt(0)


def _draw_rule(paragraph: Any) -> None:
    borders, line = OxmlElement("w:pBdr"), OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "C9D1D8")):
        line.set(qn(f"w:{name}"), value)
    borders.append(line)
    paragraph._p.get_or_add_pPr().append(borders)  # noqa: SLF001  the library has no word for it


def _number_pages(paragraph: Any) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run("Page ")
    run.font.size = Pt(8)
    for kind in ("begin", "", "end"):
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = "PAGE"
        run._r.append(part)  # noqa: SLF001  the library has no word for it
