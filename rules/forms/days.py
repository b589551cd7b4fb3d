"""The days of a bank statement: its period, and the day of each line, whose year and order of day and month follow from the period."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from app.domain import Box, Page
from rules.forms.ruled import Row
from rules.headings import Mention, is_uk, mentions, month_end

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: ASCII alone (?a): regardless of case "s" matches "ſ" too, which no list of months holds.
_NAME = r"(?P<name>(?ai:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[a-z]{0,6}"
_MARKS = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        r"(?P<iso>(?:19|20)\d\d)[-/.](?P<second>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)",
        r"(?P<a>[\doil|]{1,2})[-/.](?P<b>[\doil|]{1,2})(?:[-/.](?P<year>\d{4}|\d\d))?(?![\d/,]|\.\d)",
        rf"{_NAME}[.\s-]*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?!\d)(?:,?\s*(?P<year>(?:19|20)\d\d)\b)?,?",
        rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s.-]*{_NAME}(?:[.,\s'-]*(?P<year>(?:19|20)\d\d|\d\d)(?!\d))?",
    )
)
_DIGITS = str.maketrans("oOiIlL|", "0011111")
_ONE_MONTH = re.compile(
    rf"\b{_NAME}[.\s]+(?P<first>\d{{1,2}})\s*(?:-|to|thru|through|–)\s*(?P<last>\d{{1,2}})\s*,?\s+(?P<year>(?:19|20)\d\d)", re.IGNORECASE
)
_WORDS = re.compile(r"\b(?:period|statement|from|through|thru|to|dates?|cycle|beginning|ending|covers?)\b|[-–]", re.IGNORECASE)
_SLACK = timedelta(days=12)  # a line may be dated a little outside its statement
_LONGEST = 130


@dataclass(frozen=True, slots=True)
class PeriodRead:
    """The period that a statement covers, where its first and its last day stand, and 0..1 how sure that is."""

    start: date
    end: date
    page: Page
    boxes: tuple[Box, Box]
    texts: tuple[str, str]
    sure: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A day as a line prints it: day and month by name, or two numbers whose order the statement decides. `length` in characters."""

    a: int
    b: int
    named: bool
    year: int | None
    length: int


def mark_of(text: str) -> Mark | None:
    """Return the day with which `text` begins, or None."""
    for pattern in _MARKS:
        found = pattern.match(text)
        if found is None:
            continue
        g = found.groupdict()
        year = int(g.get("iso") or g.get("year") or 0) or None
        if g.get("name"):
            month, day = _MONTHS.index(g["name"].lower()) + 1, int(g["day"])
        elif g.get("iso"):
            month, day = int(g["second"]), int(g["day"])
        else:
            month, day = (int(g[k].translate(_DIGITS)) for k in "ab")
        named = "a" not in g
        if min(month, day) >= 1 and max(month, day) <= 31 and (not named or month <= 12) and min(month, day) <= 12:
            return Mark(month, day, named, year + 2000 if year and year < 100 else year, found.end())
    return None


def day_of(mark: Mark, period: PeriodRead | None, day_first: bool) -> date | None:
    """Return the day that `mark` means: within the period where one is known, else with the year it prints."""
    month, day = (mark.b, mark.a) if day_first and not mark.named else (mark.a, mark.b)
    if month > 12:
        month, day = day, month
    years = [mark.year] if mark.year else []
    if period:
        years += [y for y in {period.end.year, period.start.year} if y != mark.year]
    known = [found for year in years if (found := _date(year, month, day))]
    within = [d for d in known if period and period.start - _SLACK <= d <= period.end + _SLACK]
    return next(iter(within or known), None)


def is_day_first(marks: Sequence[Mark], period: PeriodRead | None, text: str) -> bool:
    """Return whether the statement prints the day before the month: the order by which more of its lines fall into the period."""
    open_marks = [m for m in marks if not m.named]
    fits = [sum(_fits(m, period, order) for m in open_marks) for order in (False, True)]
    return is_uk(text) if fits[0] == fits[1] else fits[1] > fits[0]


def _fits(mark: Mark, period: PeriodRead | None, day_first: bool) -> bool:
    month = mark.b if day_first else mark.a
    if month > 12:
        return False
    day = day_of(mark, period, day_first)
    return day is not None and (period is None or period.start - timedelta(days=3) <= day <= period.end + timedelta(days=3))


def _date(year: int, month: int, day: int) -> date | None:
    return date(year, month, day) if 1 <= month <= 12 and 1 <= day <= month_end(year, month).day else None


# -- the period ----------------------------------------------------------------------------------------------------------


def period_of(pages: Sequence[Page], rows: Sequence[Row]) -> PeriodRead | None:
    """Return the period that the first page with two dates names; else the month of a single statement date."""
    for page in pages:
        lines = {id(line) for row in rows if row.page is page and not row.money for line in row.lines}
        heads = [(i, line) for i, line in enumerate(page.lines) if id(line) in lines]
        found = [p for uk in (is_uk(page.text), not is_uk(page.text)) for p in _pairs(page, mentions(page, heads, uk))]
        found += _within_month(page, [row for row in rows if row.page is page and not row.money])
        if found:
            return max(found, key=lambda p: p.sure)
    return next((p for page in pages for p in _whole_month(page)), None)


def _pairs(page: Page, found: Sequence[Mention]) -> Iterable[PeriodRead]:
    dated = [m for m in found if m.day and m.month]
    for first, last in pairwise(dated):
        end = _date(last.year or first.year or 0, last.month or 0, last.day or 0) if last.year or first.year else None
        if end is None or last.line - first.line > 2:
            continue
        year = first.year or (end.year if (first.month or 0) <= end.month else end.year - 1)
        start = _date(year, first.month or 0, first.day or 0)
        if start and 5 <= (end - start).days <= _LONGEST:
            yield PeriodRead(
                start,
                end,
                page,
                (_box(page, first), _box(page, last)),
                (_said(page, first), _said(page, last)),
                _sureness(page, first, last, start, end),
            )


def _sureness(page: Page, first: Mention, last: Mention, start: date, end: date) -> float:
    """Return how much a pair of dates looks like a statement's period: a month long, on one line, whole, and called so."""
    line = page.lines[first.line]
    signs = (
        27 <= (end - start).days <= 31,
        first.line == last.line,
        start.day == 1 and end == month_end(end.year, end.month),
        bool(_WORDS.search(line.label)),
    )
    return 0.6 + sum(w for w, holds in zip((0.15, 0.09, 0.08, 0.06), signs, strict=True) if holds)


def _box(page: Page, mention: Mention) -> Box:
    line = page.lines[mention.line].box
    return Box(mention.x0, line.top, mention.x1, line.bottom)


def _said(page: Page, mention: Mention) -> str:
    top, bottom = page.lines[mention.line].box.top, page.lines[mention.line].box.bottom
    inside = [
        w
        for w in page.words
        if w.box.x0 >= mention.x0 - 1e-6 and w.box.x1 <= mention.x1 + 1e-6 and w.box.top < bottom and w.box.bottom > top
    ]
    return " ".join(w.text for w in inside)


def _within_month(page: Page, rows: Sequence[Row]) -> Iterable[PeriodRead]:
    for row in rows:
        if found := _ONE_MONTH.search(row.text):
            month, year = _MONTHS.index(found["name"].lower()) + 1, int(found["year"])
            start, end = _date(year, month, int(found["first"])), _date(year, month, int(found["last"]))
            if start and end and start < end:
                yield PeriodRead(start, end, page, (row.box, row.box), (found[0], found[0]), 0.9)


def _whole_month(page: Page) -> Iterable[PeriodRead]:
    """Yield the month that ends with a statement's only date, or that its head names."""
    heads = [(i, line) for i, line in enumerate(page.lines) if not line.amounts and line.box.top < 0.4]
    for m in mentions(page, heads, is_uk(page.text)):
        if m.year and m.month and re.search(r"statement|ending|closing|month|period", page.lines[m.line].label, re.IGNORECASE):
            end = _date(m.year, m.month, m.day) if m.day else month_end(m.year, m.month)
            if end:
                start = end.replace(day=1) if end.day > 27 else month_end(*_month_before(end)).replace(day=end.day) + timedelta(days=1)
                yield PeriodRead(start, end, page, (_box(page, m), _box(page, m)), (_said(page, m), _said(page, m)), 0.5)


def _month_before(day: date) -> tuple[int, int]:
    return (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
