"""One letter out: by SMTP, into files, or into memory.

Without `MICROSHARE_SMTP_URL` letters become files under `instance/outbox/`, so that nothing
pretends to have left. Whoever sends holds the transport open for a whole run.
"""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from email.headerregistry import Address, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from flask import current_app

from microshare import config
from microshare.errors import Refused, Unavailable

TIMEOUT = 30  # seconds for each answer of the mail server


class _Ids(UnstructuredHeader):
    """A header of Message-IDs, one a line: the library would encode those that are long."""

    def fold(self, *, policy: EmailPolicy) -> str:
        apart = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {apart}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
for _name in ("in-reply-to", "references"):
    # The registry adds the base class, which makes it a header.
    _HEADERS.map_to_type(_name, _Ids)  # type: ignore[arg-type]
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True)
class Letter:
    """What is written; the envelope follows from it."""

    to: str
    subject: str
    text: str
    html: str
    message_id: str  # without angle brackets; the same letter always has the same
    headers: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Transport(Protocol):
    """Something that takes letters."""

    def send(self, letter: Letter, now: datetime) -> None:
        """Hand over one letter.

        `Refused("letter-refused")`: this address will not have it. `Unavailable("mail")`: not
        now; later it may.
        """


def message(letter: Letter, now: datetime) -> EmailMessage:
    """The letter as it travels: text first, HTML as the alternative."""
    settings = config.current()
    told = EmailMessage(policy=_POLICY)
    told["From"] = Address(settings.company, addr_spec=settings.mail_from)
    told["To"] = letter.to
    told["Subject"] = letter.subject
    told["Date"] = format_datetime(now)
    told["Message-ID"] = f"<{letter.message_id}>"
    told["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        del told[name]  # the letter's own word counts
        told[name] = value
    told.set_content(letter.text)
    told.add_alternative(letter.html, subtype="html")
    return told


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
        message(letter, now).as_bytes()  # what cannot travel fails here too
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
                file.write(message(letter, now).as_bytes())
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.folder / f"{name}.eml")
        except OSError as error:
            raise Unavailable("mail", why=str(error)) from error


class Smtp:
    """A mail server, spoken to over one connection that is opened when first needed."""

    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)
        self.server: smtplib.SMTP | None = None

    def send(self, letter: Letter, now: datetime) -> None:
        told = message(letter, now)
        try:
            self._connected().send_message(
                told, from_addr=config.current().mail_from, to_addrs=[letter.to]
            )
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise self._refusal(code, said) from error
        except smtplib.SMTPResponseException as error:
            self.close()
            raise self._refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unavailable("mail", why=str(error)) from error

    def _refusal(self, code: int, said: bytes | str) -> Refused | Unavailable:
        """5xx is for good, 4xx for now (RFC 5321, 4.2.1)."""
        why = f"{code} {said.decode(errors='replace') if isinstance(said, bytes) else said}"
        permanent = 500 <= code < 600 and code not in (530, 535)  # ours to mend, not the reader's
        return Refused("letter-refused", why=why) if permanent else Unavailable("mail", why=why)

    def _connected(self) -> smtplib.SMTP:
        if self.server is not None:
            return self.server
        parts, options = self.parts, parse_qs(self.parts.query)
        host = parts.hostname or "localhost"
        context = ssl.create_default_context()
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, parts.port or 465, timeout=TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
        self.server = server
        server.ehlo()
        # A password never travels in the clear, whatever the server offers.
        if parts.scheme == "smtp" and (parts.username or "starttls" in options):
            server.starttls(context=context)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        return server

    def close(self) -> None:
        """End the conversation; whatever the server says of it no longer matters."""
        server, self.server = self.server, None
        if server is not None:
            try:
                server.quit()
            except (smtplib.SMTPException, OSError):
                server.close()
