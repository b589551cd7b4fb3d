"""Reconciliation: misread figures of a scan are put right where the arithmetic proves it, and nowhere else."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain import DocumentKind, LineItem, Origin, ReadMethod, Spread
from rules.reconcile import reconcile
from tests.build import BALANCE_SHEET, CASH_FLOW, INCOME_STATEMENT, Rows, spread, statement

SHEET, RESULT = DocumentKind.BALANCE_SHEET, DocumentKind.INCOME_STATEMENT


def misread(rows: Rows, account: str, value: int | None, column: int = 0) -> Rows:
    """Return `rows` with another figure read for `account` in one column."""
    changed: list[tuple[str, str, Sequence[int | None]]] = []
    for id, label, values in rows:
        if id == account:
            changed.append((id, label, [value if n == column else each for n, each in enumerate(values)]))
        else:
            changed.append((id, label, values))
    return changed


def scanned(kind: DocumentKind, rows: Rows, *doubted: str, alternatives: Sequence[int] = ()) -> Spread:
    """Return a statement read from a scan; of the accounts in `doubted` the newest figure is unsure, with other readings."""
    made, others = statement(kind, rows), tuple(map(Decimal, alternatives))
    items = [replace(i, method=ReadMethod.OCR, auto_accept=False) for i in made.items]
    unsure = [(i.account in doubted or i.label in doubted) and i.period.name == "current" for i in items]
    items = [replace(i, confidence=0.4, alternatives=others) if u else i for i, u in zip(items, unsure, strict=True)]
    return Spread((replace(made, items=tuple(items)),))


def figure(made: Spread, account: str, period: str = "current") -> LineItem:
    found = made.statements[0].item(account, period)
    assert found is not None
    return found


def test_statements_that_add_up_are_left_alone() -> None:
    for kind, rows in ((SHEET, BALANCE_SHEET), (RESULT, INCOME_STATEMENT), (DocumentKind.CASH_FLOW_STATEMENT, CASH_FLOW)):
        made = scanned(kind, rows)
        assert reconcile(made) == made
    assert reconcile(spread()) == spread()


@pytest.mark.parametrize(
    ("account", "read", "printed"),
    [
        ("inventory", 97_800, 97_300),
        ("accounts_receivable", 46_500, 146_500),
        ("total_assets", 665_110, 565_110),
        ("total_liabilities", 287_410, 287_470),
    ],
)
def test_a_misread_figure_of_a_scan_is_repaired_and_said(account: str, read: int, printed: int) -> None:
    mended = figure(reconcile(scanned(SHEET, misread(BALANCE_SHEET, account, read), account)), account)
    assert mended.value == printed
    assert mended.repaired is not None
    assert f"Read as {read:,}, repaired to {printed:,}" in mended.repaired
    assert Decimal(read) in mended.alternatives
    assert mended.text == f"{read:,}", "the page's own reading stays the evidence"


def test_the_other_reading_is_believed_where_it_closes_the_sum() -> None:
    made = scanned(SHEET, misread(BALANCE_SHEET, "inventory", 52_113), "inventory", alternatives=[97_300])
    assert figure(reconcile(made), "inventory").value == 97_300


def test_a_lost_bracket_is_put_back() -> None:
    rows: Rows = [
        ("operating_cash_flow", "Net cash from operating activities", (90_010, 70_300)),
        ("investing_cash_flow", "Net cash used in investing activities", (19_500, -22_000)),
        ("financing_cash_flow", "Net cash used in financing activities", (-48_230, -40_000)),
        ("unmapped", "Net increase in cash", (22_280, 8_300)),
    ]
    mended = figure(reconcile(scanned(DocumentKind.CASH_FLOW_STATEMENT, rows, "investing_cash_flow")), "investing_cash_flow")
    assert mended.value == -19_500
    assert mended.repaired


def test_a_figure_altered_on_a_digital_page_is_never_repaired() -> None:
    made = Spread((statement(SHEET, misread(BALANCE_SHEET, "inventory", 97_800)),))
    assert reconcile(made) == made


@pytest.mark.parametrize(("account", "altered"), [("inventory", 97_800), ("total_current_assets", 384_410)])
def test_a_figure_that_both_readers_read_alike_was_printed_so_and_is_never_repaired(account: str, altered: int) -> None:
    made = scanned(SHEET, misread(BALANCE_SHEET, account, altered))
    assert reconcile(made) == made


def test_a_figure_of_two_misread_digits_stays_as_read() -> None:
    made = scanned(SHEET, misread(BALANCE_SHEET, "total_equity", 27_764), "total_equity")
    assert figure(reconcile(made), "total_equity").value == 27_764


def test_what_two_figures_explain_as_well_stays_unrepaired() -> None:
    rows: Rows = [
        ("cash", "Cash", (84_210, 61_000)),
        ("inventory", "Inventories", (97_300, 92_000)),
        ("total_current_assets", "Total current assets", (281_510, 153_000)),
    ]
    made = scanned(SHEET, rows, "cash", "inventory")  # a lost 1 before either figure would close the sum
    assert reconcile(made) == made


def test_a_total_that_the_scan_lost_is_derived_from_its_parts() -> None:
    found = figure(reconcile(scanned(SHEET, misread(BALANCE_SHEET, "total_current_assets", None))), "total_current_assets")
    assert (found.value, found.origin, found.box) == (Decimal(334_410), Origin.DERIVED, None)
    assert found.formula is not None
    assert "Inventories 97,300" in found.formula


def test_a_sheet_that_two_errors_break_is_repaired_twice() -> None:
    rows = misread(misread(BALANCE_SHEET, "inventory", 91_300), "long_term_debt", 188_000)
    mended = reconcile(scanned(SHEET, rows, "inventory", "long_term_debt"))
    assert figure(mended, "inventory").value == 97_300
    assert figure(mended, "long_term_debt").value == 138_000


def test_an_account_moves_from_a_part_to_its_sub_total_where_every_period_says_so() -> None:
    rows: Rows = [
        ("total_current_assets", "", (95_384, 81_951)),
        ("total_current_liabilities", "Creditors: amounts falling due within one year", (61_666, 50_048)),
        ("unmapped", "Derivatives", (1_252, 2_708)),
        ("unmapped", "", (62_918, 52_756)),
        ("net_current_assets", "Net current assets", (32_466, 29_195)),
    ]
    moved = reconcile(Spread((statement(SHEET, rows),)))
    assert [figure(moved, "total_current_liabilities", p).value for p in ("current", "prior")] == [62_918, 52_756]
    assert "every period" in (figure(moved, "total_current_liabilities").repaired or "")
    altered = Spread((statement(SHEET, misread(rows, "net_current_assets", 33_466)),))
    assert reconcile(altered) == altered, "where one period does not close, nothing moves"


def test_a_dash_that_the_scan_lost_is_nil_where_the_others_close_without_it() -> None:
    rows: Rows = [
        ("intangible_assets", "Intangible assets", (593_873, None)),
        ("ppe_net", "Tangible assets", (6_486_572, 6_410_368)),
        ("fixed_asset_investments", "Investments", (97_500, 97_500)),
        ("total_fixed_assets", "", (7_177_945, 6_507_868)),
    ]
    assert figure(reconcile(scanned(SHEET, rows)), "intangible_assets", "prior").value == 0
