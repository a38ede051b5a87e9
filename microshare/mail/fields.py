"""The fields of a letter's header, as they came and in their order; and to whom it was brought."""

import re
from collections.abc import Iterator

from microshare.mail import addresses

LONGEST = 2**18  # bytes of a header that are looked at
# Written by whoever delivers a letter, of the address that it was delivered to.
_DELIVERY = (b"delivered-to", b"x-original-to", b"envelope-to", b"x-envelope-to", b"x-delivered-to",
             b"x-forwarded-to")  # fmt: skip
_WRITTEN = (b"to", b"cc", b"resent-to", b"resent-cc")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r\n]|\r?\n[ \t]|\r(?!\n))*)(?:\r?\n|\Z)")
_ENVELOPE = re.compile(rb"\A>?From [^\r\n]*\r?\n")


def of(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name, in lower case, and value of each, down to the first that is none."""
    at = 0
    while match := _FIELD.match(raw, at, min(len(raw), LONGEST)):
        at = match.end()
        yield match[1].lower(), match[2]


def without_envelope(raw: bytes) -> bytes:
    """The letter without the line that mailbox files begin it with."""
    return _ENVELOPE.sub(b"", raw, count=1)


def with_return_path(raw: bytes, sender: str) -> bytes:
    """The letter as it is delivered (RFC 5321, 4.4): on top, where it would come back to."""
    address = sender.encode("utf-8", "replace").translate(None, b"\r\n<> ")
    return b"Return-Path: <" + address + b">\r\n" + raw


def recipients(raw: bytes) -> tuple[list[str], list[str]]:
    """The addresses that a letter was delivered to, and those it was written to."""
    found: dict[tuple[bytes, ...], list[str]] = {_DELIVERY: [], _WRITTEN: []}
    for name, value in of(raw):
        for names, listed in found.items():
            if name in names and len(listed) < addresses.MOST_ADDRESSES:
                pairs = addresses.listed(value.decode("utf-8", "replace"))
                listed += [address for _, address in pairs]
    return found[_DELIVERY], found[_WRITTEN]
