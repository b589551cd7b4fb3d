"""What a bad year does to debt service coverage, and what policy counts beside ratios: formulas in the shape of `rules/formulas.py`.

How costs behave is said in each formula's docstring.
"""

from decimal import Decimal

from rules.quotients import Result, covers, over


def dscr_at_90_percent_revenue(
    cash_available: Decimal, lost_with_revenue: Decimal, existing_debt_service: Decimal, proposed_debt_service: Decimal
) -> Result:
    """Tell how often debt service is covered when a tenth of revenue is lost.

    Cost of sales falls with revenue, all other costs, taxes and distributions stay: a tenth of gross profit is lost (of
    revenue, where no cost of sales is printed).
    Formula: (cash_available - 0.10 * lost_with_revenue) / (existing_debt_service + proposed_debt_service)
    """
    return covers(cash_available - Decimal("0.10") * lost_with_revenue, existing_debt_service + proposed_debt_service, "debt service")


def dscr_at_80_percent_revenue(
    cash_available: Decimal, lost_with_revenue: Decimal, existing_debt_service: Decimal, proposed_debt_service: Decimal
) -> Result:
    """Tell how often debt service is covered when a fifth of revenue is lost.

    Cost of sales falls with revenue, all other costs, taxes and distributions stay: a fifth of gross profit is lost (of
    revenue, where no cost of sales is printed).
    Formula: (cash_available - 0.20 * lost_with_revenue) / (existing_debt_service + proposed_debt_service)
    """
    return covers(cash_available - Decimal("0.20") * lost_with_revenue, existing_debt_service + proposed_debt_service, "debt service")


def dscr_at_200_basis_points_more(
    cash_available: Decimal, existing_debt_service: Decimal, proposed_debt_service_at_higher_rate: Decimal
) -> Result:
    """Tell how often debt service is covered when the proposed loan costs 2 percent a year more; existing debt stays as it is.

    Formula: cash_available / (existing_debt_service + proposed_debt_service_at_higher_rate)
    """
    return covers(cash_available, existing_debt_service + proposed_debt_service_at_higher_rate, "debt service")


def ebitda_fall_to_break_even(
    cash_available: Decimal, existing_debt_service: Decimal, proposed_debt_service: Decimal, ebitda: Decimal
) -> Result:
    """Tell by which share EBITDA may fall before debt service is covered just once, taxes and distributions as they are.

    Negative: it is not covered now.
    Formula: (cash_available - existing_debt_service - proposed_debt_service) / ebitda
    """
    return over(cash_available - existing_debt_service - proposed_debt_service, ebitda, "EBITDA")


# -- what policy counts ------------------------------------------------------------------------------------------------


def years_in_business(years_in_business: Decimal) -> Result:
    """Tell for how many years the borrower is in business, by the loan application.

    Formula: years_in_business
    """
    return years_in_business


def nsf_items(nsf_items: Decimal) -> Result:
    """Tell how many items the bank returned unpaid or paid by overdraft over the last three months.

    Formula: nsf_items
    """
    return nsf_items
