"""The index as a shadow of the database: it catches up by itself, and can be made anew.

A post whose `indexed_version` is not its `version` is stale. Catching up indexes what it reads
and writes back the version it saw; a crash, a lock or an edit meanwhile leaves the row stale, and
the next round takes it. No queue, no lost event. What is broken, or waits in great number, is made
anew shard by shard in `remaking`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, func, not_, or_, select, update

from microshare import search
from microshare.db import db, exclusive, saving
from microshare.models import Department, Post, PostTag, Tag, User
from microshare.search.document import Document

BATCH = 500  # posts in one commit of the index


@dataclass(frozen=True)
class Difference:
    """What `check` found: ids that search lacks, and ids that it should not have."""

    missing: Sequence[int]
    surplus: Sequence[int]
    stale: int  # posts that wait for the next round: no fault
    why: str = ""  # what the engine says is wrong with itself


@dataclass(frozen=True)
class Batch:
    """Some posts as they were read: their versions, and their texts but for those withdrawn."""

    versions: Mapping[int, int]
    documents: Sequence[Document]

    @property
    def gone(self) -> list[int]:
        return sorted(self.versions.keys() - {document.id for document in self.documents})


def catch_up(
    told: Callable[[int], None] = lambda count: None, *, without: Sequence[range] = ()
) -> int:
    """Bring the index up to date; returns how many posts were taken, `told` of each batch.

    Does nothing while another process is at it, and leaves alone the posts in `without`.
    """
    taken = 0
    stale = and_(Post.indexed_version != Post.version, not_(or_(False, *map(within, without))))
    with exclusive("index") as mine:
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
    rows = db.session.execute(
        select(
            *(Post.id, Post.version, Post.line, Post.note, Post.kind, Post.created_at),
            *(Post.solved_at, Post.withdrawn_at, Department.slug, User.username_folded, User.name),
        )
        .join(Post.author)
        .join(Post.department)
        .where(condition)
        .order_by(Post.id)
        .limit(BATCH)
    ).all()
    tags: dict[int, list[str]] = {row.id: [] for row in rows}
    for post_id, name in db.session.execute(
        select(PostTag.post_id, Tag.name)
        .join(PostTag.tag)
        .where(PostTag.post_id.in_(tags))
        .order_by(PostTag.post_id, PostTag.position, PostTag.tag_id)
    ):
        tags[post_id].append(name)
    db.session.rollback()  # no transaction stays open while the index works
    documents = [_document(row, tags[row.id]) for row in rows if row.withdrawn_at is None]
    return Batch({row.id: row.version for row in rows}, documents)


def _document(row: Any, tags: Sequence[str]) -> Document:
    return Document(
        id=row.id,
        line=row.line,
        note=row.note,
        tags=tuple(tags),
        author=row.username_folded,
        author_name=row.name,
        department=row.slug,
        created_at=row.created_at,
        question=row.kind == "question",
        open=row.kind == "question" and row.solved_at is None,
        photo=False,
    )


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
