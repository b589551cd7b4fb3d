"""The spreading template: every account, the statements it stands on, how its sign counts, and wordings that name it.

The order is the template's order, as a spread is read. Wordings are lower case, without punctuation; they feed the
rule-based extractor (`rules/matching.py`) alone: the trained extractor learns its own.
"""

from app.domain import Account, DocumentKind

_IS = (DocumentKind.INCOME_STATEMENT,)
_BS = (DocumentKind.BALANCE_SHEET,)
_CF = (DocumentKind.CASH_FLOW_STATEMENT,)
_IS_CF = (DocumentKind.INCOME_STATEMENT, DocumentKind.CASH_FLOW_STATEMENT)


def _account(id: str, name: str, statements: tuple[DocumentKind, ...], sign: int, synonyms: str = "") -> Account:
    wordings = tuple(dict.fromkeys([name.lower(), *(s.strip() for s in synonyms.split("|") if s.strip())]))
    return Account(id, name, statements, sign, wordings)


ACCOUNTS: tuple[Account, ...] = (
    # Income statement
    _account("revenue", "Revenue", _IS, 1, "total revenue|revenues|total revenues|net sales|sales|net revenue|net revenues|turnover|gross receipts|sales net|total income|total operating revenues|gross revenues|sales revenue|total net revenue|total sales"),
    _account("cost_of_sales", "Cost of sales", _IS, -1, "total cost of sales|cost of goods sold|total cost of goods sold|cost of revenue|total cost of revenue|cost of revenues|total cost of revenues|cost of products sold|total cogs|direct costs|total direct costs|cost of services"),
    _account("gross_profit", "Gross profit", _IS, 1, "gross margin|gross loss|gross profit loss|gross loss profit"),
    _account("research_and_development", "Research and development", _IS, -1, "research and development expense|research and development expenses|research development"),
    _account("selling_general_admin", "Selling, general and administrative", _IS, -1, "selling general and administrative expenses|selling general and administrative expense|sales general and administrative|marketing selling and administrative|selling general administrative"),
    _account("administrative_expenses", "Administrative expenses", _IS, -1, "total administrative expenses|administration expenses|administrative costs"),
    _account("distribution_costs", "Distribution costs", _IS, -1, "selling and distribution costs|distribution expenses"),
    _account("staff_costs", "Staff costs", _IS, -1, "wages and salaries|employee costs|staff costs total|payroll expenses"),
    _account("officers_compensation", "Officers' compensation", _IS, -1, "officer compensation|compensation of officers|officers salaries|officer salaries|guaranteed payments|directors remuneration|owners salary"),
    _account("rent_expense", "Rent expense", _IS, -1, "rent|rent or lease|rent and lease|rents|lease expense|building rent"),
    _account("depreciation_amortization", "Depreciation and amortization", _IS_CF, 1, "depreciation|depreciation and amortisation|depreciation expense|depreciation and amortization expense|depreciation amortization|depreciation included above|depreciation included in the above|depreciation charged above|includes depreciation|including depreciation|of which depreciation|depreciation charge for the year"),
    _account("other_operating_income", "Other operating income", _IS, 1),
    _account("operating_expenses", "Operating expenses", _IS, -1, "total operating expenses|total expenses|total overheads|total overhead|total operating costs"),
    _account("total_costs_and_expenses", "Total costs and expenses", _IS, -1, "costs and expenses|total costs expenses|total costs"),
    _account("operating_income", "Operating income (EBIT)", _IS, 1, "operating income|operating profit|income from operations|loss from operations|operating loss|operating income loss|income loss from operations|ebit|net operating income|operating profit loss|operating loss profit"),
    _account("interest_expense", "Interest expense", _IS, -1, "interest|interest and debt expense|interest payable and similar charges|interest payable and similar expenses|interest on loans|interest payable|loan interest|finance costs"),
    _account("net_interest_income_expense", "Net interest income or expense", _IS, 1, "interest income net|interest expense net|interest income expense net|net interest expense|net interest income"),
    _account("other_income_expense", "Other income or expense", _IS, 1, "other income expense net|other income net|other income expense|total other income expense|other expense net|net other income|total other income"),
    _account("income_before_tax", "Income before tax", _IS, 1, "income before income taxes|income before provision for income taxes|earnings before income taxes|loss before income taxes|profit before taxation|profit before tax|loss before taxation|pre tax earnings|income loss before income taxes|profit on ordinary activities before taxation|net income before taxes"),
    _account("income_tax_expense", "Income tax expense", _IS, -1, "provision for income taxes|income taxes|income tax provision|income tax expense benefit|tax on profit|tax on profit on ordinary activities|taxation|tax on loss|provision for benefit from income taxes|income tax"),
    _account("net_income", "Net income", _IS_CF, 1, "net earnings|net loss|net income loss|net loss income|profit for the year|profit for the financial year|loss for the financial year|profit loss for the financial year|loss profit for the financial year|net profit|net profit loss|profit after tax|consolidated net income"),
    _account("distributions", "Distributions", _IS, -1, "owner distributions|member distributions|shareholder distributions|owners draw|partner draws"),
    # Balance sheet
    _account("cash", "Cash", _BS, 1, "cash and cash equivalents|cash at bank and in hand|cash at bank|total cash|checking savings|total checking savings|total bank accounts|cash in bank|cash on hand and in banks|bank balances|total cash and cash equivalents|checking|checking account|checking accounts|business checking|operating account|bank accounts"),
    _account("short_term_investments", "Short-term investments", _BS, 1, "marketable securities|current asset investments|short term investments|current marketable securities|certificates of deposit"),
    _account("accounts_receivable", "Accounts receivable", _BS, 1, "accounts receivable net|receivables|trade receivables|receivables net|trade receivables net|debtors|trade debtors|total accounts receivable|customer receivables"),
    _account("inventory", "Inventory", _BS, 1, "inventories|stocks|stock|merchandise inventories|merchandise inventory|total inventories|inventory asset|total inventory|inventories net|stock and work in progress|inventory at cost|inventories at cost|inventory at lower of cost or market|merchandise inventory|inventory on hand|materials inventory|parts inventory|inventory and supplies"),
    _account("prepayments_accrued_income", "Prepayments and accrued income", _BS, 1, "prepayments|prepaid expenses|prepaids|prepaid insurance|prepaid rent|prepaid insurance and rent"),
    _account("other_current_assets", "Other current assets", _BS, 1, "prepaid expenses and other current assets|other current assets total|total other current assets|prepaid and other current assets"),
    _account("total_current_assets", "Total current assets", _BS, 1, "current assets total"),
    _account("ppe_net", "Property, plant and equipment, net", _BS, 1, "property plant and equipment net|property and equipment net|tangible assets|tangible fixed assets|net property and equipment|property plant and equipment|total fixed assets|fixed assets net|net fixed assets|net property plant and equipment"),
    _account("goodwill", "Goodwill", _BS, 1, "goodwill net"),
    _account("intangible_assets", "Intangible assets", _BS, 1, "intangible fixed assets|intangible assets net|intangibles|other intangible assets net"),
    _account("fixed_asset_investments", "Fixed asset investments", _BS, 1, "investments"),
    _account("total_fixed_assets", "Total fixed assets", _BS, 1, "fixed assets|total non current assets"),
    _account("due_from_owners", "Due from owners", _BS, 1, "due from shareholders|loans to shareholders|due from officers|loan to shareholder|due from members|directors loan account debit|advances to owners"),
    _account("other_noncurrent_assets", "Other non-current assets", _BS, 1, "other assets|total other assets|deposits|security deposits|other long term assets"),
    _account("total_assets", "Total assets", _BS, 1, "assets total"),
    _account("accounts_payable", "Accounts payable", _BS, 1, "trade payables|trade accounts payable|trade creditors|total accounts payable|accounts payable trade|accounts payable and accrued liabilities"),
    _account("short_term_debt", "Short-term debt", _BS, 1, "short term borrowings|line of credit|bank overdraft|bank loans and overdrafts|notes payable bank|short term debt and current portion of long term debt|debt due within one year|commercial paper|revolving line of credit|short term loans"),
    _account("current_portion_long_term_debt", "Current portion of long-term debt", _BS, 1, "current maturities of long term debt|notes payable current portion|current installments of long term debt|current portion of notes payable|long term debt current portion"),
    _account("accrued_liabilities", "Accrued liabilities", _BS, 1, "accrued expenses|accrued liabilities and other|accruals|accrued expenses and other current liabilities|accrued payroll|accrued wages|accrued payroll and taxes|accrued payroll and related taxes|accrued wages and taxes|payroll liabilities|accrued compensation|accrued salaries and wages"),
    _account("income_taxes_payable", "Income taxes payable", _BS, 1, "accrued income taxes|corporation tax|taxes payable|income tax payable|taxation and social security"),
    _account("other_current_liabilities", "Other current liabilities", _BS, 1, "total other current liabilities|customer deposits|deferred revenue|sales tax payable|payroll liabilities"),
    _account("total_current_liabilities", "Total current liabilities", _BS, 1, "creditors amounts falling due within one year|amounts falling due within one year|current liabilities|creditors due within one year"),
    _account("net_current_assets", "Net current assets", _BS, 1, "net current assets liabilities|net current liabilities|net current liabilities assets"),
    _account("total_assets_less_current_liabilities", "Total assets less current liabilities", _BS, 1),
    _account("long_term_debt", "Long-term debt", _BS, 1, "long term debt net of current portion|long term debt less current portion|notes payable long term|noncurrent debt|long term debt excluding current installments|notes payable less current portion|term loan|long term debt excluding current maturities"),
    _account("creditors_due_after_one_year", "Creditors due after one year", _BS, 1, "creditors amounts falling due after more than one year|amounts falling due after more than one year|creditors amounts falling due after one year"),
    _account("due_to_owners", "Due to owners", _BS, 1, "due to shareholders|loans from shareholders|shareholder loan|loan from shareholder|due to officers|notes payable shareholders|directors loan account|owner loan|due to members"),
    _account("provisions", "Provisions", _BS, 1, "provisions for liabilities|provision for liabilities|provisions for liabilities and charges|deferred taxation|deferred tax"),
    _account("accruals_deferred_income", "Accruals and deferred income", _BS, 1),
    _account("other_noncurrent_liabilities", "Other non-current liabilities", _BS, 1, "other long term liabilities|other liabilities|other noncurrent liabilities"),
    _account("total_liabilities", "Total liabilities", _BS, 1, "liabilities total"),
    _account("net_assets", "Net assets", _BS, 1, "net liabilities|total net assets liabilities|net assets liabilities|total net assets"),
    _account("share_capital", "Share capital", _BS, 1, "called up share capital|common stock|capital stock|members contributions|partners capital|owners capital|paid in capital|allotted called up and fully paid share capital"),
    _account("retained_earnings", "Retained earnings", _BS, 1, "accumulated deficit|profit and loss account|retained earnings deficit|retained income|accumulated earnings|reinvested earnings|retained profits|retained deficit"),
    _account("total_equity", "Total equity", _BS, 1, "total stockholders equity|total shareholders equity|shareholders funds|total shareholders deficit|total stockholders deficit|total members equity|capital and reserves|total partners capital|shareholders equity|stockholders equity|total equity deficit|owners equity|total owners equity|members funds|shareholder s funds|total stockholders equity deficit"),
    _account("total_liabilities_and_equity", "Total liabilities and equity", _BS, 1, "total liabilities and stockholders equity|total liabilities and shareholders equity|total liabilities equity|total liabilities and shareholders deficit|total liabilities and members equity|total liabilities and stockholders deficit|liabilities and equity|total liabilities and owners equity"),
    # Cash flow statement
    _account("operating_cash_flow", "Operating cash flow", _CF, 1, "net cash provided by operating activities|net cash used in operating activities|net cash provided by used in operating activities|net cash from operating activities|cash flows from operating activities|net cash provided by operations|net cash generated from operating activities|total operating activities"),
    _account("investing_cash_flow", "Investing cash flow", _CF, 1, "net cash used in investing activities|net cash provided by investing activities|net cash provided by used in investing activities|net cash from investing activities|net cash used for investing activities|total investing activities"),
    _account("financing_cash_flow", "Financing cash flow", _CF, 1, "net cash used in financing activities|net cash provided by financing activities|net cash provided by used in financing activities|net cash from financing activities|net cash used for financing activities|total financing activities"),
    _account("capital_expenditures", "Capital expenditures", _CF, -1, "purchases of property and equipment|purchase of property and equipment|additions to property plant and equipment|purchases of property plant and equipment|payments to acquire property plant and equipment|purchase of tangible fixed assets|purchases of equipment|payments to acquire tangible fixed assets"),
    _account("dividends_paid", "Dividends paid", _IS_CF, -1, "dividends|dividends paid in the year|dividends paid in year|dividends paid during the year|cash dividends paid|payment of dividends|payments of dividends|cash dividends|distributions to members|distributions paid|equity dividends paid|distributions to shareholders|dividends paid to shareholders|dividends paid to stockholders|cash dividend payments"),
    _account("interest_paid", "Interest paid", _CF, -1, "cash paid for interest|interest|cash payments for interest|cash paid during the year for interest"),
    _account("income_taxes_paid", "Income taxes paid", _CF, -1, "cash paid for income taxes|income taxes|cash payments for income taxes|corporation tax paid|tax paid|income taxes net of refunds|cash paid for taxes"),
    _account("cash_end_of_period", "Cash at end of period", _CF, 1, "cash and cash equivalents at end of period|cash and cash equivalents at end of year|cash and cash equivalents end of period|cash and cash equivalents end of year|cash at end of year|cash end of period|cash cash equivalents and restricted cash end of period|cash cash equivalents and restricted cash at end of period|cash end of year"),
)

ACCOUNT: dict[str, Account] = {account.id: account for account in ACCOUNTS}
