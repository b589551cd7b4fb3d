"""A database server of a run's own, for benches and faults that are no tests; and databases made on one."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from app.database import Server, connect, upgrade


@contextmanager
def own_folder() -> Iterator[Path]:
    """Yield a folder that every account may enter, with a path short enough for a socket; it is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="ll-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_server(folder: Path, *options: str) -> Iterator[tuple[Server, Engine]]:
    """Yield a running server in `folder`, whose database holds the tables and the lenders `first` and `other`."""
    server = Server(folder, options)
    try:
        server.start()
        database = connect(server.url)
        upgrade(database)
        with database.begin() as connection:
            connection.execute(text("INSERT INTO lenders (id, name) VALUES ('first', 'First Bank'), ('other', 'Other Bank')"))
        yield server, database
        database.dispose()
    finally:
        server.stop()


@contextmanager
def fresh_database(server: Server, name: str, template: str) -> Iterator[Engine]:
    """Yield a database of `server` made as a copy of `template`; it is dropped afterwards."""
    outside = create_engine(server.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    database = connect(server.url.set(database=name))
    yield database
    database.dispose()
    with outside.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    outside.dispose()
