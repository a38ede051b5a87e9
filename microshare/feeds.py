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
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from microshare import cards, interests, pulled, search, searches
from microshare.cards import Card, Marked
from microshare.db import db
from microshare.errors import Missing
from microshare.interests import Interests, Reason
from microshare.models import Department, Post, PostTag, Saved, Tag, User
from microshare.pulled import Span, by_tie, visible
from microshare.readers import AnyAddressee, AnyReader, Reader
from microshare.tags import AnyTag

PAGE = 30  # posts
LARGEST_PAGE = 100  # posts
LONGEST_THREAD = 1000  # posts


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


_WHICH: ColumnElement[int] = bindparam("which")
_EVERYONE = cards.listing(visible())
_TAGGED = cards.listing(by_tie(PostTag.post_id, PostTag.tag_id == _WHICH))
_WRITTEN_BY = cards.listing(visible(Post.author_id == _WHICH))
_FROM_DEPARTMENT = cards.listing(visible(Post.department_id == _WHICH))
_SAVED = cards.listing(by_tie(Saved.post_id, Saved.reader_id == _WHICH))


_ALL_NEWS = (
    select(Post.id)
    .where(Post.withdrawn_at.is_(None), Post.id > bindparam("after"), pulled.OF_OTHERS)
    .limit(bindparam("limit"))
)


def own(
    reader: AnyReader,
    *,
    now: datetime,
    before: int | None = None,
    limit: int = PAGE,
    span: Span | None = None,
    wants: Interests | None = None,
    tells_why: bool = True,
) -> Page:
    """What the reader's follows and department bring, and the own posts, less what is muted.

    `wants`: the reader's interests where they are known. `tells_why`: with the reasons; without
    them it is a query less for who follows searches.
    """
    wants = wants or interests.of(reader, now)
    limit, span = _within(limit), span or Span(before)
    found = pulled.rows(reader.id, wants, span, limit + 1)
    return _page(cards.made(found), limit, span, wants if tells_why else None)


_NEWEST = select(func.max(Post.id))


def news(reader: AnyReader, after: int, *, now: datetime, everyone: bool = False) -> int:
    """How many posts came into the own feed, or the open one, after this; a page of them at most.

    What the reader wrote is no news. An open page asks often: where nothing was written, what came
    with the reader is enough.
    """
    newest = reader.newest if isinstance(reader, Reader) else None
    if newest is None:
        newest = db.session.connection().scalar(_NEWEST) or 0
    if newest <= after:
        return 0
    ask = db.session.connection()
    asked = {"limit": LARGEST_PAGE, "after": after, "reader": reader.id}
    if everyone:
        return len(ask.scalars(_ALL_NEWS, asked).all())
    wants = interests.of(reader, now)
    asked |= pulled.look(Span(newest + 1, after), pulled.WHOLE)
    return len(ask.scalars(pulled.news(wants), {**asked, **wants.bound()}).all())


_SINCE = (
    select(Post.id)
    .where(Post.created_at >= bindparam("since"))
    .order_by(Post.created_at, Post.id)
    .limit(1)
)


def first_since(moment: datetime) -> int:
    """The id of the first post since then; where there is none, one that is greater than all."""
    return db.session.connection().scalar(_SINCE, {"since": moment}) or 2**31 - 1


def everyone(
    reader: AnyReader,
    *,
    before: int | None = None,
    limit: int = PAGE,
    span: Span | None = None,
) -> Page:
    """The open feed: every post."""
    return listed(_EVERYONE, reader, span or Span(before), limit)


def tagged(
    reader: AnyReader,
    tag: AnyTag,
    *,
    before: int | None = None,
    limit: int = PAGE,
    span: Span | None = None,
) -> Page:
    """The posts under a tag, in their lines or tagged on."""
    return listed(_TAGGED, reader, span or Span(before), limit, which=tag.id)


def written_by(
    reader: AnyReader,
    author: User,
    *,
    before: int | None = None,
    limit: int = PAGE,
    span: Span | None = None,
) -> Page:
    """One colleague's posts."""
    return listed(_WRITTEN_BY, reader, span or Span(before), limit, which=author.id)


def from_department(
    reader: AnyReader, department: Department, *, before: int | None = None, limit: int = PAGE
) -> Page:
    """The posts of people who worked in the department when they wrote."""
    return listed(_FROM_DEPARTMENT, reader, Span(before), limit, which=department.id)


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
    return listed(cards.listing(visible(*conditions)), reader, Span(before), limit)


def saved(reader: AnyReader, *, before: int | None = None) -> Page:
    """What the reader keeps; for the reader alone."""
    return listed(_SAVED, reader, Span(before), PAGE, which=reader.id)


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


def of(
    reader: AnyReader | AnyAddressee | None, ids: Sequence[int], wants: Interests | None = None
) -> Page:
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


def listed(
    listing: cards.Listing, reader: AnyReader, span: Span, limit: int, **bound: int
) -> Page:
    """The page of this list, with what else fills its conditions."""
    limit = _within(limit)
    statement = listing.first if span.upward else listing.last
    asked = {**span.bound(), "limit": limit + 1, **bound}
    return _page(cards.load(statement, reader.id, **asked), limit, span)


def _within(limit: int) -> int:
    return max(1, min(limit, LARGEST_PAGE))


def _page(
    found: Sequence[Marked], limit: int, span: Span, wants: Interests | None = None
) -> Page:
    """The page of these; one more than `limit` tells that there is a next page."""
    if span.upward:  # what is on this side of the beginning is known to be there
        shown = found[-limit:]
        return Page(_items(shown, wants), shown[-1].card.id if shown else None)
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
