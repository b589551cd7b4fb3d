"""The analyst's desk in the browser: who is signed in sees the pages of the own roles. It calls app functions and draws, nothing else."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app.access.roles import Act
from app.domain import User
from ui import administration, application, inbox, intake, models_page, place, portfolio, review, session, sign_in, trail

_STYLE = Path(__file__).with_name("desk.css")


#: Each page: its address, what draws it, its name, its picture, and what opens it to a role.
PAGES: tuple[tuple[str, Callable[[], None], str, str, tuple[Act, ...]], ...] = (
    ("inbox", inbox.draw, "Inbox", ":material/inbox:", (Act.READ_APPLICATION,)),
    ("review", review.draw, "Review", ":material/find_in_page:", (Act.READ_APPLICATION,)),
    ("application", application.draw, "Application", ":material/description:", (Act.READ_APPLICATION,)),
    ("intake", intake.draw, "Intake", ":material/upload_file:", (Act.SUBMIT_APPLICATION,)),
    ("portfolio", portfolio.draw, "Portfolio", ":material/bar_chart:", (Act.READ_APPLICATION, Act.READ_MEASURES)),
    ("models", models_page.draw, "Models", ":material/model_training:", (Act.READ_MEASURES,)),
    ("administration", administration.draw, "Administration", ":material/tune:", (Act.READ_ACCOUNTS, Act.SET_HOLD)),
    ("trail", trail.draw, "Audit", ":material/verified:", (Act.READ_AUDIT,)),
)


def main() -> None:
    """Draw the page that was chosen."""
    st.set_page_config(page_title="LoanLens", page_icon="🔎", layout="wide", initial_sidebar_state="collapsed")
    st.html(_STYLE)
    with place.telling():
        who = place.user()
        place.reader()
        session.draw_keeper()
        if who is None:
            _entrance().run()
            return
        allowed = [each for each in PAGES if place.may(who, *each[4])]
        open_to = {name: st.Page(draw, title=title, icon=icon, url_path=name) for name, draw, title, icon, _ in allowed}
        st.session_state["pages"] = open_to
        closed = [st.Page(_refuse, title=each[2], url_path=each[0], visibility="hidden") for each in PAGES if each[0] not in open_to]
        start = st.Page(partial(st.switch_page, next(iter(open_to.values()))), title="Start", default=True, visibility="hidden")
        leave = st.Page(sign_in.leave, title="Sign out", icon=":material/logout:", url_path="sign-out")
        chosen = st.navigation({"": [start, *open_to.values(), *closed], _called(who): [leave]}, position="top")
        if done := st.session_state.pop("done", None):
            st.toast(f"Done: {done}.")
        chosen.run()


def _entrance() -> StreamlitPage:
    """Return the sign-in page under every address, so that who signs in is then where the address leads."""
    others = [st.Page(sign_in.draw, title="Sign in", url_path=name) for name in (*(each[0] for each in PAGES), "sign-out")]
    return st.navigation([st.Page(sign_in.draw, title="Sign in", url_path="sign-in", default=True), *others], position="hidden")


def _refuse() -> None:
    st.info("None of your roles opens this page. An administrator sets roles.")


def _called(who: User) -> str:
    return f"{who.id} · {', '.join(sorted(role.replace('_', ' ') for role in who.roles))}"


main()
