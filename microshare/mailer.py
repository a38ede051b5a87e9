"""One letter out: by SMTP, into files, or into memory.

Without `MICROSHARE_SMTP_URL` letters become files under `instance/outbox/`, so that nothing
pretends to have left. Whoever sends holds the transport open for a whole run.
"""

import binascii
import hashlib
import os
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from flask import current_app

from microshare import config, seals, smtp, verdicts
from microshare.errors import Refused, Unavailable

TIMEOUT = 30  # seconds for each answer of the mail server
PEOPLE = ("From", "To", "Subject")  # headers of words, which are folded and encoded
# How much longer a part may become by quoted-printable; base64, which else is taken, makes it by
# 39 of 28 (lines of 57 bytes become 78).
WIDER = 1.4
_PART_HEAD = 100  # bytes at most before a part
IDLE = 5  # seconds after which we ask whether the server still listens


@dataclass(frozen=True)
class Letter:
    """What is written; the envelope follows from it."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str  # without angle brackets; the same letter always has the same
    headers: dict[str, str] = field(default_factory=dict)
    return_path: str = ""  # where it comes back to if it cannot be delivered; empty: `mail_from`

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Transport(Protocol):
    """Something that takes letters."""

    def send(self, letter: Letter, now: datetime) -> None:
        """Hand over one letter.

        `Refused("address-refused")`: there is no such mailbox. `Refused("letter-refused")`: this
        letter will not be taken. `Unavailable("mail")`: not now; later it may.
        """


def message(letter: Letter, now: datetime) -> bytes:
    """The letter as it travels: text first, HTML as the alternative, and sealed.

    All of it is ASCII, so that no relay has to write it anew, which would break the seal.
    """
    settings = config.current()
    told: dict[str, object] = {
        "From": Address(settings.company, addr_spec=settings.mail_from),
        "To": letter.to,
        "Subject": letter.subject,
        "Date": format_datetime(now),
        "Message-ID": f"<{letter.message_id}>",
        "Auto-Submitted": "auto-generated",
        # For Exchange: no answer that a machine writes, but reports of what was not delivered.
        "X-Auto-Response-Suppress": "OOF, AutoReply, DR, RN, NRN",
        **letter.headers,
        "MIME-Version": "1.0",
    }
    # The boundary is the letter's, so that the same letter has the same bytes.
    boundary = "=" + hashlib.sha256(letter.message_id.encode()).hexdigest()[:24]
    told["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    head = b"".join(_header(name, value) for name, value in told.items())
    parts = [_part("plain", letter.text), _part("html", letter.html)]
    mark = f"--{boundary}".encode()
    body = [*(mark + b"\r\n" + part for part in parts), mark + b"--", b""]
    return seals.sealed(head + b"\r\n" + b"\r\n".join(body))


def size(letter: Letter) -> int:
    """How many bytes its two parts take on the way."""
    return len(_part("plain", letter.text)) + len(_part("html", letter.html))


def is_below(letter: Letter, limit: int) -> bool:
    """Whether its two parts surely take fewer bytes on the way; told without writing them."""
    told = letter.text, letter.html
    written = sum(len(part.encode()) + part.count("\n") for part in told)
    return written * WIDER + _PART_HEAD * len(told) < limit


def _header(name: str, value: object) -> bytes:
    """One header. `email` would encode what is long, also an address that is read as it is."""
    if name in PEOPLE or not str(value).isascii():
        return SMTP.fold_binary(*SMTP.header_store_parse(name, value))
    if any(sign in str(value) for sign in "\r\n\0"):
        raise ValueError(f"a line break in {name}")
    return f"{name}: {value}\r\n".encode()


def _part(subtype: str, text: str) -> bytes:
    # By the library's C: what `email` does in Python takes longer than the letter took to write.
    raw = text.replace("\r\n", "\n").encode()
    encoded, how = binascii.b2a_qp(raw, istext=True).replace(b"\n", b"\r\n"), "quoted-printable"
    if len(encoded) > len(raw) * WIDER:  # another script than ours
        raw = raw.replace(b"\n", b"\r\n")
        lines = [binascii.b2a_base64(raw[at : at + 57]) for at in range(0, len(raw), 57)]
        encoded, how = b"".join(lines).replace(b"\n", b"\r\n"), "base64"
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
    return f"{head}Content-Transfer-Encoding: {how}\r\n\r\n".encode() + encoded


def domain() -> str:
    """What stands behind the @ of a Message-ID."""
    return config.current().mail_from.rpartition("@")[2]


@contextmanager
def opened() -> Iterator[Transport]:
    """The transport that the settings name, for one run."""
    memory = current_app.extensions.get("microshare.letters")
    settings = config.current()
    if memory is not None:
        yield Memory(memory)
    elif settings.smtp_url:
        transport = Smtp(settings.smtp_url)
        try:
            yield transport
        finally:
            transport.close()
    else:
        yield Folder(settings.instance / "outbox")


class Memory:
    """Letters in a list, for tests: `app.extensions["microshare.letters"] = []`."""

    def __init__(self, letters: list[Letter]) -> None:
        self.letters = letters

    def send(self, letter: Letter, now: datetime) -> None:
        message(letter, now)  # what cannot travel fails here too
        self.letters.append(letter)


class Folder:
    """Letters as files, named by their Message-ID: the same letter is one file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, letter: Letter, now: datetime) -> None:
        name = letter.message_id.replace("/", "_")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = self.folder / f".{name}.{os.getpid()}"
            with os.fdopen(
                os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
            ) as file:
                file.write(message(letter, now))
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.folder / f"{name}.eml")
        except OSError as error:
            raise Unavailable("mail", why=str(error)) from error


class Smtp:
    """A mail server, spoken to over one connection that is opened when first needed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.server: smtplib.SMTP | None = None
        self.used = 0.0

    def send(self, letter: Letter, now: datetime) -> None:
        told = message(letter, now)
        back_to = letter.return_path or config.current().mail_from
        try:
            self._connected().sendmail(back_to, [letter.to], told)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            self._keep_or_close(code)
            raise _refusal(code, said, "rcpt") from error
        except smtplib.SMTPSenderRefused as error:
            self.close()
            raise _refusal(error.smtp_code, error.smtp_error, "mail") from error
        except smtplib.SMTPDataError as error:
            self._keep_or_close(error.smtp_code)
            raise _refusal(error.smtp_code, error.smtp_error, "data") from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise _refusal(error.smtp_code, error.smtp_error, "mail") from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unavailable("mail", why=str(error)) from error

    def _connected(self) -> smtplib.SMTP:
        idle, self.used = monotonic() - self.used, monotonic()
        if self.server is not None and idle > IDLE and not self._lives():
            self.close()
        if self.server is not None:
            return self.server
        self.server = server = smtp.connected(self.url, TIMEOUT)
        server.ehlo()
        if smtp.must_encrypt(self.url):
            smtp.encrypt(server)
        smtp.log_in(server, self.url)
        return server

    def _lives(self) -> bool:
        """Whether the server still listens: many end a conversation in which nothing is said."""
        try:
            return bool(self.server and self.server.noop()[0] == 250)
        except (smtplib.SMTPException, OSError):
            return False

    def _keep_or_close(self, code: int) -> None:
        if code == 421:  # the server ends the conversation (RFC 5321, 3.8)
            self.close()

    def close(self) -> None:
        """End the conversation; whatever the server says of it no longer matters."""
        server, self.server = self.server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()


def _refusal(code: int, said: bytes | str, at: str) -> Refused | Unavailable:
    """What the server's answer to this step means for us; see `verdicts`."""
    words = " ".join((said.decode(errors="replace") if isinstance(said, bytes) else said).split())
    why = f"{code} {words}"[:500]
    meant = verdicts.of(code, words, at)
    if meant == verdicts.MAILBOX:
        return Refused("address-refused", why=why)
    if meant in (verdicts.LETTER, verdicts.SOFT):
        return Refused("letter-refused", why=why, full=meant == verdicts.SOFT)
    return Unavailable("mail", why=why)  # for now, or for a reason that is ours to mend
