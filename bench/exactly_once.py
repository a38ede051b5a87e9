"""The digest of a company, killed and resumed at every step: how many letters has each reader?

    python -m bench.exactly_once --readers 10000 --kills 60

A real mail server on the loopback; each run is a process of its own and is killed (SIGKILL) at one
of the steps below, alone or with the process that talks to the mail server.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from microshare import config, create_app, departments, follows, installing, people, posts, tags
from microshare.config import Settings
from microshare.db import db, saving

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)  # pretended between two runs
END = timedelta(days=6)  # of the week whose digest it is
# What is killed, and when; `drop` and `later` kill nothing: the mail server is at fault.
STEPS = (
    "before the claim",
    "claimed, not handed over",
    "in RCPT",
    "in RCPT, the run alone",
    "in DATA, before the yes",
    "in DATA, the run alone",
    "between the yes and the mark",
    "after the yes, the run alone",
    "the server drops the connection",
    "the server asks to come later",
)
# A process that has everything imported, and becomes a run for each line that it reads.
RUNNER = """
import os, sys
from microshare.cli import main
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        sys.stdout = open(os.devnull, "w")
        try:
            main(["digest", "send", "--at", line.strip()], standalone_mode=False)
        finally:
            os._exit(0)
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("ended", flush=True)
"""


@dataclass
class Server:
    """Takes letters, and lets a step happen at the letter that is next for one."""

    database: Path  # of the company, SQLite
    url: str = ""
    letters: list[tuple[str, str]] = field(default_factory=list)  # recipient, Message-ID
    step: str = ""
    run: int = 0  # pid
    left: int = 0  # letters to take before the step

    def child(self) -> int:
        """The process of the run that talks to us; 0 where there is none."""
        try:
            told = Path(f"/proc/{self.run}/task/{self.run}/children").read_text().split()
        except OSError:
            return 0
        return int(told[0]) if told else 0

    def kill(self, *, whole: bool) -> None:
        victims = [self.run, self.child()] if whole else [self.run]
        self.step = ""
        for pid in victims:
            if pid:
                os.kill(pid, signal.SIGKILL)

    def _go_on(self) -> None:
        """Some letters more, so that the others are left to the next runs."""
        self.step, self.left = "in RCPT, the run alone", 20

    def _is_it(self, *steps: str) -> bool:
        return self.step in steps and self.left <= 0

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.left -= 1
        if self._is_it("in RCPT", "in RCPT, the run alone"):
            self.kill(whole=self.step == "in RCPT")
        if self._is_it("the server asks to come later"):
            self._go_on()
            return "451 4.7.1 greylisted, come later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self._is_it("in DATA, before the yes"):
            self.kill(whole=True)
            return "451 gone"  # to nobody: without a yes it is not taken
        if self._is_it("the server drops the connection"):
            self._go_on()
            connection = server.transport
            if connection:
                connection.close()
            return "451 gone"
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        letter = message_from_bytes(raw)
        self.letters += [(address, str(letter["Message-ID"])) for address in envelope.rcpt_tos]
        if self._is_it("in DATA, the run alone"):
            self.kill(whole=False)
        if self._is_it("between the yes and the mark"):
            os.kill(self.child(), signal.SIGSTOP)  # so that it cannot read the yes that it gets
            asyncio.get_running_loop().call_later(0.02, lambda: self.kill(whole=True))
        if self._is_it("after the yes, the run alone"):
            asyncio.get_running_loop().call_later(0.0005, lambda: self.kill(whole=False))
        if self._is_it("claimed, not handed over"):
            self._stop_when_marked(envelope.rcpt_tos[0])
        return "250 OK"

    def _stop_when_marked(self, address: str) -> None:
        """This letter is marked; the next one is claimed, and stays in the pipe."""
        later = asyncio.get_running_loop().call_later
        if not _is_marked(self.database, address):
            later(0.0005, lambda: self._stop_when_marked(address))
            return
        if child := self.child():
            os.kill(child, signal.SIGSTOP)
        later(0.1, lambda: self.kill(whole=True))


def _is_marked(database: Path, address: str) -> bool:
    with closing(sqlite3.connect(database, timeout=5)) as connection:
        return bool(
            connection.execute(
                "SELECT 1 FROM digests JOIN users ON users.id = reader_id"
                " WHERE email = ? AND state = 'sent'",
                [address],
            ).fetchone()
        )


@contextmanager
def served(database: Path) -> Iterator[Server]:
    """The server, on a port of its own."""
    server = Server(database)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    server.url = f"smtp://127.0.0.1:{port}"
    try:
        yield server
    finally:
        controller.stop()


def company(settings: Settings, readers: int) -> None:
    """One post, and so many who follow its tag."""
    app = create_app(settings, patient=True)
    with app.app_context():
        installing.install()
        with saving():
            sales = departments.named("Sales", NOON)
            ada = people.join(email=None, username="ada", name="Ada", department=sales, now=NOON)
            posts.publish(ada, "Quieter seal tested #pumps", now=NOON - timedelta(days=2))
        for start in range(0, readers, 500):
            with saving():
                for number in range(start, min(start + 500, readers)):
                    reader = people.join(
                        email=f"r{number}@example.com",
                        username=f"r{number}",
                        name=f"Reader {number}",
                        department=departments.get("sales"),
                        now=NOON,
                    )
                    follows.follow(reader, tags.get("pumps"), NOON)
        db.session.remove()
        db.engine.dispose()


def prove(
    folder: Path, readers: int, kills: int, steps: Sequence[str] = STEPS, seed: int = 1
) -> dict[str, Any]:
    """Send a company its digest through so many deaths; what came of it, in numbers."""
    chance, began = random.Random(seed), time.monotonic()
    done = [steps[number % len(steps)] for number in range(kills)]
    with served(folder / "microshare.db") as server:
        settings = Settings(
            instance=folder, mail_from="share@example.com", smtp_url=server.url, company="Acme"
        )
        company(settings, readers)
        with subprocess.Popen(
            [sys.executable, "-c", RUNNER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=config.environment(settings),
        ) as runner:
            at = NOON
            for step in done:
                server.left = chance.randrange(max(2 * (readers - 2) // (kills + 1), 1)) + 1
                _one_run(runner, server, at, step)
                at += HOUR
            while len({address for address, _ in server.letters}) < readers and at < NOON + END:
                at += 20 * HOUR  # longer than any back-off
                _one_run(runner, server, at, "")
            _one_run(runner, server, at, "")  # once more: nothing is left, and nothing goes
            if runner.stdin:
                runner.stdin.close()
    counted = Counter(server.letters)
    by_reader = Counter(address for address, _ in counted)
    return {
        "readers": readers,
        "kills": kills,
        "letters": len(server.letters),
        "readers with a letter": len(by_reader),
        "readers with two different letters": sum(n > 1 for n in by_reader.values()),
        "copies with the same Message-ID": len(server.letters) - len(counted),
        "steps": dict(Counter(done)),
        "seconds": round(time.monotonic() - began, 1),
    }


def _one_run(runner: "subprocess.Popen[str]", server: Server, at: datetime, step: str) -> None:
    if runner.stdin is None or runner.stdout is None:
        raise RuntimeError("the runner has no pipes")
    server.run, server.step = 0, ""
    print(at.isoformat(), file=runner.stdin, flush=True)
    server.run, server.step = int(runner.stdout.readline()), step
    if step == "before the claim":
        deadline = time.monotonic() + 30
        while not server.child() and time.monotonic() < deadline:
            time.sleep(0.002)  # its child is being made: nothing is claimed yet
        server.kill(whole=False)
    if runner.stdout.readline() != "ended\n":
        raise RuntimeError("the runner died")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.exactly_once", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--readers", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="exactly-once-") as folder:
        found = prove(Path(folder) / "instance", asked.readers, asked.kills, seed=asked.seed)
    print(json.dumps(found, indent=1))
    good = found["readers with a letter"] == asked.readers
    sys.exit(0 if good and not found["readers with two different letters"] else 1)


if __name__ == "__main__":
    main()
