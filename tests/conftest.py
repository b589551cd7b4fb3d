"""What all tests share: where the evaluation set lies, if this machine has it; a PostgreSQL server, and a fresh database for each test."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.database import Server
from tests.own_server import fresh_database, own_folder, own_server

_NUMBERS = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--eval-set DIR`."""
    parser.addoption("--eval-set", type=Path, default=None, help="folder with the evaluation filings; tests that need them skip without it")


@pytest.fixture
def eval_set(request: pytest.FixtureRequest) -> Path:
    """Return the folder with the evaluation set, or skip the test."""
    folder = request.config.getoption("--eval-set")
    if not isinstance(folder, Path) or not folder.is_dir():
        pytest.skip("needs the evaluation set: make test EVAL_SET=DIR")
    return folder


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Return an empty folder that every account may enter, with a path short enough for a socket (tmp_path is neither)."""
    with own_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Return a server whose database holds the tables and two lenders, to be copied; it forgoes what only a power cut would show."""
    hasty = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60")
    with own_folder() as folder, own_server(folder / "pg", *hasty) as (server, template):
        template.dispose()  # nobody may be connected to what is copied
        yield server


@pytest.fixture
def database(server: Server) -> Iterator[Engine]:
    """Return a database of this test's own, with the tables and the lenders `first` and `other`."""
    with fresh_database(server, f"test{next(_NUMBERS)}", str(server.url.database)) as database:
        yield database
