"""Posts in from a file and out to one, repeatable without doubles.

Each row becomes a post by the rules of any other, stored by the thousand (`bulk`); what a rule
refuses is reported and left out. A row's key is made from its id, or from its content, so the same
file a second time adds nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload, selectinload

from microshare import ahead, brought, bulk
from microshare.arrivals import Batch, DryBatch, Kept
from microshare.brought import Wanted
from microshare.db import db, keep_small, saving
from microshare.errors import Refusal
from microshare.models import Post, PostTag
from microshare.rows import Row, Rows

BATCH = 2000  # rows in one transaction, a third of a second: others get their turn in between
TRIES = 3  # of a batch whose keys another import uses at the same moment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: `added`, `there` already, or `refused`."""

    number: int  # of its line in the file, from 1
    state: str
    refusal: Refusal | None = None


def bring_in(rows: Rows, now: datetime, *, dry_run: bool = False) -> Iterator[Outcome]:
    """Publish the rows, batch by batch; tells of each what became of it.

    A dry run decides on each row as the real one would, and stores nothing.
    """
    kept = Kept(rows.replied)
    makers = [_batches(rows, now, turn, rendered=not dry_run) for turn in range(ahead.MAKERS)]
    for batch in ahead.made(makers):
        states = _decided([one for _, one in batch], kept, now, dry_run=dry_run)
        for (number, _), state in zip(batch, states, strict=True):
            if isinstance(state, Refusal):
                yield Outcome(number, "refused", state)
            else:
                yield Outcome(number, state)


def _batches(
    rows: Rows, now: datetime, turn: int, *, rendered: bool
) -> Iterator[Sequence[tuple[int, Wanted | Refusal]]]:
    """What the rows ask for, with their numbers: the batches of one maker, whose turn it is first
    at the batch of this place."""
    for start in range(turn * BATCH, len(rows), ahead.MAKERS * BATCH):
        batch = rows.within(range(start, start + BATCH))
        yield [(row.number, _read(row, now, rendered=rendered)) for row in batch]


def _read(row: Row, now: datetime, *, rendered: bool) -> Wanted | Refusal:
    try:
        return brought.wanted(row, now, rendered=rendered)
    except Refusal as refusal:
        return refusal.with_traceback(None)


def _decided(
    asked: Sequence[Wanted | Refusal], kept: Kept, now: datetime, *, dry_run: bool
) -> list[str | Refusal]:
    """What becomes of each row of a batch, in one transaction."""
    if dry_run:
        db.session.rollback()  # a fresh look
        batch: Batch = DryBatch(asked, kept, now)
        states = [batch.state(one) for one in asked]
        db.session.rollback()
    else:
        for left in reversed(range(TRIES)):
            try:
                with saving():
                    batch = Batch(asked, kept, now)
                    states = [batch.state(one) for one in asked]
                    bulk.store(batch.entries)
                break
            except IntegrityError:
                if not left:
                    raise
        keep_small()
    kept.posts.update(batch.posts)
    return states


def take_out() -> Iterator[dict[str, Any]]:
    """Every visible post as a row that `bring_in` reads, oldest first."""
    last = 0
    while True:
        batch = db.session.scalars(
            select(Post)
            .where(Post.id > last, Post.withdrawn_at.is_(None))
            .order_by(Post.id)
            .limit(1000)
            .options(
                joinedload(Post.author),
                joinedload(Post.department),
                joinedload(Post.reply_to),
                selectinload(Post.tags).joinedload(PostTag.tag),
            )
        ).all()
        if not batch:
            return
        for post in batch:
            yield _row_of(post)
        last = batch[-1].id
        db.session.expunge_all()


def _row_of(post: Post) -> dict[str, Any]:
    replied = post.reply_to if post.reply_to and post.reply_to.withdrawn_at is None else None
    row = {
        "id": str(post.id),
        "key": post.key,
        "author": post.author.username,
        "name": post.author.name,
        "department": post.department.name,
        "line": post.line,
        "note": post.note,
        "tags": [tie.tag.spelling for tie in post.tags if tie.added_by_id is not None],
        "time": post.created_at.isoformat(),
        "kind": post.kind,
        "reply_to": str(replied.id) if replied else "",
    }
    return {name: value for name, value in row.items() if value}
