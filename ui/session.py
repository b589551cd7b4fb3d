"""The session in the browser: a cookie that no script of a page can read. The page trades a ticket for it, which is good once.

Streamlit's pages cannot set such a cookie themselves; the one address here does. The session's token never stands in a page.
"""

import secrets
import time
from threading import Lock

import streamlit as st
import streamlit.components.v2 as components
from starlette.requests import Request
from starlette.responses import Response

from app.settings import settings

COOKIE = "loanlens_session"
PATH = "/session"
_GOOD_FOR = 60.0  # seconds
_LONGEST_TICKET = 100
_TRADE = f"""let traded = null;
export default function({{data}}) {{
  if (data.ticket === null || data.ticket === traded) return;
  traded = data.ticket;
  fetch("{PATH}", {{ method: "POST", body: data.ticket, credentials: "same-origin" }});
}}"""


class Tickets:
    """Tickets that were given out and not traded yet, each with the token that it stands for."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, float]] = {}
        self._turn = Lock()

    def give(self, token: str) -> str:
        """Return a new ticket for a session's token."""
        ticket, now = secrets.token_urlsafe(32), time.monotonic()
        with self._turn:
            self._kept = {name: each for name, each in self._kept.items() if each[1] > now}
            self._kept[ticket] = (token, now + _GOOD_FOR)
        return ticket

    def trade(self, ticket: str) -> str | None:
        """Return the token that a ticket stands for, once; None for one that is unknown or too old."""
        with self._turn:
            token, until = self._kept.pop(ticket, ("", 0.0))
        return token if until > time.monotonic() else None


TICKETS = Tickets()


async def keep(request: Request) -> Response:
    """Answer a page's POST: set the cookie for a ticket, or remove it where the ticket is empty."""
    ticket = (await request.body())[:_LONGEST_TICKET].decode("ascii", "replace")
    answer, safe = Response(status_code=204, headers={"Cache-Control": "no-store"}), request.url.scheme == "https"
    if not ticket:
        answer.delete_cookie(COOKIE, path="/", secure=safe, httponly=True, samesite="strict")
        return answer
    token = TICKETS.trade(ticket)
    if token is None:
        return Response(status_code=403)
    hours = settings().session_hours
    answer.set_cookie(COOKIE, token, max_age=int(hours * 3600), path="/", secure=safe, httponly=True, samesite="strict")
    return answer


def draw_keeper() -> None:
    """Put the session that began or ended since into the browser's cookie."""
    token = st.session_state.get("token", "")
    if st.session_state.get("kept_token") != token:
        st.session_state["kept_token"] = token
        given = TICKETS.give(token) if token else ""
        st.session_state["ticket"] = given if token or st.session_state.get("signed_out") else None
    keeper = components.component("session_keeper", html="<span></span>", js=_TRADE)
    keeper(key="session_keeper", data={"ticket": st.session_state.get("ticket")}, height=1)
