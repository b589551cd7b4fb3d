"""A loan application -> Form: the lender's own, an SBA form's like, or a letter. It reads what is asked for, by whom, and who owns the business."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.domain import Document, Field, Form
from rules.forms import values
from rules.forms.cells import Cell, Rows, pages_of
from rules.forms.fields import Found, Wanted, field_of, find, is_label, likeness, plain
from rules.forms.unread import unread

_NAME = r"[A-Z][\w.'’-]+(?: (?:[A-Z]\.|(?:de|van|von|der|la|le|bin|al|di|da|y) )?[A-Z][\w.'’-]+){1,4}"
_PERSON = re.compile(rf"^{_NAME}$")
_SHARE = re.compile(r"^(\d{1,3}(?:\.\d+)?)\s*%(?:\s+[A-Za-z][A-Za-z -]*)?$")
_OWNS = re.compile(rf"({_NAME})\s*,?\s*(?:\([^()]*\)|(?:[A-Z][\w-]*(?: [\w-]+){{0,3}}))?\s*,?\s*(?:owns|holds|holding|with|at|for|:|–|-)?\s*(\d{{1,3}}(?:\.\d+)?)\s*%")
_INLINE = re.compile(r"^[A-Za-z %'()]{2,24}:\s*")  # a label that stands in one cell with its value
_TICKED = re.compile(r"^(?:\[\s*[xX✓✔]\s*\]|\(\s*[xX✓✔]\s*\)|[xX☒☑✓✔✗✘■●◉])\s+(.+)$")
_UNTICKED = re.compile(r"^(?:\[\s*\]|\(\s*\)|[☐□○◯O0])\s+")
_ENTITIES = (
    ("S Corporation", r"(?:subchapter )?s[\s-]?corp(?:oration)?\.?|1120-?s"),
    ("LLC", r"llc|l\.l\.c\.?|limited liability (?:company|co\.?)"),
    ("Sole proprietorship", r"sole (?:proprietor(?:ship)?|trader)|individual|schedule c"),
    ("Partnership", r"(?:general |limited )?partnership|lp|llp"),
    ("Ltd", r"(?:private )?limited company|private limited company|(?:private company )?limited by shares|ltd\.?|limited"),
    ("Corporation", r"(?:subchapter )?c?[\s-]?corp(?:oration)?\.?"),
)
#: What follows a borrower's name in a sentence.
_BEHIND_NAME = re.compile(r"\s*(?:\((?:tax|ein|company|registered).*|,?\s+organi[sz]ed as\b.*|,\s+(?:an?|located|in business)\s.*)$", re.IGNORECASE)
_TITLE = re.compile(
    r"\s*[(,]?\s*\b(?:(?:vice|managing|general|limited|sole|company|executive)[ -])*"
    r"(?:president|member|partner|director|owner|secretary|treasurer|manager|proprietor|shareholder|chair(?:man|woman)?|founder|[CV][EFOP]O?)\)?$",
    re.IGNORECASE,
)
_AMOUNT_LABELS = (
    *("loan amount requested", "amount requested", "requested amount", "amount of loan", "loan amount", "how much do you need?"),
    *("amount of credit requested", "amount of loan requested", "amount of facility", "facility amount", "amount applied for"),
    *("loan request", "total amount requested", "credit requested", "amount sought", "financing requested", "amount", "loan requested"),
)
_WANTED = (
    Wanted(
        "borrower_name",
        (
            *("legal name of business", "legal name of applicant", "legal name of borrower", "business legal name", "applicant", "borrower"),
            *("borrower name", "name of business", "company name", "applicant business name", "business name", "legal business name"),
            *("name of applicant", "applicant name", "name of borrower", "legal name", "operating company", "name of company"),
            *("registered name", "trading name", "full legal name", "business", "name of applicant business", "applicant company"),
        ),
        lambda text: values.words(_BEHIND_NAME.sub("", text)),
        (r"(?:applicant|borrower|on behalf of):?\s+(.{3,60}?)\s*(?:\(|,? organi[sz]ed|, an? )",),
    ),
    Wanted(
        "ein",
        (
            *("ein", "employer identification number", "federal tax id", "tax id number", "taxpayer id", "business tin", "ein / tax id"),
            *("tax id", "federal ein", "tin", "fein", "company number", "company registration number", "registered number"),
            *("companies house number", "federal tax id number", "tax identification number", "employer id no.", "tax id / ein", "ein/tin"),
            *("business tax id", "registration number", "company no.", "company reg. no.", "taxpayer identification number"),
        ),
        values.tax_id,
        (r"(?:tax id|ein|company number|registered number|tin)[\s:.no]*((?:\d{2}\s?-\s?\d{7})|[A-Z]{2}\d{6}|\d{8})",),
    ),
    Wanted(
        "years_in_business",
        (
            *("years in business", "number of years in business", "years established", "years of operation", "time in business"),
            *("how many years in business?", "years trading", "years in operation", "length of time in business", "years operating"),
        ),
        values.count,
        (r"in business for (\d+(?:\.\d+)?) years?", r"trading for (\d+(?:\.\d+)?) years?", r"(\d+) years in business"),
    ),
    Wanted(
        "requested_amount",
        _AMOUNT_LABELS,
        values.amount,
        (r"(?:loan|facility|credit|amount|sum|finance)\s+of\s+([$£€]?\s?[\d,]+(?:\.\d\d)?)", r"(?:borrow|request|ask for)\s+([$£€]\s?[\d,]+(?:\.\d\d)?)"),
    ),
    Wanted(
        "purpose",
        (
            *("purpose of loan", "use of proceeds", "loan purpose", "purpose", "what will the funds be used for?", "use of funds"),
            *("purpose of the loan", "purpose of facility", "purpose of request", "proceeds will be used for", "reason for loan"),
        ),
        values.words,
        (
            r"purpose(?: of the loan)?:\s*(.{4,90}?)\s*(?:\.\s|$|\bas (?:security|collateral)|\bthe owners|\bcollateral|\bsecurity)",
            r"(?:be used|use it|use the funds?) (?:for|to)\s+(.{4,90}?)\s*(?:\.\s|$)",
        ),
    ),
    Wanted(
        "term_months",
        (
            *("term", "requested term in months", "repayment term", "loan term", "loan term, months", "number of monthly payments"),
            *("term requested", "repayment period", "term in months", "requested term", "loan term in months", "desired term", "months"),
            *("term of loan", "repayment term in months", "term of facility", "maturity"),
        ),
        values.months,
        (r"(?:over|term of|within|repay\w* in|for)\s+(\d+ months)", r"(?:over|term of)\s+(\d+ years)", r"(\d+) monthly (?:payments|instal?ments)"),
    ),
    Wanted(
        "rate",
        (
            *("interest rate", "proposed rate", "indicated interest rate", "rate", "quoted rate", "indicative rate", "annual rate"),
            *("requested rate", "rate % a year", "proposed interest rate", "interest rate % a year", "rate of interest", "interest rate requested"),
        ),
        values.percent,
        (r"rate of\s+(\d{1,2}(?:\.\d+)?)\s*%", r"(?:months|years) at\s+(\d{1,2}(?:\.\d+)?)\s*%", r"\bat\s+(\d{1,2}(?:\.\d+)?)\s*% (?:a year|per|interest|fixed|p)"),
    ),
    Wanted(
        "collateral_kind",
        (
            *("collateral", "collateral offered", "property securing the loan", "security offered", "type of collateral", "security"),
            *("collateral description", "collateral type", "kind of collateral", "description of collateral", "assets pledged", "secured by"),
            *("describe collateral", "proposed collateral", "what will secure the loan?", "collateral pledged", "primary collateral"),
        ),
        values.words,
        (
            r"(?:collateral|security) we offer:?\s+(.{4,60}?)\s*,?\s+(?:with a value|value|worth)",
            r"secured by\s+(.{4,60}?)\s*(?:,? with a value|,? value|, worth|\.)",
        ),
    ),
    Wanted(
        "collateral_value",
        (
            *("estimated value of collateral", "collateral value", "market value of collateral", "value of security", "appraised value"),
            *("value of collateral", "estimated value", "market value", "current value of collateral", "collateral market value", "security value"),
        ),
        values.amount,
        (r"(?:with a value of|worth|valued at|value)\s+([$£€]?\s?[\d,]+(?:\.\d\d)?)",),
    ),
    Wanted(
        "prior_liens",
        ("prior liens", "existing liens", "existing liens on collateral", "liens on collateral", "senior liens", "outstanding liens"),
        values.amount,
    ),
    Wanted("naics", ("naics", "naics code"), values.count),
    Wanted("equity_injection", ("equity injection", "owner's contribution", "borrower's contribution", "down payment"), values.amount),
    Wanted(
        "application_date",
        ("date of application", "application date", "date", "dated", "submitted", "date submitted", "application dated"),
        values.day,
        (r"(?:submitted(?: online)?|signed(?: electronically)?(?: by [\w .'’-]+?)?(?: on)?|dated|date:?)\s+([\w/., -]{6,18}\d)",),
    ),
)
_STRUCTURE = (
    *("type of business", "type of entity", "type of organization", "legal structure", "business structure", "form of organization"),
    *("entity type", "organized as", "structure", "business type", "legal form", "organization type", "ownership structure", "legal entity"),
    *("type of ownership", "business entity", "type of organisation", "legal status"),
)
_OWNER_HEADS = ("name", "owner", "full name", "owner name", "shareholder", "member", "partner", "principal", "name of owner", "owner's name")
_SHARE_HEADS = (
    *("share", "% owned", "ownership", "ownership %", "percent owned", "percent of ownership", "% of ownership", "shareholding", "interest"),
    *("percentage", "owned", "% ownership", "ownership share", "percent", "share held", "holding", "%", "ownership percentage", "ownership interest"),
)
_OTHERS = (
    *_STRUCTURE,
    *_OWNER_HEADS,
    *_SHARE_HEADS,
    *("business address", "street address", "mailing address", "principal place of business", "address", "telephone", "business phone"),
    *("phone", "nature of business", "industry", "what does the business do?", "line of business", "products or services", "title"),
    *("position", "home address", "what the business does", "owners", "business information", "loan request", "applicant information"),
    *("loan details", "about the loan", "financing request", "signature", "email", "website", "number of employees", "date established"),
)


def read(document: Document) -> Form:
    """Read a loan application."""
    pages = pages_of(document)
    fields = find(document, pages, _WANTED, _OTHERS)
    if (structure := _structure(document, pages)) is not None:
        fields.append(structure)
    if not any(f.id == "application_date" for f in fields):
        fields += _any_date(document, pages)
    for number, (name, share) in enumerate(_owners(pages), 1):
        fields.append(field_of(document, f"owner_{number}_name", name))
        fields.append(field_of(document, f"owner_{number}_share", share))
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), unread=unread(document, fields))


def _any_date(document: Document, pages: Sequence[Rows]) -> list[Field]:
    for rows in pages:
        for row in rows:
            for cell in row:
                if (day := values.day(cell.text)) is not None:
                    return [field_of(document, "application_date", Found(day, cell.text, "date", cell, 0.7))]
    return []


# -- the legal form ----------------------------------------------------------------------------------------------------


def entity_type(text: str) -> str | None:
    """Return the legal form that `text` names, or None."""
    bare = text.strip(" .:,;").lower()
    return next((name for name, pattern in _ENTITIES if re.fullmatch(rf"(?:an? )?(?:{pattern})", bare)), None)


def _structure(document: Document, pages: Sequence[Rows]) -> Field | None:
    ticked = next((f for rows in pages for row in rows for cell in row for f in _ticks(cell)), None)
    if ticked:
        return field_of(document, "entity_type", ticked)
    wanted = Wanted("entity_type", _STRUCTURE, lambda text: text.strip() if entity_type(text) else None, (
        r",\s*an?\s+((?:c |s )?corporation|limited liability company|llc|(?:general |limited )?partnership|sole proprietorship|(?:private )?limited company)\b",
        r"organi[sz]ed as\s+(?:an?\s+)?([\w. -]+?)\s*(?:,|located|in business)",
    ))  # fmt: skip
    return next(iter(find(document, pages, (wanted,), _OTHERS)), None)


def _ticks(cell: Cell) -> Iterator[Found]:
    match = _TICKED.match(cell.text)
    if match and entity_type(match[1]):
        yield Found(match[1], match[1], "ticked", cell, 0.97)


# -- owners ------------------------------------------------------------------------------------------------------------


def _owners(pages: Sequence[Rows]) -> list[tuple[Found, Found]]:
    """Return every owner with the share held: of a table, of blocks of labels, or of a sentence."""
    found: list[tuple[Found, Found]] = []
    for rows in pages:
        found += _listed(rows)
    if not found:
        found = [pair for rows in pages for pair in _told(rows)]
    seen: dict[str, tuple[Found, Found]] = {}
    for name, share in found:
        seen.setdefault(plain(name.text), (name, share))
    return list(seen.values())


def _listed(rows: Rows) -> Iterator[tuple[Found, Found]]:
    bare = False  # shares without a percent sign stand under a head that says so
    for number, row in enumerate(rows):
        heads = [cell for cell in row if likeness(cell.text, _SHARE_HEADS)]
        bare = bare or (bool(heads) and any(likeness(cell.text, _OWNER_HEADS) for cell in row))
        for cell in row:
            text = _INLINE.sub("", cell.text)
            share = values.percent(text) if _SHARE.match(text) or (bare and re.fullmatch(r"\d{1,3}(\.\d+)?", text)) else None
            name = _name_of(rows, number, cell) if share is not None and share > 0 else None
            if name is not None and share is not None:
                yield name, Found(share, text, "share", cell, 0.95)


def _name_of(rows: Rows, number: int, share: Cell) -> Found | None:
    """Return the name that stands in the line of a share, or above it in a block of labels."""
    left = rows[number][0]
    if left is share or likeness(left.text, _SHARE_HEADS):
        for row in reversed(rows[max(0, number - 4) : number]):
            if len(row) > 1 and likeness(row[0].text, _OWNER_HEADS):
                return Found(row[1].text, row[1].text, row[0].text, row[1], 0.93)
        return None
    text = _untitled(re.sub(r"\s*[(,].*$", "", _INLINE.sub("", left.text)))
    if not _PERSON.match(text) or is_label(text, frozenset(map(plain, _OTHERS))) or re.search(r"rate|interest|equity", text, re.IGNORECASE):
        return None
    words = left.words[: len(text.split())]
    return Found(text, text, "owner", replace(left, text=text, words=words), 0.95)


def _told(rows: Rows) -> Iterator[tuple[Found, Found]]:
    for row in rows:
        for cell in row:
            for match in _OWNS.finditer(cell.text):
                share = values.percent(match[2])
                if share is not None:
                    name = _untitled(match[1])
                    yield Found(name, name, "in a sentence", cell, 0.85), Found(share, match[2], "in a sentence", cell, 0.85)


def _untitled(name: str) -> str:
    """Return a person's name without the title behind it."""
    return _TITLE.sub("", name.strip()).strip(" ,")
