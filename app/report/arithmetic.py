"""The arithmetic behind a spreadsheet's live cells: what a printed total adds up from, and a ratio's formula as an expression.

A formula goes live only if it gives exactly the figure that was read: the workbook never shows another number than the page.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation

from app.domain import UNMAPPED, LineItem

_COSTS = "-research_and_development -selling_general_admin -administrative_expenses -distribution_costs"
_CURRENT_DEBTS = "accrued_liabilities income_taxes_payable other_current_liabilities"
_LONG_DEBTS = "long_term_debt creditors_due_after_one_year due_to_owners provisions"

#: How each total may add up, first match wins; `-` subtracts. Parts that are not printed are left out.
_WAYS: dict[str, tuple[str, ...]] = {
    "gross_profit": ("revenue -cost_of_sales",),
    "operating_income": (
        "gross_profit -operating_expenses other_operating_income",
        "revenue -total_costs_and_expenses",
        "revenue -operating_expenses",
        f"gross_profit {_COSTS} other_operating_income",
        f"gross_profit {_COSTS} -staff_costs -officers_compensation -rent_expense -depreciation_amortization other_operating_income",
    ),
    "income_before_tax": (
        "operating_income -interest_expense other_income_expense",
        "operating_income net_interest_income_expense other_income_expense",
        "operating_income other_income_expense",
    ),
    "net_income": ("income_before_tax -income_tax_expense",),
    "total_current_assets": (
        "cash short_term_investments accounts_receivable inventory prepayments_accrued_income other_current_assets",
        "cash short_term_investments accounts_receivable inventory other_current_assets",
    ),
    "total_fixed_assets": (
        "ppe_net goodwill intangible_assets fixed_asset_investments",
        "ppe_net intangible_assets fixed_asset_investments",
    ),
    "total_assets": (
        "total_fixed_assets total_current_assets due_from_owners other_noncurrent_assets",
        "total_current_assets ppe_net goodwill intangible_assets fixed_asset_investments due_from_owners other_noncurrent_assets",
    ),
    "total_current_liabilities": (
        f"accounts_payable short_term_debt {_CURRENT_DEBTS}",
        f"accounts_payable short_term_debt current_portion_long_term_debt {_CURRENT_DEBTS}",
    ),
    "net_current_assets": (
        "total_current_assets -total_current_liabilities",
        "total_current_assets prepayments_accrued_income -total_current_liabilities",
    ),
    "total_assets_less_current_liabilities": ("total_fixed_assets net_current_assets",),
    "total_liabilities": (f"total_current_liabilities {_LONG_DEBTS} accruals_deferred_income other_noncurrent_liabilities",),
    "net_assets": (
        "total_assets_less_current_liabilities -creditors_due_after_one_year -provisions -accruals_deferred_income",
        "total_assets -total_liabilities",
    ),
    "total_equity": ("share_capital retained_earnings",),
    "total_liabilities_and_equity": ("total_liabilities total_equity",),
}

Term = tuple[int, LineItem]


def terms_of(total: LineItem, items: Iterable[LineItem]) -> tuple[Term, ...]:
    """Return the signed figures of one statement's period that add up to `total` exactly, empty where none do.

    Lines outside the template that are printed above the total may belong to the sum too.
    """
    column = [item for item in items if item.period.name == total.period.name]
    by_account = {item.account: item for item in column if item.account != UNMAPPED}
    for way in _WAYS.get(total.account, ()):
        signed = [(-1 if part.startswith("-") else 1, by_account.get(part.removeprefix("-"))) for part in way.split()]
        terms = [(sign, item) for sign, item in signed if item is not None]
        for further in _further_lines(terms, total, column):
            if len(terms) + len(further) > 1 and _sum([*terms, *further]) == total.value:
                return (*terms, *further)
    return ()


def _sum(terms: Iterable[Term]) -> Decimal:
    return sum((sign * item.value for sign, item in terms), Decimal(0))


def _further_lines(terms: list[Term], total: LineItem, column: Iterable[LineItem]) -> list[list[Term]]:
    """Return what may be added to `terms`: nothing, or the unmapped lines since the first part, or since the total before it."""
    tops = [item.box.top for _, item in terms if item.box and item.page == total.page]
    if total.box is None or not tops:
        return [[]]
    end, above = total.box.top, [(i, i.box.top) for i in column if i.box and i.page == total.page]
    before = max((top for i, top in above if i.account in _WAYS and top < min(tops)), default=0.0)
    since_part = [i for i, top in above if i.account == UNMAPPED and min(tops) < top < end]
    since_total = [i for i, top in above if i.account == UNMAPPED and before < top < end]
    return [[], *([(sign, item) for item in lines] for lines in (since_part, since_total) for sign in (1, -1))]


# -- a ratio's formula -----------------------------------------------------------------------------------------------

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_SPELLINGS = str.maketrans({"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-"})


def live_formula(formula: str, inputs: Mapping[str, Decimal], value: Decimal, cell: Callable[[str], str]) -> str | None:
    """Return `formula` for a spreadsheet with each input as `cell(name)`, or None where it does not give `value`."""
    try:
        tree = ast.parse(formula.translate(_SPELLINGS).strip(), mode="eval").body
        found = _evaluate(tree, inputs)
    except (SyntaxError, KeyError, TypeError, DivisionByZero, InvalidOperation):
        return None
    if abs(found - value) > max(abs(value), Decimal(1)) * Decimal("1e-6"):
        return None
    return "=" + _spell(tree, cell)


def _evaluate(node: ast.expr, inputs: Mapping[str, Decimal]) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as number):
            return Decimal(str(number))
        case ast.Name(id=name):
            return inputs[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_evaluate(operand, inputs)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _SIGNS:
            one, other = _evaluate(left, inputs), _evaluate(right, inputs)
            match op:
                case ast.Add():
                    return one + other
                case ast.Sub():
                    return one - other
                case ast.Mult():
                    return one * other
                case _:
                    return one / other
    raise TypeError(f"no arithmetic: {ast.dump(node)}")


def _spell(node: ast.expr, cell: Callable[[str], str]) -> str:
    match node:
        case ast.Constant(value=number):
            return str(number)
        case ast.Name(id=name):
            return cell(name)
        case ast.UnaryOp(operand=operand):
            return f"-{_spell(operand, cell)}"
        case ast.BinOp(left=left, op=op, right=right):
            return f"({_spell(left, cell)}{_SIGNS[type(op)]}{_spell(right, cell)})"
    raise TypeError(f"no arithmetic: {ast.dump(node)}")
