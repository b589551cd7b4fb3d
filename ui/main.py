"""The analyst's desk in the browser: who is signed in sees the pages of the own roles. It calls app functions and draws, nothing else."""

import streamlit as st

from app.access.roles import Act
from app.domain import User
from ui import inbox, intake, people, place, portfolio, review, sign_in, trail

_TIGHT = """<style>.stMainBlockContainer { padding: 3.6rem 1.6rem 1rem; } [data-testid="stMetricValue"] { font-size: 1.15rem; }
[data-testid="stMetricLabel"] { margin-bottom: -.4rem; } h5 { padding: 0; } [data-testid="stVerticalBlock"] { gap: .6rem; }</style>"""


def main() -> None:
    """Draw the page that was chosen."""
    st.set_page_config(page_title="LoanLens", page_icon="🔎", layout="wide", initial_sidebar_state="collapsed")
    st.html(_TIGHT)
    with place.telling():
        who = place.user()
        place.reader()
        place.draw_cookie()
        if who is None:
            st.navigation([st.Page(sign_in.draw, title="Sign in", url_path="sign-in")], position="hidden").run()
            return
        pages = _pages(who)
        st.session_state["pages"] = pages
        chosen = st.navigation(list(pages.values()), position="top")
        with st.sidebar:
            st.caption(f"{who.id} · {', '.join(sorted(role.replace('_', ' ') for role in who.roles))}")
            if st.button("Sign out", width="stretch"):
                place.leave()
                st.rerun()
        if done := st.session_state.pop("done", None):
            st.toast(f"Done: {done}.")
        chosen.run()


def _pages(who: User) -> dict[str, st.Page]:
    """Return the pages for somebody's roles; what a page does is checked again where it is done."""
    may = place.may
    offered = (
        ("inbox", inbox.draw, "Inbox", ":material/inbox:", (Act.READ_APPLICATION,)),
        ("review", review.draw, "Review", ":material/find_in_page:", (Act.READ_APPLICATION,)),
        ("intake", intake.draw, "Intake", ":material/upload_file:", (Act.SUBMIT_APPLICATION,)),
        ("portfolio", portfolio.draw, "Portfolio", ":material/bar_chart:", (Act.READ_APPLICATION, Act.READ_MEASURES)),
        ("people", people.draw, "Users", ":material/group:", (Act.READ_ACCOUNTS,)),
        ("trail", trail.draw, "Audit", ":material/verified:", (Act.READ_AUDIT,)),
    )
    allowed = [each for each in offered if may(who, *each[4])]
    return {
        name: st.Page(draw, title=title, icon=icon, url_path=name, default=place_in_order == 0)
        for place_in_order, (name, draw, title, icon, _) in enumerate(allowed)
    }


main()
