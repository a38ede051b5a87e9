"""What only the real server shows: long addresses, and a start before the database."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from microshare import config, create_app, server
from microshare.config import Settings
from microshare.db import db
from tests import restarts, served
from tests.conftest import PASSWORD, furnish
from tests.served import Visitor


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code
    except OSError:
        return 0


def test_who_stalls_keeps_no_thread_for_good() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.be_patient(listener)
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                patience = accepted.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16)
    assert struct.unpack("ll", patience) == (server.PATIENCE, 0)


def until(url: str, expected: int) -> None:
    deadline = time.monotonic() + 60
    while (told := status(url)) != expected:
        assert time.monotonic() < deadline, f"{url} answers {told}"
        time.sleep(0.1)


def test_a_search_of_5000_characters_of_any_script_reaches_us(settings: Settings) -> None:
    with create_app(settings).app_context():
        furnish()
        db.session.remove()
        db.engine.dispose()
    with served.running(settings) as (_, url):
        ada = Visitor(url, "ada", PASSWORD)
        for words in ("x" * 5000, "é" * 5000, "水" * 5000):
            assert "<h1>" in ada.get("/search?q=" + quote(words))
        assert status(f"{url}/help?q={'x' * 70_000}") == 414  # nobody types this
        long = urllib.request.Request(f"{url}/api/v1/instance", headers={"X": "x" * 20_000})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(long, timeout=30)
        with refused.value as answer:  # also what the application never sees is no page
            assert (answer.code, answer.headers.get_content_type()) == (431, "application/json")
            assert json.load(answer) == {"error": "Request Header Fields Too Large"}


@pytest.mark.timeout(200)
def test_a_server_that_starts_before_its_database_makes_it_ready_when_it_answers(
    settings: Settings, tmp_path: Path
) -> None:
    with restarts.served() as database, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        database.kill()
        asked = replace(settings, instance=tmp_path / "host", port=port, web_processes=1,
                        database_url=database.url)
        server = subprocess.Popen(
            [sys.executable, "-m", "microshare.cli", "serve", "--without-worker"],
            env=config.environment(asked), start_new_session=True, stdout=subprocess.PIPE, text=True)
        try:
            url = f"http://127.0.0.1:{port}"
            until(f"{url}/health", 200)
            assert (status(f"{url}/ready"), status(f"{url}/sign-in")) == (503, 503)
            database.start()
            until(f"{url}/ready", 200)
            until(f"{url}/sign-in", 200)
            assert server.stdout is not None
            assert any("/join/" in line for line in server.stdout)  # ends at the first one
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            told = server.communicate()[0]
    assert server.returncode == 0
    assert "/join/" not in told, "the first administrator's link is printed once"
