"""One search in PostgreSQL: which posts it finds, newest first or best first.

Where the newest posts that fit are looked for stands in `postgres_look`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Integer,
    any_,
    case,
    cast,
    func,
    literal,
    select,
)

from microshare.models import PostTerms
from microshare.search import postgres_counts, postgres_look, ranking, terms, tsquery
from microshare.search.postgres_counts import Counting, Counts, says
from microshare.search.postgres_look import Part, Wanted
from microshare.search.query import Query, Term

_ID, _CREATED = PostTerms.post_id, PostTerms.created_at
_DEPTH = 500  # posts, the newest, that are ranked together
_RARE = 3000  # posts that say a rare word: so many are ranked where few say all words
_MANY = 8  # words; to try without each of so many takes too long
_ADJACENT = 0.1  # of the posts that say the words of a phrase, so many say them in a row, about

_NEAR = "SELECT post_id FROM post_terms WHERE {condition} ORDER BY created_at {order} LIMIT 1"
_SPAN = select(func.min(PostTerms.created_at), func.max(PostTerms.created_at))


class _Word(NamedTuple):
    """Something that a post must say: what asks for each of its forms."""

    forms: Sequence[str]
    worths: Sequence[float] = ()  # of each form
    spread: float = 0  # posts that say it, about

    @property
    def is_phrase(self) -> bool:
        return len(self.forms) == 1 and self.forms[0].startswith("'=") and " <-> " in self.forms[0]

    @property
    def any_form(self) -> str:
        return tsquery.any_of(self.forms)

    @property
    def worth(self) -> ColumnElement[float]:
        """What a post has of it: its best form counts."""
        best_first = sorted(zip(self.worths, self.forms, strict=True), reverse=True)
        each = case(*((says(form), worth) for worth, form in best_first), else_=0.0)
        # Most posts say none of them: one look for all.
        return case((says(self.any_form), each), else_=0.0) if best_first[1:] else each


class Search:
    """A search under way, in a transaction of its session."""

    def __init__(
        self, connection: Connection, query: Query, zone: tzinfo, counting: Counting
    ) -> None:
        self._connection = connection
        self._counting = counting
        self._shares = counting.shares(connection)
        self._terms = [term for term in query.terms if not term.negated]
        self._wanted = Wanted()
        facts = list(terms.facts_wanted(query))
        self._wanted.parts = [
            self._part(tsquery.any_fact(names)) for names, negated in facts if not negated
        ]
        unwanted = [tsquery.any_fact(names) for names, negated in facts if negated]
        unwanted += [_word(term).any_form for term in query.terms if term.negated]
        for one in unwanted:
            self._leave_out(one)
        after = terms.start_of(query.after, zone) if query.after else None
        before = terms.start_of(query.before, zone) if query.before else None
        self._limit_days(after, before)

    @cached_property
    def _newest(self) -> int:
        """When the newest post was written."""
        return self._connection.scalar(select(func.max(_CREATED))) or 0

    def _part(self, *forms: str) -> Part:
        asked = tsquery.any_of(forms)
        return Part(asked, self._shares.share_of_any(forms), self._shares.begun(asked))

    def _leave_out(self, asked: str) -> None:
        wanted = self._wanted
        wanted.row_share *= max(0.0, 1 - self._shares.share(asked))
        if tsquery.is_plain(asked):
            wanted.excluded = [*wanted.excluded, asked]
        else:
            name = f"unwanted{len(wanted.rows)}"
            wanted.rows.append(f"(terms @@ CAST(%({name})s AS tsquery)) IS TRUE")
            wanted.facts[name] = f"!({asked})"

    def _limit_days(self, after: int | None, before: int | None) -> None:
        """Only posts written since `after`, and before `before`.

        Ids and times nearly run together: where a time begins or ends, its id is near. The posts
        that stand out of order, beyond that, are told by their months.
        """
        wanted = self._wanted
        for name, at, sign, order in (
            ("before", before, "<", "DESC"),
            ("after", after, ">=", "ASC"),
        ):
            if at is None:
                continue
            condition = f"created_at {sign} %({name})s"
            wanted.rows.append(condition)
            wanted.facts[name] = at
            near = self._connection.exec_driver_sql(
                _NEAR.format(condition=condition, order=order), {name: at}
            ).scalar()
            if near is None:
                wanted.lowest, wanted.top = 0, 0
            elif name == "before":
                wanted.near_top = near + 1
            else:
                wanted.near_lowest = near
        if (after is not None or before is not None) and wanted.top:
            first, last = self._connection.execute(_SPAN).one()
            months = tsquery.periods(max(first, after or first), min(last, (before or last) - 1))
            wanted.days = self._part(months)

    def newest(self, limit: int, before: int | None) -> list[int]:
        """The newest posts that say all words."""
        return self._taken([_word(term) for term in self._terms], limit, before)

    def _taken(self, words: Sequence[_Word], limit: int, before: int | None = None) -> list[int]:
        """The newest ids of posts that say all of these words and pass the filters."""
        wanted = self._wanted
        said = replace(
            wanted,
            parts=[*wanted.parts, *chain.from_iterable(map(self._parts, words))],
            rows=list(wanted.rows),
            facts=dict(wanted.facts),
            top=wanted.top if before is None else min(before, wanted.top),
        )
        for word in words:
            if word.is_phrase:
                said.row_share *= _ADJACENT
                name = f"phrase{len(said.rows)}"
                said.rows.append(f"(terms @@ CAST(%({name})s AS tsquery)) IS TRUE")
                said.facts[name] = word.any_form
        return postgres_look.newest(self._connection, said, limit, self._shares.total)

    def _parts(self, word: _Word) -> list[Part]:
        """What the index is asked for a word; of a phrase it knows the words, and not the order."""
        if word.is_phrase:
            return [self._part(one) for one in dict.fromkeys(word.forms[0].split(" <-> "))]
        return [self._part(*word.forms)]

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
        yield self._ranked(words, self._taken(words, depth), counts)
        if len(words) == 1:
            return
        rare = words if is_small else list(_rare(words))
        if rare:
            one_of_them = _Word([word.any_form for word in rare])
            found = self._taken([one_of_them], max(depth, _RARE))
            yield self._ranked(words, found, counts)
        # All else says none of the rare words. Of the others the commonest are dropped first.
        others = words[len(rare) :]
        for number in _fewer(len(others) - (not rare), ranking.needed(len(words))):
            yield self._ranked(words, self._taken(others[:number], depth), counts)
        for word in others[1:]:  # the first may be one that nobody ever wrote
            yield self._ranked(words, self._taken([word], depth), counts)

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
        number = _sum(cast(part > 0, Integer) for part in said)
        rows = self._connection.execute(
            select(each.c.post_id, each.c.length, each.c.created_at, _sum(said), number).where(
                number >= ranking.needed(len(words))
            )
        ).all()
        newest = self._newest
        scores = [
            (ranking.score(worths, said / len(words), length, counts.mean, newest - at), post_id)
            for post_id, length, at, worths, said in rows
        ]
        return [post_id for _, post_id in sorted(scores, reverse=True)]


def _word(term: Term) -> _Word:
    return _Word(tsquery.each_form(terms.forms(term)))


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


def _fewer(most: int, least: int) -> Iterator[int]:
    """Some numbers from the most down to the least: each one, but of many a quarter.

    >>> list(_fewer(4, 2)), list(_fewer(30, 6)), list(_fewer(1, 2))
    ([4, 3, 2], [30, 7, 6], [])
    """
    while most > least:
        yield most
        most = max(least, most // 4 if most > _MANY else most - 1)
    if most == least:
        yield least


def _sum(parts: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
    first, *others = parts
    for part in others:
        first += part
    return first
