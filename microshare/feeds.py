"""Feeds: endless lists, newest first, paged by id, and everything that one page shows.

Each feed is a condition; one function turns a condition into a `Page`, in a number of queries
that does not grow with the posts, the follows or the page. No totals are counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from microshare import interests, search
from microshare.db import db
from microshare.interests import Interests, Reason
from microshare.models import Department, Post, PostTag, Saved, Tag, Thanks, User

PAGE = 30  # posts
LARGEST_PAGE = 100  # posts


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
    """What the reader's follows and department bring, and the own posts, less what is muted."""
    wants = interests.of(reader, now)
    return _page(reader, _wanted(wants), before, limit, wants)


def newer_than(reader: User, post_id: int, *, now: datetime) -> int:
    """How many posts (at most 100 are counted) the own feed has above this one."""
    ids = (
        select(Post.id)
        .where(Post.id > post_id, Post.withdrawn_at.is_(None), _wanted(interests.of(reader, now)))
        .limit(100)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(ids)) or 0


def _wanted(wants: Interests) -> ColumnElement[bool]:
    """Whether a post stands in the feed of a reader with these interests."""
    return or_(
        Post.author_id == wants.reader_id, and_(interests.brought(wants), interests.unmuted(wants))
    )


def everyone(reader: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """The open feed: every post."""
    return _page(reader, None, before, limit)


def tagged(reader: User, tag: Tag, *, before: int | None = None, limit: int = PAGE) -> Page:
    """The posts under a tag, in their lines or tagged on."""
    return _page(
        reader, Post.id.in_(select(PostTag.post_id).where(PostTag.tag_id == tag.id)), before, limit
    )


def written_by(reader: User, author: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """One colleague's posts."""
    return _page(reader, Post.author_id == author.id, before, limit)


def from_department(
    reader: User, department: Department, *, before: int | None = None, limit: int = PAGE
) -> Page:
    """The posts of people who worked in the department when they wrote."""
    return _page(reader, Post.department_id == department.id, before, limit)


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
    conditions = [Post.kind == "question", Post.solved_at.is_(None)]
    if tag is not None:
        conditions.append(interests.tagged({tag.id}))
    if department is not None:
        conditions.append(Post.department_id == department.id)
    if until is not None:
        conditions.append(Post.created_at <= until)
    return _page(reader, and_(*conditions), before, limit)


def saved(reader: User, *, before: int | None = None, limit: int = PAGE) -> Page:
    """What the reader keeps; for the reader alone."""
    kept = select(Saved.post_id).where(Saved.reader_id == reader.id)
    return _page(reader, Post.id.in_(kept), before, limit)


def found(
    reader: User | None,
    raw: str,
    *,
    sort: str = "newest",
    before: int | None = None,
    limit: int = PAGE,
    zone: tzinfo,
) -> tuple[Page, search.Found]:
    """The posts that a search finds, and what was understood of it.

    The index may lag behind; a withdrawn post is never shown.
    """
    hits = search.find(raw, sort=sort, limit=limit + 1, before=before, zone=zone)
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


def _page(
    reader: User,
    condition: ColumnElement[bool] | None,
    before: int | None,
    limit: int,
    wants: Interests | None = None,
) -> Page:
    limit = max(1, min(limit, LARGEST_PAGE))
    query = _shown().where(Post.withdrawn_at.is_(None))
    if condition is not None:
        query = query.where(condition)
    if before is not None:
        query = query.where(Post.id < before)
    posts = db.session.scalars(query.order_by(Post.id.desc()).limit(limit + 1)).all()
    more = posts[limit - 1].id if len(posts) > limit else None
    return Page(_items(reader, posts[:limit], wants), more)


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
