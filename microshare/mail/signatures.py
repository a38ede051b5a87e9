"""What a letter's signatures prove (DKIM, RFC 6376): that the domain in From sent it as it is.

A library verifies; here stands what we want of a signature beyond that it is right. What we cannot
count on is no proof: whoever passes a letter on may have changed what was not signed.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from microshare import extras, resolving
from microshare.mail.reading import Incoming

LEAST_BITS = 1024  # of an RSA key (RFC 8301, 3.2)
MOST_SIGNATURES = 3  # that are looked at; every relay may add one
SECONDS = 5.0  # for each name
FRESH = timedelta(days=7)  # then a letter that was kept somewhere proves nothing any more
SKEW = timedelta(hours=12)  # of a sender's clock
# A second one of these would be what we read, while the first is what was signed.
_ONCE = (b"from", b"subject", b"date", b"to", b"cc", b"message-id", b"content-type",
         b"content-transfer-encoding", b"mime-version")  # fmt: skip
_NEEDED = {b"from", b"subject", b"date"}
_ALGORITHMS = (b"rsa-sha256", b"ed25519-sha256")
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_ODD_HEADER = re.compile(rb"\A[ \t\r\n]|\n[ \t]+\r?\n|\r(?!\n)|\0")
_MOST_LINES = 1_500_000  # the library has each in memory
_BLANKS = re.compile(rb"[ \t]+")


def proof(
    raw: bytes, incoming: Incoming, ours: Callable[[str], bool], now: datetime
) -> str:
    """Empty where the domain of the sender signed the letter, written to us; else why it did not.

    `unsigned`, `misaligned` (signed by others alone), `broken`, `weak` (not all that counts is
    signed, or with too short a key), `stale`, `elsewhere` (it was written to others), `odd`.
    Raises `resolving.NoAnswer` where the DNS does not tell. `ours` tells an address of the door.
    """
    dkim = extras.library("dkim")
    if not _is_plain(raw):
        return "odd"
    try:
        verifier = dkim.DKIM(raw, minkey=LEAST_BITS, timeout=SECONDS)
    except (dkim.DKIMException, LookupError, ValueError):
        return "odd"
    counts = [name.lower() for name, _ in verifier.headers]
    signatures = _signatures(dkim, verifier)
    if not signatures:
        return "unsigned"
    if any(counts.count(name) > 1 for name in _ONCE):
        return "odd"
    aligned = [(at, tags) for at, tags in signatures if _is_aligned(tags, incoming.sender)]
    why = "misaligned"
    whole = verifier.body
    for at, tags in aligned[:MOST_SIGNATURES]:
        why = _weakness(tags, counts, incoming, ours, now)
        if not why:
            # The library's pattern for blanks at the end of a line takes quadratic time, and in
            # this form they count as one.
            relaxed = tags.get(b"c", b"").endswith(b"/relaxed")
            verifier.body = _BLANKS.sub(b" ", whole) if relaxed else whole
            if _verifies(dkim, verifier, at):
                return ""
        why = why or "broken"
    return why


def _is_plain(raw: bytes) -> bool:
    """Whether the library and our own reader see the same header, and the library has an end."""
    ends = _HEADER_END.search(raw)
    header = raw[: ends.start() + 2] if ends else raw
    return (
        len(header) < 2**18
        and _ODD_HEADER.search(header) is None
        and raw.count(b"\n") <= _MOST_LINES
    )


def _signatures(dkim: Any, verifier: Any) -> list[tuple[int, dict[bytes, bytes]]]:
    """The tags of each signature that can be read, with its number."""
    util = extras.library(f"{dkim.__name__}.util")
    found = []
    written = [value for name, value in verifier.headers if name.lower() == b"dkim-signature"]
    for at, value in enumerate(written[:20]):
        try:
            found.append((at, util.parse_tag_value(value)))
        except (util.InvalidTagValueList, ValueError):
            continue
    return found


def _is_aligned(tags: dict[bytes, bytes], sender: str) -> bool:
    """Whether the domain that signed is the sender's, or one that it belongs to.

    A domain below the sender's is not: companies give those away.
    """
    signed = tags.get(b"d", b"").decode("ascii", "replace").strip().lower().rstrip(".")
    domain = _ascii(sender.rpartition("@")[2])
    return "." in signed and bool(domain) and f".{domain}".endswith(f".{signed}")


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode().lower()
    except UnicodeError:
        return ""


def _weakness(
    tags: dict[bytes, bytes],
    counts: list[bytes],
    incoming: Incoming,
    ours: Callable[[str], bool],
    now: datetime,
) -> str:
    """Why this signature proves nothing, were it right; else empty."""
    signed = {name.strip().lower() for name in tags.get(b"h", b"").split(b":")}
    if b"l" in tags or tags.get(b"a") not in _ALGORITHMS or _NEEDED - signed:
        return "weak"
    if incoming.sent_at is None or not now - FRESH < incoming.sent_at < now + SKEW:
        return "stale"
    # Whoever got a colleague's letter could send it on to us, and it would still be signed.
    named = [(b"to", incoming.to), (b"cc", incoming.cc)]
    if any(name in signed and name in counts for name, _ in named) and not any(
        ours(address) for _, addresses in named for address in addresses
    ):
        return "elsewhere"
    return ""


def _verifies(dkim: Any, verifier: Any, at: int) -> bool:
    """Whether the signature is right. `NoAnswer` passes through the library."""

    def lookup(name: bytes, timeout: float = SECONDS) -> bytes | None:
        texts = resolving.lookup(name.decode("ascii", "replace"), "TXT", timeout)
        keys = [one for one in texts if "p=" in one]  # others may have been put beside it
        return keys[0].encode() if keys else None

    crypto = extras.library(f"{dkim.__name__}.crypto")
    asn1 = extras.library(f"{dkim.__name__}.asn1")
    try:
        return bool(verifier.verify(at, dnsfunc=lookup))
    except (dkim.DKIMException, crypto.UnparsableKeyError, crypto.DigestTooLargeError,
            asn1.ASN1FormatError, LookupError, ValueError, TypeError, AttributeError,
            OverflowError):  # fmt: skip
        return False  # what is no signature, or no key
