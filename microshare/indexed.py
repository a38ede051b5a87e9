"""What search knows of a post, and the index that is written in the post's own transaction.

Where the index is a part of the database, a verb that changes a post lets search `follow` it: what
is saved is found at once, and what is not saved is not found. A folder catches up by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select, update

from microshare import inserts, search
from microshare.among import among, as_lists, in_order
from microshare.db import db
from microshare.models import Department, Post, PostTag, Tag, Unmatched, User
from microshare.search.document import Document


@dataclass(frozen=True)
class Batch:
    """Some posts as they were read: their versions, and their texts but for those withdrawn."""

    versions: Mapping[int, int]
    known: Mapping[int, int]  # the versions that search knows
    documents: Sequence[Document]

    @property
    def gone(self) -> list[int]:
        return sorted(self.versions.keys() - {document.id for document in self.documents})

    @property
    def stale(self) -> list[int]:
        """The posts of which search knows another version."""
        return [post for post, version in self.versions.items() if self.known[post] != version]


_ROWS = (
    select(
        *(Post.id, Post.version, Post.indexed_version, Post.line, Post.note, Post.kind),
        *(Post.photos_json, Post.created_at, Post.solved_at, Post.withdrawn_at),
        *(Department.slug, User.username_folded, User.name),
        select(as_lists(PostTag.position, PostTag.tag_id, Tag.name))
        .select_from(PostTag)
        .join(PostTag.tag)
        .where(PostTag.post_id == Post.id)
        .correlate(Post)
        .label("tags"),
    )
    .join(Post.author)
    .join(Post.department)
    .order_by(Post.id)
)
_THESE = _ROWS.where(among(Post.id, "ids"))


def read(condition: ColumnElement[bool], limit: int | None = None) -> Batch:
    """The first posts of which this is true, as they are now."""
    return _batch(db.session.execute(_ROWS.where(condition).limit(limit)).all())


def _batch(rows: Sequence[Any]) -> Batch:
    return Batch(
        {row.id: row.version for row in rows},
        {row.id: row.indexed_version for row in rows},
        [_document(row) for row in rows if row.withdrawn_at is None],
    )


def _document(row: Any) -> Document:
    return Document(
        id=row.id,
        line=row.line,
        note=row.note,
        tags=tuple(name for _, _, name in in_order(row.tags)),
        author=row.username_folded,
        author_name=row.name,
        department=row.slug,
        created_at=row.created_at,
        question=row.kind == "question",
        open=row.kind == "question" and row.solved_at is None,
        photo=row.photos_json != "",
    )


def first_version() -> int:
    """The version of a new post that search knows as soon as it is saved: the first, or none."""
    return 1 if search.engine().in_transaction else 0


def follow(*post_ids: int) -> None:
    """Let search know these posts as they are now, where the index is a part of the database.

    They must have been changed or locked in this transaction. So of two who change a post at once
    the second waits, then reads here what the first one did, and both changes are found. That the
    searches that colleagues follow must be asked about them is noted whatever the database.
    """
    inserts.many(Unmatched, [{"post_id": post_id} for post_id in post_ids])
    engine = search.engine()
    if not engine.in_transaction:
        return
    db.session.flush()
    batch = _batch(db.session.connection().execute(_THESE, {"ids": post_ids}).all())
    engine.update(batch.documents, batch.gone)
    if batch.stale:
        db.session.execute(
            update(Post)
            .where(Post.id.in_(batch.stale))
            .values(indexed_version=Post.version)
            .execution_options(synchronize_session=False)
        )
