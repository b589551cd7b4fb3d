"""The sign-in page: the lender's identity provider where one is set, login and password, or a new password for an old one."""

import streamlit as st

from app.access.oidc import open_provider
from app.access.sign_in import change_password, sign_in, sign_in_by_token
from app.errors import LoanLensError
from app.settings import settings
from ui import place


def draw() -> None:
    """Draw the page."""
    _, middle, _ = st.columns([1, 1, 1])
    with middle:
        st.title("LoanLens")
        st.caption("Reads loan packages, and shows you what is doubtful.")
        by_provider = is_offered()
        if by_provider:
            _by_provider()
        entering, changing = st.tabs(["By password" if by_provider else "Sign in", "Change password"])
        with entering, st.form("sign_in", border=False):
            login = st.text_input("Login", autocomplete="username")
            password = st.text_input("Password", type="password", autocomplete="current-password")
            if st.form_submit_button("Sign in", type="secondary" if by_provider else "primary", width="stretch"):
                _enter(login.strip(), password)
        with changing, st.form("change", border=False):
            st.caption("A password that somebody else gave you, or that has expired, is changed here.")
            login = st.text_input("Login", key="change_login", autocomplete="username")
            old = st.text_input("Old password", type="password", autocomplete="current-password")
            new = st.text_input("New password", type="password", autocomplete="new-password")
            if st.form_submit_button("Change and sign in", width="stretch"):
                _change(login.strip(), old, new)


def leave() -> None:
    """Sign out, of the identity provider's sign-in too."""
    place.leave()
    if is_offered() and st.user.is_logged_in:
        st.logout()
    st.rerun()


def is_offered() -> bool:
    """Say whether people may sign in by an identity provider."""
    return bool(settings().oidc_issuer and settings().oidc_client_secret)


def _by_provider() -> None:
    """Send the person to the identity provider; whom it sent back gets a session of our own, by the token it gave."""
    if st.button("Sign in with your bank's account", type="primary", width="stretch"):
        st.login()
    token = st.user.tokens.get("id") if st.user.is_logged_in and not st.session_state.get("signed_out") else None
    provider = open_provider(settings()) if token else None
    if token and provider:
        try:
            place.keep(sign_in_by_token(place.database(), provider, str(token)).token)
        except LoanLensError as error:
            st.error(str(error))
        else:
            st.rerun()


def _enter(login: str, password: str) -> None:
    try:
        place.keep(sign_in(place.database(), settings(), login, password).token)
    except LoanLensError as error:
        st.error(str(error))
    else:
        st.rerun()


def _change(login: str, old: str, new: str) -> None:
    try:
        change_password(place.database(), settings(), login, old, new)
    except LoanLensError as error:
        st.error(str(error))
    else:
        _enter(login, new)
