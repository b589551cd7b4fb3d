"""Complete: an application holds the documents and periods that policy asks for, and they are recent enough."""

from collections.abc import Iterator
from datetime import date

from app.domain import STATEMENT_KINDS, DocumentKind, FinancialStatement, Severity
from rules.figures import Known, figures_by_period
from rules.policy import Requirement, load
from rules.themes.case import Case, Flaw, day, listed


def required_documents_are_present(case: Case) -> Iterator[Flaw]:
    """All documents and periods that policy requires must be in the application; what is missing is listed once.

    Why: no decision without them, and an incomplete application starts its own notice period. A UK company has no tax return
    of this kind; who owes no bank needs no debt schedule.
    Source: Credit policy, required documents; 12 CFR 1002.9(c).
    Example: missing: loan application, business tax return, 2 of 3 bank statements, balance sheet for 1 of 2 periods.
    """
    asked = [each for each in load().required if case.as_of and not _needless(case, each.kind)]
    missing = [said for each in asked if (said := _missing(case, each))]
    if missing:
        yield Flaw(Severity.MEDIUM, f"Missing from the application: {listed(missing)}.")


def statements_are_recent(case: Case) -> Iterator[Flaw]:
    """The newest balance sheet and income statement must not be older than policy allows at the application's date.

    Why: older figures say little about a small company today; an interim statement closes the gap.
    Source: Credit policy, statement_age.
    Example: a balance sheet at 31 December 2023 is 440 days old on 15 March 2025; policy allows 120.
    """
    allowed = load().values["statement_age"].value
    for kind in (DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT) if case.as_of else ():
        newest = max(_dated(case, kind), key=lambda dated: dated[0], default=None)
        if newest is None or case.as_of is None or (age := (case.as_of - newest[0]).days) <= allowed:
            continue
        said = (
            f"The newest {_name(kind)} ({newest[1].file}) ends {day(newest[0])}, {age:,} days before the application's date of "
            f"{day(case.as_of)}; policy allows {allowed:,f}. Ask for an interim statement."
        )
        yield Flaw(Severity.MEDIUM, said, (), (newest[1].file,))


def _needless(case: Case, kind: DocumentKind) -> bool:
    """Say whether the statements show that this borrower has no document of `kind`."""
    if kind is DocumentKind.BUSINESS_TAX_RETURN:
        currencies = {statement.currency for statement in case.spread.statements}
        return currencies == {"GBP"}
    if kind is DocumentKind.DEBT_SCHEDULE:
        newest = figures_by_period(case.spread, {})[0]
        debt, interest = newest.find("debt"), newest.find("interest_expense")
        return isinstance(debt, Known) and debt.value == 0 and (not isinstance(interest, Known) or interest.value == 0)
    return False


def _missing(case: Case, required: Requirement) -> str:
    """Return what is missing of one requirement in words, empty where nothing is."""
    if required.kind in STATEMENT_KINDS and required.periods:
        have = len({end for end, _ in _dated(case, required.kind)}) or min(1, _documents(case, required.kind))
    else:
        have = _documents(case, required.kind)
    if have >= required.count:
        return ""
    if not have:
        for_periods = f" for {required.count} periods" if required.periods and required.count > 1 else ""
        return f"{required.count} {_name(required.kind)}s" if required.count > 1 and not for_periods else _name(required.kind) + for_periods
    short = required.count - have
    if required.periods:
        return f"{_name(required.kind)} for {short} of {required.count} periods"
    return f"{short} of {required.count} {_name(required.kind)}s"


def _documents(case: Case, kind: DocumentKind) -> int:
    return sum(document.kind is kind for document in case.documents)


def _dated(case: Case, kind: DocumentKind) -> list[tuple[date, FinancialStatement]]:
    return [(period.end, statement) for statement in case.spread.of_kind(kind) for period in statement.periods if period.end]


def _name(kind: DocumentKind) -> str:
    return kind.value.replace("_", " ")
