"""Drawn statements: every word on the page and on its row, the PDF says what was placed, scans repeat by seed."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import numpy as np
import pdfplumber
import pytest
from PIL import Image

from app.domain import DocumentKind, Period
from training.corpus import degrade, designs, draw, paper
from training.corpus.designs import Design, Furniture
from training.corpus.paper import NO_ROW, PlacedPage, PlacedWord
from training.corpus.printed import PrintedRow, PrintedStatement

PERIODS = (Period("current", date(2024, 6, 30)), Period("prior", date(2023, 6, 30)))
MAKERS = sorted({maker for makers in designs.MAKERS.values() for maker in makers}, key=lambda maker: maker.__name__)
LONG = "Receivables from customers and others, less an allowance for amounts that are unlikely ever to be collected of $1,208 and $964"


def row(label: str, *amounts: str, style: str = "row", note: str = "", column: int = 0, indent: int = 0) -> PrintedRow:
    """Return a row; its values are what its amounts say."""
    values = tuple(Decimal("".join(c for c in a if c.isdigit()) or 0) for a in amounts)
    return PrintedRow(label, amounts, "unmapped" if amounts else "", values, indent, style, note, column)


def statement(kind: DocumentKind = DocumentKind.BALANCE_SHEET, rows: tuple[PrintedRow, ...] = (), **changes: object) -> PrintedStatement:
    """Return a small sheet of everything that rows may be."""
    usual = (
        row("Current assets:", style="heading"),
        row("Cash", "14,208", "9,733", note="3", indent=1),
        row(LONG, "208,114", "(17,090 )", indent=2),
        row("Deposits", "—", "", indent=1),
        row("", "222,322", "(7,357 )", style="subtotal", column=1),
        row("", style="blank"),
        row("Total assets", "222,322", "(7,357)", style="total", column=1),
    )
    made = PrintedStatement(
        kind, "Alder & Finch Joinery, Inc.", ("Balance Sheets", "(Unaudited)"), "(in thousands)", 1000, "USD",
        (("June 30,", "2024"), ("June 30,", "2023")), "As of", PERIODS, rows or usual, ("See accompanying notes.",),
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def many_rows(count: int) -> tuple[PrintedRow, ...]:
    return tuple(row(f"Shop number {n}", f"{n},{n:03d}", f"({n})") for n in range(1, count + 1))


def overlapping(page: PlacedPage) -> Iterator[tuple[str, str]]:
    """Yield the words that are printed over each other: wider than a hair, and by a third of a letter's height."""
    words = sorted(page.words, key=lambda w: w.top)
    for i, a in enumerate(words):
        for b in words[i + 1 :]:
            if b.top >= a.bottom:
                break
            if min(a.bottom, b.bottom) - max(a.top, b.top) > 0.34 * min(a.size, b.size) and min(a.x1, b.x1) - max(a.x0, b.x0) > 0.2:
                yield a.text, b.text


def words_of_row(pages: tuple[PlacedPage, ...], number: int) -> list[PlacedWord]:
    return [word for page in pages for word in page.words if word.row == number]


def text_of_row(pages: tuple[PlacedPage, ...], number: int) -> str:
    return " ".join(word.text for word in words_of_row(pages, number))


VARIANTS = {
    "plain": statement(),
    "marked": statement(currency_marks="all"),
    "headed": statement(currency="GBP", scale_line="", scale=1, currency_marks="header", span_head="as at 30 June 2024"),
    "inner and outer": statement(currency="GBP", scale_line="£'000", currency_marks="header", two_columns=True),
    "inner and outer under whole dates": statement(two_columns=True, period_heads=(("30 September 2024",), ("30 September 2023",))),
    "four periods": statement(
        period_heads=tuple((f"September {30 - n}, {2024 - n}",) for n in range(4)),
        periods=tuple(Period(f"p{n}", date(2024 - n, 9, 30 - n)) for n in range(4)),
        rows=tuple(row(LONG, *(["(1,234,567.89)"] * 4), style=style) for style in ("row", "subtotal", "total")),
        currency_marks="all",
    ),
    "long": statement(rows=many_rows(140)),
    "income": statement(DocumentKind.INCOME_STATEMENT, (replace(row("Sales", "10", "20"), account="revenue"), row("Rent", "(4)", "—"))),
}


@pytest.fixture(params=[(maker, seed) for maker in MAKERS for seed in range(3)], ids=lambda p: f"{p[0].__name__}-{p[1]}")
def design(request: pytest.FixtureRequest) -> Design:
    maker, seed = request.param
    made: Design = maker(random.Random(seed))
    return made


@pytest.mark.parametrize("variant", VARIANTS)
def test_words_lie_on_the_page_and_not_on_each_other(design: Design, variant: str) -> None:
    for page in draw.place([VARIANTS[variant]], design):
        assert [w for w in page.words if not (0 < w.x0 < w.x1 < page.width and 0 < w.top < w.bottom < page.height)] == []
        assert list(overlapping(page)) == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_label_note_and_amount_is_printed_on_its_row(design: Design, variant: str) -> None:
    given = VARIANTS[variant]
    pages = draw.place([given], design)
    for number, its in enumerate(given.rows):
        wanted = " ".join(filter(None, (its.label, its.note, *its.amounts)))
        extra = [w for w in words_of_row(pages, number) if not w.text.strip(".") or w.text.endswith("%")]  # leaders, shares
        printed = " ".join(w.text for w in words_of_row(pages, number) if w not in extra)
        assert without_signs(printed) == without_signs(wanted)


def without_signs(text: str) -> str:
    """Return the text without currency signs, which stand apart or not."""
    return " ".join(text.replace("$", "").replace("£", "").split())


def test_rows_follow_each_other_down_the_page(design: Design) -> None:
    pages = draw.place([statement(rows=many_rows(30))], design)
    firsts = [next((number, w.top) for number, page in enumerate(pages) for w in page.words if w.row == n) for n in range(30)]
    assert all(above < below for above, below in pairwise(firsts))


def test_the_words_of_one_row_stand_on_one_line(design: Design) -> None:
    pages = draw.place([statement(rows=many_rows(30))], design)
    for number in range(30):
        bottoms = [word.bottom for word in words_of_row(pages, number)]
        assert max(bottoms) - min(bottoms) < 0.3  # a bold face reaches a little less far down


def test_amounts_of_a_column_end_in_line() -> None:
    pages = draw.place([statement(rows=many_rows(12), currency_marks="none")], Design("test"))
    ends = [[word.x1 for word in words_of_row(pages, n)][-2:] for n in range(12)]
    assert len({tuple(round(x, 3) for x in pair) for pair in ends}) == 1


def test_a_hanging_bracket_stands_right_of_the_digits() -> None:
    rows = (row("Fees", "1,000", "2,000"), row("Costs", "(300)", "(400)"))
    pages = draw.place([statement(rows=rows)], Design("test", hanging_bracket=True))
    bracket = paper.width_of(")", "Helvetica", 8.0)
    fees, costs = (words_of_row(pages, n)[-1] for n in range(2))
    assert costs.x1 - fees.x1 == pytest.approx(bracket)


@pytest.mark.parametrize(("amounts_at", "line"), [("first", 0), ("last", 1)])
def test_amounts_stand_on_the_chosen_line_of_a_wrapped_label(amounts_at: str, line: int) -> None:
    design = Design("test", label_limit=10, amounts_at=amounts_at)
    pages = draw.place([statement(rows=(row("Income taxes payable to the state", "5", "6"),))], design)
    *label, _, amount = words_of_row(pages, 0)
    levels = sorted({word.bottom for word in label})
    assert len(levels) > line + 1 - (amounts_at == "last")
    assert amount.bottom == (levels[0] if amounts_at == "first" else levels[-1])


def test_inner_and_outer_amounts_stand_in_columns_of_their_own() -> None:
    rows = (row("Stocks", "1", "2", column=0), row("Net current assets", "3", "4", column=1))
    pages = draw.place([statement(rows=rows, two_columns=True, currency_marks="none")], Design("test"))
    (inner, inner_older), (outer, outer_older) = (words_of_row(pages, n)[-2:] for n in range(2))
    assert inner.x1 < outer.x0 < inner_older.x1 < outer_older.x0


def test_the_currency_stands_apart_at_the_left_of_the_column_or_before_the_digits() -> None:
    given = [statement(rows=(row("Cash", "(7)", "8"),), currency_marks="all")]
    assert text_of_row(draw.place(given, Design("test", mark="apart")), 0) == "Cash $ (7) $ 8"
    assert text_of_row(draw.place(given, Design("test", mark="glued")), 0) == "Cash ($7) $8"
    assert text_of_row(draw.place(given, Design("filing", mark="glued")), 0) == "Cash $(7) $8"


@pytest.mark.parametrize(("marks", "printed"), [("none", "1 2 3"), ("totals", "$1 2 $3"), ("all", "$1 $2 $3"), ("header", "1 2 3")])
def test_currency_marks_stand_where_the_statement_wants_them(marks: str, printed: str) -> None:
    rows = (row("a", "1"), row("b", "2"), row("c", "3", style="total"))
    given = statement(rows=rows, currency_marks=marks, period_heads=(("2024",),), periods=PERIODS[:1])
    pages = draw.place([given], Design("test", mark="glued"))
    assert [words_of_row(pages, n)[-1].text for n in range(3)] == printed.split()
    assert ("$" in [w.text for w in words_of_row(pages, NO_ROW)]) == (marks == "header")


def test_a_share_of_revenue_is_printed_beside_each_amount() -> None:
    pages = draw.place([VARIANTS["income"]], Design("test", percent=True))
    assert text_of_row(pages, 1) == "Rent (4) 40.0% — 0.0%"


def test_a_long_statement_goes_on_under_the_same_heads() -> None:
    pages = draw.place([VARIANTS["long"]], Design("test", fits_page=False))
    assert len(pages) > 1
    assert all([w.text for w in page.words].count("2024") == 1 for page in pages)
    assert [len({w.row for w in page.words} - {NO_ROW}) > 0 for page in pages] == [True] * len(pages)


def test_a_statement_a_little_too_long_is_printed_smaller() -> None:
    given = [statement(rows=many_rows(60))]
    assert len(draw.place(given, Design("test", fits_page=False))) == 2
    assert len(draw.place(given, Design("test", fits_page=True))) == 1


def test_statements_share_a_page_where_they_are_told_to() -> None:
    given = [statement(), statement(DocumentKind.INCOME_STATEMENT)]
    assert len(draw.place(given, Design("test"))) == 2
    (page,) = draw.place(given, Design("test"), share_page=True)
    first, second = ([w.top for w in page.words if w.statement == n and w.row != NO_ROW] for n in range(2))
    assert max(first) < min(second)


def test_the_edges_of_every_page_say_who_and_which() -> None:
    furniture = Furniture(("{company}", "", "Draft"), ("", "Page {page} of {pages}", ""))
    design = Design("test", furniture=furniture, first_page=4, fits_page=False)
    for number, page in enumerate(draw.place([VARIANTS["long"]], design), 4):
        text = " ".join(w.text for w in page.words)
        assert f"Page {number} of" in text
        assert text.count("Draft") == 1


def test_a_pdf_says_what_was_placed(design: Design, tmp_path: Path) -> None:
    pages = draw.place([statement()], design)
    paper.write_pdf(pages, tmp_path / "drawn.pdf")
    with pdfplumber.open(tmp_path / "drawn.pdf") as pdf:
        assert len(pdf.pages) == len(pages)
        for read, placed in zip(pdf.pages, pages, strict=True):
            assert (float(read.width), float(read.height)) == pytest.approx((placed.width, placed.height), abs=0.1)
            found = {(w["text"], round(w["x0"]), round(w["bottom"])): w for w in read.extract_words(x_tolerance=0.2)}
            for word in placed.words:
                near = [found.get((word.text, round(word.x0) + dx, round(word.bottom) + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
                (match,) = [w for w in near if w]
                box = [match[edge] for edge in ("x0", "top", "x1", "bottom")]
                assert box == pytest.approx([word.x0, word.top, word.x1, word.bottom], abs=0.6)
            assert len(found) == len({(w.text, round(w.x0), round(w.bottom)) for w in placed.words})


def test_the_same_pages_give_the_same_pdf(tmp_path: Path) -> None:
    pages = draw.place([statement()], designs.design(random.Random(5), "us_public"))
    for name in ("a.pdf", "b.pdf"):
        paper.write_pdf(pages, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_words_without_a_pdf_are_fractions_of_their_page() -> None:
    (page,) = draw.place([statement()], Design("test"))
    words = paper.words_of(page)
    assert [w.text for w in words] == [w.text for w in page.words]
    assert all(0 < w.box.x0 < w.box.x1 < 1 and 0 < w.box.top < w.box.bottom < 1 for w in words)


@pytest.mark.parametrize("family", designs.MAKERS)
def test_a_seed_gives_the_same_design_and_others_differ(family: str) -> None:
    drawn = [designs.design(random.Random(seed), family) for seed in range(20)]
    assert drawn[3] == designs.design(random.Random(3), family)
    assert all(a != b for a, b in pairwise(drawn))


# -- scans ------------------------------------------------------------------------------------------------------------

DEVICES = (degrade.office_scanner, degrade.copier, degrade.fax, degrade.telephone)


@pytest.fixture(scope="module")
def clean() -> Image.Image:
    """A page of black bars on white, 150 dots to the inch."""
    shades = np.full((600, 450), 255, np.uint8)
    shades[100:500:20, 60:400] = 0
    return Image.fromarray(shades)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("seed", range(4))
def test_a_scan_keeps_the_page_s_size_and_repeats_by_seed(clean: Image.Image, device: object, seed: int) -> None:
    assert callable(device)
    style = replace(device(random.Random(seed)), dpi=150)
    first, again, other = (degrade.degrade(clean, style, random.Random(s)) for s in (seed, seed, seed + 1))
    assert first.size == clean.size
    assert first.mode == "L"
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("device", DEVICES)
def test_ink_stays_darker_than_paper(clean: Image.Image, device: object) -> None:
    assert callable(device)
    straight = replace(device(random.Random(2)), dpi=150, skew=0.0, perspective=0.0)
    shades = np.asarray(degrade.degrade(clean, straight, random.Random(2)), float)
    was = np.asarray(clean)
    assert shades[was == 0].mean() < shades[was == 255].mean() - 60


def test_a_fax_is_black_and_white(clean: Image.Image) -> None:
    faxed = degrade.degrade(clean, degrade.fax(random.Random(1)), random.Random(1))
    assert set(np.unique(np.asarray(faxed))) <= {0, 255}


def test_a_page_without_flaws_is_the_page(clean: Image.Image) -> None:
    assert degrade.degrade(clean, degrade.ScanStyle("none", 150), random.Random(0)).tobytes() == clean.tobytes()


def test_a_scan_of_a_pdf_has_its_device_s_resolution(tmp_path: Path) -> None:
    paper.write_pdf(draw.place([statement()], Design("test")), tmp_path / "drawn.pdf")
    scanned = degrade.scan(tmp_path / "drawn.pdf", 1, degrade.ScanStyle("plain", 100, skew=0.5), random.Random(0))
    assert scanned.size == (850, 1100)
    assert scanned.info["dpi"] == (100, 100)
    assert 0 < (np.asarray(scanned) < 128).mean() < 0.1
