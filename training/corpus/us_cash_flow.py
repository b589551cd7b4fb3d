"""US cash flow statements of one company, indirect method, rows printed from its books."""

from collections.abc import Callable, Sequence

from training.corpus.books import Year, results
from training.corpus.sheet import Sheet
from training.corpus.us import col

Rows = list[Callable[[], None]]


def cash_flow(s: Sheet, years: Sequence[Year], before: Sequence[Year], small: bool) -> None:
    """Print an indirect US cash flow statement; `before` are the years before each column."""
    r = s.rng
    net = [results(y, True)["net"] for y in years]
    s.heading(r.choice(("Cash flows from operating activities:", "Operating activities", "OPERATING ACTIVITIES", "Cash Flows From Operating Activities", "Operating Activities:", "Cash flows – operating activities:")))
    s.add("net_income", s.say("net_income"), net)
    s.heading(r.choice(("Adjustments to reconcile net income to net cash provided by operating activities:", "Adjustments to reconcile net loss to net cash used in operating activities", "Reconciliation of net earnings to net cash provided by operating activities:", "")))
    s.line("depreciation_amortization", "depreciation_amortization", col(years, "depreciation"))
    s.line("unmapped", "noncash_part", col(years, "sbc"))
    extra = [round(d * r.uniform(-0.5, 0.5)) for d in col(years, "depreciation")]
    s.split(["noncash_part"] * r.choice((1, 2, 3, 4)), extra)
    s.heading(r.choice(("Changes in operating assets and liabilities:", "Changes in assets and liabilities, net of acquisitions:", "Change in assets and liabilities:", "")))
    deltas = [sum(b[k] - y[k] for k in ("receivables", "inventory", "prepaid", "other_ca", "sti", "other_nca", "rou", "due_from_owners")) - sum(b[k] - y[k] for k in ("payables", "accrued", "taxes_payable", "other_cl", "other_ncl", "due_to_owners"))
              for y, b in zip(years, before, strict=True)]
    s.split(["working_capital_part"] * r.randint(3, 8), [d - e for d, e in zip(deltas, extra, strict=True)])
    operating = [n + y["depreciation"] + y["sbc"] + d for n, y, d in zip(net, years, deltas, strict=True)]
    s.add("operating_cash_flow", s.say("operating_cash_flow"), operating, indent=r.choice((0, 1, 2)), style="subtotal")
    _investing_and_financing(s, years, before, operating)
    if r.random() < 0.55 or small:
        _supplemental(s, years)


def _investing_and_financing(s: Sheet, years: Sequence[Year], before: Sequence[Year], operating: Sequence[int]) -> None:
    r = s.rng
    change = [y["cash"] - b["cash"] for y, b in zip(years, before, strict=True)]
    other = [-round(abs(c) * r.uniform(0, 0.6)) * r.choice((1, 1, -1)) for c in change]
    investing = [o - y["capex"] for o, y in zip(other, years, strict=True)]
    s.heading(r.choice(("Cash flows from investing activities:", "Investing activities", "INVESTING ACTIVITIES", "Cash Flows From Investing Activities")))
    rows: Rows = [lambda: s.line("capital_expenditures", "capital_expenditures", col(years, "capex"), deduct=r.random() < 0.95), lambda: s.split(["investing_part"] * r.choice((1, 2, 3)), other)]
    r.shuffle(rows)
    for row in rows:
        row()
    s.add("investing_cash_flow", s.say("investing_cash_flow"), investing, indent=r.choice((0, 1, 2)), style="subtotal")
    financing = [c - o - i for c, o, i in zip(change, operating, investing, strict=True)]
    s.heading(r.choice(("Cash flows from financing activities:", "Financing activities", "FINANCING ACTIVITIES", "Cash Flows From Financing Activities")))
    rest = [f + y["dividends"] for f, y in zip(financing, years, strict=True)]
    rows = [lambda: s.line("dividends_paid", "dividends_paid", col(years, "dividends"), deduct=r.random() < 0.95), lambda: s.split(["financing_part"] * r.choice((1, 2, 3, 4)), rest)]
    r.shuffle(rows)
    for row in rows:
        row()
    s.add("financing_cash_flow", s.say("financing_cash_flow"), financing, indent=r.choice((0, 1, 2)), style="subtotal")
    if r.random() < 0.3:
        s.add("unmapped", s.say("fx"), [0 for _ in years])
    s.add("unmapped", s.say("net_change"), change, indent=0)
    s.add("unmapped", s.say("cash_begin"), col(before, "cash"), indent=0)
    s.add("cash_end_of_period", s.say("cash_end_of_period"), col(years, "cash"), indent=0, style="total")
    if r.random() < 0.1:
        restricted = [round(y["cash"] * 0.03) for y in years]
        s.add("unmapped", r.choice(("Less restricted cash & cash equivalents, included in Investments", "Less: restricted cash", "Restricted cash included in other assets")), restricted, indent=0)
        s.add("unmapped", r.choice(("Cash & cash equivalents at end of year", "Cash and cash equivalents", "Cash and cash equivalents, end of period")), [y["cash"] - x for y, x in zip(years, restricted, strict=True)], indent=0)


def _supplemental(s: Sheet, years: Sequence[Year]) -> None:
    r = s.rng
    s.heading(r.choice(("Supplemental cash flow disclosure:", "Supplemental disclosures of cash flow information:", "Cash paid during the year for:", "SUPPLEMENTAL DISCLOSURES", "Supplemental information: Cash paid for", "Supplemental cash flow information")))
    rows: Rows = [lambda: s.line("interest_paid", "interest_paid", [round(y["interest"] * 0.97) for y in years]), lambda: s.line("income_taxes_paid", "income_taxes_paid", [round(y["tax"] * 0.9) for y in years])]
    if r.random() < 0.4:
        rows.append(lambda: s.split(["supplemental_part"] * r.choice((1, 2)), [round(y["capex"] * 0.1) for y in years]))
    r.shuffle(rows)
    for row in rows:
        row()
