"""Reads who owns the borrower, and how much of it: a table, a line for each owner, or a group of fields for each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.domain import Document, Field, Page
from rules.forms.fields import Candidate, candidates_of, wanted
from rules.forms.rows import Row, Seen, field_of, rows_of
from rules.forms.tables import find_tables
from rules.forms.values import NAME, PERCENT

_HEADS = {
    "share": re.compile(
        r"%|\bpercent(?:age)?\b|\bshares?(?:holding)?\b|\bownership\b|\bowned\b|\b(?:equity|membership|partnership) interest\b"
        r"|\binterest (?:held|owned)\b|\bstake\b"
    ),
    "title": re.compile(r"\b(?:title|position|role|office|capacity)\b"),
    "address": re.compile(r"\baddress\b|\bresidence\b"),
    "number": re.compile(r"\b(?:ssn|social security|tax id|tin|ein|date of birth|dob)\b"),
    "name": re.compile(r"\b(?:names?|owners?|members?|principals?|partners?|stockholders?|shareholders?|directors?|proprietors?)\b"),
}
_GROUPS = (
    wanted(
        "owner_name",
        NAME,
        r"(?:full |legal |print )?name(?: of (?:the )?(?:owner|principal|member|partner|guarantor|shareholder))?",
        r"(?:owner|principal|member|partner|shareholder|stockholder|guarantor)(?: ?#?\d)?(?:'s)?(?: full)?(?: name)?",
    ),
    wanted(
        "owner_share",
        PERCENT,
        r"(?:% ?|percent(?:age)? )(?:of )?(?:ownership|owned|interest|shares?|shareholding)(?: owned| held)?|(?:ownership|equity"
        r"|share)(?: interest| stake)?"
        r"(?: ?\(?%\)?| percent(?:age)?)?|share(?:holding)?(?: %)?|owns|interest(?: held)?",
    ),
)
_PERSON = r"(?P<name>(?:[A-Z][\w.'’-]* ?){2,5}?(?: (?:Jr|Sr|II|III|IV)\.?)?)"
_LINE = re.compile(
    rf"(?:^|[:;,]\s|\t|\band\s)\W*(?:\d[.)]\s)?{_PERSON}\s?(?:,|\(|\t|[-–—]|\bowns\b|\bholds\b|:)[^%]{{0,90}}?"
    r"(?<![\d.])(?P<share>\d{1,3}(?:\.\d+)?)\s?(?:%|per ?cent)"
)
_TITLE = re.compile(
    r"[ ,(/-]+(?:(?:co-?|vice[ -]|general |managing |limited |senior |sole |majority )*(?:president|partner|member|manager|director"
    r"|owner|shareholder"
    r"|stockholder|proprietor|principal)|secretary|treasurer|chair(?:man|woman|person)?|c[efo]o)\b.*$",
    re.IGNORECASE,
)
_NO_PERSON = re.compile(
    r"total|rate|interest|term|loan|request|discount|down|advance|value|business|company|bank|apr\b|tax|revenue|sales", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Holding:
    name: Seen
    share: Seen | None
    percent: Decimal | None
    sure: float


def owners_of(document: Document) -> list[Field]:
    """Return owner_N_name and owner_N_share of every owner that `document` prints, in its order."""
    for find in (_in_tables, _in_groups, _in_lines):
        holdings = [holding for page in document.pages for holding in find(page)]
        if holdings:
            return list(_fields(holdings))
    return []


def _fields(holdings: Sequence[_Holding]) -> Iterator[Field]:
    seen: set[str] = set()
    for holding in holdings:
        name = _TITLE.sub("", holding.name.text).strip(" ,;:(-–—")
        if name.lower() in seen:
            continue
        seen.add(name.lower())
        yield field_of(f"owner_{len(seen)}_name", name, holding.name, holding.sure, name)
        if holding.share is not None and holding.percent is not None:
            yield field_of(f"owner_{len(seen)}_share", holding.percent, holding.share, holding.sure)


def _in_tables(page: Page) -> Iterator[_Holding]:
    for table in find_tables(page, _HEADS):
        if not {"name", "share"} <= table.heads.keys():
            continue
        for row in table.rows:
            name, share = row.cells.get("name"), row.cells.get("share")
            reading = PERCENT.read(row.text("share"))
            if name and share and reading and isinstance(reading.value, Decimal) and not row.total and _is_name(row.text("name")):
                yield _Holding(Seen(page, table.heads["name"], name), Seen(page, table.heads["share"], share), reading.value, 0.96)


def _is_name(text: str) -> bool:
    return NAME.read(text) is not None and not any(c.isdigit() for c in text) and " " in text.strip() and not _NO_PERSON.match(text)


def _in_groups(page: Page) -> Iterator[_Holding]:
    """Yield each share that stands under a label, with the last name before it under a label."""
    found = sorted(candidates_of(page, _GROUPS), key=_place)
    name: Candidate | None = None
    for each in found:
        if each.id == "owner_name":
            name = each if not _NO_PERSON.search(each.seen.text) else name
        elif name is not None and isinstance(each.value, Decimal) and each.value <= 100:
            yield _Holding(name.seen, each.seen, each.value, 0.9)
            name = None


def _place(candidate: Candidate) -> tuple[float, float]:
    box = candidate.seen.words[0].box
    return round((box.top + box.bottom) / 2, 2), box.x0


def _in_lines(page: Page) -> Iterator[_Holding]:
    matches = [(row, found) for row in rows_of(page) for found in _LINE.finditer(row.text)]
    for row, found in matches:
        name, percent = found["name"].strip(), Decimal(found["share"])
        if percent <= 100 and not _NO_PERSON.search(name):
            yield _Holding(_seen(row, found, "name"), replace(_seen(row, found, "share"), label=name), percent, 0.85)


def _seen(row: Row, found: re.Match[str], group: str) -> Seen:
    text = found[group].rstrip()
    words = row.words_in(found.start(group), found.start(group) + len(text))
    return Seen(row.page, "", words)
