"""No data leave: an application is assessed, and jobs are done, where no address outside this machine can be asked."""

import json
import shutil
import subprocess
import sys

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
