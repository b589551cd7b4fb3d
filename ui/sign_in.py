"""The sign-in page: login and password, or a new password where the old one has to be changed."""

import streamlit as st

from app.access.sign_in import change_password, sign_in
from app.errors import LoanLensError
from app.settings import settings
from ui import place


def draw() -> None:
    """Draw the page."""
    _, middle, _ = st.columns([1, 1.2, 1])
    with middle:
        st.title("LoanLens")
        st.caption("Reads loan packages, and shows you what is doubtful.")
        entering, changing = st.tabs(["Sign in", "Change password"])
        with entering, st.form("sign_in"):
            login = st.text_input("Login", autocomplete="username")
            password = st.text_input("Password", type="password", autocomplete="current-password")
            if st.form_submit_button("Sign in", type="primary", width="stretch"):
                _enter(login.strip(), password)
        with changing, st.form("change"):
            st.caption("A password that somebody else gave you, or that has expired, is changed here.")
            login = st.text_input("Login", key="change_login", autocomplete="username")
            old = st.text_input("Old password", type="password", autocomplete="current-password")
            new = st.text_input("New password", type="password", autocomplete="new-password")
            if st.form_submit_button("Change and sign in", width="stretch"):
                _change(login.strip(), old, new)


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
