"""Feeds: endless lists, newest first, paged by id, and everything that one page shows.

Each feed is a statement, made once, that takes ids from an index which has them in order; `cards`
loads with it what a page shows, in a number of queries that does not grow with the posts, the
follows or the page. No totals are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Executable,
    Select,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from microshare import cards, interests, search, searches
from microshare.cards import Card, Marked
from microshare.db import db
from microshare.errors import Missing
from microshare.interests import Interests, Reason
from microshare.models import Department, Post, PostTag, Saved, Tag, User
from microshare.readers import AnyReader

PAGE = 30  # posts
LARGEST_PAGE = 100  # posts
LONGEST_THREAD = 1000  # posts
# The own feed first walks down so many ids, and stops when a page is full: for most readers it is
# after a hundred. Who follows little gets the rest from the indexes of what is followed, of so
# many ids and then of all: what is looked at is little, whether the follows bring half of all
# posts or one in ten thousand.
WALK = 512
WINDOW = 32_768
_END = 2**31 - 1  # no id is greater


class Item(NamedTuple):
    """A post as one reader sees it in a list."""

    post: Card
    reasons: tuple[Reason, ...] = ()
    thanked: bool = False  # by this reader
    saved: bool = False


@dataclass(frozen=True)
class Page:
    """One part of a feed, newest first (or best first, in a search)."""

    items: Sequence[Item]
    before: int | None = None  # where the next page begins; None: this is the last


def _below(column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    return column < bindparam("before")


def _visible(*conditions: ColumnElement[bool]) -> Select[int]:
    """Ids of the posts that are not withdrawn."""
    return select(Post.id).where(Post.withdrawn_at.is_(None), _below(Post.id), *conditions)


def _by_tie(column: InstrumentedAttribute[int], *conditions: ColumnElement[bool]) -> Select[int]:
    """The same, of the posts to which a row of another table points."""
    ids = select(column).join(Post, Post.id == column)
    return ids.where(Post.withdrawn_at.is_(None), _below(column), *conditions)


_WHICH: ColumnElement[int] = bindparam("which")
_EVERYONE = cards.newest(_visible())
_TAGGED = cards.newest(_by_tie(PostTag.post_id, PostTag.tag_id == _WHICH))
_WRITTEN_BY = cards.newest(_visible(Post.author_id == _WHICH))
_FROM_DEPARTMENT = cards.newest(_visible(Post.department_id == _WHICH))
_SAVED = cards.newest(_by_tie(Saved.post_id, Saved.reader_id == _WHICH))


_FROM_LOWEST: ColumnElement[bool] = Post.id >= bindparam("lowest")
_OF_OTHERS: ColumnElement[bool] = Post.author_id != bindparam("reader")
_LET_IN = or_(Post.author_id == bindparam("reader"), interests.UNMUTED)


def _walked(*also: ColumnElement[bool]) -> Select[int]:
    """The same posts as `_gathered`, by looking at each; `also`: what brings some beside."""
    return _visible(_FROM_LOWEST, or_(interests.BROUGHT, *also), _LET_IN)


def _gathered(*also: interests.Source) -> Select[int]:
    """Ids of the posts in a reader's feed, from `lowest` to under `before`, through the indexes."""
    brought = union(
        *(
            select(column.label("id")).where(source, _below(column), column >= bindparam("lowest"))
            for column, source in (*interests.SOURCES, *also)
        )
    ).subquery()
    return select(Post.id).where(
        Post.id.in_(select(brought.c.id)), Post.withdrawn_at.is_(None), _LET_IN
    )


class _Own(NamedTuple):
    """The statements of the own feed."""

    walked: Executable
    gathered: Executable
    news: Executable


def _own(walked: Select[int], gathered: Select[int]) -> _Own:
    news = gathered.where(_OF_OTHERS).limit(bindparam("limit"))
    return _Own(cards.newest(walked), cards.newest(gathered), news)


# Most readers follow no search, and their feed does not look for what searches found.
_OWN = {
    False: _own(_walked(), _gathered()),
    True: _own(_walked(interests.FOUND), _gathered(interests.FINDS)),
}
_ALL_NEWS = (
    select(Post.id)
    .where(Post.withdrawn_at.is_(None), Post.id > bindparam("after"), _OF_OTHERS)
    .limit(bindparam("limit"))
)


def own(reader: AnyReader, *, now: datetime, before: int | None = None, limit: int = PAGE) -> Page:
    """What the reader's follows and department bring, and the own posts, less what is muted."""
    wants = interests.of(reader, now)
    limit = _within(limit)
    top = before or (db.session.connection().scalar(_NEWEST) or 0) + 1
    bound = {**wants.bound(), "before": top, "limit": limit + 1}
    found: Sequence[cards.Row] = []
    walked, gathered, _ = _OWN[bool(wants.all_searches)]
    for statement, window in (walked, WALK), (gathered, WINDOW), (gathered, top):
        lowest = max(0, top - window)
        found = cards.rows(statement, reader.id, **bound, lowest=lowest)
        if len(found) > limit or not lowest:
            break
    return _page(cards.tagged(found), limit, wants)


_NEWEST = select(func.max(Post.id))


def news(reader: AnyReader, after: int, *, now: datetime, everyone: bool = False) -> int:
    """How many posts came into the own feed, or the open one, after this; a page of them at most.

    What the reader wrote is no news. An open page asks often: where nothing was written, one query.
    """
    ask = db.session.connection()
    newest = ask.scalar(_NEWEST) or 0
    if newest <= after:
        return 0
    asked = {"limit": LARGEST_PAGE, "after": after, "reader": reader.id}
    if everyone:
        return len(ask.scalars(_ALL_NEWS, asked).all())
    wants = interests.of(reader, now)
    asked |= {"lowest": after + 1, "before": newest + 1}
    statement = _OWN[bool(wants.all_searches)].news
    return len(ask.scalars(statement, {**asked, **wants.bound()}).all())


def everyone(reader: AnyReader, *, before: int | None = None, limit: int = PAGE) -> Page:
    """The open feed: every post."""
    return _listed(_EVERYONE, reader, before, limit)


def tagged(reader: AnyReader, tag: Tag, *, before: int | None = None, limit: int = PAGE) -> Page:
    """The posts under a tag, in their lines or tagged on."""
    return _listed(_TAGGED, reader, before, limit, which=tag.id)


def written_by(
    reader: AnyReader, author: User, *, before: int | None = None, limit: int = PAGE
) -> Page:
    """One colleague's posts."""
    return _listed(_WRITTEN_BY, reader, before, limit, which=author.id)


def from_department(
    reader: AnyReader, department: Department, *, before: int | None = None, limit: int = PAGE
) -> Page:
    """The posts of people who worked in the department when they wrote."""
    return _listed(_FROM_DEPARTMENT, reader, before, limit, which=department.id)


def questions(
    reader: AnyReader,
    *,
    before: int | None = None,
    limit: int = PAGE,
    tag: Tag | None = None,
    department: Department | None = None,
    until: datetime | None = None,
) -> Page:
    """Open questions, of a tag or of an asker's department, asked `until` then."""
    # As a literal, or SQLite would not see that the index of open questions serves.
    conditions = [Post.kind == literal_column("'question'"), Post.solved_at.is_(None)]
    if tag is not None:
        conditions.append(interests.tagged(PostTag.tag_id == tag.id))
    if department is not None:
        conditions.append(Post.department_id == department.id)
    if until is not None:
        conditions.append(Post.created_at <= until)
    return _listed(cards.newest(_visible(*conditions)), reader, before, limit)


def saved(reader: AnyReader, *, before: int | None = None, limit: int = PAGE) -> Page:
    """What the reader keeps; for the reader alone."""
    return _listed(_SAVED, reader, before, limit, which=reader.id)


def found(
    reader: AnyReader | None,
    raw: str,
    *,
    sort: str = "newest",
    before: int | None = None,
    limit: int = PAGE,
    zone: tzinfo,
    typing: bool = False,
) -> tuple[Page, search.Found]:
    """The posts that a search finds, and what was understood of it.

    The index may lag behind; a withdrawn post is never shown. With `typing` the last word may be
    the beginning of another.
    """
    hits = search.find(
        raw, sort=sort, limit=limit + 1, before=before, zone=zone, typing=typing
    )
    shown = hits.ids[:limit]
    more = shown[-1] if len(hits.ids) > limit else None
    return Page(of(reader, shown).items, more), hits


def of(reader: AnyReader | None, ids: Sequence[int], wants: Interests | None = None) -> Page:
    """These posts, in this order, less those that are withdrawn; with `wants`, why each."""
    return Page(_items(cards.of(ids, reader.id if reader else 0), wants))


_ASKED = aliased(Post)
_ROOT = (
    select(func.coalesce(_ASKED.thread_id, _ASKED.id))
    .where(_ASKED.id == bindparam("post"))
    .scalar_subquery()
)
_THREAD = cards.oldest(or_(Post.id == _ROOT, Post.thread_id == _ROOT))


def thread(reader: AnyReader, post_id: int) -> Page:
    """The whole thread that the post stands in, oldest first; `Missing` without such a post.

    Withdrawn posts are there too: each leaves a line, and its text is not shown.
    """
    rows = cards.load(_THREAD, reader.id, post=post_id, limit=LONGEST_THREAD)
    if not rows:
        raise Missing("post", id=post_id)
    return Page(_items(rows))


def _listed(
    statement: Executable, reader: AnyReader, before: int | None, limit: int, **bound: int
) -> Page:
    limit = _within(limit)
    asked = {"before": before or _END, "limit": limit + 1, **bound}
    return _page(cards.load(statement, reader.id, **asked), limit)


def _within(limit: int) -> int:
    return max(1, min(limit, LARGEST_PAGE))


def _page(found: Sequence[Marked], limit: int, wants: Interests | None = None) -> Page:
    """The page of these; one more than `limit` tells that there is a next page."""
    more = found[limit - 1].card.id if len(found) > limit else None
    return Page(_items(found[:limit], wants), more)


def _items(found: Sequence[Marked], wants: Interests | None = None) -> list[Item]:
    if wants is None:
        return [Item(one.card, (), one.thanked, one.saved) for one in found]
    by = searches.found_by(wants.all_searches, [one.card.id for one in found])
    return [
        Item(one.card, wants.reasons(one.card, by.get(one.card.id, ())), one.thanked, one.saved)
        for one in found
    ]


def mark_read(reader: User, post_id: int) -> None:
    """Remember where the reader left off; it never moves back."""
    newest = db.session.scalar(_NEWEST) or 0
    reader.read_up_to = max(reader.read_up_to, min(post_id, newest))
