"""How the embedded engine keeps postings in Whoosh's segments: as bits, ready to be combined.

Whoosh's own codec unpickles and inflates a common word in blocks of 128 posts. Here a posting list
is one piece: the numbers of its posts, two bytes each, or, from `_DENSE` posts on, a bit for every
post. The words' places follow. Each piece has a checksum, so that damage is noticed where it is
read. Terms stand in Whoosh's ordered hash file; behind the exact words stand their beginnings of up
to `START_LIMIT` letters, each with all posts that have such a word, because `p*` stands for
thousands of words.
"""

import struct
import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from whoosh.codec.whoosh3 import W3Codec
from whoosh.filedb.filetables import FileFormatError, OrderedHashReader, OrderedHashWriter

from microshare.search import bits

START_LIMIT = 3
_DENSE = 512  # posts from which bits are quicker to read than numbers
_HEAD = struct.Struct("<IIII")  # checksum, bytes of the numbers, places, more of them
_ENTRY = struct.Struct("<QII")  # where in the file, how long, posts
_FIELDS = {"exact": b"e", "roots": b"r", "facts": b"f", "starts": b"s"}
_PLACE_LIMIT = 0xFFFF


class Postings:
    """The posts that have a term, in order, as they are collected; and where it stands in them."""

    __slots__ = ("firsts", "more", "posts")

    def __init__(self) -> None:
        self.posts = array("H")
        self.firsts = array("H")  # the first place in each post; empty where nobody asks
        self.more = array("H")  # further places, as pairs of post and place

    def add(self, post: int, place: int) -> None:
        place = min(place, _PLACE_LIMIT)
        if self.posts and self.posts[-1] == post:
            self.more.extend((post, place))
        else:
            self.posts.append(post)
            self.firsts.append(place)

    def sort(self) -> None:
        """Bring the posts into order."""
        order = sorted(range(len(self.posts)), key=self.posts.__getitem__)
        if self.firsts:
            self.firsts = array("H", (self.firsts[at] for at in order))
        self.posts = array("H", (self.posts[at] for at in order))


class Piece:
    """A posting list as it was read."""

    def __init__(self, raw: bytes, count: int, size: int) -> None:
        checksum, length, places, more = _HEAD.unpack_from(raw)
        body = memoryview(raw)[_HEAD.size :]
        if checksum != zlib.crc32(body):
            raise FileFormatError("a posting list is damaged")
        self._posts: array[int] | None = None
        if count < _DENSE:
            self._posts = _shorts(body[:length])
            self.bits = bits.of(self._posts, size)
        else:
            self.bits = int.from_bytes(body[:length], "little")
        self._firsts = body[length : length + 2 * places]
        self._more = body[length + 2 * places : length + 2 * (places + more)]

    def moved(self, to: Sequence[int]) -> Iterator[tuple[int, int]]:
        """The posts, with each place of the term, under other numbers; -1 leaves a post out."""
        posts = bits.numbers(self.bits) if self._posts is None else self._posts
        firsts = _shorts(self._firsts) or [0] * len(posts)
        for post, first in zip(posts, firsts, strict=True):
            if to[post] >= 0:
                yield to[post], first
                for place in self.more.get(post, ()):
                    yield to[post], place

    def firsts(self, posts: Sequence[int]) -> list[int]:
        """The first place of the term in each of these posts, which all have it."""
        firsts = _shorts(self._firsts)
        if self._posts is None and 20 * len(posts) < len(firsts):
            return [firsts[(self.bits & bits.below(post)).bit_count()] for post in posts]
        every = bits.numbers(self.bits) if self._posts is None else self._posts
        return list(map(dict(zip(every, firsts, strict=True)).__getitem__, posts))

    @cached_property
    def more(self) -> dict[int, list[int]]:
        """Further places of the term, in the posts that have it more than once."""
        more: dict[int, list[int]] = {}
        for post, place in zip(*_halves(_shorts(self._more)), strict=True):
            more.setdefault(post, []).append(place)
        return more


class Codec(W3Codec):  # type: ignore[misc]
    """Whoosh's codec with our terms and postings; columns and segments are its own."""

    length_stats = False

    def field_writer(self, storage: Any, segment: Any) -> "TermsWriter":
        return TermsWriter(storage, segment)

    def terms_reader(self, storage: Any, segment: Any) -> "Terms":
        return Terms(storage, segment)


class TermsWriter:
    """Writes all terms of a segment."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self._index = OrderedHashWriter(segment.create_file(storage, W3Codec.TERMS_EXT))
        self._file = segment.create_file(storage, W3Codec.POSTS_EXT)
        self._at = 0
        self.is_closed = False

    def add_postings(
        self, _schema: Any, _lengths: Any, fields: dict[str, dict[str, Postings]]
    ) -> None:
        """Write these fields, each with its terms in any order."""
        fields = {**fields, "starts": _starts(fields.get("exact", {}))}
        for field in sorted(fields, key=_FIELDS.__getitem__):
            terms = sorted((text.encode(), postings) for text, postings in fields[field].items())
            for text, postings in terms:
                piece = _written(postings)
                self._file.write(piece)
                entry = _ENTRY.pack(self._at, len(piece), len(postings.posts))
                self._index.add(_FIELDS[field] + text, entry)
                self._at += len(piece)

    def close(self) -> None:
        self._index.close()
        self._file.close()
        self.is_closed = True


def _written(postings: Postings) -> bytes:
    posts = postings.posts
    if len(posts) < _DENSE:
        listed = _bytes(posts)
    else:
        listed = bits.of(posts, posts[-1]).to_bytes(posts[-1] // 8 + 1, "little")
    body = listed + _bytes(postings.firsts) + _bytes(postings.more)
    return (
        _HEAD.pack(zlib.crc32(body), len(listed), len(postings.firsts), len(postings.more)) + body
    )


def _starts(words: dict[str, Postings]) -> dict[str, Postings]:
    """The posts by the first letters of their words."""
    starts = {}
    in_order = sorted(words)
    for length in range(1, START_LIMIT + 1):
        for start, group in groupby(in_order, lambda word, n=length: word[:n]):  # type: ignore[misc]
            if len(start) == length:
                posts: set[int] = set().union(*(words[word].posts for word in group))
                starts[start] = Postings()
                starts[start].posts.extend(sorted(posts))
    return starts


class Terms:
    """Reads the terms of a segment; any number of threads may, as nothing is moved."""

    def __init__(self, storage: Any, segment: Any) -> None:
        name = segment.make_filename(W3Codec.TERMS_EXT)
        self._index = OrderedHashReader(storage.open_file(name), storage.file_length(name))
        self._file = storage.open_file(segment.make_filename(W3Codec.POSTS_EXT))
        self._size = segment.doc_count_all()

    def count(self, field: str, text: str) -> int:
        """How many posts have a term, deleted ones among them."""
        entry = self._index.get(_FIELDS[field] + text.encode())
        return int(_ENTRY.unpack(entry)[2]) if entry else 0

    def piece(self, field: str, text: str) -> Piece | None:
        """The postings of a term; None where no post has it."""
        entry = self._index.get(_FIELDS[field] + text.encode())
        return self._piece(entry) if entry else None

    def beginning(self, field: str, start: str) -> Iterator[tuple[str, Piece]]:
        """The terms that begin so, with their postings."""
        key = _FIELDS[field] + start.encode()
        for found, entry in self._index.items_from(key):
            if not found.startswith(key):
                break
            yield found[1:].decode(), self._piece(entry)

    def _piece(self, entry: bytes) -> Piece:
        at, length, count = _ENTRY.unpack(entry)
        return Piece(self._file.get(at, length), count, self._size)

    def check(self) -> None:
        """Read every term; raises where one is damaged."""
        for _, entry in self._index.items():
            self._piece(entry)


def _halves(pairs: "array[int]") -> "tuple[array[int], array[int]]":
    return pairs[::2], pairs[1::2]


def _shorts(raw: bytes | memoryview) -> "array[int]":
    shorts = array("H")
    shorts.frombytes(raw)
    if sys.byteorder == "big":
        shorts.byteswap()
    return shorts


def _bytes(shorts: "array[int]") -> bytes:
    if sys.byteorder == "big":
        shorts = array("H", shorts)
        shorts.byteswap()
    return shorts.tobytes()
