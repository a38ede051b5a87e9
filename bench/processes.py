"""The processes that are measured: started as `make run` does, watched through the kernel, ended.

CPU time is that of a process with all its threads, from the kernel's own clock of it: to the
nanosecond, where `/proc/<pid>/stat` counts in ticks of 10 ms.
"""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from microshare import config
from microshare.config import Settings

ROOT = Path(__file__).parent.parent
PATIENCE = 120  # seconds until a server answers
_LIBC, _PR_SET_PDEATHSIG = ctypes.CDLL(None), 1
TRIES = 3  # somebody else may take the port between our looking and the server's


class Ended(Exception):
    """A process that we need is gone, or does not answer."""


@dataclass(frozen=True)
class Served:
    """A server with its web processes; for the product with its worker too."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def children(self) -> list[int]:
        pid = self.process.pid
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]

    @property
    def web(self) -> list[int]:
        """The processes that answer requests."""
        return [child for child in self.children if "worker" not in _arguments(child)]

    @property
    def all(self) -> list[int]:
        return [self.process.pid, *self.children]


def _started(
    arguments: Sequence[str], settings: Settings, **streams: Any
) -> "subprocess.Popen[bytes]":
    """Python with these arguments and settings, in a session of its own; it ends when we do."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=config.environment(settings),
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=_end_with_us,  # noqa: PLW1509 - it takes no lock
        **streams,
    )


def _end_with_us() -> None:
    """Ask the kernel to end this new process when ours does, however that goes."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def cpu(pids: Sequence[int]) -> float:
    """Seconds of CPU that these processes have taken so far, user and system."""
    # The clock of another process (clock_getcpuclockid): its id is made of the process's.
    return sum(time.clock_gettime((~pid << 3) | 2) for pid in pids)


def memory(pids: Sequence[int]) -> dict[str, float]:
    """Megabytes of these processes: `rss` counts shared pages in each, `pss` once in all."""
    found = {"rss": 0.0, "pss": 0.0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, size = line.split()[:2]
            if name in ("Rss:", "Pss:"):
                found[name[:-1].lower()] += int(size) / 1024
    return found


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def product(settings: Settings) -> Iterator[Served]:
    """`microshare serve` on a port of its own."""
    with _serving(["-m", "microshare.cli", "serve"], settings, "/help") as served:
        yield served


@contextmanager
def hello(settings: Settings) -> Iterator[Served]:
    """The bare Flask application on the same server, see `hello.py`."""
    with _serving(["-m", "bench.hello"], settings, "/") as served:
        yield served


@contextmanager
def _serving(command: Sequence[str], settings: Settings, path: str) -> Iterator[Served]:
    log = settings.instance / "bench.log"
    for _ in range(TRIES):
        port = free_port()
        told = replace(settings, port=port, url=f"http://127.0.0.1:{port}")
        with log.open("wb") as output:
            process = _started(command, told, stdout=output, stderr=output)
        try:
            if _answers(process, port, path):
                yield Served(process, port)
                return
        finally:
            stop(process)
    raise Ended(f"{' '.join(command)} does not serve:\n{log.read_text()}")


def _answers(process: "subprocess.Popen[bytes]", port: int, path: str) -> bool:
    """Whether the server answers, before it ends and before our patience does."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode())
                return connection.recv(12).startswith(b"HTTP/1.")
        except OSError:
            time.sleep(0.1)
    return False


def stop(process: "subprocess.Popen[Any]") -> None:
    """End a process with its whole group, in good order if it can."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, how)
        except ProcessLookupError:
            break
        try:
            process.wait(30)
            break
        except subprocess.TimeoutExpired:
            continue


def command(settings: Settings, *arguments: str, patience: float | None = None) -> float | None:
    """Seconds that a `microshare` command takes; None when our patience (seconds) ended first."""
    began = time.monotonic()
    whole = ["-m", "microshare.cli", *arguments]
    process = _started(whole, settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, said = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        return None
    finally:
        stop(process)
    if process.returncode:
        raise Ended(f"microshare {' '.join(arguments)}: {said.decode()[-2000:]}")
    return time.monotonic() - began


def inside(settings: Settings, task: str, **facts: Any) -> Any:
    """What a task of `inside.py` answers, in the application's context and a process of its own."""
    pipe = subprocess.PIPE
    process = _started(["-m", "bench.inside", task], settings, stdin=pipe, stdout=pipe)
    try:
        answer, _ = process.communicate(json.dumps(facts).encode())
    finally:
        stop(process)
    if process.returncode:
        raise Ended(f"bench.inside {task} failed, see above")
    return json.loads(answer)
