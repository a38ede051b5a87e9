"""Our command in processes that begin at once: forked from one that has everything loaded.

Each is a process as another, with its own environment, and dies of SIGKILL as another. To start
Python anew for each takes two seconds, which is most of such a test.
"""

import json
import os
import signal
import subprocess
import sys
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

    def kill(self) -> int:
        return self.stop(signal.SIGKILL)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        os.kill(self.pid, how)
        return self.wait()

    def wait(self) -> int:
        """The exit code; a signal counts below zero."""
        return int(self.of.ask(wait=self.pid))


class Forks:
    """The process that has everything loaded."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(self, **asked: Any) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return self.process.stdout.readline()

    def run(
        self, *args: str, environ: Mapping[str, str], stdin: str = os.devnull, out: Path | None = None
    ) -> Fork:
        """Begin a command; what it says goes to `out`."""
        told = self.ask(args=args, environ=dict(environ), stdin=stdin, out=str(out or os.devnull))
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
        if "wait" in asked:
            _, state = os.waitpid(asked["wait"], 0)
            _tell(os.waitstatus_to_exitcode(state))
            continue
        pid = os.fork()
        if pid == 0:
            _become(asked)
            main.main(args=asked["args"], prog_name="microshare")
        _tell(pid)


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become(asked: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(asked["environ"])
    os.dup2(os.open(asked["stdin"], os.O_RDONLY), 0)
    out = os.open(asked["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    if os.environ.get("QUIET"):
        os.dup2(out, 2)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - for the life of it
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


if __name__ == "__main__":
    _serve()
