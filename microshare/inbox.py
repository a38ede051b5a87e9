"""The inbox: replies, mentions, thanks and answers for one reader, in the app only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.orm import aliased

from microshare import feeds, waiting
from microshare.db import db
from microshare.errors import Missing
from microshare.feeds import Item
from microshare.models import InboxItem, Post, User
from microshare.pulled import Span
from microshare.readers import AnyReader, Reader

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

    @property
    def has_news(self) -> bool:
        """Whether any of it came since the reader last looked."""
        return any(entry.is_new for entry in self.entries)


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


_WAITING = select(waiting.ALL).select_from(User).where(User.id == bindparam("reader"))


def new_count(reader: AnyReader) -> int:
    """How many items came since the reader last looked, and for who manages the reports that
    wait; every page asks it, and most know it from when the reader was loaded."""
    if isinstance(reader, Reader) and reader.waiting is not None:
        return reader.waiting
    return db.session.connection().scalar(_WAITING, {"reader": reader.id}) or 0


def mark_seen(reader: User, item_id: int) -> None:
    """The reader has seen all up to this item; it never moves back."""
    newest = db.session.scalar(select(func.max(InboxItem.id)).filter_by(reader_id=reader.id)) or 0
    reader.inbox_read_up_to = max(reader.inbox_read_up_to, min(item_id, newest))


class Note(NamedTuple):
    """What happened, once: for clients, which put thanks together by themselves."""

    id: int
    kind: str  # reply, mention, thanks, answer
    at: datetime
    actor_id: int
    item: Item  # the post to look at


_Other = aliased(InboxItem)
# A reply that also names the reader happened once, whatever it is in the inbox.
_SAID_TWICE = (
    select(_Other.id)
    .where(
        _Other.reader_id == InboxItem.reader_id,
        _Other.post_id == InboxItem.post_id,
        _Other.actor_id == InboxItem.actor_id,
        _Other.kind == "mention",
        InboxItem.kind == "reply",
    )
    .exists()
)


_NEW_NOTES = (
    select(func.count())
    .select_from(InboxItem)
    .join(Post, Post.id == InboxItem.post_id)
    .where(
        InboxItem.reader_id == bindparam("reader"),
        InboxItem.id > bindparam("seen"),
        Post.withdrawn_at.is_(None),
        ~_SAID_TWICE,
    )
)


def notes(
    reader: AnyReader,
    span: Span,
    limit: int,
    kinds: Collection[str],
    actor_id: int | None = None,
    note_id: int | None = None,
) -> list[Note]:
    """What happened for the reader, of these kinds, newest first; by one colleague or of one id."""
    query = (
        select(InboxItem.id, InboxItem.kind, InboxItem.at, InboxItem.actor_id, InboxItem.post_id)
        .join(Post, Post.id == InboxItem.post_id)
        .where(
            InboxItem.reader_id == reader.id,
            InboxItem.kind.in_(kinds),
            InboxItem.id > span.after,
            Post.withdrawn_at.is_(None),
            ~_SAID_TWICE,
        )
    )
    for column, wanted in (InboxItem.actor_id, actor_id), (InboxItem.id, note_id):
        if wanted is not None:
            query = query.where(column == wanted)
    if span.before is not None:
        query = query.where(InboxItem.id < span.before)
    order = InboxItem.id if span.upward else InboxItem.id.desc()
    rows = sorted(db.session.execute(query.order_by(order).limit(limit)).all(), reverse=True)
    of = feeds.of(reader, list({row.post_id for row in rows})).items
    items = {item.post.id: item for item in of}
    return [Note(*row[:4], items[row.post_id]) for row in rows if row.post_id in items]


def new_notes(reader: AnyReader) -> int:
    """How many of these came since the reader last looked."""
    asked = {"reader": reader.id, "seen": reader.inbox_read_up_to}
    return db.session.connection().scalar(_NEW_NOTES, asked) or 0


def note(reader: AnyReader, note_id: int, kinds: Collection[str]) -> Note:
    """The one of this id, or `Missing`."""
    found = notes(reader, Span(), 1, kinds, note_id=note_id)
    if not found:
        raise Missing("post", id=note_id)
    return found[0]


def dismiss(reader: AnyReader, note_id: int) -> None:
    """Out of the inbox; without effect where it is not in it."""
    db.session.execute(delete(InboxItem).filter_by(reader_id=reader.id, id=note_id))


def clear(reader: AnyReader) -> None:
    """Everything out of the inbox."""
    db.session.execute(delete(InboxItem).filter_by(reader_id=reader.id))
