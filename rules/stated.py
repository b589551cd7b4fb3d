"""What other documents than the statements state of the newest period: LoanApplication and Forms -> figures for the ratios.

The request, the debts, the taxes, the guarantors and the conduct of the account. Each figure knows its files; what is not
stated is left out, or missing with its reason. It looks at no statement's amounts and changes nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from app.domain import Debt, DocumentKind, Facility, Form, LoanApplication, Period, Spread
from rules.figures import Given, Known, Unknown, stated
from rules.policy import Policy

_CREDIT_LINE = re.compile(r"\blines? of credit\b|\bcredit lines?\b|\brevolv|\bLOC\b|\boverdraft\b", re.IGNORECASE)
_PASS_THROUGH = re.compile(
    r"\bS[ -]corp|\bsub(?:chapter)?[ -]?S\b|\b1120-?S\b|\b1065\b|\bL\.?L\.?[CP]\b|limited liability (?:company|partnership)"
    r"|partnership|proprietor",
    re.IGNORECASE,
)
_LIVING = re.compile(r"partnership|proprietor|\bL\.?L\.?P\b|\b1065\b", re.IGNORECASE)
_MONTHS = 12
_STRESS = Decimal(2)  # percent a year: 200 basis points
_NEW_YEAR = timedelta(days=355)  # back from a year's end into its first days, weeks of 52 or 53 allowed for
_CONDUCT = 3  # months over which unpaid items are counted
_NO_PERSONAL_DEBTS = (
    "personal debt payments, taxes and living expenses are not stated: ask the guarantors for a personal debt schedule and tax return"
)


def stated_figures(application: LoanApplication | None, forms: Sequence[Form], spread: Spread, policy: Policy) -> Given:
    """Return the figures of the newest period that the loan application and the other documents state, by name."""
    return {
        **(_of_the_request(application, forms, policy) if application else {}),
        **(_of_the_debts(application, forms) if application else {}),
        **_of_the_taxes(application, forms, spread),
        **_of_the_guarantors(forms),
        **_of_the_account(forms),
    }


def level_payment(amount: Decimal, months: int, rate: Decimal) -> Decimal:
    """Return the monthly payment that repays `amount` in `months` at `rate` percent a year."""
    monthly = rate / 1200
    return amount * monthly / (1 - (1 + monthly) ** -months) if monthly else amount / months


def fiscal_year(period: Period) -> int | None:
    """Return the tax year that a period of a year belongs to: the one in which it begins."""
    return (period.end - _NEW_YEAR).year if period.end else None


def tax_year(form: Form) -> int | None:
    """Return the tax year of a return, or None where it was not read."""
    field = form.field("tax_year")
    found = re.search(r"(?:19|20)\d\d", str(field.value)) if field else None
    return int(found[0]) if found else None


def is_credit_line(debt: Debt) -> bool:
    """Say whether a debt is a line of credit, of which only interest is due."""
    return any(words and _CREDIT_LINE.search(words) for words in (debt.creditor, debt.secured_by))


def yearly_payments(debt: Debt) -> Decimal | None:
    """Return what a debt costs a year: 12 payments; of a line of credit the interest on its balance."""
    if is_credit_line(debt) and debt.balance is not None and debt.rate is not None:
        return debt.balance * debt.rate / 100
    if debt.monthly_payment is not None:
        return debt.monthly_payment * _MONTHS
    return Decimal(0) if debt.balance == 0 else None


def statements_by_month(forms: Iterable[Form]) -> tuple[Form, ...]:
    """Return the bank statements in the order of their periods, a month of an account once however often it was sent."""
    dated: dict[tuple[date, str], Form] = {}
    for form in forms:
        if form.kind is DocumentKind.BANK_STATEMENT and (end := day_of(form, "period_end")):
            dated.setdefault((end, account_of(form)), form)
    return tuple(form for _, form in sorted(dated.items(), key=lambda pair: pair[0]))


def account_of(form: Form) -> str:
    """Return the digits that an account is known by: banks mask the others."""
    return "".join(c for c in form.words("account_masked") or "" if c.isdigit())[-4:]


def day_of(form: Form, id: str) -> date | None:
    """Return the value of the field `id` where it is a date."""
    field = form.field(id)
    return field.value if field and isinstance(field.value, date) else None


# -- the request -----------------------------------------------------------------------------------------------------


def _of_the_request(application: LoanApplication, forms: Sequence[Form], policy: Policy) -> dict[str, Known | Unknown]:
    files, loan = _files(forms, DocumentKind.LOAN_APPLICATION), application.facility
    years = application.borrower.years_in_business
    amounts = {
        "requested_amount": loan.amount,
        "collateral_value": loan.collateral_value,
        "senior_liens": loan.prior_liens or Decimal(0),
        "years_in_business": years,
    }
    found: dict[str, Known | Unknown] = {name: stated(name, value, files=files) for name, value in amounts.items() if value is not None}
    if loan.collateral_value is None:
        found["collateral_value"] = Unknown("the loan application names no collateral value")
    if years is None:
        found["years_in_business"] = Unknown("the loan application does not say since when the borrower is in business")
    found["proposed_debt_service"] = _payments(loan, Decimal(0), "proposed_debt_service", files)
    found["proposed_debt_service_at_higher_rate"] = _payments(loan, _STRESS, "proposed_debt_service_at_higher_rate", files)
    found["collateral_lending_value"] = _lending_value(loan, forms, policy, files)
    return found


def _payments(loan: Facility, more: Decimal, name: str, files: tuple[str, ...]) -> Known | Unknown:
    """Return 12 level payments of the loan asked for, at `more` percent above its rate; of a line of credit a year's interest."""
    if loan.amount is None or loan.rate is None:
        return Unknown("the loan application states no amount" if loan.amount is None else "the loan application states no rate")
    if loan.term_months is None:
        if loan.purpose and _CREDIT_LINE.search(loan.purpose):
            return stated(name, loan.amount * (loan.rate + more) / 100, "a line of credit counts interest only", files)
        return Unknown("the loan application states no term")
    if loan.term_months <= 0 or loan.rate <= 0:  # nobody lends for nothing: such a rate was misread
        return Unknown("term and rate of the loan application cannot be")
    payment = level_payment(loan.amount, loan.term_months, loan.rate + more)
    return stated(name, payment * min(_MONTHS, loan.term_months), files=files)


def _lending_value(loan: Facility, forms: Sequence[Form], policy: Policy, files: tuple[str, ...]) -> Known | Unknown:
    """Return what policy lends on the collateral: its value at the advance rate of its kind, less the liens before it.

    Receivables over 90 days old count nothing, where their aging was sent.
    """
    if loan.collateral_value is None:
        return Unknown("the loan application names no collateral value")
    kind = (loan.collateral_kind or "").lower()
    rate = next((each for each in policy.advance_rates if any(re.search(rf"\b{word}", kind) for word in each.words)), None)
    if rate is None:
        return Unknown(f"policy has no advance rate for “{loan.collateral_kind}”" if kind else "the kind of collateral is not stated")
    value = loan.collateral_value
    if rate.kind == "receivables":
        agings = [form for form in forms if form.kind is DocumentKind.RECEIVABLES_AGING]
        value -= next((old for form in agings if (old := form.amount("aging_over_90")) is not None), Decimal(0))
    lends = max(Decimal(0), value * rate.share - (loan.prior_liens or Decimal(0)))
    said = f"{rate.kind.replace('_', ' ')} at {rate.share:.0%} of its value, less prior liens"
    return stated("collateral_lending_value", lends, said, files)


# -- the debts -------------------------------------------------------------------------------------------------------


def _of_the_debts(application: LoanApplication, forms: Sequence[Form]) -> Mapping[str, Known | Unknown]:
    """Return a year's payments of the debt that stays, by the debt schedule; nothing where one of them is not known."""
    schedules = [form for form in forms if form.kind is DocumentKind.DEBT_SCHEDULE]
    debts = application.debts if len(schedules) == 1 else tuple(dict.fromkeys(application.debts))  # a copy adds nothing
    payments = [yearly_payments(debt) for debt in debts if not debt.refinanced]
    if not schedules or any(payment is None for payment in payments):
        return {}
    if not application.debts and any(form.amount("total_debt_balance") != 0 for form in schedules):
        return {}  # its rows could not be read
    repaid = any(debt.refinanced for debt in debts)
    interest_only = any(is_credit_line(debt) for debt in debts if not debt.refinanced)
    notes = ["debt that this loan repays is left out"] if repaid else []
    notes += ["lines of credit count interest only"] if interest_only else []
    whole = sum((payment for payment in payments if payment is not None), Decimal(0))
    files = _files(forms, DocumentKind.DEBT_SCHEDULE)
    return {"existing_debt_service": stated("existing_debt_service", whole, "; ".join(notes), files)}


# -- taxes and owners ------------------------------------------------------------------------------------------------


def _of_the_taxes(application: LoanApplication | None, forms: Sequence[Form], spread: Spread) -> dict[str, Known | Unknown]:
    """Return no cash taxes for entities that pay none of their own, and the distributions of the return of the newest year."""
    found: dict[str, Known | Unknown] = {}
    returns = [form for form in forms if form.kind is DocumentKind.BUSINESS_TAX_RETURN]
    entity = application.borrower.entity_type if application else None
    if is_pass_through(entity, returns):
        living = "; before owners' living costs" if entity and _LIVING.search(entity) else ""
        note = f"a pass-through entity pays no income tax of its own{living}"
        found["cash_taxes"] = stated("cash_taxes", Decimal(0), note, _files(forms, DocumentKind.BUSINESS_TAX_RETURN))
    periods = [period for statement in spread.statements for period in statement.periods if period.end]
    newest = max(periods, key=lambda period: period.end or date.min, default=None)
    for form in returns:
        paid = form.amount("distributions")
        if paid is not None and newest and tax_year(form) in (fiscal_year(newest), newest.end and newest.end.year):
            found["schedule_m2_distributions"] = stated("schedule_m2_distributions", paid, "distributions by Schedule M-2", (form.file,))
    return found


def is_pass_through(entity: str | None, returns: Iterable[Form]) -> bool:
    """Say whether the owners pay the tax on the profit: by the return that was filed, else by the kind of entity."""
    ids = {field.id for form in returns for field in form.fields}
    if ids & {"taxable_income", "total_tax"}:
        return False
    return "ordinary_business_income" in ids or bool(entity and _PASS_THROUGH.search(entity))


def _of_the_guarantors(forms: Sequence[Form]) -> dict[str, Known | Unknown]:
    """Return why the guarantors' cash is not known: a personal financial statement tells a salary, no payments and no tax."""
    if not _files(forms, DocumentKind.PERSONAL_FINANCIAL_STATEMENT):
        return {}
    return dict.fromkeys(("guarantors_cash_available", "personal_debt_service"), Unknown(_NO_PERSONAL_DEBTS))


# -- the account -----------------------------------------------------------------------------------------------------


def _of_the_account(forms: Sequence[Form]) -> dict[str, Known | Unknown]:
    """Return the unpaid and overdraft items of the last three months that bank statements show."""
    statements = statements_by_month(forms)
    ends = sorted({end.year * 12 + end.month for form in statements if (end := day_of(form, "period_end"))})[-_CONDUCT:]
    counted = [
        (form.file, count)
        for form in statements
        if (end := day_of(form, "period_end")) and end.year * 12 + end.month in ends and (count := form.amount("nsf_count")) is not None
    ]
    if not counted:
        return {}
    note = f"over {len(ends)} month{'s' if len(ends) > 1 else ''}" if len(ends) != _CONDUCT else ""
    files = tuple(dict.fromkeys(file for file, _ in counted))
    return {"nsf_items": stated("nsf_items", sum((count for _, count in counted), Decimal(0)), note, files)}


def _files(forms: Iterable[Form], kind: DocumentKind) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form.file for form in forms if form.kind is kind))
