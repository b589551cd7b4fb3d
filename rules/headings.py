"""What the head of a statement says: dates and durations of its columns, its scale and its currency.

Reads lines of one page only; which amounts stand in which column is decided in `rules/columns.py`.
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from app.domain import Box, Line, Page, Word

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>(?ai:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?"
    r"|dec(?:ember)?))"
)
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_PATTERNS = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"\b{_MONTH}[.,]?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(?:{_YEAR}\b|(?P<short>\d\d)\b(?!\s*,))",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH}[.,]?,?[\s-]+{_YEAR}\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_MONTH}[.,]?[\s-]+(?P<short>\d\d)\b",
        r"\b(?P<first>\d{1,2})[./-](?P<second>\d{1,2})[./-](?P<anyyear>(?:19|20)\d\d|\d\d)\b",
        r"\b(?P<year>(?:19|20)\d\d)-(?P<second>\d\d)-(?P<day>\d\d)\b",
        rf"\b{_MONTH}[.,]?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b,?",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+{_MONTH}\b",
        rf"\b{_MONTH}[.,]?\s+'?(?:{_YEAR}\b|(?P<short>\d\d)\b)",
        rf"(?<![\d,./#-])(?:FY\s?)?{_YEAR}(?![\d/-]|,\d)",
    )
)
_DURATION = re.compile(
    r"\b(?:(three|six|nine|twelve|3|6|9|12)[\s-]+months?"
    r"|(thirteen|twenty[\s-]six|thirty[\s-]nine|fifty[\s-](?:two|three)|13|26|39|52|53)[\s-]+weeks?"
    r"|(?:fiscal )?years?|(quarter)s?)\s+(?:period\s+)?(?:then\s+)?end",
    re.IGNORECASE,
)
_MONTHS_OF = {
    "three": 3,
    "3": 3,
    "six": 6,
    "6": 6,
    "nine": 9,
    "9": 9,
    "twelve": 12,
    "12": 12,
    "quarter": 3,
    "thirteen": 3,
    "13": 3,
    "26": 6,
    "39": 9,
    "52": 12,
    "53": 12,
}
#: What stands where a scale is declared, letters misread by OCR included ("(In milfions)").
_MISREAD = re.compile(r"^\W*(?:in|\w+ in|\w+ \w+ in)\s+(\S{6,11})\b", re.IGNORECASE | re.MULTILINE)
#: A line in brackets below the title, of which a bad scan may leave no word whole ("(Dofars #) mitions)").
_IN_BRACKETS = re.compile(r"^\W{0,3}\([^\n]{5,70}$", re.MULTILINE)
_SCALES = (("millions", 1_000_000), ("thousands", 1000))
_LIKENESS = 0.65
_APART = 2.0  # characters: words farther apart stand over different columns
_IN = r"\bin\s+(?:u\.?s\.?\s+)?(?:\w+\s+)?(?:of\s+)?(?:u\.?s\.?\s+)?(?:dollars?\s+)?\(?"
_OF = r"\s+(?:of\s+)?(?:u\.?s\.?\s+)?(?:dollars|pounds|euros)"
_SCALE = re.compile(
    rf"(?P<m>{_IN}millions?\b|\bmillions?{_OF}|\$\s*(?:in\s+)?millions?|[£€$]\s?m(?:illion)?\b|\(\s*millions\b|^millions\b"
    r"|\bmillions, except|\$mm?\b)"
    rf"|(?P<k>{_IN}thousands?\b|\bthousands?{_OF}|[£€$]\s?['’‘`]?\s?000\s?['’]?s?\b|[£€$]\s?k\b|\b000['’]?s\b|\(\s*thousands\b"
    r"|^thousands\b|\bthousands, except|\(000s? omitted\)|['’]000\b)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Mention:
    """A date or part of one printed in a heading: any of year, month and day may be missing. x in page fractions."""

    year: int | None
    month: int | None
    day: int | None
    x0: float
    x1: float
    line: int

    @property
    def centre(self) -> float:
        """Return the horizontal middle."""
        return (self.x0 + self.x1) / 2


def mentions(page: Page, lines: Sequence[tuple[int, Line]], uk: bool) -> list[Mention]:
    """Return the dates printed in `lines` (with their index), row by row, left to right. `uk` reads 1/2/2020 as 1 February.

    Lines that stand side by side are one row: heads far apart are read as lines of their own.
    """
    out: list[Mention] = []
    row, height = 0, Box(0, -1, 0, -1)
    for index, line in lines:
        if not height.top <= (line.box.top + line.box.bottom) / 2 <= height.bottom:
            row, height = index, line.box
        out += _in_line(page.words[line.span.start : line.span.stop], row, uk)
    return sorted(out, key=lambda m: (m.line, m.x0))


def _in_line(words: Sequence[Word], index: int, uk: bool) -> Iterator[Mention]:
    text, starts = "", []
    for word, after in zip(words, [*words[1:], None], strict=True):
        starts.append(len(text))
        apart = after is not None and after.box.x0 - word.box.x1 > _APART * (word.box.x1 - word.box.x0) / len(word.text)
        text += word.text + (" | " if apart else " ")  # heads of two columns make no date
    taken: list[tuple[int, int]] = []
    found: list[Mention] = []
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < b and match.end() > a for a, b in taken):
                continue
            parts = _parts(match, uk)
            if parts is None:
                continue
            taken.append(match.span())
            covered = [w for w, at in zip(words, starts, strict=True) if at < match.end() and at + len(w.text) > match.start()]
            found.append(Mention(*parts, covered[0].box.x0, covered[-1].box.x1, index))
    yield from sorted(found, key=lambda m: m.x0)


def _parts(match: re.Match[str], uk: bool) -> tuple[int | None, int | None, int | None] | None:
    """Return year, month, day of `match`, or None where they make no date."""
    g = match.groupdict()
    year = int(g["year"]) if g.get("year") else None
    if g.get("short") or g.get("anyyear"):
        year = _full_year(g.get("short") or g["anyyear"])
    month = _MONTH_NAMES.index(g["month"][:3].lower()) + 1 if g.get("month") else None
    day = int(g["day"]) if g.get("day") else None
    if g.get("first"):
        first, second = int(g["first"]), int(g["second"])
        day, month = (first, second) if (uk and second <= 12) or first > 12 else (second, first)
    elif g.get("second"):
        month = int(g["second"])
    if (month is not None and not 1 <= month <= 12) or (day is not None and not 1 <= day <= 31):
        return None
    return year, month, day


def _full_year(text: str) -> int:
    number = int(text)
    return number if number > 99 else 2000 + number if number < 70 else 1900 + number


def month_end(year: int, month: int) -> date:
    """Return the last day of a month."""
    return date(year, month, monthrange(year, month)[1])


def months_covered(text: str) -> list[int]:
    """Return the durations, in months, that a heading names ("six months ended"), in reading order; years count 12."""
    out = []
    for match in _DURATION.finditer(text):
        word = next((g for g in match.groups() if g), "12").lower().replace("-", " ")
        out.append(
            6
            if word.startswith("twenty")
            else 9
            if word.startswith("thirty")
            else 12
            if word.startswith("fifty")
            else _MONTHS_OF.get(word, 12)
        )
    return out


def scale_of(text: str) -> int:
    """Return the unit that a statement's head declares: 1, 1,000 or 1,000,000. The first declaration counts."""
    match = _SCALE.search(text)
    if match is not None:
        return 1_000_000 if match.group("m") else 1000
    words = [*_MISREAD.findall(text), *(word for line in _IN_BRACKETS.findall(text) for word in re.findall(r"[^\W\d_]{5,11}", line))]
    return next((scale for word in words for name, scale in _SCALES if _alike(word, name)), 1)


def _alike(word: str, name: str) -> bool:
    """Return whether `word` is `name` but for a letter or two that a scan lost."""
    return word[:1].lower() != "b" and SequenceMatcher(None, word.lower(), name).ratio() >= _LIKENESS  # billions are none of them


def currency_of(text: str) -> str | None:
    """Return the ISO code of the currency whose mark a page prints most, or None where it prints none."""
    counts = {"USD": text.count("$"), "GBP": text.count("£"), "EUR": text.count("€")}
    best = max(counts, key=lambda code: counts[code])
    if counts[best]:
        return best
    named = re.search(r"\b(USD|U\.S\. dollars|GBP|pounds sterling|EUR|euros)\b", text, re.IGNORECASE)
    if named:
        return {"u": "USD", "g": "GBP", "p": "GBP", "e": "EUR"}[named.group(1)[0].lower()]
    return None


#: Words that only UK accounts print; they tell how a date like 1/2/2020 is read and which currency bare figures are in.
_UK_WORDS = re.compile(r"\b(?:turnover|creditors|debtors|capital and reserves|called up)\b", re.IGNORECASE)
_UK_MARKS = re.compile(r"£|\b(?i:companies act|companies house|registered number|company number)\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")


def is_uk(text: str) -> bool:
    """Return whether a page speaks as UK accounts do."""
    return _UK_WORDS.search(text) is not None or bears_uk_marks(text)


def bears_uk_marks(text: str) -> bool:
    """Return whether a paper of any kind is British: by pounds, the register's words or a postcode."""
    return _UK_MARKS.search(text) is not None
