"""The figures of one period, by account: read, derived from others that were read, or nil. What ratios are computed from.

Statements of several documents are brought together by date here, and here alone totals that a form does not print are
derived. It looks at the spread only and changes nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from app.domain import STATEMENT_KINDS, DocumentKind, FinancialStatement, LineItem, Period, Spread
from rules.accounts import ACCOUNT
from rules.columns import PERIOD_NAMES
from rules.nil import nil_accounts

_RISE_COSTS = ("accounts_receivable", "inventory", "prepayments_accrued_income", "other_current_assets")
_RISE_LENDS = ("accounts_payable", "accrued_liabilities", "accruals_deferred_income", "other_current_liabilities", "income_taxes_payable")
_TRADING = " + ".join([*(f"prior_{a} - {a}" for a in _RISE_COSTS), *(f"{a} - prior_{a}" for a in _RISE_LENDS)])

#: Figures that follow from others, the first way that can be gone counts. The signs are those of the spreading template.
DERIVED: dict[str, tuple[str, ...]] = {
    # UK forms print neither total assets nor total liabilities
    "total_assets": (
        "total_fixed_assets + total_current_assets",
        "total_assets_less_current_liabilities + total_current_liabilities",
        "total_liabilities_and_equity",
    ),
    "total_liabilities": ("total_assets - total_equity",),
    "total_current_liabilities": ("total_current_assets - net_current_assets",),
    "total_equity": ("net_assets", "total_liabilities_and_equity - total_liabilities"),
    # The result, where a form leaves out a step
    "gross_profit": ("revenue - cost_of_sales",),
    "lost_with_revenue": ("gross_profit", "revenue"),
    "operating_income": (
        "gross_profit - operating_expenses",
        "revenue - total_costs_and_expenses",
        "income_before_tax + interest_expense",
        "net_income + income_tax_expense + interest_expense",
    ),
    # What analysts add up
    "working_capital": ("total_current_assets - total_current_liabilities",),
    "tangible_net_worth": ("total_equity - goodwill - intangible_assets",),
    "debt": ("short_term_debt + long_term_debt",),
    "ebitda": ("operating_income + depreciation_amortization",),
    "cash_taxes": ("income_taxes_paid", "income_tax_expense"),
    "distributions": ("dividends_paid", "schedule_m2_distributions", "prior_retained_earnings + net_income - retained_earnings"),
    "cash_available": ("ebitda - cash_taxes - distributions",),
    "existing_debt_service": ("interest_expense + current_portion_long_term_debt",),
    "debt_service": ("existing_debt_service + proposed_debt_service", "existing_debt_service"),
    "new_term_debt": ("long_term_debt + current_portion_long_term_debt - prior_long_term_debt",),
    "unfinanced_capex": (
        "capital_expenditures - new_term_debt",
        "capital_expenditures",
        "ppe_net - prior_ppe_net + depreciation_amortization",
    ),
    "cash_from_trading_balances": (_TRADING,),
    "uca_net_cash_after_operations": ("ebitda + other_income_expense - income_tax_expense + cash_from_trading_balances",),
}
#: Ways to operating income where interest is printed among the costs, and so was deducted with them.
_BEFORE_INTEREST = (
    "operating_income + interest_expense",
    "gross_profit - operating_expenses + interest_expense",
    "revenue - total_costs_and_expenses + interest_expense",
)
#: Derived figures that are nil where they come out negative: retained earnings may grow by more than the result, assets be sold.
_NEVER_NEGATIVE = frozenset({"distributions", "unfinanced_capex", "new_term_debt"})
_NO_APPLICATION = "no loan application was read"
_NO_GUARANTOR = "no personal financial statement was read"
#: Why a figure is missing, where "was not read" says too little.
_WHY: dict[str, str] = {
    "requested_amount": _NO_APPLICATION,
    "proposed_debt_service": _NO_APPLICATION,
    "collateral_value": _NO_APPLICATION,
    "collateral_lending_value": _NO_APPLICATION,
    "senior_liens": _NO_APPLICATION,
    "proposed_debt_service_at_higher_rate": _NO_APPLICATION,
    "years_in_business": _NO_APPLICATION,
    "nsf_items": "no bank statement was read",
    "guarantors_cash_available": _NO_GUARANTOR,
    "personal_debt_service": _NO_GUARANTOR,
    "rent_expense": "rent is not disclosed",
    "depreciation_amortization": "depreciation and amortization are not disclosed",
    "unfinanced_capex": "capital expenditures are not disclosed",
    "distributions": "distributions are not printed and do not follow from retained earnings",
    "current_portion_long_term_debt": "the current portion of long-term debt is not disclosed",
}
_YEAR = 365
_FULL_YEAR = 350  # days from which a period counts as a whole year: 52 weeks, short months
_SAME_DATE = 7  # days within which two statements are of the same date
_NEAR = 45  # days by which an opening sheet may lie off the first day of a period
_PRIOR = "prior_"
_PORTION = re.compile(r"\bcurrent (?:portion|maturit|instal)", re.IGNORECASE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FLOWS = (DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT)

Column = tuple[FinancialStatement, Period]


@dataclass(frozen=True, slots=True)
class Known:
    """A figure with the arithmetic that gave it. `expression` is made of the names in `inputs`; `note` says if it was annualized.

    `files` are those that its inputs stand in.
    """

    value: Decimal
    expression: str
    inputs: tuple[tuple[str, Decimal], ...]
    note: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unknown:
    """A figure that is missing, and why."""

    reason: str


#: Figures of the newest period that other documents than the statements give, by name.
Given = Mapping[str, Known | Unknown]


def stated(name: str, value: Decimal, note: str = "", files: tuple[str, ...] = ()) -> Known:
    """Return a figure that stands by itself under its own name."""
    return Known(value, name, ((name, value),), note, files)


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of one period.

    `read` has the line item of every account, `nil` the accounts that are nil because their statement adds up without
    them, `given` what other documents say, `kinds` the statements at hand. `after_interest`: interest is printed among the
    costs above operating income or their total, so that it is added back. `opening` is the period whose sheet opens this one, `last_year`
    the one whose result ended as this one began, `year_before` the one of the same length a year earlier.
    Flows of a part of a year are annualized unless `as_printed`.
    """

    name: str
    end: date | None = None
    read: Mapping[str, LineItem] = field(default_factory=dict)
    nil: frozenset[str] = frozenset()
    given: Given = field(default_factory=dict)
    kinds: frozenset[DocumentKind] = frozenset()
    after_interest: bool = False
    opening: "Figures | None" = None
    last_year: "Figures | None" = None
    year_before: "Figures | None" = None
    as_printed: bool = False

    @property
    def days(self) -> int:
        """Return the length of the period in days, as its income or cash flow statement says; a year where none says it."""
        return max((days_of(item.period) for item in self.read.values() if _is_flow(item)), default=_YEAR)

    def find(self, name: str, seen: frozenset[str] = frozenset()) -> Known | Unknown:
        """Return a figure by its account or name; `prior_` before it asks for the year before, or the opening balance."""
        if name in self.given:
            return self.given[name]
        if name == "days":
            days = Decimal(self.days if self.as_printed or self.days >= _FULL_YEAR else _YEAR)
            return stated(name, days)
        if name.startswith(_PRIOR):
            return self._find_earlier(name.removeprefix(_PRIOR))
        before_interest = _BEFORE_INTEREST if name == "operating_income" and self.after_interest and name not in seen else ()
        if (item := self.read.get(name)) is not None and not before_interest:
            return self._whole_year(item)
        for way in (*before_interest, *DERIVED.get(name, ())) if name not in seen else ():
            found = self._movement(name, way, seen) if _PRIOR in way else self.add_up(way, seen | {name})
            if isinstance(found, Known):
                return stated(name, Decimal(0), files=found.files) if name in _NEVER_NEGATIVE and found.value < 0 else found
        if name in self.nil:
            return stated(name, Decimal(0))
        return self._missing(name, seen)

    def add_up(self, way: str, seen: frozenset[str]) -> Known | Unknown:
        """Add up a derivation such as `revenue - cost_of_sales`; it is unknown where a part is."""
        parts = {name: self.find(name, seen) for name in _NAME.findall(way)}
        known = {name: part for name, part in parts.items() if isinstance(part, Known)}
        if len(known) < len(parts):
            return next(part for part in parts.values() if isinstance(part, Unknown))
        value, sign = Decimal(0), 1
        for word in way.split():
            if word in "+-":
                sign = 1 if word == "+" else -1
            else:
                value += sign * known[word].value
        inputs = dict(pair for part in known.values() for pair in part.inputs)
        notes = dict.fromkeys(part.note for part in known.values() if part.note)
        written = substitute(way, {name: part.expression for name, part in known.items()})
        files = tuple(dict.fromkeys(file for part in known.values() for file in part.files))
        return Known(value, f"({written})" if len(parts) > 1 else written, tuple(inputs.items()), "; ".join(notes), files)

    def _movement(self, name: str, way: str, seen: frozenset[str]) -> Known | Unknown:
        """Add up what moved between two sheets: as printed, since the sheets are not annualized, and annualized as a whole."""
        found = replace(self, as_printed=True).add_up(way, seen | {name})
        if isinstance(found, Unknown) or self.as_printed or self.days >= _FULL_YEAR:
            return found
        value = found.value * _YEAR / self.days
        return stated(name, value, f"annualized from {self.days} days", found.files)

    def _find_earlier(self, name: str) -> Known | Unknown:
        flow = any(kind in _FLOWS for kind in ACCOUNT[name].statements) if name in ACCOUNT else name in ("ebitda", "operating_income")
        earlier = self.year_before if flow else self.opening
        if earlier is None:
            return Unknown(
                "no earlier period of the same length was read" if flow else "no balance sheet at the start of the period was read"
            )
        found = replace(earlier, as_printed=self.as_printed).find(name)
        if isinstance(found, Unknown):
            return Unknown(f"{found.reason} for the earlier period")
        renamed = {each: _PRIOR + each for each, _ in found.inputs}
        inputs = tuple((renamed[each], value) for each, value in found.inputs)
        return Known(found.value, substitute(found.expression, renamed), inputs, found.note, found.files)

    def _missing(self, name: str, seen: frozenset[str]) -> Unknown:
        """Say why a figure is missing: for a derived one, what its usual derivation lacks."""
        if name not in _WHY and name in DERIVED and name not in seen and name not in ACCOUNT:
            lacking = [self.add_up(way, seen | {name}) for way in DERIVED[name]]
            return next(found for found in lacking if isinstance(found, Unknown))
        if name in ACCOUNT and not self.kinds & {*ACCOUNT[name].statements}:
            return Unknown(f"no {ACCOUNT[name].statements[0].replace('_', ' ')} was read")
        said = ACCOUNT[name].name if name in ACCOUNT else name.replace("_", " ")
        return Unknown(_WHY.get(name, f"no figure for {said[0].lower() + said[1:]}"))

    # -- annualizing -------------------------------------------------------------------------------------------------

    def _whole_year(self, item: LineItem) -> Known:
        """Return a figure as it counts for a year: the last twelve months where they can be added up, else in proportion."""
        days = days_of(item.period)
        if not _is_flow(item) or self.as_printed or days >= _FULL_YEAR:
            return stated(item.account, item.value, files=(item.file,))
        year = self.last_year.read.get(item.account) if self.last_year else None
        same = self.year_before.read.get(item.account) if self.year_before else None
        if year and same and days_of(year.period) >= _FULL_YEAR and abs(days_of(same.period) - days) <= _SAME_DATE:
            value, note = year.value + item.value - same.value, "trailing twelve months"
        else:
            value, note = item.value * _YEAR / days, f"annualized from {days} days"
        return stated(item.account, value, note, (item.file,))


def substitute(formula: str, expressions: Mapping[str, str]) -> str:
    """Return `formula` with every name replaced by its expression."""
    return _NAME.sub(lambda name: expressions.get(name[0], name[0]), formula)


def days_of(period: Period) -> int:
    """Return the days of a period, both ends counted; a year where its start is not known."""
    return (period.end - period.start).days + 1 if period.start and period.end else _YEAR


def _is_flow(item: LineItem) -> bool:
    return item.account != "cash_end_of_period" and any(kind in _FLOWS for kind in ACCOUNT[item.account].statements)


# -- bringing statements together ----------------------------------------------------------------------------------------


def figures_by_period(spread: Spread, given: Given) -> tuple[Figures, ...]:
    """Return the figures of every period of an application, newest first; `given` belongs to the newest."""
    ends = _distinct_ends(spread)
    columns = [(s, p) for s in spread.statements for p in s.periods]
    known = {p.name for _, p in columns if p.end is None}
    names = [*PERIOD_NAMES[: len(ends)], *(n for n in PERIOD_NAMES[len(ends) :] if n in known)]
    older: list[Figures] = []
    for name in reversed(names or ["current"]):
        end = ends[PERIOD_NAMES.index(name)] if PERIOD_NAMES.index(name) < len(ends) else None
        held = [(s, p) for s, p in columns if (_near(p.end, end, _SAME_DATE) if p.end else p.name == name)]
        older.insert(0, _period(name, end, held, older))
    newest, *others = older
    return (replace(newest, given=given), *others)


def _distinct_ends(spread: Spread) -> list[date]:
    ends: list[date] = []
    for end in sorted({p.end for s in spread.statements for p in s.periods if p.end}, reverse=True):
        if not ends or (ends[-1] - end).days > _SAME_DATE:
            ends.append(end)
    return ends[: len(PERIOD_NAMES)]


def _period(name: str, end: date | None, held: Sequence[Column], older: Sequence[Figures]) -> Figures:
    """Put the columns of one date together.

    Of results of several lengths the longest counts; of two documents the newer; of two tables of one document the fuller
    (a summary of key figures gives way to the statement).
    """
    longest = {kind: max((days_of(p) for s, p in held if s.kind is kind), default=0) for kind in STATEMENT_KINDS}
    used = [(s, p) for s, p in held if s.kind in longest and days_of(p) == longest[s.kind]]
    used.sort(key=lambda column: (STATEMENT_KINDS.index(column[0].kind), -_newest(column[0]).toordinal(), -_filled(*column)))
    read = _read(used)
    nil = frozenset(account for statement, period in used for account in nil_accounts(statement, period))
    kinds = frozenset(statement.kind for statement, _ in used)
    here = Figures(name, end, read, nil, kinds=kinds, after_interest=_is_after_interest(read))
    sheets = [each for each in older if DocumentKind.BALANCE_SHEET in each.kinds]
    results = [each for each in older if each.kinds & {*_FLOWS}]
    alike = [each for each in results if abs(each.days - here.days) <= _SAME_DATE]
    begun, ago = _ended(here, here.days), _ended(here, _YEAR)
    return replace(here, opening=_ending(sheets, begun), last_year=_ending(results, begun), year_before=_ending(alike, ago))


def _read(columns: Iterable[Column]) -> dict[str, LineItem]:
    """Return the figures of the columns by account, the first that prints one counting.

    Of depreciation the cash flow statement has all; an income statement only what is not within other costs.
    """
    read: dict[str, LineItem] = {}
    for statement, period in columns:
        for item in statement.items:
            if item.account in ACCOUNT and item.period.name == period.name:
                whole = item.account == "depreciation_amortization" and statement.kind is DocumentKind.CASH_FLOW_STATEMENT
                read[item.account] = item if whole else read.get(item.account, item)
    short = read.get("short_term_debt")
    if short and _PORTION.search(short.label):
        read.setdefault("current_portion_long_term_debt", replace(short, account="current_portion_long_term_debt"))
    return read


def _ended(here: Figures, days: int) -> date | None:
    return here.end - timedelta(days=days) if here.end else None


def _ending(older: Iterable[Figures], wanted: date | None) -> Figures | None:
    """Return the period that ended about when `wanted`; where a date is not known, the newest one."""
    return next((each for each in older if not (each.end and wanted) or _near(each.end, wanted, _NEAR)), None)


def _is_after_interest(read: Mapping[str, LineItem]) -> bool:
    """Say whether interest is printed above operating income, or else above the total of costs, on the same page.

    It was then deducted with the costs.
    """
    interest, ends = read.get("interest_expense"), ("operating_income", "operating_expenses", "total_costs_and_expenses")
    end = next((read[account] for account in ends if account in read), None)
    if interest is None or end is None or interest.box is None or end.box is None:
        return False
    return (interest.file, interest.page) == (end.file, end.page) and interest.box.top < end.box.top


def _newest(statement: FinancialStatement) -> date:
    return max((p.end for p in statement.periods if p.end), default=date.min)


def _filled(statement: FinancialStatement, period: Period) -> int:
    return sum(item.account in ACCOUNT and item.period.name == period.name for item in statement.items)


def _near(one: date | None, other: date | None, days: int) -> bool:
    return one is not None and other is not None and abs((one - other).days) <= days
