"""Several hosts on one PostgreSQL, some of them killed midway: is anything lost, or sent twice?

Two web processes with instance folders of their own, empty at the start, two workers, one
database server, a real mail server. Colleagues sign in at one host and go on at both, by turns.
Midway one web process and the database are killed (-9) and started again, the web process first.
What was refused, or not answered, is sent again with the same key.

    python -m bench.hosts
"""

import argparse
import asyncio
import http.client
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from microshare import (
    clock,
    config,
    create_app,
    departments,
    digest_run,
    follows,
    installing,
    people,
    posts,
    tags,
)
from microshare.config import Settings
from microshare.db import db, let_go, saving
from microshare.models import Digest, Post, Saved, Thanks, User
from tests import mail_server, restarts

PASSWORD = "correct horse battery"  # noqa: S105
SUBJECT = "pumps"
LETTER = 0.02  # seconds that the mail server takes for each letter
AGAIN = 0.1  # seconds until what was refused is sent again
PATIENCE = 300  # seconds for the letters to arrive


@dataclass
class Seen:
    """What the colleagues were told, all together."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answers: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    is_over: bool = False  # what was killed has been started again
    text_lost: int = 0  # 503 pages that did not show what was typed
    posts: dict[str, int] = field(default_factory=dict)  # key: id
    thanks: set[tuple[str, int]] = field(default_factory=set)
    saves: set[tuple[str, int]] = field(default_factory=set)

    @property
    def acknowledged(self) -> int:
        return sum(count for status, count in self.answers.items() if status < 400)


@dataclass(frozen=True)
class Report:
    """What became of it all. The counts after `letters` should be 0."""

    requests: int
    refused: int  # 503, sent again
    unanswered: int  # connections refused or cut, sent again
    posts: int
    thanks: int
    saves: int
    letters: int
    readers: int
    seconds: float
    lost: int
    doubled: int
    texts_lost: int
    letters_doubled: int
    letters_missing: int
    faults: int  # answers of 500, and any other that nobody expects

    def __str__(self) -> str:
        return (
            f"{self.requests} requests in {self.seconds:.0f} s, {self.refused} of them refused "
            f"with 503 and {self.unanswered} not answered before they succeeded.\n"
            f"Acknowledged: {self.posts} posts, {self.thanks} thanks, {self.saves} saves. "
            f"Lost: {self.lost}. Doubled: {self.doubled}. Typed texts not shown: "
            f"{self.texts_lost}.\n"
            f"Letters: {self.letters} to {self.readers} readers. Missing: "
            f"{self.letters_missing}. Doubled: {self.letters_doubled}.\n"
            f"Faults (500 and the like): {self.faults}."
        )


class Colleague(threading.Thread):
    """One colleague who reads, writes, thanks and saves until enough has been answered.

    And until all has been killed and started again, however soon enough is reached.
    """

    def __init__(self, name: str, ports: list[int], seen: Seen, enough: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.login = name
        self.ports = ports
        self.seen = seen
        self.enough = enough
        self.random = random.Random(seed)
        self.turn = seed
        self.cookie = ""
        self.csrf = ""
        self.written = 0

    def sign_in(self) -> None:
        """At the first host alone: the others must know the session too."""
        port = self.ports[0]
        self.csrf = self._token(self._ask(port, "GET", "/sign-in")[1])
        status, _, _ = self._ask(
            port, "POST", "/sign-in", csrf_token=self.csrf, login=self.login, password=PASSWORD
        )
        if status != 303:
            raise RuntimeError(f"{self.login} cannot sign in: {status}")
        self.csrf = self._token(self._ask(self.ports[1], "GET", "/new")[1])

    @staticmethod
    def _token(page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        if found is None:
            raise RuntimeError("a page without a form")
        return found[1]

    def _ask(self, port: int, method: str, path: str, **fields: str) -> tuple[int, str, str]:
        """Status, page, and where it leads."""
        headers = {"Cookie": self.cookie}
        if fields:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
        try:
            connection.request(method, path, urllib.parse.urlencode(fields) or None, headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            if cookie := answer.getheader("Set-Cookie"):
                self.cookie = cookie.partition(";")[0]
            return answer.status, page, answer.getheader("Location", "")
        finally:
            connection.close()

    def run(self) -> None:
        while self.seen.acknowledged < self.enough or not self.seen.is_over:
            self.random.choices(
                (self._read, self._write, self._thank, self._save, self._search),
                (40, 30, 15, 10, 5),
            )[0]()

    def _sure(self, method: str, path: str, **fields: str) -> tuple[int, str]:
        """Ask at the hosts by turns until one answers; the status, and where it leads."""
        if fields:
            fields["csrf_token"] = self.csrf
        while True:
            self.turn += 1
            port = self.ports[self.turn % len(self.ports)]
            try:
                status, page, led = self._ask(port, method, path, **fields)
            except (OSError, http.client.HTTPException):
                with self.seen.lock:
                    self.seen.unanswered += 1
            else:
                with self.seen.lock:
                    self.seen.answers[status] += 1
                    if status == 503 and fields.get("line", "") not in page:
                        self.seen.text_lost += 1
                if status != 503:
                    return status, led
            time.sleep(AGAIN)

    def _read(self) -> None:
        self._sure("GET", self.random.choice(("/", "/everyone", f"/tags/{SUBJECT}", "/inbox")))

    def _search(self) -> None:
        self._sure("GET", "/search?q=seal")

    def _write(self) -> None:
        self.written += 1
        key = f"{self.login}-{self.written}"
        line = f"Seal {key} is quieter now #{SUBJECT}"
        status, led = self._sure("POST", "/posts", line=line, key=key)
        if status == 303:
            with self.seen.lock:
                self.seen.posts[key] = int(led.rpartition("/")[2])

    def _somebody_elses(self) -> int | None:
        with self.seen.lock:
            newest = list(self.seen.posts.items())[-200:]
        others = [post for key, post in newest if not key.startswith(f"{self.login}-")]
        return self.random.choice(others) if others else None

    def _thank(self) -> None:
        if (post := self._somebody_elses()) is not None:
            status, _ = self._sure("POST", f"/posts/{post}/thanks", next="/help")
            if status == 303:
                with self.seen.lock:
                    self.seen.thanks.add((self.login, post))

    def _save(self) -> None:
        if (post := self._somebody_elses()) is not None:
            status, _ = self._sure("POST", f"/posts/{post}/save", next="/help")
            if status == 303:
                with self.seen.lock:
                    self.seen.saves.add((self.login, post))


class Process:
    """A `microshare` command in a session of its own, with its settings."""

    def __init__(self, settings: Settings, *command: str) -> None:
        self.settings = settings
        self.command = command
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.settings.instance.parent / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "microshare.cli", *self.command],
                env=config.environment(self.settings),
                start_new_session=True,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            try:
                os.killpg(self.process.pid, how)
            except ProcessLookupError:
                pass
            self.process.wait(60)


@contextmanager
def _company(settings: Settings, colleagues: list[str], readers: int) -> Iterator[None]:
    """People who write, and readers whose letter is due: there is something to say to them."""
    now = clock.now()
    due = now - timedelta(hours=3)
    app = create_app(settings, patient=True)
    with app.app_context():
        installing.install()
        with saving():
            sales = departments.named("Sales", now)
            for name in [*colleagues, *(f"reader{n}" for n in range(readers))]:
                joined = people.join(
                    email=f"{name}@example.com",
                    username=name,
                    name=name,
                    department=sales,
                    password=PASSWORD if name in colleagues else None,
                    now=now - timedelta(days=30),
                    language="en",
                    time_zone="UTC",
                )
                is_reader = name not in colleagues
                people.set_digest(joined, on=is_reader, weekday=due.weekday(), hour=due.hour)
            writer = people.get(colleagues[0])
            posts.publish(writer, f"A quieter seal #{SUBJECT}", now=due - timedelta(days=2))
            for number in range(readers):
                follows.follow(people.get(f"reader{number}"), tags.get(SUBJECT), now)
        db.session.remove()
        try:
            yield
        finally:
            let_go()
            db.engine.dispose()


def _answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _until(is_so: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {seconds:.0f} s: {what}")
        time.sleep(0.05)


def _is_sending() -> bool:
    db.session.rollback()
    return bool(db.session.scalar(select(func.count(Digest.id))))


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class _SlowServer(mail_server.MailServer):
    """Takes its time, so that letters are under way when the database dies."""

    async def handle_DATA(self, *args: Any) -> str:  # noqa: N802
        await asyncio.sleep(LETTER)
        return await super().handle_DATA(*args)


def run(requests: int, readers: int, *, colleagues: int = 8, hurry: bool = False) -> Report:
    """The whole play; `hurry` finishes the letters by hand instead of waiting for the workers."""
    names = [f"colleague{number}" for number in range(colleagues)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="microshare-hosts-")))
        mail = stack.enter_context(mail_server.served(_SlowServer()))
        database = stack.enter_context(restarts.served())
        base = Settings(
            instance=folder / "here",
            database_url=database.url,
            smtp_url=mail.url,
            web_processes=1,
            password_memory=8,
            log_level="warning",
        )
        stack.enter_context(_company(base, names, readers))
        hosts = [
            Process(
                replace(base, instance=folder / f"web{n}", port=_port()),
                "serve",
                "--without-worker",
            )
            for n in range(2)
        ]
        workers = [
            Process(replace(base, instance=folder / f"worker{n}"), "worker") for n in range(2)
        ]
        for process in (*hosts, *workers):
            stack.callback(process.stop)
        seen, began = Seen(), time.monotonic()
        _play(hosts, workers, database, names, seen, requests)
        seconds = time.monotonic() - began
        db.session().invalidate()  # its connection died with the server
        if hurry:
            for worker in workers:
                worker.stop()
            digest_run.send_due(clock.now() + timedelta(minutes=10), newcomers=False)
        _until(lambda: len(mail.letters) >= readers, PATIENCE, "letters are missing")
        time.sleep(0 if hurry else 5)  # one letter too many would come now
        return _report(seen, mail, readers, seconds)


def _play(
    hosts: list[Process],
    workers: list[Process],
    database: restarts.Server,
    names: list[str],
    seen: Seen,
    requests: int,
) -> None:
    ports = [host.settings.port for host in hosts]
    for host in hosts:
        host.start()
    _until(lambda: all(map(_answers, ports)), 60, "the hosts do not answer")
    crowd = [Colleague(name, ports, seen, requests, seed) for seed, name in enumerate(names)]
    for colleague in crowd:
        colleague.sign_in()
        colleague.start()
    _until(lambda: seen.acknowledged >= 0.4 * requests, 3600, "the beginning takes for ever")
    for worker in workers:
        worker.start()
    _until(_is_sending, 60, "no digest is begun")
    _until(lambda: seen.acknowledged >= 0.5 * requests, 3600, "the first half takes for ever")
    hosts[0].stop(signal.SIGKILL)
    database.kill()
    hosts[0].start()  # while nothing answers it
    time.sleep(3)
    database.start()
    seen.is_over = True
    for colleague in crowd:
        colleague.join()


def _report(seen: Seen, mail: mail_server.MailServer, readers: int, seconds: float) -> Report:
    db.session.remove()
    stored = db.session.execute(
        select(Post.key, Post.id, Post.line).where(Post.line.startswith("Seal "))
    ).all()
    ids = {row.key: row.id for row in stored}
    lines = Counter(row.line for row in stored)
    usernames = dict(db.session.execute(select(User.id, User.username)).all())
    thanks = {
        (usernames[giver], post)
        for giver, post in db.session.execute(select(Thanks.giver_id, Thanks.post_id))
    }
    saves = {
        (usernames[reader], post)
        for reader, post in db.session.execute(select(Saved.reader_id, Saved.post_id))
    }
    miscounted = db.session.scalar(
        select(func.count(Post.id)).where(
            Post.thanks_count
            != select(func.count(Thanks.giver_id))
            .where(Thanks.post_id == Post.id)
            .scalar_subquery()
        )
    )
    to = Counter(address for address, _ in mail.letters)
    expected = {200, 204, 303, 503}
    return Report(
        requests=seen.acknowledged,
        refused=seen.answers[503],
        unanswered=seen.unanswered,
        posts=len(seen.posts),
        thanks=len(seen.thanks),
        saves=len(seen.saves),
        letters=len(mail.letters),
        readers=readers,
        seconds=seconds,
        lost=sum(ids.get(key) != post for key, post in seen.posts.items())
        + len(seen.thanks - thanks)
        + len(seen.saves - saves),
        doubled=sum(count - 1 for count in lines.values()) + (miscounted or 0),
        texts_lost=seen.text_lost,
        letters_doubled=sum(count - 1 for count in to.values()),
        letters_missing=readers - len(to),
        faults=sum(count for status, count in seen.answers.items() if status not in expected),
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.hosts", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--readers", type=int, default=300)
    asked = parser.parse_args()
    print(run(asked.requests, asked.readers))


if __name__ == "__main__":
    main()
