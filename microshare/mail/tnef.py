"""`winmail.dat`: what Outlook makes of a letter for its like (MS-OXTNEF). Its text and its photos.

The one library for it has had no release for years, so its few tables are read here, once from
front to end.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from microshare.mail import encodings, rtf

_SIGNATURE = 0x223E9F78
_MOST_ATTRIBUTES, _MOST_PROPERTIES, _MOST_VALUES = 4_000, 2_000, 500
_BODY, _CODEPAGE, _MESSAGE = 0x800C, 0x9007, 0x9003
_BEGINS, _TITLE, _DATA, _ATTACHMENT = 0x9002, 0x8010, 0x800F, 0x9005
_TEXT, _HTML, _RTF, _LONG_NAME, _INTERNET_CODEPAGE = 0x1000, 0x1013, 0x1009, 0x3707, 0x3FDE
_FIXED = {0x01: 4, 0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4,
          0x14: 8, 0x40: 8, 0x48: 16}  # fmt: skip
_VARIABLE = {0x0D, 0x1E, 0x1F, 0x102}


@dataclass
class Contents:
    """What a `winmail.dat` holds of use; what it does not tell is empty."""

    text: str = ""
    html: str = ""
    files: list[tuple[str, bytes]] = field(default_factory=list)


def opened(content: bytes) -> Contents | None:
    """What is in it, as far as it can be read; None for what is no TNEF."""
    if len(content) < 6 or int.from_bytes(content[:4], "little") != _SIGNATURE:
        return None
    found, charset = Contents(), "cp1252"
    for tag, value in _attributes(content):
        if tag == _CODEPAGE:
            charset = _charset(int.from_bytes(value[:4], "little")) or charset
        elif tag == _BODY:
            found.text = found.text or _text(value, charset)
        elif tag == _MESSAGE:
            _message(found, value, charset)
        elif tag == _BEGINS:
            found.files.append(("", b""))
        elif found.files and tag == _TITLE:
            found.files[-1] = (_text(value, charset), found.files[-1][1])
        elif found.files and tag == _DATA:
            found.files[-1] = (found.files[-1][0], value)
        elif found.files and tag == _ATTACHMENT:
            for name, kind, inner in _properties(value):
                if name == _LONG_NAME and inner:
                    found.files[-1] = (_string(inner, kind, charset), found.files[-1][1])
    return found


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6
    for _ in range(_MOST_ATTRIBUTES):
        if at + 9 > len(content):
            return
        _, tag, _, length = struct.unpack_from("<BHHI", content, at)
        yield tag, content[at + 9 : at + 9 + length]
        at += 9 + length + 2  # and a sum, which lies in old files


def _message(found: Contents, value: bytes, charset: str) -> None:
    told = {name: (kind, inner) for name, kind, inner in _properties(value)}
    page = told.get(_INTERNET_CODEPAGE)
    charset = (_charset(int.from_bytes(page[1][:4], "little")) if page else "") or charset
    if _TEXT in told:
        found.text = _string(told[_TEXT][1], told[_TEXT][0], charset) or found.text
    if _HTML in told:
        found.html = encodings.decoded(told[_HTML][1], charset)
    elif _RTF in told and not found.text:
        packed = rtf.unpacked(told[_RTF][1])
        is_html = rtf.is_wrapped_html(packed)
        found.text, found.html = ("", rtf.text_of(packed)) if is_html else (rtf.text_of(packed), "")


def _properties(value: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The properties of a message: name, type, and the first of its values."""
    count, at = int.from_bytes(value[:4], "little"), 4
    for _ in range(min(count, _MOST_PROPERTIES)):
        if at + 4 > len(value):
            return
        kind, name = struct.unpack_from("<HH", value, at)
        at += 4
        if name >= 0x8000:
            at = _after_name(value, at)
        many, kind = bool(kind & 0x1000), kind & 0x0FFF
        width = _FIXED.get(kind, 0)
        if not width and kind not in _VARIABLE:
            return
        values = int.from_bytes(value[at : at + 4], "little") if many or not width else 1
        at += 4 if many or not width else 0
        first = b""
        for number in range(min(values, _MOST_VALUES)):
            length = width or int.from_bytes(value[at : at + 4], "little")
            at += 0 if width else 4
            first = value[at : at + length] if number == 0 else first
            at += length + (-length % 4)
            if at > len(value):
                break
        yield name, kind, first


def _after_name(value: bytes, at: int) -> int:
    """Where a name of the program's own ends: a set, then a number or words."""
    at += 16
    by_words = int.from_bytes(value[at : at + 4], "little") == 1
    length = int.from_bytes(value[at + 4 : at + 8], "little")
    return at + 8 + (length + (-length % 4) if by_words else 0)


def _string(inner: bytes, kind: int, charset: str) -> str:
    return _text(inner, "utf-16-le" if kind == 0x1F else charset)


def _text(content: bytes, charset: str) -> str:
    return encodings.decoded(content, charset).strip("\0").strip()


def _charset(codepage: int) -> str:
    known = {65001: "utf-8", 20127: "us-ascii", 28591: "iso-8859-1", 1200: "utf-16-le"}
    return known.get(codepage, f"cp{codepage}" if 0 < codepage < 20_000 else "")
