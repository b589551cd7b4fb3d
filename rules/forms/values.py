"""Printed text -> the value it states: money, percent, months, years, a day, a tax id, a name, an entity type, free text.

Every reader has one shape: it returns the value and where in the text it stands, or None. It knows nothing of pages.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

Value = Decimal | date | str


@dataclass(frozen=True, slots=True)
class Reading:
    """A value and the part `start:stop` of the text that prints it."""

    value: Value
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value and its reader.

    `free`: it takes any text, so that only the layout can tell what belongs to it. `choice`: forms print several values to tick one.
    """

    read: Callable[[str], Reading | None]
    free: bool = False
    choice: bool = False


# -- numbers ----------------------------------------------------------------------------------------------------------

_MARK = r"(?:US\$|USD|GBP|EUR|[$£€])"
_DIGITS = r"\d{1,3}(?:[,.]\d{3})+(?:\.\d{1,2})?(?!\d)|\d+(?:\.\d{1,2})?(?!\d)|\.\d{1,2}(?!\d)"
_MONEY = re.compile(
    rf"(?<![\w.,/-])(?P<open>[-–(]?\s?){_MARK}?\s?(?P<open2>[-–(]?)(?P<digits>{_DIGITS})(?P<close>\)?)"
    r"\s?(?P<times>(?ai:k|m|mm|mn|million|thousand)\b)?(?![\w%/]|[-–][\da-z]|\.\d| ?%)",
    re.IGNORECASE,
)
_NIL = re.compile(rf"(?<!\S){_MARK}?\s?(?:-{{1,3}}|[–—]|nil|none|-0-)(?=$|[\s,;.])", re.IGNORECASE)
_PERCENT = re.compile(r"(?<![\w.,])(?P<digits>\d{1,3}(?:[.,]\d{1,4})?)\s?(?:%|per ?cent\b|pct\b)", re.IGNORECASE)
_FLOATING = re.compile(r"\b(?:prime|sofr|libor|wsj|base rate|sonia|euribor|index|treasury)\b", re.IGNORECASE)
_BARE = re.compile(r"^\W*(?P<digits>\d{1,3}(?:\.\d{1,4})?)(?!\S)")
_NUMBER = re.compile(r"(?<![\w])\(?[$£€]?[\dOoIlSB]{1,3}(?:[,.][\dOoIlSB]{2,3})+(?=[)%]?(?:\s|$))")
_SLIPS = str.maketrans("OoQDIl|SsBZ", "00001115582")
_TIMES = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "mm": 1_000_000, "mn": 1_000_000, "million": 1_000_000}


def _mended(text: str) -> str:
    """Return the text with letters that stand for digits within a number put right ("1O,5OO")."""
    return _NUMBER.sub(lambda found: found[0].translate(_SLIPS) if sum(c.isdigit() for c in found[0]) > 1 else found[0], text)


def _money(text: str) -> Reading | None:
    text = _mended(text)
    found = _MONEY.search(text)
    nil = _NIL.search(text)
    if nil and (found is None or nil.start() < found.start()):
        return Reading(Decimal(0), nil.start(), nil.end())
    if found is None:
        return None
    digits = re.sub(r"[,.](?=\d{3})", "", found["digits"])
    value = Decimal(digits) * _TIMES.get((found["times"] or "").lower(), 1)
    negative = found["open"].strip() or found["open2"]
    return Reading(-value if negative in {"-", "–"} or (negative and found["close"]) else value, *found.span())


def _percent(text: str) -> Reading | None:
    text = _mended(text)
    found = _PERCENT.search(text) or _BARE.search(text)
    return Reading(Decimal(found["digits"].replace(",", ".")), found.start("digits"), found.end()) if found else None


def _rate(text: str) -> Reading | None:
    """Return a rate a year: of "Prime + 2.00% (now 9.50%)" the whole rate, never the margin alone."""
    if not _FLOATING.search(text):
        return _percent(text)
    rates = list(_PERCENT.finditer(text))
    return Reading(Decimal(rates[-1]["digits"].replace(",", ".")), *rates[-1].span()) if len(rates) > 1 else None


def _code(text: str) -> Reading | None:
    """Return an industry code."""
    found = re.search(r"(?<!\w)\d{2,6}(?!\w)", text)
    return Reading(found[0], *found.span()) if found else None


def _count(text: str) -> Reading | None:
    found = re.search(r"(?<![\w.,/$-])\d{1,4}(?:\.\d)?(?![\w/%]|[,.-]\d)", text)
    return Reading(Decimal(found[0]), *found.span()) if found else None


_MONTHS = re.compile(r"(?<![\w.,/$-])(?P<months>\d{1,3})(?:\s?\(\d+\))?\s?-?(?:months?|mos?\b\.?|mths?|monthly)", re.IGNORECASE)
_YEARS = re.compile(r"(?<![\w.,/$-])(?P<years>\d{1,2}(?:\.\d)?)\s?-?\s?(?:years?|yrs?\b\.?)", re.IGNORECASE)


def _months(text: str) -> Reading | None:
    """Return a term in months; a bare number counts as months."""
    if found := _MONTHS.search(text):
        return Reading(Decimal(found["months"]), *found.span("months"))
    if found := _YEARS.search(text):
        return Reading(Decimal(found["years"]) * 12, *found.span())
    bare = _count(text)
    return bare if bare and bare.value != 0 else None


# -- days -------------------------------------------------------------------------------------------------------------

_ALL_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMES = {name: number for number, name in enumerate(_ALL_MONTHS, 1)}
#: ASCII alone (?a): regardless of case "s" matches "ſ" too, which no list of months holds.
_NAME = r"(?P<name>(?ai:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))[a-z]*\.?"
_DAYS = (
    re.compile(r"(?<!\d)(?P<y>(?:19|20)\d\d)[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<a>\d{1,2})\s?[-/.]\s?(?P<b>\d{1,2})\s?[-/.]\s?(?P<y>(?:19|20)?\d\d)(?!\d)"),
    re.compile(rf"\b{_NAME}\s?(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s?,?\s?(?P<y>(?:19|20)\d\d)", re.IGNORECASE),
    re.compile(rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?: day of)?[\s.-]?{_NAME}[\s,.-]*(?P<y>(?:19|20)?\d\d)(?!\d)", re.IGNORECASE),
    re.compile(rf"\b{_NAME}[\s,./-]*(?P<y>(?:19|20)\d\d)(?!\d)", re.IGNORECASE),
    re.compile(rf"\b{_NAME}[-/' ]{{1,2}}(?P<y>\d\d)(?!\d)", re.IGNORECASE),
    re.compile(r"(?<![\d/])(?P<m>\d{1,2})\s?[-/.]\s?(?P<y>(?:19|20)\d\d)(?!\d)"),
    re.compile(r"(?<![\d/-])(?P<y>(?:19|20)\d\d)[-/](?P<m>\d{1,2})(?![\d/-])"),
    re.compile(r"(?<![\d/.,-])(?P<m>\d{1,2})/(?P<y>\d\d)(?![\d/])"),
)


def day_in(text: str, *, day_first: bool = False) -> Reading | None:
    """Return the first date printed in `text`, the first of the month where no day is printed.

    "03/04/2026" is read month first, unless `day_first` (UK) or only the other order is a date.
    """
    found = [(match, day) for pattern in _DAYS for match in pattern.finditer(text) if (day := _date(match, day_first=day_first))]
    if not found:
        return None
    match, day = min(found, key=lambda each: (each[0].start(), -each[0].end()))
    return Reading(day, *match.span())


def _date(match: re.Match[str], *, day_first: bool) -> date | None:
    part = match.groupdict()
    year = int(part["y"])
    year += 0 if year > 99 else 2000 if year < 70 else 1900
    if part.get("a"):
        first, second = int(part["a"]), int(part["b"])
        month, day = (second, first) if (day_first and second <= 12) or first > 12 else (first, second)
    else:
        month = _NAMES[part["name"].lower()] if part.get("name") else int(part["m"])
        day = int(part.get("d") or 1)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day(text: str) -> Reading | None:
    return day_in(text)


def _day_first(text: str) -> Reading | None:
    return day_in(text, day_first=True)


# -- ids and words ----------------------------------------------------------------------------------------------------

_EIN = re.compile(r"(?<![\w-])[\dOoQDIl|SsBZ]{2}\s?[-–—]\s?[\dOoQDIl|SsBZ]{7}(?![\w-])")
_PERSONAL = re.compile(r"(?<![\w-])(?:\d{3}|[xX*•#]{3})\s?[-–— ]\s?(?:\d{2}|[xX*•#]{2})\s?[-–— ]\s?(?P<last>\d{4})(?![\w-])")
_COMPANY = re.compile(r"(?<![\w-])(?:[A-Z]{2}\d{6}|\d{7,9})(?![\w-])")


def masked(text: str) -> str:
    """Return `text` with every social security number cut down to its last four digits."""
    return _PERSONAL.sub(lambda found: f"***-**-{found['last']}", text)


def _tax_id(text: str) -> Reading | None:
    """Return an EIN or company number, or a social security number masked."""
    if found := _EIN.search(text):
        plain = re.sub(r"\s", "", found[0]).translate(_SLIPS)
        return Reading(re.sub("[–—]", "-", plain), *found.span())
    if found := _PERSONAL.search(text):
        return Reading(masked(found[0]), *found.span())
    found = _COMPANY.search(text)
    return Reading(found[0], *found.span()) if found else None


def _text(text: str) -> Reading | None:
    """Return the text without the blanks, brackets and marks around it."""
    inner = re.sub(r"^[\s:;,.*_|–—-]+|[\s:;,_|(]+$", lambda found: " " * len(found[0]), text)
    if inner.strip().startswith("(") and inner.strip().endswith(")"):
        inner = inner.replace("(", " ", 1)[: inner.rstrip().rfind(")")]
    stripped = inner.strip()
    if not any(c.isalnum() for c in stripped):
        return None
    start = inner.index(stripped)
    return Reading(masked(stripped), start, start + len(stripped))


def _name(text: str) -> Reading | None:
    """Return a name: text that has letters and is no money, date or sentence."""
    found = _text(text)
    if found is None or not isinstance(found.value, str):
        return None
    letters = sum(c.isalpha() for c in found.value)
    return found if letters >= 2 and letters > sum(c.isdigit() for c in found.value) and len(found.value.split()) <= 9 else None


_ENTITY = re.compile(
    r"\b(?:(?:sub)?chapter s corp(?:oration)?|[sc][- ]?corp(?:oration)?|professional corporation|non-?profit(?: corporation)?"
    r"|(?:single[- ]member )?limited liability (?:company|co\b\.?)|limited liability partnership|llc|l\.l\.c\.|llp"
    r"|(?:general|limited) partnership|partnership|sole[- ](?:proprietor(?:ship)?|trader)|individual|proprietorship"
    r"|(?:private|public) limited company|private company limited by shares|limited company|ltd|plc|corporation|corp\b|trust\b"
    r"|cooperative|esop)\.?",
    re.IGNORECASE,
)
_TICK = re.compile(r"(?<!\S)[\[(]?\s?[xX×✗✘✓✔☒☑■]{1,2}\s?[\])]?(?=\s|$)|[☒☑](?=\w)|\[[xX]\](?=\w)")


def _entity(text: str) -> Reading | None:
    """Return the legal form that `text` names; among several printed, the one that is ticked."""
    options = list(_ENTITY.finditer(text))
    if len(options) == 1 and not _TICK.search(text):
        return Reading(options[0][0], *options[0].span())
    for tick in _TICK.finditer(text):
        after = next((o for o in options if o.start() >= tick.end()), None)
        if after and not text[tick.end() : after.start()].strip():
            return Reading(after[0], *after.span())
    return None


MONEY = Kind(_money)
PERCENT = Kind(_percent)
RATE = Kind(_rate)
COUNT = Kind(_count)
CODE = Kind(_code)
MONTHS = Kind(_months)
DAY = Kind(_day)
DAY_FIRST = Kind(_day_first)
TAX_ID = Kind(_tax_id)
ENTITY = Kind(_entity, choice=True)
NAME = Kind(_name, free=True)
TEXT = Kind(_text, free=True)
