"""How long the mail door reads: the slowest letter of each kind that somebody may send.

`python -m bench.letters` prints seconds of processor time; every letter has two of them at most.
"""

import base64
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from random import Random

from microshare.mail import reading

LIMIT = 2.0  # seconds
_MEGABYTE = 1024 * 1024
_HEAD = "From: Anna <anna@acme.nl>\r\nTo: share@acme.nl\r\nSubject: x\r\n"


def _plain(body: str, head: str = "") -> bytes:
    return f"{_HEAD}{head}\r\n{body}".encode("utf-8", "surrogatepass")


def _html(body: str) -> bytes:
    return _plain(body, "Content-Type: text/html; charset=utf-8\r\n")


def _nested(depth: int) -> bytes:
    opened = "".join(
        f"Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth)
    )
    return f"{_HEAD}{opened}\r\nhello\r\n".encode()


def _enclosed(depth: int) -> bytes:
    return _HEAD.encode() + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: in\r\n\r\nhi"


def _packed(content: bytes) -> bytes:
    return base64.encodebytes(content)


def _attached(content: bytes, kind: str, times: int = 1) -> bytes:
    part = (f"--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-Disposition: attachment; filename=a\r\n\r\n").encode() + _packed(content)  # fmt: skip
    head = f"{_HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n"
    return head.encode() + part * times + b"\r\n--b--\r\n"


def _winmail(attributes: bytes) -> bytes:
    return _attached(b"\x78\x9f\x3e\x22\x01\x00" + attributes, "application/ms-tnef")


def _attribute(tag: int, value: bytes) -> bytes:
    return b"\x01" + tag.to_bytes(4, "little") + len(value).to_bytes(4, "little") + value + b"\0\0"


def _rtf_bomb() -> bytes:
    packed = b"\xff" + b"\x00\x0f" * 8
    content = packed * 400_000
    inner = (len(content) + 12).to_bytes(4, "little") + b"\xff" * 4 + b"LZFu" + b"\0" * 4 + content
    value = (1).to_bytes(4, "little") + b"\x02\x01\x09\x10" + (1).to_bytes(4, "little")
    return _winmail(_attribute(0x9003, value + len(inner).to_bytes(4, "little") + inner))


def _noise(size: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(size)


# By kind: the letter, made when it is needed.
KINDS: dict[str, Callable[[], bytes]] = {
    "plain": lambda: _plain("Pump 7 is quiet now.\r\n" * 10),
    "30 MB of one photo": lambda: _attached(b"\xff\xd8\xff" + _noise(22 * _MEGABYTE), "image/jpeg"),
    "30 MB of photos": lambda: _attached(b"\xff\xd8\xff" + _noise(_MEGABYTE), "image/jpeg", 20),
    "30 MB of text": lambda: _plain("Pump 7 is quiet now.\r\n" * 1_400_000),
    "30 MB in one line": lambda: _plain("pump " * 6_000_000),
    "30 MB of noise": lambda: _noise(30 * _MEGABYTE),
    "30 MB of HTML": lambda: _html("<p>Pump <b>7</b> is quiet.</p>\r\n" * 900_000),
    "30 MB of header": lambda: _plain("x", "X-A: b\r\n" * 3_750_000),
    "30 MB of one field": lambda: _plain("x", "X-A: " + "b " * 15_000_000 + "\r\n"),
    "30 MB of folded field": lambda: _plain("x", "X-A: b\r\n" + " c\r\n" * 7_500_000),
    "30 MB of boundaries": lambda: _plain("--b\r\n" * 6_000_000, "Content-Type: multipart/mixed; boundary=b\r\n"),
    "30 MB of other boundaries": lambda: _plain("--c\r\n" * 6_000_000, "Content-Type: multipart/mixed; boundary=b\r\n"),
    "30 MB of quoted-printable": lambda: _plain("=3D" * 10_000_000, "Content-Transfer-Encoding: quoted-printable\r\n"),
    "30 MB of zeros": lambda: _plain("\0" * 30 * _MEGABYTE),
    "2,000 nested multiparts": lambda: _nested(2_000),
    "100,000 nested multiparts": lambda: _nested(100_000),
    "100,000 enclosed letters": lambda: _enclosed(100_000),
    "1,000 recipients": lambda: _plain("x", "Cc: " + ",\r\n ".join(f'"P, {n}" <p{n}@acme.nl>' for n in range(1000)) + "\r\n"),
    "500,000 recipients": lambda: _plain("x", "Cc: " + ",".join(f"p{n}@acme.nl" for n in range(500_000)) + "\r\n"),
    "brackets in an address": lambda: _plain("x", "Cc: " + "(" * 200_000 + "\r\n" + "Bcc: " + '"' * 200_000 + "\r\nTo: " + "<" * 200_000 + "\r\n"),
    "a name without end": lambda: _plain("x", "Reply-To: " + "a " * 100_000 + "@" * 50_000 + "\r\nSender: " + "a." * 100_000 + "\r\n"),
    "parameters": lambda: _plain("x", "Content-Type: text/plain" + "".join(f"; a{n}=b" for n in range(300_000)) + "\r\n"),
    "RFC 2231 parameters": lambda: _plain("x", "Content-Type: text/plain" + "".join(f"; a*{n}*=%41" for n in range(200_000)) + "\r\n"),
    "semicolons": lambda: _plain("x", "Content-Type: text/plain" + "; " * 500_000 + "\r\n"),
    "a quoted parameter": lambda: _plain("x", 'Content-Type: text/plain; a="' + '\\"' * 500_000 + "\r\n"),
    "encoded words": lambda: _plain("x", "From: =?utf-8?q?" + "?= =?utf-8?q?".join("=41" for _ in range(100_000)) + "?= <anna@acme.nl>\r\nSubject: " + "=?utf-8?b?QQ==?= " * 100_000 + "\r\n"),
    "broken encoded words": lambda: _plain("x", "Subject: " + "=?utf-8?q?" * 100_000 + "\r\n"),
    "references": lambda: _plain("x", "References: " + "<a@b> " * 300_000 + "\r\nIn-Reply-To: " + "<" * 100_000 + "\r\n"),
    "a long date": lambda: _plain("x", "Date: " + "1 " * 500_000 + "\r\n"),
    "subject of prefixes": lambda: _plain("x", "Subject: " + "Re: [x] " * 100_000 + "\r\n"),
    "nested HTML": lambda: _html("<div><blockquote><b>" * 200_000 + "hello"),
    "closing tags": lambda: _html("<div>" * 2_000 + "</b></i>x" * 100_000),
    "open tags": lambda: _html("<a href=" * 300_000),
    "open comments": lambda: _html("<!--" * 500_000),
    "open declarations": lambda: _html("<![CDATA[" * 300_000 + "<!" * 300_000 + "<?" * 300_000),
    "open scripts": lambda: _html("<script>" * 200_000 + "<style>" * 200_000),
    "scripts": lambda: _html("<script>a</script>" * 100_000),
    "attributes": lambda: _html(("<p " + "a='1' " * 600 + ">") * 500),
    "quotes in tags": lambda: _html(("<p a=\"" + "'\"" * 1_500 + ">") * 500),
    "entities": lambda: _html("&amp;&#x41;&notit;&" * 150_000),
    "links": lambda: _html("<a href='https://acme.nl/x'>see</a> " * 40_000),
    "lists": lambda: _html("<ul><li>" * 60_000),
    "table cells": lambda: _html("<table><tr>" + "<td>1" * 200_000),
    "line breaks": lambda: _html("<br>" * 300_000),
    "inline data": lambda: _html("<img src='data:image/png;base64," + "A" * 2_000_000 + "'>hello"),
    "pictures": lambda: _html("<img src='cid:a@b'>" * 40_000),
    "quote signs": lambda: _plain("> " * 300_000 + "\r\n" + (">" * 100 + "x\r\n") * 10_000),
    "heads of quotes": lambda: _plain("On 3 Nov 2026 at 10:12, Anna <anna@acme.nl>\r\n" * 20_000),
    "headers in the text": lambda: _plain("From: a\r\nx\r\ny\r\n" * 20_000),
    "separators": lambda: _plain("-" * 200_000 + "\r\n" + "----- Original Message -----\r\n" * 5_000),
    "closings": lambda: _plain("Met vriendelijke groet,\r\n" * 20_000),
    "delimiters": lambda: _plain("--\r\nx\r\n" * 20_000 + "__\r\n\u2014\r\n" * 2_000),
    "rules": lambda: _plain("x\r\n" + "- - - -\r\n" * 20_000 + "-_=*~#" * 50_000),
    "quotes and answers": lambda: _plain("> a\r\nb\r\n" * 20_000),
    "quotes and answers under a head": lambda: _plain("On 3 Nov 2026 Anna <a@b.nl> wrote:\r\n" + "> a\r\nb\r\n" * 20_000),
    "empty lines": lambda: _plain("x\r\n" + "\r\n" * 500_000 + "y"),
    "empty lines between quotes": lambda: _plain(("> x\r\n" + "\r\n" * 200) * 2_000),
    "blanks": lambda: _plain((" " * 20_000 + "x\r\n") * 25),
    "devices": lambda: _plain("Sent from my " * 40_000 + "\r\n" + "Sent from my iPhone\r\n" * 5_000),
    "phrases of bounces": lambda: _plain("your message could not be delivered to the following " * 10_000),
    "phrases of absence": lambda: _plain("I am ik ben I'm we are tot en met van " * 10_000),
    "digits": lambda: _plain("x\r\n\r\nGroet,\r\na\r\nb\r\n" + "1" * 400_000),
    "digits in blanks": lambda: _plain("x\r\n--\r\n" + "1 " * 9_000 + "\r\n\r\n" + "\u2014\r\n" + "(1) " * 9_000),
    "addresses without end": lambda: _plain("x\r\n\u2014\r\n" + "a" * 19_000 + "\r\n" + "a@" * 9_000),
    "forwarded in forwarded": lambda: _plain("---------- Forwarded message ---------\r\nFrom: Bob <b@acme.nl>\r\nDate: x\r\n\r\n" * 5_000),
    "base64 of one": lambda: _plain("A\r\n" * 2_000_000, "Content-Transfer-Encoding: base64\r\n"),
    "uuencode": lambda: _plain("begin 644 a\r\n" + "M" * 61 + "\r\n" * 500_000, "Content-Transfer-Encoding: x-uuencode\r\n"),
    "UTF-16": lambda: _HEAD.encode() + b"Content-Type: text/plain; charset=utf-16\r\n\r\n" + _noise(5 * _MEGABYTE),
    "punycode": lambda: _plain("a-" * 200_000, "Content-Type: text/plain; charset=punycode\r\n"),
    "UTF-7": lambda: _plain("+AAA" * 200_000, "Content-Type: text/plain; charset=utf-7\r\n"),
    "HZ": lambda: _plain("~{" * 200_000, "Content-Type: text/plain; charset=hz\r\n"),
    "ISO-2022": lambda: _plain("\x1b$B" * 200_000, "Content-Type: text/plain; charset=iso-2022-jp\r\n"),
    "format=flowed": lambda: _plain("a \r\n" * 200_000, "Content-Type: text/plain; format=flowed\r\n"),
    "TNEF attributes": lambda: _winmail(_attribute(0x8005, b"") * 500_000),
    "TNEF properties": lambda: _winmail(_attribute(0x9003, (10**9).to_bytes(4, "little") + b"\x03\x10\x01\x10" + (10**9).to_bytes(4, "little") + b"\0" * 4_000_000)),
    "TNEF messages": lambda: _winmail(_attribute(0x9003, (1).to_bytes(4, "little") + b"\x1e\x00\x00\x10\x01\0\0\0\x00\x40\0\0" + b"a" * 16_384) * 500),
    "packed RTF": _rtf_bomb,
    "noise in TNEF": lambda: _winmail(b"".join(_attribute(0x9003, (2000).to_bytes(4, "little") + _noise(4_000, n)) for n in range(500))),
    "a JPEG of segments": lambda: _attached(b"\xff\xd8" + b"\xff\xe1\x00\x02" * 500_000, "image/jpeg"),
    "calendar": lambda: _plain("DESCRIPTION:" + "\\n" * 200_000 + "\r\n " * 100_000, "Content-Type: text/calendar\r\n"),
    "PGP": lambda: _plain("-----BEGIN PGP SIGNED MESSAGE-----\r\n" * 15_000),
    "400 parts of text": lambda: (f"{_HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n" + ("--b\r\n\r\n" + "Pump 7\r\n" * 9_000) * 400).encode(),
    "400 parts of HTML": lambda: (f"{_HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n" + ("--b\r\nContent-Type: text/html\r\n\r\n" + "<p>Pump</p>\r\n" * 5_000) * 400).encode(),
    "packed noise": lambda: _attached(zlib.compress(_noise(_MEGABYTE)), "application/zip"),
}  # fmt: skip


def measured() -> Iterator[tuple[str, int, float]]:
    """By kind: the letter's bytes, and the processor time that reading it took, in seconds."""
    for kind, made in KINDS.items():
        letter = made()
        began = time.process_time()
        reading.read(letter)
        yield kind, len(letter), time.process_time() - began


def main() -> int:
    slow = 0
    for kind, size, seconds in sorted(measured(), key=lambda each: -each[2]):
        slow += seconds > LIMIT
        print(f"{seconds:7.3f} s {size / _MEGABYTE:7.2f} MB  {kind}")
    return slow


if __name__ == "__main__":
    sys.exit(main())
