"""Letters to the mail door, signed as mail systems do, and a name server that tells their keys."""

import base64
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from socket import AF_INET, SOCK_DGRAM, socket

import dkim
import dns.message
import dns.rdatatype
import dns.rrset
from sqlalchemy import select

from microshare.db import db
from microshare.models import DoorLetter, PendingLetter, Post
from tests.conftest import NOON

SHARE = "share@acme.example"
DOMAIN, SELECTOR = "example.com", "s1"  # of the colleagues of `conftest.furnish`


def letter(
    sender: str = "ada@example.com",
    subject: str = "The quiet #pump seal holds",
    *,
    to: str = SHARE,
    text: str = "Three weeks without a drop.",
    message_id: str = "one@example.com",
    at: datetime = NOON,
    more: str = "",
) -> bytes:
    """A letter as a mail program writes it; `more` are fields, each with its line end."""
    return (
        f"{more}From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\n"
        f"Date: {format_datetime(at)}\r\nMessage-ID: <{message_id}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"{text}\r\n"
    ).encode()


@cache
def key(bits: int = 1024) -> bytes:
    """A private key in PEM, made once."""
    return subprocess.run(
        ["openssl", "genrsa", "-traditional", str(bits)], capture_output=True, check=True
    ).stdout


@cache
def record(bits: int = 1024) -> str:
    """What the DNS tells of it."""
    der = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"],
        input=key(bits), capture_output=True, check=True,
    ).stdout  # fmt: skip
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def signed(
    raw: bytes,
    *,
    domain: str = DOMAIN,
    bits: int = 1024,
    headers: tuple[str, ...] = ("from", "to", "subject", "date", "message-id"),
    length: bool = False,
    style: str = "relaxed",
) -> bytes:
    """The letter with a signature of this domain."""
    seal: bytes = dkim.DKIM(raw).sign(
        SELECTOR.encode(),
        domain.encode(),
        key(bits),
        canonicalize=(style.encode(), style.encode()),
        include_headers=[one.encode() for one in headers],
        length=length,
    )
    return seal + raw


@dataclass
class Names:
    """A name server on the loopback: texts by name. It is `silent` where a test wants that."""

    texts: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    asked: list[str] = field(default_factory=list)
    address: str = ""

    def answer(self, raw: bytes) -> bytes | None:
        query = dns.message.from_wire(raw)
        name = query.question[0].name.to_text().rstrip(".")
        self.asked.append(name)
        if self.silent:
            return None
        answer = dns.message.make_response(query)
        if text := self.texts.get(name):
            pieces = " ".join(f'"{text[at:at + 200]}"' for at in range(0, len(text), 200))
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", pieces))
        return answer.to_wire()


@contextmanager
def names() -> Iterator[Names]:
    """The key of 1024 bits stands in it, for the colleagues' domain."""
    told = Names({f"{SELECTOR}._domainkey.{DOMAIN}": record()})
    with socket(AF_INET, SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        told.address = f"127.0.0.1:{server.getsockname()[1]}"

        def serve() -> None:
            while True:
                raw, client = server.recvfrom(4096)
                if not raw:
                    return
                if answer := told.answer(raw):
                    server.sendto(answer, client)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            with socket(AF_INET, SOCK_DGRAM) as last:
                last.sendto(b"", server.getsockname())
            thread.join(5)


def lines() -> list[str]:
    """The lines of all posts, the oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Post.line).order_by(Post.id)))


def answers() -> list[dict[str, str]]:
    """The letters that wait to leave, the oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(PendingLetter.letter).order_by(PendingLetter.id)))


def entries() -> list[tuple[str, str]]:
    """State and reason of each letter of the register."""
    db.session.rollback()
    rows = db.session.execute(select(DoorLetter.state, DoorLetter.why).order_by(DoorLetter.id))
    return [(state, why) for state, why in rows]
