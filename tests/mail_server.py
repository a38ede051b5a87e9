"""A real SMTP server on the loopback, which keeps what it takes."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

# What it says to RCPT, and to the end of a letter, by the name of the mailbox.
AT_RCPT = {
    "gone": "550 5.1.1 no such mailbox",
    "full": "552 5.2.2 mailbox full",
    "strict": "550 5.7.1 we take nothing from your network",
    "later": "451 4.7.1 please try again later",
    "bye": "421 4.3.2 going down",
}
AT_DATA = {
    "spam": "554 5.7.1 that looks like spam",
    "large": "552 5.3.4 message too large",
    "busy": "452 4.3.1 out of room",
}


class MailServer:
    """Takes letters, but for those to the names above; `drop@` and `slow@` get no answer."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, EmailMessage]] = []  # recipient, letter
        self.raw: list[bytes] = []
        self.senders: list[str] = []
        self.url = ""

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := AT_RCPT.get(address.partition("@")[0]):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert envelope.content is not None
        name = envelope.rcpt_tos[0].partition("@")[0]
        if name == "drop":
            assert server.transport is not None
            server.transport.close()
        if name == "slow":
            await asyncio.sleep(0.6)
        if refusal := AT_DATA.get(name):
            return refusal
        if name in ("drop", "slow"):
            return "451 nobody hears this"
        content = envelope.content
        raw = content if isinstance(content, bytes) else content.encode()
        letter = message_from_bytes(raw, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters += [(address, letter) for address in envelope.rcpt_tos]
        self.raw.append(raw)
        self.senders.append(str(envelope.mail_from))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [letter for to, letter in self.letters if to == address]


@contextmanager
def served(handler: MailServer | None = None, **options: Any) -> Iterator[MailServer]:
    handler = handler or MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, **options)
    controller.start()
    handler.url = f"smtp://127.0.0.1:{port}"
    try:
        yield handler
    finally:
        controller.stop()
