"""Who may do what: one table, role by act, and the one check that every function for doors begins with.

What the table does not allow is forbidden. Another lender's data are out of reach whatever the role.
"""

from decimal import Decimal
from enum import StrEnum

from app.domain import Role, User
from app.errors import Forbidden

#: The roles that an account can have.
PERSON_ROLES = (Role.ANALYST, Role.CREDIT_OFFICER, Role.MODEL_OWNER, Role.ADMINISTRATOR, Role.AUDITOR)


class Act(StrEnum):
    """Something that a user may or may not do; its value names it in audit entries and in the scopes of an API key."""

    SUBMIT_APPLICATION = "submit_application"
    READ_APPLICATION = "read_application"
    ASSESS_APPLICATION = "assess_application"
    REVIEW_APPLICATION = "review_application"
    DECIDE_APPLICATION = "decide_application"
    APPROVE_WITHIN_LIMIT = "approve_within_limit"
    APPROVE_ABOVE_LIMIT = "approve_above_limit"
    APPROVE_EXCEPTION = "approve_exception"
    CLEAR_APPLICATION = "clear_application"
    READ_MEASURES = "read_measures"
    READ_CORRECTIONS = "read_corrections"
    TRAIN_MODEL = "train_model"
    PROMOTE_MODEL = "promote_model"
    READ_GROUP_DATA = "read_group_data"
    SET_HOLD = "set_hold"
    PURGE = "purge"
    READ_AUDIT = "read_audit"
    READ_ACCOUNTS = "read_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"
    USE_API_KEYS = "use_api_keys"
    MANAGE_WEBHOOKS = "manage_webhooks"


#: Who may do what, and what that is, in the words of the operator's guide (which a test keeps in step).
PERMISSIONS: dict[Act, tuple[str, frozenset[Role]]] = {
    act: (words, frozenset(roles))
    for act, words, *roles in (
        (Act.SUBMIT_APPLICATION, "Send an application, add or replace its documents", Role.ANALYST, Role.CREDIT_OFFICER),
        (Act.READ_APPLICATION, "See an application: pages and figures", Role.ANALYST, Role.CREDIT_OFFICER, Role.AUDITOR, Role.WORKER),
        (Act.ASSESS_APPLICATION, "Have the machine assess it (again)", Role.ANALYST, Role.CREDIT_OFFICER, Role.WORKER),
        (Act.REVIEW_APPLICATION, "Take it from the queue, correct and adjust figures", Role.ANALYST, Role.CREDIT_OFFICER),
        (Act.DECIDE_APPLICATION, "Decline, counter-offer, note as incomplete or withdrawn", Role.ANALYST, Role.CREDIT_OFFICER),
        (Act.APPROVE_WITHIN_LIMIT, "Approve up to one's own limit of total exposure", Role.ANALYST, Role.CREDIT_OFFICER),
        (Act.APPROVE_ABOVE_LIMIT, "Approve above it, or where the exposure is not known", Role.CREDIT_OFFICER),
        (Act.APPROVE_EXCEPTION, "Approve an exception to policy, override a grade", Role.CREDIT_OFFICER),
        (Act.CLEAR_APPLICATION, "Clear by policy alone, without a person", Role.WORKER),
        (Act.READ_MEASURES, "See accuracy, drift, volumes", Role.CREDIT_OFFICER, Role.MODEL_OWNER, Role.AUDITOR),
        (Act.READ_CORRECTIONS, "Read corrections and make data sets of them", Role.MODEL_OWNER, Role.WORKER),
        (Act.TRAIN_MODEL, "Train a challenger", Role.MODEL_OWNER, Role.WORKER),
        (Act.PROMOTE_MODEL, "Promote a model, roll it back", Role.MODEL_OWNER),
        (Act.READ_GROUP_DATA, "Read group data, for fairness only", Role.MODEL_OWNER, Role.FAIRNESS_JOB),
        (Act.SET_HOLD, "Place or lift a legal hold", Role.CREDIT_OFFICER, Role.ADMINISTRATOR),
        (Act.PURGE, "Remove applications past their retention", Role.ADMINISTRATOR, Role.WORKER),
        (Act.READ_AUDIT, "Read, verify and export the audit trail", Role.AUDITOR),
        (Act.READ_ACCOUNTS, "List accounts and API keys", Role.ADMINISTRATOR, Role.AUDITOR),
        (Act.MANAGE_ACCOUNTS, "Add, change, lock and unlock accounts; revoke API keys", Role.ADMINISTRATOR),
        (Act.USE_API_KEYS, "Make, rotate and revoke one's own API keys", *PERSON_ROLES),
        (Act.MANAGE_WEBHOOKS, "Add, list and remove webhooks", Role.ADMINISTRATOR),
    )
}


def allow(user: User, act: Act, lender_id: str) -> None:
    """Return if `user` may do `act` to data of the lender; else raise Forbidden."""
    if user.lender_id != lender_id:
        raise Forbidden(f"{user.id} belongs to another lender.")
    if user.scopes is not None and act not in user.scopes:
        raise Forbidden(f"The API key of {user.id} does not reach to {act}: make one with this scope.")
    if not user.roles & PERMISSIONS[act][1]:
        raise Forbidden(f"{user.id} may not {act.replace('_', ' ')}: that takes {_any_of(PERMISSIONS[act][1])}.")


def approval(user: User, exposure: Decimal | None) -> Act:
    """Return the act that approving so much total exposure is for `user`: within the own limit, or above it.

    The limit counts all loans and commitments to the borrower and its affiliates, this one included; not known is above.
    """
    within = exposure is not None and exposure <= user.approval_limit
    return Act.APPROVE_WITHIN_LIMIT if within else Act.APPROVE_ABOVE_LIMIT


def following(user: User) -> Act:
    """Return the act that seeing how far what was sent is takes: a key that only sends may follow it, without reading it."""
    only_sends = user.scopes is not None and Act.READ_APPLICATION not in user.scopes
    return Act.SUBMIT_APPLICATION if only_sends else Act.READ_APPLICATION


def machine(role: Role, lender_id: str) -> User:
    """Return the user that a job of a lender acts as."""
    if role in PERSON_ROLES:
        raise ValueError(f"{role} is a person's role")
    return User(f"machine:{role}", lender_id, frozenset((role,)))


def _any_of(roles: frozenset[Role]) -> str:
    return "the role " + " or ".join(role.replace("_", " ") for role in Role if role in roles)
