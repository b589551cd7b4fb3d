"""Forms -> forms whose figures prove themselves: what was read and adds up to the cent may pass unseen. Nothing else is changed."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from app.domain import DocumentKind, Field, Form, Origin

#: By kind: a total, the fields that make it up, and those that are taken off.
PROOFS: dict[DocumentKind, tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = {
    DocumentKind.BANK_STATEMENT: (("closing_balance", ("opening_balance", "total_deposits"), ("total_withdrawals",)),),
    DocumentKind.BUSINESS_TAX_RETURN: (
        ("schedule_l_total_assets", ("schedule_l_total_liabilities_and_equity",), ()),
        ("total_income", ("gross_receipts",), ("cost_of_goods_sold",)),
        ("ordinary_business_income", ("total_income",), ("total_deductions",)),
    ),
    DocumentKind.PERSONAL_FINANCIAL_STATEMENT: (("net_worth", ("pfs_total_assets",), ("pfs_total_liabilities",)),),
}


def with_proofs(form: Form) -> Form:
    """Return a form in which every figure is accepted over which a sum closes exactly: all of it read, none of it repaired or derived."""
    proven = {id(field) for period in ("current", "prior") for field in _proven(form, period)}
    return replace(form, fields=tuple(replace(f, auto_accept=True) if id(f) in proven else f for f in form.fields))


def _proven(form: Form, period: str) -> Iterator[Field]:
    for total, plus, minus in PROOFS.get(form.kind, ()):
        fields = [form.field(name, period) for name in (total, *plus, *minus)]
        values = [f.value for f in fields if f and isinstance(f.value, Decimal) and f.origin is Origin.READ and f.repaired is None]
        if len(values) < len(fields) or sum(value != 0 for value in values) < 2:
            continue
        signs = [-1, *(1 for _ in plus), *(-1 for _ in minus)]
        if sum(sign * value for sign, value in zip(signs, values, strict=True)) == 0:
            yield from (field for field in fields if field)
