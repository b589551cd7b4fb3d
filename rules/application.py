"""Forms -> the application that they make up: borrower, loan asked for, owners, and the debts that stay or are repaid."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

from app.domain import Borrower, Debt, DocumentKind, Facility, Form, LoanApplication, Owner
from rules.identity import same_name

_REFINANCES = re.compile(
    r"\brefinanc|\bpay(?:ing)? ?off\b|\bconsolidat|\brepay(?:ment)? (?:of )?(?:the )?(?:existing|loan|debt|note)", re.IGNORECASE
)
_ALL_DEBT = re.compile(
    r"\b(?:all|existing|outstanding|current) (?:\w+ )?(?:debts?|loans?|borrowings|notes|indebtedness)\b|\bconsolidat", re.IGNORECASE
)
_YES = "yes"
#: The kinds of entities by their wordings, lower case.
_ENTITIES = (
    ("S Corporation", r"(?:sub)?(?:chapter )?s[ -]?corp(?:oration)?\.?"),
    ("LLC", r"(?:single[- ]member )?(?:llc|l\.l\.c\.?|limited liability (?:company|co\b\.?))"),
    ("Sole proprietorship", r"sole[- ](?:prop(?:rietor(?:ship)?)?|trader)|individual|proprietorship"),
    ("Partnership", r"(?:general |limited )?partnership|limited liability partnership|llp|lp"),
    ("Ltd", r"(?:private )?limited company|private company limited by shares|ltd\.?"),
    ("Corporation", r"(?:c[ -]?)?corp(?:oration)?\.?|professional corporation"),
)


def application_of(forms: Sequence[Form]) -> LoanApplication | None:
    """Return the application, None where `forms` hold none. Of several the one with the latest date counts; of debt schedules too."""
    form = _newest(forms, DocumentKind.LOAN_APPLICATION, "application_date")
    if form is None:
        return None
    schedule = _newest(forms, DocumentKind.DEBT_SCHEDULE, "schedule_date")
    facility = _facility(form)
    stated = list(_debts(form))
    debts = list(_debts(schedule)) if schedule else stated
    return LoanApplication(_borrower(form), facility, _day(form, "application_date"), tuple(_marked(debts, stated, facility.purpose or "")))


def _newest(forms: Sequence[Form], kind: DocumentKind, dated: str) -> Form | None:
    """Return the form of `kind` with the latest date, the first of them where none is dated."""
    return max((f for f in forms if f.kind is kind), key=lambda f: _day(f, dated) or date.min, default=None)


def _day(form: Form, id: str) -> date | None:
    found = form.field(id)
    return found.value if found and isinstance(found.value, date) else None


def _text(form: Form, id: str) -> str | None:
    """Return a text as read (several lines joined), or None."""
    found = form.field(id)
    return found.value if found and isinstance(found.value, str) else None


def _borrower(form: Form) -> Borrower:
    owners = tuple(_owners(form))
    entity = _text(form, "entity_type")
    return Borrower(
        _text(form, "borrower_name") or "", _text(form, "ein"), entity and _entity(entity), form.amount("years_in_business"), owners
    )


def _entity(printed: str) -> str:
    """Return the kind of entity that `printed` names, itself where it names none of those known."""
    return next((kind for kind, wording in _ENTITIES if re.fullmatch(wording, printed.strip().lower())), printed)


def _owners(form: Form) -> Iterator[Owner]:
    for number in count(1):
        name = _text(form, f"owner_{number}_name")
        if name is None:
            return
        yield Owner(name, form.amount(f"owner_{number}_share"))


def _facility(form: Form) -> Facility:
    term = form.amount("term_months")
    return Facility(
        form.amount("requested_amount"),
        _text(form, "purpose"),
        int(term) if term is not None else None,
        form.amount("rate"),
        _text(form, "collateral_kind"),
        form.amount("collateral_value"),
        form.amount("prior_liens"),
    )


# -- debts ------------------------------------------------------------------------------------------------------------


def _debts(form: Form) -> Iterator[Debt]:
    """Yield the debts that `form` lists, as it marks them."""
    numbers = {int(found[1]) for f in form.fields if (found := re.match(r"debt_(\d+)_", f.id))}
    for number in sorted(numbers):
        id = f"debt_{number}"
        yield Debt(
            _text(form, f"{id}_creditor") or "",
            form.amount(f"{id}_original_amount"),
            form.amount(f"{id}_balance"),
            form.amount(f"{id}_rate"),
            form.amount(f"{id}_monthly_payment"),
            _day(form, f"{id}_maturity"),
            _text(form, f"{id}_secured_by"),
            _text(form, f"{id}_to_be_refinanced") == _YES,
        )


def _marked(debts: Sequence[Debt], stated: Sequence[Debt], purpose: str) -> Iterator[Debt]:
    """Yield the debts, those that the application repays marked: by its own list of debts, else by its purpose."""
    repaid = [debt for debt in stated if debt.refinanced]
    for debt in debts:
        by_list = any(same_name(debt.creditor, other.creditor) and _same_amount(debt.balance, other.balance) for other in repaid)
        yield replace(debt, refinanced=debt.refinanced or by_list or _by_purpose(debt, debts, purpose))


def _same_amount(a: Decimal | None, b: Decimal | None) -> bool:
    """Return whether two balances may be of one debt at two dates, or one of them is not stated."""
    return a is None or b is None or abs(a - b) <= max(a, b) / 5


def _by_purpose(debt: Debt, debts: Sequence[Debt], purpose: str) -> bool:
    """Return whether the purpose says that `debt` is repaid: it names its creditor, or all debt, or there is no other."""
    if not _REFINANCES.search(purpose):
        return False
    named = [each for each in debts if _names(purpose, each.creditor)]
    return debt in named if named else len(debts) == 1 or _ALL_DEBT.search(purpose) is not None


def _names(purpose: str, creditor: str) -> bool:
    """Return whether `purpose` names `creditor`, be it without its last word ("Foxhollow" for "Foxhollow Bank")."""
    words = re.findall(r"\w+", creditor.lower())
    said = re.findall(r"\w+", purpose.lower())
    return bool(words) and any(said[i : i + len(part)] == part for part in (words, words[:-1]) if part for i in range(len(said)))
