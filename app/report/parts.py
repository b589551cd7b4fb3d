"""What a report is drawn from: an `Assessment`, or a file as spread without one; and the spread arranged as tables.

Shared by every output of `app.report`. It orders and groups; it computes no figure.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.domain import (
    UNMAPPED,
    Assessment,
    Document,
    DocumentKind,
    Figure,
    FinancialStatement,
    Finding,
    Form,
    LineItem,
    Origin,
    Page,
    PageStatus,
    Period,
    Severity,
    Spread,
)
from app.report.wording import count
from rules.accounts import ACCOUNT, ACCOUNTS

#: A figure read with less confidence than this is marked as doubtful. It only marks; policy decides who must look.
LOW_CONFIDENCE = 0.8


@dataclass(frozen=True, slots=True)
class FileSpread:
    """One file as read and spread, without an assessment: what `loanlens spread` shows. `page_kinds` has one for each page."""

    file: str
    pages: tuple[Page, ...]
    page_kinds: tuple[DocumentKind, ...]
    documents: tuple[Document, ...]
    spread: Spread
    findings: tuple[Finding, ...]
    forms: tuple[Form, ...] = ()


Subject = Assessment | FileSpread


def name_of(subject: Subject) -> str:
    """Return the name the report shows: the package's or the file's."""
    return subject.package_id if isinstance(subject, Assessment) else subject.file


def is_doubtful(item: Figure) -> bool:
    """Say whether a figure is one that a person should compare with the page."""
    return item.origin is Origin.READ and not item.auto_accept and (item.confidence < LOW_CONFIDENCE or bool(item.alternatives))


def figures_of(subject: Subject) -> tuple[Figure, ...]:
    """Return every figure that was read: of the statements, then of the other documents."""
    spread: list[Figure] = [item for statement in subject.spread.statements for item in statement.items]
    return (*spread, *(field for form in subject.forms for field in form.fields))


_SEVERITIES = (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, the gravest first, otherwise in their order."""
    return tuple(sorted(findings, key=lambda finding: _SEVERITIES.index(finding.severity)))


def remaining_work(subject: Subject) -> tuple[tuple[str, str], ...]:
    """Return what a person still has to do as (topic, task): ask for what is missing, resolve findings, compare figures."""
    open_findings = [finding for finding in by_severity(subject.findings) if finding.severity in (Severity.HIGH, Severity.MEDIUM)]
    asks = [("ask", finding.message) for finding in open_findings if finding.theme == "complete"]
    asks += [("ask", f"{p.file}, page {p.number}: {p.reason}") for p in subject.pages if p.status is PageStatus.QUARANTINED]
    others = sum(finding.theme != "complete" for finding in open_findings)
    doubtful = sum(map(is_doubtful, figures_of(subject)))
    tasks = [("findings", f"Resolve {count(others, 'finding')} of high or medium weight.")] if others else []
    tasks += [("figures", f"Compare {count(doubtful, 'doubtful figure')} with the page.")] if doubtful else []
    return tuple(dict.fromkeys(asks + tasks))


# -- the spread as tables --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """One period of one statement."""

    statement: FinancialStatement
    period: Period


@dataclass(frozen=True, slots=True)
class Row:
    """One account (or one unmapped label) across the columns. A cell holds no, one or several figures."""

    account: str
    label: str
    cells: tuple[tuple[LineItem, ...], ...]
    is_total: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Rows under one heading of the template."""

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All statements of one kind, period beside period, newest first; `unmapped` are the lines outside the template."""

    kind: DocumentKind
    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    unmapped: tuple[Row, ...]

    @property
    def items(self) -> tuple[LineItem, ...]:
        """Return every figure of the table, row by row."""
        rows = [row for group in self.groups for row in group.rows] + list(self.unmapped)
        return tuple(item for row in rows for cell in row.cells for item in cell)

    @property
    def unit(self) -> int:
        """Return what the figures are shown in (1, 1,000 or 1,000,000): the smallest printed scale that loses no digit."""
        scale = min(column.statement.scale for column in self.columns)
        return scale if all(item.value % scale == 0 for item in self.items) else 1


_TOTALS = {
    "gross_profit",
    "operating_expenses",
    "total_costs_and_expenses",
    "operating_income",
    "income_before_tax",
    "net_income",
    "net_current_assets",
    "net_assets",
    "operating_cash_flow",
    "investing_cash_flow",
    "financing_cash_flow",
    "cash_end_of_period",
}

#: The statements as a banker reads them, and in each the heading that begins at an account of the template.
_HEADINGS = {
    DocumentKind.INCOME_STATEMENT: {
        "revenue": "Trading",
        "research_and_development": "Operating costs and income",
        "interest_expense": "Finance, tax and result",
        "distributions": "Distributions",
    },
    DocumentKind.BALANCE_SHEET: {
        "cash": "Current assets",
        "ppe_net": "Fixed and other assets",
        "accounts_payable": "Current liabilities",
        "long_term_debt": "Long-term liabilities",
        "net_assets": "Equity",
    },
    DocumentKind.CASH_FLOW_STATEMENT: {
        "depreciation_amortization": "Result and depreciation",
        "operating_cash_flow": "Cash flows",
        "capital_expenditures": "Payments shown within",
        "cash_end_of_period": "Cash",
    },
}


def tables(spread: Spread) -> tuple[Table, ...]:
    """Arrange a spread as one table for each kind of statement, in the template's order."""
    return tuple(_table(kind, columns) for kind in _HEADINGS if (columns := _columns(spread.of_kind(kind))))


def _columns(statements: Iterable[FinancialStatement]) -> list[Column]:
    """Return a column for each period of a statement that is told or has a figure, the newest first."""
    periods = {(s, p.name): p for s in statements for p in (*(i.period for i in s.items), *s.periods)}
    return sorted((Column(statement, period) for (statement, _), period in periods.items()), key=_newest_first)


def _table(kind: DocumentKind, columns: list[Column]) -> Table:
    named = {item.account for column in columns for item in column.statement.items}
    rows = [_row(account.id, account.name, columns) for account in ACCOUNTS if account.id in named]
    return Table(kind, tuple(columns), _grouped(kind, rows), _unmapped(columns))


def _newest_first(column: Column) -> tuple[bool, int, str]:
    end = column.period.end
    return (end is None, -(end or date.min).toordinal(), column.period.name if end is None else "")


def _row(account: str, label: str, columns: list[Column]) -> Row:
    cells = tuple(tuple(i for i in c.statement.items if i.account == account and i.period.name == c.period.name) for c in columns)
    return Row(account, label, cells, account in _TOTALS or account.startswith("total_"))


def _grouped(kind: DocumentKind, rows: list[Row]) -> tuple[Group, ...]:
    """Put each row under the last heading that begins at or before its account in the template."""
    headings, order = _HEADINGS[kind], [account.id for account in ACCOUNTS]
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        begun = [heading for start, heading in headings.items() if order.index(start) <= order.index(row.account)]
        grouped.setdefault(begun[-1] if begun else "", []).append(row)
    return tuple(Group(heading, tuple(members)) for heading, members in grouped.items())


def _unmapped(columns: list[Column]) -> tuple[Row, ...]:
    """Return the lines outside the template in printed order: the nth line of a label in one column stands beside the nth in the others."""
    lines: dict[tuple[str, int], list[tuple[LineItem, ...]]] = {}
    for position, column in enumerate(columns):
        seen: Counter[str] = Counter()
        for item in column.statement.items:
            if item.account not in ACCOUNT and item.period.name == column.period.name:
                lines.setdefault((item.label, seen[item.label]), [()] * len(columns))[position] = (item,)
                seen[item.label] += 1
    return tuple(Row(UNMAPPED, label or "(no label)", tuple(cells)) for (label, _), cells in lines.items())
