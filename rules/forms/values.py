"""What is printed -> a value: amounts, percentages, counts, days and ids as forms write them. None where it is no such value."""

import calendar
import re
from datetime import date
from decimal import Decimal, InvalidOperation

_MONEY = re.compile(
    r"^(?P<minus>[-–−(]\s*)?(?:US\$|USD|GBP|EUR|[$£€])?\s*(?P<late>[-–−(]\s*)?(?P<number>\d{1,3}(?:[,’' ]\d{3})+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?)"
    r"\s*(?P<times>thousand|million|m|k)?\s*(?P<end>[-–−)]|CR|DR|OD)?\s*(?:USD|GBP|EUR)?$",
    re.IGNORECASE,
)
_NIL = re.compile(r"^(?:[$£€]\s*)?[-–—−]+$|^(?:[$£€]\s*)?(?:nil|none)$", re.IGNORECASE)
_TIMES = {"thousand": 1000, "k": 1000, "million": 1_000_000, "m": 1_000_000}
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*(?:%|percent|per cent|p\.?a\.?)?", re.IGNORECASE)
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_NAMED = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAYS = (
    re.compile(r"\b(?P<year>(?:19|20)\d\d)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?[\s-]+{_NAMED},?[\s-]+(?P<year>(?:19|20)\d\d|\d\d)\b", re.IGNORECASE),
    re.compile(rf"\b{_NAMED}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE),
    re.compile(r"\b(?P<first>\d{1,2})[/.-](?P<second>\d{1,2})[/.-](?P<year>(?:19|20)\d\d|\d\d)\b"),
)
_MONTH_OF_YEAR = (
    re.compile(rf"\b{_NAMED},?[\s-]+(?P<year>(?:19|20)\d\d|\d\d)\b", re.IGNORECASE),
    re.compile(r"\b(?P<month>\d{1,2})[/-](?P<year>(?:19|20)\d\d|\d\d)\b"),
    re.compile(r"\b(?P<year>(?:19|20)\d\d)[/-](?P<month>\d{1,2})\b"),
)
#: Letters that a scan makes of digits.
_MISREAD = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "S": "5", "B": "8", "§": "5"})
_NUMBER_LIKE = re.compile(r"[\dOolISB§][\dOolISB§,.]*")


def amount(text: str) -> Decimal | None:
    """Return an amount of money in currency units with its printed sign; a dash is nil."""
    text = re.sub(r"\.(?=\)?$)", "", text.strip().rstrip(";*"))
    if _NIL.match(text):
        return Decimal(0)
    match = _MONEY.match(text) or _MONEY.match(_digits(text))
    if match is None:
        return None
    value = Decimal(re.sub(r"[,’' ]", "", match["number"])) * _TIMES.get((match["times"] or "").lower(), 1)
    minus = match["minus"] or match["late"] or (match["end"] or "").upper() in {"-", "–", "−", "DR", "OD"}
    return -value if minus else value


def _digits(text: str) -> str:
    """Return `text` with letters that a scan made of digits put right, where most of a word is digits."""
    return " ".join(w.translate(_MISREAD) if _NUMBER_LIKE.fullmatch(w.lstrip("$£€(-")) and sum(c.isdigit() for c in w) * 2 > len(w) else w for w in text.split())


def percent(text: str) -> Decimal | None:
    """Return a rate or share in percent: "8.25%", "8.25 % fixed", "60"."""
    match = _PERCENT.search(text.replace(",", "."))
    return Decimal(match[1]) if match and Decimal(match[1]) <= 100 else None


def months(text: str) -> Decimal | None:
    """Return a term in months: "84", "84 months", "7 years"."""
    match = re.search(r"(\d+(?:\.\d+)?)\s*[-]?\s*(years?|yrs?|months?|mos?\b)?", text, re.IGNORECASE)
    if match is None:
        return None
    return Decimal(match[1]) * (12 if (match[2] or "").lower().startswith("y") else 1)


def count(text: str) -> Decimal | None:
    """Return a whole or decimal number: "9", "9 years", "2.5"."""
    match = re.match(r"\D{0,3}(\d{1,4}(?:\.\d+)?)\b", text)
    try:
        return Decimal(match[1]) if match else None
    except InvalidOperation:
        return None


def day(text: str, day_first: bool = False) -> date | None:
    """Return the first whole date in `text`. Of 02/03/2026 the month is first unless `day_first` or it cannot be."""
    return next(iter(days(text, day_first)), None)


def days(text: str, day_first: bool = False) -> list[date]:
    """Return every whole date in `text`, in the order printed."""
    found = sorted((m.start(), order, m) for order, pattern in enumerate(_DAYS) for m in pattern.finditer(text))
    out, end = [], 0
    for start, _, match in found:
        if start >= end and (made := _of_match(match, day_first)) is not None:
            out.append(made)
            end = match.end()
    return out


def _of_match(match: re.Match[str], day_first: bool) -> date | None:
    parts = match.groupdict()
    if parts.get("name"):
        return _date(parts["year"], _MONTHS[parts["name"][:3].lower()], int(parts["day"]))
    if parts.get("first"):
        a, b = int(parts["first"]), int(parts["second"])
        month, number = (b, a) if (day_first or a > 12) and b <= 12 else (a, b)
        return _date(parts["year"], month, number)
    return _date(parts["year"], int(parts["month"]), int(parts["day"]))


def is_day_first(text: str) -> bool:
    """Return whether the numeric dates of `text` can only be read with the day first ("31/05/2022")."""
    pairs = [(int(m["first"]), int(m["second"])) for m in _DAYS[-1].finditer(text)]
    return any(a > 12 >= b for a, b in pairs) and not any(b > 12 for _, b in pairs)


def day_of_year(text: str, day_first: bool = False) -> tuple[int, int] | None:
    """Return (month, day) of a date at the start of `text`, with or without a year: "01/31", "31 Jan", "Jan 31", "01-31-24"."""
    if match := re.match(rf"(?:{_NAMED}[\s-]*(?P<after>\d{{1,2}})\b|(?P<before>\d{{1,2}})[\s-]*{_NAMED.replace('name', 'month')})", text, re.IGNORECASE):
        return _MONTHS[(match["name"] or match["month"])[:3].lower()], int(match["after"] or match["before"])
    if match := re.match(r"(?:(?:19|20)\d\d[-/.])(\d{1,2})[-/.](\d{1,2})\b", text):
        return int(match[1]), int(match[2])
    if match := re.match(r"(\d{1,2})[/.-](\d{1,2})(?:[/.-](?:\d{4}|\d{2}))?(?![\d,.])", text):
        a, b = int(match[1]), int(match[2])
        return (b, a) if (day_first or a > 12) and b <= 12 else (a, b)
    return None


def month(text: str) -> date | None:
    """Return the first day of the month that `text` names, or the day itself where a whole date is printed."""
    for pattern in _MONTH_OF_YEAR:
        if match := pattern.search(text):
            parts = match.groupdict()
            number = _MONTHS[parts["name"][:3].lower()] if parts.get("name") else int(parts["month"])
            if day(text) is None and (made := _date(parts["year"], number, 1)):
                return made
    return day(text)


def _date(year: str, month: int, number: int) -> date | None:
    full = int(year) if len(year) == 4 else 2000 + int(year)
    return date(full, month, number) if 1 <= month <= 12 and 1 <= number <= calendar.monthrange(full, month)[1] else None


def tax_id(text: str) -> str | None:
    """Return an EIN or a company number as printed; a social security number is masked but for its last four digits."""
    if match := re.search(r"\b(?:[\dX*x]{3}-[\dX*x]{2}-)(\d{4})\b", text):
        return f"***-**-{match[1]}"
    match = re.search(r"\b\d{2}\s?-\s?\d{7}\b|\b(?:[A-Z]{2}\d{6}|\d{8})\b", text)
    return match[0].replace(" ", "") if match else None


def words(text: str) -> str | None:
    """Return text as printed, without the marks around it; None where nothing is left."""
    found = text.strip(" :.;,_-–").strip()
    return found or None
