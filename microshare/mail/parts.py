"""A letter taken apart: its header and its parts, whatever the bytes.

Python's own parser is not used for it: nested parts exhaust its stack, a flood of parameters
takes it half a minute, and an unknown charset stops it. Here every step is a loop that passes over
the bytes once, and every count has a limit: what lies beyond is left unread, never an error.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from microshare.mail import encodings

MOST_HEADER_BYTES = 256 * 1024  # of one part; a thousand recipients take 60 KB
MOST_FIELDS = 500
MOST_PARTS = 400
MOST_DEPTH = 60  # multiparts in one another; a chain of forwarded letters comes to ten
MOST_RULES = 20_000  # lines that begin like a boundary
_LONGEST_RULE = 300  # bytes; a boundary has 70 at most
_MOST_PARAMETERS = 30
_MOST_BROKEN, _BLOCK = 60, 8_192  # lines, bytes

_FIELD = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.S)
_KNOWN = re.compile(
    rb"(?im)^(?:from|to|subject|date|content-type|mime-version|message-id|received|x-[a-z-]{1,30}):"
)
_GUESSED = re.compile(rb"(?i)\n--([^\r\n]{0,80}+)\r?\n(?=content-)")
_PARAMETER = re.compile(
    r""";\s*+([^\s;="]{1,60}+)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?+|([^;"]*+))""", re.S
)


@dataclass
class Part:
    """One part of a letter, or the letter itself. A multipart's `body` is empty."""

    fields: list[tuple[str, str]]  # names in lower case; values unfolded, encoded words as sent
    depth: int = 0
    enclosed: int = 0  # how many letters it lies in, besides the one that came
    parent: "Part | None" = None
    kind: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    sent: bytes = b""  # the body as it was sent

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def get(self, name: str) -> str:
        """The first field of that name; empty where there is none."""
        return next((value for key, value in self.fields if key == name), "")

    @property
    def encoding(self) -> str:
        return self.get("content-transfer-encoding").strip(" \t\"'.;").lower()

    def body(self, most: int) -> bytes:
        """What was sent, decoded: at most about so many bytes of it."""
        return encodings.transferred(self.sent, self.encoding, most)

    def text(self, most: int) -> str:
        """The same as text, in the charset it says it is in or the one that it really is in."""
        content = self.body(most)
        charset = self.parameters.get("charset", "")
        return encodings.decoded(content, charset, is_cut=len(content) == most)

    @property
    def name(self) -> str:
        """The name of the file, empty where it has none."""
        _, disposition = valued(self.get("content-disposition"))
        named = disposition.get("filename", "") or self.parameters.get("name", "")
        return encodings.words(named).replace("\\", "/").rsplit("/", 1)[-1].strip()[:200]

    @property
    def cid(self) -> str:
        """By which the HTML of the letter names this part."""
        return self.get("content-id").strip().strip("<>").strip()[:300]

    @property
    def is_attached(self) -> bool:
        return valued(self.get("content-disposition"))[0] == "attachment"


def taken_apart(raw: bytes) -> list[Part]:
    """The letter and its parts in the order of the letter; the first is the letter as a whole.

    >>> letter, text = taken_apart(
    ...     b"Content-Type: multipart/mixed; boundary=x\\n\\n--x\\n\\nHello\\n--x--")
    >>> letter.kind, text.kind, text.sent
    ('multipart/mixed', 'text/plain', b'Hello')
    """
    if b"\n" not in raw[:MOST_HEADER_BYTES]:
        raw = raw.replace(b"\r", b"\n")
    at = _first_field(raw)
    parts: list[Part] = []
    open_ones: dict[bytes, Part] = {}  # multiparts by boundary, the innermost last
    start = _opened(raw, at, None, parts, open_ones)
    for end, rule_end, rule in _rules(raw, start) if open_ones else ():
        if rule_end <= start:
            continue  # within a header that has been read
        name = rule.rstrip()
        closes = name not in open_ones and name.endswith(b"--")
        name = name[:-2] if closes else name
        if name not in open_ones:
            continue
        _closed(raw, start, end, parts)
        while next(reversed(open_ones)) != name:
            open_ones.popitem()
        parent = open_ones[name]
        start = rule_end
        if closes:
            open_ones.popitem()
            start = len(raw) if not open_ones else rule_end
            parts.append(Part([], kind="", parent=parent))  # what follows is told to nobody
        elif len(parts) >= MOST_PARTS:
            start = len(raw)
            break
        else:
            start = _opened(raw, rule_end, parent, parts, open_ones)
    _closed(raw, start, len(raw), parts)
    return [part for part in parts if part.kind]


def _first_field(raw: bytes) -> int:
    """Where the header begins: behind empty lines, and the envelope that a mailbox puts there."""
    at = 0
    for _ in range(_MOST_BROKEN):
        end = raw.find(b"\n", at, at + _BLOCK)
        line = raw[at:end]
        if end < 0 or (line.strip() and not line.startswith((b"From ", b">From "))):
            break
        at = end + 1
    return at if _FIELD.match(raw, at, at + _BLOCK) else 0


def _rules(raw: bytes, at: int) -> Iterator[tuple[int, int, bytes]]:
    """Lines that may be boundaries: where the text before ends, where the next begins, the name."""
    at = max(at - 1, 0)
    for _ in range(MOST_RULES):
        at = raw.find(b"\n--", at)
        if at < 0:
            return
        end = raw.find(b"\n", at + 1, at + _LONGEST_RULE)
        end = end if end >= 0 else min(len(raw), at + _LONGEST_RULE)
        before = at - 1 if raw[at - 1 : at] == b"\r" else at
        yield before, min(end + 1, len(raw)), raw[at + 3 : end]
        at = end


def _closed(raw: bytes, start: int, end: int, parts: list[Part]) -> None:
    last = parts[-1]
    if not last.kind.startswith("multipart/"):
        last.sent = raw[start : max(start, end)]


def _opened(
    raw: bytes, at: int, parent: Part | None, parts: list[Part], open_ones: dict[bytes, Part]
) -> int:
    """Reads the header of a part, and of the letter in it; tells where its body begins."""
    depth = parent.depth + 1 if parent else 0
    enclosed = parent.enclosed if parent else 0
    while True:
        fields, at = _header(raw, at)
        part = Part(fields, depth, enclosed, parent)
        written = part.get("content-type")
        part.kind, part.parameters = valued(written)
        if not re.fullmatch(r"[^\s/]+/[^\s/]+", part.kind):
            in_digest = parent is not None and parent.kind == "multipart/digest"
            part.kind = "message/rfc822" if in_digest and not written else "text/plain"
        parts.append(part)
        is_letter = part.kind in ("message/rfc822", "message/global")
        plain = part.encoding in ("", "7bit", "8bit", "binary")
        if not (is_letter and plain and len(parts) < MOST_PARTS):
            break
        depth, enclosed, parent = depth + 1, enclosed + 1, part
    if part.kind.startswith("multipart/"):
        boundary = part.parameters.get("boundary", "").encode("utf-8", "replace").rstrip(b" \t")
        if depth == enclosed == 0 and (not boundary or raw.find(b"--" + boundary, at) < 0):
            guessed = _GUESSED.search(raw, max(at - 1, 0), at + _BLOCK)
            boundary = guessed[1].rstrip() if guessed else boundary
        if boundary and boundary not in open_ones and depth < MOST_DEPTH:
            open_ones[boundary] = part
        else:
            part.kind = "text/plain"  # nothing tells its parts apart
    return at


def _header(raw: bytes, at: int) -> tuple[list[tuple[str, str]], int]:
    """The fields of a header, and where the body begins."""
    lines: list[list[bytes]] = []
    broken = 0  # lines among others that are no fields
    end = min(len(raw), at + MOST_HEADER_BYTES)
    while at < end:
        stop = raw.find(b"\n", at)
        stop = len(raw) if stop < 0 else stop
        line = raw[at : min(stop, end)].rstrip(b"\r")
        if not line.strip():
            at = stop + 1
            break
        if line[:1] in b" \t":
            if lines:
                lines[-1].append(line.strip())
        elif _FIELD.match(line):
            lines.append([line])
        elif broken >= _MOST_BROKEN or not _goes_on(raw, stop + 1):
            break
        else:
            broken += 1
        at = stop + 1
    else:
        at = _after_header(raw, at)
    fields = []
    for folded in lines[:MOST_FIELDS]:
        if match := _FIELD.match(b" ".join(folded)):
            value = encodings.decoded(match[2].strip(), "")
            fields.append((match[1].decode("ascii").lower(), value))
    return fields, min(at, len(raw))


def _goes_on(raw: bytes, at: int) -> bool:
    """Whether what follows a broken line is still a header: it names what only headers name."""
    block = raw[at : at + _BLOCK]
    ends = [found for empty in (b"\n\n", b"\n\r\n") if (found := block.find(empty)) >= 0]
    return bool(_KNOWN.search(block[: min(ends)] if ends else block))


def _after_header(raw: bytes, at: int) -> int:
    """Where the body begins behind a header that is too long to be read."""
    ends = [(found, len(empty)) for empty in (b"\n\n", b"\n\r\n")
            if (found := raw.find(empty, max(at - 1, 0))) >= 0]  # fmt: skip
    return sum(min(ends)) if ends else len(raw)


def valued(written: str) -> tuple[str, dict[str, str]]:
    """A value and its parameters, with those of RFC 2231 put together.

    >>> valued("Text/Plain; charset=utf-8; name*0*=utf-8''caf%C3%A9; name*1=.txt")
    ('text/plain', {'charset': 'utf-8', 'name': 'café.txt'})
    """
    value, _, _ = written.partition(";")
    found: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for count, match in enumerate(_PARAMETER.finditer(written, len(value))):
        if count >= _MOST_PARAMETERS:
            break
        name, inner = match[1].lower(), match[3]
        inner = re.sub(r"\\(.)", r"\1", match[2]) if match[2] is not None else inner.strip()
        base, star, rest = name.partition("*")
        if not star:
            found.setdefault(base, inner)
            continue
        number = rest.rstrip("*")
        place = int(number) if number.isdecimal() and len(number) < 4 else 0
        pieces.setdefault(base, {})[place] = (inner, rest.endswith("*") or not rest)
    for base, numbered in pieces.items():
        found[base] = encodings.continued([numbered[place] for place in sorted(numbered)])
    return value.strip().lower(), found
