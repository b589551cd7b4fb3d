"""Memo, notice and their templates: every figure with its source, only what a decision needs, nothing of a borrower's making a mark."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import TypeGuard

import pypdfium2
import pytest
from docx import Document
from sqlalchemy import Engine

from app.blobs.storage import Blobs, open_blobs
from app.domain import Finding, Origin, Severity
from app.errors import UsageError
from app.report.papers.blocks import Grid, Heading, Listing, blocks_of, words
from app.report.papers.pdf import draw_pdf
from app.report.papers.templates import PACKAGED, fill, folders_of
from app.report.papers.word import draw_docx
from app.review_queue import corrections, decisions, papers, tasks
from app.review_queue.corrections import Edit
from app.review_queue.decisions import Outcome, Proposal
from app.review_queue.memo import memo_facts
from app.review_queue.notice import notice_facts, template_of, told
from app.review_queue.opened import Review, look_again
from app.review_queue.papers import Format
from app.review_queue.sources import Sources
from app.settings import Settings
from app.store.rows import Correction, StoredDecision
from tests.desk import desk, reviewed, waiting_task

TODAY = date(2026, 3, 5)
REASONS = ("Debt service coverage of 0.98× where at least 1.25× is wanted", "Excessive obligations for the assets")


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs(Settings(data_dir=tmp_path / "data"))


@pytest.fixture(scope="module")
def review() -> Review:
    """Return a review in which cash was corrected, an add-back made, and the application then declined."""
    return reviewed()


def decided(review: Review, outcome: str, reasons: tuple[str, ...] = REASONS) -> Review:
    made = StoredDecision(review.application.id, 1, outcome, reasons, "ann", ("5,000 less",), created_at=datetime(2026, 3, 4, tzinfo=UTC))
    return replace(review, decisions=(made,))


def memo_of(review: Review) -> str:
    return fill("memo.md", memo_facts(review, TODAY), (PACKAGED,)).markdown


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = "\n".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return " ".join(text.split())


def grids(markdown: str) -> Iterator[tuple[str, Grid]]:
    heading = ""
    for block in blocks_of(markdown):
        if isinstance(block, Heading):
            heading = words(block.runs)
        elif isinstance(block, Grid):
            yield heading, block


# -- the memo ----------------------------------------------------------------------------------------------------------


def test_every_figure_of_the_spread_in_a_memo_names_a_source_that_the_memo_lists(review: Review) -> None:
    tables = list(grids(memo_of(review)))
    listed = {words(row[0]) for heading, grid in tables if heading == "Sources" for row in grid.rows}
    cells = [cell for heading, grid in tables if "USD" in heading for row in grid.rows for cell in row[1:] if words(cell)]
    unsourced = [cell for cell in cells if not any(run.raised for run in cell)]
    assert [words(cell).strip() for cell in unsourced] == ["128,300"]  # the one as adjusted, below the one that has its source
    named = {number for cell in cells for run in cell if run.raised for number in run.text.split(", ")}
    assert len(named) > 60
    assert named <= listed


def test_a_source_says_document_page_box_print_and_who_corrected_it_from_what(review: Review) -> None:
    source = Sources(review).source(1)
    assert (source.figure, source.value, source.document, source.page) == ("Cash, 31 Dec 2024", "84,211", "statements.pdf", 1)
    assert re.fullmatch(r"x \d+–\d+, y \d+–\d+", source.box)
    assert source.printed == "“Cash and cash equivalents” 84,210"
    assert re.fullmatch(r"amount corrected by ann, .*: digit misread, read as 84,210", source.changes)


def test_a_correction_of_the_unit_is_named_at_every_figure_of_its_statement(review: Review) -> None:
    scale = Correction(1, 1, review.task.assessment_id, 3, "scale", {"value": "1"}, {"scale": 1000}, "bob", "unit misread", id=9)
    sources = Sources(replace(review, corrections=(scale,)))
    first = len(review.machine.spread.statements[0].items)
    assert all("scale corrected by bob" in sources.source(number).changes for number in (1, first))
    assert sources.source(first + 1).changes == ""


def test_a_correction_of_an_earlier_version_is_named_at_the_figure_in_its_place(review: Review) -> None:
    earlier = replace(review.corrections[0], assessment_id=review.task.assessment_id + 7, fact_number=40)
    sources = Sources(replace(review, corrections=(earlier,)))
    assert "corrected by ann" in sources.source(1).changes
    assert sources.source(40).changes == ""


def test_a_figure_that_a_person_added_has_its_author(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    said = {"account": "provisions", "period": "current", "value": "1,200", "file": "statements.pdf", "page": 1, "label": "Provisions"}
    with database.begin() as c:
        corrections.correct(c, desk(blobs), task, Edit("missing", "passed over", None, 0, said))
        review = look_again(c, desk(blobs), task)
    number = max(review.now.figures)
    assert review.now.figures[number].origin is Origin.KEYED
    assert "missing corrected by ann" in Sources(review).source(number).changes
    assert f"1\\,200<sup>{number}</sup>" in memo_of(review)


def test_a_memo_shows_reported_beside_adjusted_and_the_decision_with_its_override(review: Review) -> None:
    memo = text_of(draw_pdf(blocks_of(memo_of(review))))
    assert "Debt service coverage (DSCR) 2.70× 2.23× at least 1.25× passes" in memo
    assert re.search(r"Decline by ann, .*1\. Debt service coverage of 0.98×.*Why other than the machine proposes: related party", memo)
    assert "owner's pay | <b>" in memo


def test_a_finding_on_many_figures_names_their_pages_and_the_run_of_their_sources(review: Review) -> None:
    figures = tuple(review.now.figures[number] for number in (37, 38, 39, 40, 42))
    finding = Finding("x", "foots", Severity.HIGH, "Five figures.", facts=figures)
    memo = memo_of(replace(review, now=replace(review.now, assessment=replace(review.now.assessment, findings=(finding,)))))
    assert "5 figures (statements.pdf, page 2)37–40, 42" in words(next(b for b in blocks_of(memo) if _is_finding(b)).items[0])


def _is_finding(block: object) -> TypeGuard[Listing]:
    return isinstance(block, Listing) and "Five figures." in words(block.items[0])


def test_an_undecided_application_without_findings_has_a_memo(review: Review) -> None:
    bare = replace(review, decisions=(), now=replace(review.now, assessment=replace(review.now.assessment, findings=(), application=None)))
    memo = text_of(draw_pdf(blocks_of(memo_of(bare))))
    assert "Not decided yet." in memo
    assert "Nothing was found." in memo


# -- the notice --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["decline", "counter-offer", "incomplete"])
def test_a_notice_tells_reasons_dates_and_the_ecoa_statement(review: Review, outcome: str) -> None:
    of = decided(review, outcome)
    filled = fill(template_of(of), notice_facts(of, TODAY), folders_of("", "first"))
    said = text_of(draw_pdf(blocks_of(filled.markdown)))
    assert "1. Debt service coverage of 0.98×" in said
    assert "A1 Bakery Inc." in said
    assert "5 Mar 2026" in said
    assert "The Federal Equal Credit Opportunity Act prohibits creditors" in said
    assert "Name of creditor" in filled.blanks
    assert ("4 Apr 2026" in said, "5,000 less" in said) == (outcome == "counter-offer",) * 2
    assert ("19 Mar 2026" in said) == (outcome == "incomplete")


@pytest.mark.parametrize("outcome", ["approve", "approve with conditions", "withdrawn", "approved but not accepted"])
def test_a_decision_that_nobody_is_told_of_has_no_notice(review: Review, outcome: str) -> None:
    with pytest.raises(UsageError, match="needs no notice"):
        told(decided(review, outcome))


def test_a_notice_waits_for_the_decision_and_tells_at_most_four_reasons(review: Review) -> None:
    opened_again = replace(review, task=replace(review.task, state="open"))
    assert "not decided" in papers.no_notice(opened_again)
    assert papers.no_notice(decided(review, "decline", ("r",) * 4)) == ""
    assert "names 5 reasons" in papers.no_notice(decided(review, "decline", ("r",) * 5))
    assert papers.no_notice(decided(review, "incomplete", ("r",) * 5)) == ""


@pytest.mark.parametrize("outcome", ["decline", "counter-offer", "incomplete"])
def test_the_notice_of_another_country_is_its_own_and_cites_no_law_of_the_united_states(review: Review, outcome: str) -> None:
    of = replace(decided(review, outcome), application=replace(review.application, jurisdiction="UK"))
    said = fill(template_of(of), notice_facts(of, TODAY), (PACKAGED,)).markdown
    assert "Federal" not in said
    elsewhere = replace(of, application=replace(review.application, jurisdiction="FR"))
    with pytest.raises(UsageError, match=f"There is no template notice-{outcome}-fr.md"):
        fill(template_of(elsewhere), notice_facts(elsewhere, TODAY), (PACKAGED,))


# -- templates ---------------------------------------------------------------------------------------------------------


def test_a_lenders_own_template_stands_in_for_the_packaged_one(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    (tmp_path / "letterhead.md").write_text("Our Bank", encoding="utf-8")
    (tmp_path / "second" / "letterhead.md").write_text("Second Bank", encoding="utf-8")
    assert fill("letterhead.md", {}, folders_of(str(tmp_path), "first")).markdown == "Our Bank"
    assert fill("letterhead.md", {}, folders_of(str(tmp_path), "second")).markdown == "Second Bank"
    assert fill("ecoa.md", {}, folders_of(str(tmp_path), "first")).blanks == ("name and address of the Federal agency",)
    with pytest.raises(UsageError, match="LOANLENS_TEMPLATES_DIR"):
        folders_of(str(tmp_path / "none"), "first")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("one\n\n{% if %}", r"own\.md, line 3, is broken"),
        ("one\n{# a\nb #}\n{{ nothing }}", r"own\.md, line 4, is broken: 'nothing' is undefined"),
        ("{{ 1 / 0 }}", r"own\.md.* is broken: .*zero"),
        ("{{ ''.__class__.__mro__ }}", "is broken"),
        ("{{ x | safe }}", "No filter named 'safe'"),
        ("{% include 'none.md' %}", "There is no template none.md"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_broken_template_is_named_with_the_line_and_what_is_wrong(tmp_path: Path, text: str | bytes, said: str) -> None:
    (tmp_path / "own.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=said):
        fill("own.md", {"x": "y"}, (tmp_path,))


def test_no_fact_becomes_a_mark(tmp_path: Path) -> None:
    nasty = "# **x** | <sup>y</sup> {{ z }} [l](http://a) `c` & &amp; \\ 1. - é\n\n| t |"
    text = "{% macro same(x) %}{{ x }}{% endmacro %}\n| a |\n|---|\n| {{ x }} |\n| {{ same(x) }} |\n\n- {{ x }}"
    (tmp_path / "own.md").write_text(text, encoding="utf-8")
    grid, listing = blocks_of(fill("own.md", {"x": nasty}, (tmp_path,)).markdown)
    assert isinstance(grid, Grid)
    assert isinstance(listing, Listing)
    plain = " ".join(nasty.split())
    assert [words(row[0]) for row in grid.rows] == [plain, plain]
    assert words(listing.items[0]) == plain
    assert not any(run.bold or run.raised for run in listing.items[0])


def test_a_mark_alone_on_its_line_leaves_no_empty_line(tmp_path: Path) -> None:
    text = "| a |\n|---|\n{% for x in xs %}\n| {{ x }} |\n{% endfor %}\n"
    (tmp_path / "own.md").write_text(text, encoding="utf-8")
    (grid,) = blocks_of(fill("own.md", {"xs": ["1", "2"]}, (tmp_path,)).markdown)
    assert isinstance(grid, Grid)
    assert len(grid.rows) == 2


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(UsageError, match="one paragraph"):
        blocks_of("- a\n  - b")


# -- drawing -----------------------------------------------------------------------------------------------------------


def test_pdf_and_docx_say_the_same(review: Review) -> None:
    blocks = blocks_of(memo_of(review))
    document = Document(BytesIO(draw_docx(blocks)))
    in_docx = " ".join(p.text for p in document.paragraphs) + " ".join(c.text for t in document.tables for row in t.rows for c in row.cells)
    in_pdf = text_of(draw_pdf(blocks))
    for said in ("Credit memo: A1 Bakery Inc.", "statements.pdf, page 1, x", "Debt service coverage of 0.98×", "owner's pay | <b>"):
        assert said in in_docx
        assert said in in_pdf


def test_the_same_blocks_give_the_same_pdf() -> None:
    blocks = blocks_of("# A\n\n| a | b |\n|---|---:|\n| 1 | 2 |\n\n1. x\n\n---\n\n*y*")
    assert draw_pdf(blocks) == draw_pdf(blocks)


def test_a_letter_that_the_font_lacks_becomes_the_plain_one_and_a_control_sign_a_blank() -> None:
    blocks = blocks_of("# Dvořák Ḏār\n\nSzőke\x01 Łódź, Παπαδόπουλος, Ткаченко")
    assert "Dvořák Dār" in text_of(draw_pdf(blocks))
    assert "Łódź, Παπαδόπουλος, Ткаченко" in text_of(draw_pdf(blocks))
    assert "Szőke  Łódź, Παπαδόπουλος, Ткаченко" in [p.text for p in Document(BytesIO(draw_docx(blocks))).paragraphs]


def test_a_wide_table_fits_the_page() -> None:
    heads = "|".join(f"12 months to 31 Dec {year}" for year in range(2010, 2026))
    row = "|".join(["1,234,567,890"] * 16)
    drawn = draw_pdf(blocks_of(f"|a|{heads}|\n|{'---|' * 17}\n|Total current liabilities|{row}|"))
    document = pypdfium2.PdfDocument(drawn)
    text = document[0].get_textpage()
    right = max(text.get_rect(n)[2] for n in range(text.count_rects()))
    text.close()
    document.close()
    assert right < 612 - 20


# -- as given out ------------------------------------------------------------------------------------------------------


def test_a_paper_is_noted_in_the_trail_with_what_was_given_out(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        decisions.decide(c, desk(blobs), task, Proposal(Outcome.DECLINE, (0, 0), REASONS, override_reason="related party"))
        notice = papers.draw_notice(c, desk(blobs), task, Format.DOCX)
        memo = papers.draw_memo(c, desk(blobs), task, Format.PDF)
        entry = c.exec_driver_sql("SELECT action, detail FROM audit_entries ORDER BY number DESC LIMIT 1").one()
    assert (notice.name, memo.name) == ("notice_A1.docx", "memo_A1.pdf")
    assert notice.content[:2] == b"PK"
    assert memo.content[:5] == b"%PDF-"
    assert entry.action == "draw_paper"
    assert entry.detail["file"] == "memo_A1.pdf"


def test_a_notice_on_an_open_application_is_refused(database: Engine, blobs: Blobs) -> None:
    task = waiting_task(database, blobs)
    with database.begin() as c:
        tasks.claim(c, desk(blobs), task)
        with pytest.raises(UsageError, match="not decided"):
            papers.draw_notice(c, desk(blobs), task, Format.PDF)
