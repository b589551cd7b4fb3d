"""Parsers of numbers, dates and periods meet whatever may be printed: they never fail but as they say, and what is printed comes back."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain import Box, DocumentKind, Page, PageStatus, ReadMethod, Word
from app.errors import UsageError
from app.reading.layout import lines_of, parse_amount
from app.review_queue.amounts import typed_amount
from rules import columns, headings
from rules.forms import days, ruled, values

_PARTS = (
    *("31", "12", "2", "29", "02", "30", "0", "00", "99", "1,234", "12.5", "9999", "0000", "2024", "1999", "24", "9" * 300, "٣", "²", "½"),
    *("December", "ſeptember", "SEPT", "JUNE", "Maİ", "feb", "th", "of", "day", "ended", "months", "years", "twelve", "fifty-two weeks"),
    *("$", "£", "(", ")", "-", "–", "%", "k", "K", "mİllion", "thouſand", "CR", "nil", "-0-", "in thousands", "per cent", "SOFR"),
    *("/", ".", ",", ":", " ", "  ", "\n", "\t", "\0", "\u202e", "\ud800", "|", "'", "000s", "x", "[x]", "LLC", "12-3456789"),
)
#: What papers print, in any order, and anything else.
printed = st.lists(st.sampled_from(_PARTS), max_size=12).map("".join) | st.lists(st.sampled_from(_PARTS), max_size=8).map(" ".join)
anything = printed | st.text(max_size=80)
amounts = st.decimals(min_value=-(10**15), max_value=10**15, places=2, allow_nan=False)
calendar = st.dates(date(1970, 1, 1), date(2069, 12, 31))
often = settings(max_examples=300, deadline=None, derandomize=True)


def words(text: str) -> tuple[Word, ...]:
    """Return the words of a line of text, side by side on a page."""
    return tuple(Word(each, Box(0.02 * n, 0.5, 0.02 * n + 0.015, 0.51)) for n, each in enumerate(text.split()[:40]))


def page(text: str) -> Page:
    """Return a page of one line of text."""
    ordered, lines = lines_of(1, words(text))
    return Page("a.pdf", 1, PageStatus.READ, ReadMethod.TEXT, 612, 792, ordered, lines)


READERS = [getattr(values, name) for name in dir(values) if isinstance(getattr(values, name), values.Kind)]


@often
@given(anything)
@example("9999-12-31")
@example("ſeptember 30, 2024")
@example("$12 mİllion")
def test_no_reader_of_values_fails(text: str) -> None:
    for reader in READERS:
        found = reader.read(text)
        assert found is None or 0 <= found.start <= found.stop <= len(text)


@often
@given(anything, st.booleans())
@example("9999-12-31 Deposit", False)
@example("0001-01-01 Deposit", False)
def test_no_day_of_a_bank_statement_fails(text: str, day_first: bool) -> None:
    mark = days.mark_of(text)
    if mark is not None:
        days.day_of(mark, None, day_first)
        days.is_day_first([mark], None, text)


@often
@given(anything)
def test_no_number_fails(text: str) -> None:
    for found in (parse_amount(text), ruled.number(text)):
        assert found is None or isinstance(found, Decimal | tuple)


@often
@given(anything)
@example("December 31, 9999")
def test_no_heading_fails(text: str) -> None:
    made = page(text)
    headings.mentions(made, list(enumerate(made.lines)), uk=headings.is_uk(text))
    assert headings.scale_of(text) in (1, 1000, 1_000_000)
    assert all(1 <= months <= 12 for months in headings.months_covered(text))
    headings.currency_of(text)


@often
@given(st.lists(anything, max_size=5), st.sampled_from(list(DocumentKind)))
def test_no_page_of_headings_and_figures_fails(texts: list[str], kind: DocumentKind) -> None:
    placed = [
        Word(word.text, Box(word.box.x0, 0.1 + 0.02 * n, word.box.x1, 0.11 + 0.02 * n))
        for n, each in enumerate(texts)
        for word in words(each)
    ]
    ordered, lines = lines_of(1, placed)
    assert len(ordered) <= len(placed)
    if lines:
        columns.layout_of(Page("a.pdf", 1, PageStatus.READ, ReadMethod.TEXT, 612, 792, ordered, lines), kind, range(len(lines)))


@often
@given(anything)
@example("9" * 5000)
@example("1" + ",000" * 2000)
def test_what_is_typed_is_an_amount_or_refused_with_a_reason(text: str) -> None:
    try:
        assert abs(typed_amount(text)) < 10**18
    except UsageError as refused:
        assert text in str(refused)  # noqa: PT017 - both ends are right, neither is wanted


@often
@given(amounts)
def test_an_amount_that_is_printed_comes_back(amount: Decimal) -> None:
    for shown in (f"{amount:,}", f"{amount}", f"({abs(amount):,})" if amount < 0 else f"${amount:,}"):
        assert parse_amount(shown) == amount
        assert typed_amount(shown) == amount


@often
@given(calendar)
def test_a_day_that_is_printed_comes_back(day: date) -> None:
    for shown in (f"{day:%B} {day.day}, {day.year}", f"{day.day} {day:%B} {day.year}", f"{day:%m/%d/%Y}", day.isoformat()):
        found = values.day_in(shown)
        assert found is not None, shown
        assert found.value == day, shown
    british = values.day_in(f"{day:%d/%m/%Y}", day_first=True)
    assert british is not None
    assert british.value == day
    mark = days.mark_of(f"{day.isoformat()} Deposit")
    assert mark is not None
    assert days.day_of(mark, None, day_first=False) == day


@pytest.mark.parametrize("year", [1, 1900, 2024, 9998, 9999])
def test_the_last_day_of_every_month_is_known(year: int) -> None:
    assert [headings.month_end(year, month).month for month in range(1, 13)] == list(range(1, 13))
