"""How long the mail door reads: the slowest letter of each kind that somebody may send.

`python -m bench.letters` prints seconds of processor time; a letter may take two of them.
"""

import base64
import sys
import time
from collections.abc import Callable, Iterator
from random import Random

from microshare.mail import reading

LIMIT = 2.0  # seconds
_MEGABYTE = 1024 * 1024
_HEAD = "From: Anna <anna@acme.nl>\r\nTo: share@acme.nl\r\nSubject: x\r\n"
_MIXED = "Content-Type: multipart/mixed; boundary=b\r\n"

# So many times a text; fewer where a test asks for less.
Many = Callable[[str, int], str]


def _plain(body: str, head: str = "") -> bytes:
    return f"{_HEAD}{head}\r\n{body}".encode("utf-8", "surrogatepass")


def _field(field: str, body: str = "hello") -> bytes:
    return _plain(body, f"{field}\r\n")


def _html(body: str) -> bytes:
    return _plain(body, "Content-Type: text/html; charset=utf-8\r\n")


def _text(parameters: str, body: str) -> bytes:
    return _plain(body, f"Content-Type: text/plain; {parameters}\r\n")


def _coded(encoding: str, body: str) -> bytes:
    return _plain(body, f"Content-Transfer-Encoding: {encoding}\r\n")


def _nested(depth: int) -> bytes:
    kind = "Content-Type: multipart/mixed; boundary"
    opened = "".join(f"{kind}=b{n}\r\n\r\n--b{n}\r\n" for n in range(depth))
    return f"{_HEAD}{opened}\r\nhello\r\n".encode()


def _attached(content: bytes, kind: str, times: int = 1) -> bytes:
    head = f"--b\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"
    named = "Content-Disposition: attachment; filename=a\r\n\r\n"
    part = f"{head}{named}".encode() + base64.encodebytes(content)
    return f"{_HEAD}{_MIXED}\r\n--b\r\n\r\nhello\r\n".encode() + part * times + b"\r\n--b--\r\n"


def _winmail(attributes: bytes) -> bytes:
    return _attached(b"\x78\x9f\x3e\x22\x01\x00" + attributes, "application/ms-tnef")


def _number(number: int) -> bytes:
    return number.to_bytes(4, "little")


def _attribute(tag: int, value: bytes) -> bytes:
    return b"\x01" + _number(tag) + _number(len(value)) + value + b"\0\0"


def _rtf(times: int) -> bytes:
    packed = (b"\xff" + b"\x00\x0f" * 8) * times
    inner = _number(len(packed) + 12) + b"\xff" * 4 + b"LZFu" + b"\0" * 4 + packed
    named = b"\x02\x01\x09\x10" + _number(1) + _number(len(inner)) + inner
    return _winmail(_attribute(0x9003, _number(1) + named))


def _noise(size: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(size)


HUGE: dict[str, Callable[[], bytes]] = {
    "30 MB of one photo": lambda: _attached(b"\xff\xd8\xff" + _noise(22 * _MEGABYTE), "image/jpeg"),
    "30 MB of photos": lambda: _attached(b"\xff\xd8\xff" + _noise(_MEGABYTE), "image/jpeg", 20),
    "30 MB of text": lambda: _plain("Pump 7 is quiet now.\r\n" * 1_400_000),
    "30 MB in one line": lambda: _plain("pump " * 6_000_000),
    "30 MB of noise": lambda: _noise(30 * _MEGABYTE),
    "30 MB of HTML": lambda: _html("<p>Pump <b>7</b> is quiet.</p>\r\n" * 900_000),
    "30 MB of fields": lambda: _plain("x", "X-A: b\r\n" * 3_750_000),
    "30 MB of one field": lambda: _field("X-A: " + "b " * 15_000_000),
    "30 MB of a folded field": lambda: _plain("x", "X-A: b\r\n" + " c\r\n" * 7_500_000),
    "30 MB of boundaries": lambda: _plain("--b\r\n" * 6_000_000, _MIXED),
    "30 MB of others' boundaries": lambda: _plain("--c\r\n" * 6_000_000, _MIXED),
    "30 MB of quoted-printable": lambda: _coded("quoted-printable", "=3D" * 10_000_000),
    "30 MB of NULs": lambda: _plain("\0" * 30 * _MEGABYTE),
}

FLOODS: dict[str, Callable[[Many], bytes]] = {
    # headers
    "recipients": lambda x: _field("Cc: " + x('"Pump, A" <a@acme.nl>,\r\n ', 500_000)),
    "parentheses": lambda x: _field("Cc: " + x("(", 200_000)),
    "quotation marks": lambda x: _field("To: " + x('"', 200_000) + "\r\nCc: " + x("<", 200_000)),
    "blanks and @": lambda x: _field("Sender: " + x("a ", 99_000) + x("@a.", 50_000)),
    "a sender": lambda x: _field("Return-Path: " + x("owner-", 40_000) + x("no-reply", 40_000)),
    "parameters": lambda x: _field("Content-Type: text/plain" + x("; a=b", 300_000)),
    "RFC 2231": lambda x: _field("Content-Type: text/plain" + x("; a*1*=%41; a*22*=b", 100_000)),
    "semicolons": lambda x: _field("Content-Type: text/plain" + x("; ", 500_000)),
    "a quoted parameter": lambda x: _field('Content-Type: text/plain; a="' + x('\\"', 500_000)),
    "encoded words": lambda x: _field("Subject: " + x("=?utf-8?b?QQ==?= ", 100_000)),
    "half encoded words": lambda x: _field("Subject: " + x("=?utf-8?q?", 100_000)),
    "an encoded name": lambda x: _field("Cc: " + x("=?utf-8?q?=41?= ", 100_000) + "<a@acme.nl>"),
    "references": lambda x: _field("References: " + x("<a@b> ", 300_000) + x("<", 99_000)),
    "a date": lambda x: _field("Date: " + x("1 ", 500_000)),
    "a subject": lambda x: _field("Subject: " + x("Re: [x] ", 100_000)),
    "broken lines": lambda x: _plain("x", x("no field\r\n", 100_000) + "X-A: b\r\n"),
    "headers of parts": lambda x: _plain(x("--b\r\nX-A: " + "b" * 50_000 + "\r\n", 400), _MIXED),
    # parts
    "nested multiparts": lambda x: _nested(len(x("x", 100_000))),
    "nested letters": lambda x: _plain("hi", x("Content-Type: message/rfc822\r\n\r\n", 100_000)),
    "parts of text": lambda x: _plain(x("--b\r\n\r\n" + "Pump 7\r\n" * 3_000, 400), _MIXED),
    "parts of HTML": lambda x: _plain(
        x("--b\r\nContent-Type: text/html\r\n\r\n" + "<p>Pump</p>\r\n" * 1_000, 400), _MIXED),
    "base64 of letters": lambda x: _coded("base64", x("A\r\n", 2_000_000)),
    "uuencode": lambda x: _coded("x-uuencode", "begin 644 a\r\n" + x("#0V%T\r\n", 400_000)),
    "UTF-16": lambda x: _HEAD.encode() + b"Content-Type: text/plain; charset=utf-16\r\n\r\n"
    + _noise(len(x("x", 5 * _MEGABYTE))),
    "punycode": lambda x: _text("charset=punycode", x("a-", 200_000)),
    "UTF-7": lambda x: _text("charset=utf-7", x("+AAA", 200_000)),
    "HZ": lambda x: _text("charset=hz", x("~{", 200_000)),
    "ISO-2022": lambda x: _text("charset=iso-2022-jp", x("\x1b$B", 200_000)),
    "flowed": lambda x: _text("format=flowed", x("a \r\n", 200_000)),
    "calendar": lambda x: _plain(
        "DESCRIPTION:" + x("\\n\r\n ", 100_000), "Content-Type: text/calendar\r\n"),
    "a JPEG": lambda x: _attached(
        b"\xff\xd8\xff" + x("\xff\xe1\x00\x02", 500_000).encode("latin-1"), "image/jpeg"),
    "TNEF attributes": lambda x: _winmail(_attribute(0x8005, b"") * len(x("x", 500_000))),
    "TNEF properties": lambda x: _winmail(_attribute(0x9003, _number(10**9) + (
        b"\x03\x10\x01\x10" + _number(0)) * len(x("x", 400_000)))),
    "TNEF values": lambda x: _winmail(_attribute(0x9003, _number(10**9) + b"\x03\x10\x01\x10" + (
        _number(10**9)) * len(x("x", 900_000)))),
    "TNEF texts": lambda x: _winmail(_attribute(
        0x9003, _number(1) + b"\x1e\x00\x00\x10" + _number(1) + _number(9_000) + b"a" * 9_000)
        * len(x("x", 900))),
    "packed RTF": lambda x: _rtf(len(x("x", 400_000))),
    # HTML
    "nested HTML": lambda x: _html(x("<div><blockquote><b>", 200_000) + "hello"),
    "closing tags": lambda x: _html(x("<div>", 2_000) + x("</b></i>x", 100_000)),
    "open tags": lambda x: _html(x("<a href=", 300_000)),
    "open comments": lambda x: _html(x("<!--", 500_000)),
    "open declarations": lambda x: _html(x("<![CDATA[<!<?", 200_000)),
    "open scripts": lambda x: _html(x("<script>", 200_000) + x("<style>", 200_000)),
    "open heads": lambda x: _html(x("<head>", 200_000)),
    "scripts": lambda x: _html(x("<script>a</script>", 100_000)),
    "attributes": lambda x: _html(x("<p " + "a='1' " * 600 + ">", 500)),
    "quotes in tags": lambda x: _html(x('<p a="' + "'\"" * 1_500 + ">", 500)),
    "entities": lambda x: _html(x("&amp;&#x41;&notit;&", 150_000)),
    "links": lambda x: _html(x("<a href='https://acme.nl/x'>see</a> ", 40_000)),
    "links in one": lambda x: _html(x("<a href='https://acme.nl/x'>", 40_000) + x("</a>", 40_000)),
    "lists": lambda x: _html(x("<ul><li>", 60_000)),
    "cells": lambda x: _html("<table><tr>" + x("<td>1", 200_000)),
    "breaks": lambda x: _html(x("<br>", 300_000)),
    "inline data": lambda x: _html("<img src='data:image/png," + x("A", 900_000) + "'>hello"),
    "pictures": lambda x: _html(x("<img src='cid:a@b'>", 40_000)),
    "wrappings": lambda x: _html(x("<div class='gmail_quote'>a</div>", 40_000)),
    "histories": lambda x: _html(x("<div id='appendonsend'></div>", 40_000)),
    # text
    "quote signs": lambda x: _plain(x("> ", 300_000) + "\r\n" + x(">" * 100 + "x\r\n", 10_000)),
    "heads of quotes": lambda x: _plain(x("On 3 Nov 2026 at 10:12, A <a@b.nl>\r\n", 20_000)),
    "heads in a line": lambda x: _plain(x(x("a On 3 ", 40) + ":\r\n", 20_000)),
    "headers": lambda x: _plain(x("From: a\r\nx\r\ny\r\n", 20_000)),
    "separators": lambda x: _plain(x("-", 200_000) + x("\r\n--- Original Message ---", 9_000)),
    "closings": lambda x: _plain(x("Met vriendelijke groet,\r\n", 20_000)),
    "delimiters": lambda x: _plain(x("--\r\nx\r\n", 20_000) + x("__\r\n\u2014\r\n", 2_000)),
    "rules": lambda x: _plain("x\r\n" + x("- - - -\r\n", 20_000) + x("-_=*~#", 50_000)),
    "quotes and answers": lambda x: _plain(x("> a\r\nb\r\n", 20_000)),
    "the same under a head": lambda x: _plain(
        "On 3-11-2026 A <a@b.nl> wrote:\r\n" + x("> a\r\nb\r\n", 20_000)),
    "empty lines": lambda x: _plain("x\r\n" + x("\r\n", 500_000) + "y"),
    "empty lines in quotes": lambda x: _plain(x("> x\r\n" + "\r\n" * 200, 2_000)),
    "blanks": lambda x: _plain(x(" " * 20_000 + "x\r\n", 25)),
    "devices": lambda x: _plain(x("Sent from my ", 40_000) + x("\r\nSent from my iPhone", 5_000)),
    "bounces": lambda x: _plain(x("your message could not be delivered to the following ", 10_000)),
    "absences": lambda x: _plain(x("I am ik ben I'm we are tot en met van ", 10_000)),
    "digits": lambda x: _plain("x\r\n\r\nGroet,\r\na\r\nb\r\n" + x("1", 400_000)),
    "contacts": lambda x: _plain("x\r\n\u2014\r\n" + x("(1) ", 9_000) + "\r\n" + x("a@", 9_000)),
    "disclaimers": lambda x: _plain(x("this confidential message intended for afzender ", 9_000)),
    "forwarded": lambda x: _plain(
        x("--- Forwarded message ---\r\nFrom: B <b@a.nl>\r\nDate: x\r\n\r\n", 5_000)),
    "signed": lambda x: _plain(x("-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\n", 15_000)),
}  # fmt: skip


def measured() -> Iterator[tuple[str, int, float]]:
    """By kind: the letter's bytes, and the processor time that reading it took, in seconds."""
    floods = {kind: lambda made=made: made(lambda text, times: text * times)
              for kind, made in FLOODS.items()}  # fmt: skip
    for kind, made in {**HUGE, **floods}.items():
        letter = made()
        began = time.process_time()
        reading.read(letter)
        yield kind, len(letter), time.process_time() - began


def main() -> int:
    """Prints them, the slowest first; how many take longer than they may."""
    slow = 0
    for kind, size, seconds in sorted(measured(), key=lambda each: -each[2]):
        slow += seconds > LIMIT
        print(f"{seconds:7.3f} s {size / _MEGABYTE:7.2f} MB  {kind}")
    return slow


if __name__ == "__main__":
    sys.exit(main())
