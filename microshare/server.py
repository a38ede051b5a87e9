"""The production server with the worker beside it: one command, one Ctrl-C.

gunicorn's master runs in this process. The worker is its child and is started again if it dies;
it ends by itself when its parent is gone, however that went.
"""

import os
import subprocess
import sys
import threading
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from microshare import config
from microshare.db import db

PAUSE = 5  # seconds before a worker that died is started again


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our application and our settings, and nothing from its own files."""

    def __init__(self, app: Flask, *, with_worker: bool) -> None:
        self.app = app
        self.settings: config.Settings = app.config["MICROSHARE"]
        self.worker = Worker(self.settings) if with_worker else None
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
            "graceful_timeout": 10,
            "timeout": 60,
            "loglevel": "warning",
            "when_ready": self._started,
            "on_exit": self._stopped,
            "post_fork": self._forked,
            "control_socket_disable": True,
        }
        for name, value in options.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app

    def _started(self, arbiter: Any) -> None:
        print(
            f"microshare serves on http://{self.settings.host}:{arbiter.LISTENERS[0].getsockname()[1]}"
            " — Ctrl-C stops it.",
            flush=True,
        )
        if self.worker is not None:
            self.worker.start()

    def _forked(self, arbiter: Any, process: Any) -> None:
        with self.app.app_context():
            db.engine.dispose(close=False)  # a connection does not survive a fork

    def _stopped(self, arbiter: Any) -> None:
        if self.worker is not None:
            self.worker.stop()


class Worker:
    """The background worker as a child process."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self.thread.start()

    def _keep(self) -> None:
        while not self.stopping.is_set():
            self.process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "microshare.cli", "worker", "--parent", str(os.getpid())],
                env=config.environment(self.settings),
            )
            self.process.wait()
            self.stopping.wait(PAUSE)

    def stop(self) -> None:
        """Ask it to finish its round, and wait."""
        self.stopping.set()
        if self.process is not None:
            self.process.terminate()
        self.thread.join(timeout=20)


def serve(app: Flask, *, with_worker: bool = True) -> None:
    """Serve until a signal asks to stop."""
    Server(app, with_worker=with_worker).run()
