"""The inbox: replies, mentions, thanks and answers for one reader, in the app only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select

from microshare import feeds
from microshare.db import db
from microshare.feeds import Item
from microshare.models import InboxItem, Post, User
from microshare.readers import AnyReader

PAGE = 60  # items, before thanks are grouped


@dataclass(frozen=True)
class Entry:
    """What happened once, or, for thanks, how often to one post."""

    kind: str  # reply, mention, thanks, answer
    item: Item  # the post to look at
    actors: Sequence[User]  # newest first
    at: datetime  # of the newest
    is_new: bool


@dataclass(frozen=True)
class InboxPage:
    """One part of the inbox, newest first."""

    entries: Sequence[Entry]
    newest: int  # id of the newest item, for `mark_seen`
    before: int | None = None  # where the next page begins


def of(reader: User, *, before: int | None = None) -> InboxPage:
    """What happened for the reader; thanks for one post stand together."""
    query = (
        select(InboxItem)
        .join(Post, Post.id == InboxItem.post_id)
        .where(InboxItem.reader_id == reader.id, Post.withdrawn_at.is_(None))
    )
    if before is not None:
        query = query.where(InboxItem.id < before)
    rows = db.session.scalars(query.order_by(InboxItem.id.desc()).limit(PAGE + 1)).all()
    shown = rows[:PAGE]
    items = {
        item.post.id: item for item in feeds.of(reader, list({row.post_id for row in shown})).items
    }
    actors = {
        user.id: user
        for user in db.session.scalars(
            select(User).where(User.id.in_({row.actor_id for row in shown}))
        )
    }
    groups: dict[tuple[object, ...], list[InboxItem]] = {}
    for row in shown:
        together = row.kind if row.kind == "thanks" else row.id
        groups.setdefault((together, row.post_id), []).append(row)
    entries = [
        Entry(
            group[0].kind,
            items[group[0].post_id],
            [actors[row.actor_id] for row in group],
            group[0].at,
            group[0].id > reader.inbox_read_up_to,
        )
        for group in groups.values()
        if group[0].post_id in items
    ]
    return InboxPage(
        entries, shown[0].id if shown else 0, shown[-1].id if len(rows) > PAGE else None
    )


_NEW_COUNT = (
    select(func.count())
    .select_from(InboxItem)
    .join(Post, Post.id == InboxItem.post_id)
    .where(
        InboxItem.reader_id == bindparam("reader"),
        InboxItem.id > bindparam("seen"),
        Post.withdrawn_at.is_(None),
    )
)


def new_count(reader: AnyReader) -> int:
    """How many items came since the reader last looked; every page asks it."""
    asked = {"reader": reader.id, "seen": reader.inbox_read_up_to}
    return db.session.connection().scalar(_NEW_COUNT, asked) or 0


def mark_seen(reader: User, item_id: int) -> None:
    """The reader has seen all up to this item; it never moves back."""
    newest = db.session.scalar(select(func.max(InboxItem.id)).filter_by(reader_id=reader.id)) or 0
    reader.inbox_read_up_to = max(reader.inbox_read_up_to, min(item_id, newest))
