"""What every page stands on: the database, stored files and the reader of this process, who is signed in, and how trouble is told."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread

import streamlit as st
import streamlit.components.v2 as components
from sqlalchemy import Connection, Engine

from app.access.roles import PERMISSIONS, Act
from app.access.sign_in import sign_out, user_of_session
from app.blobs.storage import Blobs, open_blobs
from app.database import open_database
from app.domain import User
from app.errors import LoanLensError, NotSignedIn
from app.reading.reader import Reader
from app.review_queue.desk import Desk
from app.settings import settings

_COOKIE = "loanlens_session"
_KEEP = """export default function({data}) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = data.name + "=" + data.token + "; Path=/; SameSite=Strict" + (data.token ? "" : "; Max-Age=0") + secure;
}"""


class SharedReader:
    """One reading process for all who look at pages: one page at a time."""

    def __init__(self) -> None:
        self._reader, self._turn = Reader(settings().model_copy(update={"readers": 1})), Lock()
        Thread(target=self._warm_up, daemon=True).start()

    def _warm_up(self) -> None:
        """Start the reading process before the first page is asked for: that takes seconds."""
        with suppress(LoanLensError):
            self.render_page(Path(__file__), 1, 72)

    def render_page(self, path: Path, page: int, dpi: int, rotation: int = 0) -> bytes:
        """Return a page as PNG."""
        with self._turn:
            return self._reader.render_page(path, page, dpi, rotation)


@st.cache_resource(show_spinner=False)
def database() -> Engine:
    """Return the database of these settings."""
    return open_database(settings())


@st.cache_resource(show_spinner=False)
def stored_files() -> Blobs:
    """Return where uploaded files lie."""
    return open_blobs(settings())


@st.cache_resource(show_spinner=False)
def reader() -> SharedReader:
    """Return the reader that draws pages."""
    return SharedReader()


@contextmanager
def acting() -> Iterator[Connection]:
    """Do something in one transaction; what goes wrong undoes all of it and is passed on."""
    with database().begin() as connection:
        yield connection


@contextmanager
def telling() -> Iterator[None]:
    """Show what is wrong with the call or the machine as a message that says what to do."""
    try:
        yield
    except NotSignedIn as error:
        forget()
        st.error(str(error))
        st.stop()
    except LoanLensError as error:
        st.error(str(error))


def user() -> User | None:
    """Return who is signed in, with the roles held now, or None."""
    token = st.session_state.get("token") or (None if st.session_state.get("signed_out") else st.context.cookies.get(_COOKIE))
    if not isinstance(token, str) or not token:
        return None
    try:
        found = user_of_session(database(), settings(), token)
    except NotSignedIn:
        forget()
        return None
    st.session_state["token"] = token
    return found


def desk() -> Desk:
    """Return the desk of who is signed in; sends others to the sign-in page."""
    found = user()
    if found is None:
        st.rerun()
    return Desk(found, stored_files(), settings())


def may(who: User, *acts: Act) -> bool:
    """Say whether `who` may do any of `acts`: what to draw. Whether it is done is asked again where it is done."""
    return any(who.roles & PERMISSIONS[act][1] for act in acts)


def keep(token: str) -> None:
    """Remember who is signed in."""
    st.session_state.update(token=token, signed_out=False)


def leave() -> None:
    """Sign out."""
    if token := st.session_state.get("token"):
        sign_out(database(), token)
    forget()


def forget() -> None:
    """Forget who was signed in."""
    st.session_state.clear()
    st.session_state["signed_out"] = True


def draw_cookie() -> None:
    """Keep the session in the browser, so that a page loaded again is still signed in."""
    keeper = components.component("session_cookie", html="<span></span>", js=_KEEP)
    keeper(key="session_cookie", data={"name": _COOKIE, "token": st.session_state.get("token", "")}, height=1)
