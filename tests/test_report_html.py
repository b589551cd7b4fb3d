"""The HTML report: complete, self-contained, small, and safe whatever a document says."""

import base64
import hashlib
import io
import random
import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from PIL import Image

from app.domain import UNMAPPED, Assessment, DocumentKind, Page, PageStatus, Severity, Spread
from app.errors import UsageError
from app.report.bars import bar, verdict
from app.report.html import render_html
from app.report.parts import FileSpread
from app.report.pictures import shrink
from rules.limits import Limit
from tests import build

HOSTILE = """<script>alert("x")</script>' onmouseover='alert(1)"""


class _Elements(HTMLParser):
    """Every element of a page with its attributes, and the text outside style and script."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] not in ("style", "script"):
            self.words.append(data)

    def with_class(self, name: str) -> list[dict[str, str]]:
        return [attrs for _, attrs in self.found if name in attrs.get("class", "").split()]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _no_picture(_: Page) -> bytes:
    return b""


def _page(*subjects: Assessment | FileSpread, bands: dict[str, Limit] | None = None) -> _Elements:
    return _Elements(render_html(subjects, _no_picture, bands))


def test_every_read_figure_has_a_box_on_its_page_and_they_link_to_each_other() -> None:
    page = _page(build.assessment())
    boxes = {attrs["id"]: attrs for attrs in page.with_class("box")}
    figures = {attrs["id"]: attrs for tag, attrs in page.found if tag == "a" and attrs.get("id", "").startswith("f-")}
    assert len(boxes) == len(figures) == sum(len(statement.items) for statement in build.spread().statements)
    assert {attrs["href"] for attrs in boxes.values()} == {f"#{id}" for id in figures}
    assert {attrs["href"] for attrs in figures.values()} == {f"#{id}" for id in boxes}


def test_a_box_lies_where_the_figure_was_read() -> None:
    made = Spread((build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (84_210, None))]),))
    (box,) = _page(build.assessment(made=made)).with_class("box")
    assert box["style"] == "left:63.0%;top:16.0%;width:11.0%;height:1.6%"
    assert box["title"] == "Cash, 31 Dec 2024: 84,210"


def test_a_finding_links_to_the_very_box_of_its_figure() -> None:
    made = build.spread()
    total = made.statements[0].item("total_assets", "current")
    assert total is not None
    page = _page(build.assessment(findings=[build.finding(facts=[total])], made=made))
    linked = [attrs["href"] for attrs in page.with_class("figure") if "id" not in attrs]
    (grave,) = page.with_class("grave")
    assert linked == [f"#{grave['id']}"]
    assert "Total assets, 31 Dec 2024: 565,110" in grave["title"]


def test_the_severity_is_told_by_a_word_and_a_shape() -> None:
    findings = [build.finding(severity=severity) for severity in Severity]
    page = _page(build.assessment(findings=findings))
    assert [word for word in ("High", "Medium", "Low", "Note") if word in page.text] == ["High", "Medium", "Low", "Note"]
    assert {attrs["class"] for attrs in page.with_class("shape")} == {"shape high", "shape medium", "shape low", "shape info"}


def test_hostile_text_of_a_document_stays_text_everywhere() -> None:
    label, name = HOSTILE, f"{HOSTILE}.pdf"
    rows = [("cash", label, (5, 4)), (UNMAPPED, label, (3, 2))]
    made = Spread((build.statement(DocumentKind.BALANCE_SHEET, rows, file=name),))
    repaired = replace(made.statements[0].items[0], repaired=label, text=label)
    made = Spread((replace(made.statements[0], items=(repaired, *made.statements[0].items[1:]), currency=label),))
    finding = replace(build.finding(message=label, facts=[repaired]), documents=(name,), source=label, theme=label)
    subject = replace(
        build.assessment(label, [finding], [build.ratio("dscr", None, label)], made), pages=(build.page(file=name, reason=label),)
    )
    page = _page(replace(subject, page_kinds=(DocumentKind.OTHER,)))
    assert [tag for tag, _ in page.found].count("script") == 1
    assert not [name for _, attrs in page.found for name in attrs if name.startswith("on")]
    assert HOSTILE in page.text


def test_the_report_asks_nothing_of_any_network() -> None:
    source = render_html([build.assessment()], build.picture)
    elements = _Elements(source)
    for _, attrs in elements.found:
        assert attrs.get("src", "data:").startswith("data:")
        assert attrs.get("href", "#").startswith("#")
    outside_pictures = re.sub(r"data:image/webp;base64,[A-Za-z0-9+/=]+", "", source)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|<link|<iframe", outside_pictures)
    (policy,) = [attrs["content"] for _, attrs in elements.found if attrs.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_the_content_policy_allows_the_one_script() -> None:
    source = render_html([build.assessment()], _no_picture)
    (script,) = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src &#39;sha256-{digest}&#39;" in source


def test_the_ledger_lists_every_page_with_kind_status_and_reason() -> None:
    broken = build.page(5, status=PageStatus.QUARANTINED, reason="The page is damaged. Ask for it again.")
    made = build.assessment()
    page = _page(replace(made, pages=(*made.pages, broken), page_kinds=(*made.page_kinds, DocumentKind.OTHER)))
    assert len(page.with_class("page")) == 5
    assert "5 pages, each accounted for" in page.text
    assert page.text.count("The page is damaged. Ask for it again.") == 3  # to do, ledger, viewer
    assert "Set aside" in page.text


def test_pages_that_were_not_read_are_never_drawn() -> None:
    drawn: list[int] = []

    def picture(page: Page) -> bytes:
        drawn.append(page.number)
        return b""

    render_html([build.assessment()], picture)
    assert drawn == [1, 2, 3]


def test_several_applications_share_one_file_with_an_index_and_no_anchor_twice() -> None:
    page = _page(build.assessment("Alder"), build.assessment("Birch"))
    (index,) = [position for position, (_, attrs) in enumerate(page.found) if attrs.get("class") == "index"]
    links = [attrs["href"] for tag, attrs in page.found[index:] if tag == "a"][:2]
    assert links == ["#s1", "#s2"]
    ids = [attrs["id"] for _, attrs in page.found if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_every_link_has_its_target() -> None:
    findings = [build.finding(facts=build.spread().statements[0].items[:2])]
    page = _page(build.assessment(findings=findings), build.assessment("second"))
    ids = {attrs["id"] for _, attrs in page.found if "id" in attrs}
    assert {attrs["href"][1:] for tag, attrs in page.found if tag == "a"} <= ids


def test_a_file_spread_without_assessment_shows_no_recommendation() -> None:
    made = build.assessment()
    page = _page(FileSpread("statements.pdf", made.pages, made.page_kinds, made.documents, made.spread, ()))
    assert "Recommendation" not in page.text
    assert "Cash and cash equivalents" in page.text


def test_derived_figures_show_their_formula_and_doubtful_ones_are_marked() -> None:
    statement = build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (5, 4))])
    doubtful = replace(statement.items[0], confidence=0.4, auto_accept=False, alternatives=(Decimal(6),))
    total = build.derived("total_assets", 5, "total_current_assets + total_fixed_assets")
    page = _page(build.assessment(made=Spread((replace(statement, items=(doubtful, statement.items[1], total)),))))
    assert "Total assets, 31 Dec 2024 = Total current assets + Total fixed assets" in page.text
    assert "Cash, 31 Dec 2024: could also be read as 6" in page.text
    assert len([attrs for attrs in page.with_class("doubtful") if "figure" in attrs["class"]]) == 1
    assert "Compare 1 doubtful figure with the page." in page.text


def test_a_ratio_is_shown_against_its_limits() -> None:
    ratios = [build.ratio("dscr", "1.18", "ebitda / debt_service", {"ebitda": 118, "debt_service": 100}), build.ratio("fccr", None)]
    page = _page(build.assessment(ratios=ratios), bands={"dscr": build.limit("dscr", "1.25", "1.10")})
    assert "1.18×" in page.text
    assert "marginal at least 1.25×" in page.text
    assert "(FCCR) an input was not read not computable" in page.text
    (drawn,) = page.with_class("bar")
    assert drawn["aria-label"] == "Debt service coverage (DSCR): marginal, policy asks for at least 1.25×"


@pytest.mark.parametrize(("value", "word"), [("1.25", "passes"), ("1.2499", "marginal"), ("1.10", "marginal"), ("1.0999", "fails")])
def test_limits_are_compared_unrounded(value: str, word: str) -> None:
    assert verdict(build.ratio("dscr", value), build.limit("dscr", "1.25", "1.10")) == word


@pytest.mark.parametrize("value", ["-5", "0", "0.9", "3.5", "3.51", "400"])
def test_a_bar_fills_its_width_and_keeps_values_on_it(value: str) -> None:
    drawn = bar(build.limit("debt_to_ebitda", "3.5", at_least=False), build.ratio("debt_to_ebitda", value), None)
    assert [name for name, _, _ in drawn.zones] == ["passes", "fails"]
    assert (drawn.zones[0][1], drawn.zones[-1][2]) == (0, 1000)
    assert drawn.value is not None
    assert 0 <= drawn.value <= 1000
    assert bar(build.limit("tangible_net_worth", "0"), build.ratio("tangible_net_worth", "0"), None).value == 500


def _noisy_scan() -> bytes:
    image = Image.open(io.BytesIO(build.picture(build.page(), width=1700))).convert("L")
    noise = Image.frombytes("L", image.size, random.Random(7).randbytes(image.width * image.height))
    stream = io.BytesIO()
    Image.blend(image, noise, 0.25).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def test_six_pages_of_noisy_scans_stay_below_two_megabytes() -> None:
    made = build.assessment()
    pages = tuple(build.page(number) for number in range(1, 7))
    scan = _noisy_scan()
    source = render_html([replace(made, pages=pages, page_kinds=(DocumentKind.BALANCE_SHEET,) * 6)], lambda _: scan)
    assert source.count("data:image/webp") == 6
    assert len(source.encode()) <= 2_000_000


def test_a_picture_is_never_enlarged_and_keeps_its_shape() -> None:
    small = build.picture(build.page(), width=400)
    shrunk = shrink(small)
    assert (shrunk.width, shrunk.height) == (400, 518)
    large = shrink(build.picture(build.page(), width=2550))
    assert (large.width, large.height) == (1275, 1650)


def test_columns_of_several_files_stand_under_their_file() -> None:
    statements = [build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (2, 1))], file=name) for name in ("2024.pdf", "2022.pdf")]
    page = _page(build.assessment(made=Spread(tuple(statements))))
    sources = [(attrs["title"], attrs["colspan"]) for _, attrs in page.found if attrs.get("scope") == "colgroup"]
    assert sources == [("2024.pdf", "1"), ("2022.pdf", "1"), ("2024.pdf", "1"), ("2022.pdf", "1")]  # one date beside the other


def test_a_page_that_cannot_be_drawn_does_not_cost_the_report() -> None:
    def picture(_: Page) -> bytes:
        raise UsageError("The page could not be drawn.")

    page = _Elements(render_html([build.assessment()], picture))
    assert page.text.count("No picture of this page.") == 3
    assert len(page.with_class("box")) == 73


def test_a_long_list_of_figures_is_folded_but_complete() -> None:
    items = build.spread().statements[0].items[:20]
    page = _page(build.assessment(findings=[build.finding(facts=items)]))
    assert "12 more figures" in page.text
    assert len([attrs for attrs in page.with_class("figure") if "id" not in attrs]) == 20


def test_ratio_columns_tell_their_date_where_all_statements_agree() -> None:
    ratios = [build.ratio("dscr", "1.3"), build.ratio("dscr", "1.2", period="prior")]
    assert "Ratio Current 31 Dec 2024 Prior 31 Dec 2023 Against policy" in _page(build.assessment(ratios=ratios)).text
