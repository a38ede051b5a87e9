"""Our command in processes that begin at once: forked from one that has everything loaded.

Each is a process as another, with its own environment, and dies of SIGKILL as another. To start
Python anew for each takes two seconds, which is most of such a test. That it starts so too is seen
by the tests of `make run`, of kills and of the port: they start it as everybody does.
"""

import json
import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Fork:
    """One of the processes."""

    of: "Forks"
    pid: int
    returncode: int | None = None  # a signal counts below zero

    def kill(self) -> int:
        return self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        os.kill(self.pid, how)
        return self.wait()

    def poll(self) -> int | None:
        """The exit code, once it has ended."""
        if self.returncode is None:
            told = self.of.ask(poll=self.pid).strip()
            self.returncode = int(told) if told else None
        return self.returncode

    def wait(self, timeout: float = 120) -> int:
        """The exit code; `TimeoutExpired` after so many seconds."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("microshare", timeout)
            time.sleep(0.01)
        return code


class Forks:
    """The process that has everything loaded."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(self, **asked: Any) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return self.process.stdout.readline()

    def run(
        self, *args: str, environ: Mapping[str, str], stdin: str = os.devnull,
        out: Path | None = None, err: Path | None = None,
    ) -> Fork:  # fmt: skip
        """Begin a command, in a group of its own; what it says goes to `out`.

        With `-m` before it, it is the name of a module of Python's.
        """
        told = self.ask(args=args, environ=dict(environ), stdin=stdin, out=str(out or os.devnull),
                        err=str(err or ""))
        return Fork(self, int(told))


@contextmanager
def forks() -> Iterator[Forks]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.forks"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True, cwd=Path(__file__).parent.parent,
    ) as process:  # fmt: skip
        yield Forks(process)


def _serve() -> None:
    from microshare.cli import main  # which takes so long

    for line in sys.stdin:
        asked = json.loads(line)
        if "poll" in asked:
            ended, state = os.waitpid(asked["poll"], os.WNOHANG)
            _tell(os.waitstatus_to_exitcode(state) if ended else "")
            continue
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            _become(asked)
            if asked["args"][0] == "-m":
                _run(*asked["args"][1:])
            main.main(args=asked["args"], prog_name="microshare")
        _tell(pid)


def _run(module: str, *args: str) -> None:
    """As `python -m` does it."""
    sys.argv = [module, *args]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()


def _tell(what: object) -> None:
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def _become(asked: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.dup2(os.open(asked["stdin"], os.O_RDONLY), 0)
    out = os.open(asked["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    if os.environ.get("QUIET"):
        os.dup2(out, 2)
    if asked["err"]:
        os.dup2(os.open(asked["err"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the life of it
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    _serve()
