"""Best first in the embedded engine: the posts that say most, in order of their scores.

A score is a whole number. Each word adds what it tells (its inverse document frequency over all
shards, and a constant, so that two words tell more than a rare one twice), another form of it less;
a short post gets more than a long one. The scores of all posts of a segment are summed at once in
slices (`bits`), so that the cost is the same whether a word stands in ten posts or in ten thousand.
What a post has is then halved for every `_HALF` half-years of age.

Posts that say all words come first, then those that say at least one in four. As age counts by half
years, posts of one score are newest first. The figures were chosen on `banking77_intent` and
`nl_inflection_ud`; see `docs/search.md`.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import and_, or_
from typing import NamedTuple

from microshare.search import bits, ranking
from microshare.search.query import Query
from microshare.search.whoosh_leaf import Asked, Leaf

_K1, _B = 1.2, 0.75  # as usual for BM25
_UNIT = 63  # what a word of a single post tells
_WORD = 0.5  # what any word tells beside its rarity, in units
_LENGTH = 0.2  # what a post loses each time that its length weighs double, in units: for one word,
_MORE_WORDS = 0.4  # and for each further word of the search,
_MOST_LENGTH = 1.2  # at most
_LONG = 3  # doublings that are counted
_HALF = 12  # half-years after which a post counts half


_SEVERAL = 128  # posts in which the order of words is looked up at once, at first
Levels = Iterator[tuple[int, int]]


class Rank(NamedTuple):
    """Where a post stands: the greater, the better."""

    has_all: bool
    score: int
    id: int


def telling(query: Query) -> Query:
    """The search without the `the` and `een` of a sentence, unless nothing else is left."""
    said = [term for term in query.terms if not term.negated]
    telling_words = ranking.telling(said)
    return replace(query, terms=tuple(t for t in query.terms if t.negated or t in telling_words))


@dataclass(frozen=True, slots=True)
class Scale:
    """What each form of each word is worth, and a post by its length and age, in all shards."""

    worths: tuple[tuple[int, ...], ...]
    mean: float  # words of a post
    newest: int  # the half-year of the newest post

    def of_length(self, words: int) -> int:
        weight = 1 + _K1 * (1 - _B + _B * words / self.mean)
        loss = min(_MOST_LENGTH, _LENGTH + _MORE_WORDS * (len(self.worths) - 1))
        return max(0, round(_UNIT * loss * (_LONG - math.log2(weight))))

    def of_age(self, half: int) -> int:
        return max(1, round(2 ** (16 - (self.newest - half) / _HALF)))

    @property
    def most(self) -> int:
        """The highest score, before age."""
        return sum(map(max, self.worths)) + self.of_length(0)


def scale_of(leaves: Sequence[Leaf], asked: Asked) -> Scale:
    """What words are worth, by how many posts of all shards have them."""
    lengths = [one for leaf in leaves for one in leaf.lengths]
    total = max(1, sum(posts.bit_count() for _, posts in lengths))
    words = sum(length * posts.bit_count() for length, posts in lengths)
    worths = []
    for forms in asked.said:
        counts = list(map(sum, zip(*(leaf.counts(forms) for leaf in leaves), strict=True)))
        if forms.words:  # a phrase is taken to be as rare as its rarest word
            counts[: len(forms.words)] = [min(counts[: len(forms.words)])]
        worths.append(tuple(_worth(count, total, form) for form, count in enumerate(counts)))
    newest = max((half for leaf in leaves for half, _ in leaf.halves), default=0)
    return Scale(tuple(filter(None, worths)), max(1.0, words / total), newest)


def _worth(count: int, total: int, form: int) -> int:
    most = ranking.worth(1, total, literal=True)
    told = ranking.worth(min(count, total), total, literal=form == 0) / most
    return round(_UNIT * (told + _WORD))


class _Scored:
    """One segment, with what a search finds in it and the scores of that."""

    def __init__(self, leaf: Leaf, asked: Asked, scale: Scale) -> None:
        self.leaf = leaf
        self._scale = scale
        self._asked = asked
        allowed = leaf.allowed(asked)
        self._allowed = allowed if asked.has_phrases else leaf.without(asked, allowed)
        forms = asked.said if self._allowed else ()
        by_form = (leaf.by_form(one, self._allowed, in_order=False) for one in forms)
        self._said = [said for said in by_form if said]
        self._any = [reduce(or_, said) for said in self._said]

    @cached_property
    def all(self) -> int:
        """The posts that say every word, with those of phrases in any order."""
        return reduce(and_, self._any, self._allowed) if self._any else 0

    @cached_property
    def some(self) -> int:
        """The posts that say enough of the words, and perhaps all."""
        if len(self._any) < 2:
            return 0
        counts: bits.Slices = []
        for said in self._any:
            bits.add(counts, said, 1)
        needed = ranking.needed(len(self._any))
        found = bits.at_least(counts, self._allowed, needed)
        return found if self._asked.has_phrases else found & ~self.all

    def true(self, posts: int, has_all: bool) -> int:
        """Of these posts those that say all, or not all, of it, with phrases in their order."""
        if not self._asked.has_phrases:
            return posts
        saying = posts & self.all
        for forms in self._asked.said:
            saying = self.leaf.saying(forms, saying) if saying else 0
        return self.leaf.without(self._asked, saying if has_all else posts & ~saying)

    def levels(self, has_all: bool, among: int, least: int, most: int | None) -> Levels:
        """The scores that occur in a tier, highest first, with the posts that have them."""
        waiting: list[tuple[int, int]] = []
        several = _SEVERAL if self._asked.has_phrases else 1
        for score, posts in bits.levels(self.sums, among, least, most):
            waiting.append((score, posts))
            if sum(posts.bit_count() for _, posts in waiting) >= several:
                yield from self._true_levels(waiting, has_all)
                waiting = []
                several *= 4
        yield from self._true_levels(waiting, has_all)

    def _true_levels(self, levels: Sequence[tuple[int, int]], has_all: bool) -> Levels:
        true = self.true(reduce(or_, (posts for _, posts in levels), 0), has_all)
        yield from ((score, posts & true) for score, posts in levels if posts & true)

    @cached_property
    def sums(self) -> bits.Slices:
        """The score of every post, before age."""
        slices: bits.Slices = []
        for length, posts in self.leaf.lengths:
            bits.add(slices, posts, self._scale.of_length(length))
        for worths, said in zip(self._scale.worths, self._said, strict=True):
            seen = 0
            for worth, posts in sorted(zip(worths, said, strict=True), reverse=True):
                bits.add(slices, posts & ~seen, worth)
                seen |= posts
        return slices

    def rank_of(self, id: int) -> Rank | None:
        """Where a post stands; None where it is not found here."""
        number = self.leaf.number_of(id)
        if number is None:
            return None
        post = 1 << number
        has_all = bool(self.true(self.all & post, True))
        if not has_all and not self.true(self.some & post, False):
            return None
        half = next(half for half, posts in self.leaf.halves if posts >> number & 1)
        score = bits.value_of(self.sums, number) * self._scale.of_age(half)
        return Rank(has_all, score, id)


def ranked(leaves: Sequence[Leaf], asked: Asked, limit: int, before: int | None) -> list[int]:
    """The ids of the best posts, on from the post `before`; none where that is not found.

    Segments come newest first, so that old ones need no look once the page is full of better.
    """
    if not leaves:
        return []
    scale = scale_of(leaves, asked)
    scored = [_Scored(leaf, asked, scale) for leaf in leaves]
    last = None
    if before is not None:
        last = next(filter(None, (one.rank_of(before) for one in scored)), None)
        if last is None:
            return []
    found: list[int] = []
    for has_all in (True, False):
        if last is None or last.has_all >= has_all:
            end = last if last and last.has_all == has_all else None
            page = _page(scored, scale, has_all, limit - len(found), end)
            found += [id for _, id in sorted(page, reverse=True)]
        if len(found) == limit:
            break
    return found


def _page(
    scored: Sequence[_Scored], scale: Scale, has_all: bool, limit: int, last: Rank | None
) -> list[tuple[int, int]]:
    """The best posts of a tier after the last one, as scores and ids in a heap."""
    page: list[tuple[int, int]] = []
    for one in scored:
        for half, posts in one.leaf.halves:
            age = scale.of_age(half)
            least = page[0][0] if len(page) == limit else 0
            among = posts & (one.all if has_all else one.some) if scale.most * age >= least else 0
            if not among:
                continue
            most = None if last is None else last.score // age
            for value, equal in one.levels(has_all, among, -(-least // age), most):
                score = value * age
                if len(page) == limit and score < page[0][0]:
                    break
                rest = one.leaf.older(last.id) if last and score == last.score else equal
                for id in one.leaf.newest(equal & rest, limit):
                    if len(page) < limit:
                        heapq.heappush(page, (score, id))
                    else:
                        heapq.heappushpop(page, (score, id))
    return page
