"""The request and the documents other than statements, as the HTML report shows them: worked out before any mark-up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.domain import Facility, Field, Form, LoanApplication, Transaction
from app.report import wording
from app.report.figures import FigureView

_MOST_TRANSACTIONS = 400


@dataclass(frozen=True, slots=True)
class FormView:
    """One document other than a statement: its fields by name, and a bank statement's transactions."""

    title: str
    place: str
    fields: tuple[tuple[str, FigureView], ...]
    transactions: tuple[tuple[str, str, str, str], ...]
    left_out: int


def request(application: LoanApplication | None) -> tuple[tuple[str, str], ...]:
    """Return what is asked for and by whom, as (name, words); what the package does not say is left out."""
    if application is None:
        return ()
    borrower, facility = application.borrower, application.facility
    owners = ", ".join(f"{o.name} {wording.plain(o.share)} %" if o.share is not None else o.name for o in borrower.owners)
    years = f"{wording.plain(borrower.years_in_business)} years" if borrower.years_in_business is not None else ""
    said = (
        ("Borrower", " · ".join(filter(None, (borrower.name, borrower.entity_type, borrower.tax_id)))),
        ("In business", years),
        ("Owners", owners),
        ("Asks for", _asked(facility)),
        ("Purpose", facility.purpose or ""),
        ("Collateral", _collateral(facility)),
    )
    return tuple((name, words) for name, words in said if words)


def _asked(facility: Facility) -> str:
    term = f"over {facility.term_months} months" if facility.term_months else ""
    rate = f"at {wording.plain(facility.rate)} %" if facility.rate is not None else ""
    return " ".join(filter(None, (wording.money(facility.amount) if facility.amount is not None else "", term, rate)))


def _collateral(facility: Facility) -> str:
    value = f"worth {wording.money(facility.collateral_value)}" if facility.collateral_value is not None else ""
    liens = f"with prior liens of {wording.money(facility.prior_liens)}" if facility.prior_liens else ""
    return " ".join(filter(None, (facility.collateral_kind or "", value, liens)))


def form_views(forms: Sequence[Form], figure: Callable[[Field], FigureView]) -> tuple[FormView, ...]:
    """Return every form in the order sent; `figure` draws a field with its anchor."""
    return tuple(
        FormView(
            title=wording.KIND[form.kind],
            place=f"{form.file}, page {form.first}" + (f" to {form.last}" if form.last != form.first else ""),
            fields=tuple((wording.figure(field), figure(field)) for field in form.fields),
            transactions=tuple(map(_transaction, form.transactions[:_MOST_TRANSACTIONS])),
            left_out=max(0, len(form.transactions) - _MOST_TRANSACTIONS),
        )
        for form in forms
    )


def _transaction(each: Transaction) -> tuple[str, str, str, str]:
    balance = wording.money(each.balance) if each.balance is not None else ""
    return (wording.day(each.day), each.description, wording.money(each.amount), balance)
