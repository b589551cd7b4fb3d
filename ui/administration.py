"""Users and roles: who may sign in, as what, and up to which amount a person approves alone."""

import secrets

import streamlit as st

from app.access import accounts
from app.access.roles import PERSON_ROLES, Act
from app.domain import Role
from app.report.wording import money
from app.review_queue.amounts import typed_amount
from app.review_queue.desk import Desk
from ui import place


def draw() -> None:
    """Draw the page."""
    desk = place.desk()
    with place.telling():
        with place.acting() as connection:
            every = accounts.list_accounts(connection, desk.user, desk.user.lender_id)
        st.dataframe(
            [
                {
                    "login": a.login, "name": a.name, "roles": ", ".join(sorted(role.replace("_", " ") for role in a.roles)),
                    "approves up to": money(a.approval_limit), "state": "locked" if a.disabled_at or a.locked_until else "open",
                }
                for a in every
            ],
            hide_index=True, width="stretch",
        )  # fmt: skip
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
