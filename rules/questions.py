"""What a lender asks the borrower about a fact that weighs on the risk, or that looks otherwise than the risk is: a fixed set."""

from collections.abc import Iterable, Mapping

from app.domain import Reason, Relation

#: Every question by its id.
QUESTIONS: Mapping[str, str] = {
    "cash_for_payments": "From what cash will the payments be made, and what happens to them if a large customer is lost?",
    "one_time_costs": "Which costs or investments of the last year will not come again, and what shows that?",
    "margins": "What moved the margin, and can prices or purchasing win it back?",
    "sales": "Where do the sales of the next twelve months come from: orders, contracts, customers won or lost?",
    "collections": "Which customers pay late, how much of it is disputed, and which share has the largest customer?",
    "stock": "Which stock has not moved for half a year, and what would it bring?",
    "suppliers": "Which suppliers are paid late, and has any of them shortened its terms?",
    "liquidity": "Which lines of credit are open, and how were the last three tight months bridged?",
    "borrowings": "Which debts fall due within the term, and may any of them be called or repriced?",
    "equity": "What do the owners put in, leave in or draw over the term?",
    "collateral": "Who valued the collateral, when, and which liens come before ours?",
    "track_record": "What did the owners run before, and who stands in for them?",
    "account_conduct": "What led to the items that the bank returned, and what has changed since?",
    "statements": "Who prepared the statements, and can the ledger behind the figures in question be shown?",
    "differences": "What explains the difference between the documents?",
    "missing_documents": "When can the missing or newer documents be sent?",
    "amount": "How was the amount of the request arrived at, and what would a smaller one do?",
}
_ABOUT: Mapping[str, str] = {
    **dict.fromkeys(("coverage", "history", "stress", "interest", "global"), "cash_for_payments"),
    **dict.fromkeys(("fixed", "operating", "profit", "earnings"), "one_time_costs"),
    **dict.fromkeys(("current", "quick", "cash"), "liquidity"),
    **dict.fromkeys(("debt", "assets"), "borrowings"),
    **dict.fromkeys(("sums", "balance", "roll", "plausible", "forged", "reading", "statements"), "statements"),
    "margin": "margins", "growth": "sales", "turnover": "sales", "sales": "collections", "inventory": "stock", "payable": "suppliers",
    "leverage": "equity", "collateral": "collateral", "years": "track_record", "overdraft": "account_conduct",
    "ties": "differences", "documents": "missing_documents", "request": "amount",
}


def questions(reasons: Iterable[Reason], names: Mapping[str, str], most: int = 4) -> tuple[str, ...]:
    """Return the ids of what to ask about `reasons`, the weightiest first. `names` gives each fact's word."""
    open_points = [r for r in sorted(reasons, key=lambda r: -r.weight) if r.relation in (Relation.UP, Relation.CONFLICTS)]
    return tuple(dict.fromkeys(_ABOUT[names[r.fact]] for r in open_points))[:most]
