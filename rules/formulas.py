"""The formula of every ratio, a function each: what it tells, and how it is computed. `rules/ratios.py` lists and computes them.

A function's parameters are the figures it needs, by account or by the names of `rules/figures.py`; `prior_` asks for the
year before or the opening balance. Nothing is rounded.
"""

from decimal import Decimal

from rules.quotients import NoValue, Result, covers, growth, in_days, over, repaid_from

# -- liquidity -------------------------------------------------------------------------------------------------------


def current_ratio(total_current_assets: Decimal, total_current_liabilities: Decimal) -> Result:
    """Tell how often current assets cover what falls due within a year.

    Formula: total_current_assets / total_current_liabilities
    """
    return over(total_current_assets, total_current_liabilities, "what is due within a year")


def quick_ratio(cash: Decimal, short_term_investments: Decimal, accounts_receivable: Decimal, total_current_liabilities: Decimal) -> Result:
    """Tell how often what is soon cash covers what falls due within a year, stock left out.

    Formula: (cash + short_term_investments + accounts_receivable) / total_current_liabilities
    """
    return over(cash + short_term_investments + accounts_receivable, total_current_liabilities, "what is due within a year")


def working_capital(total_current_assets: Decimal, total_current_liabilities: Decimal) -> Result:
    """Tell what of current assets is left when all that falls due within a year is paid.

    Formula: total_current_assets - total_current_liabilities
    """
    return total_current_assets - total_current_liabilities


# -- activity --------------------------------------------------------------------------------------------------------


def days_receivable(accounts_receivable: Decimal, revenue: Decimal, days: Decimal) -> Result:
    """Tell how many days of sales customers owe.

    Formula: accounts_receivable / revenue * days
    """
    return in_days(over(accounts_receivable, revenue, "revenue"), days)


def days_inventory(inventory: Decimal, cost_of_sales: Decimal, days: Decimal) -> Result:
    """Tell how many days of sales, at cost, are in stock.

    Formula: inventory / cost_of_sales * days
    """
    return in_days(over(inventory, cost_of_sales, "cost of sales"), days)


def days_payable(accounts_payable: Decimal, cost_of_sales: Decimal, days: Decimal) -> Result:
    """Tell how many days of purchases, taken as cost of sales, are owed to suppliers.

    Formula: accounts_payable / cost_of_sales * days
    """
    return in_days(over(accounts_payable, cost_of_sales, "cost of sales"), days)


def asset_turnover(revenue: Decimal, total_assets: Decimal) -> Result:
    """Tell how much is sold a year for each unit of assets.

    Formula: revenue / total_assets
    """
    return over(revenue, total_assets, "total assets")


# -- coverage --------------------------------------------------------------------------------------------------------


def ebitda(operating_income: Decimal, depreciation_amortization: Decimal) -> Result:
    """Tell what operations earn before interest, tax, depreciation and amortization.

    Formula: operating_income + depreciation_amortization
    """
    return operating_income + depreciation_amortization


def dscr(
    ebitda: Decimal, cash_taxes: Decimal, distributions: Decimal, existing_debt_service: Decimal, proposed_debt_service: Decimal
) -> Result:
    """Tell how often the cash earned, after tax and distributions, covers a year's payments with the proposed loan.

    Existing debt service is 12 monthly payments of the debt that stays (lines of credit: interest only); without a debt
    schedule it is interest and the current portion of long-term debt. Never interest alone.
    Formula: (ebitda - cash_taxes - distributions) / (existing_debt_service + proposed_debt_service)
    """
    return covers(ebitda - cash_taxes - distributions, existing_debt_service + proposed_debt_service, "debt service")


def dscr_historical(
    ebitda: Decimal, cash_taxes: Decimal, distributions: Decimal, interest_expense: Decimal, prior_current_portion_long_term_debt: Decimal
) -> Result:
    """Tell how often the cash earned covered the year's interest and the repayments due at its start, without a new loan.

    Formula: (ebitda - cash_taxes - distributions) / (interest_expense + prior_current_portion_long_term_debt)
    """
    return covers(ebitda - cash_taxes - distributions, interest_expense + prior_current_portion_long_term_debt, "debt service")


def interest_coverage(operating_income: Decimal, interest_expense: Decimal) -> Result:
    """Tell how often operating income (EBIT) covers interest.

    Formula: operating_income / interest_expense
    """
    return covers(operating_income, interest_expense, "interest")


def fccr(cash_available: Decimal, rent_expense: Decimal, unfinanced_capex: Decimal, debt_service: Decimal) -> Result:
    """Tell how often cash before rent, after investment that was not financed, covers debt service and rent together.

    Cash available is EBITDA less cash taxes and distributions. Of investment the term debt newly drawn is taken off, where
    the sheets show it. Without an application the debt service is that of the debt there is. Not computable where rent is
    not disclosed.
    Formula: (cash_available + rent_expense - unfinanced_capex) / (debt_service + rent_expense)
    """
    return covers(cash_available + rent_expense - unfinanced_capex, debt_service + rent_expense, "fixed charge")


def global_dscr(
    cash_available: Decimal,
    guarantors_cash_available: Decimal,
    existing_debt_service: Decimal,
    proposed_debt_service: Decimal,
    personal_debt_service: Decimal,
) -> Result:
    """Tell how often business and guarantors together cover all their debt service.

    A guarantor's cash available is recurring cash income less personal taxes and living expenses.
    Formula: (cash_available + guarantors_cash_available) / (existing_debt_service + proposed_debt_service + personal_debt_service)
    """
    service = existing_debt_service + proposed_debt_service + personal_debt_service
    return covers(cash_available + guarantors_cash_available, service, "debt service")


def uca_net_cash_after_operations(
    ebitda: Decimal, other_income_expense: Decimal, income_tax_expense: Decimal, cash_from_trading_balances: Decimal
) -> Result:
    """Tell the cash that operations left after tax, as receivables, stock, prepayments, payables, accruals and taxes owed moved.

    Sales less cost of sales and operating expenses, all without depreciation and amortization, are EBITDA.
    Formula: ebitda + other_income_expense - income_tax_expense + cash_from_trading_balances
    """
    return ebitda + other_income_expense - income_tax_expense + cash_from_trading_balances


def uca_coverage(
    uca_net_cash_after_operations: Decimal, interest_expense: Decimal, distributions: Decimal, prior_current_portion_long_term_debt: Decimal
) -> Result:
    """Tell how often net cash after operations covered interest, distributions and the repayments due at the start of the year.

    Formula: uca_net_cash_after_operations / (interest_expense + distributions + prior_current_portion_long_term_debt)
    """
    return covers(uca_net_cash_after_operations, interest_expense + distributions + prior_current_portion_long_term_debt, "debt service")


# -- leverage --------------------------------------------------------------------------------------------------------


def debt_to_ebitda(debt: Decimal, ebitda: Decimal) -> Result:
    """Tell in how many years' EBITDA the borrowings (not all liabilities) could be repaid.

    Formula: debt / ebitda
    """
    return repaid_from(debt, ebitda)


def debt_to_ebitda_with_proposed(debt: Decimal, requested_amount: Decimal, ebitda: Decimal) -> Result:
    """Tell in how many years' EBITDA the borrowings and the proposed loan could be repaid.

    Formula: (debt + requested_amount) / ebitda
    """
    return repaid_from(debt + requested_amount, ebitda)


def tangible_net_worth(total_equity: Decimal, goodwill: Decimal, intangible_assets: Decimal) -> Result:
    """Tell what the owners' stake is without goodwill and other intangible assets.

    Formula: total_equity - goodwill - intangible_assets
    """
    return total_equity - goodwill - intangible_assets


def tangible_net_worth_adjusted(tangible_net_worth: Decimal, due_from_owners: Decimal, due_to_owners: Decimal) -> Result:
    """Tell tangible net worth with what the owners owe taken off and what they lend added.

    Owners' loans count only where they are subordinated, which the analyst confirms.
    Formula: tangible_net_worth - due_from_owners + due_to_owners
    """
    return tangible_net_worth - due_from_owners + due_to_owners


def liabilities_to_tangible_net_worth(total_liabilities: Decimal, tangible_net_worth: Decimal) -> Result:
    """Tell how much is owed for each unit of tangible net worth.

    Formula: total_liabilities / tangible_net_worth
    """
    return over(total_liabilities, tangible_net_worth, "tangible net worth")


def debt_to_assets(debt: Decimal, total_assets: Decimal) -> Result:
    """Tell which share of the assets is borrowed.

    Formula: debt / total_assets
    """
    return over(debt, total_assets, "total assets")


def liabilities_to_assets(total_liabilities: Decimal, total_assets: Decimal) -> Result:
    """Tell which share of the assets is owed to others, suppliers and the state included.

    Formula: total_liabilities / total_assets
    """
    return over(total_liabilities, total_assets, "total assets")


# -- profitability and growth ----------------------------------------------------------------------------------------


def gross_margin(gross_profit: Decimal, revenue: Decimal) -> Result:
    """Tell which share of sales is left after cost of sales.

    Formula: gross_profit / revenue
    """
    return over(gross_profit, revenue, "revenue")


def operating_margin(operating_income: Decimal, revenue: Decimal) -> Result:
    """Tell which share of sales is left after operating costs.

    Formula: operating_income / revenue
    """
    return over(operating_income, revenue, "revenue")


def net_margin(net_income: Decimal, revenue: Decimal) -> Result:
    """Tell which share of sales is left after all costs and tax.

    Formula: net_income / revenue
    """
    return over(net_income, revenue, "revenue")


def return_on_assets(net_income: Decimal, total_assets: Decimal) -> Result:
    """Tell what a year earns on the assets at its end.

    Formula: net_income / total_assets
    """
    return over(net_income, total_assets, "total assets")


def return_on_equity(net_income: Decimal, total_equity: Decimal) -> Result:
    """Tell what a year earns on the owners' equity at its end.

    Formula: net_income / total_equity
    """
    return over(net_income, total_equity, "equity")


def revenue_growth(revenue: Decimal, prior_revenue: Decimal) -> Result:
    """Tell by which share sales grew on the same period a year earlier.

    Formula: revenue / prior_revenue - 1
    """
    return growth(revenue, prior_revenue, "revenue of the earlier period")


def ebitda_growth(ebitda: Decimal, prior_ebitda: Decimal) -> Result:
    """Tell by which share EBITDA grew on the same period a year earlier.

    Formula: ebitda / prior_ebitda - 1
    """
    return growth(ebitda, prior_ebitda, "EBITDA of the earlier period")


# -- collateral and distress -----------------------------------------------------------------------------------------


def ltv(requested_amount: Decimal, senior_liens: Decimal, collateral_value: Decimal) -> Result:
    """Tell which share of the collateral's undiscounted value the loan and the liens before it take up.

    Formula: (requested_amount + senior_liens) / collateral_value
    """
    return over(requested_amount + senior_liens, collateral_value, "the collateral's value")


def collateral_coverage(collateral_lending_value: Decimal, requested_amount: Decimal) -> Result:
    """Tell how often the collateral, at the advance rate of its kind and after prior liens, covers the loan.

    Formula: collateral_lending_value / requested_amount
    """
    return over(collateral_lending_value, requested_amount, "the requested amount")


def altman_z2(  # noqa: PLR0913, PLR0917  Altman's formula has six figures
    working_capital: Decimal,
    total_assets: Decimal,
    retained_earnings: Decimal,
    operating_income: Decimal,
    total_equity: Decimal,
    total_liabilities: Decimal,
) -> Result:
    """Tell how far the company is from distress (Altman's Z'' for non-manufacturers): above 2.60 safe, below 1.10 distress.

    Information only: it does not separate small firms.
    Formula: 6.56 * working_capital / total_assets + 3.26 * retained_earnings / total_assets
        + 6.72 * operating_income / total_assets + 1.05 * total_equity / total_liabilities
    """
    earned = Decimal("6.56") * working_capital + Decimal("3.26") * retained_earnings + Decimal("6.72") * operating_income
    of_assets, of_liabilities = over(earned, total_assets, "total assets"), over(total_equity, total_liabilities, "what is owed")
    if isinstance(of_assets, NoValue) or isinstance(of_liabilities, NoValue):
        return of_assets if isinstance(of_assets, NoValue) else of_liabilities
    return of_assets + Decimal("1.05") * of_liabilities
