"""One search in PostgreSQL: which posts it finds, newest first or best first.

GIN gives all posts of a term at once and in no order. So where many posts are expected the newest
ids are looked through first, one by one, which soon fills a page; else the index is asked, and
there are few posts to put in order.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import tzinfo
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    SQLColumnExpression,
    any_,
    case,
    cast,
    func,
    literal,
    select,
    text,
    true,
)

from microshare.models import PostTerms
from microshare.search import postgres_counts, ranking, terms, tsquery
from microshare.search.postgres_counts import Counting, Counts, says
from microshare.search.query import Query, Term

_ID, _CREATED = PostTerms.post_id, PostTerms.created_at
_WALKED = 16_384  # ids, the newest, that are looked through one by one
_WALKED_FOR_EACH = 64  # of many posts
_WALKED_AT_MOST = 131_072  # where all that is asked is to leave something out
_SHORT = 2  # letters: too many words begin with so few
_DEPTH = 500  # posts, the newest, that are ranked together
_RARE = 3000  # posts that say a rare word: so many are ranked where few say all words

_SCANS = text(
    "SELECT set_config('enable_indexscan', :allowed, true),"
    " set_config('enable_seqscan', :allowed, true)"
)


class _Word(NamedTuple):
    """Something that a post must say: what asks for each of its forms."""

    forms: Sequence[str]
    is_broad: bool = False  # so much begins with it that the index is no help
    worths: Sequence[float] = ()  # of each form
    spread: float = 0  # posts that say it, about

    @property
    def any_form(self) -> str:
        return tsquery.any_of(self.forms)

    @property
    def worth(self) -> ColumnElement[float]:
        """What a post has of it: its best form counts."""
        best_first = sorted(zip(self.worths, self.forms, strict=True), reverse=True)
        return case(*((says(form), worth) for worth, form in best_first), else_=0.0)


class _Step(NamedTuple):
    """A part of the posts to look among: from which id on, and what is asked there."""

    start: int
    post_id: SQLColumnExpression[int]  # as what it is compared and put in order
    conditions: Sequence[ColumnElement[bool]]


class Search:
    """A search under way, in a transaction of its session."""

    def __init__(
        self, connection: Connection, query: Query, zone: tzinfo, counting: Counting
    ) -> None:
        self._connection = connection
        self._counting = counting
        self._terms = [term for term in query.terms if not term.negated]
        facts = list(terms.facts_wanted(query))
        self._facts = [tsquery.any_fact(names) for names, negated in facts if not negated]
        excluded = [tsquery.any_fact(names) for names, negated in facts if negated]
        excluded += [_word(term).any_form for term in query.terms if term.negated]
        # Of the index this would read every post that has it.
        self._filters: list[ColumnElement[bool]] = [
            says(f"!({one})").is_(true()) for one in excluded
        ]
        self._after = terms.start_of(query.after, zone) if query.after else None
        self._before = terms.start_of(query.before, zone) if query.before else None
        if self._after is not None:
            self._filters.append(self._after <= _CREATED)
        if self._before is not None:
            self._filters.append(self._before > _CREATED)
        self._lowest, self._top = self._bounds()

    def _bounds(self) -> tuple[int, int]:
        """From which id on, and up to under which, a post can be found.

        Ids and times nearly run together: where a time begins or ends, its id is near. Posts that
        stand out of order beyond that are told by the index of the order.
        """
        newest = self._connection.scalar(select(func.max(_ID)))
        lowest, top = 0, 0 if newest is None else newest + 1
        if self._before is not None:
            early = self._before > _CREATED
            near = self._near(early, _CREATED.desc())
            top = 0 if near is None else self._farthest(func.max, near, early, near < _ID) + 1
        if self._after is not None:
            late = self._after <= _CREATED
            near = self._near(late, _CREATED)
            lowest = top if near is None else self._farthest(func.min, near, late, near > _ID)
        return lowest, top

    def _near(self, condition: ColumnElement[bool], order: Any) -> int | None:
        return self._connection.scalar(select(_ID).where(condition).order_by(order).limit(1))

    def _farthest(self, end: Any, near: int, *beyond: ColumnElement[bool]) -> int:
        """The first or last id beyond, or the near one.

        PostgreSQL expects many posts there, and is made to ask the index of the order all the same.
        """
        self._connection.execute(_SCANS, {"allowed": "off"})
        found = self._connection.scalar(select(end(_ID + 0)).where(*beyond))
        self._connection.execute(_SCANS, {"allowed": "on"})
        return near if found is None else int(found)

    def newest(self, limit: int, before: int | None) -> list[int]:
        """The newest posts that say all words."""
        words = [_word(term) for term in self._terms]
        share = self._counting.share(self._connection, [word.forms for word in words])
        return self._taken(words, limit, before, share)

    def _taken(
        self,
        words: Sequence[_Word],
        limit: int,
        before: int | None = None,
        share: float | None = None,
    ) -> list[int]:
        """The newest ids of posts that say all of these words and pass the filters.

        `share` is the part of all posts that may say them: where too few are expected, it does
        not look at all.
        """
        top = self._top if before is None else min(before, self._top)
        broad = [word.any_form for word in words if word.is_broad]
        asked = [*(word.any_form for word in words if not word.is_broad), *self._facts]
        if not asked:
            asked, broad = broad, []
        filters = [*(says(one).is_(true()) for one in broad), *self._filters]
        found: list[int] = []
        for step in _steps(asked, self._lowest, top, limit):
            is_last = step.start <= self._lowest
            if share is not None and not is_last and (top - step.start) * share < limit:
                continue
            within = [step.start <= step.post_id, top > step.post_id, *step.conditions, *filters]
            statement = select(_ID).where(*within).order_by(step.post_id.desc()).limit(limit)
            found = list(self._connection.scalars(statement))
            if len(found) >= limit or is_last:
                break
        return found

    def best(self, limit: int, before: int | None) -> list[int]:
        """The posts that say most of the words, best first."""
        if not self._terms:
            return self._taken([], limit, before)
        ranked: list[int] = []
        begin = 0
        for tier in self._tiers():
            known = set(ranked)
            ranked += [post_id for post_id in tier if post_id not in known]
            if before is not None:
                begin = ranked.index(before) + 1 if before in known.union(tier) else len(ranked)
            if len(ranked) - begin >= limit:
                break
        return ranked[begin : begin + limit]

    def _tiers(self) -> Iterator[list[int]]:
        """The posts that say all words, then those that say most; each tier best first."""
        asked = [_word(term) for term in ranking.telling(self._terms)]
        counts = self._counting.of(
            self._connection, [form for word in asked for form in word.forms]
        )
        words = sorted(_weighed(asked, counts), key=lambda word: word.spread)
        is_small = counts.total <= postgres_counts.COUNTED
        depth = postgres_counts.COUNTED if is_small else _DEPTH
        yield self._ranked(words, self._likely(words, depth, counts), counts)
        if len(words) == 1:
            return
        rare = words if is_small else list(_rare(words))
        if rare:
            one_of_them = _Word([word.any_form for word in rare])
            found = self._taken([one_of_them], max(depth, _RARE), share=0)
            yield self._ranked(words, found, counts)
        # All else says none of the rare words. Of the others the commonest are dropped first.
        others = words[len(rare) :]
        for number in range(len(others) - (not rare), ranking.needed(len(words)) - 1, -1):
            yield self._ranked(words, self._likely(others[:number], depth, counts), counts)
        for word in others[1:]:  # the first may be one that nobody ever wrote
            yield self._ranked(words, self._likely([word], depth, counts), counts)

    def _likely(self, words: Sequence[_Word], depth: int, counts: Counts) -> list[int]:
        """The newest posts that say all of these words, with how many there may be in mind."""
        share = math.prod(min(1.0, word.spread / max(1.0, counts.total)) for word in words)
        return self._taken(words, depth, share=share)

    def _ranked(self, words: Sequence[_Word], ids: Sequence[int], counts: Counts) -> list[int]:
        """Those of the posts that say enough of the words, best first."""
        if not ids:
            return []
        parts = [word.worth.label(f"part{number}") for number, word in enumerate(words)]
        each = (
            select(_ID, PostTerms.length, _CREATED, *parts)
            .where(any_(literal(ids, ARRAY(Integer))) == _ID)
            .offset(0)  # or the parts would be worked out again wherever they are named
            .subquery()
        )
        said = [each.c[part.name] for part in parts]
        rows = self._connection.execute(
            select(
                each.c.post_id,
                each.c.length,
                each.c.created_at,
                _sum(said),
                _sum(cast(part > 0, Integer) for part in said),
            )
        ).all()
        newest = self._connection.scalar(select(func.max(_CREATED))) or 0
        scores = [
            (ranking.score(worths, said / len(words), length, counts.mean, newest - at), post_id)
            for post_id, length, at, worths, said in rows
            if said >= ranking.needed(len(words))
        ]
        return [post_id for _, post_id in sorted(scores, reverse=True)]


def _steps(asked: Sequence[str], lowest: int, top: int, limit: int) -> Iterator[_Step]:
    """Where to look for posts that fit all of this, one step after the other."""
    walked = max(_WALKED, _WALKED_FOR_EACH * limit)
    if not asked:
        yield _Step(max(lowest, top - walked), _ID, [])
        yield _Step(max(lowest, top - _WALKED_AT_MOST), _ID, [])
        return
    said = tsquery.all_of(asked)
    yield _Step(max(lowest, top - walked), _ID, [says(said).is_(true())])
    # As a sum, the id does not bring PostgreSQL to walk down all ids instead.
    yield _Step(lowest, _ID + 0, [says(said)])


def _word(term: Term) -> _Word:
    forms = terms.forms(term)
    return _Word(tsquery.each_form(forms), 0 < len(forms.prefix) <= _SHORT)


def _weighed(words: Iterable[_Word], counts: Counts) -> Iterator[_Word]:
    """The words with what each form of them is worth, and how many posts say them."""
    each = iter(counts.each)
    for word in words:
        of_forms = [next(each) for _ in word.forms]
        worths = [
            ranking.worth(count, counts.total, literal=place == 0)
            for place, count in enumerate(of_forms)
        ]
        yield word._replace(worths=worths, spread=min(counts.total, sum(of_forms)))


def _rare(words: Iterable[_Word]) -> Iterator[_Word]:
    """The first words that not too many posts say one of."""
    posts = 0.0
    for word in words:
        posts += word.spread
        if posts > _RARE:
            return
        yield word


def _sum(parts: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
    first, *others = parts
    for part in others:
        first += part
    return first
