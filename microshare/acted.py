"""What a reader keeps or thanked for, in the order in which that was done: the newest act first.

The pages show the same posts in the order in which they were written; clients page by the act, and
write its moment as an id (`id_of`).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute

from microshare import feeds
from microshare.db import UtcDateTime, db
from microshare.feeds import Item
from microshare.models import Post, Saved, Thanks
from microshare.readers import AnyReader

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(6000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Between(NamedTuple):
    """Which part of the acts: those before one moment and after another, the newest of them."""

    before: datetime = LATEST
    after: datetime = EARLIEST
    upward: bool = False  # of those the ones next to `after`, and not those next to `before`


class Part(NamedTuple):
    """Posts in the order of the acts, newest first."""

    items: Sequence[Item]
    ids: Sequence[int]  # of the acts
    goes_on: bool  # there are older ones


def id_of(at: datetime) -> int:
    """A moment as Mastodon's ids begin with one: milliseconds since 1970, and then 16 bits.

    The bits have what is less than a millisecond, so that no two moments have one id.

    >>> at_of(id_of(datetime(2026, 11, 26, 9, 30, 1, 234567, UTC))).microsecond
    234567
    """
    return (at - EARLIEST) // _MICROSECOND * 65536 // 1000


def at_of(act_id: int) -> datetime:
    """The moment of an id, be it a client's own; one that is too great is the greatest."""
    within = min(max(act_id, 0), id_of(LATEST))
    return EARLIEST + -(-within * 1000 // 65536) * _MICROSECOND


def saved(reader: AnyReader, between: Between, limit: int) -> Part:
    """What the reader keeps; for the reader alone."""
    return _part(_SAVED, reader, between, limit)


def thanked(reader: AnyReader, between: Between, limit: int) -> Part:
    """What the reader thanked for; for the reader alone."""
    return _part(_THANKED, reader, between, limit)


class _Acts(NamedTuple):
    """The statements for the ids and moments: the newest of them, and the oldest."""

    last: Select[Any, Any]
    first: Select[Any, Any]


def _acts(
    post_id: InstrumentedAttribute[int],
    who: InstrumentedAttribute[int],
    at: InstrumentedAttribute[datetime],
) -> _Acts:
    found = (
        select(post_id, at)
        .join(Post, Post.id == post_id)
        .where(
            who == bindparam("who"),
            Post.withdrawn_at.is_(None),
            at < bindparam("before", type_=UtcDateTime),
            at > bindparam("after", type_=UtcDateTime),
        )
        .limit(bindparam("limit"))
    )
    return _Acts(found.order_by(at.desc(), post_id.desc()), found.order_by(at, post_id))


_SAVED = _acts(Saved.post_id, Saved.reader_id, Saved.saved_at)
_THANKED = _acts(Thanks.post_id, Thanks.giver_id, Thanks.given_at)


def _part(acts: _Acts, reader: AnyReader, between: Between, limit: int) -> Part:
    before, after, upward = between
    asked = {"who": reader.id, "before": before, "after": after, "limit": limit + 1}
    statement = acts.first if upward else acts.last
    rows = db.session.connection().execute(statement, asked).all()
    # What is on this side of the beginning is known to be there.
    shown = rows[:limit][::-1] if upward else rows[:limit]
    at: dict[int, datetime] = {row[0]: row[1] for row in shown}
    items = feeds.of(reader, list(at)).items
    ids = [id_of(at[item.post.id]) for item in items]
    return Part(items, ids, bool(items) if upward else len(rows) > limit)
