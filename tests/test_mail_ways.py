"""The three ways into the mail door, by real servers and processes that are killed."""

import os
import signal
import smtplib
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select

from microshare import clock, config, create_app, mail_addresses, people
from microshare.config import Settings
from microshare.db import db, let_go
from microshare.mail import kept, lmtp, mailbox, posting, receive
from microshare.mail.kept import FAILED, IN_HAND
from microshare.models import Post
from tests import door, forks, imap
from tests.conftest import furnish
from tests.door import SHARE, letter, signed
from tests.forks import Forks


@pytest.fixture(scope="module")
def names() -> Iterator[door.Names]:
    with door.names() as told:
        yield told


@pytest.fixture(scope="module")
def company(
    installed: Path, tmp_path_factory: pytest.TempPathFactory, names: door.Names
) -> Iterator[Flask]:
    """One instance for the whole file, with the mail door open; each test adds its own letters."""
    instance = tmp_path_factory.mktemp("company") / "instance"
    subprocess.run(["cp", "-r", installed, instance], check=True)
    app = create_app(Settings(
        instance=instance, password_memory=8, mail_from="share@example.com", mail_in=SHARE,
        lmtp_listen="127.0.0.1:0", dns=names.address))  # fmt: skip
    with app.app_context():
        furnish()
        let_go()
        yield app
        let_go()
        db.engine.dispose()


@pytest.fixture
def settings(company: Flask) -> Settings:
    return company.config["MICROSHARE"]  # type: ignore[no-any-return]


@pytest.fixture
def private(company: Flask) -> str:
    address = mail_addresses.private(people.get("ada"))
    let_go()
    assert address
    return address


def new(line: str, sender: str = "ada@example.com") -> bytes:
    return letter(sender, line, message_id=f"{line.replace(' ', '.')}@x", at=clock.now())


def count(line: str) -> int:
    """How many posts have this line."""
    db.session.rollback()
    found = db.session.scalar(select(func.count()).where(Post.line == line))
    let_go()
    return found or 0


def until(holds: Callable[[], object]) -> None:
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")


@dataclass
class Pipe:
    """The command for a mail server's pipe."""

    forked: Forks
    settings: Settings
    file: Path

    def begin(self, raw: bytes, *told: str, **environ: str) -> forks.Fork:
        self.file.write_bytes(raw)
        settings = replace(self.settings)
        return self.forked.run("mail", "receive", *told, stdin=str(self.file),
                               environ=config.environment(settings) | environ | QUIET)  # fmt: skip

    def __call__(self, raw: bytes, *told: str, **environ: str) -> int:
        return self.begin(raw, *told, **environ).wait()


QUIET = {"QUIET": "1"}


@pytest.fixture
def piped(forked: Forks, settings: Settings, tmp_path: Path) -> Pipe:
    return Pipe(forked, settings, tmp_path / "letter")


def test_a_pipe_brings_letters_and_hears_what_became_of_them(
    piped: Pipe, settings: Settings, private: str, tmp_path: Path
) -> None:
    raw = b"From ada@example.com Mon Nov 23 12:00:00 2026\n" + new("By pipe").replace(b"\r", b"")
    assert piped(raw, private) == 0
    by_alias = {"RECIPIENT": "microshare@localhost", "ORIGINAL_RECIPIENT": private}
    assert piped(raw, **by_alias) == 0
    assert piped(f"Delivered-To: {private}\n".encode() + new("By header")) == 0
    assert (count("By pipe"), count("By header")) == (1, 1)
    assert piped(new("To nobody"), "share+forged@acme.example") == 67
    # A null return path: a machine's letter, whatever it says of itself.
    assert piped(new("By nobody"), private, SENDER="") == 0
    assert count("By nobody") == 0
    assert piped(raw, private, MICROSHARE_PROT="1") == 75
    bare = replace(settings, instance=tmp_path / "bare")
    assert Pipe(piped.forked, bare, piped.file)(raw, private) == 75


def test_thirty_megabytes_are_taken_and_fifty_refused(company: Flask, private: str) -> None:
    part = (b"A" * 76 + b"\r\n") * (42 * 2**20 // 78)
    assert receive.receive(new("A large one") + part, private, clock.now()).why == "posted"
    assert count("A large one") == 1
    assert receive.receive(2 * part, private, clock.now()).state == "large"


@contextmanager
def busy(app: Flask) -> Iterator[None]:
    """A database in which somebody else writes: whoever takes a letter waits in the middle."""
    file = app.config["MICROSHARE"].instance / "microshare.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def in_hand() -> list[str]:
    return list(kept.names(IN_HAND))


def test_a_pipe_that_is_killed_loses_nothing(company: Flask, piped: Pipe, private: str) -> None:
    raw = new("Killed pipe")
    with busy(company):
        process = piped.begin(raw, private)
        until(in_hand)
        assert process.kill() == -signal.SIGKILL
    assert count("Killed pipe") == 0
    assert piped(raw, private) == 0  # the mail server brings it again
    assert count("Killed pipe") == 1 and in_hand() == []


@contextmanager
def lmtp_served(forked: Forks, settings: Settings, out: Path) -> Iterator[tuple[forks.Fork, str]]:
    process = forked.run("mail", "serve", environ=config.environment(settings) | QUIET, out=out)
    try:
        until(lambda: out.exists() and "(LMTP)" in out.read_text())
        told = out.read_text().splitlines()[-1]
        assert told.startswith("microshare takes letters for share@acme.example on ")
        yield process, told.split()[-2]
    except BaseException:
        process.kill()
        raise


@pytest.fixture(scope="module")
def relay(
    company: Flask, forked: Forks, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[int]:
    """The port of the door for LMTP."""
    out = tmp_path_factory.mktemp("relay") / "out"
    with lmtp_served(forked, company.config["MICROSHARE"], out) as (process, where):
        yield int(where.rpartition(":")[2])
        assert process.stop() == 0


def delivered(client: smtplib.LMTP, sender: str, recipients: list[str], raw: bytes) -> list[int]:
    """The answer for each recipient that was taken; the library's own way reads one of them."""
    client.ehlo()
    assert client.docmd(f"MAIL FROM:<{sender}>")[0] == 250
    taken = [one for one in recipients if client.docmd(f"RCPT TO:<{one}>")[0] == 250]
    assert client.docmd("DATA")[0] == 354
    client.send(raw + b".\r\n")
    return [client.getreply()[0] for _ in taken]


def test_lmtp_answers_for_each_recipient(relay: int, private: str) -> None:
    with smtplib.LMTP("127.0.0.1", relay) as client:
        client.ehlo()
        assert all(client.has_extn(one) for one in ("pipelining", "8bitmime", "size", "smtputf8"))
        assert client.docmd("EHLO x")[0] == 500
        raw = signed(new("By LMTP"))
        to = [SHARE, "share+x@acme.example", private]
        assert delivered(client, "ada@example.com", to, raw) == [250, 250]
        assert client.docmd("RCPT TO:<share+x@acme.example>")[0] == 503
    assert count("By LMTP") == 1


def test_lmtp_tells_what_has_no_sender(relay: int, private: str) -> None:
    with smtplib.LMTP("127.0.0.1", relay) as client:
        assert delivered(client, "", [private], new("Without return path")) == [250]
    assert count("Without return path") == 0


def test_lmtp_refuses_what_is_too_large_for_each_recipient(relay: int, private: str) -> None:
    line = b"x" * 76 + b"\r\n"
    with smtplib.LMTP("127.0.0.1", relay) as client:
        client.ehlo()
        assert client.docmd("MAIL FROM:<a@b.example> SIZE=60000000")[0] == 552
        for to in (SHARE, private):
            client.docmd("MAIL FROM:<a@b.example>") if to == SHARE else None
            assert client.docmd(f"RCPT TO:<{to}>")[0] == 250
        assert client.docmd("DATA")[0] == 354
        for _ in range(50):
            client.send(line * 13000)
        client.send(b".\r\n")
        assert client.getreply()[0] == client.getreply()[0] == 552
        assert client.noop()[0] == 250


def test_lmtp_takes_no_more_connections_than_it_bears(relay: int) -> None:
    held = [socket.create_connection(("127.0.0.1", relay)) for _ in range(lmtp.CONNECTIONS)]
    try:
        assert all(one.recv(3) == b"220" for one in held)
        with socket.create_connection(("127.0.0.1", relay)) as one_more:
            assert one_more.recv(100).startswith(b"421 4.3.2")
    finally:
        for one in held:
            one.close()


def test_lmtp_that_is_killed_loses_nothing(
    company: Flask, forked: Forks, settings: Settings, private: str, tmp_path: Path
) -> None:
    raw = new("Killed relay")
    with lmtp_served(forked, settings, tmp_path / "first") as (process, where):
        with smtplib.LMTP(*where.rsplit(":", 1)) as client, busy(company):
            begun(client, private, raw)
            until(in_hand)
            process.kill()
            client.close()
    assert count("Killed relay") == 0
    with lmtp_served(forked, settings, tmp_path / "second") as (process, where):
        with smtplib.LMTP(*where.rsplit(":", 1)) as client:
            assert client.sendmail("ada@example.com", [private], raw) == {}
            assert client.sendmail("ada@example.com", [private], raw) == {}
        assert process.stop() == 0
    assert count("Killed relay") == 1 and in_hand() == []


def begun(client: smtplib.LMTP, to: str, raw: bytes) -> None:
    """The letter sent, and its answer awaited by nobody yet."""
    client.ehlo()
    for command in ("MAIL FROM:<ada@example.com>", f"RCPT TO:<{to}>", "DATA"):
        assert client.docmd(command)[0] in (250, 354)
    client.send(raw + b".\r\n")


def test_lmtp_that_is_asked_to_stop_answers_for_what_it_has_in_hand(
    company: Flask, forked: Forks, settings: Settings, private: str, tmp_path: Path
) -> None:
    settings = replace(settings, lmtp_listen=f"unix:{tmp_path}/lmtp")
    with lmtp_served(forked, settings, tmp_path / "out") as (process, where):
        assert where == settings.lmtp_listen
        with smtplib.LMTP(f"{tmp_path}/lmtp") as client:
            with busy(company):
                begun(client, private, new("While it stops"))
                until(in_hand)
                os.kill(process.pid, signal.SIGTERM)
            assert client.getreply()[0] == 250
        assert process.wait() == 0
    assert count("While it stops") == 1


@pytest.fixture(scope="module")
def post_office() -> Iterator[imap.Server]:
    with imap.served() as server:
        yield server


@contextmanager
def emptied(app: Flask, server: imap.Server) -> Iterator[threading.Thread]:
    """The worker's thread that empties the mailbox."""
    stopping = threading.Event()
    app.config["MICROSHARE"] = replace(app.config["MICROSHARE"], imap_url=server.url)
    thread = threading.Thread(target=mailbox.watch, args=(app, stopping))
    thread.start()
    try:
        yield thread
    finally:
        stopping.set()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def trusted(post_office: imap.Server, monkeypatch: pytest.MonkeyPatch) -> imap.Server:
    """The server's certificate is one that this machine trusts; its mailbox is empty."""
    monkeypatch.setenv("SSL_CERT_FILE", str(post_office.certificate))
    monkeypatch.setattr(mailbox, "PAUSE", 0.1)
    monkeypatch.setattr(mailbox, "TIMEOUT", 5.0)
    post_office.empty()
    return post_office


def to(address: str, raw: bytes) -> bytes:
    return f"Delivered-To: {address}\r\n".encode() + raw


def test_a_mailbox_is_emptied_and_tells_of_new_letters(
    company: Flask, trusted: imap.Server, private: str
) -> None:
    trusted.put(to(private, new("From a mailbox")), to(SHARE, new("Of nobody", "eve@evil.example")))
    with emptied(company, trusted):
        until(lambda: trusted.count() == 0)
        time.sleep(0.3)
        trusted.put(to(private, new("While it waits")))  # it is told, and does not ask
        until(lambda: count("While it waits"))
    assert count("From a mailbox") == 1 and trusted.count("Microshare done") == 3


def test_a_letter_that_fails_is_kept_and_tried_again(
    company: Flask, trusted: imap.Server, private: str, monkeypatch: pytest.MonkeyPatch,
    forked: Forks, settings: Settings, tmp_path: Path,
) -> None:  # fmt: skip
    def broken(incoming, *rest):  # type: ignore[no-untyped-def]
        if incoming.subject == "Broken":
            raise ZeroDivisionError
        return taken(incoming, *rest)

    taken = posting.take
    monkeypatch.setattr(posting, "take", broken)
    monkeypatch.setattr(receive, "LARGEST", 5000)
    monkeypatch.setattr(mailbox, "LARGEST", 5000)
    trusted.put(*(to(private, new(line)) for line in ("Broken", "Whole")),
                to(private, new("Too large") + b"x" * 6000))  # fmt: skip
    with emptied(company, trusted):
        until(lambda: trusted.count() == 0)
    assert trusted.count("Microshare failed") == 2 and count("Whole") == 1
    (name,) = kept.names(FAILED)
    monkeypatch.undo()
    out = tmp_path / "out"
    told = config.environment(settings) | QUIET
    assert forked.run("mail", "failed", environ=told, out=out).wait() == 0
    assert forked.run("mail", "retry", "ffff", environ=told).wait() == 1
    assert forked.run("mail", "retry", name[:16], environ=told, out=out).wait() == 0
    listed, tried = out.read_text().splitlines()
    assert listed.split("\t")[2:] == [private, "ZeroDivisionError: "]
    assert tried == f"{name[:16]}\ttaken\tposted" and count("Broken") == 1
    assert list(kept.names(FAILED)) == []


def test_a_mailbox_that_goes_away_is_found_again(
    company: Flask, trusted: imap.Server, private: str
) -> None:
    with emptied(company, replace(trusted, sealed=1)):
        time.sleep(0.3)
    with emptied(company, trusted):
        trusted.put(to(private, new("Before it went")))
        until(lambda: count("Before it went"))
        _end_conversations(trusted)
        trusted.put(to(private, new("After it went")))
        until(lambda: count("After it went"))


def _end_conversations(server: imap.Server) -> None:
    """End the processes of this Dovecot that hold one."""
    master = int((server.folder / "run" / "master.pid").read_text())
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    theirs = [one for one in children if Path(f"/proc/{one}/comm").read_text() == "imap\n"]
    assert theirs
    for one in theirs:
        os.kill(int(one), signal.SIGTERM)


def test_a_server_that_does_not_tell_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    stopping, waited = threading.Event(), []
    monkeypatch.setattr(stopping, "wait", waited.append)
    box = SimpleNamespace(client=SimpleNamespace(capabilities=("IMAP4REV1",)))
    mailbox._await_news(box, stopping)
    assert waited == [mailbox.ASK]


def test_a_worker_that_is_killed_while_it_empties_loses_nothing(
    company: Flask, forked: Forks, settings: Settings, trusted: imap.Server, private: str
) -> None:
    lines = [f"Killed worker {number}" for number in range(4)]
    trusted.put(*(to(private, new(line)) for line in lines))
    environ = config.environment(replace(settings, imap_url=trusted.url)) | QUIET
    environ["SSL_CERT_FILE"] = str(trusted.certificate)
    worker = forked.run("worker", environ=environ)
    until(lambda: trusted.count() <= 2)
    worker.kill()
    with busy(company):  # and while it has one in hand
        worker = forked.run("worker", environ=environ)
        until(in_hand)
        worker.kill()
    worker = forked.run("worker", environ=environ)
    until(lambda: trusted.count() == 0)
    assert worker.stop() == 0
    assert [count(line) for line in lines] == [1] * 4 and in_hand() == []
