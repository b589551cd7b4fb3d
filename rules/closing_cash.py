"""Balance sheets without a cash flow statement -> the closing cash, derived from their cash and said to be.

Where a cash flow statement was given its own last line counts: it may take in restricted cash, which the sheet shows elsewhere.
"""

from dataclasses import replace

from app.domain import DocumentKind, FinancialStatement, LineItem, Origin, Spread

ACCOUNT = "cash_end_of_period"
_CONFIDENCE = 0.75  # that no restricted cash counts as well


def with_closing_cash(spread: Spread) -> Spread:
    """Return `spread` with the cash of its balance sheets as the closing cash, where nothing in it tells how cash moved."""
    if any(s.kind is DocumentKind.CASH_FLOW_STATEMENT or any(i.account == ACCOUNT for i in s.items) for s in spread.statements):
        return spread
    return Spread(tuple(_completed(statement) for statement in spread.statements))


def _completed(sheet: FinancialStatement) -> FinancialStatement:
    return replace(sheet, items=(*sheet.items, *(_derived(item) for item in sheet.items if item.account == "cash")))


def _derived(cash: LineItem) -> LineItem:
    return replace(
        cash,
        account=ACCOUNT,
        origin=Origin.DERIVED,
        text="",
        box=None,
        span=None,
        formula=f"{cash.label} {cash.value:,} of the balance sheet: there is no cash flow statement",
        repaired=None,
        alternatives=(),
        confidence=min(_CONFIDENCE, cash.confidence),
        auto_accept=False,
    )
