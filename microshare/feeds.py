"""Feeds: endless lists, newest first, paged by id, and everything that one page shows.

Each feed says which ids it takes, from an index that has them in order; one function loads what a
page shows of them, in a number of queries that does not grow with the posts, the follows or the
page. No totals are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from microshare import interests, search
from microshare.db import db
from microshare.interests import Interests, Reason
from microshare.models import Department, Post, PostTag, Saved, Tag, Thanks, User

PAGE = 30  # posts
LARGEST_PAGE = 100  # posts
WINDOW = 4096  # ids in which the own feed looks first


@dataclass(frozen=True)
class Item:
    """A post as one reader sees it in a list."""

    post: Post
    reasons: tuple[Reason, ...] = ()
    thanked: bool = False  # by this reader
    saved: bool = False


@dataclass(frozen=True)
class Page:
    """One part of a feed, newest first (or best first, in a search)."""

    items: Sequence[Item]
    before: int | None = None  # where the next page begins; None: this is the last


def own(reader: User, *, now: datetime, before: int | None = None, limit: int = PAGE) -> Page:
    """What the reader's follows and department bring, and the own posts, less what is muted.

    The newest ids are tried first: that is a page for who follows what is often written about.
    For who does not, all that the follows ever brought is little.
    """
    wants = interests.of(reader, now)
    limit = _within(limit)
    top = literal(before) if before is not None else select(func.max(Post.id) + 1).scalar_subquery()
    for lowest in (top - WINDOW, None):
        ids = db.session.scalars(
            _wanted(wants, top, lowest).order_by(Post.id.desc()).limit(limit + 1)
        ).all()
        if len(ids) > limit:
            break
    return _page(reader, ids, limit, wants)


def _wanted(
    wants: Interests, below: ColumnElement[int], lowest: ColumnElement[int] | None
) -> Select[int]:
    """Ids of the posts in a reader's feed, from `lowest` to under `below`."""

    def between(column: InstrumentedAttribute[int]) -> list[ColumnElement[bool]]:
        return [column < below] if lowest is None else [column < below, column >= lowest]

    brought = union_all(
        *(
            select(column.label("id")).where(source, *between(column))
            for column, source in interests.sources(wants)
        )
    ).subquery()
    mine = Post.author_id == wants.reader_id
    return (
        select(Post.id)
        .join(brought, brought.c.id == Post.id)
        .where(Post.withdrawn_at.is_(None), or_(mine, interests.unmuted(wants)))
        .distinct()
    )


def everyone(reader: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """The open feed: every post."""
    return _listed(reader, _visible(), Post.id, before, limit)


def tagged(reader: User, tag: Tag, *, before: int | None = None, limit: int = PAGE) -> Page:
    """The posts under a tag, in their lines or tagged on."""
    ids = select(PostTag.post_id).join(Post).where(Post.withdrawn_at.is_(None))
    return _listed(reader, ids.where(PostTag.tag_id == tag.id), PostTag.post_id, before, limit)


def written_by(reader: User, author: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """One colleague's posts."""
    return _listed(reader, _visible(Post.author_id == author.id), Post.id, before, limit)


def from_department(
    reader: User, department: Department, *, before: int | None = None, limit: int = PAGE
) -> Page:
    """The posts of people who worked in the department when they wrote."""
    theirs = _visible(Post.department_id == department.id)
    return _listed(reader, theirs, Post.id, before, limit)


def questions(
    reader: User,
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
        conditions.append(interests.tagged({tag.id}))
    if department is not None:
        conditions.append(Post.department_id == department.id)
    if until is not None:
        conditions.append(Post.created_at <= until)
    return _listed(reader, _visible(*conditions), Post.id, before, limit)


def saved(reader: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """What the reader keeps; for the reader alone."""
    kept = select(Saved.post_id).join(Post).where(Post.withdrawn_at.is_(None))
    return _listed(reader, kept.where(Saved.reader_id == reader.id), Saved.post_id, before, limit)


def found(
    reader: User | None,
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


def of(reader: User | None, ids: Sequence[int], wants: Interests | None = None) -> Page:
    """These posts, in this order, less those that are withdrawn; with `wants`, why each."""
    if not ids:
        return Page([])
    posts = {
        post.id: post
        for post in db.session.scalars(
            _shown().where(Post.id.in_(ids), Post.withdrawn_at.is_(None))
        )
    }
    return Page(_items(reader, [posts[i] for i in ids if i in posts], wants))


def thread(reader: User, post: Post) -> Page:
    """The whole thread that the post stands in, oldest first.

    Withdrawn posts are there too: each leaves a line, and its text is not shown.
    """
    posts = db.session.scalars(
        _shown()
        .where(or_(Post.id == post.root_id, Post.thread_id == post.root_id))
        .order_by(Post.id)
        .limit(1000)
    ).all()
    return Page(_items(reader, posts))


def _shown() -> Select[Post]:
    """Posts with everything that a list shows of them."""
    return select(Post).options(
        joinedload(Post.author),
        joinedload(Post.department),
        joinedload(Post.reply_to).joinedload(Post.author),
        selectinload(Post.tags).options(joinedload(PostTag.tag), joinedload(PostTag.added_by)),
    )


def _visible(*conditions: ColumnElement[bool]) -> Select[int]:
    """Ids of the posts that are not withdrawn."""
    return select(Post.id).where(Post.withdrawn_at.is_(None), *conditions)


def _listed(
    reader: User,
    ids: Select[int],
    column: InstrumentedAttribute[int],
    before: int | None,
    limit: int,
) -> Page:
    """The page of these ids, newest first; `column` is the one that the index has in order."""
    limit = _within(limit)
    if before is not None:
        ids = ids.where(column < before)
    found = db.session.scalars(ids.order_by(column.desc()).limit(limit + 1)).all()
    return _page(reader, found, limit)


def _within(limit: int) -> int:
    return max(1, min(limit, LARGEST_PAGE))


def _page(reader: User, ids: Sequence[int], limit: int, wants: Interests | None = None) -> Page:
    """What is shown of the first ids; one more than `limit` tells that there is a next page."""
    more = ids[limit - 1] if len(ids) > limit else None
    return Page(of(reader, ids[:limit], wants).items, more)


def _items(
    reader: User | None, posts: Sequence[Post], wants: Interests | None = None
) -> list[Item]:
    if reader is None or not posts:
        return [Item(post) for post in posts]
    ids = [post.id for post in posts]
    marks = {
        (mark, post_id)
        for mark, post_id in db.session.execute(
            union_all(
                select(literal("thanks"), Thanks.post_id).where(
                    Thanks.giver_id == reader.id, Thanks.post_id.in_(ids)
                ),
                select(literal("saved"), Saved.post_id).where(
                    Saved.reader_id == reader.id, Saved.post_id.in_(ids)
                ),
            )
        )
    }
    return [
        Item(
            post,
            wants.reasons(post) if wants else (),
            ("thanks", post.id) in marks,
            ("saved", post.id) in marks,
        )
        for post in posts
    ]


def mark_read(reader: User, post_id: int) -> None:
    """Remember where the reader left off; it never moves back."""
    newest = db.session.scalar(select(func.max(Post.id))) or 0
    reader.read_up_to = max(reader.read_up_to, min(post_id, newest))
