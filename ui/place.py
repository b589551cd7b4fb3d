"""What every page stands on: the database, stored files and the reader of this process, who is signed in, and how trouble is told."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock, Thread

import streamlit as st
from sqlalchemy import Connection, Engine

from app.access.roles import PERMISSIONS, Act
from app.access.sign_in import sign_out, user_of_session
from app.blobs.storage import Blobs, open_blobs
from app.database import open_database
from app.domain import User
from app.errors import LoanLensError, NotSignedIn, SetupError
from app.reading.reader import Reader
from app.review_queue.desk import Desk
from app.settings import settings
from models.ensemble import Ensemble, load_ensemble
from ui import session
from ui.pictures import Pictures


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


@st.cache_resource(show_spinner=False)
def pictures() -> Pictures:
    """Return the pages' pictures of this process."""
    return Pictures(reader())


@st.cache_resource(show_spinner=False)
def ensemble() -> Ensemble | None:
    """Return the ensemble in service, None where there is none: policy alone then answers."""
    try:
        return load_ensemble(settings().ensemble_dir)
    except SetupError:
        return None


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
    token = st.session_state.get("token") or (None if st.session_state.get("signed_out") else st.context.cookies.get(session.COOKIE))
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


def open_task_id() -> int | None:
    """Return the task that is open; after the page was loaded again its address says which."""
    named = st.query_params.get("task", "")
    if "task" not in st.session_state and named.isdecimal():
        st.session_state["task"] = int(named)
    found = st.session_state.get("task")
    if isinstance(found, int):
        st.query_params["task"] = str(found)
    return found if isinstance(found, int) else None


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


def plain(text: str) -> str:
    """Return text that a document brought, with what Markdown would draw made plain."""
    return "".join("\\" + c if c in r"\`*_{}[]()#+-!$|<>~:" else c for c in text.replace("\n", " "))
