"""The product served as `make run` does it: a process of its own, with its worker."""

import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from microshare import config
from microshare.config import Settings
from tests.forks import Fork, Forks

Process = subprocess.Popen[bytes] | Fork


@contextmanager
def running(
    settings: Settings, port: int = 0, *, with_worker: bool = True, by: Forks | None = None
) -> Iterator[tuple[Process, str]]:
    """The server process and its address; all of its group is gone afterwards.

    `port`: where one stood before that was killed; 0: any that is free. `by`: what begins it at
    once, with the worker beside it instead of under it; for tests that ask only the pages.
    """
    port = port or free_port()
    settings = replace(settings, port=port, url=f"http://127.0.0.1:{port}")
    environ = config.environment(settings)
    worker = "--with-worker" if with_worker and by is None else "--without-worker"
    begun: list[Process] = []
    try:
        if by is None:
            server: Process = subprocess.Popen(
                [sys.executable, "-m", "microshare.cli", "serve", worker],
                env=environ,
                start_new_session=True,
                stdout=subprocess.DEVNULL,
            )
        else:
            server = by.run("serve", worker, environ=environ)
        begun.append(server)
        _until_it_answers(settings.url, server)
        if by is not None and with_worker:
            begun.append(by.run("worker", environ=environ))
        yield server, settings.url
    finally:
        for process in begun:
            stop(process, signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def stop(server: Process, how: signal.Signals) -> None:
    """Signal the whole group, and wait for its first process."""
    try:
        os.killpg(server.pid, how)
    except ProcessLookupError:
        pass
    server.wait(30)


def _until_it_answers(url: str, server: Process) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url + "/help", timeout=5).close()
            return
        except OSError:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Says where an answer leads, and does not go there."""

    def redirect_request(self, *_: object) -> None:
        return None


class Visitor:
    """A signed-in colleague, over HTTP."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()), _Stay()
        )
        self._take_token(self.get("/sign-in"))
        self.send("/sign-in", login=login, password=password)
        self._take_token(self.get("/new"))

    def _take_token(self, page: str) -> None:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        self.csrf_token = found[1]

    def get(self, path: str) -> str:
        with self.opener.open(self.url + path, timeout=30) as answer:
            return str(answer.read().decode())

    def send(self, path: str, **fields: str) -> str:
        """POST a form; returns where it led to. OSError when it was not acknowledged."""
        body = urllib.parse.urlencode({"csrf_token": self.csrf_token, **fields}).encode()
        try:
            self.opener.open(self.url + path, body, timeout=30).close()
        except urllib.error.HTTPError as answer:
            with answer:
                if answer.code == 303:
                    return str(answer.headers["Location"])
                raise
        raise OSError("not acknowledged")
