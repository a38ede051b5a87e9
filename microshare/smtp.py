"""How a conversation with the mail server begins, as `MICROSHARE_SMTP_URL` tells it."""

import smtplib
import ssl
from urllib.parse import parse_qs, unquote, urlsplit


def connected(url: str, seconds: int) -> smtplib.SMTP:
    """The server, not greeted yet; `seconds` for each of its answers."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, parts.port or 465, timeout=seconds, context=context)
    return smtplib.SMTP(host, parts.port or 25, timeout=seconds)


def must_encrypt(url: str) -> bool:
    """Whether STARTTLS is a must: a password never travels in the clear, whatever is offered."""
    parts = urlsplit(url)
    return parts.scheme == "smtp" and bool(parts.username or "starttls" in parse_qs(parts.query))


def encrypt(server: smtplib.SMTP) -> None:
    """STARTTLS, with a certificate that is valid; who was greeted before is greeted anew."""
    server.starttls(context=ssl.create_default_context())
    server.ehlo()


def log_in(server: smtplib.SMTP, url: str) -> None:
    """With the user and the password of the address, if it has any."""
    parts = urlsplit(url)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
