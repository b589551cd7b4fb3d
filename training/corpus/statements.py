"""What is printed: invented statements of every kind and family, with the account and true value of every row.

`company` prints the statements of one set of books (they tie); `statement` one statement alone; `other_page` pages
that look like statements but are none (notes, tables, prose), so that the extractor learns to leave them.
"""

import random
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain import DocumentKind, Period
from training.corpus import uk, us, us_cash_flow
from training.corpus.books import Year, books
from training.corpus.printed import PrintedRow, PrintedStatement
from training.corpus.sheet import Sheet, company_name
from training.corpus.wordings import UK, US, say

FAMILIES = ("us_public", "us_small", "uk")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
_NAMES = ("current", "prior", "prior2", "prior3", "prior4")


@dataclass(frozen=True, slots=True)
class House:
    """The house style of one company: what all its statements share."""

    family: str
    name: str
    scale: int
    scale_line: str
    decimals: int
    case: str
    negative: str
    nil: str
    notes: bool
    columns: int
    oldest_first: bool
    ends: tuple[date, ...]
    micro: bool
    two_columns: bool
    currency: str
    currency_marks: str
    short_dates: bool


def house(rng: random.Random, family: str) -> House:
    """Return a random house style of `family`."""
    listed, is_uk = family == "us_public", family == "uk"
    scale = rng.choice((1_000_000, 1_000_000, 1_000_000, 1000, 1000, 1)) if listed else rng.choice((1, 1, 1, 1, 1, 1000))
    month = rng.choice((12, 12, 12, 12, 1, 2, 3, 4, 6, 7, 9, 10))
    year = rng.randint(2008, 2026)
    weekday = listed and rng.random() < 0.3
    ends = tuple(_end(year - i, month, rng.randint(0, 6) if weekday else 0) for i in range(5))
    columns = rng.choice((2, 2, 2, 3, 1, 4)) if family == "us_small" else rng.choice((2, 2, 2, 2, 2, 1)) if is_uk else rng.choice((2, 3))
    decimals = rng.choice((0, 0, 0, 0, 1)) if listed and scale > 1 else rng.choice((0, 2)) if family == "us_small" and scale == 1 else 0
    return House(
        family, company_name(rng, is_uk), scale, _scale_line(rng, scale, is_uk, listed), decimals,
        rng.choice(("as_is", "as_is", "as_is", "title", "upper_totals", "upper" if rng.random() < 0.25 else "as_is")), rng.choice(("paren", "paren", "paren", "paren_split", "paren_split" if is_uk else "minus")),
        rng.choice(("—", "–", "-", "0", "-", "—", "" if not listed else "—")), (is_uk and rng.random() < 0.85) or rng.random() < 0.08, columns, rng.random() < (0.03 if listed else 0.08), ends,
        is_uk and rng.random() < 0.3, is_uk and rng.random() < 0.45, "GBP" if is_uk else "USD", rng.choice(("none", "all", "totals", "totals")) if not is_uk else rng.choice(("header", "header", "none", "all")), rng.random() < 0.3,
    )


def _end(year: int, month: int, drift: int) -> date:
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return first_of_next - timedelta(days=1 + drift)


def _scale_line(rng: random.Random, scale: int, is_uk: bool, listed: bool) -> str:
    if scale == 1:
        return rng.choice(("", "", "", "(in US dollars)", "(Unaudited)")) if not is_uk else ""
    word = "millions" if scale == 1_000_000 else "thousands"
    if is_uk:
        return rng.choice(("£'000", "£000", "£’000s", "£k")) if scale == 1000 else "£m"
    tail = rng.choice(("", ", except per share data", ", except share and per share amounts", "; except per share amounts", ", except par value")) if listed else ""
    return rng.choice(("(In {w}{t})", "(in {w}{t})", "(Dollars in {w}{t})", "(Amounts in {w}{t})", "{W}, except per share amounts", "($ in {w})", "(in {w} of U.S. dollars{t})", "Amounts in {w}{t}", "({W}{t})", "(expressed in {w})", "(unaudited, in {w}{t})")).replace("{w}", word).replace("{W}", word.capitalize() if rng.random() < 0.5 else word.upper()).replace("{t}", tail)


def statement(rng: random.Random, kind: DocumentKind, family: str) -> PrintedStatement:
    """Return one invented statement of `kind` (a statement kind, or `other` for a page that is none)."""
    style = house(rng, family)
    if kind is DocumentKind.OTHER:
        return other_page(rng, style)
    return _printed(rng, style, kind, books(rng, 5, family == "us_public"))


def company(rng: random.Random, family: str) -> tuple[PrintedStatement, ...]:
    """Return balance sheet, income statement and (mostly) cash flow of one invented company: they tie to each other."""
    style = house(rng, family)
    figures = books(rng, 5, family == "us_public")
    kinds = [DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT]
    if family == "us_public" or (family == "us_small" and rng.random() < 0.5):
        kinds.append(DocumentKind.CASH_FLOW_STATEMENT)
    return tuple(_printed(rng, style, kind, figures) for kind in kinds)


def _printed(rng: random.Random, h: House, kind: DocumentKind, figures: Sequence[Year]) -> PrintedStatement:
    balance = kind is DocumentKind.BALANCE_SHEET
    columns = min(h.columns, 2) if balance and rng.random() < 0.85 else h.columns if balance else max(h.columns, rng.choice((h.columns, h.columns + 1))) if h.family == "us_public" else h.columns
    columns = min(columns, 4)
    order = range(columns) if not h.oldest_first else range(columns - 1, -1, -1)
    years = [figures[-1 - i] for i in order]
    before = [figures[-2 - i] for i in order]
    sheet = Sheet(rng, UK if h.family == "uk" else US, h.scale, h.name, columns, h.decimals, h.case, h.negative, h.nil, h.notes)
    _fill(sheet, h, kind, years, before)
    interim = rng.random() < (0.15 if h.family == "us_public" else 0.05) and not balance
    months = rng.choice((3, 6, 9)) if interim else 12
    periods = tuple(Period(_NAMES[i], h.ends[i], None if balance else _start(h.ends[i], months)) for i in order)
    span, heads = _heads(rng, h, kind, [p.end for p in periods if p.end], months)
    return PrintedStatement(
        kind, h.name, (_title(rng, h, kind),), h.scale_line, h.scale, h.currency, heads, span, periods, tuple(sheet.rows),
        _footer(rng, h), h.currency_marks, h.two_columns and balance,
    )


def _footer(rng: random.Random, h: House) -> tuple[str, ...]:
    """Return the lines below a statement: one remark, or the directors' statements that UK balance sheets carry."""
    if h.family != "uk" or rng.random() < 0.3:
        return (rng.choice(_FOOTERS_UK if h.family == "uk" else _FOOTERS_US),)
    lines = rng.sample(_FOOTERS_UK + _STATEMENTS_UK + _PROSE, rng.randint(2, 9))
    signed = (f"{rng.choice('ABDJKMRS')} {rng.choice(('Smith', 'Patel', 'Jones', 'Okafor', 'Hughes', 'Wright'))}", "Director", f"Approved by the board on {_date(rng, h, h.ends[0] + timedelta(days=rng.randint(60, 270)))}")
    return tuple(part for line in (*lines, *signed[: rng.randint(0, 3)]) for part in textwrap.wrap(line, rng.choice((60, 90, 120))))


def _start(end: date, months: int) -> date:
    month = (end.month - months) % 12 + 1
    year = end.year - (1 if end.month - months < 0 else 0)
    return date(year, month, 1)


def _fill(sheet: Sheet, h: House, kind: DocumentKind, years: Sequence[Year], before: Sequence[Year]) -> None:
    small = h.family == "us_small"
    if h.family == "uk":
        if kind is DocumentKind.BALANCE_SHEET:
            uk.balance_sheet(sheet, years, h.micro)
        elif kind is DocumentKind.INCOME_STATEMENT:
            uk.profit_and_loss(sheet, years, h.micro)
        else:
            uk.cash_flow(sheet, years, before)
    elif kind is DocumentKind.BALANCE_SHEET:
        us.balance_sheet(sheet, years, small)
    elif kind is DocumentKind.INCOME_STATEMENT:
        us.income_statement(sheet, years, small)
    else:
        us_cash_flow.cash_flow(sheet, years, before, small)


_TITLES = {
    (DocumentKind.BALANCE_SHEET, False): "<Condensed consolidated |Consolidated |Consolidated |Condensed |Comparative ||||><balance sheets|balance sheet|balance sheet|statements of financial <position|condition>|statement of assets, liabilities and equity><|||| (unaudited)| - Income Tax Basis>",
    (DocumentKind.INCOME_STATEMENT, False): "<Condensed consolidated |Consolidated |Consolidated |||><statements of <income|operations|earnings|income|operations>|income statement<|s>|statement of <income|operations>|statements of income and comprehensive income|profit and loss<| statement>|statements of consolidated <income|operations>|results of operations><|||| (unaudited)>",
    (DocumentKind.CASH_FLOW_STATEMENT, False): "<Condensed consolidated |Consolidated |Consolidated |||>statement<s|> of cash flows<|||| (unaudited)>",
    (DocumentKind.BALANCE_SHEET, True): "<|Abridged |Abbreviated |||Consolidated |Micro-entity |Company >< balance sheet|balance sheet|statement of financial position>",
    (DocumentKind.INCOME_STATEMENT, True): "<|||Consolidated |Micro-entity ><profit and loss account|income statement|statement of comprehensive income|statement of income and retained earnings|income and expenditure account|trading and profit and loss account>",
    (DocumentKind.CASH_FLOW_STATEMENT, True): "<|Consolidated ><cash flow statement|statement of cash flows>",
}
_FOOTERS_US = ("See accompanying notes to consolidated financial statements.", "The accompanying notes are an integral part of these financial statements.", "See notes to financial statements", "", "See independent accountant's compilation report.", "No assurance is provided on these financial statements.", "Cash Basis", "Accrual Basis")
_STATEMENTS_UK = (
    "The members have not required the company to obtain an audit of its financial statements for the year in accordance with Section 476 of the Companies Act 2006.",
    "The directors acknowledge their responsibilities for: (a) ensuring that the company keeps accounting records which comply with Sections 386 and 387 of the Companies Act 2006 and",
    "(b) preparing financial statements which give a true and fair view of the state of affairs of the company as at the end of each financial year and of its profit or loss.",
    "These accounts have been prepared and delivered in accordance with the provisions applicable to companies subject to the small companies regime.",
    "In accordance with Section 444 of the Companies Act 2006, the Income Statement has not been delivered.",
    "The company is entitled to exemption from audit under Section 477 of the Companies Act 2006 for the year ended 30 September 2017.",
    "These accounts have been prepared in accordance with the micro-entity provisions and FRS 105 The Financial Reporting Standard applicable to the Micro-entities Regime",
)
_FOOTERS_UK = ("The notes form part of these financial statements", "The financial statements were approved by the Board of Directors and authorised for issue and were signed on its behalf by:", "For the year ending the company was entitled to exemption under section 477 of the Companies Act 2006 relating to small companies.", "The directors acknowledge their responsibilities for complying with the requirements of the Act", "")


def _title(rng: random.Random, h: House, kind: DocumentKind) -> str:
    text = say(rng, _TITLES[(kind, h.family == "uk")])
    return rng.choice((text.upper(), text.title().replace(" Of ", " of ").replace(" And ", " and "), text[:1].upper() + text[1:], text.title()))


def _date(rng: random.Random, h: House, end: date) -> str:
    month = _MONTHS[end.month - 1]
    if h.family == "uk":
        return f"{end.day} {month} {end.year}"
    return f"{month} {end.day}, {end.year}" if not h.short_dates else f"{month[:3]} {end.day}, {str(end.year)[2:] if rng.random() < 0.5 else end.year}"


def _heads(rng: random.Random, h: House, kind: DocumentKind, ends: Sequence[date], months: int) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """Return the heading over all columns and the heading lines of each column."""
    balance = kind is DocumentKind.BALANCE_SHEET
    month = _MONTHS[ends[0].month - 1]
    same_day = len({(e.month, e.day) for e in ends}) == 1
    years = tuple((str(e.year),) for e in ends)
    if h.family == "uk":
        style = rng.choice(("years", "years", "years", "dotted", "full", "split"))
        span = rng.choice(("As at {d}", "as at {d}", "{d}", "At {d}", "AS AT {d}", "Registered number: {r} Balance sheet as at {d}")) if balance else rng.choice(("for the year ended {d}", "For the year ended {d}", "FOR THE YEAR ENDED {d}", "Year ended {d}"))
        span = span.replace("{d}", _date(rng, h, ends[0])).replace("{r}", str(rng.randint(1_000_000, 12_999_999)).zfill(8))
        heads = {"years": years, "dotted": tuple((f"{e:%d.%m.%y}",) for e in ends), "full": tuple((_date(rng, h, e),) for e in ends), "split": tuple((f"{e.day} {_MONTHS[e.month - 1][:3]}", str(e.year)) for e in ends)}[style]
        return span, heads
    length = {3: "Three", 6: "Six", 9: "Nine", 12: "Twelve"}[months]
    lead = rng.choice(("As of ", "", "At ")) if balance else rng.choice((f"{length} Months Ended ", f"For the {length.lower()} months ended ")) if months < 12 else rng.choice(("Year ended ", "Years Ended ", "For the years ended ", "Fiscal Year Ended ", "Year Ended ", "Twelve Months Ended ", "Fiscal years ended ", "", "For the Year Ended "))
    if h.family == "us_small" and rng.random() < 0.4:
        if rng.random() < 0.5:
            heads = tuple((f"{_MONTHS[e.month - 1][:3]} {e.day}, {str(e.year)[2:]}",) for e in ends) if balance else tuple((f"Jan - {_MONTHS[e.month - 1][:3]} {str(e.year)[2:]}",) if e.month > 1 else (f"{_MONTHS[e.month - 1][:3]} {str(e.year)[2:]}",) for e in ends)
        else:
            heads = tuple((f"{e.month}/{e.day}/{e.year}",) for e in ends)
        return f"{lead}{_date(rng, h, ends[0])}", heads
    style = rng.choice(("span_years", "full", "split", "split_year") if same_day else ("full", "split"))
    if style == "span_years":
        return f"{lead}{month} {ends[0].day},", years
    if style == "full":
        return lead.strip(), tuple((f"{_MONTHS[e.month - 1]} {e.day}, {e.year}",) for e in ends)
    if style == "split":
        return lead.strip(), tuple((f"{_MONTHS[e.month - 1]} {e.day},", str(e.year)) for e in ends)
    return "", tuple((f"{lead}{month} {e.day},", str(e.year)) for e in ends) if len(lead) < 12 else years


# -- pages that are no statements -------------------------------------------------------------------------------------

_PROSE = (
    "The accounts have been prepared in accordance with the provisions applicable to companies subject to the small companies regime.",
    "Turnover represents net invoiced sales of goods, excluding value added tax.", "Tangible fixed assets are stated at cost less accumulated depreciation.",
    "The company is a private company limited by shares, registered in England and Wales.", "Deferred tax is recognised in respect of all timing differences.",
    "Depreciation is provided at the following annual rates in order to write off each asset over its estimated useful life:", "Stocks are valued at the lower of cost and net realisable value.",
    "We recognize revenue when control of the promised goods or services is transferred to our customers.", "The preparation of financial statements requires management to make estimates and assumptions.",
    "The average number of persons employed by the company during the year was 4.", "Going concern", "Basis of preparation", "Directors' responsibilities statement", "Independent auditor's report",
    "In our opinion the financial statements give a true and fair view of the state of the company's affairs.", "The directors are satisfied that the company is entitled to exemption from the requirement to obtain an audit.",
)
_OTHER_TITLES = ("Notes to the Financial Statements", "NOTES TO THE ACCOUNTS", "Statement of Changes in Equity", "Directors' Report", "Company Information", "Notes to Consolidated Financial Statements", "Accounting Policies", "Tangible fixed assets", "Debtors", "Creditors: amounts falling due within one year", "Schedule of Expenses", "Segment Information", "Reconciliation of Non-GAAP Measures", "Consolidated Statements of Comprehensive Income", "Selected Financial Data", "Contents", "Detailed Profit and Loss Account")


def other_page(rng: random.Random, h: House) -> PrintedStatement:
    """Return a page that is no statement: notes with small tables, prose, reports. Every row is unmapped."""
    sheet = Sheet(rng, UK, h.scale, h.name, h.columns, h.decimals, h.case, h.negative, h.nil, False)
    for number in range(1, rng.randint(3, 7)):
        sheet.heading(f"{number}. {rng.choice(_OTHER_TITLES)}" if rng.random() < 0.7 else rng.choice(_OTHER_TITLES))
        for _ in range(rng.randint(0, 3)):
            sheet.rows.append(PrintedRow(rng.choice(_PROSE), (), "", (), 0, "text"))
        if rng.random() < 0.75:
            for _ in range(rng.randint(2, 6)):
                sheet.add("unmapped", sheet.say("note_part"), [rng.randint(-5000, 99_999) if rng.random() < 0.9 else 0 for _ in range(h.columns)])
            sheet.add("unmapped", "" if rng.random() < 0.6 else "Total", [rng.randint(1000, 200_000) for _ in range(h.columns)], style="total")
    heads = tuple((str(e.year),) for e in h.ends[: h.columns])
    periods = tuple(Period(_NAMES[i], h.ends[i]) for i in range(h.columns))
    span = "" if rng.random() < 0.5 else f"for the year ended {h.ends[0].day} {_MONTHS[h.ends[0].month - 1]} {h.ends[0].year}"
    return PrintedStatement(DocumentKind.OTHER, h.name, (rng.choice(_OTHER_TITLES),), h.scale_line, h.scale, h.currency, heads, span, periods, tuple(sheet.rows), ("",), "none", False)
