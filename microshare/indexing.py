"""The index as a shadow of the database: it catches up by itself, and can be made anew.

A post whose `indexed_version` is not its `version` is stale. Catching up indexes what it reads
and writes back the version it saw; a crash, a lock or an edit meanwhile leaves the row stale, and
the next round takes it. No queue, no lost event. What is broken, or waits in great number, is made
anew shard by shard in `remaking`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, or_, select, update

from microshare import in_database, indexed, search
from microshare.db import db, saving
from microshare.indexed import Batch
from microshare.models import Post
from microshare.turns import exclusive

BATCH = 500  # posts in one commit of the index


@dataclass(frozen=True)
class Difference:
    """What `check` found: ids that search lacks, and ids that it should not have."""

    missing: Sequence[int]
    surplus: Sequence[int]
    stale: int  # posts that wait for the next round: no fault
    why: str = ""  # what the engine says is wrong with itself


def catch_up(
    told: Callable[[int], None] = lambda count: None, *, without: Sequence[range] = ()
) -> int:
    """Bring the index up to date; returns how many posts were taken, `told` of each batch.

    Does nothing while another process is at it, and leaves alone the posts in `without`.
    """
    taken = 0
    stale = and_(Post.indexed_version != Post.version, not_(or_(False, *map(within, without))))
    with exclusive("index") as mine:
        if mine and search.engine().in_transaction:
            return in_database.catch_up(told)
        if mine:
            _begin()
        while mine and (batch := read(stale)).versions:
            search.engine().update(batch.documents, batch.gone)
            mark(batch.versions)
            taken += len(batch.versions)
            told(len(batch.versions))
    return taken


def _begin() -> None:
    """Where there is no index at all, begin one."""
    embedded = search.embedded()
    if embedded is not None and embedded.is_missing:
        # In this order: a crash between the two leaves posts stale, never an index that lacks them.
        with saving():
            db.session.execute(update(Post).values(indexed_version=0))
        embedded.clear()


def within(ids: range) -> ColumnElement[bool]:
    """The posts with these ids."""
    return Post.id.between(ids.start, ids.stop - 1)


def read(condition: ColumnElement[bool]) -> Batch:
    """The first posts of which this is true, as they are now."""
    db.session.rollback()  # a fresh look
    batch = indexed.read(condition, BATCH)
    db.session.rollback()  # no transaction stays open while the index works
    return batch


def mark(versions: Mapping[int, int]) -> None:
    """Remember which versions of these posts the index knows."""
    rows = [{"post": post, "known": version} for post, version in versions.items()]
    for start in range(0, len(rows), 10 * BATCH):  # a writer need not wait long
        with saving():
            db.session.connection().execute(
                update(Post)
                .where(Post.id == bindparam("post"))
                .values(indexed_version=bindparam("known")),
                rows[start : start + 10 * BATCH],
            )


def waiting() -> int:
    """How many posts the index does not know yet in their present form."""
    return (
        db.session.scalar(
            select(func.count()).select_from(Post).where(Post.indexed_version != Post.version)
        )
        or 0
    )


def total() -> int:
    """How many posts there are, withdrawn ones too."""
    return db.session.scalar(select(func.count()).select_from(Post)) or 0


def check() -> Difference:
    """Compare the index with the database, post by post."""
    health = search.engine().check()
    if not health.ok:
        return Difference([], [], waiting(), health.why)
    rows = db.session.execute(
        select(Post.id, Post.withdrawn_at.is_(None), Post.indexed_version == Post.version)
    )
    indexed, due, stale = search.engine().ids(), set(), set()
    for post_id, is_visible, is_fresh in rows:
        if is_visible:
            due.add(post_id)
        if not is_fresh:
            stale.add(post_id)
    return Difference(sorted(due - indexed - stale), sorted(indexed - due - stale), len(stale))
