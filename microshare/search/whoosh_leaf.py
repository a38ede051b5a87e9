"""Which posts of one segment of the embedded index a search finds, as bits.

Bit n is the nth post of the segment. Posts come in the order of their ids, but for those that were
edited since, so the highest bits are the newest posts.
"""

import os
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import cached_property, reduce
from heapq import nlargest
from operator import or_
from typing import Any

from whoosh.codec.whoosh3 import W3Codec

from microshare.search import bits, terms
from microshare.search.query import Query
from microshare.search.terms import Forms
from microshare.search.whoosh_codec import START_LIMIT, Terms


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as the segments are asked it: its forms, facts and moments worked out once."""

    said: tuple[Forms, ...]
    unsaid: tuple[Forms, ...]
    facts: tuple[tuple[list[str], bool], ...]  # one of these, or none of these
    after: int | None  # microseconds since 1970
    before: int | None

    @property
    def has_phrases(self) -> bool:
        """Whether the order of words counts, which takes longest to look up."""
        return any(len(forms.words) > 1 for forms in (*self.said, *self.unsaid))


def asked(query: Query, zone: tzinfo) -> Asked:
    """What a search asks of every segment."""
    return Asked(
        said=tuple(terms.forms(term) for term in query.terms if not term.negated),
        unsaid=tuple(terms.forms(term) for term in query.terms if term.negated),
        facts=tuple(terms.facts_wanted(query)),
        after=terms.start_of(query.after, zone) if query.after else None,
        before=terms.start_of(query.before, zone) if query.before else None,
    )


class Leaf:
    """One segment, for any number of searches at once."""

    def __init__(self, storage: Any, segment: Any) -> None:
        self.terms: Terms = segment.codec().terms_reader(storage, segment)
        self.count = int(segment.doc_count_all())
        self.ids = _values(_column(storage, segment, "id"), self.count)
        self._created = _column(storage, segment, "created_at")  # a commit may delete it
        self.everything = bits.below(self.count) & ~bits.of(segment.deleted_docs(), self.count)
        self._last = max(self.ids, default=-1)
        self._in_order = self.ids == array("q", sorted(self.ids))

    @cached_property
    def created(self) -> "array[int]":
        """When each post was written, in microseconds since 1970."""
        return _values(self._created, self.count)

    @cached_property
    def _span(self) -> tuple[int, int]:
        return min(self.created, default=0), max(self.created, default=0)

    @cached_property
    def lengths(self) -> list[tuple[int, int]]:
        """Its posts by how many words they have, about."""
        return self._classes("length:")

    @cached_property
    def halves(self) -> list[tuple[int, int]]:
        """Its posts by the half-year in which they were written, newest first."""
        return sorted(self._classes("half:"), reverse=True)

    def _classes(self, start: str) -> list[tuple[int, int]]:
        return [
            (int(text.removeprefix(start)), piece.bits & self.everything)
            for text, piece in self.terms.beginning("facts", start)
        ]

    def number_of(self, id: int) -> int | None:
        """The number of a post; None where it is not here."""
        if self._in_order:
            number = bisect_left(self.ids, id)
            found = number < self.count and self.ids[number] == id
        else:
            found = id <= self._last and id in self.ids
            number = self.ids.index(id) if found else 0
        return number if found and self.everything >> number & 1 else None

    def newest(self, found: int, limit: int) -> Sequence[int]:
        """The highest ids among these posts, highest first."""
        if self._in_order:
            return [self.ids[number] for number in bits.highest(found, limit)]
        return nlargest(limit, (self.ids[number] for number in bits.numbers(found)))

    def older(self, id: int) -> int:
        """The posts with an id below this one."""
        if self._in_order:
            return bits.below(bisect_left(self.ids, id))
        return bits.of((n for n, other in enumerate(self.ids) if other < id), self.count)

    def allowed(self, search: Asked) -> int:
        """The posts that pass the filters."""
        found = self.everything
        for facts, negated in search.facts:
            having = self._having("facts", facts)
            found &= ~having if negated else having
            if not found:
                return 0
        return found & self._within(search.after, search.before)

    def _within(self, after: int | None, before: int | None) -> int:
        if after is None and before is None:
            return self.everything
        first, last = self._span
        start = first if after is None else after
        end = last + 1 if before is None else before
        if start <= first and last < end:
            return self.everything
        if last < start or end <= first:
            return 0
        return bits.of((n for n, at in enumerate(self.created) if start <= at < end), self.count)

    def without(self, search: Asked, found: int) -> int:
        """Of these posts those that say nothing excluded."""
        for forms in search.unsaid:
            if found:
                found &= ~self.saying(forms, found)
        return found

    def saying(self, forms: Forms, among: int) -> int:
        """Those of these posts that say this, in any form."""
        return reduce(or_, self.by_form(forms, among), 0)

    def perhaps(self, forms: Forms, among: int) -> int:
        """Those of these posts that may say this: with all words of a phrase, in any order."""
        return reduce(or_, self.by_form(forms, among, in_order=False), 0)

    def upper(self, found: int, limit: int) -> int:
        """The newest of these posts, about so many; all where they are in no order."""
        if not self._in_order or found.bit_count() <= limit:
            return found
        return found & ~bits.below(bits.highest(found, limit)[-1])

    def by_form(self, forms: Forms, among: int, *, in_order: bool = True) -> list[int]:
        """Those of these posts that say this literally, by each root, by a tag, and as begun."""
        found = [self._phrase(forms.words, among, in_order)] if forms.words else []
        found += [self._having("roots", [root]) & among for root in forms.roots]
        if forms.facts:
            found.append(self._having("facts", forms.facts) & among)
        if forms.prefix:
            found.append(self._beginning(forms.prefix) & among)
        return found

    def counts(self, forms: Forms) -> list[int]:
        """About how many posts have each word of this, and then each other form."""
        count = self.terms.count
        found = [count("exact", word) for word in forms.words]
        found += [count("roots", root) for root in forms.roots]
        if forms.facts:
            found.append(sum(count("facts", fact) for fact in forms.facts))
        if forms.prefix:
            found.append(self._beginning(forms.prefix).bit_count())
        return found

    def _having(self, field: str, texts: Iterable[str]) -> int:
        found = 0
        for text in texts:
            if piece := self.terms.piece(field, text):
                found |= piece.bits
        return found

    def _beginning(self, prefix: str) -> int:
        if len(prefix) <= START_LIMIT:
            return self._having("starts", [prefix])
        found = 0
        for _, piece in self.terms.beginning("exact", prefix):
            found |= piece.bits
        return found

    def _phrase(self, words: Sequence[str], among: int, in_order: bool) -> int:
        """Those of these posts that have these words; in this order, with nothing in between."""
        pieces = []
        for word in words:
            piece = self.terms.piece("exact", word)
            if piece is None:
                return 0
            among &= piece.bits
            pieces.append(piece)
        if len(pieces) == 1 or not in_order or not among:
            return among
        posts = bits.numbers(among)
        firsts = [piece.firsts(posts) for piece in pieces]
        found = []
        for post, *begun in zip(posts, *firsts, strict=True):
            if any(post in piece.more for piece in pieces):
                places = [
                    {first, *piece.more.get(post, ())}
                    for first, piece in zip(begun, pieces, strict=True)
                ]
                if _follow(places):
                    found.append(post)
            elif all(place == begun[0] + n for n, place in enumerate(begun)):
                found.append(post)
        return bits.of(found, self.count)

    def check(self) -> None:
        """Read all of it; raises where it is damaged."""
        self.terms.check()
        _values(self._created, self.count)


def _follow(places: Sequence[set[int]]) -> bool:
    """Whether the words with these places stand in a row somewhere."""
    return any(all(start + n in stands for n, stands in enumerate(places)) for start in places[0])


def _column(storage: Any, segment: Any, name: str) -> Any:
    return storage.open_file(W3Codec.column_filename(segment, name))


def _values(file: Any, count: int) -> "array[int]":
    """A column of large integers, one for each post."""
    values = array("q")
    values.frombytes(file.get(0, os.fstat(file.fileno()).st_size))
    if sys.byteorder == "little":
        values.byteswap()
    if count == 1 and not values:
        values.append(0)  # Whoosh does not write a zero alone
    if len(values) != count:
        raise EOFError
    return values
