"""The terminal's tables: readable at 80 columns, without a terminal, and whatever a document says."""

import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console

from app.domain import DocumentKind, Severity, Spread
from app.report.terminal import print_assessment, print_spread
from tests import build


def _printed(draw: Callable[[Console], None], width: int = 80) -> str:
    stream = io.StringIO()
    draw(Console(file=stream, width=width))
    return stream.getvalue()


def test_the_spread_stands_period_beside_period() -> None:
    lines = _printed(lambda console: print_spread(build.assessment(), console)).splitlines()
    assert next(line.split() for line in lines if "Total assets" in line) == ["Total", "assets", "565,110", "530,330"]
    assert "4 pages: 3 read, 1 blank" in lines


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_is_wider_than_the_terminal_and_no_amount_is_cut(width: int) -> None:
    text = _printed(lambda console: print_spread(build.assessment(), console), width)
    assert max(map(len, text.splitlines())) <= width
    for amount in ("1,204,600", "1,098,300", "(48,230)", "565,110"):
        assert amount in text


def test_without_a_terminal_there_are_no_control_sequences() -> None:
    assert "\x1b" not in _printed(lambda console: print_spread(build.assessment(), console))


def test_markup_and_control_characters_of_a_document_are_printed_as_text() -> None:
    label = "[bold]Cash[/bold]\x1b[2J\u202e"
    made = Spread((build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (1, 2)), ("unmapped", label, (3, 4))]),))
    subject = build.assessment(label, [build.finding(message=label)], made=made)
    for text in (_printed(lambda console: print_spread(subject, console)), _printed(lambda console: print_assessment(subject, console))):
        assert "[bold]Cash[/bold]" in text
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_the_summary_of_an_application_fits_one_screen() -> None:
    missing = replace(build.finding(message="The tax return is missing.", severity=Severity.MEDIUM), theme="complete")
    ratios = [build.ratio("dscr", "1.18"), build.ratio("current_ratio", "2.2"), build.ratio("fccr", None)]
    bands = {"dscr": build.limit("dscr", "1.25", "1.10")}
    subject = build.assessment("Alder", [build.finding(), missing], ratios)
    text = _printed(lambda console: print_assessment(subject, console, bands))
    assert len(text.splitlines()) <= 40
    for said in (
        "Refer to a person",
        "Not graded yet",
        "The tax return is missing.",
        "1.18×",
        "marginal, at least 1.25×",
        "not computable",
    ):
        assert said in text


def test_a_long_list_of_findings_is_cut_and_says_so() -> None:
    text = _printed(lambda console: print_assessment(build.assessment(findings=[build.finding()] * 20), console))
    assert "and 8 more" in text


def test_a_file_without_a_statement_says_so() -> None:
    assert "No statement was read." in _printed(lambda console: print_spread(build.assessment(made=Spread(())), console))
