"""The rationale in words: rendered from cited facts, the same in the terminal, the page and the JSON."""

import io
import re
from dataclasses import replace

from rich.console import Console

from app.domain import Assessment, FactLine, ModelVersion, Rationale, Reason, Relation, Severity, Standing, Trend
from app.report.html import render_html
from app.report.json import package_object
from app.report.rationale import rationale_view
from app.report.terminal import print_assessment
from tests import build

MESSAGE = "Revenue on the statement is 20 % more than on the tax return. <b>"
FACTS = (
    FactLine("dscr", "coverage", Standing.FAIR, Trend.WORSE, "passes"),
    FactLine("current_ratio", "current", Standing.POOR, None, "fails"),
    FactLine("revenue_agrees_with_the_tax_return", "ties", Standing.POOR),
    FactLine("statement_quality", "statements", Standing.GOOD),
)
REASONS = (
    Reason("current_ratio", Relation.UP, 0.9),
    Reason("revenue_agrees_with_the_tax_return", Relation.UP, 0.8),
    Reason("statement_quality", Relation.DOWN, 0.5),
    Reason("dscr", Relation.CONFLICTS, 0.4),
)


def assessed(note: str = "") -> Assessment:
    signal = () if note else (0.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.0)
    made = Rationale(FACTS, REASONS, ("liquidity", "differences"), signal, ModelVersion("reasoner", "1", ""), note)
    findings = [build.finding("revenue_agrees_with_the_tax_return", Severity.HIGH, MESSAGE)]
    ratios = [build.ratio("dscr", "1.8"), build.ratio("dscr", "2.4", period="prior"), build.ratio("current_ratio", "0.7")]
    return replace(build.assessment(findings=findings, ratios=ratios), rationale=made)


def test_every_sentence_is_rendered_from_a_cited_fact() -> None:
    shown = rationale_view(assessed())
    assert shown
    assert dict(shown.groups) == {
        "Weaknesses": ("Current ratio: 0.70×, poor, fails policy", MESSAGE),
        "Strengths": ("Quality of the figures read: good",),
        "Looks otherwise than the risk is": ("Debt service coverage (DSCR): 1.80×, fair, worse than a year before",),
    }
    assert len(shown.questions) == 2
    assert "risk signal is 5.5" in shown.author


def test_every_figure_of_a_sentence_stands_in_the_ratios_or_findings() -> None:
    of = assessed()
    shown = rationale_view(of)
    assert shown
    known = {f"{ratio.value:.2f}" for ratio in of.ratios if ratio.value is not None} | {"20"}
    figures = {figure for _, sentences in shown.groups for each in sentences for figure in re.findall(r"\d+(?:\.\d+)?", each)}
    assert figures <= known


def test_the_page_the_terminal_and_the_json_say_the_same() -> None:
    of, stream = assessed(), io.StringIO()
    print_assessment(of, Console(file=stream, width=120))
    page, terminal, made = render_html([of], lambda _: b""), stream.getvalue(), package_object(of)["rationale"]
    for text in (page, terminal):
        assert "Current ratio: 0.70×, poor, fails policy" in text
        assert "To ask the borrower" in text
    assert "than on the tax return. &lt;b&gt;" in page
    assert made["reasons"][0] == {"fact": "current_ratio", "relation": "up", "weight": 0.9}
    assert [question["id"] for question in made["questions"]] == ["liquidity", "differences"]


def test_the_assessment_says_that_the_rules_stood_in() -> None:
    note = "By the rules, since the reasoner's answer was refused: it gives no reason."
    of, stream = assessed(note), io.StringIO()
    print_assessment(of, Console(file=stream, width=200))
    assert note in stream.getvalue()
    assert package_object(of)["rationale"]["note"] == note


def test_without_a_rationale_nothing_is_shown() -> None:
    assert rationale_view(build.assessment()) is None
    assert package_object(build.assessment())["rationale"] is None
