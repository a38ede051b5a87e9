"""The photos of a letter: known by what they are, without the logos of signatures."""

import hashlib
import re
import struct
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

MOST_PHOTOS = 12
LARGEST = 16 * 1024 * 1024  # bytes of a file; the largest that a post takes is less
_MOST_BYTES = 40 * 1024 * 1024  # of all together
_SMALL_SIDE, _SMALL_HEIGHT = 160, 96  # pixels of what is drawn inline: icons, and banners
_SMALL_FILE = 6 * 1024  # bytes
_TINY_SIDE = 24  # pixels; no photo, wherever it stands

_KINDS = (
    (re.compile(rb"\xff\xd8\xff"), "jpg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF....WEBP", re.S), "webp"),
    (re.compile(rb"....ftyp(?:hei[cfmsx]|hev[cmsx]|mif1|msf1)", re.S), "heic"),
)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # of a JPEG, that tell its size


@dataclass(frozen=True)
class Found:
    """A file of a letter that is a photo by what it is."""

    name: str
    content: bytes
    cid: str  # by which the HTML names it; empty where it is only attached


def kind(content: bytes) -> str:
    """What a file is, as the end of its name; empty for what is no photo.

    >>> kind(b"GIF89a..."), kind(b"%PDF-1.7")
    ('gif', '')
    """
    return next((end for begins, end in _KINDS if begins.match(content)), "")


def chosen(found: list[Found], drawn: Collection[str]) -> tuple[tuple[str, bytes], ...]:
    """The photos that the sender meant, each with a name for the file.

    `drawn`: the pictures that stand in what the sender wrote anew. Others that the HTML names are
    a signature's or an older letter's. Of the drawn, small ones and repeated ones are logos.
    """
    marks = [hashlib.blake2b(each.content, digest_size=16).digest() for each in found]
    times = Counter(marks)
    seen: set[bytes] = set()
    photos: list[tuple[str, bytes]] = []
    room = _MOST_BYTES
    for each, mark in zip(found, marks, strict=True):
        is_logo = each.cid and (each.cid not in drawn or _is_small(each.content) or times[mark] > 1)
        is_tiny = 0 < max(size(each.content)) <= _TINY_SIDE
        if is_logo or is_tiny or mark in seen or len(each.content) > room:
            continue
        seen.add(mark)
        room -= len(each.content)
        photos.append((_name(each, len(photos) + 1), each.content))
        if len(photos) == MOST_PHOTOS:
            break
    return tuple(photos)


def _name(found: Found, number: int) -> str:
    base = re.sub(r"[^\w .()-]", "", found.name.rpartition(".")[0] or found.name).strip(" .")
    return f"{base[:80] or f'photo-{number}'}.{kind(found.content)}"


def _is_small(content: bytes) -> bool:
    width, height = size(content)
    if not width:
        return len(content) <= _SMALL_FILE
    return max(width, height) <= _SMALL_SIDE or height <= _SMALL_HEIGHT or width <= _TINY_SIDE


def size(content: bytes) -> tuple[int, int]:
    """Width and height in pixels as the head of the file tells them; 0, 0 where it does not.

    >>> size(b"GIF89a" + bytes([2, 1, 3, 0]))
    (258, 3)
    """
    head, end = content[:64], kind(content)
    try:
        if end == "png":
            return struct.unpack(">II", head[16:24])
        if end == "gif":
            return struct.unpack("<HH", head[6:10])
        if end == "jpg":
            return _jpeg_size(content)
        if end == "webp" and head[12:16] == b"VP8X":
            width, height = head[24:27], head[27:30]
            return int.from_bytes(width, "little") + 1, int.from_bytes(height, "little") + 1
    except struct.error:
        pass
    return 0, 0


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(200):  # segments before the picture
        if at + 9 > len(content) or content[at] != 0xFF:
            break
        if content[at + 1] in _FRAMES:
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return 0, 0
