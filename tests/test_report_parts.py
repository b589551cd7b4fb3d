"""The spread arranged as tables, what remains to be done, and the words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.domain import UNMAPPED, DocumentKind, PageStatus, Period, Severity, Spread
from app.report import wording
from app.report.parts import is_doubtful, remaining_work, tables
from tests import build


def test_accounts_stand_in_template_order_under_their_headings() -> None:
    rows = [("total_equity", "Equity", (9, None)), ("cash", "Cash", (5, None)), ("accounts_payable", "Payables", (1, None))]
    (table,) = tables(Spread((build.statement(DocumentKind.BALANCE_SHEET, rows),)))
    assert [(group.heading, [row.account for row in group.rows]) for group in table.groups] == [
        ("Current assets", ["cash"]),
        ("Current liabilities", ["accounts_payable"]),
        ("Equity", ["total_equity"]),
    ]


def test_no_line_item_is_lost() -> None:
    made = build.spread()
    shown = [item for table in tables(made) for item in table.items]
    assert sorted(map(repr, shown)) == sorted(repr(item) for statement in made.statements for item in statement.items)


def test_periods_of_several_files_stand_side_by_side_newest_first() -> None:
    older = Period("current", date(2022, 12, 31)), Period("prior", date(2021, 12, 31))
    made = Spread(
        (
            build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (2, 1))], file="2022.pdf", periods=older),
            build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (4, 3))], file="2024.pdf"),
        )
    )
    (table,) = tables(made)
    assert [column.statement.file for column in table.columns] == ["2024.pdf", "2024.pdf", "2022.pdf", "2022.pdf"]
    assert [cell[0].value for cell in table.groups[0].rows[0].cells] == [4, 3, 2, 1]


def test_two_lines_of_one_label_stay_two_lines() -> None:
    rows = [(UNMAPPED, "Other", (1, 2)), (UNMAPPED, "Other", (3, 4))]
    (table,) = tables(Spread((build.statement(DocumentKind.BALANCE_SHEET, rows),)))
    assert [[cell[0].value for cell in row.cells] for row in table.unmapped] == [[1, 2], [3, 4]]


@pytest.mark.parametrize(("value", "scale"), [(5_000, 1_000), (5_001, 1)])
def test_figures_are_shown_in_the_printed_unit_unless_it_loses_a_digit(value: int, scale: int) -> None:
    statement = build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (value, 3_000))])
    (table,) = tables(Spread((replace(statement, scale=1_000),)))
    assert table.unit == scale


def test_what_is_missing_is_asked_for_first() -> None:
    missing = replace(build.finding(message="The tax return is missing.", severity=Severity.MEDIUM), theme="complete")
    findings = [build.finding(severity=Severity.HIGH), build.finding(severity=Severity.LOW), missing]
    broken = build.page(5, status=PageStatus.QUARANTINED, reason="The page is damaged.")
    made = build.assessment(findings=findings)
    made = replace(made, pages=(*made.pages, broken), page_kinds=(*made.page_kinds, DocumentKind.OTHER))
    assert remaining_work(made) == (
        ("ask", "The tax return is missing."),
        ("ask", "statements.pdf, page 5: The page is damaged."),
        ("findings", "Resolve 1 finding of high or medium weight."),
    )
    assert remaining_work(build.assessment()) == ()


def test_only_unaccepted_figures_that_were_read_are_doubtful() -> None:
    read = replace(build.item(), confidence=0.5, auto_accept=False)
    assert is_doubtful(read)
    assert not is_doubtful(replace(read, auto_accept=True))
    assert not is_doubtful(replace(read, confidence=0.8))
    assert is_doubtful(replace(read, confidence=0.99, alternatives=(Decimal(7),)))
    assert not is_doubtful(build.derived("total_assets", 1, "cash"))


def test_amounts_are_printed_as_bankers_do() -> None:
    assert [wording.money(Decimal(text)) for text in ("1234567", "-1234.5", "0")] == ["1,234,567", "(1,234.50)", "0"]
    assert wording.money(Decimal(29943000000), 1_000_000) == "29,943"


def test_a_ratio_that_rounds_to_nothing_has_no_sign() -> None:
    small = Decimal("-0.0001")
    assert [wording.amount_of_ratio(id, small) for id in ("operating_margin", "dscr", "days_payable")] == ["0.0 %", "0.00×", "0 days"]


def test_periods_are_told_in_words() -> None:
    assert wording.period(build.CURRENT) == "12 months to 31 Dec 2024"
    assert wording.period(Period("current", date(2024, 9, 30), date(2024, 7, 1))) == "3 months to 30 Sep 2024"
    assert wording.period(build.AT_PRIOR) == "31 Dec 2023"
    assert wording.period(Period("current", None)) == "date not read"


def test_formulas_name_accounts_and_ratios() -> None:
    assert wording.formula("(ebitda - cash_taxes) / total_assets") == "(EBITDA - cash taxes) / Total assets"


def test_a_figure_of_a_period_that_its_statement_does_not_tell_is_shown_too() -> None:
    statement = build.statement(DocumentKind.BALANCE_SHEET, [("cash", "Cash", (5, 4))])
    (table,) = tables(Spread((replace(statement, periods=(build.AT_CURRENT,)),)))
    assert [item.value for item in table.items] == [5, 4]


def test_a_statement_without_periods_and_figures_has_no_table() -> None:
    statement = build.statement(DocumentKind.BALANCE_SHEET, [])
    assert tables(Spread((replace(statement, periods=()),))) == ()
