"""A guarantor's statement of what is owned and owed -> Form: assets, liabilities, net worth, income and guarantees given."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from app.domain import Document, Field, Form, Origin
from rules.forms import values
from rules.forms.cells import Cell, Rows, pages_of
from rules.forms.fields import Found, Wanted, field_of, find, plain
from rules.forms.unread import unread

_PERSON = re.compile(r"^[A-Z][\w.'’-]+(?: (?:[A-Z]\.|(?:de|van|von|der|la|bin|al|di|da) )?[A-Z][\w.'’-]+){1,3}$")
_NAMED = re.compile(r"^([A-Z][\w.'’-]+(?: [A-Z][\w.'’-]*){1,3}),\s+[A-Z][\w ]+ of\b")
_WANTED = (
    Wanted(
        "guarantor_name",
        (
            *("name", "full name", "applicant / guarantor", "name of individual", "guarantor", "guarantor name", "name of guarantor"),
            *("individual", "name of applicant", "applicant", "your name", "submitted by", "prepared by", "statement of", "name(s)"),
        ),
        lambda text: text.strip() if _PERSON.match(text.strip()) else None,
    ),
    Wanted(
        "pfs_cash",
        (
            *("cash on hand and in banks", "cash in bank", "cash and checking accounts", "cash & equivalents", "cash", "cash in banks"),
            *("cash on hand & in banks", "cash and cash equivalents", "cash at bank", "checking accounts", "cash on hand", "bank accounts"),
        ),
        values.amount,
    ),
    Wanted(
        "pfs_real_estate",
        ("real estate", "real estate owned", "real estate (market value)", "property", "homes and real estate", "land and buildings", "residence",
         "real property", "home and other real estate", "real estate at market value"),
        values.amount,
    ),
    Wanted(
        "pfs_business_interest",
        (
            *("interest in closely held business", "value of business owned", "business interest", "business interests", "business owned"),
            *("ownership interest in business", "interest in business", "closely held business", "equity in business", "value of own business"),
            *("net value of business owned", "partnership and business interests", "shares in own company", "interest in own company"),
        ),
        values.amount,
    ),
    Wanted(
        "pfs_mortgages",
        (
            *("mortgages on real estate", "real estate mortgages", "mortgage balances", "mortgages", "mortgages payable", "mortgage loans"),
            *("home mortgage", "mortgage", "mortgages owed", "notes secured by real estate", "mortgage debt"),
        ),
        values.amount,
    ),
    Wanted("pfs_total_assets", ("total assets", "total of everything owned", "total owned", "assets total", "sum of assets"), values.amount),
    Wanted("pfs_total_liabilities", ("total liabilities", "total owed", "total debts", "liabilities total", "total of everything owed", "total of all debts"), values.amount),
    Wanted(
        "net_worth",
        ("net worth", "net worth (assets less liabilities)", "net worth (total assets less total liabilities)", "net worth (assets minus liabilities)", "net assets",
         "assets less liabilities", "total net worth"),
        values.amount,
    ),
    Wanted(
        "salary",
        ("salary", "annual salary", "wages and salary", "salary (annual)", "salaries", "wages", "salary and wages", "salary, wages", "employment income", "salary from the business",
         "annual wages", "salary / wages", "yearly salary"),
        values.amount,
    ),
    Wanted(
        "contingent_liabilities",
        (
            *("contingent liabilities", "guarantees given", "guarantees given to others", "as endorser or co-maker", "guaranties of others' debts"),
            *("guarantees", "contingent obligations", "personal guarantees", "total contingent liabilities", "as guarantor", "guaranteed debts"),
            *("loans guaranteed", "as endorser or guarantor", "endorsements and guarantees", "debts guaranteed"),
        ),
        values.amount,
    ),
    Wanted("other_income", ("other income", "rental income", "net investment income", "real estate income", "dividends and interest"), values.amount),
    Wanted("living_expenses", ("living expenses", "annual living expenses", "household expenses"), values.amount),
    Wanted("personal_debt_payments", ("annual debt payments", "total annual payments", "personal debt payments", "annual loan payments"), values.amount),
    Wanted("statement_date", ("statement date", "date of statement", "as of", "financial condition as of", "date", "as at", "position as of"), values.day),
)  # fmt: skip
_OTHERS = (
    *("address", "home address", "residence address", "business", "company", "business name of applicant", "signature", "amount", "assets"),
    *("liabilities", "what i own", "what i owe", "source of income", "taxes owed", "unpaid taxes", "other assets", "other debts", "credit cards"),
    *("other liabilities", "other personal property", "automobiles", "savings accounts", "business phone", "residence phone"),
)
_OF_BUSINESS = re.compile(r"^(?:interest|equity|shares|ownership|stake|investment) in .+", re.IGNORECASE)


def read(document: Document) -> Form:
    """Read a personal financial statement."""
    pages = pages_of(document)
    fields = find(document, pages, _WANTED, _OTHERS)
    known = {field.id for field in fields}
    if "pfs_business_interest" not in known:
        fields += _interest(document, pages)
    if "guarantor_name" not in known:
        fields += _name(document, pages)
    fields = [*_proved(fields), *_net_worth(document, fields)]
    return Form(document.file, document.first, document.last, document.kind, tuple(fields), unread=unread(document, fields))


def _interest(document: Document, pages: Sequence[Rows]) -> list[Field]:
    """Return what "Interest in <the borrower's name>" prints: the label then is no fixed wording."""
    for row in (row for rows in pages for row in rows):
        for cell, beside in itertools.pairwise(row):
            value = values.amount(beside.text)
            if value is not None and _OF_BUSINESS.match(cell.text):
                return [field_of(document, "pfs_business_interest", Found(value, beside.text, cell.text, beside, 0.93))]
    return []


def _name(document: Document, pages: Sequence[Rows]) -> list[Field]:
    """Return the person named under the title, or the one who signed."""
    for cell in (cell for rows in pages for row in rows[:8] for cell in row):
        if match := _NAMED.match(cell.text):
            return [_named(document, match[1], cell, 0.9)]
    signed = [cell for rows in pages for row in rows[-6:] for cell in row if _PERSON.match(cell.text) and plain(cell.text) not in _OTHERS]
    return [_named(document, signed[0].text, signed[0], 0.7)] if signed else []


def _named(document: Document, name: str, cell: Cell, score: float) -> Field:
    words = cell.words[: len(name.split())]
    return field_of(document, "guarantor_name", Found(name, name, "name", replace(cell, text=name, words=words), score))


def _proved(fields: Sequence[Field]) -> list[Field]:
    """Return the fields, surer where total assets less total liabilities give the net worth."""
    proved = {"pfs_total_assets", "pfs_total_liabilities", "net_worth"}
    amounts = {f.id: f.value for f in fields if f.id in proved and isinstance(f.value, Decimal)}
    if len(amounts) < len(proved) or amounts["pfs_total_assets"] - amounts["pfs_total_liabilities"] != amounts["net_worth"]:
        return list(fields)
    return [replace(f, confidence=0.99) if f.id in proved else f for f in fields]


def _net_worth(document: Document, fields: Sequence[Field]) -> list[Field]:
    amounts = {f.id: f.value for f in fields if isinstance(f.value, Decimal)}
    if "net_worth" in amounts or not {"pfs_total_assets", "pfs_total_liabilities"} <= amounts.keys():
        return []
    worth, formula = amounts["pfs_total_assets"] - amounts["pfs_total_liabilities"], "pfs_total_assets - pfs_total_liabilities"
    return [Field("net_worth", worth, "", "derived", document.file, document.first, None, origin=Origin.DERIVED, confidence=0.9, formula=formula)]
