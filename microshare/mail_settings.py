"""What the settings of mail may be: each reads a value, or says what it must be."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

LONGEST_LOCAL = 24  # characters before the @ of the mail door: a signed token comes behind it


def mail_address(value: str) -> str:
    if not re.fullmatch(r"[^\s@<>,;:\"]+@[\w.-]+", value):
        raise ValueError("a mail address such as share@example.com")
    return value


def door_address(value: str) -> str:
    if len(mail_address(value).rpartition("@")[0]) > LONGEST_LOCAL:
        raise ValueError(f"a mail address with at most {LONGEST_LOCAL} characters before the @")
    return value


def relay_names(value: str) -> str:
    names = [name.strip().lower() for name in value.split(",")]
    if not all(re.fullmatch(r"[a-z0-9._-]{1,255}", name) for name in names):
        raise ValueError("names such as mx.example.com, with commas")
    return ",".join(names)


def label(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", value):
        raise ValueError("a name of small letters, digits, - and .")
    return value


def server(value: str) -> str:
    host, _, port = value.partition(":") if value.count(":") == 1 else (value, "", "53")
    try:
        ip_address(host)
    except ValueError:
        host = ""
    if not host or not _is_port(port) or int(port) == 0:
        raise ValueError("an address such as 192.0.2.53 or 127.0.0.1:5353")
    return value


def mailbox(value: str) -> str:
    expected = "an address such as imaps://user:password@host/INBOX"
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError(expected) from error
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
        raise ValueError(expected)
    return value


def listener(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not value.startswith("unix:/") and not (host and _is_port(port)):
        raise ValueError("host:port such as 127.0.0.1:8024, or unix:/run/microshare/lmtp")
    return value


def _is_port(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 6 and int(value) < 65536
