"""A PostgreSQL server of our own that can be killed and started again."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import postgresql


@dataclass(frozen=True)
class Server:
    """A server that `postgresql.served` made; its folder is the socket's."""

    url: str

    @property
    def folder(self) -> Path:
        return Path(self.url.partition("host=")[2])

    def _pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def is_up(self) -> bool:
        return Path(f"/proc/{self._pid()}").exists()

    def kill(self) -> None:
        """End it as a power cut would, and wait until its last process is gone."""
        pid = self._pid()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 30
        while any(Path(f"/proc/{one}").exists() for one in (pid, *children)):
            assert time.monotonic() < deadline, "the server does not end"
            time.sleep(0.01)

    def start(self) -> None:
        """Start it anew upon the same data."""
        folder = self.folder
        who: dict[str, Any] = postgresql._as_user()
        listening = f"-k {folder} -c listen_addresses=''"
        subprocess.run(
            [postgresql._tool("pg_ctl"), "-D", str(folder / "data"), "-w", "-l",
             str(folder / "log"), "-o", listening, "start"],
            check=True, stdout=subprocess.DEVNULL, cwd="/", **who,
        )


@contextmanager
def served() -> Iterator[Server]:
    with postgresql.served() as url:
        server = Server(url)
        try:
            yield server
        finally:
            if not server.is_up():
                server.start()  # for who made it stops it
