"""The text of RTF, and of Outlook's packed RTF (MS-OXRTFCP), for letters that hold no other.

RTF that was made from HTML holds that HTML (MS-OXRTFEX), which is then what is read.
"""

import re

from microshare.mail import encodings

MOST = 300_000  # bytes of text that are unpacked

# What the packing begins with, as its specification has it.
_KNOWN = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n" rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)  # fmt: skip
_WINDOW = 4096

_TOKEN = re.compile(
    r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}]+)|\\", re.S
)
_SILENT = frozenset({
    "fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer",
    "listtable", "listoverridetable", "generator", "themedata", "datastore", "xmlnstbl",
    "mhtmltag", "fldinst",
})  # fmt: skip
_SAID = {"par": "\n", "line": "\n", "row": "\n", "tab": "\t", "cell": " ", "emdash": "—",
         "endash": "–", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
         "bullet": "•"}  # fmt: skip


def unpacked(packed: bytes) -> str:
    """The RTF that is packed here, at most `MOST` of it; empty for what is none."""
    length, kind = int.from_bytes(packed[:4], "little"), packed[8:12]
    content = packed[16 : 4 + length]
    if kind == b"MELA":
        return content[:MOST].decode("latin-1")
    if kind != b"LZFu":
        return ""
    out = bytearray(_KNOWN)
    at = 0
    while at < len(content) and len(out) < MOST:
        flags, at = content[at], at + 1
        for bit in range(8):
            if not flags >> bit & 1:
                out += content[at : at + 1]
                at += 1
                continue
            told = int.from_bytes(content[at : at + 2], "big")
            start, at = told >> 4, at + 2
            back = (len(out) - start) % _WINDOW
            if back == 0 or at > len(content):
                return out[len(_KNOWN) :].decode("latin-1")
            for _ in range((told & 15) + 2):
                out.append(out[-back] if back <= len(out) else 32)
    return out[len(_KNOWN) :].decode("latin-1")


def is_wrapped_html(rtf: str) -> bool:
    return "\\fromhtml" in rtf[:4_000]


def text_of(rtf: str) -> str:
    """The text of RTF, or the HTML in it where it was made from HTML.

    >>> text_of(r"{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}Caf\\'e9 \\u8364?5\\par}")
    'Café €5\\n'
    """
    reader = _Reader(is_wrapped_html(rtf))
    for match in _TOKEN.finditer(rtf):
        reader.take(*match.groups())
    return encodings.clean("".join(reader.said))


class _Reader:
    def __init__(self, is_html: bool) -> None:
        self.is_html = is_html
        self.said: list[str] = []
        self.groups: list[tuple[bool, bool]] = []
        self.silent = self.in_tag = self.hidden = self.starred = False
        self.to_skip = 0  # characters that stand in for one that was told by its number

    def take(
        self, word: str | None, number: str | None, code: str | None, sign: str | None,
        brace: str | None, text: str | None,
    ) -> None:  # fmt: skip
        if brace == "{":
            self.groups.append((self.silent, self.in_tag))
        elif brace:
            self.silent, self.in_tag = self.groups.pop() if self.groups else (False, False)
        elif word:
            self._word(word, number)
        elif code:
            self._say(bytes([int(code, 16)]).decode("cp1252", "replace"))
        elif sign:
            self._say({"~": "\xa0", "\n": "\n", "_": "-"}.get(sign, sign if sign in "\\{}" else ""))
        elif text:
            self._say(text.replace("\r", "").replace("\n", ""))
        self.starred = sign == "*"

    def _word(self, word: str, number: str | None) -> None:
        if word == "u" and number:
            self.to_skip = 0
            self._say(chr(int(number) % 65_536))
            self.to_skip = 1
        elif word == "htmltag":
            self.in_tag = self.is_html
        elif word == "htmlrtf":
            self.hidden = number != "0"
        elif word in _SILENT or self.starred:
            self.silent = True
        else:
            self._say(_SAID.get(word, ""))

    def _say(self, piece: str) -> None:
        piece, self.to_skip = piece[self.to_skip :], 0 if piece else self.to_skip
        if piece and not self.silent and (self.in_tag or not self.hidden):
            self.said.append(piece)
