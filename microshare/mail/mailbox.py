"""The door that fetches: the worker empties a mailbox (IMAP), one letter at a time.

Of all workers one does. A letter is moved out of the mailbox when it is ours (see `receive`), into
a folder beside it: those that were taken, those that failed. One that waits stays, and is tried
again after a while. Where the server can (IDLE), it tells of new letters; else it is asked.
"""

import imaplib
import logging
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from flask import Flask

from microshare import clock, config, extras
from microshare.db import OUTAGES, let_go
from microshare.errors import Refusal, Unavailable
from microshare.mail import envelopes, fields, receive
from microshare.mail.receive import LARGEST, Received
from microshare.turns import Turn, exclusive

DONE, FAILED = "Microshare done", "Microshare failed"
TIMEOUT = 60.0  # seconds for each answer of the server
ASK = 30.0  # seconds between two looks where the server does not tell
IDLE = 60.0  # seconds for which it tells, until we look all the same
SLICE = 1.0  # seconds until we look whether we are to stop
WAITS = 600.0  # seconds until a letter that waits is tried again
PAUSE, LONGEST_PAUSE = 2.0, 300.0  # seconds before a mailbox that does not answer is tried again
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
LOOPBACK = ("127.0.0.1", "::1", "localhost")

log = logging.getLogger(__name__)


class Unsaid(Exception):
    """The library did not get the answer that it needs."""


FAULTS = (OSError, imaplib.IMAP4.error, Refusal, Unsaid, *OUTAGES)


def watch(app: Flask, stopping: threading.Event) -> None:
    """Empty the mailbox of the settings until told to stop, whatever its server does."""
    pause = PAUSE
    while not stopping.is_set():
        began = monotonic()
        with app.app_context():
            try:
                with exclusive("mailbox") as turn:
                    if turn:
                        _session(turn, stopping)
            except FAULTS as error:
                app.logger.warning("the mailbox waits: %s", _told(error))
            finally:
                let_go()
        pause = PAUSE if monotonic() - began > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
        stopping.wait(pause)


def _told(error: BaseException) -> str:
    """What went wrong, without what the server says, which may name a user or a letter."""
    return str(error) if isinstance(error, Refusal | OSError) else type(error).__name__


def _session(turn: Turn, stopping: threading.Event) -> None:
    with _opened() as box:
        round_of = Round(box, stopping)
        while turn.stands() and not stopping.is_set():
            round_of.empty()
            let_go()
            if not _heard_of_more(box):
                _await_news(box, stopping)


@contextmanager
def _opened() -> Iterator[Any]:
    """The mailbox, signed in to, with its folder chosen."""
    library = extras.library("imap_tools")
    try:
        box = _reached(library, urlsplit(config.current().imap_url))
        try:
            _sign_in(box)
            yield box
        finally:
            _leave(box)
    except library.ImapToolsError as error:
        raise Unsaid(type(error).__name__) from error


def _reached(library: Any, parts: SplitResult) -> Any:
    host = parts.hostname or ""
    if parts.scheme == "imaps":
        return library.MailBox(
            host, parts.port or 993, timeout=TIMEOUT, ssl_context=ssl.create_default_context()
        )
    if host in LOOPBACK and "starttls" not in parse_qs(parts.query, keep_blank_values=True):
        return library.MailBoxUnencrypted(host, parts.port or 143, timeout=TIMEOUT)
    # A password never travels in the clear.
    return library.MailBoxStartTls(
        host, parts.port or 143, timeout=TIMEOUT, ssl_context=ssl.create_default_context()
    )


def _sign_in(box: Any) -> None:
    settings = config.current()
    parts = urlsplit(settings.imap_url)
    folder, user = unquote(parts.path.strip("/")) or "INBOX", unquote(parts.username or "")
    if settings.imap_token_file:
        token = Path(settings.imap_token_file).read_text("utf-8").strip()
        box.xoauth2(user, token, folder)
    else:
        box.login(user, unquote(parts.password or ""), folder)


def _leave(box: Any) -> None:
    """Say goodbye; whatever the server says of it no longer matters."""
    try:
        box.client.logout()
    except (OSError, imaplib.IMAP4.error):
        box.client.shutdown()


def _heard_of_more(box: Any) -> bool:
    """Whether the server told of letters with its other answers: it does not tell again."""
    box.client.noop()
    return bool(box.client.response("EXISTS")[1] != [None])


def _await_news(box: Any, stopping: threading.Event) -> None:
    """Until the server tells of something, or it is time to look anyhow."""
    if "IDLE" not in box.client.capabilities:
        stopping.wait(ASK)
        return
    until = monotonic() + IDLE
    box.idle.start()
    try:
        has_news = _is_told_already(box)
        while not has_news and not stopping.is_set() and monotonic() < until:
            asked = monotonic()
            told = box.idle.poll(timeout=SLICE)
            if not told and monotonic() < asked + SLICE / 2:
                raise Unsaid("ended")  # the library keeps quiet of the end of a conversation
            has_news = any(b"EXISTS" in line for line in told)
    finally:
        box.idle.stop()


def _is_told_already(box: Any) -> bool:
    """Whether it came with the server's leave to wait: then it is read, and no poll sees it."""
    client, sock = box.client, box.client.sock
    patience = sock.gettimeout()
    sock.settimeout(0)
    try:
        buffered = client._file if hasattr(client, "_file") else client.file
        return b"EXISTS" in buffered.peek()
    except OSError:
        return False  # nothing is there
    finally:
        sock.settimeout(patience)


class Round:
    """The letters of a mailbox, taken one after the other; remembers those that wait."""

    def __init__(self, box: Any, stopping: threading.Event) -> None:
        self.box = box
        self.stopping = stopping
        self.waits: dict[str, float] = {}  # until when
        self.folders: dict[str, str] = {}

    def empty(self) -> None:
        """Take what there is. Letters that wait do not keep others from being taken."""
        there = self.box.uids("UNDELETED")
        self.waits = {uid: until for uid, until in self.waits.items() if uid in set(there)}
        for uid in there:
            if self.stopping.is_set():
                return
            if self.waits.get(uid, 0.0) < monotonic():
                self._take(uid)

    def _take(self, uid: str) -> None:
        if self._size(uid) > LARGEST:
            log.warning("a letter in the mailbox is too large, and is put into %s", FAILED)
            self._move(uid, FAILED)
            return
        raw = self._letter(uid)
        if raw is None:
            return  # somebody else took it away
        raw = fields.without_envelope(raw)
        received = [receive.receive(raw, one, clock.now()) for one in envelopes.recipients(raw)]
        if any(one.why in ("OperationalError", "TimeoutError", "database") for one in received):
            raise Unavailable("database", why="gone")  # the others would fare no better
        if any(one.state == "later" for one in received):
            self.waits[uid] = monotonic() + WAITS
        else:
            self._move(uid, DONE if all(map(_is_done, received)) else FAILED)

    def _size(self, uid: str) -> int:
        told = [_SIZE.search(line) for line in self._fetch(uid, "(RFC822.SIZE)")]
        return next((int(match[1]) for match in told if match), 0)

    def _letter(self, uid: str) -> bytes | None:
        """Its bytes, and nothing about it changed."""
        told = self._fetch(uid, "(BODY.PEEK[])")
        return next((bytes(line[1]) for line in told if isinstance(line, tuple)), None)

    def _fetch(self, uid: str, what: str) -> list[Any]:
        state, told = self.box.client.uid("FETCH", uid, what)
        if state != "OK":
            raise imaplib.IMAP4.error(state)
        return [line for line in told if line is not None]

    def _move(self, uid: str, folder: str) -> None:
        if folder not in self.folders:
            self.folders[folder] = self._made(folder)
        self.box.move(uid, self.folders[folder])

    def _made(self, name: str) -> str:
        """The folder of this name; some servers want all below INBOX."""
        failed = extras.library("imap_tools.errors").MailboxFolderCreateError
        delimiter = next((one.delim for one in self.box.folder.list("", "INBOX")), "/")
        below = f"INBOX{delimiter}{name}"
        for candidate in (name, below):
            if self.box.folder.exists(candidate):
                return candidate
        try:
            self.box.folder.create(name)
        except failed:
            self.box.folder.create(below)
            return below
        return name


def _is_done(received: Received) -> bool:
    return received.state == "taken" and received.why != "failed"
