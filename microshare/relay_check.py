"""The mail server that takes our letters: whether it answers, encrypts, and lets us in."""

import smtplib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from microshare import config, smtp
from microshare.findings import BAD, GOOD, NOTE, UNKNOWN, Finding

SECONDS = 4  # for each answer
SOON = timedelta(days=21)


def look(now: datetime) -> list[Finding]:
    """Opens a connection, says who we are and from whom a letter would be; sends none."""
    settings = config.current()
    if not settings.smtp_url:
        return [
            Finding(
                BAD,
                "MICROSHARE_SMTP_URL is not set: letters become files and reach nobody.",
            )
        ]
    parts = urlsplit(settings.smtp_url)
    where = f"{parts.hostname}:{parts.port or (465 if parts.scheme == 'smtps' else 25)}"
    try:
        return _conversation(where, now)
    except (OSError, smtplib.SMTPException) as error:
        return [_failure(where, error)]


def _failure(where: str, error: Exception) -> Finding:
    """What went wrong, in a sentence; what may be the network's fault is unknown."""
    if isinstance(error, socket.gaierror):
        return Finding(UNKNOWN, f"The name of {where} could not be looked up: {error.strerror}.")
    if isinstance(error, ConnectionRefusedError):
        return Finding(BAD, f"Nobody listens at {where}: is that the right host and port?")
    if isinstance(error, ssl.SSLCertVerificationError):
        told = f"The certificate of {where} is not valid: {error.verify_message}."
        return Finding(BAD, f"{told} So no letter leaves: its name must be the one we call.")
    if isinstance(error, smtplib.SMTPResponseException):
        said = f"{error.smtp_code} {_words(error.smtp_error)}"
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return Finding(BAD, f"{where} refuses our user and password: {said}")
        return Finding(BAD, f"{where} does not want us: {said}")
    return Finding(UNKNOWN, f"{where} does not answer as a mail server: {error}.")


def _conversation(where: str, now: datetime) -> list[Finding]:
    settings = config.current()
    url, parts = settings.smtp_url, urlsplit(settings.smtp_url)
    wants = smtp.must_encrypt(url)
    with smtp.connected(url, SECONDS) as server:
        server.ehlo()
        found = [Finding(GOOD, f"{where} answers.")]
        if parts.scheme == "smtps":
            found += _encrypted(server, where, now)
        elif server.has_extn("starttls"):
            smtp.encrypt(server)
            found += _encrypted(server, where, now, is_used=wants)
        else:
            found.append(_bare(where, parts.hostname or "localhost", wants=wants))
            if wants:
                return found
        found += _let_in(server, where, url)
        code, said = server.mail(settings.mail_from)
        if code != 250:
            told = f"{where} takes nothing from {settings.mail_from}: {code} {_words(said)}"
            found.append(Finding(BAD, told))
        server.rset()
        return found


def _encrypted(
    server: smtplib.SMTP, where: str, now: datetime, *, is_used: bool = True
) -> list[Finding]:
    found = [Finding(GOOD, f"{where} encrypts, and its certificate is valid.")]
    if not is_used:
        found = [
            Finding(
                NOTE,
                f"{where} offers STARTTLS, which is not used: without a user in it, "
                "MICROSHARE_SMTP_URL has to end in `?starttls=1`.",
            )
        ]
    certificate = server.sock.getpeercert() if isinstance(server.sock, ssl.SSLSocket) else None
    if certificate and "notAfter" in certificate:
        ends = parsedate_to_datetime(_as_date(str(certificate["notAfter"]))).replace(tzinfo=UTC)
        if ends - now < SOON:
            found.append(Finding(NOTE, f"The certificate of {where} ends on {ends:%d %B %Y}."))
    return found


def _as_date(told: str) -> str:
    """`Nov 26 15:00:00 2026 GMT` as the day, month, year and time of a letter."""
    month, day, time, year, *_ = told.split()
    return f"{day} {month} {year} {time} +0000"


def _bare(where: str, host: str, *, wants: bool) -> Finding:
    if wants:
        told = f"{where} offers no STARTTLS, and without it no password leaves, so no letter does."
        return Finding(BAD, told)
    if host in ("localhost", "127.0.0.1", "::1"):
        return Finding(GOOD, f"{where} is on this machine, so it needs no encryption.")
    return Finding(NOTE, f"{where} offers no STARTTLS: letters travel readable as far as there.")


def _let_in(server: smtplib.SMTP, where: str, url: str) -> list[Finding]:
    user = unquote(urlsplit(url).username or "")
    ways = server.esmtp_features.get("auth", "").split()
    if user:
        if not ways:
            told = f"{where} has no log-in (AUTH), but MICROSHARE_SMTP_URL has a user."
            return [Finding(BAD, told)]
        smtp.log_in(server, url)
        return [Finding(GOOD, f"{where} lets {user} in ({', '.join(ways)}).")]
    if ways:
        told = f"{where} offers a log-in ({', '.join(ways)}); we use none, which may be enough."
        return [Finding(NOTE, told)]
    return []


def _words(said: bytes | str) -> str:
    return " ".join((said.decode(errors="replace") if isinstance(said, bytes) else said).split())
