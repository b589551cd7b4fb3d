"""Reads the application for a loan: a bank's form, a print-out of a web form, or a letter."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain import Document, Field, Form, Origin
from rules.forms.debt_schedule import debts_of
from rules.forms.fields import best_of, candidates_of, form_of, wanted
from rules.forms.owners import owners_of
from rules.forms.prose import said, said_in
from rules.forms.rows import Seen, field_of, rows_of
from rules.forms.values import CODE, COUNT, DAY, DAY_FIRST, ENTITY, MONEY, MONTHS, NAME, PERCENT, RATE, TAX_ID, TEXT, Kind
from rules.headings import bears_uk_marks

_BORROWER = r"(?:business|applicant|borrower|company|entity|firm|organi[sz]ation|customer|operating (?:company|business))"
_LOAN = r"(?:loan|credit|facility|financing|funding|finance|borrowing|funds|advance)"
_SECURITY = r"(?:collateral|security|assets? (?:offered|pledged)|property securing(?: the)? loan)"

#: What an application prints, by label. The longest wording that fits a label decides.
_WANTED = (
    wanted(
        "borrower_name",
        NAME,
        rf"(?:(?:full |exact )?(?:legal|registered|entity|trading) )?name of (?:the )?(?:small )?{_BORROWER}(?: {_BORROWER})?",
        rf"(?:{_BORROWER} )?{_BORROWER}(?:'s)?(?: full| exact)?(?: legal| registered)? name(?: of {_BORROWER})?",
        rf"(?:full |exact )?(?:legal|registered) (?:{_BORROWER} )?name(?: of (?:the )?{_BORROWER})?",
        r"(?:company|business|client|customer)(?=:)|(?:small business )?applicant(?: business)?|borrower|borrowing entity"
        r"|name of company|operating company",
    ),
    wanted(
        "ein",
        TAX_ID,
        r"(?:business |applicant |company |borrower )?(?:federal )?(?:ein|tin|fein|tax(?:payer)? ?(?:id|identification"
        r"|i\.d\.)(?: ?(?:number|no\.?|#))?)"
        r"(?: ?[/(] ?(?:ein|tin|fein|ssn|tax id)[^)\t:\d]{0,12}\)?)?(?: (?:number|no\.?))?(?: or ssn)?",
        r"(?:federal )?employer(?:'s)? (?:id|identification)(?: (?:number|no\.?|#))?(?: ?\(ein\))?|e\.i\.n\.|irs (?:number|no\.?)",
        r"(?:company|registered|registration|incorporation)(?: registration| house)? (?:number|no\.?)|companies house (?:number"
        r"|no\.?)|crn",
    ),
    wanted(
        "entity_type",
        ENTITY,
        r"(?:type|form|kind) of (?:business |legal |the )?(?:entity|organi[sz]ation|business|ownership|company|structure)(?: entity"
        r"| structure)?",
        r"(?:legal|business|entity|organi[sz]ation(?:al)?|ownership|company|tax) (?:structure|type|form|status|entity(?: type)?"
        r"|classification)",
        r"organi[sz]ed as|structure|entity|legal entity|legal form",
    ),
    wanted(
        "years_in_business",
        COUNT,
        r"(?:number of |total |how many )?(?:years|yrs\.?)(?: of)?(?: in)?(?: the)? ?(?:business|operation|trading|established"
        r"|existence|trade)",
        r"(?:time|length of time|age) (?:in|of) (?:the )?business|(?:years )?(?:trading|operating) (?:for|history)|business age",
    ),
    wanted(
        "requested_amount",
        MONEY,
        rf"(?:total |{_LOAN} )?(?:amount|sum) of (?:the )?(?:{_LOAN}|request)(?: requested| applied for| required| sought)?",
        rf"(?:total )?(?:{_LOAN} )?(?:amount|sum)(?: of {_LOAN})? (?:requested|applied for|required|sought|needed|of request)",
        rf"(?:total )?requested (?:{_LOAN} )?(?:amount|{_LOAN})|(?:total )?{_LOAN} (?:amount|request|required|requested"
        rf"|sought)(?: requested| sought)?",
        r"how much (?:do|would|does) (?:you|the business)(?: like to)? (?:need|want|borrow|wish to borrow|require)(?: to borrow)?"
        r"|amount requested|principal amount",
        r"amount|requested",
    ),
    wanted(
        "purpose",
        TEXT,
        rf"(?:(?:primary|loan|specific|main) )?purpose(?:s)?(?: of (?:the |this )?{_LOAN}(?: request)?)?(?: purpose)?|{_LOAN} purpose",
        rf"(?:intended )?use of (?:the )?(?:{_LOAN} )?(?:proceeds|funds)|(?:proceeds|funds) (?:will be|to be) used (?:for|to)"
        rf"|reason for (?:the )?{_LOAN}",
        r"what (?:will|is|do) (?:the |you need the )?(?:funds|money|loan|proceeds)(?: be)?(?: used)?(?: for)?"
        r"|how will (?:the )?(?:funds|loan|money) be used",
    ),
    wanted(
        "term_months",
        MONTHS,
        rf"(?:requested |proposed |desired |preferred )?(?:{_LOAN} |repayment )?(?:term|period"
        rf"|maturity)(?: of (?:the )?{_LOAN})?(?: requested| desired| sought)?"
        rf"(?: ?,? ?\(?in months\)?| ?,? ?\(?months\)?| ?\(?in years\)?)?",
        r"(?:number|no\.?) of (?:monthly )?(?:payments|installments|instalments|months)|amortization(?: period)?|repayment (?:over"
        r"|period|term)",
    ),
    wanted(
        "rate",
        RATE,
        r"(?:requested |proposed |indicated |indicative |quoted |expected |anticipated |current )?(?:annual )?(?:interest )?rate"
        r"(?: of interest)?(?: ?\((?:%|% a year|annual|apr|p\.a\.|fixed|per annum)\))?(?: requested| quoted| sought)?|apr"
        r"|(?:annual )?interest",
    ),
    wanted(
        "collateral_kind",
        TEXT,
        rf"(?:(?:type|description|kind|nature) of )?(?:proposed |primary |loan )?{_SECURITY}(?: (?:offered|pledged|type|description"
        rf"|proposed|available|kind))?",
        r"property securing (?:the |this )?loan|secured by|assets? (?:to be )?pledged|what (?:will|can) (?:you )?secure(?: the loan)?",
    ),
    wanted(
        "collateral_value",
        MONEY,
        rf"(?:estimated |est\.? |current |fair |market |appraised |total |book )*value(?: of (?:the |this )?(?:proposed "
        rf"|offered )?{_SECURITY}(?: offered)?)?(?: offered)?",
        rf"{_SECURITY}(?: offered)?(?:,| -)? (?:estimated |est\.? |market |appraised |fair )*value|appraised at|valuation|worth",
    ),
    wanted(
        "prior_liens",
        MONEY,
        rf"(?:less:? )?(?:existing|prior|senior|outstanding|other) (?:liens?|encumbrances?|charges?|mortgages?)(?: balance| outstanding"
        rf"| amount)?(?: on {_SECURITY})?|liens? outstanding",
    ),
    wanted(
        "lien_position",
        TEXT,
        r"(?:proposed )?lien (?:position|priority)|ranking(?: of (?:the )?(?:security|charge))?|priority of (?:lien|charge)",
    ),
    wanted("naics", CODE, r"(?:primary )?(?:naics|sic)(?: ?/ ?sic)?(?: industry)?(?: code| number)?(?: ?\(\d digits?\))?"),
    wanted(
        "product",
        TEXT,
        rf"(?:(?:type|kind) of {_LOAN}|{_LOAN} (?:type|product|program)|product|{_LOAN} program)(?: requested| applied for)?",
    ),
    wanted(
        "equity_injection",
        MONEY,
        r"(?:owner(?:'?s'?)? |borrower |cash )?(?:equity|cash|capital) (?:injection|contribution)(?: by (?:the )?(?:owners?|borrower))?",
        r"(?:owner(?:'?s'?)?|borrower'?s?|applicant'?s?|own) (?:contribution|funds|cash|equity|injection)|down ?payment|deposit paid",
    ),
    wanted("total_project_cost", MONEY, r"total (?:project )?(?:costs?|uses?|budget)(?: of project)?|project cost"),
)
_FOUNDED = wanted(
    "founded",
    COUNT,
    r"(?:year|date) (?:(?:the )?business )?(?:was )?(?:established|founded|started|formed|incorporated)|(?:in business|established"
    r"|trading) since|established",
)
_DATE_LINE = re.compile(
    r"^\W*(?:[a-z]{3,9}\.? \d{1,2},? \d{4}|\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9} \d{4}|\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4})\W*$"
)
_SIGNED = re.compile(r"\b(?:signed|submitted|dated?|certif\w+)\b|^\W*\d{1,2}[-/.]\d{1,2}|\t\W*\d{1,2}[-/.]\d{1,2}|\b(?:19|20)\d\d\W*$")
_DATES = (
    r"date of (?:the )?(?:application|request|submission)|(?:application|submission|request) date",
    r"date (?:submitted|completed|received|signed)|(?:dated?|submitted)(?: on)?",
    r"submitted (?:online |electronically )?(?:on )?",
)

_COMPANY = r"[^,()]{3,60}?(?:, (?:inc|llc|l\.l\.c|ltd|corp|co|lp|llp|p\.?c)\b\.?)?"
_PROSE = (
    said(
        "borrower_name",
        NAME,
        rf"(?:applicant|borrower|company)(?:[:,]| is) (?P<value>{_COMPANY})(?= ?\(|, (?:an?|organi[sz]ed|in business)\b)",
    ),
    said(
        "borrower_name",
        NAME,
        rf"on behalf of (?P<value>{_COMPANY})(?= ?\(|, | to (?:request|apply))",
    ),
    said("entity_type", ENTITY, r"(?:organi[sz]ed as|, an?|is an?|as an?|structured as) (?P<value>[^,.;]{2,40})"),
    said(
        "years_in_business",
        COUNT,
        r"(?:in business|operat(?:ed|ing|ion)|trad(?:ed|ing)|established)(?: for)?(?: the (?:last|past))? (?P<value>\d{1,3}) years",
    ),
    said("years_in_business", COUNT, r"(?P<value>\d{1,3}) years (?:in business|in operation|of (?:operation|trading))"),
    said(
        "requested_amount",
        MONEY,
        r"(?:loan|facility|credit|financing|sum|amount|advance|borrow"
        r"|request(?:ing)?)(?: \w+){0,4}? (?P<value>[$£€]?\s?\d[\d,.]{3,}(?: ?(?:k|million))?)",
    ),
    said(
        "term_months",
        MONTHS,
        r"(?:over|for|term of|in|within|period of) (?:a (?:term|period) of )?(?P<value>\d{1,3}[ -](?:months?|years?))",
    ),
    said("term_months", MONTHS, r"(?P<value>\d{1,3}[ -](?:months?|years?))[ -]term"),
    said("rate", PERCENT, r"(?:rate|interest|at)(?: \w+){0,3}? (?P<value>\d{1,2}(?:\.\d{1,4})? ?%)"),
    said(
        "purpose",
        TEXT,
        r"purposes?(?: of (?:the |this )?(?:loan|facility|request|credit))?(?: is| will be)?:? (?P<value>[^.;:]{4,120}?) ?(?=[.;]|$)",
    ),
    said(
        "purpose",
        TEXT,
        r"(?:proceeds|funds|loan|money) (?:will be|is to be|are to be|to be|would be) used (?:for"
        r"|to)(?: the)? (?P<value>[^.;:]{4,120}?) ?(?=[.;]|$)",
    ),
    said(
        "collateral_kind",
        TEXT,
        r"(?:collateral|security|secure)[^.:;]{0,25}?(?:offer(?:s|ed)?|is|will be|by|pledges?|are"
        r"|:):? (?P<value>[^,.;:]{3,60}?) ?(?=,|[.;]|\b(?:with|valued?|worth|having|at)\b|$)",
    ),
    said("collateral_value", MONEY, r"(?:valued? (?:at|of)?|worth|appraised at)(?: \w+){0,3}? ?(?P<value>[$£€]?\s?\d[\d,.]{3,})"),
)


def read(document: Document) -> Form:
    """Return what the application states of the borrower, the loan asked for, its owners and the debts that it repays."""
    day = DAY_FIRST if any(bears_uk_marks(page.text) for page in document.pages) else DAY
    candidates = [c for page in document.pages for c in (*candidates_of(page, _WANTED), *said_in(page, _PROSE))]
    fields = [_whole(f) for f in best_of(candidates)] + made_on(document, day)
    fields += _years(document, {f.id: f for f in fields})
    return form_of(document, [*fields, *owners_of(document), *(f for f in debts_of(document) if f.origin is Origin.READ)])


def _whole(field: Field) -> Field:
    """Return a term that its label gives in years as months."""
    in_years = field.id == "term_months" and re.search(r"\byears?\b", field.label.lower()) and isinstance(field.value, Decimal)
    if in_years and isinstance(field.value, Decimal) and field.value <= 40 and not re.search("m", field.text.lower()):
        return replace(field, value=field.value * 12)
    return field


def _years(document: Document, known: Mapping[str, Field]) -> list[Field]:
    """Return the years in business since the year of foundation, where only that is printed."""
    made = known["application_date"].value if "application_date" in known else None
    founded = best_of([c for page in document.pages for c in candidates_of(page, (_FOUNDED,))])
    if "years_in_business" in known or not founded or not isinstance(made, date):
        return []
    year = founded[0].value
    if not isinstance(year, Decimal) or not 1800 < year <= made.year:
        return []
    value = made.year - year
    return [replace(founded[0], id="years_in_business", value=value, origin=Origin.DERIVED, formula=f"{made.year} - {year}")]


def made_on(document: Document, day: Kind) -> list[Field]:
    """Return the day of the application: under its label, else the date line of a letter, else beside a signature."""
    look_for = (wanted("application_date", day, *_DATES),)
    labelled = best_of([c for page in document.pages for c in candidates_of(page, look_for)])
    if labelled:
        return list(labelled)
    rows = [row for page in document.pages for row in rows_of(page)]
    for wording, sure in ((_DATE_LINE, 0.85), (_SIGNED, 0.75)):
        for row in rows:
            reading = day.read(row.text) if wording.search(row.plain) else None
            if reading:
                seen = Seen(row.page, row.text[: reading.start].strip(), row.words_in(reading.start, reading.stop))
                return [field_of("application_date", reading.value, seen, sure)]
    return []
