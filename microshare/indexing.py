"""The index as a shadow of the database: it catches up by itself, and can be made anew.

A post whose `indexed_version` is not its `version` is stale. Catching up indexes what it reads
and writes back the version it saw; a crash, a lock or an edit meanwhile leaves the row stale, and
the next round takes it. No queue, no lost event. Rebuilding is the same, from the start.

Where the index is a part of the database, the verbs let it follow each post (see `indexed`), and
what is left to do here is little.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, update

from microshare import indexed, search
from microshare.db import db, exclusive, saving
from microshare.errors import Unavailable
from microshare.models import Post, PostTerms
from microshare.search.analysis import ANALYSIS_VERSION

BATCH = 500  # posts in one commit of the index


@dataclass(frozen=True)
class Difference:
    """What `check` found: ids that search lacks, and ids that it should not have."""

    missing: Sequence[int]
    surplus: Sequence[int]
    stale: int  # posts that wait for the next round: no fault
    why: str = ""  # what the engine says is wrong with itself


def catch_up(told: Callable[[int], None] = lambda count: None) -> int:
    """Bring the index up to date; returns how many posts were taken, `told` of each batch.

    Does nothing while another process is at it.
    """
    taken = 0
    with exclusive("index") as mine:
        if not mine:
            return 0
        if search.engine().needs_rebuild:
            _forget_all()
        while count := _next_batch():
            taken += count
            told(count)
    return taken


def _next_batch() -> int:
    db.session.rollback()  # a fresh look
    if search.engine().in_transaction:
        return _next_in_database()
    posts = db.session.scalars(
        indexed.whole()
        .where(Post.indexed_version != Post.version)
        .order_by(Post.id)
        .limit(BATCH)
    ).all()
    if not posts:
        return 0
    seen = [(post.id, post.version) for post in posts]
    documents = [indexed.document(post) for post in posts if post.withdrawn_at is None]
    gone = [post.id for post in posts if post.withdrawn_at is not None]
    db.session.rollback()  # no transaction stays open while the index works
    search.engine().update(documents, gone)
    with saving():
        for post_id, version in seen:
            db.session.execute(
                update(Post)
                .where(Post.id == post_id)
                .values(indexed_version=version)
                .execution_options(synchronize_session=False)
            )
    return len(seen)


def _next_in_database() -> int:
    """Take posts that no verb let search follow, as those of somebody with a new name.

    And those whose words another version of the analysis cut: search goes on with these meanwhile.
    """
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


def _rebuild_in_database(told: Callable[[int], None]) -> int:
    """Make the terms of every post anew, in place; search goes on with the old ones meanwhile."""
    taken = last = 0
    held: list[int] = []
    later = select(Post.id).order_by(Post.id).limit(BATCH)
    while ids := db.session.scalars(later.where(Post.id > last)).all():
        with saving():
            free = select(Post.id).where(Post.id.in_(ids)).with_for_update(skip_locked=True)
            mine = db.session.scalars(free).all()
            indexed.follow(*mine)
        held += set(ids).difference(mine)
        taken, last = taken + len(ids), ids[-1]
        told(len(ids))
    for post_id in held:  # one by one: who holds one never waits for another that is held here
        with saving():
            db.session.scalar(select(Post.id).filter_by(id=post_id).with_for_update())
            indexed.follow(post_id)
    with saving():
        visible = select(Post.id).where(Post.withdrawn_at.is_(None))
        surplus = db.session.scalars(select(PostTerms.post_id).except_(visible)).all()
        search.engine().update([], surplus)
    return taken


def rebuild(told: Callable[[int], None] = lambda count: None) -> int:
    """Make the index anew from the database; returns how many posts were taken."""
    with exclusive("index") as mine:
        if not mine:
            raise Unavailable("index", why="locked")
        if search.engine().in_transaction:
            return _rebuild_in_database(told)
        _forget_all()
    return catch_up(told)


def _forget_all() -> None:
    # In this order: a crash between the two leaves posts stale, never an index that lacks them.
    with saving():
        db.session.execute(update(Post).values(indexed_version=0))
    if not search.engine().in_transaction:
        search.engine().clear()


def prepare() -> None:
    """Where there is no usable index (a new instance, another version), begin one.

    Its posts come with the worker's next round; until then a search finds nothing, and no error.
    """
    with exclusive("index") as mine:
        if mine and search.engine().needs_rebuild:
            _forget_all()


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
