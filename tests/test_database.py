"""The database: started on demand, shared, restarted after a crash, upgraded once; what is wrong with it is said with what to do."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, NullPool, create_engine, text

from app.database import Server, connect, conninfo, embedded, open_database, upgrade
from app.errors import SetupError, UsageError
from app.settings import PROJECT, Settings
from app.store.snapshot import metadata
from app.store.tables import lenders

FAST = ("fsync=off",)


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or not str(name).startswith("procrastinate")


@pytest.fixture
def folder(short_path: Path) -> Path:
    return short_path / "data"


def test_the_first_start_makes_the_database_and_the_next_one_finds_it(folder: Path) -> None:
    chosen = Settings(data_dir=folder)
    server = embedded(chosen)
    assert server is not None
    try:
        before = time.monotonic()
        database = open_database(chosen)
        assert time.monotonic() - before < 5
        with database.begin() as connection:
            connection.execute(text("INSERT INTO lenders (id, name) VALUES ('first', 'First Bank')"))
        database.dispose()
        assert server.stop()
        assert not server.stop()
        before = time.monotonic()
        database = open_database(chosen)
        assert time.monotonic() - before < 1
        with database.connect() as connection:
            assert connection.scalar(text("SELECT name FROM lenders")) == "First Bank"
        database.dispose()
    finally:
        server.stop()


def test_callers_at_one_moment_share_one_server(folder: Path) -> None:
    server = Server(folder / "pg", FAST)
    code = f"from pathlib import Path; from app.database import Server; s = Server(Path({str(folder / 'pg')!r})); s.start(); print(s.pid())"
    try:
        calls = [subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        pids = {call.communicate(timeout=60)[0].strip() for call in calls}
        assert pids == {str(server.pid())}
    finally:
        server.stop()


def test_a_folder_that_another_process_made_a_moment_ago_is_finished_and_used(folder: Path) -> None:
    (folder / "pg").mkdir(parents=True, mode=0o700)  # as it is between another process's two steps: made, not handed over yet
    server = Server(folder / "pg", FAST)
    try:
        server.start()
        assert server.is_running()
    finally:
        server.stop()


def test_a_killed_server_is_started_again_and_keeps_what_was_committed(folder: Path) -> None:
    server = Server(folder / "pg", FAST)
    try:
        server.start()
        database = connect(server.url)
        with database.begin() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 1 AS one"))
        pid = server.pid()
        assert pid
        os.kill(pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=5)
        server.start()
        with database.connect() as connection:
            assert connection.scalar(text("SELECT one FROM kept")) == 1
        database.dispose()
    finally:
        server.stop()


def test_a_server_that_does_not_end_when_it_is_told_to_is_ended_and_keeps_what_was_committed(folder: Path) -> None:
    server = Server(folder, FAST)
    server.start()
    try:
        with create_engine(server.url, poolclass=NullPool).begin() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 1 AS one"))
            checkpointer = connection.scalar(text("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"))
        os.kill(checkpointer, signal.SIGSTOP)  # a shutdown waits for it
        assert server.stop(seconds=1)
        assert server.pid() is None
        server.start()
        with create_engine(server.url, poolclass=NullPool).connect() as connection:
            assert connection.scalar(text("SELECT one FROM kept")) == 1
    finally:
        server.stop()


def test_a_line_that_is_dead_is_noticed_at_both_ends(folder: Path) -> None:
    here = f"127.{random.randrange(1, 255)}.{random.randrange(256)}.1"  # of this machine, and nobody else's
    server = Server(folder, (*FAST, f"listen_addresses={here}"))
    server.start()
    try:
        database = connect(server.url.set(host=here, query={}))
        with database.connect() as connection:
            seen = [connection.scalar(text(f"SHOW {name}")) for name in ("tcp_keepalives_idle", "tcp_keepalives_count", "tcp_user_timeout")]
            line = socket.socket(fileno=os.dup(connection.connection.driver_connection.fileno()))  # type: ignore[union-attr]
        with line:
            ours = line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
        database.dispose()
    finally:
        server.stop()
    assert (seen, ours) == (["15", "3", "30000"], 15)
    assert conninfo_to_dict(conninfo(database))["keepalives_idle"] == "15"


def test_a_pid_that_another_program_took_over_is_no_server(folder: Path) -> None:
    server = Server(folder / "pg", FAST)
    try:
        server.start()
        pid = server.pid()
        assert pid
        file = folder / "pg" / "data" / "postmaster.pid"
        left = file.read_text(encoding="utf-8")
        server.stop()
        file.write_text(left.replace(str(pid), str(os.getpid()), 1), encoding="utf-8")
        assert server.pid() is None
        server.start()
        assert server.is_running()
    finally:
        server.stop()


def test_tables_in_code_are_those_that_the_migrations_make(database: Engine) -> None:
    with database.connect() as connection:
        opts = {"include_name": _is_ours, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_every_table_belongs_to_a_lender() -> None:
    first = {t.name: next(iter(t.primary_key.columns)).name for t in metadata.sorted_tables if t is not lenders}
    assert set(first.values()) == {"lender_id"}


def test_upgrades_at_one_moment_happen_once(server: Server) -> None:
    outside = create_engine(server.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with outside.connect() as connection:
        connection.execute(text("CREATE DATABASE empty TEMPLATE template0"))
    outside.dispose()
    database = connect(server.url.set(database="empty"))
    faults: list[Exception] = []

    def call() -> None:
        try:
            upgrade(database)
        except SetupError as error:
            faults.append(error)

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
    database.dispose()


def test_tables_of_a_newer_program_are_refused(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SetupError, match=r"upgraded by a newer LoanLens .* 9999"):
        upgrade(database)


def test_times_come_back_in_utc(database: Engine) -> None:
    with database.connect() as connection:
        offset = connection.scalar(text("SELECT now()")).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0


def test_libpqs_address_keeps_the_password() -> None:
    said = conninfo(connect(Server(Path("/x")).url.set(password="p w")))  # noqa: S106  made up
    assert conninfo_to_dict(said).items() >= {"user": "postgres", "password": "p w", "dbname": "loanlens", "host": "/x"}.items()


# -- what can be wrong -------------------------------------------------------------------------------------------------


def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100)
    with pytest.raises(SetupError, match="set LOANLENS_DATA_DIR to a shorter path"):
        open_database(Settings(data_dir=long))
    assert not long.exists()


def test_a_data_folder_that_cannot_be_made_is_said(short_path: Path) -> None:
    (short_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SetupError, match=r"cannot be written: Not a directory.*LOANLENS_DATA_DIR"):
        open_database(Settings(data_dir=short_path / "file" / "data"))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another account")
def test_a_folder_that_the_servers_account_cannot_enter_is_said(short_path: Path) -> None:
    short_path.chmod(0o700)
    with pytest.raises(SetupError, match="cannot enter"):
        open_database(Settings(data_dir=short_path / "data"))


def test_an_address_of_something_else_is_said() -> None:
    for address in ("mysql://root@db/x", "no address", "http://example.org"):
        with pytest.raises(UsageError, match="postgresql://user:password@host/name"):
            open_database(Settings(database_url=address))


def test_an_unreachable_database_is_said_without_its_password() -> None:
    with pytest.raises(SetupError, match=r"does not answer: .*LOANLENS_DATABASE_URL") as caught:
        open_database(Settings(database_url="postgresql://me:hidden@127.0.0.1:1/x"))
    assert "hidden" not in str(caught.value)
