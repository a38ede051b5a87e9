"""Search in the database: what no verb let it follow, and all of it made anew in place.

The verbs write a post's terms in its own transaction (see `indexed`), so little is left to do: the
posts of somebody with a new name, and those whose words another version of the analysis cut.
Search goes on with what is there meanwhile.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import select, update

from microshare import indexed, search
from microshare.db import db, saving
from microshare.models import Post, PostTerms
from microshare.search.analysis import ANALYSIS_VERSION

BATCH = 500  # posts in one transaction
SHARD = 50_000  # ids that a process makes anew before the next takes its turn

Told = Callable[[int], None]


def catch_up(told: Told) -> int:
    """Let search follow what waits; returns how many posts were taken."""
    if search.engine().needs_rebuild:
        with saving():
            db.session.execute(update(Post).values(indexed_version=0))
    taken = 0
    while count := _next():
        taken += count
        told(count)
    return taken


def _next() -> int:
    db.session.rollback()  # a fresh look
    known = select(Post.id).join(PostTerms, PostTerms.post_id == Post.id)
    for waiting in (
        select(Post.id).where(Post.indexed_version != Post.version).order_by(Post.id),
        known.where(PostTerms.analysis < ANALYSIS_VERSION).order_by(PostTerms.analysis),
        known.where(PostTerms.analysis > ANALYSIS_VERSION).order_by(PostTerms.analysis),
    ):
        with saving():
            # Who holds a post now may want another that this round holds.
            taken = waiting.limit(BATCH).with_for_update(of=Post, skip_locked=True)
            if ids := db.session.scalars(taken).all():
                indexed.follow(*ids)
                return len(ids)
    return 0


def make(ids: range, told: Told) -> int:
    """Make the terms of the posts with these ids anew; returns how many posts were taken."""
    taken, at = 0, ids.start
    held: list[int] = []
    while batch := _ids(range(at, ids.stop)):
        with saving():
            free = select(Post.id).where(Post.id.in_(batch)).with_for_update(skip_locked=True)
            mine = db.session.scalars(free).all()
            indexed.follow(*mine)
        held += set(batch).difference(mine)
        taken, at = taken + len(batch), batch[-1] + 1
        told(len(batch))
    for post_id in held:  # one by one: who holds one never waits for another that is held here
        with saving():
            db.session.scalar(select(Post.id).filter_by(id=post_id).with_for_update())
            indexed.follow(post_id)
    return taken


def _ids(within: range) -> Sequence[int]:
    """The first of these ids that are a post's."""
    condition = Post.id.between(within.start, within.stop - 1)
    return db.session.scalars(select(Post.id).where(condition).order_by(Post.id).limit(BATCH)).all()


def drop_surplus() -> None:
    """Forget what is the terms of no visible post."""
    with saving():
        visible = select(Post.id).where(Post.withdrawn_at.is_(None))
        surplus = db.session.scalars(select(PostTerms.post_id).except_(visible)).all()
        search.engine().update([], surplus)
