"""The production server with the worker beside it: one command, one Ctrl-C.

gunicorn's master runs in this process. The worker is its child and is started again if it dies;
it ends by itself when its parent is gone, however that went.
"""

import errno
import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from time import sleep
from typing import Any

from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.http import message

from microshare import config, garbage
from microshare.db import db
from microshare.errors import Refused

LONGEST_ADDRESS = 64 * 1024  # bytes: a search of 5,000 characters of any script
# gunicorn takes a setting of at most 8,190 bytes, or no limit at all.
message.MAX_REQUEST_LINE = LONGEST_ADDRESS
PAUSE = 5  # seconds before a child that died is started again
PATIENCE = 30  # seconds for the next piece of a request: who lost its signal says nothing any more


def _refuse(connection: socket.socket, status: int, reason: str, _: str) -> None:
    """What gunicorn refuses before there is a request, as JSON: a program reads it, or nobody."""
    body = json.dumps({"error": reason})
    head = f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: application/json"
    util.write_nonblock(
        connection, f"{head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode("latin-1")
    )


util.write_error = _refuse


def be_patient(listener: socket.socket) -> None:
    """Wait only so long for what a connection sends: each that stalls would keep a thread for good.

    What is accepted has it from the listener. How long an answer takes is another matter.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", PATIENCE, 0))


def _is_news(record: logging.LogRecord) -> bool:
    """Not that somebody stalled: it happens to every phone."""
    return not (record.exc_info and isinstance(record.exc_info[1], BlockingIOError))


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our application and our settings, and nothing from its own files."""

    def __init__(self, app: Flask, *, with_worker: bool, is_ready: bool) -> None:
        self.app = app
        self.settings: config.Settings = app.config["MICROSHARE"]
        self.children = [] if is_ready else [Child(self.settings, "init", "--wait", ends=True)]
        self.children += [Child(self.settings, "worker")] if with_worker else []
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"{self.settings.host}:{self.settings.port}",
            "workers": self.settings.web_processes,
            "threads": self.settings.web_threads,
            "worker_class": "gthread",
            "preload_app": True,
            "proc_name": "microshare",
            "keepalive": 20,
            "limit_request_line": LONGEST_ADDRESS,
            "graceful_timeout": 10,
            "timeout": 60,
            "loglevel": "warning",
            "when_ready": self._started,
            "on_exit": self._stopped,
            "post_fork": self._forked,
            "post_worker_init": self._begun,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app

    def _started(self, arbiter: Any) -> None:
        garbage.settle()
        for listener in arbiter.LISTENERS:
            be_patient(listener.sock)
        logging.getLogger("gunicorn.error").addFilter(_is_news)
        print(
            f"microshare serves on http://{self.settings.host}:{arbiter.LISTENERS[0].getsockname()[1]}"
            " — Ctrl-C stops it.",
            flush=True,
        )
        for child in self.children:
            child.start()

    def _forked(self, arbiter: Any, process: Any) -> None:
        with self.app.app_context():
            db.engine.dispose(close=False)  # a connection does not survive a fork

    def _begun(self, process: Any) -> None:
        """A web process leaves the terminal's Ctrl-C to its parent, and ends when that is gone."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()

    def _stopped(self, arbiter: Any) -> None:
        for child in self.children:
            child.stop()


def _end_with(parent: int) -> None:
    """End this process at once when its parent is gone: the port is the next start's."""
    while os.getppid() == parent:
        sleep(0.5)
    os._exit(1)


def _wait_for_port(host: str, port: int) -> None:
    """`Refused` when somebody else keeps the port; what a killed start left goes within seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for _ in range(30):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
            else:
                return
        sleep(0.1)
    raise Refused("port-used", host=host, port=port)


class Child:
    """A command of ours beside the pages: the worker, or who waits for a database to be ready.

    It is started again when it ends, unless it is one that `ends` when its work is done.
    """

    def __init__(self, settings: config.Settings, *command: str, ends: bool = False) -> None:
        self.settings = settings
        self.command = command
        self.ends = ends
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def _keep(self) -> None:
        while not self.stopping.is_set():
            self.process = subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-m",
                    "microshare.cli",
                    *self.command,
                    "--parent",
                    str(os.getpid()),
                ],
                env=config.environment(self.settings),
            )
            if self.process.wait() == 0 and self.ends:
                return
            self.stopping.wait(PAUSE)

    def stop(self) -> None:
        """Ask it to finish its round, and wait."""
        self.stopping.set()
        if self.process is not None:
            self.process.terminate()
        self.thread.join(timeout=20)


def serve(app: Flask, *, with_worker: bool = True, is_ready: bool = True) -> None:
    """Serve until a signal asks to stop.

    `is_ready`: whether the database has its tables; else a child waits for it to answer.
    """
    settings: config.Settings = app.config["MICROSHARE"]
    _wait_for_port(settings.host, settings.port)
    Server(app, with_worker=with_worker, is_ready=is_ready).run()
