"""Reads a guarantor's statement of assets and liabilities: what is owned, owed, earned and guaranteed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Document, Field, Form, Origin
from rules.forms.fields import Candidate, best_of, candidates_of, form_of, wanted
from rules.forms.prose import said, said_in
from rules.forms.rows import field_of
from rules.forms.values import DAY, DAY_FIRST, MONEY, NAME
from rules.headings import bears_uk_marks

_REPAYS = r"(?:debt|loan|mortgage|mortgage and (?:other )?loan)s? (?:payments?|service|repayments?)"
_WANTED = (
    wanted(
        "guarantor_name",
        NAME,
        r"(?:full |print(?:ed)? |legal |your )?name(?:s|\(s\))?(?: of (?:the )?(?:individual|guarantor|applicant|owner|person"
        r"|principal|co-applicant)s?)?",
        r"(?:applicant ?/ ?guarantor|guarantor ?/ ?applicant|(?:individual|personal )?guarantor|applicant"
        r"|principal)(?:'s)?(?: full)?(?: name)?",
        r"(?:personal )?(?:financial )?statement (?:of|for)(?! (?:\w+ )?(?:condition|assets|affairs|net worth|income|position))",
        r"submitted by|prepared (?:by|for)",
    ),
    wanted(
        "pfs_cash",
        MONEY,
        r"(?:total )?cash(?: (?:on|in|and|at|&|held|or)\b[a-z ,&/().-]*| balances?| ?\([a-z ,&-]*\))?",
        r"(?:bank|checking|current|deposit)(?: (?:and|&|/) [a-z ]{1,20}?)? (?:accounts?|balances?|deposits)",
    ),
    wanted(
        "pfs_real_estate",
        MONEY,
        r"(?:total )?real (?:estate|property)(?: owned| holdings)?(?: ?[-,(]? ?(?:market value|at market value|residence|homes?|value"
        r"|schedule|describe|see)[a-z0-9 ,&/().-]*)?",
        r"(?:(?:main |principal |own )?homes?|(?:main |principal )?residences?|primary residence|house"
        r"|personal residence)(?: and other real estate| \(market value\)|,? market value)?",
        r"(?:freehold |residential |land and |main )?(?:property|properties|buildings)(?: owned|,? (?:at )?market value)?",
    ),
    wanted(
        "pfs_business_interest",
        MONEY,
        r"(?:value of |net value of |equity in |interests? in |ownership (?:interest )?in |investments? in |shares? in "
        r"|shareholding in |membership interest in )(?:[^\t:$£]+)",
        r"(?:closely[- ]held )?business(?:es)? (?:interests?|owned|equity|ownership|value)(?: \([a-z ]+\))?|(?:interest"
        r"|ownership)(?: in)? (?:own|closely held) business",
        r"(?:closely[- ]held|privately[- ]held|private) (?:business|company|companies|stock|shares)(?: interests?)?",
    ),
    wanted(
        "pfs_mortgages",
        MONEY,
        r"(?:total )?(?:real estate |home |residential |property )?mortgages?(?: (?:payable|balances?|loans?|outstanding|debt|owed"
        r"|owing|on\b[a-z ]+))*(?: ?\([a-z ,]*\))?",
    ),
    wanted(
        "pfs_total_assets",
        MONEY,
        r"total (?:personal )?assets|assets,? total|total (?:of )?(?:what i own|(?:everything )?owned)|sum of assets",
    ),
    wanted(
        "pfs_total_liabilities",
        MONEY,
        r"total (?:personal )?(?:liabilities(?! and)|debts?|debt)|liabilities,? total|total (?:of )?(?:what i owe|(?:everything )?owed)",
    ),
    wanted("net_worth", MONEY, r"(?:personal |total )?net worth|total equity|net (?:assets|position)|excess of assets over liabilities"),
    wanted(
        "salary",
        MONEY,
        r"(?:annual |yearly |gross |base |current )*(?:salary|salaries|wages|earnings|remuneration|employment income)(?:,? (?:and|&|/"
        r"|or) (?:wages|bonus(?:es)?|salary|commissions?|draws?))*"
        r"(?: ?\((?:annual|gross|per year|p\.a\.)\)|,? annual| per (?:year|annum)| income)?",
    ),
    wanted(
        "contingent_liabilities",
        MONEY,
        r"(?:total )?contingent liabilit(?:ies|y)(?: ?\([a-z ,/]*\)| total| as [a-z -]+)?|(?:as )?(?:an? )?(?:endors[eo]r|guarantor"
        r"|co-?maker|co-?signer)(?: or (?:guarantor|co-?maker|endors[eo]r))?(?: on [a-z ]+)?",
        r"(?:personal )?guarant(?:ees?|ies|y)(?: (?:given|of|on|for)\b[a-z ]*| outstanding)?|loans? guaranteed|debts? (?:guaranteed"
        r"|of others)",
    ),
    wanted(
        "personal_debt_payments",
        MONEY,
        rf"(?:total )?(?:annual |yearly )?(?:personal )?{_REPAYS}(?: ?\((?:annual|per year|a year|p\.a\.)\)| (?:per|a) year)?"
        r"|(?:yearly|annual) payments on debts?",
    ),
    wanted("monthly_debt_payments", MONEY, rf"(?:total )?monthly (?:personal )?{_REPAYS}|(?:personal )?{_REPAYS} ?\(?(?:per|a) month\)?"),
    wanted(
        "living_expenses",
        MONEY,
        r"(?:annual |yearly |estimated |household |personal |family )*living (?:expenses|costs)(?: ?\((?:annual|per year)\))?"
        r"|(?:annual |yearly )?(?:household|personal|family|living) (?:expenses|expenditure|outgoings)",
    ),
    wanted("personal_taxes", MONEY, r"(?:annual |personal |federal |income )+tax(?:es)?(?: paid| expense)?"),
    wanted("real_estate_income", MONEY, r"(?:net |annual )*(?:real estate|rental|property) income|(?:net )?rents?(?: received)?"),
    wanted(
        "investment_income",
        MONEY,
        r"(?:net )?(?:investment|interest|dividend)s?(?: and (?:dividend|interest|investment)s?)? income|interest (?:and|&) dividends"
        r"|dividends(?: and interest)?",
    ),
    wanted("other_income", MONEY, r"other income(?: ?\([a-z ]*\))?(?: \(describe[^)]*\))?"),
    wanted("total_income", MONEY, r"total (?:annual )?income|(?:gross )?annual income"),
)
_TOTAL = wanted("total", MONEY, r"totals?")
_MONTHLY, _YEARLY = "monthly_debt_payments", "personal_debt_payments"
#: Total assets = total liabilities + net worth.
_EQUATION = ("pfs_total_assets", "pfs_total_liabilities", "net_worth")
#: What no field holds but would be read as one.
_OTHERS = (
    wanted("savings", MONEY, r"savings(?: accounts?)?[a-z ,&/()-]*|money market[a-z ,&/()-]*|certificates? of deposit"),
    wanted("life_insurance", MONEY, r"(?:cash (?:surrender )?value|life insurance|surrender value)[a-z ,&/()-]*"),
)
_DATES = (
    r"(?:financial condition )?as (?:of|at)(?: date)?|(?:statement|as of) date|date of (?:this )?statement|dated?",
    r"this statement is as of|position (?:as )?at",
)
_PROSE = (
    said("guarantor_name", NAME, r"statement of (?P<value>(?:[A-Z][\w.'’-]* ){1,4}?)(?:is|are) (?:made|given|as)\b"),
    said("guarantor_name", NAME, r"^(?P<value>(?:[A-Z][\w.'’-]*\s){1,3}[A-Z][\w'’-]+), (?:[A-Z][\w/]*(?: [\w/]+){0,3}) of [A-Z]"),
    said("guarantor_name", NAME, r"(?:i,|undersigned,) (?P<value>[^,]{4,40}),"),
)


def read(document: Document) -> Form:
    """Return the guarantor's name, totals, net worth, income and guarantees; totals that no line prints are left out."""
    day = DAY_FIRST if any(bears_uk_marks(page.text) for page in document.pages) else DAY
    look_for = (*_WANTED, *_OTHERS, wanted("statement_date", day, *_DATES))
    candidates = [c for page in document.pages for c in (*candidates_of(page, look_for), *said_in(page, _PROSE))]
    fields = [f for f in best_of(candidates) if f.id not in {o.id for o in _OTHERS}]
    plain = [c for page in document.pages for c in candidates_of(page, (_TOTAL,))]
    fields = _a_year(fields)
    return form_of(document, fields + _totals({f.id: f for f in fields}, plain))


def _a_year(fields: Sequence[Field]) -> list[Field]:
    """Return the fields with the debt payments of a month as those of a year, unless a line prints these."""
    out = [f for f in fields if f.id != _MONTHLY]
    monthly = next((f for f in fields if f.id == _MONTHLY), None)
    if monthly is None or not isinstance(monthly.value, Decimal) or any(f.id == _YEARLY for f in out):
        return out
    return [*out, replace(monthly, id=_YEARLY, value=12 * monthly.value, origin=Origin.DERIVED, formula=f"12 × {monthly.value:,}")]


def _totals(known: Mapping[str, Field], plain: Sequence[Candidate]) -> list[Field]:
    """Return the total or net worth that no line of its own prints: a line "Total" that fits the others, else by arithmetic."""
    missing = [id for id in _EQUATION if id not in known]
    if len(missing) != 1:
        return []
    (id,) = missing
    parts = [known[other] for other in _EQUATION if other != id]
    first, second = (part.value if isinstance(part.value, Decimal) else Decimal(0) for part in parts)
    value = first + second if id == "pfs_total_assets" else first - second
    printed = next((c for c in plain if c.value == value), None)
    if printed:
        return [field_of(id, value, printed.seen, 0.9)]
    sign = "+" if id == "pfs_total_assets" else "-"
    formula, sure = f"{first:,} {sign} {second:,}", min(part.confidence for part in parts)
    made = replace(parts[0], id=id, value=value, text="", label="", box=None)
    return [replace(made, origin=Origin.DERIVED, formula=formula, confidence=sure)]
