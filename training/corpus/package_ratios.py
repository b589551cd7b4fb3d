"""The ratios of a borrower from its true ledger, with their inputs. Written from the definitions, apart from the product's own formulas."""

from typing import Any

from training.corpus.ledger import Ledger

Ratios = dict[str, dict[str, Any]]


def ratios(books: Ledger) -> Ratios:
    """Return every ratio that the statements and the debt schedule allow."""
    made = {**_liquidity(books), **_coverage(books), **_leverage(books), **_profit(books)}
    return {name: ratio for name, ratio in made.items() if ratio}


def _ratio(formula: str, above: float, below: float = 1.0, unit: str = "x", /, **inputs: float) -> dict[str, Any]:
    return {"value": round(above / below, 4), "unit": unit, "formula": formula, "inputs": {name: float(value) for name, value in inputs.items()}} if below else {}


def _liquidity(books: Ledger) -> Ratios:
    y = books.years[0]
    tca, tcl = y["tca"] + (y["deposits"] if books.borrower.uk else 0), y["tcl"]  # UK debtors hold deposits paid
    debtors = y["receivables"] + (y["prepaid"] + y["deposits"] if books.borrower.uk else 0)
    made = {
        "current_ratio": _ratio("total_current_assets / total_current_liabilities", tca, tcl, total_current_assets=tca, total_current_liabilities=tcl),
        "working_capital": _ratio("total_current_assets - total_current_liabilities", tca - tcl, 1.0, "money", total_current_assets=tca, total_current_liabilities=tcl),
        "days_payable": _ratio("accounts_payable / cost_of_sales * 365", y["payables"] * 365, y["cogs"], "days", accounts_payable=y["payables"], cost_of_sales=y["cogs"]) if not books.borrower.uk else {},
        "asset_turnover": _ratio("revenue / total_assets", y["revenue"], y["total_assets"], revenue=y["revenue"], total_assets=y["total_assets"]),
    }
    if y["inventory"]:
        made["days_inventory"] = _ratio("inventory / cost_of_sales * 365", y["inventory"] * 365, y["cogs"], "days", inventory=y["inventory"], cost_of_sales=y["cogs"])
    if not books.borrower.uk:  # what UK debtors are depends on how the page parts them
        made["quick_ratio"] = _ratio("(cash + short_term_investments + accounts_receivable) / total_current_liabilities", y["cash"] + debtors, tcl, cash=y["cash"], short_term_investments=0, accounts_receivable=debtors, total_current_liabilities=tcl)
        made["days_receivable"] = _ratio("accounts_receivable / revenue * 365", debtors * 365, y["revenue"], "days", accounts_receivable=debtors, revenue=y["revenue"])
    return made


def _coverage(books: Ledger) -> Ratios:
    y, asked = books.years[0], books.request
    ebitda = y["operating"] + y["depreciation"]
    free, service, proposed = ebitda - y["tax"] - y["distributions"], books.debt_service, asked.yearly_payments
    known = {"ebitda": ebitda, "cash_taxes": y["tax"], "distributions": y["distributions"]}
    made = {
        "ebitda": _ratio("operating_income + depreciation_amortization", ebitda, 1.0, "money", operating_income=y["operating"], depreciation_amortization=y["depreciation"]),
        "dscr": _ratio("(ebitda - cash_taxes - distributions) / (12 x monthly payments of existing debt [lines of credit: interest only] + 12 x level payment of the proposed loan)", free, service + proposed, existing_debt_service=service, proposed_debt_service=proposed, **known),
        "dscr_from_statements": _ratio("(ebitda - cash_taxes - distributions) / (interest_expense + current portion of long-term debt + 12 x level payment of the proposed loan)", free, y["interest"] + y["cpltd"] + proposed, interest_expense=y["interest"], current_portion_of_long_term_debt=y["cpltd"], proposed_debt_service=proposed, **known),
        "interest_coverage": _ratio("operating_income / interest_expense", y["operating"], y["interest"], operating_income=y["operating"], interest_expense=y["interest"]),
    }
    made["dscr_from_statements"]["note"] = "accepted as another reading of the same formula"
    return made


def _leverage(books: Ledger) -> Ratios:
    y, asked = books.years[0], books.request
    ebitda, debt = y["operating"] + y["depreciation"], y["std"] + y["cpltd"] + y["ltd"]
    worth = y["equity"] - y["goodwill"]
    made = {
        "tangible_net_worth": _ratio("total_equity - goodwill - intangible_assets", worth, 1.0, "money", total_equity=y["equity"], goodwill=y["goodwill"], intangible_assets=0),
        "ltv": _ratio("requested_amount / collateral_value (before any discount)", asked.amount, asked.collateral_value, requested_amount=asked.amount, collateral_value=asked.collateral_value),
        "altman_z2": _ratio("6.56*WC/TA + 3.26*RE/TA + 6.72*EBIT/TA + 1.05*BookEquity/TL", (6.56 * (y["tca"] - y["tcl"]) + 3.26 * y["retained"] + 6.72 * y["operating"]) / y["total_assets"] + 1.05 * y["equity"] / y["liabilities"], working_capital=y["tca"] - y["tcl"], retained_earnings=y["retained"], ebit=y["operating"], total_equity=y["equity"], total_liabilities=y["liabilities"], total_assets=y["total_assets"]) if not books.borrower.uk else {},
    }
    if worth > 0:
        made["liabilities_to_tangible_net_worth"] = _ratio("total_liabilities / tangible_net_worth", y["liabilities"], worth, total_liabilities=y["liabilities"], tangible_net_worth=worth)
    if ebitda > 0 and not books.borrower.uk:  # UK sheets print creditors, not borrowings
        made["debt_to_ebitda"] = _ratio("(short_term_debt + long_term_debt) / ebitda", debt, ebitda, short_term_debt=y["std"] + y["cpltd"], long_term_debt=y["ltd"], ebitda=ebitda)
        made["debt_to_ebitda_with_proposed"] = _ratio("(short_term_debt + long_term_debt + requested_amount) / ebitda", debt + asked.amount, ebitda, short_term_debt=y["std"] + y["cpltd"], long_term_debt=y["ltd"], requested_amount=asked.amount, ebitda=ebitda)
    if not books.borrower.uk:
        made["debt_to_assets"] = _ratio("(short_term_debt + long_term_debt) / total_assets", debt, y["total_assets"], short_term_debt=y["std"] + y["cpltd"], long_term_debt=y["ltd"], total_assets=y["total_assets"])
    return made


def _profit(books: Ledger) -> Ratios:
    y, before = books.years[0], books.years[1]
    sales, ebitda, earlier = y["revenue"], y["operating"] + y["depreciation"], before["operating"] + before["depreciation"]
    made = {
        "gross_margin": _ratio("gross_profit / revenue", y["gross"], sales, gross_profit=y["gross"], revenue=sales),
        "operating_margin": _ratio("operating_income / revenue", y["operating"], sales, operating_income=y["operating"], revenue=sales),
        "net_margin": _ratio("net_income / revenue", y["net"], sales, net_income=y["net"], revenue=sales),
        "return_on_assets": _ratio("net_income / total_assets", y["net"], y["total_assets"], net_income=y["net"], total_assets=y["total_assets"]),
        "revenue_growth": _ratio("revenue / prior revenue - 1", sales - before["revenue"], before["revenue"], revenue=sales, prior_revenue=before["revenue"]),
    }
    if y["equity"] > 0:
        made["return_on_equity"] = _ratio("net_income / total_equity", y["net"], y["equity"], net_income=y["net"], total_equity=y["equity"])
    if earlier > 0:
        made["ebitda_growth"] = _ratio("ebitda / prior ebitda - 1", ebitda - earlier, earlier, ebitda=ebitda, prior_ebitda=earlier)
    return made
