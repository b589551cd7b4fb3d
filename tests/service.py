"""Builders for the API: a client on a database of the test's own, and API keys of people of each lender."""

import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.testclient import TestClient

from app.access import accounts, api_keys
from app.access.accounts import NewAccount
from app.access.api_keys import NewApiKey
from app.access.roles import PERSON_ROLES
from app.api.main import listening, make_api, make_server, watched
from app.blobs.storage import Blobs, open_blobs
from app.domain import Role, User
from app.settings import Settings

_SYSTEM = frozenset((Role.ADMINISTRATOR,))


@dataclass(frozen=True, slots=True)
class Service:
    """A server in this process: its database, stored files, settings and a client without a key."""

    database: Engine
    blobs: Blobs
    settings: Settings
    client: TestClient
    api: FastAPI


def service(database: Engine, folder: Path, **settings: object) -> Service:
    """Return a server whose callers may call as often as a test needs."""
    chosen = Settings(**{"data_dir": folder, "api_rate": 1e6, "api_burst": 1_000_000, "webhook_hosts": "los.example", **settings})  # type: ignore[arg-type]
    blobs = open_blobs(chosen)
    api = make_api(database, blobs, chosen)
    return Service(database, blobs, chosen, TestClient(watched(api), raise_server_exceptions=False), api)


def key_of(
    database: Engine, login: str = "system", lender_id: str = "first", roles: Iterable[Role] = PERSON_ROLES, scopes: Iterable[str] = ()
) -> str:
    """Return a new API key of an account, made where there is none: it reaches to `scopes`, or to all that the account may do."""
    operator, held = User("root", lender_id, _SYSTEM), frozenset(roles)
    with database.begin() as connection:
        if login not in {each.login for each in accounts.list_accounts(connection, operator, lender_id)}:
            accounts.add_account(connection, operator, lender_id, NewAccount(login, login, held))
        reach = frozenset(scopes) or api_keys.reach_of(held)
        return api_keys.make_api_key(connection, operator, lender_id, NewApiKey(login, "test", reach, 1)).text


def bearer(key: str, **more: str) -> dict[str, str]:
    """Return the headers of a caller with this key."""
    return {"Authorization": f"Bearer {key}", **more}


@contextmanager
def served(world: Service) -> Iterator[str]:
    """Serve an API on a port of its own, and yield its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    chosen = world.settings.model_copy(update={"api_port": port})
    server = make_server(watched(world.api), chosen)
    thread = threading.Thread(target=server.run, args=([listening(chosen)],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http{'s' if chosen.tls_cert else ''}://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)
