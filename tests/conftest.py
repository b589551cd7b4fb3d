"""What all tests share: where the evaluation set lies, if this machine has it; a PostgreSQL server, and a fresh database for each test."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from app.database import Server, connect, upgrade

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
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Return a server whose database holds the tables and one lender, to be copied; it forgoes what only a power cut would show."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o711)
    server = Server(folder / "pg", ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=60"))
    server.start()
    template = connect(server.url)
    upgrade(template)
    with template.begin() as connection:
        connection.execute(text("INSERT INTO lenders (id, name) VALUES ('first', 'First Bank'), ('other', 'Other Bank')"))
    template.dispose()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: Server) -> Iterator[Engine]:
    """Return a database of this test's own, with the tables and the lenders `first` and `other`."""
    name = f"test{next(_NUMBERS)}"
    outside = create_engine(server.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {server.url.database} STRATEGY FILE_COPY"))
    database = connect(server.url.set(database=name))
    yield database
    database.dispose()
    with outside.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    outside.dispose()
