"""What a reader's interests pull in: the ids of a feed, a span of them at a time.

A statement takes ids from an index which has them in order, and is made once.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union,
)
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
WHOLE = 2**31 - 1  # no id is greater


class Span(NamedTuple):
    """Which part of a list: the ids under `before` and over `after`, the newest of them first."""

    before: int | None = None
    after: int = 0
    upward: bool = False  # of those the ones next to `after`, and not those next to `before`

    def bound(self) -> dict[str, int]:
        """What fills the conditions of the statements below."""
        return {"before": self.before or WHOLE, "after": self.after}


def _between(column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return and_(column < bindparam("before"), column > bindparam("after"))


def visible(*conditions: ColumnElement[bool]) -> Select[int]:
    """Ids of the posts that are not withdrawn."""
    return select(Post.id).where(Post.withdrawn_at.is_(None), _between(Post.id), *conditions)


def by_tie(column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> Select[int]:
    """The same, of the posts to which a row of another table points."""
    ids = select(column).join(Post, Post.id == column)
    return ids.where(Post.withdrawn_at.is_(None), _between(column), *conditions)


# A look goes from under `before` down to over `after`, or only so far as its `window`, counted from
# the first id that is there: who asks from the top need not know it.
_BELOW: ColumnElement[int] = bindparam("before")
_REACHED = func.max(Post.id) - bindparam("window")
_FLOOR = (
    select(case((bindparam("after") < _REACHED, _REACHED), else_=bindparam("after")))
    .where(Post.id < _BELOW)
    .scalar_subquery()
)
OF_OTHERS: ColumnElement[bool] = Post.author_id != bindparam("reader")
_LET_IN = or_(Post.author_id == bindparam("reader"), interests.UNMUTED)


def _walked(*also: ColumnElement[bool]) -> Select[int]:
    """The same posts as `_gathered`, by looking at each; `also`: what brings some beside."""
    return select(Post.id).where(
        Post.withdrawn_at.is_(None),
        Post.id < _BELOW,
        Post.id > _FLOOR,
        or_(interests.BROUGHT, *also),
        _LET_IN,
    )


def _gathered(*also: interests.Source) -> Select[int]:
    """Ids of the posts in a reader's feed, as far as a look goes, through the indexes."""
    brought = union(
        *(
            select(column.label("id")).where(source, column < _BELOW, column > _FLOOR)
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
    own = _OWN[bool(wants.all_searches)]
    top = span.before
    found: Sequence[cards.Row] = ()
    for listing, window in (own.walked, WALK), (own.gathered, WINDOW), (own.gathered, WHOLE):
        statement = listing.first if span.upward else listing.last
        bound = {**wants.bound(), **look(span, window), "limit": limit}
        found = cards.rows(statement, reader_id, **bound)
        if len(found) >= limit:
            break
        top = top or (db.session.connection().scalar(_NEWEST) or 0) + 1
        if top - window <= span.after + 1:  # it was looked at all
            break
    return found


def look(span: Span, window: int) -> dict[str, int]:
    """What fills the conditions of a look at so many ids of the span, from the end it begins at."""
    bound = span.bound()
    if not span.upward:
        return {**bound, "window": window}
    return {**bound, "before": min(bound["before"], span.after + 1 + window), "window": WHOLE}


def news(wants: Interests) -> Executable:
    """The statement for the ids in the reader's feed, in one look, that others wrote."""
    return _OWN[bool(wants.all_searches)].news
