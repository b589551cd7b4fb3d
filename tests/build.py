"""Small functions that make domain objects for tests: a page, a statement, an application. All figures are invented."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from PIL import Image, ImageDraw, ImageFont

from app.domain import (
    UNMAPPED,
    Assessment,
    Borrower,
    Box,
    Debt,
    Document,
    DocumentKind,
    Facility,
    Field,
    FinancialStatement,
    Finding,
    Form,
    Line,
    LineItem,
    LoanApplication,
    ModelVersion,
    Origin,
    Owner,
    Page,
    PageStatus,
    Period,
    Ratio,
    RatioStatus,
    ReadMethod,
    Recommendation,
    Route,
    Severity,
    Span,
    Spread,
    Transaction,
    Word,
)
from rules.limits import Limit
from rules.themes.case import Case

CURRENT = Period("current", date(2024, 12, 31), date(2024, 1, 1))
PRIOR = Period("prior", date(2023, 12, 31), date(2023, 1, 1))
AT_CURRENT = Period("current", date(2024, 12, 31))
AT_PRIOR = Period("prior", date(2023, 12, 31))

#: A printed row: account, label, then the amount of each period (None where nothing is printed).
Rows = Sequence[tuple[str, str, Sequence[int | None]]]

BALANCE_SHEET: Rows = (
    ("cash", "Cash and cash equivalents", (84_210, 61_930)),
    ("accounts_receivable", "Trade accounts receivable, net", (146_500, 128_040)),
    ("inventory", "Inventories", (97_300, 92_110)),
    (UNMAPPED, "Deposits with suppliers", (6_400, 5_900)),
    ("total_current_assets", "Total current assets", (334_410, 287_980)),
    ("ppe_net", "Property and equipment, net", (212_700, 224_350)),
    ("goodwill", "Goodwill", (18_000, 18_000)),
    ("total_assets", "Total assets", (565_110, 530_330)),
    ("accounts_payable", "Accounts payable", (88_120, 79_460)),
    ("short_term_debt", "Notes payable to bank", (40_000, 45_000)),
    ("accrued_liabilities", "Accrued wages and taxes", (21_350, 19_800)),
    ("total_current_liabilities", "Total current liabilities", (149_470, 144_260)),
    ("long_term_debt", "Long-term debt, less current portion", (138_000, 158_000)),
    ("total_liabilities", "Total liabilities", (287_470, 302_260)),
    ("share_capital", "Common stock", (50_000, 50_000)),
    ("retained_earnings", "Retained earnings", (227_640, 178_070)),
    ("total_equity", "Total stockholders' equity", (277_640, 228_070)),
    ("total_liabilities_and_equity", "Total liabilities and stockholders' equity", (565_110, 530_330)),
)
INCOME_STATEMENT: Rows = (
    ("revenue", "Net sales", (1_204_600, 1_098_300)),
    ("cost_of_sales", "Cost of goods sold", (742_100, 690_400)),
    ("gross_profit", "Gross profit", (462_500, 407_900)),
    ("selling_general_admin", "Selling, general and administrative", (318_200, 296_750)),
    ("rent_expense", "Rent", (36_000, 36_000)),
    (UNMAPPED, "Loss on disposal of vehicle", (None, 4_300)),
    ("operating_income", "Income from operations", (108_300, 70_850)),
    ("interest_expense", "Interest expense", (14_900, 16_100)),
    ("income_before_tax", "Income before income taxes", (93_400, 54_750)),
    ("income_tax_expense", "Provision for income taxes", (19_600, 11_500)),
    ("net_income", "Net income", (73_800, 43_250)),
)
CASH_FLOW: Rows = (
    ("net_income", "Net income", (73_800, 43_250)),
    ("depreciation_amortization", "Depreciation", (31_150, 32_900)),
    ("operating_cash_flow", "Net cash provided by operating activities", (90_010, 70_300)),
    ("capital_expenditures", "Purchases of equipment", (19_500, 22_000)),
    ("investing_cash_flow", "Net cash used in investing activities", (-19_500, -22_000)),
    ("dividends_paid", "Dividends paid", (24_230, 15_000)),
    ("financing_cash_flow", "Net cash used in financing activities", (-48_230, -40_000)),
    ("cash_end_of_period", "Cash, end of year", (84_210, 61_930)),
)


def page(
    number: int = 1, file: str = "statements.pdf", status: PageStatus = PageStatus.READ, reason: str | None = None, text: str = ""
) -> Page:
    """Return a letter-size page; the words of `text` stand one below the other."""
    made = tuple(Word(word, Box(0.1, 0.1 + n * 0.02, 0.3, 0.115 + n * 0.02)) for n, word in enumerate(text.split()))
    lines = tuple(Line(Span(number, n, n + 1), word.text, (), word.box) for n, word in enumerate(made))
    return Page(file, number, status, ReadMethod.TEXT, 612.0, 792.0, words=made, lines=lines, reason=reason)


def item(
    account: str = "cash", value: int | str = 1_000, period: Period = AT_CURRENT, label: str = "Cash", at: tuple[int, int] = (0, 0)
) -> LineItem:
    """Return a figure read from page 1 of statements.pdf, `at` the printed row and column (from 0; the first column is the newest)."""
    row, column = at
    top, right = 0.16 + 0.026 * row, 0.74 + 0.17 * column
    box = Box(right - 0.11, top, right, top + 0.016)
    amount = Decimal(value)
    text = f"({abs(amount):,})" if amount < 0 else f"{amount:,}"
    return LineItem(account, period, amount, Origin.READ, label, text, "statements.pdf", 1, box, confidence=0.97, auto_accept=True)


def derived(account: str, value: int | str, formula: str, period: Period = AT_CURRENT) -> LineItem:
    """Return a figure that a formula gave."""
    return LineItem(account, period, Decimal(value), Origin.DERIVED, "", "", "statements.pdf", 1, None, confidence=0.9, formula=formula)


def statement(
    kind: DocumentKind, rows: Rows, number: int = 1, file: str = "statements.pdf", periods: Sequence[Period] = (AT_CURRENT, AT_PRIOR)
) -> FinancialStatement:
    """Return a statement in dollars whose rows are printed one below the other on page `number` of `file`."""
    items = [
        replace(item(account, value, periods[column], label, (row, column)), file=file, page=number)
        for row, (account, label, values) in enumerate(rows)
        for column, value in enumerate(values)
        if value is not None
    ]
    return FinancialStatement(file, number, number, kind, "USD", 1, tuple(periods), tuple(items))


def spread() -> Spread:
    """Return three statements that articulate, one on each page of statements.pdf."""
    return Spread(
        (
            statement(DocumentKind.BALANCE_SHEET, BALANCE_SHEET, 1),
            statement(DocumentKind.INCOME_STATEMENT, INCOME_STATEMENT, 2, periods=(CURRENT, PRIOR)),
            statement(DocumentKind.CASH_FLOW_STATEMENT, CASH_FLOW, 3, periods=(CURRENT, PRIOR)),
        )
    )


def form(kind: DocumentKind, file: str, values: Mapping[str, object], lines: Sequence[Transaction] = ()) -> Form:
    """Return a document of one page with a field for each of `values`; an int is an amount, `id:prior` one of the year's beginning."""
    made = []
    for row, (key, given) in enumerate(values.items()):
        id, _, period = key.partition(":")
        value = Decimal(given) if isinstance(given, int) else given
        assert isinstance(value, Decimal | date | str)
        top = 0.1 + 0.02 * row
        made.append(
            Field(
                id,
                value,
                f"{value:,}" if isinstance(value, Decimal) else str(value),
                id,
                file,
                1,
                Box(0.6, top, 0.7, top + 0.015),
                period or "current",
            )
        )
    return Form(file, 1, 1, kind, tuple(made), tuple(lines))


def line_of(label: str) -> Line:
    """Return a line of text without amounts."""
    return Line(Span(1, 0, 1), label, (), Box(0.1, 0.1, 0.9, 0.115))


def line(day: date, description: str, amount: str, balance: str | None = None) -> Transaction:
    """Return a line of a bank statement."""
    return Transaction(day, description, Decimal(amount), Decimal(balance) if balance else None, 1, Box(0.1, 0.5, 0.9, 0.515))


def bank_month(month: int, opening: str, deposits: str, withdrawals: str, year: int = 2024) -> Form:
    """Return a month's bank statement: one deposit, the instalment of the known loan and one more withdrawal, to the cent."""
    start, end = date(year, month, 1), date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    first, paid, rest = Decimal(opening) + Decimal(deposits), Decimal("2500.00"), Decimal(withdrawals) - Decimal("2500.00")
    lines = (
        line(start, "MERCHANT SETTLEMENT", deposits, str(first)),
        line(start + timedelta(days=4), "ACH DEBIT LOWMOOR BA LOAN PMT", str(-paid), str(first - paid)),
        line(start + timedelta(days=9), "CHECK 2713", str(-rest), str(first - paid - rest)),
    )
    values = {"bank_name": "Alder Bank", "account_masked": "****4417", "period_start": start, "period_end": end, "nsf_count": 0}
    values |= {"opening_balance": Decimal(opening), "total_deposits": Decimal(deposits), "total_withdrawals": Decimal(withdrawals)}
    return form(DocumentKind.BANK_STATEMENT, f"bank-{month:02}.pdf", {**values, "closing_balance": first - paid - rest}, lines)


#: The forms of a sound package that agree with `spread()`, by name.
FORMS: dict[str, Form] = {
    "application": form(
        DocumentKind.LOAN_APPLICATION,
        "application.pdf",
        {
            "borrower_name": "Fernhill Bakery Inc.",
            "ein": "00-1112223",
            "requested_amount": 40_000,
            "owner_1_name": "Ida Fernhill",
            "owner_1_share": 100,
        },
    ),
    "return": form(
        DocumentKind.BUSINESS_TAX_RETURN,
        "return.pdf",
        {
            "tax_year": "2024",
            "taxpayer_name": "FERNHILL BAKERY INC",
            "ein": "00-1112223",
            "gross_receipts": 1_204_600,
            "cost_of_goods_sold": 742_100,
            "total_income": 462_500,
            "total_deductions": 369_100,
            "taxable_income": 93_400,
            "schedule_l_total_assets:prior": 530_330,
            "schedule_l_total_liabilities_and_equity:prior": 530_330,
            "schedule_l_total_assets": 565_110,
            "schedule_l_total_liabilities_and_equity": 565_110,
            "schedule_l_accounts_receivable": 146_500,
            "distributions": 24_230,
        },
    ),
    "bank_10": bank_month(10, "71000.00", "99000.00", "96500.00"),
    "bank_11": bank_month(11, "73500.00", "101000.00", "98500.00"),
    "bank_12": bank_month(12, "76000.00", "101150.00", "92940.00"),
    "debts": form(
        DocumentKind.DEBT_SCHEDULE,
        "debts.pdf",
        {
            "debt_1_creditor": "Lowmoor Bank",
            "debt_1_balance": 138_000,
            "debt_1_monthly_payment": 2_500,
            "debt_2_creditor": "Alder Bank line of credit",
            "debt_2_balance": 40_000,
            "debt_2_monthly_payment": 250,
            "total_debt_balance": 178_000,
            "monthly_debt_payment": 2_750,
            "aging_date": date(2024, 12, 31),
        },
    ),
    "person": form(
        DocumentKind.PERSONAL_FINANCIAL_STATEMENT,
        "person.pdf",
        {
            "guarantor_name": "Ida M. Fernhill",
            "pfs_total_assets": 640_000,
            "pfs_total_liabilities": 210_000,
            "net_worth": 430_000,
            "salary": 96_000,
            "dated": date(2025, 3, 1),
        },
    ),
    "aging": form(
        DocumentKind.RECEIVABLES_AGING,
        "aging.pdf",
        {
            "aging_0_30": 101_000,
            "aging_31_60": 30_500,
            "aging_61_90": 11_000,
            "aging_over_90": 4_000,
            "aging_total": 146_500,
            "aging_date": date(2024, 12, 31),
        },
    ),
}


def with_fields(of: Form, **values: object) -> Form:
    """Return a form with other values for some of its fields; None takes a field away."""
    changed = form(of.kind, of.file, {id: value for id, value in values.items() if value is not None})
    kept = tuple(changed.field(f.id) or f for f in of.fields if f.id not in values or values[f.id] is not None)
    return replace(of, fields=(*kept, *(f for f in changed.fields if of.field(f.id) is None)))


def package(forms: Mapping[str, Form | None] | None = None, made: Spread | None = None, asked: LoanApplication | None = None) -> Case:
    """Return the case of a sound package whose documents agree, with `forms` in place of its own (None: left out)."""
    held = [each for each in {**FORMS, **(forms or {})}.values() if each is not None]
    spread_made = spread() if made is None else made
    documents = [Document(each.file, each.kind, (page(1, each.file),)) for each in held]
    documents += [Document(s.file, s.kind, (page(s.first, s.file),)) for s in spread_made.statements]
    pages = tuple(each for document in documents for each in document.pages)
    return Case(spread_made, tuple(documents), pages, date(2025, 3, 14), tuple(held), application() if asked is None else asked)


def ratio(id: str, value: str | None, formula: str = "", inputs: Mapping[str, int] | None = None, period: str = "current") -> Ratio:
    """Return a ratio; without a value it is not computable."""
    given = tuple((name, Decimal(amount)) for name, amount in (inputs or {}).items())
    status = RatioStatus.NOT_COMPUTABLE if value is None else RatioStatus.VALUE
    reason = "an input was not read" if value is None else None
    return Ratio(id, period, status, None if value is None else Decimal(value), formula, given, reason)


def limit(measure: str, passes: str, marginal: str | None = None, *, at_least: bool = True) -> Limit:
    second = Decimal(marginal) if marginal else None
    return Limit(measure, Decimal(passes), second, at_least, False, "times", "policy of the test", date(2024, 1, 1))


def finding(
    id: str = "balance_sheet_balances",
    severity: Severity = Severity.HIGH,
    message: str = "The sheet does not balance.",
    facts: Sequence[LineItem] = (),
) -> Finding:
    """Return a finding of the theme `balances` on statements.pdf."""
    return Finding(id, "balances", severity, message, ("statements.pdf",), facts=tuple(facts), source="Double entry")


def application(requested: str = "40000", owed: str = "138000") -> LoanApplication:
    """Return the request of a company that owes one bank `owed`."""
    borrower = Borrower("Fernhill Bakery Inc.", "00-1112223", "Corporation", Decimal(8), (Owner("Ida Fernhill", Decimal(100)),))
    asked = Facility(Decimal(requested), "Purchase of equipment", 60, Decimal("8.5"), "Equipment", Decimal(70_000))
    bank = Debt("Lowmoor Bank", Decimal(owed), Decimal(owed), Decimal(7), Decimal(2_500), date(2028, 1, 1), "Ovens")
    return LoanApplication(borrower, asked, date(2025, 3, 14), (bank,) if Decimal(owed) else ())


def assessment(
    package_id: str = "sound", findings: Sequence[Finding] = (), ratios: Sequence[Ratio] = (), made: Spread | None = None
) -> Assessment:
    """Return an application of one file: three statement pages, then a blank one; referred and not graded."""
    pages = (page(1), page(2), page(3), page(4, status=PageStatus.BLANK))
    kinds = (DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT)
    return Assessment(
        package_id,
        date(2025, 3, 14),
        pages,
        (*kinds, DocumentKind.BLANK),
        tuple(Document("statements.pdf", kind, (each,)) for kind, each in zip(kinds, pages, strict=False)),
        spread() if made is None else made,
        tuple(ratios),
        tuple(findings),
        None,
        Recommendation.REFER,
        Route.REVIEW,
        (ModelVersion("extractor", "test", "0" * 64),),
    )


def picture(of: Page, made: Spread | None = None, width: int = 1275) -> bytes:
    """Return a PNG of a page, its statement's figures drawn where their boxes stand."""
    height = round(width * of.height / of.width)
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    big, small = (ImageFont.load_default(size=width // share) for share in (48, 72))
    items = [i for s in (made or spread()).statements for i in s.items if (i.file, i.page) == (of.file, of.number) and i.box]
    draw.text((width * 0.08, height * 0.06), f"Alder & Finch Joinery, Inc.   page {of.number}", "black", big)
    for each in items:
        assert each.box
        draw.text((width * 0.08, height * each.box.top), each.label, "black", small)
        draw.text((width * (each.box.x1 - 0.004), height * each.box.top), each.text, "black", small, anchor="ra")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return stream.getvalue()
