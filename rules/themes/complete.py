"""Complete: an application holds the documents and periods that policy asks for, each once, and they are recent enough."""

from collections.abc import Iterator
from datetime import date

from app.domain import STATEMENT_KINDS, DocumentKind, FinancialStatement, Owner, Severity
from rules.figures import Known, figures_by_period
from rules.identity import same_name
from rules.policy import Requirement, load
from rules.stated import day_of, fiscal_year, statements_by_month, tax_year
from rules.themes.case import Case, Flaw, day, files, listed
from rules.themes.copies import twins
from rules.themes.dates import dated_on

_FIRST_YEARS = 2  # years in business below which there is no earlier year to show
_MONTHS = 12
_PERSONAL = DocumentKind.PERSONAL_FINANCIAL_STATEMENT


def required_documents_are_present(case: Case) -> Iterator[Flaw]:
    """All documents and periods that policy requires must be in the application; each kind that is missing is a finding.

    Why: no decision without them, and an incomplete application starts its own notice period. A UK company has no tax return
    of this kind; who owes no bank needs no debt schedule; a company in its first year has no earlier year to show. A document
    sent twice counts once.
    Source: Credit policy, required documents; 12 CFR 1002.9(c).
    Example: missing from the application: 2 of 3 bank statements.
    """
    for required in load().required:
        if not _needless(case, required.kind) and (said := _missing(case, required)):
            yield Flaw(Severity.MEDIUM, f"Missing from the application: {said}.")


def every_owner_gives_a_personal_statement(case: Case) -> Iterator[Flaw]:
    """Each owner of the share that policy names, or more, must give a personal financial statement.

    Why: who owns a good part of the company guarantees its loan, and the guaranty is worth what the guarantor owns.
    Source: Credit policy, owner_share; SBA SOP 50 10.
    Example: Olga Treskova (60 %) and Perry Wainscott (40 %) own the company; there is no statement of Perry Wainscott.
    """
    given = case.of_kind(_PERSONAL)
    named = [name for form in given if (name := form.words("guarantor_name"))]
    asked = [owner for owner in case.application.borrower.owners if _must_give(owner)] if case.application else []
    if not given or len(given) - len(named) >= len(asked):
        return  # none at all is told with the other documents; a statement whose name was not read may be anyone's
    without = [owner for owner in asked if not any(same_name(owner.name, name) for name in named)]
    short = without[: max(0, len(asked) - (len(given) - len(named)))]
    if short:
        told = listed(f"{owner.name} ({owner.share:g} %)" for owner in short)
        yield Flaw(Severity.MEDIUM, f"There is no personal financial statement of {told}.", (), files(*given))


def bank_statements_follow_each_other(case: Case) -> Iterator[Flaw]:
    """The months of the bank statements must follow each other without a gap.

    Why: a month that is left out may be the one that should not be seen.
    Source: Credit policy, required documents: consecutive months.
    Example: statements of October and December 2025; November 2025 is missing.
    """
    statements = statements_by_month(case.forms)
    months = sorted({end.year * _MONTHS + end.month - 1 for form in statements if (end := day_of(form, "period_end"))})
    gaps = [month for month in range(months[0], months[-1]) if month not in months] if months else []
    if gaps and len(gaps) < _MONTHS:
        told = listed(f"{date(gap // _MONTHS, gap % _MONTHS + 1, 1):%B %Y}" for gap in gaps)
        yield Flaw(Severity.MEDIUM, f"Between the bank statements sent, {told} is missing.", (), files(*statements))


def statements_are_recent(case: Case) -> Iterator[Flaw]:
    """The newest balance sheet and income statement must not be older than policy allows at the application's date.

    Why: older figures say little about a small company today; an interim statement closes the gap.
    Source: Credit policy, statement_age.
    Example: a balance sheet at 31 December 2023 is 440 days old on 15 March 2025; policy allows 120.
    """
    for kind in (DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT):
        newest = max(_dated(case, kind), key=lambda dated: dated[0], default=None)
        if newest is not None:
            told = f"The newest {_name(kind)} ({newest[1].file}) ends {day(newest[0])}"
            yield from _stale(case, newest[0], "statement_age", (told, "Ask for an interim statement."), newest[1].file)


def bank_statements_are_recent(case: Case) -> Iterator[Flaw]:
    """The newest bank statement must not be older than policy allows at the application's date.

    Why: bank statements show how the account runs now.
    Source: Credit policy, bank_statement_age.
    Example: the newest bank statement ends 31 August 2025, 199 days before the application; policy allows 120.
    """
    for form in statements_by_month(case.forms)[-1:]:
        if end := day_of(form, "period_end"):
            told = f"The newest bank statement ({case.where(form)}) ends {day(end)}"
            yield from _stale(case, end, "bank_statement_age", (told, "Ask for the months since."), form.file)


def personal_statements_are_recent(case: Case) -> Iterator[Flaw]:
    """A personal financial statement must not be older than policy allows at the application's date.

    Why: what a guarantor owned a year ago may be gone.
    Source: Credit policy, personal_statement_age; SBA SOP 50 10.
    Example: the statement of Olga Treskova is of 1 May 2025, 298 days before the application; policy allows 120.
    """
    for form in case.of_kind(_PERSONAL):
        if at := dated_on(case, form):
            told = (
                f"The personal financial statement of {form.words('guarantor_name') or 'a guarantor'} ({case.where(form)}) is of {day(at)}"
            )
            yield from _stale(case, at, "personal_statement_age", (told, "Ask for a new one."), form.file)


def tax_return_is_the_latest(case: Case) -> Iterator[Flaw]:
    """The newest tax return must be the latest that can have been filed, extensions counted in.

    Why: the return is the one statement made under penalty; an old one says nothing of the figures it is compared with.
    Source: Credit policy, return_age; 26 CFR 1.6081 (extension of six months).
    Example: the newest return is for 2023; at 21 February 2026 that of 2024 must have been filed.
    """
    returns = [(year, form) for form in case.of_kind(DocumentKind.BUSINESS_TAX_RETURN) if (year := tax_year(form))]
    if returns:
        year, form = max(returns, key=lambda dated: dated[0])
        ends = [p.end for s in case.spread.statements for p in s.periods if p.end and fiscal_year(p) == year]
        told = f"The newest tax return ({case.where(form)}) is for {year}"
        yield from _stale(
            case, max(ends, default=date(year, 12, 31)), "return_age", (told, "Ask for the latest one, or the extension."), form.file
        )


def document_is_sent_once(case: Case) -> Iterator[Flaw]:
    """No document should be in the package twice.

    Why: two copies of one month's bank statement look like two months; the one that was meant may be missing. Copies that
    differ are another finding.
    Source: Credit policy, required documents.
    Example: "Bank stmt Jan.pdf" and "bank (1).pdf" are the same bank statement.
    """
    for pair in twins(case):
        if not pair.differing:
            said = f"{case.where(pair.one)} and {case.where(pair.other)} are the same document ({_name(pair.one.kind)}), sent twice."
            yield Flaw(Severity.MEDIUM, f"{said} Was another one meant?", (), files(pair.one, pair.other))


def application_is_dated(case: Case) -> Iterator[Flaw]:
    """A loan application must bear its date.

    Why: the age of every other document, and the time in which the applicant must be answered, count from it. Told for
    information where the application was read from a picture, on which a date in handwriting is easily missed.
    Source: 12 CFR 1002.9(a); credit policy, statement_age.
    Example: no date is found on the loan application.
    """
    for form in case.of_kind(DocumentKind.LOAN_APPLICATION)[:1]:
        if case.application and case.application.made_on is None:
            severity = Severity.INFO if case.was_seen(form) else Severity.LOW
            said = f"No date is found on the loan application ({case.where(form)})."
            yield Flaw(severity, f"{said} Age is counted from {day(case.as_of)}." if case.as_of else said, (), (form.file,))


def _stale(case: Case, at: date, allowed: str, told: tuple[str, str], file: str) -> Iterator[Flaw]:
    limit = load().values[allowed].value
    if case.as_of is not None and (age := (case.as_of - at).days) > limit:
        said = f"{told[0]}, {age:,} days before the application's date of {day(case.as_of)}; policy allows {limit:,f}. {told[1]}"
        yield Flaw(Severity.MEDIUM, said, (), (file,))


def _must_give(owner: Owner) -> bool:
    return owner.share is not None and owner.share >= load().values["owner_share"].value


def _needless(case: Case, kind: DocumentKind) -> bool:
    """Say whether the statements show that this borrower has no document of `kind`."""
    if kind is DocumentKind.BUSINESS_TAX_RETURN:
        return case.is_uk
    if kind is DocumentKind.DEBT_SCHEDULE:
        newest = figures_by_period(case.spread, {})[0]
        debt, interest = newest.find("debt"), newest.find("interest_expense")
        return isinstance(debt, Known) and debt.value == 0 and (not isinstance(interest, Known) or interest.value == 0)
    return False


def _missing(case: Case, required: Requirement) -> str:
    """Return what is missing of one requirement in words, empty where nothing is."""
    count = required.count
    if required.kind in STATEMENT_KINDS and required.periods:
        years = case.application.borrower.years_in_business if case.application else None
        count = 1 if years is not None and years < _FIRST_YEARS else count
        have = len({end for end, _ in _dated(case, required.kind)}) or min(1, _documents(case, required.kind))
    else:
        have = _documents(case, required.kind)
    if have >= count:
        return ""
    if not have:
        for_periods = f" for {count} periods" if required.periods and count > 1 else ""
        return f"{count} {_name(required.kind)}s" if count > 1 and not for_periods else _name(required.kind) + for_periods
    short = count - have
    return f"{_name(required.kind)} for {short} of {count} periods" if required.periods else f"{short} of {count} {_name(required.kind)}s"


def _documents(case: Case, kind: DocumentKind) -> int:
    """Return how many documents of `kind` there are; of bank statements, how many months."""
    sent = [document for document in case.documents if document.kind is kind]
    if kind is not DocumentKind.BANK_STATEMENT:
        return len(sent)
    forms = case.of_kind(kind)
    undated = [form for form in forms if day_of(form, "period_end") is None]
    months = {end for form in forms if (end := day_of(form, "period_end"))}
    return len(months) + len(undated) + max(0, len(sent) - len(forms))


def _dated(case: Case, kind: DocumentKind) -> list[tuple[date, FinancialStatement]]:
    return [(period.end, statement) for statement in case.spread.of_kind(kind) for period in statement.periods if period.end]


def _name(kind: DocumentKind) -> str:
    return kind.value.replace("_", " ")
