"""What a reader's interests pull in: the ids of a feed, a span of them at a time.

A statement takes ids from an index which has them in order, and is made once.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, Executable, Select, and_, bindparam, func, or_, select, union
from sqlalchemy.orm import InstrumentedAttribute

from microshare import cards, interests
from microshare.db import db
from microshare.interests import Interests
from microshare.models import Post

# The own feed first walks down so many ids, and stops when a page is full: for most readers it is
# after a hundred. Who follows little gets the rest from the indexes of what is followed, of so
# many ids and then of all: what is looked at is little, whether the follows bring half of all
# posts or one in ten thousand.
WALK = 512
WINDOW = 32_768
_END = 2**31 - 1  # no id is greater


class Span(NamedTuple):
    """Which part of a list: the ids under `before` and over `after`, the newest of them first."""

    before: int | None = None
    after: int = 0
    upward: bool = False  # of those the ones next to `after`, and not those next to `before`

    def bound(self) -> dict[str, int]:
        """What fills the conditions of the statements below."""
        return {"before": self.before or _END, "after": self.after}


def _between(column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return and_(column < bindparam("before"), column > bindparam("after"))


def visible(*conditions: ColumnElement[bool]) -> Select[int]:
    """Ids of the posts that are not withdrawn."""
    return select(Post.id).where(Post.withdrawn_at.is_(None), _between(Post.id), *conditions)


def by_tie(column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> Select[int]:
    """The same, of the posts to which a row of another table points."""
    ids = select(column).join(Post, Post.id == column)
    return ids.where(Post.withdrawn_at.is_(None), _between(column), *conditions)


_LOWEST: ColumnElement[int] = bindparam("lowest")
_BELOW: ColumnElement[int] = bindparam("before")
OF_OTHERS: ColumnElement[bool] = Post.author_id != bindparam("reader")
_LET_IN = or_(Post.author_id == bindparam("reader"), interests.UNMUTED)


def _walked(*also: ColumnElement[bool]) -> Select[int]:
    """The same posts as `_gathered`, by looking at each; `also`: what brings some beside."""
    return select(Post.id).where(
        Post.withdrawn_at.is_(None),
        Post.id < _BELOW,
        Post.id >= _LOWEST,
        or_(interests.BROUGHT, *also),
        _LET_IN,
    )


def _gathered(*also: interests.Source) -> Select[int]:
    """Ids of the posts in a reader's feed, from `lowest` to under `before`, through the indexes."""
    brought = union(
        *(
            select(column.label("id")).where(source, column < _BELOW, column >= _LOWEST)
            for column, source in (*interests.SOURCES, *also)
        )
    ).subquery()
    return select(Post.id).where(
        Post.id.in_(select(brought.c.id)), Post.withdrawn_at.is_(None), _LET_IN
    )


class _Own(NamedTuple):
    """The statements of the own feed."""

    walked: cards.Listing
    gathered: cards.Listing
    news: Executable


def _own(walked: Select[int], gathered: Select[int]) -> _Own:
    news = gathered.where(OF_OTHERS).limit(bindparam("limit"))
    return _Own(cards.listing(walked), cards.listing(gathered), news)


# Most readers follow no search, and their feed does not look for what searches found.
_OWN = {
    False: _own(_walked(), _gathered()),
    True: _own(_walked(interests.FOUND), _gathered(interests.FINDS)),
}
_NEWEST = select(func.max(Post.id))


def rows(reader_id: int, wants: Interests, span: Span, limit: int) -> Sequence[cards.Row]:
    """So many posts of the reader's feed, newest first, as they come."""
    top = span.before or (db.session.connection().scalar(_NEWEST) or 0) + 1
    own = _OWN[bool(wants.all_searches)]
    found: Sequence[cards.Row] = []
    listings = own.walked, own.gathered, own.gathered
    for listing, (lowest, below) in zip(listings, _looks(span, top), strict=False):
        statement = listing.first if span.upward else listing.last
        bound = {**wants.bound(), "before": below, "lowest": lowest, "limit": limit}
        found = cards.rows(statement, reader_id, **bound)
        if len(found) >= limit:
            break
    return found


def _looks(span: Span, top: int) -> Iterator[tuple[int, int]]:
    """From which id to under which is looked, further each time, until all was."""
    bottom = span.after + 1
    for window in WALK, WINDOW, top:
        if span.upward:
            yield bottom, min(top, bottom + window)
        else:
            yield max(bottom, top - window), top
        if top - window <= bottom:
            return


def news(wants: Interests) -> Executable:
    """The statement for the ids in the reader's feed that others wrote."""
    return _OWN[bool(wants.all_searches)].news
