"""Administration: users and roles, credit policy, retention and legal hold, and whether the audit trail is whole."""

import secrets

import streamlit as st

from app.access import accounts
from app.access.roles import PERSON_ROLES, Act
from app.domain import Role
from app.report.wording import money
from app.review_queue.amounts import typed_amount
from app.review_queue.desk import Desk
from ui import place, policy_page, retention_page, trail
from ui.tables import Cell, Row
from ui.tables import draw as draw_table


def draw() -> None:
    """Draw the page: each part for who may see it."""
    desk = place.desk()
    parts = {
        "Users and roles": (_draw_users, place.may(desk.user, Act.READ_ACCOUNTS)),
        "Credit policy": (policy_page.draw_policy, True),
        "Retention and legal hold": (retention_page.draw_retention, place.may(desk.user, Act.SET_HOLD, Act.PURGE)),
        "Audit verification": (trail.draw_verification, place.may(desk.user, Act.READ_AUDIT)),
    }
    shown = {name: part for name, (part, allowed) in parts.items() if allowed}
    for tab, part in zip(st.tabs(list(shown), key="administration_tab", on_change="rerun"), shown.values(), strict=True):
        if tab.open:
            with tab, place.telling():
                part(desk)


def _draw_users(desk: Desk) -> None:
    with place.acting() as connection:
        every = accounts.list_accounts(connection, desk.user, desk.user.lender_id)
    rows = []
    for each in every:
        state = "locked" if each.disabled_at or each.locked_until else "open"
        roles = ", ".join(sorted(role.replace("_", " ") for role in each.roles))
        rows.append(Row([each.login, each.name, roles, money(each.approval_limit), Cell(state, "fails" if state == "locked" else "")]))
    draw_table(["Login", "Name", "Roles", "Approves alone up to", "State"], rows, (1, 2, 4))
    if place.may(desk.user, Act.MANAGE_ACCOUNTS):
        add, change = st.columns(2)
        with add:
            _add(desk)
        with change:
            _change(desk, [each.login for each in every])


def _add(desk: Desk) -> None:
    with st.form("add_account", clear_on_submit=True):
        st.markdown("**Add a user**")
        login, name = st.text_input("Login"), st.text_input("Name")
        roles = st.multiselect("Roles", PERSON_ROLES, format_func=_words)
        limit = st.text_input("Approves alone up to", "0")
        if st.form_submit_button("Add"):
            with place.telling():
                password = secrets.token_urlsafe(12)
                new = accounts.NewAccount(login.strip(), name.strip() or login.strip(), frozenset(roles), password, typed_amount(limit))
                with place.acting() as connection:
                    accounts.add_account(connection, desk.user, desk.user.lender_id, new)
                st.success(f"Added. Password for the first sign-in, shown once: `{password}`")


def _change(desk: Desk, logins: list[str]) -> None:
    with st.form("change_account"):
        st.markdown("**Change a user**")
        login = st.selectbox("Login", logins)
        what = st.radio("Change", ["Lock", "Unlock", "Set roles", "Set limit", "New password"], horizontal=True)
        roles = st.multiselect("Roles", PERSON_ROLES, format_func=_words, key="new_roles")
        limit = st.text_input("Approves alone up to", "0", key="new_limit")
        if st.form_submit_button("Change") and login:
            lender = desk.user.lender_id
            with place.telling():
                password = secrets.token_urlsafe(12)
                with place.acting() as connection:
                    match what:
                        case "Lock":
                            accounts.lock_account(connection, desk.user, lender, login)
                        case "Unlock":
                            accounts.unlock_account(connection, desk.user, lender, login)
                        case "Set roles":
                            accounts.set_roles(connection, desk.user, lender, login, frozenset(roles))
                        case "Set limit":
                            accounts.set_approval_limit(connection, desk.user, lender, login, typed_amount(limit))
                        case _:
                            accounts.set_password(connection, desk.user, lender, login, password)
                st.success(f"Password for the next sign-in, shown once: `{password}`" if what == "New password" else "Changed.")


def _words(role: Role) -> str:
    return role.replace("_", " ").capitalize()
