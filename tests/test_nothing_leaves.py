"""No data leave: an application is assessed, and jobs are done, where no address outside this machine can be asked."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import PROJECT

#: Ends the program at the first address that is not a socket file of this machine, and at the first name that is looked up.
GUARD = """
import os, sys
def refuse(event, about):
    asks = event in ("socket.getaddrinfo", "socket.gethostbyname")
    if asks or event in ("socket.connect", "socket.sendto") and not isinstance(about[1], (str, bytes)):
        os.write(2, f"asked for the network: {event} {about}".encode())
        os._exit(99)
sys.addaudithook(refuse)
"""
ASSESS = GUARD + "sys.argv = ['loanlens', 'assess', 'data_samples/applications/sound-small', '--json']\nfrom app.cli import main\nmain()\n"

#: Starts database, workers, API, desk and deliveries, sends an application to the API and waits for it.
WHOLE = """
import re, subprocess, sys, time
from pathlib import Path
from app.client import Client
from app.settings import PROJECT, settings
LOANLENS = [sys.executable, "-c", "from app.cli import main; main()"]
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
up = subprocess.Popen([*LOANLENS, "up"])
try:
    said = lambda *words: subprocess.run([*LOANLENS, *words], check=True, capture_output=True, text=True).stdout
    said("users", "add", "los", "--role", "analyst", "--no-password")
    scopes = ("--scope", "submit_application", "--scope", "read_application")
    key = re.search(r"ll_\\S+", said("api-keys", "make", "los", "one", *scopes)).group()
    with Client(f"http://127.0.0.1:{settings().api_port}", key) as client:
        files = sorted((PROJECT / "data_samples/applications/sound-small/files").iterdir())
        sent = client.send_application("A-1", files)
        print(client.wait_for_application(sent["id"], 300)["state"])
finally:
    up.terminate()
    up.wait(60)
"""


def isolated() -> list[str]:
    """Return what runs a program without any network, where this machine allows that."""
    for words in (["unshare", "--net"], ["unshare", "--user", "--map-current-user", "--net"]):
        if shutil.which("unshare") and subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    return []


def test_the_guard_itself_refuses() -> None:
    program = GUARD + "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=False).returncode == 99


@pytest.mark.slow
def test_an_application_is_assessed_with_the_network_taken_away() -> None:
    done = subprocess.run([*isolated(), sys.executable, "-c", ASSESS], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode != 99, done.stderr
    assert json.loads(done.stdout)["packages"], done.stderr


@pytest.mark.slow
def test_jobs_are_done_with_the_network_taken_away() -> None:
    if not isolated():
        pytest.skip("this machine allows no program a network of its own")
    command = [*isolated(), sys.executable, "-m", "tests.bench_service", "--applications", "3", "--workers", "1"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 workers: 3 applications" in done.stdout


@pytest.mark.slow
def test_the_whole_service_takes_and_assesses_an_application_with_the_network_taken_away(short_path: Path) -> None:
    if not isolated():
        pytest.skip("this machine allows no program a network of its own")
    keeping = ["--keep-caps"] if "--user" in isolated() else []
    told = {"LOANLENS_DATA_DIR": str(short_path / "data"), "LOANLENS_WEBHOOK_HOSTS": "", "LOANLENS_DATABASE_URL": ""}
    command = [*isolated(), *keeping, "env", *(f"{name}={value}" for name, value in told.items()), sys.executable, "-c", WHOLE]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["assessed"], done.stdout + done.stderr
