"""What the bytes of a letter say: transfer encodings, charsets, encoded words.

Any bytes give some text, without NULs, other control characters and lone surrogates.
"""

import binascii
import codecs
import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

# Slow, of the machine, or no charset of a text.
_NOT_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7",
                 "mbcs", "oem"}  # fmt: skip
# What letters say, and what is meant: the larger set that contains it.
_MEANT = {
    "us-ascii": "cp1252", "ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "iso-8859-8-i": "iso-8859-8", "iso-8859-9": "cp1254", "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "tis-620": "cp874",
    "windows-874": "cp874", "iso-2022-jp": "iso2022_jp_ext", "utf8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
}  # fmt: skip
# What is no character: controls, noncharacters (`marks` are some), halves of pairs; and the two
# signs that make a text read other than it is written.
_CONTROLS: dict[int, int | None] = dict.fromkeys(
    [*range(9), *range(11, 32), *range(127, 160), *range(0xFDD0, 0xFDF0), 0xFEFF, 0x202D, 0x202E]
    + [plane * 0x10000 + last for plane in range(17) for last in (0xFFFE, 0xFFFF)]
)
_CONTROLS |= dict.fromkeys([0x0B, 0x0C, 0x85, 0x2028, 0x2029], 0x0A)
_CONTROLS |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"),
         (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_WORD = re.compile(r"=\?([^?\s]{1,60})\?([bqBQ])\?([^?]*+)\?=")
_BETWEEN = re.compile(r"(\?=)[ \t\r\n]++(?==\?)")
MOST_WORDS = 2_000


def decoded(content: bytes, charset: str, *, is_cut: bool = False) -> str:
    """The text of these bytes. What says another charset than it is in is read as what it is.

    What was cut may end within a character.

    >>> decoded("café".encode(), "us-ascii"), decoded(b"caf\\xe9", "utf-8"), decoded(b"a", "x-no")
    ('café', 'café', 'a')
    """
    for candidate in _candidates(content, charset):
        try:
            decoder = codecs.getincrementaldecoder(candidate)()
            return clean(decoder.decode(content, final=not is_cut))
        except (UnicodeError, LookupError, ValueError):
            continue
    return clean(content.decode("cp1252", "replace"))


def _candidates(content: bytes, charset: str) -> Iterator[str]:
    yield from (name for mark, name in _BOMS if content.startswith(mark))
    named = charset.strip(" \t\"'").lower()
    meant = _meant(named)
    if meant and not meant.startswith("cp125"):
        yield meant
    if not content.startswith(b"\x1b"):
        yield "utf-8"
    if meant:
        yield meant


def _meant(named: str) -> str:
    named = _MEANT.get(named, named)
    try:
        info = codecs.lookup(named)
    except (LookupError, ValueError, UnicodeError):
        return ""
    is_text = getattr(info, "_is_text_encoding", True)
    is_charset = is_text and info.name.replace("_", "-") not in _NOT_CHARSETS
    return info.name if is_charset else ""


def clean(text: str) -> str:
    """The text with `\\n` between its lines and nothing in it that is no character."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def transferred(sent: bytes, encoding: str, most: int) -> bytes:
    """A body as it was before it was encoded for the way: at most about so many bytes of it."""
    if encoding in ("base64", "b"):
        pure = _NOT_BASE64.sub(b"", sent[: most * 3 // 2])
        pure = pure[: len(pure) - (len(pure) % 4 == 1)]
        return binascii.a2b_base64(pure + b"=" * (-len(pure) % 4))[:most]
    if encoding == "quoted-printable":
        return binascii.a2b_qp(sent[: most * 3])[:most]
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        return _from_uu(sent[: most * 3 // 2])[:most]
    return sent[:most]


def _from_uu(sent: bytes) -> bytes:
    found = bytearray()
    lines = iter(sent.splitlines())
    for line in lines:
        if line.startswith(b"begin "):
            break
    for line in lines:
        if line.strip() == b"end":
            break
        try:
            found += binascii.a2b_uu(line)
        except binascii.Error:
            continue
    return bytes(found)


def words(written: str) -> str:
    """A field of a header with its encoded words (RFC 2047) read.

    >>> words("=?utf-8?q?caf=C3=A9?= =?iso-8859-1?B?IPw=?= bar =?x?q?=41?=")
    'café ü bar A'
    """
    if "=?" not in written:
        return clean(written)
    said: list[str] = []
    at, pending, charset = 0, b"", ""
    joined = _BETWEEN.sub(r"\1", written)
    for count, match in enumerate(_WORD.finditer(joined)):
        if count >= MOST_WORDS:
            break
        named = match[1].partition("*")[0]
        if pending and (match.start() != at or named.lower() != charset.lower()):
            said.append(decoded(pending, charset))  # a character may be cut between two words
            pending = b""
        said.append(joined[at : match.start()])
        at, charset = match.end(), named
        pending += _word(match[2], match[3])
    said.append(decoded(pending, charset))
    return clean("".join(said) + joined[at:])


def _word(kind: str, inner: str) -> bytes:
    encoded = inner.encode("utf-8", "replace")
    if kind in "bB":
        return transferred(encoded, "base64", len(encoded))
    return binascii.a2b_qp(encoded, header=True)


def continued(pieces: list[tuple[str, bool]]) -> str:
    """A parameter in pieces (RFC 2231), each with whether it is written in per cents."""
    first, is_encoded = pieces[0]
    charset = ""
    if is_encoded and first.count("'") >= 2:
        charset, _, first = first.split("'", 2)
    content = b"".join(
        unquote_to_bytes(piece) if coded else piece.encode("utf-8", "replace")
        for piece, coded in [(first, is_encoded), *pieces[1:]]
    )
    return decoded(content, charset)
