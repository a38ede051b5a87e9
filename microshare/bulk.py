"""Posts stored by the thousand: for an import, and for a company to measure.

What a post may be, and what follows from one, is the same as for `posts.publish`; only the way
into the tables is another: a few statements for all posts of a batch, with ids drawn beforehand.
"""

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, update
from sqlalchemy import text as sql

from microshare import drafts, inserts, notices, tags
from microshare.db import db
from microshare.drafts import Draft
from microshare.models import InboxItem, Mention, Post, PostTag

LOOKED_UP = 5000  # values in one look-up: SQLite takes 32,766 in a statement
Item = TypeVar("Item")


@dataclass(slots=True)
class Stored:
    """What a reply needs to know of the post above it. The id comes when it is stored."""

    author_id: int
    id: int = 0
    thread_id: int | None = None

    @property
    def root_id(self) -> int:
        """The post that begins the thread."""
        return self.thread_id or self.id


@dataclass(frozen=True, slots=True)
class Entry:
    """A post that is to be stored."""

    stored: Stored
    department_id: int
    at: datetime
    draft: Draft
    columns: Mapping[str, str]  # of the draft
    key: str | None = None
    reply_to: Stored | None = None
    tagged: Sequence[tuple[str, str]] = ()  # beside the tags in the text
    more: Mapping[str, Any] = field(default_factory=dict)  # columns that later acts have set


def store(entries: Sequence[Entry]) -> None:
    """Insert the posts, in this order, with their tags, mentions, notices and reply counts.

    Inside `saving()`, which whoever calls keeps short. A reply stands behind its post. Another
    process that uses one of the keys at the same moment makes it an IntegrityError. Search follows
    in its next rounds, on PostgreSQL too: the words of a post take longer than all else of it.
    """
    for entry, post_id in zip(entries, _ids(len(entries)), strict=True):
        entry.stored.id = post_id
        if entry.reply_to is not None:
            entry.stored.thread_id = entry.reply_to.root_id
    replies = Counter(entry.reply_to.id for entry in entries if entry.reply_to is not None)
    inserts.many(Post, [_row(entry, replies.pop(entry.stored.id, 0)) for entry in entries])
    _count_replies(replies)
    _tag(entries)
    inserts.tuples(
        Mention,
        ("post_id", "user_id"),
        [
            (entry.stored.id, user_id)
            for entry in entries
            if entry.draft.mentioned
            for user_id in entry.draft.mentioned.values()
        ],
    )
    inserts.tuples(
        InboxItem,
        ("reader_id", "kind", "post_id", "actor_id", "at"),
        [row for entry in entries for row in _notices(entry)],
    )


def in_parts(items: Iterable[Item], size: int = LOOKED_UP) -> Iterator[list[Item]]:
    """The items in lists of at most so many, for a look-up each."""
    listed = list(items)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]


def _ids(number: int) -> range | list[int]:
    """So many ids of posts that were never given."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":  # nobody else writes meanwhile
        last = connection.scalar(sql("SELECT seq FROM sqlite_sequence WHERE name = 'posts'")) or 0
        return range(last + 1, last + 1 + number)
    drawn = sql("SELECT nextval(pg_get_serial_sequence('posts', 'id')) FROM generate_series(1, :n)")
    return sorted(connection.scalars(drawn, {"n": number}))


def _row(entry: Entry, reply_count: int) -> dict[str, Any]:
    return {
        "id": entry.stored.id,
        "author_id": entry.stored.author_id,
        "department_id": entry.department_id,
        "created_at": entry.at,
        "key": entry.key or secrets.token_urlsafe(12),
        "reply_to_id": entry.reply_to.id if entry.reply_to else None,
        "thread_id": entry.stored.thread_id,
        "reply_count": reply_count,
        "thanks_count": 0,
        "version": 1,
        "indexed_version": 0,
        **entry.columns,
        **entry.more,
    }


def _count_replies(replies: Mapping[int, int]) -> None:
    """Of posts that were there before; in one order, so that no two writers lock each other."""
    if replies:
        posts = Post.__table__
        db.session.connection().execute(
            update(posts)  # type: ignore[arg-type]
            .where(posts.c.id == bindparam("post"))
            .values(reply_count=posts.c.reply_count + bindparam("step")),
            [{"post": post_id, "step": step} for post_id, step in sorted(replies.items())],
        )


def _tag(entries: Sequence[Entry]) -> None:
    written: dict[str, tuple[str, datetime]] = {}  # the first spelling, and when
    for entry in entries:
        for name, spelling in (*entry.draft.tags.items(), *entry.tagged):
            if name not in written:
                written[name] = spelling, entry.at
    ids = _tag_ids(written)
    if fresh := written.keys() - ids.keys():
        tags.make({name: written[name] for name in fresh})
        ids |= _tag_ids(fresh)
    rows: list[tuple[Any, ...]] = []
    for entry in entries:
        post, at, in_text = entry.stored, entry.at, entry.draft.tags
        for position, name in enumerate(in_text):
            rows.append((ids[name], post.id, position, None, at))
        if entry.tagged:
            beside = drafts.beside(entry.draft, entry.tagged)
            for position, (name, _) in enumerate(beside, len(in_text)):
                rows.append((ids[name], post.id, position, post.author_id, at))
    inserts.tuples(PostTag, ("tag_id", "post_id", "position", "added_by_id", "added_at"), rows)


def _tag_ids(names: Iterable[str]) -> dict[str, int]:
    return {name: tag_id for part in in_parts(names) for name, tag_id in tags.ids(part).items()}


def _notices(entry: Entry) -> list[tuple[int, str, int, int, datetime]]:
    """The reader, the kind, the post, who did it, and when."""
    told = [(user_id, "mention") for user_id in entry.draft.mentioned.values()]
    if entry.reply_to is not None:
        told.append((entry.reply_to.author_id, "reply"))
    post = entry.stored
    return [
        (reader_id, kind, post.id, post.author_id, entry.at)
        for reader_id, kind in told
        if notices.concerns(reader_id, post.author_id)
    ]
