"""Accounts of a borrower as a table gives them, one number each -> the fact lines that the reasoner reads.

Stands beside the walk, where there are accounts and no documents: real firms' years in training, and `rate --with-reasoner`.
"""

from collections.abc import Mapping
from decimal import Decimal

from app.domain import FactLine, Ratio, RatioStatus
from rules.facts import fact_lines
from rules.limits import Limit

_DAYS = 365

#: Accounts of one period by id; None where one is not known.
Year = Mapping[str, float | None]


def account_facts(now: Year, before: Year | None, limits: Mapping[str, Limit]) -> tuple[FactLine, ...]:
    """Return the facts that the accounts of this period, and those of the one `before` where there is one, give. No size is among them."""
    values = {"current": _known(_of_one_year(now) | (_growth(now, before) if before else {}))}
    values["prior"] = _known(_of_one_year(before)) if before else {}
    return fact_lines(ratios_of(values), (), {}, limits)


def ratios_of(values: Mapping[str, Mapping[str, float | None]]) -> tuple[Ratio, ...]:
    """Return `values` (by period, then by ratio) as the product's own ratios; None is a ratio that is not meaningful."""
    return tuple(
        Ratio(id, period, RatioStatus.NOT_MEANINGFUL, None, "")
        if value is None
        else Ratio(id, period, RatioStatus.VALUE, Decimal(f"{value:.4f}"), "")
        for period, row in values.items()
        for id, value in row.items()
    )


def _over(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below is not None and below > 0 else None


def _known(values: Year) -> dict[str, float | None]:
    return {id: value for id, value in values.items() if value is not None}


def _of_one_year(of: Year) -> dict[str, float | None]:
    get = of.get
    assets, owed, ebitda, sales = get("total_assets"), get("total_liabilities"), get("ebitda"), get("revenue")
    worth = assets - owed if assets is not None and owed is not None else None
    stock, customers = _over(get("inventory"), get("cost_of_sales")), _over(get("accounts_receivable"), sales)
    return {
        "current_ratio": _over(get("total_current_assets"), get("total_current_liabilities")),
        "debt_to_ebitda": _over(get("long_term_debt"), ebitda),
        "liabilities_to_tangible_net_worth": _over(owed, worth),
        "debt_to_assets": _over(get("long_term_debt"), assets),
        "asset_turnover": _over(sales, assets),
        "gross_margin": _over(get("gross_profit"), sales),
        "operating_margin": _over(get("operating_income"), sales),
        "return_on_assets": _over(get("net_income"), assets),
        "days_receivable": None if customers is None else customers * _DAYS,
        "days_inventory": None if stock is None else stock * _DAYS,
    }


def _growth(now: Year, before: Year) -> dict[str, float | None]:
    pairs = (("revenue_growth", "revenue"), ("ebitda_growth", "ebitda"))
    multiples = {id: _over(now.get(account), before.get(account)) for id, account in pairs}
    return {id: None if multiple is None else multiple - 1 for id, multiple in multiples.items()}
