"""Forms -> LoanApplication: what a package says of its borrower, of the loan asked for, and of the debts there are."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from app.domain import Borrower, Debt, DocumentKind, Facility, Form, LoanApplication, Owner
from rules.forms.loan_application import entity_type

_YES = re.compile(r"^(?:yes|y|x|true|✓|✔|☒)$", re.IGNORECASE)


def application_of(forms: Sequence[Form]) -> LoanApplication | None:
    """Return the loan application among `forms` (the first of several) with the debts of the schedules, or None where there is none."""
    form = next((f for f in forms if f.kind is DocumentKind.LOAN_APPLICATION), None)
    if form is None:
        return None
    made_on = form.field("application_date")
    return LoanApplication(
        _borrower(form),
        _facility(form),
        made_on.value if made_on and isinstance(made_on.value, date) else None,
        tuple(debt for f in forms if f.kind is DocumentKind.DEBT_SCHEDULE for debt in debts_of(f)),
    )


def _borrower(form: Form) -> Borrower:
    printed = form.words("entity_type")
    return Borrower(
        form.words("borrower_name") or "",
        form.words("ein"),
        (entity_type(printed) or printed) if printed else None,
        form.amount("years_in_business"),
        tuple(_owners(form)),
    )


def _owners(form: Form) -> Iterator[Owner]:
    number = 1
    while name := form.words(f"owner_{number}_name"):
        yield Owner(name, form.amount(f"owner_{number}_share"))
        number += 1


def _facility(form: Form) -> Facility:
    months = form.amount("term_months")
    return Facility(
        form.amount("requested_amount"),
        form.words("purpose"),
        int(months) if months is not None else None,
        form.amount("rate"),
        form.words("collateral_kind"),
        form.amount("collateral_value"),
        form.amount("prior_liens"),
    )


def debts_of(schedule: Form) -> Iterator[Debt]:
    """Yield every debt of a debt schedule, in the order printed."""
    numbers = sorted({int(m[1]) for field in schedule.fields if (m := re.match(r"debt_(\d+)_", field.id))})
    for number in numbers:
        maturity = schedule.field(f"debt_{number}_maturity")
        yield Debt(
            schedule.words(f"debt_{number}_creditor") or "",
            _amount(schedule, number, "original_amount"),
            _amount(schedule, number, "balance"),
            _amount(schedule, number, "rate"),
            _amount(schedule, number, "monthly_payment"),
            maturity.value if maturity and isinstance(maturity.value, date) else None,
            schedule.words(f"debt_{number}_secured_by"),
            bool(_YES.match(schedule.words(f"debt_{number}_to_be_refinanced") or "")),
        )


def _amount(schedule: Form, number: int, column: str) -> Decimal | None:
    return schedule.amount(f"debt_{number}_{column}")
