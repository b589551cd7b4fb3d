"""Foots: the totals of debt schedules, agings, personal statements and tax returns follow from their lines.

Tolerance: half a unit for each line added, plus half a unit for the total; these documents are printed in units.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain import DocumentKind, Field, Form, Severity
from rules.themes.case import Case, Flaw

_BUCKETS = ("aging_0_30", "aging_31_60", "aging_61_90", "aging_over_90")
_ROWS = 60  # debts that a schedule may list
_HALF = Decimal("0.5")
_PROFITS = ("ordinary_business_income", "taxable_income")


def debt_schedule_adds_up(case: Case) -> Iterator[Flaw]:
    """The balances and the monthly payments of a debt schedule must add up to the totals printed below them.

    Why: debt service and leverage rest on this table; a debt that was left out or misread shows in its totals.
    Source: The schedule's own arithmetic.
    Example: balances of $82,500 and $41,200 add up to $123,700; a printed total of $132,700 is $9,000 too high.
    """
    for form in case.of_kind(DocumentKind.DEBT_SCHEDULE):
        for total, row, name in (("total_debt_balance", "balance", "balances"), ("monthly_debt_payment", "monthly_payment", "payments")):
            rows = [field for n in range(1, _ROWS) if (field := form.field(f"debt_{n}_{row}")) is not None]
            yield from _gap(case, form, _Sum(total, f"the {len(rows)} {name} listed add up to", rows))


def aging_buckets_add_up(case: Case) -> Iterator[Flaw]:
    """The buckets of a receivables aging must add up to its total.

    Why: what the bank lends on receivables depends on the buckets; an old one that was misread hides bad debt.
    Source: The aging's own arithmetic.
    Example: $68,978, $20,287, $9,129 and $3,043 add up to $101,437; a printed total of $110,437 is $9,000 too high.
    """
    for form in case.of_kind(DocumentKind.RECEIVABLES_AGING):
        rows = [field for id in _BUCKETS if (field := form.field(id)) is not None]
        if len(rows) == len(_BUCKETS):
            yield from _gap(case, form, _Sum("aging_total", "the buckets add up to", rows))


def personal_net_worth_is_assets_less_liabilities(case: Case) -> Iterator[Flaw]:
    """A guarantor's total assets less total liabilities must be the net worth stated.

    Why: the guaranty is worth what the guarantor owns beyond debts; the form is signed as true.
    Source: SBA Form 413; the statement's own arithmetic.
    Example: assets of $1,447,000 less liabilities of $277,000 give $1,170,000; a stated net worth of $1,710,000 is wrong.
    """
    for form in case.of_kind(DocumentKind.PERSONAL_FINANCIAL_STATEMENT):
        assets, owed = form.field("pfs_total_assets"), form.field("pfs_total_liabilities")
        if assets and owed:
            yield from _gap(case, form, _Sum("net_worth", "total assets less total liabilities give", [assets], [owed]))


def tax_return_lines_follow(case: Case) -> Iterator[Flaw]:
    """Total income less total deductions must be the income that the return arrives at.

    Why: a return whose lines do not follow was misread, or is not the one that was filed. Lines printed in between, such as
    a net operating loss, may explain a gap.
    Source: Forms 1120 (lines 11 to 30), 1120-S (lines 6 to 22), 1065 (lines 8 to 23), Schedule C (lines 7 to 31).
    Example: total income $606,168 less deductions $505,343 gives $100,825; ordinary business income printed as $108,025 is wrong.
    """
    for form in case.of_kind(DocumentKind.BUSINESS_TAX_RETURN):
        income, deductions = form.field("total_income"), form.field("total_deductions")
        profit = next((id for id in _PROFITS if form.field(id)), None)
        if income and deductions and profit:
            yield from _gap(case, form, _Sum(profit, "total income less total deductions gives", [income], [deductions]))


def tax_return_income_is_receipts_less_cost(case: Case) -> Iterator[Flaw]:
    """Gross receipts less cost of goods sold must be the return's total income, other income lines aside.

    Why: revenue of the return is compared with the statements; it must be the figure that the return goes on with. Where
    returned goods or other income are printed, they may explain a gap; total income above the difference may be other income.
    Source: Forms 1120 (lines 1a to 11), 1120-S (lines 1a to 6), 1065 (lines 1a to 8), Schedule C (lines 1 to 7).
    Example: receipts $1,043,162 less cost $436,994 give $606,168; total income printed as $560,168 leaves $46,000 unexplained.
    """
    for form in case.of_kind(DocumentKind.BUSINESS_TAX_RETURN):
        receipts, cost, income = form.field("gross_receipts"), form.field("cost_of_goods_sold"), form.amount("total_income")
        if not receipts or income is None or not isinstance(receipts.value, Decimal):
            continue
        due = receipts.value - (form.amount("cost_of_goods_sold") or 0)
        if income > due and form.unread:
            continue  # other income is printed
        less = [cost] if cost else []
        yield from _gap(case, form, _Sum("total_income", "gross receipts less cost of goods sold give", [receipts], less))


@dataclass(frozen=True, slots=True)
class _Sum:
    """What must come to the field `total`: the fields `plus` less the fields `minus`, as told in words."""

    total: str
    told: str
    plus: Sequence[Field]
    minus: Sequence[Field] = ()


def _gap(case: Case, form: Form, sum_: _Sum) -> Iterator[Flaw]:
    """Yield where a sum does not come to its total, and no line left unread makes up the gap."""
    whole, facts = form.field(sum_.total), (*sum_.plus, *sum_.minus)
    if whole is None or not isinstance(whole.value, Decimal) or not sum_.plus:
        return
    signed = [(1 if n < len(sum_.plus) else -1, f.value) for n, f in enumerate(facts) if isinstance(f.value, Decimal)]
    due = sum((sign * value for sign, value in signed), Decimal(0))
    gap, room = abs(whole.value - due), _HALF * (len(facts) + 1)
    unread = [abs(line.amounts[-1].value) for line in form.unread if line.amounts]
    if len(signed) < len(facts) or gap <= room or any(abs(gap - line) <= room for line in unread):
        return
    said = (
        f"{case.where(form)}: {sum_.told} {case.said(due)}, but {_NAMES.get(sum_.total, sum_.total.replace('_', ' '))} is printed as "
        f"{case.said(whole.value)}; the difference is {case.said(gap)}."
    )
    yield Flaw(Severity.MEDIUM, said, (*facts, whole), (form.file,))


_NAMES = {
    "total_debt_balance": "the total of the balances",
    "monthly_debt_payment": "the total of the monthly payments",
    "aging_total": "the total",
}
